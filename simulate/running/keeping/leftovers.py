"""What this program lays beside a result while it works, told from what others put there, and deleted when it is done.

A folder of ours holds a file, its mark, from the moment it is made until nothing else is left in it. Folders that come
and go have a name besides that nobody chooses: ``.X.zarr.0123456789abcdef.tmp``. Whoever holds the lock of X.zarr (see
`simulate.running.keeping.locks`) knows that who made them is dead.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import warnings
from pathlib import Path
from typing import Any

PROGRAM = "efficiency-bounds"
MARK = ".efficiency-bounds"
"""The file that says whose a folder is."""

_WORDS = "This folder is work under way of efficiency-bounds, which deletes it when it is done.\n"
_REPLACED = "replaced"
"""What is replaced, until the new stands in its place."""

_CELLS = "cells"
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


def is_store(folder: Path) -> bool:
    """Whether `folder` holds cells that this program or an earlier version of it keeps."""
    if folder.is_symlink() or not folder.is_dir():
        return False
    return is_marked(folder) or _is_made_here(_json(folder / "zarr.json").get("attributes"))


def is_result(folder: Path) -> bool:
    """Whether `folder` is a .zarr that this program wrote, with nothing else in it."""
    if folder.is_symlink() or not folder.is_dir():
        return False
    own = {".zgroup", ".zattrs", ".zmetadata"}
    if not all(path.name in own or _is_array(path) for path in folder.iterdir()):
        return False
    metadata = _json(folder / ".zmetadata").get("metadata")
    attributes = metadata.get(".zattrs") if isinstance(metadata, dict) else None
    return _is_made_here(_json(folder / ".zattrs")) or _is_made_here(attributes)


def _is_array(folder: Path) -> bool:
    """Whether `folder` holds chunks and what is known of them, perhaps not all of it any more, and nothing else."""
    if folder.is_symlink() or not folder.is_dir():
        return False
    inside = [path.name for path in folder.iterdir()]
    return bool(inside) and all(re.fullmatch(r"\.zarray|\.zattrs|\d+(\.\d+)*", name) for name in inside)


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


def discard_store(part: Path) -> None:
    """Delete the cells at `part`: gone from their place at once, and then from the disk."""
    folder = hidden_folder(part)
    try:
        os.replace(part, folder / _CELLS)
    finally:
        discard(folder, part)


def tidy(target: Path) -> None:
    """Delete what killed runs left hidden beside `target`; only for whoever holds its lock."""
    name = re.compile(re.escape(f".{target.name}.") + r"[0-9a-f]{16}\.tmp")
    for path in target.parent.iterdir():
        if not name.fullmatch(path.name) or path.is_symlink() or not path.is_dir():
            continue
        # Killed before it was marked, or after all else was deleted, it is empty; killed while it was marked, it holds
        # the beginning of a mark; written to by a thread that outlived its clean-up, what only we put there.
        inside = {one.name for one in path.iterdir()}
        if is_marked(path) or inside <= {target.name, _REPLACED, _CELLS} or (inside == {MARK} and _is_begun(path)):
            discard(path, target)


def provenance_of(part: Path) -> dict[str, Any]:
    """The provenance of the work whose cells stand at `part`; empty where it cannot be read."""
    attributes = _json(part / "zarr.json").get("attributes")
    try:
        made = json.loads(attributes["provenance"]) if isinstance(attributes, dict) else {}
    except (ValueError, KeyError, TypeError):
        return {}
    return made if isinstance(made, dict) else {}


def _is_made_here(attributes: Any) -> bool:
    try:
        made = json.loads(attributes["provenance"])
        return bool(made["software"]["name"] == PROGRAM)
    except (ValueError, KeyError, TypeError):
        return False


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
