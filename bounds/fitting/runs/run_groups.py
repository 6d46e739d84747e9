"""Which rows of a table belong to one run, and how runs rather than rows are drawn again.

Rows of one training run, such as its checkpoints, share the luck of that run: its data order, its initialisation, its
learning rate. Drawn again as if each were a run of its own they look like more evidence than they are. A resample
therefore draws whole runs with replacement (the cluster bootstrap; Cameron, Gelbach & Miller 2008).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bounds.base.notes import SUSPECT, Note
from bounds.base.pointwise import shown
from bounds.fitting.loss_laws.regression import Runs, residuals

Floats = NDArray[np.float64]

_LADDER = 5
"""Fewest values of D under one N that can be a ladder of checkpoints."""
_LONG_LADDER = 8
"""From here on even doubling values of D look like checkpoints rather than a grid that somebody planned."""
_DENSE = 1.9
"""A median step of D below this factor is finer than the doublings of a planned grid."""
_SAME = 1e-9
"""Logarithms of N closer than this are equal up to rounding."""


def run_labels(runs: Any, n_rows: int) -> NDArray[np.int64] | None:
    """A number for each row, equal where the labels in `runs` are; None without labels.

    Raises ValueError unless there is one label a row that can be compared.
    """
    if runs is None:
        return None
    try:
        labels = runs.tolist() if hasattr(runs, "tolist") else list(runs) if not isinstance(runs, str | bytes) else None
    except TypeError:
        labels = None
    if not isinstance(labels, list):
        raise ValueError(f"runs must be one label a row, such as the name of its run, got {shown(runs)}")
    if len(labels) != n_rows:
        raise ValueError(f"runs must be one label a row, got {len(labels)} for {n_rows} rows")
    if not all(isinstance(label, str | int | float) and label == label for label in labels):
        raise ValueError(f"runs must be texts or numbers, one a row, got {shown(runs)}")
    numbers: dict[Any, int] = {}
    return np.array([numbers.setdefault(label, len(numbers)) for label in labels], np.int64)


def inflation(runs: Runs, theta: Floats, delta: float, labels: NDArray[np.int64]) -> Floats:
    """How many times the variance of each coordinate (5,) is what independent rows would give it.

    The sandwich of scores summed over runs, against the one of scores of rows (Liang & Zeger 1986), each with its
    degrees of freedom. Below 1 where a constant is read within runs, whose own luck it does not feel.
    """
    r, (of_e, of_a, of_b) = residuals(runs, theta[None])
    jacobian = np.stack([of_e[0], of_a[0], of_b[0], -runs.x * of_a[0], -runs.y * of_b[0]])
    psi = np.clip(r[0], -delta, delta)
    inverse = np.linalg.pinv(jacobian @ jacobian.T, rcond=1e-14)
    groups = np.unique(labels, return_inverse=True)[1]
    scores = np.zeros((groups.max() + 1, 5))
    np.add.at(scores, groups, (jacobian * psi).T)
    together = inverse @ (scores.T @ scores) @ inverse * len(scores) / max(len(scores) - 5, 1)
    apart = inverse * float(psi @ psi) / max(len(psi) - 5, 1)
    return np.diag(together) / np.maximum(np.diag(apart), 1e-300)


def repeated_rows(n_params: Floats, n_tokens: Floats, loss: Floats) -> int:
    """Rows that repeat another one in all three numbers."""
    return len(loss) - len(np.unique(np.stack([n_params, n_tokens, loss]), axis=1).T)


def ladder_rows(n_params: Floats, n_tokens: Floats) -> tuple[int, int]:
    """How many ladders of checkpoints the rows look like, and how many rows lie on them.

    A ladder is one N with five or more values of D that are evenly spaced or in steps below a doubling, or with eight
    or more values of any spacing.
    """
    order = np.argsort(n_params, kind="stable")
    ends = np.flatnonzero(np.diff(np.log(n_params[order])) > _SAME) + 1
    ladders = [rows for rows in np.split(order, ends) if _is_ladder(np.unique(n_tokens[rows]))]
    return len(ladders), sum(map(len, ladders))


def _is_ladder(values: Floats) -> bool:
    if len(values) < _LADDER:
        return False
    steps = np.diff(values)
    even = steps.max() < 1.05 * steps.min()
    return bool(len(values) >= _LONG_LADDER or even or np.median(values[1:] / values[:-1]) < _DENSE)


def row_notes(n_params: Floats, n_tokens: Floats, loss: Floats, labels: NDArray[np.int64] | None) -> Iterable[Note]:
    """What suggests that rows are not independent runs; rows of one labelled run may depend."""
    if labels is None:
        repeated = repeated_rows(n_params, n_tokens, loss)
        told = "each row counts as an independent run, so that the intervals are too narrow"
        if repeated:
            rows = "1 row repeats another" if repeated == 1 else f"{repeated} rows repeat others"
            advice = "leave the copies out, or name the run of each row (--run-column, runs=)"
            yield Note(SUSPECT, f"{rows} exactly: {told}; {advice}")
        ladders, rows_on = ladder_rows(n_params, n_tokens)
        if rows_on >= len(loss) / 4:
            what = "1 n_params with a ladder" if ladders == 1 else f"{ladders} n_params with a ladder each"
            yield Note(
                SUSPECT,
                f"{rows_on} rows are {what} of n_tokens, as checkpoints of one run are: if they are, {told}; name the "
                "run of each row (--run-column, runs=)",
            )
        return
    copies = repeated_rows(n_params, n_tokens, loss) - _repeated_within(n_params, n_tokens, loss, labels)
    if copies:
        told = f"{copies} rows repeat others of another run exactly: leave the copies out, or give them the same run"
        yield Note(SUSPECT, told)


def _repeated_within(n_params: Floats, n_tokens: Floats, loss: Floats, labels: NDArray[np.int64]) -> int:
    columns = np.stack([n_params, n_tokens, loss, labels.astype(float)])
    return columns.shape[1] - len(np.unique(columns, axis=1).T)
