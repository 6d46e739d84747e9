"""Where windows of A and B lie, in blocks and in stretches: known from their layout, before any is counted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulate.text.blocks import MAX_GROUPS, MIN_BLOCK
from simulate.text.comparison.sides import A, B, Layout

SEVERAL, ABSENT = MAX_GROUPS, MAX_GROUPS + 1
"""States of a window on a side; any other is the number of the one block that it is in."""

STATES = MAX_GROUPS + 2


@dataclass(frozen=True, eq=False)
class Scheme:
    """What is known of windows before they are counted: their numbers in the order of the text, A first. Pairs are of
    A and of B."""

    first: tuple[np.ndarray, np.ndarray]
    """(block) number of the first window of each block, int64, and of the first one behind the last block."""
    n_units: tuple[np.ndarray, np.ndarray]
    """(block) units."""
    whole: tuple[bool, bool]
    """Whether blocks are of whole documents."""
    stretch: int
    """Windows of a stretch; 0 for none."""
    reach: int
    """Blocks of A on either side that are left out with one."""
    inside: tuple[np.ndarray, np.ndarray]
    """(block) windows that are in a stretch."""
    weights: np.ndarray
    """(first block of A, last one) windows of stretches of A to which one that is in these blocks is new, int64."""

    @classmethod
    def of(cls, layout: Layout, length: int, n_blocks: int) -> Scheme:
        """Both sides cut into about `n_blocks` blocks (one where 0), for windows of `length` units."""
        cuts, whole = zip(*(layout.cuts(side, max(n_blocks, 1)) for side in (A, B)), strict=True)
        first = tuple(_before(layout.starts, length, cut) for cut in cuts)
        windows = [np.diff(one) for one in first]
        size = _stretch(int(windows[A].min()), int(windows[B].sum())) if n_blocks else 0
        inside = (np.zeros_like(windows[A]), np.zeros_like(windows[B]))
        reach = 0 if whole[A] else 1
        if size:
            last = first[B][0] + int(windows[B].sum()) // size * size
            inside = (windows[A] // size * size, np.diff(np.minimum(first[B], last)))
        n_units = (np.diff(cuts[A]), np.diff(cuts[B]))
        return cls((first[A], first[B]), n_units, (whole[A], whole[B]), size, reach, inside, _weights(inside[A], reach))

    def n_windows(self, side: int) -> int:
        """Windows of one side."""
        return int(self.first[side][-1] - self.first[side][0])

    def block_of(self, side: int, numbers: np.ndarray) -> np.ndarray:
        """The block that each window of a side is in."""
        return np.searchsorted(self.first[side], numbers, side="right") - 1


def _before(starts: np.ndarray, length: int, cuts: np.ndarray) -> np.ndarray:
    """How many windows of `length` units begin before each of `cuts`, int64; none joins two streams."""
    n_windows = np.maximum(np.diff(starts) - (length - 1), 0)
    stream = np.clip(np.searchsorted(starts, cuts, side="right") - 1, 0, len(n_windows) - 1)
    whole = np.cumsum(n_windows) - n_windows
    return (whole[stream] + np.clip(cuts - starts[stream], 0, n_windows[stream])).astype(np.int64)


def _weights(inside: np.ndarray, reach: int) -> np.ndarray:
    """(first block of A, last one) to how many windows of stretches one that is in these is new.

    To those that are in stretches of the blocks that it is left out with: those no more than `reach` from both. Summed
    over all windows of B they stay below 2^62.
    """
    weights = np.zeros((STATES, STATES), np.int64)
    for first in range(len(inside)):
        for last in range(first, min(first + 2 * reach + 1, len(inside))):
            weights[first, last] = inside[max(last - reach, 0) : first + reach + 1].sum()
    weights[ABSENT, ABSENT] = inside.sum()
    return weights


def _stretch(block: int, of_b: int) -> int:
    """Windows of a stretch: at most those of a `block` of A, and so many that B has a whole number of stretches.

    0 where that is fewer than `MIN_BLOCK`.
    """
    size = of_b // -(-of_b // block) if min(block, of_b) > 0 else 0
    return size if size >= MIN_BLOCK else 0
