"""A folder for what does not fit into memory: made when it is first needed, deleted whatever happens, ours by its mark.

It stands beside the result, or in the folder for temporary files (TMPDIR), and is called
``.efficiency-bounds-count.0123456789abcdef.tmp``. It holds its mark (`bounds.base.keeping.hidden`), a lock that is held
while its maker lives, and files of numbers. A run that is killed leaves it; the next one that spills into the same
place deletes what has that name and that mark, and a lock that nobody holds.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from bounds.base.keeping.hidden import MARK, discard, is_marked, mark

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_NAME = ".efficiency-bounds-count"
_LEFT = re.compile(re.escape(_NAME) + r"\.[0-9a-f]{16}\.tmp")
_LOCK = "lock"
_PART = 1 << 22
"""Bytes that are gathered before they are written."""

_MUCH = 1 << 25
"""Bytes from which on what is held is not copied any more when it grows."""

_FILE = re.compile(r"\d+")


class Scratch:
    """The folder, and the files in it; `place` is the folder above it, None for that of temporary files."""

    def __init__(self, place: str | os.PathLike[str] | None = None) -> None:
        self._place = None if place is None else Path(place)
        self._folder: Path | None = None
        self._lock = -1
        self._files: list[ScratchFile] = []
        self.n_bytes = 0
        """Bytes that were written to its files in all."""

    @property
    def used(self) -> bool:
        """Whether anything was put there."""
        return self._folder is not None

    @property
    def place(self) -> Path:
        """The folder above it."""
        return Path(tempfile.gettempdir()) if self._place is None else self._place

    def file(self) -> ScratchFile:
        """A new file, empty; OSError with a sentence where the disk is full or the place cannot be written to."""
        folder = self._made() if self._folder is None else self._folder
        found = ScratchFile(self, folder / str(len(self._files)))
        self._files.append(found)
        return found

    def _made(self) -> Path:
        with told(self):
            _tidy(self.place)
            folder = self.place / f"{_NAME}.{secrets.token_hex(8)}.tmp"
            folder.mkdir(mode=0o700)
            self._folder = folder  # from here on `close` deletes it
            self._lock = _locked(folder / _LOCK)
            mark(folder)
            return folder

    def close(self) -> None:
        """Delete the folder and what is in it."""
        for file in self._files:
            file.close()
        if self._folder is not None:
            discard(self._folder, self._folder)
        if self._lock >= 0:
            os.close(self._lock)
        self._folder, self._files, self._lock = None, [], -1


@contextmanager
def scratch_in(place: str | os.PathLike[str] | None) -> Iterator[Scratch]:
    """A `Scratch` that is deleted when the block ends, however it does."""
    scratch = Scratch(place)
    try:
        yield scratch
    finally:
        scratch.close()


class ScratchFile:
    """Numbers written one after the other, and read from anywhere."""

    def __init__(self, scratch: Scratch, path: Path) -> None:
        self._scratch = scratch
        with told(scratch):
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        self._path = path
        self.n_bytes = 0

    def append(self, values: np.ndarray) -> int:
        """Write `values` at the end; returns the byte at which they begin."""
        first = self.n_bytes
        self.write(values, first)
        self.n_bytes += values.nbytes
        self._scratch.n_bytes += values.nbytes
        return first

    def write(self, values: np.ndarray, first: int) -> None:
        """Write `values` from byte `first` on."""
        rest = np.ascontiguousarray(values).data.cast("B") if values.size else memoryview(b"")
        with told(self._scratch):
            while len(rest):
                done = os.pwrite(self._file, rest[: 1 << 28], first)
                rest, first = rest[done:], first + done

    def read(self, values: np.ndarray, first: int) -> np.ndarray:
        """Fill `values` from byte `first` on, and return them."""
        rest = values.data.cast("B") if values.size else memoryview(b"")
        with told(self._scratch):
            while len(rest):
                done = os.preadv(self._file, [rest[: 1 << 28]], first)
                if not done:
                    raise OSError(errno.EIO, "a temporary file is shorter than what was written to it")
                rest, first = rest[done:], first + done
        return values

    def close(self) -> None:
        """Give it back; its space is free at once."""
        if self._file >= 0:
            os.close(self._file)
            self._path.unlink(missing_ok=True)
        self._file = -1


class OnDisk:
    """An array of `size` numbers from byte `first` of a file on, of which slices are read when they are asked for."""

    ndim = 1

    def __init__(self, file: ScratchFile, dtype: Any, size: int, first: int = 0) -> None:
        self.file, self.dtype, self._size, self._first = file, np.dtype(dtype), size, first

    def __len__(self) -> int:
        return self._size

    @property
    def nbytes(self) -> int:
        """Bytes of all of it, which are on the disk."""
        return self._size * self.dtype.itemsize

    def view(self, dtype: Any) -> OnDisk:
        """The same bytes as numbers of another kind, as wide as these."""
        return OnDisk(self.file, dtype, self._size, self._first)

    def __getitem__(self, where: slice) -> np.ndarray:
        first, stop, step = where.indices(self._size)
        if step != 1:
            parts = [self[at : at + 1] for at in range(first, stop, step)]
            return np.concatenate([np.empty(0, self.dtype), *parts])
        values = np.empty(max(0, stop - first), self.dtype)
        return self.file.read(values, self._first + first * self.dtype.itemsize)


class Shelf:
    """An array that is made of parts: in memory up to `most` bytes, and in a file from then on."""

    def __init__(self, scratch: Scratch, most: float) -> None:
        self._scratch, self._most = scratch, most
        self._begin()

    def _begin(self) -> None:
        self._held = np.empty(0, np.uint32)
        self._n_held = self.n_units = 0
        self._file: ScratchFile | None = None

    def add(self, part: np.ndarray) -> None:
        """Put `part` at the end."""
        if not self.n_units:
            self._held = np.empty(0, part.dtype)
        self.n_units += len(part)
        end = self._n_held + len(part)
        # Once there is a file they go on in small parts.
        most = self._most if self._file is None else min(self._most, _PART)
        if end * part.itemsize > most:
            self._spill()
            self._file.append(part)  # type: ignore[union-attr]
            return
        if end > len(self._held):
            self._widen(end)
        self._held[self._n_held : end] = part
        self._n_held = end

    def _widen(self, least: int) -> None:
        """Have room for `least` numbers; once these are many, for as many as may be held.

        What is never written to takes an address and no memory. Where addresses are short as well, it grows by halves.
        """
        size = max(least, 1 << 16, 2 * len(self._held))
        if _MUCH < size * self._held.itemsize < self._most < np.inf:
            size = int(self._most) // self._held.itemsize
        try:
            wider = np.empty(size, self._held.dtype)
        except MemoryError:
            wider = np.empty(max(least, len(self._held) * 3 // 2), self._held.dtype)
        wider[: self._n_held] = self._held[: self._n_held]
        self._held = wider

    def _spill(self) -> None:
        if self._file is None:
            self._file = self._scratch.file()
        self._file.append(self._held[: self._n_held])
        self._held, self._n_held = np.empty(0, self._held.dtype), 0

    def whole(self) -> np.ndarray | OnDisk:
        """All of it; there is nothing on the shelf afterwards."""
        found: np.ndarray | OnDisk
        if self._file is not None:
            self._spill()
            found = OnDisk(self._file, self._held.dtype, self.n_units)
        else:
            self._held.resize(self.n_units, refcheck=False)
            found = self._held
        self._begin()
        return found


@contextmanager
def told(scratch: Scratch) -> Iterator[None]:
    """Say of an error of the system where it was, and what helps."""
    try:
        yield
    except OSError as error:
        what = error.strerror or str(error)
        if error.errno in _FULL:
            help_ = (
                f"{what}: the count needs more room for temporary files than {scratch.place} has; free some, set "
                "TMPDIR (or --out) to a larger disk, pass more --memory, or estimate it with --sketch"
            )
            raise OSError(error.errno, help_) from None
        raise OSError(error.errno, f"temporary files cannot be kept in {scratch.place}: {what}; set TMPDIR") from None


def _locked(path: Path) -> int:
    """The open file `path`, locked as long as this process lives where the file system knows locks."""
    import fcntl

    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        raise
    except OSError:
        pass  # no locks there: then `_is_dead` cannot take one either, and nothing is deleted
    return file


def _tidy(place: Path) -> None:
    """Delete the folders in `place` that killed runs left."""
    for path in place.iterdir():
        if _LEFT.fullmatch(path.name) and not path.is_symlink() and path.is_dir() and _is_dead(path):
            discard(path, path)


def _is_dead(folder: Path) -> bool:
    """Whether all in `folder` is ours, and nobody holds its lock."""
    import fcntl

    try:
        inside = {path.name for path in folder.iterdir()}
        if not is_marked(folder) or not all(name in (MARK, _LOCK) or _FILE.fullmatch(name) for name in inside):
            return False
        file = os.open(folder / _LOCK, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(file)
    return True
