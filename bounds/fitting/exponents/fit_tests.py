"""Tests of fit of the counts of corpora drawn apart: their means and their spread, which are independent of each other.

Everything here takes checked arrays of floats; the models of the neighbouring modules ask it.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtr, chdtrc, ndtr

Floats = NDArray[np.float64]


def bends(draws: Floats, residual: Floats, error: Floats, slopes: Floats, size: Floats) -> Floats:
    """Squared scores of two departures from a model, each χ² with one degree of freedom where it holds.

    The first is an exponent that changes along the whole curve, the second one that falls at its end as where a support
    is used up, U(1 - cD); both beside what the model's own constants, with the gradients `slopes`, can take up.
    """
    log_draws = np.log(draws / draws[-1])
    own = (slopes / error).T
    scores = []
    for direction in (size * log_draws**2, size * draws / draws[-1]):
        free = direction / error
        free = free - own @ np.linalg.lstsq(own, free, rcond=1e-10)[0]
        length = float(free @ free)
        scores.append(float(free @ (residual / error)) ** 2 / length if length > 1e-12 * np.sum(direction**2) else 0.0)
    return np.array(scores)


def two_sided(statistic: float, freedom: float) -> float:
    """Chance of a χ² that lies as far out on its side, twice; a spread that is too small is as wrong as a large one."""
    if freedom < 1:
        return 1.0
    return float(min(1.0, 2 * min(chdtrc(freedom, statistic), chdtr(freedom, statistic))))


def smooth_p(residual: Floats) -> float:
    """Chance that independent residuals change so little from one size to the next (von Neumann's ratio)."""
    n, centred = len(residual), residual - residual.mean()
    ratio = float(np.sum(np.diff(residual) ** 2) / max(float(centred @ centred), 1e-300))
    return float(ndtr((ratio - 2) / math.sqrt(4 * (n - 2) / (n * n - 1))))
