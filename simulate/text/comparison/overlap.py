"""Windows of A and B by where they occur: one table of counts that all that is shared, new and alike is read off.

Both sides are cut into blocks. A distinct window is in no block of a side, in one alone, or in several; the table has
a row for each of these of A and a column for each of B. So it says what is in A, in B and in both, and what leaving
out any one block takes away.

What a stretch of m windows brings is counted on both sides alike: for every stretch of a block of A, its windows that
are in no other block of A; for every stretch of B, its windows that are in none of these other blocks, on average over
the stretches of A. So a stretch of A and one of B meet the same text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from simulate.drawing.compiled import compiled
from simulate.text.blocks import MIN_BLOCK
from simulate.text.comparison.sides import A, B, Layout
from simulate.text.reading.room import require

ABSENT, SEVERAL = 255, 254
"""States of a window on a side; any other is the number of the one block that it is in."""

_STATES = 256


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
    n_new: np.ndarray
    """(block) new windows in its stretches, summed over them."""
    n_stretches: np.ndarray
    """(block) stretches."""


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


def overlap(ids: np.ndarray, n_types: int, layout: Layout, length: int, n_blocks: int) -> Overlap:
    """The `Overlap` of the windows `ids` of `length` units, cut into about `n_blocks` blocks a side (one where 0)."""
    require(6 * n_types)
    cuts, whole = zip(*(layout.cuts(side, max(n_blocks, 1)) for side in (A, B)), strict=True)
    streams = [layout.streams(side) for side in (A, B)]
    marks = [np.full(n_types, ABSENT, dtype=np.uint8) for _ in (A, B)]
    windows = [np.zeros(len(cut) - 1, dtype=np.int64) for cut in cuts]
    known = [np.zeros(len(cut) - 1, dtype=np.int64) for cut in cuts]
    for side in (A, B):
        _mark(ids, streams[side], length, cuts[side], marks[side], windows[side])
    for side in (A, B):
        _known(ids, streams[side], length, cuts[side], marks[1 - side], known[side])
    table = np.zeros((_STATES, _STATES), dtype=np.int64)
    _tabulate(marks[A], marks[B], table)
    size = min(int(windows[A].min()), int(windows[B].min())) if n_blocks else 0
    size = size if size >= MIN_BLOCK else 0
    stretches = [np.zeros(len(cut) - 1, dtype=np.int64) for cut in cuts]
    new = [np.zeros(len(cut) - 1) for cut in cuts]
    if size:
        seen = np.zeros(n_types, dtype=np.uint32)
        stretches = [each // size for each in windows]
        last = 0
        for side in (A, B):
            weights = _weights(stretches[A], len(cuts[side]) - 1, side)
            last = _stretches(ids, streams[side], length, cuts[side], size, marks[A], weights, seen, last, new[side])
    blocks = [
        Blocks(np.diff(cuts[side]), windows[side], known[side], whole[side], new[side], stretches[side])
        for side in (A, B)
    ]
    return Overlap(table, (blocks[A], blocks[B]), size)


def _weights(stretches: np.ndarray, n_blocks: int, side: int) -> np.ndarray:
    """(block, state in A) how much of a window in a block of `side` is new.

    To a block of A a window is new that no other block has. To one of B it is new without a block of A if that block
    alone has it: so much of the stretches of A are taken from there.
    """
    weights = np.zeros((n_blocks, _STATES))
    if side == A:
        np.fill_diagonal(weights, 1.0)
        return weights
    weights[:, : len(stretches)] = stretches / stretches.sum()
    weights[:, ABSENT] = 1.0
    return weights


@compiled
def _mark(ids: Any, starts: Any, length: int, cuts: Any, mark: Any, windows: Any) -> None:
    """Fill `mark`, the state of each type, and `windows` of each block."""
    block = 0
    for stream in range(len(starts) - 1):
        for i in range(starts[stream], starts[stream + 1] - length + 1):
            while i >= cuts[block + 1]:
                block += 1
            windows[block] += 1
            state = mark[ids[i]]
            if state == ABSENT:
                mark[ids[i]] = block
            elif state != block:
                mark[ids[i]] = SEVERAL


@compiled
def _known(ids: Any, starts: Any, length: int, cuts: Any, other: Any, known: Any) -> None:
    """Count the windows of each block that the `other` side has."""
    block = 0
    for stream in range(len(starts) - 1):
        for i in range(starts[stream], starts[stream + 1] - length + 1):
            while i >= cuts[block + 1]:
                block += 1
            known[block] += other[ids[i]] != ABSENT


@compiled
def _tabulate(of_a: Any, of_b: Any, table: Any) -> None:
    for kind in range(len(of_a)):
        table[of_a[kind], of_b[kind]] += 1


@compiled
def _stretches(
    ids: Any, starts: Any, length: int, cuts: Any, size: int, mark: Any, weights: Any, seen: Any, last: int, new: Any
) -> int:
    """Sum what is new in the stretches of `size` windows of each block, each of its types once.

    `seen` has the number of the stretch in which a type was seen last; stretches are numbered from ``last + 1`` on, and
    the number of the last one is returned. What is left of a block behind its last stretch is left out.
    """
    block, place, value = 0, 0, 0.0
    number = last + 1
    for stream in range(len(starts) - 1):
        for i in range(starts[stream], starts[stream + 1] - length + 1):
            while i >= cuts[block + 1]:
                block += 1
                place, value = 0, 0.0
                number += 1
            kind = ids[i]
            if seen[kind] != number:
                seen[kind] = number
                value += weights[block, mark[kind]]
            place += 1
            if place == size:
                new[block] += value
                place, value = 0, 0.0
                number += 1
    return number
