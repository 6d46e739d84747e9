"""What all figures share: their colours, and how one becomes a file."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import PurePath
from typing import Any, NamedTuple

from matplotlib.figure import Figure

from bounds.base.keeping.files import write_file
from bounds.cli.drawing.formats import FIGURES, WHAT, check_figure
from bounds.cli.drawing.lettering import take_literally

COLOURS = ("#005A9C", "#D55E00", "#00966B", "#C76BA2", "#6B4700", "#3A9BD9", "#000000")
"""In the manner of Okabe and Ito, told apart by all eyes; darker than theirs, so that none is too pale on white."""
MARKERS = ("o", "s", "D", "^", "v", "P", "X", "<")
"""As many that no colour and marker come together again before 56 curves."""
DASHES: tuple[Any, ...] = ("-", "--", "-.", ":", (0, (6, 1.5, 1, 1.5, 1, 1.5)))
GREY = "#595959"
"""Of what is drawn for comparison alone; as readable on white as text has to be."""


class Style(NamedTuple):
    """How one curve among several is drawn: no two are told apart by their colour alone."""

    colour: str
    marker: str
    dash: Any


def style(i: int) -> Style:
    """That of the curve with this number."""
    return Style(COLOURS[i % len(COLOURS)], MARKERS[i % len(MARKERS)], DASHES[i % len(DASHES)])


def drawn_as(figure: Figure, suffix: str, *, dpi: int = 150) -> bytes:
    """`figure` as a file that ends in `suffix`, in memory: a full disk is one error, not a writer that fails midway."""
    drawn = io.BytesIO()
    take_literally(figure).savefig(drawn, dpi=dpi, format=suffix[1:])
    return drawn.getvalue()


def save_figure(draw: Callable[[], Figure], path: str, *, overwrite: bool = False) -> None:
    """Write what `draw` draws at `path`, whole or not at all; ValueError, before it does, where that cannot be."""
    check_figure(path, overwrite=overwrite)
    # A notebook names a backend of its own in the environment, which this process may not have.
    os.environ["MPLBACKEND"] = "agg"
    content = drawn_as(draw(), PurePath(path).suffix)
    write_file(path, content, FIGURES, WHAT, overwrite=overwrite)
