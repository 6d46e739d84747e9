"""Bytes of text files, in blocks: plain and compressed files, standard input, URLs.

What is no text by its first bytes (`recognising`) is refused, because it would be counted without complaint.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from simulate.text.reading.errors import InputError, label
from simulate.text.reading.opening import unpacked
from simulate.text.reading.recognising import HEAD, Target, why_not_text

__all__ = ["InputError", "label", "read_blocks", "target_of"]


def read_blocks(path: str) -> Iterator[bytes]:
    """Yield the bytes of the text `path` as `unpacked` does; InputError also where they are recognised as no text."""
    yield from _recognised(path, unpacked(path))


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
