"""One run at a time writes a result: a lock beside it, which the system takes back when the process dies.

The lock of ``X.zarr`` is the file ``.X.zarr-lock``, empty, in the same folder, locked with flock(2). It is there
while a run is at work. A run that is killed leaves the file, which locks nothing; the next one takes and deletes it.
Whoever deletes it holds it, and whoever has locked a file looks whether it is still the one of that name, so that two
runs never hold two files of one name.
"""

from __future__ import annotations

import errno
import os
import stat
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

Key = tuple[int, int, str]

_held: ContextVar[frozenset[Key]] = ContextVar("_held", default=frozenset())
"""What this thread has locked: the command line locks first, and what it calls does so again."""


@contextmanager
def locked(target: Path) -> Iterator[bool]:
    """Hold the lock of `target`; whether it was taken here, and not by a caller of this thread.

    Raises ValueError with one sentence where another run holds it, or where no such file can be made.
    """
    folder = target.parent.stat()
    key = (folder.st_dev, folder.st_ino, target.name)
    if key in _held.get():
        yield False
        return
    path = target.with_name(f".{target.name}-lock")
    file = _taken(path, target)
    _held.set(_held.get() | {key})
    try:
        yield file is not None
    finally:
        _held.set(_held.get() - {key})
        if file is not None:
            if os.fstat(file).st_size == 0:  # with something in it, it is a file of somebody else's
                path.unlink(missing_ok=True)
            os.close(file)


def _taken(path: Path, target: Path) -> int | None:
    """The open file that is locked; None where the file system knows no locks."""
    import fcntl

    while True:
        try:
            file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o666)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise
            raise ValueError(
                f"{target} cannot be written to: its lock {path.name} cannot be made there ({error.strerror})"
            ) from None
        if not stat.S_ISREG(os.fstat(file).st_mode):
            os.close(file)
            raise ValueError(f"{path} is no file, and the lock of {target} has that name; move it away")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            raise ValueError(
                f"{target} is being written by another run; wait until that has ended, or choose another name"
            ) from None
        except OSError as error:
            os.close(file)
            path.unlink(missing_ok=True)
            warnings.warn(
                f"{target} cannot be locked here ({error.strerror}); see to it that no other run writes it",
                stacklevel=4,
            )
            return None
        if _is_at(file, path):
            return file
        os.close(file)  # the run that held it has deleted it since it was opened


def _is_at(file: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file), path.lstat())
    except FileNotFoundError:
        return False
