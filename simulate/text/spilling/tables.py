"""Tables in which windows are counted: by the hashes of keys, or by units that are small numbers themselves.

Units that are numbers from 0 on, as those of words are, need no hash, and no parts: what is known of one stands at its
number. Many places of memory are asked for at a time, so that such a table is faster than parts even where no cache
holds it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from simulate.drawing.compiled import bare, inlined, prefetch
from simulate.drawing.stream import ONE, ZERO
from simulate.text.blocks import gaps_of
from simulate.text.spilling import loops
from simulate.text.spilling.scratch import OnDisk
from simulate.text.spilling.spread import COUNT, S48
from simulate.text.spilling.sums import Sums

LOAD = 0.6
"""Part of a table that is filled at most."""

SLOT = 8 * loops.WORDS
_ASKED = 64


class FullError(Exception):
    """A table has no room for one more window."""


class Table:
    """Distinct windows, or those of a part of them.

    Of at most `most` places, a power of two; `words` are its numbers, where they are given. A `direct` one has a place
    for each number that is a key.
    """

    def __init__(
        self, sums: Sums, most: int, expected: int, words: np.ndarray | None = None, *, direct: bool = False
    ) -> None:
        self.sums, self._most, self._direct = sums, most, direct
        if words is None:
            slots = min(most, 1 << max(10, int(expected).bit_length()))
            self._words = np.zeros(loops.WORDS * slots, np.uint64)
        else:
            self._words = words
            words[:] = 0
        self._state = np.zeros(3, np.int64)
        self._pieces = np.zeros(len(sums.layout[2]), np.int64)
        self._judged = sums.cut is None

    def count(self, keys: np.ndarray, places: np.ndarray) -> None:
        """Count windows, in the order of the text; `FullError` where there are too many distinct ones."""
        if not self._judged and len(places) and places[-1] >= self.sums.region:
            inner = int(np.searchsorted(places, self.sums.region))
            self._count(keys[:inner], places[:inner])
            self.judge()
            keys, places = keys[inner:], places[inner:]
        self._count(keys, places)

    def _count(self, keys: np.ndarray, places: np.ndarray) -> None:
        sums, done = self.sums, 0
        while done < len(keys):
            slots = len(self._words) // loops.WORDS
            room = slots if self._direct else int(LOAD * slots)
            done = loops.count(
                keys, places, self._words, self._direct, room, self._state, self._pieces, *sums.layout, sums.at,
                sums.edges, sums.unique, sums.spectrum, sums.inside, done,
            )  # fmt: skip
            if done < len(keys):
                self._grow()

    def _grow(self) -> None:
        slots = 2 * len(self._words) // loops.WORDS
        if slots > self._most:
            raise FullError
        wider = np.zeros(loops.WORDS * slots, np.uint64)
        loops.refill(self._words, wider)
        self._words = wider

    def judge(self) -> None:
        """Add what the windows counted so far say of blocks, once."""
        if self._judged:
            return
        sums = self.sums
        masks = np.empty(int(self._state[loops.TAKEN]) + 1, np.uint64)
        once, n_masks = loops.judge(self._words, sums.change, masks)
        sums.once += once
        sums.n_types += gaps_of(masks[:n_masks], sums.gaps, sums.changes, sums.own)
        self._judged = True

    def end(self) -> None:
        """Add how often windows occur, once all of them are counted, where that is asked for."""
        if self.sums.often is not None:
            self.sums.often.take(loops.occurrences(self._words, int(self._state[loops.TAKEN])))

    def label(self, first: int) -> int:
        """Give ids from `first` on to the windows that occur again; returns the next one."""
        return int(loops.label(self._words, first))

    def look_up(self, keys: np.ndarray, ids: np.ndarray) -> None:
        """Fill `ids` with those of the windows that have `keys`."""
        loops.look_up(keys, self._words, ids)


def count_numbers(units: Any, n_numbers: int, stops: Sequence[int], sums: Sums, chunk: int) -> None:
    """Add `units`, each a number below `n_numbers`, to `sums`; prefixes end before `stops`, ascending.

    They are read `chunk` at a time.
    """
    if sums.cut is None:
        _count_frequencies(units, n_numbers, stops, sums, chunk)
        return
    table = Table(sums, n_numbers, 0, np.zeros(loops.WORDS * n_numbers, np.uint64), direct=True)
    for first in range(0, len(units), chunk):
        some = _numbers(units, first, first + chunk)
        table.count(some, np.arange(first, first + len(some), dtype=np.uint32))
    table.judge()
    table.end()


def _count_frequencies(units: Any, n_numbers: int, stops: Sequence[int], sums: Sums, chunk: int) -> None:
    table, first = np.zeros(n_numbers, np.uint64), 0
    for point, stop in enumerate([*stops, len(units)]):
        while first < stop:
            last = min(first + chunk, stop)
            sums.unique[point] += _count(_numbers(units, first, last), table, sums.edges, sums.spectrum[point])
            first = last
    if sums.often is not None:
        sums.often.take((table[table != 0] & COUNT).astype(np.int64))


def _numbers(units: np.ndarray | OnDisk, first: int, last: int) -> np.ndarray:
    """Some units as numbers without a sign: loops are compiled for two kinds of them."""
    some = units[first:last]
    return some if some.dtype == np.uint8 else some.astype(np.uint32, copy=False)


@inlined
def _once_more(word: Any, edges: Any, last: Any, spectrum: Any) -> Any:
    """The number of a unit, as below, after one more occurrence, which may change the bin in `spectrum`."""
    here = np.int64(word >> S48)
    word += ONE
    if here < last and np.int64(word & COUNT) >= edges[here + 1]:
        spectrum[here] -= 1
        spectrum[here + 1] += 1
        word += ONE << S48
    return word


@bare
def _count(units: Any, table: Any, edges: Any, spectrum: Any) -> Any:
    """Count units; returns how many of them are new.

    A number of the table says how often a unit occurs, and above it, from bit 48 on, the bin of how often it occurs.
    """
    new, last = 0, len(edges) - 1
    for begin in range(0, len(units), _ASKED):
        end = min(begin + _ASKED, len(units))
        for i in range(begin, end):
            prefetch(table, np.uint64(units[i]))
        for i in range(begin, end):
            word = table[units[i]]
            if word == ZERO:
                table[units[i]] = ONE
                new += 1
                continue
            table[units[i]] = _once_more(word, edges, last, spectrum)
    if last >= 0:
        spectrum[0] += new
    return new
