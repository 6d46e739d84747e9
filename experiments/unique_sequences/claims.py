"""The claims of Kausik 2024 (arXiv 2402.14746), by version of the paper, and what we find of each.

The abstracts of versions 1, 3 and 6 were compared with the words here. Version 1 has three numbered results: (1)
skills and corpus, (2) parameters and corpus, (3) emergent skills; version 3 has the same three with other numbers, and
versions 4 to 6 have the second alone, as a range. How the paper comes from a loss to an exponent is our reading, γ =
1 - 2β and 1 - β with the β = 0.28 of Hoffmann et al.; it gives each of its numbers, and was not confirmed line by line.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from bounds.cli.printing import between, estimated, fixed, number, written
from bounds.efficiency.band import exponent_band, growth_factor
from bounds.laws.published import LAWS
from experiments.claims import AT_LEAST, NO_NUMBER, Claim, Outcome, Value, judge
from experiments.unique_sequences.findings import REPLICATION, Findings
from experiments.unique_sequences.series import PAPER_BETA, PAPER_GAMMA, named
from experiments.unique_sequences.simulated import Simulated

V1, V3, V6 = "Kausik 2024 v1", "Kausik 2024 v3", "Kausik 2024 v4-v6"
_FOLD, _BAND = (3.0, 5.0), (0.44, 0.72)
_SE = dict(LAWS[REPLICATION].standard_errors)["data_exponent"]
_DIGIT = "half a unit of its last digit"
_ROUGHLY = "roughly, in whole numbers: half of one"
_AS_STATED = "the bound as stated"


def _errors(slope: float) -> str:
    return f"twice the standard error of β in Besiroglu et al., 0.02, times {slope:g}, by which γ falls with β"


def _claim(name: str, paper: str, where: str, text: str, published: Value, tolerance: float | None, reason: str,
           **more: Any) -> Claim:  # fmt: skip
    return Claim(f"unique_sequences.{name}", paper, where, text, published, tolerance, reason, **more)


_NOT = {"should_hold": False}
_1, _2, _3 = "abstract, (1)", "abstract, (2)", "abstract, (3)"
CLAIMS = (
    _claim("v1-skills", V1, _1, "Twice the skills take roughly three to five times the corpus: between both rates, at "
           "β = 0.28", _FOLD, 0.5, _ROUGHLY, unit="times"),
    _claim("v1-skills-refit", V1, _1, "Twice the skills take three to five times the corpus, at the β of the "
           "replication", _FOLD, 0.5, _ROUGHLY, unit="times", **_NOT),
    _claim("v1-skills-series", V1, _1, "Twice the skills take three to five times the corpus, at the middle "
           "exponent of every public series of runs", _FOLD, 0.5, _ROUGHLY, unit="times", **_NOT),
    _claim("v1-skills-model", V1, _1, "Simulated skills that grow as D^0.58 take three to five times the corpus to "
           "double", _FOLD, 0.0, "the range as stated", unit="times"),
    _claim("v1-exponent", V1, _2, "An efficient model has N ~ D^0.58: halfway between the rates, at β = 0.28",
           PAPER_GAMMA, 0.005, _DIGIT),
    _claim("v1-exponent-refit", V1, _2, "An efficient model has N ~ D^0.58, halfway between the rates at the β of "
           "the replication", PAPER_GAMMA, 3 * _SE, _errors(1.5), **_NOT),
    _claim("v1-exponent-series", V1, _2, "D^0.58 is a law of natural corpora: the interval of every public series of "
           "runs holds it", PAPER_GAMMA, None, "95 % intervals of sampling; one in twenty may miss", **_NOT),
    _claim("v1-middle", V1, _2, "The middle of the band is where an efficient model is: simulated learners lie there",
           PAPER_GAMMA, None, "the intervals of γ of all learners must hold the middle of the band at β = 0.28",
           **_NOT),
    _claim("v1-storage", V1, _2, "Parameters follow unique sequences: the smallest store that keeps the training loss "
           "grows with the exponent of U, 0.58", PAPER_GAMMA, 0.006, "half of the 95 % interval that 32 corpora leave"),
    _claim("v1-texts", V1, _2, "Real texts have about D^0.58 unique sequences", PAPER_GAMMA, None, "what a loss "
           "law calls a sequence is no window of a text, and nobody has counted it"),
    _claim("v1-emergence-model", V1, _3, "In simulation, a store of fewer than the unique sequences gains skills when "
           "it grows", "gains skills", None, f"{NO_NUMBER}: in every corpus it must gain some below U(D), and none "
           "beyond"),
    _claim("v1-emergence", V1, _3, "Trained language models with fewer parameters than unique sequences gain skills "
           "when they grow", "gains skills", None, NO_NUMBER),
    _claim("v3-skills", V3, _1, "Twice the skills take more than four times the corpus: at the slow rate, β = 0.28",
           4.0, 0.0, _AS_STATED, reading=AT_LEAST, unit="times"),
    _claim("v3-skills-refit", V3, _1, "Twice the skills take more than four times the corpus, at the β of the "
           "replication", 4.0, 0.0, _AS_STATED, reading=AT_LEAST, unit="times"),
    _claim("v3-skills-series", V3, _1, "Twice the skills take more than four times the corpus on every public series "
           "of runs; ours is the least", 4.0, 0.0, _AS_STATED, reading=AT_LEAST, unit="times"),
    _claim("v3-exponent", V3, _2, "An efficient model has N ~ D^0.44: the slow rate, at β = 0.28", 0.44, 0.005, _DIGIT),
    _claim("v3-exponent-refit", V3, _2, "An efficient model has N ~ D^0.44, the slow rate at the β of the "
           "replication", 0.44, 4 * _SE, _errors(2), **_NOT),
    _claim("v3-exponent-series", V3, _2, "An efficient model has N ~ D^0.44 on every public series of runs", 0.44, None,
           "95 % intervals of sampling; one in twenty may miss", **_NOT),
    _claim("v6-band", V6, "abstract", "An efficient model has N ~ D^γ, γ from 0.44 to 0.72: both rates, at β = 0.28",
           _BAND, 0.005, _DIGIT),
    _claim("v6-band-refit", V6, "abstract", "An efficient model has N ~ D^γ, γ from 0.44 to 0.72, both rates at the "
           "β of the replication", _BAND, 4 * _SE, _errors(2), **_NOT),
    _claim("v6-band-series", V6, "abstract", "The middle exponents of all public series of runs lie between 0.44 and "
           "0.72", _BAND, 0.005, _DIGIT, **_NOT),
    _claim("v6-band-learners", V6, "abstract", "Learners whose loss falls as D^-β have 1 - 2β ≤ γ ≤ 1 - β, in "
           "simulation", "within", None, "95 % intervals of both exponents must meet the band"),
    _claim("v6-linear", V6, "abstract", "The usual scaling law has N grow linearly with D: β/α = 1, on Chinchilla's "
           "runs", 1.0, None, "our 95 % interval of β/α must hold 1"),
)  # fmt: skip
_CLAIM = {claim.name: claim for claim in CLAIMS}


def outcomes(found: Findings) -> list[Outcome]:
    """Each claim with what is found, in the order of `CLAIMS`."""
    told = {one.claim.name: one for part in (_published, _refit, _series, _drawn, _open) for one in part(found)}
    return [told[claim.name] for claim in CLAIMS]


def _judge(name: str, ours: Value, note: str = "", **more: Any) -> Outcome:
    return judge(_CLAIM[name], ours, note, **more)


def _factors(low: float, high: float) -> tuple[float, float]:
    """Corpus factors for twice the skills at the ends of a band of exponents."""
    return _factor(high), _factor(low)


def _factor(gamma: float) -> float:
    """The corpus factor for twice the skills; infinite where U does not grow."""
    return float(growth_factor(gamma)) if gamma > 0 else math.inf


def _published(found: Findings) -> Iterator[Outcome]:
    """At the β of the paper: does our reading give its numbers?"""
    band = exponent_band(PAPER_BETA)
    low, middle, high = (round(float(one), 12) for one in (band.lower, band.midpoint, band.upper))
    yield _judge("v1-skills", _factors(low, high), f"{growth_factor(middle):.2f} at the middle; the lower end takes "
                 "rounding up")  # fmt: skip
    yield _judge("v1-exponent", middle, "Nothing singles the middle out: it is what a learner with Bernstein exponent "
                 "1/2 would give. β has two digits, which leave 0.57 to 0.59")  # fmt: skip
    yield _judge("v3-skills", float(growth_factor(low)))
    yield _judge("v3-exponent", low)
    yield _judge("v6-band", (low, high))


def _refit(found: Findings) -> Iterator[Outcome]:
    """At the β of the replication, as printed; intervals are those of our refit of its runs."""
    beta = LAWS[REPLICATION].data_exponent
    low, high = (round(float(one), 12) for one in exponent_band(beta))
    ours = {end: found.refit_band["exponent", end] for end in ("lower", "middle", "upper")}
    told = {end: f"our refit of the {found.refit.n_runs} runs has {_estimated(one)}" for end, one in ours.items()}
    yield _judge("v1-skills-refit", _factors(low, high), f"At β = {beta}; {growth_factor((low + high) / 2):.2f} at the "
                 "middle")  # fmt: skip
    yield _judge("v1-exponent-refit", (low + high) / 2, f"At β = {beta}; {told['middle']}")
    yield _judge("v3-skills-refit", float(growth_factor(low)), f"At β = {beta}: a larger β makes it hold all the more")
    yield _judge("v3-exponent-refit", low, f"At β = {beta}; {told['lower']}")
    yield _judge("v6-band-refit", (low, high), f"At β = {beta}; our refit has {_estimated(ours['lower'])} and "
                 f"{_estimated(ours['upper'])}")  # fmt: skip
    row = found.known()[lambda table: table.series == "chinchilla"].iloc[0]
    yield _judge(
        "v6-linear", _pair(row, "allocation"), _allocations(found),
        holds=row.allocation_lower <= 1 <= row.allocation_upper,
    )  # fmt: skip


def _estimated(one: Any) -> str:
    ends = (None, None) if one.sampling is None else one.sampling
    return f"{fixed(one.value)} {between(*ends)}"


def _pair(row: Any, name: str) -> str:
    return f"{row[name]:.2f} [{row[f'{name}_lower']:.2f}, {row[f'{name}_upper']:.2f}]"


def _allocations(found: Findings) -> str:
    known = found.known()
    inside = (known.allocation_lower <= 1) & (known.allocation_upper >= 1)
    return (
        f"{inside.sum()} of {len(known)} series hold 1; β/α goes from {known.allocation.min():.2f} to "
        f"{known.allocation.max():.2f}. It is the size of least loss for a budget, not of an efficient model"
    )


def _series(found: Findings) -> Iterator[Outcome]:
    """On every series of runs that has an interval."""
    known, over = found.known(), found.spread
    n, allowed = over.n_series, over.n_series // 20
    factors = [_factor(float(gamma)) for gamma in known.middle]
    inside = sum(2.5 <= one <= 5.5 for one in factors)
    yield _judge("v1-skills-series", _range_of(factors), f"{inside} of {n} series give 2.5 to 5.5; the range is the "
                 "least and the largest")  # fmt: skip
    yield _judge(
        "v1-exponent-series", f"{over.low:.2f} to {over.high:.2f}",
        f"{len(over.holding)} of {n} intervals hold 0.58 ({'; '.join(named(over.holding)) or 'none'}), and "
        f"{len(over.holding_wide)} once β may also move by {over.moved:.3f}, as it does between all runs and those "
        f"below a tenth of the largest compute; a new family of runs is expected from {over.new_family[0]:.2f} to "
        f"{over.new_family[1]:.2f}, which excludes little",
        holds=n - len(over.holding) <= allowed,
    )  # fmt: skip
    steep = known.loc[known.beta.idxmin()]
    yield _judge(
        "v3-skills-series", min(_factor(float(low)) for low in known.lower),
        f"It holds where β > 1/4; the least β, {steep.beta:.3f} [{steep.beta_lower:.3f}, {steep.beta_upper:.3f}], is "
        f"that of {named([steep.series])[0]}, whose interval reaches below; where β > 1/2 the factor is infinite",
    )  # fmt: skip
    low_ends = (1 - 2 * known.beta_upper, 1 - 2 * known.beta_lower)
    holding = (low_ends[0] <= 0.44) & (low_ends[1] >= 0.44)
    yield _judge(
        "v3-exponent-series", f"{known.lower.min():.2f} to {known.lower.max():.2f}",
        f"{holding.sum()} of {n} intervals hold 0.44", holds=n - int(holding.sum()) <= allowed,
    )  # fmt: skip
    within = ((known.middle >= _BAND[0]) & (known.middle <= _BAND[1])).sum()
    yield _judge("v6-band-series", _range_of(known.middle), f"{within} of {n} middles lie in it")


def _range_of(values: Any) -> tuple[float, float]:
    return float(min(values)), float(max(values))


def _drawn(found: Findings) -> Iterator[Outcome]:
    """In simulation, where each step of the argument can be switched on."""
    drawn = found.simulated
    skills = drawn.skills
    yield _judge(
        "v1-skills-model", skills.factor, f"{between(skills.factor_lower, skills.factor_upper, 2)}; skills were drawn "
        "so that their number grows as D^0.58, which is the assumption and not a finding",
    )  # fmt: skip
    middle = [one["learner"] for one in drawn.points if one["exponent_lower"] <= PAPER_GAMMA <= one["exponent_upper"]]
    at = ", ".join(f"{one['learner']} at {one['exponent']:.2f}" for one in drawn.points)
    yield _judge(
        "v1-middle", _range_text(one["exponent"] for one in drawn.points),
        f"With β = 0.28 in theory for all of them: {at}. Which one a language model is, a loss curve does not say",
        holds=len(middle) == len(drawn.points),
    )  # fmt: skip
    kept = {one["loss_tolerance"]: one for one in drawn.sizes}
    tenth = [kept["10%"][name] for name in ("efficient_exponent", "efficient_exponent_lower",
                                            "efficient_exponent_upper")]  # fmt: skip
    yield _judge(
        "v1-storage", float(kept["0"]["efficient_exponent"]), f"One that may lose a tenth more has "
        f"{estimated(*tenth)}; one parameter a sequence is assumed, and that a model is a store",
    )  # fmt: skip
    yield _judge(
        "v1-emergence-model", "gains skills" if skills.gains_below else "gains none",
        f"{skills.skills[0]:.0f} skills with {skills.stored[0]} sequences, {skills.unlimited:.0f} with "
        f"{skills.n_unique:.0f} and with any more. Necessary and not sufficient: {_idle(skills)}",
        holds=skills.gains_below and not skills.gains_above,
    )  # fmt: skip
    widest = max(drawn.points, key=lambda one: one["loss_exponent_upper"] - one["loss_exponent_lower"])
    yield _judge(
        "v6-band-learners", "within" if drawn.meet_the_band else "outside",
        f"At its ends are {_placed(drawn, 'upper')} (upper) and {_placed(drawn, 'lower')} (lower). Of "
        f"{widest['learner']} this says little: its β has "
        f"{between(widest['loss_exponent_lower'], widest['loss_exponent_upper'], 2)}",
        holds=drawn.meet_the_band,
    )  # fmt: skip


def _placed(drawn: Simulated, end: str) -> str:
    return " and ".join(one["learner"] for one in drawn.points if end in (one["place"] or "")) or "none"


def _range_text(values: Any) -> str:
    low, high = _range_of(list(values))
    return f"{low:.2f} to {high:.2f}"


def _idle(skills: Any) -> str:
    if skills.idle_from is None:
        return "some stretches gain nothing"
    return f"from {skills.idle_from} to {skills.idle_to} sequences one corpus gains none"


def _open(found: Findings) -> Iterator[Outcome]:
    """What no data decide."""
    yield _judge("v1-texts", None, _of_texts(found))
    yield _judge("v1-emergence", None, "Nobody has published how many unique sequences a corpus holds, in the sense of "
                 "the paper, beside skills of models trained on it")  # fmt: skip


def _of_texts(found: Findings) -> str:
    if found.texts is None:
        return "There are no texts here"
    said = []
    for length, part in found.texts.groupby("length"):
        said.append(f"{_range_text(part.exponent)} for windows of {length}")
    return (f"Exponents of distinct windows, of words (of characters in Chinese): {', '.join(said)}: any number from "
            f"{number(found.texts.exponent.min(), 2)} to {number(found.texts.exponent.max(), 2)} by choice of the "
            f"window, in texts of up to {written(float(found.texts.n_draws.max()))} of them. No runs on these texts "
            "were published, so that no β stands beside them")  # fmt: skip
