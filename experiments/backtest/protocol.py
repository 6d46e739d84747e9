"""What a law fitted to the cheaper runs of a series predicts of the dearer ones, run by run.

| letter | meaning                                                                 | unit |
|--------|-------------------------------------------------------------------------|------|
| C      | FLOP of a run: the nominal budget where runs share one, 6 N D otherwise | FLOP |
| C₀     | cut-off: the largest C among the runs that are fitted                   | FLOP |
| e      | ln predicted loss - ln loss                                             | 1    |

The protocol is frozen. *Rolling*: the law is fitted to all runs up to C₀, for every C₀ that leaves enough of them, and
predicts every run above 1.5 C₀, by its distance C/C₀ (`BINS`). *Short* is one cut-off a series: fitted are the runs
below a tenth of the largest C, predicted those from half of it on. Runs of one budget are never parted. Where rows
share a run, as checkpoints do (column ``run``), a run is fitted with all its rows or not at all: its dearest row says
where it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bounds.base.one_number import number
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
FEWEST_A_BUDGET = 3
"""Runs a budget, at the least, on average, where a series has budgets."""
COLUMNS = (
    "protocol", "series", "family", "cutoff", "n_fitted", "n_params", "n_tokens", "compute_flops", "loss", "predicted",
    "distance", "bin", "error", "sampling", "noise", "efolds",
)  # fmt: skip
_LABELS = ("run", "line")
"""Columns that a series may have beside its numbers: the run that a row belongs to, and its line in a file."""


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


def backtest(
    runs: pd.DataFrame, *, bootstrap: int = BOOTSTRAP, progress: Callable[[str], None] = lambda told: None
) -> tuple[pd.DataFrame, list[str]]:
    """Every prediction of the protocol on `runs`, a predicted run a row (`COLUMNS`), and what could not be fitted.

    `runs` has the columns of `experiments.readers.runs`; ``far``, where it is there, marks runs that are not fitted,
    ``run`` the rows of one run. `n_fitted` counts runs, `error` is ln `predicted` - ln `loss`, `sampling` and `noise`
    are the parts of the standard deviation of ln L, `efolds` is ln of the distance.
    """
    laws, refused = fitted(runs, bootstrap=bootstrap, progress=progress)
    return predictions(laws), refused


def fitted(
    runs: pd.DataFrame, *, bootstrap: int = BOOTSTRAP, progress: Callable[[str], None] = lambda told: None,
    protocols: Container[str] = (ROLLING, SHORT),
) -> tuple[list[Fitted], list[str]]:  # fmt: skip
    """Every law that the `protocols` fit to `runs`, as `backtest` takes them, and what could not be fitted."""
    laws, refused = [], []
    for key, series in runs.groupby("series", sort=False):
        progress(str(key))
        own = fittable(series)
        for protocol, cutoff, cheaper, predicted in splits(series):
            if protocol not in protocols:
                continue
            try:
                laws.append(Fitted(protocol, cutoff, own, cheaper, predicted, fit(cheaper, bootstrap)))
            except ValueError as error:
                refused.append(f"{key}, fitted up to {number(cutoff)} FLOP: {error}")
    return laws, refused


def predictions(laws: Iterable[Fitted]) -> pd.DataFrame:
    """What each law predicts of the dearer runs, a run a row (`COLUMNS`)."""
    parts = [
        _predictions(one.law, one.predicted, one.cutoff).assign(protocol=one.protocol, n_fitted=one.law.n_groups)
        for one in laws
    ]
    if not parts:
        return pd.DataFrame(columns=list(COLUMNS))
    found = pd.concat(parts, ignore_index=True)
    return found[[*COLUMNS, *(name for name in _LABELS if name in found)]]


def fittable(series: pd.DataFrame) -> pd.DataFrame:
    """The runs of a series that may be fitted."""
    return series[~series.far] if "far" in series else series


def splits(series: pd.DataFrame) -> Iterator[tuple[str, float, pd.DataFrame, pd.DataFrame]]:
    """Protocol, cut-off, fitted and predicted runs of each fit of a series."""
    own = fittable(series)
    ends = final_flops(own)
    for cutoff in cutoffs(own):
        predicted = series[series.compute_flops > BINS["2x"][0] * cutoff]
        if len(predicted):
            yield ROLLING, cutoff, own[ends <= cutoff], predicted
    largest = own.compute_flops.max()
    fitted, predicted = own[ends < largest / 10], own[own.compute_flops >= largest / 2]
    if enough(fitted, budgets=has_budgets(own)):
        yield SHORT, float(fitted.compute_flops.max()), fitted, predicted


def final_flops(series: pd.DataFrame) -> pd.Series:
    """The FLOP at the end of the run that each row belongs to: its own, where rows are runs."""
    if "run" not in series:
        return series.compute_flops
    return series.groupby("run", sort=False).compute_flops.transform("max")


def ended(series: pd.DataFrame) -> pd.DataFrame:
    """A row for each run, the one at its end."""
    if "run" not in series:
        return series
    return series.loc[series.groupby("run", sort=False).compute_flops.idxmax()]


def has_budgets(series: pd.DataFrame) -> bool:
    """Whether runs share their compute, as in an isoFLOP design."""
    runs = ended(series)
    return len(runs) >= FEWEST_A_BUDGET * runs.compute_flops.nunique()


def cutoffs(series: pd.DataFrame) -> list[float]:
    """Every C₀ of a series: its budgets, or computes in steps of two down from the largest, where enough lies below."""
    budgets, ends = has_budgets(series), final_flops(series)
    computes = np.sort(ends.unique())
    if budgets:
        asked = computes
    else:
        steps = np.arange(int(np.log(computes[-1] / computes[0]) / np.log(_STEP)) + 1)
        below = computes[-1] / BINS["2x"][0] / _STEP**steps
        asked = np.unique([computes[computes <= limit].max() for limit in below if limit >= computes[0]])
    return [float(one) for one in asked if enough(series[ends <= one], budgets=budgets)]


def enough(fitted: pd.DataFrame, *, budgets: bool) -> bool:
    """Whether the protocol fits these runs."""
    runs = ended(fitted)
    if len(runs) < FEWEST_RUNS or (budgets and runs.compute_flops.nunique() < FEWEST_BUDGETS):
        return False
    wide = fitted.compute_flops.max() >= LEAST_RANGE * fitted.compute_flops.min()
    return bool(wide and fitted.n_params.nunique() >= FEWEST_SIZES)


def fit(runs: pd.DataFrame, bootstrap: int = BOOTSTRAP) -> LossLawFit:
    """The law through some runs of a series."""
    columns = (runs[name].to_numpy(float) for name in ("n_params", "n_tokens", "loss"))
    return fit_loss_law(*columns, bootstrap=bootstrap, runs=list(runs["run"]) if "run" in runs else None)


def _predictions(law: LossLawFit, runs: pd.DataFrame, cutoff: float) -> pd.DataFrame:
    told = law.predict(runs.n_params.to_numpy(float), runs.n_tokens.to_numpy(float))
    distance = runs.compute_flops.to_numpy() / cutoff
    made: Mapping[str, Any] = {
        "cutoff": cutoff, "distance": distance, "bin": [bin_of(one) for one in distance], "predicted": told.estimate,
        "error": np.log(told.estimate) - np.log(runs.loss.to_numpy(float)), "sampling": told.sampling,
        "noise": told.noise, "efolds": np.log(np.maximum(told.distance, 1)),
    }  # fmt: skip
    known = ["series", "family", "n_params", "n_tokens", "compute_flops", "loss"]
    return runs[[*known, *(name for name in _LABELS if name in runs)]].assign(**made)


def bin_of(distance: float) -> str:
    """The name of a distance, empty beyond all of them."""
    return next((name for name, (low, high) in BINS.items() if low <= distance < high), "")
