"""Ids of words where one table would hold more of them than the caches of a processor, or than memory.

Words are met in one table until that has the size that is allowed. From then on a word that is not in it, as rare words
are, goes with its text to a part by its hash; in its place stands the number of the part. When all text was read, each
part gets a table of its own, and each of its words an id (`simulate.text.spilling.words`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from simulate.drawing.compiled import bare
from simulate.drawing.stream import LOW, ONE, ZERO
from simulate.text.cutting.bounding import END, FIRST, HASH, SECOND, START, THIRD, WORDS_AHEAD, cut_words
from simulate.text.cutting.numbering import Words
from simulate.text.cutting.tokenizing import WordTable, look_up, refilled
from simulate.text.spilling.scratch import OnDisk, Scratch, Shelf
from simulate.text.spilling.words.apart import Apart, has_room, put
from simulate.text.spilling.words.later import LaterIds

_SLOTS, _SPARSE = 1 << 14, 2
"""Places of the table of the words that are met first, and how many times as many it has in the end: with the words
half a megabyte, which the second-level cache holds. Most words that are not there find their place empty."""

_TWO = np.uint64(2)


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
    """A `WordTable` of at most about `most` bytes; `later` makes of what it gives ids that are words'."""

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
            text, classes, at, *self._arrays, out, self._ahead, self._others, *self._apart.into()
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

    def later(self, ids: np.ndarray | OnDisk, shelf: Shelf) -> np.ndarray | OnDisk | LaterIds:
        """`ids`, where all are those of words; otherwise what makes words' ids of them once that is asked for."""
        if self._apart is None:
            return ids
        apart, self._apart = self._apart, None
        return LaterIds(ids, self.count, apart, self._most, self._scratch, shelf)


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
        place = np.uint64(found)
        n_others: Any = ZERO
        for j in range(np.uint64(several)):
            known = slots[ahead[j, HASH] & mask] & LOW
            word = known - (ONE if known > ZERO else ZERO)
            key = word + word + word
            other = keys[key] ^ ahead[j, FIRST] | keys[key + ONE] ^ ahead[j, SECOND]
            other |= keys[key + _TWO] ^ ahead[j, THIRD]
            out[place + j] = word
            others[n_others] = np.int64(j)
            n_others += np.uint64(other != ZERO)
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
