"""How distinct windows grow along contiguous stretches of a corpus, with and without each of its blocks.

A prefix is one stretch of text, and what it says about small D is the luck of where it starts: exponents
fitted to prefixes vary more than those fitted to the curve here. It is

    Ū(D) = mean of U over all stretches of D windows that start at a cut of the corpus,

where the corpus is cut into G blocks of ℓ windows. Stretches of m blocks may start at any block and run on from
the last to the first; shorter ones are the pieces of blocks cut into 2, 4, 8, … Leaving out block g and closing
the gap gives the same curve for a corpus of G - 1 blocks at the same D: what a delete-group jackknife needs.
A bootstrap would repeat blocks, and a repeated block brings no new type: it makes U too small.

Both curves are exact and need no sampling: a type is missing from Σ_z max(z - m + 1, 0) of the G stretches of m
blocks, where z runs over the circular gaps (in blocks) between the blocks it occurs in. So one pass that notes
in which blocks a type occurs (a bit each, hence at most 64 blocks) serves all m and all g.

The sum of the new types of independent blocks varies at most as much as the jackknife expects (Efron & Stein
1981, theorem 1). Text is not independent from block to block; see `BlockCurves.standard_error`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from bounds.base.brief import brief_fields
from bounds.base.telling.html import html_fields
from simulate.drawing.compiled import bare, compiled, trailing_zeros
from simulate.drawing.stream import ONE
from simulate.text.counting import WindowIds
from simulate.text.reading.room import require
from simulate.text.small import stretches as arrays

MIN_GROUPS, MAX_GROUPS = 8, 64

MIN_BLOCK = 32
"""Fewest windows in a block."""

_LAG = 3


@dataclass(frozen=True, eq=False)
class BlockCurves:
    """Mean growth over contiguous stretches, and the same without each block."""

    n_draws: np.ndarray
    """(point) windows in a stretch, int64."""
    n_unique: np.ndarray
    """(point) mean number of distinct windows in it."""
    without: np.ndarray
    """(block, point) the same for the corpus without a block."""
    local: float
    """f1/U of all blocks: the slope of ln U if windows were drawn independently."""
    local_without: np.ndarray
    """(block) the same without a block."""
    block_draws: int
    """Windows in a block, ℓ."""

    __repr__ = brief_fields
    _repr_html_ = html_fields

    @property
    def n_blocks(self) -> int:
        """G; the jackknife has G - 1 degrees of freedom."""
        return len(self.without)

    def covariance(self, statistic: np.ndarray | None = None) -> np.ndarray:
        """Jackknife covariance (G-1)/G Σ_g (t_g - t̄)(t_g - t̄)ᵀ of `statistic` (block, …), by default of Ū."""
        rows = np.asarray(self.without if statistic is None else statistic, dtype=float)
        rows = rows.reshape(len(rows), -1)
        centred = rows - rows.mean(axis=0)
        return (len(rows) - 1) / len(rows) * centred.T @ centred

    def standard_error(self, statistic: np.ndarray) -> float:
        """Standard error of a number from its values without each block, in the order of the blocks.

        The jackknife's, widened where neighbouring blocks are alike (`summed_squares`).
        """
        gap = np.asarray(statistic, dtype=float) - np.mean(statistic)
        return float(np.sqrt((len(gap) - 1) / len(gap) * summed_squares(gap)))


def summed_squares(gap: np.ndarray) -> float:
    """The sum of squares of what blocks in a row differ by from their mean, widened where neighbours are alike.

    By the correlations of blocks up to three apart with triangular weights (Newey & West 1987, equation 5). It is
    never narrowed.
    """
    total = float(gap @ gap)
    if total == 0:
        return 0.0
    alike = sum((1 - lag / (_LAG + 1)) * float(gap[lag:] @ gap[:-lag]) for lag in range(1, _LAG + 1))
    return max(total, total + 2 * alike)


def neighbour_correlation(statistic: np.ndarray) -> float:
    """Correlation of a statistic's jackknife values in neighbouring blocks; near 0 where blocks are unrelated."""
    gap = np.asarray(statistic, dtype=float) - np.mean(statistic)
    total = float(gap @ gap)
    return float(gap[1:] @ gap[:-1]) / total if total > 0 else 0.0


def block_curves(
    windows: WindowIds, starts: np.ndarray, total: int, n_blocks: int, smallest: int
) -> BlockCurves | None:
    """`BlockCurves` of a corpus of `total` windows cut into `n_blocks`, at stretches from `smallest` windows on.

    The last ``total % n_blocks`` windows are left over. None where a block would be shorter than `MIN_BLOCK`.
    """
    cut = cut_of(total, n_blocks, smallest)
    if cut is None:
        return None
    size, parts = cut.size, cut.parts
    require(16 * windows.n_types)
    seen = np.zeros(windows.n_types, dtype=np.uint64)
    inside, f1 = np.zeros((len(parts), n_blocks)), np.zeros(n_blocks, dtype=np.int64)
    gaps, changes = np.zeros(n_blocks + 1, dtype=np.int64), np.zeros((n_blocks, n_blocks + 1), dtype=np.int64)
    own = np.zeros(n_blocks, dtype=np.int64)
    if windows.small:
        once = arrays.counted(windows.ids, starts, windows.length, size, parts, inside, seen, f1)
        n_types = arrays.gaps_of(seen, gaps, changes, own)
        return curves_of(cut, inside, n_types, own, gaps, changes, once, f1)
    stretch = np.zeros(windows.n_types, dtype=np.uint32)
    for row, count in zip(inside, parts, strict=True):
        stretch[:] = 0
        _pieces(windows.ids, starts, windows.length, size, count, stretch, row)
    counts = np.zeros(windows.n_types, dtype=np.uint32)
    _occurrences(windows.ids, starts, windows.length, size, n_blocks, seen, counts)
    stretch[:] = 0
    once = _singletons(windows.ids, starts, windows.length, size, counts, stretch, f1)
    n_types = gaps_of(seen, gaps, changes, own)
    return curves_of(cut, inside, n_types, own, gaps, changes, once, f1)


class Cut(NamedTuple):
    """How a corpus is cut: blocks of `size` windows, and each of them into `parts` pieces in turn."""

    n_blocks: int
    size: int
    parts: np.ndarray


def cut_of(total: int, n_blocks: int, smallest: int) -> Cut | None:
    """The cut of `total` windows, with pieces from `smallest` windows on; None where a block would be too short."""
    size = total // n_blocks if n_blocks else 0
    if size < MIN_BLOCK:
        return None
    halvings = max(0, int(np.log2(max(size / max(smallest, MIN_BLOCK), 1))))
    return Cut(n_blocks, size, 2 ** np.arange(halvings, 0, -1, dtype=np.int64))


def curves_of(
    cut: Cut, inside: np.ndarray, n_types: int, own: np.ndarray, gaps: np.ndarray, changes: np.ndarray, once: int,
    f1: np.ndarray,
) -> BlockCurves:  # fmt: skip
    """The curves from what was counted; `gaps` and `changes` without the types that are in one block.

    `inside` is (piece row, block) the mean number of types in the pieces of a block, `own` the types that are in it
    alone, `once` and `f1` the types that occur once, in all blocks and in all but one.
    """
    n_blocks, size, parts = cut
    blocks, mean, longer = stretches_of(n_types, own, gaps, changes)
    left = (inside.sum(axis=1) - inside.T) / (n_blocks - 1)
    return BlockCurves(
        n_draws=np.concatenate([size // parts, blocks * size]).astype(np.int64),
        n_unique=np.concatenate([inside.mean(axis=1), mean]),
        without=np.concatenate([left, longer], axis=1),
        local=once / n_types,
        local_without=f1 / (n_types - own),
        block_draws=size,
    )


def stretches_of(
    n_types: int, own: np.ndarray, gaps: np.ndarray, changes: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lengths of stretches in blocks, mean numbers of types in them, and the same without each block, (block, length).

    Of what `gaps_of` counted.
    """
    n_blocks = len(own)
    gaps, changes = gaps.copy(), changes.copy()
    _add_own(own, gaps, changes)
    blocks = _stretch_lengths(n_blocks)
    missed = np.maximum(np.arange(n_blocks + 1) - blocks[:, None] + 1, 0)
    without = (n_types - own)[:, None] - (gaps + changes) @ missed.T / (n_blocks - 1)
    return blocks, n_types - missed @ gaps / n_blocks, without


def _stretch_lengths(n_blocks: int) -> np.ndarray:
    """Lengths in blocks: two to an octave, and at last all blocks but one, which a jackknifed corpus still has."""
    steps = np.rint(2.0 ** np.arange(0, np.log2(0.9 * (n_blocks - 1)), 0.5)).astype(np.int64)
    return np.unique(np.append(steps, n_blocks - 1))


@bare
def _pieces(ids: Any, starts: Any, length: int, size: int, parts: int, stretch: Any, mean: Any) -> None:
    """Mean number of types in the pieces of each block cut into `parts`."""
    step = size // parts
    number, place, block, piece, unique = 1, 0, 0, 0, 0
    for stream in range(len(starts) - 1):
        for i in range(starts[stream], starts[stream + 1] - length + 1):
            if block == len(mean):
                return
            if piece < parts and stretch[ids[i]] != number:
                stretch[ids[i]] = number
                unique += 1
            place += 1
            if piece < parts and place == (piece + 1) * step:
                mean[block] += unique / parts
                unique = 0
                number += 1
                piece += 1
            if place == size:
                place, piece, block = 0, 0, block + 1


@bare
def _occurrences(ids: Any, starts: Any, length: int, size: int, n_blocks: int, seen: Any, counts: Any) -> None:
    """Fill `counts` and `seen`, whose bit g says that the type occurs in block g."""
    place = 0
    for stream in range(len(starts) - 1):
        for i in range(starts[stream], starts[stream + 1] - length + 1):
            if place < size * n_blocks:
                counts[ids[i]] += 1
                seen[ids[i]] |= ONE << np.uint64(place // size)
            place += 1


@bare
def _singletons(ids: Any, starts: Any, length: int, size: int, counts: Any, inside: Any, without: Any) -> int:
    """Number of types that occur once; fill `without` with the same for the corpus without each block.

    A block is gone through twice, to count its types in `inside`, and to judge each of them once.
    """
    once = 0
    for kind in range(len(counts)):
        once += counts[kind] == 1
    for block in range(len(without)):
        _sweep(ids, starts, length, block * size, size, counts, inside, False)
        without[block] = once + _sweep(ids, starts, length, block * size, size, counts, inside, True)
    return once


@bare
def _sweep(ids: Any, starts: Any, length: int, first: int, size: int, counts: Any, inside: Any, judge: bool) -> int:
    """Go through the windows from number `first` on; returns what leaving them out does to f1 if `judge`."""
    place, change = 0, 0
    for stream in range(len(starts) - 1):
        windows = max(0, starts[stream + 1] - length + 1 - starts[stream])
        low, high = max(0, first - place), min(windows, first + size - place)
        place += windows
        for i in range(starts[stream] + low, starts[stream] + high):
            if judge:
                change += _judged(counts[ids[i]], inside, ids[i])
            else:
                inside[ids[i]] += 1
    return change


@bare
def _judged(count: Any, inside: Any, kind: Any) -> int:
    """What leaving out the block does to f1 through a type, counted at its first window in the second sweep."""
    here = inside[kind]
    inside[kind] = 0
    if here == 0:
        return 0
    return -1 if count == 1 else 1 if count - here == 1 else 0


@compiled
def gaps_of(seen: Any, gaps: Any, changes: Any, own: Any) -> Any:
    """Add to a histogram of circular gaps between the blocks of a type, to how it changes without each block, and to
    how many types each block has alone, which have no gaps yet; returns the number of types."""
    n_blocks = len(own)
    at, pairs = np.zeros(n_blocks + 1, dtype=np.int64), np.zeros((n_blocks, n_blocks), dtype=np.int64)
    types, last = np.int64(0), np.uint64(n_blocks - 1)
    for kind in range(np.uint64(len(seen))):
        mask = seen[kind]
        rest = mask & (mask - ONE)
        types += mask != 0
        if rest == 0:  # in one block, as most are, or in none
            own[min(trailing_zeros(mask), last)] += mask != 0
        elif rest & (rest - ONE) == 0:  # in two of them, which are counted before anything is made of them
            pairs[trailing_zeros(mask), trailing_zeros(rest)] += 1
        else:
            found = 0
            while mask != 0:
                at[found] = trailing_zeros(mask)
                mask &= mask - ONE
                found += 1
            _close_up(at, found, 1, gaps, changes)
    for one in range(n_blocks):
        for two in range(one + 1, n_blocks):
            if pairs[one, two] > 0:
                at[0], at[1] = one, two
                _close_up(at, 2, pairs[one, two], gaps, changes)
    return types


def _add_own(own: np.ndarray, gaps: np.ndarray, changes: np.ndarray) -> None:
    """Add the gaps of the types that one block has alone: each is as long as all others together."""
    n_blocks = len(own)
    alone = own.sum()
    gaps[n_blocks - 1] += alone
    changes[:, n_blocks - 1] -= alone
    changes[:, n_blocks - 2] += alone - own


@bare
def _close_up(at: Any, found: int, n: Any, gaps: Any, changes: Any) -> None:
    """Add the gaps of `n` types in the same blocks, the first `found` of `at`, and what becomes of them without each.

    There is room in `at` for one more.
    """
    n_blocks = len(changes)
    at[found] = at[0] + n_blocks
    before = at[found] - at[found - 1] - 1
    for i in range(found):
        gap = at[i + 1] - at[i] - 1
        gaps[gap] += n
        # Without block at[i] its two gaps are one.
        changes[at[i], before] -= n
        changes[at[i], gap] -= n
        changes[at[i], before + gap] += n
        before = gap
        for block in range(at[i] + 1, at[i + 1]):
            changes[block % n_blocks, gap] -= n
            changes[block % n_blocks, gap - 1] += n
