"""Files that are written whole or not at all, under names that were checked before the work began."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable

_LONGEST_NAME = 200
"""Bytes of a name: that of the part beside it is longer, and 255 bytes are the most."""


def check_whole(path: str, suffixes: tuple[str, ...], said: str, flag: str, *, overwrite: bool = False) -> None:
    """One sentence (ValueError) where no file can be written at `path`.

    `said` is how a name must end, in words, where it ends in none of `suffixes` or is nothing else; `flag` names it.
    """
    folder, last = os.path.split(path)
    folder = folder or "."
    if not any(last.endswith(suffix) and last != suffix for suffix in suffixes):
        raise ValueError(f"{path}: {said}")
    if len(os.fsencode(last)) > _LONGEST_NAME:
        raise ValueError(f"{path}: a name has at most {_LONGEST_NAME} bytes; choose a shorter one")
    if not os.path.isdir(folder):
        raise ValueError(f"{folder} is not a folder; make it first or choose another {flag}")
    if os.path.islink(path):
        raise ValueError(f"{path} is a link to {os.readlink(path)}; name the file itself")
    if os.path.exists(path) and not os.path.isfile(path):
        raise ValueError(f"{path} is no ordinary file; it is not replaced, choose another name")
    if os.path.exists(path) and not overwrite:
        raise ValueError(f"{path} exists already; pass --overwrite to replace it")
    if not os.access(folder, os.W_OK):
        raise ValueError(f"{folder}: cannot be written to")


def write_whole(path: str, content: bytes, check: Callable[[], None]) -> None:
    """Write `content` at `path`, whole or not at all, after a last `check` that it may stand there."""
    folder, last = os.path.split(path)
    handle, part = tempfile.mkstemp(prefix=f".{last}.", suffix=".part", dir=folder or ".")
    try:
        with open(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.umask(mask := os.umask(0))
        os.chmod(part, 0o666 & ~mask)
        check()  # another may have written there meanwhile
        os.replace(part, path)
    except BaseException:
        if os.path.lexists(part):
            os.unlink(part)
        raise
