"""`compare_corpora`: what one corpus adds to another, beside what more of that one would bring."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import overload

import numpy as np

from bounds.base.brief import brief, brief_fields
from bounds.base.notes import INPUT, METHOD, REFUSED, Note
from bounds.base.telling.html import html_fields, html_table, html_text
from bounds.base.telling.steps import stepped
from simulate.running.parameters import DUPLICATES
from simulate.text.comparison.copies import DOCUMENTS, Copies
from simulate.text.comparison.measures import NOTHING, Estimate, Measures, measures_of, over
from simulate.text.comparison.room import Found, Memory, Room
from simulate.text.comparison.sides import A, B, Pair
from simulate.text.cutting.opened import check_options
from simulate.text.cutting.units import counted
from simulate.text.extrapolation import first_that_applies
from simulate.text.growth import CorpusGrowth, Paths, check_blocks, window_lengths
from simulate.text.reading.asked import ReadOptions, options_of_b
from simulate.text.reading.errors import InputError
from simulate.text.reading.room import TooLargeError, counted_exactly
from simulate.text.repeats import stretch_length


@dataclass(frozen=True)
class MoreOfA:
    """What as many units more of A as B has would bring, by a method of extrapolation."""

    rate: Estimate
    """New windows per 1,000 of these units."""
    ratio: Estimate
    """New windows of B over these."""
    factor: float
    """How many times A both would be."""
    method: str
    """The method; empty where none applies."""
    why_not: str
    """Why none does."""

    _repr_html_ = html_fields


@dataclass(frozen=True)
class State:
    """A and B as they were given, or without what stands in them more than once."""

    measures: Measures
    more: MoreOfA

    def told(self) -> dict[str, str]:
        """The numbers by what they are called, with their intervals."""
        one, more = self.measures, self.more
        return {
            "distinct windows of A": brief(one.n_unique[A]), "distinct windows of B": brief(one.n_unique[B]),
            "of both": brief(one.n_shared), "new in B": brief(one.n_new),
            "new in B per 1,000 units": str(one.new_rate), "new in as much more of A": str(more.rate),
            "stretches of B over stretches of A": str(one.ratio),
            "windows of B that are in A": str(one.known[B]), "distinct windows of B in A": str(one.contained[B]),
            "Jaccard": str(one.jaccard),
        }  # fmt: skip

    __repr__ = brief_fields

    def _repr_html_(self) -> str:
        return html_table("What B adds to A", self.told().items())


@dataclass(frozen=True)
class Comparison:
    """What B adds to A, and what they share, of windows of `length` units."""

    corpora: tuple[str, str]
    """What A and B are called."""
    unit: str
    length: int
    given: State
    distinct: State | None
    """The same without copies; None where none was looked for or found, or where a side has no window left."""
    duplicates: str
    """What copies are: documents, stretches or none, where none was looked for."""
    copied_units: tuple[int, int]
    """Units of A and of B that are copies of what came before, A coming first."""
    copied_documents: tuple[int, int]
    """Documents of A and of B that are."""
    sha256: dict[str, str]
    """SHA-256 of the text of each file."""
    notes: tuple[Note, ...]
    """What a reader of the numbers has to know, one sentence each."""

    __repr__ = brief_fields

    def _repr_html_(self) -> str:
        a, b = self.corpora
        states = {"as given": self.given} | ({"without copies": self.distinct} if self.distinct is not None else {})
        told = [state.told() for state in states.values()]
        rows = [(name, *(one[name] for one in told)) for name in told[0]]
        title = f"What B, {b}, adds to A, {a}: windows of {counted(self.length, self.unit)}"
        return html_table(title, rows, ("", *states)) + html_text(*map(str, self.notes))


@overload
def compare_corpora(
    a: Paths,
    b: Paths,
    *,
    unit: str = ...,
    length: int = ...,
    blocks: int = ...,
    duplicates: str = ...,
    reading: ReadOptions | None = ...,
    reading_b: ReadOptions | None = ...,
    cluster: str | None = ...,
) -> Comparison: ...


@overload
def compare_corpora(
    a: Paths,
    b: Paths,
    *,
    unit: str = ...,
    length: Sequence[int],
    blocks: int = ...,
    duplicates: str = ...,
    reading: ReadOptions | None = ...,
    reading_b: ReadOptions | None = ...,
    cluster: str | None = ...,
) -> list[Comparison]: ...


def compare_corpora(
    a: Paths,
    b: Paths,
    *,
    unit: str = "word",
    length: int | Sequence[int] = 1,
    blocks: int = 16,
    duplicates: str = "auto",
    reading: ReadOptions | None = None,
    reading_b: ReadOptions | None = None,
    cluster: str | None = None,
) -> Comparison | list[Comparison]:
    """What corpus `b` adds to corpus `a` in distinct windows of `length` units, and what they share; counted exactly.

    Each is a file, a folder, a pattern, or a list of these, as `simulate.measure_corpus` takes them. Intervals are
    over `blocks` of text (0 for none, or 8 to 64), of whole documents where there are enough. `duplicates` says what is
    taken out for the second count: documents, stretches (of 32 words or tokens, 200 bytes or characters), none, or
    auto, which is documents where all files say where they end. `reading_b` is for a `b` that is read otherwise.
    `cluster` names Dask workers that read and count in place of this process (``local:4`` or ``tcp://host:port``); no
    number depends on it.

    Returns a `Comparison`; a list of them, in the order given, if `length` is a sequence. Raises InputError (a
    ValueError) with one sentence for files that cannot be read as asked and arguments out of range.
    """
    options = reading or ReadOptions()
    check_options(unit, options)
    lengths = window_lengths(length)
    check_blocks(blocks)
    try:
        DUPLICATES(duplicates)
        of_b = options_of_b(options, reading_b)
        of_b.check_unit(unit)
    except ValueError as error:
        raise InputError(str(error)) from None
    try:
        with _room(cluster) as room:
            pair = room.read(a, b, unit, options, of_b)
            found = compare_pair(pair, lengths, blocks=blocks, duplicates=duplicates, room=room)
    except TooLargeError as error:
        raise InputError(
            f"{error.name} is too large to be compared exactly here: {error.reason}; compare parts of A and B"
        ) from None
    return found[0] if np.ndim(length) == 0 else found


@contextmanager
def _room(cluster: str | None) -> Iterator[Room]:
    if cluster is None:
        yield Memory()
        return
    from simulate.text.shards.pairs import pairs_on_cluster  # what needs no cluster loads none

    with pairs_on_cluster(cluster) as room:
        yield room


def compare_pair(
    pair: Pair, lengths: Sequence[int], *, blocks: int = 16, duplicates: str = "auto", room: Room | None = None
) -> list[Comparison]:
    """`compare_corpora` of a pair that `room` has read already, memory if None; arguments as there."""
    _check_lengths(pair, lengths)
    room = room or Memory()
    found: dict[int, Comparison] = {}
    with counted_exactly(" beside ".join(pair.corpora)):
        copies = room.copies(pair, duplicates)
        every = room.compared(pair, copies, lengths, blocks)
        for one in stepped(every, "comparing windows", "lengths", of=len(set(lengths))):
            distinct = None if one.distinct is None else _state(one.distinct)
            found[one.length] = _comparison(pair, one.length, _state(one.given), distinct, copies, blocks)
    return [found[k] for k in lengths]


def _check_lengths(pair: Pair, lengths: Sequence[int]) -> None:
    for side in (A, B):
        longest = int(np.diff(pair.layout.streams(side)).max())
        if max(lengths) > longest:
            raise InputError(
                f"length must be at most the {counted(longest, pair.unit)} of the longest "
                f"{pair.sides[side].streams[:-1]} of {pair.corpora[side]}, got {max(lengths)}"
            )


def _state(found: Found) -> State:
    measures = measures_of(found.overlap)
    return State(measures, _more_of_a(found.growth, measures))


def _more_of_a(growth: CorpusGrowth, measures: Measures) -> MoreOfA:
    """U of A continued to as many units more as B has."""
    units, more = measures.n_units
    factor = 1 + more / units
    found = first_that_applies(growth, factor)
    if found.why_not:
        return MoreOfA(NOTHING, NOTHING, factor, "", found.why_not)
    assert found.interval is not None
    rate = Estimate(*(1000 * (u - found.n_unique) / more for u in (found.expected, *found.interval)))
    return MoreOfA(rate, over(measures.new_rate, rate), factor, found.method, "")


def _comparison(
    pair: Pair, length: int, given: State, distinct: State | None, copies: Copies | None, blocks: int
) -> Comparison:
    notes = [*pair.warnings, *_notes_of_copies(pair, copies, distinct)]
    notes += [*_notes_of_blocks(pair, given.measures, blocks), *pair.notes]
    return Comparison(
        pair.corpora, pair.unit, length, given, distinct, copies.kind if copies else "none",
        copies.n_units if copies else (0, 0), copies.n_documents if copies else (0, 0), pair.sha256, tuple(notes),
    )  # fmt: skip


def _notes_of_copies(pair: Pair, copies: Copies | None, distinct: State | None) -> list[Note]:
    if copies is None:
        return []
    if copies.kind == DOCUMENTS:
        what = "documents that came before, unit for unit"
    else:
        what = f"stretches of {counted(stretch_length(pair.unit), pair.unit)} or more that came before"
    taken = [f"{n} of the {counted(pair.layout.n_units(side), pair.unit)} of {pair.corpora[side]}"
             for side, n in enumerate(copies.n_units)]  # fmt: skip
    if not any(copies.n_units):
        return [Note(INPUT, f"no copy was found, of {what}: the numbers are those without copies as well")]
    found = [Note(INPUT, f"copies are {what}, A first: {taken[A]} and {taken[B]}")]
    if not copies.layout.n_units(B):
        found.append(Note(REFUSED, f"nothing of {pair.corpora[B]} is left without copies: all of it came before"))
    elif distinct is None:
        found.append(Note(REFUSED, "without copies a side is too short for a window: there is no second count"))
    return found


def _notes_of_blocks(pair: Pair, measures: Measures, blocks: int) -> list[Note]:
    if not blocks:
        return []
    notes = []
    for side in (A, B):
        if not measures.n_blocks[side]:
            few = counted(measures.n_units[side], pair.unit)
            notes.append(Note(REFUSED, f"{pair.corpora[side]} has {few}, too few for blocks: no interval over them"))
        elif not measures.whole_documents[side] and pair.layout.n_documents(side) > 1:
            text = f"blocks of {pair.corpora[side]} are no whole documents, of which there are too few"
            notes.append(Note(METHOD, f"{text}: intervals speak of more text from the same documents"))
    return notes
