"""Two corpora compared on workers, in the place of `simulate.text.comparison.room.Memory`: what is done where and when.

Both are one text, A first, whose pieces are of A or of B alone. The process that runs the command holds where files and
documents end, 32 bytes of each document where copies of documents are looked for, and where copies begin and end; what
is counted of windows comes from their parts and is added up (`simulate.text.comparison.overlap.Tally`). What is left
without copies is a text of its own: its pieces are those of the whole, without what was taken out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from simulate.text.comparison.copies import DOCUMENTS, Copies, digest, joined, kind_of, without, without_documents
from simulate.text.comparison.forms import Accents, stretches
from simulate.text.comparison.overlap import Tally
from simulate.text.comparison.room import Compared, Found, alone
from simulate.text.comparison.scheme import Scheme
from simulate.text.comparison.sides import LETTERS, A, B, Layout, Pair, Traits, check_names, check_size, pair_of, share
from simulate.text.cutting.sequences import Units, units_of
from simulate.text.cutting.units import TOKEN, WORDS
from simulate.text.growth import growth_of, whole_text
from simulate.text.reading.asked import ReadOptions
from simulate.text.reading.naming import Files, named_files
from simulate.text.repeats import stretch_length
from simulate.text.shards import comparing, reading
from simulate.text.shards.files import Asked
from simulate.text.shards.placing import Pieces, Stretches
from simulate.text.shards.room import By, ClusterRoom, Elsewhere, Known
from simulate.text.shards.workers import workers_of
from simulate.text.spilling.sums import Sums, nothing

SEGMENT = 1 << 20
"""Units of a document that one digest is of: a longer one is known by several."""


@dataclass(frozen=True)
class PairRoom:
    """A `simulate.text.comparison.room.Room` on workers; `segment` changes no number."""

    room: ClusterRoom
    segment: int = SEGMENT

    def read(self, a: Any, b: Any, unit: str, options: ReadOptions, of_b: ReadOptions) -> Pair:
        """Both corpora read, and their pieces made."""
        check_names(a, b)
        workers, both = self.room.workers, ((named_files(a), options), (named_files(b), of_b))
        asked = [
            Asked.of(files, unit, replace(how, within_documents=True), workers, self.room.sizes.together)
            for files, how in both
        ]
        known = [self.room.known(one) for one in asked]
        sides = [_units(one, files, unit, how) for one, (files, how) in zip(known, both, strict=True)]
        check_size(*sides)
        facts = [one for side in known for one in side.facts]
        whole: Elsewhere = self.room.elsewhere([one for side in known for one in side.shards], facts, unit)
        texts: list[Any] = [replace(whole, pieces=one) for one in whole.pieces.parted(int(sides[A].starts[-1]))]
        ids: Any = whole
        traits = [self._traits(one, text, unit) for one, text in zip(known, texts, strict=True)]
        return pair_of(ids, (replace(sides[A], ids=texts[A]), replace(sides[B], ids=texts[B])), options, traits)

    def copies(self, pair: Pair, duplicates: str) -> Copies | None:
        """As `copies_of`."""
        if duplicates == "none":
            return None
        kind = kind_of(duplicates, documents_told=pair.documents_told)
        if kind == DOCUMENTS:
            return without_documents(pair.layout, self._digests(pair))
        return without(pair.layout, kind, self._copied(pair))

    def compared(self, pair: Pair, copies: Copies | None, lengths: Sequence[int], blocks: int) -> Iterator[Compared]:
        """Windows of both counted by parts, and once more without copies."""
        text = _text(pair)

        def count(
            pieces: Pieces, by: By, length: int, is_wanted: bool, with_ids: bool
        ) -> tuple[Compared | None, Pieces | None]:  # fmt: skip
            if not is_wanted:
                stands = Stretches.as_it_stands(pair.layout.starts)
                return None, self.room.count(pieces, by, stands, length, nothing(), with_ids=with_ids)
            given, ids = self._found(pair, pair.layout, pieces, by, length, blocks, with_ids=with_ids)
            distinct = None
            if copies is not None and copies.leave(length):
                some = self._left(pieces, copies.taken)
                distinct, _ = self._found(pair, copies.layout, some, by, length, blocks, with_ids=False)
            return Compared(length, given, distinct), ids

        for _, found in self.room.levels(text, lengths, count):
            assert found is not None
            yield found

    def _found(
        self, pair: Pair, layout: Layout, pieces: Pieces, by: By, length: int, blocks: int, *, with_ids: bool
    ) -> tuple[Found, Pieces | None]:  # fmt: skip
        """What both sides hold of windows of `length`, whose units or ids are in `pieces`, as they lie in `layout`."""
        of_a, _ = pieces.parted(layout.middle)
        units, how = alone(pair, layout, replace(_text(pair), pieces=of_a)), whole_text(layout.middle, blocks)
        tally = Tally(Scheme.of(layout, length, blocks))
        both = comparing.Both(Sums.of(units, length, how), tally, len(of_a.tasks))
        stands = Stretches.as_it_stands(layout.starts)
        ids = self.room.count(pieces, by, stands, length, both, comparing.compared, with_ids=with_ids)
        counts = length, both.of_a.growth(), both.of_a.curves()
        return Found(both.tally.overlap(), growth_of(units, how, counts, 0, [])), ids

    def _left(self, pieces: Pieces, taken: np.ndarray) -> Pieces:
        """Pieces of what is left without the stretches `taken` out."""
        tasks, ends = [], [0]
        for i, (one, first) in enumerate(pieces.each()):
            size = pieces.size(i)
            low = int(np.searchsorted(taken[:, 1], first, side="right"))
            high = int(np.searchsorted(taken[:, 0], first + size, side="left"))
            here = np.clip(taken[low:high] - first, 0, size)
            n_left = size - int(np.diff(here).sum())
            if n_left:
                tasks.append(self.room.workers.do(comparing.left, one, here) if len(here) else one)
                ends.append(ends[-1] + n_left)
        return Pieces(tasks, np.array(ends, np.int64))

    def _copied(self, pair: Pair) -> np.ndarray:
        """(run, 2) stretches of text that came before."""
        length, text = stretch_length(pair.unit), _text(pair)
        stands = Stretches.as_it_stands(pair.layout.starts)
        if not np.any(stands.n_windows(length)):
            return joined(np.empty(0, np.int64), np.empty(0, np.int64))

        def count(
            pieces: Pieces, by: By, length: int, is_wanted: bool, with_ids: bool
        ) -> tuple[np.ndarray | None, Pieces | None]:  # fmt: skip
            if not is_wanted:
                return None, self.room.count(pieces, by, stands, length, nothing(), with_ids=with_ids)
            return self._runs(pieces, by, stands, length), None

        ((_, found),) = self.room.levels(text, [length], count)
        assert found is not None
        return found

    def _runs(self, pieces: Pieces, by: By, stands: Stretches, length: int) -> np.ndarray:
        """What windows of `length` cover that came before; they are numbered by their first units."""
        do, of = self.room.workers.do, self.room.workers.of
        cut = self.room.cut(
            pieces, by, stands, length, stands.starts[:-1], nothing(), comparing.copied, length, with_ids=False
        )  # fmt: skip
        n = len(pieces.tasks)
        copied = [part.ids(do, n, ()) for part in cut.parts]
        found = [do(comparing.runs, length, [some[i] for some in copied]) for i in range(n)]
        some = np.concatenate([of(one) for one in found])
        return joined(some[:, 0], some[:, 1])

    def _digests(self, pair: Pair) -> np.ndarray:
        """The digest of each document; of one that is longer than a segment, that of those of its segments."""
        text, borders = _text(pair), pair.layout.documents
        n = -(-np.diff(borders) // self.segment)
        before = np.cumsum(n) - n
        first = np.repeat(borders[:-1], n) + self.segment * (np.arange(int(n.sum())) - np.repeat(before, n))
        end = np.minimum(first + self.segment, np.repeat(borders[1:], n))
        tasks = []
        for i, (one, place) in enumerate(text.pieces.each()):
            size = text.pieces.size(i)
            low, high = np.searchsorted(first, [place, place + size])
            if low < high:
                behind = self.room.behind(text.pieces, i, int(end[high - 1]) - place - size)
                here = (first[low:high] - place, end[low:high] - place)
                tasks.append(self.room.workers.do(comparing.digests, one, behind, *here))
        every = np.concatenate([self.room.workers.of(one) for one in tasks])
        found = every[before]
        for i in np.flatnonzero(n > 1).tolist():
            found[i] = digest(every[before[i] : before[i] + n[i]], b"digests")
        return found

    def _traits(self, known: Known, text: Elsewhere, unit: str) -> Traits:
        """As `Traits.of` a side."""
        if unit == TOKEN:
            return Traits(largest=max(one.largest for one in known.facts))
        returns = share(*self._line_ends(text.pieces)) if unit in LETTERS else 0.0
        where = stretches(text.pieces.n_units, unit)
        do, of = self.room.workers.do, self.room.workers.of
        parts = self._words if unit in WORDS else self._letters
        found = [of(one) for one in [do(comparing.accents, unit, parts(known, text, *one)) for one in where]]
        return Traits(returns=returns, form=Accents(*map(sum, zip(*found, strict=True))).form)

    def _line_ends(self, pieces: Pieces) -> tuple[int, int]:
        """As `line_ends` of a side."""
        do, before, tasks = self.room.workers.do, list[Any](), list[Any]()
        for i, one in enumerate(pieces.tasks):
            tasks.append(do(comparing.ends_of_lines, one, before))
            before = [do(reading.strided, one, pieces.size(i) - 1, 1)]
        found = [self.room.workers.of(one) for one in tasks]
        return sum(one for one, _ in found), sum(other for _, other in found)

    def _letters(self, known: Known, text: Elsewhere, place: int, size: int) -> list[Any]:
        """Tasks for the `size` letters of a side from `place` on."""
        del known
        do = self.room.workers.do
        first, tasks = text.pieces.around(place, size)
        return [do(reading.stretch, [do(reading.head, *one) for one in tasks], place - first, size)]

    def _words(self, known: Known, text: Elsewhere, place: int, size: int) -> list[Any]:
        """The same for words, by the shards that they stand in."""
        del text
        tasks = []
        for shard, one, first in zip(known.shards, known.facts, known.ends.tolist(), strict=False):
            low, high = max(place - first, 0), min(place + size - first, one.n_units)
            if low < high:
                tasks.append(self.room.workers.do(comparing.words_between, shard, low, high, one.seals))
        return tasks


def _units(known: Known, files: Files, unit: str, options: ReadOptions) -> Units:
    """A side, as `read_units` gives it where documents are asked for; its units are not there yet."""
    found = units_of(lambda: None, known.starts, files, known.told, known.tally, unit, options)
    starts = known.starts if options.within_documents else known.of_files
    return replace(found, documents=known.starts, starts=starts)


def _text(pair: Pair) -> Elsewhere:
    text: Any = pair.ids
    assert isinstance(text, Elsewhere)
    return text


@contextmanager
def pairs_on_cluster(cluster: str) -> Iterator[PairRoom]:
    """Room on the workers that `cluster` names; see `workers_of`."""
    with workers_of(cluster, None) as workers:
        yield PairRoom(ClusterRoom(workers=workers))
