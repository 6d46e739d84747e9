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

from typing import Any

import numpy as np

from simulate.drawing.compiled import bare
from simulate.drawing.stream import LOW, ONE
from simulate.text.cutting.bounding import END, FIRST, HASH, SECOND, START, THIRD, WORDS_AHEAD, cut_words
from simulate.text.cutting.numbering import Words
from simulate.text.cutting.tokenizing import WordTable, look_up, refilled
from simulate.text.reading.room import NoRoomError
from simulate.text.spilling.scratch import OnDisk, Scratch, Shelf
from simulate.text.spilling.words.apart import BITS, Apart, has_room, put
from simulate.text.spilling.words.names import Names

_SLOTS, _SPARSE = 1 << 14, 2
"""Places of the table of the words that are met first, and how many times as many it has in the end: with the words
half a megabyte, which the second-level cache holds. Most words that are not there find their place empty."""

_UNITS = 1 << 20
_ZERO, _TWO = np.uint64(0), np.uint64(2)


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


class BoundedWords(WordTable):
    """A `WordTable` of at most about `most` bytes; `resolved` makes of what it gives ids that are words'."""

    def __init__(self, most: float, scratch: Scratch) -> None:
        super().__init__()
        self._most, self._scratch = most, scratch
        self._slots_at_most: float = _SLOTS
        self._apart: Apart | None = None
        self._others = np.zeros(WORDS_AHEAD, np.int64)

    def admit(self, words: bytes, classes: np.ndarray) -> None:
        """Give ids to `words` before any others, however many they are."""
        self._slots_at_most = np.inf
        super().admit(words, classes)
        self._slots_at_most = _SLOTS

    def _step(self, text: np.ndarray, classes: np.ndarray, at: int, out: np.ndarray) -> tuple[int, int, int]:
        if self._apart is None:
            return super()._step(text, classes, at, out)
        at, found = _tokenize_known(
            text, classes, at, self._slots, self._keys, self._ends, self._pool, out, self._ahead, self._others,
            *self._apart.into(),
        )
        return at, found, self.count

    def _grow(self, longest: int) -> None:
        if self._apart is not None:
            self._apart.make_room(longest // 8 + 3)
            return
        full = 2 * (self.count + 1) >= len(self._slots) >= self._slots_at_most
        if full or 3 * self.n_bytes + longest > self._most:
            self._apart = Apart(self._most / 2, self._scratch)
            self._slots = refilled(self._slots, _SPARSE, self._keys, self.count)
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
        begins = np.zeros(1 << BITS, np.int64)
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
        bounds = np.zeros((1 << BITS, n_pools + 1), np.int64)
        table = Names()
        for part in range(1 << BITS):
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


@bare
def _tokenize_known(
    text: Any, classes: Any, at: int, slots: Any, keys: Any, ends: Any, pool: Any, out: Any, ahead: Any, others: Any,
    near: Any, fills: Any, blocks: Any, owners: Any, used: Any,
) -> Any:  # fmt: skip
    """Number the words of a text by a table that takes no more of them: those that are not in it are put apart.

    In their place stands -1 - part. Returns where it stopped, for want of room, and how many words there are.

    Most words that are in the table are at their first place. Whether one is there is written down for all words that
    are cut together before anything is done about it; a table that a cache holds is not asked ahead.
    """
    i, found, mask = np.int64(at), 0, np.uint64(len(slots) - 1)
    while i < len(text) and found + WORDS_AHEAD <= len(out):
        i, several = cut_words(text, classes, i, ahead)
        n_others = 0
        for j in range(several):
            known = slots[ahead[j, HASH] & mask] & LOW
            word = known - (ONE if known > _ZERO else _ZERO)
            key = word + word + word
            other = keys[key] ^ ahead[j, FIRST] | keys[key + ONE] ^ ahead[j, SECOND] | keys[key + _TWO] ^ ahead[j, THIRD]
            out[found + j] = word
            others[n_others] = j
            n_others += 1 if other != _ZERO else 0
        for one in range(n_others):
            j = others[one]
            _, word = look_up(text, ahead, j, slots, keys, ends, pool)
            if word < 0:
                first, end = np.int64(ahead[j, START]), np.int64(ahead[j, END])
                if not has_room(end - first, owners, used):
                    return first, found + j
                word = np.int64(-1) - put(text, ahead, j, near, fills, blocks, owners, used)
            out[found + j] = word
        found += several
    return i, found


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
