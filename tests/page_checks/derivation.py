"""docs/from-loss-to-exponent.md: its numbers follow from one published fit and from rates that are solved again."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
from scipy import optimize

import bounds
from bounds.efficiency.band import LOSS_RANGE
from bounds.laws.published import LAWS
from experiments.unique_sequences.claims import CLAIMS
from tests.page_checks.theory_losses import reverse
from tests.page_formulas import stated
from tests.page_numbers import Page, Sentence

HOFFMANN, EPOCH = LAWS["hoffmann2022"], LAWS["epoch2024"]
VOCABULARY = 50257
"""Tokens of GPT-2 (Radford et al. 2019), whose uniform guess is the default of the largest loss."""


def growth(power: float, β: float = HOFFMANN.data_exponent) -> float:
    """γ where (U/D)^power falls as D^-β."""
    return float(optimize.brentq(lambda γ: (γ - 1) * power + β, -2, 1))


def exponents(β: float = HOFFMANN.data_exponent) -> tuple[float, float, float]:
    """At the slow rate, halfway and at the fast one."""
    slow, fast = growth(1 / 2, β), growth(1, β)
    return slow, (slow + fast) / 2, fast


def _excess(D: float) -> float:
    return float(HOFFMANN.data_coefficient * D**-HOFFMANN.data_exponent)


def trillion(page: Page) -> list[float]:
    """At a trillion tokens the slow and the fast rate, as what stands before their powers of ten."""
    D, M = 1e12, math.log(VOCABULARY)
    lower, upper = 1 + D * (_excess(D) / M) ** 2, 1 + 2 * D * _excess(D)
    assert (math.floor(math.log10(lower)), math.floor(math.log10(upper))) == (8, 11)
    return [lower / 1e8, 10, upper / 1e11, 10]


def vacuous(page: Page) -> list[float]:
    """Below how many tokens the fast rate allows each of them to be new."""
    D = optimize.brentq(lambda D: 2 * _excess(D) - 1, 1e9, 1e12)
    assert math.floor(math.log10(D)) == 10
    return [float(D) / 1e10, 10]


def rate() -> dict[str, Any]:
    return reverse() | {"ε": 0.03, "U": 1000.0, "D": np.float64(4), "p": 0.3, "β": HOFFMANN.data_exponent}


def _year(source: str) -> list[str]:
    return re.findall(r"\b20\d\d\b", source)[:1]


def _version(name: str) -> Any:
    return next(claim.published for claim in CLAIMS if claim.name == name)


def _cost_of_a_share() -> float:
    """A share p that is off by its standard error costs so many nats, times D: the quadratic part of KL, by halves."""
    p, D = 0.3, 1e8
    off = math.sqrt(p / D)
    return D * (p * math.log(p / (p + off)) + off)


CHECKS = {
    "docs/from-loss-to-exponent.md": (
        Sentence("Kausik ({}, arXiv:2402.14746)", lambda page: _year(CLAIMS[0].paper)),
        Sentence("of Hoffmann et al. ({}),", lambda page: _year(HOFFMANN.citation)),
        Sentence("Epoch AI's replication ({}) gives", lambda page: _year(EPOCH.citation)),
        Sentence("the exponents {}, {} and {} and says", lambda page: exponents()),
        Sentence("B = {}, β = {}.", lambda page: (HOFFMANN.data_coefficient, HOFFMANN.data_exponent)),
        stated("⟦E Σ|p_D - P| ≤ √((V - 1)/D)⟧: each of", rate),
        stated("one draw lies between ⟦0⟧ and M", dict, 0),
        stated("is then at most M ⟦√((V - 1)/D)⟧ worse", rate, lambda most: rate()["E Σ|p_D - P|"] <= most),
        Sentence("is ln {} = {} nats, what a uniform guess over a vocabulary of {} tokens costs.",
                 lambda page: (VOCABULARY, LOSS_RANGE, round(math.exp(LOSS_RANGE)))),
        stated("costs about ⟦(1/2)(√(p/D))²/p = 1/(2D)⟧ nats", rate),
        stated("= ⟦1/(2D)⟧ nats, the same", lambda: {"D": 1e8},
               lambda cost: math.isclose(cost * 1e8, _cost_of_a_share(), rel_tol=1e-3)),
        stated("and ⟦V/(2D)⟧ together", lambda: {"V": 40, "D": 1e8},
               lambda cost: math.isclose(cost, 40 * _cost_of_a_share() / 1e8, rel_tol=1e-3)),
        Sentence("gives   U ≈ D^(1-2β) = D^{}", lambda page: (growth(1 / 2),)),
        Sentence("gives   U ≈ D^(1-β)  = D^{}", lambda page: (growth(1),)),
        stated("With the constants kept, U ≥ ⟦1 + D (ε/M)²⟧ and U ≤ ⟦1 + 2 D ε⟧.",
               lambda: {"D": 1e9, "ε": 0.03, "M": 10.8},
               lambda U: math.isclose(10.8 * math.sqrt((U - 1) / 1e9), 0.03),
               lambda U: math.isclose((U - 1) / 2e9, 0.03)),
        Sentence("the lower one is about {}·{}⁸ and the upper one about {}·{}¹¹, and", trillion),
        Sentence("and below {}·{}¹⁰ tokens the upper", vacuous),
        Sentence("{} is ({} + {})/{}: the geometric mean", lambda page: (exponents()[1], growth(1 / 2), growth(1), 2)),
        stated("a learner of Bernstein exponent ⟦1/2⟧ would give, one", dict,
               lambda b: math.isclose(growth(1 / (2 - b)), exponents()[1])),
        stated("γ = ⟦1 - (2 - b) β⟧ at b = ⟦1/2⟧ (B8). Nothing singles b = ⟦1/2⟧ out.",
               lambda: {"b": 0.5, "β": HOFFMANN.data_exponent},
               lambda γ: math.isclose(γ, growth(1 / 1.5)), 0.5, 0.5),
        stated("hold, as for the Santa Fe process, γ = ⟦1 - β⟧ exactly", rate, lambda γ: math.isclose(γ, growth(1))),
        Sentence("with β = {}, the value that", lambda page: (EPOCH.data_exponent,)),
        Sentence("the exponents are {}, {} and {}. `python", lambda page: exponents(EPOCH.data_exponent)),
        stated("k times the skills take k^(⟦1/γ⟧) times", lambda: {"γ": 0.58},
               lambda power: math.isclose(2**power, bounds.growth_factor(0.58, k=2))),
        Sentence("twice the skills {}, {} or {} times at γ = {}, {}, {}, which",
                 lambda page: (*(2 ** (1 / γ) for γ in exponents()), *exponents())),
        Sentence("| N ~ D^{} | three to five times", lambda page: (_version("v1-exponent"),)),
        Sentence("| N ~ D^{}, the low end alone | more than four times |", lambda page: (_version("v3-exponent"),)),
        Sentence("| between {} and {}, from estimates of", lambda page: _version("v6-band")),
        Sentence("| {} to {} times the corpus |", lambda page: _version("v1-skills")),
        Sentence("the low end alone | more than {} times |", lambda page: (_version("v3-skills"),)),
    ),
}  # fmt: skip
