"""The text of words by parts, as they come: in blocks, one after the other in pools, in memory or in a file.

The text of a word is some numbers of 64 bits: how many bytes it has in the uppermost byte of the first one, or 255 and
the number itself in the second one; and its bytes in the others, and in the first one below. So a key of
`simulate.text.cutting.bounding` is one, without the numbers that hold nothing.

A block of each part is near, all of them in the second-level cache. One that is full goes behind the last one of the
pool: memory is written in its order. Words that go to a thousand places far from each other wait for each of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from simulate.drawing.compiled import bare, inlined, prefetch
from simulate.drawing.stream import ONE
from simulate.text.cutting.bounding import END, FIRST, HASH, S56, SECOND, SHORT, START, THIRD, bytes_at
from simulate.text.spilling.scratch import OnDisk, Scratch, ScratchFile
from simulate.text.spilling.spread import by_part

BITS = 10
"""Bits of a hash that say its part."""

N_PARTS = 1 << BITS

BLOCK = 32
"""Numbers of a block."""

_APART = BLOCK + 8
"""Numbers from a block that is near to the next one: as many lines of a cache as are no power of two."""

_POOL = 1 << 26
"""Numbers of a pool, at most."""

_LEAST = N_PARTS + 64
"""Blocks of a pool, at least: all that are near go to it at last."""

_AT_ONCE = 1 << 12
"""Blocks that are written together."""

_SOON = 8
"""Blocks that are asked for before one of them is copied."""

_PART, _TWO, _THREE = np.uint64(64 - BITS), np.uint64(2), np.uint64(3)
LARGE = 255


class _Pool(NamedTuple):
    """Blocks, of which those of a part are ``order[bounds[part] : bounds[part + 1]]``; or in this order, in a file."""

    blocks: np.ndarray | OnDisk
    order: np.ndarray
    bounds: np.ndarray
    sizes: np.ndarray
    """(part) its numbers: its last block may not be full."""

    def of_part(self, part: int) -> np.ndarray:
        """The numbers of a part."""
        first, last = self.bounds[part : part + 2].tolist()
        if isinstance(self.blocks, OnDisk):
            return self.blocks[first * BLOCK : first * BLOCK + int(self.sizes[part])]
        found = np.empty((last - first, BLOCK), np.uint64)
        _gather(self.blocks.ravel(), self.order[first:last], found)
        return found.ravel()[: self.sizes[part]]


class Apart:
    """The text of words by parts, of which `most` bytes stay in memory."""

    def __init__(self, most: float, scratch: Scratch) -> None:
        self._scratch = scratch
        self._near = np.zeros((N_PARTS, _APART), np.uint64)
        self._fills, self._used = np.zeros(N_PARTS, np.int64), np.zeros(1, np.int64)
        self._pools: list[_Pool] = []
        self._begin(int(min(_POOL, most / 32)) // BLOCK + _LEAST)
        self._left = most - self._blocks.nbytes
        self._file: ScratchFile | None = None

    def _begin(self, n_blocks: int) -> None:
        self._blocks, self._owners = np.empty((n_blocks, BLOCK), np.uint64), np.empty(n_blocks, np.uint16)

    def into(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """The last arguments of `has_room` and `put`."""
        return self._near, self._fills, self._blocks, self._owners, self._used

    def make_room(self, n_numbers: int) -> None:
        """Begin with an empty pool, which has room for one word of so many."""
        if not self._used[0] and not self._fills.any():
            self._begin(max(len(self._owners), n_numbers // BLOCK + _LEAST))
            return
        pool = self._closed()
        if self._blocks.nbytes <= self._left:
            self._left -= self._blocks.nbytes
            self._begin(len(self._owners))
        else:
            pool = self._written(pool)
        self._pools.append(pool)

    def _closed(self) -> _Pool:
        """The pool with all blocks that are near, which are empty afterwards."""
        begun = np.flatnonzero(self._fills)
        full, used = int(self._used[0]), int(self._used[0]) + len(begun)
        self._blocks[full:used], self._owners[full:used] = self._near[begun, :BLOCK], begun
        order, bounds = by_part(self._owners[:used], N_PARTS)
        sizes = np.diff(bounds) * BLOCK
        sizes[begun] += self._fills[begun] - BLOCK
        self._fills[:], self._used[:] = 0, 0
        return _Pool(self._blocks, order, bounds, sizes)

    def _written(self, pool: _Pool) -> _Pool:
        if self._file is None:
            self._file = self._scratch.file()
        first = self._file.n_bytes
        for at in range(0, len(pool.order), _AT_ONCE):
            some = pool.order[at : at + _AT_ONCE]
            ordered = np.empty((len(some), BLOCK), np.uint64)
            _gather(self._blocks.ravel(), some, ordered)
            self._file.append(ordered)
        blocks = OnDisk(self._file, np.uint64, len(pool.order) * BLOCK, first)
        return pool._replace(blocks=blocks, order=pool.order[:0])

    def finish(self) -> int:
        """All words are there: how many pools there are."""
        if self._used[0] or self._fills.any():
            self._pools.append(self._closed())
        return len(self._pools)

    def of_part(self, part: int) -> Iterator[np.ndarray]:
        """The words of a part, of one pool after the other."""
        return (pool.of_part(part) for pool in self._pools)

    def close(self) -> None:
        """Nothing is needed any more."""
        if self._file is not None:
            self._file.close()
        self._pools = []
        self._begin(0)


@inlined
def has_room(size: Any, owners: Any, used: Any) -> Any:
    """Whether a word of `size` bytes has room in the pool, with all blocks that are near behind it."""
    return used[0] + 2 + size // (8 * BLOCK) + N_PARTS <= len(owners)


@inlined
def put(text: Any, ahead: Any, j: Any, near: Any, fills: Any, blocks: Any, owners: Any, used: Any) -> Any:
    """Put the text of word `j` of those `ahead` to its part, which is returned."""
    part = ahead[j, HASH] >> _PART
    fill, size = np.uint64(fills[part]), ahead[j, FIRST] >> S56
    if size <= SHORT:
        # Three numbers, some of which the next word writes over: all words take the same time.
        near[part, fill], near[part, fill + ONE] = ahead[j, FIRST], ahead[j, SECOND]
        near[part, fill + _TWO] = ahead[j, THIRD]
        fills[part] = np.int64(fill + ONE + (size >> _THREE))
        if fills[part] >= BLOCK:
            _move(part, near, fills, blocks, owners, used)
        return np.int64(part)
    first, end = np.int64(ahead[j, START]), np.int64(ahead[j, END])
    size = np.uint64(min(np.int64(LARGE), end - first))
    value = bytes_at(text, first, min(end, first + 7)) | size << S56
    _put_number(value, part, near, fills, blocks, owners, used)
    if end - first >= LARGE:
        _put_number(np.uint64(end - first), part, near, fills, blocks, owners, used)
    for at in range(first + 7, end, 8):
        _put_number(bytes_at(text, np.int64(at), end), part, near, fills, blocks, owners, used)
    return np.int64(part)


@bare
def _put_number(value: Any, part: Any, near: Any, fills: Any, blocks: Any, owners: Any, used: Any) -> None:
    near[part, fills[part]] = value
    fills[part] += 1
    if fills[part] == BLOCK:
        _move(part, near, fills, blocks, owners, used)


@bare
def _move(part: Any, near: Any, fills: Any, blocks: Any, owners: Any, used: Any) -> None:
    """Put a block that is full behind the last one of the pool, and what is more than a block to the next one."""
    place = np.uint64(used[0])
    for i in range(BLOCK):
        blocks[place, i] = near[part, i]
    owners[place], used[0] = part, np.int64(place + ONE)
    near[part, 0], near[part, 1] = near[part, BLOCK], near[part, BLOCK + 1]
    fills[part] -= BLOCK


@bare
def _gather(blocks: Any, order: Any, out: Any) -> None:
    """Copy blocks in this order; they are asked for some blocks before, as they may lie anywhere."""
    for i in range(len(order) + _SOON):
        if i < len(order):
            for line in range(0, BLOCK, 8):
                prefetch(blocks, np.uint64(order[i] * BLOCK + line))
        if i >= _SOON:
            begin = order[i - _SOON] * BLOCK
            for k in range(BLOCK):
                out[i - _SOON, k] = blocks[begin + k]
