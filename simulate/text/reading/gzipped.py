"""Members of gzip files, decompressed a few MiB at a time, whatever they stand for (RFC 1952)."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from simulate.text.reading.errors import InputError, label

MOST = 1 << 22
"""Bytes of text that come out of one call."""

_MAGIC = b"\x1f\x8b"
_GZIP = 31
"""Window bits that ask zlib for the header and trailer of gzip."""


def unzipped(path: str, raw: Iterator[bytes]) -> Iterator[bytes]:
    """The text in the members of `raw`, in blocks of a few MiB at most; InputError where they are damaged or cut."""
    member, begun, ended, offset = zlib.decompressobj(_GZIP), False, False, 0
    for part in raw:
        data = part
        while data:
            if ended and not begun:  # zeros may fill up the file behind its last member
                data = data.lstrip(b"\0")
                if not data:
                    break
            try:
                text = member.decompress(data, MOST)
            except zlib.error as error:
                begun |= data.startswith(_MAGIC)
                raise InputError(_sentence(path, offset, begun, ended, error)) from None
            begun = True
            if text:
                yield text
            while len(text) == MOST:  # all of `data` may be taken, and some of its text still be to come
                text = member.decompress(member.unconsumed_tail, MOST)
                if text:
                    yield text
            rest = member.unused_data if member.eof else member.unconsumed_tail
            offset += len(data) - len(rest)
            data = rest
            if member.eof:
                member, begun, ended = zlib.decompressobj(_GZIP), False, True
    if begun:
        raise InputError(
            f"{label(path)} is truncated: its last gzip member does not end within its {offset} bytes; fetch it again"
        )


def _sentence(path: str, offset: int, begun: bool, ended: bool, error: zlib.error) -> str:
    if begun:
        return f"{label(path)} is damaged: gzip gave up after byte {offset} ({error}); fetch it again"
    if ended:
        return f"{label(path)} has bytes that are not gzip after its last member, from byte {offset} on ({error})"
    return f"{label(path)} is named .gz but is not a gzip file ({error}); rename it or compress it"
