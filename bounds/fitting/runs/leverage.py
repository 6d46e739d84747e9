"""Runs that carry the exponent of the data: without them β is another.

Every run is left out in turn. Where one moves β far more than runs do on average, it is named together with those that
pull the same way, and the law is fitted once without all of these.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bounds.fitting.loss_laws.identification import BETA
from bounds.fitting.loss_laws.loss_law import DELTA, LossLawFit
from bounds.fitting.loss_laws.regression import Runs, refitted
from bounds.fitting.runs.run_columns import below_highest, checked_runs
from bounds.fitting.runs.run_groups import run_labels

Floats = NDArray[np.float64]

_HEAVIEST, _HEAVY = 5.0, 2.0
"""How many times what runs move β on average of squares the heaviest must, and those that are named with it."""
_NAMED = 5
_JOINT = 2.5
"""Standard errors of β, of the jackknife over the other runs, that the named ones move it by together."""
_FEWEST_LEFT = 8
_MOST_RUNS = 400
"""More runs are not left out one by one: each carries little, and it takes seconds."""
_FINE = 1e-9


@dataclass(frozen=True)
class HeavyRuns:
    """`rows` (places in the table), of the heaviest run first, without which β is `without` rather than `beta`."""

    rows: tuple[int, ...]
    beta: float
    without: float


def heavy_runs(
    fit: LossLawFit,
    n_params: Any,
    n_tokens: Any = None,
    loss: Any = None,
    *,
    compute_flops: Any = None,
    runs: Any = None,
    drop_highest: int = 0,
) -> HeavyRuns | None:
    """The few runs that carry β of `fit`, which was fitted to these columns; None where there are none.

    `loss` may be in any unit, since β has none. Rows that share a label in `runs` are left out together. Where β is not
    identified nothing carries it.
    """
    if fit.identification is not None and not fit.identification.identified(BETA):
        return None
    N, D, L = checked_runs(n_params, n_tokens, loss, compute_flops)
    kept = np.flatnonzero(below_highest(L, drop_highest))
    labels = run_labels(runs, len(L))
    groups = np.unique(kept if labels is None else labels[kept], return_inverse=True)[1]
    n_groups = int(groups.max()) + 1
    if not _FEWEST_LEFT + _NAMED <= n_groups <= _MOST_RUNS:
        return None
    table = Runs.of(N[kept], D[kept], L[kept])
    start = _coordinates(table, fit, N[kept], D[kept], L[kept])
    deltas = (fit.delta if fit.objective != "lad" else DELTA,)

    def betas(without: NDArray[np.bool_]) -> Floats:
        """β without the groups that each row of `without` names."""
        weights = np.where(without[:, groups], 0.0, 1.0)
        return refitted(table, [start], weights, deltas, _FINE)[:, 4]

    beta = float(betas(np.zeros((1, n_groups), bool))[0])
    moves = betas(np.eye(n_groups, dtype=bool)) - beta
    typical = float(np.sqrt(np.mean(moves**2)))
    order = np.argsort(-np.abs(moves))
    if not abs(moves[order[0]]) > _HEAVIEST * typical:
        return None
    same = [g for g in order if moves[g] * moves[order[0]] > 0 and abs(moves[g]) > _HEAVY * typical][:_NAMED]
    without = float(betas(np.isin(np.arange(n_groups), same)[None])[0])
    others = float(np.sqrt(np.sum(np.delete(moves, same) ** 2)))
    if not abs(without - beta) > _JOINT * others:
        return None
    rows = tuple(int(row) for group in same for row in kept[groups == group])
    return HeavyRuns(rows, float(fit.law.data_exponent), without)


def _coordinates(table: Runs, fit: LossLawFit, N: Floats, D: Floats, L: Floats) -> Floats:
    """The constants of `fit` in the coordinates of the descent (1, 5), in the unit of `L`."""
    law = fit.law
    scale = float(np.mean(np.log(law.loss(N, D)) - fit.residuals - np.log(L)))
    with np.errstate(divide="ignore"):
        logs = np.log([law.constants.irreducible, law.constants.param_coefficient, law.constants.data_coefficient])
    e, a, b = np.maximum(logs, -100) - scale - table.mean_log_loss
    alpha, beta = law.param_exponent, law.data_exponent
    return np.array([[e, a - alpha * table.mean_x, b - beta * table.mean_y, alpha, beta]])
