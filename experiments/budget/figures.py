"""Figures of the experiment: plans for a budget, corpora along training, languages."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from bounds.base.one_number import number
from bounds.laws.published import LAWS
from experiments.budget.planning import RATIOS, kaplan_optimal
from simulate.running.showing.figures import COLOURS

_BLUE, _RED, _GREEN, *_ = COLOURS
_LINES = (
    ("kaplan2020", "Kaplan 2020", _GREEN, "-."), ("epoch2024", "Besiroglu 2024", _BLUE, "-"),
    ("hoffmann2022-unrounded", "Hoffmann 2022, more digits", "0.3", "--"),
    ("hoffmann2022", "Hoffmann 2022, as printed", "0.3", ":"),
)  # fmt: skip


def draw_plans(flops: float, band: pd.DataFrame, models: Mapping[str, tuple[float, float]]) -> Figure:
    """Parameters against tokens: the budget, where each law is best, the models, and the efficient band."""
    drawn = Figure(figsize=(8.5, 6.5), layout="constrained")
    axes = drawn.subplots()
    tokens = np.geomspace(5e10, 1e13, 60)
    axes.plot(tokens, flops / (6 * tokens), color="0.6", lw=6, alpha=0.4, label=f"6 N D = {number(flops)} FLOP")
    compute = np.geomspace(3e22, 1e25, 60)
    for key, name, colour, style in _LINES:
        N, D = kaplan_optimal(compute) if key == "kaplan2020" else LAWS[key].optimal(compute)
        axes.plot(D, N, style, color=colour, label=f"best size, {name}")
        at = kaplan_optimal(flops) if key == "kaplan2020" else LAWS[key].optimal(flops)
        axes.plot(at.n_tokens, at.n_params, "o", color=colour, ms=6)
    for ratio in RATIOS:
        D = np.sqrt(flops * ratio / 6)
        axes.plot(D, D / ratio, "s", color="0.3", mfc="none", ms=8)
        axes.annotate(f"D/N = {ratio:.0f}", (D, D / ratio), xytext=(10, 8), textcoords="offset points", fontsize=8)
    for (name, (n, d)), marker in zip(models.items(), ("*", "X"), strict=True):
        axes.plot(d, n, marker, color=_RED, ms=12, label=f"{name}, {n / 1e9:.0f}B on {d / 1e9:.0f}B tokens", ls="none")
    for shift, row, colour in zip((0.96, 1.04), band[band.law.isin(("hoffmann2022", "epoch2024"))].itertuples(),
                                  ("0.3", _BLUE), strict=True):  # fmt: skip
        axes.plot([row.n_tokens * shift] * 2, [row.n_store_middle, row.n_store_upper], color=colour, lw=5, alpha=0.35,
                  solid_capstyle="butt")  # fmt: skip
    label = "N_store of the corpus,\nmiddle to fast rate\n(Hoffmann, Besiroglu)"
    axes.annotate(label, (band.n_tokens.iloc[0], 7e9), fontsize=8, ha="right", xytext=(-12, 0),
                  textcoords="offset points")  # fmt: skip
    axes.set(xscale="log", yscale="log", xlabel="training tokens D", ylabel="parameters N", ylim=(1e9, 3e12),
             xlim=(5e10, 1e13))  # fmt: skip
    axes.set_title(
        "A million A100 hours; dots: what each law makes of them, all beyond its runs", fontsize=10, loc="left"
    )
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8, loc="upper right")
    return drawn


def draw_corpora(means: pd.DataFrame) -> Figure:
    """Mean accuracy along training, a line a corpus; thin lines are single checkpoints, thick ones means of five."""
    drawn = Figure(figsize=(8.5, 5), layout="constrained")
    axes = drawn.subplots()
    for place, name in enumerate(means):
        line, colour = means[name].dropna(), COLOURS[place % len(COLOURS)]
        axes.plot(line.index / 1e9, line, color=colour, lw=0.6, alpha=0.5)
        axes.plot(line.index / 1e9, line.rolling(5, center=True).mean(), color=colour, lw=2, label=name)
    axes.set(xlabel="training tokens (billions)", ylabel="mean accuracy of 28 tasks, no examples")
    axes.set_title("1.3B parameters, one run a corpus; thick: mean of five checkpoints", fontsize=10, loc="left")
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    return drawn


def draw_languages(table: pd.DataFrame, indic: Collection[str]) -> Figure:
    """Byte perplexity of BLOOM over that of OPT, a bar a language, from the best up."""
    drawn = Figure(figsize=(10, 4.5), layout="constrained")
    axes = drawn.subplots()
    kinds = (
        ("in the corpus of BLOOM", table.in_corpus & ~table.language.isin(indic), _BLUE),
        ("in the corpus, Indic scripts", table.in_corpus & table.language.isin(indic), _RED),
        ("not in the corpus", ~table.in_corpus, "0.75"),
    )
    for label, chosen, colour in kinds:
        axes.bar(table.index[chosen], table.ratio[chosen] - 1, bottom=1, color=colour, label=label, width=0.8)
    axes.axhline(1, color="0.3", lw=1)
    axes.set_yscale("log")
    axes.set_yticks([0.5, 1, 2, 3], labels=["0.5", "1", "2", "3"])
    axes.minorticks_off()
    axes.set_xticks(table.index, labels=table.language.str[:3], fontsize=5, rotation=90)
    axes.set_xlim(-1, len(table))
    axes.set_ylabel("byte perplexity, BLOOM / OPT")
    axes.set_title("Languages and scripts of Flores-101: below 1 BLOOM is better", fontsize=10,
                   loc="left")  # fmt: skip
    axes.legend(fontsize=8)
    return drawn
