"""Bytes of text files, in blocks: plain files, ``.zst`` files and standard input.

A file is decompressed by its name, never by a guess; what is no text by its first bytes (`recognising`) is refused,
because it would be counted without complaint. Whatever is wrong with a file is one `InputError`, whose message is one
sentence that names the file.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import IO

from bounds.base.arguments import printable, shown
from simulate.text.reading.errors import InputError, label
from simulate.text.reading.frames import decompressed
from simulate.text.reading.recognising import HEAD, Target, why_not_text

BLOCK = 1 << 20
"""Bytes read at a time from a plain file or a pipe."""

_ZSTD_BLOCK = 1 << 17
"""Compressed bytes read at a time."""


def file_list(paths: str | os.PathLike[str] | Sequence[str | os.PathLike[str]]) -> list[str]:
    """The names of `paths`, one or several, in the order given; ``-`` is standard input."""
    given = [paths] if isinstance(paths, str | os.PathLike) else paths
    if not isinstance(given, Iterable) or any(not isinstance(path, str | os.PathLike) for path in given):
        raise InputError(f"paths must be the name of a file, or a list of them, got {shown(paths)}")
    names = [os.fsdecode(path) for path in given]
    if not names:
        raise InputError("no file was given: name at least one text file, or - for standard input")
    if names.count("-") > 1:
        raise InputError("- (standard input) was given more than once, and it can be read only once")
    return names


def stem(path: str) -> str:
    """The name of the corpus in `path`: the file's name without ``.zst`` and its last suffix, as it can be printed."""
    if path == "-":
        return "stdin"
    return printable(Path(path.removesuffix(".zst")).stem)


def read_blocks(path: str) -> Iterator[bytes]:
    """Yield the bytes of `path` in order, decompressed if its name ends in ``.zst``; blocks are not empty.

    Raises InputError where the file is missing, a folder, unreadable, empty, not what its name says, damaged,
    truncated, or recognised as no text. Memory is bounded by a block, and for ``.zst`` by the window of the file as
    well.
    """
    try:
        with _opened(path) as file:
            raw = _raw_blocks(path, file)
            blocks = raw
            if path.endswith(".zst"):
                blocks = decompressed(path, raw)
            found = False
            for block in _recognised(path, blocks):
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


def _recognised(path: str, blocks: Iterator[bytes]) -> Iterator[bytes]:
    """`blocks` as they come, after a look at the first `HEAD` bytes; InputError where they are no text."""
    kept: list[bytes] = []
    for block in blocks:
        kept.append(block)
        if sum(map(len, kept)) >= HEAD:
            _look(path, b"".join(kept), whole=False)
            yield from kept
            break
    else:
        _look(path, b"".join(kept), whole=True)
        yield from kept
    kept.clear()
    yield from blocks


def _look(path: str, head: bytes, *, whole: bool) -> None:
    if reason := why_not_text(target_of(path), head[:HEAD], whole=whole and len(head) <= HEAD):
        raise InputError(f"{label(path)} {reason}")


def target_of(path: str) -> Target:
    """What a command is given that works on the text of `path`."""
    return Target("" if path == "-" else shlex.quote(label(path)), path.endswith(".zst"))


def _os_sentence(path: str, error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return f"{label(path)} does not exist: check the name, or give - for standard input"
    if isinstance(error, IsADirectoryError):
        return f"{label(path)} is a folder: name the text files in it"
    if isinstance(error, PermissionError):
        return f"{label(path)} cannot be read: permission denied"
    return f"{label(path)} cannot be read: {error.strerror or error}"
