"""The exponents γ of U ~ D^γ that a data exponent β allows, and the corpus factor that each of them implies.

| letter | meaning                                      | unit | argument    |
|--------|----------------------------------------------|------|-------------|
| β      | exponent of the data term of a loss law      | 1    | `beta`      |
| b      | Bernstein (margin) exponent of the learner   | 1    | `bernstein` |
| γ      | exponent of distinct sequences               | 1    | `exponent`  |
| k      | factor on the number of skills               | 1    | `k`         |
"""

from __future__ import annotations

from typing import Any

import numpy as np

from bounds.base.arguments import unknown
from bounds.base.formula import PAPER_VERSIONS, Formula, Letter
from bounds.base.intervals import GIVEN, HEURISTIC, Interval
from bounds.base.pointwise import broadcast, checked, labelled, shown, single
from bounds.efficiency.inversions import DERIVED
from bounds.laws.checks import as_positive


def _exponent_formula(name: str, text: str, label: str, assumption: str, equation: str, **more: Any) -> Formula:
    return Formula(
        name=name, quantity=r"\gamma", text=text, label=label, assumption=assumption, source=DERIVED,
        equation=equation, **more,
    )  # fmt: skip


FORMULAS = (
    _exponent_formula(
        "exponent_lower", "1 - 2*beta", HEURISTIC,
        "slow rate: excess = sqrt(U/D), read as an equality for one corpus", "B7-iii, B8",
        arguments=("beta",), example=(0.28,), of="exponent_band",
    ),
    _exponent_formula(
        "exponent_upper", "1 - beta", HEURISTIC,
        "fast rate: excess = U/D, read as an equality for one corpus", "B7-ii, B8",
        arguments=("beta",), example=(0.28,), of="exponent_band",
    ),
    _exponent_formula(
        "exponent_exact", "1 - beta", GIVEN,
        "the prequential and the pattern inversion both apply and beta < 1/2", "B7-iv, B7-v",
        arguments=("beta",), example=(0.28,), of="exponent_band",
    ),
    _exponent_formula(
        "bernstein_exponent", "1 - (2 - b)*beta", HEURISTIC,
        "rate (U/D)^(1/(2-b)) for a learner with Bernstein exponent b; b = 1 fast, 0 slow, 1/2 halfway", "B8",
        arguments=("beta", "b"), example=(0.28, 0.5),
    ),
    Formula(
        name="growth_factor", quantity="D_2/D_1", text="k**(1/gamma)", arguments=("gamma", "k"),
        label=HEURISTIC, assumption="skills are proportional to distinct sequences, U ~ D^gamma",
        source=DERIVED, equation="B8", example=(0.58, 2.0),
        own=(Letter("k", "factor on the number of skills", "1"),),
    ),
)  # fmt: skip
_F = {formula.name: formula for formula in FORMULAS}


def exponent_band(beta: float) -> Interval:
    """(1 - 2β, 1 - β): the exponents γ of U ~ D^γ at the slow and the fast rate.

    Heuristic: two learning rates read as equalities for one corpus (B7, B8). Its midpoint is 1 - 3β/2 for β up to one
    half; beyond, the lower end says nothing and is given as 0, and `bernstein_exponent(beta, 0.5)` is still the
    exponent halfway between the rates. Raises ValueError unless 0 < β < 1.
    """
    value = _strictly_inside("beta", beta)
    lower = np.maximum(_F["exponent_lower"].function(value), 0.0)
    upper = _F["exponent_upper"].function(value)
    return Interval(lower, upper) if value.ndim else Interval(float(lower), float(upper))


def band_exponents(beta: Any, source: str) -> dict[str, Any]:
    """The exponents γ of a band by their ends, with the middle that the version of the paper gives, if any.

    Cut to [0, 1], since nothing else is known where β (a number or an array) lies outside (0, 1) or above one half.
    """
    rates = {"lower": 0.0, "middle": {"kausik2024v1": 0.5, "kausik2024v3": 0.0}.get(source), "upper": 1.0}
    gamma = _F["bernstein_exponent"].function
    return {end: np.clip(gamma(np.asarray(beta, float), b), 0.0, 1.0)[()] for end, b in rates.items() if b is not None}


def growth_factor(exponent: Any, k: Any = 2) -> Any:
    """k^(1/γ): how many times the corpus for `k` times the skills, if skills ∝ U ~ D^γ (heuristic, B8).

    Infinite where it passes the largest float. Raises ValueError unless the exponent and k are positive.
    """

    def factor(exponent: Any, k: Any) -> Any:
        gamma, skills = broadcast(as_positive("exponent", exponent), as_positive("k", k))
        with np.errstate(over="ignore"):
            return _F["growth_factor"].function(gamma, skills)[()]

    return labelled(factor, exponent, k)


def bernstein_exponent(beta: Any, bernstein: Any) -> Any:
    """γ(b) = 1 - (2 - b) β for a learner whose Bernstein (margin) exponent is b = `bernstein` (heuristic, B8).

    b = 1 is the fast rate, 0 the slow one, 1/2 halfway: 0.72, 0.44 and 0.58 at β = 0.28. At 0 or below the exponent
    says nothing. Raises ValueError unless 0 < β < 1 and 0 ≤ b ≤ 1.
    """

    def value(beta: Any, b: Any) -> Any:
        allowed = "between 0 (slow rate) and 1 (fast rate)"
        b = np.asarray(checked("bernstein", b, lambda b: (b >= 0) & (b <= 1), allowed), float)
        return _F["bernstein_exponent"].function(*broadcast(_strictly_inside("beta", beta), b))[()]

    return labelled(value, beta, bernstein)


def _strictly_inside(name: str, value: Any) -> Any:
    return np.asarray(checked(name, value, lambda x: (x > 0) & (x < 1), "strictly between 0 and 1"), float)


def at_least_as_many(skills: float) -> None:
    """One sentence for a factor on the skills that no larger corpus is needed for."""
    if single("skills", as_positive("skills", skills)) < 1:
        raise ValueError(f"skills must be at least 1, got {shown(skills)}: fewer skills need no larger corpus")


def paper_version(source: str) -> str:
    """The version of the paper that `source` names, in words; one sentence where there is none of that name."""
    if not isinstance(source, str) or source not in PAPER_VERSIONS:
        raise unknown("version of the paper", source, PAPER_VERSIONS)
    return PAPER_VERSIONS[source]
