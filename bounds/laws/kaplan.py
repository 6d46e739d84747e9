"""The loss law of Kaplan et al. 2020: powers of parameters and data without an irreducible loss.

| letter   | meaning                                      | unit          | argument, field                 |
|----------|----------------------------------------------|---------------|---------------------------------|
| N        | parameters without embeddings                | parameters    | `n_params`                      |
| D        | tokens of the data set                       | tokens        | `n_tokens`                      |
| C_min    | compute without embeddings, at small batches | FLOP          | `compute_flops`                 |
| N_c, α_N | scale and exponent of L(N)                   | parameters, 1 | `param_scale`, `param_exponent` |
| D_c, α_D | scale and exponent of L(D)                   | tokens, 1     | `data_scale`, `data_exponent`   |

The joint L(N, D) was fitted with constants of its own (`joint`). All of them belong to WebText2 and its tokenizer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from bounds.base.brief import brief_fields
from bounds.base.one_number import shown
from bounds.base.telling.html import html_fields
from bounds.laws.checks import as_positive, check_constants, positives
from bounds.laws.formulas import FORMULAS
from bounds.laws.loss_law import Allocation, LossLaw, evaluate

PF_DAY = 8.64e19
"""FLOP of one petaflop/s for a day, 10^15 · 24 · 3600 (Kaplan et al. 2020, section 1.3)."""

_F = {formula.name: formula for formula in FORMULAS}


@dataclass(frozen=True, repr=False)
class KaplanLaw(LossLaw):
    """L(N) = (N_c/N)^α_N, L(D) = (D_c/D)^α_D and their joint form, in nats per token, in the paper's own units.

    There is no irreducible loss, so the law is not `comparable`: bounds take its exponents only, and what needs E
    raises. N and C leave out embeddings. `joint` is (N_c, α_N, D_c, α_D) of table 2, the other scales are those of
    tables 5 and 6; compute in PF-days there. All of them are positive, else ValueError.
    """

    params_counted: str = "non-embedding"
    param_scale: float = 8.8e13
    data_scale: float = 5.4e13
    joint: tuple[float, float, float, float] = (6.4e13, 0.076, 1.8e13, 0.103)
    compute_scale: float = 3.1e8
    compute_exponent: float = 0.050
    optimal_params_scale: float = 1.3e9
    optimal_params_exponent: float = 0.73
    optimal_tokens_scale: float = 2e10
    optimal_tokens_exponent: float = 0.27

    __repr__ = brief_fields
    _repr_html_ = html_fields

    def __post_init__(self) -> None:
        super().__post_init__()
        powers = ("param_scale", "data_scale", "compute_scale", "optimal_params_scale", "optimal_tokens_scale")
        exponents = ("param", "data", "compute", "optimal_params", "optimal_tokens")
        check_constants(self, "positive", *powers, *(f"{name}_exponent" for name in exponents), "joint")
        if np.shape(self.joint) != (4,):
            raise ValueError(f"joint of law {self.key!r} must be (N_c, alpha_N, D_c, alpha_D), got {shown(self.joint)}")
        object.__setattr__(self, "joint", tuple(float(x) for x in self.joint))

    def loss(self, n_params: Any, n_tokens: Any) -> Any:
        """Test loss in nats per token of `n_params` non-embedding parameters, stopped early on `n_tokens` tokens.

        [(N_c/N)^(α_N/α_D) + D_c/D]^α_D (equation 1.5, constants of table 2). Not to be compared with the loss of a
        law that has an irreducible loss, nor of another tokenizer.
        """
        N, D = positives(n_params=n_params, n_tokens=n_tokens)
        return evaluate(_F["kaplan_loss"], *self.joint, N, D)

    def loss_of_params(self, n_params: Any) -> Any:
        """(N_c/N)^α_N: test loss of `n_params` non-embedding parameters trained to convergence (equation 1.1)."""
        N = as_positive("n_params", n_params)
        return evaluate(_F["kaplan_loss_of_params"], self.param_scale, self.param_exponent, N)

    def loss_of_tokens(self, n_tokens: Any) -> Any:
        """(D_c/D)^α_D: test loss of a large model stopped early on `n_tokens` tokens (equation 1.2)."""
        D = as_positive("n_tokens", n_tokens)
        return evaluate(_F["kaplan_loss_of_tokens"], self.data_scale, self.data_exponent, D)

    def optimal_loss(self, compute_flops: Any) -> Any:
        """(C_c/C_min)^α_C: least test loss for C_min = `compute_flops` FLOP at small batches (equation 1.3)."""
        C = as_positive("compute_flops", compute_flops) / PF_DAY
        return evaluate(_F["kaplan_optimal_loss"], self.compute_scale, self.compute_exponent, C)

    def optimal(self, compute_flops: Any) -> Allocation:
        """Parameters and tokens of least loss for C_min = `compute_flops` FLOP, at batches far below the critical size.

        N_e C^0.73 non-embedding parameters and D_e C^0.27 tokens, C in PF-days (table 6). The tokens are those of
        training at the critical batch size, which takes twice C_min: 6 N D is about 1.8 `compute_flops`.
        """
        C = as_positive("compute_flops", compute_flops) / PF_DAY
        N = evaluate(_F["kaplan_optimal_params"], self.optimal_params_scale, self.optimal_params_exponent, C)
        D = evaluate(_F["kaplan_optimal_tokens"], self.optimal_tokens_scale, self.optimal_tokens_exponent, C)
        return Allocation(N, D)
