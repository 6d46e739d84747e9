"""Text as integers: each byte, code point or word of a corpus becomes the id of its type; `units` says what these are.

A *stream* is a stretch of units within which windows are taken: a file, or a chunk of a shuffled corpus.
Windows never join two streams.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from bounds.base.arguments import shown
from bounds.base.quantities import LARGEST, parse_count
from simulate.text.cutting.characters import character_classes
from simulate.text.cutting.units import UNIT, WORDS, counted, noun
from simulate.text.reading.readers import InputError, file_list, label, read_blocks, stem, target_of
from simulate.text.reading.recognising import BOM, HEAD, is_binary, why_not_utf8
from simulate.text.reading.room import Reading, counted_exactly, require

if TYPE_CHECKING:
    from simulate.text.cutting.scripts import Tally
    from simulate.text.cutting.tokenizing import WordTable

ORDERS = ("file", "shuffled-chunks")
"""In which order the units of a corpus are counted."""

MAX_UNITS = 2**32 - 2
"""Most units that can be counted: window ids are 32 bits wide."""

NEW_LINE = b"\n"

_BINARY = "it looks like data of another program, not like text; convert it to text"
_OTHER_ENCODING = "convert it, for example with `iconv -f WINDOWS-1252 -t UTF-8`"

_LONG = 1 << 25
"""Bytes of one word between two looks at what is free."""

_PIECE = 1 << 20
"""Bytes that are looked at together for whether they are UTF-8, where their text is not wanted."""

_SHUFFLE_COUNTER = (0, 0xC0 << 56, 0, 0)  # a Philox stream that no sampler uses


class Fingerprint:
    """SHA-256 and number of the bytes of a file, after decompression."""

    def __init__(self) -> None:
        self._sha256, self.n_bytes = hashlib.sha256(), 0

    def update(self, block: bytes) -> None:
        """Take the next bytes."""
        self._sha256.update(block)
        self.n_bytes += len(block)

    def hexdigest(self) -> str:
        """The SHA-256 of what was taken."""
        return self._sha256.hexdigest()


@dataclass(frozen=True, eq=False)
class Units:
    """The units of a corpus in the order of counting."""

    ids: np.ndarray
    """Type of each unit: uint8 for bytes, uint32 code points, dense int32 for words."""
    starts: np.ndarray
    """int64, first unit of each stream, and `n_units` at the end."""
    unit: str
    corpus: str
    sha256: tuple[tuple[str, str], ...]
    """(file, SHA-256 of its bytes after decompression), in the order read."""
    order: str = "file"
    words: tuple[str, ...] | None = None
    """Text of each word type, kept where `keep_words` asked for it."""
    notes: tuple[str, ...] = ()
    """What a reader of any count of these units has to know, one sentence each."""
    n_bytes: int | None = None
    """Bytes of all files after decompression, where they were counted."""

    @property
    def n_units(self) -> int:
        """Number of units in all streams."""
        return len(self.ids)

    def n_windows(self, length: int, n_units: Any = None) -> Any:
        """Windows of `length` units that lie in one stream and within the first `n_units` units (all)."""
        at = np.atleast_1d(np.asarray(self.n_units if n_units is None else n_units, dtype=np.int64))
        # Whole streams are summed once; only the stream that is cut depends on the prefix.
        whole = np.maximum(np.diff(self.starts) - (length - 1), 0)
        before = np.concatenate([[0], np.cumsum(whole)])
        cut = np.clip(np.searchsorted(self.starts, at, side="right") - 1, 0, len(whole) - 1)
        windows = before[cut] + np.clip(at - self.starts[cut] - (length - 1), 0, whole[cut])
        return int(windows[0]) if np.ndim(n_units) == 0 else windows


def read_units(
    paths: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    unit: str = "word",
    *,
    keep_words: bool = False,
) -> Units:
    """The units of the files at `paths`, in the order given; ``-`` is standard input.

    The files are read in blocks; what stays in memory is 1 byte a byte, 4 bytes a code point or word, and
    each distinct word once. Raises InputError (a ValueError) for a unit that is none of `UNITS`, for a file
    that cannot be read, is empty or, for chars and words, is not UTF-8, and for a text that takes more memory to
    count than is free.
    """
    check_unit(unit)
    names = file_list(paths)
    words = tally = None
    if unit in WORDS:
        from simulate.text.cutting.scripts import Tally  # numba, which bytes and chars do without
        from simulate.text.cutting.tokenizing import WordTable

        words, tally = WordTable(), Tally()
    parts: list[np.ndarray] = []
    lengths, hashes, n_bytes = [], [], 0
    for name in names:
        digest = Fingerprint()
        with counted_exactly(label(name)):
            pieces = _pieces(name, unit, digest, words, tally, Reading(name, unit))
        lengths.append(sum(map(len, pieces)))
        if not lengths[-1]:
            raise InputError(f"{label(name)} holds no {noun(unit, 1)}: it is nothing but white space")
        parts += pieces
        del pieces  # `_joined` gives each part back when it was copied
        hashes.append((label(name), digest.hexdigest()))
        n_bytes += digest.n_bytes
    starts = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
    if starts[-1] > MAX_UNITS:
        raise InputError(
            f"the corpus has {counted(starts[-1], unit)}, and at most {MAX_UNITS} can be counted exactly; "
            "count a part of it"
        )
    return Units(
        ids=_joined(parts, corpus_name(names)),
        starts=starts.astype(np.int64),
        unit=unit,
        corpus=corpus_name(names),
        sha256=tuple(hashes),
        words=words.texts() if words is not None and keep_words else None,
        notes=(*same_files(hashes), *(tally.notes(unit) if tally else ())),
        n_bytes=n_bytes,
    )


def check_unit(unit: str) -> None:
    """Raise InputError unless `unit` is one of `UNITS`."""
    try:
        UNIT(unit)
    except ValueError as error:
        raise InputError(str(error)) from None


def same_files(hashes: Sequence[tuple[str, str]]) -> list[str]:
    """A sentence for each file that holds, byte for byte, what one before it holds; `hashes` are its SHA-256."""
    first: dict[str, str] = {}
    notes = []
    for name, digest in hashes:
        if digest not in first:
            first[digest] = name
        else:
            again = "was given twice" if name == first[digest] else f"holds the same text as {first[digest]}"
            notes.append(
                f"{name} {again}: its windows are counted twice, and nothing in it is new; give each text once"
            )
    return list(dict.fromkeys(notes))


def check_seed(seed: int) -> int:
    """The seed, a whole number of 64 bits; InputError for anything else."""
    return _whole_number("seed", seed, 0, 2**64 - 1, "a whole number from 0 to 2^64 - 1")


def check_chunk(chunk: int) -> int:
    """The units of a shuffled chunk, at least 1; InputError for anything else."""
    return _whole_number("chunk", chunk, 1, LARGEST, "a whole number of units, at least 1")


def _whole_number(name: str, value: Any, low: int, high: int, allowed: str) -> int:
    try:
        return parse_count(value, low=low, high=high)
    except ValueError:
        raise InputError(f"{name} must be {allowed}, got {shown(value)}") from None


def corpus_name(names: Sequence[str]) -> str:
    """What the corpus in the files `names` is called."""
    return "+".join(map(stem, names)) if len(names) <= 3 else f"{stem(names[0])}+{len(names) - 1} files"


def shuffle_chunks(units: Units, chunk: int, seed: int) -> Units:
    """`units` cut into stretches of `chunk` units, laid out in an order drawn from `seed`.

    Each stretch is a stream of its own, so that no window is made that the text does not hold: with k-unit
    windows, k - 1 of them are lost at each cut. The last stretch of each file may be shorter.
    """
    chunk = check_chunk(chunk)
    bounds = [np.arange(a, b, chunk) for a, b in zip(units.starts[:-1], units.starts[1:], strict=True)]
    first = np.concatenate(bounds).astype(np.int64)
    sizes = np.diff(np.append(first, units.n_units))
    order = philox_order(len(first), seed)
    starts = np.concatenate([[0], np.cumsum(sizes[order])]).astype(np.int64)
    with counted_exactly(units.corpus):
        require(units.ids.nbytes)
        ids = np.empty_like(units.ids)
    for place, source in enumerate(order):
        ids[starts[place] : starts[place + 1]] = units.ids[first[source] : first[source] + sizes[source]]
    return replace(units, ids=ids, starts=starts, order="shuffled-chunks")


def philox_order(count: int, seed: int) -> np.ndarray:
    """A random order of `count` things that depends on `seed` alone, not on the version of NumPy."""
    bits = np.random.Philox(key=check_seed(seed), counter=_SHUFFLE_COUNTER)
    return np.argsort(bits.random_raw(count), kind="stable")


def hashed_blocks(path: str, digest: Fingerprint) -> Iterator[bytes]:
    """The blocks of `path`, each given to `digest` as well."""
    for block in read_blocks(path):
        digest.update(block)
        yield block


def _pieces(
    path: str, unit: str, digest: Fingerprint, words: WordTable | None, tally: Tally | None, reading: Reading
) -> list[np.ndarray]:
    if unit == "byte":
        # bytearray.extend grows in place: no second copy of the text
        data = bytearray()
        for block in hashed_blocks(path, digest):
            data += block
            reading.check(len(data), len(data))
        return [np.frombuffer(data, dtype=np.uint8)]
    found: list[np.ndarray] = []
    n_bytes = n_units = 0
    for part, text in utf8_blocks(path, hashed_blocks(path, digest), at_space=unit in WORDS):
        if words is None or tally is None:
            found.append(code_points(text))
        else:
            tally.take(part)
            found.append(words.ids(part, character_classes(unit)))
        n_bytes += len(part)
        n_units += len(found[-1])
        reading.check(n_bytes, n_units)
    if tally is not None:
        tally.end_of_file()
    return found


def _joined(parts: list[np.ndarray], name: str) -> np.ndarray:
    """`parts`, of which there is none afterwards, one after the other."""
    if len(parts) == 1:
        return parts[0]
    total = sum(map(len, parts))
    with counted_exactly(name):
        require(parts[0].itemsize * total / 16)  # each part is given back when it was copied
        joined = np.empty(total, dtype=parts[0].dtype)
    at = total
    while parts:
        part = parts.pop()
        at -= len(part)
        joined[at : at + len(part)] = part
    return joined


def code_points(text: str) -> np.ndarray:
    """The code points of `text`, uint32."""
    return np.frombuffer(text.encode("utf-32-le"), dtype="<u4").astype(np.uint32)


def utf8_blocks(path: str, blocks: Iterator[bytes], *, at_space: bool) -> Iterator[tuple[bytes | bytearray, str]]:
    """Blocks cut between code points (between words if `at_space`), with their text (without if `at_space`).

    An ASCII white space byte is never part of a longer code point and never part of a word, so it is a safe
    place to cut both. A byte-order mark at the start of a file is no part of its text.
    """
    kept = bytearray()
    place = _Place(path)
    for block in _begun(path, blocks, place):
        cut = _last_space(block) if at_space else _last_boundary(block)
        if cut == 0:  # a block without a place to cut: a very long word
            if len(kept) // _LONG < (len(kept) + len(block)) // _LONG:
                require(2 * _LONG + len(kept))  # it goes on, and its letters are copied among the words
            kept += block
            continue
        whole: bytes | bytearray = block[:cut]
        if kept:
            kept += whole
            whole, kept = kept, bytearray()
        kept += block[cut:]
        yield whole, place.decoded(whole, keep=not at_space)
    if kept:
        yield kept, place.decoded(kept, keep=not at_space)


def _begun(path: str, blocks: Iterator[bytes], place: _Place) -> Iterator[bytes]:
    """`blocks` without a byte-order mark; InputError where they begin as UTF-8 does not."""
    first = b""
    for block in blocks:
        first += block
        if len(first) >= 4:  # the longest mark
            break
    place.binary = is_binary(first[:HEAD])
    if reason := why_not_utf8(target_of(path), first[:HEAD]):
        raise InputError(f"{label(path)} {reason}")
    if first.startswith(BOM):
        place.offset = len(BOM)
        first = first[len(BOM) :]
    if first:
        yield first
    first = b""  # not to be held while the others go by
    yield from blocks


class _Place:
    """Where a text is decoded, for the message that it cannot be."""

    def __init__(self, path: str) -> None:
        self.path, self.offset, self.line, self.binary = path, 0, 1, False

    def decoded(self, block: bytes | bytearray, *, keep: bool) -> str:
        """The text of `block`, which is the next one, or nothing if it need not be kept."""
        found = self._decoded(block, 0, len(block)) if keep else ""
        at = 0
        while at < len(block) and not keep:  # piece by piece: a long word would take up to four bytes a letter
            end = at + _PIECE
            while end < len(block) and block[end] & 0xC0 == 0x80 and end < at + _PIECE + 4:
                end += 1
            self._decoded(block, at, end)
            at = end
        self.offset += len(block)
        self.line += block.count(b"\n")
        return found

    def _decoded(self, block: bytes | bytearray, first: int, end: int) -> str:
        try:
            return str(memoryview(block)[first:end], "utf-8")
        except UnicodeDecodeError as error:
            at = first + error.start
            line = self.line + block.count(NEW_LINE, 0, at)
            raise InputError(
                f"{label(self.path)} is not UTF-8 at byte {self.offset + at}, in line {line} ({_around(block, at)}): "
                + (_BINARY if self.binary else _OTHER_ENCODING)
            ) from error


def _around(block: bytes | bytearray, at: int) -> str:
    """The bytes around `at`, those that are no printable ASCII spelled out."""
    line = (
        bytes(block[max(0, at - 20) : at]).rpartition(NEW_LINE)[2] + bytes(block[at : at + 20]).partition(NEW_LINE)[0]
    )
    return "".join(chr(b) if 32 <= b < 127 else f"\\x{b:02x}" for b in line)[:80]


def _last_space(block: bytes) -> int:
    return max(block.rfind(space) for space in (b"\n", b" ", b"\t", b"\r")) + 1


def _last_boundary(block: bytes) -> int:
    """Where the last code point of `block` starts: it may go on in the next block."""
    for back in range(1, min(4, len(block)) + 1):
        if block[-back] & 0xC0 != 0x80:
            return len(block) - back
    return 0
