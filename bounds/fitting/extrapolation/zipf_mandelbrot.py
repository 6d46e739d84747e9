"""What a Zipf–Mandelbrot law says of further draws: the infinite one with the U and the f_1 that were seen."""

from __future__ import annotations

import math
from functools import lru_cache

from bounds.base.numerics.searching import root
from bounds.base.sources import Zipf
from bounds.counts.unique import expected_spectrum, expected_unique, variance_unique
from bounds.fitting.extrapolation.estimates import DoesNotApply, Estimated, Seen, possible, spectrum_of

LEAST_EXPONENT, MOST_EXPONENT = 0.02, 0.98
"""Exponents γ = 1/s between which a law is looked for."""


def _shift(gamma: float, seen: Seen) -> float:
    """The shift that gives the law of exponent γ the U that was seen; negative where none does."""

    def gap(log_shift: float) -> float:
        return math.log(
            float(expected_unique(Zipf(1 / gamma, shift=math.expm1(log_shift)), seen.n_draws)) / seen.n_unique
        )

    if gap(0.0) > 0:
        return -1.0
    high = math.log1p(seen.n_draws)
    while gap(high) < 0:
        high *= 1.5
    return math.expm1(root(gap, 0.0, high, 1e-10))


@lru_cache(maxsize=16)  # asked for at each factor
def fit_law(seen: Seen) -> Zipf:
    """The law whose expected U and f_1 are those seen; DoesNotApply where there is none."""
    f1 = spectrum_of(seen).f(1)

    def gap(gamma: float) -> float:
        law = Zipf(1 / gamma, shift=_shift(gamma, seen))
        return math.log(float(expected_spectrum(law, seen.n_draws, multiplicity=1)) / f1)

    low, high = LEAST_EXPONENT, MOST_EXPONENT
    if _shift(low, seen) < 0:
        raise DoesNotApply("no Zipf-Mandelbrot law has so few types")
    if _shift(high, seen) < 0:  # the largest exponent at which the law without shift has no more types
        below = low
        for _ in range(30):
            middle = (below + high) / 2
            below, high = (middle, high) if _shift(middle, seen) >= 0 else (below, middle)
        high = below
    if gap(low) > 0 or gap(high) < 0:
        raise DoesNotApply("no Zipf-Mandelbrot law has both the types and the single ones that were seen")
    gamma = root(gap, low, high, 1e-9)
    return Zipf(1 / gamma, shift=_shift(gamma, seen))


def zipf_mandelbrot(seen: Seen, factor: float) -> Estimated:
    """The growth of the expectation from D to tD under the fitted law."""
    law = fit_law(seen)
    later = float(round(factor * seen.n_draws))
    new = float(expected_unique(law, later)) - float(expected_unique(law, seen.n_draws))
    rate = float(expected_spectrum(law, later, multiplicity=1)) / later
    deviation = math.sqrt(max(float(variance_unique(law, later)) + float(variance_unique(law, seen.n_draws)), 0.0))
    return possible(Estimated(new, rate, deviation), seen, factor)
