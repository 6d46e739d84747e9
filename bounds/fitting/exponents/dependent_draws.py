"""The exponent of corpora whose draws depend on each other, from how much the corpora differ.

| letter  | meaning                                                       | unit   |
|---------|---------------------------------------------------------------|--------|
| D, U    | draws, distinct types among them                              | draws, types |
| γ, K, u₀ | U = K D^γ - u₀                                               | 1, types, types |
| R       | corpora                                                       | 1      |

How far U strays is known for independent draws alone. Where neighbours overlap, as windows of a stream do, the
covariance of the growth curve is measured between R corpora instead, and the mean curve fitted with a part 1/R of it
by generalised least squares (`least_squares.fit_gls`: Hotelling's test of fit, Student's t).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from bounds.fitting.exponents.growth_models import Curve, Estimate, fit_offset
from bounds.fitting.exponents.least_squares import fit_gls
from bounds.fitting.exponents.stretches import widest

Floats = NDArray[np.float64]

LEAST_CORPORA = 16
"""Fewer corpora say too little of a covariance at four sizes."""


def fit_dependent(n_draws: Floats, n_unique: Floats, confidence: float, fixed: bool) -> tuple[Estimate, str]:
    """The fit of all corpora (a row each) together, and why it has no interval; empty where it has one."""
    count = len(n_unique)
    varying = n_unique.var(axis=0) > 0
    first = int(np.argmax(varying))
    trouble = ""
    if count < LEAST_CORPORA:
        trouble = f"draws depend on each other, so that an interval takes {LEAST_CORPORA} corpora, got {count}"
    elif not varying[first:].all() or len(n_draws) - first < 4:
        trouble = "draws depend on each other, and U differs between corpora at too few sizes to say how far it strays"
    if trouble:
        return replace(fit_offset(Curve(n_draws, n_unique.sum(axis=0), count), None), p_value=np.nan), trouble
    # Where every corpus has the same U, there is nothing to fit.
    draws, rows = n_draws[first:], n_unique[:, first:]
    _, main = widest(Curve(draws, rows.mean(axis=0)), _on_stretch(draws, rows, confidence), fixed)
    return main, ""


def end_slope(n_draws: Floats, n_unique: Floats) -> float:
    """Slope of ln U of the mean curve between the last two sizes; not a number where there is one size alone."""
    if len(n_draws) < 2:
        return float("nan")
    mean = n_unique.mean(axis=0)
    return float(np.log(mean[-1] / mean[-2]) / np.log(n_draws[-1] / n_draws[-2]))


def _on_stretch(draws: Floats, rows: Floats, confidence: float) -> Callable[[Curve], Estimate]:
    """`fit_gls` of a part of the mean curve, at no more sizes than a third of what the covariance rests on."""
    freedom = len(rows) - 1
    covariance = np.cov(rows, rowvar=False) / len(rows)

    def fit(part: Curve) -> Estimate:
        n = len(part.n_draws)
        kept = np.unique(np.linspace(0, n - 1, min(n, max(4, freedom // 3))).round().astype(int))
        at = kept + len(draws) - n
        some = Curve(part.n_draws[kept], part.n_unique[kept])
        try:
            return fit_gls(some, covariance[np.ix_(at, at)], confidence, freedom)
        except np.linalg.LinAlgError:  # sizes at which U differs alike in all corpora
            return replace(fit_offset(part, None), p_value=0.0)

    return fit
