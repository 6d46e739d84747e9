"""The figure of a measured corpus: distinct windows against windows on log-log axes, a colour for each length."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bounds.cli.drawing.labels import End, in_words, label_ends, shorten, tidy, wrapped
from bounds.cli.drawing.style import Style, style
from bounds.cli.printing import estimated
from simulate.running.showing.figures import dash_fit
from simulate.running.showing.view import View
from simulate.studies.text import more
from simulate.studies.text.report import about
from simulate.studies.text.views import random_order
from simulate.text.cutting.units import counted


def figure(dataset: xr.Dataset, view: View) -> Figure:
    """Counts with mean curves, fits and what more text would bring, where there are any; estimates with intervals."""
    del view
    told = about(dataset)
    drawn = Figure(figsize=(9, 5.6), layout="constrained")
    axes = drawn.subplots()
    ends = [_one_length(axes, dataset.isel(source=i), told, style(i)) for i in range(dataset.sizes["source"])]
    sketched = "n_unique_lower" in dataset
    axes.set(xscale="log", yscale="log", xlabel="corpus size D (windows)")
    axes.set_ylabel(f"distinct windows U(D){', estimated' if sketched else ''}")
    in_words(axes, "x", (float(dataset.n_draws.min()), max(end.x for end in ends)))
    in_words(axes, "y", (float(dataset.n_unique.min()), max(end.y for end in ends)))
    tidy(axes, wrapped(f"{shorten(told['corpus'])}: {_signs(dataset, told['order'])}", 88))
    label_ends(axes, ends)
    return drawn


def _signs(dataset: xr.Dataset, order: str) -> str:
    """What each kind of mark is."""
    sketched = "n_unique_lower" in dataset
    said = ["points: prefixes, with 95 % intervals of the sketch" if sketched else f"points: prefixes in {order} order"]
    if "mean_draws" in dataset:
        said.append("lines: mean of stretches")
    if not sketched and _reordered(dataset, order):
        said.append("dotted: windows in random order (rigorous)")
    if np.isfinite(dataset.exponent_lower.values).any():
        said.append("dashed: fit, to 10 D")
    if more.has_more(dataset) and more.any_applies(dataset):
        said.append("bars: more text, 95 %")
    return "; ".join(said)


def _reordered(dataset: xr.Dataset, order: str) -> bool:
    """Whether the mean over all orders of the windows is drawn beside: it is that of the counts themselves else."""
    return "spectrum" in dataset and order != "rarefaction" and dataset.sizes["n_units"] > 1


def _one_length(axes: Axes, one: xr.Dataset, told: dict[str, Any], how: Style) -> End:
    """Draw one length; where its last curve ends."""
    name, colour = counted(int(one.length), told["unit"]), how.colour
    n_draws, n_unique = one.n_draws.values, one.n_unique.values
    x, y = float(n_draws[-1]), float(n_unique[-1])
    if "n_unique_lower" in one:
        ends = abs(np.stack([one.n_unique_lower.values, one.n_unique_upper.values]) - n_unique)
        axes.errorbar(n_draws, n_unique, ends, fmt=how.marker, ms=4, lw=1, color=colour)
    else:
        axes.plot(n_draws, n_unique, how.marker, ms=4, color=colour)
    if "n_unique_lower" not in one and _reordered(one, told["order"]):
        at = np.geomspace(n_draws[0], n_draws[-1], 60)[:-1]
        axes.plot(at, random_order(one, at), ":", lw=1, color=colour)
    if "mean_draws" in one:
        there = one.mean_draws.values >= 0
        draws, mean = one.mean_draws.values[there], one.mean_unique.values[there]
        axes.plot(draws, mean, "-", lw=1, color=colour)
        if np.isfinite(one.exponent_lower):
            inside = draws >= int(one.stretch_from_draws[0])
            x, y = dash_fit(axes, draws[inside].astype(float), mean[inside], float(one.exponent), colour)
            low, high = float(one.exponent_lower), float(one.exponent_upper)
            name += f"\nγ {estimated(float(one.exponent), low, high, 2)}"
    if more.has_more(one):
        x, y = max([(x, y), *_ahead(axes, one, colour)])
    return End(x, y, name, colour)


def _ahead(axes: Axes, one: xr.Dataset, colour: str) -> list[tuple[float, float]]:
    """What more of the text would hold by the method with the best record that applies; where those points stand."""
    found = []
    for j, factor in enumerate(one.factor.values):
        at = one.isel(factor=j)
        place = more.chosen(at)
        if place is None:
            continue
        value, low, high = (float(at[f"more_unique{end}"][place]) for end in ("", "_lower", "_upper"))
        known = [[value - low], [high - value]] if np.isfinite(low) else None
        spot = float(factor * one.n_draws[-1])
        axes.errorbar(spot, value, known, fmt="D", ms=4, mfc="white", capsize=4, lw=1.3, color=colour)
        found.append((spot, value))
    return found
