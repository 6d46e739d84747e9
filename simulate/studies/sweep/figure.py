"""The figure of a sweep: growth on log-log axes, with expectation, fit and the bands of the loss laws."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bounds.efficiency.band import Band
from simulate.running.dataset import NOT_MEASURED
from simulate.running.keeping.files import FIGURES, claimed, written_whole
from simulate.running.lettering import take_literally
from simulate.studies.sweep.report import short

_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")  # Okabe & Ito


def draw_growth(dataset: xr.Dataset, implied: Sequence[Band]) -> Figure:
    """Distinct sequences against corpus size, one colour a source, and below the exponents beside the bands."""
    figure = Figure(figsize=(8.5, 9), layout="constrained")
    growth, exponents = figure.subplots(2, 1, height_ratios=(3, 1 + 0.15 * dataset.sizes["source"]))
    n_draws = dataset.n_draws.values.astype(float)
    for i, source in enumerate(dataset.source.values):
        _one_curve(growth, dataset.sel(source=source), n_draws, _COLOURS[i % len(_COLOURS)])
    if implied:
        anchor = float(np.nanmedian(_first_counts(dataset)))
        low, _, high = implied[0].exponent
        scale = n_draws / n_draws[0]
        label = f"slopes {low:.2f} to {high:.2f} ({implied[0].law}), heuristic"
        growth.fill_between(
            n_draws, anchor * scale**low, anchor * scale**high, color="0.5", alpha=0.15, lw=0, label=label
        )
    growth.set(xscale="log", yscale="log", xlabel="corpus size D (draws)", ylabel="distinct sequences U(D)")
    growth.set_title(
        "Points: mean of the corpora. Lines: expectation. Dashed: fitted curve, continued to 10 D.",
        fontsize=10,
        loc="right",
    )
    growth.legend(fontsize=8, loc="upper left")
    growth.grid(alpha=0.3)
    _exponents(exponents, dataset, implied)
    return figure


def save_figure(dataset: xr.Dataset, implied: Sequence[Band], path: str | Path, *, overwrite: bool = False) -> Path:
    """Draw the figure of a sweep to a .png, .pdf or .svg file."""
    return save_drawn(partial(draw_growth, dataset, implied), path, overwrite=overwrite)


def save_drawn(draw: Callable[[], Figure], path: str | Path, *, overwrite: bool = False, dpi: int = 150) -> Path:
    """What `draw` draws as a .png, .pdf or .svg file; ValueError, before it does, where that cannot be written."""
    with claimed(path, overwrite=overwrite, formats=FIGURES) as target, written_whole(target) as part:
        drawn = io.BytesIO()  # through memory: a full disk is one error, not a writer that fails half-way
        take_literally(draw()).savefig(drawn, dpi=dpi, format=part.suffix[1:])
        part.write_bytes(drawn.getvalue())
    return target


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
        one, colour = dataset.sel(source=source), _COLOURS[i % len(_COLOURS)]
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
    axes.invert_yaxis()
    axes.set(xlabel="exponent γ", xlim=(0, 1))
    axes.set_title(
        "Dot: fitted, with 95 % interval (hollow: rejected). Bar: planted. Grey: band of a law, its middle.",
        fontsize=10,
        loc="right",
    )
    axes.grid(axis="x", alpha=0.3)


def _first_counts(dataset: xr.Dataset) -> np.ndarray:
    if "n_unique" not in dataset:
        return dataset.n_unique_expected.isel(n_draws=0).values
    counts = dataset.n_unique.isel(n_draws=0).values.astype(float)
    return np.where(counts == NOT_MEASURED, np.nan, counts)
