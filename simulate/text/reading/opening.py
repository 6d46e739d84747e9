"""Where bytes come from: files, standard input, and URLs where fsspec is installed; decompressed by the name.

Whatever is wrong with a file is one `InputError`, whose message is one sentence that names the file.
"""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import IO, Any

from bounds.base.arguments import close_file
from bounds.base.telling.steps import step
from simulate.text.reading.errors import InputError, label
from simulate.text.reading.frames import decompressed
from simulate.text.reading.gzipped import unzipped

BLOCK = 1 << 20
"""Bytes read at a time from a plain file or a pipe."""

_PACKED_BLOCK = 1 << 17
"""Compressed bytes read at a time."""

_URL = re.compile(r"[a-z][a-z0-9+.-]+(::|://)", re.IGNORECASE)

EXTRA = "python -m pip install 'efficiency-bounds[corpus]'"
"""How what the formats need is installed."""


def is_url(path: str) -> bool:
    """Whether `path` is an address such as ``s3://bucket/part.txt``, not the name of a file here."""
    return bool(_URL.match(path))


def filesystem(url: str) -> tuple[Any, str]:
    """The file system of fsspec on which `url` lies, and its path there; InputError where it cannot be had."""
    try:
        from fsspec.core import url_to_fs
    except ImportError:
        raise InputError(f"{label(url)} is a URL, which fsspec reads: install it with {EXTRA}") from None
    try:
        system, place = url_to_fs(url)
    except (ImportError, ValueError) as error:  # a driver that is not installed, a protocol that is not known
        raise InputError(f"{label(url)} cannot be read: {_one_line(error)}") from None
    return system, place


def unpacked(path: str) -> Iterator[bytes]:
    """Yield the bytes of `path` in order, decompressed if its name ends in ``.zst`` or ``.gz``; blocks are not empty.

    Raises InputError where the file is missing, a folder, unreadable, empty, not what its name says, damaged or
    truncated. Memory is bounded by a block, and for ``.zst`` by the window of the file as well.
    """
    found = False
    with one_sentence(path), opened(path) as file:
        packer = {".zst": decompressed, ".gz": unzipped}.get(path[path.rfind(".") :])
        raw = _raw_blocks(file, _PACKED_BLOCK if packer else BLOCK)
        for block in packer(path, raw) if packer else raw:
            found = True
            yield block
    if not found:
        raise InputError(f"{label(path)} is empty: there is no text to count")


def blocks_from(path: str, first: int) -> Iterator[bytes]:
    """The bytes of a file here from its byte `first` on, as they lie there; InputError where it cannot be read."""
    with one_sentence(path), opened(path) as file:
        file.seek(first)
        yield from iter(lambda: file.read(BLOCK), b"")


def is_empty(path: str) -> bool:
    """Whether a file has no byte, after decompression; not asked of standard input, which can be read only once."""
    if path == "-":
        return False
    with one_sentence(path), opened(path) as file:
        packer = {".zst": decompressed, ".gz": unzipped}.get(path[path.rfind(".") :])
        raw = iter(lambda: file.read(_PACKED_BLOCK), b"")
        return next(packer(path, raw) if packer else raw, b"") == b""


def opened(path: str) -> AbstractContextManager[IO[bytes]]:
    """The bytes of `path` as they lie there."""
    if is_url(path):
        system, place = filesystem(path)
        found: AbstractContextManager[IO[bytes]] = system.open(place, "rb")
        return found
    if path != "-":
        return open(path, "rb")
    if sys.stdin is None:
        raise InputError("standard input is closed: pipe a text into it, or name a file")
    return nullcontext(sys.stdin.buffer)


@contextmanager
def one_sentence(path: str) -> Iterator[None]:
    """Turn what the system says of `path` into an InputError of one sentence."""
    try:
        yield
    except OSError as error:
        raise InputError(_os_sentence(path, error)) from error


def _raw_blocks(file: IO[bytes], size: int) -> Iterator[bytes]:
    total, done = _size_of(file), 0
    step("reading", done, total, "bytes")
    while block := file.read(size):
        yield block
        done += len(block)
        step("reading", done, total, "bytes")


def _size_of(file: IO[bytes]) -> int | None:
    """Bytes of a file as it lies there; None of a pipe, whose end nobody knows."""
    try:
        about = os.fstat(file.fileno())
    except (OSError, AttributeError):  # what comes from elsewhere has no number here
        return None
    return about.st_size if stat.S_ISREG(about.st_mode) else None


def _os_sentence(path: str, error: OSError) -> str:
    if isinstance(error, FileNotFoundError) and not is_url(path) and os.path.islink(path):
        return f"{label(path)} is a link to a file that does not exist: mend the link, or leave it out"
    if isinstance(error, FileNotFoundError):
        return f"{label(path)} does not exist: check the name, or give - for standard input{close_file(path)}"
    if isinstance(error, IsADirectoryError):
        return f"{label(path)} is a folder: name the files in it"
    if isinstance(error, PermissionError):
        return f"{label(path)} cannot be read: permission denied"
    return f"{label(path)} cannot be read: {error.strerror or _one_line(error)}"


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
