"""The figure of local exponents: the slope of ln U in ln D from size to size, beside theory and fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bounds.cli.drawing.labels import in_words, shorten, tidy
from bounds.cli.drawing.panels import name_axes, panels
from bounds.cli.drawing.style import COLOURS, GREY
from bounds.cli.printing import estimated
from simulate import stats
from simulate.stats import Estimate

_LINE, _SHADE = COLOURS[1], "#F3C9A8"
DARK = "#8A3D00"
"""Of letters in the hue of the fit."""
_LEAST = 0.01
_ROOM = 0.08
"""Of the reach of the slopes, above and below them."""


@dataclass(frozen=True)
class Slopes:
    """What one panel shows: `measured` slopes at the sizes `n_draws`, each between two neighbouring sizes.

    `theory` are those of the expected curve, NaN where it is not known, and `prefixes` sizes and slopes of a text as it
    was read. `at_end` is f1/U at the largest size, `end`. `exponent` is the fitted one; `scale` and `offset` are those
    of the fitted curve K D^γ - u₀ from `first` on.
    """

    name: str
    n_draws: np.ndarray
    measured: Estimate
    theory: np.ndarray
    end: float
    at_end: float
    planted: float = np.nan
    exponent: Estimate = stats.NO_SLOPE
    prefixes: tuple[np.ndarray, np.ndarray] | None = None
    scale: float = np.nan
    offset: float = np.nan
    first: float = np.nan


def neighbours(n_draws: np.ndarray) -> np.ndarray:
    """The sizes at which slopes between neighbouring sizes stand: their geometric means."""
    return np.sqrt(n_draws[1:] * n_draws[:-1])


def slopes(n_draws: np.ndarray, n_unique: np.ndarray) -> np.ndarray:
    """Slopes of ln U in ln D between neighbouring sizes, along the last axis."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.diff(np.log(n_unique), axis=-1) / np.diff(np.log(n_draws))


def draw_slopes(found: Sequence[Slopes], unit: str, heading: str) -> Figure:
    """A panel for each of `found`; ValueError where no size has a slope."""
    if not any(np.isfinite([*one.measured.value, *one.theory, one.at_end]).any() for one in found):
        raise ValueError("a local exponent takes two corpus sizes, or one with an expectation; pass more of them")
    drawn, grid = panels(len(found), heading)
    for axes, one in zip(grid, found, strict=True):
        _panel(axes, one)
    sizes = np.concatenate([[one.end, *one.n_draws] for one in found])
    in_words(grid[0], "x", sizes)
    grid[0].set_ylim(*_ends(found))
    name_axes(drawn, grid[0], f"corpus size D ({unit})", "local exponent, d ln U / d ln D")
    return drawn


def _panel(axes: Axes, one: Slopes) -> None:
    gamma = one.exponent
    if np.isfinite(gamma.lower):
        axes.axhspan(gamma.lower, gamma.upper, color=_SHADE, lw=0, zorder=0)
    if np.isfinite(one.scale):
        reach = np.geomspace(one.first, one.end, 80)
        curve = one.scale * reach**gamma.value
        there = curve > max(one.offset, 0.0)
        axes.plot(reach[there], gamma.value * (curve / (curve - one.offset))[there], "--", lw=1.6, color=_LINE)
    if np.isfinite(one.planted):
        axes.axhline(one.planted, ls=":", lw=1.3, color=GREY)
    if one.prefixes is not None:
        axes.plot(*one.prefixes, "-.", lw=1, color=COLOURS[3])
    axes.plot(one.n_draws, one.theory, "-", lw=1.3, color="black")
    value, low, high = one.measured
    known = np.isfinite(value)
    ends = np.nan_to_num([value - low, high - value])[:, known]
    axes.errorbar(one.n_draws[known], value[known], ends, fmt="o", ms=3.5, lw=1, capsize=2, color=COLOURS[0])
    axes.plot(one.end, one.at_end, "D", ms=5.5, mfc="white", color=COLOURS[2], zorder=4)
    tidy(axes, shorten(one.name, 38))
    if np.isfinite(gamma.value):
        text = f"γ {estimated(float(gamma.value), float(gamma.lower), float(gamma.upper), 3)}"
        axes.text(0.985, 0.985, text, transform=axes.transAxes, fontsize=8, ha="right", va="top", color=DARK)


def _ends(found: Sequence[Slopes]) -> tuple[float, float]:
    """Ends of the axis of slopes: all values, and intervals as far as they leave the values readable."""
    values = np.concatenate([[*one.measured.value, *one.theory, one.at_end, one.planted] for one in found])
    values = values[np.isfinite(values)]
    ends = np.concatenate([[*one.measured.lower, *one.measured.upper, *one.exponent[1:]] for one in found])
    ends = ends[np.isfinite(ends)]
    low, high = float(values.min()), float(values.max())
    reach = max(high - low, 0.05)
    low = min(low, max(low - reach, float(ends.min(initial=low))))
    high = max(high, min(high + reach, float(ends.max(initial=high))))
    # Names stand at the top, and slopes that are all the same are no reason for ticks of a thousandth.
    return low - _ROOM * reach - _LEAST, high + 2.5 * _ROOM * reach + _LEAST
