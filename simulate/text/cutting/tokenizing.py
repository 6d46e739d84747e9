r"""The loop that cuts UTF-8 text into words and gives each distinct word an id.

It equals ``re.findall`` with the pattern of the unit in `units`, followed by a dictionary, at the speed of a scan: for
unit word ``re.findall(r"\w+|[^\w\s]", text)``. Which code points are what comes in as classes. Nothing rests on hashes
being different: a word of up to 23 bytes is a key of three integers, its bytes and how many they are, and is compared
as that; longer ones are compared byte by byte.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from simulate.drawing.compiled import bare, compiled, copy_eight, inlined, prefetch
from simulate.drawing.stream import LOW, ONE, ZERO
from simulate.text.cutting.bounding import (
    END,
    FIRST,
    HASH,
    KEY,
    LONG,
    S56,
    SECOND,
    SHORT,
    START,
    THIRD,
    WORDS_AHEAD,
    cut_words,
    hash_of_key,
    rows_ahead,
)  # fmt: skip
from simulate.text.reading.room import require

_TWO, _THREE = np.uint64(2), np.uint64(3)
_HIGH = np.uint64(0xFFFFFFFF00000000)
_LEAST = 1 << 12
"""Places of a table at first."""
_PART = 1 << 20
"""Words whose ids are written before they are put aside: a block may be one long word, and a block of commas."""


class WordTable:
    """Words met so far, each with an id in the order of first appearance."""

    def __init__(self) -> None:
        self.count = 0
        self._slots = np.zeros(_LEAST, dtype=np.uint64)  # half of the hash, then id + 1 of the word; 0 where empty
        self._keys = np.zeros(KEY * (_LEAST // 2), dtype=np.uint64)  # three integers a word, as `bounding` makes them
        self._ends = np.zeros(1 << 8, dtype=np.int64)  # long word t is pool[ends[t] : ends[t + 1]]
        self._pool = np.zeros(1 << 14, dtype=np.uint8)
        self._out = np.empty(0, dtype=np.int32)
        self._ahead = rows_ahead()
        self._long = np.zeros(1, dtype=np.int64)  # how many of them there are

    def ids(self, block: bytes | bytearray, classes: np.ndarray) -> np.ndarray:
        """Ids (int32) of the words in `block`, which is valid UTF-8 and starts and ends between words."""
        text = np.frombuffer(block, dtype=np.uint8)
        text.flags.writeable = False  # bytes or not: a loop is compiled, and loaded, for one kind of array
        parts: list[np.ndarray] = []
        if len(self._out) < min(len(text), _PART) + WORDS_AHEAD:  # kept: new memory costs more than what is done in it
            self._out = np.empty(min(len(text), _PART) + WORDS_AHEAD, dtype=np.int32)
        out = self._out
        at = found = 0
        while True:
            at, new, self.count = self._step(text, classes, at, out[found:])
            found += new
            if at == len(text):
                return np.concatenate([*parts, out[:found]])
            # The loop stops at a word for which there is no room. Growing here keeps it free of array
            # reassignments, which slow it down.
            if len(out) - found < WORDS_AHEAD:
                parts.append(out[:found].copy())
                found = 0
            else:
                self._grow(len(text) - at)

    def _step(self, text: np.ndarray, classes: np.ndarray, at: int, out: np.ndarray) -> tuple[int, int, int]:
        """Write ids of the words from byte `at` on: where it stopped, how many there are, and the words met so far."""
        stopped: tuple[int, int, int] = _tokenize(
            text, classes, at, *self._arrays, self._long, self.count, out, self._ahead
        )
        return stopped

    @property
    def _arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """What words are looked up in: places, keys, and of long ones the ends and the bytes."""
        return self._slots, self._keys, self._ends, self._pool

    @property
    def n_bytes(self) -> int:
        """Bytes that the table takes."""
        return sum(array.nbytes for array in self._arrays)

    def admit(self, words: bytes, classes: np.ndarray) -> None:
        """Give ids to `words` before any others."""
        self.ids(words, classes)

    def later(self, ids: Any, shelf: Any) -> Any:
        """`ids` as they were given: every word has one."""
        del shelf
        return ids

    def texts(self) -> tuple[str, ...]:
        """The words, by id."""
        text, ends, _ = self.packed()
        pool, begins = text.tobytes(), np.append(0, ends[:-1])[: self.count]
        return tuple(pool[first:end].decode("utf-8") for first, end in zip(begins.tolist(), ends.tolist(), strict=True))

    def packed(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The words by id: their bytes one after the other, where each ends (int64), and their hashes (uint64)."""
        keys = self._keys[: KEY * self.count].reshape(-1, KEY)
        sizes, long = (keys[:, 0] >> S56).astype(np.int64), keys[:, 0] > LONG
        places = (keys[long, 0] & ~LONG).astype(np.int64) - 1
        sizes[long] = self._ends[places + 1] - self._ends[places]
        ends = np.cumsum(sizes)
        text = np.empty(int(ends[-1]) if self.count else 0, dtype=np.uint8)
        hashes = np.empty(self.count, dtype=np.uint64)
        _unpack(keys, self._ends, self._pool, text, hashes)
        return text, ends, hashes

    def _grow(self, longest: int) -> None:
        if 2 * (self.count + 1) >= len(self._slots):
            require(6 * self._slots.nbytes)
            self._slots = refilled(self._slots, 2, self._keys, self.count)
            keys = np.empty(KEY * (len(self._slots) // 2), dtype=np.uint64)  # anew, in huge pages: it is read anywhere
            keys[: KEY * self.count] = self._keys[: KEY * self.count]
            self._keys = keys
            return
        if self._long[0] + 2 > len(self._ends):
            self._ends.resize(2 * len(self._ends), refcheck=False)
            return
        used = int(self._ends[self._long[0]])
        # Doubling covers all but a word longer than everything before it, which gets what it needs and no more.
        size = used + longest + 8 if longest > len(self._pool) else 2 * len(self._pool)
        require(size)
        self._pool.resize(size, refcheck=False)


@compiled
def _unpack(keys: Any, ends: Any, pool: Any, text: Any, hashes: Any) -> None:
    """The bytes of words one after the other, and their hashes."""
    at = np.int64(0)
    for i in range(len(keys)):
        size = np.int64(keys[i, 0] >> S56)
        hashes[i] = _hash_of(keys[i, 0], keys[i, 1], keys[i, 2])
        if size <= SHORT:
            for j in range(size):
                bits = keys[i, (j + 1) // 8] >> np.uint64(8 * (j if j < 7 else (j + 1) % 8))
                text[at] = np.uint8(bits & np.uint64(255))
                at += 1
            continue
        place = np.int64(keys[i, 0] & ~LONG) - 1
        for j in range(ends[place], ends[place + 1]):
            text[at] = pool[j]
            at += 1


@inlined
def _hash_of(low: Any, middle: Any, high: Any) -> Any:
    """The hash of a word that is in the table; of what a long one is, not of where it stands in the pool."""
    return hash_of_key(low if low < LONG else LONG, middle, high)


def refilled(slots: np.ndarray, times: int, keys: np.ndarray, count: int) -> np.ndarray:
    """The `count` words that have these `keys` in so many times as many places."""
    wider = np.zeros(times * len(slots), dtype=np.uint64)
    _fill(wider, keys, count)
    return wider


@bare
def _fill(slots: Any, keys: Any, count: int) -> None:
    mask = np.uint64(len(slots) - 1)
    for word in range(count):
        value = _hash_of(keys[KEY * word], keys[KEY * word + 1], keys[KEY * word + 2])
        slot = value & mask
        while slots[slot] != ZERO:
            slot = (slot + ONE) & mask
        slots[slot] = value & _HIGH | np.uint64(word + 1)


@bare
def _same(text: Any, first: Any, end: Any, place: Any, ends: Any, pool: Any) -> bool:
    """Whether the bytes from `first` to `end` are those of a long word."""
    start, size = ends[place], end - first
    if size != ends[place + 1] - start:
        return False
    for i in range(size):  # noqa: SIM110  (numba has no all() of a generator)
        if text[first + i] != pool[start + i]:
            return False
    return True


@bare
def _append(text: Any, first: int, end: int, place: Any, ends: Any, pool: Any) -> None:
    """Put a long word to the pool."""
    start, size, copied = ends[place], end - first, 0
    if end + 8 <= len(text) and start + size + 8 <= len(pool):
        while copied < size:  # some bytes too many, which the next word writes over
            copy_eight(text, first + copied, pool, start + copied)
            copied += 8
    for j in range(copied, size):
        pool[start + j] = text[first + j]
    ends[place + 1] = start + size


@inlined
def look_up(text: Any, ahead: Any, j: Any, slots: Any, keys: Any, ends: Any, pool: Any) -> Any:
    """The slot of word `j` of those `ahead`, and its id; where it would belong and -1 without."""
    mask, value = np.uint64(len(slots) - 1), ahead[j, HASH]
    low, middle, high = ahead[j, FIRST], ahead[j, SECOND], ahead[j, THIRD]
    slot = value & mask
    known = slots[slot]
    while known != ZERO:
        if (known ^ value) & _HIGH == ZERO:
            word = (known & LOW) - ONE
            at = word + word + word
            other = keys[at]
            alike = keys[at + ONE] == middle and keys[at + _TWO] == high
            if alike and (other == low or (low == LONG and other > LONG)):
                place = np.int64(other & ~LONG) - 1
                first, end = np.int64(ahead[j, START]), np.int64(ahead[j, END])
                if low != LONG or _same(text, first, end, place, ends, pool):
                    return slot, np.int64(word)
        slot = (slot + ONE) & mask
        known = slots[slot]
    return slot, np.int64(-1)


@bare
def _tokenize(
    text: Any, classes: Any, at: int, slots: Any, keys: Any, ends: Any, pool: Any, long: Any, count: int, out: Any,
    ahead: Any,
) -> Any:  # fmt: skip
    """Write ids of the words from byte `at` on; return where it stopped, how many, and the size of the table."""
    i, found = np.int64(at), 0
    room = len(slots) // 2 - 1
    while i < len(text):
        if found + WORDS_AHEAD > len(out):
            return i, found, count
        i, several = cut_words(text, classes, i, ahead)
        _ask_ahead(several, slots, keys, ahead)
        for j in range(several):
            slot, word = look_up(text, ahead, j, slots, keys, ends, pool)
            if word < 0:
                word = np.int64(count)
                first, end, low = np.int64(ahead[j, START]), np.int64(ahead[j, END]), ahead[j, FIRST]
                if word >= room:
                    return first, found, count
                if low == LONG:
                    place = long[0]
                    if place + 2 > len(ends) or ends[place] + end - first > len(pool):
                        return first, found, count
                    _append(text, first, end, place, ends, pool)
                    long[0] = place + 1
                    low |= np.uint64(place + 1)
                keys[KEY * word], keys[KEY * word + 1], keys[KEY * word + 2] = low, ahead[j, SECOND], ahead[j, THIRD]
                slots[slot] = ahead[j, HASH] & _HIGH | np.uint64(word + 1)
                count += 1
            out[found] = word
            found += 1
    return i, found, count


@bare
def _ask_ahead(several: int, slots: Any, keys: Any, ahead: Any) -> None:
    """Ask for what the look-ups of the next words will read, so that memory fetches it all at the same time."""
    mask = np.uint64(len(slots) - 1)
    for j in range(several):
        prefetch(slots, ahead[j, HASH] & mask)
    for j in range(several):
        word = slots[ahead[j, HASH] & mask] & LOW
        prefetch(keys, word + word + word - _THREE if word > ZERO else ZERO)
