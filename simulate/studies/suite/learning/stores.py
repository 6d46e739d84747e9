"""Which sequences a store of each size holds: the n with the largest counts so far, ties to the first seen.

The order is total, so that the store of a smaller size is a part of that of a larger one, and one number says all of a
sequence: its level, the smallest size that holds it (the number of sizes where none does). A size is cut at a count,
and within that count at a number of sequences, in the order of their first appearance. All sizes are filled in one
pass over the sequences, in time that does not depend on how many sizes there are.
"""

from __future__ import annotations

import numpy as np

from simulate.drawing.compiled import compiled

N_BINS = 48
"""Bins of term counts: 1, 2 to 3, 4 to 7, and so on."""

_CAP = 1024
"""Counts below are sorted by counting, the few above by comparison."""


def cut_sizes(counts: np.ndarray, capacities: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where sizes are cut: count and number of sequences with it that are stored, and sequences stored; each (size,).

    `capacities` ascend; a size with room for all takes what has been counted once. The few large counts are sorted by
    numpy: numba would compile its own sort for a second.
    """
    high = np.sort(counts[counts >= _CAP]).astype(np.int64)
    found: tuple[np.ndarray, np.ndarray, np.ndarray] = _cut_sizes(counts, high, capacities)
    return found


@compiled
def _cut_sizes(counts, high, capacities):
    n_sizes = len(capacities)
    cut, kept, stored = np.zeros(n_sizes, np.int64), np.zeros(n_sizes, np.int64), np.zeros(n_sizes, np.int64)
    low = np.zeros(_CAP, np.int64)
    for count in counts:
        if count < _CAP:
            low[count] += 1
    size, above, last = 0, 0, len(high) - 1
    while size < n_sizes and last >= 0:
        first = last
        while first >= 0 and high[first] == high[last]:
            first -= 1
        size = _cut_at(high[last], last - first, above, capacities, size, cut, kept)
        above += last - first
        last = first
    count = _CAP - 1
    while size < n_sizes and count > 0:
        if low[count] > 0:
            size = _cut_at(count, low[count], above, capacities, size, cut, kept)
            above += low[count]
        count -= 1
    for i in range(n_sizes):
        stored[i] = capacities[i] if i < size else above
    return cut, kept, stored


@compiled
def _cut_at(count, group, above, capacities, size, cut, kept):
    """Cut the sizes that end among the `group` sequences with `count`; `above` have more. The next size to cut."""
    while size < len(capacities) and capacities[size] <= above + group:
        cut[size] = count
        kept[size] = capacities[size] - above
        size += 1
    return size


@compiled
def restock(counts, seen, probability, cut, kept, checkpoint, level, since, entered, forgotten, known, mass):
    """Give each sequence its new `level`, and note what that changes.

    `counts` rank the sequences, `seen` are their exposures. Adds to ``entered`` and ``forgotten`` (size,), to ``known``
    (bin of exposures, level) and, where `probability` is known, to ``mass`` (level,); ``since`` (sequence, size) takes
    the `checkpoint` at which a size took a sequence in.
    """
    n_sizes = len(cut)
    base_of, bin_of = np.empty(_CAP, np.int64), np.empty(_CAP, np.int64)
    for count in range(_CAP):
        base_of[count] = _base(count, cut)
        bin_of[count] = _bin(count)
    ties = np.zeros(n_sizes + 1, np.int64)
    has_law = len(probability) > 0
    for i in range(len(counts)):
        count, exposures = counts[i], seen[i]
        new = base_of[count] if count < _CAP else _base(count, cut)
        if new < n_sizes and cut[new] == count:
            before = ties[new]
            ties[new] = before + 1
            while new < n_sizes and cut[new] == count and before >= kept[new]:
                new += 1
        known[bin_of[exposures] if exposures < _CAP else _bin(exposures), new] += 1
        if has_law:
            mass[new] += probability[i]
        old = np.int64(level[i])
        if new != old:
            for size in range(new, old):
                entered[size] += 1
                since[i, size] = checkpoint
            for size in range(old, new):
                forgotten[size] += 1
            level[i] = new


@compiled
def _base(count, cut):
    """How many sizes, the smaller ones, are cut above `count`."""
    size = 0
    while size < len(cut) and cut[size] > count:
        size += 1
    return size


@compiled
def _bin(count):
    found = 0
    while count > 1 and found < N_BINS - 1:
        count >>= 1
        found += 1
    return found


@compiled
def count_since(level, since, found):
    """Add to `found` (size, checkpoint) the sequences that each size holds, at the checkpoint since which it does."""
    for i in range(len(level)):
        for size in range(level[i], found.shape[0]):
            found[size, since[i, size]] += 1
