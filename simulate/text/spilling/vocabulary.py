"""Ids of words where one table would hold more of them than the caches of a processor, or than memory.

Words are met in one table until that has the size that is allowed. From then on a word that is not in it, as rare words
are, goes with its text to a part by its hash; in its place stands the number of the part. When all text was read, each
part gets a table of its own, and each of its words an id; the units are gone through once more, and every word that
stands there by its part finds its id next among those of its part.

The text of such a word is some numbers of 64 bits, one after the other in the blocks of its part: how many bytes it has
in the uppermost byte of the first one, or 255 and the number itself in the second one; and its bytes in the others, and
in the first one below.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from simulate.drawing.compiled import bare, eight_bytes, inlined, prefetch
from simulate.drawing.stream import LOW, MIX, ONE, S32
from simulate.text.cutting.bounding import END, HASH, START, WORDS_AHEAD, bytes_at, cut_words
from simulate.text.cutting.numbering import Words
from simulate.text.cutting.tokenizing import WordTable, look_up
from simulate.text.reading.room import NoRoomError
from simulate.text.spilling import spread
from simulate.text.spilling.scratch import OnDisk, Scratch, Shelf

_BITS = 8
"""Bits of a hash that say its part."""

_SLOTS = 1 << 15
"""Places of the table of the words that are met first: with these, half a megabyte, which the second-level cache
holds."""

_POOL, _BLOCK = 1 << 23, 1 << 11
"""Numbers of a pool of blocks, and of a block, at most."""

_UNITS = 1 << 20
_ZERO, _TWO, _S56 = np.uint64(0), np.uint64(2), np.uint64(56)
_SEVEN = np.uint64((1 << 56) - 1)
_PART = np.uint64(64 - _BITS)
_LARGE = 255
_AT_ONCE = 32

_TAKEN, _TEXT = 0, 1
"""Places in the `state` of `_name`."""


class UnitShelf(Shelf):
    """Where the units of a text go: up to `most` bytes of them in memory, and of words up to `most_words` beside."""

    def __init__(self, scratch: Scratch, most: float, most_words: float) -> None:
        super().__init__(scratch, most)
        self._scratch, self._most_words = scratch, most_words

    def words(self, unit: str) -> Words:
        """Numbers for the words of a text."""
        return Words(unit, lambda: BoundedWords(self._most_words, self._scratch), self._most_words)

    def laid_out(self, ids: Any, first: np.ndarray, sizes: np.ndarray, places: np.ndarray) -> np.ndarray | OnDisk:
        """The stretches of `ids` from `first` on, of these `sizes`, in the order of `places`."""
        for some in np.array_split(places, max(1, len(places) >> 8)):  # many stretches are one array
            self.add(np.concatenate([ids[first[one] : first[one] + sizes[one]] for one in some]))
        return self.whole()


class _Apart(spread.Blocks):
    """The text of words by parts, of which `most` bytes stay in memory."""

    def __init__(self, most: float, scratch: Scratch) -> None:
        n_parts = 1 << _BITS
        wanted = int(min(_POOL, most / 32))
        block = spread.block_size(min(_BLOCK, wanted // (4 * n_parts)))
        super().__init__(n_parts, block, wanted // block + 2 * n_parts + 1, scratch)
        self._left = most - self._pool.nbytes

    def into(self) -> tuple[int, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """The last arguments of `_tokenize_known`."""
        return self.block, self._pool, self._places, self._owners, self._state

    def make_room(self, n_numbers: int) -> None:
        """Begin with an empty pool, which has room for one word of so many."""
        if self._state[spread.USED]:
            if self._pool.nbytes <= self._left:
                self._left -= self._pool.nbytes
                self._written.append(self._closed(self._pool))
                self._pool, self._owners = np.empty_like(self._pool), np.empty_like(self._owners)
                self._places[:], self._state[:] = 0, 0
            else:
                self._write()
            return
        n_blocks = n_numbers // self.block + len(self._places) + 2
        if n_blocks > len(self._owners):
            self._pool, self._owners = np.empty(n_blocks * self.block, np.uint64), np.empty(n_blocks, np.uint16)

    def finish(self) -> int:
        """All words are there: how many pools there are."""
        if self._state[spread.USED]:
            self._written.append(self._closed(self._pool))
        return len(self._written)

    def of_part(self, part: int) -> Iterator[np.ndarray]:
        """The words of a part, of one pool after the other."""
        for written in self._written:
            blocks = list(written.blocks(part, self.block))
            yield np.concatenate(blocks) if blocks else np.empty(0, np.uint64)


class BoundedWords(WordTable):
    """A `WordTable` of at most about `most` bytes; `resolved` makes of what it gives ids that are words'."""

    def __init__(self, most: float, scratch: Scratch) -> None:
        super().__init__()
        self._most, self._scratch = most, scratch
        self._slots_at_most: float = _SLOTS
        self._apart: _Apart | None = None

    def admit(self, words: bytes, classes: np.ndarray) -> None:
        """Give ids to `words` before any others, however many they are."""
        self._slots_at_most = np.inf
        super().admit(words, classes)
        self._slots_at_most = _SLOTS

    def _step(self, text: np.ndarray, classes: np.ndarray, at: int, out: np.ndarray) -> tuple[int, int, int]:
        if self._apart is None:
            return super()._step(text, classes, at, out)
        at, found = _tokenize_known(
            text, classes, at, self._slots, self._keys, self._ends, self._pool, out, self._ahead, *self._apart.into()
        )
        return at, found, self.count

    def _grow(self, longest: int) -> None:
        if self._apart is not None:
            self._apart.make_room(longest // 8 + 3)
            return
        full = 2 * (self.count + 1) >= len(self._slots) >= self._slots_at_most
        if full or 3 * self.n_bytes + longest > self._most:
            self._apart = _Apart(self._most / 2, self._scratch)
        else:
            super()._grow(longest)

    def resolved(self, ids: np.ndarray | OnDisk, shelf: Shelf) -> np.ndarray | OnDisk:
        """`ids` with words in the place of parts: in their own place in memory, or put together on `shelf`."""
        if self._apart is None:
            return ids
        n_pools = self._apart.finish()
        known, bounds = self._named(n_pools)
        self._apart.close()
        self._apart = None
        pool, used, left = -1, np.empty(0, np.uint32), 0
        begins = np.zeros(1 << _BITS, np.int64)
        for first in range(0, len(ids), _UNITS):
            chunk, done = ids[first : first + _UNITS].view(np.int32), 0
            while True:
                done, left = _resolve(chunk, done, used, begins, left)
                if done == len(chunk):
                    break
                pool += 1
                used, begins, left = _of_pool(known, bounds[:, pool : pool + 2])
            if isinstance(ids, OnDisk):
                shelf.add(chunk.view(np.uint32))
        if isinstance(known, OnDisk):
            known.file.close()
        if isinstance(ids, OnDisk):
            ids.file.close()
            return shelf.whole()
        return ids.view(np.uint32)

    def _named(self, n_pools: int) -> tuple[np.ndarray | OnDisk, np.ndarray]:
        """The ids of the words that were put apart, by parts and then by pools, and where those of each begin."""
        assert self._apart is not None
        shelf, next_id, total = Shelf(self._scratch, self._most / 4), self.count, 0
        bounds = np.zeros((1 << _BITS, n_pools + 1), np.int64)
        table = _Names()
        for part in range(1 << _BITS):
            table.begin(next_id)
            bounds[part, 0] = total
            for pool, words in enumerate(self._apart.of_part(part)):
                ids = table.ids(words)
                if table.n_bytes + words.nbytes > self._most:
                    raise NoRoomError("its distinct words take more memory than it may have; pass more --memory")
                shelf.add(ids)
                total += len(ids)
                bounds[part, pool + 1] = total
            next_id = table.next_id
        return shelf.whole(), bounds


def _of_pool(known: np.ndarray | OnDisk, bounds: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
    """Ids of the words of one pool, where those of each part begin among them, and how many there are."""
    sizes = bounds[:, 1] - bounds[:, 0]
    if isinstance(known, np.ndarray):
        return known, bounds[:, 0].copy(), int(sizes.sum())
    ids = np.concatenate([known[first:last] for first, last in bounds.tolist()])
    return ids, np.cumsum(sizes) - sizes, len(ids)


class _Names:
    """Distinct words of one part after the other, and their ids."""

    def __init__(self) -> None:
        self._slots, self._text = np.zeros(1 << 12, np.uint64), np.empty(1 << 12, np.uint64)
        self._state = np.zeros(2, np.int64)
        self._ids, self._ahead = np.empty(0, np.uint32), np.zeros((_AT_ONCE + 1, 2), np.uint64)
        self._first = 0

    @property
    def n_bytes(self) -> int:
        """Bytes that it takes."""
        return self._slots.nbytes + self._text.nbytes + self._ids.nbytes

    @property
    def next_id(self) -> int:
        """The id of the next distinct word."""
        return self._first + int(self._state[_TAKEN])

    def begin(self, first: int) -> None:
        """Begin with a part, whose ids are from `first` on."""
        self._first = first
        self._slots[:], self._state[:] = 0, 0

    def ids(self, words: np.ndarray) -> np.ndarray:
        """The ids of words by their text."""
        if self._state[_TEXT] + len(words) > len(self._text):
            self._text.resize(int(self._state[_TEXT] + len(words)) * 3 // 2, refcheck=False)
        if len(words) > len(self._ids):
            self._ids = np.empty(len(words) * 3 // 2, np.uint32)
        done = found = 0
        while True:
            done, found = _name(
                words, done, self._slots, self._text, self._state, self._first, self._ids, found, self._ahead
            )
            if done == len(words):
                return self._ids[:found]
            wider = np.zeros(2 * len(self._slots), np.uint64)
            spread.refilled(self._slots, wider)
            self._slots = wider


@inlined
def _set_apart(
    text: Any, first: Any, end: Any, part: Any, block: Any, pool: Any, places: Any, owners: Any, state: Any
) -> None:
    """Put the text of a word to its part."""
    size, place = end - first, places[part, spread.NEXT]
    n = size >> 3
    if size < _LARGE and place + n < places[part, spread.END] and end + 8 <= len(text):
        pool[place] = eight_bytes(text, first) & _SEVEN
        for j in range(n):
            pool[place + j + 1] = eight_bytes(text, first + 7 + 8 * j)
        pool[place + n] &= ~_ZERO >> np.uint64(56 - 8 * (size & 7) + (0 if n > 0 else 8))
        pool[place] |= np.uint64(size) << _S56
        places[part, spread.NEXT] = place + n + 1
        return
    value = bytes_at(text, first, min(end, first + 7)) | np.uint64(min(size, _LARGE)) << _S56
    spread.put(value, part, block, pool, places, owners, state)
    if size >= _LARGE:
        spread.put(np.uint64(size), part, block, pool, places, owners, state)
    for at in range(first + 7, end, 8):
        spread.put(bytes_at(text, np.int64(at), end), part, block, pool, places, owners, state)


@bare
def _tokenize_known(
    text: Any, classes: Any, at: int, slots: Any, keys: Any, ends: Any, pool: Any, out: Any, ahead: Any,
    block: Any, apart: Any, places: Any, owners: Any, state: Any,
) -> Any:  # fmt: skip
    """Number the words of a text by a table that takes no more of them: those that are not in it are put apart.

    In their place stands -1 - part. Returns where it stopped, for want of room, and how many words there are.
    """
    i, found = np.int64(at), 0
    while i < len(text) and found + WORDS_AHEAD <= len(out):
        i, several = cut_words(text, classes, i, ahead)
        for j in range(several):  # a table that a cache holds is not asked ahead
            _, word = look_up(text, ahead, j, slots, keys, ends, pool)
            if word < 0:
                first, end = np.int64(ahead[j, START]), np.int64(ahead[j, END])
                blocks = 2 + _LARGE // 64 if end - first < _LARGE else 2 + (end - first) // (8 * block)
                if state[spread.USED] + blocks > len(owners):
                    return first, found
                part = np.int64(ahead[j, HASH] >> _PART)
                _set_apart(text, first, end, part, block, apart, places, owners, state)
                word = np.int64(-1) - part
            out[found] = word
            found += 1
    return i, found


@inlined
def _numbers_of(words: Any, at: Any) -> Any:
    """How many numbers the word takes whose text begins at `at`."""
    size = words[at] >> _S56
    if size == _LARGE:
        return np.int64(2) + np.int64(words[at + 1] >> np.uint64(3))
    return np.int64(1) + np.int64(size >> np.uint64(3))


@inlined
def _hash_of(words: Any, at: Any, n: Any) -> Any:
    """The hash of a word of `n` numbers."""
    value = words[at]
    for j in range(at + 1, at + n):
        value = (value ^ value >> S32) * MIX ^ words[j]
    value = (value ^ value >> S32) * MIX
    value = (value ^ value >> S32) * MIX
    return value ^ value >> S32


@inlined
def _equal(words: Any, at: Any, text: Any, place: Any, n: Any) -> Any:
    """Whether `n` numbers are the same."""
    for j in range(n):  # noqa: SIM110  (numba has no all() of a generator)
        if words[at + j] != text[place + j]:
            return False
    return True


@bare
def _name(
    words: Any, done: int, slots: Any, text: Any, state: Any, first: int, ids: Any, found: int, ahead: Any
) -> Any:
    """Number words by their text, from that at `done` on; returns where it stopped, for want of room in the table.

    A place of the table has two numbers: the hash of a word, and its number above where it stands in `text`, from 1 on.
    """
    at, mask = np.int64(done), np.uint64(len(slots) // 2 - 1)
    taken, used, room = state[_TAKEN], state[_TEXT], len(slots) // 4 - _AT_ONCE
    while at < len(words) and taken < room:
        several = 0
        while several < _AT_ONCE and at < len(words):
            n = _numbers_of(words, at)
            value = _hash_of(words, at, n)
            prefetch(slots, (value & mask) << ONE)
            ahead[several, 0], ahead[several, 1] = value, at
            several += 1
            at += n
        ahead[several, 1] = at
        for j in range(several):
            value, begin = ahead[j, 0], np.int64(ahead[j, 1])
            n, slot = np.int64(ahead[j + 1, 1]) - begin, (value & mask) << ONE
            known = slots[slot + ONE]
            while known != _ZERO:
                if slots[slot] == value and _equal(words, begin, text, np.int64(known & LOW) - 1, n):
                    break
                slot = (slot + _TWO) & (mask << ONE)
                known = slots[slot + ONE]
            if known == _ZERO:
                for k in range(n):
                    text[used + k] = words[begin + k]
                known = np.uint64(taken) << S32 | np.uint64(used + 1)
                slots[slot], slots[slot + ONE] = value, known
                taken += 1
                used += n
            ids[found] = first + np.int64(known >> S32)
            found += 1
    state[_TAKEN], state[_TEXT] = taken, used
    return at, found


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
