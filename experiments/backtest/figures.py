"""The figure of the backtest: errors against distance, and how often each interval held."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bounds.cli.drawing.labels import End, label_ends, tidy, wrapped
from bounds.cli.drawing.style import style
from bounds.fitting.loss_laws.prediction import LACK_OF_FIT
from experiments.backtest.protocol import BINS, ROLLING
from experiments.backtest.recipes import LEVELS, RECIPES, coverage, quantile

_ACROSS = "compute over the largest fitted compute"
_OURS = RECIPES[2]
_NAMES = {_OURS.name: "ours: bootstrap, noise and lack of fit"}
_FEW = 200
"""Predictions whose intervals are drawn one by one."""
_FARTHEST = BINS["30x"][1]
_TICKS = (1, 2, 4, 10, 30, 60, 100, 300, 1000, 10_000)


def draw(predictions: pd.DataFrame) -> Figure:
    """Errors of every prediction against its distance, and coverage of the intervals of 95 % by distance.

    Of several series up to the distance at which they are compared, of one all there is.
    """
    rolling = predictions[predictions.protocol == ROLLING]
    if rolling.series.nunique() > 1:
        rolling = rolling[rolling.distance < _FARTHEST]
    drawn = Figure(figsize=(12.5, 5), layout="constrained")
    left, right = drawn.subplots(1, 2)
    _errors(left, rolling)
    _coverage(right, rolling)
    return drawn


def _errors(axes: Axes, rolling: pd.DataFrame) -> None:
    for i, (family, part) in enumerate(rolling.groupby("family", sort=False)):
        colour, marker, _ = style(i)
        axes.plot(part.distance, 100 * part.error, marker, color=colour, ms=2.5, alpha=0.5, mew=0, label=str(family))
        if len(rolling) <= _FEW:
            reach = 100 * quantile(LEVELS[-1]) * _OURS.deviation(part)
            axes.errorbar(part.distance, 100 * part.error, reach, fmt="none", ecolor=colour, elinewidth=0.6, alpha=0.4)
    distance = np.geomspace(1, 1.1 * rolling.distance.max(), 61)
    half = 100 * quantile(LEVELS[-1]) * LACK_OF_FIT * np.log(distance)
    axes.fill_between(distance, -half, half, color="0.85", zorder=0, label="±1.96 lack of fit alone (empirical)")
    axes.axhline(0, color="0.3", lw=1)
    axes.set(xscale="log", xlabel=_ACROSS, ylabel="error of the predicted loss, %")
    ticks = [tick for tick in _TICKS if tick <= 1.1 * max(rolling.distance.max(), 2)]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    bars = ";\nbars: our intervals of 95 %, which hold where they meet 0" if len(rolling) <= _FEW else ""
    tidy(axes, f"Every prediction; above 0 is too high{bars}")
    axes.legend(fontsize=7.5, markerscale=3, loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=4, frameon=False)


def _coverage(axes: Axes, rolling: pd.DataFrame) -> None:
    far = {name: rolling[rolling.bin == name] for name in BINS}
    far[f"beyond {_FARTHEST:g}x"] = rolling[rolling.distance >= _FARTHEST]
    parts = {f"{name}\n{len(part)} tested": part for name, part in far.items() if len(part)}
    ends = []
    for i, recipe in enumerate(RECIPES[:3]):
        colour, marker, _ = style(i)
        for level, dash in zip(LEVELS, (":", "--", "-"), strict=True):
            held = [100 * coverage(part, recipe.deviation(part))[f"covered_{100 * level:g}"] for part in parts.values()]
            axes.plot(list(parts), held, f"{marker}{dash}", color=colour, ms=4)
        name = _NAMES.get(recipe.name, recipe.name)
        ends += [End(float(len(parts) - 1), held[-1], wrapped(name, 18), colour)] if parts else []
    for level in LEVELS:
        axes.axhline(100 * level, color="0.6", lw=1, zorder=0)
    axes.set(xlabel=_ACROSS, ylabel="runs inside the interval, %", ylim=(0, 102))
    tidy(axes, "Intervals of 95 % (solid), 80 % (dashed) and 50 % (dotted);\ngrey: what they promise")
    label_ends(axes, ends)
