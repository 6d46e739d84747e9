"""Sums over the types of a fixed law: seen, seen k times, unseen mass, and covariances of the number seen.

Each function takes a `TypeTable` and arrays of draws, and returns an array of the draws' shape. Probabilities
enter as ln(1 - p), so that p = 1e-30 and D = 1e18 keep their digits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import special

from bounds.counts.rank_tables import TypeTable

_BLOCK = 1 << 17
"""Numbers per temporary array: small enough for the cache, whatever the number of points."""

_ORDERS = 24
"""Most terms of the series over m in `_higher`; it stops when they no longer matter."""


def _blocks(kernel: Callable[..., Any], table: TypeTable, *points: Any) -> Any:
    """kernel(*points, table), points as columns against the row of types, a few rows at a time.

    The tables of growing sources have a row of their own for each point.
    """
    size = len(points[0])
    rows = max(1, _BLOCK // max(len(table), 1))
    result = np.empty(size)
    for start in range(0, size, rows):
        part = slice(start, start + rows)
        own = table
        if table.p.ndim == 2:
            own = TypeTable(table.p[part], table.count[part], table.log_absent[part], table.dust)
        result[part] = kernel(*(point[part, None] for point in points), own)
    return result


def _total(values: Any, table: TypeTable) -> Any:
    # Not a matrix product: its order of summation, hence the last digit, depends on the other points.
    return (values * table.count).sum(-1)


def seen(table: TypeTable, n: Any, poisson: bool) -> Any:
    """Σ 1 - (1-p)^D, or Φ(D) = Σ 1 - e^-Dp (equation A1)."""

    def kernel(n: Any, table: TypeTable) -> Any:
        return -_total(np.expm1(n * (-table.p if poisson else table.log_absent)), table)

    return _blocks(kernel, table, n) + n * table.dust


def unseen_mass(table: TypeTable, n: Any, poisson: bool) -> Any:
    """Σ p (1-p)^D, or Σ p e^-Dp = Φ'(D) (equation A1)."""

    def kernel(n: Any, table: TypeTable) -> Any:
        return _total(table.p * np.exp(n * (-table.p if poisson else table.log_absent)), table)

    return _blocks(kernel, table, n) + table.dust


def poisson_variance(table: TypeTable, n: Any) -> Any:
    """Φ(2D) - Φ(D) = Σ e^-Dp (1 - e^-Dp) (equation A1)."""

    def kernel(n: Any, table: TypeTable) -> Any:
        return -_total(np.exp(-n * table.p) * np.expm1(-n * table.p), table)

    return _blocks(kernel, table, n) + n * table.dust


def spectrum(table: TypeTable, n: Any, k: Any, poisson: bool) -> Any:
    """Σ C(D,k) p^k (1-p)^(D-k), or Φ_k(D) = Σ (Dp)^k e^-Dp / k! (equation A1)."""
    offset = np.zeros_like(n) if poisson else log_falling(n, k)

    def kernel(n: Any, k: Any, offset: Any, table: TypeTable) -> Any:
        log_value = _log_poisson(k, n * table.p)
        if not poisson:
            log_value = log_value + offset + _log_thinning(n, k, table)
        return _total(np.exp(log_value), table)

    return _blocks(kernel, table, n, k, offset) + np.where(k == 1, n * table.dust, 0.0)


def _log_thinning(n: Any, k: Any, table: TypeTable) -> Any:
    """ln of (1-p)^(D-k) e^(Dp), by the series of ln(1-p) + p where the two nearly cancel."""
    p, log_absent = table.p, table.log_absent
    series = -(p**2) * np.polynomial.polynomial.polyval(p, 1 / np.arange(2.0, 11.0))
    return np.where(p < 0.01, n * series - k * log_absent, (n - k) * log_absent + n * p)


def _log_poisson(k: Any, y: Any) -> Any:
    """ln of e^-y y^k / k!, without cancellation between y, k ln y and ln k! (Loader 2000)."""
    ratio = y / k
    near = np.abs(ratio - 1) < 0.5
    with np.errstate(divide="ignore"):
        log_ratio = np.where(near, np.log1p(np.where(near, ratio - 1, 0.0)), np.log(ratio))
    return k * (log_ratio - (ratio - 1)) - log_stirling_factor(k)


def log_stirling_factor(k: Any) -> Any:
    """ln(k! (e/k)^k), about ln(2πk)/2; 0 at k = 0."""
    k = np.asarray(k, float)
    small = np.minimum(k, 16)
    exact = special.gammaln(small + 1) - special.xlogy(small, small) + small
    large = np.maximum(k, 16)
    y = 1 / (large * large)
    series = (1 / 12 - y * (1 / 360 - y * (1 / 1260 - y * (1 / 1680 - y / 1188)))) / large
    return np.where(k < 16, exact, 0.5 * np.log(2 * np.pi * large) + series)


def log_falling(n: Any, k: Any) -> Any:
    """ln of n(n-1)…(n-k+1) / n^k for whole 1 ≤ k ≤ n."""
    n, k = np.broadcast_arrays(np.asarray(n, float), np.asarray(k, float))
    rest = n - k
    with np.errstate(divide="ignore"):
        power = special.xlog1py(rest, -k / n) + k
    result = log_stirling_factor(n) - log_stirling_factor(rest) - power
    for times in np.unique(k[k <= 128]):
        few = k == times
        result[few] = np.log1p(-np.arange(times) / n[few][:, None]).sum(-1)
    return result


def covariance(table: TypeTable, n1: Any, n2: Any) -> Any:
    """Cov(U(n1), U(n2)) of one corpus and its continuation, n1 ≤ n2; exact for multinomial draws.

    The sum over pairs of types i, j of (1-p_i-p_j)^n1 (1-p_j)^(n2-n1) - (1-p_i)^n1 (1-p_j)^n2, i unseen in the
    first n1 and j in all n2 draws. Pairs with a heavy type are summed as they stand; see `_light_covariance`
    for the others.
    """
    if table.p.ndim == 2:
        return np.where(n1 > 1, _light_covariance(table, 0.0, n1, n2), 0.0)
    heavy, light = table.split()
    result = _light_covariance(light, float(_total(heavy.p, heavy)), n1, n2)
    for place, p in enumerate(heavy.p):
        felt = (n1 * p < 750) & (p < 1)  # beyond, (1-p)^n1 underflows
        if felt.any():
            result[felt] += _heavy_covariance(place, heavy, light, n1[felt], n2[felt])
    return np.where(n1 > 1, result, 0.0)  # one draw is one type


def _heavy_covariance(place: int, heavy: TypeTable, light: TypeTable, n1: Any, n2: Any) -> Any:
    """Pairs of one heavy type with itself, with the other heavy types and, in both orders, with light ones.

    (1-p_i-p_j)^n1 (1-p_j)^(n2-n1) is written relative to (1-p_i)^n1 (1-p_j)^n2, which it nearly equals.
    """
    p, count, log_own = heavy.p[place], heavy.count[place], heavy.log_absent[place]
    here, later = np.exp(n1 * log_own), np.exp(n2 * log_own)
    result = count * later * (1 - here)

    def pairs(n1: Any, n2: Any, others: TypeTable, *, swapped: bool) -> Any:
        first, last = (others.log_absent, log_own) if swapped else (log_own, others.log_absent)
        z = np.minimum(p * others.p * np.exp(-log_own - others.log_absent), 1.0)
        with np.errstate(divide="ignore"):
            log_both = np.maximum(np.log1p(-z), -1e280)  # (1-p_i-p_j) / ((1-p_i)(1-p_j))
        return np.exp(n1 * first + n2 * last) * np.expm1(n1 * log_both)

    others = heavy.count - (np.arange(len(heavy)) == place)
    rest = TypeTable(heavy.p, others, heavy.log_absent)
    result += count * _blocks(lambda a, b, t: _total(pairs(a, b, t, swapped=False), t), rest, n1, n2)
    for swapped in (False, True):
        result += count * _blocks(lambda a, b, t, w=swapped: _total(pairs(a, b, t, swapped=w), t), light, n1, n2)
    if light.dust:
        # The derivative of both sums at p_j = 0 and at p_i = 0.
        result -= count * light.dust * p * n1 * (np.exp((n1 - 1) * log_own) + np.exp((n2 - 1) * log_own))
    return result


def _light_covariance(table: TypeTable, heavy_mass: float, n1: Any, n2: Any) -> Any:
    """Covariance among types of small p.

    With z = p_i p_j / ((1-p_i)(1-p_j)), (1-p_i-p_j)^n = (1-p_i)^n (1-p_j)^n (1-z)^n, and the binomial series
    of (1-z)^n makes the double sum a series of products of spectra:

        Σ [(1-p)^n2 - (1-2p)^n1 (1-p)^(n2-n1)] + Σ_m (-1)^m E f_m(n1) E f_m(n2) / C(n2, m).

    Its first term is -Φ_1(n1) Φ_1(n2)/n2 (equation E1). Where most draws are new, that term and the sum before
    it nearly cancel and are taken together (`_rare_covariance`).
    """
    single = _blocks(_single, table, n1, n2)
    higher = _blocks(_higher, table, n1, n2)
    ones1, ones2 = spectrum_of_one(table, n1), spectrum_of_one(table, n2)
    result = single + n1 * table.dust - ones1 * (ones2 / n2)
    rare = ones2 > n2 / 2
    if rare.any():
        own = table
        if table.p.ndim == 2:
            own = TypeTable(table.p[rare], table.count[rare], table.log_absent[rare], table.dust)
        result[rare] = _rare_covariance(own, heavy_mass, n1[rare], n2[rare])
    return result + higher


def spectrum_of_one(table: TypeTable, n: Any) -> Any:
    """E f_1(D) = Σ D p (1-p)^(D-1)."""
    return n * unseen_mass(table, n - 1, False)


def _single(n1: Any, n2: Any, table: TypeTable) -> Any:
    """Σ (1-p)^n2 - (1-2p)^n1 (1-p)^(n2-n1)."""
    odds = table.p / (1 - table.p)
    return -_total(np.exp(n2 * table.log_absent) * np.expm1(n1 * np.log1p(-odds)), table)


def _higher(n1: Any, n2: Any, table: TypeTable) -> Any:
    """The terms m ≥ 2 of the series, each about 1/D of the one before."""
    odds = table.p / (1 - table.p)
    # f = C(n1, m) p^m (1-p)^(n1-m); g the same for n2, without its binomial coefficient.
    f, g = n1 * odds * np.exp(n1 * table.log_absent), odds * np.exp(n2 * table.log_absent)
    total = np.zeros(len(n1))
    for m in range(2, _ORDERS + 1):
        f = f * odds * (np.maximum(n1 - m + 1, 0.0) / m)
        g = g * odds
        term = _total(f, table) * _total(g, table)
        total += term if m % 2 == 0 else -term
        if np.all(np.abs(term) <= 1e-17 * np.abs(total)):
            break
    return total


def _rare_covariance(table: TypeTable, heavy_mass: float, n1: Any, n2: Any) -> Any:
    """Single sum and first term in terms of G(n) = n Σp - E f_1(n) and v(p), which are both of order p².

    With H = 1 - Σp, the probability of heavy types: Σv + H (n1 (1-H) - G(n1) - G(n2) n1/n2) - G(n1) G(n2)/n2.
    """

    def repeated(n: Any, table: TypeTable) -> Any:
        return -_total(n * table.p * np.expm1((n - 1) * table.log_absent), table)

    g1, g2 = _blocks(repeated, table, n1), _blocks(repeated, table, n2)
    v = g1 - _blocks(_rare_kernel, table, n1, n2)
    return v + heavy_mass * (n1 * (1 - heavy_mass) - g1 - g2 * (n1 / n2)) - g1 * (g2 / n2)


def _rare_kernel(n1: Any, n2: Any, table: TypeTable) -> Any:
    """Σ (1-p)^n2 [(1-o)^n1 - 1 + n1 o], o = p/(1-p), by its series where n1 o is small."""
    odds = table.p / (1 - table.p)
    y = n1 * odds
    series, term = np.zeros_like(y), y
    for m in range(2, 16):
        term = -term * odds * np.maximum(n1 - m + 1, 0.0) / m
        series = series - term
    bracket = np.where(y < 0.25, series, np.expm1(n1 * np.log1p(-odds)) + y)
    return _total(np.exp(n2 * table.log_absent) * bracket, table)
