"""What must hold of every figure: axes with names, words that neither cover each other nor leave the picture."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure, FigureBase
from matplotlib.text import Text

from bounds.cli.drawing.lettering import take_literally

UNITS = (
    "draws", "windows", "sequences", "tokens", "parameters", "FLOP", "nats", "%", "error", "skills", "batches", "words",
    "characters", "bytes", "part of", "chance", "exponent", "slope", "exposures", "times", "corpus size", "D/N", "γ",
    "loss",
)  # fmt: skip
"""Of which the name of an axis has one."""
_SLACK = 1.0
"""Pixels by which two boxes may touch."""


def faults(figure: Figure) -> list[str]:
    """What is wrong with a figure, drawn at its own size; empty where nothing is."""
    FigureCanvasAgg(take_literally(figure))
    figure.draw_without_rendering()
    boxes = [(text, Text.get_window_extent(text)) for text in _shown(figure)]  # of an annotation without its leader
    found = [f"no name of the {axis} axis: {_title(axes)}" for axes in figure.axes for axis in _nameless(figure, axes)]
    whole = figure.bbox
    for text, box in boxes:
        if (
            box.x0 < whole.x0 - _SLACK
            or box.x1 > whole.x1 + _SLACK
            or box.y0 < whole.y0 - _SLACK
            or box.y1 > whole.y1 + _SLACK
        ):
            found.append(f"cut off: {text.get_text()!r}")
    for (one, a), (other, b) in itertools.combinations(boxes, 2):
        wide, high = min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)
        if wide > _SLACK and high > _SLACK:
            found.append(f"{one.get_text()!r} covers {other.get_text()!r}")
    return found


def legends(figure: Figure) -> int:
    """How many legends there are, where names could stand beside what they name."""
    return len(figure.legends) + sum(axes.get_legend() is not None for axes in figure.axes)


def _shown(figure: Figure) -> Iterator[Text]:
    """Texts that are seen: with letters, and, of ticks, within their axis."""
    ticks = {}
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
                inside = low - 1e-9 * abs(low) <= tick.get_loc() <= high + 1e-9 * abs(high)
                for label in (tick.label1, tick.label2):
                    ticks[id(label)] = inside and label.get_visible() and axes.get_visible()
    for text in figure.findobj(Text):
        if text.get_text().strip() and text.get_visible() and ticks.get(id(text), True):
            yield text


def _nameless(figure: Figure, axes: Axes) -> Iterator[str]:
    """The axes without a name, of their own or of all panels, that says what is on them and in which unit."""
    if axes.get_label() == "<colorbar>":
        return
    above: FigureBase = axes.figure
    x, y = (axes.get_xlabel() or figure.get_supxlabel()), (axes.get_ylabel() or figure.get_supylabel())
    shared_x = len(axes.get_shared_x_axes().get_siblings(axes)) > 1
    shared_y = len(axes.get_shared_y_axes().get_siblings(axes)) > 1
    words_y = axes.yaxis.get_major_formatter().__class__.__name__ in ("FuncFormatter", "FixedFormatter") and not y
    del above
    if not any(unit in x for unit in UNITS) and not (shared_x and not x) and len(axes.get_xticks()):
        yield "x"
    if not any(unit in y for unit in UNITS) and not (shared_y and not y) and not words_y and len(axes.get_yticks()):
        yield "y"


def _title(axes: Axes) -> str:
    return axes.get_title(loc="left") or axes.get_title()


def values_of(figure: Figure, panel: int, style: str) -> np.ndarray:
    """x and y of the line of a panel that has this style, of shape (2, n)."""
    for line in figure.axes[panel].lines:
        if style in (line.get_linestyle(), line.get_marker()):
            return np.array([line.get_xdata(), line.get_ydata()], float)
    raise AssertionError(f"no line {style}")
