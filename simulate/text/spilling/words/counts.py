"""How often words occur, by the parts of those that were put apart: where each stands is looked at, and not its id.

A part has some words before each prefix ends. So it is counted by itself, its words numbered by when they were first
met, in tables that a cache holds; and nothing is put back to where it stood.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from simulate.drawing.backends.counting import bin_of
from simulate.drawing.compiled import bare
from simulate.text.spilling.sums import Sums
from simulate.text.spilling.words.apart import N_PARTS
from simulate.text.spilling.words.later import UNITS, LaterIds


def can_count(ids: LaterIds, n_prefixes: int) -> bool:
    """Whether words are counted sooner by parts than by ids: each prefix of each part takes some time of its own."""
    return ids.met is not None and (n_prefixes + 1) * N_PARTS <= len(ids)


def count_words(ids: LaterIds, stops: Sequence[int], sums: Sums) -> None:
    """Add the words to `sums`, which has no blocks; prefixes end before `stops`, ascending."""
    ends = _count_met(ids, [*stops, len(ids)], sums)
    for part, (found, size) in enumerate(ids.numbered()):
        often, before = np.zeros(size, np.uint32), np.zeros(len(sums.edges), np.int64)
        words = found[0] if len(found) == 1 else np.concatenate([np.empty(0, np.uint32), *found])
        _count(words, ends[part], often, sums.edges, sums.unique, sums.spectrum, before)
        if sums.often is not None:
            sums.often.take(often.astype(np.int64))


def _count_met(ids: LaterIds, stops: Sequence[int], sums: Sums) -> np.ndarray:
    """Add the words that have ids; returns where each prefix ends among the words of each part, (part, prefix)."""
    assert ids.met is not None
    # Parts are counted as words are, so that no processor has to guess which is which.
    often = np.zeros(N_PARTS + ids.n_known, np.uint32)
    parts, known = often[:N_PARTS][::-1], often[N_PARTS:]
    ends, first, before = np.empty((N_PARTS, len(stops)), np.int64), 0, np.zeros(len(sums.edges), np.int64)
    for point, stop in enumerate(stops):
        while first < stop:
            last = min(first + UNITS, stop)
            _tally(ids.met[first:last], N_PARTS, often)
            first = last
        ends[:, point] = parts
        here = known[known > 0]
        bins = np.bincount(np.searchsorted(sums.edges, here, side="right") - 1, minlength=len(sums.edges))
        sums.unique[point] += len(here) - before.sum()
        sums.spectrum[point] += bins - before
        before = bins
    if sums.often is not None:
        sums.often.take(known[known > 0].astype(np.int64))
    return ends


@bare
def _tally(units: Any, shift: int, often: Any) -> None:
    """Count units by how far they are above ``-shift``."""
    for i in range(len(units)):
        often[np.int64(units[i]) + shift] += np.uint32(1)


@bare
def _count(words: Any, ends: Any, often: Any, edges: Any, unique: Any, spectrum: Any, before: Any) -> None:
    """Count words that are numbered by when they were first met; those of each prefix end before one of the `ends`.

    `often` takes how often each occurs; `before` is empty.
    """
    begin, met = np.int64(0), np.int64(0)
    for point in range(len(ends)):
        known = met
        for i in range(begin, ends[point]):
            often[words[i]] += np.uint32(1)
            met = max(met, np.int64(words[i]) + 1)
        begin = ends[point]
        unique[point] += met - known
        for row in range(len(before)):
            spectrum[point, row] -= before[row]
            before[row] = 0
        for word in range(met):
            before[bin_of(np.int64(often[word]), edges)] += 1
        for row in range(len(before)):
            spectrum[point, row] += before[row]
