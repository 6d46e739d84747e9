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
| M      | largest loss of one prediction                | nats per token   | `loss_range`          |
| c      | least cost of a new sequence                  | nats             | `novelty_cost`        |
| ν      | parameters per stored sequence                | parameters       | `params_per_sequence` |

The bounds B7-i to B7-iii speak of the support of the corpus's law, of which U(D) is the part that occurs: above,
they bound U(D) as well; below, only where the corpus shows its whole support, which each says in its assumption.

Sequences are counted per token here: D and ε in the same unit. The bounds at the linear rate do not change with
the length of a sequence; the slow-rate bound does.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from bounds.intervals import GIVEN, HEURISTIC, Bound, Interval
from bounds.laws import LAWS, LossLaw, _positive, get_law
from bounds.notation import PAPER_VERSIONS, Formula

LOSS_RANGE = math.log(50257)
"""M: uniform guessing over the GPT-2 vocabulary, nats per token."""
NOVELTY_COST = math.log(2)
"""c: one bit for each new sequence, nats."""

_DERIVED = "own derivation after Kausik 2024, arXiv:2402.14746"


def _exponent_formula(name: str, text: str, label: str, assumption: str, equation: str, **more: Any) -> Formula:
    return Formula(
        name=name, quantity="gamma", text=text, label=label, assumption=assumption, source=_DERIVED,
        equation=equation, **more,
    )  # fmt: skip


FORMULAS = (
    _exponent_formula(
        "exponent_lower", "1 - 2*beta", HEURISTIC,
        "slow rate: excess = sqrt(U/D), read as an equality for one corpus", "B7-iii, B8",
        arguments=("beta",), example=(0.28,),
    ),
    _exponent_formula(
        "exponent_upper", "1 - beta", HEURISTIC,
        "fast rate: excess = U/D, read as an equality for one corpus", "B7-ii, B8",
        arguments=("beta",), example=(0.28,),
    ),
    _exponent_formula(
        "exponent_bernstein", "1 - (2 - b)*beta", HEURISTIC,
        "rate (U/D)^(1/(2-b)) for a learner with Bernstein exponent b; b = 1 fast, 0 slow, 1/2 halfway", "B8",
        arguments=("beta", "b"), example=(0.28, 0.5),
    ),
    Formula(
        name="growth_factor", quantity="D_2/D_1", text="k**(1/gamma)", arguments=("gamma", "k"),
        label=HEURISTIC, assumption="skills are proportional to distinct sequences, U ~ D^gamma",
        source=_DERIVED, equation="B8", example=(0.58, 2.0),
    ),
    Formula(
        name="unique_lower_laplace", quantity="U", text="1 + (D + 1)*expm1(epsilon)", arguments=("D", "epsilon"),
        label=GIVEN, assumption="the learner's test excess is at most that of Laplace's rule with known support, and "
        "the corpus shows the whole support",
        source=_DERIVED, equation="B7-i", unit="sequences", example=(1e9, 0.05),
    ),
    Formula(
        name="unique_upper_fast", quantity="U", text="1 + 2*D*epsilon", arguments=("D", "epsilon"),
        label=HEURISTIC, assumption="fast rate: the learner does no better on this corpus than the minimax over "
        "all laws on U sequences, (U - 1)/(2D)", source=_DERIVED, equation="B7-ii", unit="sequences",
        example=(1e9, 0.05),
    ),
    Formula(
        name="unique_lower_slow", quantity="U", text="1 + D*(epsilon/M)**2", arguments=("D", "epsilon", "M"),
        label=GIVEN, assumption="slow rate: empirical risk minimisation over a class that holds the target, with "
        "losses in [0, M], and the corpus shows the whole support", source=_DERIVED, equation="B7-iii",
        unit="sequences", example=(1e12, 0.18, 10.82),
    ),
    Formula(
        name="unique_upper_prequential", quantity="U", text="B*D**(1 - beta)/((1 - beta)*c)",
        arguments=("D", "B", "beta", "c"), label=GIVEN,
        assumption="each first occurrence costs at least c nats in expectation and the excess is at most B n^-beta "
        "at every n >= 1", source=_DERIVED, equation="B7-iv", unit="sequences",
        example=(1e12, 410.7, 0.28, math.log(2)),
    ),
    Formula(
        name="efficient_params", quantity="N", text="nu*U", arguments=("U", "nu"), label=HEURISTIC,
        assumption="an efficient model stores each distinct sequence once, in nu parameters", source=_DERIVED,
        equation="B7", unit="parameters", example=(1e9, 1.0),
    ),
)  # fmt: skip
_F = {formula.name: formula for formula in FORMULAS}

INVERSIONS = {
    "slow": ("lower", "unique_lower_slow"),
    "laplace": ("lower", "unique_lower_laplace"),
    "fast": ("upper", "unique_upper_fast"),
    "prequential": ("upper", "unique_upper_prequential"),
}
"""Ways from a loss curve to a bound on U: name -> (end, formula). The default is slow below, fast above."""


def exponent_band(beta: float) -> Interval:
    """(1 - 2β, 1 - β): the exponents γ of U ~ D^γ at the slow and the fast rate; its midpoint is 1 - 3β/2.

    Heuristic: two learning rates read as equalities for one corpus (B7, B8). A lower end below 0 says nothing
    and is given as 0 (β of one half and more). Raises ValueError unless 0 < β < 1.
    """
    value = np.asarray(beta, float)
    if not np.all((value > 0) & (value < 1)):
        raise ValueError(f"beta must lie strictly between 0 and 1, got {beta!r}")
    lower = np.maximum(_F["exponent_lower"].function(value), 0.0)
    upper = _F["exponent_upper"].function(value)
    return Interval(lower, upper) if value.ndim else Interval(float(lower), float(upper))


def growth_factor(exponent: Any, k: Any = 2) -> Any:
    """k^(1/γ): how many times the corpus for `k` times the skills, if skills ∝ U ~ D^γ (heuristic, B8).

    Raises ValueError unless the exponent and k are positive.
    """
    return _F["growth_factor"].function(_positive("exponent", exponent), _positive("k", k))


def unique_bounds(
    n_tokens: Any,
    *,
    law: str | LossLaw,
    inversion: str | Iterable[str] = (),
    source: str = "kausik2024v1",
    loss_range: float = LOSS_RANGE,
    novelty_cost: float = NOVELTY_COST,
) -> Bound:
    """Bounds on the distinct sequences U in a natural corpus of `n_tokens` tokens, given a loss law.

    Below 1 + D (ε/M)² (slow rate, B7-iii), above 1 + 2 D ε (fast rate, B7-ii), ε = B D^-β in nats per token; the
    middle is their geometric mean. `inversion` names others (`INVERSIONS`). Both ends are clipped to [1, D] and
    flagged where they then say nothing; so is a lower end above D, which contradicts its own assumption.
    `source` is the version of the paper: v1 takes the middle, v3 the lower end alone, v6 no single value. Raises
    ValueError for a law without an irreducible loss and for less than one token.
    """
    law, D = get_law(law), _positive("n_tokens", n_tokens)
    if np.any(np.asarray(D) < 1):
        raise ValueError(f"n_tokens must be at least 1, got {n_tokens!r}")
    version = _version(source)
    chosen = _inversions(inversion)
    epsilon = law.excess(D)
    arguments = {
        "unique_lower_slow": (D, epsilon, _positive("loss_range", loss_range)),
        "unique_lower_laplace": (D, epsilon),
        "unique_upper_fast": (D, epsilon),
        "unique_upper_prequential": (
            D, law.data_coefficient, law.data_exponent, _positive("novelty_cost", novelty_cost),
        ),
    }  # fmt: skip
    below, above = _F[chosen["lower"]], _F[chosen["upper"]]
    raw_lower, raw_upper = (f.function(*arguments[f.name]) for f in (below, above))
    # No corpus holds more than D sequences: a lower bound above D contradicts what it assumes, and so says nothing.
    raw_lower = np.where(raw_lower > D, 1.0, raw_lower)[()]
    upper = np.clip(raw_upper, 1.0, D)
    lower = np.minimum(np.clip(raw_lower, 1.0, D), upper)
    middle = {"kausik2024v1": np.sqrt(lower) * np.sqrt(upper), "kausik2024v3": lower}.get(source)
    return Bound(
        quantity="distinct sequences U", unit="sequences", lower=lower, upper=upper, middle=middle,
        label=f"lower: {below.label}; upper: {above.label}; middle: {HEURISTIC}",
        assumption=f"lower: {below.assumption}; upper: {above.assumption}",
        equation=f"{below.equation}, {above.equation}", source=f"{version}; loss law {law.citation}",
        lower_vacuous=raw_lower <= 1, upper_vacuous=raw_upper >= D,
    )  # fmt: skip


def efficient_params(n_tokens: Any, *, law: str | LossLaw, params_per_sequence: float = 1.0, **options: Any) -> Bound:
    """Bounds on the parameters N = ν U of an efficient model of a corpus of `n_tokens` tokens (heuristic, B7).

    ν is `params_per_sequence`; `options` are those of `unique_bounds`. N counts what the law counts.
    """
    nu = _positive("params_per_sequence", params_per_sequence)
    law = get_law(law)
    unique = unique_bounds(n_tokens, law=law, **options)
    store = _F["efficient_params"].function
    return Bound(
        quantity="parameters N of an efficient model", unit=f"{law.params_counted} parameters",
        lower=store(unique.lower, nu), upper=store(unique.upper, nu),
        middle=None if unique.middle is None else store(unique.middle, nu), label=HEURISTIC,
        assumption=f"{_F['efficient_params'].assumption}; {unique.assumption}",
        equation=unique.equation, source=unique.source,
        lower_vacuous=unique.lower_vacuous, upper_vacuous=unique.upper_vacuous,
    )  # fmt: skip


@dataclass(frozen=True)
class Band:
    """What one loss law implies for one corpus: exponents, U, N and the corpus factor.

    Tuples are (lower, middle, upper). A law without an irreducible loss has no `n_unique` and `n_params`.
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
    source: str

    @property
    def bare_power(self) -> tuple[float, float | None, float]:
        """D^γ with constant 1 at each exponent: what the paper's N ~ D^γ gives when it is taken by its word."""
        lower, middle, upper = (None if g is None else float(self.n_tokens) ** g for g in self.exponent)
        return lower or 1.0, middle, upper or 1.0

    def to_json(self) -> dict[str, Any]:
        """The flat object of the ``bands`` of a result: keys as in the documentation of ``--json``."""
        row: dict[str, Any] = {"law": self.law, "beta": self.beta}
        row |= dict(zip(("lower", "middle", "upper"), self.exponent, strict=True))
        for name in ("n_unique", "n_params"):
            bound: Bound | None = getattr(self, name)
            for end in ("lower", "middle", "upper"):
                # Between two ends that say nothing there is no middle.
                silent = bound is None or (end == "middle" and bound.vacuous)
                value = None if silent else getattr(bound, end)
                row[f"{name}_{end}"] = None if value is None else float(value)
            for end in ("lower", "upper"):
                flag = f"{end}_vacuous"
                row[f"{name}_{flag}"] = None if bound is None else bool(getattr(bound, flag))
        for name, values in (("bare_power", self.bare_power), ("corpus_factor", self.corpus_factor)):
            row |= {f"{name}_{end}": v for end, v in zip(("lower", "middle", "upper"), values, strict=True)}
        return row | {"label": self.label, "assumption": self.assumption, "source": self.source}


def bands(
    n_tokens: float,
    *,
    laws: Iterable[str | LossLaw] = tuple(LAWS),
    skills: float = 2,
    params_per_sequence: float = 1.0,
    source: str = "kausik2024v1",
    inversion: str | Iterable[str] = (),
) -> list[Band]:
    """What each of `laws` implies for a corpus of `n_tokens` tokens, one `Band` a law, never averaged.

    `corpus_factor` is for `skills` times the skills; its lower end comes from the upper exponent.
    """
    rows = []
    for law in map(get_law, [laws] if isinstance(laws, str | LossLaw) else laws):
        ends = exponent_band(law.data_exponent)
        middle = {"kausik2024v1": ends.midpoint, "kausik2024v3": ends.lower}.get(source)
        exponent = (ends.lower, middle, ends.upper)
        factors = [None if g is None or g <= 0 else float(growth_factor(g, skills)) for g in exponent[::-1]]
        options: dict[str, Any] = {"law": law, "source": source, "inversion": inversion}
        unique = unique_bounds(n_tokens, **options) if law.comparable else None
        params = (
            efficient_params(n_tokens, params_per_sequence=params_per_sequence, **options) if law.comparable else None
        )
        rows.append(
            Band(
                law.key,
                law.data_exponent,
                n_tokens,
                exponent,
                unique,
                params,
                (factors[0] or 0.0, factors[1], factors[2] or math.inf),
                label=HEURISTIC if unique is None else f"exponents: {HEURISTIC}; {unique.label}; N: {HEURISTIC}",
                assumption=_F["exponent_lower"].assumption if unique is None else unique.assumption,
                source=f"{_version(source)}; loss law {law.citation}",
            )
        )
    return rows


def _version(source: str) -> str:
    if source not in PAPER_VERSIONS:
        raise ValueError(f"unknown version of the paper {source!r}: known are {', '.join(PAPER_VERSIONS)}")
    return PAPER_VERSIONS[source]


def _inversions(names: str | Iterable[str]) -> dict[str, str]:
    chosen = {"lower": "unique_lower_slow", "upper": "unique_upper_fast"}
    for name in [names] if isinstance(names, str) else names:
        if name not in INVERSIONS:
            raise ValueError(f"unknown inversion {name!r}: known are {', '.join(INVERSIONS)}")
        end, formula = INVERSIONS[name]
        chosen[end] = formula
    return chosen
