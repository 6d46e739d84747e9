"""The commands of ``python -m bounds``, and what all command lines share: numbers, tables, endings."""
