"""Shares of tokens whose perplexity stagnates, increases or decreases: as published, and of a learner that only stores.

The learner (`simulate.run_suite`) holds the sequences that it has seen most often, as many as it has room for. Its
sizes stand in the ratios of OPT's, its checkpoints are even, and each draw of a validation set has one of two losses:
that of a sequence that is stored or of one that is not. Its trajectories are classed by the definitions of the paper.
"""

from __future__ import annotations

import pandas as pd

from experiments.readers.opt_figures import SIZES

TRENDS = ("stagnates", "increases", "decreases")
SOURCES = ("zipf:1.5", "zipf:1.1")
"""A corpus that repeats itself much, and one that does so little."""
SMALLEST = 10
"""Sequences that stand for 125M parameters."""
STEPS = tuple(range(4000, 144_001, 4000))
BATCH = 2
REPLICATES = 8


Drawn = tuple[pd.DataFrame, pd.DataFrame]
"""Shares by trend, and what sizes know in common."""


def simulated_trends(source: str = SOURCES[0], *, replicates: int = REPLICATES, seed: int = 0) -> Drawn:
    """The shares of one simulated suite in percent, and what sizes know in common at the same loss.

    The first table has the columns of `read_trend`, with half_width, of a 95 % interval over the corpora. The second
    has a row for each size that meets a loss: loss, size, step, overlap (sequences of the validation set that both it
    and the largest size know, over those that either does).
    """
    import simulate
    from simulate.studies.suite.rows import matched_rows, trajectory_rows

    names = {SMALLEST * one.n_params // SIZES[0].n_params: one for one in SIZES}
    suite = simulate.run_suite(
        source, n_params=list(names), checkpoints=STEPS, batch=BATCH, replicates=replicates, seed=seed
    )
    shares = [
        {"trend": trend, "size": names[row["n_params"]].name, "params": names[row["n_params"]].n_params,
         "after_pct_of_training": row["after_percent"], "pct_of_tokens": row[trend],
         "half_width": row[f"{trend}_half_width"]}
        for row in trajectory_rows(suite) if row["after_percent"] for trend in TRENDS
    ]  # fmt: skip
    matched = [
        {"loss": row["matched_target"], "size": names[row["n_params"]].name, "step": row["matched_step"],
         "overlap": row["matched_overlap"]}
        for row in matched_rows(suite)
    ]  # fmt: skip
    return pd.DataFrame(shares), pd.DataFrame(matched)
