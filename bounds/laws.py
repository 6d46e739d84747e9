"""Published laws for the loss of a language model, with their constants, units and citations.

| letter  | meaning                                   | unit           | argument        |
|---------|-------------------------------------------|----------------|-----------------|
| N       | parameters, total or non-embedding as said | parameters     | `n_params`      |
| D       | training tokens                           | tokens         | `n_tokens`      |
| E       | irreducible loss                          | nats per token | `irreducible`   |
| A, α    | coefficient and exponent of the model term | nats per token, 1 | `param_coefficient`, `param_exponent` |
| B, β    | coefficient and exponent of the data term | nats per token, 1 | `data_coefficient`, `data_exponent`   |
| C       | training compute, C = 6 N D               | FLOP           | `compute_flops` |

The four exponents disagree: β is 0.28 in one fit of the Chinchilla runs and 0.366 in another fit of the same
runs. Whoever quotes one law alone hides that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from bounds.intervals import EMPIRICAL, RIGOROUS
from bounds.notation import Formula

FLOP_PER_PARAM_TOKEN = 6
"""C = 6 N D: forward and backward pass of a dense transformer (Kaplan et al. 2020, section 2.1)."""

_HOFFMANN = "Hoffmann et al. 2022, arXiv:2203.15556"
_EPOCH = "Besiroglu et al. 2024 (Epoch AI), arXiv:2404.10102"
_KAPLAN = "Kaplan et al. 2020, arXiv:2001.08361"

FORMULAS = (
    Formula(
        name="loss",
        quantity="L",
        text="E + A*N**(-alpha) + B*D**(-beta)",
        arguments=("E", "A", "alpha", "B", "beta", "N", "D"),
        label=EMPIRICAL,
        assumption="the form and its constants were fitted to runs; D in tokens, N total parameters",
        source=_HOFFMANN,
        equation="eq. 2",
        unit="nats per token",
        example=(1.69, 406.4, 0.34, 410.7, 0.28, 70e9, 1.4e12),
    ),
    Formula(
        name="optimal_params",
        quantity="N_opt",
        text="(alpha*A/(beta*B))**(1/(alpha + beta))*(C/6)**(beta/(alpha + beta))",
        arguments=("A", "alpha", "B", "beta", "C"),
        label=RIGOROUS,
        assumption="the loss law holds and C = 6ND; the minimum of L over N at fixed C",
        source=_HOFFMANN,
        equation="eq. 4; C4",
        unit="parameters",
        example=(406.4, 0.34, 410.7, 0.28, 5.76e23),
    ),
    Formula(
        name="optimal_tokens",
        quantity="D_opt",
        text="(beta*B/(alpha*A))**(1/(alpha + beta))*(C/6)**(alpha/(alpha + beta))",
        arguments=("A", "alpha", "B", "beta", "C"),
        label=RIGOROUS,
        assumption="the loss law holds and C = 6ND; the minimum of L over D at fixed C",
        source=_HOFFMANN,
        equation="eq. 4; C4",
        unit="tokens",
        example=(406.4, 0.34, 410.7, 0.28, 5.76e23),
    ),
)
_LOSS, _OPTIMAL_PARAMS, _OPTIMAL_TOKENS = FORMULAS


@dataclass(frozen=True)
class LossLaw:
    """L(N, D) = E + A N^-α + B D^-β in nats per token, as one paper printed it.

    `fitted_tokens` is the range of D in the runs that were fitted. `standard_errors` holds what the paper printed
    of them, by the names of the fields. Where the paper gives only
    exponents that can be compared (`comparable` is False), the constants of different laws must not be.
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
    fitted_tokens: tuple[float, float] = (5e9, 5e11)
    standard_errors: tuple[tuple[str, float], ...] = ()

    @property
    def comparable(self) -> bool:
        """Whether the law states L(N, D) with an irreducible loss, so that its excess loss has a value."""
        constants = (self.irreducible, self.param_coefficient, self.data_coefficient)
        return all(constant is not None for constant in constants)

    def _constants(self, asked: str) -> tuple[float, float, float]:
        if self.irreducible is None or self.param_coefficient is None or self.data_coefficient is None:
            raise ValueError(
                f"law {self.key} gives exponents only, so it has no {asked}; "
                f"use one of {', '.join(key for key, law in LAWS.items() if law.comparable)}"
            )
        return self.irreducible, self.param_coefficient, self.data_coefficient

    def loss(self, n_params: Any, n_tokens: Any) -> Any:
        """Loss in nats per token of a model of `n_params` parameters trained once on `n_tokens` tokens.

        Raises ValueError unless both are positive.
        """
        E, A, B = self._constants("loss")
        N, D = _positive("n_params", n_params), _positive("n_tokens", n_tokens)
        return _LOSS.function(E, A, self.param_exponent, B, self.data_exponent, N, D)

    def excess(self, n_tokens: Any) -> Any:
        """B D^-β: loss in nats per token above the irreducible loss of an unlimited model on `n_tokens` tokens."""
        _, _, B = self._constants("excess loss")
        return B * _positive("n_tokens", n_tokens) ** -self.data_exponent

    def optimal(self, compute_flops: Any) -> tuple[Any, Any]:
        """(n_params, n_tokens) of least loss for `compute_flops` FLOP, with C = 6 N D (equation 4 of the source)."""
        _, A, B = self._constants("compute-optimal size")
        C = _positive("compute_flops", compute_flops)
        arguments = (A, self.param_exponent, B, self.data_exponent, C)
        return _OPTIMAL_PARAMS.function(*arguments), _OPTIMAL_TOKENS.function(*arguments)


LAWS: dict[str, LossLaw] = {
    law.key: law
    for law in (
        LossLaw(
            "hoffmann2022", _HOFFMANN, 0.34, 0.28, 1.69, 406.4, 410.7,
            note="rounded, as printed in the paper (section 3.3, approach 3)",
        ),
        LossLaw(
            "hoffmann2022-unrounded", _HOFFMANN, 0.33917, 0.28491, 1.6934, 406.4, 410.7,
            note="the same fit with more digits",
        ),
        LossLaw(
            "epoch2024", _EPOCH, 0.3478, 0.3658, 1.8172, 482.01, 2085.43,
            note="a second fit of the same runs, as printed",
            standard_errors=(
                ("param_coefficient", 124.58), ("data_coefficient", 1293.23), ("irreducible", 0.03),
                ("param_exponent", 0.02), ("data_exponent", 0.02),
            ),
        ),
        LossLaw(
            "kaplan2020", _KAPLAN, 0.076, 0.095, params_counted="non-embedding", fitted_tokens=(2.2e7, 2.3e10),
            note="L(D) = (D_c/D)^0.095 with D_c = 5.4e13 tokens and no irreducible loss: exponents only",
        ),
    )
}  # fmt: skip
"""The published laws by key; constants as printed."""


def get_law(law: str | LossLaw) -> LossLaw:
    """The law called `law`; a `LossLaw` is returned as it is."""
    if isinstance(law, LossLaw):
        return law
    if law not in LAWS:
        raise ValueError(f"unknown law {law!r}: known are {', '.join(LAWS)}")
    return LAWS[law]


def _positive(name: str, value: Any) -> Any:
    array = np.asarray(value, float) if isinstance(value, list | tuple) else value
    checked = np.asarray(array, float)
    if not np.all((checked > 0) & np.isfinite(checked)):
        raise ValueError(f"{name} must be positive and finite, got {value!r}")
    # Whole numbers above 2^63 would otherwise reach NumPy as Python objects.
    return float(array) if isinstance(array, int) else array
