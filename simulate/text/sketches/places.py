"""In which blocks of a text the windows of a sample occur, whatever its length and whatever is read before it.

The windows of a text are numbered from 0. Block g has those from g 2^s to (g + 1) 2^s - 1, where s is the least number
from 4 on at which 64 such blocks hold the text (`shift_of`): a text of 513 windows or more fills 33 to 64 of them. As
many neighbours are taken together in the end as leave 16 blocks or more, at most 23: about as many as the methods that
look ahead were tried with (`simulate.text.held_back`). The last windows, fewer than such a block has, are left over.

While a text is read neither s is known nor, of a part of it, how many windows are before it. So for each window of the
sample *spans* are kept: the numbers of two of its occurrences, fewer than 2^s apart, with s for what was read so far.
Each occurrence is an end of a span, or lies between the two. Blocks of any longer text are no shorter, so that a span
lies in one block or in two neighbours, those of its ends, wherever blocks begin. Hence

    the blocks that a window occurs in are those of the ends of its spans.

Which spans a window has depends on how the text was chopped; the blocks do not. Spans of a part, moved by the windows
before it, are spans of the whole. Two in a row that cannot be put together (`Spans.fewer`) reach over 2^s windows or
more, so that then a window has at most 129.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from bounds.base.telling.html import html_fields
from simulate.drawing.compiled import bare
from simulate.drawing.stream import ONE
from simulate.text.blocks import MIN_BLOCK

FIRST_SHIFT = 4
"""s of a short text."""
LEAST_BLOCKS = 16

_BITS = 64


def shift_of(n_windows: int) -> int:
    """s of a text of so many windows."""
    return max(FIRST_SHIFT, ((n_windows - 1) // _BITS).bit_length())


class Spans(NamedTuple):
    """Spans of windows that are told apart by their hashes."""

    hashes: np.ndarray
    """uint64 of shape (span,)."""
    ends: np.ndarray
    """int64 of shape (span, 2): the numbers of two occurrences, the later one second."""

    def _repr_html_(self) -> str:
        return html_fields(self)

    def of(self, chosen: np.ndarray | slice) -> Spans:
        """Those `chosen` alone."""
        return Spans(self.hashes[chosen], self.ends[chosen])

    def moved(self, windows: int) -> Spans:
        """The same behind so many other windows."""
        return Spans(self.hashes, self.ends + windows)

    def and_those(self, others: Spans) -> Spans:
        """These and others."""
        return Spans(np.concatenate([self.hashes, others.hashes]), np.concatenate([self.ends, others.ends]))

    def fewer(self, reach: int) -> Spans:
        """The same occurrences by fewer spans, none over `reach` windows or more: what is near is put together."""
        found = self.of(np.lexsort((self.ends[:, 0], self.hashes)))
        return found.of(slice(_put_together(*found, reach)))

    def masks(self, hashes: np.ndarray, shift: int) -> np.ndarray:
        """uint64 for each of the `hashes`, which ascend: bit g says that a span of it ends in block g."""
        found = np.zeros(len(hashes), dtype=np.uint64)
        place = np.searchsorted(hashes, self.hashes)
        for ends in self.ends.T:
            np.bitwise_or.at(found, place, ONE << (ends >> shift).astype(np.uint64))
        return found


class SampledTypes(NamedTuple):
    """The windows of a sample as they stood when the text had `n_windows`; arrays of shape (type,)."""

    hashes: np.ndarray
    counts: np.ndarray
    masks: np.ndarray
    """uint64: bit g says that the window occurs in the g-th block of 2^`shift` windows."""
    n_windows: int
    shift: int
    share: float
    """p, the probability with which a distinct window is in the sample."""

    def _repr_html_(self) -> str:
        return html_fields(self)

    def among(self, chosen: np.ndarray) -> SampledTypes:
        """Those `chosen` alone."""
        return self._replace(hashes=self.hashes[chosen], counts=self.counts[chosen], masks=self.masks[chosen])


class Blocks(NamedTuple):
    """Blocks of `size` windows, and in which of them each type occurs, uint64 of shape (type,); 0 for in none."""

    n_blocks: int
    size: int
    masks: np.ndarray


def blocks_of(types: SampledTypes) -> Blocks | None:
    """16 to 23 blocks of the text; None where they would be too short."""
    full = types.n_windows >> types.shift
    together = full // LEAST_BLOCKS
    size = together << types.shift
    if size < MIN_BLOCK:
        return None
    n_blocks = full // together
    part = np.uint64((1 << together) - 1)
    masks = np.zeros(len(types.masks), dtype=np.uint64)
    for block in range(n_blocks):
        here = types.masks >> np.uint64(block * together) & part
        masks |= (here != 0).astype(np.uint64) << np.uint64(block)
    return Blocks(n_blocks, size, masks)


@bare
def _put_together(hashes: Any, ends: Any, reach: int) -> int:
    """Put spans of one window that follow each other together while they reach over fewer than `reach` windows.

    They are sorted; the first ones are overwritten, and how many there are is returned.
    """
    n = 0
    for i in range(len(hashes)):
        if n and hashes[i] == hashes[n - 1] and ends[i, 1] - ends[n - 1, 0] < reach:
            ends[n - 1, 1] = max(ends[n - 1, 1], ends[i, 1])
            continue
        hashes[n] = hashes[i]
        ends[n, 0], ends[n, 1] = ends[i, 0], ends[i, 1]
        n += 1
    return n
