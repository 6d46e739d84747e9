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
  taken for a gamma variable, whose likelihood uses how much the corpora differ (`separate_pitman_yor`).
* ``growing``: V = ⌈κ D^γ⌉ equally likely types. Rounding up moves V by 0 to 1, the same in all R corpora of a size:
  that is no noise of mean zero, and no number of corpora averages it away. An interval holds every γ for which each
  mean count lies between those of V - 1 and V types, up to the spread of the occupancy (equation A2).
* ``measured``: E U = K D^γ - u₀ with the spread measured between the R ≥ 2 corpora of a size, aU + bU².

Everything here takes checked arrays of floats; `bounds.fitting.exponents.exponent` is the public face.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc, fdtrc, ndtri, stdtrit

from bounds.fitting.exponents.apart.growing_supports import fit_growing
from bounds.fitting.exponents.apart.separate_pitman_yor import fit_pitman_yor_apart
from bounds.fitting.exponents.fit_tests import bends, two_sided
from bounds.fitting.exponents.growth_models import (
    EXPONENTS,
    REJECT,
    Curve,
    Estimate,
    highest,
    likelihood_interval,
    with_interval,
)
from bounds.fitting.exponents.least_squares import fixed_law_covariance
from bounds.fitting.exponents.stretches import past_head, widest

Floats = NDArray[np.float64]

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
    stretch = (quantile / float(ndtri((1 + confidence) / 2))) ** 2
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

        quantile = float(ndtri((1 + confidence) / 2))
        estimate, line, variance = _offset_fit("fixed-law", draws, part.n_unique, variance_of, confidence, quantile)
        gap, error = part.n_unique - line.fitted, np.sqrt(variance)
        bent = bends(draws, gap, error, _gradients(draws, estimate.exponent), line.fitted)
        p_values = [two_sided(line.misfit, len(draws) - 3), float(chdtrc(1, bent.max()))]
        if count > 1:
            spread = float(np.sum((sizes - part.n_unique) ** 2 / (variance * count)))
            p_values.append(two_sided(spread, len(draws) * (count - 1)))
        return replace(estimate, p_value=min(1.0, (len(p_values) + 1) * min(p_values)))

    return _settled(*widest(Curve(n_draws, mean), fit, fixed))


def fit_measured(n_draws: Floats, rows: Floats, confidence: float, fixed: bool) -> Estimate:
    """γ with the spread of the counts measured between the corpora of each size, as aU + bU²."""
    from scipy.optimize import nnls  # a third of a second, which other fits do without

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

        quantile = float(stdtrit(freedom, (1 + confidence) / 2))
        estimate, line, variance = _offset_fit("measured", draws, part.n_unique, variance_of, confidence, quantile)
        gap, error = part.n_unique - line.fitted, np.sqrt(variance)
        bent = bends(draws, gap, error, _gradients(draws, estimate.exponent), line.fitted)
        cells = len(draws) - 3
        p_value = 3 * min(float(fdtrc(cells, freedom, line.misfit / cells)), float(fdtrc(1, freedom, bent.max())))
        return replace(estimate, p_value=min(1.0, p_value))

    if freedom < 4 or not spread.any():
        return Estimate("measured", np.nan, 0.0, window=(n_draws[0], n_draws[-1]))
    return _settled(*widest(Curve(n_draws, mean), fit, fixed))


def _settled(part: Curve, estimate: Estimate) -> Estimate:
    """`estimate`, without its interval where no stretch of the curve has left its head, or growth has ended."""
    grows = estimate.interval is not None and estimate.interval.upper > 0
    return estimate if grows and past_head(part, estimate) else replace(estimate, interval=None)
