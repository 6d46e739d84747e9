"""Arrays of token ids as they lie in files: checked, and cut where documents end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from simulate.text.reading.errors import InputError, label
from simulate.text.reading.formats.reader import IDS, Piece, Seen
from simulate.text.reading.opening import blocks_from, unpacked

LARGEST = 1 << 24
"""More than the ids of any tokenizer: what an id is below where nothing else is said."""

_LEAST = 16
"""Fewest ids of which it is said that they look like those of another type."""


@dataclass(frozen=True)
class IdChecks:
    """What ids must be, and which of them ends a document."""

    vocab: int | None = None
    end_of_document: int | None = None
    dtype: str | None = None
    """What they are said to be stored as."""

    def stored_as(self, path: str, dtype: np.dtype, where: str) -> np.dtype:
        """`dtype`, which the file says itself in its `where`; InputError where it was said to be another."""
        if self.dtype not in (None, dtype.name):
            raise InputError(
                f"{label(path)} holds token ids of {dtype.name}, as its {where} says, got dtype {self.dtype}: leave "
                "out --dtype"
            )
        return dtype


def ids_of(path: str, blocks: Iterable[bytes], dtype: np.dtype, checks: IdChecks) -> Iterator[np.ndarray]:
    """The ids in `blocks`, uint32, `dtype` being what they are stored as.

    Raises InputError where the bytes are no whole number of ids, where an id is negative or too large, and where ids
    look as they do when they are read as shorter numbers than they are.
    """
    rest, at = b"", 0
    for block in blocks:
        data = rest + block if rest else block
        whole = len(data) // dtype.itemsize * dtype.itemsize
        rest = data[whole:]
        values = np.frombuffer(data[:whole], dtype=dtype)
        if not len(values):
            continue
        if not at:
            _look(path, values)
        yield _checked(path, values, at, checks)
        at += len(values)
    if rest:
        raise InputError(
            f"{label(path)} ends in {len(rest)} of the {dtype.itemsize} bytes of a token id of {dtype.name}: it is "
            "cut, or its ids are of another type"
        )


def _look(path: str, values: np.ndarray) -> None:
    """InputError where every second number is 0, as where longer ones are read by halves."""
    size = 8 * values.dtype.itemsize
    if len(values) >= _LEAST and not values[1::2].any() and np.count_nonzero(values[::2]) > len(values) // 8:
        raise InputError(
            f"{label(path)} has a 0 in every second place when read as {values.dtype.name}: its token ids look like "
            f"numbers of {2 * size} bits or more; pass another --dtype"
        )


def _checked(path: str, values: np.ndarray, at: int, checks: IdChecks) -> np.ndarray:
    low, high = int(values.min()), int(values.max())
    limit = LARGEST if checks.vocab is None else checks.vocab
    if low < 0 or high >= limit:
        wrong = int(np.flatnonzero((values < 0) | (values >= limit))[0])
        reason = "no vocabulary has as many" if checks.vocab is None else f"ids are below --vocab {limit}"
        hint = "pass the --dtype that it was written with" + (", or --vocab" if low >= 0 else "")
        what = "ids are not negative" if values[wrong] < 0 else reason
        raise InputError(
            f"{label(path)} has token id {int(values[wrong])} in place {at + wrong} when read as {values.dtype.name}, "
            f"and {what}: {hint}"
        )
    return values.astype(np.uint32)


def _ids_from(path: str, first: int, dtype: np.dtype) -> Iterator[np.ndarray]:
    """The ids that are stored as `dtype` behind byte `first`, uint32; nothing is checked."""
    for block in blocks_from(path, first):
        yield np.frombuffer(block, dtype, len(block) // dtype.itemsize).astype(np.uint32)


def whole_file(arrays: Iterable[np.ndarray], checks: IdChecks, seen: Seen) -> Iterator[Piece]:
    """All ids as one document, or as those that an id ends."""
    end, open_one = checks.end_of_document, True
    for array in arrays:
        if end is None:
            yield Piece(array)
            continue
        first = 0
        for stop in (np.flatnonzero(array == end) + 1).tolist():
            seen.n_documents += 1
            yield Piece(array[first:stop], True)
            first = stop
        open_one = first < len(array)
        if open_one:
            yield Piece(array[first:])
    seen.n_documents += open_one


class ByEndOfDocument(Protocol):
    """What formats have in common that do not say where documents end, unless an id does."""

    path: str
    checks: IdChecks
    holds: str = IDS

    @property
    def layout(self) -> tuple[np.dtype, int]:
        """What ids are stored as, and the byte of the first; read from the file."""

    @property
    def has_documents(self) -> bool:
        """Where an id ends them."""
        return self.checks.end_of_document is not None

    def width(self) -> int:
        """Bytes of an id."""
        return self.layout[0].itemsize

    def pieces_from(self, first: int) -> Iterator[Piece]:
        """The ids from number `first` on."""
        dtype, at = self.layout
        yield from whole_file(_ids_from(self.path, at + first * dtype.itemsize, dtype), self.checks, Seen())


class ByIndex(Protocol):
    """What formats have in common that hold ids alone, and have an index beside them."""

    path: str
    checks: IdChecks
    holds: str = IDS
    has_documents: bool = True

    @property
    def indexed(self) -> tuple[np.dtype, np.ndarray]:
        """What ids are stored as, and how many there are up to the end of each document; read from the index."""

    def pieces(self, seen: Seen) -> Iterator[Piece]:
        """The documents that the index names."""
        dtype, ends = self.indexed
        yield from cut_at(self.path, ids_of(self.path, unpacked(self.path), dtype, self.checks), ends.tolist(), seen)

    def width(self) -> int:
        """Bytes of an id."""
        return self.indexed[0].itemsize

    def pieces_from(self, first: int) -> Iterator[Piece]:
        """The documents from id number `first` on."""
        dtype, ends = self.indexed
        behind = ends[np.searchsorted(ends, first, side="right") :] - first
        yield from cut_at(self.path, _ids_from(self.path, first * dtype.itemsize, dtype), behind.tolist(), Seen())


def as_many_as_said(
    path: str, arrays: Iterable[np.ndarray], checks: IdChecks, seen: Seen, wanted: int
) -> Iterator[Piece]:
    """All ids as `whole_file` gives them; InputError where there are not `wanted`, as the header says."""
    found = 0
    for piece in whole_file(arrays, checks, seen):
        found += len(piece.data)
        yield piece
    if found != wanted:
        raise InputError(
            f"{label(path)} has {found} token ids, and its header says {wanted}: it is truncated, or longer than it was"
        )


def cut_at(path: str, arrays: Iterable[np.ndarray], ends: Sequence[int], seen: Seen) -> Iterator[Piece]:
    """Ids cut where documents end, `ends` ascending and the last of them the number of ids; InputError otherwise."""
    at = k = 0
    while k < len(ends) and not ends[k]:
        seen.n_documents += 1
        k += 1
    for array in arrays:
        first = 0
        while first < len(array):
            if k == len(ends):
                raise InputError(
                    f"{label(path)} has more than the {at + first} token ids of its index: one of the two is of "
                    "another file"
                )
            size = min(ends[k] - at - first, len(array) - first)
            ended = at + first + size == ends[k]
            yield Piece(array[first : first + size], ended)
            first += size
            while k < len(ends) and ends[k] == at + first:
                seen.n_documents += 1
                k += 1
        at += len(array)
    if k < len(ends):
        raise InputError(
            f"{label(path)} has {at} token ids, and its index says {ends[-1]}: it is truncated, or the index of "
            "another file"
        )
