"""Windows of pieces of a text as keys, put into parts; and the windows of one part, of all pieces, counted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from simulate.drawing.compiled import compiled
from simulate.drawing.stream import S32
from simulate.text.sketch import mixed
from simulate.text.spilling import spread
from simulate.text.spilling.frequencies import Parts
from simulate.text.spilling.keys import Packed, Pairs
from simulate.text.spilling.loops import ALONE
from simulate.text.spilling.parts import Sizes, Windows
from simulate.text.spilling.scratch import scratch_in
from simulate.text.spilling.sums import Sums

_ONE_PART = np.zeros(1, np.int64)

_LEFT = 1 / 8
"""Part of the memory of a task that a table gets in any case."""


Pair = tuple[np.ndarray, np.ndarray]
"""Keys and numbers of windows."""


class Within(NamedTuple):
    """Where the windows of `length` units stand that begin in a piece."""

    length: int
    n_units: int
    """Units of the piece; those behind it belong to windows that begin in it."""
    starts: np.ndarray
    """int64, first unit of each stream within which windows lie, from that of the piece on, and the end of the last."""
    places: np.ndarray
    """int64, of the first window of each stream that begins here, its number among all windows in their order."""

    def numbered(self, places: np.ndarray) -> np.ndarray:
        """Numbers, uint32, of windows by their places among those that begin here."""
        ends = np.minimum(self.starts[1:] - self.length + 1, self.n_units)
        n_windows = np.maximum(ends - self.starts[:-1], 0)
        shift = (self.places - np.concatenate([_ONE_PART, np.cumsum(n_windows)[:-1]]))[n_windows > 0]
        if len(shift) and np.all(shift == shift[0]):  # as in the order of the files
            return (places + np.int64(shift[0])).astype(np.uint32)
        return (places + np.repeat(shift, n_windows[n_windows > 0])[places]).astype(np.uint32)


class Keyed(NamedTuple):
    """The windows that begin in a piece: keys, their numbers, and where they begin, each for every part."""

    keys: list[np.ndarray]
    numbers: list[np.ndarray]
    where: list[np.ndarray]
    lonely: Sums
    """What windows say of which a part occurs once, so that they do."""


class Packing(NamedTuple):
    """How units are put into keys: `bits` for each, its number in `dense` where there is one."""

    bits: int
    dense: np.ndarray

    @property
    def longest(self) -> int:
        """Units in the longest window that is a key."""
        return 64 // self.bits


def keyed(
    piece: np.ndarray, behind: Sequence[np.ndarray], by: Packing | int, within: Within, n_parts: int, empty: Sums
) -> Keyed:
    """The windows of a `piece` of units, packed, or of ids of windows, which are joined at this distance.

    `behind` has the units, or ids, that windows of the piece reach into.
    """
    ids = np.concatenate([piece, *behind])  # in any case: what came from elsewhere may be no array of ours to write to
    keys: Any = Packed(ids, by.bits, by.dense) if isinstance(by, Packing) else Pairs(ids, by)
    n = within.n_units
    into: Any = (np.empty(n, np.uint64), *(np.empty(n, np.uint32) for _ in range(3)))
    n_keys, n_lonely, *_ = keys.keys(0, n, within.starts, (0, 0), within.length, into)
    found, places, where, lonely = into
    sums = empty.like()
    if n_lonely:
        sums.add_lonely(np.sort(within.numbered(lonely[:n_lonely])), np.zeros(3, np.int64))
    parts = _by_part(found[:n_keys], within.numbered(places[:n_keys]), where[:n_keys], n_parts)
    return Keyed(*parts, sums)


_Parts = tuple[list[np.ndarray], list[np.ndarray], list[np.ndarray]]


def _by_part(keys: np.ndarray, numbers: np.ndarray, where: np.ndarray, n_parts: int) -> _Parts:
    if n_parts == 1:
        return [keys.copy()], [numbers], [where.copy()]
    ends = np.zeros(n_parts, np.int64)
    ordered = np.empty_like(keys), np.empty_like(numbers), np.empty_like(where)
    _scatter(keys, numbers, where, np.uint64(n_parts), *ordered, ends)
    one, two, three = (np.split(each, ends[:-1]) for each in ordered)
    return one, two, three


def part_of(windows: Keyed, part: int) -> Pair:
    """Keys and numbers of one part, copied: what shared the memory of all parts would keep all of it."""
    return windows.keys[part].copy(), windows.numbers[part].copy()


def sizes_of(windows: Keyed) -> np.ndarray:
    """int64, how many windows there are in each part."""
    return np.array([len(keys) for keys in windows.keys], np.int64)


def lonely_of(windows: Keyed) -> Sums:
    """What is known of its windows that need no counting."""
    return windows.lonely


def where_of(windows: Keyed) -> list[np.ndarray]:
    """Where the windows of each part begin."""
    return windows.where


class Arrived(NamedTuple):
    """Keys that are there already, and their numbers; as `simulate.text.spilling.keys.Pairs` makes them."""

    found: np.ndarray
    numbers: np.ndarray
    runs: None = None

    def keys(self, first: int, last: int, starts: np.ndarray, at: tuple[int, int], length: int, into: Any) -> Any:
        """Those from `first` to `last`, one for each unit."""
        n = last - first
        keys, places, where, _ = into
        keys[:n], places[:n], where[:n] = self.found[first:last], self.numbers[first:last], np.arange(n)
        return n, 0, *at

    def plain(self, starts: np.ndarray, length: int, sums: Sums, chunk: int) -> Arrived:
        """The same, where their places play no part."""
        return self

    def spread(self, parts: Parts, first: int, last: int) -> None:
        """See `simulate.text.spilling.frequencies.Keys`."""
        spread.spread(self.found[first:last], *parts.into(last - first))


class Counted(NamedTuple):
    """What one part says, and the ids of its windows for every piece, from 0 on; `ALONE` for one that occurs once."""

    sums: Sums
    ids: list[np.ndarray]
    n_ids: int


def counted(empty: Sums, parts: Sequence[Pair], ids: bool, memory: int) -> Counted:
    """One part, of all pieces in their order, counted in `memory` bytes; ids where they are wanted."""
    sums, (keys, numbers, order) = empty.like(), in_order(parts)
    held = 2 * (keys.nbytes + numbers.nbytes) + (0 if order is None else order.nbytes)
    with scratch_in(None) as scratch:
        starts = np.array([0, len(keys)], np.int64)
        arrived: Any = Arrived(keys, numbers)
        before = np.searchsorted(numbers, empty.at)  # keys in each prefix, one to a unit
        sizes = Sizes.of(int(max(memory - held, _LEFT * memory)))
        whole = Windows(arrived, starts, 1, before, sizes, scratch).count(sums, ids=ids)
        found = None if whole is None else np.asarray(whole[:])
    if found is None:
        return Counted(sums, [], 0)
    if order is not None:
        there = np.empty_like(found)
        there[order] = found
        found = there
    known = found[found != ALONE]
    split = np.split(found, np.cumsum([len(one) for one, _ in parts])[:-1])
    return Counted(sums, split, int(known.max()) + 1 if len(known) else 0)


def in_order(parts: Sequence[Pair]) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Keys and numbers of all `parts` in the order of counting; and that order, if it is not the one they stand in."""
    keys, numbers = (np.concatenate(each) for each in zip(*parts, strict=True))
    if not len(numbers) or np.all(numbers[1:] >= numbers[:-1]):
        return keys, numbers, None
    order = np.argsort(numbers, kind="stable")
    return keys[order], numbers[order], order


def sums_of(part: Any) -> tuple[Sums, int]:
    """What it says, and how many ids there are."""
    return part.sums, part.n_ids


def found_for(part: Counted, piece: int) -> np.ndarray:
    """The ids for one piece, copied likewise."""
    return part.ids[piece].copy()


def numbered(n_units: int, where: Sequence[np.ndarray], ids: Sequence[np.ndarray], first: Sequence[int]) -> np.ndarray:
    """The ids of the windows of a piece by where they begin; those of each part begin at `first`."""
    out = np.full(n_units, ALONE, np.uint32)
    for places, some, begin in zip(where, ids, first, strict=True):
        out[places] = np.where(some == ALONE, ALONE, some + np.uint32(begin))
    return out


@compiled
def _scatter(
    keys: Any, numbers: Any, where: Any, n_parts: Any, part_keys: Any, part_numbers: Any, part_where: Any, ends: Any
) -> None:
    """Windows in the order of their parts, and where each part ends; by bits that no table and no smaller part uses."""
    for key in keys:
        ends[(mixed(key) >> S32) * n_parts >> S32] += 1
    total = np.int64(0)
    for part in range(len(ends)):
        total += ends[part]
        ends[part] = total - ends[part]
    for i in range(len(keys)):
        part = (mixed(keys[i]) >> S32) * n_parts >> S32
        at = ends[part]
        part_keys[at], part_numbers[at], part_where[at] = keys[i], numbers[i], where[i]
        ends[part] = at + 1
