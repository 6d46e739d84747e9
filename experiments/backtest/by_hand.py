"""One prediction in full, so that a reader can check it with a pocket calculator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from bounds.fitting.loss_laws.prediction import LACK_OF_FIT
from experiments.backtest.protocol import BINS, ROLLING, Fitted, predictions
from experiments.backtest.recipes import LEVELS, Recipe, quantile

_CONSTANTS = ("irreducible", "param_coefficient", "param_exponent", "data_coefficient", "data_exponent")
_DIGITS = 7
"""Of constants and sizes: enough that the loss comes out to five."""
_FAR = BINS["10x"][0]
"""Times the cut-off where ten times begins (`BINS`)."""


def by_hand(laws: Sequence[Fitted], ours: Recipe) -> str:
    """The arithmetic of one prediction of the rolling protocol, from the constants of its law to inside or outside.

    It is the nearest one to the cut-off at ten times, of the first law that has one; else the farthest of all.
    """
    farthest: tuple[float, Fitted, Any] | None = None
    for one in (one for one in laws if one.protocol == ROLLING):
        table = predictions([one])
        far = table[table.distance >= _FAR]
        if len(far):
            return _told(one, table.loc[[far.distance.idxmin()]], ours)
        row = table.loc[[table.distance.idxmax()]]
        if farthest is None or row.distance.item() > farthest[0]:
            farthest = row.distance.item(), one, row
    if farthest is None:
        raise ValueError("laws holds none of the rolling protocol, so that there is no prediction to tell")
    return _told(farthest[1], farthest[2], ours)


def _told(fitted: Fitted, one_row: pd.DataFrame, ours: Recipe) -> str:
    row, deviation = one_row.iloc[0], float(ours.deviation(one_row)[0])
    law, where = fitted.law.law, f" (line {row.line})" if "line" in row.index else ""
    E, A, alpha, B, beta = (float(getattr(law, name)) for name in _CONSTANTS)
    of_n, of_d = A * row.n_params**-alpha, B * row.n_tokens**-beta
    times = float(np.exp(quantile(LEVELS[-1]) * deviation))
    lower, upper = row.predicted / times, row.predicted * times
    inside = "inside" if lower <= row.loss <= upper else "outside"
    sampling, noise, lack = (f"{value:.4g}" for value in (row.sampling, row.noise, LACK_OF_FIT * row.efolds))
    laws = f"E = {_long(E)}, A = {_long(A)}, α = {_long(alpha)}, B = {_long(B)}, β = {_long(beta)}"
    return (
        f"One of them by hand, of {row.series}: fitted to its {row.n_fitted} runs up to C₀ = {_long(fitted.cutoff)} "
        f"FLOP, {laws}. The run{where} of N = {_long(row.n_params)} and D = {_long(row.n_tokens)}, "
        f"{row.distance:.4g} C₀, is predicted at E + A N^-α + B D^-β = {E:.5f} + {of_n:.5f} + {of_d:.5f} = "
        f"{row.predicted:.5f} and ended at {row.loss:.5f}. b = {sampling} by the resamples, s = {noise}, τ ln(C/C₀) = "
        f"{lack}, together {deviation:.4g}: the interval of 95 % is {row.predicted:.5f} exp(± "
        f"{quantile(LEVELS[-1]):.2f} × {deviation:.4g}), from {lower:.4f} to {upper:.4f}, and the run {inside}."
    )


def _long(value: float) -> str:
    return f"{value:.{_DIGITS}g}"
