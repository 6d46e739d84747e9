"""A simulated suite of the sizes and checkpoints of Pythia, and what it says of memorising and of term frequency."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from experiments.readers.pythia import SIZES
from experiments.training_dynamics.suite import params
from simulate.studies.suite.rows import position_rows, term_rows
from simulate.studies.suite.study import run_suite

PARAMS_PER_SEQUENCE, BATCH, CORPORA, TAUGHT = 500_000, 8, 8, 0.05
"""Of the simulated suite. The first is chosen so that the largest size has room for all that is seen, and no other."""
TERM_STEPS = (1000, 13_000, 39_000, 65_000, 91_000, 117_000, 143_000)


def simulated(
    learning_probability: float = 1.0, *, corpora: int = CORPORA, seed: int = 0, **options: Any
) -> xr.Dataset:
    """A suite of the same sizes and checkpoints on zipf:1.5 (`simulate.run_suite`), in a few seconds.

    N are the non-embedding parameters, and a sequence takes `PARAMS_PER_SEQUENCE` of them: a choice, not a measurement.
    """
    chosen: dict[str, Any] = {
        "n_params": [params(size) for size in SIZES], "params_per_sequence": PARAMS_PER_SEQUENCE, "batch": BATCH,
        "replicates": corpora, "seed": seed, "validation": 0,
    } | options  # fmt: skip
    return run_suite("zipf:1.5", learning_probability=learning_probability, **chosen)


def simulated_loss(dataset: xr.Dataset) -> pd.DataFrame:
    """The mean expected loss of a simulated suite, a row a step, a column a size, in nats per sequence."""
    return pd.DataFrame(dataset.loss.mean("replicate").values, index=dataset.step.values, columns=list(names(dataset)))


def names(dataset: xr.Dataset) -> list[str]:
    """The sizes of a simulated suite, as Pythia calls them."""
    known = {params(size): size for size in SIZES}
    return [known.get(int(n), str(int(n))) for n in dataset.n_params.values]


def term_correlation(dataset: xr.Dataset, steps: Sequence[int] = TERM_STEPS) -> pd.DataFrame:
    """Correlation of knowing a sequence with log2 of its exposures, over the sequences seen; a row a step.

    Exposures are known by bins of powers of two. NaN where a model knows all of them, or none.
    """
    log_count = np.log2(dataset.term_count.values.astype(float))
    rows = {}
    for step in steps:
        at = dataset.sel(step=step)
        weights, known = at.terms.values.astype(float), at.terms_known.values.astype(float)
        rows[step] = [_correlation(log_count, weights, known[:, i]) for i in range(known.shape[1])]
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(names(dataset)))


def _correlation(x: Any, weights: Any, known: Any) -> float:
    total = weights.sum()
    share = known.sum() / total
    spread = (weights * x**2).sum() / total - ((weights * x).sum() / total) ** 2
    if not 0 < share < 1 or spread <= 0:
        return float("nan")
    together = (known * x).sum() / total - share * (weights * x).sum() / total
    return float(together / np.sqrt(spread * share * (1 - share)))


def positions(dataset: xr.Dataset) -> pd.DataFrame:
    """Where memorised sequences of a simulated suite stand in its training, against even positions: a row a test.

    Empty where no size holds enough of them to be tested (`simulate.run_suite`).
    """
    called = dict(zip(dataset.n_params.values.tolist(), names(dataset), strict=True))
    return pd.DataFrame([row | {"size": called[row["n_params"]]} for row in position_rows(dataset)])


def known(dataset: xr.Dataset) -> pd.DataFrame:
    """Part of the sequences with so many exposures that each size knows at the end: a row a bin, a column a size."""
    table = pd.DataFrame(term_rows(dataset)).pivot(index="term_count", columns="n_params", values="term_accuracy")
    return table.set_axis(list(names(dataset)), axis=1)


def windows(dataset: xr.Dataset) -> dict[str, Any]:
    """Memorised positions of 410m in windows of equal length, mean of the corpora, at first and at any exposure."""
    at = dataset.position_windows.isel(n_params=SIZES.index("410m"))
    return {name: at.sel(exposure=name).values for name in ("first", "any")}
