"""The distance Σ|p_D - P| between the empirical law of D draws and the law they come from, between 0 and 2.

| letter | meaning                                  | unit      | argument        |
|--------|------------------------------------------|-----------|-----------------|
| P, p   | the law, and the probability of one type | 1         | `probabilities` |
| D      | number of draws                          | draws     | `n_draws`       |
| V      | number of types in the support           | sequences | `n_types`       |
| Λ      | Berend and Kontorovich's sum             | 1         |                 |
| s      | Zipf exponent                            | 1         | `exponent`      |

The distance is the L1 norm, twice the total variation. `probabilities` is as in `bounds.divergence.kl`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from bounds.base.formula import IID
from bounds.base.intervals import RIGOROUS, Bound, End
from bounds.base.one_number import number
from bounds.base.pointwise import checked, nonnegative
from bounds.base.sources import Geometric, Mixture, Source, Uniform, Zipf
from bounds.counts.binomial_means import mean_absolute_deviation
from bounds.counts.rank_tables import first_probability
from bounds.counts.unique import missing_mass
from bounds.divergence.formulas import closed_form
from bounds.divergence.type_laws import (
    at_each,
    complements,
    fixed_law,
    heavy_rank_count,
    heavy_types,
    log_absent,
    mass_beyond,
    whole_draws,
    whole_types,
)

MAX_LISTED = 10**7
"""Types expected at least once are taken one by one, since the mean deviation oscillates with Dp."""


def l1_empirical(probabilities: Any, n_draws: Any) -> Any:
    """Expected Σ|p_D - P|, between 0 and 2: twice the total variation of the empirical law.

    2 Σ p (1-p) P(Bin(D-1, p) = ⌊Dp⌋), exact for independent draws (De Moivre; equation B4). The support may be
    infinite, but at most 1e7 types, besides equal ones, may have p ≥ 1/D: raises ValueError beyond; `l1_bounds` then
    holds.
    """

    def value(n: float) -> float:
        law = fixed_law(probabilities, n)
        if isinstance(law, np.ndarray):
            p, count = np.unique(law, return_counts=True)
            return float(np.sum(count * mean_absolute_deviation(np.minimum(p, complements(p, count)), n)))
        if isinstance(law, Uniform):
            return float(law.types * mean_absolute_deviation([1 / law.types], n)[0])
        # A type that is never drawn is p away, and as much lies above the mean as below it.
        return max(0.0, 2 * float(missing_mass(law, n)) + _beyond_missing(law, n))

    return at_each(value, whole_draws(n_draws))


def l1_upper(n_types: Any, n_draws: Any) -> Any:
    """√((V-1)/D), or 2 where that is less: above E Σ|p_D - P| for every law on V types, by Cauchy and Schwarz.

    The distance never exceeds 2; at 2, with D ≤ (V-1)/4, it says nothing (equation B4).
    """
    return closed_form("l1_upper", whole_types(n_types), whole_draws(n_draws))


def l1_bounds(probabilities: Any, n_draws: Any) -> Bound:
    """Λ/4 - 1/(4√D) ≤ E Σ|p_D - P| ≤ Λ, with Λ = Σ √(p/D) over p ≥ 1/D plus 2 Σ p over the others.

    Rigorous for independent draws from any law, of infinite support too (Berend & Kontorovich 2013, equation B4). The
    lower end needs two draws, and is 0 and flagged at one. Λ never exceeds 2; at 2 it says nothing.
    """

    def value(n: float) -> float:
        heavy = heavy_types(fixed_law(probabilities, n), n)
        return heavy.root_sum / math.sqrt(n) + 2 * heavy.light_mass

    n = whole_draws(n_draws)
    upper = np.minimum(at_each(value, n), 2.0)
    # Rounded down: where one type has all of P its two terms are equal. At one draw it is no theorem, and left out.
    lower = (closed_form("l1_bounds.lower", upper, n) - 1e-15 * upper) * (np.asarray(n) > 1)
    low = End(np.maximum(lower, 0.0), RIGOROUS, f"{IID}, and there are at least two", "B4", lower <= 0)
    return Bound(
        "expected L1 distance between the empirical law and the law", "1",
        low, None, End(upper, RIGOROUS, IID, "B4", upper >= 2),
        source="Berend & Kontorovich 2013, Statist. Probab. Lett. 83, doi:10.1016/j.spl.2013.01.023",
    )  # fmt: skip


def l1_pinsker_upper(reverse_kl: Any) -> Any:
    """√(2 KL), or 2 where that is less: above Σ|p_D - P| for each sample with KL(p_D || P) nats (equation B4).

    Also for the means of both. The distance never exceeds 2; at 2, from 2 nats on, it says nothing.
    """
    return closed_form("l1_pinsker_upper", nonnegative("reverse_kl", reverse_kl))


def l1_exponent(exponent: Any) -> Any:
    """Exponent of E Σ|p_D - P| ~ D^x for infinite Zipf laws: max(1/s - 1, -1/2); a factor √ln D besides at s = 2.

    Asymptotic (equation B4). For γ = 1/s above one half it is γ - 1: the distance falls more slowly than D^(-1/2), and
    more slowly than √(U(D)/D) allows it to: that rate is not attained. Raises ValueError unless s > 1.
    """
    s = checked("exponent", exponent, lambda s: s > 1, "above 1, as the law has infinitely many types")
    return closed_form("l1_exponent", s)


def _beyond_missing(law: Source, n: float, weight: float = 1.0, elsewhere: float = 0.0) -> float:
    """Σ E|N/n - wp| - 2 wp (1-wp)^n over the types with wp ≥ 1/n; for the others the two are equal.

    w is the `weight` of a domain, and `elsewhere` what the other domains weigh.
    """
    if isinstance(law, Mixture):
        weights = [w for w, _ in law.components]
        others = [math.fsum(weights[:i] + weights[i + 1 :]) for i in range(len(weights))]
        return math.fsum(_beyond_missing(part, n, w, o) for (w, part), o in zip(law.components, others, strict=True))
    assert isinstance(law, Uniform | Zipf | Geometric)
    ranks = heavy_rank_count(law, n * weight)
    if not ranks:
        return 0.0
    if isinstance(law, Uniform):
        p, count = np.array([weight / law.types]), law.types
    elif ranks > MAX_LISTED:
        raise ValueError(
            f"l1_empirical takes the types with p ≥ 1/D one by one, at most {number(MAX_LISTED)}, and {law} has "
            f"{number(ranks, 6)} "
            f"in {number(n, 6)} draws; take fewer draws or use l1_bounds"
        )
    else:
        p, count = weight * _first_ranks(law, ranks), 1
    missed = np.exp(n * log_absent(p, 1 - p))
    either = p.copy()
    if p[0] > 0.5:
        either[0] = elsewhere + weight * mass_beyond(law, 1)
    return count * float(np.sum(mean_absolute_deviation(either, n) - 2 * p * missed))


def _first_ranks(law: Zipf | Geometric, ranks: int) -> np.ndarray:
    r = np.arange(1.0, ranks + 1)
    if isinstance(law, Geometric):
        return (1 - law.ratio) * law.ratio ** (r - 1)
    return first_probability(law) * ((r + law.shift) / (1 + law.shift)) ** -law.exponent
