"""Five ways from a falling loss curve to a bound on distinct sequences, each under its own assumption.

The curve is the excess ε(n) = B n^-β of a learner after n sequences. D, ε, B, M and c are in one unit throughout:
per token, or per sequence where sequences are counted in several tokens (`LossCurve.per_sequence`).

| letter | meaning                                           | unit              | argument           |
|--------|---------------------------------------------------|-------------------|--------------------|
| D      | corpus size                                       | sequences         | `size`             |
| B, β   | coefficient and exponent of the excess            | nats per sequence, 1 | `coefficient`, `exponent` |
| ε, ε₀  | excess at D, and before anything was learnt       | nats per sequence | `initial_excess`   |
| M      | largest loss of one prediction                    | nats per sequence | `loss_range`       |
| c      | least cost of a first occurrence                  | nats              | `novelty_cost`     |
| c_max  | largest cost of a first occurrence                | nats              | `max_novelty_cost` |
| U      | distinct sequences                                | sequences         |                    |

i-iii bound the support of the law that the corpus is drawn from, of which U(D) is the part that occurs: above, that
bounds U(D) as well; below, only where the corpus shows its whole support. iv and v bound E U(D) itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bounds.base.arguments import unknown
from bounds.base.formula import Formula, Letter
from bounds.base.intervals import GIVEN, HEURISTIC
from bounds.base.one_number import items_of, shown
from bounds.divergence import formulas as divergence_formulas

LOSS_RANGE = math.log(50257)
"""M: uniform guessing over the GPT-2 vocabulary, nats per token."""
NOVELTY_COST = math.log(2)
"""c: one bit for each new sequence, nats."""

DERIVED = "own derivation after Kausik 2024, arXiv:2402.14746"
_WHOLE = "the corpus shows the whole support"
_SIZE = Letter("D", "corpus size, counted in what the excess is per: tokens or sequences", "tokens")
_INITIAL = Letter(
    "epsilon0", "excess loss before anything was learnt", "nats per token", r"\varepsilon_0", ("nonnegative",)
)
_DEAREST = Letter("c_max", "loss that a new sequence costs at most", "nats per sequence", r"c_{\max}")


def _inversion(
    name: str,
    text: str,
    arguments: tuple[str, ...],
    label: str,
    assumption: str,
    own: tuple[Letter, ...] = (),
    **more: Any,
) -> Formula:
    return Formula(
        name=name, quantity="U", text=text, arguments=arguments, label=label, assumption=assumption,
        unit="sequences", of="unique_bounds", own=(_SIZE, *own), **({"source": DERIVED} | more),
    )  # fmt: skip


FORMULAS = (
    _inversion(
        "unique_lower_laplace", "1 + (D + 1)*expm1(epsilon)", ("D", "epsilon"), GIVEN,
        f"the learner's test excess is at most that of Laplace's rule with known support, and {_WHOLE}",
        equation="B7-i", relation=">=", example=(1e9, 0.05),
    ),
    _inversion(
        "unique_upper_fast", "1 + 2*D*epsilon", ("D", "epsilon"), HEURISTIC,
        "fast rate: the learner does no better on this corpus than the minimax over all laws on U sequences, "
        "(U - 1)/(2D), which holds for D far above U; the inversion 'minimax' is exact",
        equation="B7-ii", relation="<=", example=(1e9, 0.05),
    ),
    _inversion(
        "unique_lower_slow", "1 + D*(epsilon/M)**2", ("D", "epsilon", "M"), GIVEN,
        "slow rate: empirical risk minimisation over a class that holds the target, with losses in [0, M], and "
        f"{_WHOLE}", equation="B7-iii", relation=">=", example=(1e12, 0.18, 10.82),
    ),
    _inversion(
        "unique_upper_prequential", "(epsilon0 + B*D**(1 - beta)/(1 - beta))/c",
        ("D", "B", "beta", "c", "epsilon0"), GIVEN,
        "each first occurrence costs at least c nats in expectation and the excess is at most B n^-beta at every "
        "n >= 1", equation="B7-iv", relation="<=", example=(1e12, 410.7, 0.28, math.log(2), 0.0), own=(_INITIAL,),
    ),
    _inversion(
        "unique_lower_pattern", "(Sum(Min(M, B*r**(-beta)), (r, 1, D - 1)) - pi*sqrt(2*D/3))/c_max",
        ("D", "B", "beta", "M", "c_max"), GIVEN,
        "the excess is B n^-beta (M where that is larger) at every n >= 1, and in total at most that of a universal "
        "code for patterns plus c_max nats for each new sequence", equation="B7-v", relation=">=",
        source=f"{DERIVED}; patterns: Orlitsky, Santhanam & Zhang 2004", own=(_DEAREST,),
        call="bounds.unique_bounds(1e12, law='hoffmann2022', inversion='pattern').lower",
    ),
)  # fmt: skip
_F = {formula.name: formula for formula in FORMULAS}
_MINIMAX = next(formula for formula in divergence_formulas.FORMULAS if formula.name == "support_upper_minimax")


@dataclass(frozen=True)
class LossCurve:
    """The excess of a learner as a function of corpus size, with the constants that the inversions need."""

    size: Any
    coefficient: Any
    exponent: Any
    loss_range: Any = LOSS_RANGE
    novelty_cost: Any = NOVELTY_COST
    max_novelty_cost: Any = LOSS_RANGE
    initial_excess: Any = LOSS_RANGE

    @property
    def excess(self) -> Any:
        """ε(D) = B D^-β."""
        return self.coefficient * self.size**-self.exponent

    def per_sequence(self, length: float) -> LossCurve:
        """This curve, given per token, counted in disjoint sequences of `length` tokens: D/ℓ, ℓε, ℓM.

        What a first occurrence costs is that of a sequence either way.
        """
        return replace(
            self,
            size=self.size / length,
            coefficient=self.coefficient * length ** (1 - self.exponent),
            loss_range=self.loss_range * length,
            initial_excess=self.initial_excess * length,
        )


def _laplace(curve: LossCurve) -> Any:
    # ε beyond some hundred nats is beyond any corpus: the bound then contradicts itself, which its caller says.
    return _F["unique_lower_laplace"].function(curve.size, np.minimum(curve.excess, 600.0))


def _fast(curve: LossCurve) -> Any:
    return _F["unique_upper_fast"].function(curve.size, curve.excess)


def _minimax(curve: LossCurve) -> Any:
    from bounds.divergence.dirichlet_risk import support_upper_minimax  # loads scipy.optimize

    # Beyond forty nats every support passes; a fraction of a draw is rounded up, which only widens an upper bound.
    return support_upper_minimax(np.ceil(curve.size), np.minimum(curve.excess, 40.0))


def _slow(curve: LossCurve) -> Any:
    M = np.float64(1) * curve.loss_range  # whose square may be infinite, where one of Python fails
    return _F["unique_lower_slow"].function(curve.size, curve.excess, M)


def _prequential(curve: LossCurve) -> Any:
    return _F["unique_upper_prequential"].function(
        curve.size, curve.coefficient, curve.exponent, curve.novelty_cost, curve.initial_excess
    )


def _pattern(curve: LossCurve) -> Any:
    """(Σ_{n<D} min(M, B n^-β) - π √(2D/3)) / c_max."""
    D, B, beta, M = np.broadcast_arrays(curve.size, curve.coefficient, curve.exponent, curve.loss_range)
    with np.errstate(over="ignore"):
        capped = np.clip(np.floor((B / M) ** (1 / beta)), 0, np.maximum(np.ceil(D) - 1, 0))
    total = M * capped + B * _power_sum(beta, capped + 1, np.maximum(np.ceil(D), capped + 1))
    return (total - math.pi * np.sqrt(2 * D / 3)) / curve.max_novelty_cost


_ADDED_TERMS = 32
"""Terms of a power sum that are added one by one; beyond, Euler-Maclaurin errs by less than 1e-16."""


def _power_sum(beta: Any, start: Any, stop: Any) -> Any:
    """Σ n^-β over start ≤ n < stop, for whole numbers, by Euler-Maclaurin beyond the first terms."""
    low = np.minimum(np.maximum(start, _ADDED_TERMS), stop)
    n = np.arange(1.0, _ADDED_TERMS)
    here = (n >= start[..., None]) & (n < np.minimum(stop, _ADDED_TERMS)[..., None])
    head = np.where(here, n ** -beta[..., None], 0.0).sum(-1)
    power = low ** (1 - beta) * _relative_power((1 - beta) * np.log(stop / low)) * np.log(stop / low)

    def ends(x: Any) -> Any:
        b, y = beta, x**-2.0
        third = b * (b + 1) * (b + 2)
        series = b / 12 - y * third * (1 / 720 - y * (b + 3) * (b + 4) / 30240)
        return x**-b * (0.5 + series / x)

    return head + power + ends(low) - ends(stop)


def _relative_power(x: Any) -> Any:
    """(e^x - 1)/x, 1 at 0."""
    return np.where(x == 0, 1.0, np.expm1(x) / np.where(x == 0, 1.0, x))


@dataclass(frozen=True)
class Inversion:
    """One end of a bound on U: its formula, and the function that evaluates it on a `LossCurve`."""

    end: str
    formula: Formula
    evaluate: Callable[[LossCurve], Any]


INVERSIONS = {
    "slow": Inversion("lower", _F["unique_lower_slow"], _slow),
    "laplace": Inversion("lower", _F["unique_lower_laplace"], _laplace),
    "pattern": Inversion("lower", _F["unique_lower_pattern"], _pattern),
    "fast": Inversion("upper", _F["unique_upper_fast"], _fast),
    "minimax": Inversion("upper", _MINIMAX, _minimax),
    "prequential": Inversion("upper", _F["unique_upper_prequential"], _prequential),
}
"""Ways from a loss curve to a bound on U, by name. The default is slow below, fast above."""


def chosen(names: str | Iterable[str]) -> tuple[Inversion, Inversion]:
    """The lower and the upper inversion that `names` ask for, with the default where they name none of an end.

    Raises ValueError for an unknown name, and for two different ones of the same end.
    """
    ends: dict[str, str] = {}
    for name in [names] if isinstance(names, str) or (found := items_of(names)) is None else found:
        if not isinstance(name, str) or name not in INVERSIONS:
            raise unknown("inversion", name, INVERSIONS)
        end = INVERSIONS[name].end
        if ends.setdefault(end, name) != name:
            raise ValueError(
                f"inversions {shown(ends[end])} and {shown(name)} both give the {end} end; name one of each end"
            )
    return INVERSIONS[ends.get("lower", "slow")], INVERSIONS[ends.get("upper", "fast")]
