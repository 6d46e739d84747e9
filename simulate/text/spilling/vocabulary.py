"""Ids of words where the distinct words do not fit into memory.

Words are met in one table until that has the size that is allowed. From then on a word that is not in it, as rare words
are, goes to a part by its hash, with its text; in its place stands the number of the part. When all text was read, each
part gets a table of its own, and each of its words an id where its text came from; the units are gone through once
more, and every word that stands there by its part finds its id next in it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from simulate.drawing.compiled import bare
from simulate.text.cutting.characters import character_classes
from simulate.text.cutting.numbering import Words
from simulate.text.cutting.tokenizing import WordTable, tokenize_known
from simulate.text.reading.room import NoRoomError
from simulate.text.spilling.scratch import OnDisk, Scratch, ScratchFile, Shelf

N_PARTS = 256
_TEXT = 1 << 22
"""Bytes of words that are put apart at a time."""

_UNITS = 1 << 20


class UnitShelf(Shelf):
    """Where the units of a text go: up to `most` bytes of them in memory, and of words up to `most_words` beside."""

    def __init__(self, scratch: Scratch, most: float, most_words: float) -> None:
        super().__init__(scratch, most)
        self._scratch, self._most_words = scratch, most_words

    def words(self, unit: str) -> Words:
        """Numbers for the words of a text."""
        return Words(unit, lambda: BoundedWords(self._most_words, self._scratch, unit), self._most_words)

    def laid_out(self, ids: Any, first: np.ndarray, sizes: np.ndarray, places: np.ndarray) -> np.ndarray | OnDisk:
        """The stretches of `ids` from `first` on, of these `sizes`, in the order of `places`."""
        for some in np.array_split(places, max(1, len(places) >> 8)):  # many stretches are one array
            self.add(np.concatenate([ids[first[one] : first[one] + sizes[one]] for one in some]))
        return self.whole()


class _Run(NamedTuple):
    """Words in the order of their parts: where their text begins in the file, and where their ids will."""

    text: int
    text_ends: np.ndarray
    ids: int
    ends: np.ndarray


class BoundedWords(WordTable):
    """A `WordTable` of at most about `most` bytes; `resolved` makes of what it gives ids that are words'."""

    def __init__(self, most: float, scratch: Scratch, unit: str) -> None:
        super().__init__()
        self._most, self._scratch, self._classes = most, scratch, character_classes(unit)
        self._full = False
        self._file: ScratchFile | None = None
        self._runs: list[_Run] = []
        self._text: list[np.ndarray] = []
        self._sizes: list[np.ndarray] = []
        self._parts: list[np.ndarray] = []
        self._held = 0

    def _step(self, text: np.ndarray, classes: np.ndarray, at: int, out: np.ndarray) -> tuple[int, int, int]:
        if not self._full:
            return super()._step(text, classes, at, out)
        cold = np.empty((len(out), 3), np.int64)
        copied = np.empty(len(text) - at + len(out), np.uint8)
        at, found, n_cold, n_bytes = tokenize_known(
            text, classes, at, self._slots, self._keys, self._ends, self._pool, N_PARTS, out, cold, copied
        )
        if n_cold:
            self._text.append(copied[:n_bytes].copy())
            self._sizes.append(cold[:n_cold, 0].astype(np.uint32))
            self._parts.append(cold[:n_cold, 1].astype(np.uint16))
            self._held += n_bytes
            if self._held >= _TEXT:
                self._set_apart()
        return at, found, self.count

    def _grow(self, longest: int) -> None:
        if 3 * self.n_bytes + longest > self._most:
            self._full = True
        else:
            super()._grow(longest)

    def _set_apart(self) -> None:
        """Write the words that wait, in the order of their parts."""
        if not self._text:
            return
        text, sizes, parts = (np.concatenate(each) for each in (self._text, self._sizes, self._parts))
        self._text, self._sizes, self._parts, self._held = [], [], [], 0
        ends, text_ends = np.zeros(N_PARTS, np.int64), np.zeros(N_PARTS, np.int64)
        ordered = np.empty_like(text)
        _split(text, sizes, parts, ordered, ends, text_ends)
        if self._file is None:
            self._file = self._scratch.file()
        first = self._file.append(ordered)
        self._runs.append(_Run(first, text_ends, self._file.append(np.empty(len(sizes), np.uint32)), ends))

    def resolved(self, ids: np.ndarray | OnDisk, shelf: Shelf) -> np.ndarray | OnDisk:
        """`ids` with words in the place of parts, put together on `shelf`."""
        self._set_apart()
        if self._file is None:
            return ids
        next_id = self.count
        for part in range(N_PARTS):
            next_id += self._name(part, next_id)
        run, begins, known, used = 0, np.zeros(N_PARTS, np.int64), np.empty(0, np.uint32), 0
        for first in range(0, len(ids), _UNITS):
            chunk, done = np.array(ids[first : first + _UNITS]), 0
            while True:
                done, used = _resolve(chunk, done, known, begins, used)
                if done == len(chunk):
                    break
                one, run = self._runs[run], run + 1
                known, used = self._file.read(np.empty(int(one.ends[-1]), np.uint32), one.ids), 0
                begins = np.concatenate([np.zeros(1, np.int64), one.ends[:-1]])
            shelf.add(chunk.view(np.uint32))
        self._file.close()
        if isinstance(ids, OnDisk):
            ids.file.close()
        return shelf.whole()

    def _name(self, part: int, first: int) -> int:
        """Write ids from `first` on for the words of a part; returns how many distinct ones there are."""
        assert self._file is not None
        table = WordTable()
        for run in self._runs:
            low, high = (int(run.text_ends[part - 1]) if part else 0), int(run.text_ends[part])
            text = self._file.read(np.empty(high - low, np.uint8), run.text + low)
            ids = table.ids(text.tobytes(), self._classes).astype(np.uint32) + np.uint32(first)
            if table.n_bytes > self._most:
                raise NoRoomError("its distinct words take more memory than it may have; pass more --memory")
            self._file.write(ids, run.ids + 4 * (int(run.ends[part - 1]) if part else 0))
        return table.count


@bare
def _split(text: Any, sizes: Any, parts: Any, ordered: Any, ends: Any, text_ends: Any) -> None:
    """Words in the order of their parts; `ends` and `text_ends` become where the words and bytes of each part end."""
    for i in range(len(sizes)):
        ends[parts[i]] += 1
        text_ends[parts[i]] += sizes[i]
    words, n_bytes = np.int64(0), np.int64(0)
    for part in range(len(ends)):
        words += ends[part]
        ends[part] = words
        n_bytes += text_ends[part]
        text_ends[part] = n_bytes - text_ends[part]
    at = np.int64(0)
    for i in range(len(sizes)):
        begin = text_ends[parts[i]]
        for j in range(np.int64(sizes[i])):
            ordered[begin + j] = text[at + j]
        text_ends[parts[i]] = begin + sizes[i]
        at += sizes[i]


@bare
def _resolve(chunk: Any, done: int, known: Any, begins: Any, used: int) -> Any:
    """Put ids in the place of parts, from unit `done` on; stops where all of `known` are used."""
    for i in range(done, len(chunk)):
        if chunk[i] < 0:
            if used == len(known):
                return i, used
            part = -1 - chunk[i]
            chunk[i] = np.int32(known[begins[part]])
            begins[part] += 1
            used += 1
    return len(chunk), used
