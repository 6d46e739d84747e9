"""The pages on Kausik 2024, from a loss to an exponent and unique sequences: what their sentences say follows from one
published fit by rates that are solved again, or stands in a claim, in a block of the page or in a run on data."""

from __future__ import annotations

import math
import re
from typing import Any, NamedTuple

import numpy as np
from scipy import optimize

import bounds
from bounds.efficiency.band import LOSS_RANGE
from bounds.laws.published import LAWS
from experiments.unique_sequences.claims import CLAIMS
from experiments.unique_sequences.findings import SIZES as CORPORA
from tests.page_checks.followed import measured
from tests.page_checks.papers import Values, answered, cell, claims, named, shown, together, told
from tests.page_checks.theory_losses import reverse, ways
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


def _close(value: float) -> Any:
    return lambda found: math.isclose(found, value)


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


DERIVATION = (
    Sentence("(B7 lists {} ways, each with its own)", lambda page: ways(Page.read("docs/theory.md"))),
    Sentence('which is "{} to {}" at the lower two', lambda page: [float(one) for one in _version("v1-skills")]),
    Sentence("Kausik ({}, arXiv:2402.14746)", lambda page: _year(CLAIMS[0].paper)),
    Sentence("of Hoffmann et al. ({}),", lambda page: _year(HOFFMANN.citation)),
    Sentence("Epoch AI's replication ({}) gives", lambda page: _year(EPOCH.citation)),
    Sentence("the exponents {}, {} and {} and says", lambda page: exponents()),
    Sentence("B = {}, β = {}.", lambda page: (HOFFMANN.data_coefficient, HOFFMANN.data_exponent)),
    stated("⟦E Σ|p_D - P| ≤ √((V - 1)/D)⟧: each of", rate),
    stated("one draw lies between ⟦0⟧ and M", dict, 0),
    stated("is then at most M ⟦√((V - 1)/D)⟧ worse", rate, lambda most: rate()["E Σ|p_D - P|"] <= most),
    Sentence(
        "is ln {} = {} nats, what a uniform guess over a vocabulary of {} tokens costs.",
        lambda page: (VOCABULARY, LOSS_RANGE, round(math.exp(LOSS_RANGE))),
    ),
    stated("costs about ⟦(1/2)(√(p/D))²/p = 1/(2D)⟧ nats", rate),
    stated(
        "= ⟦1/(2D)⟧ nats, the same",
        lambda: {"D": 1e8},
        lambda cost: math.isclose(cost * 1e8, _cost_of_a_share(), rel_tol=1e-3),
    ),
    stated(
        "and ⟦V/(2D)⟧ together",
        lambda: {"V": 40, "D": 1e8},
        lambda cost: math.isclose(cost, 40 * _cost_of_a_share() / 1e8, rel_tol=1e-3),
    ),
    stated("gives   U ≈ D^(⟦1-2β⟧) = D^⟦0.44⟧ ", rate, _close(growth(1 / 2)), _close(growth(1 / 2))),
    stated("gives   U ≈ D^(⟦1-β⟧)  = D^⟦0.72⟧ ", rate, _close(growth(1)), _close(growth(1))),
    stated(
        "With the constants kept, U ≥ ⟦1 + D (ε/M)²⟧ and U ≤ ⟦1 + 2 D ε⟧.",
        lambda: {"D": 1e9, "ε": 0.03, "M": 10.8},
        lambda U: math.isclose(10.8 * math.sqrt((U - 1) / 1e9), 0.03),
        lambda U: math.isclose((U - 1) / 2e9, 0.03),
    ),
    Sentence("the lower one is about {}·{}⁸ and the upper one about {}·{}¹¹, and", trillion),
    Sentence("and below {}·{}¹⁰ tokens the upper", vacuous),
    Sentence("{} is ({} + {})/{}: the geometric mean", lambda page: (exponents()[1], growth(1 / 2), growth(1), 2)),
    stated(
        "a learner of Bernstein exponent ⟦1/2⟧ would give, one",
        dict,
        lambda b: math.isclose(growth(1 / (2 - b)), exponents()[1]),
    ),
    stated(
        "γ = ⟦1 - (2 - b) β⟧ at b = ⟦1/2⟧ (B8). Nothing singles b = ⟦1/2⟧ out.",
        lambda: {"b": 0.5, "β": HOFFMANN.data_exponent},
        lambda γ: math.isclose(γ, growth(1 / 1.5)),
        0.5,
        0.5,
    ),
    stated("hold, as for the Santa Fe process, γ = ⟦1 - β⟧ exactly", rate, lambda γ: math.isclose(γ, growth(1))),
    Sentence("with β = {}, the value that", lambda page: (EPOCH.data_exponent,)),
    Sentence("the exponents are {}, {} and {}. `python", lambda page: exponents(EPOCH.data_exponent)),
    stated(
        "k times the skills take k^(⟦1/γ⟧) times",
        lambda: {"γ": 0.58},
        lambda power: math.isclose(2**power, bounds.growth_factor(0.58, k=2)),
    ),
    Sentence(
        "twice the skills {}, {} or {} times at γ = {}, {}, {}, which",
        lambda page: (*(2 ** (1 / γ) for γ in exponents()), *exponents()),
    ),
    Sentence("| N ~ D^{} | three to five times", lambda page: (_version("v1-exponent"),)),
    Sentence("| N ~ D^{}, the low end alone | more than four times |", lambda page: (_version("v3-exponent"),)),
    Sentence("| between {} and {}, from estimates of", lambda page: _version("v6-band")),
    Sentence("| {} to {} times the corpus |", lambda page: _version("v1-skills")),
    Sentence("the low end alone | more than {} times |", lambda page: (_version("v3-skills"),)),
)


def _of_kausik(name: str, *patterns: str) -> Values:
    return told(f"unique_sequences.{name}", *patterns)


def _numbers(name: str) -> Values:
    """What is published, as numbers, that the page may write out."""
    return lambda page: [float(one) for one in cell(f"unique_sequences.{name}", "published")(page)]


class Series(NamedTuple):
    """A line of the table of series."""

    name: str
    middle: str


def _series(page: Page) -> list[Series]:
    rows = re.findall(r"^(\S.*?) {3,}\d+ +[\d.]+ +([\d.]+) \[[\d., ]+\] +[\d.]+–[\d.]+ +(?:no|yes)$", page.text, re.M)
    return [Series(*row) for row in rows]


def _families(page: Page) -> set[str]:
    """Who ran the series."""
    return {one.name.split(",")[0].split()[0] for one in _series(page)}


def _wide(page: Page) -> list[float]:
    """How many times its lower end the band of a trillion tokens is at its upper one, to a power of ten."""
    lower, upper = page.found(r"^1T +hoffmann2022 +([\d.]+)M +[\d.]+B +([\d.]+)B ")
    return [10 ** round(math.log10(1000 * float(upper) / float(lower)))]


def _by_chance(page: Page) -> list[float]:
    """The part of a variance that would lie between families of series if they did not matter, in percent."""
    return [100 * (len(_families(page)) - 1) / (len(_series(page)) - 1)]


def _versions(page: Page) -> list[str]:
    """The versions whose abstracts were compared, by the claims."""
    found = re.findall(r"\| Kausik 2024 v(\d)(?:-v(\d))?, abstract", "".join(claims("unique_sequences").values()))
    return sorted({last or first for first, last in found})


UNIQUE = (
    Sentence("Kausik 2024 (arXiv {},", named("unique_sequences")),
    Sentence(
        "in the abstract of version {} that ({}) twice the skills take {} to {} times the corpus, ({}) an "
        "efficient model has N ~ D^{} parameters, and ({}) a model",
        together(
            _of_kausik("v1-skills", r"v(\d), abstract, \((\d)\)"),
            _numbers("v1-skills"),
            _of_kausik("v1-exponent", r"abstract, \((\d)\)"),
            cell("unique_sequences.v1-exponent", "published"),
            _of_kausik("v1-emergence", r"abstract, \((\d)\)"),
        ),
    ),
    Sentence(
        "Version {} has more than {} times and D^{}, versions {} to {} an exponent from {} to {}.",
        together(
            _of_kausik("v3-skills", r"v(\d), abstract"),
            _numbers("v3-skills"),
            cell("unique_sequences.v3-exponent", "published"),
            _of_kausik("v6-band", r"v(\d)-v(\d), abstract"),
            cell("unique_sequences.v6-band", "published"),
        ),
    ),
    # The three claims
    Sentence("| claim | at β = {} |", lambda page: (LAWS["hoffmann2022"].data_exponent,)),
    Sentence(
        "| ({}) {} to {} times the corpus | holds: {} to {} times, {} at the middle | fails: {} to {} by the "
        "replication, {} to {} at the middle of the series |",
        together(
            _of_kausik("v1-skills", r"abstract, \((\d)\)"),
            _numbers("v1-skills"),
            cell("unique_sequences.v1-skills", "ours"),
            _of_kausik("v1-skills", r"([\d.]+) at the middle"),
            cell("unique_sequences.v1-skills-refit", "ours"),
            cell("unique_sequences.v1-skills-series", "ours"),
        ),
    ),
    Sentence(
        "| ({}) N ~ D^{} | holds, as arithmetic | fails: {} by the replication, {} to {} on the series |",
        together(
            _of_kausik("v1-exponent", r"abstract, \((\d)\)"),
            cell("unique_sequences.v1-exponent", "published"),
            cell("unique_sequences.v1-exponent-refit", "ours"),
            cell("unique_sequences.v1-exponent-series", "ours"),
        ),
    ),
    Sentence("| ({}) growing can uncover", _of_kausik("v1-emergence", r"abstract, \((\d)\)")),
    # What does not hold
    Sentence(
        "* **{} is not a number of nature.** {} public series",
        together(cell("unique_sequences.v1-exponent", "published"), lambda page: [len(_series(page))]),
    ),
    Sentence("read: {}% of the variance of β lies between families, where", answered(r"(\d+)% of the variance")),
    Sentence("chance alone would leave {}%.", _by_chance),
    Sentence("public series of runs from {} projects", lambda page: (len(_families(page)),)),
    Sentence(
        "neither excluded nor singled out on {} of the series",
        lambda page: [float(*_of_kausik("v1-exponent-series", r"and (\d+) once β")(page)) / len(_series(page))],
    ),
    Sentence("and the band a factor of a {} wide", _wide),
    Sentence(
        "RefinedWeb has {} in one family and {} in another",
        lambda page: [one.middle for one in _series(page) if "RefinedWeb" in one.name],
    ),
    Sentence(
        "is expected from {} to {}, which excludes",
        _of_kausik("v1-exponent-series", r"from ([\d.]+) to ([\d.]+), which"),
    ),
    Sentence(
        "residuals of {} of {} have a pattern",
        measured("unique_sequences", r"residuals of (\d+) of (\d+) fits"),
        slow=True,
        data=True,
    ),
    Sentence("β moves by {} (root mean square)", _of_kausik("v1-exponent-series", r"move by ([\d.]+), as")),
    Sentence(
        "and lies in {} of {} intervals only",
        measured("unique_sequences", r"and lies in (\d+) of (\d+) intervals of β"),
        slow=True,
        data=True,
    ),
    Sentence(
        "With that as one more standard deviation {} intervals hold {}, which",
        together(
            _of_kausik("v1-exponent-series", r"and (\d+) once β"), cell("unique_sequences.v1-exponent", "published")
        ),
    ),
    Sentence(
        "* **{} and the range {} to {}** fail likewise: {} of {} intervals hold {}, and {} of {} middles lie in",
        together(
            cell("unique_sequences.v3-exponent", "published"),
            cell("unique_sequences.v6-band", "published"),
            _of_kausik("v3-exponent-series", r"(\d+) of (\d+) intervals hold ([\d.]+)\. "),
            _of_kausik("v6-band-series", r"(\d+) of (\d+) middles"),
        ),
    ),
    Sentence(
        "learners with β = {} in theory have γ from {} to {}.",
        together(_of_kausik("v1-middle", r"With β = ([\d.]+) in theory"), cell("unique_sequences.v1-middle", "ours")),
    ),
    Sentence(
        "With constant {}, D^{} is {}M for a trillion tokens; with the constants of the law the middle is {}B",
        together(
            lambda page: [
                (1e12 ** exponents()[1]) / float(shown(("1T     hoffmann2022", r"\s([\d.]+)M\s+\d+x"))(page)[0]) / 1e6
            ],
            cell("unique_sequences.v1-exponent", "published"),
            shown(("1T     hoffmann2022", r"\s([\d.]+)M\s+\d+x"), ("1T     hoffmann2022", r"M\s+([\d.]+)B")),
        ),
    ),
    Sentence("For {}T and {}T tokens the laws", lambda page: [D / 1e12 for D in CORPORA if D > 1e12]),
    Sentence(
        "is any number from {} to {} by choice", _of_kausik("v1-texts", r"any number from ([\d.]+) to ([\d.]+) by")
    ),
    Sentence("the abstracts of versions {}, {} and {} were compared", _versions),
    # What holds
    Sentence(
        "follow from β = {}, which is the rounded fit of Hoffmann et al.: {}, {}, {}, {} to {}, more than {}.",
        together(
            lambda page: [LAWS["hoffmann2022"].data_exponent, exponents()[1], exponents()[0], exponents()[2]],
            _numbers("v1-skills"),
            _numbers("v3-skills"),
        ),
    ),
    Sentence(
        "*More than {} times* (version {}) holds wherever β > {}/{}: by the replication {} times, on the series at "
        "least {}, though",
        together(
            _numbers("v3-skills"),
            _of_kausik("v3-skills-series", r"v(\d), abstract"),
            _of_kausik("v3-skills-series", r"β > (\d)/(\d)"),
            cell("unique_sequences.v3-skills-refit", "ours"),
            cell("unique_sequences.v3-skills-series", "ours"),
        ),
    ),
    Sentence(
        "β/α is {} [{}, {}]. It runs from {} to {} over",
        together(cell("unique_sequences.v6-linear", "ours"), _of_kausik("v6-linear", r"from ([\d.]+) to ([\d.]+)\.")),
    ),
    Sentence(
        "grows as U does, {}; skills that grow as D^{} take {} times the corpus",
        together(
            cell("unique_sequences.v1-storage", "ours"),
            _of_kausik("v1-skills-model", r"as D\^([\d.]+) take"),
            cell("unique_sequences.v1-skills-model", "ours"),
        ),
    ),
    Sentence(
        "where from {} to {} sequences one corpus", _of_kausik("v1-emergence-model", r"from (\d+) to (\d+) sequences")
    ),
    Sentence("its β is known to [{}, {}] only", _of_kausik("v6-band-learners", r"β has \[([\d.]+), ([\d.]+)\]")),
)

CHECKS = {"docs/from-loss-to-exponent.md": DERIVATION, "docs/unique-sequences.md": UNIQUE}
