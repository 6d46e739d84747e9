"""The figure of a sweep: growth on log-log axes, with expectation, fit and the bands of the loss laws."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bounds.cli.drawing.style import COLOURS
from bounds.efficiency.band import Band
from simulate.running.dataset import NOT_MEASURED
from simulate.running.showing.figures import dash_fit
from simulate.running.showing.view import View
from simulate.studies.sweep.report import implied_bands, short


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


def _one_curve(axes: Axes, one: xr.Dataset, n_draws: np.ndarray, colour: str) -> None:
    name = short(str(one.source.item()))
    if "n_unique" in one:
        counts = one.n_unique.transpose("n_draws", "replicate").values.astype(float)
        counts[counts == NOT_MEASURED] = np.nan
        axes.plot(n_draws, np.nanmean(counts, axis=1), "o", ms=4, color=colour, label=name)
    axes.plot(n_draws, one.n_unique_expected, "-", lw=1, color=colour, label=None if "n_unique" in one else name)
    if "n_unique" in one and np.isfinite(one.exponent_lower):
        dash_fit(axes, n_draws, np.nanmean(counts, axis=1), float(one.exponent_pooled), colour)


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
