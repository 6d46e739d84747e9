"""Figures of the experiment: plans for a budget, corpora along training, languages."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from bounds.base.one_number import number
from bounds.cli.drawing.labels import End, in_words, label_ends, tidy
from bounds.cli.drawing.style import COLOURS, style
from bounds.laws.published import LAWS
from experiments.budget.planning import RATIOS, kaplan_optimal

_BLUE, _RED, _GREEN, *_ = COLOURS
_LINES = (
    ("kaplan2020", "Kaplan 2020", _GREEN, "-."), ("epoch2024", "Besiroglu 2024", _BLUE, "-"),
    ("hoffmann2022-unrounded", "Hoffmann 2022, more digits", "0.3", "--"),
    ("hoffmann2022", "Hoffmann 2022, as printed", "0.3", ":"),
)  # fmt: skip


def draw_plans(flops: float, band: pd.DataFrame, models: Mapping[str, tuple[float, float]]) -> Figure:
    """Parameters against tokens: the budget, where each law is best, the models, and the efficient band."""
    drawn = Figure(figsize=(10, 6.5), layout="constrained")
    axes = drawn.subplots()
    tokens = np.geomspace(5e10, 1e13, 60)
    axes.plot(tokens, flops / (6 * tokens), color="0.6", lw=6, alpha=0.4)
    names = [End(1e13, flops / 6e13, f"6 N D = {number(flops)} FLOP", "0.4")]
    compute = np.geomspace(3e22, 1e25, 60)
    for key, name, colour, dash in _LINES:
        N, D = kaplan_optimal(compute) if key == "kaplan2020" else LAWS[key].optimal(compute)
        axes.plot(D, N, dash, color=colour)
        inside = np.flatnonzero((D <= 1e13) & (N <= 3e12))[-1]
        names.append(End(float(D[inside]), float(N[inside]), name, colour))
        at = kaplan_optimal(flops) if key == "kaplan2020" else LAWS[key].optimal(flops)
        axes.plot(at.n_tokens, at.n_params, "o", color=colour, ms=6)
    for ratio in RATIOS:
        D = np.sqrt(flops * ratio / 6)
        axes.plot(D, D / ratio, "s", color="0.3", mfc="none", ms=8)
        axes.annotate(f"D/N = {ratio:.0f}", (D, D / ratio), xytext=(10, 8), textcoords="offset points", fontsize=8)
    for (name, (n, d)), marker in zip(models.items(), ("*", "X"), strict=True):
        axes.plot(d, n, marker, color=_RED, ms=12, ls="none")
        axes.annotate(f"{name}, {n / 1e9:.0f}B on\n{d / 1e9:.0f}B tokens", (d, n), xytext=(11, 4), fontsize=8,
                      textcoords="offset points", color=_RED)  # fmt: skip
    for shift, row, colour in zip((0.96, 1.04), band[band.law.isin(("hoffmann2022", "epoch2024"))].itertuples(),
                                  ("0.3", _BLUE), strict=True):  # fmt: skip
        axes.plot([row.n_tokens * shift] * 2, [row.n_store_middle, row.n_store_upper], color=colour, lw=5, alpha=0.35,
                  solid_capstyle="butt")  # fmt: skip
    label = "what stores the corpus,\nmiddle to fast rate (heuristic)\n(grey: Hoffmann, blue: Besiroglu)"
    axes.annotate(label, (band.n_tokens.iloc[0], 7e9), fontsize=8, ha="right", xytext=(-12, 0),
                  textcoords="offset points")  # fmt: skip
    axes.set(xlabel="training tokens D", ylabel="parameters N")
    in_words(axes, "x", (5e10, 1e13))
    in_words(axes, "y", (1e9, 3e12))
    axes.set(ylim=(1e9, 3e12), xlim=(5e10, 1e13))
    tidy(axes, "A million A100 hours. Lines: best size by each law (empirical); dots: what each makes of the "
               "budget, all beyond its runs")  # fmt: skip
    label_ends(axes, names)
    return drawn


def draw_corpora(means: pd.DataFrame) -> Figure:
    """Mean accuracy along training, a line a corpus; thin lines are single checkpoints, thick ones means of five."""
    drawn = Figure(figsize=(8.5, 5), layout="constrained")
    axes = drawn.subplots()
    ends = []
    for place, name in enumerate(means):
        line, (colour, _, dash) = means[name].dropna(), style(place)
        mean = line.rolling(5, center=True).mean().dropna()
        axes.plot(line.index / 1e9, line, color=colour, lw=0.6, alpha=0.5)
        axes.plot(mean.index / 1e9, mean, ls=dash, color=colour, lw=2)
        ends += [End(mean.index[-1] / 1e9, float(mean.iloc[-1]), str(name), colour)] if len(mean) else []
    axes.set(xlabel="training tokens (billions)", ylabel="mean accuracy of 28 tasks, no examples")
    tidy(axes, "1.3B parameters, one run a corpus; thick: mean of five checkpoints")
    label_ends(axes, ends)
    return drawn


def draw_languages(table: pd.DataFrame, indic: Collection[str]) -> Figure:
    """Byte perplexity of BLOOM over that of OPT, a bar a language, from the best up."""
    drawn = Figure(figsize=(11.5, 4.8), layout="constrained")
    axes = drawn.subplots()
    kinds = (
        ("in the corpus of BLOOM", table.in_corpus & ~table.language.isin(indic), _BLUE, ""),
        ("in the corpus, Indic scripts (hatched)", table.in_corpus & table.language.isin(indic), _RED, "////"),
        ("not in the corpus (grey)", ~table.in_corpus, "0.75", ""),
    )
    for i, (label, chosen, colour, hatch) in enumerate(kinds):
        heights = table.ratio[chosen] - 1
        axes.bar(table.index[chosen], heights, bottom=1, color=colour, width=0.8, hatch=hatch, ec="white", lw=0)
        dark = "0.35" if colour == "0.75" else colour
        axes.text(0.02, 0.95 - 0.07 * i, label, color=dark, fontsize=9, va="top", transform=axes.transAxes)
    axes.axhline(1, color="0.3", lw=1)
    axes.set_yscale("log")
    axes.set_yticks([0.5, 1, 2, 3], labels=["0.5", "1", "2", "3"])
    axes.minorticks_off()
    axes.set_xticks(table.index, labels=table.language.str[:3], fontsize=6, rotation=90)
    axes.set_xlim(-1, len(table))
    axes.set_ylabel("byte perplexity, BLOOM / OPT")
    axes.set_xlabel("language, by the first letters of its code")
    tidy(axes, "Languages and scripts of Flores-101: below 1 BLOOM is better")
    axes.grid(visible=False, axis="x")
    return drawn
