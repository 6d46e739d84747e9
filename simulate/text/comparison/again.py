"""One pass through a long text for all stretches that `repeats` looks for: their sums, rolled on unit by unit.

The sum of a stretch is a polynomial of its units modulo 2^64. Where one is met that was asked for, all units are
compared, so that sums which agree by chance cost time and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from simulate.drawing.compiled import bare
from simulate.drawing.stream import MIX

_BASE = np.uint64(0x9E3779B97F4A7C15)
_BITS = 12
_SHIFT = np.uint64(64 - _BITS)
_SLAB = 1 << 18
"""Units at a time: they stay in a cache."""


def stand_again(ids: np.ndarray, places: Sequence[int], length: int) -> np.ndarray:
    """Whether each ``ids[place : place + length]`` stands at another place as well, bool."""
    wanted = np.array([ids[place : place + length] for place in places]).astype(np.uint32)
    powers = np.array([pow(int(_BASE), j, 1 << 64) for j in range(length, -1, -1)], dtype=np.uint64)
    sums = (wanted.astype(np.uint64) * powers[1:]).sum(axis=1, dtype=np.uint64)
    marked, found = np.zeros(1 << _BITS, np.uint8), np.zeros(len(places), np.uint8)
    marked[(sums * MIX) >> _SHIFT] = 1
    units = np.empty(_SLAB + length - 1, np.uint32)
    at = np.array(places, np.int64)
    for first in range(0, len(ids) - length + 1, _SLAB):
        slab = ids[first : first + _SLAB + length - 1]
        units[: len(slab)] = slab
        _look(units[: len(slab)], first, length, powers[0], sums, marked, wanted, at, found)
        if found.all():
            break
    return found > 0


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
