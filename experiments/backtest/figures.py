"""The figure of the backtest: errors against distance, and how often each interval held."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bounds.cli.drawing.style import COLOURS
from bounds.fitting.loss_laws.prediction import LACK_OF_FIT
from experiments.backtest.protocol import BINS, ROLLING
from experiments.backtest.recipes import LEVELS, RECIPES, coverage, quantile


def draw(predictions: pd.DataFrame) -> Figure:
    """Errors of every prediction against its distance, and coverage of the intervals of 95 % by distance."""
    rolling = predictions[(predictions.protocol == ROLLING) & (predictions.distance < BINS["30x"][1])]
    drawn = Figure(figsize=(11, 4.6), layout="constrained")
    left, right = drawn.subplots(1, 2)
    _errors(left, rolling)
    _coverage(right, rolling)
    return drawn


def _errors(axes: Axes, rolling: pd.DataFrame) -> None:
    for (family, part), colour in zip(rolling.groupby("family", sort=False), COLOURS, strict=False):
        axes.plot(part.distance, 100 * part.error, ".", color=colour, ms=3, alpha=0.5, label=str(family))
    distance = np.geomspace(1, BINS["30x"][1], 61)
    half = 100 * quantile(LEVELS[-1]) * LACK_OF_FIT * np.log(distance)
    axes.fill_between(distance, -half, half, color="0.85", zorder=0, label="lack of fit, 95 %")
    axes.axhline(0, color="0.3", lw=1)
    axes.set(xscale="log", xlabel="compute / largest fitted compute", ylabel="error of the predicted loss, %")
    axes.set_title("Every prediction; above 0 is too high", fontsize=9, loc="left")
    axes.legend(fontsize=7, markerscale=3)
    axes.grid(alpha=0.3)


def _coverage(axes: Axes, rolling: pd.DataFrame) -> None:
    names = [name for name in BINS if (rolling.bin == name).any()]
    for recipe, colour in zip(RECIPES[:3], COLOURS, strict=False):
        parts = [rolling[rolling.bin == name] for name in names]
        for level, style in zip(LEVELS, (":", "--", "-"), strict=True):
            held = [100 * coverage(part, recipe.deviation(part))[f"covered_{100 * level:g}"] for part in parts]
            label = recipe.name if level == LEVELS[-1] else None
            axes.plot(names, held, f"o{style}", color=colour, ms=4, label=label)
    for level in LEVELS:
        axes.axhline(100 * level, color="0.6", lw=1, zorder=0)
    axes.set(xlabel="compute / largest fitted compute", ylabel="runs inside the interval, %", ylim=(0, 102))
    axes.set_title("Intervals of 95 % (solid), 80 % and 50 %; grey: what they promise", fontsize=9, loc="left")
    axes.legend(fontsize=8)
    axes.grid(alpha=0.3)
