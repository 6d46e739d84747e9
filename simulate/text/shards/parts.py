"""A part of the windows, of all pieces: counted by one task, or stretch by stretch where that has no memory for it.

Parts are cut by the hash of a window, so that one that is there very often, such as a blank, makes a part large however
many there are. Such a part is counted by tasks that follow each other, each of which goes on where the one before it
stopped, with its table. What that holds are distinct windows, and of these there are as many in a large part as in any
other: some `subs` of them, again by their hash, are counted each in a table of its own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from copy import deepcopy
from itertools import pairwise
from typing import Any, NamedTuple, Protocol

import numpy as np

from simulate.text.shards import counting
from simulate.text.shards.counting import Pair, in_order
from simulate.text.shards.workers import AT_ONCE
from simulate.text.spilling.loops import ALONE, chosen
from simulate.text.spilling.sums import Sums
from simulate.text.spilling.tables import LOAD, SLOT, Table

_TABLES = 6
"""What tables take beside one that is filled as far as it may be: the one before it, and places to grow into."""

_UNBOUNDED = 1 << 40

Do = Callable[..., Any]
"""As `simulate.text.shards.workers.Workers.do`."""


class Part(Protocol):
    """The tasks that count a part."""

    @property
    def tasks(self) -> Sequence[Any]:
        """Those of which `simulate.text.shards.counting.sums_of` tells what they found."""

    def ids(self, do: Do, n_pieces: int, n_ids: Sequence[int]) -> list[Any]:
        """A task for the ids of the windows in each piece, from 0 on; `n_ids` is what each of `tasks` has of them."""


class AtOnce(NamedTuple):
    """A part that one task counts."""

    task: Any

    @property
    def tasks(self) -> Sequence[Any]:
        """That one."""
        return [self.task]

    def ids(self, do: Do, n_pieces: int, n_ids: Sequence[int]) -> list[Any]:
        """See `Part`."""
        del n_ids
        return [do(counting.found_for, self.task, i, first=AT_ONCE) for i in range(n_pieces)]


class OnAndOn(NamedTuple):
    """A part that is counted stretch by stretch."""

    windows: Sequence[Any]
    """Keys and numbers of each piece."""
    tasks: Sequence[Any]
    """The last of each of the `subs`."""

    def ids(self, do: Do, n_pieces: int, n_ids: Sequence[int]) -> list[Any]:
        """See `Part`."""
        found: list[Any] = [None] * n_pieces
        subs, first = len(self.tasks), np.cumsum([0, *n_ids]).tolist()
        for sub, some in enumerate(self.tasks):
            found = [
                do(looked_up, found[i], self.windows[i], some, first[sub], subs, sub, first=AT_ONCE)
                for i in range(n_pieces)
            ]
        return found


class Large(NamedTuple):
    """How a part is counted of whose windows a task has no memory for all."""

    do: Do
    empty: Any
    with_ids: bool
    most: int
    """Windows of a stretch, about."""
    n_windows: int
    """Those of all parts."""
    subs: int
    in_order: bool
    """Whether pieces stand in the order of counting."""

    def part(self, windows: Sequence[Any], sizes: np.ndarray) -> OnAndOn:
        """The tasks for one part: its `windows` of each piece, of these `sizes`."""
        stretches = self._in_order(windows, sizes) if self.in_order else self._mixed(windows, int(sizes.sum()))
        tasks = []
        for sub in range(self.subs):
            going = None
            for some in stretches:
                going = self.do(counted_on, going, self.empty, some, self.subs, sub)
            tasks.append(self.do(ended, going, self.with_ids))
        return OnAndOn(windows if self.with_ids else (), tasks)

    def _in_order(self, windows: Sequence[Any], sizes: np.ndarray) -> list[list[Any]]:
        """Those of some pieces that follow each other, or of one."""
        found, held = [[windows[0]]], int(sizes[0])
        for one, size in zip(windows[1:], sizes[1:].tolist(), strict=True):
            if held + size > self.most:
                found.append([])
                held = 0
            found[-1].append(one)
            held += size
        return found

    def _mixed(self, windows: Sequence[Any], size: int) -> list[list[Any]]:
        """Some of each piece, by their numbers."""
        n = -(-size // self.most)
        ends = [self.n_windows * k // n for k in range(n + 1)]
        return [[self.do(between, one, *both) for one in windows] for both in pairwise(ends)]


def subs_for(n_distinct: int, memory: int) -> int:
    """How many `subs` there are of a part that may have so many distinct windows; a power of two."""
    return 1 << max(0, math.ceil(math.log2(max(1.0, _TABLES * SLOT * n_distinct / (LOAD * memory)))))


class Going:
    """A table that the next task goes on with."""

    def __init__(self, table: Table) -> None:
        self.table = table

    def __sizeof__(self) -> int:
        """Bytes of its arrays, which Dask goes by."""
        return sum(one.nbytes for one in vars(self.table).values() if isinstance(one, np.ndarray))


class Ended(NamedTuple):
    """What one of the `subs` says, and the table that has its ids."""

    sums: Sums
    n_ids: int
    going: Going | None


def between(part: Pair, first: int, end: int) -> Pair:
    """Those windows of a part whose numbers are from `first` on and below `end`."""
    keys, numbers = part
    here = (numbers >= first) & (numbers < end)
    return keys[here], numbers[here]


def counted_on(before: Going | None, empty: Sums, parts: Sequence[Pair], subs: int, sub: int) -> Going:
    """`sub` of `subs` of the windows of a stretch, behind those counted `before`."""
    keys, numbers, _ = in_order([_of_sub(one, subs, sub) for one in parts])
    table = Table(empty.like(), _UNBOUNDED, 0) if before is None else deepcopy(before.table)
    table.count(keys, numbers)
    return Going(table)


def _of_sub(part: Pair, subs: int, sub: int) -> Pair:
    if subs == 1:
        return part
    here = chosen(part[0], np.uint64(subs), np.uint64(sub))
    return part[0][here], part[1][here]


def ended(last: Going, ids: bool) -> Ended:
    """All windows were counted; their ids are from 0 on, where they are wanted."""
    table = deepcopy(last.table)
    table.judge()
    table.end()
    return Ended(table.sums, table.label(0), Going(table)) if ids else Ended(table.sums, 0, None)


def looked_up(before: np.ndarray | None, part: Pair, some: Ended, first: int, subs: int, sub: int) -> np.ndarray:
    """The ids for one piece, where those of `sub` of `subs` begin at `first`; those of others were found `before`."""
    keys, _ = part
    found = np.empty(len(keys), np.uint32) if before is None else before.copy()
    here = chosen(keys, np.uint64(subs), np.uint64(sub))
    ids = np.empty(len(here), np.uint32)
    assert some.going is not None
    some.going.table.look_up(keys[here], ids)
    ids[ids != ALONE] += np.uint32(first)
    found[here] = ids
    return found
