"""The exponent γ of Pitman–Yor corpora drawn apart, each of its own size and with a law of its own.

| letter  | meaning                                                             | unit         |
|---------|---------------------------------------------------------------------|--------------|
| D, U    | draws, distinct types among them                                    | draws, types |
| d, θ    | discount, which is the exponent γ; concentration                    | 1, draws     |
| X       | U + θ/d, whose moments are ratios of gamma functions                | types        |

Everything here takes checked arrays of floats; `bounds.fitting.exponents.exponent` is the public face.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc, gammaincinv, gammaln, polygamma

from bounds.base.intervals import Interval
from bounds.base.numerics.searching import largest
from bounds.base.spectrum import gamma_ratio
from bounds.fitting.exponents.fit_tests import bends, smooth_p, two_sided
from bounds.fitting.exponents.growth_models import (
    DISCOUNTS,
    REJECT,
    Estimate,
    concentration,
    concentration_limit,
    highest,
    likelihood_interval,
    profile_concentration,
    with_interval,
)

Floats = NDArray[np.float64]
Loglik = Callable[[float, float], float]
Profile = Callable[[float], tuple[float, float]]

_LEVEL_ALLOWS = float(gammaincinv(0.5, 0.99))
"""Fall of the log-likelihood down to which a concentration is allowed by the level of the counts."""

MANY_COUNTS = 60
"""So many counts say enough by their means alone."""

_LEAST_SPREAD = 1e-3
"""Least variance of a count, over its mean: where nearly every draw is new."""

_AROUND = np.array([-3.0, -1.5, -0.75, -0.3, 0.0, 0.3, 0.75, 1.5, 3.0])
"""Steps of ln θ at which a top is looked for: it may be narrow, and there may be others."""


def pitman_yor_moments(n_draws: Floats, d: float, theta: float) -> tuple[Floats, Floats]:
    """E X and Var X of X = U + θ/d after `n_draws` draws (equation A5)."""
    mean = _rise(n_draws + theta, d) / (d * _rise_of_one(theta + 1, d - 1))
    second = _rise(n_draws + theta, 2 * d) * (theta + d) / (d * d * _rise_of_one(theta + 1, 2 * d - 1))
    return mean, second - mean - mean * mean


def pitman_yor_mean(n_draws: Floats, d: float, theta: float) -> Floats:
    """E U after `n_draws` draws."""
    return _rise(n_draws + theta, d) / (d * _rise_of_one(theta + 1, d - 1)) - theta / d


def _rise(x: Floats, shift: float) -> Floats:
    """Γ(x + h)/Γ(x), right to 1e-9 from x = 50 on: differences of log-gammas lose their digits there."""
    if x[0] < 50:
        return 1 / gamma_ratio(x + shift, shift)
    middle = x + (shift - 1) / 2
    return middle**shift * (1 + shift * (1 - shift * shift) / (24 * middle * middle))


def _rise_of_one(x: float, shift: float) -> float:
    """As `_rise`, of one number."""
    if x < 50:
        return math.exp(math.lgamma(x + shift) - math.lgamma(x))
    middle = x + (shift - 1) / 2
    return middle**shift * (1 + shift * (1 - shift * shift) / (24 * middle * middle))


def fit_pitman_yor_apart(n_draws: Floats, rows: Floats, confidence: float) -> Estimate:
    """Pitman–Yor discount d from counts whose means and spread are those of the process.

    From the means, by the quasi-likelihood of gamma variables U + θ/d, whose score has mean 0 whatever the shape of the
    law of U is (Wedderburn 1974). Fewer than `MANY_COUNTS` counts tell θ, and so their spread, badly by means:
    there the likelihood of all of them is asked too, and the interval is the hull of those that fit.
    """
    by_means = _pitman_yor_estimate(n_draws, rows, confidence, *_by_means(n_draws, rows))
    if rows.size >= MANY_COUNTS:
        return by_means
    both = (by_means, _pitman_yor_estimate(n_draws, rows, confidence, *_by_counts(n_draws, rows)))
    kept = [one for one in both if one.interval is not None and not one.p_value < REJECT]
    if not kept:
        return by_means
    ends = [tuple(one.interval) for one in kept if one.interval]
    return with_interval(kept[0], Interval(min(a for a, _ in ends), max(b for _, b in ends)), confidence)


def _pitman_yor_estimate(
    n_draws: Floats, rows: Floats, confidence: float, loglik: Loglik, profile: Profile, d: float, theta: float
) -> Estimate:
    """The estimate (d, θ) with what its likelihood and the test of fit say of it."""
    top = loglik(d, theta)
    # The level tells θ with an error of its own, and the spread hangs on θ: a θ that the level allows may fit both.
    near = np.log(theta + 0.999 * d) + np.linspace(-4, 4, 25)
    allowed = [theta, *(x for x in concentration(d, near) if top - loglik(d, x) < _LEVEL_ALLOWS)]
    p_value = max(_pitman_yor_p_value(n_draws, rows, d, x) for x in allowed)
    larger = pitman_yor_mean(n_draws[-1:], d, theta)[0] + theta / d
    estimate = Estimate(
        "pitman-yor", d, p_value, window=(n_draws[0], n_draws[-1]),
        offset=theta / d, scale=float(larger * (n_draws[-1] + theta) ** -d), concentration=theta,
        local=float(d * larger / (larger - theta / d) * n_draws[-1] / (n_draws[-1] + theta)),
    )  # fmt: skip
    if theta > n_draws[-1]:
        return replace(estimate, in_head=True)
    interval = likelihood_interval(lambda x: profile(x)[1], d, top, DISCOUNTS, confidence)
    return with_interval(estimate, interval, confidence)


def _by_means(n_draws: Floats, rows: Floats) -> tuple[Loglik, Profile, float, float]:
    """Quasi-likelihood of the mean counts, with the spread of the process at the estimate; d and θ at its top."""
    mean, count = rows.mean(axis=0), len(rows)
    shift, shape = 0.0, np.full(len(n_draws), float(count))

    def loglik(d: float, theta: float) -> float:
        ratio = (mean + shift) / (pitman_yor_mean(n_draws, d, theta) + shift)
        return float(np.sum(shape * (np.log(ratio) - ratio + 1)))

    profile = profile_concentration(loglik, concentration_limit(n_draws[-1]))
    for _ in range(3):
        d, _ = _highest_from_grid(lambda x: profile(x)[1])
        theta = profile(d)[0]
        larger, variance = pitman_yor_moments(n_draws, d, theta)
        shift = max(theta / d, 0.0)
        larger = larger - theta / d + shift
        shape = count * larger**2 / np.maximum(variance, _LEAST_SPREAD * larger)
    return loglik, profile, d, theta


def _by_counts(n_draws: Floats, rows: Floats) -> tuple[Loglik, Profile, float, float]:
    """Likelihood of all counts; d and θ where it is highest."""
    _, guide, *_ = _by_means(n_draws, rows)

    def loglik(d: float, theta: float) -> float:
        larger, variance = pitman_yor_moments(n_draws, d, theta)
        shape = larger**2 / np.maximum(variance, _LEAST_SPREAD * (larger - theta / d))
        ratio = (rows + theta / d) / larger
        return float(np.sum(shape * (np.log(ratio) - ratio + 1) + _log_peak(shape) - np.log(rows + theta / d)))

    profile = _profile(loglik, guide)
    d, _ = _highest_from_grid(lambda x: profile(x)[1])
    return loglik, profile, d, profile(d)[0]


def _log_peak(shape: Floats) -> Floats:
    """ln of a^a e^-a / Γ(a), by Stirling's series where a is large."""
    large, small = np.maximum(shape, 30.0), np.minimum(shape, 30.0)
    series = 0.5 * np.log(large / (2 * np.pi)) - 1 / (12 * large) + 1 / (360 * large**3)
    return np.where(shape > 30, series, small * np.log(small) - small - gammaln(small))


def _profile(loglik: Loglik, guide: Profile) -> Profile:
    """d ↦ (θ that suits it best, log-likelihood there), looked for around that of `guide`, which has one top."""

    def best(d: float) -> tuple[float, float]:
        shifts = float(np.log(guide(d)[0] + 0.999 * d)) + _AROUND
        place = int(np.argmax([loglik(d, concentration(d, x)) for x in shifts]))
        low, high = shifts[max(place - 1, 0)], shifts[min(place + 1, len(shifts) - 1)]
        log_shift, top = largest(lambda x: loglik(d, concentration(d, x)), low, high, 1e-4)
        return float(concentration(d, log_shift)), top

    return best


def _highest_from_grid(function: Callable[[float], float]) -> tuple[float, float]:
    """Where `function` of a discount is largest, looked for around the best of a few."""
    places = np.linspace(DISCOUNTS[0], DISCOUNTS[1], 13)
    best = int(np.argmax([function(x) for x in places]))
    return highest(function, places[max(best - 1, 0)], places[min(best + 1, len(places) - 1)])


def _pitman_yor_p_value(n_draws: Floats, rows: Floats, d: float, theta: float) -> float:
    """Bonferroni's bound on the spread of all counts, two-sided, and on the means: two bends, and smoothness."""
    mean, variance = pitman_yor_moments(n_draws, d, theta)
    variance = np.maximum(variance, _LEAST_SPREAD * np.maximum(mean - theta / d, 1.0))
    gap = rows + theta / d - mean
    cells = rows.size - 2
    # X/D^d tends to a variable whose logarithm has these cumulants (Pitman 2006, equation 3.52); at finite D its
    # variance is smaller or larger as that of X is.
    limit_mean, limit_variance = (float(x[0]) for x in pitman_yor_moments(np.array([1e25]), d, theta))
    second, fourth = (float(polygamma(k, theta / d + 1) - d ** (k + 1) * polygamma(k, theta + 1)) for k in (1, 3))
    expected = second * (variance / mean**2) * (limit_mean**2 / limit_variance)
    logs = np.log((rows + theta / d) / mean)
    spread = float(np.sum((logs - logs.mean()) ** 2 / expected)) / cells
    # Squares of such logarithms vary more than those of normal variables: as χ² with fewer degrees of freedom.
    freedom = 2 * cells / (2 + max(fourth / second**2, 0.0))
    step_d, step_theta = 1e-4 * min(d, 1 - d), 1e-4 * (theta + d)
    slopes = np.stack([
        pitman_yor_moments(n_draws, d + step_d, theta)[0] - theta / (d + step_d) - mean + theta / d,
        pitman_yor_moments(n_draws, d, theta + step_theta)[0] - (theta + step_theta) / d - mean + theta / d,
    ])  # fmt: skip
    error = np.sqrt(variance / len(rows))
    bent = bends(n_draws, gap.mean(axis=0), error, slopes, mean - theta / d)
    p_values = (two_sided(spread * freedom, freedom), float(chdtrc(1, bent.max())), smooth_p(logs.mean(axis=0)))
    return min(1.0, 4 * min(p_values))
