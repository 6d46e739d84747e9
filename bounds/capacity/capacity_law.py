"""The loss law that a frequency-ordered store obeys in the limit, and whether a fitted law can be one.

A store of n sequences that follow Zipf's law, after D draws, has L ≈ E + A n^(1-s) + B D^-(1-1/s) where n is far from
the number of sequences that D draws bring up often enough to be seen, (C D)^(1/s), on one side or the other. So one
number, the Zipf exponent s, sets both exponents of the loss law and that of distinct sequences:

| letter | meaning                                     | in terms of s          |
|--------|---------------------------------------------|------------------------|
| α      | exponent of the parameter term              | s - 1                  |
| β      | exponent of the data term                   | 1 - 1/s = α/(1 + α)    |
| γ      | exponent of distinct sequences, U ~ D^γ     | 1/s = 1 - β = 1/(1+α) = β/α |

A fitted law has two exponents, hence three values of γ, which coincide only if the model holds, and β < α with them.
How far apart they may lie is a matter of their errors: without those there is no verdict. Where α = β is part of the
form that was fitted, nothing is tested.

The optimum of a compute budget n D keeps D p_n fixed, so n is never far from (C D)^(1/s) there. The exponent of the
best allocation, n ∝ D^(1/s), survives; the constants do not: for s = 1.724 (1.34) the sum of powers puts the best n at
1.49 (1.61) times its place in the model. There, at the optimum of the sum, the sum is 1.53 (1.69) times the model's own
loss above E for the same n and D, and that loss is 7 % (5 %) above the least that the model has for the budget.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from scipy.special import ndtr, stdtr

from bounds.base.brief import brief_fields
from bounds.base.intervals import ASYMPTOTIC
from bounds.base.one_number import number
from bounds.base.pointwise import nonnegative, positive, shown, single
from bounds.base.sources import Source, Zipf, parse_source
from bounds.base.telling.html import html_fields
from bounds.capacity.formulas import FORMULAS, ORDERED, SEPARATE
from bounds.counts.rank_tables import first_probability
from bounds.laws.checks import checked_covariance
from bounds.laws.published import LossLaw, get_law

_F = {formula.name: formula for formula in FORMULAS}


def loss_law_of(
    source: Source | str, *, novelty_cost: float, irreducible: float = 0.0, params_per_sequence: float = 1.0
) -> LossLaw:
    """The `LossLaw` of a frequency-ordered store of an unlimited Zipf source, in the limit (equation C3).

    α = s-1, A = cCν^(s-1)/(s-1), β = 1-1/s, B = cαΓ(1-α)C^α with α = 1/s and C = 1/ζ(s, 1+q). Its N is ν times the
    number of stored sequences, its D counts draws of sequences and its losses are in nats per sequence.

    Asymptotic in n and in D apart: the model's own loss is smaller than the sum where the two terms are alike, by up
    to a factor of two above E; there `capacity_loss` is right. Raises ValueError for other sources.
    """
    law = parse_source(source)
    if not isinstance(law, Zipf) or law.types is not None:
        raise ValueError(f"source must be a Zipf law with unlimited types, got {law}; write for example zipf:1.724")
    c = single("novelty_cost", positive("novelty_cost", novelty_cost))
    nu = single("params_per_sequence", positive("params_per_sequence", params_per_sequence))
    E = single("irreducible", nonnegative("irreducible", irreducible))
    log_normaliser = math.log(first_probability(law)) + law.exponent * math.log1p(law.shift)
    s, a = law.exponent, 1 / law.exponent
    log_A = math.log(c / (s - 1)) + log_normaliser + (s - 1) * math.log(nu)
    if not log_A < 700:
        raise ValueError(f"source {law} has a coefficient above 1e304, too large for a float; pass a smaller shift")
    return LossLaw(
        key=f"store of {law}", citation=_F["loss_law_of.data_exponent"].source, param_exponent=s - 1,
        data_exponent=1 - a, irreducible=E,
        param_coefficient=math.exp(log_A), data_coefficient=c * a * math.gamma(1 - a) * math.exp(a * log_normaliser),
        params_counted="stored sequences" if nu == 1 else f"{nu:g} per stored sequence",
        note=f"{ASYMPTOTIC}: {ORDERED}; D in draws of sequences, losses in nats per sequence; {SEPARATE}",
        fitted_tokens=(1.0, math.inf), fitted_params=(1.0, math.inf),
    )  # fmt: skip


@dataclass(frozen=True, repr=False)
class Consistency:
    """What each exponent of a loss law implies under the capacity model, and how far apart that is (C3, C4).

    `zipf_exponents` are the s that α and β imply, 1 + α and 1/(1 - β) (infinite for β ≥ 1); `growth_exponents` the γ
    of U ~ D^γ from α, from β and from their ratio: 1/(1 + α), 1 - β, β/α. `spread` is the largest of these over the
    smallest, less 1: a description, not a verdict.

    Where both exponents have errors, `deviation` is β - α/(1 + α) in standard errors and `p_value` that of Wald's
    two-sided test of no deviation. `correlated` says whether the covariance of α and β was known; where it was not,
    the errors are taken as independent, and `p_value_most` is the largest p-value that any correlation gives.
    Without errors all three are None, and nothing is tested. Where the form of the law makes the exponents equal
    (`equal_exponents`) there is no test either. A law that is not `comparable` has no irreducible loss, so that its
    exponents are not those of an excess over it.
    """

    law: str
    param_exponent: float
    data_exponent: float
    zipf_exponents: tuple[float, float]
    growth_exponents: tuple[float, float, float]
    spread: float
    deviation: float | None
    p_value: float | None
    p_value_most: float | None
    correlated: bool
    equal_exponents: bool
    comparable: bool
    label: str = field(repr=False)
    assumption: str = field(repr=False)
    source: str = field(repr=False)

    __repr__ = brief_fields
    _repr_html_ = html_fields

    @property
    def verdict(self) -> str:
        """One sentence: the three values of γ, their spread, and the p-value of one γ where there are errors."""
        if self.equal_exponents:
            return (
                f"{self.law} cannot be tested against the capacity model, which needs beta < alpha: "
                f"alpha = beta = {self.data_exponent:g} is imposed by the form that was fitted, not measured"
            )
        from_params, from_data, from_ratio = self.growth_exponents
        caution = "" if self.comparable else "; it has no irreducible loss, so these are not exponents of an excess"
        if self.data_exponent >= self.param_exponent:
            caution += "; beta is not below alpha, where the model has no Zipf exponent"
        return (
            f"{self.law} has the exponents 1/(1+alpha) = {from_params:.3f}, 1-beta = {from_data:.3f} and beta/alpha = "
            f"{from_ratio:.3f}, one number in the capacity model, {self.spread:.1%} apart; {self._tested}{caution}"
        )

    @property
    def _tested(self) -> str:
        if self.deviation is None or self.p_value is None or self.p_value_most is None:
            return "it has no standard errors, so nothing tells whether that is more than error"
        side = "above" if self.deviation > 0 else "below"
        told = (
            f"beta is {abs(self.deviation):.1f} standard errors {side} alpha/(1+alpha), p = {number(self.p_value, 2)}"
        )
        if self.correlated:
            return told
        most = number(self.p_value_most, 2)
        return f"{told} if the errors of the two are independent, at most {most} for any correlation"


def consistency(law: str | LossLaw, *, covariance: Any = None, freedom: float | None = None) -> Consistency:
    """What the exponents of `law` imply for the one exponent of a frequency-ordered store, and a test where it can be.

    `covariance` (2, 2) is that of the estimates of (α, β), such as a fit has; without it the law's own standard
    errors are used, as independent, and without those nothing is tested. `freedom` are the degrees of freedom behind
    the errors, for Student's t in place of the normal law. Raises ValueError for exponents that are
    not positive and for a matrix that is no covariance.
    """
    law = get_law(law)
    alpha = single("param_exponent", positive("param_exponent", law.param_exponent))
    beta = single("data_exponent", positive("data_exponent", law.data_exponent))
    growth = (1 / (1 + alpha), 1 - beta, beta / alpha)
    smallest = min(growth)
    degrees = None if freedom is None else single("freedom", positive("freedom", freedom))
    errors = None if law.equal_exponents else _deviation_errors(law, alpha, covariance)
    deviation = p_value = p_value_most = None
    if errors is not None:
        known, most = errors
        gap = beta - alpha / (1 + alpha)

        def tail(z: float) -> float:
            return float(ndtr(z) if degrees is None else stdtr(degrees, z))

        deviation = gap / known
        p_value, p_value_most = (2 * tail(-abs(gap) / error) for error in (known, most))
    formula = _F["consistency.growth_from_ratio"]
    return Consistency(
        law=law.key, param_exponent=alpha, data_exponent=beta,
        zipf_exponents=(1 + alpha, 1 / (1 - beta) if beta < 1 else math.inf), growth_exponents=growth,
        spread=max(growth) / smallest - 1 if smallest > 0 else math.inf,
        deviation=deviation, p_value=p_value, p_value_most=p_value_most, correlated=covariance is not None,
        equal_exponents=law.equal_exponents, comparable=law.comparable,
        label=formula.label, assumption=formula.assumption, source=f"{formula.source}; loss law {law.citation}",
    )  # fmt: skip


def _deviation_errors(law: LossLaw, alpha: float, covariance: Any) -> tuple[float, float] | None:
    """Standard error of β - α/(1 + α), as known and at most, by the delta method; None for a law without errors."""
    slope = 1 / (1 + alpha) ** 2
    if covariance is not None:
        matrix = checked_covariance(covariance, "alpha and beta")
        error = math.sqrt(max(matrix[1, 1] - 2 * slope * matrix[0, 1] + slope**2 * matrix[0, 0], 0.0))
        if not error > 0:
            raise ValueError(f"covariance must leave beta - alpha/(1+alpha) an error, got {shown(covariance)}")
        return error, error
    errors = dict(law.standard_errors)
    if not {"param_exponent", "data_exponent"} <= set(errors):
        return None
    of_beta, of_alpha = errors["data_exponent"], errors["param_exponent"] * slope
    return math.hypot(of_beta, of_alpha), of_beta + of_alpha
