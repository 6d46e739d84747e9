"""Ids of words, found for all of them where somebody asks: to count words their parts are enough (`counts`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from simulate.drawing.compiled import bare
from simulate.text.spilling.scratch import OnDisk, Scratch, Shelf
from simulate.text.spilling.words.apart import N_PARTS, Apart
from simulate.text.spilling.words.names import Named, named, numbered

UNITS = 1 << 20
"""Ids that are looked at together."""


class LaterIds:
    """Ids of the words of a text, uint32; those put `apart` have them once `whole` was asked for, or a slice.

    `met` are ids of words, from 0 to ``n_known - 1``, and -1 - part of those put apart. `most` is how many bytes ids
    may take while they are found, and `shelf` where they go if they are not in memory.
    """

    ndim, dtype = 1, np.dtype(np.uint32)

    def __init__(
        self, met: np.ndarray | OnDisk, n_known: int, apart: Apart, most: float, scratch: Scratch, shelf: Shelf
    ) -> None:
        self._n, self.n_known, self._apart, self._most = len(met), n_known, apart, most
        self._scratch, self._shelf = scratch, shelf
        self.met: np.ndarray | OnDisk | None = met
        """As above, where nobody has asked for ids yet."""
        self._whole: np.ndarray | OnDisk | None = None

    def __len__(self) -> int:
        return self._n

    @property
    def nbytes(self) -> int:
        """Bytes of all of them."""
        return self._n * self.dtype.itemsize

    def __getitem__(self, where: slice) -> np.ndarray:
        return self.whole()[where]

    def numbered(self) -> Iterator[tuple[list[np.ndarray], int]]:
        """What words of each part are equal, as `names.numbered`; nobody may have asked for ids."""
        assert self.met is not None
        return numbered(self._apart, self._most)

    def whole(self) -> np.ndarray | OnDisk:
        """All of them: in their own place in memory, or put together on the shelf. NoRoomError where that is small."""
        if self._whole is None:
            assert self.met is not None
            found = named(self._apart, self.n_known, self._most, self._scratch)
            self._apart.close()
            self._whole, self.met = _resolved(self.met, found, self._shelf), None
            if isinstance(found.ids, OnDisk):
                found.ids.file.close()
        return self._whole


def _resolved(ids: np.ndarray | OnDisk, known: Named, shelf: Shelf) -> np.ndarray | OnDisk:
    """`ids` with words in the place of parts."""
    pool, used, left = -1, np.empty(0, np.uint32), 0
    begins = np.zeros(N_PARTS, np.int64)
    for first in range(0, len(ids), UNITS):
        chunk, done = ids[first : first + UNITS].view(np.int32), 0
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
