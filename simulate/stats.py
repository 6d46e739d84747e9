"""Estimates from replicates, with intervals: mean, share, median, slope on logarithmic axes, and z.

| of             | estimate                        | 95 % interval                                                |
|----------------|---------------------------------|--------------------------------------------------------------|
| mean           | mean                            | Student's t                                                  |
| share          | successes over trials           | Wilson's                                                     |
| quantile       | quantile of the replicates      | two of their order statistics: no law is assumed             |
| slope in ln D  | least squares on ln of the mean | Student's t of what each replicate moves the slope by        |
| z              | mean less what is expected      | none: in standard errors, or the normal deviate of Student's |

The laws are those of `scipy.special`, to the bit those of `scipy.stats`, which takes a second to load.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from scipy.special import bdtr, ndtri, stdtr, stdtrit

__all__ = [
    "NO_SLOPE", "ROUNDING", "Z_LIMIT", "Estimate", "exact_mean", "known", "log_slope", "margin_of_error", "mean",
    "median", "normal_deviate", "quantile", "share", "standard_error", "z",
]  # fmt: skip

Z_LIMIT = 4.0
"""A mean farther from its expectation, in standard errors, is told to the reader."""

ROUNDING = 1e-12
"""Of equal values the spread is rounding alone, less than this part of their mean."""

_ENDLESS = 1e300
"""Stands for infinity while order statistics are interpolated."""


class Estimate(NamedTuple):
    """A value with its 95 % interval, numbers or arrays; NaN where there are too few replicates for one."""

    value: Any
    lower: Any
    upper: Any


NO_SLOPE = Estimate(math.nan, math.nan, math.nan)


def mean(values: np.ndarray, axis: int = -1) -> Estimate:
    """Mean along `axis`, with Student's interval."""
    centre, reach = values.mean(axis=axis), margin_of_error(values, axis)
    return Estimate(centre, centre - reach, centre + reach)


def margin_of_error(values: np.ndarray, axis: int = -1, confidence: float = 0.95) -> Any:
    """Half of Student's interval of the mean along `axis`; NaN for one replicate."""
    n = values.shape[axis]
    if n < 2:
        return np.full(values.mean(axis=axis).shape, np.nan)
    return stdtrit(n - 1, (1 + confidence) / 2) * values.std(axis=axis, ddof=1) / math.sqrt(n)


def share(successes: Any, trials: Any) -> Estimate:
    """Successes over trials, with Wilson's interval; NaN without trials."""
    reach, n = float(ndtri(0.975)), np.where(np.asarray(trials) > 0, trials, np.nan).astype(float)
    part = successes / n
    centre = part + reach * reach / (2 * n)
    half = reach * np.sqrt(part * (1 - part) / n + reach * reach / (4 * n * n))
    return Estimate(part, *((centre + side) / (1 + reach * reach / n) for side in (-half, half)))


def median(values: np.ndarray) -> Estimate:
    """Median along the last axis."""
    return quantile(values, 0.5)


def quantile(values: np.ndarray, level: float, confidence: float = 0.95) -> Estimate:
    """A quantile along the last axis, with the order statistics that hold it with at least this confidence.

    Values may be infinite.
    """
    n = values.shape[-1]
    ordered = np.minimum(np.sort(values, axis=-1), _ENDLESS)
    centre = np.quantile(ordered, level, axis=-1, method="median_unbiased")
    # P(exactly i values below the quantile) is binomial: the i-th smallest is below it if i or more are.
    low = _binomial_quantile((1 - confidence) / 2, n, level)
    high = _binomial_quantile((1 + confidence) / 2, n, level) + 1
    nothing = np.full(centre.shape, np.nan)
    lower = ordered[..., low - 1] if low >= 1 else nothing
    upper = ordered[..., high - 1] if high <= n else nothing
    return Estimate(*(np.where(found > _ENDLESS / 2, np.inf, found) for found in (centre, lower, upper)))


def _binomial_quantile(level: float, trials: int, probability: float) -> int:
    """The smallest number of successes that is not exceeded with a probability of at least `level`."""
    return int(np.searchsorted(bdtr(np.arange(trials + 1), trials, probability), level))


def log_slope(n_draws: np.ndarray, values: np.ndarray, confidence: float = 0.95) -> Estimate:
    """Least-squares slope of ln of the mean of `values`, shape (size, replicate), on ln D, with Student's interval.

    The sizes of one replicate may be prefixes of one corpus and so dependent: the interval looks at replicates alone.
    A replicate r has the influence Σ_j w_j (ε_jr/ε_j - 1); their variance over their number is that of the slope to
    first order. Sizes where anything is NaN are left out; where a mean is 0 there is no slope.
    """
    kept = np.isfinite(values).all(axis=1)
    x, y = np.log(np.asarray(n_draws, float)[kept]), np.asarray(values, float)[kept]
    if len(x) < 2 or not (y.mean(axis=1) > 0).all():
        return NO_SLOPE
    weight = (x - x.mean()) / np.sum((x - x.mean()) ** 2)
    centre = y.mean(axis=1)
    slope, half = float(weight @ np.log(centre)), float(margin_of_error(weight @ (y / centre[:, None]), -1, confidence))
    return Estimate(slope, slope - half, slope + half)


def exact_mean(values: Any) -> float:
    """Mean of the finite ones of `values`, in the same bits in any order; NaN without one."""
    kept = _finite(values)
    return math.fsum(kept) / len(kept) if len(kept) else math.nan


def standard_error(values: Any) -> float:
    """Standard error of the mean of the finite ones of `values`; NaN with fewer than two."""
    kept = _finite(values)
    return float(kept.std(ddof=1)) / math.sqrt(len(kept)) if len(kept) > 1 else math.nan


def z(values: Any, expected: float) -> float:
    """The mean of the finite ones of `values` against `expected` by Student's test, as `normal_deviate`.

    With many replicates that is the difference in standard errors. NaN where they have no spread.
    """
    error, centre = standard_error(values), exact_mean(values)
    if not error > ROUNDING * abs(centre) or not math.isfinite(expected):
        return math.nan
    return normal_deviate((centre - expected) / error, len(_finite(values)) - 1)


def normal_deviate(t: float, freedom: int) -> float:
    """The normal deviate that is exceeded as seldom as Student's `t` with so many degrees of freedom."""
    return math.copysign(-float(ndtri(max(stdtr(freedom, -abs(t)), 1e-300))), t)


def known(value: float) -> float | None:
    """`value` as a plain number; None where it is NaN or infinite, as in JSON."""
    return float(value) if math.isfinite(value) else None


def _finite(values: Any) -> np.ndarray:
    found = np.asarray(values, float)
    return found[np.isfinite(found)]
