"""The name of a page, and whether one can be written. Loads nothing heavy: a bad name is refused at once."""

from __future__ import annotations

from bounds.base.keeping.files import check_file

PAGES = (".html",)
WHAT = "a page"
"""What sentences call one."""


def check_page(path: str, *, overwrite: bool = False) -> None:
    """One sentence (ValueError) where no page can be written at `path`; called before the work starts."""
    check_file(path, PAGES, WHAT, overwrite=overwrite)
