"""Ids of words, which are found for all of them only where somebody asks: to count words, their parts are enough."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from simulate.drawing.compiled import bare
from simulate.text.spilling.scratch import OnDisk, Scratch, Shelf
from simulate.text.spilling.sums import Sums
from simulate.text.spilling.words.apart import BITS, Apart
from simulate.text.spilling.words.names import Named, named

_UNITS = 1 << 20
"""Ids that are looked at together."""
_N_PARTS = 1 << BITS
_BINS = 1 << 9
"""Numbers of occurrences whose bins are known without a search."""


class LaterIds:
    """Ids of the words of a text, uint32; those put `apart` have them once `whole` was asked for, or a slice.

    `met` are ids of words, from 0 to ``n_known - 1``, and -1 - part of those put apart. `most` is how many bytes ids
    may take while they are found, and `shelf` where they go if they are not in memory.
    """

    ndim, dtype = 1, np.dtype(np.uint32)

    def __init__(
        self, met: np.ndarray | OnDisk, n_known: int, apart: Apart, most: float, scratch: Scratch, shelf: Shelf
    ) -> None:
        self._n, self._n_known, self._apart, self._most = len(met), n_known, apart, most
        self._scratch, self._shelf = scratch, shelf
        self.met: np.ndarray | OnDisk | None = met
        """As above, where nobody has asked for ids yet."""
        self._named: Named | None = None
        self._whole: np.ndarray | OnDisk | None = None

    def __len__(self) -> int:
        return self._n

    @property
    def nbytes(self) -> int:
        """Bytes of all of them."""
        return self._n * self.dtype.itemsize

    def __getitem__(self, where: slice) -> np.ndarray:
        return self.whole()[where]

    def can_count(self, n_prefixes: int) -> bool:
        """Whether they are counted sooner by parts: each prefix of each part takes some time of its own."""
        return self.met is not None and (n_prefixes + 1) * _N_PARTS <= self._n

    def count(self, stops: Sequence[int], sums: Sums) -> None:
        """Add the words to `sums`, which has no blocks; prefixes end before `stops`, ascending."""
        assert self.met is not None
        bins = np.searchsorted(sums.edges, np.arange(_BINS), side="right") - 1
        ends = self._count_met([*stops, self._n], sums)
        found = self._by_parts()
        for part, size in enumerate(np.diff(found.firsts).tolist()):
            often, before = np.zeros(size, np.uint32), np.zeros(len(sums.edges), np.int64)
            _count(found.of_part(part), ends[part], often, bins, sums.edges, sums.unique, sums.spectrum, before)
            if sums.often is not None:
                sums.often.take(often.astype(np.int64))

    def _count_met(self, stops: Sequence[int], sums: Sums) -> np.ndarray:
        """Add the words that have ids; returns where each prefix ends among the words of each part, (part, prefix)."""
        assert self.met is not None
        # Parts are counted as words are, so that no processor has to guess which is which.
        often = np.zeros(_N_PARTS + self._n_known, np.uint32)
        parts, known = often[:_N_PARTS][::-1], often[_N_PARTS:]
        ends, first, before = np.empty((_N_PARTS, len(stops)), np.int64), 0, 0
        for point, stop in enumerate(stops):
            while first < stop:
                last = min(first + _UNITS, stop)
                _tally(self.met[first:last], _N_PARTS, often)
                first = last
            ends[:, point] = parts
            here = known[known > 0]
            bins = np.bincount(np.searchsorted(sums.edges, here, side="right") - 1, minlength=len(sums.edges))
            sums.unique[point] += len(here) - np.sum(before)
            sums.spectrum[point] += bins - before
            before = bins
        if sums.often is not None:
            sums.often.take(known[known > 0].astype(np.int64))
        return ends

    def whole(self) -> np.ndarray | OnDisk:
        """All of them: in their own place in memory, or put together on the shelf. NoRoomError where that is small."""
        if self._whole is None:
            assert self.met is not None
            found = self._by_parts()
            self._whole, self.met = _resolved(self.met, found, self._shelf), None
            if isinstance(found.ids, OnDisk):
                found.ids.file.close()
            self._named = None
        return self._whole

    def _by_parts(self) -> Named:
        if self._named is None:
            self._named = named(self._apart, self._n_known, self._most, self._scratch)
            self._apart.close()
        return self._named


@bare
def _tally(units: Any, shift: int, often: Any) -> None:
    """Count units by how far they are above ``-shift``."""
    for i in range(len(units)):
        often[np.int64(units[i]) + shift] += np.uint32(1)


@bare
def _count(words: Any, ends: Any, often: Any, bins: Any, edges: Any, unique: Any, spectrum: Any, before: Any) -> None:
    """Count words that are numbered by when they were first met; those of each prefix end before one of the `ends`.

    `often` takes how often each occurs; `bins` are those of small numbers of occurrences; `before` is empty.
    """
    begin, met = np.int64(0), np.int64(0)
    for point in range(len(ends)):
        known = met
        for i in range(begin, ends[point]):
            often[words[i]] += np.uint32(1)
            met = max(met, np.int64(words[i]) + 1)
        begin = ends[point]
        unique[point] += met - known
        for row in range(len(before)):
            spectrum[point, row] -= before[row]
            before[row] = 0
        for word in range(met):
            n = np.int64(often[word])
            row = bins[n] if n < len(bins) else np.searchsorted(edges, n, side="right") - 1
            before[row] += 1
        for row in range(len(before)):
            spectrum[point, row] += before[row]


def _resolved(ids: np.ndarray | OnDisk, known: Named, shelf: Shelf) -> np.ndarray | OnDisk:
    """`ids` with words in the place of parts."""
    pool, used, left = -1, np.empty(0, np.uint32), 0
    begins = np.zeros(_N_PARTS, np.int64)
    for first in range(0, len(ids), _UNITS):
        chunk, done = ids[first : first + _UNITS].view(np.int32), 0
        while True:
            done, left = _resolve(chunk, done, used, begins, left)
            if done == len(chunk):
                break
            pool += 1
            used, begins, left = _of_pool(known.ids, known.bounds[:, pool : pool + 2])
        if isinstance(ids, OnDisk):
            shelf.add(chunk.view(np.uint32))
    if isinstance(ids, OnDisk):
        ids.file.close()
        return shelf.whole()
    return ids.view(np.uint32)


def _of_pool(known: np.ndarray | OnDisk, bounds: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
    """Ids of the words of one pool, where those of each part begin among them, and how many there are."""
    sizes = bounds[:, 1] - bounds[:, 0]
    if isinstance(known, np.ndarray):
        return known, bounds[:, 0].copy(), int(sizes.sum())
    ids = np.concatenate([known[first:last] for first, last in bounds.tolist()])
    return ids, np.cumsum(sizes) - sizes, len(ids)


@bare
def _resolve(chunk: Any, done: int, known: Any, begins: Any, left: int) -> Any:
    """Put ids in the place of parts, from unit `done` on; stops where none of those of a pool is `left`."""
    for i in range(done, len(chunk)):
        if chunk[i] < 0:
            if left == 0:
                return i, left
            part = -1 - chunk[i]
            chunk[i] = np.int32(known[begins[part]])
            begins[part] += 1
            left -= 1
    return len(chunk), left
