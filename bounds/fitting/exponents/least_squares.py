"""Estimates of the exponent γ of U(D) ~ D^γ by weighted and generalised least squares.

| letter  | meaning                                                                | unit   |
|---------|------------------------------------------------------------------------|--------|
| D, U    | draws, distinct types among them                                       | draws, types |
| γ       | exponent                                                               | 1      |
| K, u₀   | scale and offset of U = K D^γ - u₀                                     | types  |
| Φ, Φ₁   | Poissonised means of U and of the types seen once                      | types  |

Everything here takes checked arrays of floats; `bounds.fitting.exponents.exponent` is the public face.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc, fdtrc, ndtri, stdtrit

from bounds.fitting.exponents.growth_models import (
    EXPONENTS,
    Curve,
    Estimate,
    fit_offset,
    highest,
    likelihood_interval,
    offset_estimate,
    with_interval,
)

Floats = NDArray[np.float64]

# ---------------------------------------------------------------- generalised least squares


def fit_gls(
    curve: Curve, covariance: Floats, confidence: float, freedom: float | None = None, model: str = "offset"
) -> Estimate:
    """U = K D^γ - u₀ by generalised least squares; K and u₀ are linear and profiled out.

    With `freedom` degrees of freedom behind the covariance the test of fit is Hotelling's and the interval has
    Student's t, widened by the misfit (Rao 1959, the growth-curve model); without, χ² and the normal law.
    """
    factor = np.linalg.cholesky(covariance)
    whiten = np.linalg.inv(factor)
    target = whiten @ curve.n_unique
    log = np.log(curve.n_draws / curve.n_draws[-1])

    def rest(gamma: float) -> float:
        design = whiten @ np.stack([np.expm1(gamma * log) / gamma if abs(gamma) > 1e-9 else log, log * 0 + 1], 1)
        fitted = design @ np.linalg.lstsq(design, target, rcond=None)[0]
        return float(np.sum((target - fitted) ** 2))

    gamma, top = highest(lambda x: -rest(x) / 2, *EXPONENTS)
    misfit, cells = -2 * top, len(target) - 3
    stretch = 1.0
    if freedom is None:
        p_value = float(chdtrc(cells, misfit)) if cells else 1.0
    else:
        left = freedom - cells
        p_value = float(fdtrc(cells, left + 1, misfit / freedom * (left + 1) / cells)) if cells else 1.0
        quantile = stdtrit(left, (1 + confidence) / 2) / ndtri((1 + confidence) / 2)
        stretch = (1 + misfit / freedom) * freedom / left * float(quantile) ** 2
    interval = likelihood_interval(lambda x: -rest(x) / (2 * stretch), gamma, top / stretch, EXPONENTS, confidence)
    return with_interval(offset_estimate(model, curve, gamma, p_value), interval, confidence)


def fixed_law_covariance(curve: Curve, gamma: float, scale: float) -> Floats:
    """Cov(U₁, U₂) = Φ(D₁+D₂) - Φ(D₂) - Φ₁(D₁)Φ₁(D₂)/D₂, D₁ ≤ D₂, for Φ = K D^γ - u₀ (equation E1)."""
    draws = curve.n_draws
    larger = np.maximum.outer(draws, draws)
    grown = scale * (np.add.outer(draws, draws) ** gamma - larger**gamma)
    once = gamma * scale * draws**gamma
    return curve.replicates * (grown - np.outer(once, once) / larger)


def fit_fixed_law(curve: Curve, confidence: float) -> Estimate:
    """`fit_gls` with the covariance of a law that is the same in every corpus, at the estimate of `fit_offset`."""
    estimate = fit_offset(curve, None)
    for _ in range(2):
        gamma = float(np.clip(estimate.exponent, 0.02, 0.999))
        total = curve.n_unique[-1] - curve.n_unique[0]
        scale = total / (curve.n_draws[-1] ** gamma - curve.n_draws[0] ** gamma) / curve.replicates
        covariance = fixed_law_covariance(curve, gamma, scale)
        covariance[np.diag_indices_from(covariance)] *= 1 + 1e-9
        if np.linalg.eigvalsh(covariance)[0] <= 0:
            # Where nearly every draw is new, the correction for fixed D exceeds what it corrects.
            return replace(estimate, model="fixed-law", p_value=0.0)
        estimate = fit_gls(curve, covariance, confidence, model="fixed-law")
    return estimate
