"""Small multiples: a panel for each source, with axes that they share and one sentence on what their marks are."""

from __future__ import annotations

import math

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bounds.cli.drawing.labels import wrapped

_WIDTH, _HEIGHT = 3.6, 2.9
"""Inches of a panel among several."""
_ACROSS = 3
_LETTERS = 13.5
"""Of a heading on an inch."""


def panels(n: int, heading: str) -> tuple[Figure, list[Axes]]:
    """A figure with `n` panels, at most three in a row, which share both axes; `heading` stands above, wrapped."""
    across = 2 if n == 4 else min(n, _ACROSS)
    down = math.ceil(n / across)
    width = max(_WIDTH * across + 0.6, 7.2)
    said = wrapped(heading, int(_LETTERS * width))
    tall = 4.3 if n == 1 else _HEIGHT * down
    drawn = Figure(figsize=(width, tall + 0.55 + 0.2 * said.count("\n")), layout="constrained")
    grid = drawn.subplots(down, across, sharex=True, sharey=True, squeeze=False)
    for axes in list(grid.flat)[n:]:
        axes.remove()
    for axes in list(grid.flat)[:n]:
        axes.tick_params(labelsize=8)
    for column in range(across):
        # The last panel of a column has its ticks, whatever stands below it.
        last = max(row for row in range(down) if row * across + column < n)
        grid[last][column].tick_params(axis="x", labelbottom=True)
    drawn.suptitle(said, fontsize=9.5, x=0.01, ha="left")
    return drawn, list(grid.flat)[:n]


def name_axes(figure: Figure, panel: Axes, x: str, y: str) -> None:
    """The names of axes that all panels share: at a panel alone, else once below and once beside all."""
    if len(figure.axes) == 1:
        panel.set(xlabel=x, ylabel=y)
    else:
        figure.supxlabel(x, fontsize=10)
        figure.supylabel(y, fontsize=10)
