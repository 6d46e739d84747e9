"""How many distinct windows there are and how often they occur, where no block of the text is told apart.

Where a window stands plays no part beyond the prefix that it is in. So its hash alone is kept, or the run of windows
that it is in, among those of its part, in the order of the text; and each part is counted portion by portion, in a
table that the first cache of a processor holds. The numbers are those of `parts`, bit for bit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

import numpy as np

from simulate.text.minimisers import NUMBERS, SPARE, Runs
from simulate.text.spilling import spread as loops
from simulate.text.spilling.scratch import Scratch
from simulate.text.spilling.spread import Blocks, block_size
from simulate.text.spilling.sums import Sums

_BITS, _MOST_BITS = 6, 14
"""Bits that say a part, at least and at most: among few places one is often written to while it still is."""

_PART = 1 << 17
"""Windows of a part: a megabyte of hashes."""

_SLOTS = 1 << 11
"""Places of a table: 32 kB."""

_LOAD = 0.37
"""Part of a table that is filled at most, on average."""

_MOST_SLOTS = 1 << 15
"""Those of one that the second cache holds: half a megabyte."""

_UNEVEN, _UNEVEN_BY = 1.25, 64
"""Room for the hashes of a portion: this times as many as are in one on average, and so many more."""

_A_PREFIX = 1 << 7
"""Places of a table for each prefix, at least."""

_BLOCK = 1 << 12
"""Numbers of a part that lie next to each other, at most."""

MOST_PREFIXES = 1 << 10
"""Prefixes that are kept apart at little cost."""


class Room(NamedTuple):
    """What a count takes; it changes no number."""

    chunk: int
    """Keys at a time."""
    kept: float
    """Bytes of hashes that stay in memory."""
    part: float
    """Bytes of a part that is counted by portions; a larger one goes through one table."""
    slots: int
    """Places of that table at most, a power of two."""


class Keys(Protocol):
    """Windows of a text, in its order."""

    @property
    def runs(self) -> Runs | None:
        """What is put to parts in the place of hashes, if there is anything."""

    def spread(self, parts: Parts, first: int, last: int) -> None:
        """Put those that begin at the units `first` to ``last - 1`` to `parts`."""


class Parts(Blocks):
    """Hashes of `n` keys at most by their first bits, or `runs`: in memory, and in a file where they do not fit."""

    def __init__(self, n: int, room: Room, scratch: Scratch, runs: Runs | None = None) -> None:
        longest = 1 if runs is None else NUMBERS
        wanted = int(min(longest * n, max(2 * longest * room.chunk, room.kept / 8)))
        self.bits, self._room, self._runs = _BITS, room, runs
        while self.bits < _MOST_BITS and (
            8 * n > room.part * (1 << self.bits - 1)
            or (n > _PART << self.bits and wanted > _BLOCK << self.bits + 3)  # more parts would have shorter blocks
        ):
            self.bits += 1
        n_parts = 1 << self.bits
        block = block_size(min(_BLOCK, room.slots // 2, wanted // (4 * n_parts)))
        super().__init__(n_parts, block, max(wanted, longest * room.chunk) // block + 2 * n_parts + 1, scratch)
        self._before, self.n_windows = np.zeros((2, n_parts), np.int64)
        """Numbers that were written to a file, and windows of all runs."""
        self._unfolded = np.empty(0, np.uint64)
        self._ends: list[np.ndarray] = []

    def into(self, n_numbers: int) -> tuple[int, int, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """The last arguments of `loops.spread`, with room for `n_numbers`."""
        free = len(self._owners) - int(self._state[loops.USED]) - len(self._places)
        if n_numbers > free * self.block:
            self._write()
        return self.bits, self.block, self._pool, self._places, self._owners, self._state

    def end_prefix(self) -> None:
        """What comes belongs to the next prefix."""
        self._ends.append(self._before + self._held() if self._runs is None else self.n_windows.copy())

    def _write(self) -> None:
        self._before += self._held()
        super()._write()

    @property
    def used_bits(self) -> int:
        """Bits of a hash that are the same within a part."""
        return self.bits if self._runs is None else 0

    def hashes(self, part: int, most: int | None = None) -> Iterator[np.ndarray]:
        """Those of a part, in the order in which they came; each array holds until the next one is asked for.

        There are `most` in one, about, if that is given, and at least one run.
        """
        if self._runs is None:
            yield from self.blocks(part)
            return
        n_runs = self.block // NUMBERS if most is None else max(1, most // self._runs.most)
        if len(self._unfolded) < n_runs * self._runs.most + SPARE:
            self._unfolded = np.empty(n_runs * self._runs.most + SPARE, np.uint64)
        for block in self.blocks(part):
            for begin in range(0, len(block), n_runs * NUMBERS):
                n = self._runs.unfold(block[begin : begin + n_runs * NUMBERS], self._unfolded)
                yield self._unfolded[:n]

    def finish(self) -> None:
        """All keys are there."""
        if 8 * self.block * int(self._state[loops.USED]) > self._room.kept:
            self._write()
        else:
            self._written.append(self._closed(self._pool))
        del self._pool
        self._all = np.array(self._ends)

    def used(self) -> list[int]:
        """The parts that hold anything: of the most that there are, few do where a text is short."""
        found: list[int] = np.flatnonzero(self._all[-1]).tolist()
        return found

    def ends(self, part: int) -> np.ndarray:
        """Where each prefix ends among the hashes of a part."""
        return np.ascontiguousarray(self._all[:, part])


class _FullError(Exception):
    """A table has no room for one more hash."""


class _Reached:
    """How many windows come to occur as often as each edge says, within each prefix; see `loops.count`."""

    def __init__(self, sums: Sums) -> None:
        self._sums = sums
        differs = np.flatnonzero(sums.edges != np.arange(1, len(sums.edges) + 1))
        self.exact = max(1, int(differs[0]) if len(differs) else len(sums.edges))
        self.counts = np.zeros((len(sums.unique), max(1, len(sums.edges)) + 1), np.int64)

    def add(self) -> None:
        """Add what that says of each bin to the sums."""
        counts = np.delete(self.counts, self.exact, axis=1)
        self._sums.unique += counts[:, 0]
        if len(self._sums.edges):
            self._sums.spectrum += counts - np.append(counts[:, 1:], np.zeros((len(counts), 1), np.int64), axis=1)


class _Tables:
    """What the hashes of parts are counted in."""

    def __init__(self, parts: Parts, room: Room, sums: Sums) -> None:
        self._parts, self._room, self._sums = parts, room, sums
        slots = 1 << int(_A_PREFIX * len(sums.unique) - 1).bit_length()
        self._table = np.zeros(2 * min(max(_SLOTS, slots), _MOST_SLOTS, room.slots), np.uint64)
        self._ordered = np.empty(0, np.uint64)
        self._reached = _Reached(sums)

    def count_all(self) -> None:
        """Add what all parts hold to the sums."""
        for part in self._parts.used():
            self._count(part)
        self._reached.add()

    def _count(self, part: int) -> None:
        ends = self._parts.ends(part)
        size = int(ends[-1])
        if 0 < 8 * size <= self._room.part:
            self._by_portions(part, ends, size)
        elif size:
            self._at_once(part, ends, 0, 0)

    def _by_portions(self, part: int, ends: np.ndarray, size: int) -> None:
        sums, reached = self._sums, self._reached
        portions = max(0, int(np.ceil(np.log2(size / (_LOAD * (len(self._table) // 2))))))
        begins, cursors = self._in_order(part, ends, size, portions)
        found = np.empty(size if sums.often is not None else 0, np.int64)
        row, n_found = 0, 0
        while True:
            row, n_found = loops.count_portions(
                self._ordered,
                begins,
                cursors,
                row,
                self._table,
                sums.edges,
                reached.exact,
                reached.counts,
                found,
                n_found,
            )
            if row == len(cursors):
                break
            self._table = np.zeros(2 * len(self._table), np.uint64)
        if sums.often is not None:
            sums.often.take(found[:n_found])

    def _in_order(self, part: int, ends: np.ndarray, size: int, portions: int) -> tuple[np.ndarray, np.ndarray]:
        """Put the hashes of a part in the order of its portions; where each portion begins, and its prefixes end."""
        n = 1 << portions
        each = int(_UNEVEN * size / n) + _UNEVEN_BY
        if len(self._ordered) < n * each + size:  # whatever the first portions take, there is room behind
            self._ordered = np.empty(n * each + size + size // 8, np.uint64)
        begins, cursors = np.arange(n) * each, np.empty((n, len(ends)), np.int64)
        self._put_in_order(part, ends, portions, begins, cursors)
        sizes = cursors[:, -1] - begins
        if np.any(sizes > each):  # some ran into others, as where one window is often there
            begins = np.cumsum(sizes) - sizes
            self._put_in_order(part, ends, portions, begins, cursors)
        return begins, cursors

    def _put_in_order(
        self, part: int, ends: np.ndarray, portions: int, begins: np.ndarray, cursors: np.ndarray
    ) -> None:
        at, point, places = 0, 0, begins.copy()
        for hashes in self._parts.hashes(part):
            point = loops.portion(
                hashes, at, ends, point, self._parts.used_bits, portions, self._ordered, places, cursors
            )
            at += len(hashes)
        cursors[:, point:] = places[:, None]

    def _at_once(self, part: int, ends: np.ndarray, depth: int, which: int) -> None:
        """Count those of a part whose next `depth` bits are `which`, by halves where they are too many for a table."""
        sums = self._sums.like()
        try:
            self._stream(part, ends, depth, which, sums)
        except _FullError:
            self._at_once(part, ends, depth + 1, 2 * which)
            self._at_once(part, ends, depth + 1, 2 * which + 1)
        else:
            self._sums.add(sums)

    def _stream(self, part: int, ends: np.ndarray, depth: int, which: int, sums: Sums) -> None:
        table, at, taken = np.zeros(2 * min(1 << 12, self._room.slots), np.uint64), 0, 0
        shift, reached = np.uint64(64 - self._parts.used_bits - depth), _Reached(sums)
        for block in self._parts.hashes(part, self._parts.block):
            cuts = np.clip(ends - at, 0, len(block))
            at += len(block)
            if depth:
                chosen = (block >> shift) & np.uint64((1 << depth) - 1) == np.uint64(which)
                cuts = np.concatenate([[0], np.cumsum(chosen)])[cuts]
                block = block[chosen]
            while taken + len(block) > 7 * (len(table) // 16):
                if len(table) >= 2 * self._room.slots:
                    raise _FullError
                wider = np.zeros(2 * len(table), np.uint64)
                loops.refilled(table, wider)
                table = wider
            begin = 0
            for point, end in enumerate(cuts.tolist()):
                if end > begin:
                    taken += loops.count(block, begin, end, table, sums.edges, reached.exact, reached.counts[point])
                    begin = end
        reached.add()
        if sums.often is not None:
            found = np.empty(taken, np.int64)
            sums.often.take(found[: loops.occurrences(table, found, 0)])


def count_frequencies(keys: Keys, n: int, stops: Sequence[int], sums: Sums, room: Room, scratch: Scratch) -> None:
    """Add the windows that begin at the first `n` units to `sums`; `stops`, ascending, say where prefixes end.

    Those that begin before ``stops[j]``, and not before the one before it, are new in prefix j; the others come behind
    the last prefix.
    """
    parts, first = Parts(n, room, scratch, keys.runs), 0
    for stop in [*stops, n]:
        while first < min(stop, n):
            last = min(first + room.chunk, stop, n)
            keys.spread(parts, first, last)
            first = last
        parts.end_prefix()
    parts.finish()
    _Tables(parts, room, sums).count_all()
    parts.close()
