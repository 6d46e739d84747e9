"""Slopes on logarithmic axes with intervals, and where a learner's point (γ, β) lies in the band 1 - 2β ≤ γ ≤ 1 - β.

The sizes of one replicate are prefixes of one corpus: their losses are dependent. The interval of a slope therefore
looks at replicates alone, which are independent: each has an influence on the slope of the logarithm of the mean, and
their spread gives Student's interval. It holds whatever the dependence between sizes is; replicates must be several.

| letter  | meaning                                              | unit |
|---------|------------------------------------------------------|------|
| D       | corpus size                                          | draws |
| γ       | exponent of distinct sequences, U ~ D^γ              | 1    |
| β       | exponent of the excess loss, ε ~ D^-β                | 1    |
| w_j     | weights of least squares: the slope is Σ w_j ln ε_j  | 1    |
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy.special import stdtrit


class Slope(NamedTuple):
    """A slope on logarithmic axes with its 95 % interval, NaN where there are too few replicates."""

    value: float
    lower: float
    upper: float


NO_SLOPE = Slope(math.nan, math.nan, math.nan)


def log_slope(n_draws: np.ndarray, values: np.ndarray, confidence: float = 0.95) -> Slope:
    """Least-squares slope of ln of the mean of `values`, shape (size, replicate), on ln D, with Student's interval.

    A replicate r has the influence Σ_j w_j (ε_jr/ε_j - 1); their variance over their number is that of the slope to
    first order. Sizes where anything is NaN are left out; where a mean is 0 there is no slope.
    """
    kept = np.isfinite(values).all(axis=1)
    x, y = np.log(np.asarray(n_draws, float)[kept]), np.asarray(values, float)[kept]
    if len(x) < 2 or not (y.mean(axis=1) > 0).all():
        return NO_SLOPE
    weight = (x - x.mean()) / np.sum((x - x.mean()) ** 2)
    mean = y.mean(axis=1)
    slope, n = float(weight @ np.log(mean)), y.shape[1]
    if n < 2:
        return Slope(slope, math.nan, math.nan)
    influence = weight @ (y / mean[:, None])
    half = float(stdtrit(n - 1, (1 + confidence) / 2)) * float(influence.std(ddof=1)) / math.sqrt(n)
    return Slope(slope, slope - half, slope + half)


INSIDE, UPPER_END, LOWER_END, ABOVE, BELOW = "inside", "at the upper end", "at the lower end", "above", "below"
UNDECIDED = "undecided"


def place(gamma: Slope, beta: Slope) -> str:
    """Where the rectangle of both intervals lies against the band 1 - 2β ≤ γ ≤ 1 - β; empty without both.

    ``at the upper end`` where it meets the line γ = 1 - β, ``at the lower end`` where it meets γ = 1 - 2β;
    ``undecided`` where it meets both, so that the intervals are too wide to say.
    """
    g_low, g_high, b_low, b_high = gamma.lower, gamma.upper, beta.lower, beta.upper
    if not all(map(math.isfinite, (g_low, g_high, b_low, b_high))):
        return ""
    if g_low > 1 - b_low:
        return ABOVE
    if g_high < 1 - 2 * b_high:
        return BELOW
    upper, lower = g_high >= 1 - b_high, g_low <= 1 - 2 * b_low
    if upper and lower:
        return UNDECIDED
    return UPPER_END if upper else LOWER_END if lower else INSIDE
