"""Windows of A and B by where they occur: one table of counts that all that is shared, new and alike is read off.

Both sides are cut into blocks. A distinct window is in no block of a side, in one alone, or in several; the table has
a row for each of these of A and a column for each of B. So it says what is in A, in B and in both, and what leaving
out any one block takes away.

What a stretch of m windows brings is counted on both sides alike: for every stretch of a block of A, its windows that
are in no other block of A; for every stretch of B, its windows that are in none of these other blocks, on average over
the stretches of A. So a stretch of A and one of B meet the same text. Where blocks of A are no whole documents, the two
beside the block are left out as well: a topic that runs on over a border would be known to A alone. Stretches are as
long as the shortest block of A, or B is one. A text of B that stands in A counts as new where all of it is left out.

Whatever is counted of a window depends on the numbers of the windows like it and on nothing else, and in whole numbers:
so `Tally` of some windows, and that of all others, are added up to that of both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from simulate.drawing.compiled import bare
from simulate.text.comparison.scheme import ABSENT, SEVERAL, STATES, Scheme
from simulate.text.comparison.sides import A, B, Layout
from simulate.text.reading.room import require
from simulate.text.small import overlapping as arrays
from simulate.text.small.windows import first_units

_SLAB = 1 << 18
"""Windows of a text that are looked at together: they stay in a cache."""


@dataclass(frozen=True, eq=False)
class Blocks:
    """One side cut into blocks."""

    n_units: np.ndarray
    """(block) units."""
    n_windows: np.ndarray
    """(block) windows that begin in it."""
    n_known: np.ndarray
    """(block) of these windows, those that occur on the other side as well."""
    whole_documents: bool
    """Whether each is of whole documents."""
    stretch_windows: np.ndarray
    """(block) of these windows, those that are in a stretch."""
    stretch_new: np.ndarray
    """(block) new windows of stretches, summed over them, that no other block brings to the same stretch."""
    stretch_total: float
    """New windows of all stretches, summed over them."""


@dataclass(frozen=True, eq=False)
class Overlap:
    """What A and B hold, of windows of one length. Pairs are of A and of B."""

    table: np.ndarray
    """(state in A, state in B) distinct windows, int64; states as `ABSENT`."""
    blocks: tuple[Blocks, Blocks]
    stretch: int
    """Windows of a stretch; 0 where blocks are too short for any."""

    @property
    def n_unique(self) -> tuple[int, int]:
        """Distinct windows of each side."""
        return int(self.table[:ABSENT].sum()), int(self.table[:, :ABSENT].sum())

    @property
    def n_shared(self) -> int:
        """Distinct windows of both."""
        return int(self.table[:ABSENT, :ABSENT].sum())

    @property
    def n_new(self) -> int:
        """Distinct windows of B that are not in A."""
        return int(self.table[ABSENT, :ABSENT].sum())

    def alone(self, side: int, *, shared: bool) -> np.ndarray:
        """(block) distinct windows that no other block of `side` has: those `shared` with the other side, or not."""
        n_blocks = len(self.blocks[side].n_units)
        rows = (self.table if side == A else self.table.T)[:n_blocks]
        return rows[:, :ABSENT].sum(axis=1) if shared else rows[:, ABSENT]


Slabs = Callable[[int], Iterable[tuple[np.ndarray, np.ndarray]]]
"""Windows of a side in their order: types, and numbers as in a `Scheme`, uint32."""


@dataclass(eq=False)
class Tally:
    """What is counted of some windows, whole numbers, int64."""

    scheme: Scheme
    table: np.ndarray = field(init=False)
    known: tuple[np.ndarray, np.ndarray] = field(init=False)
    new: tuple[np.ndarray, np.ndarray] = field(init=False)
    """(block) as `Blocks.stretch_new`; of B in windows of stretches of A."""
    total: np.ndarray = field(init=False)
    """(1,) new windows of all stretches of B, likewise."""

    def __post_init__(self) -> None:
        n = [len(units) for units in self.scheme.n_units]
        self.table, self.total = np.zeros((STATES, STATES), np.int64), np.zeros(1, np.int64)
        self.known = (np.zeros(n[A], np.int64), np.zeros(n[B], np.int64))
        self.new = (np.zeros(n[A], np.int64), np.zeros(n[B], np.int64))

    def like(self) -> Tally:
        """Nothing, counted in the same way."""
        return Tally(self.scheme)

    def add(self, other: Tally) -> None:
        """Take what is counted of other windows, like none of these."""
        for mine, others in zip(self._arrays, other._arrays, strict=True):
            mine += others

    @property
    def _arrays(self) -> tuple[np.ndarray, ...]:
        return self.table, *self.known, *self.new, self.total

    def add_lonely(self, numbers: np.ndarray) -> None:
        """Count windows that occur once: in one block of one side."""
        scheme = self.scheme
        for side, rows in ((A, self.table), (B, self.table.T)):
            first, n = scheme.first[side], len(scheme.n_units[side])
            here = numbers[(numbers >= first[0]) & (numbers < first[-1])].astype(np.int64)
            block = scheme.block_of(side, here)
            rows[:n, ABSENT] += np.bincount(block, minlength=n)
            if scheme.stretch:
                begins = first[block] if side == A else first[0]
                most = scheme.inside[A][block] if side == A else scheme.inside[B].sum()
                new = np.bincount(block[here - begins < most], minlength=n)
                weight = 1 if side == A else scheme.weights[ABSENT, ABSENT]
                self.new[side][:] += weight * new
                self.total += weight * new.sum() * (side == B)

    def count(self, n_types: int, slabs: Slabs) -> None:
        """Count windows that have their types, from 0 to ``n_types - 1``; some of these may have none."""
        require(9 * n_types)
        scheme, spans = self.scheme, [np.full((n_types, 2), ABSENT, dtype=np.uint8) for _ in (A, B)]
        for side in (A, B):
            for types, numbers in slabs(side):
                _span(types, numbers, scheme.first[side], spans[side])
        for side in (A, B):
            for types, numbers in slabs(side):
                _known(types, numbers, scheme.first[side], spans[1 - side], self.known[side])
        _tabulate(spans[A], spans[B], self.table)
        if not scheme.stretch:
            return
        seen, state = np.zeros(n_types, dtype=np.uint32), spans[B][:, 0]  # the table is made: states are written over
        for types, numbers in slabs(A):
            _stretches_of_a(types, numbers, scheme.first[A], scheme.stretch, scheme.reach, spans[A], seen, self.new[A])
        last = scheme.first[B][0] + scheme.inside[B].sum()
        for types, numbers in slabs(B):
            _stretches_of_b(
                types, numbers, scheme.first[B], scheme.stretch, last, spans[A], scheme.weights, seen, state,
                self.new[B], self.total,
            )  # fmt: skip

    def overlap(self) -> Overlap:
        """What all windows say."""
        scheme, whole = self.scheme, max(1, int(self.scheme.inside[A].sum()))
        new = (self.new[A].astype(float), self.new[B] / whole)
        total = (float(self.new[A].sum()), float(self.total[0] / whole))
        blocks = [
            Blocks(
                scheme.n_units[side], np.diff(scheme.first[side]), self.known[side], scheme.whole[side],
                scheme.inside[side], new[side], total[side],
            )
            for side in (A, B)
        ]  # fmt: skip
        return Overlap(self.table, (blocks[A], blocks[B]), scheme.stretch)


def overlap(
    ids: np.ndarray, n_types: int, layout: Layout, length: int, n_blocks: int, *, small: bool = False
) -> Overlap:
    """The `Overlap` of the windows `ids` of `length` units, cut into about `n_blocks` blocks a side (one where 0).

    Of `small` texts it is counted without compiled loops.
    """
    tally = Tally(Scheme.of(layout, length, n_blocks))
    if small:
        types = ids[first_units(layout.starts, length)]
        tally.total += arrays.count(tally.scheme, n_types, types, tally.table, tally.known, tally.new)
    else:
        tally.count(n_types, lambda side: _slabs(ids, layout.streams(side), length, tally.scheme.first[side][0]))
    return tally.overlap()


def _slabs(
    ids: np.ndarray, starts: np.ndarray, length: int, first: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:  # fmt: skip
    """Windows of the streams that begin at `starts`, in their order, and their numbers from `first` on."""
    types, state = np.empty(_SLAB, np.uint32), np.array([0, starts[0]], np.int64)
    while n := _gather(ids, starts, length, state, types):
        yield types[:n], np.arange(first, first + n, dtype=np.uint32)
        first += n


@bare
def _gather(ids: Any, starts: Any, length: int, state: Any, types: Any) -> int:
    """Fill `types` with the next windows, from `state` (stream, unit) on; how many there are."""
    stream, unit, n = state[0], state[1], 0
    while stream < len(starts) - 1:
        here = min(starts[stream + 1] - length + 1 - unit, len(types) - n)
        for i in range(here):
            types[n + i] = ids[unit + i]
        n, unit = n + max(here, 0), unit + max(here, 0)
        if n == len(types):
            break
        stream += 1
        unit = starts[stream]
    state[0], state[1] = stream, unit
    return n


@bare
def _span(types: Any, numbers: Any, first: Any, span: Any) -> None:
    """Fill `span`, the first and the last block of each type."""
    block = 0
    for i in range(len(types)):
        while numbers[i] >= first[block + 1]:
            block += 1
        kind = types[i]
        if span[kind, 0] == ABSENT:
            span[kind, 0] = block
        span[kind, 1] = block


@bare
def _known(types: Any, numbers: Any, first: Any, other: Any, known: Any) -> None:
    """Count the windows of each block that the `other` side has."""
    block = 0
    for i in range(len(types)):
        while numbers[i] >= first[block + 1]:
            block += 1
        known[block] += other[types[i], 0] != ABSENT


@bare
def _tabulate(of_a: Any, of_b: Any, table: Any) -> None:
    for kind in range(len(of_a)):
        row = of_a[kind, 0] if of_a[kind, 0] == of_a[kind, 1] else SEVERAL
        column = of_b[kind, 0] if of_b[kind, 0] == of_b[kind, 1] else SEVERAL
        table[row, column] += 1


@bare
def _stretches_of_a(
    types: Any, numbers: Any, first: Any, size: int, reach: int, span: Any, seen: Any, new: Any
) -> None:  # fmt: skip
    """Sum what is new in the stretches of `size` windows of each block: its types that no block has beyond `reach`.

    `seen` has the stretch in which a type was seen last, by the number behind its first window. What is left of a block
    behind its last stretch is left out.
    """
    block, begin, end, whole = 0, np.int64(0), np.int64(-1), False
    for i in range(len(types)):
        number = np.int64(numbers[i])
        if number >= end:
            while number >= first[block + 1]:
                block += 1
            begin = number - (number - first[block]) % size
            end = min(begin + size, first[block + 1])
            whole = begin + size <= first[block + 1]
        kind = types[i]
        if whole and seen[kind] != begin + 1:
            seen[kind] = begin + 1
            new[block] += span[kind, 0] >= block - reach and span[kind, 1] <= block + reach


@bare
def _stretches_of_b(
    types: Any, numbers: Any, first: Any, size: int, last: int, of_a: Any, weights: Any, seen: Any, state: Any,
    new: Any, total: Any,
) -> None:  # fmt: skip
    """Sum what is new in the stretches of `size` windows before the `last` one, by `weights` of where they are in A.

    `new` has what each block brings alone to each stretch. `state` is written over: the block of a type in the stretch,
    or `SEVERAL`.
    """
    block, begin, end = 0, np.int64(0), np.int64(-1)
    for i in range(len(types)):
        number = np.int64(numbers[i])
        if number >= last:
            return
        while number >= first[block + 1]:
            block += 1
        if number >= end:
            begin = number - (number - first[0]) % size
            end = begin + size
        kind = types[i]
        value = weights[of_a[kind, 0], of_a[kind, 1]]
        if seen[kind] != begin + 1:
            seen[kind] = begin + 1
            state[kind] = block
            new[block] += value
            total[0] += value
        elif state[kind] != SEVERAL and state[kind] != block:
            new[state[kind]] -= value
            state[kind] = SEVERAL
