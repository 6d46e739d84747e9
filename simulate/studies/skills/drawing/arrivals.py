"""Skills by the times at which their members arrive: a cost that does not depend on D.

Where the number of draws is Poisson, members arrive independently: one of probability p has had its k exposures at a
gamma time of shape k over p. So the time of a skill is an order statistic that is drawn by itself.

| members   | time at which the quorum is complete                                                      | cost |
|-----------|-------------------------------------------------------------------------------------------|------|
| all alike | G_k(B)/p, B ~ Beta(a, m-a+1), G_k the quantile function of a gamma law; k = 1: -ln(1-B)/p | 1    |
| others    | the a-th smallest of m gamma numbers over p_i                                             | m    |
| of a text | in random order: the a-th smallest of m numbers T·Beta(k, c_i-k+1), T windows in all      | m    |

Times are means of Poisson numbers of draws: a corpus of exactly T draws differs where a skill takes up much of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from bounds.skills.skill_thresholds import exposure_mean
from simulate.drawing.compiled import compiled
from simulate.drawing.stream import Stream
from simulate.engines.choice import cell_of
from simulate.engines.variates import STATE_SIZE, beta, gamma, start, uniform
from simulate.studies.skills.drawing.groups import Groups
from simulate.studies.skills.drawing.stores import complete, rank_steps, skills_by_rank, skills_by_threshold

__all__ = ["ArrivalDrawer", "ShuffleDrawer"]


@dataclass(frozen=True)
class ArrivalDrawer:
    """The corpora of a plan, by the arrival times of their members."""

    groups: Groups

    def draw(self, first: int, replicates: int) -> dict[str, np.ndarray]:
        """What is measured on the corpora `first` to ``first + replicates - 1``; replicates are the last axis."""
        found = [self._one(replicate) for replicate in range(first, first + replicates)]
        return {name: np.stack([one[name] for one in found], axis=-1) for name in found[0]}

    def _one(self, replicate: int) -> dict[str, np.ndarray]:
        plan = self.groups.plan
        steps = np.zeros((len(plan.n_stored), len(plan.n_draws) + 1), np.int64)
        state = _state(plan.seed, plan.name, replicate)
        found: dict[str, np.ndarray] = {}
        if plan.kind == "masses":
            thresholds = self._alike(state, replicate, steps)
        else:
            times, ranks = self._members(state, replicate)
            thresholds = complete(times, plan.quorum)
            self._count(times, ranks, steps)
            if plan.kind == "frequency":
                found["stored_threshold_rank"] = complete(ranks, plan.quorum)
        sizes = np.array(plan.n_draws, float)
        counted = {"skills": skills_by_threshold(thresholds, sizes), "skills_by_rank": skills_by_rank(steps)}
        return {"draws_threshold": thresholds} | found | counted

    def _alike(self, state: np.ndarray, replicate: int, steps: np.ndarray) -> np.ndarray:
        """Times of all skills; those that a size of the store cuts have their members drawn one by one."""
        plan, p = self.groups.plan, self.groups.probabilities[:, 0]
        x, rest = _betas(state, plan.n_skills, float(plan.quorum), float(plan.members - plan.quorum + 1))
        thresholds = np.asarray(exposure_mean(plan.exposures, x, rest) / p)
        if len(self._cut):
            own = _state(plan.seed, plan.name, replicate, attempt=1)
            times = _arrival_times(own, np.repeat(p[self._cut, None], plan.members, axis=1), float(plan.exposures))
            thresholds[self._cut] = complete(times, plan.quorum)
            self._count(times, self.groups.ranks[self._cut].astype(float), steps)
        store, skill = self._whole
        corpus = np.searchsorted(np.array(plan.n_draws, float), thresholds[skill])
        width = steps.shape[1]
        steps += np.bincount(store * width + corpus, minlength=steps.size).reshape(steps.shape)
        return thresholds

    def _members(self, state: np.ndarray, replicate: int) -> tuple[np.ndarray, np.ndarray]:
        """Arrival times and ranks of all members, ranks ascending in each skill."""
        groups, plan = self.groups, self.groups.plan
        if plan.kind == "windows":
            return _arrival_times(state, groups.probabilities, float(plan.exposures)), groups.ranks.astype(float)
        assert groups.base is not None
        # A sequence that is a member twice arrives once.
        keys, place = np.unique(groups.drawn_members(replicate), return_inverse=True)
        times = _arrival_times(state, groups.base.probabilities(keys)[None, :], float(plan.exposures))[0]
        place = place.reshape(plan.n_skills, plan.members)
        return times[place], groups.key_ranks(keys)[place]

    def _count(self, times: np.ndarray, ranks: np.ndarray, steps: np.ndarray) -> None:
        plan = self.groups.plan
        sizes = np.array(plan.n_stored, np.int64)
        rank_steps(times, ranks, plan.quorum, sizes, np.array(plan.n_draws, float), steps)

    @cached_property
    def _cut(self) -> np.ndarray:
        """Skills with their quorum but not all of their members in some store."""
        plan = self.groups.plan
        sizes = np.array(plan.n_stored, np.int64)
        skill, inside = np.divmod(sizes, plan.members)
        return np.unique(skill[(inside >= plan.quorum) & (skill < plan.n_skills)])

    @cached_property
    def _whole(self) -> tuple[np.ndarray, np.ndarray]:
        """The first store that holds all of a skill, and the skill, for those that are in one and are never cut."""
        plan = self.groups.plan
        sizes = np.array(plan.n_stored, np.int64)
        store = np.searchsorted(sizes, self.groups.ranks[:, -1])
        skill = np.setdiff1d(np.flatnonzero(store < len(sizes)), self._cut)
        return store[skill], skill


@dataclass(frozen=True)
class ShuffleDrawer:
    """The windows of a text in random order: what its skills would do if the order meant nothing."""

    groups: Groups

    def draw(self, first: int, replicates: int) -> dict[str, np.ndarray]:
        """Thresholds and numbers of skills in the orders `first` to ``first + replicates - 1``, on the last axis."""
        groups, plan = self.groups, self.groups.plan
        counts = groups.text_counts[groups.ranks - 1].astype(float)
        assert groups.text is not None
        thresholds, skills = [], []
        for replicate in range(first, first + replicates):
            state = _state(plan.seed, plan.name, replicate)
            times = _text_times(state, counts, float(plan.exposures)) * groups.text.n_draws
            thresholds.append(complete(times, plan.quorum))
            skills.append(skills_by_threshold(thresholds[-1], np.array(plan.n_draws, float)))
        return {"draws_threshold": np.stack(thresholds, axis=-1), "skills": np.stack(skills, axis=-1)}


def _state(seed: int, name: str, replicate: int, attempt: int = 0) -> np.ndarray:
    state = np.empty(STATE_SIZE, np.uint64)
    stream = Stream(seed, "skills", cell_of(f"times {name}"), replicate)
    start(state, np.uint64(seed), np.uint64(stream.high + attempt))
    return state


@compiled
def _betas(state, n, a, b):
    """`n` beta numbers and their complements."""
    x, rest = np.empty(n), np.empty(n)
    for i in range(n):
        x[i], rest[i] = beta(state, a, b)
    return x, rest


@compiled
def _arrival_times(state, probabilities, exposures):
    """The time of the last of `exposures` arrivals of each member; infinite where its probability is 0."""
    times = np.empty(probabilities.shape)
    for i in range(times.shape[0]):
        for j in range(times.shape[1]):
            wait = -np.log(uniform(state)) if exposures == 1.0 else gamma(state, exposures)
            times[i, j] = wait / probabilities[i, j] if probabilities[i, j] > 0.0 else np.inf
    return times


@compiled
def _text_times(state, counts, exposures):
    """The part of the text before each member has had its exposures; infinite where the text has fewer of them."""
    times = np.full(counts.shape, np.inf)
    for i in range(times.shape[0]):
        for j in range(times.shape[1]):
            if counts[i, j] >= exposures:
                times[i, j] = beta(state, exposures, counts[i, j] - exposures + 1.0)[0]
    return times
