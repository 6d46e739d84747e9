"""Sketches and samples of files, made by workers and merged: registers and samples of one run over all of them.

Each group of files is read once, for what it adds to the whole; where its windows occur in it is moved behind the
groups before it as they are merged (`simulate.text.sketches.places`). What an estimate stands at within a group is
found by reading its beginning once more, from the sketches of all groups before it: how many units these hold, and so
which prefixes lie where, is not known sooner. Those whose prefixes are over, or that have none, are not read again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from bounds.base.quantities import MAX_COUNT
from simulate.text.cutting.opened import Told
from simulate.text.reading.asked import ReadOptions
from simulate.text.reading.errors import InputError
from simulate.text.reading.naming import Files
from simulate.text.shards.files import TOGETHER, Asked, absence_told, read_one_by_one
from simulate.text.shards.workers import Workers, itself, workers_of
from simulate.text.sketches.run import Noted, Run, read_on


class Size(NamedTuple):
    """How many units a group has, and what is known of its files."""

    n_units: int
    told: tuple[Told, ...]


def sketched_on_cluster(
    cluster: str, empty: Run, files: Files, unit: str, options: ReadOptions, seed: int,
    points: Callable[[int], Sequence[int]],
) -> Run:  # fmt: skip
    """The run over all `files` that `empty` begins, made by the workers that `cluster` names and merged (`sketched`).

    ValueError with one sentence where the cluster cannot be had.
    """
    with workers_of(cluster, None) as workers:
        return sketched(workers, empty, files, unit, options, seed, points)


def sketched(
    workers: Workers, empty: Run, files: Files, unit: str, options: ReadOptions, seed: int,
    points: Callable[[int], Sequence[int]], together: int = TOGETHER,
) -> Run:  # fmt: skip
    """What `empty` becomes once all `files` were read, with what was noted where `points` says, for a text of so many
    units."""
    asked = Asked.of(files, unit, options, workers, together)
    parts = asked.read(workers, sketch, empty, seed)
    sizes: list[Size] = asked.facts(workers, parts, size_of)
    ends = np.cumsum([one.n_units for one in sizes]).tolist()
    stops, before, noted, first = list(points(ends[-1])), workers.do(itself, empty), [], 0
    for (names, n_bytes), part, one, end in zip(asked.groups, parts, sizes, ends, strict=True):
        here = [stop for stop in stops if first < stop <= end and stop != ends[-1]]
        if here:
            given = (names, asked.unit, asked.options, seed, here, one.told)
            noted.append(workers.do(continued, before, *given, first=float(n_bytes)))
        before, first = workers.do(joined, before, part), end
    found: Run = workers.of(before)
    for some in noted:
        found.noted |= workers.of(some)
    return replace(found, read=asked.as_given(found.read))


def sketch(names: Sequence[str], unit: str, options: ReadOptions, empty: Run, seed: int) -> Run:
    """The files called `names`, by themselves."""
    run = deepcopy(empty)
    for file in read_one_by_one(names, unit, options):
        with absence_told():
            read_on(run, file, [MAX_COUNT], seed)
        run.read.append(file.told())
    return run


def size_of(run: Run) -> Size:
    """How much was read."""
    return Size(run.n_units, tuple(run.read))


def joined(one: Run, other: Run) -> Run:
    """One text and then the other, where no window runs from one into the other; without what was noted."""
    tally = deepcopy(one.tally)
    tally.add(other.tally)
    return Run(
        one.lengths,
        [a.merge(b) for a, b in zip(one.sketches, other.sketches, strict=True)],
        [a.merge(b) for a, b in zip(one.samples, other.samples, strict=True)],
        [a + b for a, b in zip(one.n_windows, other.n_windows, strict=True)],
        [*one.read, *other.read],
        one.n_units + other.n_units,
        max(one.longest, other.longest),
        one.ahead_from,
        tally=tally,
    )


def continued(
    before: Run, names: Sequence[str], unit: str, options: ReadOptions, seed: int, stops: Sequence[int],
    expected: Sequence[Told],
) -> dict[int, list[Noted]]:  # fmt: skip
    """What is noted at `stops` in the files called `names`, behind all that was read `before`."""
    run, until = deepcopy(before), stops[-1]
    for file, known in zip(read_one_by_one(names, unit, options), expected, strict=False):
        if run.n_units >= until:
            break
        with absence_told():
            read_on(run, file, [*stops, MAX_COUNT], seed, until)
        if run.n_units < until and file.told().sha256 != known.sha256:
            raise InputError(f"{known.name} was changed while it was read: leave it as it is, and run this again")
    return run.noted
