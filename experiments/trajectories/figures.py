"""Figures of training trajectories: accuracy, validation perplexity, and shares of tokens by trend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from experiments.readers.opt_figures import SIZES
from experiments.trajectories.matching import ACCURACY
from experiments.trajectories.trends import TRENDS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def draw_accuracy(checkpoints: pd.DataFrame) -> Figure:
    """Accuracy against perplexity, compute and size, a mark a checkpoint."""
    figure, axes = _axes(("against perplexity", "against compute", "against size"), sharey=True)
    columns = ("valid_ppl", "flops_published", "params")
    labels = ("validation perplexity", "FLOP, 6 N D", "parameters N")
    for one, column, label in zip(axes, columns, labels, strict=True):
        for name, colour in _colours().items():
            own = checkpoints[checkpoints["size"] == name]
            one.plot(own[column], own[ACCURACY], "o", ms=4, alpha=0.7, color=colour, label=name)
        one.axhline(checkpoints.random_pct.iloc[0], ls=":", color="black", lw=1, label="chance")
        one.set_xscale("log")
        one.set_xlabel(label)
    _plain_perplexities(axes[0])
    axes[0].set_ylabel("accuracy on 74 tasks of BIG-Bench, %")
    axes[0].legend(fontsize=8)
    return figure


def draw_perplexity(validation: pd.DataFrame) -> Figure:
    """Validation perplexity by step and by compute, a line a size."""
    figure, axes = _axes(("by step", "by compute"), sharey=True)
    for one, column, label in zip(axes, ("step", "flops_published"), ("step", "FLOP, 6 N D"), strict=True):
        for name, colour in _colours().items():
            own = validation[validation["size"] == name]
            one.plot(own[column], own.valid_ppl, lw=1.4, color=colour, label=name)
        one.set_xscale("log")
        one.set_yscale("log")
        one.set_xlabel(label)
    ticks = (8, 10, 15, 20, 30, 50)
    axes[0].set_yticks(ticks, [str(tick) for tick in ticks])
    axes[0].minorticks_off()
    axes[0].set_ylabel("validation perplexity")
    axes[0].legend(fontsize=8)
    return figure


def draw_trends(trends: pd.DataFrame, simulated: Mapping[str, pd.DataFrame]) -> Figure:
    """Published shares a size, and the range over sizes of a learner that only stores, by corpus."""
    figure, axes = _axes([f"perplexity {trend}" for trend in TRENDS])
    for one, trend in zip(axes, TRENDS, strict=True):
        for name, colour in _colours().items():
            own = trends[(trends["size"] == name) & (trends.trend == trend)]
            one.plot(own.after_pct_of_training, own.pct_of_tokens, "o-", ms=4, lw=1.2, color=colour, label=name)
        for (source, table), hatch in zip(simulated.items(), ("", "////"), strict=False):
            reach = table[table.trend == trend].groupby("after_pct_of_training").pct_of_tokens.agg(["min", "max"])
            one.fill_between(
                reach.index, reach["min"], reach["max"], color="0.7", alpha=0.6, hatch=hatch, lw=0.8,
                label=f"only stored, {source}",
            )  # fmt: skip
        one.set_xlabel("after this part of the training, %")
    chance = axes[1].axhline(2.5, color="black", lw=0.8, label="chance, of flat ones")
    axes[0].set_ylabel("tokens, %")
    axes[0].legend(fontsize=8, loc="center left")
    axes[1].legend(handles=[chance], fontsize=8)
    return figure


def _plain_perplexities(axes: Axes) -> None:
    """Ticks in plain numbers, better models to the right."""
    ticks = (8, 10, 15, 20, 30)
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    axes.minorticks_off()
    axes.invert_xaxis()


def _axes(titles: Sequence[str], **options: Any) -> tuple[Figure, Sequence[Axes]]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.2 * len(titles), 3.8), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(1, len(titles), squeeze=False, **options)[0]
    for one, title in zip(axes, titles, strict=True):
        one.set_title(title, fontsize=10)
        one.grid(alpha=0.3)
    return figure, axes


def _colours() -> dict[str, str]:
    from bounds.cli.drawing.style import COLOURS

    return {size.name: colour for size, colour in zip(SIZES, COLOURS, strict=False)}
