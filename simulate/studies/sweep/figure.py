"""The figure of a sweep: growth on log-log axes, with expectation, fit and the bands of the loss laws."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bounds.efficiency.band import Band
from simulate.running.dataset import NOT_MEASURED
from simulate.running.figures import COLOURS, save_drawn
from simulate.running.view import View
from simulate.studies.sweep.report import implied_bands, short
from simulate.text.cutting.units import counted


def figure(dataset: xr.Dataset, view: View) -> Figure:
    """Distinct sequences against corpus size, one colour a source, and below the exponents beside the bands."""
    drawn, implied = Figure(figsize=(8.5, 9), layout="constrained"), implied_bands(dataset, view.laws)
    growth, exponents = drawn.subplots(2, 1, height_ratios=(3, 1 + 0.15 * dataset.sizes["source"]))
    n_draws = dataset.n_draws.values.astype(float)
    for i, source in enumerate(dataset.source.values):
        _one_curve(growth, dataset.sel(source=source), n_draws, COLOURS[i % len(COLOURS)])
    if implied:
        anchor = float(np.nanmedian(_first_counts(dataset)))
        low, _, high = implied[0].exponent
        scale = n_draws / n_draws[0]
        label = f"slopes {low:.2f} to {high:.2f} ({implied[0].law}), heuristic"
        growth.fill_between(
            n_draws, anchor * scale**low, anchor * scale**high, color="0.5", alpha=0.15, lw=0, label=label
        )
    growth.set(xscale="log", yscale="log", xlabel="corpus size D (draws)", ylabel="distinct sequences U(D)")
    lines = "Lines: expectation."
    if "n_unique" in dataset:
        lines = f"Points: mean of the corpora. {lines} Dashed: fitted curve, continued to 10 D."
    growth.set_title(lines, fontsize=10, loc="right")
    growth.legend(fontsize=8, loc="best")  # curves that level off pass the upper left
    growth.grid(alpha=0.3)
    _exponents(exponents, dataset, implied)
    return drawn


def save_corpus_figure(pairs: Sequence[Any], path: str | Path, *, overwrite: bool = False) -> Path:
    """Draw the figure of measured corpora to a .png, .pdf or .svg file."""
    return save_drawn(partial(draw_corpora, pairs), path, overwrite=overwrite)


def draw_corpora(pairs: Sequence[Any]) -> Figure:
    """Distinct windows against windows for each length of a measured corpus, with fits where there are any."""
    figure = Figure(figsize=(8.5, 6), layout="constrained")
    axes = figure.subplots()
    for i, (growth, fit) in enumerate(pairs):
        colour = COLOURS[i % len(COLOURS)]
        axes.plot(
            growth.n_draws,
            growth.n_unique,
            "o",
            ms=4,
            color=colour,
            label=f"windows of {counted(growth.length, growth.unit)}",
        )
        if growth.blocks is not None:
            axes.plot(growth.blocks.n_draws, growth.blocks.n_unique, "-", lw=1, color=colour)
        if fit is not None and fit.interval is not None:
            inside = growth.blocks.n_draws >= fit.window[0]
            mean = growth.blocks.n_unique[inside]
            _dash_fit(axes, growth.blocks.n_draws[inside].astype(float), mean, fit.exponent, colour)
    first = pairs[0][0]
    axes.set(xscale="log", yscale="log", xlabel="windows D", ylabel="distinct windows U(D)")
    axes.set_title(
        f"{first.corpus}, order: {first.order}. Points: prefixes. Lines: mean over stretches. Dashed: fit.", fontsize=10
    )
    axes.legend(fontsize=8, loc="upper left")
    axes.grid(alpha=0.3)
    return figure


def save_sketch_figure(growths: Sequence[Any], path: str | Path, *, overwrite: bool = False) -> Path:
    """Estimated distinct windows against windows, with intervals, for each length of a sketched corpus."""
    return save_drawn(partial(draw_sketch, growths), path, overwrite=overwrite)


def draw_sketch(growths: Sequence[Any]) -> Figure:
    """A panel of one curve for each length."""
    figure = Figure(figsize=(8.5, 6), layout="constrained")
    axes = figure.subplots()
    for i, growth in enumerate(growths):
        ends = abs(np.stack(tuple(growth.interval)) - growth.n_unique)
        label = f"windows of {counted(growth.length, growth.unit)}"
        colour = COLOURS[i % len(COLOURS)]
        axes.errorbar(growth.n_draws, growth.n_unique, ends, fmt="o", ms=4, lw=1, color=colour, label=label)
    axes.set(xscale="log", yscale="log", xlabel="windows D", ylabel="distinct windows U(D), estimated")
    axes.set_title(f"{growths[0].corpus}. Points: prefixes, with 95 % intervals of the sketch.", fontsize=10)
    axes.legend(fontsize=8, loc="upper left")
    axes.grid(alpha=0.3)
    return figure


def _one_curve(axes: Axes, one: xr.Dataset, n_draws: np.ndarray, colour: str) -> None:
    name = short(str(one.source.item()))
    if "n_unique" in one:
        counts = one.n_unique.transpose("n_draws", "replicate").values.astype(float)
        counts[counts == NOT_MEASURED] = np.nan
        axes.plot(n_draws, np.nanmean(counts, axis=1), "o", ms=4, color=colour, label=name)
    axes.plot(n_draws, one.n_unique_expected, "-", lw=1, color=colour, label=None if "n_unique" in one else name)
    if "n_unique" in one and np.isfinite(one.exponent_lower):
        _dash_fit(axes, n_draws, np.nanmean(counts, axis=1), float(one.exponent_pooled), colour)


def _dash_fit(axes: Axes, n_draws: np.ndarray, mean: np.ndarray, exponent: float, colour: str) -> None:
    """K D^γ - u₀ with the fitted γ; K and u₀ are those that pass the points with the least relative error."""
    columns = np.stack([n_draws**exponent, -np.ones_like(n_draws)], axis=1) / mean[:, None]
    scale, offset = np.linalg.lstsq(columns, np.ones_like(mean), rcond=None)[0]
    reach = np.geomspace(n_draws[0], 10 * n_draws[-1], 100)
    curve = scale * reach**exponent - offset
    axes.plot(reach[curve > 0], curve[curve > 0], "--", lw=1.2, color=colour)


def _exponents(axes: Axes, dataset: xr.Dataset, implied: Sequence[Band]) -> None:
    """A row a source (fitted exponent and interval, planted exponent) and a row a law (its band)."""
    labels = []
    for i, source in enumerate(dataset.source.values):
        one, colour = dataset.sel(source=source), COLOURS[i % len(COLOURS)]
        labels.append(short(str(source)))
        if "exponent_pooled" in one:
            held = bool(np.isfinite(one.exponent_lower))
            axes.plot([one.exponent_lower, one.exponent_upper], [i, i], "-", lw=3, color=colour)
            axes.plot(one.exponent_pooled, i, "o", ms=5, color=colour, mfc=colour if held else "white")
        axes.plot(one.exponent_planted, i, "|", ms=14, color="black")
    for band in implied:
        row = len(labels)
        axes.barh(row, band.exponent[2] - band.exponent[0], left=band.exponent[0], height=0.6, color="0.8")
        if band.exponent[1] is not None:
            axes.plot(band.exponent[1], row, "d", ms=5, color="0.3")
        labels.append(f"{band.law} (β = {band.beta:g})")
    axes.set_yticks(range(len(labels)), labels, fontsize=8)
    axes.set_ylim(len(labels) - 0.5, -0.5)
    axes.set(xlabel="exponent γ", xlim=(-0.02, 1.02))  # an exponent of 0 is seen whole
    dots = "Dot: fitted, with 95 % interval (hollow: rejected). " if "exponent_pooled" in dataset else ""
    axes.set_title(f"{dots}Bar: planted. Grey: band of a law, its middle.", fontsize=10, loc="right")
    axes.grid(axis="x", alpha=0.3)


def _first_counts(dataset: xr.Dataset) -> np.ndarray:
    if "n_unique" not in dataset:
        return dataset.n_unique_expected.isel(n_draws=0).values
    counts = dataset.n_unique.isel(n_draws=0).values.astype(float)
    return np.where(counts == NOT_MEASURED, np.nan, counts)
