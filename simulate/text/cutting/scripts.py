"""Whether a unit cuts a text where its script does not: marks that follow letters, scripts without spaces."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from simulate.drawing.compiled import bare
from simulate.text.cutting.bounding import code_point
from simulate.text.cutting.characters import LETTER, character_classes, is_mark, marks
from simulate.text.cutting.units import WORDS, noun
from simulate.text.cutting.utf8 import code_points
from simulate.text.small import size

_UNSPACED = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F), (0xA9E0, 0xA9FF), (0xAA60, 0xAA7F),  # Myanmar
    (0x1780, 0x17FF), (0x19E0, 0x19FF),  # Khmer
    (0x1950, 0x19DF), (0x1A20, 0x1AAF), (0xAA80, 0xAADF),  # Tai Le, New Tai Lue, Tai Tham, Tai Viet
    (0x3041, 0x30FF), (0x31F0, 0x31FF), (0xFF66, 0xFF9F), (0x1AFF0, 0x1B16F),  # Hiragana, Katakana
    (0x3005, 0x3007), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF),  # Han
)  # fmt: skip
"""Blocks of scripts that write no spaces between words."""

SIZEABLE = 0.01
"""A share of the characters in scripts without spaces that is worth a sentence."""

_JOINED, _MARK, _SPACELESS = 1, 2, 4
_POINTS, _CUT, _WITHOUT, _INSIDE = 0, 1, 2, 3


class Tally:
    """How many characters went by, how many of scripts without spaces, and how many other marks after letters."""

    def __init__(self) -> None:
        self._counts = np.zeros(4, dtype=np.int64)
        self._left = size.MOST_BYTES

    def take(self, block: bytes | bytearray) -> None:
        """Count the next piece of a text, whole code points of UTF-8. ASCII has neither, and takes no time."""
        if not block:
            return
        if block.isascii():
            self._counts[_POINTS] += len(block)
            self._counts[_INSIDE] = chr(block[-1]).isalnum() or block.endswith(b"_")
            return
        self._left -= len(block)
        if self._left >= 0:
            _count_few(str(block, "utf-8"), self._counts)
        else:
            _count(np.frombuffer(block, dtype=np.uint8), _kinds(), self._counts)

    def end_of_file(self) -> None:
        """What follows begins a text of its own."""
        self._counts[_INSIDE] = 0

    def add(self, other: Tally) -> None:
        """Count what went by another one, of other files."""
        self._counts[:_INSIDE] += other._counts[:_INSIDE]

    def notes(self, unit: str) -> tuple[str, ...]:
        """What a reader of counts in `unit` has to know of the script, one sentence each."""
        n_points, n_cut, n_spaceless = self._counts[:_INSIDE].tolist()
        notes = []
        if unit == "word" and n_cut:
            marks_follow = (
                "1 combining mark follows a letter" if n_cut == 1 else f"{n_cut} combining marks follow letters"
            )
            notes.append(
                f"{marks_follow} ({_percent(n_cut / n_points)} of the characters); unit word cuts words there and "
                "counts each such mark as a word: count unit word-marks or unit space instead"
            )
        if unit in WORDS and n_spaceless >= SIZEABLE * max(n_points, 1):
            notes.append(
                f"{_percent(n_spaceless / n_points)} of the characters are of scripts written without spaces between "
                f"words (as Chinese, Japanese and Thai), where unit {unit} takes all between two other signs for "
                f"one {noun(unit, 1)}: count unit char, or put spaces between the words first and count unit space"
            )
        return tuple(notes)


def _percent(share: float) -> str:
    return f"{100 * share:{'.0f' if share >= 0.1 else '.2g'}} %"


@lru_cache(maxsize=1)
def _kinds() -> np.ndarray:
    """The kind of every code point, uint8."""
    classes = character_classes("word")
    marked = np.zeros(len(classes), dtype=bool)
    marked[marks()] = True
    return _kinds_of(range(len(classes)), classes == LETTER, marked)


def _kinds_of(points: Sequence[int], joined: np.ndarray, marked: np.ndarray) -> np.ndarray:
    """Whether `points`, which ascend, are part of a word, a mark, and of a script without spaces; uint8 bits."""
    kinds = np.zeros(len(points), dtype=np.uint8)
    kinds[joined], kinds[marked] = _JOINED, _MARK
    for first, last in _UNSPACED:
        block = kinds[bisect_left(points, first) : bisect_right(points, last)]
        block[block > 0] |= _SPACELESS
    return kinds


def _count_few(text: str, counts: np.ndarray) -> None:
    """As `_count`, all at once, asking no other code point for its kind than those that occur."""
    present = sorted(set(text))
    joined = np.array([re.match(r"\w", point) is not None for point in present])
    marked = np.array([is_mark(point) for point in present]) & ~joined
    here = [*map(ord, present)]
    table = np.zeros(here[-1] + 1, dtype=np.uint8)
    table[here] = _kinds_of(here, joined, marked)
    kinds = table[code_points(text)]
    others = np.flatnonzero(kinds & _MARK == 0)
    cut = np.flatnonzero(kinds & (_MARK | _SPACELESS) == _MARK)
    before = np.append(counts[_INSIDE], kinds[others] & _JOINED)  # of the last that is no mark, and of all before it
    counts[_POINTS] += len(kinds)
    counts[_CUT] += before[np.searchsorted(others, cut)].sum()
    counts[_WITHOUT] += np.count_nonzero(kinds & _SPACELESS)
    counts[_INSIDE] = before[-1]


@bare
def _count(text: Any, kinds: Any, counts: Any) -> None:
    i, inside = np.int64(0), counts[_INSIDE]
    points, cut, spaceless = np.int64(0), np.int64(0), np.int64(0)
    while i < len(text):
        point, width = np.int64(text[i]), 1
        if point >= 0x80:
            point, width = code_point(text, i)
        kind = kinds[point]
        points += 1
        i += width
        spaceless += (kind & _SPACELESS) >> 2
        if not kind & _MARK:
            inside = kind & _JOINED
        elif not kind & _SPACELESS:
            cut += inside  # of several marks after a letter, each is cut off
    counts[_POINTS] += points
    counts[_CUT] += cut
    counts[_WITHOUT] += spaceless
    counts[_INSIDE] = inside
