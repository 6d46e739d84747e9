"""Who reads what of a text: small files together, large ones in sections, side by side with one who reads the whole.

The SHA-256 of a file, what is in its header, and whether its ids or its offsets are what they should be, are known to
whoever reads all of it, which takes far less time than to cut it into units. So one task does that, by the same code as
one process, and sections give units alone. That all have read the same is held by the SHA-256 of each section, which
both sides make. Where a section cannot be read, as where it is not UTF-8 or a line is no JSON, the file is gone through
once more from its beginning, so that the error is the one of one process, with its byte, its line or its row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby, pairwise
from typing import Any, NamedTuple

import numpy as np

from simulate.text.cutting.opened import Told
from simulate.text.reading.errors import InputError
from simulate.text.reading.sections import can_be_cut
from simulate.text.shards import reading
from simulate.text.shards.files import A_WORKER, Asked, Share, gathered
from simulate.text.shards.reading import Facts, Whole
from simulate.text.shards.workers import Workers

LEAST = 1 << 23
"""Bytes of the smallest section that is worth a task."""

_BYTES_A_BYTE = 8
"""What reading a byte takes at most: a code point, and its copy."""


class Text(NamedTuple):
    """A text that workers have read: tasks that hold its units, what is known of each of them, and of all files."""

    shards: list[Any]
    facts: list[Facts]
    told: list[Told]
    starts: np.ndarray
    """int64, first unit of each stream, and the number of units at the end."""


def read_by(workers: Workers, asked: Asked, least: int = LEAST) -> Text:
    """The files read, those of twice the `least` bytes or more in sections; the InputError of the first that cannot."""
    places = _places(workers, asked, least)
    shares = [
        share
        for group, ((names, n_bytes), some) in enumerate(zip(asked.groups, places, strict=True))
        for share in _shares(workers, asked, group, names, n_bytes, some)
    ]
    found, failed = gathered(workers, shares)
    told: list[Told] = []
    for group, here in groupby(zip(shares, found, strict=True), key=lambda one: one[0].group):
        if group in failed:
            raise asked.error(_of_one_process(workers, asked, group, failed[group]) if places[group] else failed[group])
        first, *more = (one for _, one in here)
        told += [_whole(workers, asked, group, first, *more)] if places[group] else first.told
    facts = [one for one in found if isinstance(one, Facts)]
    before = np.cumsum([0, *(one.n_units for one in facts)])[:-1]
    ends = [one.ends + at for one, at in zip(facts, before, strict=True)]
    shards = [share.shard for share in shares if share.shard is not None]
    return Text(shards, facts, asked.as_given(told), np.unique(np.concatenate([[0], *ends])).astype(np.int64))


def _places(workers: Workers, asked: Asked, least: int) -> list[list[int]]:
    """For each group of files at about which bytes it is cut; nowhere but in a large file."""
    total = sum(n_bytes for _, n_bytes in asked.groups)
    size = max(least, min(total // (A_WORKER * workers.n), workers.memory // _BYTES_A_BYTE))
    places: list[list[int]] = []
    for names, n_bytes in asked.groups:
        n = n_bytes // size
        large = n > 1 and len(names) == 1 and can_be_cut(names[0], asked.unit, asked.options)
        places.append([n_bytes * k // n for k in range(1, n)] if large else [])
    return places


def _shares(
    workers: Workers, asked: Asked, group: int, names: Sequence[str], n_bytes: int, places: Sequence[int]
) -> list[Share]:
    """What tasks have to read of one group, the whole file before its sections."""
    each = asked.unit, asked.options

    def share(what: Callable[..., Any], *given: Any) -> Share:
        shard = workers.do(what, *given, first=float(n_bytes) / (len(places) + 1))
        return Share(group, shard, workers.do(reading.facts, shard))

    if not places:
        return [share(reading.read, names, *each)]
    (name,) = names
    whole = workers.do(reading.whole, name, *each, places, first=float(n_bytes))
    return [
        Share(group, None, whole),
        *(share(reading.section, name, *each, *ends) for ends in pairwise([0, *places, None])),
    ]


def _whole(workers: Workers, asked: Asked, group: int, whole: Whole, *sections: Facts) -> Told:
    """What is known of a large file; InputError where it has no unit, or was changed between two tasks."""
    if whole.seals != tuple(seal for one in sections for _, seal in one.seals):
        raise asked.error(_changed(whole.told.name))
    if not any(one.n_units for one in sections):
        raise asked.error(_of_one_process(workers, asked, group, _changed(whole.told.name)))
    return whole.told


def _of_one_process(workers: Workers, asked: Asked, group: int, error: ValueError) -> ValueError:
    """The error that one process ends with at a large file; the one that is known where it ends with none."""
    (name,), _ = asked.groups[group]
    try:
        workers.of(workers.do(reading.again, name, asked.unit, asked.options))
    except ValueError as found:
        return found
    return error


def _changed(name: str) -> InputError:
    return InputError(f"{name} was changed while it was read: leave it as it is, and run this again")
