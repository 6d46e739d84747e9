"""Which sequences a corpus has shown so far, how often, and when each came first.

`Census` goes through an `Order` once, from the start. The distinct sequences are numbered as they appear, for good:
number i is the i-th to appear, whatever comes later. Keys below a limit find their number in an array, the others in
an open-addressed hash table, as in `simulate.drawing.backends.counting`. Memory: 24 bytes a distinct sequence, 16 to 32
more in the table, and 32 MiB for the draws at hand.
"""

from __future__ import annotations

import numpy as np

from simulate.corpora.order import BATCH, Order, batches
from simulate.drawing.backends import counting
from simulate.drawing.compiled import bare
from simulate.drawing.tables import FRESH_KEY

__all__ = ["Census"]

_MAX_DIRECT = 1 << 26
"""Keys below this find their number in an array that grows to the largest of them: 256 MiB at most."""

_CHUNK = 4096
_MIN_ROOM = 1 << 12
_U0, _U1 = np.uint64(0), np.uint64(1)


class Census:
    """The distinct sequences among the first `n_draws` draws of `order`; `advance` goes on to more of them."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.n_draws = 0
        self._n_types = 0
        self._keys = np.empty(_MIN_ROOM, np.uint64)
        self._counts = np.zeros(_MIN_ROOM, np.int64)
        self._first = np.empty(_MIN_ROOM, np.int64)
        self._direct = np.full(_MIN_ROOM, -1, np.int32)
        self._table = np.zeros((_MIN_ROOM, 2), np.uint64)
        self._n_tabled = 0

    @property
    def n_unique(self) -> int:
        """Distinct sequences seen."""
        return self._n_types

    @property
    def keys(self) -> np.ndarray:
        """Key of each distinct sequence, uint64 of shape (type,), in the order in which they appeared."""
        return self._keys[: self._n_types]

    @property
    def counts(self) -> np.ndarray:
        """How often each was drawn, int64 of shape (type,). A view: the next `advance` goes on counting in it."""
        return self._counts[: self._n_types]

    @property
    def first(self) -> np.ndarray:
        """The draw, from 0, that showed each for the first time, int64 of shape (type,); ascending."""
        return self._first[: self._n_types]

    def advance(self, stop: int) -> Census:
        """Count the draws up to `stop`; gives itself back. ValueError where `stop` lies behind or beyond the order."""
        if not self.n_draws <= stop <= self.order.n_draws:
            raise ValueError(
                f"a census at draw {self.n_draws} of {self.order.n_draws} can only go on between them, got {stop}"
            )
        for begin, keys in batches(self.order, self.n_draws, stop, BATCH):
            self.count(keys, begin)
        return self

    def count(self, keys: np.ndarray, begin: int) -> np.ndarray:
        """Count the draws `keys`, of which the first has the number `begin`; the number of each one's sequence.

        Raises ValueError unless they follow the draws that were counted before.
        """
        if begin != self.n_draws:
            raise ValueError(f"draws are counted in order: the next one is {self.n_draws}, got {begin}")
        numbers = np.empty(len(keys), np.int64)
        for i in range(0, len(keys), _CHUNK):
            part = keys[i : i + _CHUNK]
            self._make_room(part)
            self._n_types, self._n_tabled = _count(
                part, begin + i, self._direct, self._table, self._keys, self._counts, self._first, self._n_types,
                self._n_tabled, numbers[i : i + _CHUNK],
            )  # fmt: skip
        self.n_draws += len(keys)
        return numbers

    def ids(self, keys: np.ndarray) -> np.ndarray:
        """The number of each of `keys` in the order of appearance, -1 where it was not seen; int64, nothing counted."""
        keys = np.asarray(keys, np.uint64)
        found = np.full(keys.shape, -1, np.int64)
        _look_up(keys.ravel(), self._direct, self._table, found.reshape(-1))
        fresh = np.flatnonzero(keys.ravel() >= FRESH_KEY)
        draws = (keys.ravel()[fresh] ^ FRESH_KEY).astype(np.int64)
        at = np.minimum(np.searchsorted(self.first, draws), max(self._n_types - 1, 0))
        if len(fresh) and self._n_types:
            found.reshape(-1)[fresh] = np.where(self.keys[at] == keys.ravel()[fresh], at, -1)
        return found

    def _make_room(self, part: np.ndarray) -> None:
        """Room for all of `part` to be new."""
        if self._n_types + len(part) > len(self._keys):
            size = max(2 * len(self._keys), self._n_types + len(part))
            self._keys, self._counts, self._first = (
                widened(array, size) for array in (self._keys, self._counts, self._first)
            )
        largest = int(np.max(part, initial=0, where=part < np.uint64(_MAX_DIRECT)))
        if largest >= len(self._direct):
            wider = np.full(min(max(2 * len(self._direct), largest + 1), _MAX_DIRECT), -1, np.int32)
            wider[: len(self._direct)] = self._direct
            self._direct = wider
        if 2 * (self._n_tabled + len(part)) > len(self._table):
            table = np.zeros((max(2 * len(self._table), 4 * _CHUNK), 2), np.uint64)
            counting.refill(table, self._table, _U0)
            self._table = table


def widened(array: np.ndarray, size: int) -> np.ndarray:
    """`array` with zeros behind it, `size` entries in all."""
    made = np.zeros(size, array.dtype)
    made[: len(array)] = array
    return made


@bare
def _count(keys, begin, direct, table, known, counts, first, n_types, n_tabled, numbers):
    """Number and count `keys`; how many types there are then, and how many of them are in `table`."""
    limit, shift = np.uint64(_MAX_DIRECT), counting.hash_shift(table)
    for i in range(len(keys)):
        key = keys[i]
        slot = np.int64(-1)
        if key < limit:
            number = np.int64(direct[key])
        elif key >= FRESH_KEY:
            number = np.int64(-1)
        else:
            slot = counting.find_slot(table, key + _U1, shift)
            number = np.int64(table[slot, 1]) if table[slot, 0] != _U0 else np.int64(-1)
        if number < 0:
            number = n_types
            known[number] = key
            first[number] = begin + i
            n_types += 1
            if key < limit:
                direct[key] = number
            elif slot >= 0:
                table[slot, 0] = key + _U1
                table[slot, 1] = np.uint64(number)
                n_tabled += 1
        counts[number] += 1
        numbers[i] = number
    return n_types, n_tabled


@bare
def _look_up(keys, direct, table, found):
    limit, shift = np.uint64(_MAX_DIRECT), counting.hash_shift(table)
    for i in range(len(keys)):
        key = keys[i]
        if key < limit:
            if key < np.uint64(len(direct)):
                found[i] = direct[key]
        elif key < FRESH_KEY:
            slot = counting.find_slot(table, key + _U1, shift)
            if table[slot, 0] != _U0:
                found[i] = np.int64(table[slot, 1])
