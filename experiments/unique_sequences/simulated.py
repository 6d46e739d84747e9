"""What the simulation says of the paper's steps: exponents that learners leave, sizes of stores, skills that emerge.

Small on purpose: a few seconds of what ``python -m simulate learners`` and ``python -m simulate skills`` do at length.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np

import simulate
from bounds.efficiency.band import growth_factor
from simulate.studies.learners.rows import rows, size_rows
from simulate.studies.skills.rows import growth

GRID = "1e3:1e5:7"
REPLICATES = 32
SOURCE = "zipf:1.724"
"""Its distinct sequences grow as D^0.58."""
TOLERANCES = ("0", "10%")
N_SKILLS, SKILL_SIZES, STORES = 300, (1e4, 3e4, 1e5, 3e5), "100:1e5:25"
SKILL_REPLICATES = 32


@dataclass(frozen=True)
class Skills:
    """Skills in stores of growing size, in corpora of `n_draws`: means over the corpora by sequences stored.

    `factor` is how many times the corpus for twice the skills, with an interval, where skills grow as D^`exponent`.
    `gains_below` says whether in every corpus the smallest store has fewer skills than one of U(D) sequences,
    `gains_above` whether any store of U(D) or more has other skills than one without a limit. From `idle_from` to
    `idle_to` sequences, below U(D), the first corpus gains none.
    """

    n_draws: int
    n_unique: float
    stored: tuple[int, ...]
    skills: tuple[float, ...]
    unlimited: float
    gains_below: bool
    gains_above: bool
    idle_from: int | None
    idle_to: int | None
    exponent: float
    factor: float
    factor_lower: float
    factor_upper: float


@dataclass(frozen=True)
class Simulated:
    """`points` (γ, β) of learners, as `simulate.studies.learners.rows.rows` has them; sizes of stores; skills."""

    points: list[dict[str, Any]]
    sizes: list[dict[str, Any]]
    skills: Skills

    @property
    def meet_the_band(self) -> bool:
        """Whether every point meets 1 - 2β ≤ γ ≤ 1 - β within both intervals."""
        return all(one["place"] not in (None, "above", "below") for one in self.points)


def simulated(*, seed: int = 0, replicates: int = REPLICATES) -> Simulated:
    """Draw everything, from one seed."""
    learners = simulate.measure_learners(n_draws=GRID, replicates=replicates, seed=seed)
    stores = simulate.measure_learners(
        learners=["store"], sources=[SOURCE], tolerances=TOLERANCES, n_draws=GRID, replicates=replicates, seed=seed
    )
    return Simulated(rows(learners), size_rows(stores), _skills(seed))


def _skills(seed: int) -> Skills:
    found = simulate.simulate_skills(
        n_skills=N_SKILLS, n_draws=SKILL_SIZES, n_stored=STORES, replicates=SKILL_REPLICATES, seed=seed
    )
    last = found.isel(n_draws=-1)
    stored, unique = last.n_stored.values, last.n_unique.values
    by_seen = last.skills_by_seen.transpose("n_stored", "replicate").values
    unlimited = last.skills.values
    above = stored[:, None] >= unique[None, :]
    grown = growth(found)
    if grown is None:
        raise ValueError("skills grow over too few corpus sizes for an exponent")
    example = json.loads(found.attrs.get("example", "{}"))
    ends = [float(growth_factor(gamma)) for gamma in (grown.exponent, grown.upper, grown.lower)]
    return Skills(
        int(last.n_draws), float(unique.mean()), tuple(map(int, stored)),
        tuple(map(float, by_seen.mean(axis=1))), float(unlimited.mean()),
        gains_below=bool(np.all(by_seen[0] < unlimited)),
        gains_above=bool(np.any((by_seen != unlimited[None, :]) & above)),
        idle_from=example.get("idle_from"), idle_to=example.get("idle_to"),
        exponent=grown.exponent, factor=ends[0], factor_lower=ends[1], factor_upper=ends[2],
    )  # fmt: skip
