"""The loops of `simulate.text.counting` as expressions of arrays: ids of windows, and growth at prefixes."""

from __future__ import annotations

import numpy as np

_S32 = np.uint64(32)


def first_units(starts: np.ndarray, length: int) -> np.ndarray:
    """The first unit of each window of `length` units, int64, ascending; no window joins two streams."""
    sizes = np.maximum(np.diff(starts) - (length - 1), 0)
    before = np.cumsum(sizes) - sizes
    return np.arange(int(sizes.sum()), dtype=np.int64) + np.repeat(starts[:-1] - before, sizes)


def lengthen(
    ids: np.ndarray, starts: np.ndarray, length: int, step: int, repeated: np.ndarray, found: np.ndarray
) -> int:
    """Turn ids of windows of `length - step` units into ids of `length`, in place; return how many there are.

    `found` is 1 for those of the new ids that occur more than once.
    """
    del repeated  # which spares looks at a table, and there is none
    where = first_units(starts, length)
    keys = ids[where].astype(np.uint64) << _S32 | ids[where + step].astype(np.uint64)
    _, first, place, often = np.unique(keys, return_index=True, return_inverse=True, return_counts=True)
    order = np.argsort(first)  # ids are given in the order of first appearance
    number = np.empty(len(order), dtype=np.uint32)
    number[order] = np.arange(len(order), dtype=np.uint32)
    ids[where] = number[place]
    found[: len(order)] = often[order] > 1
    return len(order)


def grow(
    ids: np.ndarray, starts: np.ndarray, length: int, n_types: int, at: np.ndarray, edges: np.ndarray,
    n_unique: np.ndarray, spectrum: np.ndarray,
) -> None:  # fmt: skip
    """Fill the numbers of distinct windows, and of those in each bin of multiplicities, of every prefix."""
    where = first_units(starts, length)
    types, ends = ids[where], np.searchsorted(where, at - length, side="right")
    counts, before = np.zeros(n_types, dtype=np.int64), 0
    for point, end in enumerate(ends.tolist()):
        counts += np.bincount(types[before:end], minlength=n_types)
        often = np.bincount(counts, minlength=int(edges[-1]) + 1)
        n_unique[point] = n_types - often[0]
        spectrum[point] = np.add.reduceat(often, edges)
        before = end
