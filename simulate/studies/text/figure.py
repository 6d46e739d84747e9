"""The figure of a measured corpus: distinct windows against windows on log-log axes, a colour for each length."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bounds.cli.drawing.style import COLOURS
from simulate.running.showing.figures import dash_fit
from simulate.running.showing.view import View
from simulate.studies.text.report import about
from simulate.text.cutting.units import counted


def figure(dataset: xr.Dataset, view: View) -> Figure:
    """Counts, with mean curves and fits where there are any; of estimates their intervals."""
    del view
    told = about(dataset)
    drawn = Figure(figsize=(8.5, 6), layout="constrained")
    axes = drawn.subplots()
    for i in range(dataset.sizes["source"]):
        _one_length(axes, dataset.isel(source=i), told["unit"], COLOURS[i % len(COLOURS)])
    sketched = "n_unique_lower" in dataset
    axes.set(xscale="log", yscale="log", xlabel="windows D")
    axes.set_ylabel(f"distinct windows U(D){', estimated' if sketched else ''}")
    title = f"{told['corpus']}. Points: prefixes, with 95 % intervals of the sketch."
    if not sketched:
        title = f"{told['corpus']}, order: {told['order']}. Points: prefixes."
        title += " Lines: mean over stretches." if "mean_draws" in dataset else ""
        title += " Dashed: fit, continued to 10 D." if np.isfinite(dataset.exponent_lower.values).any() else ""
    axes.set_title(title, fontsize=10)
    axes.legend(fontsize=8, loc="upper left")
    axes.grid(alpha=0.3)
    return drawn


def _one_length(axes: Axes, one: xr.Dataset, unit: str, colour: str) -> None:
    label = f"windows of {counted(int(one.length), unit)}"
    n_draws, n_unique = one.n_draws.values, one.n_unique.values
    if "n_unique_lower" in one:
        ends = abs(np.stack([one.n_unique_lower.values, one.n_unique_upper.values]) - n_unique)
        axes.errorbar(n_draws, n_unique, ends, fmt="o", ms=4, lw=1, color=colour, label=label)
        return
    axes.plot(n_draws, n_unique, "o", ms=4, color=colour, label=label)
    if "mean_draws" not in one:
        return
    there = one.mean_draws.values >= 0
    draws, mean = one.mean_draws.values[there], one.mean_unique.values[there]
    axes.plot(draws, mean, "-", lw=1, color=colour)
    if np.isfinite(one.exponent_lower):
        inside = draws >= int(one.stretch_from_draws[0])
        dash_fit(axes, draws[inside].astype(float), mean[inside], float(one.exponent), colour)
