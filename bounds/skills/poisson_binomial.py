"""How many of many independent events of unequal probability happen: both tails, at a cost linear in the events.

The law of the number K is tilted by e^(θK) so that its mean is where the question lies. There it has a width of a few
σ, so that its probabilities are a short Fourier sum over the frequencies at which |φ| ≤ exp(-2σ² sin²(t/2)) counts:

    P(K = a + d) = M e^(-θ(a+d)) (1/n) Σ_j φ(t_j) e^(-i t_j (a+d)),  t_j = 2πj/n,  M = Π (G + F e^θ).

The tail that is small is summed with weights that fall away from a, and keeps its relative accuracy.

| letter | meaning                                          |
|--------|--------------------------------------------------|
| F, G   | probability of an event, and that of its absence |
| θ, M   | the tilt, and E e^(θK)                           |
| φ, σ   | characteristic function and width of the tilted law |
| n      | length of the window around a                    |
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special

from bounds.base.numerics.bracketing import increasing_root

_NEGLIGIBLE = 45.0
"""-ln of what is left out: beyond 10 σ + 30 from the mean of a law of this kind, and in its characteristic function."""


def poisson_binomial_tails(F: Any, G: Any, count: Any, a: int) -> tuple[float, float]:
    """P(at least a) and P(fewer) of events with probabilities F = 1 - G, each of them there `count` times; a ≥ 1."""
    if a > count[F > 0].sum():
        return 0.0, 1.0
    if a <= count[G <= 0].sum():
        return 1.0, 0.0
    with np.errstate(divide="ignore"):
        log_odds = np.log(F) - np.log(G)
    upper = a - 0.5 > float(np.sum(count * F))
    tilt = _tilt(log_odds, count, a - 0.5)
    d, q = _around(special.expit(log_odds + tilt), special.expit(-log_odds - tilt), count, a)
    inside = d >= 0 if upper else d < 0
    share = float(np.sum(q[inside] * np.exp(-tilt * d[inside])))
    small = min(max(math.exp(_log_scale(F, G, count, a, tilt)) * share, 0.0), 1.0)
    return (small, 1 - small) if upper else (1 - small, small)


def _tilt(log_odds: Any, count: Any, mean: float) -> float:
    """θ at which the tilted law has the mean asked for."""
    finite = log_odds[np.isfinite(log_odds)]
    reach = math.log(4 * float(count.sum()))

    def error(tilt: Any) -> Any:
        return np.sum(count * special.expit(log_odds + float(tilt))) - mean

    return float(increasing_root(error, -finite.max() - reach, -finite.min() + reach))


def _log_scale(F: Any, G: Any, count: Any, a: int, tilt: float) -> float:
    """ln M - θa, the events that are likelier than not counted by their absences."""
    often = F > 0.5
    rare, sign = np.where(often, G, F), np.where(often, -1.0, 1.0)
    with np.errstate(divide="ignore"):
        far = np.logaddexp(np.log1p(-rare), np.log(rare) + sign * tilt)
    near = np.log1p(rare * np.expm1(np.clip(sign * tilt, -300.0, 300.0)))
    terms = far if abs(tilt) > 300 else near
    return float(np.sum(count * terms)) + tilt * (float(count[often].sum()) - a)


def _around(F: Any, G: Any, count: Any, a: int) -> tuple[Any, Any]:
    """Distances d from a, and the probabilities of a + d."""
    spread = F * G
    variance = float(np.sum(count * spread))
    half = math.ceil(10 * math.sqrt(variance) + 30)
    n = 2 * half + 1
    d, q = np.arange(-half, half + 1.0), np.full(n, 1 / n)
    for j in range(1, half + 1):
        t = 2 * math.pi * j / n
        s = math.sin(t / 2) ** 2
        if 2 * variance * s > _NEGLIGIBLE:
            break
        modulus = 0.5 * float(np.sum(count * np.log1p(-4 * s * spread)))
        phase = float(np.sum(count * np.arctan2(F * math.sin(t), 1 - 2 * s * F)))
        q += 2 / n * math.exp(modulus) * np.cos(math.remainder(phase - t * a, 2 * math.pi) - t * d)
    return d, q
