"""Plain text: one document, or several where a table of offsets says where they lie."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from simulate.text.reading.errors import InputError, label
from simulate.text.reading.formats.reader import TEXT, Piece, Seen
from simulate.text.reading.opening import blocks_from, unpacked
from simulate.text.reading.readers import read_blocks
from simulate.text.reading.room import expected_size


@dataclass(frozen=True)
class Plain:
    """A text, plain or compressed."""

    path: str
    holds = TEXT
    has_documents = False

    def pieces(self, seen: Seen) -> Iterator[Piece]:
        """Its blocks."""
        for block in read_blocks(self.path):
            yield Piece(block)
        seen.n_documents = 1

    def expected_size(self) -> int | None:
        """Bytes of the file, or of the first frame of a .zst."""
        return expected_size(self.path)

    def width(self) -> int:
        """A byte."""
        return 1

    def pieces_from(self, first: int) -> Iterator[Piece]:
        """Its blocks from there on."""
        yield from map(Piece, blocks_from(self.path, first))


@dataclass(frozen=True)
class WithOffsets:
    """A text in which a table says where documents begin and end, in bytes after decompression."""

    path: str
    documents: str
    characters: bool = False
    """Whether the text is UTF-8, of which no document may cut a character."""
    holds = TEXT
    has_documents = True

    def pieces(self, seen: Seen) -> Iterator[Piece]:
        """Its documents, in blocks. Bytes between them are left out, and counted."""
        starts, ends = read_offsets(self.documents)
        blocks = read_blocks(self.path)
        if self.characters:
            blocks = self._uncut(blocks, starts, ends)
        at, k = yield from _documents(blocks, starts, ends, 0, 0, seen)
        if k < len(ends):
            raise InputError(
                f"{label(self.path)} has {at} bytes of text, and a document of {label(self.documents)} ends at byte "
                f"{ends[-1]}: these are not its offsets, or it is truncated"
            )

    def _uncut(self, blocks: Iterator[bytes], starts: Sequence[int], ends: Sequence[int]) -> Iterator[bytes]:
        """`blocks`; InputError where a document begins or ends at a byte that goes on with a character."""
        edges = np.union1d(starts, ends)
        at = 0
        for block in blocks:
            here = edges[np.searchsorted(edges, at) : np.searchsorted(edges, at + len(block))]
            cut = here[np.frombuffer(block, np.uint8)[here - at] & 0xC0 == 0x80]
            if len(cut):
                raise InputError(
                    f"{label(self.documents)} has a document that begins or ends at byte {cut[0]} of "
                    f"{label(self.path)}, inside of a character: offsets count bytes, not characters"
                )
            yield block
            at += len(block)

    def expected_size(self) -> int | None:
        """As without offsets."""
        return expected_size(self.path)

    def width(self) -> int:
        """A byte."""
        return 1

    def pieces_from(self, first: int) -> Iterator[Piece]:
        """Its documents from that byte of theirs on: what lies between them is not counted."""
        starts, ends = read_offsets(self.documents)
        behind = np.cumsum(np.subtract(ends, starts))
        k = int(np.searchsorted(behind, first, side="right"))
        if k < len(ends):
            at = ends[k] - (int(behind[k]) - first)
            yield from _documents(blocks_from(self.path, at), starts, ends, at, k, Seen())


def _documents(
    blocks: Iterator[bytes], starts: Sequence[int], ends: Sequence[int], at: int, k: int, seen: Seen
) -> Generator[Piece, None, tuple[int, int]]:
    """The documents in `blocks`, which begin at byte `at`, from number `k` on; gives where both stand at the end."""
    for block in blocks:
        first = 0
        while first < len(block) or (k < len(ends) and at == ends[k]):
            if k == len(ends) or at < starts[k]:
                size = len(block) - first if k == len(ends) else min(starts[k] - at, len(block) - first)
                seen.outside += size
            else:
                size = min(ends[k] - at, len(block) - first)
                yield Piece(block[first : first + size], at + size == ends[k])
                seen.n_documents += at + size == ends[k]
                k += at + size == ends[k]
            first += size
            at += size
    return at, k


def read_offsets(path: str) -> tuple[list[int], list[int]]:
    """First bytes of documents and the bytes after them, from a table with columns byte_start and byte_end.

    Columns stand between tabs, and the first line names them. Raises InputError where a line is not like that, ends
    before it begins, or begins before the line above it ends.
    """
    lines = _lines(path)
    titles = [title.strip() for title in next(lines, "").removeprefix("\ufeff").split("\t")]
    if not {"byte_start", "byte_end"} <= set(titles):
        raise InputError(
            f"{label(path)} must begin with the names of its columns, byte_start, byte_end and perhaps others, between "
            "tabs"
        )
    low, high = titles.index("byte_start"), titles.index("byte_end")
    starts: list[int] = []
    ends: list[int] = []
    for number, line in enumerate(lines, 2):
        if not line.strip():
            continue
        cells = line.split("\t")
        both = [cells[place].strip() if place < len(cells) else "" for place in (low, high)]
        if not all(cell.isascii() and cell.isdigit() and len(cell) < 19 for cell in both):
            raise InputError(f"{label(path)} must have whole numbers of bytes in line {number}, got {both}"[:200])
        start, end = map(int, both)
        if end < start or (ends and start < ends[-1]):
            before = "it ends before it begins" if end < start else f"the document before it ends at {ends[-1]}"
            raise InputError(
                f"{label(path)} has a document from byte {start} to {end} in line {number}, and {before}: documents "
                "come in the order of the text and share no byte"
            )
        starts.append(start)
        ends.append(end)
    if not starts:
        raise InputError(f"{label(path)} names no document")
    return starts, ends


def _lines(path: str) -> Iterator[str]:
    data = b"".join(unpacked(path))
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{label(path)} is not UTF-8 at byte {error.start}: it must be a table of offsets") from None
    return iter(text.split("\n"))
