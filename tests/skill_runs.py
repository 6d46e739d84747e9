"""Skills by hand: the slow and obvious way to measure one corpus, from its keys alone."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np

from simulate.studies.skills.drawing.groups import Groups, lay_out
from simulate.studies.skills.plan import SkillPlan

INF = math.inf


def groups_of(**plan) -> Groups:
    """The groups of a plan; sizes of the store are those given, or a few."""
    made = SkillPlan(**{"n_stored": (1, 2, 3, 5, 8, 13, 40, 100), **plan})
    groups = lay_out(made)
    return groups if made.n_draws else Groups(replace(groups.plan, n_draws=(50, 400)), groups.base, groups.text)


def member_keys(groups: Groups, replicate: int) -> list[list[int]]:
    """Keys of the members of each skill, for the sources of these tests."""
    plan = groups.plan
    if plan.kind == "frequency":
        return groups.drawn_members(replicate).tolist()
    if plan.is_text:
        drawn = groups.order(0).keys(0, groups.text.n_draws).tolist()
        order = [by_appearance(drawn)[i] for i in groups.text_ids]
        counts = Counter(drawn)
        assert sorted(order) == sorted(counts)
        assert all(counts[a] >= counts[b] for a, b in itertools.pairwise(order))
        return [order[start - 1 : start - 1 + plan.members] for start in plan.starts]
    # Keys of a uniform, a finite Zipf or a mass source are ranks from 0.
    return (groups.ranks - 1).tolist()


def by_appearance(drawn: list[int]) -> list[int]:
    """Keys in the order of first appearance."""
    return list(dict.fromkeys(drawn))


def by_frequency(drawn: list[int]) -> list[int]:
    """Keys, the most frequent first, the earlier first among equals."""
    first = {key: -i for i, key in reversed(list(enumerate(drawn)))}
    counts = Counter(drawn)
    return sorted(counts, key=lambda key: (counts[key], first[key]), reverse=True)


def measured_by_hand(drawn: list[int], members: list[list[int]], plan: SkillPlan, *, peek: bool = False) -> dict:
    """What a corpus gives, as `Corpus.measured`; with `peek` a store of what was seen that knows the ranks."""
    exposed: dict[int, float] = {}
    counts: Counter[int] = Counter()
    for i, key in enumerate(drawn, 1):
        counts[key] += 1
        if counts[key] == plan.exposures:
            exposed[key] = i
    a = plan.quorum
    thresholds = [sorted(exposed.get(key, INF) for key in skill)[a - 1] for skill in members]
    seen, n_unique, skills = [], [], []
    for n_draws in plan.n_draws:
        now = Counter(drawn[:n_draws])
        order = sorted(now) if peek else by_frequency(drawn[:n_draws])
        place = {key: i for i, key in enumerate(order, 1) if now[key] >= plan.exposures}
        smallest = [sorted(place.get(key, INF) for key in skill)[a - 1] for skill in members]
        seen.append([sum(s <= n for s in smallest) for n in plan.n_stored])
        n_unique.append(len(now))
        skills.append(sum(t <= n_draws for t in thresholds))
    return {
        "draws_threshold": thresholds, "stored_threshold_seen": smallest, "n_unique": n_unique, "skills": skills,
        "skills_by_seen": np.transpose(seen).tolist(),
    }  # fmt: skip


def by_rank_by_hand(times: np.ndarray, ranks: np.ndarray, plan: SkillPlan) -> np.ndarray:
    """Skills in a store by rank, shape (store, draws), from arrival times and ranks of shape (skill, member)."""
    found = np.zeros((len(plan.n_stored), len(plan.n_draws)), int)
    for s, n in enumerate(plan.n_stored):
        for d, D in enumerate(plan.n_draws):
            found[s, d] = np.sum(((ranks <= n) & (times <= D)).sum(axis=1) >= plan.quorum)
    return found


def enumerated(p: list[float], n_draws: int, members: list[list[int]], plan: SkillPlan, **options) -> dict:
    """Expectations over all sequences of `n_draws` draws of types with probabilities `p`: S(D), S(n, D) and U(D)."""
    total: dict[str, Any] = {"skills": 0.0, "n_unique": 0.0, "skills_by_seen": np.zeros(len(plan.n_stored))}
    for drawn in itertools.product(range(len(p)), repeat=n_draws):
        chance = math.prod(p[key] for key in drawn)
        found = measured_by_hand(list(drawn), members, replace(plan, n_draws=(n_draws,)), **options)
        for name in total:
            total[name] = total[name] + chance * np.array(found[name])[..., 0]
    return total
