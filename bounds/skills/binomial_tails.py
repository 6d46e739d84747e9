"""P(at least a of m) and P(fewer than a) for m independent events of equal probability, both to their own digits.

    I_F(a, m-a+1) = Σ_{k≥a} t_k,  t_k = C(m,k) F^k G^(m-k),  G = 1 - F

The regularised incomplete beta function of scipy.special 1.17 (Boost) is right to a few units of the last digit of F,
except with one small and one large parameter: I_F(2, 5.7e8) at F = 3.5e-9 is wrong in its ninth digit. Where a or
m - a + 1 is small the sum is therefore taken term by term.

| letter | meaning                                          |
|--------|--------------------------------------------------|
| m, a   | events, and how many of them are asked for       |
| F, G   | probability of an event, and that of its absence |
| r_k    | t_{k+1}/t_k = (m-k) F / ((k+1) G)                |
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

_RARE = -600.0
"""ln G^m below which the sum does not start there, so as not to underflow."""

_FEW_TERMS = 64
"""The sum has at most this many terms on one side; beyond, Boost has been compared with forty digits."""


def binomial_tails(F: Any, G: Any, m: Any, a: Any) -> tuple[Any, Any]:
    """P(at least a), P(fewer than a), given F and G = 1 - F each to its own digits; 1 ≤ a ≤ m."""
    shape = np.broadcast_shapes(*(np.shape(value) for value in (F, G, m, a)))
    F, G, m, a = (np.broadcast_to(np.asarray(value, float), shape).ravel() for value in (F, G, m, a))
    b = m - a + 1  # fewer than a are there where b or more are absent
    by_presence, by_absence = (a <= _FEW_TERMS) & (a <= b), (b <= _FEW_TERMS) & (b < a)
    rest = ~(by_presence | by_absence)
    at_least, fewer = np.empty(F.shape), np.empty(F.shape)
    at_least[rest], fewer[rest] = _incomplete_beta(F[rest], G[rest], a[rest], b[rest])
    at_least[by_presence], fewer[by_presence] = _term_by_term(*(x[by_presence] for x in (F, G, m, a)))
    fewer[by_absence], at_least[by_absence] = _term_by_term(*(x[by_absence] for x in (G, F, m, b)))
    return at_least.reshape(shape), fewer.reshape(shape)


def _incomplete_beta(F: Any, G: Any, a: Any, b: Any) -> tuple[Any, Any]:
    """The two tails from whichever of F and G is smaller, as it has more digits."""
    small = F <= G
    first, second = np.where(small, a, b), np.where(small, b, a)
    x = np.where(small, F, G)
    below, above = special.betainc(first, second, x), special.betaincc(first, second, x)
    return np.where(small, below, above), np.where(small, above, below)


def _term_by_term(F: Any, G: Any, m: Any, a: Any) -> tuple[Any, Any]:
    """Σ_{k≥a} t_k and Σ_{k<a} t_k for a ≤ 64 and a ≤ m - a + 1: the smaller is summed, the other its complement."""
    at_least, fewer = (F > 0) * 1.0, (F <= 0) * 1.0
    inside = (F > 0) & (G > 0)
    F, G, m, a = (x[inside] for x in (F, G, m, a))
    log_none = m * np.where(F < 0.5, np.log1p(-np.minimum(F, 0.5)), np.log(G))
    odds = F / np.maximum(G, 1e-280)  # what a smaller G would change underflows
    low, last = np.empty(F.shape), np.zeros(F.shape)
    rare = log_none < _RARE
    low[rare] = _downward(log_none[rare], odds[rare], m[rare], a[rare])
    low[~rare], last[~rare] = _upward(log_none[~rare], odds[~rare], m[~rare], a[~rare])
    high = 1 - low
    few = low > 0.5
    high[few] = _beyond(last[few], odds[few], m[few], a[few])
    at_least[inside], fewer[inside] = high, low
    return at_least, fewer


def _upward(log_none: Any, odds: Any, m: Any, a: Any) -> tuple[Any, Any]:
    """Σ_{k<a} t_k from t_0 = G^m on, and t_{a-1}."""
    term = np.exp(log_none)
    total = term.copy()
    for k in range(int(a.max(initial=1)) - 1):
        more = k < a - 1
        term = np.where(more, term * ((m - k) / (k + 1) * odds), term)
        total = np.where(more, total + term, total)
    return total, term


def _downward(log_none: Any, odds: Any, m: Any, a: Any) -> Any:
    """The same sum where t_0 underflows; then every r_k is above 1, and the terms fall from t_{a-1} down."""
    log_last, total = log_none.copy(), np.ones(odds.shape)
    for k in range(int(a.max(initial=1)) - 1):
        ratio = (m - k) / (k + 1) * odds
        more = k < a - 1
        log_last = np.where(more, log_last + np.log(ratio), log_last)
        total = np.where(more, 1 + total / ratio, total)
    return np.exp(log_last) * total


def _beyond(last: Any, odds: Any, m: Any, a: Any) -> Any:
    """Σ_{k≥a} t_k from t_{a-1} on; the median is above m F there, so the terms soon fall."""
    total, term, k = np.zeros(last.shape), last, a - 1
    while k.size and np.any((term > 1e-18 * total) & (k < m)):
        term = term * (np.maximum(m - k, 0.0) / (k + 1) * odds)
        total = total + term
        k = k + 1
    return total
