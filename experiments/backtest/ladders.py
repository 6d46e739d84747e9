"""Errors that the runs of one ladder share, and intervals that hold all of them at once.

| letter | meaning                                                                             | unit |
|--------|-------------------------------------------------------------------------------------|------|
| u      | error of a predicted run in standard deviations of its interval                     | 1    |
| ρ      | share of the second moment of u that the runs of a ladder have in common            | 1    |
| m      | runs of a ladder at one distance                                                    | –    |
| q      | standard deviations to each side that hold all m                                    | 1    |

A ladder is what one fit predicts at one distance. ρ = mean u_i u_j over pairs i ≠ j of a ladder, over mean u²: 0 where
runs err on their own, 1 where the whole ladder is off by one amount. Where errors are normal and equally correlated,
all m lie within ±q with probability ∫ φ(z) (Φ((q - √ρ z)/√(1-ρ)) - Φ((-q - √ρ z)/√(1-ρ)))^m dz.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import ndtr

from experiments.backtest.protocol import BINS, ROLLING
from experiments.backtest.recipes import LEVELS, Floats, Recipe, quantile

_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(200)


def shared(table: pd.DataFrame, u: Floats) -> float:
    """ρ of the rows of `table`, whose standardised errors are `u`: over ladders, then cut-offs, then series."""
    own = table.assign(u=u, square=u**2).groupby(["series", "cutoff", "bin"], sort=False)
    sums = own.agg(total=("u", "sum"), squares=("square", "sum"), runs=("u", "size"))
    sums = sums[sums.runs > 1]
    if sums.empty:
        raise ValueError("no ladder has two predicted runs at one distance, so that nothing says what they share")
    pairs = (sums.total**2 - sums.squares) / (sums.runs * (sums.runs - 1))
    means = [(part.groupby(level=["series", "cutoff"]).mean().groupby(level="series").mean()).mean()
             for part in (pairs, sums.squares / sums.runs)]  # fmt: skip
    return float(np.clip(means[0] / means[1], 0, 1))


@cache
def joint_quantile(level: float, runs: int, rho: float) -> float:
    """q: standard deviations to each side that hold all of `runs` normal errors of correlation `rho` at `level`."""
    if runs == 1 or rho >= 1:
        return quantile(level)
    common, own = math.sqrt(rho) * _NODES, math.sqrt(1 - rho)

    def missed(q: float) -> float:
        inside = (ndtr((q - common) / own) - ndtr((-q - common) / own)) ** runs
        return float(_WEIGHTS @ inside / _WEIGHTS.sum()) - level

    return float(brentq(missed, quantile(level), quantile(1 - (1 - level) / runs) + 1))


def ladders(predictions: pd.DataFrame, recipe: Recipe) -> pd.DataFrame:
    """A row for each distance of the rolling protocol: ρ, and ladders of two and more runs that lie wholly inside.

    ``marginal`` is the share of them inside intervals of one run at 95 %, ``joint`` inside those that are to hold all
    runs at once, with the ρ that was learnt at all distances from the other families; ``times`` is the median of how
    much wider these are. Each series weighs the same.
    """
    rolling = predictions[(predictions.protocol == ROLLING) & (predictions.bin != "")]
    rolling = rolling.assign(u=rolling.error.to_numpy(float) / recipe.deviation(rolling))
    elsewhere = {one: shared(*_with_u(rolling[rolling.family != one])) for one in rolling.family.unique()}
    rows = []
    for name in BINS:
        part = rolling[rolling.bin == name]
        if part.empty:
            continue
        rows.append({"distance": name, "rho": shared(*_with_u(part))} | _inside(part, elsewhere))
    return pd.DataFrame(rows)


def _with_u(part: pd.DataFrame) -> tuple[pd.DataFrame, Floats]:
    return part, part.u.to_numpy(float)


def _inside(part: pd.DataFrame, rho: dict[str, float]) -> dict[str, Any]:
    worst = part.assign(size=part.u.abs()).groupby(["series", "cutoff"], sort=False).agg(
        worst=("size", "max"), runs=("size", "size"), family=("family", "first")
    )  # fmt: skip
    worst = worst[worst.runs > 1]
    level = LEVELS[-1]
    q = np.array([joint_quantile(level, int(one.runs), round(rho[one.family], 3)) for one in worst.itertuples()])
    held = worst.assign(marginal=worst.worst <= quantile(level), joint=worst.worst <= q)
    by_series = held.groupby(level="series")[["marginal", "joint"]].mean()
    return {
        "n_ladders": len(worst), "n_series": len(by_series), "runs": float(worst.runs.median()),
        "marginal": float(by_series.marginal.mean()), "joint": float(by_series.joint.mean()),
        "times": float(np.median(q)) / quantile(level),
    }  # fmt: skip
