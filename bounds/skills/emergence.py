"""When a skill is there: a skill is m sequences and has emerged when a of them, the quorum, are present and stored.

| letter | meaning                                                  | unit        | argument               |
|--------|----------------------------------------------------------|-------------|------------------------|
| m      | sequences that make up a skill                           | sequences   | `members`              |
| a      | quorum: how many of them it takes, 1 ≤ a ≤ m             | sequences   | `quorum`               |
| φ      | quorum as a part of the members                          | 1           | `fraction`             |
| F      | probability that one member is represented               | 1           | `represented`          |
| x_1/2  | F at which the skill is as likely there as not           | 1           |                        |
| D      | draws; where Poissonised, their mean                     | draws       | `n_draws`              |
| p      | probability of a member in one draw                      | 1           | `probabilities`        |
| k      | exposures after which a member is represented            | 1           | `exposures`            |
| n, U   | sequences that the model stores; distinct ones in the corpus | sequences | `n_stored`, `n_unique` |
| λ      | chance that one exposure teaches a term                  | 1           | `learning_probability` |

Thresholds in capacity and in data are in `bounds.skills.skill_thresholds`, the number of skills in
`bounds.skills.skill_counts`, the statements in `bounds.skills.formulas`. The transition is m^-1/2 wide: with finitely
many members no skill appears at a point.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy import special

from bounds.base.brief import brief_fields
from bounds.base.numerics.bracketing import increasing_root
from bounds.base.one_number import number
from bounds.base.pointwise import broadcast, checked, flag, nonnegative, pointwise, probability, single
from bounds.base.telling.html import html_fields
from bounds.skills.binomial_tails import binomial_tails
from bounds.skills.formulas import FORMULAS
from bounds.skills.poisson_binomial import poisson_binomial_tails

__all__ = [
    "FORMULAS",
    "ScalingVerdict",
    "can_scaling_help",
    "emergence_probability",
    "emergence_probability_unequal",
    "expected_term_accuracy",
    "le_cam_bound",
    "median_representation",
    "quorum_count",
    "term_accuracy",
]

_F = {formula.name: formula for formula in FORMULAS}
_BLOCK = 64
"""Members whose Poisson–binomial law is built one by one; longer lists are halved."""
_FEW_MEMBERS = 1024
"""Members whose Poisson–binomial law is built at all."""


def quorum_count(members: Any, fraction: Any) -> Any:
    """a = ⌈φm⌉, the quorum of a skill that needs the part `fraction` of its members; at least 1.

    A product that misses a whole number by rounding alone counts as that number: 0.07 of 100 is 7.
    """
    m = _members(members)
    phi = checked("fraction", fraction, lambda x: (x > 0) & (x <= 1), "a fraction above 0 and at most 1")

    def count(m: Any, phi: Any) -> Any:
        product = phi * m
        whole = np.round(product)
        return np.maximum(np.where(np.abs(product - whole) <= 4e-16 * product, whole, np.ceil(product)), 1.0)

    return pointwise(count, m, phi)


# The quorum (D1)


def emergence_probability(represented: Any, *, members: Any, quorum: Any, complement: bool = False) -> Any:
    """Probability that at least `quorum` of `members` members are represented, each with chance `represented`.

    Σ_{k≥a} C(m,k) F^k (1-F)^(m-k) = I_F(a, m-a+1), the regularised incomplete beta function (equation D1), rigorous
    where members are represented independently. `complement` gives 1 minus it, with its digits where it is small.
    """
    m, a = members_and_quorum(members, quorum)
    F, which = probability("represented", represented), int(flag("complement", complement))
    return pointwise(lambda F, m, a: binomial_tails(F, 1 - F, m, a)[which], F, m, a)


def median_representation(members: Any, quorum: Any) -> Any:
    """x_1/2, the chance of representation at which a skill is as likely there as not: I_x(a, m-a+1) = 1/2.

    The median of the a-th smallest of m uniform numbers, about (a - 1/3)/(m + 1/3) (equation D1); to fourteen digits.
    """
    return pointwise(lambda m, a: representation(m, a, 0.5, 0.5)[0], *members_and_quorum(members, quorum))


def emergence_probability_unequal(
    n_draws: Any, probabilities: Any, *, quorum: int, exposures: int = 1, complement: bool = False
) -> Any:
    """Probability that at least `quorum` members are seen `exposures` times or more; their probabilities differ.

    `probabilities` is a list with one number for each member, `n_draws` is the mean of a Poisson number of draws, a
    number or an array. Members are then independent, each represented with F_i = P(Poisson(Dp_i) ≥ k), which is
    1 - e^-Dp_i for one exposure, and their number has a Poisson–binomial law (equation D3), summed without
    cancellation, in about two seconds for a million members. `complement` gives 1 minus it.
    """
    p = member_probabilities(probabilities)
    a = _quorum_of(quorum, len(p))
    k, which = exposure_count(exposures), int(flag("complement", complement))

    def chance(D: Any) -> Any:
        return [unequal_tails(p, size, a, k)[which] for size in D]

    return pointwise(chance, nonnegative("n_draws", n_draws))


# More parameters on the same data (D5)


@dataclass(frozen=True, repr=False)
class ScalingVerdict:
    """Whether a larger store can hold more of a corpus (`can_help`), and at most how many skills it adds.

    `spare_sequences` are those of the corpus that the store has no room for; `most_new_skills` counts disjoint skills.
    """

    n_stored: float
    n_unique: float
    quorum: int
    can_help: bool
    spare_sequences: float
    most_new_skills: float
    sentence: str
    label: str = field(repr=False)
    assumption: str = field(repr=False)

    __repr__ = brief_fields
    _repr_html_ = html_fields


def can_scaling_help(n_stored: float, n_unique: float, *, quorum: int = 1) -> ScalingVerdict:
    """Whether more parameters can uncover skills in a corpus of `n_unique` distinct sequences (equation D5).

    With n ≥ U everything seen is stored, and more capacity changes nothing. With n < U it stores more sequences, but
    a skill emerges only where they complete a quorum: n < U is necessary, not sufficient. Rigorous for a store of
    sequences that were seen; of disjoint skills at most min(U - n, ⌊U/a⌋) can be new.
    """
    n = single("n_stored", nonnegative("n_stored", n_stored))
    U = single("n_unique", nonnegative("n_unique", n_unique))
    a = int(single("quorum", checked("quorum", quorum, lambda x: x >= 1, _QUORUM, whole=True)))
    formula = _F["can_scaling_help"]
    spare = max(U - n, 0.0)
    most = math.floor(formula.function(U, n, a)) if spare else 0
    if not spare:
        sentence = (
            f"a store of {number(n, 6)} sequences holds all {number(U, 6)} of the corpus: more parameters "
            f"change nothing, only more data "
            "can bring new skills"
        )
    elif not most:
        sentence = (
            f"a store of {number(n, 6)} sequences leaves out {number(spare, 6)} of the {number(U, 6)} in the "
            f"corpus, but these cannot fill a "
            f"quorum of {a}: more parameters store more and uncover no skill"
        )
    else:
        sentence = (
            f"a store of {number(n, 6)} sequences leaves out {number(spare, 6)} of the {number(U, 6)} in the "
            f"corpus: more parameters can uncover "
            f"at most {number(most, 6)} disjoint skills, each only when its quorum of {a} is complete; N < U(D) "
            f"is necessary, "
            "not sufficient"
        )
    return ScalingVerdict(n, U, a, bool(most), spare, most, sentence, formula.label, formula.assumption)


# Terms and their frequency (D6)


def term_accuracy(count: Any, learning_probability: Any) -> Any:
    """1 - (1 - λ)^c: chance that a term seen `count` times is known, if each exposure teaches it with chance λ.

    Heuristic (equation D6): exposures are taken to teach independently and nothing is forgotten.
    """
    c, rate = nonnegative("count", count), probability("learning_probability", learning_probability)

    def accuracy(c: Any, rate: Any) -> Any:
        return -np.expm1(special.xlog1py(c, -rate))

    return pointwise(accuracy, c, rate)


def expected_term_accuracy(n_draws: Any, probabilities: Any, *, learning_probability: Any) -> Any:
    """1 - e^-λDp: `term_accuracy` averaged over a count that is Poisson with mean Dp (heuristic, equation D6).

    `probabilities` are those of the terms in one draw; the three arguments broadcast.
    """
    formula = _F["expected_term_accuracy"].function
    return pointwise(
        formula,
        nonnegative("n_draws", n_draws),
        probability("probabilities", probabilities),
        probability("learning_probability", learning_probability),
    )


def le_cam_bound(inclusion_probabilities: Any) -> float:
    """Σ μ_i², at most 1: how far the number of memorised positions in a window is from a Poisson law.

    The bound is on total variation; each of the independent positions is memorised with chance μ_i (Le Cam 1960;
    equation D6). Memorised positions in the order of training are close to a homogeneous Poisson process only if μ
    does not depend on that order. This is the condition under which it would be seen, not a derivation of it.
    """
    mu = np.atleast_1d(np.asarray(probability("inclusion_probabilities", inclusion_probabilities), float))
    return float(min(np.sum(mu * mu), 1.0))


# Numbers that the other modules on skills share


def representation(m: Any, a: Any, level: Any, rest: Any) -> tuple[Any, Any]:
    """(x, 1 - x) with P(at least a of m) = `level` = 1 - `rest` at F = x; the smaller of level and rest decides.

    Found on the scale of ln x/(1-x), where both x and 1 - x keep their digits, from ln a/(m-a+1) outwards.
    """
    m, a, level, rest = np.broadcast_arrays(*(np.asarray(value, float) for value in (m, a, level, rest)))
    by_level = level <= rest

    def error(log_odds: Any) -> Any:
        P, Q = binomial_tails(special.expit(log_odds), special.expit(-log_odds), m, a)
        with np.errstate(divide="ignore"):
            ratio = np.where(by_level, np.log(P) - np.log(level), np.log(rest) - np.log(Q))
        return np.clip(ratio, -1e4, 1e4)

    centre = np.log(a / (m - a + 1))
    low, high, step = centre - 1, centre + 1, 1.0
    while np.any(out := error(low) > 0):
        step *= 2
        low = np.where(out, np.maximum(centre - step, -745.0), low)
    step = 1.0
    while np.any(out := error(high) < 0):
        step *= 2
        high = np.where(out, np.minimum(centre + step, 745.0), high)
    root = increasing_root(error, low, high)
    return special.expit(root), special.expit(-root)


def unequal_tails(p: Any, D: float, a: int, k: int) -> tuple[float, float]:
    """P(at least a members), P(fewer) after Poisson(D) draws; members need k exposures each."""
    if len(p) > _FEW_MEMBERS:
        p, count = np.unique(p, return_counts=True)
        return poisson_binomial_tails(special.gammainc(k, D * p), special.gammaincc(k, D * p), count, a)
    law = _poisson_binomial(special.gammainc(k, D * p), special.gammaincc(k, D * p))
    return float(law[a:].sum()), float(law[:a].sum())


def _poisson_binomial(F: Any, G: Any) -> Any:
    """The law of the number of successes, F and G = 1 - F of each: products of generating polynomials."""
    if len(F) > _BLOCK:
        half = len(F) // 2
        return np.convolve(_poisson_binomial(F[:half], G[:half]), _poisson_binomial(F[half:], G[half:]))
    law = np.ones(1)
    for yes, no in zip(F, G, strict=True):
        law = np.append(law * no, 0.0) + np.append(0.0, law * yes)
    return law


# Arguments


def members_and_quorum(members: Any, quorum: Any) -> tuple[Any, Any]:
    """Both, checked: whole numbers with 1 ≤ quorum ≤ members ≤ 2^53."""
    m = _members(members)
    a = checked("quorum", quorum, lambda x: x >= 1, _QUORUM, whole=True)
    many, few = broadcast(np.asarray(m, float), np.asarray(a, float))
    if (few > many).any():
        worst = few > many
        raise ValueError(
            f"quorum must be at most the number of members, {many[worst].flat[0]:g}, got {few[worst].flat[0]:g}; "
            "a skill without so many members never emerges"
        )
    return m, a


_QUORUM = "a whole number of members of at least 1 (quorum_count turns a fraction into one)"


def _members(value: Any) -> Any:
    return checked("members", value, lambda x: (x >= 1) & (x <= 2.0**53), "a whole number from 1 to 2^53", whole=True)


def _quorum_of(quorum: Any, members: int) -> int:
    return int(members_and_quorum(members, single("quorum", quorum))[1])


def member_probabilities(values: Any) -> Any:
    """The probabilities of a skill's members in one draw: a list above 0 that adds up to 1 at most."""
    p = np.asarray(checked("probabilities", values, lambda x: (x > 0) & (x <= 1), "above 0 and at most 1"), float)
    if p.ndim != 1 or not p.size:
        raise ValueError(
            f"probabilities must be a list with one number for each member, got an array of shape {p.shape}"
        )
    if p.sum() > 1 + 1e-9:
        raise ValueError(f"probabilities of distinct sequences must add up to 1 at most, got a sum of {p.sum():.12g}")
    return p


def exposure_count(value: Any) -> int:
    """How often a member must occur to be represented, checked to be whole and at least 1."""
    allowed = "a whole number from 1 to 1e9"
    return int(single("exposures", checked("exposures", value, lambda x: (x >= 1) & (x <= 1e9), allowed, whole=True)))
