"""Bytes as UTF-8, cut where neither a code point nor a word is cut, and the place where they are not UTF-8."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from simulate.text.reading.errors import InputError, label
from simulate.text.reading.formats.reader import Piece
from simulate.text.reading.readers import target_of
from simulate.text.reading.recognising import BOM, HEAD, is_binary, why_not_utf8
from simulate.text.reading.room import require

NEW_LINE = b"\n"

_BINARY = "it looks like data of another program, not like text; convert it to text"
_OTHER_ENCODING = "convert it, for example with `iconv -f WINDOWS-1252 -t UTF-8`"

_LONG = 1 << 25
"""Bytes of one word between two looks at what is free."""

_PIECE = 1 << 20
"""Bytes that are looked at together for whether they are UTF-8, where their text is not wanted."""


class Decoded(NamedTuple):
    """Whole code points of a text, what they say, and whether a document ends with them."""

    data: bytes | bytearray
    text: str
    ends: bool = False


def code_points(text: str) -> np.ndarray:
    """The code points of `text`, uint32."""
    return np.frombuffer(text.encode("utf-32-le"), dtype="<u4").astype(np.uint32)


def utf8_blocks(path: str, pieces: Iterator[Piece], *, at_space: bool, inside: bool = False) -> Iterator[Decoded]:
    """Pieces cut between code points (between words if `at_space`), with their text (without if `at_space`).

    An ASCII white space byte is never part of a longer code point and never part of a word, so it is a safe
    place to cut both; so is the end of a document. A byte-order mark at the start of a file is no part of its text;
    pieces from `inside` of one have no such start.
    """
    kept = bytearray()
    place = _Place(path)
    for block, ends in pieces if inside else _begun(path, pieces, place):
        cut = len(block) if ends else _last_space(block) if at_space else _last_boundary(block)
        if cut == 0 and not ends:  # a block without a place to cut: a very long word
            if len(kept) // _LONG < (len(kept) + len(block)) // _LONG:
                require(2 * _LONG + len(kept))  # it goes on, and its letters are copied among the words
            kept += block
            continue
        whole: bytes | bytearray = block[:cut]
        if kept:
            kept += whole
            whole, kept = kept, bytearray()
        kept += block[cut:]
        yield Decoded(whole, place.decoded(whole, keep=not at_space), ends)
    if kept:
        yield Decoded(kept, place.decoded(kept, keep=not at_space))


def _begun(path: str, pieces: Iterator[Piece], place: _Place) -> Iterator[Piece]:
    """`pieces` without a byte-order mark; InputError where they begin as UTF-8 does not."""
    first, ends = b"", False
    for block, ends in pieces:
        first += block
        if ends or len(first) >= 4:  # the longest mark
            break
    place.binary = is_binary(first[:HEAD])
    if reason := why_not_utf8(target_of(path), first[:HEAD]):
        raise InputError(f"{label(path)} {reason}")
    if first.startswith(BOM):
        place.offset = len(BOM)
        first = first[len(BOM) :]
    if first or ends:
        yield Piece(first, ends)
    first = b""  # not to be held while the others go by
    yield from pieces


class _Place:
    """Where a text is decoded, for the message that it cannot be."""

    def __init__(self, path: str) -> None:
        self.path, self.offset, self.line, self.binary = path, 0, 1, False

    def decoded(self, block: bytes | bytearray, *, keep: bool) -> str:
        """The text of `block`, which is the next one, or nothing if it need not be kept."""
        found = self._decoded(block, 0, len(block)) if keep else ""
        at = len(block) if keep or block.isascii() else 0
        while at < len(block):  # piece by piece: a long word would take up to four bytes a letter
            end = at + _PIECE
            while end < len(block) and block[end] & 0xC0 == 0x80 and end < at + _PIECE + 4:
                end += 1
            self._decoded(block, at, end)
            at = end
        self.offset += len(block)
        self.line += int(np.count_nonzero(np.frombuffer(block, np.uint8) == NEW_LINE[0]))  # faster than `count`
        return found

    def _decoded(self, block: bytes | bytearray, first: int, end: int) -> str:
        try:
            return str(memoryview(block)[first:end], "utf-8")
        except UnicodeDecodeError as error:
            at = first + error.start
            line = self.line + block.count(NEW_LINE, 0, at)
            raise InputError(
                f"{label(self.path)} is not UTF-8 at byte {self.offset + at}, in line {line} ({_around(block, at)}): "
                + (_BINARY if self.binary else _OTHER_ENCODING)
            ) from error


def _around(block: bytes | bytearray, at: int) -> str:
    """The bytes around `at`, those that are no printable ASCII spelled out."""
    line = (
        bytes(block[max(0, at - 20) : at]).rpartition(NEW_LINE)[2] + bytes(block[at : at + 20]).partition(NEW_LINE)[0]
    )
    return "".join(chr(b) if 32 <= b < 127 else f"\\x{b:02x}" for b in line)[:80]


def _last_space(block: bytes) -> int:
    last = -1
    for space in (b" ", b"\n", b"\t", b"\r"):  # the usual one first: what is before it plays no part
        last = max(last, block.rfind(space, last + 1))
    return last + 1


def _last_boundary(block: bytes) -> int:
    """Where the last code point of `block` starts: it may go on in the next block."""
    for back in range(1, min(4, len(block)) + 1):
        if block[-back] & 0xC0 != 0x80:
            return len(block) - back
    return 0
