"""The loops of `simulate.text.blocks` as expressions of arrays: types in pieces of blocks, and gaps between blocks."""

from __future__ import annotations

import numpy as np

from simulate.text.small.windows import first_units

_ONE = np.uint64(1)


def counted(
    ids: np.ndarray, starts: np.ndarray, length: int, size: int, parts: np.ndarray, inside: np.ndarray,
    seen: np.ndarray, f1: np.ndarray,
) -> int:  # fmt: skip
    """Number of types that occur once in all blocks of `size` windows; the rest is filled in.

    `inside` becomes the mean number of types in the pieces of each block, a row for each of the `parts`, exact as these
    are powers of two; a bit of `seen` whether a type is in a block; and `f1` the types that occur once without a block.
    """
    n_blocks = len(f1)
    types = ids[first_units(starts, length)][: size * n_blocks]
    earlier = _earlier(types)
    block, place = np.divmod(np.arange(len(types)), size)
    for row, count in zip(inside, parts.tolist(), strict=True):
        step = size // count
        new = (earlier < block * size + place // step * step) & (place < count * step)
        row[:] = np.bincount(block[new], minlength=n_blocks) / count
    counts = np.bincount(types, minlength=len(seen))
    once = int(np.count_nonzero(counts == 1))
    for number in range(n_blocks):
        here = np.bincount(types[number * size : (number + 1) * size], minlength=len(seen))
        there = here > 0
        seen[there] |= _ONE << np.uint64(number)
        f1[number] = once - np.count_nonzero(there & (counts == 1)) + np.count_nonzero(there & (counts - here == 1))
    return once


def _earlier(types: np.ndarray) -> np.ndarray:
    """Where the type of each window occurred last before it; -1 where it did not."""
    order = np.argsort(types, kind="stable")
    same = types[order[1:]] == types[order[:-1]]
    earlier = np.full(len(types), -1, dtype=np.int64)
    earlier[order[1:][same]] = order[:-1][same]
    return earlier


def gaps_of(seen: np.ndarray, gaps: np.ndarray, changes: np.ndarray, own: np.ndarray) -> int:
    """Number of types; adds to the histogram of circular gaps between the blocks of a type, to how it changes without
    each block, and to how many types each block has alone, which have no gaps yet."""
    n_blocks = len(own)
    masks, often = np.unique(seen[seen > 0], return_counts=True)
    there = (masks[:, None] >> np.arange(n_blocks, dtype=np.uint64)) & _ONE == _ONE
    alone = there.sum(axis=1) == 1
    own += often[alone] @ there[alone]
    several, times = there[~alone], often[~alone]
    behind = _gap_behind(several)
    ahead = _gap_behind(several[:, ::-1])[:, ::-1]
    row, block = np.nonzero(several)
    before, after, weight = ahead[row, block], behind[row, block], times[row]
    np.add.at(gaps, after, weight)
    # Without a block the two gaps around it are one.
    np.add.at(changes, (block, before), -weight)
    np.add.at(changes, (block, after), -weight)
    np.add.at(changes, (block, before + after), weight)
    row, block = np.nonzero(~several)
    gap, weight = ahead[row, block] + behind[row, block] + 1, times[row]
    np.add.at(changes, (block, gap), -weight)
    np.add.at(changes, (block, gap - 1), weight)
    return int(often.sum())


def _gap_behind(there: np.ndarray) -> np.ndarray:
    """Blocks between each block and the next one, in the circle, in which a type is; (type, block)."""
    n_blocks = there.shape[1]
    found = np.empty(there.shape, dtype=np.int64)
    gap = np.zeros(len(there), dtype=np.int64)
    for block in range(2 * n_blocks - 1, -1, -1):
        found[:, block % n_blocks] = gap
        gap = np.where(there[:, block % n_blocks], 0, gap + 1)
    return found
