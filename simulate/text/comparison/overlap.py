"""Windows of A and B by where they occur: one table of counts that all that is shared, new and alike is read off.

Both sides are cut into blocks. A distinct window is in no block of a side, in one alone, or in several; the table has
a row for each of these of A and a column for each of B. So it says what is in A, in B and in both, and what leaving
out any one block takes away.

What a stretch of m windows brings is counted on both sides alike: for every stretch of a block of A, its windows that
are in no other block of A; for every stretch of B, its windows that are in none of these other blocks, on average over
the stretches of A. So a stretch of A and one of B meet the same text. Where blocks of A are no whole documents, the two
beside the block are left out as well: a topic that runs on over a border would be known to A alone. Stretches are as
long as the shortest block of A, or B is one. A text of B that stands in A counts as new where all of it is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from simulate.drawing.compiled import bare
from simulate.text.blocks import MIN_BLOCK
from simulate.text.comparison.sides import A, B, Layout
from simulate.text.reading.room import require
from simulate.text.small.overlapping import Windows, new_in_a, new_in_b, tabulate

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


def overlap(
    ids: np.ndarray, n_types: int, layout: Layout, length: int, n_blocks: int, *, small: bool = False
) -> Overlap:
    """The `Overlap` of the windows `ids` of `length` units, cut into about `n_blocks` blocks a side (one where 0).

    Of `small` texts it is counted without compiled loops.
    """
    require(8 * n_types)
    cuts, whole = zip(*(layout.cuts(side, max(n_blocks, 1)) for side in (A, B)), strict=True)
    streams = [layout.streams(side) for side in (A, B)]
    spans = [np.full((n_types, 2), ABSENT, dtype=np.uint8) for _ in (A, B)]
    windows = [np.zeros(len(cut) - 1, dtype=np.int64) for cut in cuts]
    known = [np.zeros(len(cut) - 1, dtype=np.int64) for cut in cuts]
    sides = [Windows.of(ids, streams[side], length, cuts[side]) for side in (A, B)] if small else []
    for side in (A, B):
        if small:
            sides[side].span(spans[side])
            windows[side] += sides[side].in_blocks()
        else:
            _span(ids, streams[side], length, cuts[side], spans[side], windows[side])
    for side in (A, B):
        if small:
            known[side] += sides[side].in_blocks(spans[1 - side][sides[side].types, 0] != ABSENT)
        else:
            _known(ids, streams[side], length, cuts[side], spans[1 - side], known[side])
    table = np.zeros((_STATES, _STATES), dtype=np.int64)
    if small:
        rows, columns = (np.where(span[:, 0] == span[:, 1], span[:, 0], SEVERAL) for span in spans)
        tabulate(rows, columns, table)
    else:
        _tabulate(spans[A], spans[B], table)
    size = _stretch(int(windows[A].min()), int(windows[B].sum())) if n_blocks else 0
    inside = [np.zeros(len(cut) - 1, dtype=np.int64) for cut in cuts]
    new, total = [np.zeros(len(cut) - 1) for cut in cuts], [0.0, 0.0]
    if size:
        reach = 0 if whole[A] else 1
        inside[A] = windows[A] // size * size
        weights, count = _weights(inside[A], reach), int(windows[B].sum()) // size
        if small:
            new_in_a(sides[A], size, reach, spans[A], new[A])
            total[B] = new_in_b(sides[B], size, count, spans[A], weights, new[B], inside[B])
        else:
            seen = np.zeros(n_types, dtype=np.uint32)
            last = _stretches_of_a(ids, streams[A], length, cuts[A], size, reach, spans[A], seen, new[A])
            # The table is made, and the states of B are not needed any more.
            state = spans[B][:, 0]
            total[B] = _stretches_of_b(
                ids, streams[B], length, cuts[B], size, count, spans[A], weights, seen, state, last, new[B], inside[B]
            )
        total[A] = float(new[A].sum())
    blocks = [
        Blocks(np.diff(cuts[side]), windows[side], known[side], whole[side], inside[side], new[side], total[side])
        for side in (A, B)
    ]
    return Overlap(table, (blocks[A], blocks[B]), size)


def _weights(inside: np.ndarray, reach: int) -> np.ndarray:
    """(first block of A, last one) how much of a window that is in these is new to A without some of its blocks.

    As much as is in stretches of the blocks that it is left out with: those no more than `reach` from both.
    """
    weights = np.zeros((_STATES, _STATES))
    part = inside / inside.sum()
    for first in range(len(inside)):
        for last in range(first, min(first + 2 * reach + 1, len(inside))):
            weights[first, last] = part[max(last - reach, 0) : first + reach + 1].sum()
    weights[ABSENT, ABSENT] = 1.0
    return weights


@bare
def _span(ids: Any, starts: Any, length: int, cuts: Any, span: Any, windows: Any) -> None:
    """Fill `span`, the first and the last block of each type, and `windows` of each block."""
    block = 0
    for stream in range(len(starts) - 1):
        for i in range(starts[stream], starts[stream + 1] - length + 1):
            while i >= cuts[block + 1]:
                block += 1
            windows[block] += 1
            kind = ids[i]
            if span[kind, 0] == ABSENT:
                span[kind, 0] = block
            span[kind, 1] = block


@bare
def _known(ids: Any, starts: Any, length: int, cuts: Any, other: Any, known: Any) -> None:
    """Count the windows of each block that the `other` side has."""
    block = 0
    for stream in range(len(starts) - 1):
        for i in range(starts[stream], starts[stream + 1] - length + 1):
            while i >= cuts[block + 1]:
                block += 1
            known[block] += other[ids[i], 0] != ABSENT


@bare
def _tabulate(of_a: Any, of_b: Any, table: Any) -> None:
    for kind in range(len(of_a)):
        row = of_a[kind, 0] if of_a[kind, 0] == of_a[kind, 1] else SEVERAL
        column = of_b[kind, 0] if of_b[kind, 0] == of_b[kind, 1] else SEVERAL
        table[row, column] += 1


def _stretch(block: int, of_b: int) -> int:
    """Windows of a stretch: at most those of a `block` of A, and so many that B has a whole number of stretches.

    0 where that is fewer than `MIN_BLOCK`.
    """
    size = of_b // -(-of_b // block) if min(block, of_b) > 0 else 0
    return size if size >= MIN_BLOCK else 0


@bare
def _stretches_of_a(
    ids: Any, starts: Any, length: int, cuts: Any, size: int, reach: int, span: Any, seen: Any, new: Any
) -> int:
    """Sum what is new in the stretches of `size` windows of each block: its types that no block has beyond `reach`.

    `seen` has the number of the stretch in which a type was seen last; the number of the last one is returned. What is
    left of a block behind its last stretch is left out.
    """
    block, place, value, number = 0, 0, 0, 1
    for stream in range(len(starts) - 1):
        for i in range(starts[stream], starts[stream + 1] - length + 1):
            while i >= cuts[block + 1]:
                block += 1
                place, value = 0, 0
                number += 1
            kind = ids[i]
            if seen[kind] != number:
                seen[kind] = number
                value += span[kind, 0] >= block - reach and span[kind, 1] <= block + reach
            place += 1
            if place == size:
                new[block] += value
                place, value = 0, 0
                number += 1
    return number


@bare
def _stretches_of_b(
    ids: Any, starts: Any, length: int, cuts: Any, size: int, count: int, of_a: Any, weights: Any, seen: Any,
    state: Any, last: int, new: Any, inside: Any,
) -> float:  # fmt: skip
    """Sum what is new in the first `count` stretches of `size` windows, by `weights` of where they are in A; returned.

    `new` has what each block brings alone to each stretch, and `inside` its windows in them. `state` is written over:
    the block of a type in the stretch, or `SEVERAL`.
    """
    block, place, done, total = 0, 0, 0, 0.0
    number = last + 1
    for stream in range(len(starts) - 1):
        for i in range(starts[stream], starts[stream + 1] - length + 1):
            while i >= cuts[block + 1]:
                block += 1
            if done == count:
                return total
            kind = ids[i]
            value = weights[of_a[kind, 0], of_a[kind, 1]]
            inside[block] += 1
            if seen[kind] != number:
                seen[kind] = number
                state[kind] = block
                new[block] += value
                total += value
            elif state[kind] != SEVERAL and state[kind] != block:
                new[state[kind]] -= value
                state[kind] = SEVERAL
            place += 1
            if place == size:
                place = 0
                done += 1
                number += 1
    return total
