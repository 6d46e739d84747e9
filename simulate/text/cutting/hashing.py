"""Text as numbers that can be hashed, piece by piece: what a sketch reads instead of `sequences.Units`.

A byte and a code point are their own numbers. A word is a polynomial of its bytes, taken seven at a time (less than
2^56), modulo 2^61 - 1, at a base drawn from the seed: words of up to seven bytes have different numbers, and longer
ones of at most b bytes share one with probability below b/7 / 2^60. No word holds a zero byte but that byte alone,
so that filling up the last seven with zeros makes no two words alike.

A word that ends with the piece may go on in the next one, and so may a mark of what stands at its end: the loop keeps
what it has of the polynomial, and what kind of word it is in. So the numbers
do not depend on how the text is cut, and memory does not depend on the text, be it one long word.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from simulate.drawing.compiled import bare, eight_bytes, inlined
from simulate.drawing.stream import ONE, ZERO, Stream
from simulate.drawing.tables import PRIME, hash_base, multiply_mod
from simulate.text.cutting.bounding import code_point
from simulate.text.cutting.characters import LETTER, MARK, SINGLE, WHITE, character_classes
from simulate.text.cutting.opened import Opened
from simulate.text.cutting.scripts import Tally
from simulate.text.cutting.units import TOKEN
from simulate.text.cutting.utf8 import code_points, utf8_blocks
from simulate.text.reading.formats.reader import Piece

PIECE = 1 << 18
"""Bytes, or token ids, turned into numbers at a time."""

_S8, _SEVEN = np.uint64(8), np.uint64((1 << 56) - 1)

_SUM, _REST, _SIZE, _INSIDE = 0, 1, 2, 3
"""State of a word: the polynomial so far, bytes not yet in it, how many these are, and the class of its first code
point, 0 between words."""


def unit_numbers(file: Opened, seed: int, tally: Tally) -> Iterator[Piece]:
    """Numbers of the units of a file in their order, below 2^61 - 1, and where its documents end, if that is asked for.

    Numbers are uint8 bytes, uint32 code points and token ids, uint64 words. `tally` is given the text where it is cut
    into words. Raises InputError as `read_units`.
    """
    if file.unit == TOKEN:
        yield from _short(file.ids())
        return
    pieces = _short(file.text())
    if file.unit == "byte":
        yield from (Piece(np.frombuffer(block, dtype=np.uint8), ends) for block, ends in pieces)
        return
    checked = utf8_blocks(file.reader.path, pieces, at_space=False)
    if file.unit == "char":
        yield from (Piece(code_points(text), ends) for _, text, ends in checked)
        return
    words = WordNumbers(seed, file.unit)
    for block, _, ends in checked:
        tally.take(block)
        yield Piece(words.feed(block))
        if ends:
            tally.end_of_file()
            yield Piece(words.last(), True)
    tally.end_of_file()
    yield Piece(words.last())


class WordNumbers:
    """Numbers of words in a text that comes in pieces."""

    def __init__(self, seed: int, unit: str = "word") -> None:
        self._classes = character_classes(unit)
        stream = Stream(seed, "hashes", cell=1)
        self._base = hash_base(np.uint64(seed), np.uint64(stream.high))
        self._state = np.zeros(4, dtype=np.uint64)

    def feed(self, block: bytes | bytearray) -> np.ndarray:
        """Numbers (uint64) of the words that are known to end in `block`, whole code points of UTF-8."""
        text = np.frombuffer(block, dtype=np.uint8)
        out = np.empty(len(text) + 1, dtype=np.uint64)
        return out[: _words(text, self._classes, self._base, self._state, out)].copy()

    def last(self) -> np.ndarray:
        """The word at the end of the text, if it ends in one."""
        out = np.empty(1, dtype=np.uint64)
        return out[: _end(self._base, self._state, out, 0)]


def _short(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """The same in pieces that are short whatever a decompressor hands out."""
    for data, ends in pieces:
        if len(data) <= PIECE:
            yield Piece(data, ends)
            continue
        for start in range(0, len(data), PIECE):
            yield Piece(data[start : start + PIECE], ends and start + PIECE >= len(data))


@bare
def _words(text: Any, classes: Any, base: Any, state: Any, out: Any) -> int:
    """Write the numbers of the words that end in `text`; return how many they are."""
    i, found = 0, 0
    while i < len(text):
        point, width = np.int64(text[i]), 1
        if point >= 0x80:
            point, width = code_point(text, i)
        kind = np.int64(classes[point])
        inside: Any = np.int64(state[_INSIDE])
        if inside != 0 and not kind & _goes_on(inside):
            found = _end(base, state, out, found)
            inside = 0
        if kind == WHITE:
            i += width
            continue
        if inside == 0:
            # A mark after nothing is a word by itself, to which more marks belong.
            inside = LETTER if kind == LETTER else SINGLE
            state[_INSIDE] = inside
        more = _goes_on(inside)
        end = i + width
        while end < len(text):
            point, width = np.int64(text[end]), 1
            if point >= 0x80:
                point, width = code_point(text, end)
            if not classes[point] & more:
                break
            end += width
        _take(text, i, end, base, state)
        i = end
    return found


@inlined
def _goes_on(inside: Any) -> Any:
    """Classes of code points that belong to a word which began with class `inside`."""
    return LETTER | MARK if inside == LETTER else MARK


@bare
def _take(text: Any, first: int, end: int, base: Any, state: Any) -> None:
    """Add bytes to the word."""
    total, rest, size = state[_SUM], state[_REST], state[_SIZE]
    at = first
    while at < end:
        if size == ZERO and at + 7 <= end and at + 8 <= len(text):
            total = _one_more(total, eight_bytes(text, at) & _SEVEN, base)
            at += 7
            continue
        rest |= np.uint64(text[at]) << (_S8 * size)
        size += ONE
        at += 1
        if size == 7:
            total, rest, size = _one_more(total, rest, base), ZERO, ZERO
    state[_SUM], state[_REST], state[_SIZE] = total, rest, size


@bare
def _end(base: Any, state: Any, out: Any, found: int) -> int:
    """Write the number of the word, if there is one, and begin another."""
    if state[_INSIDE] == ZERO:
        return found
    out[found] = _one_more(state[_SUM], state[_REST], base) if state[_SIZE] > ZERO else state[_SUM]
    state[:] = ZERO
    return found + 1


@bare
def _one_more(total: Any, coefficient: Any, base: Any) -> Any:
    """The polynomial with one more coefficient, below 2^56, at its end."""
    total = multiply_mod(total, base) + coefficient
    return total - PRIME if total >= PRIME else total
