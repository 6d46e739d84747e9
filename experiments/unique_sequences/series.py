"""The band of exponents on series of training runs: one loss law a series, and how far series and families agree.

| letter | meaning                                                        | unit |
|--------|----------------------------------------------------------------|------|
| β      | exponent of the data term of L = E + A N^-α + B D^-β           | 1    |
| γ      | exponent of distinct sequences, U ~ D^γ, 1 - 2β ≤ γ ≤ 1 - β    | 1    |
| C      | FLOP of a run, or the budget that its author gave it           | FLOP |
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm, t

from bounds.base.telling.steps import stepped
from bounds.efficiency.band import exponent_band
from bounds.fitting.loss_laws.loss_law import LossLawFit, fit_loss_law
from bounds.laws.loss_law import LossLaw
from experiments.data import get_manifest, is_here, located
from experiments.readers.runs import READERS, SERIES, read_series

BOOTSTRAP = 500
CONFIDENCE = 0.95
PAPER_BETA = 0.28
PAPER_GAMMA = 0.58
SHORT = 10
"""So many times below the largest compute ends the shorter ladder that is fitted as well."""


def load(folder: str | Path | None = None) -> pd.DataFrame:
    """The runs of every series whose data are in `folder`, one a row (`experiments.readers.runs`).

    A data set without a public address may be missing; then so are its series.
    """
    keys = [key for key in READERS if not get_manifest(key).made or is_here(key, folder)]
    return read_series({key: located(key, folder) for key in keys})


def law(runs: pd.DataFrame, *, bootstrap: int = 0, **options: Any) -> LossLawFit:
    """The law through the runs of one series; `options` are those of `bounds.fit_loss_law`."""
    columns = (runs[name].to_numpy(float) for name in ("n_params", "n_tokens", "loss"))
    return fit_loss_law(*columns, bootstrap=bootstrap, **options)


def fit(runs: pd.DataFrame, *, bootstrap: int = BOOTSTRAP, confidence: float = CONFIDENCE) -> pd.DataFrame:
    """The band of each series in `runs`, any subset of them, one row a series.

    `beta` and `middle` have the ends of an interval (``_lower``, ``_upper``, of sampling alone); `lower` and `upper`
    are the exponents at both rates, `allocation` is β/α, by which the best size grows with the tokens. `rejected` says
    that the residuals have a pattern, `refused` why there is no fit, or no interval, and is empty where there is.
    `beta_squares` is the β of least squares, `beta_short` that of the runs below a tenth of the largest compute.
    """
    rows = [
        _row(str(key), part, bootstrap, confidence)
        for key, part in stepped(runs.groupby("series", sort=False), "series", "series")
    ]
    return pd.DataFrame(rows)


def _row(key: str, runs: pd.DataFrame, bootstrap: int, confidence: float) -> dict[str, Any]:
    row: dict[str, Any] = {
        "series": key, "family": runs.family.iloc[0], "corpus": runs.corpus.iloc[0], "runs": len(runs),
        **dict.fromkeys(_NUMBERS, math.nan), "rejected": False, "refused": "",
    }  # fmt: skip
    try:
        found = law(runs, bootstrap=bootstrap)
    except ValueError as error:
        return row | {"refused": str(error)}
    row |= {"rejected": found.sampling_only, "beta": found.law.data_exponent, "alpha": found.law.param_exponent,
            "irreducible": found.law.irreducible}  # fmt: skip
    if found.no_band is not None:
        return row | {"refused": found.no_band.text}
    row |= _band(found.law.data_exponent) | {"allocation": _allocation(found.law)}
    if bootstrap:
        row |= _ends("beta", found.interval("data_exponent", confidence))
        row |= _ends("middle", found.interval_of(lambda one: 1 - 1.5 * one.data_exponent, confidence))
        row |= _ends("allocation", found.interval_of(_allocation, confidence))
        if math.isnan(row["beta_lower"]):
            row["refused"] = "the runs do not identify β, which has no interval"
    return row | {"beta_squares": _beta(runs, objective="least-squares"), "beta_short": _beta(_short(runs))}


_NUMBERS = (
    "irreducible", "alpha", "beta", "beta_lower", "beta_upper", "lower", "middle", "middle_lower", "middle_upper",
    "upper", "allocation", "allocation_lower", "allocation_upper", "beta_squares", "beta_short",
)  # fmt: skip


def _band(beta: float) -> dict[str, float]:
    """Exponents at the slow rate, which says nothing beyond β = 1/2 and is 0 there, halfway, and at the fast rate."""
    ends = exponent_band(beta)
    return {"lower": float(ends.lower), "middle": 1 - 1.5 * beta, "upper": float(ends.upper)}


def _allocation(one: LossLaw) -> Any:
    """β/α: the best size for a compute budget grows as this power of the best number of tokens."""
    return one.data_exponent / one.param_exponent


def _ends(name: str, interval: Any) -> dict[str, float]:
    low, high = (math.nan, math.nan) if interval is None else interval
    return {f"{name}_lower": float(low), f"{name}_upper": float(high)}


def _short(runs: pd.DataFrame) -> pd.DataFrame:
    return runs[runs.compute_flops < runs.compute_flops.max() / SHORT]


def _beta(runs: pd.DataFrame, **options: Any) -> float:
    """The β of a fit; NaN where the law cannot be fitted."""
    try:
        return law(runs, **options).law.data_exponent
    except ValueError:
        return math.nan


@dataclass(frozen=True)
class Spread:
    """How the series that have an interval agree on the middle exponent, and on the β that sets it.

    `holding` are those whose interval holds 0.58, `holding_wide` those where it does once β may also move as it does
    between a ladder of runs and its lower part. `families` are their mean middles; a new family's would lie within
    `new_family` with the confidence of the intervals, if families are draws from one normal law. `between` is the part
    of the variance of β over series that lies between families.
    """

    n_series: int
    low: float
    high: float
    holding: tuple[str, ...]
    holding_wide: tuple[str, ...]
    families: Mapping[str, float]
    mean: float
    new_family: tuple[float, float]
    between: float
    moved: float
    held_short: int
    n_short: int


def spread(bands: pd.DataFrame, *, value: float = PAPER_GAMMA, confidence: float = CONFIDENCE) -> Spread:
    """How the rows of `fit` agree, and with the exponent `value`.

    `moved` is the root mean square by which β moves between all runs and those below a tenth of the largest compute,
    `held_short` of `n_short` the series whose interval holds that second β. For `holding_wide` it is added to each
    interval, as the standard deviation of an error of its own.
    """
    known = bands[bands.refused == ""]
    if known.empty:
        raise ValueError("bands holds no series with an interval")
    inside = (known.middle_lower <= value) & (value <= known.middle_upper)
    families = known.groupby("family", sort=False).middle.mean()
    n, mean = len(families), float(families.mean())
    half = t.ppf((1 + confidence) / 2, n - 1) * families.std(ddof=1) * math.sqrt(1 + 1 / n) if n > 1 else math.inf
    short = known[known.beta_short.notna()]
    held = (short.beta_lower <= short.beta_short) & (short.beta_short <= short.beta_upper)
    moved = float(np.sqrt(np.mean((short.beta - short.beta_short) ** 2)))
    further = 1.5 * norm.ppf((1 + confidence) / 2) * moved
    wide = (known.middle - np.hypot(known.middle - known.middle_lower, further) <= value) & (
        value <= known.middle + np.hypot(known.middle_upper - known.middle, further)
    )
    return Spread(
        len(known), float(known.middle.min()), float(known.middle.max()), tuple(known.series[inside]),
        tuple(known.series[wide]),
        families.to_dict(), mean, (mean - float(half), mean + float(half)), _between(known.beta, known.family),
        moved, int(held.sum()), len(short),
    )  # fmt: skip


def _between(values: pd.Series, groups: pd.Series) -> float:
    """Share of the sum of squares of `values` that lies between `groups`; NaN where there is no spread at all."""
    whole = float(((values - values.mean()) ** 2).sum())
    return float(((values.groupby(groups).transform("mean") - values.mean()) ** 2).sum()) / whole if whole else math.nan


def named(keys: Iterable[str]) -> list[str]:
    """Series as a reader knows them: family and corpus."""
    return [f"{SERIES[key].family}, {SERIES[key].corpus}" if key in SERIES else key for key in keys]
