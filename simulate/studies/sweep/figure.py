"""The figure of a sweep: growth on log-log axes, with expectation, fit and the bands of the loss laws."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bounds.cli.drawing.labels import End, in_words, label_ends, shorten, tidy, wrapped
from bounds.cli.drawing.style import Style, style
from bounds.cli.printing import estimated
from bounds.efficiency.band import Band
from simulate.running.dataset import NOT_MEASURED
from simulate.running.showing.figures import dash_fit
from simulate.running.showing.view import View
from simulate.studies.sweep.report import implied_bands, short


def figure(dataset: xr.Dataset, view: View) -> Figure:
    """Distinct sequences against corpus size, one colour a source, and below the exponents beside the bands."""
    n_sources, implied = dataset.sizes["source"], implied_bands(dataset, view.laws)
    below = 1.2 + 0.22 * (n_sources + len(implied))
    drawn = Figure(figsize=(9, 5.5 + below), layout="constrained")
    grid = drawn.add_gridspec(2, 1, height_ratios=(5.5, below))
    upper, lower = (drawn.add_subfigure(grid[i]) for i in (0, 1))
    _growth(upper.subplots(), dataset, implied)
    closer = _closer(dataset)
    panels = lower.subplots(1, 1 + closer, sharey=True, squeeze=False, width_ratios=(3, 2)[: 1 + closer])[0]
    if closer:
        _off(panels[1], dataset)
    if "exponent_pooled" in dataset:
        _margin(panels[-1], dataset)
    _exponents(panels[0], dataset, implied)
    return drawn


def _growth(axes: Axes, dataset: xr.Dataset, implied: Sequence[Band]) -> None:
    """Points, expectation and fit of each source, named at its end, and the slopes of the first law."""
    n_draws = dataset.n_draws.values.astype(float)
    ends = [
        _one_curve(axes, dataset.sel(source=source), n_draws, style(i))
        for i, source in enumerate(dataset.source.values)
    ]
    if implied:
        anchor = float(np.nanmedian(_first_counts(dataset)))
        low, _, high = implied[0].exponent
        scale = n_draws / n_draws[0]
        axes.fill_between(n_draws, anchor * scale**low, anchor * scale**high, color="0.5", alpha=0.15, lw=0)
        text = f"grey: slopes {low:.2f} to {high:.2f} ({implied[0].law}), heuristic"
        axes.text(0.985, 0.03, text, transform=axes.transAxes, ha="right", fontsize=8, color="0.25")
    axes.set(yscale="log", xlabel="corpus size D (draws)", ylabel="distinct sequences U(D)")
    fitted = "n_unique" in dataset and bool(np.isfinite(dataset.exponent_lower.values).any())
    in_words(axes, "x", (n_draws[0], (10 if fitted else 1) * n_draws[-1]))
    in_words(axes, "y", np.maximum(axes.get_ylim(), 0.1))
    lines = "Lines: expectation (rigorous)." if np.isfinite(dataset.n_unique_expected.values).any() else ""
    if "n_unique" in dataset:
        lines = f"Points: mean of the corpora. {lines}{' Dashed: fitted, to 10 D (asymptotic).' if fitted else ''}"
    tidy(axes, lines)
    label_ends(axes, ends)


def _one_curve(axes: Axes, one: xr.Dataset, n_draws: np.ndarray, how: Style) -> End:
    """Draw one source; where its last curve ends."""
    colour = how.colour
    name, x, y = shorten(short(str(one.source.item()))), n_draws[-1], float(one.n_unique_expected[-1])
    if "n_unique" not in one:
        alone = "o" if len(n_draws) == 1 else ""  # a line of one point is none
        axes.plot(n_draws, one.n_unique_expected, ls=how.dash, marker=alone, lw=1.2, color=colour)
        return End(x, y, name, colour)
    axes.plot(n_draws, one.n_unique_expected, "-", lw=1, color=colour)
    counts = one.n_unique.transpose("n_draws", "replicate").values.astype(float)
    counts[counts == NOT_MEASURED] = np.nan
    mean = np.nanmean(counts, axis=1)
    axes.plot(n_draws, mean, how.marker, ms=4, color=colour)
    if np.isfinite(one.exponent_lower):
        x, y = dash_fit(axes, n_draws, mean, float(one.exponent_pooled), colour)
    elif not np.isfinite(y):  # of a text there is no expectation
        y = float(mean[np.isfinite(mean)][-1])
    return End(x, y, name, colour)


def _exponents(axes: Axes, dataset: xr.Dataset, implied: Sequence[Band]) -> None:
    """A row a source (fitted exponent and interval, planted exponent) and a row a law (its band)."""
    labels = []
    for i, source in enumerate(dataset.source.values):
        one, (colour, marker, _) = dataset.sel(source=source), style(i)
        labels.append(shorten(short(str(source))))
        axes.plot(one.exponent_planted, i, "|", ms=14, color="black")
        if "exponent_pooled" in one:
            held = bool(np.isfinite(one.exponent_lower))
            axes.plot([one.exponent_lower, one.exponent_upper], [i, i], "-", lw=3, color=colour)
            axes.plot(one.exponent_pooled, i, marker, ms=5, color=colour, mfc=colour if held else "white")
    for band in implied:
        row = len(labels)
        axes.barh(row, band.exponent[2] - band.exponent[0], left=band.exponent[0], height=0.6, color="0.8")
        if band.exponent[1] is not None:
            axes.plot(band.exponent[1], row, "d", ms=5, color="0.3")
        labels.append(f"{band.law} (β = {band.beta:g})")
    axes.set_yticks(range(len(labels)), labels, fontsize=8)
    axes.set_ylim(len(labels) - 0.5, -0.5)
    axes.set(xlabel="exponent γ", xlim=(-0.02, 1.02))  # an exponent of 0 is seen whole
    marks = "Marks: fitted (hollow: rejected). " if "exponent_pooled" in dataset else ""
    tidy(axes, wrapped(f"{marks}Upright: planted. Grey: band of a law (heuristic)", 34))


def _closer(dataset: xr.Dataset) -> bool:
    """Whether there is a fitted exponent with an interval to hold against a planted one."""
    if "exponent_pooled" not in dataset:
        return False
    return bool(np.isfinite(dataset.exponent_lower.values + dataset.exponent_planted.values).any())


def _off(axes: Axes, dataset: xr.Dataset) -> None:
    """How far each fitted exponent is from the planted one, on a scale of its interval."""
    for i, source in enumerate(dataset.source.values):
        one, (colour, marker, _) = dataset.sel(source=source), style(i)
        low, value, high = (float(one[f"exponent_{name}"]) for name in ("lower", "pooled", "upper"))
        off = value - float(one.exponent_planted)
        if np.isfinite(off) and np.isfinite(low):
            axes.errorbar(
                off, i, xerr=[[value - low], [high - value]], fmt=marker, ms=5, capsize=3, lw=1.5, color=colour
            )
    axes.axvline(0, color="black", lw=1)
    axes.set_xlabel("γ fitted less planted")
    axes.tick_params(axis="y", left=False, labelleft=False)
    axes.tick_params(axis="x", labelsize=8)
    axes.locator_params(axis="x", nbins=4)
    tidy(axes, "Closer, with intervals of 95 %")


def _margin(axes: Axes, dataset: xr.Dataset) -> None:
    """The fitted exponents in numbers, each in the row of its source; in brackets those without an interval."""
    place: dict[str, Any] = {"xycoords": ("axes fraction", "data"), "va": "center", "annotation_clip": False}
    for i in range(dataset.sizes["source"]):
        one = dataset.isel(source=i)
        value, low, high = (float(one[f"exponent_{name}"]) for name in ("pooled", "lower", "upper"))
        axes.annotate(estimated(value, low, high, 4), (1.03, i), fontsize=8, **place)


def _first_counts(dataset: xr.Dataset) -> np.ndarray:
    if "n_unique" not in dataset:
        return dataset.n_unique_expected.isel(n_draws=0).values
    counts = dataset.n_unique.isel(n_draws=0).values.astype(float)
    return np.where(counts == NOT_MEASURED, np.nan, counts)
