"""Readers of what was published, one upstream format a module: files to plain tables, broken files to one sentence."""
