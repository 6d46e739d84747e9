"""Whether memorised sequences stand in the order of training as the points of a homogeneous Poisson process.

Each sequence in the store at the end has a position: that of its first exposure, of its last, or of any one of them,
chosen at random. Where draws are independent, any one is as likely to be here as there, so that inclusion does not
depend on the order and a Poisson process must fit. Sequences in a store of the most frequent were met early: their
first exposures must crowd at the beginning and, seen backwards, their last ones at the end (`bounds.le_cam_bound`).

| statistic  | is                                                              | under the null hypothesis    |
|------------|-----------------------------------------------------------------|------------------------------|
| dispersion | Σ (k - m)²/m/(W - 1); k points, m expected, in each of W windows | χ²/(W - 1) with W - 1 degrees |
| ks         | largest distance of the positions from the uniform law          | Kolmogorov's law             |

The number of points is given: then a homogeneous process is uniform, and both tests are those of uniformity.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import special

import bounds

N_WINDOWS = 64
"""Windows at most; fewer where there are less than eight points for each."""

MIN_POINTS = 64
"""Eight windows of eight: with fewer, equal counts are too common for a test of too little dispersion."""


class PoissonTest(NamedTuple):
    """Both statistics with their two-sided p-values, and the points in each window; NaN where there are too few."""

    dispersion: float
    dispersion_p: float
    ks: float
    ks_p: float
    counts: np.ndarray


def poisson_test(positions: np.ndarray, n_draws: int) -> PoissonTest:
    """Whether the `positions`, whole numbers below `n_draws`, are those of a homogeneous Poisson process."""
    n = len(positions)
    if n < MIN_POINTS or n_draws < N_WINDOWS:
        return PoissonTest(np.nan, np.nan, np.nan, np.nan, np.zeros(0, np.int64))
    windows = n_windows(n)
    edges = np.array([i * n_draws // windows for i in range(windows + 1)])
    placed = np.sort(positions)
    counts = np.diff(np.searchsorted(placed, edges))
    expected = n * np.diff(edges) / n_draws
    chi2 = float(((counts - expected) ** 2 / expected).sum())
    upper, lower = special.chdtrc(windows - 1, chi2), special.chdtr(windows - 1, chi2)
    at = np.arange(1, n + 1) / n
    distance = float(max((at - placed / n_draws).max(), ((placed + 1) / n_draws - (at - 1 / n)).max()))
    root = np.sqrt(n)
    ks_p = float(special.kolmogorov((root + 0.12 + 0.11 / root) * distance))  # Stephens 1970: good from n = 5 on
    return PoissonTest(chi2 / (windows - 1), float(min(1.0, 2 * min(upper, lower))), distance, ks_p, counts)


def n_windows(n_points: int) -> int:
    """Windows for so many points."""
    return int(min(N_WINDOWS, n_points // 8))


def distance_bound(n_points: int, n_draws: int) -> float:
    """Le Cam's bound for one window, each position included with the chance `n_points` / `n_draws` (rigorous, D6)."""
    if n_points < MIN_POINTS or n_draws < N_WINDOWS:
        return float("nan")
    return bounds.le_cam_bound(np.full(n_draws // n_windows(n_points), n_points / n_draws))
