"""A table of runs of one's own, as the protocol takes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from bounds.base.one_number import number
from bounds.laws.published import FLOP_PER_PARAM_TOKEN
from experiments.backtest.protocol import BINS, FEWEST_RUNS, FEWEST_SIZES, LEAST_RANGE


def own_series(name: str, columns: Mapping[str, Sequence[float]]) -> pd.DataFrame:
    """The runs of a table as one series; `columns` are as `bounds.cli.runs_csv.read_runs` gives them."""
    n_params = np.array(columns["n_params"], float)
    if "n_tokens" in columns:
        n_tokens = np.array(columns["n_tokens"], float)
        flops = FLOP_PER_PARAM_TOKEN * n_params * n_tokens
    else:
        flops = np.array(columns["compute_flops"], float)
        n_tokens = flops / (FLOP_PER_PARAM_TOKEN * n_params)
    return pd.DataFrame({
        "series": name, "family": name, "corpus": name, "n_params": n_params, "n_tokens": n_tokens,
        "compute_flops": flops, "loss": np.array(columns["loss"], float),
    })  # fmt: skip


def too_little(name: str, runs: pd.DataFrame, refused: Sequence[str]) -> str:
    """Why nothing of a table could be predicted, in one sentence."""
    if refused:
        return f"{name} cannot be tried: {refused[0]}"
    wide = runs.compute_flops.max() / runs.compute_flops.min()
    return (
        f"{name} cannot be tried: {FEWEST_RUNS} runs of {FEWEST_SIZES} sizes over {LEAST_RANGE:g} times in compute are "
        f"fitted, and runs of {BINS['2x'][0]:g} times the largest of them predicted; it has {len(runs)} runs of "
        f"{runs.n_params.nunique()} sizes over {number(wide)} times"
    )
