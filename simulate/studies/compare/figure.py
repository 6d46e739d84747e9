"""The figure of a comparison: what B brings beside more of A, and how the distinct windows divide, at each length."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bounds.cli.drawing.labels import shorten, tidy
from bounds.cli.drawing.style import COLOURS
from bounds.cli.printing import number, percent
from simulate.running.showing.view import View
from simulate.studies.compare.dataset import DISTINCT, GIVEN
from simulate.studies.compare.report import about
from simulate.text.cutting.units import counted, noun

_OF_A, _OF_B, _BOTH = COLOURS[1], COLOURS[0], "#767676"
_RATES = (("new_rate", _OF_B, "o", -0.13), ("more_rate", _OF_A, "D", 0.13))
"""Variable, colour, mark, and how far below the middle of its row it stands."""

_HEAD = -0.47
"""Where names stand, above the first row."""

_ROOM = 0.12
"""Part of a bar that a label of its share has room in."""


def figure(dataset: xr.Dataset, view: View) -> Figure:
    """Rates with their intervals on the left, shares of all distinct windows on the right; a row for each length."""
    del view
    told = about(dataset)
    n_lengths = dataset.sizes["length"]
    drawn = Figure(figsize=(10, 2.6 + 0.75 * n_lengths), layout="constrained")
    left, right = drawn.subplots(1, 2, sharey=True, width_ratios=(1.25, 1))
    _rates(left, dataset, told)
    _division(right, dataset.sel(text=GIVEN))
    left.set_yticks(range(n_lengths), [counted(int(k), told["unit"]) for k in dataset.length.values])
    left.set_ylim(n_lengths - 0.35, -0.75)
    a, b = map(shorten, told["corpora"])
    drawn.suptitle(f"A: {a}.  B: {b}.", fontsize=10, x=0.01, ha="left")
    return drawn


def _rates(axes: Axes, dataset: xr.Dataset, told: dict[str, object]) -> None:
    values = []
    for name, colour, mark, below in _RATES:
        for text, filled, further in ((GIVEN, True, 0.0), (DISTINCT, False, 0.1)):
            if text not in dataset.text.values:
                continue
            one = dataset.sel(text=text)
            places = np.arange(dataset.sizes["length"]) + below + np.sign(below) * further
            values += _points(axes, one, name, places, colour, mark, filled)
    if values and max(values) > 20 * min(values):
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(lambda value, place: number(value))
    for place, (text, colour, side) in enumerate((("● B", _OF_B, "left"), ("◆ as much more of A", _OF_A, "right"))):
        axes.text(
            0.02 + 0.96 * place, _HEAD, text, color=colour, fontsize=9, ha=side, transform=axes.get_yaxis_transform()
        )
    axes.set_xlabel(f"new windows per 1,000 {noun(str(told['unit']))} added")
    hollow = "; hollow: without copies" if dataset.sizes["text"] > 1 else ""
    tidy(axes, f"What is new to A, with 95 % intervals{hollow}")
    axes.grid(visible=False, axis="y")


def _points(
    axes: Axes, one: xr.Dataset, name: str, places: np.ndarray, colour: str, mark: str, filled: bool
) -> list[float]:
    """Draw one number of each length with its interval; returns what was drawn that is above 0."""
    middle, low, high = (one[name + end].values for end in ("", "_lower", "_upper"))
    there = np.isfinite(middle) & (middle > 0)
    ends = np.nan_to_num(np.abs(np.stack([low, high]) - middle))
    face = colour if filled else "white"
    axes.errorbar(
        middle[there], places[there], xerr=ends[:, there], fmt=mark, ms=6, lw=1.6, color=colour, mfc=face, zorder=3
    )
    return [float(value) for value in middle[there]]


def _division(axes: Axes, one_text: xr.Dataset) -> None:
    """All distinct windows of both by where they are."""
    union, shared, new = (one_text[name].values.astype(float) for name in ("n_union", "n_shared", "n_new"))
    parts = [("only in A", union - shared - new, _OF_A), ("in both", shared, _BOTH), ("only in B", new, _OF_B)]
    start = np.zeros(len(union))
    places = np.arange(len(union))
    for place, (name, counts, colour) in enumerate(parts):
        share = counts / union
        axes.barh(places, share, left=start, height=0.45, color=colour, edgecolor="white")
        for i in np.flatnonzero(share >= _ROOM).tolist():
            axes.text(
                start[i] + share[i] / 2, i, percent(share[i]), color="white", ha="center", va="center", fontsize=9
            )
        # Names stand apart whatever the parts are.
        axes.text(place / 2, _HEAD, name, color=colour, ha=("left", "center", "right")[place], fontsize=9)
        start = start + share
    axes.set(xlim=(0, 1), xlabel="part of all distinct windows of A and B")
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "25 %", "50 %", "75 %", "100 %"])
    tidy(axes, "How distinct windows divide")
    axes.grid(visible=False)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
