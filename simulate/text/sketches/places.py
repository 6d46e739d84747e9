"""In which blocks of a text of unknown length a window of a sample occurs: a bit a block, of 64 at most.

Blocks begin at 2^4 windows. Whenever a window would lie in a 65th, blocks become twice as long, and of neighbouring
bits one is made. So a text of 512 windows or more fills 32 to 64 blocks of 2^s windows, however it was chopped as it
was read. As many neighbours are taken together in the end as leave 16 blocks or more, at most 23: about as many as the
methods that look ahead were tried with (`simulate.text.held_back`). The last windows, fewer than such a block has, are
left over.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from bounds.base.telling.html import html_fields
from simulate.drawing.compiled import bare
from simulate.text.blocks import MIN_BLOCK

FIRST_SHIFT = 4
"""s at first."""
UNPLACED = -1
"""In the place of s: windows of texts that were read apart, whose blocks do not line up."""
LEAST_BLOCKS = 16

_BITS = 64
_NEVER = 1 << 62
_ZERO, _ONE = np.uint64(0), np.uint64(1)
_HALVES = tuple(
    (np.uint64(shift), np.uint64(mask))
    for shift, mask in (
        (0, 0x5555555555555555), (1, 0x3333333333333333), (2, 0x0F0F0F0F0F0F0F0F), (4, 0x00FF00FF00FF00FF),
        (8, 0x0000FFFF0000FFFF), (16, 0x00000000FFFFFFFF),
    )
)  # fmt: skip


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
def bit_of(window: int, masks: Any, shift: Any) -> Any:
    """The bit of the block that a window, by its number from 0, lies in; `shift`, of shape (1,), has s."""
    if shift[0] < 0:
        return _ZERO
    while window >> shift[0] >= _BITS:
        _fold(masks, shift)
    return _ONE << np.uint64(window >> shift[0])


@bare
def end_of_block(window: int, shift: Any) -> int:
    """The number of the first window behind the block that a window lies in; no window's where there are no blocks."""
    return _NEVER if shift[0] < 0 else ((window >> shift[0]) + 1) << shift[0]


@bare
def _fold(masks: Any, shift: Any) -> None:
    """Make one block of two: bits 2g and 2g + 1 become bit g."""
    shift[0] += 1
    for i in range(len(masks)):
        bits = masks[i] | masks[i] >> _ONE
        for step, half in _HALVES:
            bits = (bits | bits >> step) & half
        masks[i] = bits
