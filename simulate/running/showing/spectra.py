"""The figure of spectra: how many types were seen k times, observed and as theory and fit have it, a panel a source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bounds.base.spectrum import FrequencySpectrum
from bounds.cli.drawing.labels import in_words, shorten, tidy
from bounds.cli.drawing.panels import name_axes, panels
from bounds.cli.drawing.style import COLOURS
from bounds.fitting.exponents.spectrum_models import spectrum_shares
from simulate.stats import Estimate

MOST = 100
"""The largest multiplicity that is drawn."""
_LEAST = 0.3
"""Times the smallest observed: how far down theory is drawn."""
_DEEPEST = 1e-8
"""Of the largest: what is less is not drawn."""


@dataclass(frozen=True)
class Seen:
    """What one panel shows: `observed` types of each multiplicity `k`, and what is expected of them; NaN where unknown.

    `fitted` is what the fitted law implies, for the multiplicities 1 to `MOST`.
    """

    name: str
    k: np.ndarray
    observed: Estimate
    theory: np.ndarray
    fitted: np.ndarray


def up_to_most(lower_edges: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of bins that begin at `lower_edges`: those within `MOST`, their widths, and where each stands."""
    upper = FrequencySpectrum.from_binned(lower_edges, np.zeros(len(lower_edges), np.int64)).upper
    inside = np.flatnonzero(upper <= MOST)
    lower, upper = lower_edges[inside].astype(float), upper[inside].astype(float)
    return inside, upper - lower + 1, np.sqrt(lower * upper)


def implied(exponent: float, seen: float) -> np.ndarray:
    """f_1 to f_100 of a power law (A4) where so many were `seen` at most 100 times; NaN without one."""
    if not exponent > 0:
        return np.full(MOST, np.nan)
    shares = spectrum_shares(exponent, MOST)
    return seen * shares / shares.sum()


def draw_spectra(found: Sequence[Seen], unit: str, heading: str) -> Figure:
    """A panel for each of `found`; ValueError where none is seen or expected so few times."""
    seen = [np.concatenate([one.observed.value, one.theory]) for one in found]
    positive = np.concatenate(seen)[np.concatenate(seen) > 0]
    if not len(positive):
        raise ValueError(f"no {unit} were seen from once to {MOST} times, so that there is no spectrum to draw")
    drawn, grid = panels(len(found), heading)
    counted = np.concatenate([one.observed.value for one in found])
    least = counted[counted > 0].min() if (counted > 0).any() else positive.min()
    ends = max(_LEAST * float(least), float(positive.max()) * _DEEPEST), 2.5 * float(positive.max())
    in_words(grid[0], "x", (1, MOST))
    in_words(grid[0], "y", ends)
    grid[0].set(xlim=(0.85, 1.18 * MOST), ylim=ends)
    for axes, one in zip(grid, found, strict=True):
        _panel(axes, one)
    name_axes(drawn, grid[0], "times seen, k", f"{unit} seen k times, f_k")
    return drawn


def _panel(axes: Axes, one: Seen) -> None:
    if np.isfinite(one.fitted).any():
        axes.plot(np.arange(1, MOST + 1), one.fitted, "--", lw=3.5, alpha=0.7, color=COLOURS[1])
    if np.isfinite(one.theory).any():
        axes.plot(one.k, np.where(one.theory > 0, one.theory, np.nan), "-", lw=1.3, color="black")
    value, low, high = one.observed
    there = value > 0
    # An end at 0 has no place on the axis: it is drawn down to the edge.
    ends = np.nan_to_num([value - np.maximum(low, 1e-9), high - value])[:, there]
    axes.errorbar(
        one.k[there], value[there], np.maximum(ends, 0), fmt="o", ms=3, lw=1, capsize=0, color=COLOURS[0], zorder=1
    )
    tidy(axes, shorten(one.name, 38))
    if not there.any() and not np.isfinite(one.theory[one.theory > axes.get_ylim()[0]]).any():
        axes.text(0.5, 0.5, f"none seen at most {MOST} times", fontsize=8, ha="center", transform=axes.transAxes)
