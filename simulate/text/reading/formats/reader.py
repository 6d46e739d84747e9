"""What all formats have in common: a `Reader` gives pieces, and a `Seen` knows afterwards what they were.

A piece is bytes of UTF-8 (`TEXT`) or token ids, uint32 (`IDS`). Where a reader `has_documents`, every document ends
with a piece that says so; else the whole file is one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, runtime_checkable

TEXT, IDS = "text", "ids"


class Piece(NamedTuple):
    """The next bytes or token ids of a file."""

    data: Any
    ends: bool = False
    """Whether a document ends with it."""


@dataclass
class Seen:
    """What was met in a file that is not in its pieces."""

    n_documents: int = 0
    left_out: int = 0
    """Records without the field that holds text."""
    outside: int = 0
    """Bytes that are in no document."""
    notes: list[str] = field(default_factory=list)


class Reader(Protocol):
    """A file of one format; made without reading it."""

    @property
    def path(self) -> str:
        """The file."""

    @property
    def holds(self) -> str:
        """`TEXT` or `IDS`."""

    @property
    def has_documents(self) -> bool:
        """Whether it says where documents end."""

    def pieces(self, seen: Seen) -> Iterator[Piece]:
        """The pieces in their order; InputError with one sentence where the file is not what it should be."""

    def expected_size(self) -> int | None:
        """Bytes of text, or token ids, that there will be, where that can be known before they are read."""


@runtime_checkable
class Divisible(Reader, Protocol):
    """A reader that can begin anywhere in a file that is not compressed; places are bytes of its text, or token ids."""

    def width(self) -> int:
        """Bytes of the file that one step from place to place takes."""

    def pieces_from(self, first: int) -> Iterator[Piece]:
        """The pieces behind the place `first`, of a file that another one checks: this one does not."""


@runtime_checkable
class Recorded(Reader, Protocol):
    """A reader of documents, each with a place in a file that is not compressed: a number below that of its bytes.

    Places are in the order of the documents, and several may have one.
    """

    def can_be_cut(self) -> bool:
        """Whether there is more than one place."""

    def records(self, seen: Seen, first: int, last: int | None) -> Iterator[tuple[int, Piece]]:
        """The documents from the place `first` on and before `last`, to the end if None, each with its place.

        Only where `first` is 0 do errors say which line or row it is.
        """
