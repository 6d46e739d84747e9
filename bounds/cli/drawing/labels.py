"""Names beside what they name, in the place of a legend, and ticks as people write numbers."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, ListedColormap
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from bounds.cli.printing import written

_LONGEST = 34
"""Letters of a name in a figure."""
_LETTER = 8.0
"""Points of its letters."""
_SLIM = 0.55
"""Of the height of letters, how wide they are at most, on average."""
_LINE = 1.3
"""Of the height of letters, from one label to the next."""


class End(NamedTuple):
    """Where a curve ends, in the units of the axes, the name that stands beside it, and its colour."""

    x: float
    y: float
    text: str
    colour: Any


def shorten(text: str, most: int = _LONGEST) -> str:
    """`text`, or its beginning and its end where it has more than `most` letters."""
    if len(text) <= most:
        return text
    kept = most - 1
    return f"{text[: kept - kept // 2]}…{text[len(text) - kept // 2 :]}"


def wrapped(text: str, letters: int) -> str:
    """`text` on lines of at most so many letters."""
    return "\n".join(textwrap.wrap(text, letters))


def label_ends(axes: Axes, ends: Sequence[End]) -> None:
    """Write the name of each curve to the right of `axes`, at its end or as near to it as the others let it.

    Called when limits and scales of the axes are set; a line in the colour of the curve leads to its name.
    """
    if not ends:
        return
    to_axes = axes.transData + axes.transAxes.inverted()
    axes.set_ylim(axes.get_ylim())
    axes.set_xlim(axes.get_xlim())
    at = np.array([to_axes.transform((end.x, end.y)) for end in ends])
    drawn = axes.get_figure(root=True)
    assert drawn is not None
    height = axes.get_window_extent().height / drawn.dpi * 72
    lines = max(end.text.count("\n") + 1 for end in ends)
    places = _apart(np.clip(at[:, 1], 0, 1), _LINE * _LETTER * lines / max(height, 1.0))
    for end, (x, y), place in zip(ends, at, places, strict=True):
        axes.annotate(
            end.text, (x, np.clip(y, 0, 1)), (1.03, place), xycoords="axes fraction", textcoords="axes fraction",
            va="center", fontsize=_LETTER, annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": end.colour, "lw": 1.0, "ls": ":", "shrinkA": 1, "shrinkB": 2,
                        "relpos": (0, 0.5)},
        )  # fmt: skip


def label_tops(axes: Axes, tops: Sequence[End]) -> None:
    """Write the name of each curve above `axes`, over the place ``x`` of its curve or as near as the others let it.

    Called as `label_ends` is; names have two lines at most, and a title goes above them.
    """
    if not tops:
        return
    to_axes = axes.transData + axes.transAxes.inverted()
    axes.set_ylim(axes.get_ylim())
    axes.set_xlim(axes.get_xlim())
    drawn = axes.get_figure(root=True)
    assert drawn is not None
    wide = axes.get_window_extent().width / drawn.dpi * 72
    at = np.array([to_axes.transform((top.x, top.y)) for top in tops])
    letters = max(len(line) for top in tops for line in top.text.split("\n"))
    places = _apart(np.clip(at[:, 0], 0, 1), (_SLIM * letters + 0.6) * (_LETTER - 0.5) / max(wide, 1.0))
    for top, (x, y), place in zip(tops, at, places, strict=True):
        axes.annotate(
            top.text, (np.clip(x, 0, 1), min(y, 1)), (place, 1.06), xycoords="axes fraction",
            textcoords="axes fraction", ha="center", va="bottom", fontsize=_LETTER - 0.5, annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": top.colour, "lw": 1.0, "ls": ":", "shrinkA": 1, "shrinkB": 1,
                        "relpos": (0.5, 0)},
        )  # fmt: skip


def label_on(axes: Axes, x: float, y: float, text: str, colour: Any) -> None:
    """Write a name on a curve at a place of the axes, on a ground that keeps it readable."""
    box = {"fc": "white", "ec": colour, "lw": 0.8, "pad": 1.2, "alpha": 0.9}
    axes.annotate(text, (x, y), ha="center", va="center", fontsize=_LETTER - 1, bbox=box)


def _apart(wanted: np.ndarray, gap: float) -> np.ndarray:
    """Places in the order of `wanted`, at least `gap` apart and as near to them as that goes (isotonic regression).

    They are from 0 to 1, as long as there is room for all.
    """
    order = np.argsort(wanted, kind="stable")
    blocks: list[tuple[float, int]] = []
    for i, one in enumerate(wanted[order]):
        blocks.append((one - gap * i, 1))
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            (low, n), (high, m) = blocks[-2:]
            blocks[-2:] = [((low * n + high * m) / (n + m), n + m)]
    placed = np.empty(len(wanted))
    placed[order] = np.repeat([mean for mean, _ in blocks], [n for _, n in blocks]) + gap * np.arange(len(wanted))
    least, most = gap / 2, max(1 - gap / 2, gap / 2 + gap * (len(wanted) - 1))
    steps = gap * np.arange(len(wanted))
    placed[order] = np.clip(placed[order], least + steps, most - steps[::-1])
    return placed


def in_words(axes: Axes, which: str, values: Any) -> None:
    """A logarithmic axis whose ticks are written 70M and 5.5B, of one decade as well as of ten."""
    low, high = float(np.min(values)), float(np.max(values))
    axis = getattr(axes, f"{which}axis")
    axes.set(**{f"{which}scale": "log"})
    if high <= 1.001 * low:
        axes.set(**{f"{which}lim": (low / 2, 2 * high)})
    decades = np.log10(max(high / low, 1.001))
    steps = (1.0,) if decades > 2.2 else (1.0, 3.0) if decades > 1.2 else (1.0, 2.0, 5.0)
    axis.set_major_locator(LogLocator(subs=steps, numticks=6 if decades > 2.2 else 12))
    axis.set_major_formatter(FuncFormatter(lambda value, _: written(value)))
    axis.set_minor_formatter(NullFormatter())
    axis.set_tick_params(labelsize=8)


def without_yellow(name: str = "viridis") -> Colormap:
    """A map of colours from matplotlib without its bright end, which nobody sees on white."""
    from matplotlib import colormaps

    return ListedColormap(colormaps[name](np.linspace(0, 0.85, 256)))


def tidy(axes: Axes, title: str = "") -> None:
    """The look of every panel: a faint grid, no lines where nothing is read off, its title on the left."""
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    if title:
        axes.set_title(title, fontsize=9.5, loc="left")
