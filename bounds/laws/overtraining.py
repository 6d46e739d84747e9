"""Loss and downstream error of over-trained models: more tokens per parameter than least compute asks for.

| letter  | meaning                                          | unit                 | argument, field           |
|---------|--------------------------------------------------|----------------------|---------------------------|
| C       | training compute, C = 6 N D                      | FLOP                 | `compute_flops`           |
| N       | parameters, embedding and un-embedding included  | parameters           |                           |
| D       | training tokens, each seen once                  | tokens               |                           |
| M       | tokens per parameter, D/N                        | tokens per parameter | `tokens_per_param`        |
| L, E    | loss on the evaluation set, its irreducible part | nats per token       | `loss`, `irreducible`     |
| a       | coefficient of M^η, from the model term          | nats per token       | `param_coefficient`       |
| b       | coefficient of M^-η, from the data term          | nats per token       | `data_coefficient`        |
| η       | exponent of compute, half of α = β               | 1                    | `exponent`                |
| Err     | top-1 error averaged over tasks                  | 1                    | `error`                   |
| ε, k, γ | ceiling, size and rate of the error's decay      | 1, 1, 1/nat          | `ceiling`, `size`, `rate` |

Gadre et al. 2024: L(C, M) = E + (a M^η + b M^-η) C^-η is L(N, D) with equal exponents, A = a 6^-η and B = b 6^-η.
Its excess is 2 √(ab) cosh(η ln(M/M_opt)) C^-η: curves of different M are parallel on logarithmic axes, and
M_opt = (b/a)^(1/(2η)) does not depend on C. Err(L) = ε - k e^(-γL) leads from loss to error. Nothing is fitted here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from bounds.base.arguments import shown
from bounds.base.brief import brief_fields
from bounds.base.formula import OWN, Formula, Letter
from bounds.base.intervals import EMPIRICAL, GIVEN
from bounds.base.pointwise import positive
from bounds.laws.checks import (
    as_positive,
    check_constants,
    check_known,
    check_range,
    must_broadcast,
    must_exceed,
    positives,
)
from bounds.laws.law_names import law_key, unknown_law
from bounds.laws.loss_law import LossLaw, evaluate

GADRE = "Gadre et al. 2024, arXiv:2403.08540"

_OWN = (
    Letter("M", "training tokens per parameter, D/N", "tokens per parameter"),
    Letter("a", "coefficient of M^eta", "nats per token"),
    Letter("b", "coefficient of M^-eta", "nats per token"),
    Letter("eta", "exponent of compute", "1", r"\eta"),
    Letter("L", "loss on the evaluation set", "nats per token"),
)
_ERROR = (
    Letter("L", "loss on the evaluation set", "nats per token"),
    Letter("Err", "top-1 error averaged over tasks", "1", r"\mathrm{Err}"),
    Letter("epsilon", "error of a model without skill, as fitted", "1", r"\epsilon"),
    Letter("k", "size of the decay of the error", "1"),
    Letter("gamma", "rate of the decay of the error", "1/nat", r"\gamma"),
)
_FITTED = "fitted to five runs of 11M to 411M total parameters, M = 20 and 320; equal exponents; C = 6ND"
_GIVEN = "the law of over-training holds"
_EQUAL = "C = 6ND, alpha = beta = 2*eta"
_C4 = (1.51, 141.0, 190.0, 0.121)
_C4_ERROR = (0.850, 2.08, 0.756)


def _formula(name: str, quantity: str, text: str, arguments: tuple[str, ...], method: str, **more: Any) -> Formula:
    given: dict[str, Any] = {"label": GIVEN, "assumption": _GIVEN, "source": GADRE} | more
    return Formula(name, quantity, text, arguments, of=f"OvertrainingLaw.{method}", own=_OWN, **given)


def _error_formula(name: str, quantity: str, text: str, variable: str, method: str, **more: Any) -> Formula:
    arguments = ("epsilon", "k", "gamma", variable)
    given: dict[str, Any] = {"label": EMPIRICAL, "source": GADRE, "own": _ERROR} | more
    return Formula(name, quantity, text, arguments, of=f"DownstreamErrorLaw.{method}", **given)


FORMULAS = (
    _formula(
        "overtraining_loss", "L(C, M)", "E + (a*M**eta + b*M**(-eta))*C**(-eta)", ("E", "a", "b", "eta", "C", "M"),
        "loss", label=EMPIRICAL, assumption=_FITTED, equation="eq. 4, table 6", unit="nats per token",
        example=(*_C4, 3e20, 640.0),
    ),
    _formula(
        "overtraining_compute", "C", "((a*M**eta + b*M**(-eta))/(L - E))**(1/eta)", ("E", "a", "b", "eta", "M", "L"),
        "compute_for", assumption=f"{_GIVEN}; L > E", equation="eq. 4", unit="FLOP", example=(*_C4, 640.0, 3.0),
    ),
    _formula(
        "overtraining_optimum", r"M_{\mathrm{opt}}", "(b/a)**(1/(2*eta))", ("a", "b", "eta"),
        "optimal_tokens_per_param", equation="eq. 10", unit="tokens per parameter", example=_C4[1:],
    ),
    _formula(
        "overtraining_factor", r"C(M)/C(M_{\mathrm{opt}})", "cosh(eta*log(M*(a/b)**(1/(2*eta))))**(1/eta)",
        ("a", "b", "eta", "M"), "compute_factor", assumption=f"{_GIVEN}; the same loss is reached",
        source=OWN, equation="from eq. 4", example=(*_C4[1:], 640.0),
    ),
    _formula(
        "overtraining_param_term", "A", "a*6**(-eta)", ("a", "eta"), "loss_law", assumption=_EQUAL,
        equation="eq. 3-4, appendix B", unit="nats per token", example=(141.0, 0.121),
    ),
    _formula(
        "overtraining_data_term", "B", "b*6**(-eta)", ("b", "eta"), "loss_law", assumption=_EQUAL,
        equation="eq. 3-4, appendix B", unit="nats per token", example=(190.0, 0.121),
    ),
    _formula(
        "overtraining_from_params", "a", "A*6**(alpha/2)", ("A", "alpha"), "from_loss_law",
        assumption=_EQUAL, equation="eq. 3-4, appendix B", unit="nats per token",
        example=(520.8, 0.353),
    ),
    _formula(
        "overtraining_from_data", "b", "B*6**(beta/2)", ("B", "beta"), "from_loss_law",
        assumption=_EQUAL, equation="eq. 3-4, appendix B", unit="nats per token",
        example=(1487.7, 0.353),
    ),
    _error_formula(
        "downstream_error", r"\mathrm{Err}(L)", "epsilon - k*exp(-gamma*L)", "L", "error",
        assumption="fitted to six runs up to 1.4B parameters; top-1 error, unweighted over 17 tasks; loss on C4 eval",
        equation="eq. 5, table 6", example=(*_C4_ERROR, 3.0),
    ),
    _error_formula(
        "downstream_loss", "L", "log(k/(epsilon - Err))/gamma", "Err", "loss_for", label=GIVEN,
        assumption="the law of downstream error holds; Err < epsilon", equation="eq. 5", unit="nats per token",
        example=(*_C4_ERROR, 0.6),
    ),
)  # fmt: skip
_F = {formula.name: formula for formula in FORMULAS}


@dataclass(frozen=True, repr=False)
class DownstreamErrorLaw:
    """Err(L) = ε - k e^(-γL): top-1 error averaged over `tasks` of a model whose loss on `evaluation` is L.

    Equivalently ε - k PP^-γ of the perplexity PP = e^L. ε, k and γ hold for one training set and its `tasks`;
    single tasks follow no such law. Raises ValueError unless all three are positive and ε at most 1.
    """

    key: str
    citation: str
    ceiling: float
    size: float
    rate: float
    tasks: str = "17 tasks"
    evaluation: str = "C4 eval"

    __repr__ = brief_fields

    def __post_init__(self) -> None:
        check_constants(self, "positive", "ceiling", "size", "rate")
        must_broadcast(ceiling=self.ceiling, size=self.size, rate=self.rate)
        if not np.all(np.asarray(self.ceiling) <= 1):
            raise ValueError(f"ceiling of law {self.key!r} must be an error of at most 1, got {shown(self.ceiling)}")

    def error(self, loss: Any) -> Any:
        """Average top-1 error, a fraction, of a model of `loss` nats per token on the evaluation set (equation 5).

        Raises ValueError below the loss at which the law's error is 0.
        """
        L = as_positive("loss", loss)
        least = np.log(self.size / self.ceiling) / self.rate
        must_exceed(L, least, f"where the error of {self.key} is 0", "the law was not fitted there")
        return evaluate(_F["downstream_error"], self.ceiling, self.size, self.rate, L)

    def loss_for(self, error: Any) -> Any:
        """Loss in nats per token at which the average top-1 error is `error`: ln(k/(ε - Err))/γ.

        Raises ValueError unless the error is positive and below ε.
        """
        value = as_positive("error", error)
        if not np.all(np.asarray(value) < self.ceiling):
            raise ValueError(
                f"error must be below {self.ceiling:g}, which {self.key} only approaches, got {shown(error)}"
            )
        return evaluate(_F["downstream_loss"], self.ceiling, self.size, self.rate, value)


@dataclass(frozen=True, repr=False)
class OvertrainingLaw:
    """L(C, M) = E + (a M^η + b M^-η) C^-η for one training and one evaluation set; N total parameters, C = 6ND.

    `fitted_ratio` is the range of tokens per parameter in the runs that were fitted; at M = 5 the law fails.
    `fitted_tokens`, `fitted_params` and `largest_compute` are those of a `LossLaw`. Raises ValueError unless E is at
    least 0 and a, b and η are positive.
    """

    key: str
    citation: str
    training_set: str
    irreducible: float
    param_coefficient: float
    data_coefficient: float
    exponent: float
    error_law: DownstreamErrorLaw | None = None
    evaluation: str = "C4 eval"
    params_counted: str = "total"
    fitted_ratio: tuple[float, float] = (20.0, 320.0)
    note: str = ""
    fitted_tokens: tuple[float, float] = (0.0, math.inf)
    fitted_params: tuple[float, float] = (0.0, math.inf)
    largest_compute: float | None = None

    __repr__ = brief_fields

    def __post_init__(self) -> None:
        check_constants(self, "of at least 0", "irreducible")
        check_constants(self, "positive", "param_coefficient", "data_coefficient", "exponent")
        a, b, eta = self._terms
        must_broadcast(irreducible=self.irreducible, param_coefficient=a, data_coefficient=b, exponent=eta)
        for name in ("fitted_ratio", "fitted_tokens", "fitted_params"):
            check_range(self, name)
        check_known(self, positive, "largest_compute")
        if not isinstance(self.error_law, DownstreamErrorLaw | None):
            raise ValueError(f"error_law of law {self.key!r} must be a DownstreamErrorLaw, got {shown(self.error_law)}")

    def loss(self, compute_flops: Any, tokens_per_param: Any) -> Any:
        """Loss in nats per token after `compute_flops` FLOP at `tokens_per_param` tokens per parameter (equation 4)."""
        C, M = positives(compute_flops=compute_flops, tokens_per_param=tokens_per_param)
        return evaluate(_F["overtraining_loss"], self.irreducible, *self._terms, C, M)

    def error(self, compute_flops: Any, tokens_per_param: Any) -> Any:
        """Average top-1 error, a fraction, by way of the loss (equations 4 and 5)."""
        if self.error_law is None:
            raise ValueError(f"law {self.key} has no law of downstream error; pass its loss to a DownstreamErrorLaw")
        return self.error_law.error(self.loss(compute_flops, tokens_per_param))

    def compute_for(self, loss: Any, tokens_per_param: Any) -> Any:
        """FLOP that reach `loss` at `tokens_per_param` tokens per parameter; ValueError unless loss exceeds E."""
        L, M = positives(loss=loss, tokens_per_param=tokens_per_param)
        must_exceed(L, self.irreducible, f"the irreducible loss of {self.key}", "no compute reaches it")
        return evaluate(_F["overtraining_compute"], self.irreducible, *self._terms, M, L)

    @property
    def optimal_tokens_per_param(self) -> Any:
        """M_opt = (b/a)^(1/(2η)), at any compute (equation 10). Fitted at M ≥ 20, so it is an extrapolation below."""
        return evaluate(_F["overtraining_optimum"], *self._terms)

    def compute_factor(self, tokens_per_param: Any) -> Any:
        """How many times the compute of M_opt the same loss takes at M: cosh(η ln(M/M_opt))^(1/η), at least 1."""
        return evaluate(_F["overtraining_factor"], *self._terms, as_positive("tokens_per_param", tokens_per_param))

    @property
    def loss_law(self) -> LossLaw:
        """The same law as L(N, D), with α = β = 2η, A = a 6^-η and B = b 6^-η; D in tokens, N total."""
        a, b, eta = self._terms
        return LossLaw(
            self.key, self.citation, 2 * eta, 2 * eta, self.irreducible,
            evaluate(_F["overtraining_param_term"], a, eta), evaluate(_F["overtraining_data_term"], b, eta),
            params_counted=self.params_counted, note=self.note, fitted_tokens=self.fitted_tokens,
            fitted_params=self.fitted_params, equal_exponents=True, largest_compute=self.largest_compute,
        )  # fmt: skip

    @classmethod
    def from_loss_law(cls, law: LossLaw, **fields: Any) -> OvertrainingLaw:
        """`law` as L(C, M), with η = α/2, a = A 6^η and b = B 6^η; `fields` are others of this class.

        Raises ValueError unless α = β: else the excess at fixed M is no single power of C, and
        `LossLaw.overtraining_penalty` answers instead.
        """
        alpha, beta = law.param_exponent, law.data_exponent
        if not law.comparable or np.any(np.not_equal(alpha, beta)):
            raise ValueError(
                f"law must have an irreducible loss and equal exponents, got {law.key} with alpha = {alpha} and "
                f"beta = {beta}; use its overtraining_penalty"
            )
        given: dict[str, Any] = {"training_set": "", "evaluation": "", "note": law.note, "fitted_ratio": (0.0, np.inf)}
        return cls(
            law.key, law.citation, irreducible=cast(float, law.irreducible), exponent=alpha / 2,
            param_coefficient=evaluate(_F["overtraining_from_params"], law.param_coefficient, alpha),
            data_coefficient=evaluate(_F["overtraining_from_data"], law.data_coefficient, beta),
            params_counted=law.params_counted, fitted_tokens=law.fitted_tokens, fitted_params=law.fitted_params,
            largest_compute=law.largest_compute, **(given | fields),
        )  # fmt: skip

    @property
    def _terms(self) -> tuple[Any, Any, Any]:
        return self.param_coefficient, self.data_coefficient, self.exponent


def _published(
    name: str, training_set: str, loss: tuple[float, float, float, float], error: tuple[float, float, float]
) -> OvertrainingLaw:
    E, a, b, eta = loss
    key = f"gadre2024-{name}"
    return OvertrainingLaw(
        key, GADRE, training_set, E, a, b, eta, DownstreamErrorLaw(key, GADRE, *error),
        note="table 6, rounded as printed; loss on C4 eval, error over 17 tasks",
        fitted_tokens=(2.1e8, 8.2e9), fitted_params=(1.1e7, 4.11e8), largest_compute=6 * 4.11e8 * 8.2e9,
    )  # fmt: skip


OVERTRAINING_LAWS: dict[str, OvertrainingLaw] = {
    law.key: law
    for law in (
        _published("c4", "C4", (1.51, 141, 190, 0.121), (0.850, 2.08, 0.756)),
        _published("redpajama", "RedPajama", (1.84, 212, 367, 0.136), (0.857, 2.21, 0.715)),
        _published("refinedweb", "RefinedWeb", (1.73, 157, 246, 0.127), (0.865, 2.21, 0.707)),
    )
}
"""The laws of Gadre et al. 2024, table 6, by key: one a training set."""


def get_overtraining_law(law: str | OvertrainingLaw) -> OvertrainingLaw:
    """The law of over-training called `law`; an `OvertrainingLaw` is returned as it is."""
    if isinstance(law, OvertrainingLaw):
        return law
    law = law_key(law, OVERTRAINING_LAWS)
    if not isinstance(law, str) or law not in OVERTRAINING_LAWS:
        raise unknown_law(law, OVERTRAINING_LAWS, what="law of over-training")
    return OVERTRAINING_LAWS[law]
