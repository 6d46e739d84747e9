"""L(D): what held-out text costs two learners that were taught D units of the rest, for D that doubles.

| letter | name in results | is                                                                        |
|--------|-----------------|---------------------------------------------------------------------------|
| D      | `n_train`       | units taught                                                              |
| L(D)   | `loss`          | mean cost of a unit of the held-out text, nats                            |
| π_j(D) | `matched`       | share of held-out units of which j with those before, and no more, were seen |
"""

from __future__ import annotations

import math
from dataclasses import dataclass

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
) -> LossCurves:
    """The losses of both learners on what is held out of `units`, in `shuffles` orders of the rest.

    `most` units are taught at most; with `count_on`, matches in larger parts, each twice the last, are counted as well,
    up to `FURTHEST` times as much. InputError with one sentence where the text is too short or too large.
    """
    parts = split(units, hold_out=hold_out, chunk=chunk, seed=seed)
    if parts.n_taught < 4 * LEAST_UNITS:
        raise InputError(
            f"{units.corpus} has {counted(units.n_units, units.unit)}, and {parts.n_taught} of them are left to learn "
            f"from: {4 * LEAST_UNITS} at least make three sizes that double"
        )
    sizes = sizes_of(parts.n_taught, most)
    try:
        return _measure(units, parts, sizes, shuffles, _larger(sizes[-1], parts.n_taught) if count_on else sizes[:0])
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


def _measure(units: Units, parts: Split, sizes: np.ndarray, shuffles: int, larger: np.ndarray) -> LossCurves:
    ids, vocabulary = numbered(units)
    tested, first = laid_out(ids, np.concatenate(parts.tested))
    shape = (shuffles, len(sizes), len(parts.tested))
    losses, cost = np.empty((len(LEARNERS), *shape)), np.empty((len(LEARNERS), *shape, DEPTH + 1))
    matched = np.empty((*shape, DEPTH + 1), dtype=np.int64)
    own = np.empty((*shape[:2], DEPTH), dtype=bool)
    counted = np.empty((shuffles, len(larger), shape[2], DEPTH + 1), dtype=np.int64)
    block, tail = np.repeat(np.arange(shape[2]), parts.sizes), None
    all_sizes = np.concatenate([sizes, larger])
    most = int(all_sizes[-1])
    for shuffle in range(shuffles):
        taught, begins = laid_out(ids, parts.order(shuffle), most)
        if len(larger) and not shuffle:
            tail = tail_of(taught, begins)
        trie, at = Trie(DEPTH), 0
        for i, size in enumerate(all_sizes.tolist()):
            step("learning", shuffle * most + at, shuffles * most, "units")
            trie.learn(taught[at:size], begins[at:size])
            at = size
            tallies = trie.tallies()
            found = score(trie, tallies, tested, first, vocabulary)
            by_match, costs = _by_match(found, block, shape[2])
            if i >= len(sizes):  # what was only counted has no loss
                counted[shuffle, i - len(sizes)] = by_match
                continue
            own[shuffle, i] = discounts(tallies.counts)[1][1:]
            matched[shuffle, i], cost[:, shuffle, i] = by_match, costs
            losses[:, shuffle, i] = [np.bincount(block, one) / parts.sizes for one in found.losses]
    step("learning", shuffles * most, shuffles * most, "units")
    return LossCurves(
        corpus=units.corpus,
        unit=units.unit,
        n_train=sizes,
        block_units=parts.sizes,
        losses=losses,
        matched=matched,
        matched_cost=cost,
        own_discounts=own,
        vocabulary=vocabulary,
        unseen=_unseen(ids, parts),
        pool=parts.n_taught,
        how=parts.how,
        n_pieces=len(parts.taught),
        n_tested=sum(map(len, parts.tested)),
        bytes_per_unit=None if units.n_bytes is None else units.n_bytes / units.n_units,
        n_counted=larger,
        counted=counted,
        tail=tail,
    )


def _by_match(found: Scores, block: np.ndarray, n_blocks: int) -> tuple[np.ndarray, np.ndarray]:
    """(block, j) units by the length of their match, and (learner, block, j) what these cost together."""
    place, shape = block * (DEPTH + 1) + found.matched, (n_blocks, DEPTH + 1)
    units = np.bincount(place, minlength=math.prod(shape)).reshape(shape)
    return units, np.array([np.bincount(place, one, minlength=units.size).reshape(shape) for one in found.losses])


def numbered(units: Units) -> tuple[np.ndarray, int]:
    """Units as numbers from 0 on, and the size of the vocabulary: 256 for bytes.

    Twice the different units of the text otherwise: as many again stand for those that it does not hold. Were there
    but one for these, what escapes from all that is known would fall on it alone as the last known ones are learnt.
    """
    if units.unit == "byte":
        return units.ids, 256
    require(12 * units.n_units)
    if int(units.ids.max()) > _SPARSE:
        known, found = np.unique(units.ids, return_inverse=True)
        return found.astype(np.uint32), 2 * len(known)
    there = np.zeros(int(units.ids.max()) + 1, dtype=bool)
    there[units.ids] = True
    numbers = (np.cumsum(there) - 1).astype(np.uint32)
    return numbers[units.ids], 2 * int(there.sum())


def _unseen(ids: np.ndarray, parts: Split) -> float:
    """Share of the units of the test that no unit taught is."""
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
