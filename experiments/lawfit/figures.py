"""What the runs left out do to the fit, and where the best sizes lie, as figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from bounds.base.one_number import number
from bounds.cli.drawing.labels import End, in_words, label_ends, tidy, without_yellow, wrapped
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
    drawn = Figure(figsize=(9.5, 8), layout="constrained")
    top, bottom = drawn.subplots(2, 1)
    counts = {left_out: len(part) for left_out, part in points.groupby("left_out")}
    for left_out, part in points.groupby("left_out"):
        how = {"marker": "s", "color": _RED, "ms": 5} if left_out else {"marker": "o", "color": _BLUE, "ms": 4}
        top.plot(part.n_tokens / part.n_params, -part.residual, ls="", alpha=0.7, **how)
    top.axhline(0, color="0.5", lw=1)
    top.set(xlabel="tokens per parameter D/N", ylabel="ln observed - ln fitted loss")
    in_words(top, "x", points.n_tokens / points.n_params)
    kept, out = counts.get(False, 0), counts.get(True, 0)
    tidy(top, f"Dots: the {kept} runs that the refit has. Squares: the {out} with the highest losses, left out")
    ends = np.abs([by_drop.beta_lower - by_drop.beta, by_drop.beta_upper - by_drop.beta])
    bottom.errorbar(by_drop.left_out, by_drop.beta, yerr=ends, fmt="o-", color=_BLUE, capsize=3)
    names = [End(float(by_drop.left_out.iloc[-1]), float(by_drop.beta.iloc[-1]), "Huber, δ = 1e-3", _BLUE)]
    for name, colour, marker in (("lad", _GREEN, "s"), ("least-squares", _RED, "v")):
        part = by_objective[by_objective.objective == name]
        bottom.plot(part.left_out, part.beta, marker, color=colour, ms=11, mfc="none", mew=1.5, ls="none")
    for (name, beta), dash in zip(published.items(), ("--", ":"), strict=True):
        bottom.axhline(beta, color="0.3", lw=1, ls=dash)
        names.append(End(bottom.get_xlim()[1], beta, f"{name}, {beta:.4f}", "0.3"))
    bottom.set(xlabel="runs left out, from the highest loss down", ylabel="exponent of the data term β")
    bottom.set_xticks(list(by_drop.left_out))
    tidy(bottom, "Bars: 95 % of sampling alone. Hollow squares: least absolute deviations. Triangles: least squares")
    label_ends(bottom, names)
    return drawn


def draw_frontier(
    points: pd.DataFrame, laws: Mapping[str, LossLaw], models: Mapping[str, tuple[float, float]]
) -> Figure:
    """Runs by FLOP and size, coloured by loss, under the best sizes by three `laws`.

    `points` have `left_out`; `models` are FLOP and parameters of models by name.
    """
    drawn = Figure(figsize=(10, 7.2), layout="constrained")
    axes = drawn.subplots()
    dots = axes.scatter(points.compute_flops, points.n_params, c=points.loss, s=18, cmap=without_yellow(), norm="log")
    bar = drawn.colorbar(dots, ax=axes, label="loss (nats per token)", location="bottom", aspect=50, shrink=0.8)
    bar.set_ticks([2.1, 2.5, 3, 4, 5], labels=["2.1", "2.5", "3", "4", "5"])
    bar.minorticks_off()
    out, names = points[points.left_out], []
    axes.scatter(out.compute_flops, out.n_params, s=90, facecolors="none", edgecolors=_RED)
    compute = np.geomspace(points.compute_flops.min(), 3e24, 60)
    for (name, law), colour, dash in zip(laws.items(), ("0.3", _BLUE, _GREEN), (":", "-", "--"), strict=True):
        best = law.optimal(compute).n_params
        axes.plot(compute, best, dash, color=colour)
        names.append(End(float(compute[-1]), float(best[-1]), name, colour))
    for (name, (flops, size)), marker in zip(models.items(), ("*", "X"), strict=True):
        axes.plot(flops, size, marker, color="black", ms=10)
        names.append(End(float(flops), float(size), name, "black"))
    axes.set(xscale="log", xlabel="training FLOP", ylabel="parameters N")
    in_words(axes, "y", points.n_params)
    last = points.compute_flops.max()
    axes.axvline(last, color="0.7", lw=1)
    title = "Lines: size of least loss by each law (empirical); right of the upright line, which is the largest run at"
    tidy(axes, wrapped(f"{title} {number(last, 2)} FLOP, extrapolated. Circled: the runs left out", 85))
    label_ends(axes, names)
    return drawn
