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

COLOURS = ("#005A9C", "#D55E00", "#00966B", "#C76BA2", "#6B4700", "#3A9BD9", "#000000")
"""In the manner of Okabe and Ito, told apart by all eyes; darker than theirs, so that none is too pale on white."""


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
