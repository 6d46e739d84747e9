"""How little any estimator of a law can lose: Bayes risks under symmetric Dirichlet laws, exact for any k and n.

The forward KL is KL(P || estimate), the excess of the test loss. Where P itself is drawn from Dirichlet(a, …, a) the
best estimate after n draws is (N_i + a)/(n + ka), and its mean loss bounds from below the worst loss of every
estimator over all P on k types. Written with

    χ(x) = x (ψ(x+1) - ln x) = 1/2 - 1/(12x) + …,
    R(k, n; a) = k E[χ(m+a) - (m+a) χ(n+ka)/(n+ka)] / (n + ka),

every term is positive and no digits cancel; m is beta-binomial(n; a, (k-1)a). Its probabilities are those of two
negative binomials given their sum, in the deviance form of `bounds.counts.binomial_means`. The sum over m has its first
and last terms one by one and Gauss-Legendre panels in the logit of m/n between them, with Euler-Maclaurin corrections
at the joints: a few hundred terms at n = 1e18.

| letter | meaning                                   | unit              | argument        |
|--------|-------------------------------------------|-------------------|-----------------|
| k      | number of types in the support            | sequences         | `n_types`       |
| n, D   | number of draws                           | draws             | `n_draws`       |
| a      | parameter of the Dirichlet law            | 1                 | `concentration` |
| m      | how often one type is drawn               | draws             |                 |
| R      | Bayes risk, a forward KL                  | nats per sequence |                 |
| ε      | excess of the test loss                   | nats per sequence | `excess`        |
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from scipy import optimize, special

from bounds.base.pointwise import broadcast, checked, flag
from bounds.base.telling.html import html_fields
from bounds.counts.binomial_means import excess_of_power, stirling_remainder
from bounds.counts.panels import FIRST_PANEL, PANEL_WIDTH, leading_weights, panels
from bounds.divergence.formulas import closed_form
from bounds.divergence.type_laws import at_each, whole_draws, whole_types

_NARROW = 100.0
"""Beyond this parameter the beta-binomial is too narrow to reach the end where it would be rough."""
_DIRECT = 1024
"""Sums no longer than this are taken term by term."""
_MOST = 1e100
"""Products of larger numbers of types and concentrations overflow."""
_NEGLIGIBLE = 50.0
_CHI = [((-1) ** (j + 1)) * abs(b) / (2 * j) for j, b in enumerate(special.bernoulli(24)[2::2], 1)][::-1]

_PROFILE = np.array([[0.2796, 1], [1.002, 10], [2.344, 1e2], [4.035, 1e3], [5.922, 1e4], [7.918, 1e5]])
"""Largest risk and k/n at which it is reached, for many draws: where the search for k begins."""


class MinimaxLower(NamedTuple):
    """The largest Bayes risk in nats, and the Dirichlet parameter at which it is reached; both of the shape asked."""

    risk: Any
    concentration: Any

    def _repr_html_(self) -> str:
        return html_fields(self)


def forward_kl_bayes_risk(n_types: Any, n_draws: Any, concentration: Any) -> Any:
    """Mean forward KL of the best estimator where P is drawn from the symmetric Dirichlet law on V types, in nats.

    ψ(a+1) - ψ(Va+1) - V E q ln q, q = (m+a)/(D+Va), a = `concentration` (equation B5). Exact to 1e-12 for V and D up to
    2^62 and a ≥ 1e-9; V may be 1e100, and a from 1e-300 to 1e100. No
    estimator does better on average over these laws; on one given law some do. The arguments broadcast.
    """

    def value(k: float, n: float, a: float) -> float:
        return risk(k, n, a) if k > 1 else 0.0

    allowed = "positive and finite, from 1e-300 to 1e100"
    a = checked("concentration", concentration, lambda a: (a >= 1e-300) & (a <= _MOST), allowed)
    return at_each(value, _types(n_types), whole_draws(n_draws), a)


def forward_kl_minimax_lower(n_types: Any, n_draws: Any) -> MinimaxLower:
    """Largest Bayes risk over symmetric Dirichlet laws, in nats, and its parameter: `risk`, `concentration`.

    Whatever the estimator, some law on V types makes it lose at least this much (equation B5). It says nothing of one
    given corpus. One type is known without a draw: the risk is 0, and the parameter not a number.
    """

    def value(k: float, n: float) -> tuple[float, float]:
        return worst_prior(k, n) if k > 1 else (0.0, math.nan)

    k, n = broadcast(*(np.asarray(number, float) for number in (_types(n_types), whole_draws(n_draws))))
    found = np.vectorize(value, otypes=[float, float])(k, n)
    return MinimaxLower(*(array if array.ndim else array.item() for array in found))


def forward_kl_minimax_asymptote(n_types: Any, n_draws: Any, *, dense: bool = True) -> Any:
    """(V-1)/(2D) nats for D ≫ V, or with `dense` false ln(V/D) for V ≫ D: limits of the minimax forward KL.

    Asymptotic (Braess & Sauer 2004; Paninski 2004; equation B5). With many types the exact
    lower bound is 12 % below the first at D = 10 V and 1.7 % at D = 100 V; the second is negative where V < D.
    """
    name = "forward_kl_minimax_asymptote." + ("dense" if flag("dense", dense) else "sparse")
    return closed_form(name, whole_types(n_types), whole_draws(n_draws))


def support_upper_minimax(n_draws: Any, excess: Any) -> Any:
    """Largest number of types V whose minimax lower bound is at most `excess` nats, a whole number as a float.

    sup{V: max_a R(V, D; a) ≤ ε}: on more types no learner has a test excess below ε for every law. Read as a bound on
    one corpus it is heuristic, since on one law a learner may do better (equation B7-ii). 1 where even two types
    cost more than ε; 1 + 2Dε where that is far below D. `n_draws` and `excess` (above 0, at most 40) broadcast.
    """
    epsilon = checked("excess", excess, lambda x: (x > 0) & (x <= 40), "above 0 and at most 40 nats")
    return at_each(_support, whole_draws(n_draws), epsilon)


def worst_prior(k: float, n: float, guess: float | None = None) -> tuple[float, float]:
    """(max_a R(k, n; a), the maximiser), which is searched around `guess`; R has one maximum in a."""
    if guess is None:
        x = n / k
        guess = 0.36 * min(x**0.2, 4.0) if x > 1 else x * (0.36 - 0.5 * math.log(x))
    low, high = math.log(guess) - 1.5, math.log(guess) + 1.5
    for _ in range(20):
        found = optimize.minimize_scalar(
            lambda log_a: -risk(k, n, math.exp(log_a)), bounds=(low, high), method="bounded", options={"xatol": 1e-6}
        )
        # Where the maximum lies at an end it is further out.
        if low + 1e-3 < found.x < high - 1e-3:
            break
        low, high = (low - 3, low + 0.1) if found.x <= low + 1e-3 else (high - 0.1, high + 3)
    return -float(found.fun), math.exp(found.x)


def _types(n_types: Any) -> Any:
    allowed = "a whole number of at least 1, and at most 1e100"
    return checked("n_types", n_types, lambda k: (k >= 1) & (k <= _MOST), allowed, whole=True)


def _support(n: float, epsilon: float) -> float:
    if worst_prior(2.0, n)[0] > epsilon:
        return 1.0
    k, a = _start(n, epsilon), None
    for _ in range(60):
        value, a = worst_prior(k, n, a)
        # The slope of the maximum is that at the maximiser held fixed.
        nearby = k * (1 + 1e-5)
        slope = (risk(nearby, n, a) / value - 1) / math.log(nearby / k)
        step = math.log(epsilon / value) / slope
        k = max(2.0, k * math.exp(max(-2.0, min(step, 2.0))))
        if abs(step) < 1e-9:
            break
    whole = math.floor(k)
    close = whole + 1 - k < 1e-9 + 1e-12 * k
    return float(whole + 1 if close and worst_prior(whole + 1.0, n)[0] <= epsilon else whole)


def _start(n: float, epsilon: float) -> float:
    """A first k for `_support`: from the profile of many draws."""
    risks, ratios = _PROFILE.T
    if epsilon < risks[0]:
        return max(2.0, 1 + 2 * n * epsilon * (1 + 2.8 * epsilon))
    beyond = max(0.0, epsilon - risks[-1])
    return max(2.0, n * math.exp(np.interp(epsilon, risks, np.log(ratios)) + 1.1 * beyond))


def _chi(x: Any) -> Any:
    """x (ψ(x+1) - ln x), from 0 at 0 to 1/2."""
    large = np.maximum(x, 8.0)
    z = (1 / large) ** 2
    series = np.full(np.shape(z), _CHI[0])
    for coefficient in _CHI[1:]:
        series = series * z + coefficient
    small = np.minimum(x, 8.0)
    return np.where(x < 8, small * (special.digamma(small + 1) - np.log(small)), 0.5 - series / large)


def risk(k: float, n: float, a: float) -> float:
    """R(k, n; a) for k ≥ 2, whole or not, n ≥ 1 and a > 0."""
    m, r, weight = _outcomes(k, n, a)
    log_probability = _log_probability(m, r, k, n, a)
    probability = weight * np.exp(log_probability - log_probability.max())
    loss = _chi(m + a) - (m + a) / (n + k * a) * _chi(n + k * a)
    if (k - 1) * a < 0.01:
        loss = np.where(r == 0, _loss_of_sole_type(n + a, (k - 1) * a), loss)
    return k * float(np.sum(probability * loss) / np.sum(probability)) / (n + k * a)


def _loss_of_sole_type(x: float, rest: float) -> float:
    """χ(x) - x χ(x+h)/(x+h) = x (ln(1 + h/x) - ψ(x+1+h) + ψ(x+1)) for a small h, by its Taylor series."""
    orders = np.arange(1, 8)
    rise = np.sum(special.polygamma(orders, x + 1) * rest**orders / special.factorial(orders))
    return x * (math.log1p(rest / x) - float(rise))


def _log_probability(m: Any, r: Any, k: float, n: float, a: float) -> Any:
    """ln P(m) of the beta-binomial, less a constant; r = n - m.

    With π = ka/(n+ka) the two negative binomials have their means at m = n/k and at r = n - n/k; `away` is the
    distance from there.
    """
    b = (k - 1) * a
    pi = k * a / (n + k * a)
    away = m - n / k
    first, second = m + a, r + b
    odds = k * a / n
    deviance = pi * (first * excess_of_power(-away / first) + second * excess_of_power(away / second))
    deviance += (1 - pi) * (
        first * excess_of_power(odds * away / first) + second * excess_of_power(-odds * away / second)
    )
    remainder = stirling_remainder(first) - stirling_remainder(m) + stirling_remainder(second) - stirling_remainder(r)
    return remainder - np.log(first) - np.log(second) - deviance


def _outcomes(k: float, n: float, a: float) -> tuple[Any, Any, Any]:
    """Values of m and n - m, and the weights with which they stand for all of 0 … n."""
    mean, b = n / k, (k - 1) * a
    sigma = math.sqrt(mean * (1 - 1 / k) * (k * a + n) / (k * a + 1))
    last = min(n, mean + 12 * sigma + 60 / math.log1p(a / mean) + 60)
    reached = (a, b if last == n else math.inf)
    ends = [math.ceil(FIRST_PANEL * max(1.0, c)) if c <= _NARROW else 0 for c in reached]
    if last <= max(_DIRECT, 4 * max(ends), 4 * FIRST_PANEL * min(a, _NARROW)):
        m = np.arange(math.floor(last) + 1.0)
        return m, n - m, np.ones(len(m))
    node_m, node_r, node_weight = _panel_nodes(k, n, a, ends, sigma / (mean * (1 - 1 / k)))
    (low, low_weight), (high, high_weight) = map(_end, ends)
    return (
        np.concatenate([low, node_m, n - high]),
        np.concatenate([n - low, node_r, high]),
        np.concatenate([low_weight, node_weight, high_weight]),
    )


def _end(start: int) -> tuple[Any, Any]:
    """0 … start+4 with weights that leave the rest, from `start` on, to an integral."""
    if not start:
        return np.empty(0), np.empty(0)
    return np.arange(start + 5.0), leading_weights(start + 5)


def _panel_nodes(k: float, n: float, a: float, ends: list[int], spread: float) -> tuple[Any, Any, Any]:
    """Nodes m and n - m and weights of the integral over m where the distribution is not negligible.

    y = ln(m/(n-m)); `spread` is the standard deviation of m in units of y.
    """
    width = PANEL_WIDTH * min(1.0, spread)
    centre = -math.log(k - 1)
    low, high = -math.log(n / max(ends[0], 1) - 1), math.log(n / max(ends[1], 1) - 1)
    # A distribution so narrow that this cuts it is far inside these limits.
    low, high = max(low, centre - 200 * width), min(high, centre + 200 * width)
    edges = np.linspace(low, high, math.ceil((high - low) / width) + 1)
    m, r = n / (1 + np.exp(-edges)), n / (1 + np.exp(edges))
    log_mass = _log_probability(m, r, k, n, a) + np.log(m) + np.log(r)
    kept = np.flatnonzero(log_mass > log_mass.max() - _NEGLIGIBLE)
    low, high = edges[max(kept[0] - 1, 0)], edges[min(kept[-1] + 1, len(edges) - 1)]
    y, weight = panels(low, high, width)
    m, r = n / (1 + np.exp(-y)), n / (1 + np.exp(y))
    return m, r, weight * m * (r / n)
