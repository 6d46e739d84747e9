"""Bytes of text files, in blocks: plain files, ``.zst`` files and standard input.

A file is decompressed by its name, never by a guess; what looks compressed under another name is refused,
because its bytes would be counted without complaint. Whatever is wrong with a file is one `InputError`, whose
message is one sentence that names the file.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import IO

from bounds.arguments import printable, shown

BLOCK = 1 << 22
"""Bytes read at a time from a plain file or a pipe."""

_ZSTD_BLOCK = 1 << 17
"""Compressed bytes handed to the decompressor at a time: what comes out of them is held in memory at once."""

_ZSTD_WINDOW = 1 << 31
"""Largest match window accepted: covers every ``zstd --long`` setting up to 31."""

_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"


class InputError(ValueError):
    """Something is wrong with a file that was named, or with what was asked of it; the message says what."""


def file_list(paths: str | os.PathLike[str] | Sequence[str | os.PathLike[str]]) -> list[str]:
    """The names of `paths`, one or several, in the order given; ``-`` is standard input."""
    given = [paths] if isinstance(paths, str | os.PathLike) else paths
    if not isinstance(given, Iterable) or any(not isinstance(path, str | os.PathLike) for path in given):
        raise InputError(f"paths must be the name of a file, or a list of them, got {shown(paths)}")
    names = [os.fspath(path) for path in given]
    if not names:
        raise InputError("no file was given: name at least one text file, or - for standard input")
    if names.count("-") > 1:
        raise InputError("- (standard input) was given more than once, and it can be read only once")
    return names


def label(path: str) -> str:
    """What messages call `path`."""
    return "standard input" if path == "-" else printable(path)


def stem(path: str) -> str:
    """The name of the corpus in `path`: the file's name without ``.zst`` and without its last suffix."""
    if path == "-":
        return "stdin"
    return printable(Path(path.removesuffix(".zst")).stem)


def read_blocks(path: str) -> Iterator[bytes]:
    """Yield the bytes of `path` in order, decompressed if its name ends in ``.zst``; blocks are not empty.

    Raises InputError where the file is missing, a folder, unreadable, empty, not what its name says, damaged
    or truncated. Memory is bounded by a block, and for ``.zst`` by the window of the file as well.
    """
    try:
        with _opened(path) as file:
            raw = _raw_blocks(path, file)
            found = False
            for block in _decompressed(path, raw) if path.endswith(".zst") else _plain(path, raw):
                found = True
                yield block
    except OSError as error:
        raise InputError(_os_sentence(path, error)) from error
    if not found:
        raise InputError(f"{label(path)} is empty: there is no text to count")


def _opened(path: str) -> AbstractContextManager[IO[bytes]]:
    if path != "-":
        return open(path, "rb")
    if sys.stdin is None:
        raise InputError("standard input is closed: pipe a text into it, or name a file")
    return nullcontext(sys.stdin.buffer)


def _raw_blocks(path: str, file: IO[bytes]) -> Iterator[bytes]:
    size = _ZSTD_BLOCK if path.endswith(".zst") else BLOCK
    while block := file.read(size):
        yield block


def _plain(path: str, blocks: Iterator[bytes]) -> Iterator[bytes]:
    for number, block in enumerate(blocks):
        if number == 0 and block.startswith(_ZSTD_MAGIC):
            advice = "pipe it through `zstd -dc --long=31`" if path == "-" else "give it a name ending in .zst"
            raise InputError(f"{label(path)} is compressed by zstd, not text: {advice}")
        yield block


def _decompressed(path: str, blocks: Iterator[bytes]) -> Iterator[bytes]:
    import zstandard

    # decompressobj and not stream_reader: the latter takes a truncated frame for a short file.
    decompressor = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
    frame, offset, started = decompressor.decompressobj(), 0, False
    for raw in blocks:
        data = raw
        while data:
            try:
                text = frame.decompress(data)
            except zstandard.ZstdError as error:
                raise InputError(_zstd_sentence(path, offset, started, error)) from error
            started = True
            if text:
                yield text
            rest = frame.unused_data if frame.eof else b""
            offset += len(data) - len(rest)
            data = rest
            if frame.eof:
                frame, started = decompressor.decompressobj(), False
    if started:
        raise InputError(
            f"{path} is truncated: its last zstd frame does not end within its {offset} bytes; fetch it again"
        )


def _zstd_sentence(path: str, offset: int, started: bool, error: Exception) -> str:
    if started or "frame descriptor" not in str(error):
        return f"{path} is damaged: zstd gave up after byte {offset} ({error}); fetch it again"
    if offset == 0:
        return f"{path} is named .zst but is not a zstd file ({error}); rename it or compress it"
    return f"{path} has bytes that are not zstd after its last frame, from byte {offset} on ({error})"


def _os_sentence(path: str, error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return f"{label(path)} does not exist: check the name, or give - for standard input"
    if isinstance(error, IsADirectoryError):
        return f"{label(path)} is a folder: name the text files in it"
    if isinstance(error, PermissionError):
        return f"{label(path)} cannot be read: permission denied"
    return f"{label(path)} cannot be read: {error.strerror or error}"
