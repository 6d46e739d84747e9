"""How the number of distinct windows of real text grows: `measure_corpus`.

| letter   | name in results | is                                                                       |
|----------|-----------------|--------------------------------------------------------------------------|
| T        | `n_units`       | units (`units`: bytes, chars, words) in a prefix of the corpus           |
| D        | `n_draws`       | windows in it: T - k + 1 for one file, fewer where streams are not joined |
| U        | `n_unique`      | distinct windows                                                         |
| f_1, f_2 | `f1`, `f2`      | windows that occur once, twice; f_k: k times                             |
| k        | `length`        | units in a window                                                        |

Counts are exact. The exponent and its interval are in `exponents`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from bounds.base.arguments import Bytes, did_you_mean, shown
from bounds.base.brief import brief_fields
from bounds.base.notes import INPUT, METHOD, REFUSED, SUSPECT, Note
from bounds.base.quantities import LARGEST, entries_of, log_spaced, parse_count, parse_range
from bounds.base.telling.html import html_table
from bounds.base.telling.steps import stepped
from simulate.text.blocks import MAX_GROUPS, MIN_BLOCK, MIN_GROUPS, BlockCurves
from simulate.text.counting import EXACT_TO, WindowIds
from simulate.text.cutting.sequences import ORDERS, Units, check_chunk, check_seed, philox_order
from simulate.text.cutting.units import counted
from simulate.text.reading.asked import ReadOptions
from simulate.text.reading.errors import InputError
from simulate.text.reading.room import counted_exactly
from simulate.text.spilling.room import Counted, Room, counted_in_memory, room_for_counting
from simulate.text.spilling.sums import Counting

if TYPE_CHECKING:
    from bounds.base.spectrum import FrequencySpectrum
    from simulate.text.exponents import CorpusFit

Paths = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]

GRID_POINTS = 25
"""Points of a grid of prefixes that is not given."""

SMALLEST = 1000
"""Units in the smallest prefix of a grid that is not given; a tenth of a corpus below ten times that."""


NO_PREFIX = "at names no prefix; write for example 1000,1e5,all or 1e3:1e6:25"
_MEMORY = Bytes("memory")
_ORDER_NOTES = {
    "shuffled-documents": "documents were shuffled, each of them by itself: prefixes are samples of documents",
    "rarefaction": "prefixes are the mean over all orders of the windows, rounded to whole numbers: how the text "
    "stands in its files plays no part in them; the exponent and its interval are of stretches of text as they stand",
}
FILE_ORDER = Note(METHOD, "prefixes are in file order: they are no sample of the corpus")


@dataclass(frozen=True, eq=False)
class CorpusGrowth:
    """Distinct windows of `length` units in growing prefixes of a corpus; arrays run along the prefixes."""

    corpus: str
    unit: str
    length: int
    order: str
    n_units: np.ndarray
    n_draws: np.ndarray
    n_unique: np.ndarray
    spectrum: np.ndarray
    """(prefix, bin) distinct windows whose multiplicity is in the bin."""
    edges: np.ndarray
    """Lower edges of the bins: each multiplicity up to `EXACT_TO`, and those of `bounds.FrequencySpectrum.edges`."""
    blocks: BlockCurves | None
    """Mean growth over contiguous stretches; None where the corpus is too short or none was asked for."""
    sha256: tuple[tuple[str, str], ...]
    """(file, SHA-256 of its bytes after decompression)."""
    seed: int
    notes: tuple[Note, ...]
    """What a reader of the counts has to know, one sentence each."""
    n_bytes: int | None = None
    """Bytes of all files after decompression; None where a result does not say."""

    @property
    def f1(self) -> np.ndarray:
        """Windows that occur once in the prefix."""
        return self.spectrum[:, 0]

    @property
    def f2(self) -> np.ndarray:
        """Windows that occur twice in the prefix."""
        return self.spectrum[:, 1]

    @property
    def multiplicities(self) -> FrequencySpectrum:
        """The frequency spectrum f_k of the last prefix."""
        from bounds.base.spectrum import FrequencySpectrum

        return FrequencySpectrum.from_binned(self.edges, self.spectrum[-1])

    def fit_growth(self, *, confidence: float = 0.95) -> CorpusFit:
        """The exponent of this growth with an interval from its blocks (`simulate.text.fit_corpus`)."""
        from simulate.text.exponents import fit_corpus

        return fit_corpus(self, confidence=confidence)

    __repr__ = brief_fields

    def _repr_html_(self) -> str:
        names = ("n_units", "n_draws", "n_unique", "f1", "f2")
        title = f"Distinct windows of {counted(self.length, self.unit)} in {self.corpus}"
        return html_table(title, [[str(row[name]) for name in names] for row in self.rows()], names)

    def rows(self) -> list[dict[str, Any]]:
        """One flat object a prefix, with the names of the Dataset."""
        names = ("n_units", "n_draws", "n_unique", "f1", "f2")
        same = {name: getattr(self, name) for name in ("corpus", "unit", "length", "order")}
        table = zip(*(getattr(self, name).tolist() for name in names), strict=True)
        return [{**same, **dict(zip(names, row, strict=True))} for row in table]


@overload
def measure_corpus(
    paths: Paths,
    *,
    unit: str = ...,
    length: int = ...,
    at: str | float | Sequence[float | str] | None = ...,
    order: str = ...,
    chunk: int = ...,
    blocks: int = ...,
    seed: int = ...,
    reading: ReadOptions | None = ...,
    memory: int | str | None = ...,
    scratch: str | os.PathLike[str] | None = ...,
    cluster: str | None = ...,
) -> CorpusGrowth: ...


@overload
def measure_corpus(
    paths: Paths,
    *,
    unit: str = ...,
    length: Sequence[int],
    at: str | float | Sequence[float | str] | None = ...,
    order: str = ...,
    chunk: int = ...,
    blocks: int = ...,
    seed: int = ...,
    reading: ReadOptions | None = ...,
    memory: int | str | None = ...,
    scratch: str | os.PathLike[str] | None = ...,
    cluster: str | None = ...,
) -> list[CorpusGrowth]: ...


def measure_corpus(
    paths: Paths,
    *,
    unit: str = "word",
    length: int | Sequence[int] = 1,
    at: str | float | Sequence[float | str] | None = None,
    order: str = "file",
    chunk: int = 1000,
    blocks: int = 16,
    seed: int = 0,
    reading: ReadOptions | None = None,
    memory: int | str | None = None,
    scratch: str | os.PathLike[str] | None = None,
    cluster: str | None = None,
) -> CorpusGrowth | list[CorpusGrowth]:
    """Exact counts of distinct windows of `length` units in growing prefixes of the text in `paths`.

    `paths` names one or several files, folders, patterns or URLs (``-`` is standard input), counted together; no window
    joins two files. `reading` says how they are read (`ReadOptions`): by default the documents of a file are joined.
    `unit` is one of `units.UNITS`. `at` gives the prefixes in units: a list, or a
    string such as ``1000,1e5,all`` or ``1e3:1e6:25``; 25 log-spaced ones if None. `order` is "file" (files in the order
    of their names), "shuffled-documents" (documents, each by itself, in an order drawn from `seed`; files where they
    have none), "shuffled-chunks" (stretches of `chunk` units likewise), or "rarefaction": the mean over all orders of
    the windows, rounded. `blocks` is the number of
    blocks of `CorpusGrowth.blocks`, 0 for none: 16 are long enough for chapters, more make the interval narrower
    than texts deserve. `memory` is what this process may take in all, in bytes or as 2GiB, half of what it can have if
    None: what does not fit goes to files in a folder of its own in `scratch` (TMPDIR if None), deleted at the end.
    `cluster` names Dask workers that read and count in place of this process (``local:4`` or ``tcp://host:port``;
    `memory` is then of each of them). No number depends on any of the three.

    Returns a `CorpusGrowth`; a list of them, in the order given, if `length` is a sequence. Raises InputError
    (a ValueError) with one sentence for a file that cannot be read as asked and for an argument out of range, and
    OSError with one where the disk is full.
    """
    lengths = window_lengths(length)
    _check(order, blocks)
    check_chunk(chunk)
    philox_order(0, seed)  # a bad seed is refused before the text is read
    limit = None if memory is None else _MEMORY(memory)
    options = reading or ReadOptions()
    if order == "shuffled-documents":
        options = replace(options, within_documents=True)
    with room_for_counting(limit, scratch) if cluster is None else _elsewhere(cluster, limit) as room:
        units = room.read(paths, unit, options)
        found = measure_units(units, lengths, at=at, order=order, chunk=chunk, blocks=blocks, seed=seed, room=room)
    return found[0] if np.ndim(length) == 0 else found


def _elsewhere(cluster: str, limit: int | None) -> AbstractContextManager[Room]:
    from simulate.text.shards.room import room_on_cluster  # what needs no cluster loads none

    return room_on_cluster(cluster, limit)


def measure_units(
    units: Units,
    lengths: Sequence[int],
    *,
    at: Any = None,
    order: str = "file",
    chunk: int = 1000,
    blocks: int = 16,
    seed: int = 0,
    room: Room | None = None,
) -> list[CorpusGrowth]:
    """`measure_corpus` of text that is read already; arguments as there. Without `room` all is counted in memory."""
    longest = int(np.diff(units.starts).max())
    if max(lengths) > longest:
        raise InputError(
            f"length must be at most the {counted(longest, units.unit)} of the longest {units.streams[:-1]} of "
            f"{units.corpus}, got {max(lengths)}"
        )
    grid = parse_at(at, units.n_units, max(lengths), units.unit)
    room = room or Room()
    # Of the text as it stands: shuffled, it would be cut within what stands in it again.
    repeats = [] if units.copies else [Note(INPUT, text) for text in room.repeats(units)]
    units = room.laid_out(units, order, chunk, seed)
    how = Counting(grid, spectrum_edges(float(grid[-1])), blocks, SMALLEST, rarefied=order == "rarefaction")
    found = {}
    with counted_exactly(units.corpus):
        windows = room.counted(units, lengths, how)
        for counts in stepped(windows, "counting windows", "lengths", of=len(set(lengths))):
            notes = [*repeats, *_notes(units, counts[0], chunk)]
            found[counts[0]] = growth_of(units, how, counts, seed, notes)
    said = room.notes()
    return [replace(found[length], notes=(*found[length].notes, *said)) for length in lengths]


def parse_at(at: Any, n_units: int, length: int, unit: str) -> np.ndarray:
    """Prefixes in units, ascending and without repeats; each must hold a window and be in the corpus.

    Reads numbers, ``all``, ``LOW:HIGH:COUNT`` (log-spaced whole numbers) and lists of these joined by commas.
    """
    if at is None:
        low = max(min(SMALLEST, n_units // 10), length)
        return np.array(log_spaced(low, n_units, GRID_POINTS), dtype=np.int64)
    points = read_points(at_items(at), n_units)
    if not points:
        raise InputError(NO_PREFIX)
    if max(points) > n_units:
        raise InputError(
            f"at must not exceed the {counted(n_units, unit)} of the corpus, got {max(points)}; write all for all of "
            "them"
        )
    grid = np.array(sorted(points), dtype=np.int64)
    if grid[0] < length:
        raise InputError(f"at must be at least the length of a window, {counted(length, unit)}, got {grid[0]}")
    return grid


def at_items(at: Any) -> list[Any]:
    """The parts of `at`: of a string those between commas, of one number itself."""
    items = entries_of(at)
    if items is None:
        raise InputError(f"at must be prefixes such as 1000,1e5,all or 1e3:1e6:25, got {shown(at)}")
    return items


def read_points(items: Sequence[Any], n_units: int) -> set[int]:
    """The prefixes that `items` name, each a number, ``all`` (`n_units`) or ``LOW:HIGH:COUNT``."""
    try:
        return {point for item in items for point in _points(item, n_units)}
    except ValueError as error:
        raise InputError(f"{error}; write for example 1000,1e5,all or 1e3:1e6:25") from None


def _points(item: Any, n_units: int) -> tuple[int, ...]:
    parts = [
        str(n_units) if part.strip().lower() == "all" else part for part in str(item).split(":")
    ]  # str(1e6) and str(7.0) are numbers that parse_count reads
    if len(parts) not in (1, 3):
        raise ValueError(f"at must be LOW:HIGH:COUNT, got {shown(item)}")
    if len(parts) == 3:
        return parse_range(parts, item, name="at")
    return (parse_count(parts[0], name="at", high=LARGEST),)


def window_lengths(length: int | Sequence[int]) -> list[int]:
    """`length` as a list; InputError unless each is a whole number, at least 1."""
    given = entries_of(length)
    if given is None:
        raise InputError(f"length must be a whole number of units, at least 1, got {shown(length)}")
    for value in given:
        whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
        if not whole or value < 1:
            raise InputError(f"length must be a whole number of units, at least 1, got {shown(value)}")
    if not given:
        raise InputError("length names no window: give at least one number of units")
    return [int(value) for value in given]


def _check(order: str, blocks: int) -> None:
    if order not in ORDERS:
        raise InputError(f"order must be one of {', '.join(ORDERS)}, got {shown(order)}{did_you_mean(order, ORDERS)}")
    check_blocks(blocks)


def check_blocks(blocks: int) -> None:
    """InputError unless there can be so many blocks of a text."""
    whole = isinstance(blocks, int | np.integer) and not isinstance(blocks, bool)
    if not whole or not (blocks == 0 or MIN_GROUPS <= blocks <= MAX_GROUPS):
        raise InputError(
            f"blocks must be 0 (none) or a whole number from {MIN_GROUPS} to {MAX_GROUPS}, got {shown(blocks)}"
        )


def whole_text(n_units: int, blocks: int) -> Counting:
    """What is counted of all units of a text, and of `blocks` of it."""
    return Counting(np.array([n_units], dtype=np.int64), spectrum_edges(float(n_units)), blocks, SMALLEST)


def measured(units: Units, windows: WindowIds, how: Counting, seed: int) -> CorpusGrowth:
    """The growth of windows that have their ids; types of `windows` may be in no window."""
    return growth_of(units, how, counted_in_memory(units, windows, how), seed, [])


def growth_of(units: Units, how: Counting, counts: Counted, seed: int, notes: list[Note]) -> CorpusGrowth:
    """What was counted of `units`, as it was asked for."""
    length, found, curves = counts
    grid, edges, blocks = how.grid, how.edges, how.blocks
    n_draws = units.n_windows(length, grid)
    total = units.n_windows(length)
    if blocks and curves is None:
        few = f"{total} windows are too few for {blocks} blocks of {MIN_BLOCK}: there is no interval for this curve"
        notes.append(Note(REFUSED, few))
    return CorpusGrowth(
        corpus=units.corpus,
        unit=units.unit,
        length=length,
        order=units.order,
        n_units=grid,
        n_draws=n_draws,
        n_unique=found.n_unique,
        spectrum=found.spectrum,
        edges=edges,
        blocks=curves,
        sha256=units.sha256,
        seed=check_seed(seed),
        notes=tuple(notes),
        n_bytes=units.n_bytes,
    )


def spectrum_edges(n_units: float) -> np.ndarray:
    """Lower edges of the bins of a spectrum, the same for all lengths of window; no standard bin is cut."""
    from bounds.base.spectrum import FrequencySpectrum

    return np.union1d(np.arange(1, EXACT_TO + 2), FrequencySpectrum.edges(n_units))


def _notes(units: Units, length: int, chunk: int) -> list[Note]:
    joined = max(units.n_units - length + 1, 0)
    lost = joined - units.n_windows(length)
    again = set(units.copies)
    notes = [Note(SUSPECT if text in again else INPUT, text) for text in units.notes]
    if units.order == "shuffled-chunks":
        cut = (
            f"chunks of {counted(chunk, units.unit)} were shuffled; {lost} of {joined} windows would join two of them "
            "and are not counted"
        )
        about = "intervals are about other shuffles of this text, not about other texts: each block holds all topics"
        notes += [Note(METHOD, cut), Note(METHOD, about)]
    elif lost:
        count = len(units.sha256) if units.streams == "files" else units.n_documents or 0
        notes.append(not_joined(lost, joined, count, units.streams[:-1]))
    if units.order == "file":
        notes.append(FILE_ORDER)
    elif units.order in _ORDER_NOTES:
        notes.append(Note(METHOD, _ORDER_NOTES[units.order]))
    return notes


def not_joined(lost: int, joined: int, count: int, stream: str = "file") -> Note:
    """What is said of windows that would run from one file, or document, into the next; there are `count`."""
    return Note(INPUT, f"{lost} of {joined} windows would join two of the {count} {stream}s and are not counted")
