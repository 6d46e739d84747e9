"""How far an estimate from D draws is from the law, and the law from the estimate, in nats.

    forward KL   KL(P || estimate)     what the estimate loses on new draws: test loss minus H(P)
    reverse KL   KL(p_D || P)          what a perfect memoriser gains on its own draws: H(P) minus training loss

They are different curves, and every name here says which it speaks of. p_D is the empirical law of the draws. The
distances Σ|p_D - P| are in `bounds.divergence.total_variation`, what no estimator can beat in
`bounds.divergence.dirichlet_risk`.

| letter | meaning                                     | unit              | argument        |
|--------|---------------------------------------------|-------------------|-----------------|
| P, p   | the law, and the probability of one type    | 1                 | `probabilities` |
| V, k   | number of types in the support              | sequences         | `n_types`       |
| D, n   | number of draws                             | draws             | `n_draws`       |
| N      | how often a type was drawn                  | draws             |                 |
| β      | constant added to every count               | draws             | `added`         |
| ε      | a value of the divergence                   | nats per sequence | `excess`        |

`probabilities` is a list that sums to 1 within 1e-9 (it is divided by its sum), or a source. Expectations are over D
independent draws, exact to about twelve digits from D = 1 to 2^63, also where the divergence itself is 1e-18.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from bounds.base.numerics.logarithms import excess_of_log
from bounds.base.pointwise import flag, nonnegative, pointwise, positive
from bounds.counts.binomial_means import binomial_mean, excess_of_power, log_choose
from bounds.divergence.formulas import FORMULAS, closed_form
from bounds.divergence.type_laws import TypeLaw, at_each, fixed_law, log_absent, type_law, whole_draws, whole_types

__all__ = [
    "FORMULAS",
    "forward_kl_add_constant",
    "forward_kl_laplace_upper",
    "forward_kl_laplace_upper_refined",
    "forward_kl_total_kt_upper",
    "reverse_kl_empirical",
    "reverse_kl_tail_upper",
    "reverse_kl_upper",
    "reverse_kl_wilks",
]


def forward_kl_add_constant(probabilities: Any, n_draws: Any, *, added: Any = 1.0) -> Any:
    """Expected KL(P || (N + β)/(D + Vβ)) in nats: the test excess of counting with a constant added, V known.

    Laplace's rule has β = `added` = 1, Krichevsky and Trofimov's 1/2. Exact for independent draws (equation B2).
    Types of probability 0 count towards V. `n_draws` and `added` broadcast. Raises ValueError for an infinite support.
    """
    added = positive("added", added)

    def value(n: float, beta: float) -> float:
        law = _finite(probabilities, n, "forward_kl_add_constant")
        total = n + law.n_types * beta

        def term(p: Any, away: Any) -> Any:
            u = (away + beta * (1 - law.n_types * p)) / (p * total)
            return p * excess_of_log(u, (np.maximum(away + n * p, 0) + beta) / (p * total))

        unseen = beta / total
        rest = law.rest_types * unseen + law.rest_mass * (n / total - 1 - np.log(unseen)) - law.rest_entropy
        return float(np.sum(law.count * binomial_mean(law.p, law.absent, n, term))) + rest

    return at_each(value, whole_draws(n_draws), added)


def forward_kl_laplace_upper(n_types: Any, n_draws: Any) -> Any:
    """ln(1 + (V-1)/(D+1)) nats: above the expected forward KL of Laplace's rule for every law on V types (B2)."""
    return closed_form("forward_kl_laplace_upper", whole_types(n_types), whole_draws(n_draws))


def forward_kl_laplace_upper_refined(probabilities: Any, n_draws: Any) -> Any:
    """ln((D+V)/(D+1)) + Σ p ln(1 - (1-p)^(D+1)) nats: above the expected forward KL of Laplace's rule on P.

    Below `forward_kl_laplace_upper`; by Jensen's inequality from E 1/(N+1) (equation B2).
    """

    def value(n: float) -> float:
        law = _finite(probabilities, n, "forward_kl_laplace_upper_refined")
        k, p = law.n_types, law.p
        never_seen = law.rest_mass * np.log1p(n / k)
        if np.all((n + 1) * p < 1):
            # Σ p ln(kp) as a sum of terms of one sign: P may be all but uniform and everything else tiny.
            terms = p * (np.log1p(n / k) + _log_seen_share(p, n) + excess_of_log(1 / (k * p) - 1, 1 / (k * p)))
            rest = law.rest_types / k + law.rest_mass * (np.log(k) - 1) - law.rest_entropy
        else:
            rare = (n + 1) * p < 1
            terms = np.empty(p.shape)
            few, many = p[rare], p[~rare]
            terms[rare] = few * (np.log1p(n / k) + np.log(k * few) + _log_seen_share(few, n))
            missed = np.exp((n + 1) * log_absent(many, law.absent[~rare]))
            terms[~rare] = many * np.log1p((k - 1 - (n + k) * missed) / (n + 1))
            rest = law.rest_mass * np.log(k) - law.rest_entropy
        return float(np.sum(law.count * terms)) + never_seen + rest

    return at_each(value, whole_draws(n_draws))


def forward_kl_total_kt_upper(n_types: Any, n_draws: Any) -> Any:
    """((V-1)/2) ln D + ln V nats: above the total forward KL of the add-half rule over D predictions, for every law.

    It bounds the regret -ln P_KT(x) - D H(p_D) of every single sequence, and so its expectation, which is at least
    the sum of the forward KL before draws 1 … D. One D-th of it bounds the average excess (equation B2).
    """
    return closed_form("forward_kl_total_kt_upper", whole_types(n_types), whole_draws(n_draws))


def reverse_kl_empirical(probabilities: Any, n_draws: Any) -> Any:
    """Expected KL(p_D || P) in nats: how far the training loss of a perfect memoriser falls below H(P).

    E KL = H(P) - E H(p_D) = Σ E (N/D) ln(N/(Dp)), exact for independent draws; the support may be infinite
    (equation B3).
    """

    def value(n: float) -> float:
        law = type_law(fixed_law(probabilities, n), n)
        means = binomial_mean(law.p, law.absent, n, lambda p, away: p * excess_of_power(away / (n * p)))
        return float(np.sum(law.count * means)) + law.rest_entropy - law.rest_mass * np.log(n)

    return at_each(value, whole_draws(n_draws))


def reverse_kl_upper(n_types: Any, n_draws: Any) -> Any:
    """ln(1 + (V-1)/D) nats: above E KL(p_D || P) for every law on V types (equation B3)."""
    return closed_form("reverse_kl_upper", whole_types(n_types), whole_draws(n_draws))


def reverse_kl_wilks(n_types: Any, n_draws: Any) -> Any:
    """(V-1)/(2D) nats: what E KL(p_D || P) tends to once every type is drawn many times; asymptotic (equation B3)."""
    return closed_form("reverse_kl_wilks", whole_types(n_types), whole_draws(n_draws))


def reverse_kl_tail_upper(n_types: Any, n_draws: Any, excess: Any, *, log: bool = False) -> Any:
    """C(D+V-1, V-1) e^(-Dε): above the probability that KL(p_D || P) ≥ ε, for every law on V types (equation B3).

    A probability, at most 1; with `log` its natural logarithm, not cut at 0, which cannot underflow.
    """

    log = flag("log", log)

    def value(k: Any, n: Any, epsilon: Any) -> Any:
        exponent = log_choose(n + k - 1, np.minimum(k - 1, n)) - n * epsilon
        return exponent if log else np.exp(np.minimum(exponent, 0))

    return pointwise(value, whole_types(n_types), whole_draws(n_draws), nonnegative("excess", excess))


# Helpers


def _finite(probabilities: Any, n: float, function: str) -> TypeLaw:
    law = type_law(fixed_law(probabilities, n), n)
    if np.isinf(law.n_types):
        raise ValueError(
            f"{function} needs a law with finitely many types, got {probabilities}; give types=... or a list"
        )
    return law


def _log_seen_share(p: Any, n: float) -> Any:
    """ln of (1 - (1-p)^(n+1)) / ((n+1) p), about -np/2, for 0 < (n+1) p < 1, to full relative accuracy."""
    half = -(n + 1) * np.log1p(-p) / 2
    z = half * half
    sinh = z / 6 * (1 + z / 20 * (1 + z / 42 * (1 + z / 72 * (1 + z / 110 * (1 + z / 156 * (1 + z / 210))))))
    return np.log1p(sinh) - half + np.log1p(excess_of_log(-p, 1 - p) / p)
