"""Which text a learner is taught, in which order, and which is kept from it to test it on.

**Documents**, where a corpus has enough of them: whole documents, drawn from the seed, are held out until they have a
tenth of the units. They are tested in at most 32 blocks, documents that are neighbours in the file together, so that
what neighbours share (an author, a folder) does not look like many witnesses. All others are taught, in an order drawn
anew for each shuffle.

**Blocks**, otherwise: 16 long stretches at equal distances, a tenth of the units together, are held out. What lies
between them is taught in chunks, in an order drawn anew for each shuffle. The learner then knows text of the same
documents as it is tested on.

No stream joins two documents, files or chunks.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from simulate.text.cutting.sequences import Units
from simulate.text.cutting.units import counted
from simulate.text.reading.errors import InputError

SHARE = 0.1
"""Of the units that are held out, about."""

MOST_SHARE = 0.3
"""Documents are held out only where they have no more than this share of the units."""

LEAST_DOCUMENTS = 8
MOST_BLOCKS = 32
BLOCKS = 16

HOW = ("auto", "documents", "blocks")
"""What may be held out."""

_COUNTER = 0xC1 << 56
"""A Philox stream that nothing else uses; the next word of the counter is 0 for documents, 1 and on for shuffles."""


@dataclass(frozen=True, eq=False)
class Split:
    """A text in what is taught and what is tested; stretches are rows (start, end) of numbers of units."""

    how: str
    """``documents`` or ``blocks``."""
    taught: np.ndarray
    """(piece, 2) what may be taught, in the order of the text: documents or chunks."""
    tested: tuple[np.ndarray, ...]
    """A block each: its stretches, (stretch, 2)."""
    seed: int

    @property
    def n_taught(self) -> int:
        """Units that may be taught."""
        return int(np.diff(self.taught).sum())

    @property
    def sizes(self) -> np.ndarray:
        """(block) units in each block of the test."""
        return np.array([int(np.diff(block).sum()) for block in self.tested])

    def order(self, shuffle: int) -> np.ndarray:
        """The pieces to teach, in the order of the shuffle with that number, from 0."""
        return self.taught[_order(len(self.taught), self.seed, shuffle + 1)]


def split(units: Units, *, hold_out: str = "auto", chunk: int = 2000, seed: int = 0) -> Split:
    """`units` in what is taught and what is tested; InputError where there are too few documents to hold some out."""
    drawn = _documents(units, seed) if hold_out != "blocks" else None
    if drawn is not None and _share(units, drawn) <= MOST_SHARE:
        return _by_documents(units, drawn, seed)
    if hold_out == "documents":
        n = len(units.starts) - 1
        reason = (
            f"has {counted(n, 'document')}, and at least {4 * LEAST_DOCUMENTS} are needed" if drawn is None else
            f"has documents so long that {len(drawn)} of them are {_share(units, drawn):.0%} of it"
        )  # fmt: skip
        raise InputError(
            f"{units.corpus} {reason} to hold out documents; say where they end with --documents, or pass --hold-out "
            "blocks"
        )
    return _by_blocks(units, chunk, seed)


def _documents(units: Units, seed: int) -> np.ndarray | None:
    """The numbers of the documents to hold out, ascending; None where there are too few to draw from."""
    sizes = np.diff(units.starts)
    if len(sizes) < 4 * LEAST_DOCUMENTS:
        return None
    order = _order(len(sizes), seed, 0)
    enough = int(np.searchsorted(np.cumsum(sizes[order]), SHARE * units.n_units)) + 1
    return np.sort(order[: max(LEAST_DOCUMENTS, enough)])


def _share(units: Units, documents: np.ndarray) -> float:
    return float(np.diff(units.starts)[documents].sum() / units.n_units)


def _by_documents(units: Units, drawn: np.ndarray, seed: int) -> Split:
    spans = np.stack([units.starts[:-1], units.starts[1:]], axis=1)
    tested = spans[drawn]
    n_blocks = min(MOST_BLOCKS, len(tested))
    ends = np.cumsum(np.diff(tested)[:, 0])
    # A document belongs to the block in which its middle lies; none is empty but where one document fills it.
    middle = ends - np.diff(tested)[:, 0] / 2
    block = np.minimum((middle * n_blocks / ends[-1]).astype(int), n_blocks - 1)
    blocks = tuple(tested[block == b] for b in range(n_blocks) if (block == b).any())
    return Split("documents", np.delete(spans, drawn, axis=0), blocks, seed)


def _by_blocks(units: Units, chunk: int, seed: int) -> Split:
    n = units.n_units
    size = max(int(SHARE * n) // BLOCKS, 1)
    starts = ((2 * np.arange(BLOCKS) + 1) * n) // (2 * BLOCKS) - size // 2
    kept = np.stack([starts, starts + size], axis=1)
    edges = np.concatenate([[0], kept.ravel(), [n]]).reshape(-1, 2)
    streams = units.starts
    taught = np.concatenate([_cut(a, b, streams, chunk) for a, b in edges])
    return Split("blocks", taught, tuple(_cut(a, b, streams, n) for a, b in kept), seed)


def _cut(start: int, end: int, streams: np.ndarray, chunk: int) -> np.ndarray:
    """The units from `start` to `end` in rows (start, end) that join no two streams and hold at most `chunk`."""
    inside = streams[(streams > start) & (streams < end)]
    bounds: Any = np.concatenate([[start], inside, [end]])
    first = np.concatenate([np.arange(a, b, chunk) for a, b in pairwise(bounds)])
    rows = np.stack([first, np.append(first[1:], end)], axis=1).astype(np.int64)
    return rows[rows[:, 1] > rows[:, 0]]


def _order(count: int, seed: int, number: int) -> np.ndarray:
    """An order of `count` things that depends on the seed and the number alone, not on the version of NumPy."""
    bits = np.random.Philox(key=seed, counter=(0, _COUNTER, number, 0))
    return np.argsort(bits.random_raw(count), kind="stable")
