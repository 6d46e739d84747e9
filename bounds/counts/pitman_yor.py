"""Pitman–Yor partitions: exact moments of the number of blocks, annealed over the random law (equation A5).

Products of n factors are taken as sums of logarithms of terms of one sign, so that nothing cancels between
n = 1 and n = 2^63, whatever the concentration.

| letter | meaning                  |
|--------|--------------------------|
| d, θ   | discount, concentration  |
| n      | draws                    |
| K_n    | blocks: distinct types   |
| L(n)   | Σ_{i=1}^{n-1} ln(1 + d/(θ+i)) |
| μ_i    | E M0(i), the chance that draw i + 1 is new |
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

from bounds.base.numerics.gamma_ratios import log_product, log_product_defect, log_rise_excess
from bounds.base.sources import PitmanYor

_RECURSION = 1 << 14
"""Up to here the variance is a sum of positive terms; beyond, the closed form has lost its cancellation."""

_STEEP = 0.99
"""Above this discount nearly every draw is new, and the closed form cancels at any n: the sum is then continued."""

_SLOW = 100.0
"""At concentrations above this many times n nearly every draw is new, whatever the discount, and the form cancels."""

# numpy's: scipy's, which are no better (2e-16 and 1e-13 beside high precision), load its linear algebra, a tenth of the
# start of a short command.
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(24)
_PANEL = 1.0
"""Width, in ln(θ + i), of one panel of the continued sum."""

_BLOCK = 2048


def mean(law: PitmanYor, n: Any) -> Any:
    """E K_n = 1 + (θ+d)/d · (e^L(n) - 1), for n ≥ 1."""
    d, theta = law.discount, law.concentration
    return 1 + (theta + d) / d * np.expm1(log_product(theta + 1, d, n - 1))


def missing_mass(law: PitmanYor, n: Any) -> Any:
    """E M0(n) = (θ + d E K_n)/(θ + n) = (θ+d) e^L(n) / (θ+n), for n ≥ 1."""
    d, theta = law.discount, law.concentration
    return (theta + d) * np.exp(log_product(theta + 1, d, n - 1)) / (theta + n)


def variance(law: PitmanYor, n: Any) -> Any:
    """Var K_n, for n ≥ 1."""
    n = np.asarray(n, float)
    result = np.empty(n.shape)
    small = n <= _RECURSION
    if small.any():
        result[small] = _variance_by_recursion(law, n[small])
    slow = ~small & (law.concentration > _SLOW * n)
    if slow.any():
        result[slow] = _variance_continued(law, n[slow], even=True)
    rest = ~small & ~slow
    if rest.any():
        result[rest] = (_variance_continued if law.discount > _STEEP else _variance_closed)(law, n[rest])
    return result


def _variance_by_recursion(law: PitmanYor, n: Any) -> Any:
    """V_{n+1} = V_n (1 + 2d/(θ+n)) + μ_n (1 - μ_n), unrolled: every term is positive."""
    d, theta = law.discount, law.concentration
    i = np.arange(1, int(n.max()) + 1)
    log_new = np.log1p(-(1 - d) / (theta + i[1:]))
    # Of the first, 1 - (1-d)/(θ+1) would lose the digits of θ + d.
    first = np.log((theta + d) / (theta + 1)) if theta + d < 0.5 else np.log1p(-(1 - d) / (theta + 1))
    log_new = np.concatenate([[first], log_new])
    log_new = np.cumsum(log_new)
    growth = np.concatenate([[0.0], np.cumsum(np.log1p(2 * d / (theta + i)))])
    step = np.exp(log_new) * -np.expm1(log_new) * np.exp(-growth[1:])
    total = np.concatenate([[0.0], np.cumsum(step)])
    before = n.astype(np.int64) - 1
    return total[before] * np.exp(growth[before])


def _variance_continued(law: PitmanYor, n: Any, *, even: bool = False) -> Any:
    """The sum of the recursion beyond its first terms: an integral over ln(θ + i), by panels, and its end corrections.

    The terms change over scales of θ + i alone, so that 24 nodes a panel and the first derivative at each end leave
    nothing of the rounding error. With `even`, for θ far above n, one panel over i takes the place of them all.
    """
    d, theta, first = law.discount, law.concentration, float(_RECURSION)

    head = np.log((theta + d) / (theta + 1)) if theta + d < 0.5 else np.log1p((d - 1) / (theta + 1))

    def log_new(i: Any) -> Any:
        return head + log_product(theta + 2, d - 1, i - 1)

    def step(i: Any) -> Any:
        return np.exp(log_new(i) - log_product(theta + 1, 2 * d, i)) * -np.expm1(log_new(i))

    def correction(i: Any) -> Any:
        slope = ((d - 1) * (1 - 1 / np.expm1(-log_new(i))) - 2 * d) / (theta + i)
        return step(i) * (0.5 - slope / 12)

    def integral(low: Any, high: Any) -> Any:
        half = np.log((theta + high) / (theta + low))[:, None] / 2
        x = (theta + low)[:, None] * np.exp(half * (1 + _NODES))
        return (half * _WEIGHTS * x * step(x - theta)).sum(-1)

    def even_integral(low: Any, high: Any) -> Any:
        half = (high - low)[:, None] / 2
        return (half * _WEIGHTS * step(low[:, None] + half * (1 + _NODES))).sum(-1)

    if even:
        total = even_integral(np.full(n.shape, first), n) - correction(n) + correction(first)
        return _grown(law, n, first, total)
    panels = int(np.log((theta + n.max()) / (theta + first)) / _PANEL) + 1
    edges = (theta + first) * np.exp(_PANEL * np.arange(panels)) - theta
    sums = np.concatenate([[0.0], np.cumsum(integral(edges[:-1], edges[1:]))])
    place = np.searchsorted(edges, n, side="right") - 1
    total = sums[place] + integral(edges[place], n) - correction(n) + correction(first)
    return _grown(law, n, first, total)


def _grown(law: PitmanYor, n: Any, first: float, total: Any) -> Any:
    """The variance at n from that at `first` and the sum of what was added since, each brought back to i = 1."""
    d, theta = law.discount, law.concentration
    start = _variance_by_recursion(law, np.array([first])) * np.exp(-log_product(theta + 1, 2 * d, first - 1))
    return np.exp(log_product(theta + 1, 2 * d, n - 1)) * (start + total)


def _variance_closed(law: PitmanYor, n: Any) -> Any:
    """With a = (θ+d)/d: a² e^{2L}(e^{L₂-2L} - 1) + a e^L (e^{L₂-L} - 1), L₂ being L with 2d for d."""
    d, theta = law.discount, law.concentration
    a = (theta + d) / d
    log_mean = log_product(theta + 1, d, n - 1)
    defect = log_product_defect(theta + 1, d, n - 1)
    return a * np.exp(log_mean) * (a * np.exp(log_mean) * np.expm1(defect) + np.expm1(log_mean + defect))


def covariance(law: PitmanYor, n1: Any, n2: Any) -> Any:
    """Cov(K_n1, K_n2) = Var K_n1 · e^{L(n2) - L(n1)} for n1 ≤ n2: K_n + θ/d over its mean is a martingale."""
    growth = [log_product(law.concentration + 1, law.discount, n - 1) for n in (n1, n2)]
    return variance(law, n1) * np.exp(growth[1] - growth[0])


def spectrum(law: PitmanYor, n: Any, k: Any) -> Any:
    """E f_k = C(n,k) B(k-d, θ+d+n-k) / B(1-d, θ+d) for 1 ≤ k ≤ n."""
    d, theta = law.discount, law.concentration
    n, k = np.asarray(n, float), np.asarray(k, float)
    log_weight = log_product(1.0, -d, k - 1) - np.log(k)
    log_value = log_weight + log_product(theta + 1, d, n - 1) + _log_falling_ratio(n, k, theta + d)
    return (theta + d) * np.exp(log_value)


def _log_falling_ratio(n: Any, k: Any, shift: float) -> Any:
    """ln Π_{i<k} (n - i) / (n - i + shift - 1), each factor as it stands up to 2048 of them."""
    result = np.empty(n.shape)
    for place, (draws, times) in enumerate(zip(n.flat, k.flat, strict=True)):
        few = min(times, _BLOCK)
        left = draws - times + 1 + np.arange(few)
        # At left = 1 the factor is 1/shift, and shift - 1 would lose the digits of a small shift.
        factors = -np.where(left == 1, np.log(shift), np.log1p((shift - 1) / left)).sum()
        rest = 0.0 if few == times else _log_rising_ratio(draws - times + 1 + few, times - few, shift - 1)
        result.flat[place] = factors - rest
    return result


def _log_rising_ratio(x: float, count: float, shift: float) -> float:
    """ln Γ(x+count+h) Γ(x) / (Γ(x+h) Γ(x+count)) for x ≥ 2048 and h = `shift` > -1, by Stirling's series at the ends.

    It is h ln(1 + count/x) and the difference of `log_rise_excess` at the ends.
    """
    return shift * float(np.log1p(count / x)) + float(log_rise_excess(x + count, shift) - log_rise_excess(x, shift))


def entropy(law: PitmanYor) -> float:
    """E H(P) = ψ(θ+1) - ψ(1-d) nats."""
    return float(special.digamma(law.concentration + 1) - special.digamma(1 - law.discount))
