"""The words of a figure as they are: names of files and sources are no formulas, whatever signs they hold."""

from __future__ import annotations

import functools
from collections.abc import Iterator

from matplotlib.artist import Artist
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.text import Text
from matplotlib.ticker import FixedFormatter, FixedLocator, FuncFormatter


def take_literally(figure: Figure) -> Figure:
    """`figure` with no text of ours read as a formula for its $, and letters that the font lacks as their codes.

    Numbers at ticks stay the formulas that they are.
    """
    for text in _texts(figure):
        text.set_parse_math(False)
        text.set_text(drawable(text.get_text()))
    return figure


def drawable(text: str) -> str:
    """`text` with \\u4e2d for a letter that the font lacks; lines stay apart."""
    known = _letters()
    return "".join(c if ord(c) in known or c == "\n" else c.encode("ascii", "backslashreplace").decode() for c in text)


@functools.cache
def _letters() -> frozenset[int]:
    return frozenset(get_font(findfont(FontProperties())).get_charmap())


def _texts(figure: Figure) -> Iterator[Text]:
    """Every text but the numbers at ticks, none of which is made for this: that takes a quarter of a drawing."""
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            formatter = axis.get_major_formatter()
            if isinstance(formatter, FuncFormatter) and isinstance(axis.get_major_locator(), FixedLocator):
                # Words given with their places are kept where they cannot be reached, and set anew at each drawing.
                # Labels may be hidden, and so empty, at a panel that shares its axis: the formatter knows them.
                formatter = FixedFormatter(list(formatter.format_ticks(list(axis.get_majorticklocs()))))
                axis.set_major_formatter(formatter)
            if isinstance(formatter, FixedFormatter):
                formatter.seq = [drawable(label) for label in formatter.seq]
                for tick in axis.get_major_ticks():
                    yield from (tick.label1, tick.label2)
    yield from _beside_ticks(figure)


def _beside_ticks(artist: Artist) -> Iterator[Text]:
    """The texts in `artist`; of an axis its name alone."""
    if isinstance(artist, Text):
        yield artist
    for child in [artist.label] if isinstance(artist, Axis) else artist.get_children():
        yield from _beside_ticks(child)
