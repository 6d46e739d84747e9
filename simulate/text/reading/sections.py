"""Sections of a large file, each of which is read by itself: where one may end, and what lies between two ends.

A file may be cut where its units and all that is done to them are the same on both sides, whatever stands there:

| unit                              | cut                                                                          |
|-----------------------------------|------------------------------------------------------------------------------|
| any, of JSON lines                | between two lines                                                            |
| any, of Parquet                   | between two groups of rows                                                   |
| token id, byte                    | anywhere                                                                     |
| char                              | between code points of UTF-8                                                 |
| all words, and any unit of a text | before white space of ASCII: no word goes across it, no Unicode form joins   |
| that is changed                   | it with what is before it, and no letter's lower case looks beyond it        |

A record is in the section in which it begins. Other places that are asked for are moved on to the next one that is such
a place. It is found by whoever reads on either side of it, and by whoever reads the whole file, from the bytes alone.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from simulate.text.cutting.units import TOKEN
from simulate.text.reading.asked import ReadOptions
from simulate.text.reading.choosing import reader_of
from simulate.text.reading.errors import InputError
from simulate.text.reading.formats.reader import Divisible, Piece, Recorded, Seen

_NOT_WITHIN_A_CODE_POINT, _WHITE = re.compile(rb"[^\x80-\xbf]"), re.compile(rb"[ \t\n\r]")


def can_be_cut(path: str, unit: str, options: ReadOptions) -> bool:
    """Whether sections of a file can be read apart; not of one that is not here, for whoever reads it to say so."""
    if options.tokenizer is not None or path.endswith((".gz", ".zst")) or not os.path.isfile(path):
        return False
    try:
        reader = reader_of(path, unit, options)
        return reader.can_be_cut() if isinstance(reader, Recorded) else isinstance(reader, Divisible)
    except InputError:
        return False


def cut(
    pieces: Iterable[Piece], places: Sequence[int], unit: str, options: ReadOptions, at: int = 0
) -> Iterator[tuple[int, Piece]]:
    """`pieces` of a file from the place `at` on, cut at or behind each of `places`, with the number of the section.

    A document that ends at a cut ends in the section before it.
    """
    rule, number = _rule(unit, options), 0
    for data, ends in pieces:
        first = 0
        while number < len(places):
            place = _next(data, max(first, places[number] - at), rule)
            if place is None:
                break
            yield number, Piece(data[first:place])
            first, number = place, number + 1
        yield number, Piece(data[first:], ends)
        at += len(data)


class Seal:
    """SHA-256 of the pieces of a section, however they come: of what they hold, and where documents end."""

    def __init__(self) -> None:
        self._sha256 = hashlib.sha256()

    def take(self, piece: Piece) -> None:
        """The next one."""
        data, ends = piece
        self._sha256.update(data if isinstance(data, bytes) else data.tobytes())
        if ends:
            self._sha256.update(b" and a document ends ")

    def hexdigest(self) -> str:
        """The SHA-256 of what was taken."""
        return self._sha256.hexdigest()


@dataclass(frozen=True)
class Section:
    """What lies in a file from about `first` to about `last`, in its bytes behind any header; to its end if None."""

    file: Divisible | Recorded
    unit: str
    options: ReadOptions
    first: int
    last: int | None
    seal: Seal = field(default_factory=Seal)
    """Of what was read of it."""

    @property
    def path(self) -> str:
        """The file."""
        return self.file.path

    @property
    def holds(self) -> str:
        """As of the file."""
        return self.file.holds

    @property
    def has_documents(self) -> bool:
        """As of the file."""
        return self.file.has_documents

    def inside(self) -> bool:
        """Whether there is text before it."""
        if not isinstance(self.file, Recorded):
            return self.first > 0
        return self.first > 0 and next(self.file.records(Seen(), 0, self.first), None) is not None

    def pieces(self, seen: Seen) -> Iterator[Piece]:
        """The pieces in it. What else is to be seen in a file is seen by whoever reads the whole of it."""
        del seen
        if isinstance(self.file, Recorded):
            for _, piece in self.file.records(Seen(), self.first, self.last):
                self.seal.take(piece)
                yield piece
            return
        first, *ends = places_of(self.file, [self.first] if self.last is None else [self.first, self.last])
        places, wanted = ([first, *ends], 1) if first else (ends, 0)  # the beginning of a file is no cut
        at = first
        for number, piece in cut(self.file.pieces_from(first), places, self.unit, self.options, first):
            at += len(piece.data)
            if number == wanted:
                self.seal.take(piece)
                yield piece
            elif number > wanted or (ends and at > ends[0]):  # it can be cut at neither, and so holds nothing
                break

    def expected_size(self) -> int | None:
        """Not known before it is read."""
        return None


def places_of(file: Divisible, places: Sequence[int]) -> list[int]:
    """Places in bytes as places in bytes of text, or in ids."""
    width = file.width()
    return [-(-place // width) for place in places]


def _rule(unit: str, options: ReadOptions) -> re.Pattern[bytes] | None:
    """What a byte must be for the text to be cut before it; None where any will do."""
    if unit == TOKEN or (unit == "byte" and not options.changes_text):
        return None
    return _NOT_WITHIN_A_CODE_POINT if unit == "char" and not options.changes_text else _WHITE


def _next(data: Any, place: int, rule: re.Pattern[bytes] | None) -> int | None:
    """The first place from `place` on where `data` may be cut; None where there is none in it."""
    if rule is None:
        return place if place < len(data) else None
    found = rule.search(data, place)
    return None if found is None else found.start()
