"""Exact counts of windows by parts: the numbers of `counting` and `blocks`, in the memory that is given.

The windows of one length are keys, as in `counting`. If all distinct ones that occur again fit into one table, they are
counted as they come. Otherwise keys go to parts by their hash, in memory and from some size on in a file, and each part
is counted in a table of its own. Whatever is counted of a window depends on where it occurs and on nothing else, so
that the numbers of parts are added up: they are those of one table, bit for bit, for any parts and any memory.

For longer windows each window that occurs again gets an id. Those of a part are written where its keys came from; as
the keys are made once more in the order of the text, each finds its id next in its part. Windows that occur once need
none, nor do those that contain one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from simulate.text.blocks import BlockCurves
from simulate.text.counting import Growth
from simulate.text.cutting.sequences import Units
from simulate.text.spilling import loops
from simulate.text.spilling.frequencies import MOST_PREFIXES, Room, count_frequencies
from simulate.text.spilling.keys import Packed, Pairs
from simulate.text.spilling.scratch import OnDisk, Scratch, ScratchFile, Shelf
from simulate.text.spilling.sums import Counting, Sums, nothing
from simulate.text.spilling.tables import LOAD, SLOT, FullError, Table, count_numbers

_CACHED = 1 << 15
"""Places of a table that stays in the caches of a processor."""

_PARTS = 256
"""Parts that cost little more than two."""


@dataclass(frozen=True)
class Sizes:
    """What a count takes; it changes no number."""

    chunk: int = 1 << 20
    """Units at a time."""
    slots: int = 1 << 20
    """Places of a table at most, a power of two."""
    parts: int | None = None
    """Parts where one table is too small; as many as are needed if None."""
    kept: float = 1 << 30
    """Bytes of keys that stay in memory, and of ids of one length."""

    @classmethod
    def of(cls, n_bytes: int) -> Sizes:
        """Those for arrays of `n_bytes` in all, the units of the text beside them."""
        slots = 1 << max(10, int(np.log2(0.4 * n_bytes / (1.5 * SLOT + 8 * LOAD))))
        chunk = min(1 << 20, max(1 << 12, n_bytes // 10 // 40))
        return cls(chunk, slots, None, 0.13 * n_bytes)

    @property
    def without_blocks(self) -> Room:
        """The same for a count of frequencies alone, which keeps hashes and one small table."""
        return Room(self.chunk, 3 * self.kept, self.kept / 2, self.slots)


class _Chunk(NamedTuple):
    n_units: int
    keys: np.ndarray
    places: np.ndarray
    where: np.ndarray
    lonely: np.ndarray


@dataclass
class _Run:
    """Keys of one chunk in the order of their parts, their places and where parts end: arrays, or in a file."""

    keys: np.ndarray | int
    """Or the byte of the file from which on they stand there; so for all three."""
    places: np.ndarray | int
    ends: np.ndarray | OnDisk

    def bounds(self, part: int) -> tuple[int, int]:
        """Where a part begins and ends."""
        around = self.ends[max(part - 1, 0) : part + 1]
        return int(around[0]) if part else 0, int(around[-1])


class Windows:
    """All windows of `length` units of the streams that begin at `starts`, as keys."""

    def __init__(
        self, keys: Pairs | Packed, starts: np.ndarray, length: int, grid: np.ndarray, sizes: Sizes, scratch: Scratch
    ) -> None:
        self._keys, self._starts, self._length, self._grid = keys, starts, length, grid
        self._sizes, self._scratch = sizes, scratch
        self._runs: list[_Run] = []
        self._file: ScratchFile | None = None
        self._held = 0
        self._words = np.empty(0, np.uint64)

    def count(self, sums: Sums, *, ids: bool) -> np.ndarray | OnDisk | None:
        """Add all windows to `sums`; returns their ids where `ids` are wanted."""
        whole = sums.like()
        if not ids and (numbers := self._numbers(whole)):
            count_numbers(numbers.units, numbers.n_numbers, self._grid.tolist(), whole, self._sizes.chunk)
            sums.add(whole)
            return None
        if sums.cut is None and not ids and len(self._grid) <= MOST_PREFIXES:
            room = self._sizes.without_blocks
            keys = self._keys.plain(self._starts, self._length, whole, room.chunk)
            stops = (self._grid - self._length + 1).tolist()
            count_frequencies(keys, int(self._starts[-1]), stops, whole, room, self._scratch)
            sums.add(whole)
            return None
        if self._sizes.parts is None:
            try:
                found = self._at_once(whole, ids)
            except FullError:
                whole = sums.like()
            else:
                sums.add(whole)
                return found
        n_parts = self._set_apart(whole)
        next_id = 0
        for part in range(n_parts):
            next_id = self._count_part(part, whole, next_id, ids)
        sums.add(whole)
        found = self._put_back() if ids else None
        if self._file is not None:
            self._file.close()
        self._runs = []
        return found

    def _numbers(self, sums: Sums) -> Packed | None:
        """All windows, where each is a number for which a table has a place."""
        if not isinstance(self._keys, Packed) or self._length > 1:
            return None
        n, most = self._keys.n_numbers, min(len(self._keys.units), self._sizes.kept / (8 if sums.cut is None else SLOT))
        return self._keys if 0 < n <= most else None

    def _chunks(self) -> Iterator[_Chunk]:
        size, n = self._sizes.chunk, int(self._starts[-1])
        into: Any = (np.empty(size, np.uint64), *(np.empty(size, np.uint32) for _ in range(3)))
        at: Any = (0, 0)
        for first in range(0, n, size):
            last = min(first + size, n)
            n_keys, n_lonely, *at = self._keys.keys(first, last, self._starts, at, self._length, into)
            keys, places, where, lonely = into
            yield _Chunk(last - first, keys[:n_keys], places[:n_keys], where[:n_keys], lonely[:n_lonely])

    def _at_once(self, sums: Sums, ids: bool) -> np.ndarray | OnDisk | None:
        # Where keys need no file, parts are faster than a table that no cache holds.
        cached = 12 * int(self._starts[-1]) <= self._sizes.kept
        table = Table(sums, min(self._sizes.slots, _CACHED) if cached else self._sizes.slots, 1 << 12)
        lonely = np.zeros(3, np.int64)
        for chunk in self._chunks():
            sums.add_lonely(chunk.lonely, lonely)
            table.count(chunk.keys, chunk.places)
        table.judge()
        table.end()
        if not ids:
            return None
        table.label(0)
        shelf = Shelf(self._scratch, self._sizes.kept)
        for chunk in self._chunks():
            table.look_up(chunk.keys, chunk.places)
            shelf.add(_in_order(chunk, np.zeros(1, np.int64), chunk.places))
        return shelf.whole()

    def _set_apart(self, sums: Sums) -> int:
        """Put keys into parts, and count the windows that have none; returns the number of parts."""
        most = LOAD * self._sizes.slots
        n = int(self._starts[-1])
        n_parts = self._sizes.parts or max(2, int(np.ceil(1.1 * n / most)), min(_PARTS, n // _CACHED))
        lonely = np.zeros(3, np.int64)
        for chunk in self._chunks():
            sums.add_lonely(chunk.lonely, lonely)
            keys, places = np.empty_like(chunk.keys), np.empty_like(chunk.places)
            ends = np.zeros(n_parts, np.int64)
            loops.split(chunk.keys, chunk.places, np.uint64(n_parts), keys, places, ends)
            self._runs.append(self._kept(keys, places, ends))
        return n_parts

    def _kept(self, keys: np.ndarray, places: np.ndarray, ends: np.ndarray) -> _Run:
        if self._held + keys.nbytes + places.nbytes <= self._sizes.kept:
            self._held += keys.nbytes + places.nbytes
            return _Run(keys, places, ends)
        if self._file is None:
            self._file = self._scratch.file()
        first = self._file.append(keys), self._file.append(places)
        return _Run(*first, OnDisk(self._file, np.int64, len(ends), self._file.append(ends)))

    def _count_part(self, part: int, sums: Sums, next_id: int, ids: bool, subs: int = 1, sub: int = 0) -> int:
        """Count a part, or `sub` of `subs` of it, half by half where it does not fit into one table; the next id."""
        here = sums.like()
        size = sum(high - low for low, high in (run.bounds(part) for run in self._runs))
        if not ids and subs == 1 and 4 * 12 * size <= self._sizes.kept:
            whole = sums.like()
            if self._by_portions(part, size, whole):
                sums.add(whole)
                return next_id
        table, full = Table(here, self._sizes.slots, size // (4 * subs)), False
        try:
            for run in self._runs:
                keys, places, chosen = self._of_part(run, part, subs, sub)
                table.count(keys[chosen], places[chosen])
        except FullError:
            full = True
        if full:
            del table  # before the next one is made
            next_id = self._count_part(part, sums, next_id, ids, 2 * subs, sub)
            return self._count_part(part, sums, next_id, ids, 2 * subs, sub + subs)
        table.judge()
        table.end()
        sums.add(here)
        if ids:
            next_id = table.label(next_id)
            for run in self._runs:
                keys, places, chosen = self._of_part(run, part, subs, sub)
                found = np.empty(len(keys[chosen]), np.uint32)
                table.look_up(keys[chosen], found)
                places[chosen] = found  # where the keys came from: they are counted
                if self._file is not None and not isinstance(run.places, np.ndarray):
                    self._file.write(places, run.places + 4 * run.bounds(part)[0])
        return next_id

    def _by_portions(self, part: int, size: int, sums: Sums) -> bool:
        """Count a part portion by portion, each in a table that a cache holds; False where one does not fit."""
        slots = min(self._sizes.slots, _CACHED)
        keys, places, at = np.empty(size, np.uint64), np.empty(size, np.uint32), 0
        for run in self._runs:
            some, where, _ = self._of_part(run, part, 1, 0)
            keys[at : at + len(some)], places[at : at + len(some)] = some, where
            at += len(some)
        sorted_keys, sorted_places = np.empty_like(keys), np.empty_like(places)
        ends = np.zeros(max(1, int(2.5 * size) // slots), np.int64)
        n_parts = np.uint64(len(self._runs[0].ends))
        loops.split_again(keys, places, n_parts, np.uint64(len(ends)), sorted_keys, sorted_places, ends)
        begin = 0
        for end in ends.tolist():
            table = Table(sums, slots, 0, self._words_of(slots))
            try:
                table.count(sorted_keys[begin:end], sorted_places[begin:end])
            except FullError:
                return False
            table.judge()
            table.end()
            begin = end
        return True

    def _words_of(self, slots: int) -> np.ndarray:
        """Places for a table, always the same ones."""
        if len(self._words) != loops.WORDS * slots:
            self._words = np.empty(loops.WORDS * slots, np.uint64)
        return self._words

    def _of_part(self, run: _Run, part: int, subs: int, sub: int) -> tuple[np.ndarray, np.ndarray, slice | np.ndarray]:
        """Keys and places of a part in a run, and which of them are of `sub`."""
        low, high = run.bounds(part)
        if isinstance(run.keys, np.ndarray) and isinstance(run.places, np.ndarray):
            keys, places = run.keys[low:high], run.places[low:high]
        else:
            assert self._file is not None
            assert isinstance(run.keys, int)
            assert isinstance(run.places, int)
            keys = self._file.read(np.empty(high - low, np.uint64), run.keys + 8 * low)
            places = self._file.read(np.empty(high - low, np.uint32), run.places + 4 * low)
        return keys, places, slice(None) if subs == 1 else loops.chosen(keys, np.uint64(subs), np.uint64(sub))

    def _put_back(self) -> np.ndarray | OnDisk:
        """The ids of all windows in the order of the text."""
        shelf = Shelf(self._scratch, self._sizes.kept)
        for chunk, run in zip(self._chunks(), self._runs, strict=True):
            found, ends = run.places, run.ends[:]
            if not isinstance(found, np.ndarray):
                assert self._file is not None
                found = self._file.read(np.empty(int(ends[-1]), np.uint32), found)
            begins = np.concatenate([np.zeros(1, np.int64), ends[:-1]])
            shelf.add(_in_order(chunk, begins, found))
            run.keys = run.places = 0  # no longer needed
        return shelf.whole()


def _in_order(chunk: _Chunk, begins: np.ndarray, found: np.ndarray) -> np.ndarray:
    """The ids `found` in the order of parts, which begin at `begins`, in the order of the text."""
    out = np.empty(chunk.n_units, np.uint32)
    loops.put_back(chunk.keys, chunk.where, np.uint64(len(begins)), begins, found, out)
    return out


def counted_by_parts(
    units: Units, lengths: Sequence[int], how: Counting, sizes: Sizes, scratch: Scratch
) -> Iterator[tuple[int, Growth, BlockCurves | None]]:
    """Growth and curves of blocks for each of `lengths`, ascending, as `counting.growth` and `blocks.block_curves`."""
    packed, wanted = Packed.of(units.ids, sizes.chunk), sorted(set(lengths))
    level = min(packed.longest, wanted[-1])
    ids: np.ndarray | OnDisk | None = None
    for length in sorted({*wanted, level}):
        if length > level:
            break
        sums = Sums.of(units, length, how) if length in wanted else nothing()
        ids = Windows(packed, units.starts, length, how.grid, sizes, scratch).count(
            sums, ids=level == length < wanted[-1]
        )
        if length in wanted:
            yield length, sums.growth(), sums.curves()
    for length in wanted:
        while level < length:
            assert ids is not None
            pairs = Pairs(ids, min(level, length - level))
            level += pairs.step
            sums = Sums.of(units, level, how) if level == length else nothing()
            ids = Windows(pairs, units.starts, level, how.grid, sizes, scratch).count(sums, ids=level < wanted[-1])
            if isinstance(pairs.ids, OnDisk):
                pairs.ids.file.close()
            if level == length:
                yield level, sums.growth(), sums.curves()
