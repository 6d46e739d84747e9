"""From a loss law to bounds on distinct sequences, on parameters and on the corpus that more skills need.

A loss curve whose excess falls as ε(D) = B D^-β is compared with what learning theory allows a learner of U
equally important sequences: an excess of U/D at the fast rate and of √(U/D) at the slow one. Solving for U
gives D^(1-β) above and D^(1-2β) below; with β = 0.28 these are D^0.72 and D^0.44, and halfway lies D^0.58.

| letter | meaning                                       | unit             | argument              |
|--------|-----------------------------------------------|------------------|-----------------------|
| D      | corpus size                                   | tokens           | `n_tokens`            |
| β, B   | exponent and coefficient of the data term     | 1, nats per token | `beta`, of the law   |
| ε      | excess loss B D^-β                            | nats per token   |                       |
| U, γ   | distinct sequences, U ~ D^γ                   | sequences, 1     |                       |
| b      | Bernstein (margin) exponent of the learner    | 1                | `bernstein`           |
| ℓ      | tokens that make one sequence                 | tokens           | `tokens_per_sequence` |
| ν      | parameters per stored sequence                | parameters       | `params_per_sequence` |
| κ      | bits that a parameter holds                   | bits             | `bits_per_param`      |

`bounds.efficiency.inversions` has the five ways from ε to U and their constants M, c and c_max;
`bounds.fitting.loss_laws.uncertainty` how sure each end is. Sequences are single tokens unless `tokens_per_sequence`
says otherwise. The bounds at the linear rate do not change with the length of a sequence; the slow-rate bound does.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bounds.base.brief import brief
from bounds.base.formula import Formula, Letter
from bounds.base.intervals import HEURISTIC, Bound, End
from bounds.base.notes import VACUOUS, Note
from bounds.base.one_number import items_of
from bounds.base.pointwise import positive, shown, single, within_floats
from bounds.base.telling.html import html_table
from bounds.efficiency import exponents, inversions
from bounds.efficiency.exponents import (
    at_least_as_many,
    band_exponents,
    bernstein_exponent,
    exponent_band,
    growth_factor,
    paper_version,
)
from bounds.efficiency.inversions import DERIVED, INVERSIONS, LOSS_RANGE, NOVELTY_COST, LossCurve
from bounds.laws.checks import as_positive
from bounds.laws.law_range import bound_note
from bounds.laws.published import LAWS, LossLaw, get_law

__all__ = [
    "FORMULAS", "INVERSIONS", "LOSS_RANGE", "NOVELTY_COST", "Band", "band_exponents", "bands", "bernstein_exponent",
    "exponent_band", "growth_factor",
]  # fmt: skip

_BITS = Letter("b_seq", "bits that store one sequence", "bits per sequence", r"b_{\mathrm{seq}}")
_KAPPA = Letter("kappa", "bits that one parameter holds", "bits per parameter", r"\kappa")


FORMULAS = (
    *exponents.FORMULAS,
    *inversions.FORMULAS,
    Formula(
        name="efficient_params", quantity="N", text="nu*U", arguments=("U", "nu"), label=HEURISTIC,
        assumption="an efficient model stores each distinct sequence once, in nu parameters", source=DERIVED,
        equation="B7", unit="parameters", example=(1e9, 1.0),
    ),
    Formula(
        name="params_per_sequence", quantity=r"\nu", text="b_seq/kappa", arguments=("b_seq", "kappa"), label=HEURISTIC,
        of="efficient_params",
        assumption="a parameter holds kappa bits of knowledge, about 2 in the models measured",
        source="Allen-Zhu & Li 2024, arXiv:2404.05405", equation="C1", unit="parameters per sequence",
        example=(16.0, 2.0), own=(_BITS, _KAPPA),
    ),
)  # fmt: skip
_F = {formula.name: formula for formula in FORMULAS}


def unique_bounds(
    n_tokens: Any,
    *,
    law: str | LossLaw,
    inversion: str | Iterable[str] = (),
    source: str = "kausik2024v1",
    tokens_per_sequence: float = 1.0,
    loss_range: float = LOSS_RANGE,
    novelty_cost: float = NOVELTY_COST,
    max_novelty_cost: float | None = None,
    initial_excess: float | None = None,
) -> Bound:
    """Bounds on the distinct sequences U in a natural corpus of `n_tokens` tokens, given a loss law.

    Below 1 + D (ε/M)² (slow rate, B7-iii), above 1 + 2 D ε (fast rate, B7-ii), ε = B D^-β in nats per token; the
    middle is their geometric mean. `inversion` names others (`bounds.efficiency.inversions.INVERSIONS`). Both ends are
    clipped to [1, D] and flagged where they then say nothing; so are a lower end above D, which contradicts its own
    assumption, and both ends where they cross. `notes` tell that, and how far `n_tokens` lies from the runs of the law.
    `source` is the version of the paper: v1 takes the middle, v3 the lower end alone, v6 no single value.

    `tokens_per_sequence` counts sequences of that many tokens, D and ε with them. `loss_range` (M, nats per token)
    bounds one prediction, and the excess at the start and the cost of a first occurrence too, unless
    `initial_excess` (nats per token) and `max_novelty_cost` (nats) are given; `novelty_cost` (nats) is the least
    cost of a first occurrence. Raises ValueError for a law without an irreducible loss and for less than one
    sequence.
    """
    law, tokens = get_law(law), as_positive("n_tokens", n_tokens)
    length = as_positive("tokens_per_sequence", tokens_per_sequence)
    if np.any(np.asarray(length) < 1):
        raise ValueError(f"tokens_per_sequence must be at least 1, got {shown(tokens_per_sequence)}")
    _must_fall(law)
    M = as_positive("loss_range", loss_range)
    curve = LossCurve(
        tokens, law.data_coefficient, law.data_exponent, loss_range=M,
        novelty_cost=as_positive("novelty_cost", novelty_cost),
        max_novelty_cost=M * length if max_novelty_cost is None else as_positive("max_novelty_cost", max_novelty_cost),
        initial_excess=M if initial_excess is None else as_positive("initial_excess", initial_excess),
    ).per_sequence(length)  # fmt: skip
    if np.any(np.asarray(curve.novelty_cost) > np.asarray(curve.max_novelty_cost)):
        raise ValueError(
            f"novelty_cost must not exceed max_novelty_cost, got {shown(novelty_cost)} and "
            f"{shown(curve.max_novelty_cost)}"
        )
    if not np.size(curve.size):
        raise ValueError("n_tokens must be a corpus size, or several, got an array without any")
    if np.any(np.asarray(curve.size) < 1):
        least = "1" if length == 1 else f"one sequence of {length:g}"
        raise ValueError(f"n_tokens must be at least {least}, got {shown(n_tokens)}")
    return _bound(curve, inversion, law, source, bound_note(law.fitted_tokens, tokens))


def _must_fall(law: LossLaw) -> None:
    """One sentence for a law whose excess has no value, or does not fall as the bounds assume."""
    law.excess(1.0)
    if np.ndim(law.data_exponent) == 0 and not 0 < law.data_exponent < 1:
        raise ValueError(
            f"the data exponent of law {law.key} must lie strictly between 0 and 1 for bounds on U, got "
            f"{law.data_exponent:g}"
        )


_CROSSED = Note(VACUOUS, "the lower end lies above the upper one: their assumptions contradict each other")


def _bound(curve: LossCurve, names: str | Iterable[str], law: LossLaw, source: str, distance: Note | None) -> Bound:
    version = paper_version(source)
    below, above = inversions.chosen(names)
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        raw_lower, raw_upper = below.evaluate(curve), above.evaluate(curve)
    # A resampled law may not fall with data at all: then it says nothing.
    silent = ~((np.asarray(curve.exponent) > 0) & (np.asarray(curve.exponent) < 1))
    raw_lower, raw_upper = np.where(silent, 1.0, raw_lower)[()], np.where(silent, curve.size, raw_upper)[()]
    # No corpus holds more than D sequences: a lower bound above D contradicts what it assumes, and so says nothing.
    raw_lower = np.where(raw_lower > curve.size, 1.0, raw_lower)[()]
    # Ends that cross contradict each other, and nobody knows which is wrong: then neither says anything.
    crossed = raw_lower > np.maximum(raw_upper, 1.0)
    raw_lower, raw_upper = np.where(crossed, 1.0, raw_lower)[()], np.where(crossed, curve.size, raw_upper)[()]
    lower, upper = np.clip(raw_lower, 1.0, curve.size), np.clip(raw_upper, 1.0, curve.size)
    low = _end(below.formula, lower, raw_lower <= 1)
    high = _end(above.formula, upper, raw_upper >= curve.size)
    return Bound(
        "distinct sequences U", "sequences", low, _middle(low, high, source), high,
        source=f"{version}; loss law {law.citation}",
        notes=tuple(note for note in (_CROSSED if np.any(crossed) else None, distance) if note is not None),
    )  # fmt: skip


def _end(formula: Formula, value: Any, vacuous: Any) -> End:
    return End(value, formula.label, formula.assumption, formula.equation, vacuous)


def _middle(low: End, high: End, source: str) -> End:
    """What the version of the paper `source` says between the ends; without a value where it says nothing."""
    if source == "kausik2024v1":
        halfway = np.sqrt(low.value) * np.sqrt(high.value)
        # Halfway to an end that says nothing there is no middle.
        vacuous = np.logical_or(low.vacuous, np.logical_and(high.vacuous, halfway > low.value))
        return End(halfway, HEURISTIC, "the geometric mean of both ends, halfway between the two rates", "B8", vacuous)
    if source == "kausik2024v3":
        return End(low.value, HEURISTIC, "the low end alone is what an efficient model needs", "B8", low.vacuous)
    everywhere = np.ones(np.shape(low.value), bool)[()]
    return End(None, HEURISTIC, "no value between the ends is singled out", "B8", everywhere)


def efficient_params(
    n_tokens: Any,
    *,
    law: str | LossLaw,
    params_per_sequence: float = 1.0,
    bits_per_sequence: float | None = None,
    bits_per_param: float = 2.0,
    inversion: str | Iterable[str] = (),
    source: str = "kausik2024v1",
    tokens_per_sequence: float = 1.0,
    loss_range: float = LOSS_RANGE,
    novelty_cost: float = NOVELTY_COST,
    max_novelty_cost: float | None = None,
    initial_excess: float | None = None,
) -> Bound:
    """Bounds on the parameters N = ν U of an efficient model of a corpus of `n_tokens` tokens (heuristic, B7).

    ν is `params_per_sequence`, or `bits_per_sequence` / `bits_per_param` where bits are given (κ is about 2 in the
    models that Allen-Zhu & Li 2024 measured, C1); the other arguments are those of `unique_bounds`. N counts what the
    law counts.
    """
    law, nu = get_law(law), params_of_a_sequence(params_per_sequence, bits_per_sequence, bits_per_param)
    unique = unique_bounds(
        n_tokens, law=law, inversion=inversion, source=source, tokens_per_sequence=tokens_per_sequence,
        loss_range=loss_range, novelty_cost=novelty_cost, max_novelty_cost=max_novelty_cost,
        initial_excess=initial_excess,
    )  # fmt: skip
    return stored(unique, law, nu)


def params_of_a_sequence(params: Any, bits: Any, bits_per_param: Any) -> Any:
    """ν, parameters that store one sequence: `params`, or `bits` / `bits_per_param` where bits are given.

    Raises ValueError for what is not positive, and where both are given.
    """
    nu, kappa = as_positive("params_per_sequence", params), as_positive("bits_per_param", bits_per_param)
    if bits is None:
        return nu
    if not np.all(np.asarray(nu) == 1.0):
        raise ValueError("pass params_per_sequence or bits_per_sequence, not both")
    bits = as_positive("bits_per_sequence", bits)
    with np.errstate(over="ignore"):
        return positive("bits_per_sequence / bits_per_param", _F["params_per_sequence"].function(bits, kappa))


def stored(unique: Bound, law: LossLaw, nu: Any) -> Bound:
    """The bounds on the parameters that store the sequences of `unique`, each in `nu` parameters of `law`'s kind."""
    advice = "pass a smaller params_per_sequence or bits_per_sequence"
    needs = _F["efficient_params"]

    def end(one: End) -> End:
        value = None if one.value is None else within_floats("n_params", advice, needs.function, one.value, nu)
        return replace(one, value=value, label=HEURISTIC, assumption=f"{needs.assumption}; {one.assumption}")

    return Bound(
        quantity="parameters N of an efficient model", unit=f"{law.params_counted} parameters",
        **{f"{name}_end": end(one) for name, one in unique.ends.items()}, source=unique.source, notes=unique.notes,
    )  # fmt: skip


@dataclass(frozen=True)
class Band:
    """What one loss law implies for one corpus: exponents, U, N and the corpus factor.

    Tuples are (lower, middle, upper). A law without an irreducible loss has no `n_unique` and `n_params`. `law` is the
    key of `loss_law`.
    """

    law: str
    beta: float
    n_tokens: float
    exponent: tuple[float, float | None, float]
    n_unique: Bound | None
    n_params: Bound | None
    corpus_factor: tuple[float, float | None, float]
    label: str
    assumption: str
    version: str
    citation: str
    loss_law: LossLaw

    def __repr__(self) -> str:
        found = ((name, getattr(self, name)) for name in ("n_unique", "n_params"))
        told = {"exponent": self.exponent, "corpus_factor": self.corpus_factor}
        told |= {name: (bound.lower, bound.middle, bound.upper) for name, bound in found if bound is not None}
        head = f"Band(law={self.law!r}, beta={brief(self.beta)}, n_tokens={brief(self.n_tokens)}"
        return ",\n     ".join([head, *(f"{name}={brief(values)}" for name, values in told.items())]) + ")"

    def _repr_html_(self) -> str:
        found = ((name, getattr(self, name)) for name in ("n_unique", "n_params"))
        rows = [("exponent", *self.exponent), ("corpus_factor", *self.corpus_factor)]
        rows += [(name, bound.lower, bound.middle, bound.upper) for name, bound in found if bound is not None]
        title = f"Band of {self.law}, beta {brief(self.beta)}, at {brief(self.n_tokens)} tokens; {self.label}"
        return html_table(title, rows, ("quantity", "lower", "middle", "upper"))

    @property
    def source(self) -> str:
        """The version of the paper and the citation of the law, in one line for a reader."""
        return f"{self.version}; loss law {self.citation}"

    @property
    def bare_power(self) -> tuple[float, float | None, float]:
        """D^γ with constant 1 at each exponent: what the paper's N ~ D^γ gives when it is taken by its word."""
        lower, middle, upper = (None if g is None else float(self.n_tokens) ** g for g in self.exponent)
        return lower or 1.0, middle, upper or 1.0

    def to_json(self) -> dict[str, Any]:
        """The flat object of ``bands`` in a result: keys as in the documentation of ``--json``, infinite as null."""
        row: dict[str, Any] = {"law": self.law, "beta": self.beta}
        row |= dict(zip(("lower", "middle", "upper"), self.exponent, strict=True))
        for name in ("n_unique", "n_params"):
            bound: Bound | None = getattr(self, name)
            for end in ("lower", "middle", "upper"):
                known = None if bound is None else bound.ends[end]
                if known is None or known.value is None or (end == "middle" and known.vacuous):
                    row[f"{name}_{end}"] = None
                else:
                    row[f"{name}_{end}"] = float(known.value)
            for end in ("lower", "upper"):
                row[f"{name}_{end}_vacuous"] = None if bound is None else bool(bound.ends[end].vacuous)
        for name, values in (("bare_power", self.bare_power), ("corpus_factor", self.corpus_factor)):
            ends = zip(("lower", "middle", "upper"), values, strict=True)
            row |= {f"{name}_{end}": v if v is not None and math.isfinite(v) else None for end, v in ends}
        return row | {"label": self.label, "assumption": self.assumption, "source": self.source}


def bands(
    n_tokens: float,
    *,
    laws: Iterable[str | LossLaw] = tuple(LAWS),
    skills: float = 2,
    params_per_sequence: float = 1.0,
    bits_per_sequence: float | None = None,
    bits_per_param: float = 2.0,
    inversion: str | Iterable[str] = (),
    source: str = "kausik2024v1",
    tokens_per_sequence: float = 1.0,
    loss_range: float = LOSS_RANGE,
    novelty_cost: float = NOVELTY_COST,
    max_novelty_cost: float | None = None,
    initial_excess: float | None = None,
) -> list[Band]:
    """What each of `laws` implies for a corpus of `n_tokens` tokens, one `Band` a law, never averaged.

    `corpus_factor` is for `skills` times the skills; its lower end comes from the upper exponent. The other arguments
    are those of `efficient_params` and `unique_bounds`.
    """
    at_least_as_many(skills)
    single("n_tokens", n_tokens)
    nu = params_of_a_sequence(params_per_sequence, bits_per_sequence, bits_per_param)
    version, rows = paper_version(source), []
    one = isinstance(laws, str | LossLaw)
    for law in map(get_law, [laws] if one or (several := items_of(laws)) is None else several):
        exponent_band(law.data_exponent)  # refuses an exponent that no bound can use
        ends = band_exponents(law.data_exponent, source)
        exponent = (float(ends["lower"]), ends.get("middle"), float(ends["upper"]))
        factors = [None if g is None or g <= 0 else float(growth_factor(g, skills)) for g in exponent[::-1]]
        unique = None
        if law.comparable:
            unique = unique_bounds(
                n_tokens, law=law, inversion=inversion, source=source, tokens_per_sequence=tokens_per_sequence,
                loss_range=loss_range, novelty_cost=novelty_cost, max_novelty_cost=max_novelty_cost,
                initial_excess=initial_excess,
            )  # fmt: skip
        rows.append(
            Band(
                law.key,
                law.data_exponent,
                n_tokens,
                exponent,
                unique,
                None if unique is None else stored(unique, law, nu),
                (factors[0] or 0.0, factors[1], factors[2] or math.inf),
                label=HEURISTIC if unique is None else f"exponents: {HEURISTIC}; {unique.label}; N: {HEURISTIC}",
                assumption=_F["exponent_lower"].assumption if unique is None else unique.assumption,
                version=version,
                citation=law.citation,
                loss_law=law,
            )
        )
    return rows
