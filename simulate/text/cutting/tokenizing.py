r"""The loop that cuts UTF-8 text into words and gives each distinct word an id.

It equals ``re.findall`` with the pattern of the unit in `units`, followed by a dictionary, at the speed of a scan: for
unit word ``re.findall(r"\w+|[^\w\s]", text)``. Which code points are what comes in as classes. Long words are
compared byte by byte where their hashes agree, so a collision costs time, never a count; short ones are their hash.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from simulate.drawing.compiled import bare, compiled, copy_eight, eight_bytes, inlined, prefetch
from simulate.drawing.stream import LOW, MIX, ONE, S32
from simulate.text.cutting.characters import LETTER, MARK, WHITE
from simulate.text.reading.room import require

_ZERO = np.uint64(0)
_HIGH = np.uint64(0xFFFFFFFF00000000)
_WORDS_AHEAD = 64
"""Words that are hashed before the first of them is looked up."""
_PART = 1 << 20
"""Words whose ids are written before they are put aside: a block may be one long word, and a block of commas."""
_START, _END, _HASH = 0, 1, 2


class WordTable:
    """Words met so far, each with an id in the order of first appearance."""

    def __init__(self) -> None:
        self.count = 0
        self._slots = np.zeros(1 << 12, dtype=np.uint64)  # half of the hash, then id + 1 of the word; 0 where empty
        self._hashes = np.empty(1 << 11, dtype=np.uint64)
        self._ends = np.zeros((1 << 11) + 1, dtype=np.int64)  # word t is pool[ends[t] : ends[t + 1]]
        self._pool = np.zeros(1 << 14, dtype=np.uint8)

    def ids(self, block: bytes | bytearray, classes: np.ndarray) -> np.ndarray:
        """Ids (int32) of the words in `block`, which is valid UTF-8 and starts and ends between words."""
        text = np.frombuffer(block, dtype=np.uint8)
        parts: list[np.ndarray] = []
        out = np.empty(min(len(text), _PART) + _WORDS_AHEAD, dtype=np.int32)
        at = found = 0
        while True:
            at, new, self.count = self._step(text, classes, at, out[found:])
            found += new
            if at == len(text):
                return np.concatenate([*parts, out[:found]])
            # The loop stops at a word for which there is no room. Growing here keeps it free of array
            # reassignments, which slow it down.
            if len(out) - found < _WORDS_AHEAD:
                parts.append(out[:found].copy())
                found = 0
            else:
                self._grow(len(text) - at)

    def _step(self, text: np.ndarray, classes: np.ndarray, at: int, out: np.ndarray) -> tuple[int, int, int]:
        """Write ids of the words from byte `at` on: where it stopped, how many there are, and the words met so far."""
        stopped: tuple[int, int, int] = _tokenize(
            text, classes, at, self._slots, self._hashes, self._ends, self._pool, self.count, out
        )
        return stopped

    @property
    def n_bytes(self) -> int:
        """Bytes that the table takes."""
        return self._slots.nbytes + self._hashes.nbytes + self._ends.nbytes + self._pool.nbytes

    def resolved(self, ids: Any, shelf: Any) -> Any:
        """`ids` as they were given: every word has one."""
        del shelf
        return ids

    def texts(self) -> tuple[str, ...]:
        """The words, by id."""
        pool, ends = self._pool.tobytes(), self._ends.tolist()
        return tuple(pool[ends[t] : ends[t + 1]].decode("utf-8") for t in range(self.count))

    def _grow(self, longest: int) -> None:
        require(4 * (self._slots.nbytes + self._hashes.nbytes))
        if 2 * (self.count + 1) >= len(self._slots):
            self._slots = np.zeros(2 * len(self._slots), dtype=np.uint64)
            _fill(self._slots, self._hashes, self.count)
            self._hashes = _longer(self._hashes, len(self._slots) // 2)
            self._ends = _longer(self._ends, len(self._slots) // 2 + 1)
            return
        used = int(self._ends[self.count])
        # Doubling covers all but a word longer than everything before it, which gets what it needs and no more.
        size = used + longest + 8 if longest > len(self._pool) else 2 * len(self._pool)
        require(size)
        self._pool = _longer(self._pool, size)


def _longer(values: np.ndarray, size: int) -> np.ndarray:
    grown = np.zeros(size, dtype=values.dtype)
    grown[: len(values)] = values
    return grown


@bare
def _fill(slots: Any, hashes: Any, count: int) -> None:
    mask = np.uint64(len(slots) - 1)
    for word in range(count):
        slot = hashes[word] & mask
        while slots[slot] != _ZERO:
            slot = (slot + ONE) & mask
        slots[slot] = hashes[word] & _HIGH | np.uint64(word + 1)


@bare
def code_point(text: Any, i: int) -> Any:
    """The code point of two bytes or more at byte `i` of valid UTF-8, and its number of bytes."""
    lead = np.int64(text[i])
    if lead < 0xE0:
        return (lead & 0x1F) << 6 | (np.int64(text[i + 1]) & 0x3F), 2
    if lead < 0xF0:
        high = (lead & 0x0F) << 12 | (np.int64(text[i + 1]) & 0x3F) << 6
        return high | (np.int64(text[i + 2]) & 0x3F), 3
    high = (lead & 0x07) << 18 | (np.int64(text[i + 1]) & 0x3F) << 12
    return high | (np.int64(text[i + 2]) & 0x3F) << 6 | (np.int64(text[i + 3]) & 0x3F), 4


@bare
def _same(text: Any, first: Any, end: Any, word: Any, ends: Any, pool: Any) -> bool:
    """Whether the bytes from `first` to `end`, whose hash is that of `word`, are its text."""
    start, size = ends[word], end - first
    if size != ends[word + 1] - start:
        return False
    if size <= 8:  # words of one short length with one hash are the same
        return True
    for i in range(size):  # noqa: SIM110  (numba has no all() of a generator)
        if text[first + i] != pool[start + i]:
            return False
    return True


@bare
def _append(text: Any, first: int, end: int, value: Any, word: int, hashes: Any, ends: Any, pool: Any) -> None:
    start, size, copied = ends[word], end - first, 0
    if end + 8 <= len(text) and start + size + 8 <= len(pool):
        while copied < size:  # some bytes too many, which the next word writes over
            copy_eight(text, first + copied, pool, start + copied)
            copied += 8
    for j in range(copied, size):
        pool[start + j] = text[first + j]
    ends[word + 1] = start + size
    hashes[word] = value


@inlined
def _look_up(text: Any, first: Any, end: Any, value: Any, slots: Any, hashes: Any, ends: Any, pool: Any) -> Any:
    """The slot of the word ``text[first:end]`` of hash `value` and its id; where it would belong and -1 without."""
    mask = np.uint64(len(slots) - 1)
    slot = value & mask
    known = slots[slot]
    while known != _ZERO:
        word = np.int64(known & LOW) - 1
        agree = (known ^ value) & _HIGH == _ZERO and hashes[word] == value
        if agree and _same(text, first, end, word, ends, pool):
            return slot, word
        slot = (slot + ONE) & mask
        known = slots[slot]
    return slot, np.int64(-1)


@compiled
def _tokenize(
    text: Any, classes: Any, at: int, slots: Any, hashes: Any, ends: Any, pool: Any, count: int, out: Any
) -> Any:
    """Write ids of the words from byte `at` on; return where it stopped, how many, and the size of the table."""
    i, found = np.int64(at), 0
    room = min(len(slots) // 2, len(hashes)) - 1
    ahead = np.zeros((_WORDS_AHEAD, 3), dtype=np.uint64)
    while i < len(text):
        if found + _WORDS_AHEAD > len(out):
            return i, found, count
        i, several = _cut(text, classes, i, ahead)
        _ask_ahead(several, slots, hashes, ends, ahead)
        for j in range(several):
            first, end, value = np.int64(ahead[j, _START]), np.int64(ahead[j, _END]), ahead[j, _HASH]
            slot, word = _look_up(text, first, end, value, slots, hashes, ends, pool)
            if word < 0:
                word = np.int64(count)
                if word >= room or ends[word] + end - first > len(pool):
                    return first, found, count
                _append(text, first, end, value, word, hashes, ends, pool)
                slots[slot] = value & _HIGH | np.uint64(word + 1)
                count += 1
            out[found] = word
            found += 1
    return i, found, count


@compiled
def tokenize_known(
    text: Any, classes: Any, at: int, slots: Any, hashes: Any, ends: Any, pool: Any, n_parts: int, out: Any, cold: Any,
    copied: Any,
) -> Any:  # fmt: skip
    """Number the words of a text by a table that takes no more of them: those that are not in it are put apart.

    In their place stands -1 - part, a part by the hash; `cold` takes how many bytes each of them has, a space behind it
    included, and its part, and `copied` its text. Returns where it stopped, how many words there are, how many of them
    were put apart, and the bytes of these.
    """
    i, found, n_cold, n_bytes = np.int64(at), 0, 0, np.int64(0)
    ahead = np.zeros((_WORDS_AHEAD, 3), dtype=np.uint64)
    while i < len(text) and found + _WORDS_AHEAD <= len(out):
        i, several = _cut(text, classes, i, ahead)
        _ask_ahead(several, slots, hashes, ends, ahead)
        for j in range(several):
            first, end, value = np.int64(ahead[j, _START]), np.int64(ahead[j, _END]), ahead[j, _HASH]
            _, word = _look_up(text, first, end, value, slots, hashes, ends, pool)
            if word < 0:
                part = np.int64((value >> S32) * np.uint64(n_parts) >> S32)
                for at_ in range(first, end):
                    copied[n_bytes] = text[at_]
                    n_bytes += 1
                copied[n_bytes] = 32
                n_bytes += 1
                cold[n_cold, 0], cold[n_cold, 1] = end - first + 1, part
                n_cold += 1
                word = np.int64(-1) - part
            out[found] = word
            found += 1
    return i, found, n_cold, n_bytes


@bare
def _cut(text: Any, classes: Any, i: Any, ahead: Any) -> Any:
    """Start, end and hash of the next words from byte `i` on; return where they end and how many there are.

    ASCII is read here and not in a function of its own, which would slow the loop down.
    """
    several = 0
    while several < _WORDS_AHEAD and i < len(text):
        point, width = np.int64(text[i]), 1
        if point >= 0x80:
            point, width = code_point(text, i)
        kind = classes[point]
        if kind == WHITE:
            i += width
            continue
        first, end = i, i + width
        goes_on = LETTER | MARK if kind == LETTER else MARK
        while end < len(text):
            point, width = np.int64(text[end]), 1
            if point >= 0x80:
                point, width = code_point(text, end)
            if classes[point] & goes_on == 0:
                break
            end += width
        ahead[several, _HASH] = _hash(text, first, end)
        ahead[several, _START], ahead[several, _END] = first, end
        several += 1
        i = end
    return i, several


@bare
def _hash(text: Any, first: Any, end: Any) -> Any:
    """A number of 64 bits; words of one length up to eight bytes have different ones, as each step is a bijection."""
    value, eight, at = _ZERO, _ZERO, first
    while at + 8 <= end:
        value = (value ^ eight_bytes(text, at)) * MIX
        value ^= value >> S32
        at += 8
    if at < end and at + 8 <= len(text):
        eight = eight_bytes(text, at) & ((ONE << np.uint64(8 * (end - at))) - ONE)
    else:
        for j in range(end - at):
            eight |= np.uint64(text[at + j]) << np.uint64(8 * j)
    value = (value ^ eight ^ np.uint64(end - first)) * MIX
    value = (value ^ value >> S32) * MIX
    return value ^ value >> S32


@bare
def _ask_ahead(several: int, slots: Any, hashes: Any, ends: Any, ahead: Any) -> None:
    """Ask for what the look-ups of the next words will read, so that memory fetches it all at the same time."""
    mask = np.uint64(len(slots) - 1)
    for j in range(several):
        prefetch(slots, ahead[j, _HASH] & mask)
    for j in range(several):
        next_word = slots[ahead[j, _HASH] & mask] & LOW
        prefetch(hashes, next_word)
        prefetch(ends, next_word)
