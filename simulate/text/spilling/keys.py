"""Windows of a text as keys of 64 bits: their units, where these fit, or the ids of the two shorter ones they are."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from simulate.drawing.compiled import bare
from simulate.drawing.stream import ONE, S32, ZERO
from simulate.text import minimisers
from simulate.text.minimisers import NUMBERS, Runs
from simulate.text.spilling import spread
from simulate.text.spilling.frequencies import Parts
from simulate.text.spilling.loops import ALONE
from simulate.text.spilling.scratch import OnDisk
from simulate.text.spilling.sums import Sums

MOST_KINDS = 1 << 21
"""Ids of units from which on they are taken for dense, as those of words are."""


def packing(largest: int, present: np.ndarray | None) -> tuple[int, np.ndarray]:
    """Bits of a unit in a key, and its number among the ids that there are, uint32: none where `present` is None.

    `largest` is the largest id; `present`, uint8 of shape (largest + 1,), says which ids there are.
    """
    if present is None:
        return largest.bit_length(), np.empty(0, np.uint32)
    dense = np.cumsum(present, dtype=np.uint32) - np.uint32(1)
    return max(1, int(dense[-1]).bit_length()), dense


class Pairs(NamedTuple):
    """Windows as two shorter ones at the distance `step`, whose ids are known."""

    ids: np.ndarray | OnDisk
    step: int

    def keys(self, first: int, last: int, starts: np.ndarray, at: tuple[int, int], length: int, into: Any) -> Any:
        """As `gather`; `at` is the stream and the number to go on with."""
        ids = self.ids[first : last + self.step]
        return gather(ids, first, last, starts, *at, length, self.step, *into)

    def plain(self, starts: np.ndarray, length: int, sums: Sums, chunk: int) -> PlainPairs:
        """All of them, without their places."""
        return PlainPairs(self, starts, length, sums, chunk)


class Packed(NamedTuple):
    """Windows as their units, `bits` for each of them."""

    units: np.ndarray | OnDisk
    bits: int
    dense: np.ndarray
    n_numbers: int = 0
    """Numbers among which all units are, from 0 on; 0 where that is not known."""

    @classmethod
    def of(cls, units: np.ndarray | OnDisk, chunk: int) -> Packed:
        """Units numbered by those that there are, where their ids are small enough for a table of them."""
        parts = range(0, len(units), chunk)
        most = max((int(units[first : first + chunk].max()) for first in parts), default=0)
        if most >= MOST_KINDS:
            return cls(units, *packing(most, None), most + 1)
        present = np.zeros(most + 1, np.uint8)
        for first in parts:
            mark_present(units[first : first + chunk].astype(np.uint32), present)
        return cls(units, *packing(most, present), most + 1)

    def within(self, starts: np.ndarray, first: int, last: int, length: int) -> tuple[Any, int, int, np.ndarray, int]:
        """Units of the windows that begin at `first` to ``last - 1``, and where: the first arguments of loops."""
        units = self.units[first : last + length - 1]
        stream = int(np.searchsorted(starts, first, side="right")) - 1
        small = units.dtype == np.uint8
        return units if small else units.astype(np.uint32, copy=False), first, last, starts, stream

    @property
    def longest(self) -> int:
        """Units in the longest window that is a key."""
        return 64 // self.bits

    def keys(self, first: int, last: int, starts: np.ndarray, at: tuple[int, int], length: int, into: Any) -> Any:
        """As `pack`; `at` is the stream and the number to go on with."""
        units = self.units[first : last + length - 1].astype(np.uint32)
        return pack(units, first, last, starts, *at, length, self.bits, self.dense, *into[:3])

    def plain(self, starts: np.ndarray, length: int, sums: Sums, chunk: int) -> PlainPacked | PlainRuns:
        """All of them, without their places."""
        del sums, chunk
        runs = Runs.of(length, self.bits)
        return PlainPacked(self, starts, length) if runs is None else PlainRuns(self, starts, runs)


class PlainPacked(NamedTuple):
    """Windows whose units are the key, where their places play no part."""

    windows: Packed
    starts: np.ndarray
    length: int
    runs: None = None

    def spread(self, parts: Parts, first: int, last: int) -> None:
        """See `frequencies.Keys`."""
        spread.spread_packed(
            *self.windows.within(self.starts, first, last, self.length), self.length, self.windows.bits,
            self.windows.dense, *parts.into(last - first),
        )  # fmt: skip


class PlainRuns:
    """The same in runs, where these are shorter than hashes."""

    def __init__(self, windows: Packed, starts: np.ndarray, runs: Runs) -> None:
        self._windows, self._starts, self.runs = windows, starts, runs
        self._room, self._numbers = runs.room(), np.empty(0, np.uint8)

    def spread(self, parts: Parts, first: int, last: int) -> None:
        """See `frequencies.Keys`."""
        units, *where = self._windows.within(self._starts, first, last, self.runs.length)
        if len(units) > len(self._numbers):
            self._numbers = np.empty(len(units), np.uint8)
        numbers = self._numbers[: len(units)]
        minimisers.number(units, self._windows.dense, numbers)
        minimisers.cut(numbers, *where, *self.runs, *self._room, parts.n_windows, *parts.into(NUMBERS * (last - first)))


class PlainPairs:
    """Windows that are two shorter ones, where their places play no part; those that occur once go to `sums`."""

    runs = None

    def __init__(self, windows: Pairs, starts: np.ndarray, length: int, sums: Sums, chunk: int) -> None:
        self._windows, self._starts, self._length, self._sums = windows, starts, length, sums
        self._into: Any = (np.empty(chunk, np.uint64), *(np.empty(chunk, np.uint32) for _ in range(3)))
        self._at: Any = (0, 0)
        self._lonely = np.zeros(3, np.int64)

    def spread(self, parts: Parts, first: int, last: int) -> None:
        """See `frequencies.Keys`; they are asked for in the order of the text."""
        n_keys, n_lonely, *self._at = self._windows.keys(first, last, self._starts, self._at, self._length, self._into)
        self._sums.add_lonely(self._into[3][:n_lonely], self._lonely)
        spread.spread(self._into[0][:n_keys], *parts.into(n_keys))


@bare
def gather(
    ids: Any, first: int, last: int, starts: Any, stream: int, w: Any, length: int, step: int, keys: Any, places: Any,
    where: Any, lonely: Any,
) -> Any:  # fmt: skip
    """Keys and numbers of the windows that begin at the units `first` to ``last - 1``; `ids` begin at `first`.

    `step` is the distance of the two shorter windows. Windows of which one part occurs once go to `lonely`; `where`
    takes the unit behind `first` with which each of the others begins. Returns how many keys and lonely windows there
    are, and the stream and number to go on with.
    """
    n_keys, n_lonely = 0, 0
    for i in range(first, last):
        while i >= starts[stream + 1]:
            stream += 1
        if i + length > starts[stream + 1]:
            continue
        left, right = ids[i - first], ids[i - first + step]
        if left == ALONE or right == ALONE:
            lonely[n_lonely] = w
            n_lonely += 1
        else:
            keys[n_keys] = np.uint64(left) << S32 | np.uint64(right)
            places[n_keys] = w
            where[n_keys] = i - first
            n_keys += 1
        w += 1
    return n_keys, n_lonely, stream, w


@bare
def pack(
    units: Any, first: int, last: int, starts: Any, stream: int, w: Any, length: int, bits: Any, dense: Any, keys: Any,
    places: Any, where: Any,
) -> Any:  # fmt: skip
    """Put windows whose units are the key to `keys`: `bits` for each unit, its number in `dense` where there is one."""
    n_keys, mask = ZERO, ~ZERO if length * bits == 64 else (ONE << np.uint64(length * bits)) - ONE
    shift, ahead, place, i = np.uint64(bits), np.uint64(length - 1), np.uint64(w), np.int64(first)
    while i < last:
        while i >= starts[stream + 1]:
            stream += 1
        begin, end = np.uint64(i - first), np.uint64(max(i, min(last, starts[stream + 1] - length + 1)) - first)
        key = ZERO
        if end > begin:
            for j in range(begin, begin + ahead):
                key = key << shift | np.uint64(dense[units[j]] if len(dense) > 0 else units[j])
        for j in range(begin, end):
            unit = units[j + ahead]
            key = (key << shift | np.uint64(dense[unit] if len(dense) > 0 else unit)) & mask
            keys[n_keys], places[n_keys], where[n_keys] = key, place, j
            n_keys += ONE
            place += ONE
        i = min(np.int64(last), starts[stream + 1])
    return np.int64(n_keys), 0, stream, np.int64(place)


@bare
def mark_present(units: Any, present: Any) -> None:
    """Set those of `present` that are units."""
    for unit in units:
        present[unit] = 1
