"""What a law fitted to the cheaper runs of a series predicts of the dearer ones, run by run.

| letter | meaning                                                                 | unit |
|--------|-------------------------------------------------------------------------|------|
| C      | FLOP of a run: the nominal budget where runs share one, 6 N D otherwise | FLOP |
| C₀     | cut-off: the largest C among the runs that are fitted                   | FLOP |
| e      | ln predicted loss - ln loss                                             | 1    |

The protocol is frozen. *Rolling*: the law is fitted to all runs up to C₀, for every C₀ that leaves enough of them, and
predicts every run above 1.5 C₀, by its distance C/C₀ (`BINS`). *Short* is one cut-off a series: fitted are the runs
below a tenth of the largest C, predicted those from half of it on. Runs of one budget are never parted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bounds.base.one_number import number
from bounds.base.telling.steps import stepped
from bounds.fitting.loss_laws.loss_law import LossLawFit, fit_loss_law
from experiments.data import get_manifest, is_here, located
from experiments.readers.runs import READERS, read_loss_to_loss_far, read_series

BOOTSTRAP = 200
"""Resamples a fit: a standard deviation to a twentieth of itself."""
BINS = {"2x": (1.5, 3.0), "4x": (3.0, 6.5), "10x": (6.5, 18.0), "30x": (18.0, 60.0)}
"""Distances C/C₀ by name, from and below."""
SHORT = "short"
ROLLING = "rolling"
FEWEST_RUNS, FEWEST_BUDGETS, FEWEST_SIZES, LEAST_RANGE = 15, 3, 3, 3.0
"""What is fitted: runs, budgets where runs share them, sizes, and how many times the least compute the largest is."""
_STEP = 2.0
"""Factor between the cut-offs of a series without budgets."""
_SHARED = 3
"""Runs a budget, at the least, on average, where a series has budgets."""
COLUMNS = (
    "protocol", "series", "family", "cutoff", "n_fitted", "n_params", "n_tokens", "distance", "bin", "error",
    "sampling", "noise", "efolds",
)  # fmt: skip


def load(folder: str | Path | None = None) -> pd.DataFrame:
    """The runs of every series whose data are in `folder`; those that are predicted and never fitted are ``far``.

    A data set without a public address may be missing; then so are its series.
    """
    keys = [key for key in READERS if not get_manifest(key).made or is_here(key, folder)]
    folders = {key: located(key, folder) for key in keys}
    far = read_loss_to_loss_far(folders["loss_to_loss"])
    return pd.concat([read_series(folders).assign(far=False), far.assign(far=True)], ignore_index=True)


@dataclass(frozen=True)
class Fitted:
    """A law fitted to the `runs` of a series up to `cutoff` FLOP; it is held against `predicted`, of the same series.

    `series` has all the runs of the series that may be fitted.
    """

    protocol: str
    cutoff: float
    series: pd.DataFrame
    runs: pd.DataFrame
    predicted: pd.DataFrame
    law: LossLawFit


def backtest(runs: pd.DataFrame, *, bootstrap: int = BOOTSTRAP) -> tuple[pd.DataFrame, list[str]]:
    """Every prediction of the protocol on `runs`, a predicted run a row (`COLUMNS`), and what could not be fitted.

    `runs` has the columns of `experiments.readers.runs`; ``far``, where it is there, marks runs that are not fitted.
    `sampling` and `noise` are the parts of the standard deviation of ln L, `efolds` is ln of the distance.
    """
    laws, refused = fitted(runs, bootstrap=bootstrap)
    return predictions(laws), refused


def fitted(runs: pd.DataFrame, *, bootstrap: int = BOOTSTRAP) -> tuple[list[Fitted], list[str]]:
    """Every law that the protocol fits to `runs`, as `backtest` takes them, and what could not be fitted."""
    laws, refused = [], []
    for key, series in stepped(runs.groupby("series", sort=False), "series", "series"):
        own = fittable(series)
        for protocol, cutoff, cheaper, predicted in splits(series):
            try:
                laws.append(Fitted(protocol, cutoff, own, cheaper, predicted, fit(cheaper, bootstrap)))
            except ValueError as error:
                refused.append(f"{key}, fitted up to {number(cutoff)} FLOP: {error}")
    return laws, refused


def predictions(laws: Iterable[Fitted]) -> pd.DataFrame:
    """What each law predicts of the dearer runs, a run a row (`COLUMNS`)."""
    parts = [
        _predictions(one.law, one.predicted, one.cutoff).assign(protocol=one.protocol, n_fitted=len(one.runs))
        for one in laws
    ]
    if not parts:
        return pd.DataFrame(columns=list(COLUMNS))
    return pd.concat(parts, ignore_index=True)[list(COLUMNS)]


def fittable(series: pd.DataFrame) -> pd.DataFrame:
    """The runs of a series that may be fitted."""
    return series[~series.far] if "far" in series else series


def splits(series: pd.DataFrame) -> Iterator[tuple[str, float, pd.DataFrame, pd.DataFrame]]:
    """Protocol, cut-off, fitted and predicted runs of each fit of a series."""
    own = fittable(series)
    for cutoff in cutoffs(own):
        predicted = series[series.compute_flops > BINS["2x"][0] * cutoff]
        if len(predicted):
            yield ROLLING, cutoff, own[own.compute_flops <= cutoff], predicted
    largest = own.compute_flops.max()
    fitted, predicted = own[own.compute_flops < largest / 10], own[own.compute_flops >= largest / 2]
    if enough(fitted, budgets=has_budgets(own)):
        yield SHORT, float(fitted.compute_flops.max()), fitted, predicted


def has_budgets(series: pd.DataFrame) -> bool:
    """Whether runs share their compute, as in an isoFLOP design."""
    return len(series) >= _SHARED * series.compute_flops.nunique()


def cutoffs(series: pd.DataFrame) -> list[float]:
    """Every C₀ of a series: its budgets, or computes in steps of two down from the largest, where enough lies below."""
    budgets, computes = has_budgets(series), np.sort(series.compute_flops.unique())
    if budgets:
        asked = computes
    else:
        steps = np.arange(int(np.log(computes[-1] / computes[0]) / np.log(_STEP)) + 1)
        below = computes[-1] / BINS["2x"][0] / _STEP**steps
        asked = np.unique([computes[computes <= limit].max() for limit in below if limit >= computes[0]])
    return [float(one) for one in asked if enough(series[series.compute_flops <= one], budgets=budgets)]


def enough(fitted: pd.DataFrame, *, budgets: bool) -> bool:
    """Whether the protocol fits these runs."""
    if len(fitted) < FEWEST_RUNS or (budgets and fitted.compute_flops.nunique() < FEWEST_BUDGETS):
        return False
    wide = fitted.compute_flops.max() >= LEAST_RANGE * fitted.compute_flops.min()
    return bool(wide and fitted.n_params.nunique() >= FEWEST_SIZES)


def fit(runs: pd.DataFrame, bootstrap: int = BOOTSTRAP) -> LossLawFit:
    """The law through some runs of a series."""
    columns = (runs[name].to_numpy(float) for name in ("n_params", "n_tokens", "loss"))
    return fit_loss_law(*columns, bootstrap=bootstrap)


def _predictions(law: LossLawFit, runs: pd.DataFrame, cutoff: float) -> pd.DataFrame:
    told = law.predict(runs.n_params.to_numpy(float), runs.n_tokens.to_numpy(float))
    distance = runs.compute_flops.to_numpy() / cutoff
    made: Mapping[str, Any] = {
        "cutoff": cutoff, "distance": distance, "bin": [bin_of(one) for one in distance],
        "error": np.log(told.estimate) - np.log(runs.loss.to_numpy(float)), "sampling": told.sampling,
        "noise": told.noise, "efolds": np.log(np.maximum(told.distance, 1)),
    }  # fmt: skip
    return runs[["series", "family", "n_params", "n_tokens"]].assign(**made)


def bin_of(distance: float) -> str:
    """The name of a distance, empty beyond all of them."""
    return next((name for name, (low, high) in BINS.items() if low <= distance < high), "")
