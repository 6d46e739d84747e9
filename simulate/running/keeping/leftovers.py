"""What is a result or unfinished work of this program, told from what others put there, and deleted when it is done.

How the folders are marked that come and go is in `bounds.base.keeping.hidden`.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

from bounds.base.keeping.hidden import CELLS, discard, hidden_folder, is_marked

PROGRAM = "efficiency-bounds"


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


def discard_store(part: Path) -> None:
    """Delete the cells at `part`: gone from their place at once, and then from the disk."""
    folder = hidden_folder(part)
    try:
        os.replace(part, folder / CELLS)
    finally:
        discard(folder, part)


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
