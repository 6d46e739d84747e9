"""What text that was held out costs two learners that saw the same training text: in nats, unit by unit.

| letter  | is                                                                                   |
|---------|--------------------------------------------------------------------------------------|
| w, h    | a unit, and the units before it in its stream, `depth` - 1 of them at most             |
| c(hw)   | the counts of `trie`, and c(h·) their sum over all w                                   |
| N_i(h)  | how many w have c(hw) = i; N_3 those of 3 and more; q(h) all of them                   |
| D_i     | the discount of counts i, one for each order                                           |
| V       | units in the vocabulary, the one that stands for all unseen ones included              |

**Modified Kneser–Ney**, interpolated (Chen & Goodman 1999, equations 24–26; h' is h without its first unit):

    p(w|h) = max(c(hw) - D_{c(hw)}, 0) / c(h·) + (D_1 N_1(h) + D_2 N_2(h) + D_3 N_3(h)) / c(h·) · p(w|h'),

down to 1/V below the empty context. With n_i n-grams of an order whose c is i, Y = n_1/(n_1 + 2 n_2) and
D_i = i - (i + 1) Y n_{i+1}/n_i. Where an order has too few n-grams for that (some n_i is 0, or a D_i is outside 0 … i),
its discounts are 0.5, 1 and 1.5, and the result says so.

**PPM with escape method D** (Howard 1993, section 1.3): a unit that was seen after h has (2c - 1)/(2n) there, and
what was not q/(2n), with which the next shorter context is asked, without the units that a longer one had: n and q are
over the others. Below the empty context all units that were never seen are equally likely; where a context has seen
the whole vocabulary, nothing escapes from it.

Both probabilities sum to one over the vocabulary after every context; neither learns from the text it is tested on.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from simulate.drawing.compiled import bare
from simulate.text.learning.trie import Tallies, Trie, place

LEARNERS = ("kneser-ney", "ppm-d")
"""Both learners, in the order of all arrays."""

FALLBACK = (0.5, 1.0, 1.5)
"""Discounts of an order whose counts of counts give none."""


@dataclass(frozen=True, eq=False)
class Scores:
    """What each unit of a text costs."""

    losses: np.ndarray
    """(learner, unit) -ln p, float64."""
    matched: np.ndarray
    """(unit) units of the longest n-gram in the training text that ends with it: 0 where it was never seen, uint8."""


def discounts(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(order, 3) the discounts of each order, from `Tallies.counts`, and (order) whether they are its own.

    Chen & Goodman 1999, equation 26; order 0 has none.
    """
    found = np.tile(np.array(FALLBACK), (len(counts), 1))
    own = np.zeros(len(counts), dtype=bool)
    for order in range(1, len(counts)):
        n1, n2, n3, n4 = (int(n) for n in counts[order, 1:5])
        if not (n1 and n2 and n3):
            continue
        y = n1 / (n1 + 2 * n2)
        tried = np.array([1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3])
        if (tried >= 0).all() and n4:
            found[order], own[order] = tried, True
    return found, own


def score(trie: Trie, tallies: Tallies, ids: np.ndarray, first: np.ndarray, vocabulary: int) -> Scores:
    """The cost of the units `ids` of streams that begin where `first` is 1, to both learners as `trie` is now.

    `vocabulary` is V, which must exceed the number of different units in the trie, or be that of all there can be.
    """
    losses = np.empty((2, len(ids)))
    matched = np.empty(len(ids), dtype=np.uint8)
    table, _ = discounts(tallies.counts)
    _score(
        ids, first, vocabulary, trie.depth, trie.keys, trie.counts, trie.links, trie.orders, trie.table, tallies.total,
        tallies.kinds, tallies.shared, table, losses, matched,
    )  # fmt: skip
    return Scores(losses, matched)


@bare
def _score(
    ids: Any, first: Any, vocabulary: int, depth: int, keys: Any, counts: Any, links: Any, orders: Any, table: Any,
    total: Any, kinds: Any, shared: Any, discount: Any, losses: Any, matched: Any,
) -> None:  # fmt: skip
    state: Any = 0
    for at in range(len(ids)):
        if first[at]:
            state = 0
        kneser_ney, ppm, longest = _probabilities(
            state, ids[at], vocabulary, keys, counts, links, orders, table, total, kinds, shared, discount
        )
        losses[0, at], losses[1, at] = -math.log(kneser_ney), -math.log(ppm)
        matched[at] = orders[longest] if longest else 0
        # the longest n-gram that was seen is where the next unit is looked for, less its first unit if it is full
        state = longest if not longest or orders[longest] < depth else np.int64(links[longest])


@bare
def _probabilities(
    context: Any, unit: Any, vocabulary: int, keys: Any, counts: Any, links: Any, orders: Any, table: Any, total: Any,
    kinds: Any, shared: Any, discount: Any,
) -> Any:  # fmt: skip
    """p of `unit` after `context` by both learners, and the longest n-gram that was seen and ends with it, or 0."""
    node: Any = 0
    longest: Any = 0
    kneser_ney, weight = 0.0, 1.0  # what is said so far, and the share of what shorter contexts say
    ppm, escaped = 0.0, 1.0
    skipped_sum: Any = 0  # c of the units that longer contexts had, in this one
    skipped: Any = 0  # and their number
    while True:
        if not node:
            node = np.int64(table[place(context, unit, keys, table)])
            longest = node
        count = np.int64(counts[node]) if node else 0
        all_ = total[context]
        if all_:
            order = orders[context] + 1
            ones, twos, more = np.int64(kinds[context, 0]), np.int64(kinds[context, 1]), np.int64(kinds[context, 2])
            if count:
                kneser_ney += weight * (count - discount[order, min(count, 3) - 1]) / all_
            weight *= (discount[order, 0] * ones + discount[order, 1] * twos + discount[order, 2] * more) / all_
            if ppm == 0.0:
                units = ones + twos + more
                rest, fresh = all_ - skipped_sum, units - skipped
                if count:
                    # where every unit of the vocabulary was seen there is nothing to escape to
                    ppm = escaped * (2 * count - 1) / (2 * rest - (fresh if units == vocabulary else 0))
                elif fresh:
                    escaped *= fresh / (2 * rest)
                skipped_sum, skipped = shared[context], units
        if context == 0:
            break
        node = np.int64(links[node]) if node else 0
        context = np.int64(links[context])
    if ppm == 0.0:
        ppm = escaped / (vocabulary - skipped)
    return kneser_ney + weight / vocabulary, ppm, longest
