"""Windows put together in runs: neighbours that share their minimiser stand in one part, and units are written once.

A window is a key of 64 bits at most, its units one after the other. Of all sequences of `small` units in a window the
one with the least hash is its *minimiser*. It says the part of the window: equal windows have equal ones. Neighbours
mostly share it, so that they are written as one run of two words, and not as a hash of 64 bits each:

| word | holds |
|---|---|
| 0 | the key of the first window |
| 1 | the units by which the others go on, from the highest bit on; and how many they are in the lowest six |

Roberts, M., et al. (2004). Bioinformatics 20(18), 3363-3369 (minimisers). Deorowicz, S., et al. (2015). Bioinformatics
31(10), 1569-1576 (k-mers counted in such runs).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from simulate.drawing.compiled import bare
from simulate.drawing.stream import MIX, ONE
from simulate.text.spilling.loops import hashed
from simulate.text.spilling.spread import place_for

_SMALL_BITS = 20
"""Bits of a minimiser, at least: so many kinds of them that all parts get their share."""

_LEAST = 12
"""Minimisers to choose from, at least: runs are half as long on average. Shorter ones take longer than hashes do."""

_CHUNK = 1 << 10
"""Windows that are cut into runs at a time, in a cache."""

_COUNT_BITS = 6
_COUNT, _S6 = np.uint64((1 << _COUNT_BITS) - 1), np.uint64(_COUNT_BITS)
_S32, _S63, _S64 = np.uint64(32), np.uint64(63), np.uint64(64)
_ODD, _NOT_ZERO = np.uint32(0x9E3779B1), np.uint32(0x5BD1E995)
NUMBERS = 2
"""Words of a run."""

SPARE = 16
"""Hashes that are written at a time: what is too much is written over. A loop of eight is unrolled before it could be
vectorised, and takes four times as long."""


class Runs(NamedTuple):
    """How windows of `length` units, `width` bits each, are cut by minimisers of `small` units."""

    length: int
    width: int
    """Bits of a unit: less than eight of them, where a window has room for so many."""
    small: int

    @classmethod
    def of(cls, length: int, width: int) -> Runs | None:
        """None where windows are too short for runs to be worth it."""
        small = -(-_SMALL_BITS // width)
        return cls(length, width, small) if length - small + 1 >= _LEAST else None

    @property
    def most(self) -> int:
        """Windows in a run at most."""
        return 1 + min((64 - _COUNT_BITS) // self.width, self.length)

    def room(self) -> tuple[np.ndarray, ...]:
        """What `cut` works in."""
        size = _CHUNK + 64
        return *np.empty((2, size), np.uint64), *np.empty((2, size), np.uint32), np.empty(_CHUNK + 1, np.int64)

    def unfold(self, numbers: np.ndarray, out: np.ndarray) -> int:
        """Put hashes of the windows of runs to `out`, where `SPARE` more have room; returns how many they are."""
        return int(unfold(numbers, self.length, self.width, out))


@bare
def number(units: Any, dense: Any, out: Any) -> None:
    """Units by their numbers in `dense`."""
    for j in range(len(units)):
        out[j] = dense[units[j]]


@bare
def cut(
    units: Any, first: int, last: int, starts: Any, stream: int, length: int, width: int, small: int, packed: Any,
    other: Any, least: Any, lesser: Any, ends: Any, n_windows: Any, bits: Any, block: Any, pool: Any, places: Any,
    owners: Any, state: Any,
) -> None:  # fmt: skip
    """Put windows that begin at the units `first` to ``last - 1`` into blocks of ``2**bits`` parts, as runs.

    `units`, uint8 of `width` bits, begin at `first`. `packed` to `ends` are `Runs.room`; `n_windows` takes how many
    windows come to each part, the others are those of `simulate.text.spilling.spread.spread`. What is known of each
    window is found for many at a time, without a branch.
    """
    i = np.int64(first)
    while i < last:
        while i >= starts[stream + 1]:
            stream += 1
        n = min(np.int64(_CHUNK), last - i, starts[stream + 1] - length + 1 - i)
        if n <= 0:
            i = starts[stream + 1]
            continue
        n_units: Any = n + length - 1
        size: Any = np.int64(1)
        n_small = n_units - small + 1
        _taken(units, i - first, n_units, packed)
        while True:
            if size <= small < 2 * size:
                _hash_small(packed, small - size, n_small, width, least)
            if 2 * size > length:
                break
            n_units -= size
            _join(packed, size, n_units, width, other)
            packed, other = other, packed
            size *= 2
        wide: Any = np.int64(1)
        within = length - small + 1
        while wide < within:
            step = min(wide, within - wide)
            n_small -= step
            _lesser(least, step, n_small, lesser)
            least, lesser = lesser, least
            wide += step
        n_ends = _changes(least, n, ends)
        _put(packed, size, length, width, least, ends[:n_ends], n_windows, bits, block, pool, places, owners, state)
        i += n


@bare
def _taken(units: Any, first: int, n: int, out: Any) -> None:
    for j in range(np.uint64(n)):
        out[j] = units[np.uint64(first) + j]


@bare
def _join(packed: Any, step: int, n: int, width: int, out: Any) -> None:
    """Sequences of twice `step` units, from those of `step`."""
    shift = np.uint64(step * width)
    for j in range(np.uint64(n)):
        out[j] = packed[j] << shift | packed[j + np.uint64(step)]


@bare
def _hash_small(packed: Any, step: int, n: int, width: int, out: Any) -> None:
    """Hashes of those that are `step` units longer: another number for each, which has 32 bits at most."""
    shift = np.uint64(step * width)
    for j in range(np.uint64(n)):
        out[j] = (np.uint32(packed[j] << shift | packed[j + np.uint64(step)]) ^ _NOT_ZERO) * _ODD


@bare
def _lesser(least: Any, step: int, n: int, out: Any) -> None:
    for j in range(np.uint64(n)):
        out[j] = min(least[j], least[j + np.uint64(step)])


@bare
def _changes(least: Any, n: int, ends: Any) -> Any:
    """Where runs of one number end in the first `n`; returns how many there are."""
    n_ends = 0
    for j in range(1, n):
        ends[n_ends] = j
        n_ends += least[j] != least[j - 1]
    ends[n_ends] = n
    return n_ends + 1


@bare
def _put(
    packed: Any, size: int, length: int, width: int, least: Any, ends: Any, n_windows: Any, bits: Any, block: Any,
    pool: Any, places: Any, owners: Any, state: Any,
) -> None:  # fmt: skip
    """Put runs, which end where `ends` say or after the most units that have room; `packed` are `size` units each."""
    most, step = np.uint64(min((64 - _COUNT_BITS) // width, length)), np.uint64(length - size)
    wide, from_bits, j = np.uint64(width), _S64 - np.uint64(bits), np.uint64(0)
    shift = step * wide
    for stop in ends:
        end = np.uint64(stop)
        part = np.uint64(least[j]) * MIX >> from_bits
        n_windows[part] += np.int64(end - j)
        while j < end:
            more = min(end - ONE - j, most)
            last = j + more
            rest = packed[last] << shift | packed[last + step]
            place = place_for(NUMBERS, part, block, places, owners, state)
            pool[place] = packed[j] << shift | packed[j + step]
            # Those before its last `more` units are shifted out.
            pool[place + ONE] = rest << ONE << _S63 - more * wide | more
            j = last + ONE


@bare
def unfold(numbers: Any, length: int, width: int, out: Any) -> Any:
    """Put hashes of the windows of runs to `out`, several at a time; returns how many they are."""
    at = np.int64(0)
    step, mask = np.uint64(width), ~np.uint64(0) >> np.uint64(64 - length * width)
    for j in range(0, len(numbers), NUMBERS):
        key, rest = numbers[j], numbers[j + 1]
        n = np.int64(rest & _COUNT) + 1
        for begin in range(0, n, SPARE):
            some = out[at + begin : at + begin + SPARE]
            for lane in range(SPARE):
                shift = np.uint64(begin + lane) * step & _S63
                some[lane] = hashed((key << shift | rest >> ONE >> _S63 - shift) & mask)
        at += n
    return at
