r"""The loop that cuts UTF-8 text into words and gives each distinct word an id.

It equals ``re.findall(r"\w+|[^\w\s]", text)`` followed by a dictionary, at the speed of a scan. Words are
compared byte by byte where their hashes agree, so a collision costs time, never a count.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from simulate.compiled import compiled

_PRIME = np.uint64(0x100000001B3)
_BASIS = np.uint64(0xCBF29CE484222325)
_MIX = np.uint64(0x9E3779B97F4A7C15)
_S32 = np.uint64(32)
_ONE = np.uint64(1)


class WordTable:
    """Words met so far, each with an id in the order of first appearance."""

    def __init__(self) -> None:
        self.count = 0
        self._slots = np.zeros(1 << 12, dtype=np.uint32)  # id + 1 of the word in a slot, 0 where empty
        self._hashes = np.empty(1 << 11, dtype=np.uint64)
        self._ends = np.zeros((1 << 11) + 1, dtype=np.int64)  # word t is pool[ends[t] : ends[t + 1]]
        self._pool = np.empty(1 << 14, dtype=np.uint8)

    def ids(self, block: bytes, classes: np.ndarray) -> np.ndarray:
        """Ids (int32) of the words in `block`, which is valid UTF-8 and starts and ends between words."""
        text = np.frombuffer(block, dtype=np.uint8)
        out = np.empty(len(text), dtype=np.int32)
        at = found = 0
        while True:
            at, new, self.count = _tokenize(
                text, classes, at, self._slots, self._hashes, self._ends, self._pool, self.count, out[found:]
            )
            found += new
            if at == len(text):
                return out[:found].copy()
            # The loop stops at a word for which there is no room. Growing here keeps it free of array
            # reassignments, which made it six times slower.
            self._grow(len(text) - at)

    def texts(self) -> tuple[str, ...]:
        """The words, by id."""
        pool, ends = self._pool.tobytes(), self._ends.tolist()
        return tuple(pool[ends[t] : ends[t + 1]].decode("utf-8") for t in range(self.count))

    def _grow(self, longest: int) -> None:
        if 2 * (self.count + 1) >= len(self._slots):
            self._slots = np.zeros(4 * len(self._slots), dtype=np.uint32)
            _fill(self._slots, self._hashes, self.count)
            self._hashes = _longer(self._hashes, len(self._slots) // 2)
            self._ends = _longer(self._ends, len(self._slots) // 2 + 1)
            return
        used = int(self._ends[self.count])
        # Doubling covers all but a word longer than everything before it.
        wanted = min(longest, 2 * len(self._pool)) if used else longest
        self._pool = _longer(self._pool, max(2 * len(self._pool), used + wanted))


def _longer(values: np.ndarray, size: int) -> np.ndarray:
    grown = np.zeros(size, dtype=values.dtype)
    grown[: len(values)] = values
    return grown


@compiled
def _fill(slots: Any, hashes: Any, count: int) -> None:
    mask = np.uint64(len(slots) - 1)
    for word in range(count):
        slot = hashes[word] & mask
        while slots[slot] != 0:
            slot = (slot + _ONE) & mask
        slots[slot] = word + 1


@compiled
def _code_point(text: Any, i: int) -> Any:
    """The code point of two bytes or more at byte `i` of valid UTF-8, and its number of bytes."""
    lead = np.int64(text[i])
    if lead < 0xE0:
        return (lead & 0x1F) << 6 | (np.int64(text[i + 1]) & 0x3F), 2
    if lead < 0xF0:
        high = (lead & 0x0F) << 12 | (np.int64(text[i + 1]) & 0x3F) << 6
        return high | (np.int64(text[i + 2]) & 0x3F), 3
    high = (lead & 0x07) << 18 | (np.int64(text[i + 1]) & 0x3F) << 12
    return high | (np.int64(text[i + 2]) & 0x3F) << 6 | (np.int64(text[i + 3]) & 0x3F), 4


@compiled
def _same(text: Any, start: int, end: int, pool: Any, first: int, last: int) -> bool:
    if end - start != last - first:
        return False
    for i in range(end - start):  # noqa: SIM110  (numba has no all() of a generator)
        if text[start + i] != pool[first + i]:
            return False
    return True


@compiled
def _append(text: Any, first: int, end: int, value: Any, word: int, hashes: Any, ends: Any, pool: Any) -> None:
    start = ends[word]
    for j in range(end - first):
        pool[start + j] = text[first + j]
    ends[word + 1] = start + end - first
    hashes[word] = value


@compiled
def _tokenize(
    text: Any, classes: Any, at: int, slots: Any, hashes: Any, ends: Any, pool: Any, count: int, out: Any
) -> Any:
    """Write ids of the words from byte `at` on; return where it stopped, how many, and the size of the table.

    Reading ASCII here and not in a function of its own makes it three times faster.
    """
    i, found = np.int64(at), 0
    room = min(len(slots) // 2, len(hashes)) - 1
    mask = np.uint64(len(slots) - 1)
    while i < len(text):
        point, width = np.int64(text[i]), 1
        if point >= 0x80:
            point, width = _code_point(text, i)
        kind = classes[point]
        if kind == 0:
            i += width
            continue
        first, value = i, _BASIS
        while True:
            for j in range(width):
                value = (value ^ np.uint64(text[i + j])) * _PRIME
            i += width
            if kind == 2 or i >= len(text):
                break
            point, width = np.int64(text[i]), 1
            if point >= 0x80:
                point, width = _code_point(text, i)
            if classes[point] != 1:
                break
        value = (value ^ (value >> _S32)) * _MIX
        value ^= value >> _S32
        slot = value & mask
        word = np.int64(slots[slot]) - 1
        while word >= 0:
            if hashes[word] == value and _same(text, first, i, pool, ends[word], ends[word + 1]):
                break
            slot = (slot + _ONE) & mask
            word = np.int64(slots[slot]) - 1
        if word < 0:
            word = np.int64(count)
            if word >= room or ends[word] + i - first > len(pool):
                return first, found, count
            _append(text, first, i, value, word, hashes, ends, pool)
            slots[slot] = word + 1
            count += 1
        out[found] = word
        found += 1
    return i, found, count
