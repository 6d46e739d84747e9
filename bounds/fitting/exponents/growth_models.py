"""Estimates of the exponent γ of U(D) ~ D^γ from one growth curve, by likelihood.

| letter  | meaning                                                                | unit   |
|---------|------------------------------------------------------------------------|--------|
| D, U    | draws, distinct types among them                                       | draws, types |
| γ, d    | exponent; Pitman–Yor discount, which is its exponent                   | 1      |
| K, u₀   | scale and offset of U = K D^γ - u₀                                     | types  |
| θ, h    | Pitman–Yor concentration; shift of the draws, h = θ + (d-1)/2          | draws  |
| X       | U + θ/d, which grows in proportion to (D+h)^d                          | types  |
| R       | factor ((D₂+h)/(D₁+h))^d by which X is expected to grow                | 1      |

Prefixes of one corpus share their draws, so their counts are dependent and a straight line through (ln D, ln U)
has no valid standard error. The new types of disjoint stretches are what carries information:

* Given its random intercept, a Pitman–Yor corpus finds new types as a Poisson process (Kendall's theorem for the
  Yule process U + θ/d in time ln(D+h); equation A5), so the increments of U given their total are multinomial
  with probabilities ∝ (D₂+h)^γ - (D₁+h)^γ. Under a fixed law they vary less (about by 2^γ - 1 in variance), so
  intervals from this likelihood are then too wide, not too narrow.
* u₀ cancels from increments: for a Zipf–Mandelbrot law (h = 0) that is exact once the head is seen (equation A4).

Everything here takes checked arrays of floats; `bounds.fitting.exponents.exponent` is the public face.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc, gammaincinv, gammaln, ndtr, ndtri

from bounds.base.brief import brief_fields
from bounds.base.intervals import Interval
from bounds.base.numerics.searching import largest, root
from bounds.base.spectrum import pearson
from bounds.base.telling.html import html_fields

Floats = NDArray[np.float64]
Number = Any
"""A number, or an array with one for each row."""
MODELS = ("auto", "offset", "pitman-yor", "spectrum", "fixed-law")
ACCEPT = 0.1
"""A window is taken when its test of fit gives a p-value above this; smaller ones are tried otherwise."""
REJECT = 0.005
"""A model whose test of fit gives a p-value below this is rejected, and has no interval."""


@dataclass(frozen=True, repr=False)
class Estimate:
    """What one model says: exponent, interval and the p-value of its test of fit (all for one window).

    `in_head` says that the curve has not come to the power law of the model, so that there is no interval.
    """

    model: str
    exponent: float
    p_value: float
    interval: Interval | None = None
    standard_error: float = np.nan
    window: tuple[float, float] = (np.nan, np.nan)
    multiplicity_window: tuple[int, int] | None = None
    offset: float | None = None
    scale: float | None = None
    concentration: float | None = None
    local: float = np.nan
    note: str = ""
    in_head: bool = False

    __repr__ = brief_fields
    _repr_html_ = html_fields


@dataclass(frozen=True)
class Curve:
    """Draws and distinct types (summed over `replicates` corpora of equal size), or many such curves, one a row.

    `n_draws` has shape (point,), `n_unique` (..., point) and `replicates` the shape that `n_unique` has before its
    points: the likelihoods below give one value a row.
    """

    n_draws: Floats
    n_unique: Floats
    replicates: Number = 1

    def start(self, place: int) -> Curve:
        """The curve from point `place` on."""
        return replace(self, n_draws=self.n_draws[place:], n_unique=self.n_unique[..., place:])

    @property
    def increments(self) -> Floats:
        """New types between neighbouring points."""
        return self.n_unique[..., 1:] - self.n_unique[..., :-1]


# ---------------------------------------------------------------- likelihoods


def power_steps(draws: Floats, gamma: Number) -> Floats:
    """((D₂)^γ - (D₁)^γ)/γ between neighbours, in units where the last D is 1; its limit ln(D₂/D₁) at γ = 0.

    One row for each γ; `draws` is one row for all of them, or one for each.
    """
    log = np.log(draws / draws[..., -1:])
    earlier = log[..., :-1]
    rise = log[..., 1:] - earlier
    power = np.asarray(gamma)[..., None]
    flat = abs(power) <= 1e-9
    if flat.any():
        return np.exp(power * earlier) * np.where(flat, rise, np.expm1(power * rise) / np.where(flat, 1.0, power))
    return np.exp(power * earlier) * (np.expm1(power * rise) / power)


def multinomial(observed: Floats, weight: Floats) -> Number:
    """Log-likelihood of the cells given their total, less its largest possible value; one for each row of cells."""
    share = weight * (observed.sum(axis=-1) / weight.sum(axis=-1))[..., None]
    seen = observed > 0
    if not seen.all():
        share, observed = np.where(seen, share, 1.0), np.where(seen, observed, 1.0)
        return np.sum(np.where(seen, observed * np.log(share / observed), 0.0), axis=-1)
    return np.sum(observed * np.log(share / observed), axis=-1)


def negative_binomial(new: Number, start: Number, growth: Number) -> Number:
    """Log-probability of `new` births in a Yule process from `start` with growth factor R, without ln(new!).

    Written with ratios and Stirling remainders, since differences of log-gammas lose all digits at 1e14.
    """
    none = np.asarray(new) <= 0
    if none.any():
        some = negative_binomial(np.where(none, 1.0, new), start, growth)
        return np.where(none, -start * np.log(growth), some)
    mean = start * (growth - 1)
    total = new + start
    leading = new * np.log(mean / new) - total * np.log1p((mean - new) / total)
    return leading + 0.5 * np.log(start / total) + _stirling(total) - _stirling(start)


def _stirling(x: Number) -> Number:
    """ln Γ(x) - [(x-½)ln x - x + ½ln 2π]."""
    small = np.asarray(x) <= 30
    series = 1 / (12 * x) - 1 / (360 * x * x * x)
    if not small.any():
        return series
    least = np.where(small, x, 1.0)
    exact = gammaln(least) - ((least - 0.5) * np.log(least) - least + 0.5 * np.log(2 * np.pi))
    return np.where(small, exact, series)


def yule_likelihood(curve: Curve, d: Number, theta: Number) -> Number:
    """Log-likelihood of a Pitman–Yor curve given its first point, up to a constant.

    The Markov chain U + θ/d is, in time ln(D+h), a Yule process up to O(1/D): the total is negative binomial and
    the increments given the total are multinomial (equation A5; Pitman 2006, sections 3.2 and 3.3).
    """
    draws = shifted_draws(curve, d, theta)
    first = curve.n_unique[..., 0]
    start = first + curve.replicates * theta / d
    growth = (draws[..., -1] / draws[..., 0]) ** d
    steps = multinomial(curve.increments, power_steps(draws, d))
    return negative_binomial(curve.n_unique[..., -1] - first, start, growth) + steps


def shifted_draws(curve: Curve, d: Number, theta: Number) -> Floats:
    """D + h, h = θ + (d-1)/2: one row for each (d, θ)."""
    return curve.n_draws + np.asarray(theta)[..., None] + np.asarray((d - 1) / 2)[..., None]


# ---------------------------------------------------------------- maximum and interval


TOLERANCE = 1e-7
"""Exponents are found to this."""


def highest(
    function: Callable[[float], float], low: float, high: float, tolerance: float = TOLERANCE
) -> tuple[float, float]:
    """Where `function` is largest between `low` and `high`, and its value there."""
    return largest(function, low, high, tolerance)


def likelihood_interval(
    function: Callable[[float], float], best: float, top: float, bounds: tuple[float, float], confidence: float
) -> Interval:
    """Where `function` is within χ²₁(confidence)/2 of its largest value `top` at `best`, cut to [0, 1]."""
    drop = gammaincinv(0.5, confidence)

    def gap(x: float) -> float:
        return top - function(x) - drop

    low, high = bounds
    # Of 1e14 types and more the data say more than searches that stop at `TOLERANCE` find: so much wider.
    lower = root(gap, low, best, TOLERANCE) - 2 * TOLERANCE if best > low and gap(low) > 0 else 0.0
    upper = root(gap, best, high, TOLERANCE) + 2 * TOLERANCE if best < high and gap(high) > 0 else 1.0
    return Interval(max(0.0, min(1.0, lower)), max(0.0, min(1.0, upper)))


def with_interval(estimate: Estimate, interval: Interval, confidence: float) -> Estimate:
    """`estimate` with its interval, and the standard error that the interval amounts to."""
    half = float(interval.width) / 2
    return replace(estimate, interval=interval, standard_error=half / float(ndtri((1 + confidence) / 2)))


# ---------------------------------------------------------------- model "offset"

EXPONENTS = (-3.0, 2.0)


def fit_offset(curve: Curve, confidence: float | None) -> Estimate:
    """U = K D^γ - u₀ by the multinomial likelihood of the increments (equation E1).

    The interval holds for a random law, and is conservative for a fixed one. None of it is computed where
    `confidence` is None.
    """

    def loglik(gamma: float) -> float:
        return multinomial(curve.increments, power_steps(curve.n_draws, gamma))

    gamma, top = highest(loglik, *EXPONENTS)
    estimate = offset_estimate("offset", curve, gamma, offset_p_value(curve, gamma))
    if confidence is None:
        return estimate
    return with_interval(estimate, likelihood_interval(loglik, gamma, top, EXPONENTS, confidence), confidence)


def offset_p_value(curve: Curve, gamma: float) -> float:
    """The test of fit of one curve: of its increments cell by cell, and of two bends, with Bonferroni's factor 3."""
    share = power_steps(curve.n_draws, gamma)
    total = curve.increments.sum()
    cells = pearson(curve.increments, total * share / share.sum(), 1)[0]
    return min(1.0, 3 * min(cells, *_bends_p(curve, gamma)))


def offset_estimate(model: str, curve: Curve, gamma: float, p_value: float) -> Estimate:
    """Exponent γ with the K and u₀ that lead the curve through its first and its last point."""
    at_end = size_at_end(curve, gamma)
    with np.errstate(over="ignore"):
        scale = at_end * curve.n_draws[-1] ** -gamma
    return Estimate(
        model,
        float(np.clip(gamma, 0, 1)),
        p_value,
        window=(curve.n_draws[0], curve.n_draws[-1]),
        offset=float(at_end - curve.n_unique[-1]) / curve.replicates,
        scale=float(scale) / curve.replicates,
        local=float(gamma * at_end / curve.n_unique[-1]) if np.isfinite(at_end) else 0.0,
    )


def size_at_end(curve: Curve, gamma: Number) -> Floats:
    """K D^γ = U + u₀ at the largest D, by the first and the last point; infinite where γ is 0."""
    ratio = (curve.n_draws[0] / curve.n_draws[-1]) ** np.asarray(gamma)
    new = curve.n_unique[..., -1] - curve.n_unique[..., 0]
    return np.where(ratio == 1, np.inf, new / np.where(ratio == 1, 1.0, 1 - ratio))


def _bends_p(curve: Curve, gamma: float) -> tuple[float, float]:
    """Score tests against two bends of ln(dU/d ln D), one constant each, beside γ.

    The first is a slope that changes along the window, to either side. The second is an end: -cD with c > 0, the first
    sign of a support that is used up (dU/dD ∝ e^(-D/V) where types are equally likely), which is one-sided.
    """
    share = power_steps(curve.n_draws, gamma)
    share = share / share.sum()
    observed = curve.increments
    middle = np.log(curve.n_draws / curve.n_draws[-1])
    middle = (middle[1:] + middle[:-1]) / 2
    step = 1e-5
    slope = np.log(power_steps(curve.n_draws, gamma + step) / power_steps(curve.n_draws, gamma - step))
    slope = slope - share @ slope

    def score(bend: Floats) -> float:
        bend = bend - share @ bend
        bend = bend - slope * ((share * slope) @ bend) / ((share * slope) @ slope)
        variance = observed.sum() * ((share * bend) @ bend)
        return float(observed @ bend / np.sqrt(variance)) if variance > 0 else 0.0

    return float(chdtrc(1, score(middle**2) ** 2)), float(ndtr(-score(-np.exp(middle))))


# ---------------------------------------------------------------- model "pitman-yor"

DISCOUNTS = (1e-4, 0.9999)
LEAST_LOG_SHIFT, LOG_SHIFT_TOLERANCE = -7.0, 1e-4


def concentration_limit(n_draws: float) -> float:
    """Largest θ that a fit of `n_draws` draws looks at: far beyond what they can tell from infinity."""
    return 1e3 * float(n_draws)


def concentration(d: Number, log_shift: Number) -> Number:
    """θ > -d from an unbounded number."""
    return np.exp(log_shift) - 0.999 * d


def profile_concentration(
    loglik: Callable[[float, float], float], limit: float
) -> Callable[[float], tuple[float, float]]:
    """d ↦ (θ that suits it best, log-likelihood there)."""

    def best(d: float) -> tuple[float, float]:
        log_shift, top = largest(
            lambda v: loglik(d, concentration(d, v)), LEAST_LOG_SHIFT, np.log(limit), LOG_SHIFT_TOLERANCE
        )
        return float(concentration(d, log_shift)), top

    return best


def fit_pitman_yor_curve(curve: Curve, confidence: float | None) -> Estimate:
    """Pitman–Yor discount d from a growth curve, by `yule_likelihood`; θ is profiled out."""
    profile = profile_concentration(
        lambda d, theta: yule_likelihood(curve, d, theta), concentration_limit(curve.n_draws[-1])
    )
    d, top = highest(lambda x: profile(x)[1], *DISCOUNTS)
    theta = profile(d)[0]
    draws = shifted_draws(curve, d, theta)
    start = curve.n_unique[-1] + curve.replicates * theta / d
    estimate = Estimate(
        "pitman-yor",
        d,
        float(pitman_yor_p_value(curve, d, theta)),
        window=(curve.n_draws[0], curve.n_draws[-1]),
        offset=theta / d,
        scale=float(start * draws[-1] ** -d) / curve.replicates,
        concentration=theta,
        local=float(d * start / curve.n_unique[-1] * curve.n_draws[-1] / draws[-1]),
        in_head=bool(theta > curve.n_draws[-1]),
    )
    if confidence is None or estimate.in_head:
        return estimate
    interval = likelihood_interval(lambda x: profile(x)[1], d, top, DISCOUNTS, confidence)
    return with_interval(estimate, interval, confidence)


def pitman_yor_p_value(curve: Curve, d: Number, theta: Number) -> Floats:
    """The test of fit: each step against its mean and variance given the one before (equation A5), and an end.

    The second is the one-sided score of steps that fall short by a factor 1 - cD, beside what d and θ can take up.
    """
    d, theta = np.asarray(d, float), np.asarray(theta, float)
    mean, growth = _steps(curve, d, theta)
    spread = np.sqrt(mean * growth)
    residual = (curve.increments - mean) / spread
    freedom = len(curve.n_draws) - 3
    if freedom < 1:
        return np.ones_like(d)
    cells = chdtrc(freedom, np.sum(residual**2, axis=-1))
    step_d, step_theta = 1e-5 * np.minimum(d, 1 - d), 1e-5 * (theta + d)
    first = (_steps(curve, d + step_d, theta)[0] - mean) / spread
    second = (_steps(curve, d, theta + step_theta)[0] - mean) / spread
    first = _unit(first)
    second = _unit(second - first * np.sum(first * second, axis=-1, keepdims=True))
    bend = _unit(-mean * np.sqrt(curve.n_draws[1:] * curve.n_draws[:-1]) / spread)
    for own in (first, second):
        bend = bend - own * np.sum(own * bend, axis=-1, keepdims=True)
    free = np.sum(bend**2, axis=-1) > 1e-10  # a bend that d and θ take up says nothing
    end = ndtr(-np.where(free, np.sum(_unit(bend) * residual, axis=-1), 0.0))
    return np.minimum(1.0, 2 * np.minimum(cells, end))


def _steps(curve: Curve, d: Floats, theta: Floats) -> tuple[Floats, Floats]:
    """Expected new types of each step given the types before it, and the factor by which U + θ/d grows."""
    draws = shifted_draws(curve, d, theta)
    start = curve.n_unique + np.asarray(curve.replicates * theta / d)[..., None]
    growth = (draws[..., 1:] / draws[..., :-1]) ** d[..., None]
    return start[..., :-1] * (growth - 1), growth


def _unit(rows: Floats) -> Floats:
    return rows / np.maximum(np.sqrt(np.sum(rows**2, axis=-1, keepdims=True)), 1e-300)
