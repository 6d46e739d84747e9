"""The loops of a count without blocks: hashed keys spread over parts, and tables of parts that a cache holds.

A key is a number of 64 bits, and so is its hash, a bijection: hashes are compared in the place of keys, whole. The
first bits of a hash say its part, the next ones its portion of the part, the last ones its place in a table. Hashes of
a part go to blocks of it, in the order in which they come. A table has two words for each distinct hash:

| word | holds |
|---|---|
| 0 | the hash |
| 1 | how often it occurs; and above it, from bit 48 on, the bin of how often it occurs, from the first wide one on |

A place without occurrences is empty.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from simulate.drawing.compiled import bare, inlined
from simulate.drawing.stream import ONE, ZERO
from simulate.text.spilling.loops import hashed
from simulate.text.spilling.scratch import OnDisk, Scratch, ScratchFile

_TWO = np.uint64(2)
S48, COUNT = np.uint64(48), np.uint64((1 << 48) - 1)
"""How far the bin is above the number of occurrences in a word of a table, and where this number stands."""
_S64 = np.uint64(64)

USED = 0
"""Place in the `state` of `spread` of the number of blocks in use."""

NEXT, END = 0, 1
"""Places in a row of `places`, one for each part: where its next hash goes, and where its block ends."""


class _Written(NamedTuple):
    """Blocks, which hashes of them are used, and which of them belong to each part, in order."""

    pool: np.ndarray | OnDisk
    fills: np.ndarray
    order: np.ndarray
    bounds: np.ndarray

    def blocks(self, part: int, size: int) -> Iterator[np.ndarray]:
        """The numbers of a part, in blocks of up to `size`."""
        for place in self.order[self.bounds[part] : self.bounds[part + 1]].tolist():
            yield self.pool[place * size : place * size + int(self.fills[place])]


def block_size(most: int) -> int:
    """How many numbers a block has: at most about `most`.

    An odd number of lines of a cache: blocks at distances of a power of two would stand in each other's way.
    """
    return 8 * (most // 16 * 2 + 1)


def by_part(owners: np.ndarray, n_parts: int) -> tuple[np.ndarray, np.ndarray]:
    """Blocks in the order of the parts that own them, and where each part begins among these, and the last ends."""
    order = np.argsort(owners, kind="stable")
    return order, np.searchsorted(owners[order], np.arange(n_parts + 1))


class Blocks:
    """Numbers of parts, each in blocks of its own in a pool of `n_blocks`; pools go to a file where they are full.

    Parts are `n_parts`, and a block has room for `block` numbers.
    """

    def __init__(self, n_parts: int, block: int, n_blocks: int, scratch: Scratch) -> None:
        self.block, self._scratch = block, scratch
        self._pool = np.empty(n_blocks * block, np.uint64)
        self._owners = np.empty(n_blocks, np.uint16)
        self._places, self._state = np.zeros((n_parts, 2), np.int64), np.zeros(1, np.int64)
        self._written: list[_Written] = []
        self._file: ScratchFile | None = None

    def _held(self) -> np.ndarray:
        """Numbers of each part in the pool."""
        used = self._owners[: int(self._state[USED])]
        return np.bincount(used, minlength=len(self._places)) * self.block - (self._places @ (-1, 1))

    def _closed(self, pool: np.ndarray | OnDisk) -> _Written:
        used = int(self._state[USED])
        fills = np.full(used, self.block)
        begun = self._places[self._places[:, END] > 0]
        fills[begun[:, END] // self.block - 1] -= begun @ (-1, 1)
        return _Written(pool, fills, *by_part(self._owners[:used], len(self._places)))

    def _write(self) -> None:
        if self._file is None:
            self._file = self._scratch.file()
        values = self._pool[: int(self._state[USED]) * self.block]
        first = self._file.append(values)
        self._written.append(self._closed(OnDisk(self._file, np.uint64, len(values), first)))
        self._places[:], self._state[:] = 0, 0

    def blocks(self, part: int) -> Iterator[np.ndarray]:
        """The numbers of a part, in the order in which they came."""
        for written in self._written:
            yield from written.blocks(part, self.block)

    def close(self) -> None:
        """Nothing is needed any more."""
        if self._file is not None:
            self._file.close()


@inlined
def put(value: Any, part: Any, block: Any, pool: Any, places: Any, owners: Any, state: Any) -> None:
    """Put a number into the block of its part, or into a new one where that is full."""
    pool[place_for(1, part, block, places, owners, state)] = value


@inlined
def place_for(n: Any, part: Any, block: Any, places: Any, owners: Any, state: Any) -> Any:
    """Where the next `n` numbers of a part go, uint64: all into one block, if its size is a multiple of `n`."""
    place = places[part, NEXT]
    if place == places[part, END]:
        place = state[USED] * block
        places[part, END] = place + block
        owners[state[USED]] = part
        state[USED] += 1
    places[part, NEXT] = place + n
    return np.uint64(place)


@bare
def spread(keys: Any, bits: Any, block: Any, pool: Any, places: Any, owners: Any, state: Any) -> None:
    """Put the hashes of `keys` into blocks of ``2**bits`` parts.

    `pool` has room for blocks of `block` hashes; `places` says where the next hash of each part goes, and where its
    block ends, both 0 before it has any; `owners` takes the part of each block.
    """
    shift = _S64 - np.uint64(bits)
    for key in keys:
        value = hashed(np.uint64(key))
        put(value, value >> shift, block, pool, places, owners, state)


@bare
def spread_packed(
    units: Any, first: int, last: int, starts: Any, stream: int, length: int, width: Any, dense: Any,
    bits: Any, block: Any, pool: Any, places: Any, owners: Any, state: Any,
) -> int:  # fmt: skip
    """Put the hashes of windows whose units are their keys into blocks as `spread` does.

    They begin at the units `first` to ``last - 1``.
    Each unit takes `width` bits, by its number in `dense` where there is one; `units` begin at `first`. Returns the
    stream to go on with.
    """
    shift, mask = _S64 - np.uint64(bits), ~ZERO if length * width == 64 else (ONE << np.uint64(length * width)) - ONE
    step, key, i = np.uint64(width), ZERO, np.int64(first)
    while i < last:
        while i >= starts[stream + 1]:
            stream += 1
        stop = min(np.int64(last), starts[stream + 1] - length + 1)
        if stop > i:
            key = ZERO
            for j in range(i - first, i - first + length - 1):
                unit = units[j]
                key = key << step | np.uint64(dense[unit] if len(dense) > 0 else unit)
            for j in range(i - first + length - 1, stop - first + length - 1):
                unit = units[j]
                key = (key << step | np.uint64(dense[unit] if len(dense) > 0 else unit)) & mask
                value = hashed(key)
                put(value, value >> shift, block, pool, places, owners, state)
        i = starts[stream + 1]
    return stream


@bare
def portion(
    values: Any, at: int, ends: Any, point: int, bits: Any, portions: Any, out: Any, places: Any, cursors: Any
) -> int:
    """Put hashes of one part to its ``2**portions`` portions, in their order.

    The first of `values` is number `at` of the part. `places` is where the next one of each portion goes in `out`;
    `cursors`, of shape (portion, prefix), becomes where it was when each prefix from `point` on ended, as `ends` say.
    Returns the prefix to go on with.
    """
    shift, mask = _S64 - np.uint64(bits) - np.uint64(portions), (ONE << np.uint64(portions)) - ONE
    begin, n = np.int64(0), np.int64(len(values))
    while True:
        end = min(n, ends[point] - at)
        for i in range(np.uint64(begin), np.uint64(end)):
            value = values[i]
            row = (value >> shift) & mask
            place = np.uint64(places[row])
            out[place] = value
            places[row] = np.int64(place + ONE)
        begin = end
        if begin == n:
            return point
        for row in range(len(cursors)):
            cursors[row, point] = places[row]
        point += 1


@inlined
def room_of(table: Any) -> Any:
    """How many distinct hashes a table takes."""
    return 7 * (len(table) // 16)


@bare
def count_portions(
    values: Any, begins: Any, cursors: Any, first: int, table: Any, edges: Any, exact: int, reached: Any, found: Any,
    n_found: Any,
) -> Any:  # fmt: skip
    """Count portion by portion from `first` on, each in `table`, which is empty and is left so.

    `reached` takes what comes within each prefix, see `count`. `found` takes how often each distinct hash occurs, if
    it has any length. Returns the first portion that has no room in the table, of which nothing is counted, or how many
    portions there are; and how many numbers of `found` are used.
    """
    room, often = room_of(table), len(edges) + len(found) > 0
    for row in range(first, len(cursors)):
        begin, end = begins[row], cursors[row, cursors.shape[1] - 1]
        if end - begin > room:
            taken = _distinct(values, begin, end, table, room)
            table[:] = ZERO
            if taken > room:
                return row, n_found
        at = begin
        for point in range(cursors.shape[1]):
            stop = cursors[row, point]
            if often:
                count(values, at, stop, table, edges, exact, reached[point])
            else:
                reached[point, 0] += _distinct(values, at, stop, table, room)
            at = stop
        if len(found) > 0:
            n_found = occurrences(table, found, n_found)
        table[:] = ZERO
    return len(cursors), n_found


@bare
def count(values: Any, begin: Any, end: Any, table: Any, edges: Any, exact: int, reached: Any) -> Any:
    """Count hashes, each of which has room in the table; returns how many of them are new.

    `reached` takes how many of them come to occur as often as each of `edges` says, of which the first `exact` are 1, 2
    and so on: one for each of these, one of which nothing is meant, and one for each of the others. Whether a hash is
    new is as good as random, so that nothing branches on it. Places have no sign: none is looked at to see whether it
    counts from the end, which took two fifths of the time.
    """
    mask, n_edges, most = np.uint64(len(table) - 1), np.uint64(len(edges)), np.uint64(exact)
    before = reached[0]
    for i in range(np.uint64(begin), np.uint64(end)):
        value = values[i]
        slot = (value << ONE) & mask
        word = table[slot + ONE]
        while min(word, table[slot] ^ value) != ZERO:  # taken, and by another one
            slot = (slot + _TWO) & mask
            word = table[slot + ONE]
        word += ONE
        table[slot], table[slot + ONE] = value, word
        often = word & COUNT
        reached[min(often - ONE, most)] += 1
        if often > most:
            here = (word >> S48) + most
            if here < n_edges and often >= np.uint64(edges[here]):
                reached[here + ONE] += 1
                table[slot + ONE] = word + (ONE << S48)
    return reached[0] - before


@bare
def _distinct(values: Any, begin: Any, end: Any, table: Any, room: Any) -> Any:
    """Put hashes into the table, up to one more new one than `room`; returns how many of them are new."""
    mask, new = np.uint64(len(table) - 1), np.int64(0)
    for i in range(np.uint64(begin), np.uint64(end)):
        value = values[i]
        slot = (value << ONE) & mask
        word = table[slot + ONE]
        while min(word, table[slot] ^ value) != ZERO:
            slot = (slot + _TWO) & mask
            word = table[slot + ONE]
        table[slot], table[slot + ONE] = value, ONE
        new += word == ZERO
        if new > room:
            break
    return new


@bare
def occurrences(table: Any, found: Any, n_found: Any) -> Any:
    """Put how often each hash of the table occurs behind the first `n_found` of `found`; returns how many there are."""
    for slot in range(0, len(table), 2):
        if table[slot + 1] != ZERO:
            found[n_found] = np.int64(table[slot + 1] & COUNT)
            n_found += 1
    return n_found


@bare
def refilled(table: Any, wider: Any) -> None:
    """Put what is in `table` into `wider`, which is empty."""
    mask = np.uint64(len(wider) - 1)
    for old in range(0, len(table), 2):
        if table[old + 1] != ZERO:
            slot = (table[old] << ONE) & mask
            while wider[slot + ONE] != ZERO:
                slot = (slot + _TWO) & mask
            wider[slot], wider[slot + ONE] = table[old], table[old + 1]
