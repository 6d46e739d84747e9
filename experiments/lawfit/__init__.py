"""The law of Chinchilla, fitted again to its own runs: what it says, and how much of it hangs on five of them.

| letter  | meaning                                                       | unit              |
|---------|---------------------------------------------------------------|-------------------|
| N, D, C | parameters, training tokens, FLOP of a run, C = 6 N D         | –, tokens, FLOP   |
| E, A, α, B, β | constants of L = E + A N^-α + B D^-β                    | nats per token, 1 |
| a       | exponent of the best size, N ~ C^a, a = β/(α + β)             | 1                 |
| M       | tokens per parameter at the best size                         | tokens            |
| γ       | exponent of distinct sequences, U ~ D^γ, between 1 - 2β and 1 - β | 1             |

Hoffmann et al. 2022 (arXiv:2203.15556) fitted the law to more than 400 runs; Besiroglu et al. 2024 (arXiv:2404.10102)
read 245 of them off a figure, left five out and fitted again. Everything here takes any subset of the runs:

    runs = lawfit.load()
    lawfit.fit(runs[runs.n_tokens > runs.n_params], objective="lad", bootstrap=1000)
"""

from __future__ import annotations

from pathlib import Path

from bounds.base.notes import FITTED, Note
from bounds.efficiency.band import exponent_band
from experiments.claims import Result
from experiments.lawfit.claims import CLAIMS
from experiments.lawfit.figures import figures
from experiments.lawfit.findings import outcomes
from experiments.lawfit.fits import (
    BOOTSTRAP,
    THEIRS,
    fit,
    influence,
    law,
    leverage,
    load,
    log_likelihood,
    objectives,
    redrawn,
    residuals,
    scatter,
    stopped,
    without_highest,
)
from experiments.lawfit.tables import (
    METHOD,
    influence_table,
    leverage_table,
    objective_table,
    refit_table,
    scatter_table,
    strongest,
)
from experiments.readers.chinchilla import LEFT_OUT

__all__ = [
    "CLAIMS", "THEIRS", "fit", "influence", "law", "leverage", "load", "log_likelihood", "objectives", "redrawn",
    "residuals", "run", "scatter", "stopped", "without_highest",
]  # fmt: skip

_MISFIT = Note(
    FITTED,
    "the law does not fit these runs: their residuals bend with N, D or D/N, and intervals hold for sampling alone.",
)


def run(folder: Path) -> Result:
    """What the runs in `folder` say of the claims of both papers."""
    points = load(folder)
    by_drop, by_objective, moved = leverage(points), objectives(points), influence(points)
    refit, drawn = law(points, drop_highest=LEFT_OUT, bootstrap=BOOTSTRAP), redrawn(without_highest(points))
    about, beta = scatter(without_highest(points)), by_drop.set_index("left_out").beta
    five, none = beta[LEFT_OUT], beta[0]
    return Result(
        outcomes(points, refit, drawn),
        answer=(
            f"Five of {len(points)} runs move β from {five:.3f} to {none:.3f}, and the middle of the efficient sizes "
            f"from D^{exponent_band(five).midpoint:.2f} to D^{exponent_band(none).midpoint:.2f}."
        ),
        tables=[leverage_table(by_drop), objective_table(by_objective)],
        details=[refit_table(refit, drawn), influence_table(moved), scatter_table(about, refit.n_runs)],
        notes=[_MISFIT] if refit.sampling_only else [],
        method=METHOD,
        figures=figures(points, by_drop, by_objective, refit.law),
        data={
            "leverage": by_drop.to_dict("records"),
            "objectives": by_objective.to_dict("records"),
            "influence": strongest(moved).to_dict("records"),
            "scatter": about.to_dict("records"),
        },
    )
