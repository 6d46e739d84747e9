"""Where the words of UTF-8 text are, and what they are looked up by.

A word of up to fifteen bytes is a key of two integers, its bytes and how many they are; the key of a longer one is its
hash and `LONG`. Which code points are what comes in as classes (`characters`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from simulate.drawing.compiled import bare, between, eight_bytes, inlined, trailing_zeros
from simulate.drawing.stream import MIX, ONE, S32
from simulate.text.cutting.characters import LETTER, MARK, WHITE

_ZERO = np.uint64(0)
ODD = np.uint64(0x9E3779B97F4A7C15)

WORDS_AHEAD = 64
"""Words that are hashed before the first of them is looked up."""
_ONE_BY_ONE = 4
"""Words that are read byte by byte once one has a letter that is not of ASCII."""
START, END, HASH, FIRST, SECOND = 0, 1, 2, 3, 4
"""Places in a row of `cut_words`: where a word begins and ends, its hash, and its key."""

S56 = np.uint64(56)
LONG = np.uint64(0xFF << 56)
"""In place of the number of bytes of a word that is its hash, and stands in the pool."""


@bare
def cut_words(text: Any, classes: Any, i: Any, ahead: Any) -> Any:
    """Start, end, hash and key of the next words from byte `i` on; return where they end and how many there are.

    Words of ASCII are found 64 bytes at a time, others one by one.
    """
    several, apart = 0, 0
    while several < WORDS_AHEAD and i < len(text):
        if apart == 0 and i + 64 <= len(text) and text[i] < 0x80:
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
        _take(text, first, end, ahead, several)
        several += 1
        apart = max(apart - 1, 0)
        i = end
    return i, several


@inlined
def _take(text: Any, first: Any, end: Any, ahead: Any, several: Any) -> None:
    low, high = _key(text, first, end)
    ahead[several, HASH], ahead[several, FIRST], ahead[several, SECOND] = hash_of_key(low, high), low, high
    ahead[several, START], ahead[several, END] = first, end


@inlined
def _cut_ascii(text: Any, classes: Any, i: Any, ahead: Any, several: Any) -> Any:
    """The words of the next 64 bytes behind which there is a byte of ASCII among these; as `cut_words`."""
    white = between(text, i, 9, 13, 0) | between(text, i, 28, 32, 0)
    other = between(text, i, 128, 255, 0)
    if classes[33] == LETTER:  # words are all that is not white
        letters = ~(white | other)
    else:
        letters = between(text, i, 97, 122, 32) | between(text, i, 48, 57, 0) | between(text, i, 95, 95, 0)
    limit = trailing_zeros(other)
    singles = ~(white | letters)
    begins = letters & ~(letters << ONE) | singles
    while begins != _ZERO and several < WORDS_AHEAD:
        first = trailing_zeros(begins)
        begins &= begins - ONE
        end = first + ONE
        if (letters >> first) & ONE != _ZERO:
            end = trailing_zeros(~letters & ~((ONE << first) - ONE))
        if end >= limit:
            return i + np.int64(first), several
        _take(text, i + np.int64(first), i + np.int64(end), ahead, several)
        several += 1
    return i + np.int64(trailing_zeros(begins)), several


@inlined
def bytes_at(text: Any, first: Any, end: Any) -> Any:
    """Up to eight bytes from `first` on, those before `end`, as a number."""
    value = _ZERO
    if first + 8 <= len(text):
        value = eight_bytes(text, first)
        if end - first < 8:
            value &= (ONE << np.uint64(8 * (end - first))) - ONE
    else:
        for j in range(min(np.int64(8), end - first)):
            value |= np.uint64(text[first + j]) << np.uint64(8 * j)
    return value


@inlined
def _key(text: Any, first: Any, end: Any) -> Any:
    """Two integers: the bytes of a word up to fifteen, and how many they are; a hash and `LONG` of a longer one."""
    size, low, high = end - first, _ZERO, _ZERO
    if size > 15:
        return _hash(text, first, end), LONG
    if first + 16 <= len(text):
        low, high = eight_bytes(text, first), eight_bytes(text, first + 8)
        if size < 8:
            low, high = low & ((ONE << np.uint64(8 * size)) - ONE), _ZERO
        else:
            high &= (ONE << np.uint64(8 * size - 64)) - ONE
    else:
        low, high = bytes_at(text, first, end), bytes_at(text, min(first + 8, end), end)
    return low, high | np.uint64(size) << S56


@inlined
def hash_of_key(low: Any, high: Any) -> Any:
    """The hash of a word by its key; of a long one, which `low` is already."""
    value = (low ^ (high if high < LONG else LONG) * ODD) * MIX
    value = (value ^ value >> S32) * MIX
    return value ^ value >> S32


@bare
def _hash(text: Any, first: Any, end: Any) -> Any:
    """A number of 64 bits."""
    value, at = _ZERO, first
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
