"""Where the words of UTF-8 text are, and what they are looked up by.

A word of up to 23 bytes is a key of three integers: seven bytes and above them how many there are, then eight, and
eight more. The key of a longer one is `LONG` and a hash. Words of all sizes are made keys of in the same way: a
processor that has to guess how long one is guesses wrong at every third, and waits. Which code points are what comes in
as classes (`characters`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from simulate.drawing.compiled import bare, between, eight_bytes, inlined, trailing_zeros
from simulate.drawing.stream import MIX, ONE, S32, ZERO
from simulate.text.cutting.characters import LETTER, MARK, WHITE

ODD = np.uint64(0x9E3779B97F4A7C15)

WORDS_AHEAD = 128
"""Words that are cut before the first of them is looked up, at most."""
_LOOK = 64
"""Bytes that are looked at together, and words that there may be in them."""
_ONE_BY_ONE = 4
"""Words that are read byte by byte once one has a letter that is not of ASCII."""
START, END, HASH, FIRST, SECOND, THIRD = 0, 1, 2, 3, 4, 5
"""Places in a row of `cut_words`: where a word begins and ends, its hash, and its key."""
KEY = 3
"""Integers of a key."""

SHORT = 23
"""Bytes of the longest word that stands in its key."""
S56 = np.uint64(56)
LONG = np.uint64(0xFF << 56)
"""In place of the number of bytes of a word that is not in its key."""
_THIRD_ODD = np.uint64(0xC2B2AE3D27D4EB4F)


_N_BYTES = np.clip(np.arange(SHORT + 1)[:, None] - (0, 7, 15), 0, (7, 8, 8))
_OF_WORD = np.array([[(1 << 8 * n) - 1 for n in row] for row in _N_BYTES.tolist()], dtype=np.uint64)
"""Which bits of seven, eight and eight bytes are of a word, by its size."""


def rows_ahead() -> np.ndarray:
    """Room for what `cut_words` says of words."""
    return np.zeros((WORDS_AHEAD, THIRD + 1), dtype=np.uint64)


@bare
def cut_words(text: Any, classes: Any, i: Any, ahead: Any) -> Any:
    """Start, end, hash and key of the next words from byte `i` on; return where they end and how many there are.

    Words of ASCII are found 64 bytes at a time, others one by one.
    """
    several, apart = 0, 0
    while several <= WORDS_AHEAD - _LOOK and i < len(text):
        if apart == 0 and i + _LOOK <= len(text) and text[i] < 0x80:
            before = i
            i, several = _cut_ascii(text, classes, i, ahead, several)
            apart = 1 if i == before else 0  # it is longer than that, or holds other letters
            continue
        point, width = np.int64(text[i]), 1
        if point >= 0x80:
            point, width = code_point(text, i)
        kind = classes[point]
        if kind == WHITE:
            i += width
            continue
        if width > 1:
            apart = _ONE_BY_ONE
        first, end = i, i + width
        goes_on = LETTER | MARK if kind == LETTER else MARK
        while end < len(text):
            point, width = np.int64(text[end]), 1
            if point >= 0x80:
                point, width = code_point(text, end)
            if classes[point] & goes_on == 0:
                break
            if width > 1:
                apart = _ONE_BY_ONE  # as those that follow may
            end += width
        ahead[several, START], ahead[several, END] = first, end
        several += 1
        apart = max(apart - 1, 0)
        i = end
    _set_keys(text, ahead, several)
    return i, several


@inlined
def _cut_ascii(text: Any, classes: Any, i: Any, ahead: Any, several: Any) -> Any:
    """The words of the next 64 bytes behind which there is a byte of ASCII among these; as `cut_words`."""
    white = between(text, i, 9, 13, 0) | between(text, i, 28, 32, 0)
    other = between(text, i, 128, 255, 0)
    if classes[33] == LETTER:  # words are all that is not white
        letters = ~(white | other)
    else:
        letters = between(text, i, 97, 122, 32) | between(text, i, 48, 57, 0) | between(text, i, 95, 95, 0)
    singles = ~(white | letters)
    begins, lasts = letters & ~(letters << ONE) | singles, letters & ~(letters >> ONE) | singles
    lasts &= (ONE << (trailing_zeros(other) - ONE)) - ONE  # what may go on behind is cut next time
    at, first = np.uint64(several), np.uint64(i)
    while lasts != ZERO:
        ahead[at, START] = first + trailing_zeros(begins)
        ahead[at, END] = first + trailing_zeros(lasts) + ONE
        begins &= begins - ONE
        lasts &= lasts - ONE
        at += ONE
    return i + np.int64(trailing_zeros(begins)), np.int64(at)


@inlined
def _set_keys(text: Any, ahead: Any, several: Any) -> None:
    """Hashes and keys of words by where they are."""
    for j in range(several):
        first, end = np.int64(ahead[j, START]), np.int64(ahead[j, END])
        size = end - first
        if size > SHORT:
            low, middle, high = LONG, _hash(text, first, end), ZERO
        elif first + SHORT <= len(text):
            row = np.uint64(size)
            low = eight_bytes(text, first) & _OF_WORD[row, 0] | row << S56
            middle = eight_bytes(text, first + 7) & _OF_WORD[row, 1]
            high = eight_bytes(text, first + 15) & _OF_WORD[row, 2]
        else:
            low = bytes_at(text, first, min(end, first + 7)) | np.uint64(size) << S56
            middle = bytes_at(text, min(first + 7, end), end)
            high = bytes_at(text, min(first + 15, end), end)
        ahead[j, FIRST], ahead[j, SECOND], ahead[j, THIRD] = low, middle, high
        ahead[j, HASH] = hash_of_key(low, middle, high)


@inlined
def bytes_at(text: Any, first: Any, end: Any) -> Any:
    """Up to eight bytes from `first` on, those before `end`, as a number."""
    value = ZERO
    if first + 8 <= len(text):
        value = eight_bytes(text, first)
        if end - first < 8:
            value &= (ONE << np.uint64(8 * (end - first))) - ONE
    else:
        for j in range(min(np.int64(8), end - first)):
            value |= np.uint64(text[first + j]) << np.uint64(8 * j)
    return value


@inlined
def hash_of_key(low: Any, middle: Any, high: Any) -> Any:
    """The hash of a word by its key."""
    value = low * MIX + middle * ODD + high * _THIRD_ODD
    value = (value ^ value >> S32) * MIX
    return value ^ value >> S32


@bare
def _hash(text: Any, first: Any, end: Any) -> Any:
    """A number of 64 bits."""
    value, at = ZERO, first
    while at + 8 <= end:
        value = (value ^ eight_bytes(text, at)) * MIX
        value ^= value >> S32
        at += 8
    value = (value ^ bytes_at(text, at, end) ^ np.uint64(end - first)) * MIX
    value = (value ^ value >> S32) * MIX
    return value ^ value >> S32


@bare
def code_point(text: Any, i: int) -> Any:
    """The code point of two bytes or more at byte `i` of valid UTF-8, and its number of bytes."""
    lead = np.int64(text[i])
    if lead < 0xE0:
        return (lead & 0x1F) << 6 | (np.int64(text[i + 1]) & 0x3F), 2
    if lead < 0xF0:
        high = (lead & 0x0F) << 12 | (np.int64(text[i + 1]) & 0x3F) << 6
        return high | (np.int64(text[i + 2]) & 0x3F), 3
    high = (lead & 0x07) << 18 | (np.int64(text[i + 1]) & 0x3F) << 12
    return high | (np.int64(text[i + 2]) & 0x3F) << 6 | (np.int64(text[i + 3]) & 0x3F), 4
