"""What the runs left out do to the fit, and where the best sizes lie, as figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from bounds.base.one_number import number
from bounds.cli.drawing.labels import without_yellow
from bounds.cli.drawing.style import COLOURS
from bounds.laws.loss_law import LossLaw
from bounds.laws.published import LAWS
from experiments.lawfit.fits import CHINCHILLA, GOPHER, THEIRS, residuals, without_highest
from experiments.readers.chinchilla import LEFT_OUT

_BLUE, _RED, _GREEN, *_ = COLOURS


def figures(
    points: pd.DataFrame, by_drop: pd.DataFrame, by_objective: pd.DataFrame, refit: LossLaw
) -> dict[str, Callable[[], Figure]]:
    """What draws each figure, by its name."""
    out = ~points.index.isin(without_highest(points).index)
    shown = points.assign(residual=residuals(refit, points), left_out=out)
    fits = by_drop.set_index("left_out")
    laws = {
        "Hoffmann 2022, as published": THEIRS,
        f"refit without {LEFT_OUT} runs": _law_of(fits.loc[LEFT_OUT]),
        "refit of all runs": _law_of(fits.loc[0]),
    }
    published = {"Besiroglu 2024": LAWS["epoch2024"].data_exponent, "Hoffmann 2022": THEIRS.data_exponent}
    models = {"Chinchilla, 70B on 1.4T tokens": (CHINCHILLA, 70e9), "Gopher, 280B on 300B tokens": (GOPHER, 280e9)}
    return {
        "leverage": partial(draw_leverage, shown, by_drop, by_objective, published),
        "frontier": partial(draw_frontier, shown, laws, models),
    }


def _law_of(row: pd.Series) -> LossLaw:
    return LossLaw("fitted", "", row.alpha, row.beta, row.E, row.A, row.B)


def draw_leverage(
    points: pd.DataFrame, by_drop: pd.DataFrame, by_objective: pd.DataFrame, published: Mapping[str, float]
) -> Figure:
    """Residuals of the refit against D/N, and β against the number of runs left out.

    `points` have `residual` (ln fitted - ln observed) and `left_out`; `published` are values of β with their names.
    """
    drawn = Figure(figsize=(8.5, 8), layout="constrained")
    top, bottom = drawn.subplots(2, 1)
    for left_out, part in points.groupby("left_out"):
        label = f"{len(part)} runs, " + ("the highest losses, left out" if left_out else "which the refit has")
        ratio = part.n_tokens / part.n_params
        top.plot(ratio, -part.residual, "o", ms=4, color=_RED if left_out else _BLUE, alpha=0.7, label=label)
    top.axhline(0, color="0.5", lw=1)
    top.set(xscale="log", xlabel="tokens per parameter D/N", ylabel="ln observed - ln fitted loss")
    top.set_title("The refit, and the runs that it leaves out", fontsize=10, loc="left")
    ends = np.abs([by_drop.beta_lower - by_drop.beta, by_drop.beta_upper - by_drop.beta])
    bottom.errorbar(by_drop.left_out, by_drop.beta, yerr=ends, fmt="o-", color=_BLUE, capsize=3,
                    label="Huber, δ = 1e-3, 95 % of sampling alone")  # fmt: skip
    for name, colour, marker in (("lad", _GREEN, "s"), ("least-squares", _RED, "v")):
        part = by_objective[by_objective.objective == name]
        label = {"lad": "least absolute deviations", "least-squares": "least squares"}[name]
        bottom.plot(part.left_out, part.beta, marker, color=colour, ms=11, mfc="none", mew=1.5, ls="none", label=label)
    for (name, beta), style in zip(published.items(), ("--", ":"), strict=True):
        bottom.axhline(beta, color="0.3", lw=1, ls=style, label=f"{name}, {beta:.4f}")
    bottom.set(xlabel="runs left out, from the highest loss down", ylabel="exponent of the data term β")
    bottom.set_xticks(list(by_drop.left_out))
    for axes in (top, bottom):
        axes.grid(alpha=0.3)
        axes.legend(fontsize=8)
    return drawn


def draw_frontier(
    points: pd.DataFrame, laws: Mapping[str, LossLaw], models: Mapping[str, tuple[float, float]]
) -> Figure:
    """Runs by FLOP and size, coloured by loss, under the best sizes by three `laws`.

    `points` have `left_out`; `models` are FLOP and parameters of models by name.
    """
    drawn = Figure(figsize=(8.5, 6), layout="constrained")
    axes = drawn.subplots()
    dots = axes.scatter(points.compute_flops, points.n_params, c=points.loss, s=18, cmap=without_yellow(), norm="log")
    bar = drawn.colorbar(dots, ax=axes, label="loss (nats per token)")
    bar.set_ticks([2.1, 2.5, 3, 4, 5], labels=["2.1", "2.5", "3", "4", "5"])
    bar.minorticks_off()
    out = points[points.left_out]
    axes.scatter(out.compute_flops, out.n_params, s=90, facecolors="none", edgecolors=_RED, label="left out")
    compute = np.geomspace(points.compute_flops.min(), 3e24, 60)
    for (name, law), colour, style in zip(laws.items(), ("0.3", _BLUE, _GREEN), (":", "-", "--"), strict=True):
        axes.plot(compute, law.optimal(compute).n_params, style, color=colour, label=f"best size, {name}")
    for (name, (flops, size)), marker in zip(models.items(), ("*", "X"), strict=True):
        axes.plot(flops, size, marker, color="black", ms=10, label=name)
    axes.set(xscale="log", yscale="log", xlabel="training FLOP", ylabel="parameters N")
    last = points.compute_flops.max()
    axes.axvline(last, color="0.7", lw=1)
    axes.set_title(
        f"Lines: size of least loss; beyond {number(last, 2)} FLOP, the largest run, extrapolated", fontsize=10
    )
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8, loc="upper left")
    return drawn
