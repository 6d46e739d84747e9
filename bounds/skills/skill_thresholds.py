"""How large a store, and how large a corpus, until a skill of m members with quorum a is as likely there as not.

A threshold is where the chance F that one member is represented passes x_1/2(m, a) (`emergence.median_representation`):

| letter | threshold in      | F                                           | function                    |
|--------|-------------------|---------------------------------------------|-----------------------------|
| n*     | stored sequences  | 1 - T(n), members drawn from the law itself | `stored_threshold`          |
| N*     | parameters        | as n*, N = νn                               | `params_threshold`          |
| D*     | draws             | 1 - (1-p)^D, members of equal p             | `draws_threshold`           |
| D*     | draws             | 1 - e^-Dp_i, each member its own            | `draws_threshold_unequal`   |
| D*     | draws             | 1 - E M0(D), members drawn from the law     | `draws_threshold_frequency` |

`level` asks for another chance than one half. Members that are drawn from the law itself are mostly its most frequent
types, so their skills emerge at tiny stores (n* = 4.6 for s = 1.724, m = 50, a = 40): for skills that come late, give
the members equal, small probabilities, or each skill a mass of its own (`bounds.expected_skills`).

Widths are half the distance between the points where the chance is Φ(-1) = 0.159 and Φ(1) = 0.841, on the scale of
ln n or ln D. They fall as m^-1/2 (as 1/ln m for a quorum of all): a threshold is sharp, but never a discontinuity.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special

from bounds.base.numerics.bracketing import increasing_root
from bounds.base.pointwise import checked, flag, pointwise, positive, single
from bounds.base.sources import Geometric, Mixture, Source, Uniform, Zipf, parse_source
from bounds.counts import occupancy, rank_mass
from bounds.counts.rank_tables import TypeTable, first_probability
from bounds.counts.table_sums import by_table
from bounds.skills.emergence import (
    exposure_count,
    member_probabilities,
    members_and_quorum,
    representation,
    unequal_tails,
)

__all__ = [
    "draws_half_width",
    "draws_threshold",
    "draws_threshold_frequency",
    "draws_threshold_unequal",
    "params_threshold",
    "stored_half_width",
    "stored_threshold",
]

_ONE_SIGMA = float(special.ndtr(-1.0))
_LOG_LEAST, _LOG_MOST = -700.0, 100.0
"""ln D between which tables of types are summed."""
_LIMIT_HOLDS = 1e30
"""D above which the limit for unlimited Zipf laws is exact to rounding, and taken."""


# In stored sequences (D2)


def stored_threshold(source: Source | str, *, members: Any, quorum: Any, level: Any = 0.5) -> Any:
    """n*, the real number of stored sequences at which a skill of members drawn from the source is there half the time.

    Solves T(n*) = 1 - x_1/2(m, a), T continued to real n (`bounds.capacity.tail_mass`; equation D2). Rigorous for
    members drawn independently from the law and a store of its most probable sequences. For uniform, geometric and
    Zipf sources; infinite where n* is too large for a float.
    """
    law = parse_source(source)
    if not isinstance(law, Uniform | Geometric | Zipf):
        raise ValueError(f"source must be a uniform, geometric or zipf law, got {law}; its tail has no inverse here")

    def threshold(m: Any, a: Any, level: Any) -> Any:
        return rank_mass.rank_of_mass(law, *representation(m, a, level, 1 - level))

    return pointwise(threshold, *members_and_quorum(members, quorum), _level(level))


def params_threshold(
    source: Source | str, *, members: Any, quorum: Any, params_per_sequence: Any = 1.0, level: Any = 0.5
) -> Any:
    """N* = νn*, the parameters at which `stored_threshold` sequences are stored (heuristic, equations C1, D2)."""
    nu = positive("params_per_sequence", params_per_sequence)
    return pointwise(np.multiply, nu, stored_threshold(source, members=members, quorum=quorum, level=level))


def stored_half_width(source: Source | str, *, members: Any, quorum: Any) -> Any:
    """Half-width of the transition in ln n: (ln n(Φ(1)) - ln n(Φ(-1)))/2, at ±1σ.

    Its limit for many members of a Zipf law is √(φ/(m(1-φ)))/(s-1) (equation D2); finite widths are exact.
    """
    ends = (stored_threshold(source, members=members, quorum=quorum, level=at) for at in (_ONE_SIGMA, 1 - _ONE_SIGMA))
    low, high = (np.log(end) for end in ends)
    return (high - low) / 2


# In draws (D3)


def draws_threshold(
    probability: Any, *, members: Any, quorum: Any, exposures: int = 1, poisson: bool = False, level: Any = 0.5
) -> Any:
    """D*, the real number of draws at which a skill of members of equal `probability` is there half the time.

    D* = ln(1 - x_1/2)/ln(1 - p). With `poisson`, D is the mean of a Poisson number of draws and D*p = -ln(1 - x_1/2).
    With more `exposures` k than one, a member is represented when drawn k times, and P(Poisson(D*p) ≥ k) = x_1/2;
    draws are then always Poisson (equation D3).

    Rigorous where members are represented independently, as they are when the number of draws is Poisson. With a
    fixed number they compete for the draws, which matters only if a skill takes up much of the corpus: for m = 50, a =
    40 and p = 1/m, when it is all there is, D* is 0.4 % higher and the transition a quarter narrower; for p = 0.05/m,
    0.02 % and 1 %. With a quorum of all members, D*p is about ln m - ln ln 2.
    """
    k, poisson = exposure_count(exposures), flag("poisson", poisson)
    p = checked("probability", probability, lambda x: (x > 0) & (x <= 1), "above 0 and at most 1")

    def threshold(p: Any, m: Any, a: Any, level: Any) -> Any:
        x, y = representation(m, a, level, 1 - level)
        with np.errstate(divide="ignore", over="ignore"):  # of what is never drawn: infinite
            if poisson or k > 1:
                return exposure_mean(k, x, y) / p
            return _log_rest(x, y) / np.log1p(-p)

    return pointwise(threshold, p, *members_and_quorum(members, quorum), _level(level))


def draws_half_width(*, members: Any, quorum: Any, exposures: int = 1) -> Any:
    """Half-width of the transition in ln D for members of equal, small probability, at ±1σ: it does not depend on p.

    (ln D(Φ(1)) - ln D(Φ(-1)))/2 of the Poissonised skill. Its limit for many members and one exposure is
    √(φ/(m(1-φ)))/(-ln(1-φ)) (equation D3): 0.1757 for m = 50, φ = 0.8, against 0.1748.
    """
    k = exposure_count(exposures)

    def width(m: Any, a: Any) -> Any:
        ends = (representation(m, a, level, 1 - level) for level in (_ONE_SIGMA, 1 - _ONE_SIGMA))
        low, high = (np.log(exposure_mean(k, *end)) for end in ends)
        return (high - low) / 2

    return pointwise(width, *members_and_quorum(members, quorum))


def draws_threshold_unequal(probabilities: Any, *, quorum: int, exposures: int = 1, level: float = 0.5) -> float:
    """D*, the mean number of draws at which a skill is there half the time whose members differ in probability.

    Solves P(at least `quorum` of them) = 1/2 for the Poisson–binomial law of
    `bounds.skills.emergence_probability_unequal`, between the thresholds that the largest and the
    smallest probability would give alone (equation D3). A million members take about half a minute.
    """
    p = member_probabilities(probabilities)
    m, a = members_and_quorum(len(p), single("quorum", quorum))
    k = exposure_count(exposures)
    level = single("level", _level(level))
    mean = float(exposure_mean(k, *representation(m, a, level, 1 - level)))

    def error(log_draws: Any) -> Any:
        P, Q = unequal_tails(p, math.exp(float(log_draws)), int(a), k)
        gap = _log(P) - _log(level) if level <= 0.5 else _log(1 - level) - _log(Q)
        return np.clip(np.float64(gap), -1e4, 1e4)

    # Rounding must not put the root of equal probabilities outside.
    low, high = math.log(mean / p.max()) - 1e-9, math.log(mean / p.min()) + 1e-9
    return math.exp(float(increasing_root(error, low, high)))


def draws_threshold_frequency(source: Source | str, *, members: Any, quorum: Any, level: Any = 0.5) -> Any:
    """D*, the real number of draws at which a skill of members drawn from the source itself is there half the time.

    Solves E M0(D*) = 1 - x_1/2(m, a): D draws miss a member with the probability that a draw is new. As m grows,
    x_1/2 tends to φ = a/m. The closed form [αΓ(1-α)C^α/(1-φ)]^(1/(1-α)) is its limit for an unlimited Zipf law, α =
    1/s, to be trusted only if D* is well above 1000 (equation D3). For sources with fixed probabilities; infinite where
    D* is too large for a float. Asymptotic, as M0 is replaced by its mean.
    """
    law = parse_source(source)
    if not isinstance(law, Uniform | Zipf | Geometric | Mixture):
        raise ValueError(
            f"source must be independent draws of fixed probabilities, got {law}; "
            "pass a uniform, zipf, geometric or mixture"
        )

    def threshold(m: Any, a: Any, level: Any) -> Any:
        x, y = representation(m, a, level, 1 - level)
        result = _limit_draws(law, y) if isinstance(law, Zipf) else np.zeros(x.shape)
        summed = ~(result > _LIMIT_HOLDS)
        if summed.any():
            result[summed] = _draws_of_coverage(law, x[summed], y[summed])
        return result

    return pointwise(threshold, *members_and_quorum(members, quorum), _level(level))


# Helpers


def _level(level: Any) -> Any:
    return checked("level", level, lambda x: (x > 0) & (x < 1), "a probability strictly between 0 and 1")


def _log(value: float) -> float:
    return math.log(value) if value > 0 else -math.inf


def _log_rest(x: Any, y: Any) -> Any:
    """ln(1 - x), from x where it is small and from y = 1 - x elsewhere."""
    return np.where(x < y, np.log1p(-np.minimum(x, 0.5)), np.log(y))


def exposure_mean(k: int, x: Any, y: Any) -> Any:
    """The mean of a Poisson law that is at least k with probability x = 1 - y; `simulate` draws times with it."""
    if k == 1:
        return -_log_rest(x, y)
    return np.where(x < y, special.gammaincinv(k, np.minimum(x, 0.5)), special.gammainccinv(k, np.minimum(y, 0.5)))


def _limit_draws(law: Zipf, y: Any) -> Any:
    """The D at which α Γ(1-α) C^α D^(α-1) = y for an unlimited Zipf law, 0 for a finite one."""
    if law.types is not None:
        return np.zeros(y.shape)
    a = 1 / law.exponent
    log_scale = a * math.log(first_probability(law)) + math.log1p(law.shift)
    log_draws = (math.log(a * math.gamma(1 - a)) + log_scale - np.log(y)) / (1 - a)
    with np.errstate(over="ignore"):
        return np.exp(log_draws)


def _draws_of_coverage(law: Source, x: Any, y: Any) -> Any:
    """The real D with E M0(D) = y = 1 - x."""
    by_coverage = x < y

    def error(log_draws: Any) -> Any:
        D = np.exp(log_draws)
        # Types with p = 1 overflow to "never absent", zero chances to "too far".
        with np.errstate(divide="ignore", over="ignore"):
            seen, unseen = (by_table(law, (D,), of) for of in (_seen_mass, _unseen_mass))
            gap = np.where(by_coverage, np.log(seen) - np.log(x), np.log(y) - np.log(unseen))
        return np.clip(gap, -1e4, 1e4)

    return np.exp(increasing_root(error, np.full(x.shape, _LOG_LEAST), np.full(x.shape, _LOG_MOST)))


def _unseen_mass(table: TypeTable, D: Any) -> Any:
    return occupancy.unseen_mass(table, D, False)


def _seen_mass(table: TypeTable, D: Any) -> Any:
    """Σ p (1 - (1-p)^D); dust is never seen."""
    return np.array([-np.sum(table.count * table.p * np.expm1(size * table.log_absent)) for size in D])
