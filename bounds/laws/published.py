"""Published laws for the loss of a language model, with their constants, units and citations.

| letter  | meaning                                    | unit              |
|---------|--------------------------------------------|-------------------|
| N       | parameters, total or non-embedding as said | parameters        |
| D       | training tokens                            | tokens            |
| E       | irreducible loss                           | nats per token    |
| A, α    | coefficient and exponent of the model term | nats per token, 1 |
| B, β    | coefficient and exponent of the data term  | nats per token, 1 |
| C       | training compute, C = 6 N D                | FLOP              |

The four exponents disagree: β is 0.28 in one fit of the Chinchilla runs and 0.366 in another fit of the same
runs. Whoever quotes one law alone hides that.

What a law can be asked is in `bounds.laws.loss_law`, the law without an irreducible loss in `bounds.laws.kaplan`, laws
of over-training and of repeated data in `bounds.laws.overtraining` and `bounds.laws.repeated_data`. The constants below
were compared with the text of Kaplan et al., and with the notebook of Besiroglu et al., which quotes those of Hoffmann
et al. rounded and with eight digits.
"""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from typing import Any

from bounds.laws.checks import positives
from bounds.laws.formulas import EPOCH, FORMULAS, HOFFMANN, KAPLAN
from bounds.laws.kaplan import PF_DAY, KaplanLaw
from bounds.laws.law_file import is_law_file, read_law_file
from bounds.laws.law_names import law_key, unknown_law
from bounds.laws.loss_law import Allocation, LossLaw, evaluate
from bounds.laws.overtraining import OVERTRAINING_LAWS
from bounds.laws.repeated_data import REPEATED_DATA_LAWS

__all__ = [
    "FLOP_PER_PARAM_TOKEN",
    "FORMULAS",
    "LAWS",
    "PF_DAY",
    "Allocation",
    "KaplanLaw",
    "LossLaw",
    "get_law",
    "training_flops",
]

FLOP_PER_PARAM_TOKEN = 6
"""C = 6 N D: forward and backward pass of a dense transformer (Kaplan et al. 2020, section 2.1)."""

_CHINCHILLA_TOKENS, _CHINCHILLA_PARAMS = (5e9, 5e11), (7e7, 1.6e10)
"""Hoffmann et al. 2022, abstract: over 400 models of 70 million to over 16 billion parameters on 5 to 500 billion
tokens. The refit has the same runs."""

_CHINCHILLA_COMPUTE = 1.2956e22
"""FLOP of the dearest of the 240 runs that Besiroglu et al. read from the figure of Hoffmann et al. and fitted.

Their `residual_deviation` is √(Σr²/235) over these runs about the law as printed. `python -m experiments run lawfit
--explain` prints both; what Hoffmann et al. had themselves are more runs, of which only these are public.
"""

LAWS: dict[str, LossLaw] = {
    law.key: law
    for law in (
        LossLaw(
            "hoffmann2022", HOFFMANN, 0.34, 0.28, 1.69, 406.4, 410.7,
            note="rounded, as printed in the paper (approach 3: section 3.3; appendix D.2, equation 10)",
            fitted_tokens=_CHINCHILLA_TOKENS, fitted_params=_CHINCHILLA_PARAMS,
            largest_compute=_CHINCHILLA_COMPUTE, residual_deviation=0.0195,
        ),
        LossLaw(
            "hoffmann2022-unrounded", HOFFMANN, 0.33917, 0.28491, 1.6934, 406.4, 410.7,
            note="the same fit with more digits, from the source of the paper: E = exp(0.5267228), "
            "A = exp(6.0073404), alpha = 0.33917084, B = exp(6.0179186), beta = 0.2849083",
            fitted_tokens=_CHINCHILLA_TOKENS, fitted_params=_CHINCHILLA_PARAMS,
            largest_compute=_CHINCHILLA_COMPUTE, residual_deviation=0.0101,
        ),
        LossLaw(
            "epoch2024", EPOCH, 0.3478, 0.3658, 1.8172, 482.01, 2085.43,
            note="a second fit of the same runs, as printed. Standard errors as printed, from 4,000 bootstraps of 240 "
            "runs; a later run of the authors' notebook has 124.52, 1293.28, 0.0257, 0.0154 and 0.0206. The "
            "covariance of B and beta, without which no error may be propagated, was not printed",
            fitted_tokens=_CHINCHILLA_TOKENS, fitted_params=_CHINCHILLA_PARAMS,
            largest_compute=_CHINCHILLA_COMPUTE, residual_deviation=0.0076,
            standard_errors=(
                ("param_coefficient", 124.58), ("data_coefficient", 1293.23), ("irreducible", 0.03),
                ("param_exponent", 0.02), ("data_exponent", 0.02),
            ),
        ),
        KaplanLaw(
            "kaplan2020", KAPLAN, 0.076, 0.095, fitted_tokens=(2.2e7, 2.3e10), fitted_params=(768, 1.5e9),
            note="L(D) = (D_c/D)^0.095, D_c = 5.4e13 tokens, without irreducible loss: bounds take its exponents only",
        ),
    )
}  # fmt: skip
"""The published laws by key; constants as printed."""

_training_flops = next(formula for formula in FORMULAS if formula.name == "training_flops")


def get_law(law: str | PathLike[str] | LossLaw) -> LossLaw:
    """The law called `law`, in any case, or in the file `law` that ends in .toml; a `LossLaw` is returned as it is."""
    if isinstance(law, LossLaw):
        return law
    if is_law_file(law):
        return read_law_file(law).law
    law = law_key(law, LAWS)
    if not isinstance(law, str) or law not in LAWS:
        kin: dict[str, Mapping[str, Any]] = {"over-training": OVERTRAINING_LAWS, "repeated data": REPEATED_DATA_LAWS}
        what = next(
            (what for what, others in kin.items() if isinstance(law, str) and law_key(law, others) in others), None
        )
        if what is not None:
            raise ValueError(f"{law} is a law of {what}, which gives no band; known here are {', '.join(LAWS)}")
        others = ", ".join(key for laws in kin.values() for key in laws)
        raise unknown_law(law, LAWS, f"without a band {others}")
    return LAWS[law]


def training_flops(n_params: Any, n_tokens: Any) -> Any:
    """6 N D: FLOP that train a dense transformer of `n_params` parameters on `n_tokens` tokens (heuristic).

    Forward and backward pass; attention over the context is left out. N is total, or without embeddings, as the law
    that the result is used with counts it (Kaplan et al. 2020, arXiv:2001.08361, section 2.1).
    """
    return evaluate(_training_flops, *positives(n_params=n_params, n_tokens=n_tokens))
