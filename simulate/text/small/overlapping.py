"""The loops of `simulate.text.comparison` as expressions of arrays: which blocks hold a window, stretches, copies.

Where numbers are no whole ones they are added one by one in the order of the text, as loops add them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from simulate.text.small.windows import first_units


class Windows(NamedTuple):
    """The windows of one side in the order of the text."""

    types: np.ndarray
    block: np.ndarray
    """The block that each begins in."""
    n_blocks: int

    @classmethod
    def of(cls, ids: np.ndarray, starts: np.ndarray, length: int, cuts: np.ndarray) -> Windows:
        """Those of `length` units of the streams that begin at `starts`, of a side that is cut at `cuts`."""
        where = first_units(starts, length)
        return cls(ids[where], np.searchsorted(cuts, where, side="right") - 1, len(cuts) - 1)

    def in_blocks(self, chosen: np.ndarray | slice = slice(None)) -> np.ndarray:
        """(block) how many windows there are, of those `chosen`."""
        return np.bincount(self.block[chosen], minlength=self.n_blocks)

    def span(self, span: np.ndarray) -> None:
        """Fill `span`, the first and the last block of each type."""
        span[self.types[::-1], 0] = self.block[::-1]  # of several numbers for one place the last stays
        span[self.types, 1] = self.block


def tabulate(rows: np.ndarray, columns: np.ndarray, table: np.ndarray) -> None:
    """Add to `table` each type by its row and column."""
    np.add.at(table, (rows, columns), 1)


def new_in_a(windows: Windows, size: int, reach: int, span: np.ndarray, new: np.ndarray) -> None:
    """Add up what is new in the stretches of `size` windows of each block: its types that no block has beyond `reach`.

    What is left of a block behind its last stretch is left out.
    """
    block, sizes = windows.block, windows.in_blocks()
    place = np.arange(len(block)) - (np.cumsum(sizes) - sizes)[block]
    whole = place < (sizes // size * size)[block]
    stretch = block * (int(sizes.max()) // size + 1) + place // size
    first = _firsts(windows.types, stretch)
    here = span[windows.types].astype(np.int64)
    alone = (here[:, 0] >= block - reach) & (here[:, 1] <= block + reach)
    new += windows.in_blocks(first & whole & alone)


def new_in_b(
    windows: Windows, size: int, count: int, of_a: np.ndarray, weights: np.ndarray, new: np.ndarray, inside: np.ndarray
) -> float:
    """The sum of what is new in the first `count` stretches of `size` windows, by `weights` of where they are in A.

    `new` takes what each block brings alone to each stretch, and `inside` its windows in them.
    """
    types, block = windows.types[: size * count], windows.block[: size * count]
    inside += np.bincount(block, minlength=len(inside))
    stretch = np.arange(len(types)) // size
    here = of_a[types]
    value = weights[here[:, 0], here[:, 1]]
    order = np.lexsort((types, stretch))  # stable: within a stretch and a type in the order of the text
    begins = np.ones(len(order), dtype=bool)
    begins[1:] = (types[order[1:]] != types[order[:-1]]) | (stretch[order[1:]] != stretch[order[:-1]])
    group = np.cumsum(begins) - 1
    first = order[begins]
    elsewhere = np.flatnonzero(block[order] != block[first][group])
    lost, where = np.unique(group[elsewhere], return_index=True)
    again = order[elsewhere[where]]  # a second block has the type: the first one does not bring it alone
    at = np.concatenate([first, again])
    of = np.concatenate([block[first], block[first[lost]]])
    change = np.concatenate([value[first], -value[again]])
    in_turn = np.argsort(at, kind="stable")
    np.add.at(new, of[in_turn], change[in_turn])
    brought = np.cumsum(value[np.sort(first)])
    return float(brought[-1]) if len(brought) else 0.0


def _firsts(types: np.ndarray, stretch: np.ndarray) -> np.ndarray:
    """Whether each window is the first of its type in its stretch."""
    order = np.lexsort((types, stretch))
    first = np.ones(len(types), dtype=bool)
    same = (types[order[1:]] == types[order[:-1]]) & (stretch[order[1:]] == stretch[order[:-1]])
    first[order[1:][same]] = False
    return first


def mark_copies(ids: np.ndarray, starts: np.ndarray, length: int, n_types: int, keep: np.ndarray) -> None:
    """Mark the units of windows of which one like it begins `length` units before or earlier."""
    where = first_units(starts, length)
    types = ids[where]
    first = np.zeros(n_types, dtype=np.int64)
    first[types[::-1]] = where[::-1]
    copies = where[where - first[types] >= length]
    borders = np.bincount(copies, minlength=len(keep) + 1) - np.bincount(copies + length, minlength=len(keep) + 1)
    keep[np.cumsum(borders)[: len(keep)] > 0] = False
