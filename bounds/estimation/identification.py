"""Which constants of E + A N^-α + B D^-β the runs decide: the profile of the objective against the noise.

| letter  | meaning                                                       | unit |
|---------|---------------------------------------------------------------|------|
| r       | residual of a run, ln fitted loss - ln loss                   | 1    |
| s       | scale of the residuals, robust                                | 1    |
| ρ, ψ    | Huber's function at δ = 1.345 s and its derivative            | 1    |
| τ       | 2 Δ Σρ(r) mean(ψ')/(Σψ²/(n - 5)), a likelihood ratio          | 1    |

An exponent is held at each of a ladder of values, the other four constants fitted again, and the rise Δ of Σρ(r)
compared with the noise: τ is nearly F with 1 and n - 5 degrees of freedom where the value held is the truth (Huber &
Ronchetti 2009, section 13.6; Bates & Watts 1988, chapter 6). Whether a design is degenerate is thus asked of its
residuals, and not of its values: sizes one percent apart are enough for exact losses, and two decades are too little
where the losses scatter.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import fdtri, ndtr

from bounds.estimation.loss_grid import EXPONENTS, Grid, coordinates, minima
from bounds.estimation.loss_regression import Floats, Runs, descend, residuals

TUNING = 1.345
"""Huber's δ in scales of the residuals: 95 % of the efficiency of least squares under normal errors."""
CONSTANTS = 5
_MEAN_PSI = float(2 * (ndtr(TUNING) - 0.5 - TUNING * np.exp(-(TUNING**2) / 2) / np.sqrt(2 * np.pi)) + 2 * TUNING**2 * ndtr(-TUNING))
"""Mean of ψ² at scale 1 under the normal law."""
_SCALE_STEPS = 8
_LEAST_SCALE = 1e-10
"""Losses are not known to more digits."""
_TOLERANCE, _STEPS = 1e-7, 100
_STARTS = 2
E, ALPHA, BETA = 0, 3, 4
"""Places of the constants that are profiled among the coordinates of a descent."""


@dataclass(frozen=True)
class Profile:
    """`theta` (values, 5): the best coordinates with one of them held at each of `values`; `tau` (values,)."""

    values: Floats
    theta: Floats
    tau: Floats


@dataclass(frozen=True)
class Noise:
    """Huber's δ for the profiles, Σρ at the best fit under it, and what makes an F of twice a rise of Σρ."""

    theta: Floats
    delta: float
    lowest: float
    factor: float
    scale: float
    n_runs: int

    def tau(self, value: Floats) -> Floats:
        """τ of the objective `value`."""
        return np.maximum(2 * self.factor * (value - self.lowest), 0)


def noise(runs: Runs, starts: Floats) -> Noise:
    """Scale of the residuals by Huber's proposal 2, together with the fit at δ = 1.345 scales (Huber 1964)."""
    n, one = len(runs.x), np.ones((1, len(runs.x)))
    free = max(n - CONSTANTS, 1)
    r, _ = residuals(runs, starts[:1])
    scale = max(float(np.median(np.abs(r[0]))) * 1.4826 * np.sqrt(n / free), _LEAST_SCALE)
    theta = starts
    for _ in range(_SCALE_STEPS):
        theta, value = descend(runs, theta, one, TUNING * scale, _TOLERANCE)
        theta = theta[[np.argmin(value)]]
        before, scale = scale, _rescaled(residuals(runs, theta)[0][0], scale, free)
        if abs(scale - before) <= 0.01 * before:
            break
    delta = TUNING * scale
    theta, value = descend(runs, np.concatenate([theta, starts]), one, delta, _TOLERANCE)
    best = int(np.argmin(value))
    r, _ = residuals(runs, theta[[best]])
    psi = np.clip(r[0], -delta, delta)
    # `objective` is Σρ/δ.
    factor = delta * float(np.mean(np.abs(r[0]) <= delta)) / max(float(psi @ psi) / free, _LEAST_SCALE**2)
    return Noise(theta[best], delta, float(value[best]), factor, scale, n)


def _rescaled(r: Floats, scale: float, free: int) -> float:
    """Huber's proposal 2: Σψ(r/s)² = (n - 5) times its mean under the normal law."""
    for _ in range(50):
        psi = np.clip(r / scale, -TUNING, TUNING)
        scale = max(scale * float(np.sqrt(psi @ psi / (free * _MEAN_PSI))), _LEAST_SCALE)
    return scale


def profiles(runs: Runs, base: Noise, asked: dict[int, Floats]) -> dict[int, Profile]:
    """For each place, the profile over the values asked: the coordinate held at each, the others at their best."""
    grid, one = Grid.of(runs), np.ones((1, len(runs.x)))
    place = np.repeat(list(asked), [len(values) for values in asked.values()])
    values = np.concatenate(list(asked.values()))
    starts = np.stack([_starts(grid, base, *each) for each in zip(place, values, strict=True)])
    held = np.zeros((len(values), CONSTANTS), bool)
    held[np.arange(len(values)), place] = True

    def lowest(starts: Floats) -> tuple[Floats, Floats]:
        tries = starts.shape[1]
        rows = starts.reshape(-1, CONSTANTS)
        fixed = np.repeat(held, tries, axis=0)
        rows[fixed] = np.repeat(values, tries)
        theta, value = descend(runs, rows, one, base.delta, _TOLERANCE, held=fixed, most_steps=_STEPS)
        theta, value = theta.reshape(starts.shape), value.reshape(starts.shape[:2])
        first = np.arange(len(values)), np.argmin(value, axis=1)
        return theta[first], value[first]

    best, value = lowest(starts)
    # Once more from the best of the neighbours: the profile is a path, and a start may have missed it.
    again, other = lowest(np.stack([np.roll(best, 1, axis=0), np.roll(best, -1, axis=0)], axis=1))
    best[other < value], value = again[other < value], np.minimum(value, other)
    return {k: Profile(values[place == k], best[place == k], base.tau(value[place == k])) for k in asked}


def _starts(grid: Grid, base: Noise, place: int, value: float) -> Floats:
    """The best fit and the best of the grid where the coordinate at `place` is near `value`, (1 + starts, 5)."""
    starts = np.repeat(base.theta[None], 1 + _STARTS, axis=0)
    if place == E:
        found, rest = grid.solve(float(np.exp(value)))
        best = coordinates(found, minima(rest, _STARTS))
    else:
        found, rest = grid.solve()
        axis = 0 if place == ALPHA else 1
        line = int(np.argmin(np.abs(EXPONENTS - value)))
        lows = minima(np.take(rest, [line], axis=axis).reshape(1, -1), _STARTS)[:, 1]
        best = coordinates(found, np.insert(lows[:, None], axis, line, axis=1))
    starts[1 : 1 + len(best)] = best
    return starts
