"""What figures share: their colours, and how one is written."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

from matplotlib.figure import Figure

from simulate.running.keeping.files import FIGURES, claimed, written_whole
from simulate.running.lettering import take_literally

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Of Okabe and Ito, which all eyes tell apart."""


def save_drawn(draw: Callable[[], Figure], path: str | Path, *, overwrite: bool = False, dpi: int = 150) -> Path:
    """What `draw` draws as a .png, .pdf or .svg file; ValueError, before it does, where that cannot be written."""
    with claimed(path, overwrite=overwrite, formats=FIGURES) as target, written_whole(target) as part:
        drawn = io.BytesIO()  # through memory: a full disk is one error, not a writer that fails half-way
        take_literally(draw()).savefig(drawn, dpi=dpi, format=part.suffix[1:])
        part.write_bytes(drawn.getvalue())
    return target
