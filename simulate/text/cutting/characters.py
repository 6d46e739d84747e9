"""What each code point is to a unit: white space, part of a word, a word by itself, part of what is before it."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import numpy as np

WHITE, LETTER, SINGLE, MARK = 0, 1, 2, 4
"""Classes of code points: white space, part of a word, a word by itself, part of what stands before it."""

_JOINERS = (0x200C, 0x200D)
_POINTS = 0x110000


@lru_cache(maxsize=3)
def character_classes(unit: str = "word") -> np.ndarray:
    r"""Class of every code point for one of `WORDS`, uint8 (0x110000,): `WHITE`, `LETTER`, `SINGLE` or `MARK`."""
    classes = np.full(_POINTS, LETTER if unit == "space" else SINGLE, dtype=np.uint8)
    for found in re.finditer(r"\s+", _every()):
        classes[found.start() : found.end()] = WHITE
    if unit == "space":
        return classes
    for found in re.finditer(r"\w+", _every()):
        classes[found.start() : found.end()] = LETTER
    if unit == "word-marks":
        classes[marks()] = MARK
    return classes


@lru_cache(maxsize=1)
def marks() -> np.ndarray:
    """Marks and joiners, which `word` takes for words of their own; sorted code points."""
    # What cannot be printed is no mark. To ask all code points for their category would take a second.
    printable = np.fromiter(map(str.isprintable, _every()), bool, _POINTS)
    printable[list(_JOINERS)] = True
    asked = np.flatnonzero(printable & (character_classes("word") == SINGLE))
    return np.array([i for i in asked.tolist() if is_mark(chr(i))])


def is_mark(point: str) -> bool:
    """Whether a code point that is no part of a word is a mark or a joiner."""
    return ord(point) in _JOINERS or unicodedata.category(point).startswith("M")


def _every() -> str:
    """All code points, surrogates among them."""
    return np.arange(_POINTS, dtype="<u4").tobytes().decode("utf-32-le", "surrogatepass")
