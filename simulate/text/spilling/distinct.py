"""How many of some numbers of 64 bits are distinct, and nothing else: exactly, in memory.

Hashes of the numbers, a bijection, are put in the order of parts by their first bits, so that equal ones are in one
part, and a part in the first caches. There they are put into a table, or sorted, which takes less for few numbers than
for many. Which of the two is faster differs between processors, some of which sort eight numbers at a time.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from simulate.drawing.compiled import bare
from simulate.drawing.stream import ONE, ZERO
from simulate.text.spilling.loops import hashed

_IN_PART = 1 << 12
"""Numbers of a part, about."""

_MOST_BITS = 10
"""Bits that say a part, at most: of many places that are written to in turn, each would cost more."""

_SLOTS = 1 << 15
"""Places of a table, at most: a quarter of a megabyte."""

_TRIED = 16
"""Parts that are counted in both ways."""


def distinct_keys(keys: np.ndarray, *, by: str | None = None) -> int:
    """How many of the `keys`, uint64 of shape (n,), are distinct, in memory for as many again.

    `by` is how those of a part are counted, in "tables" or "sorted": by default what is faster with the first parts.
    """
    parts = _Parts(np.ascontiguousarray(keys, np.uint64), 0)
    if by is not None:
        return _WAYS[by](parts, 0, parts.n)
    tried, found = min(_TRIED, parts.n), 0
    taken: dict[str, float] = {}
    for name, way in _WAYS.items():
        way(parts, parts.n - 1, parts.n)  # its loop is loaded
        begin = time.perf_counter()
        found = way(parts, 0, tried)
        taken[name] = time.perf_counter() - begin
    return found + _WAYS[min(taken, key=taken.__getitem__)](parts, tried, parts.n)


class _Parts:
    """Hashes in the order of their parts: of keys if no bits are `used`, or of hashes that have so many alike."""

    def __init__(self, values: np.ndarray, used: int) -> None:
        bits = min(max(1, (len(values) // _IN_PART).bit_length()), _MOST_BITS)
        self.n, self.used = 1 << bits, used + bits
        self.bounds, self.hashes = np.zeros(self.n + 1, np.int64), np.empty(len(values), np.uint64)
        _tally(values, used, bits, self.bounds[1:])
        np.cumsum(self.bounds, out=self.bounds)
        _put(values, used, bits, self.bounds[:-1].copy(), self.hashes)

    def of(self, part: int) -> np.ndarray:
        """The hashes of a part."""
        return self.hashes[self.bounds[part] : self.bounds[part + 1]]


def _tabled(parts: _Parts, first: int, last: int) -> int:
    """How many hashes of the parts from `first` to ``last - 1`` are distinct, by tables."""
    table, found = np.empty(_SLOTS, np.uint64), 0
    while True:
        first, new = _count(parts.hashes, parts.bounds, first, last, table)
        found += new
        if first >= last:
            return found
        smaller = _Parts(parts.of(first), parts.used)  # one that has more of them than a table takes
        found += _tabled(smaller, 0, smaller.n)
        first += 1


def _sorted(parts: _Parts, first: int, last: int) -> int:
    """The same, sorted in their place."""
    found = 0
    for part in range(first, last):
        hashes = parts.of(part)
        hashes.sort()
        found += _runs(hashes)
    return found


_WAYS: dict[str, Callable[[_Parts, int, int], int]] = {"tables": _tabled, "sorted": _sorted}


@bare
def _tally(values: Any, used: int, bits: int, sizes: Any) -> None:
    """Add up how many of `values` are in each part: of keys if no bits are `used`, else of their hashes."""
    shift, mask = np.uint64(64 - used - bits), (ONE << np.uint64(bits)) - ONE
    for value in values:
        value = hashed(value) if used == 0 else value
        sizes[value >> shift & mask] += 1


@bare
def _put(values: Any, used: int, bits: int, places: Any, hashes: Any) -> None:
    """Put the hashes in the order of parts, each of which begins at one of the `places`."""
    shift, mask = np.uint64(64 - used - bits), (ONE << np.uint64(bits)) - ONE
    for value in values:
        value = hashed(value) if used == 0 else value
        part = value >> shift & mask
        hashes[places[part]] = value
        places[part] += 1


@bare
def _count(hashes: Any, bounds: Any, first: int, last: int, table: Any) -> Any:
    """Distinct hashes of the parts from `first` on; returns the first that has too many of them, or `last`, and those.

    Whether one is new is as good as random, so that nothing branches on it. A place that is 0 is empty: 0 itself, the
    hash of 0, is none of those that are put there.
    """
    found = np.int64(0)
    for part in range(first, last):
        begin, end = bounds[part], bounds[part + 1]
        size = np.int64(len(table))
        while size >= 8 * (end - begin) and size > 64:
            size >>= 1
        mask, room = np.uint64(size - 1), size // 2
        new: Any = np.int64(0)
        with_zero = 0
        table[:size] = ZERO
        for i in range(begin, end):
            value = hashes[i]
            if value == ZERO:
                with_zero = 1
                continue
            slot = value & mask
            while min(table[slot], table[slot] ^ value) != ZERO:
                slot = (slot + ONE) & mask
            new += table[slot] == ZERO
            table[slot] = value
            if new > room:
                return part, found
        found += new + with_zero
    return last, found


@bare
def _runs(ordered: Any) -> Any:
    """How many different numbers there are in `ordered`, where equal ones stand together."""
    found = min(len(ordered), 1)
    for i in range(1, len(ordered)):
        found += ordered[i] != ordered[i - 1]
    return found
