"""What replicates say of a transition and of growth, with intervals; `simulate.stats` has medians, means and shares.

| of               | estimate                     | 95 % interval                                        |
|------------------|------------------------------|------------------------------------------------------|
| half-width       | half of ln q84/q16           | order statistics of both, 97.5 % each: at least 95 % |
| exponent of S(D) | slope of ln(S + 1/2) in ln D | Student's t of what each replicate moves it by       |

The half in ln(S + 1/2) is that of the limit of `bounds.expected_skills`: S(D) + 1/2 is the power law, for many skills.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import special

from simulate.stats import Estimate, margin_of_error, quantile

__all__ = ["Growth", "growth_exponent", "half_width"]

_UPPER, _LOWER = float(special.ndtr(1.0)), float(special.ndtr(-1.0))

LEAST_SKILLS = 3.0
"""Smallest number of skills at which their growth is fitted; at half of all of them it ends."""


def half_width(values: np.ndarray) -> Estimate:
    """Half of ln q84/q16 along the last axis, NaN where a sixth of the values are infinite."""
    low, high = (quantile(values, at, 0.975) for at in (_LOWER, _UPPER))
    with np.errstate(invalid="ignore", divide="ignore"):
        found = (
            np.log(high.value / low.value) / 2,
            np.maximum(np.log(high.lower / low.upper) / 2, 0.0),
            np.log(high.upper / low.lower) / 2,
        )
    return Estimate(*(np.where(np.isfinite(f) & np.isfinite(found[0]), f, np.nan) for f in found))


class Growth(NamedTuple):
    """Exponent of S(D), its interval, what the same fit makes of the expected numbers, and the sizes fitted."""

    exponent: float
    lower: float
    upper: float
    expected: float
    first: int
    last: int


def growth_exponent(n_draws: np.ndarray, skills: np.ndarray, expected: np.ndarray, n_skills: int) -> Growth | None:
    """The exponent of S(D) over the sizes with 3 skills or more and half of all at most; None with too few sizes.

    `skills` has shape (n_draws, replicate), `expected` those of a formula.
    """
    # By the formula, so that the choice of sizes does not depend on the replicates.
    within = np.flatnonzero((expected >= LEAST_SKILLS) & (expected <= n_skills / 2))
    n = skills.shape[-1]
    if len(within) < 3 or n < 2:
        return None
    x = np.log(n_draws[within])
    weights = (x - x.mean()) / np.sum((x - x.mean()) ** 2)
    raised = skills[within].mean(axis=-1) + 0.5
    moved = weights @ ((skills[within] + 0.5) / raised[:, None] - 1)
    slope = float(weights @ np.log(raised))
    reach = float(margin_of_error(moved))
    sizes = n_draws[within]
    by_formula = float(weights @ np.log(expected[within] + 0.5))
    return Growth(slope, slope - reach, slope + reach, by_formula, int(sizes[0]), int(sizes[-1]))
