r"""What a text is cut into, and what a unit does to the script that the text is written in.

| unit         | is, as a pattern of Python's `re`                                                            |
|--------------|----------------------------------------------------------------------------------------------|
| `byte`       | every byte of the file                                                                       |
| `char`       | every Unicode code point of the file read as UTF-8, newlines as they stand                   |
| `word`       | every match of ``\w+|[^\w\s]``: case kept, nothing normalised                                |
| `word-marks` | every match of ``\w[\wM]*|[^\w\s][M]*``, where M are the marks (general category Mn, Mc or Me) |
|              | and the joiners U+200C and U+200D: a mark belongs to what stands before it (UAX #29, rule WB4) |
| `space`      | every match of ``\S+``: what stands between white space                                      |
| `token`      | every token id of a file of such, or that a local tokenizer makes of the text                |

``\w`` (general categories L and N, and the underscore) holds no marks. Scripts that write vowels as marks after the
letters, as those of India do, are cut by `word` inside their words, and so are accents that stand as code points of
their own; `word-marks` and `space` keep them together. Scripts that write no spaces between words, as the Chinese,
the Japanese or the Thai do, are cut by all three at punctuation alone. `scripts` counts both, so that a result says so.

Which code points are ``\w``, ``\s`` and marks is asked of this Python, so a newer Unicode may count a few new letters
differently.
"""

from __future__ import annotations

from bounds.base.arguments import Choice

TEXT_UNITS = ("byte", "char", "word", "word-marks", "space")
"""What a text is cut into without further help."""

TOKEN = "token"
"""Ids of tokens: read from files of these, or made by a tokenizer."""

UNITS = (*TEXT_UNITS, TOKEN)
"""What a window can be made of."""

UNIT = Choice("unit", UNITS)
"""The check of a unit that flags, TOML entries and arguments in Python share."""

WORDS = ("word", "word-marks", "space")
"""Units that are cut out of the text between white space, and known by a number each."""

_NOUNS = {"word-marks": "word", "space": "token"}


def noun(unit: str, count: int = 2) -> str:
    """What `count` units are called in a sentence."""
    return _NOUNS.get(unit, unit) + ("" if count == 1 else "s")


def counted(count: int, unit: str) -> str:
    """So many units in a sentence: 1 word, 2 words."""
    return f"{count} {noun(unit, count)}"


def said(unit: str) -> str:
    """The unit in brackets, where its noun is that of another."""
    return "" if noun(unit, 1) == unit else f" (unit {unit})"
