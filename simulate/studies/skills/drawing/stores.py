"""When a skill is there in a store: a quorum of its members was drawn often enough, and has places.

| letter | meaning                                                        | unit      |
|--------|----------------------------------------------------------------|-----------|
| T      | draw at which a member has had its exposures                   | draws     |
| n      | places of the store                                            | sequences |
| D      | draws of the corpus                                            | draws     |
| a      | quorum                                                         | sequences |

Two stores. By rank, places are kept for the n most probable sequences whether they were drawn or not, as in
`bounds.expected_skills`: it knows the law. Of what was seen, the n most frequent have places, the earlier one first
among equals: it knows the corpus alone, and from n = U(D) on it holds all of it. A store by rank never loses a skill as
D grows; one of what was seen may, when other sequences come to be seen more often.
"""

from __future__ import annotations

import numpy as np

from simulate.drawing.compiled import compiled

__all__ = ["complete", "places_by_frequency", "rank_steps", "skills_by_rank", "skills_by_threshold"]


def complete(values: np.ndarray, quorum: int) -> np.ndarray:
    """The `quorum`-th smallest of each row of `values`: when, or from which store on, the quorum is complete."""
    return np.partition(values, quorum - 1, axis=1)[:, quorum - 1]


def places_by_frequency(counts: np.ndarray) -> np.ndarray:
    """Place, from 1, of each sequence in a store of what was seen: the most frequent first, then the earliest.

    `counts` are in the order of first appearance.
    """
    places = np.empty(len(counts), np.int64)
    places[np.argsort(-counts, kind="stable")] = np.arange(1, len(counts) + 1)
    return places


def skills_by_threshold(thresholds: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """How many of `thresholds` are at most each of `sizes`, which ascend; int64."""
    first = np.searchsorted(sizes, thresholds)
    return np.cumsum(np.bincount(first, minlength=len(sizes) + 1)[: len(sizes)])


def skills_by_rank(steps: np.ndarray) -> np.ndarray:
    """Skills in a store by rank, int64 of shape (store, draws), from the steps that `rank_steps` counted."""
    return np.cumsum(np.cumsum(steps, axis=0), axis=1)[:, :-1]


@compiled
def rank_steps(times, ranks, quorum, n_stored, n_draws, steps):
    """Count in `steps`, of shape (store, draws + 1), from which store and corpus on each skill is there.

    `times` and `ranks` have shape (skill, member), ranks ascending in each. A larger store holds more members, so that
    the quorum is complete at an earlier draw: +1 at the first corpus that is large enough, -1 where it was before.
    """
    n_members = times.shape[1]
    smallest = np.empty(quorum)
    for j in range(len(times)):
        held, i, before = 0, 0, -1
        for s in range(len(n_stored)):
            grown = False
            while i < n_members and ranks[j, i] <= n_stored[s]:
                held = _insert(smallest, held, times[j, i])
                i, grown = i + 1, True
            if not grown or held < quorum:
                continue
            place = np.searchsorted(n_draws, smallest[quorum - 1])
            if place != before:
                steps[s, place] += 1
                if before >= 0:
                    steps[s, before] -= 1
                before = place
            if i == n_members:
                break


@compiled
def _insert(smallest, held, value):
    """Put `value` among the smallest ones, of which `held` are there, ascending; how many are there then."""
    if held == len(smallest):
        if value >= smallest[held - 1]:
            return held
        held -= 1
    at = held
    while at > 0 and smallest[at - 1] > value:
        smallest[at] = smallest[at - 1]
        at -= 1
    smallest[at] = value
    return held + 1
