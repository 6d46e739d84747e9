"""What repeated tokens and excess parameters are worth: the loss of training for several epochs.

| letter     | meaning                                             | unit           | argument, field    |
|------------|-----------------------------------------------------|----------------|--------------------|
| D          | training tokens, repetitions included               | tokens         | `n_tokens`         |
| U, U_D     | distinct tokens among them, min(D, corpus)          | tokens         | `n_unique_tokens`  |
| D'         | new tokens that would serve as well as the D        | tokens         | `effective_tokens` |
| R_D, R*_D  | repetitions, D/U - 1, and their scale               | 1              | `token_decay`      |
| N          | parameters, embeddings included                     | parameters     | `n_params`         |
| U_N        | parameters that U tokens are optimal for, at most N | parameters     |                    |
| N'         | parameters that would serve as well, without excess | parameters     | `effective_params` |
| R*_N       | scale of the excess N/U_N - 1                       | 1              | `param_decay`      |

Muennighoff et al. 2023: a token is worth e^(-R/R*) of a new one when it comes round for the R-th time again, so
D' = U + U R* (1 - e^(-R_D/R*)), which equals D for one epoch and never exceeds U (1 + R*). N' likewise. The loss is
that of a `LossLaw` at N' and D'. It assumes that repetition never hurts, which fails beyond some forty epochs.
A repeated token is not a repeated sequence of the corpus: U counts positions, not types.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from bounds.base.arguments import shown
from bounds.base.brief import brief_fields
from bounds.base.formula import Formula, Letter
from bounds.base.intervals import EMPIRICAL
from bounds.laws.checks import check_constants, must_broadcast, positives
from bounds.laws.law_names import law_key, unknown_law
from bounds.laws.loss_law import Allocation, LossLaw, evaluate

MUENNIGHOFF = "Muennighoff et al. 2023, arXiv:2305.16264"

_OWN = (
    Letter("D", "training tokens, repetitions included", "tokens"),
    Letter("U", "distinct training tokens, at most D", "tokens", "U_D"),
    Letter("R", "repetitions after which a token is worth 1/e of a new one", "1", "R^*_D"),
    Letter("N", "parameters of the model, embeddings included", "parameters"),
    Letter("U_N", "parameters for which the distinct tokens are compute-optimal, at most N", "parameters"),
    Letter("R_N", "excess N/U_N - 1 at which a parameter is worth 1/e", "1", "R^*_N"),
)
_FITTED = "fitted to 182 runs on C4, 7M to 9B parameters, 1 to 500 epochs; repetition never hurts"
_BILLION = 1e9


def _formula(name: str, quantity: str, text: str, arguments: tuple[str, ...], **more: Any) -> Formula:
    return Formula(name, quantity, text, arguments, EMPIRICAL, _FITTED, MUENNIGHOFF, own=_OWN, **more)


FORMULAS = (
    _formula(
        "effective_tokens", "D'", "U - U*R*expm1(-(D - U)/(U*R))", ("D", "U", "R"), equation="eq. 5",
        unit="tokens", example=(178 * _BILLION, 44 * _BILLION, 15.387756),
    ),
    _formula(
        "effective_params", "N'", "U_N - U_N*R_N*expm1(-(N - U_N)/(U_N*R_N))", ("N", "U_N", "R_N"), equation="eq. 6",
        unit="parameters", example=(8.67 * _BILLION, 1.27 * _BILLION, 5.309743),
    ),
    _formula(
        "repeated_token_value", "dD'/dD", "exp(-(D - U)/(U*R))", ("D", "U", "R"), equation="from eq. 5",
        example=(178 * _BILLION, 44 * _BILLION, 15.387756),
    ),
    Formula(
        "repeated_data_loss", "L", "E + A*(U_N - U_N*R_N*expm1(-(N - U_N)/(U_N*R_N)))**(-alpha)"
        " + B*(U - U*R*expm1(-(D - U)/(U*R)))**(-beta)",
        ("E", "A", "alpha", "B", "beta", "N", "U_N", "R_N", "D", "U", "R"), EMPIRICAL, _FITTED, MUENNIGHOFF,
        "eq. 4-6; appendix A", unit="nats per token", of="RepeatedDataLaw.loss", own=_OWN,
        example=(1.87, 521.0, 0.353, 1488.0, 0.353, 6.34e9, 1.27e9, 5.31, 242e9, 25e9, 15.39),
    ),
)  # fmt: skip
_F = {formula.name: formula for formula in FORMULAS}

_HALVINGS = 70
_SMALLEST = 2.2250738585072014e-308
"""The smallest normal float."""


@dataclass(frozen=True, repr=False)
class RepeatedDataLaw:
    """A loss law for single epochs, and the scales at which repeated tokens and excess parameters lose their worth.

    `token_decay` counts repetitions D/U - 1, `param_decay` the excess N/U_N - 1. Raises ValueError unless `law` is a
    `LossLaw` and both scales are positive.
    """

    key: str
    citation: str
    law: LossLaw
    token_decay: float
    param_decay: float
    note: str = ""

    __repr__ = brief_fields

    def __post_init__(self) -> None:
        if not isinstance(self.law, LossLaw):
            raise ValueError(
                f"law of law {self.key!r} must be a LossLaw, got {shown(self.law)}; get_law returns one by key"
            )
        check_constants(self, "positive", "token_decay", "param_decay")
        must_broadcast(token_decay=self.token_decay, param_decay=self.param_decay)

    def effective_tokens(self, n_tokens: Any, n_unique_tokens: Any) -> Any:
        """D': new tokens that would serve as well as `n_tokens` drawn in epochs from a corpus of `n_unique_tokens`.

        At most one epoch is `n_tokens` itself.
        """
        D, U = self._tokens(n_tokens, n_unique_tokens)
        return evaluate(_F["effective_tokens"], D, U, self.token_decay)

    def token_value(self, n_tokens: Any, n_unique_tokens: Any) -> Any:
        """dD'/dD = e^(-R_D/R*_D): what one more token is worth, in new ones; 1 within the first epoch."""
        D, U = self._tokens(n_tokens, n_unique_tokens)
        return evaluate(_F["repeated_token_value"], D, U, self.token_decay)

    def effective_params(self, n_params: Any, n_unique_tokens: Any) -> Any:
        """N': parameters that would serve as well as `n_params`, were there none beyond what the corpus is optimal for.

        `n_unique_tokens` are the distinct tokens that the model was trained on: the corpus, or less in less than an
        epoch.
        """
        N, U = positives(n_params=n_params, n_unique_tokens=n_unique_tokens)
        # The size for next to no tokens is 0 in floating point; the smallest float keeps the division defined.
        enough = np.maximum(self.law.optimal_params_for(U), _SMALLEST)
        return evaluate(_F["effective_params"], N, np.minimum(enough, N), self.param_decay)

    def loss(self, n_params: Any, n_tokens: Any, n_unique_tokens: Any) -> Any:
        """Loss in nats per token of `n_params` parameters on `n_tokens` tokens of a corpus of `n_unique_tokens`.

        The law's loss at N' and D'. For one epoch and no excess of parameters it is the law's own.
        """
        D, U = self._tokens(n_tokens, n_unique_tokens)
        return self.law.loss(self.effective_params(n_params, U), self.effective_tokens(D, U))

    def optimal(self, compute_flops: Any, n_unique_tokens: Any) -> Allocation:
        """The parameters and tokens of least loss for `compute_flops` FLOP on a corpus of `n_unique_tokens`, C = 6ND.

        The law's own optimum where that takes no more than one epoch; else the root of the derivative along
        6ND = C, which changes sign once. More of the compute goes into epochs than into parameters.
        """
        C, U = positives(compute_flops=compute_flops, n_unique_tokens=n_unique_tokens)
        N, D = self.law.optimal(C)
        if np.all(np.asarray(D <= U)):
            return Allocation(N + 0 * U, D + 0 * U)
        with np.errstate(over="ignore", divide="ignore"):
            D = np.where(np.asarray(D > U), self._balanced_tokens(C, U), D)[()]
        return Allocation(C / (6 * D), D)

    def _balanced_tokens(self, C: Any, U: Any) -> Any:
        """The D ≥ U at which one per cent more tokens gains as much as one per cent more parameters, by bisection."""
        size = np.maximum(self.law.optimal_params_for(U), _SMALLEST)
        _, A, alpha, B, beta = self.law.constants

        def prefers_tokens(log_tokens: Any) -> Any:
            """Whether the loss falls faster with ln D than with ln N; false from some D on, for good."""
            D = np.exp(log_tokens)
            N = C / (6 * D)
            within = np.minimum(size, N)
            log_value = -(D - U) / (U * self.token_decay)
            log_worth = -(N - within) / (within * self.param_decay)
            tokens = evaluate(_F["effective_tokens"], D, U, self.token_decay)
            params = evaluate(_F["effective_params"], N, within, self.param_decay)
            by_tokens = np.log(B * beta * D) + log_value - (beta + 1) * np.log(tokens)
            by_params = np.log(A * alpha * N) + log_worth - (alpha + 1) * np.log(params)
            return by_tokens > by_params

        low, high = np.broadcast_arrays(np.log(U), np.log(np.maximum(C, U)))
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            more = prefers_tokens(middle)
            low, high = np.where(more, middle, low), np.where(more, high, middle)
        return np.exp((low + high) / 2)

    def _tokens(self, n_tokens: Any, n_unique_tokens: Any) -> tuple[Any, Any]:
        D, corpus = positives(n_tokens=n_tokens, n_unique_tokens=n_unique_tokens)
        return D, np.minimum(corpus, D)


C4_LAW = LossLaw(
    "muennighoff2023-c4", MUENNIGHOFF, 0.3526596, 0.3526596, 1.8691436784054858, 520.8249516599187, 1487.716093782861,
    note="the runs of Hoffmann et al. 2022 on C4 with equal exponents, exp(0.6254804), exp(6.255414), exp(7.3049974)",
    equal_exponents=True,
)  # fmt: skip
"""L(N, D) = 1.87 + 521/N^0.353 + 1488/D^0.353 with the digits of the appendix; N total parameters."""

REPEATED_DATA_LAWS: dict[str, RepeatedDataLaw] = {
    law.key: law
    for law in (
        RepeatedDataLaw(
            "muennighoff2023", MUENNIGHOFF, C4_LAW, token_decay=15.387756, param_decay=5.309743,
            note="appendix A; only decaying tokens, the same runs give R*_D = 2.9 (table 1): the two scales lean on "
            "each other",
        ),
    )
}  # fmt: skip
"""Laws of repeated data by key."""


def effective_tokens(n_tokens: Any, n_unique_tokens: Any, *, law: str | RepeatedDataLaw = "muennighoff2023") -> Any:
    """New tokens that would serve as well as `n_tokens` drawn in epochs from a corpus of `n_unique_tokens` tokens.

    D' = U + U R*_D (1 - e^(-R_D/R*_D)), R_D = D/U - 1, U = min(D, corpus): equation 5 of Muennighoff et al. 2023,
    arXiv:2305.16264, with R*_D = 15.387756. Empirical.
    """
    return get_repeated_data_law(law).effective_tokens(n_tokens, n_unique_tokens)


def effective_params(n_params: Any, n_unique_tokens: Any, *, law: str | RepeatedDataLaw = "muennighoff2023") -> Any:
    """Parameters that would serve as well as `n_params` total parameters on a corpus of `n_unique_tokens` tokens.

    N' = U_N + U_N R*_N (1 - e^(-R_N/R*_N)), R_N = N/U_N - 1, U_N the size that is compute-optimal for the corpus, at
    most N: equation 6 of Muennighoff et al. 2023, arXiv:2305.16264, with R*_N = 5.309743. Empirical.
    """
    return get_repeated_data_law(law).effective_params(n_params, n_unique_tokens)


def repeated_token_value(n_tokens: Any, n_unique_tokens: Any, *, law: str | RepeatedDataLaw = "muennighoff2023") -> Any:
    """e^(-R_D/R*_D): what one more token is worth, in new ones, after `n_tokens` from a corpus of `n_unique_tokens`."""
    return get_repeated_data_law(law).token_value(n_tokens, n_unique_tokens)


def get_repeated_data_law(law: str | RepeatedDataLaw) -> RepeatedDataLaw:
    """The law of repeated data called `law`; a `RepeatedDataLaw` is returned as it is."""
    if isinstance(law, RepeatedDataLaw):
        return law
    law = law_key(law, REPEATED_DATA_LAWS)
    if not isinstance(law, str) or law not in REPEATED_DATA_LAWS:
        raise unknown_law(law, REPEATED_DATA_LAWS, what="law of repeated data")
    return REPEATED_DATA_LAWS[law]
