"""Figures in the manner of those of OPT, drawn here with numbers that are known, for the reader of such figures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.figure import Figure

from experiments.readers.opt_figures import SIZES, TRENDS

GREY, BASELINE = "#cccccc", "#708cb2"


def colour(size) -> tuple[float, float, float]:
    return tuple(size.colour)


def courses(seed: int = 0) -> pd.DataFrame:
    """Steps, perplexities of two decimals and accuracies of every size; some steps are odd numbers."""
    rng = np.random.default_rng(seed)
    tables = []
    for i, size in enumerate(SIZES):
        step = np.sort(rng.choice(np.arange(1000, 9000), 6 + i, replace=False))
        ppl = np.round(np.sort(rng.uniform(8, 28, len(step)))[::-1], 2)
        pct = np.round(rng.uniform(31, 44, len(step)), 4)
        tables.append(pd.DataFrame({"size": size.name, "step": step, "valid_ppl": ppl, "accuracy": pct}))
    return pd.concat(tables, ignore_index=True)


def smooth(values: np.ndarray) -> np.ndarray:
    found = [values[0]]
    for value in values[1:]:
        found.append((found[-1] + value) / 2)
    return np.array(found)


def _axes(figure: Figure, places: int = 1):
    axes = np.atleast_1d(figure.subplots(1, places))
    for one in axes:
        one.yaxis.grid(True, color=GREY)
    return axes


def _save(figure: Figure, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    FigureCanvasPdf(figure).print_figure(path)
    return path


def _powers(axes, exponents) -> None:
    axes.set_xticks(list(exponents), [f"$10^{{{one}}}$" for one in exponents])
    axes.set_xlim(min(exponents) - 0.5, max(exponents) + 0.5)


def draw_validation(table: pd.DataFrame, path: Path, *, sizes=SIZES) -> Path:
    figure = Figure(figsize=(5, 3))
    axes = _axes(figure)[0]
    for size in sizes:
        own = table[table["size"] == size.name]
        flops = 6 * size.n_params * size.batch_published * own.step.to_numpy(float)
        axes.plot(np.log10(flops), own.valid_ppl, color=colour(size), label=size.name)
    _powers(axes, range(18, 24))
    axes.set_yticks([10, 20, 30])
    axes.set_xlabel("FLOPs")
    axes.legend()
    return _save(figure, path)


def draw_bigbench(table: pd.DataFrame, path: Path, *, chance: float = 31.78) -> Path:
    figure = Figure(figsize=(20, 3.8))
    axes = _axes(figure, 4)
    figure.subplots_adjust(wspace=0.25)
    for one, name in zip(axes, ("Validation PPL", "FLOPs", "Tokens", "Steps"), strict=True):
        for size in SIZES:
            own = table[table["size"] == size.name]
            tokens = size.batch_published * own.step.to_numpy(float)
            x = {"Validation PPL": own.valid_ppl.to_numpy(), "FLOPs": 6 * size.n_params * tokens, "Tokens": tokens,
                 "Steps": own.step.to_numpy(float)}[name]  # fmt: skip
            one.axhline(chance, color=BASELINE)
            one.plot(np.log10(x), smooth(own.accuracy.to_numpy()), color=colour(size))
            one.scatter(np.log10(x), own.accuracy, color=colour(size), s=10, alpha=0.4)
        one.set_xlabel(name)
        one.set_yticks([30, 35, 40, 45])
        one.set_ylim(29, 46)
    axes[0].invert_xaxis()
    axes[0].set_xticks([np.log10(ppl) for ppl in (8, 10, 15, 25)], ["8", "10", "15", "25"])
    for one, exponents in zip(axes[1:], ((18, 20, 22), (9, 10, 11), (4, 3)), strict=True):
        _powers(one, sorted(exponents))
    return _save(figure, path)


def shares(seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rows = [(trend, size.name, after, round(float(rng.uniform(1, 29)), 4))
            for trend in TRENDS for size in SIZES for after in range(10, 80, 10)]  # fmt: skip
    return pd.DataFrame(rows, columns=["trend", "size", "after_pct_of_training", "pct_of_tokens"])


def draw_trend(table: pd.DataFrame, path: Path) -> Path:
    figure = Figure(figsize=(5, 3))
    axes = _axes(figure)[0]
    for size in SIZES:
        own = table[table["size"] == size.name]
        axes.plot(own.after_pct_of_training, own.pct_of_tokens, "o-", color=colour(size), markersize=5)
    axes.set_xticks(range(10, 80, 10), [f"{after}%" for after in range(10, 80, 10)])
    axes.set_yticks([0, 10, 20, 30], ["0%", "10%", "20%", "30%"])
    axes.set_title(f"Tokens that PPL {table.trend.iloc[0].capitalize()}")
    axes.set_xlabel("Percentage of Training")
    return _save(figure, path)
