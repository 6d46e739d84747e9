"""What an exact count is made in: in memory as it comes where that is small, by parts and in files otherwise."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bounds.base.arguments import printable
from bounds.base.notes import METHOD, Note
from simulate.running.machine import size_of
from simulate.text.blocks import BlockCurves, block_curves, cut_of
from simulate.text.counting import Growth, WindowIds, growth, window_ids
from simulate.text.cutting.sequences import Units, read_units, shuffle_chunks, shuffle_documents
from simulate.text.reading.asked import ReadOptions
from simulate.text.reading.room import counted_exactly
from simulate.text.repeats import note_of_repeats
from simulate.text.spilling.budget import Budget
from simulate.text.spilling.parts import Sizes, counted_by_parts
from simulate.text.spilling.scratch import Scratch, scratch_in
from simulate.text.spilling.sums import Counting, Sums
from simulate.text.spilling.words.counts import can_count, count_words
from simulate.text.spilling.words.later import LaterIds
from simulate.text.spilling.words.vocabulary import UnitShelf

SMALL = 1 << 21
"""Units up to which a text is counted in one table: parts gain nothing there."""

_WORST = 127
"""Bytes that a unit takes at most in one table: ids and copies of them, and all windows distinct."""


Counted = tuple[int, Growth, BlockCurves | None]


@dataclass
class Room:
    """Memory, a shelf for the units of a text, and files; without any of them all is counted in memory."""

    budget: Budget | None = None
    scratch: Scratch | None = None
    shelf: UnitShelf | None = None

    def read(self, paths: Any, unit: str, options: ReadOptions) -> Units:
        """The units of the files at `paths`."""
        return read_units(paths, unit, reading=options, shelf=self.shelf)

    def repeats(self, units: Units) -> list[str]:
        """A sentence where much of a text stands in it again."""
        ids: Any = units.ids
        met: Any = ids.met if isinstance(ids, LaterIds) else None
        if met is not None and not note_of_repeats(met.view(np.uint32), units.unit):
            return []  # what is no copy by the parts of its words is none by its words
        return note_of_repeats(_with_ids(units).ids, units.unit)

    def laid_out(self, units: Units, order: str, chunk: int, seed: int) -> Units:
        """`units` in the order in which they are counted."""
        if order == "shuffled-chunks":
            return shuffle_chunks(_with_ids(units), chunk, seed, self.shelf)
        if order == "shuffled-documents":
            return shuffle_documents(_with_ids(units), seed, self.shelf)
        return replace(units, order=order)

    def counted(self, units: Units, lengths: Sequence[int], how: Counting) -> Iterator[Counted]:
        """Length, counts of each prefix and curves of blocks for each of `lengths`, ascending."""
        if self.budget is None or self.scratch is None:
            if how.rarefied:
                with scratch_in(None) as scratch:
                    yield from counted_by_parts(units, lengths, how, Sizes(), scratch)
                return
            yield from _in_memory(units, lengths, how)
            return
        if (ids := self._by_parts(units, lengths, how)) is not None:
            self.budget.check(units.corpus)
            sums = Sums.of(units, 1, how)
            count_words(ids, how.grid.tolist(), sums)
            yield 1, sums.growth(), None
            return
        units = _with_ids(units)
        in_memory = isinstance(units.ids, np.ndarray)
        left = self.budget.arrays - (units.ids.nbytes if in_memory else 0)
        if in_memory and units.n_units <= SMALL and _WORST * units.n_units <= left and not how.rarefied:
            yield from _in_memory(units, lengths, how)
            return
        self.budget.check(units.corpus)
        yield from counted_by_parts(units, lengths, how, Sizes.of(left), self.scratch)

    def _by_parts(self, units: Units, lengths: Sequence[int], how: Counting) -> LaterIds | None:
        """The ids of words, where words alone are counted, without blocks: then nobody has to know the ids."""
        ids: Any = units.ids
        alone = set(lengths) == {1} and cut_of(units.n_units, how.blocks, how.smallest) is None
        return ids if isinstance(ids, LaterIds) and alone and can_count(ids, len(how.grid)) else None

    def notes(self) -> list[Note]:
        """Where temporary files stood, if there were any."""
        if self.scratch is None or not self.scratch.used or self.budget is None:
            return []
        text = (
            f"counted within {size_of(self.budget.limit)} of memory; {size_of(self.scratch.n_bytes)} went through "
            f"temporary files in {printable(str(self.scratch.place))}, which are deleted"
        )
        return [Note(METHOD, text)]


def _with_ids(units: Units) -> Units:
    """`units`, each of which has its id."""
    ids: Any = units.ids
    if not isinstance(ids, LaterIds):
        return units
    with counted_exactly(units.corpus):
        whole: Any = ids.whole()
    return replace(units, ids=whole)


@contextmanager
def room_for_counting(limit: int | None, place: str | os.PathLike[str] | None) -> Iterator[Room]:
    """Room of `limit` bytes in all, half of what there is if None; what was put into files is deleted at the end."""
    budget = Budget(limit)
    with scratch_in(place) as scratch:
        shelf = UnitShelf(scratch, 0.2 * budget.arrays, 0.35 * budget.arrays)
        yield Room(budget, scratch, shelf)


def _in_memory(units: Units, lengths: Sequence[int], how: Counting) -> Iterator[Counted]:
    """In one table for each length."""
    for windows in window_ids(units, lengths):
        yield counted_in_memory(units, windows, how)


def counted_in_memory(units: Units, windows: WindowIds, how: Counting) -> Counted:
    """The counts of windows that have their ids; not rarefied."""
    total, first = units.n_windows(windows.length), int(units.n_windows(windows.length, how.grid[:1])[0])
    counts = growth(windows, units.starts, how.grid, how.edges)
    curves = None
    if how.blocks:
        curves = block_curves(windows, units.starts, total, how.blocks, min(how.smallest, first))
    return windows.length, counts, curves
