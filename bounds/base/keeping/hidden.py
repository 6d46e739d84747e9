"""What is laid beside a file or folder while it is written, told from what others put there, and deleted again.

A folder of ours holds a file, its mark, from the moment it is made until nothing else is left in it. Folders that come
and go have a name besides that nobody chooses: ``.X.zarr.0123456789abcdef.tmp``. Whoever holds the lock of X.zarr (see
`bounds.base.keeping.locks`) knows that who made them is dead.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import warnings
from pathlib import Path

MARK = ".efficiency-bounds"
"""The file that says whose a folder is."""

_WORDS = "This folder is work under way of efficiency-bounds, which deletes it when it is done.\n"
_REPLACED = "replaced"
"""What is replaced, until the new stands in its place."""

CELLS = "cells"
"""What a finished run has kept, until it is deleted."""


def mark(folder: Path) -> None:
    """Say that `folder` is ours."""
    (folder / MARK).write_text(_WORDS, encoding="utf-8")


def is_marked(folder: Path) -> bool:
    """Whether `folder` is one of ours, and no link to one."""
    try:
        return not folder.is_symlink() and (folder / MARK).read_text(encoding="utf-8") == _WORDS
    except (OSError, ValueError):
        return False


def _is_begun(folder: Path) -> bool:
    """Whether the mark in `folder` is one of ours as far as it goes: it is made first and its words written then."""
    try:
        return _WORDS.startswith((folder / MARK).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False


def hidden_folder(target: Path) -> Path:
    """A new folder of ours beside `target`, for what will stand in its place and for what stood there."""
    folder = target.with_name(f".{target.name}.{secrets.token_hex(8)}.tmp")
    folder.mkdir(mode=0o700)
    try:
        mark(folder)
    except OSError:
        discard(folder, target)
        raise
    return folder


def put_in_place(part: Path, target: Path) -> None:
    """Move `part`, in a hidden folder, to `target`; a folder that stands there goes into the hidden one."""
    if target.is_dir() and not target.is_symlink():
        os.replace(target, part.with_name(_REPLACED))  # a folder with files in it is not replaced in one step
    os.replace(part, target)


def discard(folder: Path, target: Path) -> None:
    """Delete a hidden folder, whole or half made. What was to be replaced comes back if the new did not get there."""
    if (folder / _REPLACED).exists() and os.path.lexists(folder / target.name) and not os.path.lexists(target):
        os.replace(folder / _REPLACED, target)
    try:
        for path in sorted(folder.iterdir(), key=lambda path: path.name == MARK):  # as long as anything is left: ours
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
        folder.rmdir()
    except OSError as error:
        warnings.warn(f"{folder} cannot be deleted ({error.strerror}); it is of no more use", stacklevel=2)


def tidy(target: Path) -> None:
    """Delete what killed runs left hidden beside `target`; only for whoever holds its lock."""
    name = re.compile(re.escape(f".{target.name}.") + r"[0-9a-f]{16}\.tmp")
    for path in target.parent.iterdir():
        if not name.fullmatch(path.name) or path.is_symlink() or not path.is_dir():
            continue
        # Killed before it was marked, or after all else was deleted, it is empty; killed while it was marked, it holds
        # the beginning of a mark; written to by a thread that outlived its clean-up, what only we put there.
        inside = {one.name for one in path.iterdir()}
        if is_marked(path) or inside <= {target.name, _REPLACED, CELLS} or (inside == {MARK} and _is_begun(path)):
            discard(path, target)
