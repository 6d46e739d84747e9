"""What models of different sizes do at the same perplexity: their means side by side, and whether size still tells.

A checkpoint counts at the nearest of the perplexities P asked for, if ln perplexity lies within `window` of ln P. There

    accuracy = mean of the size + slope * ln(perplexity / P) + scatter,

one slope for all sizes, is fitted by least squares, so that sizes are compared at P itself. Over the whole range a
cubic spline in ln perplexity takes the place of the slopes, and each size has one offset from it (`size_effect`). The
scatter of checkpoints is taken for independent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special
from scipy.interpolate import BSpline

PERPLEXITIES = (8.0, 8.7, 9.4, 10.2, 11.0, 12.0, 13.0, 14.0, 15.2, 16.5)
"""About 8 % apart, over what two or more sizes of OPT reach."""
WINDOW = 0.04
"""Half of that, in the logarithm."""
KNOTS = 4
"""Inner knots of the common curve."""

ACCURACY, SMOOTHED = "accuracy_measured_pct", "accuracy_pct"
"""Columns of accuracy: of each checkpoint, and, where a table has no other, of a moving average."""


def matched_accuracy(
    table: pd.DataFrame,
    perplexities: float | Iterable[float] = PERPLEXITIES,
    *,
    window: float = WINDOW,
    accuracy: str | None = None,
) -> pd.DataFrame:
    """Accuracy of each size at each perplexity, with its standard error from the scatter of all checkpoints used.

    `table` has a checkpoint a row: size, valid_ppl and the column `accuracy` (without one: accuracy_measured_pct, and
    where that is missing accuracy_pct); each task_group, if there is such a column, stands for itself. The result has
    a row for each perplexity and each size that has checkpoints there: valid_ppl, size, n_checkpoints, accuracy_pct,
    standard_error (not a number where nothing is left to estimate the scatter from), and the task_group first.
    ValueError where columns are missing or a perplexity is not above 0.
    """
    at = np.unique(np.array(list(perplexities) if isinstance(perplexities, Iterable) else [perplexities], float))
    if not len(at) or not np.all(at > 0) or not np.all(np.isfinite(at)):
        raise ValueError(f"perplexities must be one or more numbers above 0, got {at.tolist()}")
    if not window > 0:
        raise ValueError(f"window must be above 0, got {window}")
    if "task_group" not in table.columns:
        return _matched(table, at, window, accuracy)
    parts = []
    for group, part in table.groupby("task_group", sort=False):
        found = _matched(part, at, window, accuracy)
        found.insert(0, "task_group", group)
        parts.append(found)
    return pd.concat(parts, ignore_index=True) if parts else _matched(table, at, window, accuracy)


def _matched(table: pd.DataFrame, at: np.ndarray, window: float, accuracy: str | None) -> pd.DataFrame:
    """The result for one group of tasks."""
    x, y, sizes = _columns(table, accuracy)
    nearest = np.abs(x[:, None] - np.log(at)).argmin(axis=1)
    away = x - np.log(at[nearest])
    rows, left, dof = [], 0.0, 0
    for i, perplexity in enumerate(at):
        here = (nearest == i) & (np.abs(away) <= window)
        if not here.any():
            continue
        present = list(dict.fromkeys(sizes[here]))
        columns = [(sizes[here] == size).astype(float) for size in present]
        # One checkpoint a size, or all at one perplexity: there is no slope to take off.
        slope = _slope(np.column_stack(columns), away[here])
        design = np.column_stack([*columns, *slope])
        means, squares = _least_squares(design, y[here])
        left, dof = left + squares, dof + int(here.sum()) - design.shape[1]
        spread = np.sqrt(np.diag(np.linalg.inv(design.T @ design)))
        rows += [
            {"valid_ppl": perplexity, "size": size, "n_checkpoints": int(column.sum()), "accuracy_pct": mean,
             "standard_error": error}
            for size, column, mean, error in zip(present, columns, means, spread, strict=False)
        ]  # fmt: skip
    names = ["valid_ppl", "size", "n_checkpoints", "accuracy_pct", "standard_error"]
    found = pd.DataFrame(rows, columns=names)
    found["standard_error"] *= np.sqrt(left / dof) if dof > 0 else np.nan
    return found


def _slope(groups: np.ndarray, away: np.ndarray) -> list[np.ndarray]:
    """The column of the common slope, where within some group there is something to tell it from."""
    within = away - groups @ ((groups.T @ away) / groups.sum(axis=0))
    return [away] if np.abs(within).max() > 1e-9 else []


@dataclass(frozen=True)
class SizeEffect:
    """Whether sizes differ at the same perplexity: an F test of their offsets from one curve in ln perplexity.

    `explained` are parts of the variance of accuracy: by perplexity, by size, and by both. `offsets` are in the unit of
    the accuracy, their mean over checkpoints is 0; `scatter` is the standard deviation of a checkpoint about its curve.
    """

    f: float
    dof: tuple[int, int]
    p: float
    explained: Mapping[str, float]
    offsets: Mapping[str, float]
    scatter: float


def size_effect(table: pd.DataFrame, *, knots: int = KNOTS, accuracy: str | None = None) -> SizeEffect:
    """The test over all checkpoints of `table` (`matched_accuracy` says what it holds).

    ValueError where there are not two sizes, too few checkpoints for the curve and the offsets, or several groups of
    tasks.
    """
    if "task_group" in table.columns and table.task_group.nunique() > 1:
        raise ValueError("the table mixes several groups of tasks; pass the rows of one task_group")
    x, y, sizes = _columns(table, accuracy)
    present = list(dict.fromkeys(sizes))
    offsets = np.column_stack([sizes == size for size in present]).astype(float)
    # Of a curve through few places no more can be asked than there are.
    curve = _spline(x, min(knots, max(len(np.unique(x)) - 4, 0)))
    both = np.column_stack([curve, offsets[:, 1:]])
    n_both = int(np.linalg.matrix_rank(both))
    dof = n_both - int(np.linalg.matrix_rank(curve)), len(y) - n_both
    if len(present) < 2 or min(dof) < 1:
        raise ValueError(
            f"{len(y)} checkpoints of {len(present)} sizes cannot tell size from perplexity; pass more of them, of two "
            "sizes at least"
        )
    total = float(((y - y.mean()) ** 2).sum())
    left = {name: _least_squares(design, y)[1] for name, design in
            (("perplexity", curve), ("size", offsets), ("both", both))}  # fmt: skip
    f = (left["perplexity"] - left["both"]) / dof[0] / (left["both"] / dof[1])
    of_size = np.append(0.0, _least_squares(both, y)[0][curve.shape[1] :])
    of_size -= (offsets @ of_size).mean()
    return SizeEffect(
        float(f), dof, float(special.fdtrc(*dof, f)), {name: 1 - one / total for name, one in left.items()},
        dict(zip(present, map(float, of_size), strict=True)), float(np.sqrt(left["both"] / dof[1])),
    )  # fmt: skip


def _columns(table: pd.DataFrame, accuracy: str | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """ln perplexity, accuracy and size of each checkpoint."""
    column = accuracy or (ACCURACY if ACCURACY in table.columns else SMOOTHED)
    if missing := [name for name in ("size", "valid_ppl", column) if name not in table.columns]:
        raise ValueError(f"the table has no column {missing[0]!r}; it needs size, valid_ppl and {accuracy or ACCURACY}")
    if not len(table):
        raise ValueError("the table holds no checkpoint; pass one or more")
    ppl, y = table.valid_ppl.to_numpy(float), table[column].to_numpy(float)
    if not (np.all(ppl > 0) and np.all(np.isfinite(ppl)) and np.all(np.isfinite(y))):
        raise ValueError("perplexities must be above 0 and accuracies finite; leave other rows out")
    return np.log(ppl), y, table["size"].to_numpy()


def _least_squares(design: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, float]:
    """Coefficients, and the sum of squares that they leave."""
    found, *_ = np.linalg.lstsq(design, y, rcond=None)
    return found, float(((y - design @ found) ** 2).sum())


def _spline(x: np.ndarray, knots: int) -> np.ndarray:
    """A basis of cubic splines with as many inner knots, at quantiles of `x`."""
    at = np.quantile(x, np.linspace(0, 1, knots + 2))
    if at[0] == at[-1]:
        return np.ones((len(x), 1))
    places = np.concatenate([np.repeat(at[0], 3), at, np.repeat(at[-1], 3)])
    return BSpline.design_matrix(x, places, 3).toarray()
