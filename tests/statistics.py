"""Statistical checks with one false-alarm budget for the whole suite.

Each statistical assertion takes a share of `BUDGET` through `limit`: over all of them together, a correct program
fails with probability below the budget. `N_CHECKS` is an upper bound on their number, and a test holds it.
"""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
from scipy.stats import chi2

BUDGET = 1e-4
N_CHECKS = 400
SHARE = BUDGET / N_CHECKS
LIMIT = NormalDist().inv_cdf(1 - SHARE / 2)
"""Largest |z| of one check: 5.16 for 400 checks."""

checked: list[str] = []


def check(name: str, z: float) -> bool:
    """Whether one statistical assertion holds; counts it against the budget."""
    checked.append(name)
    assert math.isfinite(z), f"{name}: z is {z}"
    return abs(z) <= LIMIT


def z_of_mean(values: np.ndarray, expected: float, deviation: float) -> float:
    """The mean of independent `values` against its expectation, in standard errors."""
    if deviation == 0:
        return 0.0 if np.all(values == expected) else math.copysign(1e9, values.mean() - expected)
    return float((values.mean() - expected) / (deviation / math.sqrt(len(values))))


def z_of_variance(values: np.ndarray, variance: float) -> float:
    """The sample variance against `variance`, in standard errors estimated from the fourth moment of the sample.

    The fourth moment is that of a normal law at least, so that a sample without spread does not pass by itself.
    """
    n, centred = len(values), values - values.mean()
    kurtosis = max(float(np.mean(centred**4)) / max(float(np.mean(centred**2)) ** 2, 1e-300), 3.0)
    error = variance * math.sqrt((kurtosis - (n - 3) / (n - 1)) / n)
    return float((values.var(ddof=1) - variance) / error)


def z_of_chi_square(statistic: float, dof: int) -> float:
    """A chi-square statistic as the normal quantile of the same upper tail."""
    tail = float(chi2.sf(statistic, dof))
    return NormalDist().inv_cdf(1 - max(tail, 1e-15))
