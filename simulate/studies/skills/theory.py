"""What the formulas of `bounds` say about the skills of a plan, beside what was measured, each with its label.

| variable                   | dimensions        | formula                                                             |
|----------------------------|-------------------|---------------------------------------------------------------------|
| `draws_threshold_formula`  | skill             | `draws_threshold`, `…_unequal` or `…_frequency`, by kind            |
| `draws_half_width_formula` | skill             | half the distance in ln D between the chances Φ(-1) and Φ(1)        |
| `stored_threshold_formula` | skill             | `stored_threshold`; rank of the a-th member where ranks are fixed   |
| `skills_formula`           | n_draws           | expected number of skills S(D)                                      |
| `skills_variance_formula`  | n_draws           | Σ P(1-P), its variance where skills are independent                 |
| `n_unique_formula`         | n_draws           | E U(D), not of a text                                               |
| `skills_by_rank_formula`   | n_stored, n_draws | the same in a store by rank, for skills with masses of their own    |

Where there are many skills whose members differ, thresholds are computed for some of them and NaN for the others.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from scipy import special

from bounds.counts.unique import expected_unique, missing_mass
from bounds.skills import skill_thresholds as thresholds
from bounds.skills.emergence import FORMULAS, emergence_probability, emergence_probability_unequal
from bounds.skills.skill_counts import expected_skills
from simulate.studies.skills.drawing.groups import Groups
from simulate.studies.skills.plan import SkillPlan

__all__ = ["add_theory", "emergence", "expected_sequences", "label_of", "shown_skills", "threshold_formula"]

_LABELS = {formula.name: formula.label for formula in FORMULAS}
_LABELS["draws_threshold_unequal"] = _LABELS["emergence_probability_unequal"]  # whose median it is
_SIGMA = float(special.ndtr(-1.0))
MOST_UNEQUAL = 256
"""Skills with members of their own probabilities for which thresholds are computed: some seconds."""


def label_of(formula: str) -> str:
    """The label of a formula of skills."""
    return _LABELS[formula]


def threshold_formula(kind: str) -> str:
    """The formula that gives the threshold in data of skills of this kind."""
    return {"masses": "draws_threshold", "windows": "draws_threshold_unequal"}.get(kind, "draws_threshold_frequency")


def add_theory(dataset: xr.Dataset, groups: Groups, *, poisson: bool) -> xr.Dataset:
    """`dataset` with the formulas of its skills; `poisson` says that the number of draws was."""
    plan = groups.plan
    threshold, width = _thresholds(groups, poisson)
    found: dict[str, Any] = {
        "draws_threshold_formula": ("skill", threshold),
        "draws_half_width_formula": ("skill", width),
        "stored_threshold_formula": ("skill", _stored(groups)),
    }
    if groups.text is None:
        found["n_unique_formula"] = ("n_draws", expected_sequences(plan, plan.n_draws))
    else:  # which no law tells
        found["member_probability"] = (("skill", "member"), groups.probabilities)
    expected = _expected(groups)
    if expected is not None:
        found["skills_formula"], found["skills_variance_formula"] = (("n_draws", values) for values in expected)
    if plan.kind == "masses" and plan.exposures == 1:
        sizes = np.meshgrid(np.array(plan.n_stored, float), np.array(plan.n_draws, float), indexing="ij")
        found["skills_by_rank_formula"] = (("n_stored", "n_draws"), expected_skills(
            sizes[1], n_stored=sizes[0], **_masses(plan)
        ))  # fmt: skip
    return dataset.assign(found)


def expected_sequences(plan: SkillPlan, n_draws: Any) -> np.ndarray:
    """E U(D) of a plan with a law; with masses of their own, skills of one member that share the draws of m."""
    sizes = np.asarray(n_draws, float)
    if plan.kind != "masses":
        assert plan.law is not None
        return np.asarray(expected_unique(plan.law, np.asarray(n_draws)))
    ones = _masses(plan) | {"members": 1, "quorum": 1}
    return np.asarray(plan.members * expected_skills(sizes / plan.members, **ones))


def emergence(plan: SkillPlan, probabilities: np.ndarray, n_draws: Any) -> np.ndarray | None:
    """Chance that a skill is there after Poisson numbers of draws; None where no formula tells.

    `probabilities` are those of its members in one draw, of one of them where all are alike; of members drawn by
    frequency none is needed.
    """
    a, k, D = plan.quorum, plan.exposures, np.asarray(n_draws, float)
    if plan.kind == "frequency":
        if k > 1:
            return None
        assert plan.law is not None
        seen = 1 - missing_mass(plan.law, np.round(D))
        return np.asarray(emergence_probability(seen, members=plan.members, quorum=a))
    p = np.asarray(probabilities)
    if plan.kind == "masses":
        return np.asarray(emergence_probability(special.gammainc(k, D * p[0]), members=plan.members, quorum=a))
    return np.asarray(emergence_probability_unequal(D, p, quorum=a, exposures=k))


def shown_skills(n_skills: int, most: int) -> np.ndarray:
    """Indices of at most `most` skills, the first and the last among them, evenly spaced in the logarithm."""
    if n_skills <= most:
        return np.arange(n_skills)
    spaced = np.unique(np.round(np.geomspace(1, n_skills, most)).astype(int)) - 1
    # Where they coincide at the start, the next ones stand in.
    rest = np.setdiff1d(np.arange(n_skills), spaced)[: most - len(spaced)]
    return np.sort(np.append(spaced, rest))


def _thresholds(groups: Groups, poisson: bool) -> tuple[np.ndarray, np.ndarray]:
    """D* and half-width of each skill; NaN where there is no formula or too many skills."""
    plan = groups.plan
    m, a, k = plan.members, plan.quorum, plan.exposures
    if plan.kind == "masses":
        p = groups.probabilities[:, 0]
        width = float(thresholds.draws_half_width(members=m, quorum=a, exposures=k))
        found = thresholds.draws_threshold(p, members=m, quorum=a, exposures=k, poisson=poisson or k > 1)
        return np.asarray(found), np.full(plan.n_skills, width)
    centre, low, high = np.full((3, plan.n_skills), np.nan)
    levels = (0.5, _SIGMA, 1 - _SIGMA)
    if plan.kind == "frequency":
        if k == 1:
            for values, level in zip((centre, low, high), levels, strict=True):
                values[:] = thresholds.draws_threshold_frequency(plan.source, members=m, quorum=a, level=level)
    else:
        for j in shown_skills(plan.n_skills, MOST_UNEQUAL):
            for values, level in zip((centre, low, high), levels, strict=True):
                values[j] = thresholds.draws_threshold_unequal(
                    groups.probabilities[j], quorum=a, exposures=k, level=level
                )
    return centre, np.log(high / low) / 2


def _stored(groups: Groups) -> np.ndarray:
    plan = groups.plan
    if plan.kind != "frequency":
        return groups.ranks[:, plan.quorum - 1].astype(float)
    assert plan.law is not None
    one = thresholds.stored_threshold(plan.law, members=plan.members, quorum=plan.quorum)
    return np.full(plan.n_skills, float(one))


def _masses(plan: SkillPlan) -> dict[str, Any]:
    return {
        "exponent": plan.exponent, "n_skills": plan.n_skills, "members": plan.members, "quorum": plan.quorum,
    }  # fmt: skip


def _expected(groups: Groups) -> tuple[np.ndarray, np.ndarray] | None:
    """Mean and variance of the number of skills at each corpus size; None where no formula tells, or at great cost."""
    plan, sizes = groups.plan, np.array(groups.plan.n_draws, float)
    if plan.kind == "windows" and plan.n_skills > MOST_UNEQUAL:
        return None
    if plan.kind == "frequency":
        one = emergence(plan, np.empty(0), sizes)
        return None if one is None else (plan.n_skills * one, plan.n_skills * one * (1 - one))
    if plan.kind == "masses":
        p = groups.probabilities
        F = special.gammainc(plan.exposures, sizes * p)
        chances = emergence_probability(F, members=plan.members, quorum=plan.quorum)
    else:
        chances = np.array([emergence(plan, p, sizes) for p in groups.probabilities])
    mean = chances.sum(axis=0)
    if plan.kind == "masses" and plan.exposures == 1:
        mean = np.asarray(expected_skills(sizes, **_masses(plan)))
    return mean, np.sum(chances * (1 - chances), axis=0)
