"""The law of Chinchilla, fitted again to its own runs: what it says, and how much of it hangs on five of them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from bounds.fitting.runs.loss_law import LossLawFit, fit_loss_law
from experiments.claims import Claim, Result, judge
from experiments.data import located
from experiments.readers.chinchilla import read_points

CLAIMS = (
    Claim(
        "lawfit.beta",
        "Besiroglu 2024",
        "table 1",
        "β of the refit",
        0.3658,
        1e-4,
        "a unit of its last digit: their notebook has 0.36585",
    ),
)


def load(folder: str | Path | None = None) -> pd.DataFrame:
    """The 245 runs, one a row (`experiments.readers.chinchilla.read_points`), from `folder` of the data sets."""
    return read_points(located("chinchilla", folder))


def fit(points: pd.DataFrame, **options: object) -> LossLawFit:
    """The law through any subset of the runs; `options` are those of `bounds.fit_loss_law`."""
    return fit_loss_law(points.n_params, points.n_tokens, points.loss, **options)  # type: ignore[arg-type]


def run(folder: Path) -> Result:
    """What the runs in `folder` say of the claims."""
    lad = fit(load(folder), objective="lad", drop_highest=5, bootstrap=0)
    return Result([judge(CLAIMS[0], lad.law.data_exponent)])
