"""What figures share: the curve of a fit, and how one is written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bounds.base.keeping.targets import written_whole
from bounds.cli.drawing.formats import FIGURES
from bounds.cli.drawing.style import drawn_as
from simulate.running.keeping.files import claimed


def save_drawn(draw: Callable[[], Figure], path: str | Path, *, overwrite: bool = False, dpi: int = 150) -> Path:
    """What `draw` draws as a .png, .pdf or .svg file; ValueError, before it does, where that cannot be written."""
    with claimed(path, overwrite=overwrite, formats=FIGURES) as target, written_whole(target) as part:
        part.write_bytes(drawn_as(draw(), part.suffix, dpi=dpi))
    return target


def fitted_curve(n_draws: np.ndarray, mean: np.ndarray, exponent: float) -> tuple[float, float]:
    """K and u₀ of K D^γ - u₀ with the fitted γ: those that pass the points with the least relative error."""
    columns = np.stack([n_draws**exponent, -np.ones_like(n_draws)], axis=1) / mean[:, None]
    scale, offset = np.linalg.lstsq(columns, np.ones_like(mean), rcond=None)[0]
    return float(scale), float(offset)


def dash_fit(axes: Axes, n_draws: np.ndarray, mean: np.ndarray, exponent: float, colour: str) -> tuple[float, float]:
    """Draw the fitted curve of these points; returns where it ends, at ten times the last of `n_draws`."""
    scale, offset = fitted_curve(n_draws, mean, exponent)
    reach = np.geomspace(n_draws[0], 10 * n_draws[-1], 100)
    curve = scale * reach**exponent - offset
    axes.plot(reach[curve > 0], curve[curve > 0], "--", lw=1.2, color=colour)
    return float(reach[-1]), float(curve[-1])
