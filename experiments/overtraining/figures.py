"""Figures of over-training: the paper's first one for each training set, and where the law breaks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import NullFormatter, ScalarFormatter

from bounds.cli.drawing.labels import End, label_ends, tidy
from bounds.cli.drawing.style import COLOURS
from bounds.cli.printing import written
from experiments.overtraining.claims import NAMES
from experiments.overtraining.findings import Findings
from experiments.overtraining.fits import Fit
from experiments.overtraining.printed import SIZES
from experiments.overtraining.tables import EVALUATED, OWN
from experiments.readers.gadre import EVALUATIONS

_MARKS = dict(zip(SIZES, "^sdpP*", strict=True))
_COLOUR_OF = dict(zip((20.0, 320.0, 640.0, 80.0), COLOURS, strict=False))
"""By tokens per parameter."""
_GREY = "0.75"
_LINTHRESH = 5.0
_FACES = ("", "white", "black")
"""What marks of a training set are filled with, where it is not their colour."""


def figures(found: Findings) -> Mapping[str, Callable[[], Figure]]:
    """What draws each figure, by its name: a training set, or ``breaks``."""
    drawn = {one: partial(draw_scaling, found, one) for one in found.training_sets}
    return {**drawn, "breaks": partial(draw_breaks, found)}


def draw_scaling(found: Findings, training_set: str) -> Figure:
    """As figure 1: reducible loss against compute with lines of equal M, and error against loss."""
    figure = Figure(figsize=(11, 6), layout="constrained")
    left, right = figure.subplots(1, 2)
    fitted, table = found.fits[training_set, "c4_val"], found.predictions[training_set, "c4_val"]
    aims = table[(table.n_params >= SIZES[-2]) & ~table.error_fitted]
    colours = {ratio: _COLOUR_OF[ratio] for ratio in sorted({20.0, 320.0, *aims.tokens_per_param})}
    _losses(left, fitted, table, aims, colours)
    _errors(right, fitted, table, aims, colours)
    seen = [Line2D([], [], ls="", marker=_MARKS[n], color="0.4", label=f"N = {written(n)}") for n in SIZES]
    figure.legend(handles=seen, fontsize=8, ncols=len(seen), loc="outside lower center", frameon=False)
    title = (
        f"{NAMES[training_set]}: laws fitted to five small runs (loss) and six (error), empirical; dashed beyond them"
    )
    marks = "In colour: fitted runs and those to be predicted; hollow: as predicted; grey: other runs, M ≥ 10"
    figure.suptitle(f"{title}\n{marks}", fontsize=10, x=0.01, ha="left")
    return figure


def _losses(axes: Axes, fitted: Fit, table: pd.DataFrame, aims: pd.DataFrame, colours: Mapping[float, str]) -> None:
    E = fitted.constants.irreducible
    rest = table[~table.fitted & ~table.run.isin(aims.run) & (table.tokens_per_param >= 10)]
    _points(axes, rest.compute_flops, rest.loss - E, rest.n_params, _GREY, zorder=1)
    names = []
    for ratio, colour in colours.items():
        of_ratio = table[table.fitted & (table.tokens_per_param == ratio)].compute_flops
        ends = (float(table.compute_flops.min()) * ratio / 5, 3e22)
        C = np.geomspace(*ends, 200)
        inside = (of_ratio.min() <= C) & (of_ratio.max() >= C) if len(of_ratio) > 1 else np.zeros(len(C), bool)
        reducible = fitted.loss(C, ratio) - E
        axes.plot(C, reducible, "--", lw=1, color=colour)
        names.append(End(float(C[-1]), float(reducible[-1]), f"M = D/N = {ratio:g}", colour))
        axes.plot(C[inside], reducible[inside], "-", lw=1.8, color=colour)
        ours = table[(table.tokens_per_param == ratio) & (table.fitted | table.run.isin(aims.run))]
        _points(axes, ours.compute_flops, ours.loss - E, ours.n_params, colour, zorder=4)
        aim = aims[aims.tokens_per_param == ratio]
        _points(axes, aim.compute_flops, aim.loss_predicted - E, aim.n_params, colour, zorder=5, hollow=True)
    axes.set(
        xscale="log",
        yscale="log",
        xlabel="compute 6ND (FLOP)",
        ylabel=f"loss on C4 eval less E = {E:.2f} (nats per token)",
    )
    axes.set_yticks([0.5, 1, 2, 4])
    axes.yaxis.set_major_formatter(ScalarFormatter())
    axes.yaxis.set_minor_formatter(NullFormatter())
    tidy(axes)
    label_ends(axes, names)


def _errors(axes: Axes, fitted: Fit, table: pd.DataFrame, aims: pd.DataFrame, colours: Mapping[float, str]) -> None:
    rest = table[~table.error_fitted & ~table.run.isin(aims.run) & (table.tokens_per_param >= 10)]
    _points(axes, rest.loss, rest.error, rest.n_params, _GREY, zorder=1)
    through = table[table.error_fitted]
    L = np.linspace(float(table.loss.min()) - 0.15, float(table.loss.max()) + 0.1, 300)
    inside = (through.loss.min() <= L) & (through.loss.max() >= L)
    axes.plot(L, fitted.error(L), "--", lw=1, color="0.3")
    axes.plot(L[inside], fitted.error(L[inside]), "-", lw=1.5, color="0.3")
    for ratio, colour in colours.items():
        ours = table[(table.tokens_per_param == ratio) & (table.error_fitted | table.run.isin(aims.run))]
        _points(axes, ours.loss, ours.error, ours.n_params, colour, zorder=4)
        aim = aims[aims.tokens_per_param == ratio]
        _points(axes, aim.loss_predicted, aim.error_predicted, aim.n_params, colour, zorder=5, hollow=True)
    axes.set(xlabel="loss on C4 eval (nats per token)", ylabel="top-1 error over 17 tasks", ylim=(0.40, 0.88))
    tidy(axes)


def draw_breaks(found: Findings) -> Figure:
    """Relative errors of prediction against tokens per parameter, a panel an evaluation, a colour a training set."""
    figure = Figure(figsize=(12, 6.5), layout="constrained")
    panels = figure.subplots(2, 4, sharex=True, sharey=True)
    for axes, evaluation in zip(panels.flat, EVALUATIONS, strict=True):
        for i, one in enumerate(found.training_sets):
            table = found.predictions[one, evaluation]
            table = table[~table.fitted]
            shifted = table.tokens_per_param * 1.1 ** (i - 1)
            _points(axes, shifted, 100 * table.loss_off, table.n_params, COLOURS[i], zorder=3, size=28, face=_FACES[i])
        own = evaluation in OWN.values()
        if axes in panels[-1]:
            axes.set_xlabel("tokens per parameter M")
        tidy(axes, EVALUATED[evaluation] + (" (own domain)" if own else ""))
        axes.set_xscale("log")
        axes.set_yscale("symlog", linthresh=_LINTHRESH)
        axes.axhline(0, color="black", lw=0.8)
        axes.axhspan(-_LINTHRESH, _LINTHRESH, color="0.93", zorder=0)
        axes.set_yticks([-20, -10, -5, 0, 5, 10, 20, 50], ["-20", "-10", "-5", "0", "5", "10", "20", "50"])
    for axes in panels.flat:  # shared, and set anew by each scale
        axes.set_xticks([5, 20, 80, 320], ["5", "20", "80", "320"])
        axes.minorticks_off()
    figure.supylabel("predicted less measured, percent of measured", fontsize=10)
    sets = [
        Line2D([], [], ls="", marker="o", color=COLOURS[i], mfc=_FACES[i] or COLOURS[i], label=NAMES[one])
        for i, one in enumerate(found.training_sets)
    ]
    sizes = [Line2D([], [], ls="", marker=_MARKS[n], color="0.4", label=f"N = {written(n)}") for n in SIZES]
    figure.legend(handles=[*sets, *sizes], loc="outside lower center", ncols=9, fontsize=8, frameon=False)
    title = "Losses as five small runs predict them; fitted runs left out; grey: ±5 %, beyond it the axis is in logs"
    figure.suptitle(title, fontsize=10, x=0.01, ha="left")
    return figure


def _points(
    axes: Axes, x: pd.Series, y: pd.Series, sizes: pd.Series, colour: str, *, zorder: int, hollow: bool = False,
    size: float = 45, face: str = "",
) -> None:  # fmt: skip
    for n, mark in _MARKS.items():
        here = sizes == n
        if here.any():
            axes.scatter(
                x[here], y[here], s=size * (2.2 if mark == "*" else 1), marker=mark, zorder=zorder, linewidths=1.2,
                facecolors="none" if hollow else face or colour, edgecolors=colour,
            )  # fmt: skip
