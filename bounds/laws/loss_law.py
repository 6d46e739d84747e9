"""A loss law L(N, D) = E + A N^-α + B D^-β, and every question about it that has an answer in closed form.

| letter  | meaning                                    | unit              | argument, field                       |
|---------|--------------------------------------------|-------------------|---------------------------------------|
| N       | parameters, total or not as the law says   | parameters        | `n_params`, `params_counted`          |
| D       | training tokens, each seen once            | tokens            | `n_tokens`                            |
| C       | training compute, C = 6 N D                | FLOP              | `compute_flops`                       |
| M       | tokens per parameter, D/N                  | tokens per parameter | `tokens_per_param`                 |
| L       | loss                                       | nats per token    | `loss`                                |
| E       | irreducible loss                           | nats per token    | `irreducible`                         |
| A, α    | coefficient and exponent of the model term | nats per token, 1 | `param_coefficient`, `param_exponent` |
| B, β    | coefficient and exponent of the data term  | nats per token, 1 | `data_coefficient`, `data_exponent`   |

At the optimum of a fixed compute the two terms balance, α A N^-α = β B D^-β; all the rest follows from that.
Constants may be arrays, such as those of resampled fits: every method broadcasts them with its arguments. Answers
beyond the largest float are infinite.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from bounds.base.brief import brief_fields
from bounds.base.formula import Formula
from bounds.base.one_number import number, quoted
from bounds.base.pointwise import nonnegative, positive, shown
from bounds.base.telling.html import html_fields
from bounds.laws.checks import (
    check_constants,
    check_errors,
    check_known,
    check_range,
    must_broadcast,
    must_exceed,
    positives,
)
from bounds.laws.formulas import FORMULAS
from bounds.laws.law_range import distance_text, range_text

_F = {formula.name: formula for formula in FORMULAS}

_CONSTANTS = ("irreducible", "param_coefficient", "param_exponent", "data_coefficient", "data_exponent")
_NEWTON_STEPS = 60
_LAST_STEP = 1e-9
"""More than the rounding of a logarithm of a float, so that no step that can be right is cut."""


class Allocation(NamedTuple):
    """What a compute budget buys: parameters N, and the tokens D that they are trained on."""

    n_params: Any
    n_tokens: Any

    def _repr_html_(self) -> str:
        return html_fields(self)


class Constants(NamedTuple):
    """The five constants of a loss law in the order of its formula: E, A, α, B, β."""

    irreducible: Any
    param_coefficient: Any
    param_exponent: Any
    data_coefficient: Any
    data_exponent: Any

    def _repr_html_(self) -> str:
        return html_fields(self)


@dataclass(frozen=True, repr=False)
class LossLaw:
    """L(N, D) = E + A N^-α + B D^-β in nats per token, as one paper printed it or as it was fitted.

    `params_counted` says whether N is "total" or "non-embedding". `fitted_tokens` and `fitted_params` are the ranges of
    D and N in the runs that were fitted, from 0 to infinity where they are not known; `largest_compute` is the largest
    6 N D among those runs in FLOP, and `residual_deviation` the standard deviation of ln L of a run about the law, both
    None where they are not known. `standard_errors` holds what the paper printed of them, by the names of the fields.
    `equal_exponents` says that α = β is part of the form that was fitted, not a finding. Where the paper gives only
    exponents that can be compared (`comparable` is False), the constants of different laws must not be.

    Raises ValueError for constants that are not numbers, for exponents that are not finite and for E, A or B below 0.
    Exponents may be 0 or less, as noisy runs fit to, and a coefficient among many resampled ones infinite; methods
    that have no answer there say so.
    """

    key: str
    citation: str
    param_exponent: float
    data_exponent: float
    irreducible: float | None = None
    param_coefficient: float | None = None
    data_coefficient: float | None = None
    params_counted: str = "total"
    note: str = ""
    fitted_tokens: tuple[float, float] = (0.0, math.inf)
    fitted_params: tuple[float, float] = (0.0, math.inf)
    standard_errors: tuple[tuple[str, float], ...] = ()
    equal_exponents: bool = False
    largest_compute: float | None = None
    residual_deviation: float | None = None

    __repr__ = brief_fields
    _repr_html_ = html_fields

    def __post_init__(self) -> None:
        check_constants(self, "finite", "param_exponent", "data_exponent")
        printed = ("irreducible", "param_coefficient", "data_coefficient")
        given = [name for name in printed if getattr(self, name) is not None]
        check_constants(self, "of at least 0", *given)
        check_range(self, "fitted_tokens")
        check_range(self, "fitted_params")
        check_errors(self)
        check_known(self, positive, "largest_compute")
        check_known(self, nonnegative, "residual_deviation")
        must_broadcast(**{name: getattr(self, name) for name in _CONSTANTS})
        if self.equal_exponents and np.any(np.not_equal(self.param_exponent, self.data_exponent)):
            raise ValueError(
                f"equal_exponents of law {self.key!r} says that alpha = beta, got {shown(self.param_exponent)} and "
                f"{shown(self.data_exponent)}; leave it out"
            )

    @property
    def comparable(self) -> bool:
        """Whether the law states L(N, D) with an irreducible loss, so that its excess loss has a value."""
        constants = (self.irreducible, self.param_coefficient, self.data_coefficient)
        return all(constant is not None for constant in constants)

    @property
    def constants(self) -> Constants:
        """E, A, α, B and β; raises ValueError for a law that has exponents only."""
        E, A, B = self._constants("constants")
        return Constants(E, A, self.param_exponent, B, self.data_exponent)

    def extrapolation(self, *, n_params: Any = None, n_tokens: Any = None) -> str:
        """How far `n_params` and `n_tokens` lie from the runs that were fitted, in a sentence; empty among them.

        A number that the law gives beyond its runs is an extrapolation: this is how far.
        """
        given = (("N", n_params, self.fitted_params, "parameters"), ("D", n_tokens, self.fitted_tokens, "tokens"))
        parts = [
            f"{letter} = {distance} the runs ({range_text(fitted, unit)})"
            for letter, value, fitted, unit in given
            if value is not None and (distance := distance_text(fitted, value).rstrip(","))
        ]
        return f"{self.key} is extrapolated: {'; '.join(parts)}" if parts else ""

    # The loss, and what it takes to reach one

    def loss(self, n_params: Any, n_tokens: Any) -> Any:
        """Loss in nats per token of a model of `n_params` parameters trained once on `n_tokens` tokens.

        Raises ValueError unless both are positive.
        """
        E, A, B = self._constants("loss")
        N, D = self._given(n_params=n_params, n_tokens=n_tokens)
        return evaluate(_F["loss"], E, A, self.param_exponent, B, self.data_exponent, N, D)

    def excess(self, n_tokens: Any) -> Any:
        """B D^-β: loss in nats per token above the irreducible loss of an unlimited model on `n_tokens` tokens."""
        _, _, B = self._constants("excess loss")
        return evaluate(_F["law_excess"], B, self.data_exponent, *self._given(n_tokens=n_tokens))

    def tokens_for(self, loss: Any, n_params: Any) -> Any:
        """Training tokens with which `n_params` parameters reach `loss`, ((L - E - A N^-α)/B)^(-1/β).

        Raises ValueError where no number of tokens does, because L ≤ E + A N^-α.
        """
        E, A, B = self._constants("number of tokens for a loss")
        self._must_be_positive("number of tokens for a loss", "data_coefficient", "data_exponent")
        L, N = self._given(loss=loss, n_params=n_params)
        floor = E + evaluate(_F["law_excess"], A, self.param_exponent, N)
        must_exceed(L, floor, f"what {self.key} gives this model on unlimited tokens", "add parameters")
        return evaluate(_F["tokens_for_loss"], E, A, self.param_exponent, B, self.data_exponent, N, L)

    def params_for(self, loss: Any, n_tokens: Any) -> Any:
        """Parameters with which `n_tokens` tokens give `loss`, ((L - E - B D^-β)/A)^(-1/α).

        Raises ValueError where no model does, because L ≤ E + B D^-β.
        """
        E, A, B = self._constants("number of parameters for a loss")
        self._must_be_positive("number of parameters for a loss", "param_coefficient", "param_exponent")
        L, D = self._given(loss=loss, n_tokens=n_tokens)
        floor = E + evaluate(_F["law_excess"], B, self.data_exponent, D)
        must_exceed(L, floor, f"what {self.key} gives an unlimited model on these tokens", "add tokens")
        return evaluate(_F["params_for_loss"], E, A, self.param_exponent, B, self.data_exponent, D, L)

    def compute_for(self, loss: Any, tokens_per_param: Any = None) -> Any:
        """FLOP that reach `loss`, spent optimally, or with M = `tokens_per_param` tokens per parameter.

        Optimally, L(C) - E is a power of C and the answer closed; at fixed M it is the root of
        E + A (6M/C)^(α/2) + B (6/(CM))^(β/2) = L. `optimal` and `overtrained` turn it into N and D. Raises
        ValueError for a loss that is not above E.
        """
        E, A, alpha, B, beta = self._optimum("compute for a loss")
        ratio = {} if tokens_per_param is None else {"tokens_per_param": tokens_per_param}
        L, *fixed = self._given(loss=loss, **ratio)
        must_exceed(L, E, f"the irreducible loss of {self.key}", "no compute reaches it")
        if not fixed:
            return evaluate(_F["compute_for_loss"], E, A, alpha, B, beta, L)
        (M,) = fixed
        return _two_term_root((A, alpha / 2), (B, beta / 2), M, L - E)

    # The best use of a compute budget

    def optimal(self, compute_flops: Any) -> Allocation:
        """Parameters and tokens of least loss for `compute_flops` FLOP, C = 6 N D (equation 4 of Hoffmann 2022)."""
        _, *terms = self._optimum("compute-optimal size")
        (C,) = self._given(compute_flops=compute_flops)
        return Allocation(evaluate(_F["optimal_params"], *terms, C), evaluate(_F["optimal_tokens"], *terms, C))

    def optimal_loss(self, compute_flops: Any) -> Any:
        """Least loss in nats per token for `compute_flops` FLOP, E + (1 + α/β) A N_opt^-α."""
        return evaluate(_F["optimal_loss"], *self._optimum("least loss"), *self._given(compute_flops=compute_flops))

    def optimal_tokens_per_param(self, compute_flops: Any) -> Any:
        """M = D/N at the optimum of `compute_flops` FLOP; it grows as C^((α-β)/(α+β)), and is constant if α = β."""
        _, *terms = self._optimum("compute-optimal ratio")
        return evaluate(_F["optimal_tokens_per_param"], *terms, *self._given(compute_flops=compute_flops))

    def optimal_params_for(self, n_tokens: Any) -> Any:
        """Parameters for which `n_tokens` tokens are compute-optimal, (αA/(βB))^(1/α) D^(β/α)."""
        _, *terms = self._optimum("compute-optimal size")
        return evaluate(_F["optimal_params_for"], *terms, *self._given(n_tokens=n_tokens))

    def optimal_tokens_for(self, n_params: Any) -> Any:
        """Tokens on which training `n_params` parameters is compute-optimal, (βB/(αA))^(1/β) N^(α/β)."""
        _, *terms = self._optimum("compute-optimal number of tokens")
        return evaluate(_F["optimal_tokens_for"], *terms, *self._given(n_params=n_params))

    # More tokens per parameter than is optimal

    def overtrained(self, compute_flops: Any, tokens_per_param: Any) -> Allocation:
        """The parameters and tokens that spend `compute_flops` FLOP at M = `tokens_per_param` tokens per parameter.

        N = √(C/(6M)) and D = √(CM/6), whatever the law; N counts what it counts.
        """
        C, M = positives(compute_flops=compute_flops, tokens_per_param=tokens_per_param)
        return Allocation(evaluate(_F["overtrained_params"], C, M), evaluate(_F["overtrained_tokens"], C, M))

    def overtraining_penalty(self, compute_flops: Any, tokens_per_param: Any) -> Any:
        """Loss in nats per token above the least one for the same FLOP, at M = `tokens_per_param` instead of M_opt.

        With u = ln(M/M_opt) and T = A N_opt^-α it is T (e^(αu/2) - 1 + (α/β)(e^(-βu/2) - 1)), which is never
        negative (Gadre et al. 2024, arXiv:2403.08540, equation 8).
        """
        _, A, alpha, B, beta = self._optimum("penalty of over-training")
        C, M = self._given(compute_flops=compute_flops, tokens_per_param=tokens_per_param)
        best = evaluate(_F["optimal_tokens_per_param"], A, alpha, B, beta, C)
        # A ratio of roots stays among the floats where that of the numbers would not.
        with np.errstate(divide="ignore"):
            u = 2 * np.log(np.divide(np.sqrt(M), np.sqrt(best)))
        term = evaluate(_F["optimal_loss"], 0.0, A, alpha, B, beta, C) / (1 + alpha / beta)
        # The parts linear in u cancel: beside the optimum rounding may leave less than nothing.
        return np.maximum(evaluate(_F["overtraining_penalty"], term, alpha, beta, u), 0.0)

    def _constants(self, asked: str) -> tuple[float, float, float]:
        if self.irreducible is None or self.param_coefficient is None or self.data_coefficient is None:
            raise ValueError(
                f"law {self.key} has no irreducible loss and may be compared by its exponents only, so it has no "
                f"{asked}; use a law with all five constants, such as hoffmann2022 or epoch2024"
            )
        return self.irreducible, self.param_coefficient, self.data_coefficient

    def _optimum(self, asked: str) -> tuple[Any, ...]:
        """(E, A, α, B, β), all but E positive: a law without one of its terms has no optimum."""
        E, A, B = self._constants(asked)
        names = ("param_coefficient", "param_exponent", "data_coefficient", "data_exponent")
        self._must_be_positive(asked, *names)
        return E, A, self.param_exponent, B, self.data_exponent

    def _must_be_positive(self, asked: str, *names: str) -> None:
        for name in names:
            value = np.asarray(getattr(self, name), float)
            bad = ~((value > 0) & np.isfinite(value))
            if bad.any():
                raise ValueError(
                    f"{name} of law {self.key} must be positive to give a {asked}, got {quoted(value[bad][0], 6)}"
                )

    def _given(self, **arguments: Any) -> tuple[Any, ...]:
        """The arguments, positive and of shapes that broadcast with each other and with the constants."""
        values = positives(**arguments)
        must_broadcast(**arguments, **{name: getattr(self, name) for name in _CONSTANTS})
        return values


def evaluate(formula: Formula, *values: Any) -> Any:
    """`formula` at `values`; infinite where that passes the largest float, without a warning.

    Raises ValueError for numbers of which a part is infinite and another 0, so that nothing can be said.
    """
    # A power of Python's floats raises where NumPy's is infinite.
    numbers = [np.float64(value) if isinstance(value, float) else value for value in values]
    scalar = all(isinstance(value, np.float64) for value in numbers)
    with np.errstate(over="ignore", divide="ignore", invalid="ignore" if scalar else None):
        result = formula.function(*numbers)
    if scalar and np.isnan(result):
        given = ", ".join(
            f"{name} = {number(value, 6)}" for name, value in zip(formula.arguments, numbers, strict=True)
        )
        raise ValueError(f"{formula.name} leaves the range of floats at {given}; take less extreme numbers")
    return result.item() if isinstance(result, np.float64) else result


def _two_term_root(model: tuple[Any, Any], data: tuple[Any, Any], M: Any, target: Any) -> Any:
    """The C with a (6M/C)^p + b (6/(MC))^q = target, for (a, p) and (b, q); all positive, broadcasting.

    In t = -ln C the logarithm of the left side is increasing and convex, so Newton's steps from the larger
    bracket, where one term alone makes the target, fall to the root without passing it.
    """
    (a, p), (b, q), log_target = model, data, np.log(target)
    log_a, log_b = np.log(a) + p * (np.log(6) + np.log(M)), np.log(b) + q * (np.log(6) - np.log(M))
    t = np.minimum((log_target - log_a) / p, (log_target - log_b) / q)
    for _ in range(_NEWTON_STEPS):
        both = np.logaddexp(log_a + p * t, log_b + q * t)
        share = np.exp(log_a + p * t - both)
        step = (both - log_target) / (share * p + (1 - share) * q)
        t = t - step
        if np.all(np.abs(step) <= 1e-12 * np.maximum(np.abs(t), 1.0)):
            break
    # The logarithm of C keeps two digits fewer than C: a last step with the powers themselves brings them back. Where
    # C or a power of it passes the floats there is no such step.
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        C = np.exp(-t)
        first, second = a * (6 * M / C) ** p, b * (6 / (M * C)) ** q
        step = np.log((first + second) / target) * (first + second) / (first * p + second * q)
        # NaN becomes either end, and so 0.
        ends = np.fmin(np.fmax(step, -_LAST_STEP), _LAST_STEP), np.fmax(np.fmin(step, _LAST_STEP), -_LAST_STEP)
        return C * np.exp((ends[0] + ends[1]) / 2)
