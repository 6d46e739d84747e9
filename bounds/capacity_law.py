"""The loss law that a frequency-ordered store obeys in the limit, and whether a fitted law can be one.

A store of n sequences that follow Zipf's law, after D draws, has L ≈ E + A n^(1-s) + B D^-(1-1/s) where n is far from
the number of sequences that D draws bring up often enough to be seen, (C D)^(1/s), on one side or the other. So one
number, the Zipf exponent s, sets both exponents of the loss law and that of distinct sequences:

| letter | meaning                                     | in terms of s          |
|--------|---------------------------------------------|------------------------|
| α      | exponent of the parameter term              | s - 1                  |
| β      | exponent of the data term                   | 1 - 1/s = α/(1 + α)    |
| γ      | exponent of distinct sequences, U ~ D^γ     | 1/s = 1 - β = 1/(1+α) = β/α |

A fitted law has two exponents, hence three values of γ, which coincide only if the model holds. Since β < α is
needed, a law with β ≥ α contradicts it, whatever s is; unless α = β is part of the form that was fitted, which tests
nothing.

The optimum of a compute budget n D keeps D p_n fixed, so n is never far from (C D)^(1/s) there. The exponent of the
best allocation, n ∝ D^(1/s), survives; the constants do not: for s = 1.724 (1.34) the sum of powers puts the best n at
1.49 (1.61) times its place in the model. There, at the optimum of the sum, the sum is 1.53 (1.69) times the model's own
loss above E for the same n and D, and that loss is 7 % (5 %) above the least that the model has for the budget.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from bounds.intervals import ASYMPTOTIC
from bounds.laws import LossLaw, get_law
from bounds.numerics.pointwise import nonnegative, positive, single
from bounds.numerics.rank_tables import first_probability
from bounds.sources import Source, Zipf, parse_source
from bounds.statements.capacity import FORMULAS, ORDERED, SEPARATE

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
        fitted_tokens=(1.0, math.inf),
    )  # fmt: skip


@dataclass(frozen=True)
class Consistency:
    """What each exponent of a loss law implies under the capacity model, and whether they agree (equations C3, C4).

    `zipf_exponents` are the s that α and β imply, 1 + α and 1/(1 - β) (infinite for β ≥ 1); `growth_exponents` the γ
    of U ~ D^γ from α, from β and from their ratio: 1/(1 + α), 1 - β, β/α. `spread` is the largest of these over the
    smallest, less 1. `deviation` is β - α/(1 + α) in standard errors, where the law has them for both exponents; their
    correlation is not known and is taken as 0. `contradicted` means β ≥ α, which no s allows, as a finding: where the
    form of the law makes them equal (`equal_exponents`), the law neither agrees nor contradicts. A law that is not
    `comparable` has no irreducible loss, so that its exponents are not those of an excess over it.
    """

    law: str
    param_exponent: float
    data_exponent: float
    zipf_exponents: tuple[float, float]
    growth_exponents: tuple[float, float, float]
    spread: float
    tolerance: float
    deviation: float | None
    contradicted: bool
    equal_exponents: bool
    comparable: bool
    label: str
    assumption: str
    source: str

    @property
    def agrees(self) -> bool:
        """Whether the three values of γ lie within the tolerance of each other, and β < α."""
        return self.data_exponent < self.param_exponent and self.spread <= self.tolerance

    @property
    def verdict(self) -> str:
        """One sentence: the three values of γ, and whether one store of one Zipf law can have this loss law."""
        from_params, from_data, from_ratio = self.growth_exponents
        values = f"1/(1+alpha) = {from_params:.3f}, 1-beta = {from_data:.3f} and beta/alpha = {from_ratio:.3f}"
        caution = "" if self.comparable else "; it has no irreducible loss, so these are not exponents of an excess"
        if self.deviation is not None:
            side = "above" if self.deviation > 0 else "below"
            caution += (
                f"; beta is {abs(self.deviation):.1f} standard errors {side} alpha/(1+alpha), "
                "if the errors of the two are independent"
            )
        if self.equal_exponents:
            return (
                f"{self.law} cannot be tested against the capacity model, which needs beta < alpha: "
                f"alpha = beta = {self.data_exponent:g} is imposed by the form that was fitted, not measured"
            )
        if self.contradicted:
            return (
                f"{self.law} contradicts the capacity model, which needs beta < alpha: "
                f"beta = {self.data_exponent:g}, alpha = {self.param_exponent:g} ({values}, not one exponent){caution}"
            )
        word = "agrees" if self.agrees else "disagrees"
        return (
            f"{self.law} {word} with the capacity model: {values} should be one exponent and differ by "
            f"{self.spread:.1%}, {'within' if self.agrees else 'beyond'} the tolerance of {self.tolerance:.0%}{caution}"
        )


def consistency(law: str | LossLaw, *, tolerance: float = 0.15) -> Consistency:
    """Whether the exponents of `law` fit one Zipf exponent, as those of a frequency-ordered store do.

    `tolerance` is how far apart the three values of γ may lie, relative to the smallest. Raises ValueError for
    exponents that are not positive.
    """
    law = get_law(law)
    alpha = single("param_exponent", positive("param_exponent", law.param_exponent))
    beta = single("data_exponent", positive("data_exponent", law.data_exponent))
    growth = (1 / (1 + alpha), 1 - beta, beta / alpha)
    smallest = min(growth)
    errors = dict(law.standard_errors)
    deviation = None
    if {"param_exponent", "data_exponent"} <= set(errors):
        # The derivative of α/(1+α) is 1/(1+α)².
        error = math.hypot(errors["data_exponent"], errors["param_exponent"] / (1 + alpha) ** 2)
        deviation = (beta - alpha / (1 + alpha)) / error
    formula = _F["consistency.growth_from_ratio"]
    return Consistency(
        law=law.key, param_exponent=alpha, data_exponent=beta,
        zipf_exponents=(1 + alpha, 1 / (1 - beta) if beta < 1 else math.inf), growth_exponents=growth,
        spread=max(growth) / smallest - 1 if smallest > 0 else math.inf,
        tolerance=single("tolerance", nonnegative("tolerance", tolerance)), deviation=deviation,
        contradicted=beta >= alpha and not law.equal_exponents, equal_exponents=law.equal_exponents,
        comparable=law.comparable,
        label=formula.label, assumption=formula.assumption, source=f"{formula.source}; loss law {law.citation}",
    )  # fmt: skip
