"""One file under a name of the user's: checked before the work starts, written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from bounds.base.keeping.hidden import tidy
from bounds.base.keeping.locks import locked
from bounds.base.keeping.targets import (
    check_folder,
    check_new,
    check_no_link,
    check_ordinary,
    named,
    written_whole,
)


def check_file(path: str, formats: tuple[str, ...], what: str, example: str = "", *, overwrite: bool = False) -> Path:
    """`path`, if `what`, which ends in one of `formats`, can be written there; ValueError with one sentence if not."""
    target = named(path, formats, what, example)
    check_no_link(target)
    check_ordinary(target)
    check_new(target, overwrite=overwrite)
    check_folder(target.parent)
    return target


def write_file(
    path: str, content: bytes, formats: tuple[str, ...], what: str, example: str = "", *, overwrite: bool = False
) -> None:
    """Write `content` at `path`, whole or not at all; ValueError as of `check_file`, and where another writes there.

    What a killed one left hidden beside it is deleted.
    """
    target = named(path, formats, what, example)
    with locked(target) as first:
        if first:
            tidy(target)
        check_file(path, formats, what, example, overwrite=overwrite)
        with written_whole(target) as part, part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
