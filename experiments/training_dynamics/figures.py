"""Real curves beside simulated ones, and what exposures do to a store, as figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from bounds.cli.drawing.labels import End, in_words, label_ends, label_tops, tidy, without_yellow
from bounds.cli.drawing.style import COLOURS
from bounds.cli.printing import written

_BLUE, _RED, _GREEN, *_ = COLOURS


def _shades(n: int) -> list[Any]:
    return [without_yellow("viridis")(1 - i / max(n - 1, 1)) for i in range(n)]


def draw_curves(perplexity: pd.DataFrame, accuracy: pd.DataFrame, losses: pd.DataFrame, gains: pd.DataFrame) -> Figure:
    """Perplexity, accuracy and what leaving out duplicates gains along the training, and the simulated losses.

    `perplexity` and `accuracy` have a column a model (deduped, size); `gains` have `what`, `step`, `gain`, `lower` and
    `upper` in points.
    """
    drawn = Figure(figsize=(11, 8), layout="constrained")
    (top, beside), (bottom, last) = drawn.subplots(2, 2)
    sizes = list(perplexity[False].columns)
    names: dict[Any, list[End]] = {axes: [] for axes in (top, beside, bottom, last)}
    for size, colour in zip(sizes, _shades(len(sizes)), strict=True):
        for deduped, dash in ((False, "-"), (True, "--")):
            one, right = perplexity[deduped, size], accuracy[deduped, size]
            top.plot(one.index, one, dash, color=colour, lw=1.3)
            bottom.plot(right.index, 100 * right, dash, color=colour, lw=1.3)
            if not deduped:
                names[top].append(_end(one, size, colour))
                names[bottom].append(_end(100 * right, size, colour))
        beside.plot(losses.index, losses[size], color=colour, lw=1.3)
        names[beside].append(_end(losses[size], size, colour))
    for i, ((what, part), colour) in enumerate(zip(gains.groupby("what", sort=False), (_RED, _BLUE), strict=True)):
        last.plot(part.step, part.gain, f"{'os'[i]}-", color=colour, ms=3)
        last.fill_between(part.step, part.lower, part.upper, color=colour, alpha=0.15, lw=0)
        text = str(what).replace(" of ", "\nof ")
        names[last].append(End(float(part.step.iloc[-1]), float(part.gain.iloc[-1]), text, colour))
    last.axhline(0, color="0.4", lw=1)
    top.set(yscale="log", ylim=(3, 1e9), ylabel="perplexity, last words of LAMBADA")
    beside.set(ylabel="expected loss (nats per sequence)")
    in_words(beside, "y", losses.values[losses.values > 0])
    bottom.set(ylabel="accuracy, mean of eight tasks (%)")
    last.set(ylabel="gain without duplicates (points)")
    in_words(last, "x", gains.step)
    for axes in (top, beside, bottom):
        axes.set_xscale("symlog", linthresh=1, linscale=0.4)
        axes.set_xlim(0, None)
        ticks = [0, *(10**k for k in range(int(np.log10(axes.get_xlim()[1])) + 1))]
        axes.set_xticks(ticks, [written(tick) for tick in ticks])
        axes.minorticks_off()
    titles = ("Pythia: the Pile (lines), without duplicates (dashed)", "Simulated stores of the same sizes",
              "Pythia: accuracy, dashed: without duplicates", "Pythia: mean over sizes, 95 %")  # fmt: skip
    for axes, title in zip((top, beside, bottom, last), titles, strict=True):
        tidy(axes, title)
        axes.set_xlabel("step of the training")
        label_ends(axes, names[axes])
    return drawn


def _end(curve: pd.Series, name: str, colour: Any) -> End:
    """Where a curve ends."""
    known = curve.dropna()
    return End(float(known.index[-1]), float(known.iloc[-1]), name, colour)


def draw_exposures(known: Mapping[float, pd.DataFrame], windows: Mapping[str, Any], sizes: Sequence[str]) -> Figure:
    """What is known of sequences by their exposures, for each chance of learning; and where memorised ones stand.

    `known` have a row a bin of exposures and a column a size; `windows` counts of positions in windows of the training.
    """
    drawn = Figure(figsize=(13, 4.6), layout="constrained")
    axes = drawn.subplots(1, len(known) + 1)
    for (chance, table), one in zip(known.items(), axes[:-1], strict=True):
        tops = []
        for size, colour in zip(sizes, _shades(len(sizes)), strict=True):
            one.plot(table.index, table[size], "o-", color=colour, ms=3, lw=1.2)
            tops.append(End(float(table.index[int(np.argmax(table[size].values >= 0.99))]), 1.0, size, colour))
        counts = np.geomspace(1, table.index.max(), 100)
        one.plot(counts, 1 - (1 - chance) ** counts, ":", color="0.3")
        one.set(xlabel="exposures", ylabel="part of the sequences known at the end")
        in_words(one, "x", table.index)
        tidy(one)
        label_tops(one, tops)
        how = "one exposure teaches" if chance == 1 else f"one teaches with chance {chance:g}"
        one.set_title(f"Simulated: {how}\nDotted: without a limit (heuristic)", fontsize=9.5, loc="left", pad=26)
    ends = []
    for (name, counts), colour, dash in zip(windows.items(), (_RED, _BLUE), ("-", "--"), strict=True):
        place = (np.arange(len(counts)) + 0.5) / len(counts)
        axes[-1].step(place, counts, dash, where="mid", color=colour)
        ends.append(End(float(place[-1]), float(counts[-1]), f"{name}\nexposure", colour))
    axes[-1].set(yscale="symlog", xlabel="part of the training", ylabel="memorised positions in a window, 410m")
    ticks = [0, *(10**k for k in range(int(np.log10(max(max(map(max, windows.values())), 1))) + 1))]
    axes[-1].set_yticks(ticks, [written(tick) for tick in ticks])
    tidy(axes[-1], "Simulated: where they stand")
    label_ends(axes[-1], ends)
    return drawn
