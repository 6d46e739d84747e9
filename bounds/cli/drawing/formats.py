"""The formats of a figure, and whether one can be written. Loads nothing heavy: a bad name is refused at once."""

from __future__ import annotations

from bounds.base.keeping.files import check_file

FIGURES = (".png", ".pdf", ".svg")
WHAT = "a figure"
"""What sentences call one."""


def check_figure(path: str, *, overwrite: bool = False) -> None:
    """One sentence (ValueError) where no figure can be written at `path`; called before the work starts."""
    check_file(path, FIGURES, WHAT, overwrite=overwrite)
