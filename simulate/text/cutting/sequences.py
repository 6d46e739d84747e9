"""Text as integers: each byte, code point or word of a corpus becomes the id of its type; `units` says what these are.

A *stream* is a stretch of units within which windows are taken: a file, a document where these are kept apart, or a
chunk of a shuffled corpus. Windows never join two streams.
"""

from __future__ import annotations

import os
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from bounds.base.arguments import shown
from bounds.base.quantities import LARGEST, parse_count
from simulate.text.cutting.numbering import Words
from simulate.text.cutting.opened import Opened, Told, bytes_of, check_options, notes_of, opened
from simulate.text.cutting.units import TOKEN, WORDS, counted, noun
from simulate.text.cutting.utf8 import code_points, utf8_blocks
from simulate.text.reading.asked import ReadOptions
from simulate.text.reading.errors import InputError
from simulate.text.reading.naming import Files, named_files
from simulate.text.reading.room import Reading, counted_exactly, require
from simulate.text.small.size import may_be_small

if TYPE_CHECKING:
    from simulate.text.cutting.scripts import Tally
    from simulate.text.spilling.words.vocabulary import UnitShelf

ORDERS = ("file", "shuffled-documents", "shuffled-chunks", "rarefaction")
"""In which order the units of a corpus are counted; by rarefaction, in the mean of all orders of its windows."""

MAX_UNITS = 2**32 - 2
"""Most units that can be counted: window ids are 32 bits wide."""

_PART = 1 << 16
"""Units of small documents that are put into one array."""

_SHUFFLE_COUNTER = (0, 0xC0 << 56, 0, 0)  # a Philox stream that no sampler uses


@dataclass(frozen=True, eq=False)
class Units:
    """The units of a corpus in the order of counting."""

    ids: np.ndarray
    """Type of each unit: uint8 for bytes, uint32 code points and token ids, dense int32 or uint32 for words.

    Of a text that is counted in less memory it may be a `simulate.text.spilling.scratch.OnDisk`, and of words a
    `simulate.text.spilling.words.later.LaterIds`."""
    starts: np.ndarray
    """int64, first unit of each stream, and `n_units` at the end."""
    unit: str
    corpus: str
    sha256: tuple[tuple[str, str], ...]
    """(file, SHA-256 of its text, or of its token ids as 32 bits), in the order read."""
    order: str = "file"
    words: tuple[str, ...] | None = None
    """Text of each word type, kept where `keep_words` asked for it."""
    notes: tuple[str, ...] = ()
    """What a reader of any count of these units has to know, one sentence each."""
    n_bytes: int | None = None
    """Bytes of the text of all files, where they were counted."""
    n_documents: int | None = None
    """Documents in the files, where they were counted."""
    streams: str = "files"
    """What windows do not join: files, or documents."""
    documents: np.ndarray | None = None
    """int64, first unit of each document, and `n_units` at the end, where they were asked for; a file that does not say
    where its documents end is one."""
    documents_told: bool = False
    """Whether every file says where its documents end."""

    @property
    def copies(self) -> list[str]:
        """Those of the notes that say which files are counted twice."""
        return same_files(self.sha256)

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
    reading: ReadOptions | None = None,
    documents: bool = False,
    table: Words | None = None,
    shelf: UnitShelf | None = None,
) -> Units:
    """The units of the files at `paths`, in the order given; ``-`` is standard input.

    The files are read in blocks, as `reading` says; what stays in memory is 1 byte a byte, 4 bytes a code point, word
    or token, and each distinct word once; with a `shelf` units go there, and to a file where that is full. With
    `documents` it is kept where these end, though windows may join them. Words have the ids of `table`, to which new
    ones are added, so that those of several corpora can be the same.

    Raises InputError (a ValueError) for a unit that is none of `UNITS`, for a file that cannot be read, is empty or,
    for chars and words, is not UTF-8, and, without a shelf, for a text that takes more memory to count than is free.
    """
    options = reading or ReadOptions()
    check_options(unit, options)
    files = named_files(paths)
    words, tally = tables_of(unit, files.names, table, shelf)
    parts: list[np.ndarray] = []
    ends, of_files, read = array("q", [0]), [0], list[Told]()
    for file in opened(files, unit, replace(options, within_documents=True) if documents else options):
        read_into(file, ends, words, tally, parts if shelf is None else shelf)
        of_files.append(ends[-1])
        read.append(file.told())
    starts = np.unique(np.frombuffer(ends, dtype=np.int64))  # documents without a unit are none
    found = units_of(
        lambda: _joined(parts, files.corpus) if shelf is None else _shelved(shelf, words, files.corpus), starts,
        files, read, tally, unit, options,
    )  # fmt: skip
    if keep_words and words is not None:
        found = replace(found, words=words.texts())
    if not documents:
        return found
    by_file = np.array(of_files, dtype=np.int64)
    return replace(found, documents=starts, starts=starts if options.within_documents else by_file)


def units_of(
    ids: Callable[[], Any], starts: np.ndarray, files: Files, read: Sequence[Told], tally: Tally | None, unit: str,
    options: ReadOptions,
) -> Units:  # fmt: skip
    """The units of `files`, which were `read`, with what a reader of their counts has to know; `ids` are made last.

    Raises InputError where they are more than can be counted.
    """
    if starts[-1] > MAX_UNITS:
        raise InputError(
            f"the corpus has {counted(int(starts[-1]), unit)}, and at most {MAX_UNITS} can be counted exactly; count a "
            "part of it"
        )
    hashes = [(file.name, file.sha256) for file in read]
    apart = options.within_documents and any(file.apart for file in read)
    return Units(
        ids=ids(),
        starts=starts,
        unit=unit,
        corpus=files.corpus,
        sha256=tuple(hashes),
        notes=(*same_files(hashes), *(tally.notes(unit) if tally else ()), *notes_of(files, read, options)),
        n_bytes=bytes_of(read),
        n_documents=sum(file.seen.n_documents for file in read),
        streams="documents" if apart else "files",
        documents_told=all(file.has_documents for file in read),
    )


def tables_of(
    unit: str, names: Sequence[str], table: Words | None = None, shelf: UnitShelf | None = None
) -> tuple[Words | None, Tally | None]:
    """What words of the files called `names` are numbered by, `table`, that of the `shelf` or a new one, and what
    counts their scripts; neither, where the unit is no word."""
    if unit not in WORDS:
        return None, None
    from simulate.text.cutting.scripts import Tally

    if table is None:
        table = words_of(unit) if shelf is None else shelf.words(unit)
    if not may_be_small(names):
        table.large()
    return table, Tally()


def words_of(unit: str) -> Words:
    """Numbers for the words of a text that is kept in memory."""

    def table() -> Any:
        from simulate.text.cutting.tokenizing import WordTable

        return WordTable()

    return Words(unit, table)


def read_into(
    file: Opened, ends: array[int], words: Words | None, tally: Tally | None, parts: list[np.ndarray] | UnitShelf
) -> None:
    """Put the units of a file, those after the last of `ends`, to `parts`, and the ends of its streams to `ends`."""
    before = ends[-1]
    n_units = section_into(file, ends, words, tally, parts)
    if n_units == before:
        raise InputError(f"{file.name} holds no {noun(file.unit, 1)}{file.why_empty()}")
    ends.append(n_units)


def section_into(
    file: Opened, ends: array[int], words: Words | None, tally: Tally | None, parts: list[np.ndarray] | UnitShelf
) -> int:
    """Put the units of a section of a file to `parts`, ends of documents to `ends`; how many units there are then."""
    found = _Collected(ends[-1], parts)
    with counted_exactly(file.name):
        _collect(file, found, words, tally)
    ends.extend(found.ends)
    return found.n_units


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


class Orderer(Protocol):
    """Where units are put in an order of their own."""

    def laid_out(self, ids: Any, first: np.ndarray, sizes: np.ndarray, places: np.ndarray) -> Any:
        """The stretches of `ids` from `first` on, of these `sizes`, in the order of `places`."""


def shuffle_chunks(units: Units, chunk: int, seed: int, shelf: Orderer | None = None) -> Units:
    """`units` cut into stretches of `chunk` units, laid out in an order drawn from `seed`.

    Each stretch is a stream of its own, so that no window is made that the text does not hold: with k-unit
    windows, k - 1 of them are lost at each cut. The last stretch of each file may be shorter.
    """
    chunk = check_chunk(chunk)
    bounds = [np.arange(a, b, chunk) for a, b in zip(units.starts[:-1], units.starts[1:], strict=True)]
    return _laid_out(units, np.concatenate(bounds).astype(np.int64), seed, "shuffled-chunks", shelf)


def shuffle_documents(units: Units, seed: int, shelf: Orderer | None = None) -> Units:
    """The streams of `units`, documents or files, in an order drawn from `seed`; InputError where there is one."""
    if len(units.starts) <= 2:
        raise InputError(
            f"order shuffled-documents needs more than one document, and {units.corpus} is one: pass --documents "
            "OFFSETS.tsv, or --order shuffled-chunks"
        )
    return _laid_out(units, units.starts[:-1], seed, "shuffled-documents", shelf)


def _laid_out(units: Units, first: np.ndarray, seed: int, order: str, shelf: Orderer | None) -> Units:
    """The stretches of `units` that begin at `first`, each a stream, in an order drawn from `seed`."""
    sizes = np.diff(np.append(first, units.n_units))
    places = philox_order(len(first), seed)
    starts = np.concatenate([[0], np.cumsum(sizes[places])]).astype(np.int64)
    ids: Any
    if shelf is not None:
        ids = shelf.laid_out(units.ids, first, sizes, places)
    else:
        with counted_exactly(units.corpus):
            require(units.ids.nbytes)
            ids = np.empty_like(units.ids)
        for place, source in enumerate(places):
            ids[starts[place] : starts[place + 1]] = units.ids[first[source] : first[source] + sizes[source]]
    return replace(units, ids=ids, starts=starts, order=order)


def philox_order(count: int, seed: int) -> np.ndarray:
    """A random order of `count` things that depends on `seed` alone, not on the version of NumPy."""
    bits = np.random.Philox(key=check_seed(seed), counter=_SHUFFLE_COUNTER)
    return np.argsort(bits.random_raw(count), kind="stable")


class _Collected:
    """Units of a file as they come, in arrays that are not small, and the number of units at the end of each document.

    Numbers count from `first`, the units of the files before; arrays go to `parts`.
    """

    def __init__(self, first: int, parts: list[np.ndarray] | UnitShelf) -> None:
        self.shelved = not isinstance(parts, list)
        self.put: Callable[[np.ndarray], None] = parts.append if isinstance(parts, list) else parts.add
        self.ends = array("q")
        self.n_units = first
        self._small: list[np.ndarray] = []
        self._size = 0

    def add(self, ids: np.ndarray, ends: bool) -> None:
        """Take the next units, with which a document may end."""
        self.n_units += len(ids)
        if ends:
            self.ends.append(self.n_units)
        self._small.append(ids)
        self._size += len(ids)
        if self._size >= _PART:
            self.close()

    def close(self) -> None:
        """Put small arrays together."""
        if self._small:
            self.put(self._small[0] if len(self._small) == 1 else np.concatenate(self._small))
        self._small, self._size = [], 0


def _collect(file: Opened, found: _Collected, words: Words | None, tally: Tally | None) -> None:
    """Read the file into `found`."""
    room = None if found.shelved else Reading(file.reader.expected_size(), file.unit)
    first = found.n_units
    if file.unit == "byte" and room is None:
        for block, ends in file.text():
            found.add(np.frombuffer(block, dtype=np.uint8), ends)
        found.close()
        return
    if file.unit == "byte" and room is not None:
        # bytearray.extend grows in place: no second copy of the text
        data = bytearray()
        for block, ends in file.text():
            data += block
            if ends:
                found.ends.append(first + len(data))
            room.check(len(data), len(data))
        found.put(np.frombuffer(data, dtype=np.uint8))
        found.n_units += len(data)
        return
    if file.unit == TOKEN:
        for ids, ends in file.ids():
            found.add(ids, ends)
            n_units = found.n_units - first
            if room is not None:
                room.check(file.n_bytes or n_units, n_units)
    else:
        n_bytes = 0
        for part, text, ends in utf8_blocks(
            file.reader.path, file.text(), at_space=file.unit in WORDS, inside=file.inside
        ):
            if words is None or tally is None:
                found.add(code_points(text), ends)
            else:
                tally.take(part)
                found.add(words.ids(part), ends)
                if ends:
                    tally.end_of_file()
            n_bytes += len(part)
            if room is not None:
                room.check(n_bytes, found.n_units - first)
        if tally is not None:
            tally.end_of_file()
    found.close()


def _shelved(shelf: UnitShelf, words: Words | None, name: str) -> Any:
    """What is on the shelf; words that were put apart have ids when somebody asks for them."""
    with counted_exactly(name):
        ids = shelf.whole()
        return ids if words is None else words.later(ids, shelf)


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
