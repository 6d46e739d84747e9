"""What all figures share: their colours, and how one becomes a file."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import PurePath

from matplotlib.figure import Figure

from bounds.base.keeping.files import write_file
from bounds.cli.drawing.formats import FIGURES, WHAT, check_figure
from bounds.cli.drawing.lettering import take_literally

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#7A5200", "#56B4E9", "#000000")
"""Of Okabe and Ito, which all eyes tell apart; in the place of their orange, too pale on white, a brown of its hue."""


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
