"""Figures of unique sequences: the band on every series, N against the corpus, learners, windows of texts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from bounds.cli.drawing.style import COLOURS
from bounds.efficiency.band import efficient_params, exponent_band
from bounds.laws.published import LAWS
from experiments.unique_sequences.findings import PAPER_LAW, REPLICATION, SIZES, Findings
from experiments.unique_sequences.series import PAPER_BETA, PAPER_GAMMA, named

_BLUE, _RED, *_ = COLOURS
_GREY = "0.6"
_LAWS = ((PAPER_LAW, _BLUE, "Hoffmann 2022, β = 0.28"), (REPLICATION, _RED, "replication, β = 0.3658"))


def figures(found: Findings) -> Mapping[str, Callable[[], Figure]]:
    """What draws each figure, by its name."""
    drawn = {"series": draw_series, "sizes": draw_sizes, "learners": draw_learners}
    made = {name: partial(draw, found) for name, draw in drawn.items()}
    return made if found.texts is None else {**made, "texts": partial(draw_texts, found.texts)}


def draw_series(found: Findings) -> Figure:
    """The band of every series, its middle with an interval, in the colour of its family."""
    known = found.known()
    drawn = Figure(figsize=(9, 0.36 * (len(known) + 2) + 1.6), layout="constrained")
    axes = drawn.subplots()
    published = {"Hoffmann 2022 (β = 0.28)": LAWS[PAPER_LAW], "Besiroglu 2024 (β = 0.3658)": LAWS[REPLICATION]}
    labels = [*named(known.series), *published]
    colours = dict(zip(known.family.unique(), COLOURS, strict=False))
    for place, row in enumerate(known.itertuples()):
        _band(axes, place, row.lower, row.upper, colours[row.family])
        ends = [[row.middle - row.middle_lower], [row.middle_upper - row.middle]]
        axes.errorbar(row.middle, place, xerr=ends, fmt="o", color=colours[row.family], capsize=3, ms=6, lw=1.8)
    for place, law in enumerate(published.values(), len(known)):
        band = exponent_band(law.data_exponent)
        _band(axes, place, float(band.lower), float(band.upper), "black")
        axes.plot(band.midpoint, place, "D", color="black", ms=6)
    axes.axvline(PAPER_GAMMA, color="0.3", lw=1, ls="--")
    axes.axvspan(0.44, 0.72, color="0.9", zorder=0)
    axes.set_yticks(range(len(labels)), labels=labels, fontsize=8)
    axes.invert_yaxis()
    axes.set(xlabel="exponent γ of N ~ D^γ", xlim=(0, 0.92))
    axes.set_title("Pale bars: 1 - 2β to 1 - β; dots: the middle with its 95 % interval (sampling alone)\n"
                   "grey: 0.44 to 0.72 (v4-v6), dashed: 0.58 (v1); 0: the lower end says nothing", fontsize=9,
                   loc="left")  # fmt: skip
    axes.grid(alpha=0.3, axis="x")
    return drawn


def _band(axes: Axes, place: int, low: float, high: float, colour: str) -> None:
    axes.barh(place, high - low, left=low, height=0.62, color=colour, alpha=0.25, lw=0)


def draw_sizes(found: Findings) -> Figure:
    """N of an efficient model against D, by the paper's law and by the replication; thin beyond the runs."""
    drawn = Figure(figsize=(8.5, 6), layout="constrained")
    axes = drawn.subplots()
    tokens = np.geomspace(SIZES[0], SIZES[-1], 241)
    for key, colour, title in (
        (PAPER_LAW, _BLUE, "Hoffmann 2022, β = 0.28"),
        (REPLICATION, _RED, "replication, β = 0.3658"),
    ):
        bound, (low, high) = efficient_params(tokens, law=key), LAWS[key].fitted_tokens
        inside = (tokens >= low) & (tokens <= high)
        for end, style in (("lower", ":"), ("middle", "-"), ("upper", "--")):
            one = bound.ends[end]
            values = np.where(one.vacuous, np.nan, one.value)
            axes.plot(tokens, values, style, color=colour, lw=0.7)
            axes.plot(tokens[inside], values[inside], style, color=colour, lw=2.4)
        gamma = float(exponent_band(LAWS[key].data_exponent).midpoint)
        axes.plot(tokens, tokens**gamma, "-.", color=colour, lw=1, alpha=0.7)
        axes.plot([], [], color=colour, lw=2.4, label=title)
    low, high = LAWS[PAPER_LAW].fitted_tokens
    axes.axvspan(low, high, color="0.93", zorder=0)
    axes.plot(tokens, tokens / 20, color=_GREY, lw=1)
    kinds = [
        Line2D([], [], color="0.3", ls="--", label="upper, fast rate (heuristic)"),
        Line2D([], [], color="0.3", label="middle (heuristic)"),
        Line2D([], [], color="0.3", ls=":", label="lower, slow rate (given its assumption)"),
        Line2D([], [], color="0.3", ls="-.", label="D^γ alone, constant 1"),
        Line2D([], [], color=_GREY, label="D/20"),
    ]
    seen = [*axes.get_legend_handles_labels()[0], *kinds]
    axes.legend(handles=seen, fontsize=8, loc="upper left")
    axes.set(xscale="log", yscale="log", xlabel="corpus D (tokens)", ylabel="parameters N of an efficient model")
    axes.set_title("Thick, on grey: within the runs of the laws; thin: extrapolated; gaps: the bound says nothing",
                   fontsize=10, loc="left")  # fmt: skip
    axes.grid(alpha=0.3)
    return drawn


def draw_learners(found: Findings) -> Figure:
    """Simulated learners as points (β, γ) against the band."""
    drawn = Figure(figsize=(7.5, 5.5), layout="constrained")
    axes = drawn.subplots()
    beta = np.linspace(0.001, 0.5, 100)
    axes.fill_between(beta, 1 - 2 * beta, 1 - beta, color="0.88", label="1 - 2β to 1 - β")
    axes.plot(beta, 1 - 1.5 * beta, color="0.5", lw=1, ls="--", label="middle")
    for one, colour in zip(found.simulated.points, COLOURS, strict=False):
        x, y = one["loss_exponent"], one["exponent"]
        axes.errorbar(
            x, y, xerr=[[x - one["loss_exponent_lower"]], [one["loss_exponent_upper"] - x]],
            yerr=[[y - one["exponent_lower"]], [one["exponent_upper"] - y]], fmt="o", color=colour, capsize=3,
            label=f"{one['learner']} on {one['source']}",
        )  # fmt: skip
    axes.axvline(PAPER_BETA, color="0.5", lw=0.8, ls=":")
    axes.set(xlabel="exponent β of the excess loss", xlim=(0, 0.5))
    axes.set(ylabel="exponent γ of distinct sequences", ylim=(0, 1))
    axes.set_title(f"Simulated learners, 95 % intervals; in theory all have β = {PAPER_BETA}", fontsize=10, loc="left")
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8, loc="lower left")
    return drawn


def draw_texts(texts: pd.DataFrame) -> Figure:
    """Exponents of distinct windows of real texts, by the length of the window."""
    drawn = Figure(figsize=(7.5, 5.5), layout="constrained")
    axes = drawn.subplots()
    for place, ((title, part), colour) in enumerate(zip(texts.groupby("text", sort=False), COLOURS, strict=False)):
        ends = [part.exponent - part.exponent_lower, part.exponent_upper - part.exponent]
        beside = part.length * 1.02 ** (place - 2)
        label = f"{title} ({part.unit.iloc[0]}s)"
        axes.errorbar(beside, part.exponent, yerr=ends, fmt="o-", color=colour, capsize=3, label=label)
    lengths = sorted(texts.length.unique())
    axes.set_xscale("log", base=2)
    axes.set_xticks(lengths, labels=[str(n) for n in lengths])
    axes.set(xlabel="length of the window", ylabel="exponent γ of distinct windows", ylim=(0, 1))
    axes.set_title("Windows of real texts, 95 % intervals of sampling and misfit", fontsize=10, loc="left")
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8, loc="lower right")
    return drawn
