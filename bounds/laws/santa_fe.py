"""Entropy, excess loss and mutual information of the Santa Fe process, a corpus whose exponents are all known.

Token t is a pair (K_t, Z_K): which fact it states, drawn anew from a Zipf–Mandelbrot law, and the label of that
fact, drawn once and for ever. Only the labels can be learned, and each is learned when its fact is first stated, so
that entropy, loss and information are those of U(n), the distinct facts in n tokens (Dębowski 2011,
arXiv:0810.3125). With unlimited facts U ~ n^γ and excess ~ n^-β hold together with γ = 1/s and β = 1 - γ.

| letter | meaning                                                   | unit           | argument   |
|--------|-----------------------------------------------------------|----------------|------------|
| n      | tokens of the corpus                                      | tokens         | `n_tokens` |
| s, q   | Zipf exponent of the facts, Mandelbrot's shift            | 1              | of the source |
| A      | labels that a fact may have, equally likely               | 1              | of the source |
| H      | entropy of K_t                                            | nats per token |            |
| U, M_0 | distinct facts in n tokens; probability that the next token states a fact not among them | facts, 1 | |
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from bounds.base.formula import Formula, Letter
from bounds.base.intervals import ASYMPTOTIC, RIGOROUS
from bounds.base.pointwise import pointwise
from bounds.base.sources import SantaFe, Source, parse_source
from bounds.counts.draw_counts import at_draws
from bounds.counts.rank_tables import TypeTable, first_probability
from bounds.counts.table_sums import by_table
from bounds.counts.unique import entropy, expected_unique, missing_mass
from bounds.laws.loss_law import LossLaw

__all__ = ["FORMULAS", "block_entropy", "excess_loss", "mutual_information", "santa_fe_law"]

_OWN = (
    Letter("n", "tokens of the corpus", "tokens"),
    Letter("A", "labels that a fact may have, equally likely", "1"),
    Letter("H", "entropy of the fact that a token states", "nats per token"),
    Letter("U", "expected number of distinct facts in n tokens", "facts", "U(n)"),
    Letter("M0", "expected probability of the facts that n tokens do not state", "1", "M_0(n)"),
)
_PROCESS = "the Santa Fe process: facts drawn independently, one of A equally likely labels for each, fixed for ever"
_ENDLESS = f"{_PROCESS}; unlimited facts, and n is large"
_SOURCE = "own derivation; the process is that of Debowski 2011, arXiv:0810.3125"
_TEXT = "'santa-fe:1.724,labels=2'"
_ZIPF = ("s", "q", "A")

FORMULAS = (
    Formula(
        name="block_entropy.santa_fe", quantity="H(X_1^n)", text="n*H + log(A)*U", arguments=("n", "H", "A", "U"),
        label=RIGOROUS, assumption=_PROCESS, source=_SOURCE, equation="A9", unit="nats",
        call=f"bounds.laws.block_entropy({_TEXT}, 1e4)", own=_OWN,
    ),
    Formula(
        name="excess_loss.santa_fe", quantity=r"\varepsilon(n)", text="log(A)*M0", arguments=("A", "M0"),
        label=RIGOROUS, assumption=f"{_PROCESS}; the learner predicts token n + 1 by Bayes' rule", source=_SOURCE,
        equation="A9", unit="nats per token", call=f"bounds.laws.excess_loss({_TEXT}, 1e4)", own=_OWN,
    ),
    Formula(
        name="mutual_information.santa_fe", quantity="I(X_1^n; X_{n+1}^{2n})",
        text="log(A)*Sum((1 - (1 - (r + q)**-s/Zeta(s, 1 + q))**n)**2, (r, 1, oo))", arguments=("s", "q", "A", "n"),
        label=RIGOROUS, assumption=f"{_PROCESS}; with V facts the sum ends at V", source=_SOURCE, equation="A9",
        unit="nats", call=f"bounds.laws.mutual_information({_TEXT}, 1e4)", own=_OWN,
    ),
    Formula(
        name="mutual_information.santa_fe_limit", quantity="I(X_1^n; X_{n+1}^{2n})",
        text="log(A)*((2 - 2**(1/s))*Gamma(1 - 1/s)*(n/Zeta(s, 1 + q))**(1/s) - q - 1/2)",
        arguments=("s", "q", "A", "n"), label=ASYMPTOTIC, assumption=_ENDLESS, source=_SOURCE, equation="A9",
        unit="nats", example=(1.724, 0, 2, 1e12), own=_OWN,
    ),
    Formula(
        name="santa_fe_law.data_coefficient", quantity="B",
        text="log(A)*Gamma(1 - 1/s)/s*Zeta(s, 1 + q)**(-1/s)", arguments=_ZIPF, label=ASYMPTOTIC,
        assumption=_ENDLESS, source=_SOURCE, equation="A9", unit="nats per token", example=(1.724, 0, 2), own=_OWN,
    ),
    Formula(
        name="santa_fe_law.data_exponent", quantity=r"\beta", text="1 - 1/s", arguments=("s",), label=ASYMPTOTIC,
        assumption=_ENDLESS, source=_SOURCE, equation="A9", example=(1.724,), own=_OWN,
    ),
    Formula(
        name="santa_fe_law.unique_exponent", quantity=r"\gamma", text="1/s", arguments=("s",), label=ASYMPTOTIC,
        assumption=_ENDLESS, source=_SOURCE, equation="A9", example=(1.724,), own=_OWN,
    ),
    Formula(
        name="santa_fe_law.param_coefficient", quantity="A_N", text="log(A)/((s - 1)*Zeta(s, 1 + q))",
        arguments=_ZIPF, label=ASYMPTOTIC, equation="C3", unit="nats per token", source=_SOURCE,
        assumption=f"{_PROCESS}; unlimited facts, of which the model stores the N most frequent, and N is large",
        example=(1.724, 0, 2), own=_OWN,
    ),
)  # fmt: skip
_F = {formula.name: formula for formula in FORMULAS}


def block_entropy(source: SantaFe | str, n_tokens: Any) -> Any:
    """Entropy of the first `n_tokens` tokens, in nats: n H(K) + ln A · E U(n) (equation A9).

    The labels are random here: each fact that is stated brings its own ln A. Exact at any n from 0 to 2^63. Raises
    ValueError for other sources than Santa Fe.
    """
    law = _santa_fe(source)
    unique = at_draws(lambda n: expected_unique(law, n), n_tokens, at_zero=0.0, name="n_tokens")
    return pointwise(_F["block_entropy.santa_fe"].function, n_tokens, entropy(law), law.labels, unique)


def excess_loss(source: SantaFe | str, n_tokens: Any) -> Any:
    """Expected loss of Bayes' rule on token n + 1 above H(K), in nats per token: ln A · E M0(n) (equation A9).

    No learner does better. Raises ValueError for other sources than Santa Fe.
    """
    law = _santa_fe(source)
    mass = at_draws(lambda n: missing_mass(law, n), n_tokens, at_zero=1.0, name="n_tokens")
    return pointwise(_F["excess_loss.santa_fe"].function, law.labels, mass)


def mutual_information(source: SantaFe | str, n_tokens: Any) -> Any:
    """Information, in nats, that the first `n_tokens` tokens hold about the next `n_tokens` (equation A9).

    ln A · (2 E U(n) - E U(2n)), which is ln A times the expected number of facts that both halves state,
    Σ_r (1 - (1 - p_r)^n)²; summed as such, it does not cancel. Raises ValueError for other sources than Santa Fe.
    """
    law = _santa_fe(source)

    def values(n: Any) -> Any:
        return math.log(law.labels) * by_table(law.facts, (n,), _in_both, times=4)

    return at_draws(values, n_tokens, at_zero=0.0, name="n_tokens")


def santa_fe_law(source: SantaFe | str) -> LossLaw:
    """The loss law of the process: E = H(K), β = 1 - 1/s, B = ln A · αΓ(1-α) C^α, α = 1/s, in nats per token.

    Asymptotic: its `excess` is the limit of `excess_loss` for many tokens (equation A9). Its parameters are stored
    facts, the most frequent first: s - 1 and ln A · C/(s - 1) (C3). The exponent of U is 1 - β = 1/s. Raises
    ValueError for finitely many facts, whose loss follows no power law.
    """
    law = _santa_fe(source)
    if law.types is not None:
        raise ValueError(f"a power law needs unlimited facts, got {law}; leave out types=...")
    s, novelty = law.exponent, math.log(law.labels)
    first, unit = first_probability(law.facts), 1 + law.shift
    if s * math.log(unit) > 700:
        raise ValueError(f"the coefficient of the parameters is too large a number for {law}; take a smaller shift")
    return LossLaw(
        key=str(law),
        citation=_SOURCE,
        param_exponent=s - 1,
        data_exponent=(s - 1) / s,
        irreducible=entropy(law),
        param_coefficient=novelty * first * unit**s / (s - 1),
        data_coefficient=novelty * math.gamma((s - 1) / s) / s * first ** (1 / s) * unit,
        params_counted="stored-fact",
        note="the limit of the Santa Fe process for many tokens and many stored facts",
        fitted_tokens=(1.0, math.inf),
        fitted_params=(1.0, math.inf),
    )


# Helpers


def _in_both(table: TypeTable, n: Any) -> Any:
    """Σ (1 - (1-p)^n)², to which dust adds nothing."""
    return np.array([np.sum(table.count * np.expm1(size * table.log_absent) ** 2) for size in n])


def _santa_fe(source: Source | str) -> SantaFe:
    law = parse_source(source)
    if not isinstance(law, SantaFe):
        raise ValueError(f"source must be a Santa Fe process such as santa-fe:1.724,labels=2, got {law}")
    return law
