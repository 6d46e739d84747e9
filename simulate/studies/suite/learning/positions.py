"""Whether memorised sequences stand in the order of training as positions drawn evenly, without replacement.

Each sequence in the store at the end has a position: that of its first exposure, of its last, or of any one of them,
chosen at random. Where draws are independent, all orders of them are as likely. The store goes by counts, which no
order changes, and which exposure of a sequence is chosen does not look at the order either: the positions of any one
exposure are then n different ones of the D there are, each set of n as likely (exact, whatever the law and n are; ties,
which go to the first seen, are the exception). Sequences in a store of the most frequent were met early: their first
exposures must crowd at the beginning and, seen backwards, their last ones at the end.

| statistic  | is                                                              | under the null hypothesis     |
|------------|-----------------------------------------------------------------|-------------------------------|
| dispersion | Σ (k - m)²/m/(W - 1); k points, m expected, in each of W windows | (D-n)/(D-1) χ²/(W-1), W - 1 degrees |
| ks         | largest distance of the positions from the uniform law, S/n     | S/√(n(D-n)/(D-1)): Kolmogorov's law |

A Poisson process is the limit n ≪ D alone, where `bounds.skills.le_cam_bound` is small: points of a process do not keep
out of each other's places, and the n of a finite corpus do. So the counts vary less, in proportion to 1 - n/D.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from scipy import special

import bounds

N_WINDOWS = 64
"""Windows at most; fewer where there are less than eight points for each."""

MIN_POINTS = 64
"""Eight windows of eight, of points and of positions without one: equal counts are too common with fewer."""


class EvennessTest(NamedTuple):
    """Both statistics with their p-values, and the points in each window; NaN where there is too little to test."""

    dispersion: float
    dispersion_p: float
    ks: float
    ks_p: float
    counts: np.ndarray


def evenness_test(positions: np.ndarray, n_draws: int) -> EvennessTest:
    """Whether the `positions`, different whole numbers below `n_draws`, may be so many of them drawn at random."""
    n = len(positions)
    windows = n_windows(n, n_draws)
    if windows == 0:
        return EvennessTest(np.nan, np.nan, np.nan, np.nan, np.zeros(0, np.int64))
    edges = np.array([i * n_draws // windows for i in range(windows + 1)])
    placed = np.sort(positions)
    counts = np.diff(np.searchsorted(placed, edges))
    expected = n * np.diff(edges) / n_draws
    squares = float(((counts - expected) ** 2 / expected).sum())
    chi2 = squares / expected_dispersion(n, n_draws)
    upper, lower = special.chdtrc(windows - 1, chi2), special.chdtr(windows - 1, chi2)
    # Points among the first i places less those expected there: largest just after a point, or just before one.
    after, share = np.arange(1, n + 1), n / n_draws
    strayed = float(max((after - share * (placed + 1)).max(), (share * placed - (after - 1)).max()))
    ks_p = _kolmogorov(strayed, n, n_draws)
    dispersion_p = float(min(1.0, 2 * min(upper, lower)))
    return EvennessTest(squares / (windows - 1), dispersion_p, strayed / n, ks_p, counts)


def _kolmogorov(strayed: float, n: int, n_draws: int) -> float:
    """P(S ≥ `strayed`), S the largest distance of a bridge of n steps up by 1 - n/D and D - n down by n/D.

    Kolmogorov's law of a Brownian bridge, at a level that is moved by the mean overshoot of the walk over a level, the
    mean of both sides (Siegmund 1979): for n ≪ D the 1/6 of the classical expansion, √n d + 1/(6√n). The values of S
    are multiples of gcd(n, D)/D, and half of one is taken off, as P(S ≥ s) is meant.
    """
    share = n / n_draws
    overshoot = (1 + min(share, 1 - share)) / 6 - math.gcd(n, n_draws) / n_draws / 2
    return float(special.kolmogorov((strayed + overshoot) / math.sqrt(n * expected_dispersion(n, n_draws))))


def expected_dispersion(n_points: Any, n_draws: int) -> Any:
    """Variance over mean of the points in a window, less than 1 as they are drawn without replacement: (D-n)/(D-1)."""
    return (n_draws - n_points) / max(n_draws - 1, 1)


def n_windows(n_points: int, n_draws: int) -> int:
    """Windows for so many points of so many positions; 0 where there is too little to test."""
    if min(n_points, n_draws - n_points) < MIN_POINTS:
        return 0
    spread = round(n_points * (n_draws - n_points) / n_draws)  # the points, where they are few
    return int(min(N_WINDOWS, spread // 8))


def distance_bound(n_points: int, n_draws: int) -> float:
    """Le Cam's bound for one window, each position included with the chance `n_points` / `n_draws` (rigorous, D6)."""
    if n_points < MIN_POINTS or n_draws < N_WINDOWS:
        return float("nan")
    windows = n_windows(n_points, n_draws) or N_WINDOWS
    return bounds.skills.le_cam_bound(np.full(n_draws // windows, n_points / n_draws))
