"""Rivals of loss from counts: power laws through all sizes and the last five, the line through the last five.

They know losses alone; `contributions`, asked here as well, knows the larger text too.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.optimize import minimize_scalar

from simulate.text.learning.foretelling.contributions import Tail, spectrum_law

LAST_SIZES = 5
"""Sizes of the rivals that do not use all."""

_EXPONENTS = (0.01, 2.0)


def power_law(n_train: np.ndarray, losses: np.ndarray, at: float) -> float:
    """E + B D^-β at `at` by least squares, with E from 0 on and β from .01 to 2."""

    def fit(beta: float) -> tuple[float, np.ndarray]:
        power = (n_train / n_train[-1]) ** -beta
        columns = np.stack([np.ones_like(power), power], axis=1)
        found = np.linalg.lstsq(columns, losses, rcond=None)[0]
        if found[0] < 0:
            found = np.array([0.0, losses @ power / (power @ power)])
        return float(((columns @ found - losses) ** 2).sum()), found

    grid = np.geomspace(*_EXPONENTS, 60)
    best = int(np.argmin([fit(beta)[0] for beta in grid]))
    bounds = (grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)])
    beta = float(minimize_scalar(lambda one: fit(one)[0], bounds=bounds, method="bounded").x)
    floor, scale = fit(beta)[1]
    return float(floor + scale * (at / n_train[-1]) ** -beta)


def straight_line(n_train: np.ndarray, losses: np.ndarray, at: float) -> float:
    """a + b ln D at `at` by least squares."""
    slope, level = np.polyfit(np.log(n_train), losses, 1)
    return float(level + slope * np.log(at))


def rivals(n_train: np.ndarray, losses: np.ndarray, at: float, tail: Tail | None = None) -> dict[str, float]:
    """What each says of `at`, from `losses` (size); of the larger text the last one alone knows `tail`, NaN without."""
    last = slice(-LAST_SIZES, None)
    return {
        "power-law-all": power_law(n_train, losses, at),
        "power-law-last": power_law(n_train[last], losses[last], at),
        "log-linear": straight_line(n_train[last], losses[last], at),
        "spectrum": math.nan if tail is None else spectrum_law(n_train, losses, tail, at),
    }
