"""Numbers for the words of one part after the other, by their text.

A place of the table has two numbers: the hash of a word; and its own number, above where its key stands among those of
all words, from 1 on. A word that is longer than a key stands there whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from simulate.drawing.compiled import bare, inlined, prefetch
from simulate.drawing.stream import LOW, ONE, S32, ZERO
from simulate.text.cutting.bounding import KEY, S56, hash_of_key
from simulate.text.reading.room import NoRoomError
from simulate.text.spilling import spread
from simulate.text.spilling.scratch import OnDisk, Scratch, Shelf
from simulate.text.spilling.words.apart import LARGE, N_PARTS, Apart

_AT_ONCE = 64
_TWO, _THREE = np.uint64(2), np.uint64(3)
_LONGER = np.uint64(8 * KEY) << S56
"""The first number of a word that has more of them than a key is this, or above."""
_TAKEN, _USED = 0, 1
"""Places in the `state` of `_name`: how many words there are, and how many numbers of their keys."""
_HASH, _AT, _LOW, _MIDDLE, _HIGH = 0, 1, 2, 3, 4
"""Places in a row of `ahead`: hash, place and key of a word."""


class Named(NamedTuple):
    """Ids of words by parts, and in a part as they were put there: `ids` of all of them, one part after the other."""

    ids: np.ndarray | OnDisk
    bounds: np.ndarray
    """(part, pool) where the words of each pool begin among `ids`, and at last where those of the part end."""


def numbered(apart: Apart, most: float) -> Iterator[tuple[list[np.ndarray], int]]:
    """For each part the numbers of its words, from 0 on as they are met, those of each pool apart; and how many it has.

    NoRoomError where the words of a part take more than `most` bytes.
    """
    apart.finish()
    names = Names()
    for part in range(N_PARTS):
        names.begin()
        found = []
        for words in apart.of_part(part):
            found.append(names.ids(words).copy())
            if names.n_bytes + words.nbytes > most:
                raise NoRoomError("its distinct words take more memory than it may have; pass more --memory")
        yield found, names.count


def named(apart: Apart, first: int, most: float, scratch: Scratch) -> Named:
    """Ids from `first` on for the words that were put apart, as `numbered`.

    Up to a quarter of `most` bytes of them stay in memory.
    """
    n_pools, shelf = apart.finish(), Shelf(scratch, most / 4)
    bounds = np.zeros((N_PARTS, n_pools + 1), np.int64)
    for part, (found, count) in enumerate(numbered(apart, most)):
        bounds[part, 0] = shelf.n_units
        for pool, ids in enumerate(found):
            shelf.add(ids + np.uint32(first))
            bounds[part, pool + 1] = shelf.n_units
        first += count
    return Named(shelf.whole(), bounds)


class Names:
    """Distinct words of one part after the other, and their numbers."""

    def __init__(self) -> None:
        self._slots, self._keys = np.zeros(1 << 12, np.uint64), np.empty(1 << 12, np.uint64)
        self._state = np.zeros(2, np.int64)
        self._ids = np.empty(0, np.uint32)
        self._ahead, self._others = np.zeros((_AT_ONCE + 1, _HIGH + 1), np.uint64), np.zeros(_AT_ONCE, np.int64)

    @property
    def n_bytes(self) -> int:
        """Bytes that it takes."""
        return self._slots.nbytes + self._keys.nbytes + self._ids.nbytes

    @property
    def count(self) -> int:
        """How many distinct words there are."""
        return int(self._state[_TAKEN])

    def begin(self) -> None:
        """Begin with a part."""
        self._slots[:], self._state[:] = 0, 0

    def ids(self, words: np.ndarray) -> np.ndarray:
        """The numbers of words by their text, from 0 on as they are met; there until the next ones are asked for."""
        if len(words) > len(self._ids):
            self._ids = np.empty(len(words) * 3 // 2, np.uint32)
        done = found = 0
        while True:
            done, found, wanted = _name(
                words, done, self._slots, self._keys, self._state, self._ids, found, self._ahead, self._others,
            )  # fmt: skip
            if done == len(words):
                return self._ids[:found]
            if wanted:
                self._keys.resize(max(2 * len(self._keys), wanted), refcheck=False)
                continue
            wider = np.zeros(2 * len(self._slots), np.uint64)
            spread.refilled(self._slots, wider)
            self._slots = wider


@inlined
def _numbers_of(words: Any, at: Any) -> Any:
    """How many numbers the word takes whose text begins at `at`."""
    size = words[at] >> S56
    if size == LARGE:
        return np.int64(2) + np.int64(words[at + 1] >> _THREE)
    return np.int64(1) + np.int64(size >> _THREE)


@inlined
def _hash_of(words: Any, at: Any, n: Any) -> Any:
    """The hash of a word of so many numbers, more than a key has."""
    value = words[at]
    for j in range(at + 1, at + n):
        value = hash_of_key(value, words[j], np.uint64(j - at))
    return value


@inlined
def _all_if(yes: Any) -> Any:
    return ZERO - np.uint64(yes)


@bare
def _read_ahead(words: Any, at: int, slots: Any, keys: Any, ahead: Any) -> Any:
    """Hash, place and key of the next words; returns where they end, and how many they are.

    What stands behind a word counts for nothing in its key: words of every size take the same time.
    """
    mask, last, several = np.uint64(len(slots) // 2 - 1), len(words) - 1, 0
    while several < _AT_ONCE and at < len(words):
        n = _numbers_of(words, at)
        low, middle = words[at], words[min(at + 1, last)] & _all_if(n > 1)
        high = words[min(at + 2, last)] & _all_if(n > 2)
        value = hash_of_key(low, middle, high) if n <= KEY else _hash_of(words, at, n)
        prefetch(slots, (value & mask) << ONE)
        ahead[several, _HASH], ahead[several, _AT] = value, at
        ahead[several, _LOW], ahead[several, _MIDDLE], ahead[several, _HIGH] = low, middle, high
        several += 1
        at += n
    ahead[several, _AT] = at
    for j in range(several):
        place = slots[((ahead[j, _HASH] & mask) << ONE) + ONE] & LOW
        prefetch(keys, place - (ONE if place > ZERO else ZERO))
    return at, several


@inlined
def _differs(ahead: Any, j: Any, keys: Any, place: Any) -> Any:
    """What the key of word `j` of those `ahead` has in another way than that at `place`; 0 where it is the same."""
    first = ahead[j, _LOW] ^ keys[place] | ahead[j, _MIDDLE] ^ keys[place + ONE]
    return first | ahead[j, _HIGH] ^ keys[place + _TWO]


@inlined
def _goes_on_alike(words: Any, at: Any, keys: Any, place: Any, n: Any) -> Any:
    """Whether the numbers of a word of `n` that are not in its key are those at `place` too."""
    for j in range(KEY, n):  # noqa: SIM110  (numba has no all() of a generator)
        if words[at + j] != keys[place + j]:
            return False
    return True


@bare
def _name(
    words: Any, done: int, slots: Any, keys: Any, state: Any, ids: Any, found: int, ahead: Any, others: Any
) -> Any:
    """Number words by their text, from that at `done` on.

    Returns where it stopped, how many ids there are, and how long `keys` would have to be, or 0 where it is the table
    that has no room. Most words that were met before are at their first place. Whether one is there is written down for
    all words that are read together before anything is done about it.
    """
    at, mask = np.int64(done), np.uint64(len(slots) // 2 - 1)
    taken, used, room, wanted = state[_TAKEN], state[_USED], len(slots) // 4 - _AT_ONCE, np.int64(0)
    while at < len(words) and taken < room:
        end, several = _read_ahead(words, at, slots, keys, ahead)
        if used + KEY * several + end - at > len(keys):
            wanted = used + KEY * several + end - at
            break
        n_others = 0
        for j in range(several):
            known = slots[((ahead[j, _HASH] & mask) << ONE) + ONE]
            other = _differs(ahead, j, keys, (known & LOW) - (ONE if known > ZERO else ZERO))
            others[n_others] = j
            n_others += 1 if (other != ZERO) | (known == ZERO) | (ahead[j, _LOW] >= _LONGER) else 0
            ids[found + j] = known >> S32
        for one in range(n_others):
            j = others[one]
            value, begin = ahead[j, _HASH], np.int64(ahead[j, _AT])
            n, slot = np.int64(ahead[j + 1, _AT]) - begin, (value & mask) << ONE
            known = slots[slot + ONE]
            while known != ZERO:
                place = (known & LOW) - ONE
                if _differs(ahead, j, keys, place) == ZERO and _goes_on_alike(words, begin, keys, np.int64(place), n):
                    break
                slot = (slot + _TWO) & (mask << ONE)
                known = slots[slot + ONE]
            if known == ZERO:
                keys[used], keys[used + 1], keys[used + 2] = ahead[j, _LOW], ahead[j, _MIDDLE], ahead[j, _HIGH]
                for k in range(KEY, n):
                    keys[used + k] = words[begin + k]
                known = np.uint64(taken) << S32 | np.uint64(used + 1)
                slots[slot], slots[slot + ONE] = value, known
                taken += 1
                used += max(n, KEY)
            ids[found + j] = known >> S32
        found += several
        at = end
    state[_TAKEN], state[_USED] = taken, used
    return at, found, wanted
