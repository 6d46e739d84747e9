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
from simulate.text.comparison.sides import A, B, Layout, Pair
from simulate.text.counting import window_ids
from simulate.text.cutting.sequences import Units
from simulate.text.reading.room import require
from simulate.text.repeats import stretch_length
from simulate.text.small.overlapping import mark_copies

DOCUMENTS, STRETCHES = "documents", "stretches"
_NOT_SEEN = np.uint32(2**32 - 1)
_NONE = np.empty((0, 2), np.int64)


@dataclass(frozen=True, eq=False)
class Copies:
    """What was taken out, and the text that is left."""

    kind: str
    """`DOCUMENTS` or `STRETCHES`."""
    n_units: tuple[int, int]
    """Units taken out of A and of B."""
    n_documents: tuple[int, int]
    """Documents taken out of A and of B; 0 where stretches are."""
    taken: np.ndarray
    """(run, 2) int64, first unit of each stretch of text that was taken out, and the one behind it; none touch."""
    layout: Layout
    """Of what is left."""

    @property
    def keep(self) -> np.ndarray:
        """(unit) whether it is left, bool."""
        return kept(self.taken, int(self.layout.starts[-1]) + sum(self.n_units))

    def left(self, ids: np.ndarray) -> np.ndarray:
        """Of an array with a value for each unit those that are left."""
        require(ids.itemsize * self.layout.starts[-1] + 2 * len(ids))
        return ids[self.keep]

    def leave(self, length: int) -> bool:
        """Whether something was taken out, and a window of `length` units is left of either side."""
        return any(self.n_units) and all(self.layout.n_windows(side, length) for side in (A, B))


def copies_of(pair: Pair, duplicates: str) -> Copies | None:
    """What `duplicates` takes out, documents, stretches or none; None where that is nothing to look for.

    auto is documents where every file of both says where they end, and stretches elsewhere.
    """
    if duplicates == "none":
        return None
    kind = kind_of(duplicates, documents_told=pair.documents_told)
    require(len(pair.ids))
    if kind == DOCUMENTS:
        return without_documents(pair.layout, _digests(pair))
    return without(pair.layout, kind, _stretches(pair))


def kind_of(duplicates: str, *, documents_told: bool) -> str:
    """What is looked for: of auto, documents where every file says where they end, and stretches elsewhere."""
    if duplicates != "auto":
        return duplicates
    return DOCUMENTS if documents_told else STRETCHES


def without_documents(layout: Layout, digests: np.ndarray) -> Copies:
    """Copies of documents that have the digest, 32 bytes as "S32", of one before them."""
    again = np.ones(len(digests), dtype=np.bool_)
    again[np.unique(digests, return_index=True)[1]] = False
    first, end = layout.documents[:-1][again], layout.documents[1:][again]
    n_of_b = int(np.count_nonzero(first >= layout.middle))
    return without(layout, DOCUMENTS, joined(first, end), (len(first) - n_of_b, n_of_b))


def without(layout: Layout, kind: str, taken: np.ndarray, documents: tuple[int, int] = (0, 0)) -> Copies:
    """Copies where stretches of text are `taken` out, and so many of A and of B are documents."""
    of_a = int(layout.middle - _moved(taken, np.array([layout.middle]))[0])
    return Copies(kind, (of_a, int(np.diff(taken).sum()) - of_a), documents, taken, _left(layout, taken))


def _digests(pair: Pair) -> np.ndarray:
    found = (digest(pair.ids[first:end]) for first, end in pairwise(pair.layout.documents.tolist()))
    return np.frombuffer(b"".join(found), "S32")


def digest(ids: np.ndarray, what: bytes = b"units") -> bytes:
    """What an array is known by, 256 bits; nothing else than `what` it is has the same."""
    return hashlib.sha256(what + ids.tobytes()).digest()


def _stretches(pair: Pair) -> np.ndarray:
    """Stretches of text that came before."""
    length = stretch_length(pair.unit)
    keep = np.ones(len(pair.ids), dtype=np.bool_)
    if int(np.diff(pair.layout.starts).max()) < length:
        return _NONE
    (windows,) = window_ids(as_units(pair, pair.ids, pair.layout), [length])
    require(4 * windows.n_types)
    if windows.small:
        mark_copies(windows.ids, pair.layout.starts, length, windows.n_types, keep)
    else:
        first = np.full(windows.n_types, _NOT_SEEN, dtype=np.uint32)
        _mark_stretches(windows.ids, pair.layout.starts, length, first, keep)
    changes = np.flatnonzero(keep[1:] != keep[:-1]) + 1
    return np.concatenate([[0][: not keep[0]], changes, [len(keep)][: not keep[-1]]]).astype(np.int64).reshape(-1, 2)


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


def joined(first: np.ndarray, end: np.ndarray) -> np.ndarray:
    """(run, 2) what stretches of text from `first` to `end`, both ascending, cover; those that touch are one."""
    if not len(first):
        return _NONE
    begins = np.flatnonzero(np.concatenate([[True], first[1:] > end[:-1]]))
    return np.stack([first[begins], end[np.append(begins[1:], len(end)) - 1]], axis=1).astype(np.int64)


def kept(taken: np.ndarray, n_units: int) -> np.ndarray:
    """(unit) whether it stands in none of the stretches `taken` out, which do not touch; bool."""
    borders = np.zeros(n_units + 1, dtype=np.int8)
    borders[taken[:, 0]] = 1
    borders[taken[:, 1]] = -1
    out: np.ndarray = np.cumsum(borders[:-1], dtype=np.int8) == 0
    return out


def _left(layout: Layout, taken: np.ndarray) -> Layout:
    """Where what is left lies once the rest is taken out."""
    starts = np.unique(_moved(taken, np.concatenate([layout.starts, taken[:, 1], [layout.middle]])))
    middle = int(_moved(taken, np.array([layout.middle]))[0])
    return Layout(starts, np.unique(_moved(taken, layout.documents)), middle)


def _moved(taken: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Places by the units that are left before them, int64."""
    before = np.concatenate([[0], np.cumsum(np.diff(taken))])
    run = np.searchsorted(taken[:, 0], places, side="right")
    ends = np.concatenate([[0], taken[:, 1]])[run]
    out: np.ndarray = places - before[run] + np.maximum(ends - places, 0)
    return out.astype(np.int64)
