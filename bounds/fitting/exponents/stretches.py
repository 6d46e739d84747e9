"""Stretches of a growth curve: the longest that a model fits and that has left the head of its law."""

from __future__ import annotations

import math
from collections.abc import Callable

from bounds.fitting.exponents.growth_models import ACCEPT, Curve, Estimate


def widest(curve: Curve, fit: Callable[[Curve], Estimate], fixed: bool) -> tuple[Curve, Estimate]:
    """The fit on the longest stretch that ends at the largest D, passes its test of fit and has left its head.

    Stretches keep at least six points and a factor of 30 in D. Where none passes, the one that fits best.
    """
    best = (curve, fit(curve))
    settled = past_head(*best)
    for place in range(1, len(curve.n_draws) - 5):
        part = curve.start(place)
        if fixed or (settled and best[1].p_value > ACCEPT) or part.n_draws[-1] < 30 * part.n_draws[0]:
            break
        estimate = fit(part)
        now = past_head(part, estimate)
        if (now and estimate.p_value > ACCEPT) or (now, estimate.p_value) > (settled, best[1].p_value):
            best, settled = (part, estimate), now
    return best


def past_head(curve: Curve, estimate: Estimate) -> bool:
    """Whether U ≥ 3 u₀ from the start on: nearer to the head D^γ - u₀ is not yet the shape (equation A4).

    One fixed law has that shape once its commonest type has been drawn a few times, D p₁ ≥ 4: what is missing then
    is e^(-Dp₁) of u₀. For Zipf–Mandelbrot ranks U + u₀ = Γ(1-γ)(Dp₁)^γ u₀, which for small exponents asks for less.
    """
    if estimate.model == "pitman-yor" or estimate.offset is None:
        return True
    factor, gamma = 4.0, estimate.exponent
    if estimate.model == "fixed-law" and gamma < 1:
        factor = min(factor, math.gamma(1 - gamma) * 4**gamma)
    return bool(curve.n_unique[0] >= (factor - 1) * curve.replicates * estimate.offset)
