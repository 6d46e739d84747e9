"""How well one number predicts how models behave: by rank, by any rising curve, by an exponential link.

| measure       | of a predictor x and an outcome y                                                                    |
|---------------|------------------------------------------------------------------------------------------------------|
| Spearman      | correlation of their ranks; its range leaving out one group at a time                                |
| isotonic      | the rising curve nearest to y (least squares); beyond the x it has seen it stays at its ends         |
| exponential   | y = a + b (1 - exp(-g x)) / g with b >= 0; of error on loss it is the link of Gadre et al. 2024      |

Both curves are fitted to all models, for the part of the variance they explain, and again without each group (a size of
model), for the error on the group that was left out. A curve from other sizes is what a predictor that makes size
indifferent must allow.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from scipy.optimize import isotonic_regression, minimize_scalar

Curve = Callable[[np.ndarray], np.ndarray]

PREDICTORS = {"perplexity": "-log_ppl", "compute": "log_flops", "size": "log_params"}
"""Of each, more means better: less of the loss, more of the others."""

STEEPEST = 8.0
"""Largest bend of the exponential link, over the range of the predictor."""


def fit_isotonic(x: np.ndarray, y: np.ndarray) -> Curve:
    """The rising curve nearest to `y`; between places it is straight, beyond them it stays where it ends."""
    places, at = np.unique(x, return_inverse=True)
    weights = np.bincount(at).astype(float)
    heights = isotonic_regression(np.bincount(at, y) / weights, weights=weights).x
    return lambda new: np.interp(new, places, heights)


def fit_exponential(x: np.ndarray, y: np.ndarray) -> Curve:
    """The link y = a + b (1 - exp(-g z)) / g, z being x from 0 to 1 over its range; g = 0 is a straight line."""
    low, reach = float(x.min()), float(np.ptp(x)) or 1.0

    def bent(new: np.ndarray, g: float) -> np.ndarray:
        z = (new - low) / reach
        return z if abs(g) < 1e-6 else -np.expm1(-g * z) / g

    def solved(g: float) -> tuple[float, float, float]:
        column = bent(x, g)
        centred = column - column.mean()
        spread = float(centred @ centred)
        b = max(float(centred @ y) / spread, 0.0) if spread > 0 else 0.0
        a = float(y.mean() - b * column.mean())
        return float(((y - a - b * column) ** 2).sum()), a, b

    grid = np.linspace(-STEEPEST, STEEPEST, 33)
    best = grid[int(np.argmin([solved(g)[0] for g in grid]))]
    step = grid[1] - grid[0]
    ends = max(best - step, -STEEPEST), min(best + step, STEEPEST)
    g = float(minimize_scalar(lambda one: solved(one)[0], bounds=ends, method="bounded").x)
    _, a, b = solved(g)
    return lambda new: a + b * bent(np.asarray(new, float), g)


CURVES: Mapping[str, Callable[[np.ndarray, np.ndarray], Curve]] = {
    "isotonic": fit_isotonic, "exponential": fit_exponential,
}  # fmt: skip


def compare_predictors(
    table: pd.DataFrame, outcome: str, predictors: Mapping[str, str], *, group: str = "size"
) -> pd.DataFrame:
    """Every predictor of `outcome` measured: a row a predictor, in the order given.

    `predictors` maps a name to a column of `table` of which more means a higher outcome; a minus before the column
    turns it round. Columns: predictor, n, spearman, spearman_low, spearman_high (leaving out a group), and for each
    curve ``_r2`` and ``_left_out`` (root mean square error on groups left out, in the unit of the outcome; not a number
    where there is one group). ValueError where a column is missing or fewer than three rows are given.
    """
    columns = [name.removeprefix("-") for name in predictors.values()]
    if missing := [name for name in (outcome, group, *columns) if name not in table.columns]:
        raise ValueError(f"the table has no column {missing[0]!r}; it has {', '.join(map(str, table.columns))}")
    if len(table) < 3:
        raise ValueError(f"a predictor cannot be judged by {len(table)} models; pass three or more")
    y, groups = table[outcome].to_numpy(float), table[group].to_numpy()
    parts = [groups == one for one in dict.fromkeys(groups)]
    total = float(((y - y.mean()) ** 2).sum())
    rows = []
    for name, column in predictors.items():
        x = table[column.removeprefix("-")].to_numpy(float) * (-1 if column.startswith("-") else 1)
        row: dict[str, object] = {"predictor": name, "n": len(y), "spearman": spearman(x, y)}
        without = [spearman(x[~part], y[~part]) for part in parts] if len(parts) > 1 else [np.nan]
        row |= {"spearman_low": min(without), "spearman_high": max(without)}
        for curve, fit in CURVES.items():
            row[f"{curve}_r2"] = 1 - float(((y - fit(x, y)(x)) ** 2).sum()) / total if total > 0 else np.nan
            row[f"{curve}_left_out"] = _left_out(fit, x, y, parts)
        rows.append(row)
    return pd.DataFrame(rows)


def spearman(x: np.ndarray, y: np.ndarray) -> float:
    """Correlation of ranks, ties at their mean rank; not a number where either does not vary."""
    ranks = pd.DataFrame({"x": x, "y": y}).rank().to_numpy()
    centred = ranks - ranks.mean(axis=0)
    lengths = np.sqrt((centred**2).sum(axis=0))
    return float(centred[:, 0] @ centred[:, 1] / lengths.prod()) if lengths.all() else float("nan")


def _left_out(
    fit: Callable[[np.ndarray, np.ndarray], Curve], x: np.ndarray, y: np.ndarray, parts: list[np.ndarray]
) -> float:
    """Error on each part of what the curve through the others says."""
    if len(parts) < 2:
        return float("nan")
    squares = sum(float(((y[part] - fit(x[~part], y[~part])(x[part])) ** 2).sum()) for part in parts)
    return float(np.sqrt(squares / len(y)))
