"""Figures of unique sequences: the band on every series, N against the corpus, learners, windows of texts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bounds.cli.drawing.labels import End, in_words, label_ends, tidy
from bounds.cli.drawing.style import COLOURS, style
from bounds.efficiency.band import efficient_params, exponent_band
from bounds.laws.published import LAWS
from experiments.unique_sequences.findings import PAPER_LAW, REPLICATION, SIZES, Findings
from experiments.unique_sequences.series import PAPER_BETA, PAPER_GAMMA, named

_BLUE, _RED, *_ = COLOURS
_GREY = "0.6"
_ENDS = {"lower": "lower (slow rate, assumed)", "middle": "middle (heuristic)", "upper": "upper (fast, heuristic)"}
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
    tidy(axes, "Pale bars: 1 - 2β to 1 - β (heuristic); dots: the middle with its 95 % interval (sampling alone)\n"
               "grey: 0.44 to 0.72 (versions 4 to 6 of the paper), dashed: 0.58 (version 1); at 0 the lower end says "
               "nothing")  # fmt: skip
    axes.grid(visible=False, axis="y")
    return drawn


def _band(axes: Axes, place: int, low: float, high: float, colour: str) -> None:
    axes.barh(place, high - low, left=low, height=0.62, color=colour, alpha=0.25, lw=0)


def draw_sizes(found: Findings) -> Figure:
    """N of an efficient model against D, by the paper's law and by the replication; thin beyond the runs."""
    drawn = Figure(figsize=(10.5, 6), layout="constrained")
    axes = drawn.subplots()
    tokens = np.geomspace(SIZES[0], SIZES[-1], 241)
    names = []
    for key, colour, title in ((PAPER_LAW, _BLUE, "Hoffmann"), (REPLICATION, _RED, "replication")):
        bound, (low, high) = efficient_params(tokens, law=key), LAWS[key].fitted_tokens
        inside = (tokens >= low) & (tokens <= high)
        for end, dash in (("lower", ":"), ("middle", "-"), ("upper", "--")):
            one = bound.ends[end]
            values = np.where(one.vacuous, np.nan, one.value)
            axes.plot(tokens, values, dash, color=colour, lw=0.7)
            axes.plot(tokens[inside], values[inside], dash, color=colour, lw=2.4)
            names.append(End(float(tokens[-1]), float(values[-1]), f"{_ENDS[end]}, {title}", colour))
        gamma = float(exponent_band(LAWS[key].data_exponent).midpoint)
        axes.plot(tokens, tokens**gamma, "-.", color=colour, lw=1, alpha=0.7)
        names.append(End(float(tokens[-1]), float(tokens[-1] ** gamma), f"D^{gamma:.2f} alone (heuristic)", colour))
    low, high = LAWS[PAPER_LAW].fitted_tokens
    axes.axvspan(low, high, color="0.93", zorder=0)
    axes.plot(tokens, tokens / 20, color=_GREY, lw=1)
    names.append(End(float(tokens[-1]), float(tokens[-1] / 20), "D/20", _GREY))
    axes.set(yscale="log", xlabel="corpus D (tokens)", ylabel="parameters N of an efficient model")
    in_words(axes, "x", tokens)
    in_words(axes, "y", axes.get_ylim())
    tidy(axes, "Hoffmann 2022 (β = 0.28) and its replication (β = 0.3658)\nThick, on grey: within the runs of the "
               "laws; thin: extrapolated; gaps: the bound says nothing")  # fmt: skip
    label_ends(axes, [end for end in names if np.isfinite(end.y)])
    return drawn


def draw_learners(found: Findings) -> Figure:
    """Simulated learners as points (β, γ) against the band."""
    drawn = Figure(figsize=(9, 5.5), layout="constrained")
    axes = drawn.subplots()
    beta = np.linspace(0.001, 0.5, 100)
    axes.fill_between(beta, 1 - 2 * beta, 1 - beta, color="0.88")
    axes.plot(beta, 1 - 1.5 * beta, color="0.5", lw=1, ls="--")
    ends = [End(0.5, 0.25, "middle (heuristic)", "0.5"), End(0.5, 0.5, "1 - β (heuristic)", "0.5"),
            End(0.5, 0.0, "1 - 2β (heuristic)", "0.5")]  # fmt: skip
    for i, one in enumerate(found.simulated.points):
        x, y, (colour, marker, _) = one["loss_exponent"], one["exponent"], style(i)
        axes.errorbar(
            x, y, xerr=[[x - one["loss_exponent_lower"]], [one["loss_exponent_upper"] - x]],
            yerr=[[y - one["exponent_lower"]], [one["exponent_upper"] - y]], fmt=marker, color=colour, capsize=3,
        )  # fmt: skip
        ends.append(End(x, y, f"{one['learner']} on\n{one['source']}", colour))
    axes.axvline(PAPER_BETA, color="0.5", lw=0.8, ls=":")
    axes.set(xlabel="exponent β of the excess loss", xlim=(0, 0.5))
    axes.set(ylabel="exponent γ of distinct sequences", ylim=(0, 1))
    tidy(axes, f"Simulated learners, 95 % intervals; dotted: β = {PAPER_BETA}, which all have in theory (rigorous)")
    label_ends(axes, ends)
    return drawn


def draw_texts(texts: pd.DataFrame) -> Figure:
    """Exponents of distinct windows of real texts, by the length of the window."""
    drawn = Figure(figsize=(9, 5.5), layout="constrained")
    axes = drawn.subplots()
    names = []
    for place, (title, part) in enumerate(texts.groupby("text", sort=False)):
        colour, marker, dash = style(place)
        ends = [part.exponent - part.exponent_lower, part.exponent_upper - part.exponent]
        beside = part.length * 1.02 ** (place - 2)
        axes.errorbar(beside, part.exponent, yerr=ends, fmt=marker, ls=dash, color=colour, capsize=3)
        text = f"{title} ({part.unit.iloc[0]}s)"
        names.append(End(float(beside.iloc[-1]), float(part.exponent.iloc[-1]), text, colour))
    lengths = sorted(texts.length.unique())
    axes.set_xscale("log", base=2)
    axes.set_xticks(lengths, labels=[str(n) for n in lengths])
    axes.minorticks_off()
    axes.set(xlabel="length of the window (units of each text)", ylabel="exponent γ of distinct windows", ylim=(0, 1))
    tidy(axes, "Windows of real texts, 95 % intervals of sampling and misfit")
    label_ends(axes, names)
    return drawn
