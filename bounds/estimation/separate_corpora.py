"""The exponent γ of U(D) ~ D^γ from corpora drawn apart, each of its own size, so that no two share a draw.

| letter  | meaning                                                             | unit         |
|---------|---------------------------------------------------------------------|--------------|
| D, U    | draws, distinct types among them                                    | draws, types |
| R       | corpora of each size                                                | 1            |
| γ, d    | exponent; Pitman–Yor discount, which is its exponent                | 1            |
| K, u₀   | scale and offset of E U = K D^γ - u₀                                | types        |
| θ       | Pitman–Yor concentration                                            | draws        |
| V       | types of a support that grows with the corpus, ⌈κ D^γ⌉              | types        |
| m, v    | mean and variance of U under a model                                | types, types² |

Counts of different sizes are independent here, so that all hangs on how far one count strays, which differs by the kind
of law; a fit that takes the wrong one is wrong by the root of its ratio. Each kind says both m and v, and is tested for
both: the shape of the means, and the spread of the counts, which may be neither too large nor too small.

* ``fixed-law``: one law for all corpora. E U = K D^γ - u₀ past its head, v = K D^γ(2^γ-1) - (γ K D^γ)²/D, half of U
  or less (`least_squares.fixed_law_covariance`; equations A1 and A4). The spread is known: no Student's t.
* ``pitman-yor``: each corpus draws its own law first. m and v from d and θ (equation A5), exact at any D; U + θ/d is
  taken for a gamma variable, whose likelihood uses how much the corpora differ.
* ``growing``: V = ⌈κ D^γ⌉ equally likely types. Rounding up moves V by 0 to 1, the same in all R corpora of a size:
  that is no noise of mean zero, and no number of corpora averages it away. An interval holds every γ for which each
  mean count lies between those of V - 1 and V types, up to the spread of the occupancy (equation A2).
* ``measured``: E U = K D^γ - u₀ with the spread measured between the R ≥ 2 corpora of a size, aU + bU².

Everything here takes checked arrays of floats; `bounds.fitting` is the public face.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar, nnls
from scipy.special import gammaln, polygamma
from scipy.stats import chi2, norm
from scipy.stats import f as f_law
from scipy.stats import t as t_law

from bounds.estimation.growing_supports import fit_growing
from bounds.estimation.growth_models import (
    DISCOUNTS,
    EXPONENTS,
    REJECT,
    Curve,
    Estimate,
    concentration,
    concentration_limit,
    highest,
    likelihood_interval,
    past_head,
    profile_concentration,
    widest,
    with_interval,
)
from bounds.estimation.least_squares import fixed_law_covariance
from bounds.intervals import Interval
from bounds.spectrum import gamma_ratio

Floats = NDArray[np.float64]
Loglik = Callable[[float, float], float]
Profile = Callable[[float], tuple[float, float]]

_LEVEL_ALLOWS = float(chi2.ppf(0.99, 1)) / 2
"""Fall of the log-likelihood down to which a concentration is allowed by the level of the counts."""

MANY_COUNTS = 60
"""So many counts say enough by their means alone."""

_LEAST_SPREAD = 1e-3
"""Least variance of a count, over its mean: where nearly every draw is new."""

_AROUND = np.array([-3.0, -1.5, -0.75, -0.3, 0.0, 0.3, 0.75, 1.5, 3.0])
"""Steps of ln θ at which a top is looked for: it may be narrow, and there may be others."""

SEPARATE_MODELS = ("auto", "fixed-law", "pitman-yor", "growing", "measured")


def fit_separate(n_draws: Floats, rows: Floats, model: str, confidence: float, fixed: bool) -> list[Estimate]:
    """What each kind of law says of the counts `rows`, shape (corpus, size); ``auto`` asks them all.

    ``measured`` is asked where no other holds, since it knows less: with `auto` and one corpus a size it is left out.
    """
    fits: dict[str, Callable[[], Estimate]] = {
        "fixed-law": lambda: fit_one_law(n_draws, rows, confidence, fixed),
        "pitman-yor": lambda: fit_pitman_yor_apart(n_draws, rows, confidence),
        "growing": lambda: fit_growing(n_draws, rows, confidence),
        "measured": lambda: fit_measured(n_draws, rows, confidence, fixed),
    }
    if model != "auto":
        return [fits[model]()]
    found = [fits[name]() for name in ("fixed-law", "pitman-yor", "growing")]
    if all(one.p_value < REJECT or one.interval is None for one in found) and len(rows) > 1:
        found.append(fits["measured"]())
    return found


# ---------------------------------------------------------------- U = K D^γ - u₀ with independent errors


@dataclass(frozen=True)
class _Line:
    """U = K D^γ - u₀ by weighted least squares at one γ."""

    fitted: Floats
    misfit: float
    scale_at_end: float
    offset: float


def _line(log_draws: Floats, mean: Floats, variance: Floats, gamma: float) -> _Line:
    x = np.expm1(gamma * log_draws) / gamma if abs(gamma) > 1e-9 else log_draws
    weight = 1 / variance
    weight = weight / weight.sum()
    centre, level = float(weight @ x), float(weight @ mean)
    slope = float(weight @ ((x - centre) * (mean - level))) / float(weight @ (x - centre) ** 2)
    fitted = level + slope * (x - centre)
    at_end = slope / gamma if abs(gamma) > 1e-9 else np.inf
    return _Line(fitted, float(np.sum((mean - fitted) ** 2 / variance)), at_end, at_end - (level - slope * centre))


def _half_misfit(log_draws: Floats, mean: Floats, variance: Floats, gamma: float) -> float:
    return -_line(log_draws, mean, variance, gamma).misfit / 2


def _offset_fit(
    name: str,
    draws: Floats,
    mean: Floats,
    variance_of: Callable[[float, _Line], Floats],
    confidence: float,
    quantile: float,
) -> tuple[Estimate, _Line, Floats]:
    """γ with its interval, `quantile` standard errors each way, where `variance_of` gives the variance of the means."""
    log_draws = np.log(draws / draws[-1])
    variance = np.maximum(mean, 1.0)
    line, last, gamma, top = _line(log_draws, mean, variance, 0.5), variance, 0.5, 0.0
    for _ in range(4):
        gamma, top = highest(partial(_half_misfit, log_draws, mean, variance), *EXPONENTS)
        line = _line(log_draws, mean, variance, gamma)
        last, variance = variance, variance_of(gamma, line)
    stretch = (quantile / float(norm.ppf((1 + confidence) / 2))) ** 2
    interval = likelihood_interval(
        lambda x: _half_misfit(log_draws, mean, last, x) / stretch, gamma, top / stretch, EXPONENTS, confidence
    )
    at_end = line.scale_at_end
    with np.errstate(over="ignore", invalid="ignore"):
        scale = at_end * draws[-1] ** -gamma
    estimate = Estimate(
        name, float(np.clip(gamma, 0, 1)), 1.0, window=(draws[0], draws[-1]), offset=line.offset, scale=float(scale),
        local=float(gamma * at_end / line.fitted[-1]) if np.isfinite(at_end) else 0.0,
    )  # fmt: skip
    return with_interval(estimate, interval, confidence), line, last


def _bends(draws: Floats, residual: Floats, error: Floats, slopes: Floats, size: Floats) -> Floats:
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


def _gradients(draws: Floats, gamma: float) -> Floats:
    """Directions that K, u₀ and γ move the curve in."""
    log_draws = np.log(draws / draws[-1])
    power = np.exp(gamma * log_draws)
    return np.stack([np.expm1(gamma * log_draws) if abs(gamma) > 1e-9 else log_draws, power * 0 + 1, power * log_draws])


def fit_one_law(n_draws: Floats, rows: Floats, confidence: float, fixed: bool) -> Estimate:
    """γ of corpora that share one law, on the longest stretch of sizes past its head that the model fits."""
    count, mean = len(rows), rows.mean(axis=0)

    def fit(part: Curve) -> Estimate:
        draws, sizes = part.n_draws, rows[:, len(n_draws) - len(part.n_draws) :]

        def variance_of(gamma: float, line: _Line) -> Floats:
            power = float(np.clip(gamma, 0.02, 0.999))
            rise = max(float(line.fitted[-1] - line.fitted[0]), 1e-9)
            scale = rise / (draws[-1] ** power - draws[0] ** power)
            once = Curve(draws, draws * 0.0)
            known = np.diag(fixed_law_covariance(once, power, scale))
            # Where nearly every draw is new, the correction for fixed D exceeds what it corrects.
            return np.maximum(known, 1e-3 * np.maximum(part.n_unique, 1.0)) / count

        quantile = float(norm.ppf((1 + confidence) / 2))
        estimate, line, variance = _offset_fit("fixed-law", draws, part.n_unique, variance_of, confidence, quantile)
        gap, error = part.n_unique - line.fitted, np.sqrt(variance)
        bends = _bends(draws, gap, error, _gradients(draws, estimate.exponent), line.fitted)
        p_values = [_two_sided(line.misfit, len(draws) - 3), float(chi2.sf(bends.max(), 1))]
        if count > 1:
            spread = float(np.sum((sizes - part.n_unique) ** 2 / (variance * count)))
            p_values.append(_two_sided(spread, len(draws) * (count - 1)))
        return replace(estimate, p_value=min(1.0, (len(p_values) + 1) * min(p_values)))

    return _settled(*widest(Curve(n_draws, mean), fit, fixed))


def fit_measured(n_draws: Floats, rows: Floats, confidence: float, fixed: bool) -> Estimate:
    """γ with the spread of the counts measured between the corpora of each size, as aU + bU²."""
    count, mean = len(rows), rows.mean(axis=0)
    spread = rows.var(axis=0, ddof=1)
    freedom = len(n_draws) * (count - 1) - 2

    def fit(part: Curve) -> Estimate:
        draws, seen = part.n_draws, spread[len(n_draws) - len(part.n_draws) :]

        def variance_of(_: float, line: _Line) -> Floats:
            size = np.maximum(line.fitted, 1.0)
            design, level = np.stack([size, size**2], axis=1), np.maximum(seen, 1e-3)
            for _ in range(5):
                weights, _ = nnls(design / level[:, None], seen / level)
                level = np.maximum(design @ weights, 1e-9 * size)
            return level / count

        quantile = float(t_law.ppf((1 + confidence) / 2, freedom))
        estimate, line, variance = _offset_fit("measured", draws, part.n_unique, variance_of, confidence, quantile)
        gap, error = part.n_unique - line.fitted, np.sqrt(variance)
        bends = _bends(draws, gap, error, _gradients(draws, estimate.exponent), line.fitted)
        cells = len(draws) - 3
        p_value = 3 * min(
            float(f_law.sf(line.misfit / cells, cells, freedom)), float(f_law.sf(bends.max(), 1, freedom))
        )
        return replace(estimate, p_value=min(1.0, p_value))

    if freedom < 4 or not spread.any():
        return Estimate("measured", np.nan, 0.0, window=(n_draws[0], n_draws[-1]))
    return _settled(*widest(Curve(n_draws, mean), fit, fixed))


def _settled(part: Curve, estimate: Estimate) -> Estimate:
    """`estimate`, without its interval where no stretch of the curve has left its head, or growth has ended."""
    grows = estimate.interval is not None and estimate.interval.upper > 0
    return estimate if grows and past_head(part, estimate) else replace(estimate, interval=None)


def _two_sided(statistic: float, freedom: float) -> float:
    """Chance of a χ² that lies as far out on its side, twice; a spread that is too small is as wrong as a large one."""
    if freedom < 1:
        return 1.0
    return float(min(1.0, 2 * min(chi2.sf(statistic, freedom), chi2.cdf(statistic, freedom))))


# ---------------------------------------------------------------- Pitman–Yor


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
        return estimate
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
        found = minimize_scalar(
            lambda x: -loglik(d, concentration(d, x)), bounds=(low, high), method="bounded", options={"xatol": 1e-4}
        )
        return float(concentration(d, float(found.x))), float(-found.fun)

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
    bends = _bends(n_draws, gap.mean(axis=0), error, slopes, mean - theta / d)
    p_values = (_two_sided(spread * freedom, freedom), float(chi2.sf(bends.max(), 1)), _smooth_p(logs.mean(axis=0)))
    return min(1.0, 4 * min(p_values))


def _smooth_p(residual: Floats) -> float:
    """Chance that independent residuals change so little from one size to the next (von Neumann's ratio)."""
    n, centred = len(residual), residual - residual.mean()
    ratio = float(np.sum(np.diff(residual) ** 2) / max(float(centred @ centred), 1e-300))
    return float(norm.cdf((ratio - 2) / math.sqrt(4 * (n - 2) / (n * n - 1))))
