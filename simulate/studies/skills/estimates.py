"""What replicates say, with intervals: medians, widths of a transition, means, chances and the exponent of S(D).

| of                    | estimate                     | 95 % interval                                        |
|-----------------------|------------------------------|------------------------------------------------------|
| threshold             | median of the replicates     | two of their order statistics: no law is assumed     |
| half-width            | half of ln q84/q16           | order statistics of both, 97.5 % each: at least 95 % |
| mean number of skills | mean                         | Student's t                                          |
| chance of a skill     | part of the replicates       | Wilson's                                             |
| exponent of S(D)      | slope of ln(S + 1/2) in ln D | Student's t of what each replicate moves it by       |

The half in ln(S + 1/2) is that of the limit of `bounds.expected_skills`: S(D) + 1/2 is the power law, for many skills.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy import special, stats

__all__ = ["Estimate", "chance", "growth_exponent", "half_width", "mean", "median"]

_NEVER = 1e300
"""Stands for infinity while order statistics are interpolated."""
_UPPER, _LOWER = float(special.ndtr(1.0)), float(special.ndtr(-1.0))

LEAST_SKILLS = 3.0
"""Smallest number of skills at which their growth is fitted; at half of all of them it ends."""


class Estimate(NamedTuple):
    """A value with its interval; NaN where there are too few replicates for one."""

    value: np.ndarray
    lower: np.ndarray
    upper: np.ndarray


def median(values: np.ndarray) -> Estimate:
    """Median along the last axis."""
    return _quantile(values, 0.5, 0.95)


def half_width(values: np.ndarray) -> Estimate:
    """Half of ln q84/q16 along the last axis, NaN where a sixth of the values are infinite."""
    low, high = (_quantile(values, at, 0.975) for at in (_LOWER, _UPPER))
    with np.errstate(invalid="ignore", divide="ignore"):
        found = (
            np.log(high.value / low.value) / 2,
            np.maximum(np.log(high.lower / low.upper) / 2, 0.0),
            np.log(high.upper / low.lower) / 2,
        )
    return Estimate(*(np.where(np.isfinite(f) & np.isfinite(found[0]), f, np.nan) for f in found))


def mean(values: np.ndarray) -> Estimate:
    """Mean along the last axis."""
    centre, n = values.mean(axis=-1), values.shape[-1]
    if n < 2:
        return Estimate(centre, *np.full((2, *centre.shape), np.nan))
    reach = stats.t.ppf(0.975, n - 1) * values.std(axis=-1, ddof=1) / math.sqrt(n)
    return Estimate(centre, centre - reach, centre + reach)


def chance(there: np.ndarray) -> Estimate:
    """Part of the last axis that is true, with Wilson's interval."""
    n, z = there.shape[-1], float(special.ndtri(0.975))
    part = there.mean(axis=-1)
    centre = (part + z * z / (2 * n)) / (1 + z * z / n)
    reach = z / (1 + z * z / n) * np.sqrt(part * (1 - part) / n + z * z / (4 * n * n))
    return Estimate(part, centre - reach, centre + reach)


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
    reach = float(stats.t.ppf(0.975, n - 1) * moved.std(ddof=1) / math.sqrt(n))
    sizes = n_draws[within]
    by_formula = float(weights @ np.log(expected[within] + 0.5))
    return Growth(slope, slope - reach, slope + reach, by_formula, int(sizes[0]), int(sizes[-1]))


def _quantile(values: np.ndarray, level: float, confidence: float) -> Estimate:
    """A quantile along the last axis, with the order statistics that hold it with at least this confidence."""
    n = values.shape[-1]
    ordered = np.minimum(np.sort(values, axis=-1), _NEVER)
    centre = np.quantile(ordered, level, axis=-1, method="median_unbiased")
    # P(exactly i values below the quantile) is binomial: the i-th smallest is below it if i or more are.
    low = int(stats.binom.ppf((1 - confidence) / 2, n, level))
    high = int(stats.binom.ppf((1 + confidence) / 2, n, level)) + 1
    nothing = np.full(centre.shape, np.nan)
    lower = ordered[..., low - 1] if low >= 1 else nothing
    upper = ordered[..., high - 1] if high <= n else nothing
    return Estimate(*(np.where(found > _NEVER / 2, np.inf, found) for found in (centre, lower, upper)))
