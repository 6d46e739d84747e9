"""L(D): what held-out text costs two learners that were taught D units of the rest, for D that doubles.

| letter | name in results | is                                                                        |
|--------|-----------------|---------------------------------------------------------------------------|
| D      | `n_train`       | units taught                                                              |
| L(D)   | `loss`          | mean cost of a unit of the held-out text, nats                            |
| π_j(D) | `matched`       | share of held-out units of which j with those before, and no more, were seen |
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from bounds.base.telling.steps import step
from simulate.text.cutting.sequences import Units
from simulate.text.cutting.units import counted
from simulate.text.learning.foretelling.contributions import Tail, tail_of
from simulate.text.learning.held_out import Split, split
from simulate.text.learning.scoring import LEARNERS, Scores, discounts, score
from simulate.text.learning.trie import Trie
from simulate.text.reading.errors import InputError
from simulate.text.reading.room import NoRoomError, require

DEPTH = 6
"""Units of the longest n-gram: Kneser-Ney of order 6, PPM of order 5."""

LEAST_UNITS = 1000
"""In the smallest part that is taught; three sizes are needed."""

MOST_SIZES = 12
FURTHEST = 16
"""How many times what was taught is counted at most: farther than that loss from counts was not tried."""

_SPARSE = 1 << 24
"""Token ids beyond which their table is no longer small."""


@dataclass(frozen=True, eq=False)
class LossCurves:
    """What each block of held-out text costs after each part of the text, in each order."""

    corpus: str
    unit: str
    n_train: np.ndarray
    """(size) units taught, each about twice those before, int64."""
    block_units: np.ndarray
    """(block) units tested, int64."""
    losses: np.ndarray
    """(learner, shuffle, size, block) mean nats per unit."""
    matched: np.ndarray
    """(shuffle, size, block, j) units of the block by the length of their match."""
    matched_cost: np.ndarray
    """(learner, shuffle, size, block, j) what these cost together, nats."""
    own_discounts: np.ndarray
    """(shuffle, size, order) whether the counts of an order gave its discounts; order 1 first."""
    vocabulary: int
    """Units over which probabilities sum to one: 256 bytes; else twice as many as the text has different ones."""
    unseen: float
    """Share of held-out units that the text that may be taught never has."""
    pool: int
    """Units of the text that may be taught."""
    how: str
    """What was held out: documents, or blocks."""
    n_pieces: int
    """Documents, or chunks, that were shuffled."""
    n_tested: int
    """Documents, or stretches, that were held out."""
    bytes_per_unit: float | None
    """Of the whole text; None where files do not hold text."""
    n_counted: np.ndarray
    """(part) larger parts of the text, which were counted and not taught, int64."""
    counted: np.ndarray
    """(shuffle, part, block, j) units of the block by the length of their match in each of these."""
    tail: Tail | None
    """Of the suffix automaton of the largest of these, in the first order; None where nothing was counted."""

    @property
    def matched_loss(self) -> np.ndarray:
        """(learner, shuffle, size, j) mean nats per unit with a match of that length; NaN where there is none."""
        units, cost = self.matched.sum(axis=2), self.matched_cost.sum(axis=3)
        there = np.broadcast_to(units > 0, cost.shape)
        return np.divide(cost, units, out=np.full_like(cost, np.nan), where=there)


def sizes_of(pool: int, most: int | None = None) -> np.ndarray:
    """Parts to teach of `pool` units, `most` at most: from 1000 on or a little more, each about twice the last.

    InputError where these are fewer than three.
    """
    largest = pool if most is None else min(most, pool)
    found = [largest >> octave for octave in range(MOST_SIZES) if largest >> octave >= LEAST_UNITS]
    if len(found) < 3:
        raise InputError(
            f"{largest} units to learn from are too few: {4 * LEAST_UNITS} at least make three sizes that double"
        )
    return np.array(found[::-1], dtype=np.int64)


def measure_loss(
    units: Units,
    *,
    hold_out: str = "auto",
    shuffles: int = 4,
    most: int | None = None,
    chunk: int = 2000,
    seed: int = 0,
    count_on: bool = False,
    school: School | None = None,
) -> LossCurves:
    """The losses of both learners on what is held out of `units`, in `shuffles` orders of the rest.

    `most` units are taught at most; with `count_on`, matches in larger parts, each twice the last, are counted as well,
    up to `FURTHEST` times as much. Orders are taught by `school`, in turn if None; it changes no number. InputError
    with one sentence where the text is too short or too large.
    """
    parts = split(units, hold_out=hold_out, chunk=chunk, seed=seed)
    if parts.n_taught < 4 * LEAST_UNITS:
        raise InputError(
            f"{units.corpus} has {counted(units.n_units, units.unit)}, and {parts.n_taught} of them are left to learn "
            f"from: {4 * LEAST_UNITS} at least make three sizes that double"
        )
    sizes = sizes_of(parts.n_taught, most)
    course = Course(parts, sizes, _larger(sizes[-1], parts.n_taught) if count_on else sizes[:0], shuffles)
    try:
        return _curves(units, course, (school or in_turn)(units, course))
    except (NoRoomError, MemoryError) as error:
        reason = str(error) or "memory ran out"
        raise InputError(
            f"{units.corpus} is too large to be learnt from as a whole here: {reason}; pass --most with fewer than "
            f"{sizes[-1]} units"
        ) from None


def _larger(taught: int, pool: int) -> np.ndarray:
    """Twice as much, four times as much, … as `taught`, as far as `pool` units go; InputError where nothing is left."""
    found = [taught << k for k in range(1, FURTHEST.bit_length()) if taught << k <= pool]
    if not found:
        raise InputError(
            f"{pool} units are there to count and {taught} are taught of them: pass --most with at most half as many"
        )
    return np.array(found, dtype=np.int64)


class Text(NamedTuple):
    """A text as learners take it."""

    ids: np.ndarray
    """Units as numbers from 0 on."""
    vocabulary: int
    """Units over which probabilities sum to one."""


@dataclass(frozen=True, eq=False)
class Course:
    """What is to be taught."""

    parts: Split
    sizes: np.ndarray
    """Units that are taught and tested, ascending."""
    larger: np.ndarray
    """Units that are counted behind them, ascending; none where no matches are to be counted."""
    shuffles: int
    """Orders in which that is done."""

    @property
    def all_sizes(self) -> np.ndarray:
        """Those that are taught and those that are counted."""
        return np.concatenate([self.sizes, self.larger])


@dataclass(frozen=True, eq=False)
class Lesson:
    """What one order brought: arrays as in `LossCurves`, without the axis of shuffles."""

    losses: np.ndarray
    matched: np.ndarray
    matched_cost: np.ndarray
    own_discounts: np.ndarray
    counted: np.ndarray
    tail: Tail | None


class Taught(NamedTuple):
    """What all orders brought."""

    lessons: Sequence[Lesson]
    vocabulary: int
    unseen: float


School = Callable[[Units, Course], Taught]
"""Who teaches `Lesson` after `Lesson` of a text."""


def in_turn(units: Units, course: Course) -> Taught:
    """All orders one after the other, in this process."""
    text = numbered(units.ids, units.unit)
    lessons = [lesson(text, course, shuffle) for shuffle in range(course.shuffles)]
    return Taught(lessons, text.vocabulary, unseen(text, course))


def lesson(text: Text, course: Course, shuffle: int) -> Lesson:
    """Both learners taught part by part in the order of that number, from 0, and tested after each."""
    parts, all_sizes, n_sizes = course.parts, course.all_sizes, len(course.sizes)
    tested, first = laid_out(text.ids, np.concatenate(parts.tested))
    n_blocks = len(parts.tested)
    block, shape = np.repeat(np.arange(n_blocks), parts.sizes), (n_sizes, n_blocks)
    losses, cost = np.empty((len(LEARNERS), *shape)), np.empty((len(LEARNERS), *shape, DEPTH + 1))
    matched, own = np.empty((*shape, DEPTH + 1), dtype=np.int64), np.empty((n_sizes, DEPTH), dtype=bool)
    counted = np.empty((len(course.larger), n_blocks, DEPTH + 1), dtype=np.int64)
    most = int(all_sizes[-1])
    taught, begins = laid_out(text.ids, parts.order(shuffle), most)
    tail = tail_of(taught, begins) if len(course.larger) and not shuffle else None
    trie, at = Trie(DEPTH), 0
    for i, size in enumerate(all_sizes.tolist()):
        step("learning", shuffle * most + at, course.shuffles * most, "units")
        trie.learn(taught[at:size], begins[at:size])
        at = size
        tallies = trie.tallies()
        found = score(trie, tallies, tested, first, text.vocabulary)
        by_match, costs = _by_match(found, block, n_blocks)
        if i >= n_sizes:  # what was only counted has no loss
            counted[i - n_sizes] = by_match
            continue
        own[i] = discounts(tallies.counts)[1][1:]
        matched[i], cost[:, i] = by_match, costs
        losses[:, i] = [np.bincount(block, one) / parts.sizes for one in found.losses]
    step("learning", (shuffle + 1) * most, course.shuffles * most, "units")
    return Lesson(losses, matched, cost, own, counted, tail)


def _curves(units: Units, course: Course, taught: Taught) -> LossCurves:
    lessons, parts = taught.lessons, course.parts
    return LossCurves(
        corpus=units.corpus,
        unit=units.unit,
        n_train=course.sizes,
        block_units=parts.sizes,
        losses=np.stack([one.losses for one in lessons], axis=1),
        matched=np.stack([one.matched for one in lessons]),
        matched_cost=np.stack([one.matched_cost for one in lessons], axis=1),
        own_discounts=np.stack([one.own_discounts for one in lessons]),
        vocabulary=taught.vocabulary,
        unseen=taught.unseen,
        pool=parts.n_taught,
        how=parts.how,
        n_pieces=len(parts.taught),
        n_tested=sum(map(len, parts.tested)),
        bytes_per_unit=None if units.n_bytes is None else units.n_bytes / units.n_units,
        n_counted=course.larger,
        counted=np.stack([one.counted for one in lessons]),
        tail=lessons[0].tail,
    )


def _by_match(found: Scores, block: np.ndarray, n_blocks: int) -> tuple[np.ndarray, np.ndarray]:
    """(block, j) units by the length of their match, and (learner, block, j) what these cost together."""
    place, shape = block * (DEPTH + 1) + found.matched, (n_blocks, DEPTH + 1)
    units = np.bincount(place, minlength=math.prod(shape)).reshape(shape)
    return units, np.array([np.bincount(place, one, minlength=units.size).reshape(shape) for one in found.losses])


def numbered(ids: np.ndarray, unit: str) -> Text:
    """Units as numbers from 0 on, and the size of the vocabulary: 256 for bytes.

    Twice the different units of the text otherwise: as many again stand for those that it does not hold. Were there
    but one for these, what escapes from all that is known would fall on it alone as the last known ones are learnt.
    """
    if unit == "byte":
        return Text(ids, 256)
    require(12 * len(ids))
    if int(ids.max()) > _SPARSE:
        known, found = np.unique(ids, return_inverse=True)
        return Text(found.astype(np.uint32), 2 * len(known))
    there = np.zeros(int(ids.max()) + 1, dtype=bool)
    there[ids] = True
    numbers = (np.cumsum(there) - 1).astype(np.uint32)
    return Text(numbers[ids], 2 * int(there.sum()))


def unseen(text: Text, course: Course) -> float:
    """Share of the units of the test that no unit taught is."""
    ids, parts = text.ids, course.parts
    known = np.zeros(int(ids.max()) + 1, dtype=bool)
    for start, end in parts.taught.tolist():
        known[ids[start:end]] = True
    tested, _ = laid_out(ids, np.concatenate(parts.tested))
    return float(1 - known[tested].mean())


def laid_out(ids: np.ndarray, spans: np.ndarray, most: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """The units of `spans`, rows (start, end), one after the other, and 1 where one begins; `most` units of them."""
    sizes = np.diff(spans)[:, 0]
    ends = np.cumsum(sizes)
    n = int(ends[-1]) if most is None else most
    spans = spans[: int(np.searchsorted(ends, n)) + 1]
    require(5 * n)
    laid, first = np.empty(n, dtype=np.uint32), np.zeros(n, dtype=np.uint8)
    at = 0
    for start, end in spans.tolist():
        taken = min(end - start, n - at)
        laid[at : at + taken] = ids[start : start + taken]
        first[at] = 1
        at += taken
    return laid, first
