r"""What a text is cut into, and what a unit does to the script that the text is written in.

| unit         | is, as a pattern of Python's `re`                                                            |
|--------------|----------------------------------------------------------------------------------------------|
| `byte`       | every byte of the file                                                                       |
| `char`       | every Unicode code point of the file read as UTF-8, newlines as they stand                   |
| `word`       | every match of ``\w+|[^\w\s]``: case kept, nothing normalised                                |
| `word-marks` | every match of ``\w[\wM]*|[^\w\s][M]*``, where M are the marks (general category Mn, Mc or Me) |
|              | and the joiners U+200C and U+200D: a mark belongs to what stands before it (UAX #29, rule WB4) |
| `space`      | every match of ``\S+``: what stands between white space                                      |

``\w`` (general categories L and N, and the underscore) holds no marks. Scripts that write vowels as marks after the
letters, as those of India do, are cut by `word` inside their words, and so are accents that stand as code points of
their own; `word-marks` and `space` keep them together. Scripts that write no spaces between words, as the Chinese,
the Japanese or the Thai do, are cut by all three at punctuation alone. `scripts` counts both, so that a result says so.

Which code points are ``\w``, ``\s`` and marks is asked of this Python, so a newer Unicode may count a few new letters
differently.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import numpy as np

UNITS = ("byte", "char", "word", "word-marks", "space")
"""What a window can be made of."""

WORDS = ("word", "word-marks", "space")
"""Units that are cut out of the text between white space, and known by a number each."""

_NOUNS = {"word-marks": "word", "space": "token"}

WHITE, LETTER, SINGLE, MARK = 0, 1, 2, 4
"""Classes of code points: white space, part of a word, a word by itself, part of what stands before it."""

_JOINERS = (0x200C, 0x200D)
_POINTS = 0x110000


def noun(unit: str, count: int = 2) -> str:
    """What `count` units are called in a sentence."""
    return _NOUNS.get(unit, unit) + ("" if count == 1 else "s")


def counted(count: int, unit: str) -> str:
    """So many units in a sentence: 1 word, 2 words."""
    return f"{count} {noun(unit, count)}"


def said(unit: str) -> str:
    """The unit in brackets, where its noun is that of another."""
    return "" if noun(unit, 1) == unit else f" (unit {unit})"


@lru_cache(maxsize=3)
def character_classes(unit: str = "word") -> np.ndarray:
    r"""Class of every code point for one of `WORDS`, uint8 (0x110000,): `WHITE`, `LETTER`, `SINGLE` or `MARK`."""
    every = np.arange(_POINTS, dtype="<u4").tobytes().decode("utf-32-le", "surrogatepass")
    classes = np.full(_POINTS, LETTER if unit == "space" else SINGLE, dtype=np.uint8)
    for found in re.finditer(r"\s+", every):
        classes[found.start() : found.end()] = WHITE
    if unit == "space":
        return classes
    for found in re.finditer(r"\w+", every):
        classes[found.start() : found.end()] = LETTER
    if unit == "word-marks":
        classes[marks()] = MARK
    return classes


@lru_cache(maxsize=1)
def marks() -> np.ndarray:
    """Marks and joiners, which `word` takes for words of their own; sorted code points."""
    found = [i for i in range(_POINTS) if i in _JOINERS or unicodedata.category(chr(i)).startswith("M")]
    return np.array([i for i in found if not re.match(r"\w", chr(i))])
