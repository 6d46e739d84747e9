"""The name that something is to be written to: checked before the work starts, written whole or not at all.

Loads nothing heavy, so that a bad name is refused at once.
"""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bounds.base.arguments import did_you_mean, from_home
from bounds.base.keeping.hidden import discard, hidden_folder, put_in_place

_LONGEST_NAME = 200
"""Bytes of a name: the names of what is laid beside it are longer, and 255 bytes are the most."""


def named(path: str | Path, formats: tuple[str, ...], what: str = "a result", example: str = "") -> Path:
    """`path`, if `what`, which ends in one of `formats`, can have that name; ValueError with one sentence otherwise."""
    target = Path(path)
    if not any(target.name.endswith(end) and target.name != end for end in formats):
        told = f", such as {example}" if example else ""
        hint = did_you_mean("".join(target.suffixes[-formats[0].count(".") :]), formats)
        if hint and len(target.suffixes) < formats[0].count("."):  # half of an ending, which reads as a name
            hint = f"; did you mean {target.stem}{formats[0]}?"
        raise ValueError(f"{target}: the name of {what} ends in {', '.join(formats)}{told}{hint}")
    if len(os.fsencode(target.name)) > _LONGEST_NAME:
        raise ValueError(f"{target}: a name has at most {_LONGEST_NAME} bytes; choose a shorter one")
    if not target.parent.is_dir():
        another = "--figure" if ".png" in formats else "place for the page" if ".html" in formats else "--out"
        home = from_home(target)
        meant = f"; did you mean {home}?" if home and os.path.isdir(os.path.dirname(home)) else ""
        raise ValueError(f"{target}: {target.parent} is not a folder; make it first or choose another {another}{meant}")
    return target


def check_no_link(target: Path) -> None:
    """ValueError where a link stands at `target`: what it leads to is somebody else's choice."""
    if target.is_symlink():
        raise ValueError(f"{target} is a link to {os.readlink(target)}; name the file itself")


def check_ordinary(target: Path) -> None:
    """ValueError where something stands at `target` that is no file, such as a device or a folder."""
    if target.exists() and not target.is_file():
        raise ValueError(f"{target} is no ordinary file; it is not replaced, choose another name")


def check_new(target: Path, *, overwrite: bool) -> None:
    """ValueError where something stands at `target` that nobody said to replace."""
    if target.exists() and not overwrite:
        raise ValueError(f"{target} exists already; pass --overwrite to replace it")


def check_folder(folder: Path) -> None:
    """ValueError where nothing can be written in `folder`; OSError where it is full."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise OSError(error.errno, error.strerror, str(folder)) from None
        raise ValueError(f"{folder}: cannot be written to ({error.strerror})") from None


@contextmanager
def written_whole(target: Path) -> Iterator[Path]:
    """A path beside `target` to write to; it takes the place of `target` only when the block ends well."""
    folder = hidden_folder(target)
    try:
        part = folder / target.name
        yield part
        put_in_place(part, target)
    except OSError as error:  # of a full disk the system does not say what it was that found no room
        if error.errno in (errno.ENOSPC, errno.EDQUOT) and not error.filename:
            raise OSError(error.errno, error.strerror, str(target)) from None
        raise
    finally:
        discard(folder, target)


def write_text(path: Path, text: str) -> None:
    """Replace the file `path` by one that holds `text`; until that is whole and on the disk, the old one is there."""
    with written_whole(path) as part, part.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
