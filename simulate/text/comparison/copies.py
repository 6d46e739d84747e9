"""What stands in A and B more than once: whole documents, or long stretches of text; the first copy stays.

A comes first, so that what both hold stays there, and copies in A itself are taken out as well: else B without copies
would be laid beside A with them.

* *documents*: of documents with the same units in the same order, by a hash of 256 bits, the first stays. A file that
  does not say where its documents end is one.
* *stretches*: what stands, unit for unit, in a stretch of `stretch_length` units or more that came before (as the
  exact substrings of Lee et al. 2022, arXiv:2107.06499). A text that repeats a line over and over keeps a stretch of
  it.

Where a part is taken out, the text before and behind it is not joined: no window is made that the text does not hold.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from simulate.drawing.compiled import bare
from simulate.text.comparison.sides import A, Layout, Pair
from simulate.text.counting import window_ids
from simulate.text.cutting.sequences import Units
from simulate.text.reading.room import require
from simulate.text.repeats import stretch_length
from simulate.text.small.overlapping import mark_copies

DOCUMENTS, STRETCHES = "documents", "stretches"
_NOT_SEEN = np.uint32(2**32 - 1)


@dataclass(frozen=True, eq=False)
class Copies:
    """What was taken out, and the text that is left."""

    kind: str
    """`DOCUMENTS` or `STRETCHES`."""
    n_units: tuple[int, int]
    """Units taken out of A and of B."""
    n_documents: tuple[int, int]
    """Documents taken out of A and of B; 0 where stretches are."""
    keep: np.ndarray
    """(unit) whether it is left, bool."""
    layout: Layout
    """Of what is left."""

    def left(self, ids: np.ndarray) -> np.ndarray:
        """Of an array with a value for each unit those that are left."""
        require(ids.itemsize * self.layout.starts[-1])
        return ids[self.keep]


def copies_of(pair: Pair, duplicates: str) -> Copies | None:
    """What `duplicates` takes out, documents, stretches or none; None where that is nothing to look for.

    auto is documents where every file of both says where they end, and stretches elsewhere.
    """
    if duplicates == "none":
        return None
    kind = duplicates
    if kind == "auto":
        kind = DOCUMENTS if pair.documents_told else STRETCHES
    require(len(pair.ids))
    keep = np.ones(len(pair.ids), dtype=np.bool_)
    documents = _documents(pair, keep) if kind == DOCUMENTS else (0, 0)
    if kind == STRETCHES:
        _stretches(pair, keep)
    middle = pair.layout.middle
    taken = (int(np.count_nonzero(~keep[:middle])), int(np.count_nonzero(~keep[middle:])))
    return Copies(kind, taken, documents, keep, _left(pair.layout, keep))


def _documents(pair: Pair, keep: np.ndarray) -> tuple[int, int]:
    """Mark the units of documents that came before; returns how many there are in A and in B."""
    seen: set[bytes] = set()
    found = [0, 0]
    borders = pair.layout.documents.tolist()
    for first, end in pairwise(borders):
        digest = hashlib.sha256(pair.ids[first:end].tobytes()).digest()
        if digest in seen:
            keep[first:end] = False
            found[int(first >= pair.layout.middle)] += 1
        seen.add(digest)
    return found[A], found[1]


def _stretches(pair: Pair, keep: np.ndarray) -> None:
    """Mark the units of stretches that came before."""
    length = stretch_length(pair.unit)
    if int(np.diff(pair.layout.starts).max()) < length:
        return
    (windows,) = window_ids(as_units(pair, pair.ids, pair.layout), [length])
    require(4 * windows.n_types)
    if windows.small:
        mark_copies(windows.ids, pair.layout.starts, length, windows.n_types, keep)
        return
    first = np.full(windows.n_types, _NOT_SEEN, dtype=np.uint32)
    _mark_stretches(windows.ids, pair.layout.starts, length, first, keep)


def as_units(pair: Pair, ids: np.ndarray, layout: Layout) -> Units:
    """Both sides as the units of one text."""
    return Units(ids, layout.starts, pair.unit, " beside ".join(pair.corpora), ())


@bare
def _mark_stretches(ids: Any, starts: Any, length: int, first: Any, keep: Any) -> None:
    done = 0
    for stream in range(len(starts) - 1):
        for i in range(starts[stream], starts[stream + 1] - length + 1):
            kind = ids[i]
            if first[kind] == _NOT_SEEN:
                first[kind] = i
            elif i - np.int64(first[kind]) >= length:  # what overlaps the first copy is a part of it
                for j in range(max(i, done), i + length):
                    keep[j] = False
                done = i + length


def _left(layout: Layout, keep: np.ndarray) -> Layout:
    """Where what is kept lies once the rest is taken out."""
    after_gap = np.flatnonzero(keep[1:] & ~keep[:-1]) + 1
    starts = _moved(np.union1d(layout.starts, after_gap), keep)
    middle = int(np.count_nonzero(keep[: layout.middle]))
    return Layout(np.union1d(starts, [middle]), _moved(layout.documents, keep), middle)


def _moved(places: np.ndarray, keep: np.ndarray) -> np.ndarray:
    """Places, the last of which is the end, by the units that are kept before them, each once."""
    sizes = np.add.reduceat(keep, places[:-1], dtype=np.int64)
    return np.unique(np.concatenate([[0], np.cumsum(sizes)])).astype(np.int64)
