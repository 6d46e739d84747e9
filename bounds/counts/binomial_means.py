"""Expectations over a binomial number of draws, to full relative accuracy however small they are.

The divergence of an estimate from a law is a sum over types of p φ(x) or p ψ(x), with x the estimate over p:

    φ(x) = x - 1 - ln x,    ψ(x) = x ln x - x + 1,

both non-negative: written so, neither the sum over types nor the expectation cancels. x = 1 + u is known by its
distance u from 1, which is proportional to N - np and so free of rounding at n = 1e18. The weights are the binomial
probabilities in their deviance form

    ln P(N = m) = -np ψ(m/np) - nq ψ((n-m)/nq) + e(n) - e(m) - e(n-m),    e(x) = ln x! - x ln x + x.

Where the standard deviation σ exceeds 16 the sum over m is taken in steps of σ/2 from the mean, on whole numbers or
not: by Poisson's summation formula the error of that is of the order e^(-8π²) ≈ 1e-34.

| letter | meaning                              |
|--------|--------------------------------------|
| n, p, q | draws, probability of a type, 1 - p |
| N, m   | how often it is drawn                |
| u      | x - 1                                |
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from scipy import special

from bounds.base.numerics.logarithms import excess_of_log

_WIDE = 16.0
"""Standard deviations above this are summed in steps; 12 of them then reach neither 0 nor n."""
_STEPS = np.arange(-24, 25) / 2
_REACH = 10.0
_MARGIN = 20
"""Other sums go 10 σ + 20 from the mean, beyond which less than 1e-20 of any of them lies."""
_CHUNK = 1 << 16
"""Numbers in one block of types × outcomes."""

_STIRLING = [1 / 156, -691 / 360360, 1 / 1188, -1 / 1680, 1 / 1260, -1 / 360, 1 / 12]
_HALF_LOG_TAU = 0.5 * math.log(2 * math.pi)


def excess_of_power(u: Any) -> Any:
    """ψ = (1 + u) ln(1 + u) - u for u ≥ -1; 1 at u = -1."""
    u = np.maximum(u, -1.0)
    inside = np.maximum(u, -0.999999)
    small = u * np.log1p(inside) - excess_of_log(inside, 1 + inside)
    return np.where(np.abs(u) < 0.3, small, special.xlog1py(1 + u, u) - u)


def stirling_remainder(x: Any) -> Any:
    """e(x) = ln x! - x ln x + x for x ≥ 0: ½ ln(2πx) + 1/(12x) - …, and 0 at 0."""
    x = np.asarray(x, float)
    large = np.maximum(x, 16.0)
    y = (1 / large) ** 2  # the square of a large number could overflow
    series = np.full(x.shape, _STIRLING[0])
    for coefficient in _STIRLING[1:]:
        series = series * y + coefficient
    result = np.asarray(series / large + 0.5 * np.log(large) + _HALF_LOG_TAU)
    few = x < 16
    small = x[few]
    result[few] = special.gammaln(small + 1) - special.xlogy(small, small) + small
    return result[()]


def log_binomial_probability(m: Any, n: Any, p: Any) -> Any:
    """ln P(N = m) for N ~ Bin(n, p), 0 < p < 1 and 0 ≤ m ≤ n."""
    mean, rest = n * p, n * (1 - p)
    away = m - mean
    deviance = mean * excess_of_power(away / mean) + rest * excess_of_power(-away / rest)
    return stirling_remainder(n) - stirling_remainder(m) - stirling_remainder(n - m) - deviance


def log_choose(n: Any, m: Any) -> Any:
    """ln C(n, m) for 0 ≤ m ≤ n, from entropy and remainders, whose sum does not cancel."""
    n, m = np.asarray(n, float), np.asarray(m, float)
    less = np.minimum(m, n - m)
    entropy = special.xlogy(less, n / np.maximum(less, 1)) - (n - less) * np.log1p(-less / n)
    return entropy + stirling_remainder(n) - stirling_remainder(less) - stirling_remainder(n - less)


def binomial_mean(p: Any, absent: Any, n: float, term: Callable[[Any, Any], Any]) -> Any:
    """E term(p, N - np) for N ~ Bin(n, p) and each 0 < p ≤ 1 of a flat array, `absent` = 1 - p.

    `term` takes a column of probabilities and a matrix of distances from the mean, and is smooth in them. 1 - p is
    asked for because the float next to 1 does not know it.
    """
    result = np.empty(p.shape)
    for rows, away, log_weight in _outcomes(p, absent, n):
        weight = np.exp(log_weight - log_weight.max(axis=1, keepdims=True))
        result[rows] = np.sum(weight * term(p[rows, None], away), axis=1) / weight.sum(axis=1)
    return result


def mean_absolute_deviation(p: Any, n: float) -> Any:
    """E|N/n - p| = 2pq P(N' = ⌊np⌋), N' ~ Bin(n-1, p), for 0 ≤ p ≤ 1 (De Moivre); the same for 1 - p."""
    p = np.asarray(p, float)
    result = 2 * p * (1 - p)
    rare = n * p < 1
    result[rare] *= np.exp((n - 1) * np.log1p(-p[rare]))
    often = ~rare & (p < 1)
    mode = np.minimum(np.floor(n * p[often]), n - 1)
    result[often] *= np.exp(log_binomial_probability(mode, n - 1, p[often]))
    return result


def _outcomes(p: Any, absent: Any, n: float) -> Iterator[tuple[Any, Any, Any]]:
    """Blocks of types: their places, the distances N - np to be summed over, and their log weights."""
    flipped = p > 0.5
    rare = np.where(flipped, absent, p)
    sigma = np.sqrt(n * rare * (1 - rare))
    wide = sigma > _WIDE
    # Rows of one block have windows of about one length.
    length = np.where(wide, 0, np.ceil(np.log2(n * rare + 1)) + 1).astype(int)
    for kind in np.unique(length):
        places = np.flatnonzero(length == kind)
        columns = len(_STEPS) if kind == 0 else int(_window(n * rare[places], sigma[places])[1].max())
        step = max(1, _CHUNK // columns)
        for start in range(0, len(places), step):
            rows = places[start : start + step]
            block = _wide_block if kind == 0 else _narrow_block
            away, log_weight = block(rare[rows, None], n, sigma[rows, None])
            yield rows, np.where(flipped[rows, None], -away, away), log_weight


def _wide_block(p: Any, n: float, sigma: Any) -> tuple[Any, Any]:
    mean, rest = n * p, n * (1 - p)
    away = sigma * _STEPS
    deviance = mean * excess_of_power(away / mean) + rest * excess_of_power(-away / rest)
    return away, -deviance - stirling_remainder(mean + away) - stirling_remainder(rest - away)


def _window(mean: Any, sigma: Any) -> tuple[Any, Any]:
    """The first outcome of a sum, and how many there are."""
    low = np.maximum(np.floor(mean - _REACH * sigma) - _MARGIN, 0)
    return low, np.ceil(mean + _REACH * sigma) + _MARGIN - low + 1


def _narrow_block(p: Any, n: float, sigma: Any) -> tuple[Any, Any]:
    never = p == 0
    mean, rest = np.where(never, 1.0, n * p), n * (1 - p)
    low, columns = _window(n * p, sigma)
    m = low + np.arange(columns.max())
    possible = (m <= n) & ~(never & (m > 0))
    m = np.where(possible, m, 0)
    away = m - n * p
    deviance = mean * excess_of_power(away / mean) + rest * excess_of_power(-away / rest)
    log_weight = -deviance - stirling_remainder(m) - stirling_remainder(n - m)
    return away, np.where(possible, log_weight, -np.inf)
