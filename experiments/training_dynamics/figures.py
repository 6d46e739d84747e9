"""Real curves beside simulated ones, and what exposures do to a store, as figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from bounds.cli.drawing.labels import without_yellow
from bounds.cli.drawing.style import COLOURS

_BLUE, _RED, _GREEN, *_ = COLOURS


def _shades(n: int) -> list[Any]:
    return [without_yellow("viridis")(1 - i / max(n - 1, 1)) for i in range(n)]


def draw_curves(perplexity: pd.DataFrame, accuracy: pd.DataFrame, losses: pd.DataFrame, gains: pd.DataFrame) -> Figure:
    """Perplexity, accuracy and what leaving out duplicates gains along the training, and the simulated losses.

    `perplexity` and `accuracy` have a column a model (deduped, size); `gains` have `what`, `step`, `gain`, `lower` and
    `upper` in points.
    """
    drawn = Figure(figsize=(10, 8), layout="constrained")
    (top, beside), (bottom, last) = drawn.subplots(2, 2)
    sizes = list(perplexity[False].columns)
    for size, colour in zip(sizes, _shades(len(sizes)), strict=True):
        for deduped, style in ((False, "-"), (True, "--")):
            one, right = perplexity[deduped, size], accuracy[deduped, size]
            top.plot(one.index, one, style, color=colour, lw=1.3, label=None if deduped else size)
            bottom.plot(right.index, 100 * right, style, color=colour, lw=1.3)
        beside.plot(losses.index, losses[size], color=colour, lw=1.3)
    for (what, part), colour in zip(gains.groupby("what", sort=False), (_RED, _BLUE), strict=True):
        last.plot(part.step, part.gain, "o-", color=colour, ms=3, label=str(what))
        last.fill_between(part.step, part.lower, part.upper, color=colour, alpha=0.15, lw=0)
    last.axhline(0, color="0.4", lw=1)
    top.set(yscale="log", ylim=(3, 1e9), ylabel="perplexity, last words of LAMBADA")
    beside.set(yscale="log", ylabel="expected loss (nats per sequence)")
    bottom.set(ylabel="accuracy, mean of eight tasks (%)")
    last.set(xscale="log", ylabel="gain without duplicates (points)")
    for axes in (top, beside, bottom):
        axes.set_xscale("symlog", linthresh=1, linscale=0.4)
        axes.set_xlim(0, None)
    titles = ("Pythia: the Pile (lines), without duplicates (dashed)", "Simulated stores of the same sizes",
              "Pythia: accuracy", "Pythia: mean over sizes, 95 %")  # fmt: skip
    for axes, title in zip((top, beside, bottom, last), titles, strict=True):
        axes.set_title(title, fontsize=10, loc="left")
        axes.set_xlabel("step")
        axes.grid(alpha=0.3)
    top.legend(fontsize=8, ncols=2)
    last.legend(fontsize=8)
    return drawn


def draw_exposures(known: Mapping[float, pd.DataFrame], windows: Mapping[str, Any], sizes: Sequence[str]) -> Figure:
    """What is known of sequences by their exposures, for each chance of learning; and where memorised ones stand.

    `known` have a row a bin of exposures and a column a size; `windows` counts of positions in windows of the training.
    """
    drawn = Figure(figsize=(10, 4.2), layout="constrained")
    axes = drawn.subplots(1, len(known) + 1)
    for (chance, table), one in zip(known.items(), axes[:-1], strict=True):
        for size, colour in zip(sizes, _shades(len(sizes)), strict=True):
            one.plot(table.index, table[size], "o-", color=colour, ms=3, lw=1.2, label=size)
        counts = np.geomspace(1, table.index.max(), 100)
        one.plot(counts, 1 - (1 - chance) ** counts, ":", color="0.3", label="no limit")
        one.set(xscale="log", xlabel="exposures", ylabel="part of the sequences known at the end")
        one.set_title("Simulated: one exposure teaches" if chance == 1 else f"Simulated: with a chance of {chance:g}",
                      fontsize=10, loc="left")  # fmt: skip
    for (name, counts), colour in zip(windows.items(), (_RED, _BLUE), strict=True):
        place = (np.arange(len(counts)) + 0.5) / len(counts)
        axes[-1].step(place, counts, where="mid", color=colour, label=f"{name} exposure")
    axes[-1].set(yscale="symlog", xlabel="part of the training", ylabel="memorised positions in a window, 410m")
    axes[-1].set_title("Simulated: where they stand", fontsize=10, loc="left")
    for one in axes:
        one.grid(alpha=0.3)
    axes[0].legend(fontsize=7)
    axes[-1].legend(fontsize=8)
    return drawn
