"""Recipes for an interval about a predicted loss, and how each did: bias, RMS error, coverage, width.

| letter | meaning                                                                          | unit |
|--------|----------------------------------------------------------------------------------|------|
| e      | ln predicted loss - ln loss                                                      | 1    |
| b, s   | parts of the standard deviation of ln L: bootstrap, residuals                    | 1    |
| τ      | lack of fit for each e-fold of compute beyond the fitted runs                    | 1    |
| w      | weight of a predicted run                                                        | 1    |

A mean is over the runs of a cut-off, then over the cut-offs of a series, then over series: each series weighs the same,
whatever its number of runs. Where τ is learnt, it is the one of least interval score (Gneiting & Raftery 2007, equation
43), summed over the three levels, on the rolling predictions of other series alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri

from bounds.fitting.loss_laws.prediction import LACK_OF_FIT
from experiments.backtest.protocol import BINS, ROLLING

Floats = NDArray[np.float64]

LEVELS = (0.5, 0.8, 0.95)
TAUS = np.arange(0, 0.0601, 0.0005)
"""Among which τ is learnt."""


@dataclass(frozen=True)
class Recipe:
    """An interval about the predicted loss: which parts its variance has, and where τ comes from.

    `learnt` is the column (``series``, ``family``) whose own predictions take no part in learning τ; empty where τ is
    `tau` for all.
    """

    name: str
    noise: bool = False
    tau: float = 0.0
    learnt: str = ""

    def deviation(self, predictions: pd.DataFrame) -> Floats:
        """Standard deviation of ln L of each row."""
        tau = without_own(predictions, self.learnt) if self.learnt else np.full(len(predictions), self.tau)
        return _deviation(predictions, tau, noise=self.noise)


RECIPES = (
    Recipe("bootstrap"),
    Recipe("bootstrap and noise", noise=True),
    Recipe("ours", noise=True, tau=LACK_OF_FIT),
    Recipe("τ without the series", noise=True, learnt="series"),
    Recipe("τ without the family", noise=True, learnt="family"),
)
"""All about the law alone, which has no interval."""


def _deviation(predictions: pd.DataFrame, tau: Floats | float, *, noise: bool) -> Floats:
    lack = tau * predictions.efolds.to_numpy(float)
    variance = predictions.sampling.to_numpy(float) ** 2 + lack**2
    return np.sqrt(variance + predictions.noise.to_numpy(float) ** 2 if noise else variance)


def weights(predictions: pd.DataFrame) -> Floats:
    """w of each row, with sum 1: equal over series, then over the cut-offs of each, then over the runs of those."""
    by_cutoff = predictions.groupby(["series", "cutoff"])["error"].transform("size")
    cutoffs = predictions.groupby("series")["cutoff"].transform("nunique")
    return 1 / (by_cutoff * cutoffs * predictions.series.nunique()).to_numpy(float)


def quantile(level: float) -> float:
    """Standard deviations to each side of a normal interval."""
    return float(ndtri((1 + level) / 2))


def interval_score(error: Floats, deviation: Floats) -> Floats:
    """Of each row, summed over `LEVELS`: width, and 2/α times the distance by which the interval was missed."""
    total = np.zeros(np.broadcast_shapes(error.shape, deviation.shape))
    for level in LEVELS:
        half = quantile(level) * deviation
        total += 2 * half + 2 / (1 - level) * np.maximum(np.abs(error) - half, 0)
    return total


def learn_tau(predictions: pd.DataFrame) -> float:
    """τ of least interval score over the rolling predictions, each distance and each series weighing the same."""
    rolling = predictions[(predictions.protocol == ROLLING) & (predictions.bin != "")]
    if rolling.empty:
        raise ValueError("predictions holds none at the distances of the protocol, so that nothing can be learnt")
    total = np.zeros(len(TAUS))
    for _, part in rolling.groupby("bin"):
        w, error = weights(part), part.error.to_numpy(float)
        for place, tau in enumerate(TAUS):
            total[place] += w @ interval_score(error, _deviation(part, float(tau), noise=True))
    return float(TAUS[np.argmin(total)])


def learnt_elsewhere(predictions: pd.DataFrame, column: str) -> dict[str, float]:
    """τ for each value of `column` (``series`` or ``family``), learnt from the others."""
    own = list(predictions[column].unique())
    return {one: learn_tau(predictions[predictions[column] != one]) for one in own} if len(own) > 1 else {}


def without_own(predictions: pd.DataFrame, column: str) -> Floats:
    """τ of each row, learnt without its own series or family; NaN where there is no other."""
    known = learnt_elsewhere(predictions, column)
    return np.array([known.get(one, math.nan) for one in predictions[column]])


def errors(predictions: pd.DataFrame) -> dict[str, float]:
    """Of the law alone: bias and RMS of e, and the share of runs predicted too high."""
    w, error = weights(predictions), predictions.error.to_numpy(float)
    return {
        "n_series": predictions.series.nunique(), "predictions": len(predictions), "bias": float(w @ error),
        "rms": math.sqrt(w @ error**2), "too_high": float(w @ (error > 0)),
    }  # fmt: skip


def coverage(predictions: pd.DataFrame, deviation: Floats) -> dict[str, float]:
    """Share of runs inside the interval at each of `LEVELS`; at the last, of ladders that are wholly inside, and width.

    A ladder is what one fit predicts; the width is the median, as a share of the loss.
    """
    w, error = weights(predictions), np.abs(predictions.error.to_numpy(float))
    held = {f"covered_{100 * level:g}": float(w @ (error <= quantile(level) * deviation)) for level in LEVELS}
    inside = predictions.assign(inside=error <= quantile(LEVELS[-1]) * deviation)
    ladders = inside.groupby(["series", "cutoff"]).inside.all().groupby("series").mean()
    width = weighted_median(2 * np.sinh(quantile(LEVELS[-1]) * deviation), w)
    return held | {"whole": float(ladders.mean()), "width": width}


def weighted_median(values: Floats, w: Floats) -> float:
    """The least value below or at which half of the weight lies."""
    order = np.argsort(values)
    return float(values[order][np.searchsorted(np.cumsum(w[order]), w.sum() / 2)])


def by_series(predictions: pd.DataFrame, recipe: Recipe, distance: str) -> pd.DataFrame:
    """A row for each series at one distance of the rolling protocol: errors of the law and what the interval did."""
    rolling = predictions[(predictions.protocol == ROLLING) & (predictions.bin == distance)]
    deviation = pd.Series(recipe.deviation(rolling), index=rolling.index)
    rows = [
        {"series": key, "family": part.family.iloc[0], "cutoffs": part.cutoff.nunique(), **errors(part),
         **coverage(part, deviation[part.index].to_numpy())}
        for key, part in rolling.groupby("series", sort=False)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def scores(predictions: pd.DataFrame, recipes: Iterable[Recipe] = RECIPES) -> pd.DataFrame:
    """A row for each recipe and distance of the rolling protocol: errors of the law and what the interval did.

    τ is learnt anew where a recipe says so, which needs the predictions of several series.
    """
    rolling = predictions[predictions.protocol == ROLLING]
    rows = []
    for recipe in recipes:
        deviation = pd.Series(recipe.deviation(rolling), index=rolling.index)
        for name in BINS:
            part = rolling[rolling.bin == name]
            if len(part):
                found = errors(part) | coverage(part, deviation[part.index].to_numpy())
                rows.append({"recipe": recipe.name, "distance": name, **found})
    return pd.DataFrame(rows)
