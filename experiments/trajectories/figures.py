"""Figures of training trajectories: accuracy, validation perplexity, and shares of tokens by trend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bounds.cli.drawing.labels import End, in_words, label_ends, label_tops, tidy
from bounds.cli.drawing.style import Style, style
from experiments.readers.opt_figures import SIZES
from experiments.trajectories.matching import ACCURACY
from experiments.trajectories.trends import TRENDS

_CHANCE = 2.5
"""Per cent of trajectories without a trend that are called rising, by chance."""


def draw_accuracy(checkpoints: pd.DataFrame) -> Figure:
    """Accuracy against perplexity, compute and size, a mark a checkpoint."""
    title = "OPT in training: accuracy of each checkpoint; marks are named at the right"
    figure, axes = _axes(title, ("against perplexity", "against compute", ""), sharey=True)
    columns = ("valid_ppl", "flops_published", "params")
    labels = ("validation perplexity", "FLOP, 6 N D", "parameters N")
    chance = float(checkpoints.random_pct.iloc[0])
    for one, column, label in zip(axes, columns, labels, strict=True):
        for name, how in _styles().items():
            own = checkpoints[checkpoints["size"] == name]
            one.plot(own[column], own[ACCURACY], how.marker, ms=4, alpha=0.7, color=how.colour)
        one.axhline(chance, ls=":", color="black", lw=1)
        one.set(xscale="log", xlabel=label)
    _plain_perplexities(axes[0])
    in_words(axes[2], "x", checkpoints.params)
    axes[0].set_ylabel("accuracy on 74 tasks of BIG-Bench, %")
    sizes = checkpoints.groupby("size").params.first()
    known = {name: how for name, how in _styles().items() if name in sizes}
    most = checkpoints[ACCURACY].max()
    label_tops(axes[2], [End(float(sizes[name]), float(most), name, how.colour) for name, how in known.items()])
    label_ends(axes[2], [End(float(sizes.max()), chance, "chance", "black")])
    return figure


def draw_perplexity(validation: pd.DataFrame) -> Figure:
    """Validation perplexity by step and by compute, a line a size."""
    figure, axes = _axes("OPT in training: validation perplexity", ("by step", "by compute"), sharey=True)
    for one, column, label in zip(axes, ("step", "flops_published"), ("step", "FLOP, 6 N D"), strict=True):
        ends = []
        for name, how in _styles().items():
            own = validation[validation["size"] == name]
            if not len(own):
                continue
            one.plot(own[column], own.valid_ppl, ls=how.dash, lw=1.4, color=how.colour)
            ends.append(End(float(own[column].iloc[-1]), float(own.valid_ppl.iloc[-1]), name, how.colour))
        one.set(xscale="log", yscale="log", xlabel=label)
        ticks = (8, 10, 15, 20, 30, 50)
        one.set_yticks(ticks, [str(tick) for tick in ticks])
        one.minorticks_off()
        label_ends(one, ends)
    in_words(axes[0], "x", validation.step)
    axes[0].set_ylabel("validation perplexity")
    return figure


def draw_trends(trends: pd.DataFrame, simulated: Mapping[str, pd.DataFrame]) -> Figure:
    """Published shares a size, and the range over sizes of a learner that only stores, by corpus."""
    grey = " and ".join(f"{source} ({how})" for source, how in zip(simulated, ("plain", "hatched"), strict=False))
    title = f"Trends of the perplexity of tokens, OPT; grey: of a learner that only stores, on {grey}, all sizes"
    figure, axes = _axes(title, [f"perplexity {trend}" for trend in TRENDS])
    for one, trend in zip(axes, TRENDS, strict=True):
        ends = []
        for name, how in _styles().items():
            own = trends[(trends["size"] == name) & (trends.trend == trend)]
            if not len(own):
                continue
            after, share = own.after_pct_of_training, own.pct_of_tokens
            one.plot(after, share, ls=how.dash, marker=how.marker, ms=4, lw=1.2, color=how.colour)
            ends.append(End(float(after.iloc[-1]), float(share.iloc[-1]), name, how.colour))
        for (_, table), hatch in zip(simulated.items(), ("", "////"), strict=False):
            reach = table[table.trend == trend].groupby("after_pct_of_training").pct_of_tokens.agg(["min", "max"])
            one.fill_between(
                reach.index, reach["min"], reach["max"], fc="0.8", ec="0.4", alpha=0.6, hatch=hatch, lw=0.8
            )
        if trend == TRENDS[1]:
            one.axhline(_CHANCE, color="black", lw=0.8)
            ends.append(End(one.get_xlim()[1], _CHANCE, "chance", "black"))
        one.set_xlabel("after this part of the training, %")
        label_ends(one, ends)
    for one in axes:
        one.set_ylabel("tokens, %")
    return figure


def _plain_perplexities(axes: Axes) -> None:
    """Ticks in plain numbers, better models to the right."""
    ticks = (8, 10, 15, 20, 30)
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    axes.minorticks_off()
    axes.invert_xaxis()


def _axes(heading: str, titles: Sequence[str], **options: Any) -> tuple[Figure, Sequence[Axes]]:
    figure = Figure(figsize=(4.6 * len(titles), 4.4), layout="constrained")
    figure.suptitle(heading, fontsize=10.5, x=0.01, ha="left")
    axes = figure.subplots(1, len(titles), squeeze=False, **options)[0]
    for one, title in zip(axes, titles, strict=True):
        tidy(one, title)
    return figure, axes


def _styles() -> dict[str, Style]:
    return {size.name: style(i) for i, size in enumerate(SIZES)}
