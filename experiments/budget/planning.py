"""From FLOP to parameters and tokens by each law, and what a model that was trained is worth by it.

| letter | meaning                                                            | unit       | argument               |
|--------|--------------------------------------------------------------------|------------|------------------------|
| C      | model FLOP of a training run, C = 6 N D                            | FLOP       | `compute_flops`        |
| N, D   | total parameters, training tokens                                  | –, tokens  | `n_params`, `n_tokens` |
| N_train | parameters that a law trains best                                 | parameters | `n_train`              |
| N_store | parameters that store each distinct sequence of a corpus once     | parameters | `n_store`              |

Laws take model FLOP; `bounds.planning` has the hours, the hardware and the shapes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from bounds.efficiency.band import efficient_params
from bounds.laws.checks import as_positive
from bounds.laws.kaplan import PF_DAY, KaplanLaw
from bounds.laws.law_range import beyond
from bounds.laws.loss_law import Allocation, LossLaw
from bounds.laws.overtraining import OVERTRAINING_LAWS
from bounds.laws.published import FLOP_PER_PARAM_TOKEN, LAWS, get_law

RATIOS = (20.0, 320.0)
"""Tokens per parameter of the runs that Gadre et al. 2024 fitted."""
COMPARABLE = tuple(key for key, law in LAWS.items() if law.comparable)
"""Published laws with an irreducible loss."""


def kaplan_optimal(compute_flops: Any, law: str | LossLaw = "kaplan2020") -> Allocation:
    """The N and D of Kaplan's table 6 whose training, 6 N D, takes `compute_flops`.

    The law is in C_min, what small batches would take; its tokens are those at the critical batch, so that 6 N D is
    1.8 C_min. N without embeddings.
    """
    C, one = as_positive("compute_flops", compute_flops), get_law(law)
    if not isinstance(one, KaplanLaw):
        raise ValueError(f"law must be one of Kaplan's form, such as kaplan2020, got {one.key}")
    at_a_day = FLOP_PER_PARAM_TOKEN * one.optimal_params_scale * one.optimal_tokens_scale
    power = one.optimal_params_exponent + one.optimal_tokens_exponent
    return one.optimal(PF_DAY * (C / at_a_day) ** (1 / power))


def kaplan_params_for(n_tokens: Any, law: str | LossLaw = "kaplan2020") -> Any:
    """The parameters beside which Kaplan's table 6 has `n_tokens` tokens; N without embeddings."""
    D, one = as_positive("n_tokens", n_tokens), get_law(law)
    if not isinstance(one, KaplanLaw):
        raise ValueError(f"law must be one of Kaplan's form, such as kaplan2020, got {one.key}")
    days = (D / one.optimal_tokens_scale) ** (1 / one.optimal_tokens_exponent)
    return one.optimal_params_scale * days**one.optimal_params_exponent


def allocations(compute_flops: float, *, ratios: Iterable[float] = RATIOS) -> pd.DataFrame:
    """What each law makes of `compute_flops` model FLOP, one row a law, in parameters and tokens.

    `way` is "optimal", or "over-trained" at one of the `ratios` of tokens per parameter, where 6 N D = C alone decides
    N and D and the laws of Gadre et al. say what it costs: `compute_factor`, lower and upper over their three training
    sets, is the compute for the same loss in units of the least one. `beyond_params` and `beyond_tokens` are how many
    times N and D lie beyond the runs of the law.
    """
    C = float(as_positive("compute_flops", compute_flops))
    rows = []
    for key, law in LAWS.items():
        N, D = kaplan_optimal(C, law) if isinstance(law, KaplanLaw) else law.optimal(C)
        rows.append({
            "law": key, "way": "optimal", "n_params": N, "n_tokens": D,
            "loss": law.optimal_loss(C) if law.comparable else np.nan,
            "beyond_params": beyond(law.fitted_params, N), "beyond_tokens": beyond(law.fitted_tokens, D),
            "compute_factor_lower": 1.0, "compute_factor_upper": 1.0, "params_counted": law.params_counted,
        })  # fmt: skip
    for M in ratios:
        laws = list(OVERTRAINING_LAWS.values())
        N, D = laws[0].loss_law.overtrained(C, M)
        factors = [float(law.compute_factor(M)) for law in laws]
        runs = laws[0].loss_law
        rows.append({
            "law": "gadre2024", "way": "over-trained", "n_params": N, "n_tokens": D, "loss": np.nan,
            "beyond_params": beyond(runs.fitted_params, N), "beyond_tokens": beyond(runs.fitted_tokens, D),
            "compute_factor_lower": min(factors), "compute_factor_upper": max(factors), "params_counted": "total",
        })  # fmt: skip
    table = pd.DataFrame(rows)
    table.insert(4, "tokens_per_param", table.n_tokens / table.n_params)
    return table


def bands(n_tokens: float, *, laws: Iterable[str] = COMPARABLE) -> pd.DataFrame:
    """N_store and N_train of a corpus of `n_tokens` distinct tokens by each law with an irreducible loss.

    `n_store_lower`, `_middle`, `_upper`: parameters that store each distinct sequence once, one parameter a sequence,
    between the slow and the fast rate (`bounds.efficient_params`). `n_train`: the size that is compute-optimal on these
    tokens. The two answer different questions.
    """
    rows = []
    for key in laws:
        law = get_law(key)
        bound = efficient_params(n_tokens, law=law)
        rows.append({
            "law": key, "n_tokens": float(n_tokens), "n_store_lower": bound.lower, "n_store_middle": bound.middle,
            "n_store_upper": bound.upper, "n_train": law.optimal_params_for(n_tokens),
            "beyond_tokens": beyond(law.fitted_tokens, n_tokens),
        })  # fmt: skip
    return pd.DataFrame(rows)


def worth(n_params: float, n_tokens: float, *, laws: Iterable[str] = COMPARABLE) -> pd.DataFrame:
    """What `n_params` trained on `n_tokens` are worth by each law: their `loss`, and the `share` of compute it takes.

    `share` is the least compute for that loss over their own, `times_best` N over the best size for the same compute,
    `beyond_params` how far N lies beyond the runs.
    """
    rows = []
    for key in laws:
        law, C = get_law(key), FLOP_PER_PARAM_TOKEN * n_params * n_tokens
        loss = law.loss(n_params, n_tokens)
        rows.append({
            "law": key, "n_params": n_params, "n_tokens": n_tokens, "loss": loss,
            "share": law.compute_for(loss) / C, "times_best": n_params / law.optimal(C).n_params,
            "beyond_params": beyond(law.fitted_params, n_params),
        })  # fmt: skip
    return pd.DataFrame(rows)
