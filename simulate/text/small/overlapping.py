"""The loops of `simulate.text.comparison` as expressions of arrays: which blocks hold a window, stretches, copies."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simulate.text.comparison.scheme import ABSENT, SEVERAL, Scheme
from simulate.text.comparison.sides import A, B
from simulate.text.small.windows import first_units


def count(
    scheme: Scheme, n_types: int, types: np.ndarray, table: np.ndarray, known: Sequence[np.ndarray],
    new: Sequence[np.ndarray],
) -> int:  # fmt: skip
    """Count all windows of both sides by their `types`, in the order of the text; what stretches of B bring in all.

    `table`, `known` and `new` are those of a `simulate.text.comparison.overlap.Tally`.
    """
    n, here = scheme.n_windows(A), np.arange(len(types))
    sides = [(types[:n], here[:n]), (types[n:], here[n:])]
    blocks = [scheme.block_of(side, numbers) for side, (_, numbers) in enumerate(sides)]
    spans = [np.full((n_types, 2), ABSENT, np.int64) for _ in sides]
    for (some, _), block, span in zip(sides, blocks, spans, strict=True):
        span[some[::-1], 0] = block[::-1]  # of several numbers for one place the last stays
        span[some, 1] = block
    for side, ((some, _), block) in enumerate(zip(sides, blocks, strict=True)):
        there = spans[1 - side][some, 0] != ABSENT
        known[side][:] += np.bincount(block[there], minlength=len(known[side]))
    rows, columns = (np.where(span[:, 0] == span[:, 1], span[:, 0], SEVERAL) for span in spans)
    np.add.at(table, (rows, columns), 1)
    if not scheme.stretch:
        return 0
    _new_in_a(scheme, *sides[A], blocks[A], spans[A], new[A])
    return _new_in_b(scheme, *sides[B], blocks[B], spans[A], new[B])


def _new_in_a(
    scheme: Scheme, types: np.ndarray, numbers: np.ndarray, block: np.ndarray, span: np.ndarray, new: np.ndarray
) -> None:
    """Add up what is new in the stretches of each block: its types that no block has beyond the reach of it.

    What is left of a block behind its last stretch is left out.
    """
    place = numbers - scheme.first[A][block]
    whole = place < scheme.inside[A][block]
    first = _firsts(types, numbers - place % scheme.stretch)
    alone = (span[types, 0] >= block - scheme.reach) & (span[types, 1] <= block + scheme.reach)
    new += np.bincount(block[first & whole & alone], minlength=len(new))


def _new_in_b(
    scheme: Scheme, types: np.ndarray, numbers: np.ndarray, block: np.ndarray, of_a: np.ndarray, new: np.ndarray
) -> int:
    """The sum of what is new in stretches, by the weights of where it is in A.

    `new` takes what each block brings alone to each stretch.
    """
    n = int(scheme.inside[B].sum())
    types, block = types[:n], block[:n]
    stretch = (numbers[:n] - scheme.first[B][0]) // scheme.stretch
    value = scheme.weights[of_a[types, 0], of_a[types, 1]]
    order = np.lexsort((types, stretch))  # stable: within a stretch and a type in the order of the text
    begins = np.ones(len(order), dtype=bool)
    begins[1:] = (types[order[1:]] != types[order[:-1]]) | (stretch[order[1:]] != stretch[order[:-1]])
    group = np.cumsum(begins) - 1
    first = order[begins]
    lost = np.unique(group[block[order] != block[first][group]])  # a second block has the type: none brings it alone
    np.add.at(new, block[first], value[first])
    np.subtract.at(new, block[first[lost]], value[first[lost]])
    return int(value[first].sum())


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
