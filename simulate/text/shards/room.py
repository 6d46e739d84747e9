"""An exact count on workers, in the place of `simulate.text.spilling.room.Room`: what is done where and when.

Files are read in the order of their sizes, the largest first; small ones that follow each other are one task, large
ones several (`simulate.text.shards.large`). Pieces are of one size whatever one task has read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, NamedTuple, TypeVar

import numpy as np

from bounds.base.notes import Note
from bounds.base.telling.steps import step
from simulate.text.cutting.opened import Told
from simulate.text.cutting.scripts import Tally
from simulate.text.cutting.sequences import Units, shuffle_chunks, shuffle_documents, units_of
from simulate.text.cutting.units import WORDS
from simulate.text.reading.asked import ReadOptions
from simulate.text.reading.naming import named_files
from simulate.text.repeats import PROBES, note_of_part, probed, sample_step, stands_in, stretch_length
from simulate.text.shards import counting, reading
from simulate.text.shards.files import TOGETHER, Asked
from simulate.text.shards.large import LEAST, read_by
from simulate.text.shards.parts import AtOnce, Large, Part, subs_for
from simulate.text.shards.placing import Pieces, Stretches
from simulate.text.shards.reading import Facts
from simulate.text.shards.workers import AT_ONCE, Workers, itself, workers_of
from simulate.text.spilling.keys import packing
from simulate.text.spilling.room import Counted, Room
from simulate.text.spilling.sums import Counting, Sums, nothing

_BYTES_A_KEY = 64
"""What the table of a part takes for one of its windows, and what came with it."""

_BYTES_A_WORD = 80
"""What numbering takes for a distinct word of a shard: its letters, its place in a table, its number."""

_UNEVEN = 2
"""How much larger than that a part may be for one task to count it."""


@dataclass(frozen=True)
class Sizes:
    """How the work is cut; it changes no number."""

    together: int = TOGETHER
    """Bytes of small files that are read by one task."""
    section: int = LEAST
    """Bytes of a section of a large file at least."""
    piece: int = 1 << 22
    """Units of a piece."""
    part: int = 1 << 20
    """Windows of a part at least."""
    words: int = 4
    """Parts of the words, for each worker."""


@dataclass(frozen=True, eq=False)
class Elsewhere:
    """The units of a text, which are with workers: what stands in the place of `Units.ids`."""

    pieces: Pieces
    packing: counting.Packing
    order: Stretches | None = None
    """In which stretches they are counted, and in which order; as they stand if None."""

    def __len__(self) -> int:
        return self.pieces.n_units

    @property
    def nbytes(self) -> int:
        """Bytes of them here."""
        return 0


@dataclass(frozen=True, eq=False)
class Known:
    """What is known of files that workers have read."""

    shards: Sequence[Any]
    """Tasks, each of which has read some of them."""
    facts: Sequence[Facts]
    told: Sequence[Told]
    starts: np.ndarray
    """int64, first unit of each stream, and the number of units at the end."""
    tally: Tally | None

    @property
    def ends(self) -> np.ndarray:
        """int64, first unit of each shard, likewise."""
        return np.cumsum([0, *(one.n_units for one in self.facts)]).astype(np.int64)

    @property
    def of_files(self) -> np.ndarray:
        """int64, first unit of each file, likewise."""
        ends = [one.of_files + at for one, at in zip(self.facts, self.ends[:-1], strict=True)]
        return np.concatenate([[0], *ends]).astype(np.int64)


class Cut(NamedTuple):
    """Windows of one length: tasks of each piece for what it says of those that need no counting, and for where those
    of each part begin; and one for each part of all."""

    lonely: Sequence[Any]
    where: Sequence[Any]
    parts: Sequence[Part]


By = counting.Packing | int
"""How windows are made: of units that are packed, or of two shorter ones at this distance."""

T = TypeVar("T")
Count = Callable[[Pieces, By, int, bool, bool], tuple[T, Pieces | None]]


@dataclass
class ClusterRoom(Room):
    """Counts on `workers`. The units of a text are `Elsewhere`."""

    workers: Workers = field(kw_only=True)
    sizes: Sizes = field(default_factory=Sizes)

    def read(self, paths: Any, unit: str, options: ReadOptions) -> Units:
        """The text read, and its pieces made."""
        files = named_files(paths)
        asked = Asked.of(files, unit, options, self.workers, self.sizes.together)
        known = self.known(asked)
        return units_of(
            lambda: self.elsewhere(known.shards, known.facts, unit), known.starts, files, known.told, known.tally,
            unit, options,
        )  # fmt: skip

    def known(self, asked: Asked) -> Known:
        """Files read, and what is known of them."""
        shards, facts, told, starts = read_by(self.workers, asked, self.sizes.section)
        tally = Tally() if asked.unit in WORDS else None
        for one in facts:
            if tally is not None and one.tally is not None:
                tally.add(one.tally)
        return Known(shards, facts, told, starts, tally)

    def elsewhere(self, shards: Sequence[Any], facts: Sequence[Facts], unit: str) -> Any:
        """Their units in pieces, words numbered alike."""
        names, packing = self._names(shards, facts, unit)
        return Elsewhere(self._pieces(shards, facts, names), packing)

    def _names(self, shards: Sequence[Any], facts: Sequence[Facts], unit: str) -> tuple[list[Any], counting.Packing]:
        """For each shard the numbers of its words (None where units are none), and how units are packed."""
        do, of = self.workers.do, self.workers.of
        nothing_dense = np.empty(0, np.uint32)
        if unit not in WORDS:
            return [None] * len(shards), _packing(facts)
        n_words = sum(one.largest + 1 for one in facts)
        needed = -(-_BYTES_A_WORD * n_words // max(1, self.workers.memory))
        n = max(1, needed, self.sizes.words * self.workers.n) if len(shards) > 1 else 1
        texts = [[do(reading.words_of, shard, part, n, first=AT_ONCE) for part in range(n)] for shard in shards]
        parts = [do(reading.named, unit, list(some)) for some in zip(*texts, strict=True)]
        sizes = [of(do(reading.n_words, part)) for part in parts]
        first = np.cumsum([0, *sizes]).tolist()
        names = [
            do(reading.numbers, shard, [do(reading.ids_for, part, i) for part in parts], first[:-1])
            for i, shard in enumerate(shards)
        ]
        return names, counting.Packing(max(1, int(first[-1] - 1).bit_length()), nothing_dense)

    def _pieces(self, shards: Sequence[Any], facts: Sequence[Facts], names: Sequence[Any]) -> Pieces:
        tasks, ends = [], [0]
        most = max(1, min(self.sizes.piece, self.workers.memory // _BYTES_A_KEY))
        for shard, one, words in zip(shards, facts, names, strict=True):
            n_pieces = -(-one.n_units // most)
            cuts = np.linspace(0, one.n_units, n_pieces + 1).astype(np.int64).tolist()
            for first, last in pairwise(cuts):
                tasks.append(self.workers.do(reading.piece, shard, first, last, words, one.seals))
                ends.append(ends[-1] + last - first)
        return Pieces(tasks, np.array(ends, np.int64))

    def repeats(self, units: Units) -> list[str]:
        """A sentence where much of a text stands in it again: each piece is gone through for all stretches."""
        pieces, length = elsewhere_of(units).pieces, stretch_length(units.unit)
        places = probed(units.n_units, units.unit)
        if not places:
            return []
        do, of, step_ = self.workers.do, self.workers.of, sample_step(units.n_units)
        some = [do(reading.strided, one, int(-first % step_), step_) for one, first in pieces.each()]
        sample = do(_sorted, some)
        wanted = []
        for place in places:
            first, tasks = pieces.around(place, length)
            wanted.append(do(reading.stretch, [do(reading.head, *one) for one in tasks], place - first, length))
        found = [
            do(_stands, one, self.behind(pieces, i, length - 1), int(first), places, wanted, sample)
            for i, (one, first) in enumerate(pieces.each())
        ]
        part = np.any([of(one) for one in found], axis=0).sum() / PROBES
        return note_of_part(float(part))

    def laid_out(self, units: Units, order: str, chunk: int, seed: int) -> Units:
        """As on one machine; what stands where is known here, and no unit is moved."""
        if order == "shuffled-chunks":
            return shuffle_chunks(units, chunk, seed, _Layout())
        if order == "shuffled-documents":
            return shuffle_documents(units, seed, _Layout())
        return replace(units, order=order)

    def notes(self) -> list[Note]:
        """Nothing: where it was counted changes no number."""
        return []

    def counted(self, units: Units, lengths: Sequence[int], how: Counting) -> Iterator[Counted]:
        """Length, counts and curves for each of `lengths`, ascending; as `counted_by_parts`, with workers."""
        text = elsewhere_of(units)
        stretches = text.order or Stretches.as_it_stands(units.starts)

        def count(pieces: Pieces, by: By, length: int, is_wanted: bool, with_ids: bool) -> tuple[Sums, Pieces | None]:
            sums = Sums.of(units, length, how) if is_wanted else nothing()
            return sums, self.count(pieces, by, stretches, length, sums, with_ids=with_ids)

        for length, sums in self.levels(text, lengths, count):
            yield length, sums.growth(), sums.curves()

    def levels(self, text: Elsewhere, lengths: Sequence[int], count: Count[T]) -> Iterator[tuple[int, T]]:
        """What `count` finds for each of `lengths`, ascending: of units packed, then of two shorter windows each.

        It is given pieces of units, or of ids, how windows are made of them, their length, whether that is wanted, and
        whether their ids are, which it gives as well.
        """
        wanted, packing = sorted(set(lengths)), text.packing
        level = min(packing.longest, wanted[-1])
        ids: Pieces | None = None
        for length in sorted({*wanted, level}):
            if length > level:
                break
            found, ids = count(text.pieces, packing, length, length in wanted, level == length < wanted[-1])
            if length in wanted:
                yield length, found
        for length in wanted:
            while level < length:
                assert ids is not None
                by = min(level, length - level)
                level += by
                found, ids = count(ids, by, level, level == length, level < wanted[-1])
                if level == length:
                    yield level, found

    def count(
        self, pieces: Pieces, by: By, stretches: Stretches, length: int, sums: Any, what: Any = counting.counted, *,
        with_ids: bool,
    ) -> Pieces | None:  # fmt: skip
        """Add all windows of `length` to `sums`, as `what` counts a part of them; their ids where they are wanted."""
        cut = self.cut(pieces, by, stretches, length, stretches.before(length), sums, what, with_ids=with_ids)
        told = self._summed(sums, cut.lonely, cut.parts, length)
        if not with_ids:
            return None
        do, n = self.workers.do, len(pieces.tasks)
        found = [part.ids(do, n, n_ids) for part, n_ids in zip(cut.parts, told, strict=True)]
        first = np.cumsum([0, *map(sum, told)]).tolist()[:-1]
        ids = [
            do(counting.numbered, pieces.size(i), where, [some[i] for some in found], first)
            for i, where in enumerate(cut.where)
        ]
        return Pieces(ids, pieces.ends)

    def cut(
        self, pieces: Pieces, by: By, stretches: Stretches, length: int, before: np.ndarray, sums: Any, what: Any,
        *more: Any, with_ids: bool,
    ) -> Cut:  # fmt: skip
        """Tasks for all windows of `length`; those of each stretch have the numbers from `before` on, and `what` of
        each part is given `more`."""
        do, n_windows = self.workers.do, int(stretches.n_windows(length).sum())
        n_distinct, by_stretches = n_windows, what is counting.counted
        if by_stretches and isinstance(by, counting.Packing):
            n_distinct = min(n_windows, 1 << by.bits * length)
        empty, n_parts = do(itself, sums.like()), self._n_parts(n_windows, n_distinct)
        reach = length - 1 if isinstance(by, counting.Packing) else by
        lonely, where, sizes, keyed = [], [], [], list[list[Any]]()
        for i, (one, first) in enumerate(pieces.each()):
            within, behind = stretches.within(before, length, int(first), pieces.size(i), reach)
            windows = do(counting.keyed, one, self.behind(pieces, i, behind), by, within, n_parts, empty)
            lonely.append(do(counting.lonely_of, windows, first=AT_ONCE))
            if with_ids:
                where.append(do(counting.where_of, windows, first=AT_ONCE))
            sizes.append(do(counting.sizes_of, windows, first=AT_ONCE))
            keyed.append([do(counting.part_of, windows, part, first=AT_ONCE) for part in range(n_parts)])
        many = [list(some) for some in zip(*keyed, strict=True)]
        most = max(1, self.workers.memory // _BYTES_A_KEY)

        def at_once(some: Sequence[Any]) -> Part:
            return AtOnce(do(what, empty, some, with_ids, self.workers.memory, *more))

        if n_windows <= _UNEVEN * most or not by_stretches:
            return Cut(lonely, where, [at_once(some) for some in many])
        subs = subs_for(-(-n_distinct // n_parts), self.workers.memory)
        large = Large(do, empty, with_ids, most, n_windows, subs, in_order=stretches.order is None)
        n_in = np.transpose(self.workers.of(do(itself, sizes)))
        parts = [
            at_once(some) if here.sum() <= _UNEVEN * most else large.part(some, here)
            for some, here in zip(many, n_in, strict=True)
        ]
        return Cut(lonely, where, parts)

    def _summed(self, sums: Sums, lonely: Sequence[Any], parts: Sequence[Part], length: int) -> list[list[int]]:
        """Add what all say to `sums`; returns how many ids each task of each part has."""
        told = [self.workers.do(counting.sums_of, task) for part in parts for task in part.tasks]
        what, n_ids = f"counting windows of {length}", [0] * len(told)
        step(what, 0, len(told), "parts")
        for done, place in enumerate(self.workers.ended(told), 1):
            here, n_ids[place] = self.workers.of(told[place])
            sums.add(here)
            step(what, done, len(told), "parts")
        for one in lonely:
            sums.add(self.workers.of(one))
        each = iter(n_ids)
        return [[next(each) for _ in part.tasks] for part in parts]

    def behind(self, pieces: Pieces, i: int, n_units: int) -> list[Any]:
        """The `n_units` behind a piece, or as many as there are: the first of the next one, or of several."""
        return [self.workers.do(reading.head, *one) for one in pieces.behind(i, n_units)]

    def _n_parts(self, n_windows: int, n_distinct: int) -> int:
        """Parts that a task has memory for, and some for each worker where there are windows enough.

        What memory is needed for are distinct windows: however often they are there, they are counted by stretches.
        """
        needed = -(-_BYTES_A_KEY * n_distinct // max(1, self.workers.memory))
        return max(1, needed, min(2 * self.workers.n, n_windows // self.sizes.part))


class _Layout:
    """An order of units that are elsewhere: of which stretch comes where it is told, and nothing is moved."""

    def laid_out(self, ids: Any, first: np.ndarray, sizes: np.ndarray, places: np.ndarray) -> Any:
        return replace(ids, order=Stretches.in_order(first, sizes, places))


@contextmanager
def room_on_cluster(cluster: str, memory: int | None) -> Iterator[ClusterRoom]:
    """Room on the workers that `cluster` names; see `workers_of`."""
    with workers_of(cluster, memory) as workers:
        yield ClusterRoom(workers=workers)


def _packing(facts: Sequence[Facts]) -> counting.Packing:
    """As `simulate.text.spilling.keys.Packed.of`, of units that are elsewhere."""
    largest = max(one.largest for one in facts)
    if any(one.present is None for one in facts):
        return counting.Packing(*packing(largest, None))
    present = np.zeros(largest + 1, np.uint8)
    for one in facts:
        assert one.present is not None
        present[: len(one.present)] |= one.present
    return counting.Packing(*packing(largest, present))


def elsewhere_of(units: Units) -> Elsewhere:
    """The units of a text that are with workers."""
    text: Any = units.ids
    assert isinstance(text, Elsewhere)
    return text


def _sorted(some: Sequence[np.ndarray]) -> np.ndarray:
    return np.sort(np.concatenate(some))


def _stands(
    piece: np.ndarray, behind: Sequence[np.ndarray], first: int, places: Sequence[int], wanted: Sequence[np.ndarray],
    sample: np.ndarray,
) -> list[bool]:  # fmt: skip
    """Which of the stretches stand in a piece, or begin in it, at another place than their own."""
    ids = np.concatenate([piece, *behind]) if behind else piece
    return [stands_in(ids, place - first, one, sample) for place, one in zip(places, wanted, strict=True)]
