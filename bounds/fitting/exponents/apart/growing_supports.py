"""The exponent γ of supports that grow with the corpus: uniform on V = ⌈κ D^γ⌉ types for a corpus of D draws.

| letter  | meaning                                                          | unit         |
|---------|------------------------------------------------------------------|--------------|
| D, U    | draws, distinct types among them                                 | draws, types |
| V       | types of the support                                             | types        |
| κ, γ    | scale and exponent                                               | types, 1     |
| R       | corpora of each size                                             | 1            |

A corpus that is large beside its support shows all of it, so that U = V to the last type, and what is left is
rounding up: κ D^γ lies in (V - 1, V]. That is known for certain and is the same in every corpus of a size, so it enters
as a limit and not as a variance: γ is in the interval where some κ keeps each mean count between the mean counts of
V - 1 and V types, give or take the spread of an occupancy over R (equation A2). Where that spread is small the interval
holds γ for certain; where it is large it is the interval of least squares.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc

from bounds.base.numerics.searching import largest
from bounds.fitting.exponents.growth_models import Estimate, highest, likelihood_interval, with_interval

Floats = NDArray[np.float64]

_RANGE = (1e-4, 1.0)
"""Exponents of growing supports."""

_NEVER = 1e-4
"""Expected types missed in all corpora of a size together, below which it is taken that none is."""

_SURE = 1e-3
"""Standard deviation, in types, of counts that cannot stray: how far a power may miss a whole number."""


def occupied(types: Floats, n_draws: Floats) -> tuple[Floats, Floats, Floats]:
    """Mean and variance of the types seen in `n_draws` draws from `types` equally likely ones, and dE U/dV (A2).

    `types` need not be whole; the variance is that of the limit where D and V are both large.
    """
    types = np.maximum(types, 1.0 + 1e-9)
    log_absent = np.log1p(-1 / types)
    absent = np.exp(n_draws * log_absent)
    mean = -types * np.expm1(n_draws * log_absent)
    fill = n_draws / types
    # 1 - e^-x - x e^-x, which cancels where few types are seen twice.
    twice = np.where(fill < 1e-3, fill * fill / 2, -np.expm1(n_draws * log_absent) - fill * absent)
    variance = types * absent * np.maximum(twice, 0.0)
    return mean, variance, -np.expm1(n_draws * log_absent) - n_draws / (types - 1) * absent


def growing_exponents(n_draws: Floats, rows: Floats, replicates: int = 1) -> tuple[Floats, Floats]:
    """ln κ and γ of each row of mean counts of `replicates` corpora, by least squares with half a type for rounding."""
    log_draws = np.log(n_draws)
    scale, gamma = np.zeros(len(rows)), np.zeros(len(rows))
    target = np.log(np.maximum(_types_of(n_draws, rows) - 0.5, 0.5))
    variance = np.ones_like(rows)
    for step in range(4):
        size = np.exp(scale[:, None] + gamma[:, None] * log_draws)
        if step:
            mean, spread, slope = occupied(size + 0.5, n_draws)
            slope = np.maximum(slope, 1e-12) * size
            variance = (spread / replicates + np.maximum((slope / size) ** 2 / 12, _SURE**2)) / slope**2
            target = np.log(size) + (rows - mean) / slope
        weight = 1 / variance
        weight = weight / weight.sum(axis=1, keepdims=True)
        centre = weight @ log_draws
        x = log_draws - centre[:, None]
        gamma = np.sum(weight * x * target, axis=1) / np.sum(weight * x * x, axis=1)
        gamma = np.clip(gamma, *_RANGE)
        scale = np.sum(weight * target, axis=1) - gamma * centre
    return scale, gamma


def _types_of(n_draws: Floats, rows: Floats) -> Floats:
    """V whose mean count is each of `rows`; where every draw was new, as many as would show one draw twice."""
    seen = np.minimum(rows, n_draws * (1 - 0.5 / n_draws))
    low, high = np.zeros_like(rows), np.log(n_draws * n_draws + 0.0 * rows + 2.0)
    for _ in range(60):
        middle = (low + high) / 2
        less = occupied(np.exp(middle), n_draws)[0] < seen
        low, high = np.where(less, middle, low), np.where(less, high, middle)
    return np.exp(high)


def fit_growing(n_draws: Floats, rows: Floats, confidence: float) -> Estimate:
    """γ of V = ⌈κ D^γ⌉ with its interval and test of fit; `rows` has shape (corpus, size)."""
    count, mean = len(rows), rows.mean(axis=0)
    start, best = (float(x[0]) for x in growing_exponents(n_draws, mean[None], count))
    log_draws = np.log(n_draws / n_draws[-1])
    at_end = start + best * float(np.log(n_draws[-1]))
    spread = occupied(np.exp(at_end + best * log_draws) + 0.5, n_draws)[1]
    # One type missed in one corpus moves the mean by 1/R, however rare that is, wherever it may happen at all.
    rare = np.where(spread * count > _NEVER, 1 / count**2, 0.0)
    error = np.sqrt(spread / count + rare + _SURE**2)

    def outside(gamma: float, log_end: float) -> float:
        size = np.exp(log_end + gamma * log_draws)
        low, high = occupied(size, n_draws)[0], occupied(size + 1, n_draws)[0]
        gap = np.maximum(np.maximum(low - mean, mean - high), 0.0)
        return float(np.sum((gap / error) ** 2))

    near = (2.0 + 20 * float(error[-1])) / max(float(mean[-1]), 1.0)

    def profile(gamma: float) -> float:
        reach = near + abs((gamma - best) * float(log_draws[0]))
        return largest(lambda x: -outside(gamma, x), at_end - reach, at_end + reach, 1e-4 * near)[1] / 2

    gamma, top = highest(profile, *_RANGE)
    misfit = -2 * top
    p_value = float(chdtrc(max(len(n_draws) - 2, 1), misfit))
    if count > 1:
        many = spread >= 1  # fewer types missed than one do not vary as a normal variable does
        within = float(np.sum(((rows - mean) ** 2)[:, many] / spread[many]))
        p_within = float(chdtrc(max(int(many.sum()), 1) * (count - 1), within))
        p_value = min(1.0, 2 * min(p_value, p_within))
    size = np.exp(at_end + best * log_draws) + 0.5
    slope = occupied(size, n_draws)[2][-1]
    estimate = Estimate(
        "growing", best, p_value, window=(n_draws[0], n_draws[-1]), offset=0.0, scale=float(np.exp(start)),
        local=float(best * size[-1] * slope / mean[-1]),
    )  # fmt: skip
    interval = likelihood_interval(profile, gamma, top, _RANGE, confidence)
    # Least squares take rounding for noise, and may lie outside what it allows.
    estimate = replace(estimate, exponent=float(np.clip(best, interval.lower, interval.upper)))
    return with_interval(estimate, interval, confidence)
