"""The formats of a figure, and whether one can be written. Loads nothing heavy: a bad name is refused at once."""

from __future__ import annotations

from bounds.laws.whole_file import check_whole

FIGURES = (".png", ".pdf", ".svg")


def check_figure(path: str, *, overwrite: bool = False) -> None:
    """One sentence (ValueError) where no figure can be written at `path`; called before the work starts."""
    check_whole(path, FIGURES, f"the name of a figure ends in {', '.join(FIGURES)}", "--figure", overwrite=overwrite)
