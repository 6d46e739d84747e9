"""One pass through a long text for all stretches that `repeats` looks for.

A stretch covers a *block* of half its length that begins at a multiple of it. So what blocks begin with is looked for
first, everywhere in the stretches; and only around blocks that begin as a part of one does, the sums of all stretches
of text are rolled on unit by unit. A sum is a polynomial of units modulo 2^64. Where one is met that was asked for, all
units are compared, so that sums which agree by chance cost time and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from simulate.drawing.compiled import bare
from simulate.drawing.stream import MIX

_BASE = np.uint64(0x9E3779B97F4A7C15)
_BITS, _BLOCK_BITS = 12, 22
_SHIFT, _BLOCK_SHIFT = np.uint64(64 - _BITS), np.uint64(64 - _BLOCK_BITS)
_SLAB = 1 << 18
"""Units at a time: they stay in a cache."""

_BEGIN = 24
"""Units of a block that are looked at, at most."""


def stand_again(ids: np.ndarray, places: Sequence[int], length: int) -> np.ndarray:
    """Whether each ``ids[place : place + length]`` stands at another place as well, bool."""
    wanted = np.array([ids[place : place + length] for place in places]).astype(np.uint32)
    powers = np.array([pow(int(_BASE), j, 1 << 64) for j in range(length, -1, -1)], dtype=np.uint64)
    sums = (wanted.astype(np.uint64) * powers[1:]).sum(axis=1, dtype=np.uint64)
    marked, found = np.zeros(1 << _BITS, np.uint8), np.zeros(len(places), np.uint8)
    marked[(sums * MIX) >> _SHIFT] = 1
    step = (length + 1) // 2
    begins = _Begins(wanted, powers, step)
    at = np.array(places, np.int64)
    for first in range(0, len(ids), max(1, _SLAB // step) * step):
        slab = ids[first : first + max(1, _SLAB // step) * step + begins.size - 1]
        for low, high in _ranges(first + begins.like(slab), step, length):
            units = ids[low:high].astype(np.uint32)
            _look(units, low, length, powers[0], sums, marked, wanted, at, found)
        if found.all():
            break
    return found > 0


class _Begins:
    """What a block of `step` units begins with, if it stands in one of the stretches `wanted`."""

    def __init__(self, wanted: np.ndarray, powers: np.ndarray, step: int) -> None:
        self.size, self._step = min(step, _BEGIN), step
        self._powers = powers[len(powers) - self.size :]
        self._marked = np.zeros(1 << _BLOCK_BITS, bool)
        for offset in range(step):
            self._marked[self._place(wanted[:, offset : offset + self.size])] = True

    def _place(self, units: np.ndarray) -> np.ndarray:
        places: np.ndarray = (units.astype(np.uint64) @ self._powers * MIX) >> _BLOCK_SHIFT
        return places

    def like(self, slab: np.ndarray) -> np.ndarray:
        """Where the blocks of `slab` are that begin as one there may; those that are cut before that are left out."""
        if len(slab) < self.size:
            return np.empty(0, np.int64)
        blocks = sliding_window_view(slab, self.size)[:: self._step]
        return np.flatnonzero(self._marked[self._place(blocks)]) * self._step


def _ranges(blocks: np.ndarray, step: int, length: int) -> Iterator[tuple[int, int]]:
    """Units of all stretches that cover one of the `blocks` from its beginning on; what overlaps is one range."""
    if len(blocks):
        cuts = np.flatnonzero(np.diff(blocks) >= length) + 1
        for some in np.split(blocks, cuts):
            yield max(0, int(some[0]) - step + 1), int(some[-1]) + length


@bare
def _look(
    units: Any, first: int, length: int, top: Any, sums: Any, marked: Any, wanted: Any, at: Any, found: Any
) -> None:
    """Mark those of the stretches that stand in `units`, which begin at `first`, at another place than theirs."""
    total, gone = np.uint64(0), np.uint64(0)
    for i in range(length - 1):
        total = total * _BASE + np.uint64(units[i])
    for i in range(length - 1, len(units)):
        total = total * _BASE + (np.uint64(units[i]) - gone * top)
        begin = i - length + 1
        gone = np.uint64(units[begin])
        if marked[(total * MIX) >> _SHIFT] == 0:
            continue
        for k in range(len(sums)):
            if found[k] == 0 and sums[k] == total and at[k] != first + begin:
                same = True
                for j in range(length):
                    same = same and units[begin + j] == wanted[k, j]
                if same:
                    found[k] = 1
