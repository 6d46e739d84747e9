"""What each code point is to a unit: white space, part of a word, a word by itself, part of what is before it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

import numpy as np

WHITE, LETTER, SINGLE, MARK = 0, 1, 2, 4
"""Classes of code points: white space, part of a word, a word by itself, part of what stands before it."""

_JOINERS = (0x200C, 0x200D)
_POINTS, _PLANE = 0x110000, 0x10000


@lru_cache(maxsize=3)
def character_classes(unit: str = "word") -> np.ndarray:
    r"""Class of every code point for one of `WORDS`, uint8 (0x110000,): `WHITE`, `LETTER`, `SINGLE` or `MARK`."""
    classes = np.full(_POINTS, LETTER if unit == "space" else SINGLE, dtype=np.uint8)
    kinds = ((r"\s+", WHITE),) if unit == "space" else ((r"\s+", WHITE), (r"\w+", LETTER))
    for first, points in _every():
        for pattern, kind in kinds:
            for found in re.finditer(pattern, points):
                classes[first + found.start() : first + found.end()] = kind
    if unit == "word-marks":
        classes[marks()] = MARK
    return classes


@lru_cache(maxsize=1)
def marks() -> np.ndarray:
    """Marks and joiners, which `word` takes for words of their own; sorted code points."""
    # What cannot be printed is no mark. To ask all code points for their category would take a second.
    single, asked = character_classes("word") == SINGLE, list(_JOINERS)
    for first, points in _every():
        printable = np.fromiter(map(str.isprintable, points), bool, len(points))
        asked += (first + np.flatnonzero(printable & single[first : first + len(points)])).tolist()
    return np.array([i for i in sorted(asked) if is_mark(chr(i))])


def is_mark(point: str) -> bool:
    """Whether a code point that is no part of a word is a mark or a joiner."""
    return ord(point) in _JOINERS or unicodedata.category(point).startswith("M")


def _every() -> Iterator[tuple[int, str]]:
    """All code points, surrogates among them, in texts of a plane each, with the first of them: a text is being read,
    and memory is short."""
    for first in range(0, _POINTS, _PLANE):
        yield first, np.arange(first, first + _PLANE, dtype="<u4").tobytes().decode("utf-32-le", "surrogatepass")
