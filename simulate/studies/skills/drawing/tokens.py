"""Skills measured draw by draw: every sequence of a corpus is counted, each skill by the draw that completes it.

Exact for exactly D draws; a text is read in its order. The same seed gives the same bits on any number of threads.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulate.corpora.census import Census
from simulate.corpora.order import Order, batches
from simulate.drawing.compiled import compiled
from simulate.studies.skills.drawing.groups import NEVER, Groups
from simulate.studies.skills.drawing.stores import (
    complete,
    places_by_frequency,
    rank_steps,
    skills_by_rank,
    skills_by_threshold,
)

__all__ = ["Corpus", "TokenDrawer"]


@dataclass(frozen=True)
class TokenDrawer:
    """The corpora of a plan, drawn token by token."""

    groups: Groups

    def draw(self, first: int, replicates: int) -> dict[str, np.ndarray]:
        """What is measured on the corpora `first` to ``first + replicates - 1``; replicates are the last axis."""
        found = [Corpus(self.groups, first + i).measured() for i in range(replicates)]
        return {name: np.stack([one[name] for one in found], axis=-1) for name in found[0]}


class Corpus:
    """One corpus that is drawn once, up to the largest size, and stopped at on the way."""

    def __init__(self, groups: Groups, replicate: int) -> None:
        self.groups, self.plan = groups, groups.plan
        self.order: Order = groups.order(replicate)
        self.members = groups.drawn_members(replicate) if self.plan.kind == "frequency" else None
        self.census = Census(self.order)
        self._exposed = np.full(1 << 12, NEVER)
        self._times_seen = np.zeros(1 << 12, np.int64)

    def measured(self) -> dict[str, np.ndarray]:
        """Thresholds of each skill, and numbers of skills and of sequences at each size; see `job`."""
        plan, sizes = self.plan, np.array(self.plan.n_stored, np.int64)
        n_unique, by_seen = [], []
        for n_draws in plan.n_draws:
            self.advance(n_draws)
            smallest = self.smallest_stores()
            n_unique.append(self.census.n_unique)
            by_seen.append(skills_by_threshold(smallest, sizes))
        times, ranks = self.member_draws(), self.member_ranks()
        thresholds = complete(times, plan.quorum)
        steps = np.zeros((len(sizes), len(plan.n_draws) + 1), np.int64)
        rank_steps(times, ranks, plan.quorum, sizes, np.array(plan.n_draws, float), steps)
        return {
            "draws_threshold": thresholds,
            "stored_threshold_rank": complete(ranks, plan.quorum),
            "stored_threshold_seen": np.where(smallest == NEVER, np.inf, smallest),
            "skills": skills_by_threshold(thresholds, np.array(plan.n_draws, float)),
            "n_unique": np.array(n_unique),
            "skills_by_rank": skills_by_rank(steps),
            "skills_by_seen": np.stack(by_seen, axis=1),
        }

    def advance(self, n_draws: int) -> None:
        """Draw on, up to `n_draws`."""
        if self.plan.exposures == 1:
            self.census.advance(n_draws)
            return
        for begin, keys in batches(self.order, self.census.n_draws, n_draws):
            numbers = self.census.count(keys, begin)
            room = self.census.n_unique - len(self._exposed)
            if room > 0:
                room = max(room, len(self._exposed))
                self._exposed = np.append(self._exposed, np.full(room, NEVER))
                self._times_seen = np.append(self._times_seen, np.zeros(room, np.int64))
            _expose(numbers, begin, self.plan.exposures, self._times_seen, self._exposed)

    def member_draws(self) -> np.ndarray:
        """The draw, from 1, with which each member has had its exposures; infinite where it has not."""
        ids = self.groups.ids(self.census, self.members)
        drawn = self.census.first if self.plan.exposures == 1 else self._exposed
        at = drawn[np.maximum(ids, 0)]
        return np.where((ids < 0) | (at == NEVER), np.inf, at + 1.0)

    def member_ranks(self) -> np.ndarray:
        """Rank of each member, ascending in each skill; infinite above 2^62."""
        if self.members is None:
            return self.groups.ranks.astype(float)
        return self.groups.key_ranks(self.members)

    def smallest_stores(self) -> np.ndarray:
        """Places of the smallest store of what was seen that has each skill, `NEVER` where none has."""
        if not self.census.n_unique:
            return np.full(self.plan.n_skills, NEVER)
        ids = self.groups.ids(self.census, self.members)
        places = places_by_frequency(self.census.counts)
        known = (ids >= 0) & (self.census.counts[np.maximum(ids, 0)] >= self.plan.exposures)
        return complete(np.where(known, places[np.maximum(ids, 0)], NEVER), self.plan.quorum)


@compiled
def _expose(numbers, begin, exposures, times_seen, exposed):
    for i in range(len(numbers)):
        number = numbers[i]
        times_seen[number] += 1
        if times_seen[number] == exposures:
            exposed[number] = begin + i
