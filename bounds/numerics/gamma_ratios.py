"""Products of (1 + h / (a + i)) over many i, without the differences of log-gammas that lose every digit.

For n = 1e18 `gammaln(n + d) - gammaln(n)` has no correct digit left; the functions here keep about fifteen.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

_DIRECT = 32
"""Arguments below this are reached by multiplying factors; from here on the series converges to rounding."""

_ORDER = 13
_BERNOULLI = special.bernoulli(_ORDER + 1)


def _series(shift: float, *, drop_linear: bool = False) -> np.ndarray:
    """c_1 … c_13 of ln Γ(x+h) - ln Γ(x) = h ln x + Σ c_j x^-j, from c_j = ±(B_{j+1}(h) - B_{j+1}) / (j(j+1)).

    With `drop_linear` the coefficients of (… at 2h) - 2 (… at h), where the terms linear in h cancel.
    """
    terms = np.empty(_ORDER)
    for j in range(1, _ORDER + 1):
        powers = np.arange(1, j + 2)
        factors = special.comb(j + 1, powers) * _BERNOULLI[j + 1 - powers] * float(shift) ** powers
        if drop_linear:
            factors *= 2.0**powers - 2.0
        terms[j - 1] = (-1) ** (j + 1) * factors.sum() / (j * (j + 1))
    return terms


def log_product(start: float, shift: float, count: Any) -> Any:
    """ln Π_{i < count} (1 + shift / (start + i)) for whole `count` and |shift| ≤ 2, start + shift > 0.

    Equals ln Γ(start+shift+count) Γ(start) / (Γ(start+shift) Γ(start+count)).
    """
    steps = _direct_steps(start)
    factors = np.log1p(shift / (start + np.arange(steps)))
    return _head_and_series(start, count, factors, shift, _series(shift))


def log_product_defect(start: float, shift: float, count: Any) -> Any:
    """ln Π (1 + 2·shift/(start+i)) - 2 ln Π (1 + shift/(start+i)), which is small, free of cancellation."""
    steps = _direct_steps(start)
    x = shift / (start + np.arange(steps))
    return _head_and_series(start, count, np.log1p(-((x / (1 + x)) ** 2)), 0.0, _series(shift, drop_linear=True))


def power_ratio(x: Any, shift: float) -> Any:
    """Γ(x + shift) / Γ(x) for x ≥ 32 and |shift| ≤ 2."""
    return x**shift * np.exp(np.polynomial.polynomial.polyval(1 / x, np.r_[0.0, _series(shift)]))


def _direct_steps(start: float) -> int:
    return max(0, int(np.ceil(_DIRECT - start)))


def _head_and_series(start: float, count: Any, factors: np.ndarray, shift: float, series: np.ndarray) -> Any:
    """The first factors one by one, and the difference of the series at both ends of the rest."""
    count = np.asarray(count, float)
    head = np.concatenate([[0.0], np.cumsum(factors)])
    steps = len(factors)
    rest = np.maximum(count - steps, 0)
    low = start + steps
    growth = np.log1p(rest / low)
    total = head[np.minimum(count, steps).astype(np.int64)] + shift * growth
    for j, coefficient in enumerate(series, 1):
        total = total + coefficient * low**-j * np.expm1(-j * growth)
    return total
