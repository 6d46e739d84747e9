"""Products of (1 + h / (a + i)) over many i, without the differences of log-gammas that lose every digit.

For n = 1e18 `gammaln(n + d) - gammaln(n)` has no correct digit left; the functions here keep about fifteen.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

from bounds.base.numerics.logarithms import excess_of_log

_DIRECT = 32
"""Arguments below this are reached by multiplying factors; from here on the series converges to rounding."""

_ORDER = 13
_BERNOULLI = special.bernoulli(_ORDER + 1)
_POWERS = [np.arange(1, j + 2) for j in range(1, _ORDER + 1)]
_TERMS = [special.comb(len(powers), powers) * _BERNOULLI[len(powers) - powers] for powers in _POWERS]
"""Of each c_j the factors before the powers of h, which B_{j+1}(h) - B_{j+1} is a sum of."""


def _series(shift: float, *, drop_linear: bool = False) -> np.ndarray:
    """c_1 … c_13 of ln Γ(x+h) - ln Γ(x) = h ln x + Σ c_j x^-j, from c_j = ±(B_{j+1}(h) - B_{j+1}) / (j(j+1)).

    With `drop_linear` the coefficients of (… at 2h) - 2 (… at h), where the terms linear in h cancel.
    """
    terms = np.empty(_ORDER)
    for j, (powers, known) in enumerate(zip(_POWERS, _TERMS, strict=True), 1):
        factors = known * float(shift) ** powers
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


def log_rise(x: Any, shift: Any) -> Any:
    """ln Γ(x + shift) / Γ(x) for x > 0 and x + shift > 0, the shift of any size."""
    x, shift = np.asarray(x, float), np.asarray(shift, float)
    large = (x >= _DIRECT) & (x + shift >= _DIRECT)
    if large.all():
        return shift * np.log(x) + log_rise_excess(x, shift)
    kept = np.where(large, x, 2.0 * _DIRECT)
    moved = np.where(large, shift, 0.0)
    direct = special.gammaln(np.where(large, 1.0, x + shift)) - special.gammaln(np.where(large, 1.0, x))
    return np.where(large, moved * np.log(kept) + log_rise_excess(kept, moved), direct)


def log_rise_excess(x: Any, shift: Any) -> Any:
    """ln Γ(x + h) / Γ(x) - h ln x for h = `shift`, x and x + h ≥ 32: small where h is small beside x.

    By Stirling's series at both ends, with x ln(1 + u) - x u, u = h/x, free of cancellation.
    """
    u = shift / x
    return _remainder(x + shift) - _remainder(x) + (shift - 0.5) * np.log1p(u) - x * excess_of_log(u, 1 + u)


def _remainder(x: Any) -> Any:
    """ln Γ(x) - (x - ½) ln x + x - ½ ln 2π, for x ≥ 32."""
    y = (1 / x) ** 2
    return (1 / 12 - y * (1 / 360 - y * (1 / 1260 - y / 1680))) / x


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
