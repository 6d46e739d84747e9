"""Good–Turing coverage, and the Good–Toulmin series with binomial smoothing.

With x = t - 1 the expected number of types that x D further draws bring is Σ_k (-1)^(k+1) x^k E f_k (Good & Toulmin
1956, equation 17), for draws in Poisson number exactly. Its terms explode beyond x = 1. Smoothed, each is multiplied by
P(L ≥ k) of a random place L at which the series is cut off: binomial with 1/(1 + x) where x ≤ 1 (Efron & Thisted 1976,
section 5) and 2/(x + 2) beyond (Orlitsky, Suresh & Wu 2016, which reaches x of the order of ln D and no further).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy.special import bdtrc

from bounds.base.intervals import Interval
from bounds.base.telling.html import html_fields
from bounds.fitting.extrapolation.estimates import DoesNotApply, Estimated, Floats, Seen, possible, spectrum_of

MOST_TERMS = 100
"""Terms of the series, as f_k is counted one by one up to here."""


class Coverage(NamedTuple):
    """The probability of all that was seen, as a share, and its interval."""

    value: float
    interval: Interval

    def _repr_html_(self) -> str:
        return html_fields(self)


def coverage(n_draws: float, f1: float, f2: float, quantile: float = 1.959963984540054) -> Coverage:
    """Good–Turing coverage 1 - f1/D, the probability of all that was seen, with Esty's normal interval."""
    seen = 1 - f1 / n_draws
    half = quantile * math.sqrt(f1 * (1 - f1 / n_draws) + 2 * f2) / n_draws
    return Coverage(seen, Interval(max(seen - half, 0.0), min(seen + half, 1.0)))


def smoothing(further: float, n_draws: float) -> tuple[int, float]:
    """Trials and chance of the binomial place at which the series for `further` = x is cut off."""
    if further <= 1:
        return MOST_TERMS, 1 / (1 + further)
    trials = 0.5 * math.log2(n_draws * further**2 / (further - 1))
    return min(max(math.ceil(trials), 1), MOST_TERMS), 2 / (further + 2)


def weights(further: float, n_draws: float, terms: int) -> Floats:
    """P(L ≥ k) for k = 1 … terms."""
    trials, chance = smoothing(further, n_draws)
    k = np.arange(1, terms + 1)
    return np.where(k <= trials, bdtrc(np.minimum(k - 1, trials), trials, chance), 0.0)


def good_toulmin(seen: Seen, factor: float) -> Estimated:
    """The smoothed series, and its standard error for independent draws."""
    spectrum_of(seen)
    further = factor - 1
    if further > math.log(seen.n_draws):
        raise DoesNotApply(
            f"its series reaches to {1 + math.log(seen.n_draws):.3g} times these draws at most (1 + ln D)"
        )
    f = seen.f(MOST_TERMS)
    k = np.arange(1, len(f) + 1)
    terms = -((-further) ** k) * weights(further, seen.n_draws, len(f))
    new = float(terms @ f)
    # The rate falls, so that at tD it is no more than its mean so far; the series for it is the noisier of the two.
    rate = min(max(float((terms * k) @ f), 0.0), new) / (further * seen.n_draws)
    deviation = math.sqrt(float(terms**2 @ f) + max(new, 0.0))
    return possible(Estimated(new, rate, deviation), seen, factor)
