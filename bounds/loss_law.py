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
Constants may be arrays, such as those of resampled fits: every method broadcasts them with its arguments.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from bounds.statements.laws import FORMULAS

_F = {formula.name: formula for formula in FORMULAS}

_NEWTON_STEPS = 60


@dataclass(frozen=True)
class LossLaw:
    """L(N, D) = E + A N^-α + B D^-β in nats per token, as one paper printed it or as it was fitted.

    `params_counted` says whether N is "total" or "non-embedding". `fitted_tokens` is the range of D in the runs
    that were fitted. `standard_errors` holds what the paper printed of them, by the names of the fields. Where the
    paper gives only exponents that can be compared (`comparable` is False), the constants of different laws must
    not be.
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

    @property
    def constants(self) -> tuple[Any, Any, Any, Any, Any]:
        """(E, A, α, B, β); raises ValueError for a law that has exponents only."""
        E, A, B = self._constants("constants")
        return E, A, self.param_exponent, B, self.data_exponent

    # The loss, and what it takes to reach one

    def loss(self, n_params: Any, n_tokens: Any) -> Any:
        """Loss in nats per token of a model of `n_params` parameters trained once on `n_tokens` tokens.

        Raises ValueError unless both are positive.
        """
        E, A, B = self._constants("loss")
        N, D = positive("n_params", n_params), positive("n_tokens", n_tokens)
        return _F["loss"].function(E, A, self.param_exponent, B, self.data_exponent, N, D)

    def excess(self, n_tokens: Any) -> Any:
        """B D^-β: loss in nats per token above the irreducible loss of an unlimited model on `n_tokens` tokens."""
        _, _, B = self._constants("excess loss")
        return _F["law_excess"].function(B, self.data_exponent, positive("n_tokens", n_tokens))

    def tokens_for(self, loss: Any, n_params: Any) -> Any:
        """Training tokens with which `n_params` parameters reach `loss`, ((L - E - A N^-α)/B)^(-1/β).

        Raises ValueError where no number of tokens does, because L ≤ E + A N^-α.
        """
        E, A, B = self._constants("number of tokens for a loss")
        L, N = positive("loss", loss), positive("n_params", n_params)
        floor = E + A * N**-self.param_exponent
        must_exceed(L, floor, f"what {self.key} gives this model on unlimited tokens", "add parameters")
        return _F["tokens_for_loss"].function(E, A, self.param_exponent, B, self.data_exponent, N, L)

    def params_for(self, loss: Any, n_tokens: Any) -> Any:
        """Parameters with which `n_tokens` tokens give `loss`, ((L - E - B D^-β)/A)^(-1/α).

        Raises ValueError where no model does, because L ≤ E + B D^-β.
        """
        E, A, B = self._constants("number of parameters for a loss")
        L, D = positive("loss", loss), positive("n_tokens", n_tokens)
        floor = E + B * D**-self.data_exponent
        must_exceed(L, floor, f"what {self.key} gives an unlimited model on these tokens", "add tokens")
        return _F["params_for_loss"].function(E, A, self.param_exponent, B, self.data_exponent, D, L)

    def compute_for(self, loss: Any, tokens_per_param: Any = None) -> Any:
        """FLOP that reach `loss`, spent optimally, or with M = `tokens_per_param` tokens per parameter.

        Optimally, L(C) - E is a power of C and the answer closed; at fixed M it is the root of
        E + A (6M/C)^(α/2) + B (6/(CM))^(β/2) = L. `optimal` and `overtrained` turn it into N and D. Raises
        ValueError for a loss that is not above E.
        """
        E, A, alpha, B, beta = self._optimum("compute for a loss")
        L = positive("loss", loss)
        must_exceed(L, E, f"the irreducible loss of {self.key}", "no compute reaches it")
        if tokens_per_param is None:
            return _F["compute_for_loss"].function(E, A, alpha, B, beta, L)
        M = positive("tokens_per_param", tokens_per_param)
        return _two_term_root(A * (6 * M) ** (alpha / 2), alpha / 2, B * (6 / M) ** (beta / 2), beta / 2, L - E)

    # The best use of a compute budget

    def optimal(self, compute_flops: Any) -> tuple[Any, Any]:
        """(n_params, n_tokens) of least loss for `compute_flops` FLOP, with C = 6 N D (equation 4 of Hoffmann 2022)."""
        _, *terms = self._optimum("compute-optimal size")
        C = positive("compute_flops", compute_flops)
        return _F["optimal_params"].function(*terms, C), _F["optimal_tokens"].function(*terms, C)

    def optimal_loss(self, compute_flops: Any) -> Any:
        """Least loss in nats per token for `compute_flops` FLOP, E + (1 + α/β) A N_opt^-α."""
        return _F["optimal_loss"].function(*self._optimum("least loss"), positive("compute_flops", compute_flops))

    def optimal_tokens_per_param(self, compute_flops: Any) -> Any:
        """M = D/N at the optimum of `compute_flops` FLOP; it grows as C^((α-β)/(α+β)), and is constant if α = β."""
        _, *terms = self._optimum("compute-optimal ratio")
        return _F["optimal_tokens_per_param"].function(*terms, positive("compute_flops", compute_flops))

    def optimal_params_for(self, n_tokens: Any) -> Any:
        """Parameters for which `n_tokens` tokens are compute-optimal, (αA/(βB))^(1/α) D^(β/α)."""
        _, *terms = self._optimum("compute-optimal size")
        return _F["optimal_params_for"].function(*terms, positive("n_tokens", n_tokens))

    def optimal_tokens_for(self, n_params: Any) -> Any:
        """Tokens on which training `n_params` parameters is compute-optimal, (βB/(αA))^(1/β) N^(α/β)."""
        _, *terms = self._optimum("compute-optimal number of tokens")
        return _F["optimal_tokens_for"].function(*terms, positive("n_params", n_params))

    # More tokens per parameter than is optimal

    def overtrained(self, compute_flops: Any, tokens_per_param: Any) -> tuple[Any, Any]:
        """(n_params, n_tokens) that spend `compute_flops` FLOP at M = `tokens_per_param` tokens per parameter.

        N = √(C/(6M)) and D = √(CM/6), whatever the law; N counts what it counts.
        """
        C, M = positive("compute_flops", compute_flops), positive("tokens_per_param", tokens_per_param)
        return _F["overtrained_params"].function(C, M), _F["overtrained_tokens"].function(C, M)

    def overtraining_penalty(self, compute_flops: Any, tokens_per_param: Any) -> Any:
        """Loss in nats per token above the least one for the same FLOP, at M = `tokens_per_param` instead of M_opt.

        With u = ln(M/M_opt) and T = A N_opt^-α it is T (e^(αu/2) - 1 + (α/β)(e^(-βu/2) - 1)), which is never
        negative (Gadre et al. 2024, arXiv:2403.08540, equation 8).
        """
        _, A, alpha, B, beta = self._optimum("penalty of over-training")
        C, M = positive("compute_flops", compute_flops), positive("tokens_per_param", tokens_per_param)
        u = np.log(M / _F["optimal_tokens_per_param"].function(A, alpha, B, beta, C))
        term = _F["optimal_loss"].function(0.0, A, alpha, B, beta, C) / (1 + alpha / beta)
        # The parts linear in u cancel: beside the optimum rounding may leave less than nothing.
        return np.maximum(_F["overtraining_penalty"].function(term, alpha, beta, u), 0.0)

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
        terms = {
            "param_coefficient": A, "param_exponent": self.param_exponent,
            "data_coefficient": B, "data_exponent": self.data_exponent,
        }  # fmt: skip
        for name, value in terms.items():
            if not np.all((np.asarray(value) > 0) & np.isfinite(value)):
                raise ValueError(f"{name} of law {self.key} must be positive to give a {asked}, got {value!r}")
        return E, *terms.values()


def positive(name: str, value: Any) -> Any:
    """`value` in floating point, or one sentence where it is not positive and finite; lists become arrays."""
    try:
        checked = np.asarray(value, float)
        real = np.asarray(value).dtype.kind in "iufO"
    except (TypeError, ValueError, OverflowError):
        real = False
    if not real:
        raise ValueError(f"{name} must be a positive number or an array of them, got {value!r}")
    if not np.all((checked > 0) & np.isfinite(checked)):
        raise ValueError(f"{name} must be positive and finite, got {_first_bad(value, checked)}")
    if isinstance(value, float) or not hasattr(value, "dtype"):
        return checked if checked.ndim else float(checked)
    # Arrays of any library that follows NumPy's stay what they are; whole numbers could leave 64 bits in a product.
    return value if value.dtype == checked.dtype else value.astype(float)


def _first_bad(value: Any, checked: Any) -> str:
    bad = ~((checked > 0) & np.isfinite(checked))
    return repr(value) if checked.ndim == 0 else f"{checked[bad].flat[0]:g} in an array of shape {checked.shape}"


def must_exceed(loss: Any, floor: Any, what: str, advice: str) -> None:
    """One sentence where `loss` is not above `floor`, which is `what`."""
    losses, floors = np.broadcast_arrays(loss, floor)
    bad = ~(losses > floors)
    if bad.any():
        found, least = losses[bad].flat[0], floors[bad].flat[0]
        raise ValueError(f"loss must exceed {least:.6g}, {what}, got {found:.6g}; {advice}")


def _two_term_root(a: Any, p: Any, b: Any, q: Any, target: Any) -> Any:
    """The C with a C^-p + b C^-q = target; all positive, broadcasting.

    In t = -ln C the logarithm of the left side is increasing and convex, so Newton's steps from the larger
    bracket, where one term alone makes the target, fall to the root without passing it.
    """
    log_a, log_b, log_target = np.log(a), np.log(b), np.log(target)
    t = np.minimum((log_target - log_a) / p, (log_target - log_b) / q)
    for _ in range(_NEWTON_STEPS):
        both = np.logaddexp(log_a + p * t, log_b + q * t)
        share = np.exp(log_a + p * t - both)
        step = (both - log_target) / (share * p + (1 - share) * q)
        t = t - step
        if np.all(np.abs(step) <= 1e-12 * np.maximum(np.abs(t), 1.0)):
            break
    # The logarithm of C keeps two digits fewer than C: a last step with the powers themselves brings them back.
    C = np.exp(-t)
    first, second = a * C**-p, b * C**-q
    return C * np.exp(np.log((first + second) / target) * (first + second) / (first * p + second * q))
