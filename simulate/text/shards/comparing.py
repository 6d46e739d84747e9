"""Two corpora as workers count them: windows of a part by where they occur, copies, and what warns of two texts.

Numbers of windows, and units, are those of both sides in one text, A first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from simulate.text.comparison.copies import digest, joined, kept
from simulate.text.comparison.forms import Accents, accents_of, text_of, text_of_words
from simulate.text.comparison.overlap import Tally
from simulate.text.comparison.sides import A, line_ends
from simulate.text.shards.counting import Counted, counted
from simulate.text.shards.reading import Shard, piece
from simulate.text.spilling.loops import ALONE
from simulate.text.spilling.sums import Sums, nothing

_Part = Sequence[tuple[np.ndarray, np.ndarray]]
"""Keys and numbers of one part, from each piece."""


@dataclass(eq=False)
class Both:
    """What is summed of windows of both sides: how A grows by itself, and what the two hold."""

    of_a: Sums
    tally: Tally
    n_pieces: int
    """Pieces of A, which come first."""

    def like(self) -> Both:
        """Nothing, counted in the same way."""
        return Both(self.of_a.like(), self.tally.like(), self.n_pieces)

    def add(self, other: Both) -> None:
        """Take what another part counted."""
        self.of_a.add(other.of_a)
        self.tally.add(other.tally)

    def add_lonely(self, numbers: np.ndarray, state: np.ndarray) -> None:
        """Count windows that occur once; see `Sums.add_lonely`."""
        self.of_a.add_lonely(numbers[numbers < self.tally.scheme.n_windows(A)], state)
        self.tally.add_lonely(numbers)


def compared(empty: Both, parts: _Part, ids: bool, memory: int) -> Counted:
    """One part of both sides, as `counted` does one of a text."""
    both, part = empty.like(), counted(nothing(), parts, True, memory)
    both.of_a.add(counted(empty.of_a, parts[: empty.n_pieces], False, memory).sums)
    types, numbers = np.concatenate(part.ids), np.concatenate([some for _, some in parts])
    again = types != ALONE
    both.tally.add_lonely(numbers[~again])
    types, numbers = types[again], numbers[again]
    middle = int(np.searchsorted(numbers, both.tally.scheme.n_windows(A)))
    sides = (slice(0, middle), slice(middle, None))
    both.tally.count(part.n_ids, lambda side: [(types[sides[side]], numbers[sides[side]])])
    kept_ids, n_ids = (part.ids, part.n_ids) if ids else ([], 0)
    return Counted(both, kept_ids, n_ids)  # type: ignore[arg-type]


def copied(empty: Sums, parts: _Part, ids: bool, memory: int, length: int) -> Counted:
    """Where the copies of one part begin, for each piece: windows that are numbered by their first units, and like one
    that begins `length` units before or earlier. Nothing is summed."""
    del ids
    part = counted(empty, parts, True, memory)
    first = np.zeros(part.n_ids, np.uint32)
    every, places = np.concatenate(part.ids), np.concatenate([some for _, some in parts])
    again = every != ALONE
    first[every[again][::-1]] = places[again][::-1]  # of several places for one window the last stays
    found = []
    for some, (_, here) in zip(part.ids, parts, strict=True):
        types, here = some[some != ALONE], here[some != ALONE]
        found.append(here[here - first[types] >= length])
    return Counted(empty, found, 0)


def runs(length: int, places: Sequence[np.ndarray]) -> np.ndarray:
    """(run, 2) the stretches of text that the copies of a piece cover, which begin at `places`."""
    first = np.sort(np.concatenate(places)).astype(np.int64)
    return joined(first, first + length)


def left(ids: np.ndarray, taken: np.ndarray) -> np.ndarray:
    """The units of a piece, or ids of its windows, that are not in the stretches `taken` out of it."""
    return ids[kept(taken, len(ids))]


def digests(ids: np.ndarray, behind: Sequence[np.ndarray], first: np.ndarray, end: np.ndarray) -> np.ndarray:
    """The digests, "S32", of the stretches of a piece, and of the units behind it, from `first` to `end`."""
    units = np.concatenate([ids, *behind]).astype(np.uint32)
    found = (digest(units[here:there]) for here, there in zip(first.tolist(), end.tolist(), strict=True))
    return np.frombuffer(b"".join(found), "S32")


def ends_of_lines(ids: np.ndarray, before: Sequence[np.ndarray]) -> tuple[int, int]:
    """Line feeds of a piece, and those with a carriage return before them, which may be the last unit of another."""
    return line_ends(np.concatenate([*before, ids]))


def accents(unit: str, parts: Sequence[Any]) -> Accents:
    """The accents of a stretch of text: units of pieces that follow each other, or words of shards."""
    if isinstance(parts[0], np.ndarray):
        return accents_of([text_of(np.concatenate(parts), unit)])
    return accents_of([text_of_words(word for some in parts for word in some)])


def words_between(shard: Shard, first: int, last: int, expected: Sequence[tuple[str, str]]) -> list[str]:
    """The words of a shard from `first` to `last`; InputError where its files are not what was `expected`."""
    begins = np.concatenate([np.zeros(1, np.int64), shard.pool_ends])
    ids = piece(shard, first, last, None, expected)
    places = zip(begins[ids].tolist(), begins[ids + 1].tolist(), strict=True)
    return [shard.pool[here:there].tobytes().decode("utf-8") for here, there in places]
