"""How many distinct windows there are and how often they occur, where no block of the text is told apart.

Where a window stands plays no part beyond the prefix that it is in. So its hash alone is kept, among those of its part,
in the order of the text; and each part is counted portion by portion, in a table that the second-level cache of a
processor holds. The numbers are those of `parts`, bit for bit.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple, Protocol

import numpy as np

from simulate.text.spilling import spread as loops
from simulate.text.spilling.scratch import Scratch, scratch_in
from simulate.text.spilling.spread import Blocks, block_size
from simulate.text.spilling.sums import Sums

_BITS, _MOST_BITS = 8, 14
"""Bits of a hash that say its part: these, and at most."""

_SLOTS = 1 << 15
"""Places of a table: half a megabyte."""

_LOAD = 0.37
"""Part of a table that is filled on average."""

_BLOCK = 1 << 12
"""Hashes of a part that lie next to each other, at most."""

MOST_PREFIXES = 1 << 10
"""Prefixes that are kept apart at little cost."""

_NONE = np.empty(0, np.int64)


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

    def spread(self, parts: Parts, first: int, last: int) -> None:
        """Put the hashes of those that begin at the units `first` to ``last - 1`` to `parts`."""


class Parts(Blocks):
    """Hashes of `n` keys at most, by their first bits: in memory, and in a file where they do not fit."""

    def __init__(self, n: int, room: Room, scratch: Scratch) -> None:
        self.bits = _BITS
        while self.bits < _MOST_BITS and 8 * n > room.part * (1 << self.bits - 1):
            self.bits += 1
        self._room = room
        n_parts = 1 << self.bits
        wanted = min(n, max(2 * room.chunk, room.kept / 8))
        block = block_size(min(_BLOCK, room.slots // 2, int(wanted) // (4 * n_parts)))
        super().__init__(n_parts, block, max(int(wanted), room.chunk) // block + 2 * n_parts + 1, scratch)
        self._before = np.zeros(n_parts, np.int64)
        self._ends: list[np.ndarray] = []

    def into(self, n_keys: int) -> tuple[int, int, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """The last arguments of `loops.spread`, with room for `n_keys`."""
        free = len(self._owners) - int(self._state[loops.USED]) - len(self._places)
        if n_keys > free * self.block:
            self._write()
        return self.bits, self.block, self._pool, self._places, self._owners, self._state

    def end_prefix(self) -> None:
        """What comes belongs to the next prefix."""
        self._ends.append(self._before + self._held())

    def _write(self) -> None:
        self._before += self._held()
        super()._write()

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


class _Tables:
    """What the hashes of parts are counted in."""

    def __init__(self, parts: Parts, room: Room, sums: Sums) -> None:
        self._parts, self._room, self._sums = parts, room, sums
        self._table = np.zeros(2 * min(_SLOTS, room.slots), np.uint64)
        self._buffers = (np.empty(0, np.uint64), np.empty(0, np.uint64))

    def count(self, part: int) -> None:
        """Add what a part holds to the sums."""
        ends = self._parts.ends(part)
        size = int(ends[-1])
        if 8 * size <= self._room.part:
            self._by_portions(part, ends, size)
        else:
            self._at_once(part, ends, 0, 0)

    def _by_portions(self, part: int, ends: np.ndarray, size: int) -> None:
        sums = self._sums
        if size > len(self._buffers[0]):
            self._buffers = (np.empty(size + size // 8, np.uint64), np.empty(size + size // 8, np.uint64))
        values, ordered = (buffer[:size] for buffer in self._buffers)
        at = 0
        for block in self._parts.blocks(part):
            values[at : at + len(block)] = block
            at += len(block)
        portions = max(0, int(np.ceil(np.log2(max(size, 1) / (_LOAD * (len(self._table) // 2))))))
        cursors = np.zeros((1 << portions, len(ends)), np.int64)
        loops.portion(values, ends, self._parts.bits, portions, ordered, cursors)
        found = np.empty(size if sums.often is not None else 0, np.int64)
        row, n_found = 0, 0
        while True:
            row, n_found = loops.count_portions(
                ordered, cursors, row, self._table, sums.edges, sums.unique, sums.spectrum, found, n_found
            )
            if row == len(cursors):
                break
            self._table = np.zeros(2 * len(self._table), np.uint64)
        if sums.often is not None:
            sums.often.take(found[:n_found])

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
        shift = np.uint64(64 - self._parts.bits - depth)
        for block in self._parts.blocks(part):
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
                    new = loops.count(block, begin, end, table, sums.edges, sums.spectrum[point])
                    sums.unique[point] += new
                    taken += new
                    begin = end
        if sums.often is not None:
            found = np.empty(taken, np.int64)
            sums.often.take(found[: loops.occurrences(table, found, 0)])


def count_frequencies(keys: Keys, n: int, stops: Sequence[int], sums: Sums, room: Room, scratch: Scratch) -> None:
    """Add the windows that begin at the first `n` units to `sums`; `stops`, ascending, say where prefixes end.

    Those that begin before ``stops[j]``, and not before the one before it, are new in prefix j; the others come behind
    the last prefix.
    """
    parts, first = Parts(n, room, scratch), 0
    for stop in [*stops, n]:
        while first < min(stop, n):
            last = min(first + room.chunk, stop, n)
            keys.spread(parts, first, last)
            first = last
        parts.end_prefix()
    parts.finish()
    tables = _Tables(parts, room, sums)
    for part in parts.used():
        tables.count(part)
    parts.close()


def distinct_keys(keys: np.ndarray, *, by: str | None = None) -> int:
    """How many of the `keys`, uint64 of shape (n,), are distinct: exactly, in memory.

    `by` is how: "sort" or "parts". By default what was faster on this processor, when both were first tried: some sort
    eight numbers at a time.
    """
    if (by or _faster()) == "sort":
        return int(loops.runs(np.sort(keys)))
    room = Room(1 << 18, np.inf, np.inf, _SLOTS)
    sums = Sums(np.array([len(keys)]), _NONE, None)
    with scratch_in(None) as scratch:
        parts = Parts(len(keys), room, scratch)
        for first in range(0, len(keys), room.chunk):
            some = keys[first : first + room.chunk]
            loops.spread(some, *parts.into(len(some)))
        parts.end_prefix()
        parts.finish()
        tables = _Tables(parts, room, sums)
        for part in parts.used():
            tables.count(part)
    return int(sums.unique.sum())


@lru_cache(maxsize=1)
def _faster() -> str:
    """The faster way to count a million keys, each tried twice: the first time loads what it needs."""
    keys = np.random.Philox(0).random_raw(1 << 20)
    taken: dict[str, float] = {}
    for by in ("sort", "parts", "sort", "parts"):
        begin = time.process_time()
        distinct_keys(keys, by=by)
        taken[by] = time.process_time() - begin
    return min(taken, key=taken.__getitem__)
