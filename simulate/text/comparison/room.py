"""What two corpora are compared in: the memory of this process. `simulate.text.shards.pairs` has another one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, Protocol

from simulate.text.comparison.copies import Copies, as_units, copies_of
from simulate.text.comparison.overlap import Overlap, overlap
from simulate.text.comparison.sides import A, Layout, Pair, read_pair
from simulate.text.counting import WindowIds, window_ids
from simulate.text.growth import CorpusGrowth, measured, whole_text
from simulate.text.reading.asked import ReadOptions


class Found(NamedTuple):
    """What both sides hold, and how A grows by itself."""

    overlap: Overlap
    growth: CorpusGrowth


class Compared(NamedTuple):
    """What was found of windows of one length, as texts were given and without copies; None where there are none."""

    length: int
    given: Found
    distinct: Found | None


class Room(Protocol):
    """Where two corpora are read and compared."""

    def read(self, a: Any, b: Any, unit: str, options: ReadOptions, of_b: ReadOptions) -> Pair:
        """Both corpora, numbered alike."""

    def copies(self, pair: Pair, duplicates: str) -> Copies | None:
        """What `duplicates` takes out; None where nothing is to be looked for."""

    def compared(self, pair: Pair, copies: Copies | None, lengths: Sequence[int], blocks: int) -> Iterator[Compared]:
        """What both hold of windows of each of `lengths`, ascending."""


class Memory:
    """The `Room` of one process."""

    def read(self, a: Any, b: Any, unit: str, options: ReadOptions, of_b: ReadOptions) -> Pair:
        """As `read_pair`."""
        return read_pair(a, b, unit, options, of_b)

    def copies(self, pair: Pair, duplicates: str) -> Copies | None:
        """As `copies_of`."""
        return copies_of(pair, duplicates)

    def compared(self, pair: Pair, copies: Copies | None, lengths: Sequence[int], blocks: int) -> Iterator[Compared]:
        """Windows numbered, length by length, and counted in one table."""
        for windows in window_ids(as_units(pair, pair.ids, pair.layout), lengths):
            given, distinct = _found(pair, pair.layout, windows, blocks), None
            if copies is not None and copies.leave(windows.length):
                left = windows._replace(ids=copies.left(windows.ids))
                distinct = _found(pair, copies.layout, left, blocks)
            yield Compared(windows.length, given, distinct)


def _found(pair: Pair, layout: Layout, windows: WindowIds, blocks: int) -> Found:
    found = overlap(windows.ids, windows.n_types, layout, windows.length, blocks, small=windows.small)
    units = alone(pair, layout, windows.ids[: layout.middle])
    return Found(found, measured(units, windows, whole_text(layout.middle, blocks), 0))


def alone(pair: Pair, layout: Layout, ids: Any) -> Any:
    """A by itself, with these `ids`, as it lies in `layout`."""
    return replace(pair.sides[A], ids=ids, starts=layout.streams(A))
