"""Zstandard frames, decompressed a few blocks at a time: no run of zeros, however long, comes out of one call.

A block holds at most 128 KiB (RFC 8878, section 3.1.1.2.4) and may be four bytes long, so that a buffer of compressed
bytes may stand for thirty thousand times as many. The bytes are handed over block by block, cut where the headers say.
What a header says is not trusted: where it makes no sense the bytes go on in small pieces, and zstd says what is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from simulate.text.reading.errors import InputError, label

WINDOW = 1 << 31
"""Largest match window accepted: covers every ``zstd --long`` setting up to 31."""

_BLOCKS = 32
"""Blocks that are handed over together: 4 MiB of text at most."""

_MAGIC = b"\x28\xb5\x2f\xfd"
_SMALL = 128
_DICTIONARY = (0, 1, 2, 4)
_SIZE = (0, 2, 4, 8)


def decompressed(path: str, raw: Iterator[bytes]) -> Iterator[bytes]:
    """The text in the frames of `raw`, in blocks of a few MiB at most; InputError where they are damaged or cut."""
    import zstandard

    # decompressobj and not stream_reader: the latter takes a truncated frame for a short file.
    decompressor = zstandard.ZstdDecompressor(max_window_size=WINDOW)
    frame, offset, started = decompressor.decompressobj(), 0, False
    for part in _parts(raw):
        data = part
        while data:
            try:
                text = frame.decompress(data)
            except zstandard.ZstdError as error:
                raise InputError(_sentence(path, offset, started, error)) from error
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
            f"{label(path)} is truncated: its last zstd frame does not end within its {offset} bytes; fetch it again"
        )


def _sentence(path: str, offset: int, started: bool, error: Exception) -> str:
    if "memory" in str(error).lower():
        return (
            f"{label(path)} was compressed with a window that takes more memory than is free ({error}); decompress it "
            "where there is more, and pipe it in"
        )
    if started or "frame descriptor" not in str(error):
        return f"{label(path)} is damaged: zstd gave up after byte {offset} ({error}); fetch it again"
    if offset == 0:
        return f"{label(path)} is named .zst but is not a zstd file ({error}); rename it or compress it"
    return f"{label(path)} has bytes that are not zstd after its last frame, from byte {offset} on ({error})"


class _Buffer:
    """Bytes of `raw` that are not handed over yet."""

    def __init__(self, raw: Iterator[bytes]) -> None:
        self._raw, self._kept, self._at = raw, bytearray(), 0

    def has(self, count: int) -> bool:
        """Whether there are `count` more bytes; reads on where need be."""
        while len(self._kept) - self._at < count:
            block = next(self._raw, b"")
            if not block:
                return False
            del self._kept[: self._at]
            self._at = 0
            self._kept += block
        return True

    def number(self, place: int, count: int) -> int:
        """The whole number in `count` bytes, `place` bytes from here."""
        return int.from_bytes(self._kept[self._at + place : self._at + place + count], "little")

    def take(self, count: int) -> bytes:
        """The next `count` bytes, or as many as there are."""
        self.has(count)
        found = bytes(self._kept[self._at : self._at + count])
        self._at += len(found)
        return found


def _parts(raw: Iterator[bytes]) -> Iterator[bytes]:
    """The bytes of `raw`, cut such that none of the parts stands for more than `_BLOCKS` blocks."""
    buffer = _Buffer(raw)
    while buffer.has(1):
        sizes = _header(buffer)
        if sizes is None:  # skippable, damaged or cut
            yield buffer.take(_SMALL)
            continue
        header, trailer = sizes
        pending, blocks, last = header, 0, False
        while not last and buffer.has(pending + 3):
            word = buffer.number(pending, 3)
            last, kind, size = bool(word & 1), word >> 1 & 3, word >> 3
            if kind == 3:
                break
            pending += 3 + (1 if kind == 1 else size)
            blocks += 1
            if blocks == _BLOCKS or last:
                yield buffer.take(pending + (trailer if last else 0))
                pending = blocks = 0
        if not last:  # damaged or cut: what there is of it, in parts too small to hold much
            while rest := buffer.take(_SMALL):
                yield rest


def _header(buffer: Any) -> tuple[int, int] | None:
    """Bytes before the first block of the frame that begins here, and after the last; None where none begins."""
    if not buffer.has(5) or buffer.number(0, 4) != int.from_bytes(_MAGIC, "little"):
        return None
    flags = buffer.number(4, 1)
    single = flags >> 5 & 1
    size = _SIZE[flags >> 6] or single
    return 5 + (1 - single) + _DICTIONARY[flags & 3] + size, 4 * (flags >> 2 & 1)
