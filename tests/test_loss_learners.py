"""Kneser-Ney and PPM against slow twins in exact fractions, written from the papers and not from the code."""

from __future__ import annotations

import math
from collections import Counter
from fractions import Fraction
from itertools import pairwise, product

import numpy as np
import pytest

from simulate.text.learning.scoring import discounts, score
from simulate.text.learning.trie import Trie

FALLBACK = (Fraction(1, 2), Fraction(1), Fraction(3, 2))


class Slow:
    """Both learners by their definitions: lists of n-grams, sets of what stands before them, fractions."""

    def __init__(self, streams: list[list[int]], depth: int, vocabulary: int) -> None:
        self.depth, self.vocabulary = depth, vocabulary
        self.counts: list[Counter[tuple[int, ...]]] = [Counter()]
        for n in range(1, depth + 1):
            count: Counter[tuple[int, ...]] = Counter()
            before = set()
            for units in streams:
                for i in range(len(units) - n + 1):
                    gram = tuple(units[i : i + n])
                    if n == depth or i == 0:
                        count[gram] += 1
                    else:
                        before.add((units[i - 1], gram))
            count.update(gram for _, gram in before)
            self.counts.append(count)
        self.discounts = [self._discounts(count) for count in self.counts]

    @staticmethod
    def _discounts(count: Counter[tuple[int, ...]]) -> tuple[Fraction, ...]:
        n = [sum(c == i for c in count.values()) for i in range(5)]
        if not all(n[1:]):
            return FALLBACK
        y = Fraction(n[1], n[1] + 2 * n[2])
        found = tuple(i - (i + 1) * y * Fraction(n[i + 1], n[i]) for i in (1, 2, 3))
        return found if min(found) >= 0 else FALLBACK

    def _after(self, context: tuple[int, ...]) -> dict[int, int]:
        n = len(context) + 1
        return {g[-1]: c for g, c in self.counts[n].items() if g[:-1] == context}

    def kneser_ney(self, context: tuple[int, ...], unit: int) -> Fraction:
        shorter = self.kneser_ney(context[1:], unit) if context else Fraction(1, self.vocabulary)
        after = self._after(context)
        if not after:
            return shorter
        d = self.discounts[len(context) + 1]
        total = sum(after.values())
        count = after.get(unit, 0)
        own = count - d[min(count, 3) - 1] if count else Fraction(0)
        left = sum(d[min(c, 3) - 1] for c in after.values())
        return (own + left * shorter) / total

    def ppm(self, context: tuple[int, ...], unit: int, excluded: frozenset[int] = frozenset()) -> Fraction:
        after = {u: c for u, c in self._after(context).items() if u not in excluded}
        everything = excluded | set(after)
        n, q = sum(after.values()), len(after)
        closed = len(everything) == self.vocabulary
        if unit in after:
            return Fraction(2 * after[unit] - 1, 2 * n - (q if closed else 0))
        escape = Fraction(q, 2 * n) if n else Fraction(1)
        if context:
            return escape * self.ppm(context[1:], unit, frozenset(everything))
        return escape * Fraction(1, self.vocabulary - len(everything))


def flat(streams: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    ids = np.array([unit for units in streams for unit in units], dtype=np.uint32)
    first = np.zeros(len(ids), dtype=np.uint8)
    at = 0
    for units in streams:
        first[at] = 1
        at += len(units)
    return ids, first


def probabilities(trie: Trie, context: tuple[int, ...], vocabulary: int) -> np.ndarray:
    """(learner, unit) the probabilities of all units after a context."""
    ids, first = flat([[*context, unit] for unit in range(vocabulary)])
    n = len(context) + 1
    return np.exp(-score(trie, trie.tallies(), ids, first, vocabulary).losses[:, n - 1 :: n])


def texts(letters: int, seed: int, lengths: tuple[int, ...]) -> list[list[int]]:
    random = np.random.default_rng(seed)
    weights = 1.0 / np.arange(1, letters + 1)
    return [random.choice(letters, n, p=weights / weights.sum()).tolist() for n in lengths]


CASES = [
    (2, 3, 2, (1, 2, 9)), (2, 3, 3, (40,)), (3, 4, 2, (30, 1, 17)), (3, 4, 3, (200, 100)), (4, 5, 1, (25,)),
    (2, 2, 3, (60,)), (3, 3, 2, (80, 40)), (5, 6, 3, (400,)), (3, 4, 6, (150, 3, 150)),
]  # fmt: skip
"""Letters, vocabulary (the letters, and one unit that is never seen, or the letters alone), depth, lengths."""


@pytest.mark.parametrize(("letters", "vocabulary", "depth", "lengths"), CASES)
def test_every_probability_is_that_of_the_slow_twin_and_they_sum_to_one(letters, vocabulary, depth, lengths):
    """Every context of every length up to one more than the learners look back."""
    streams = texts(letters, depth, lengths)
    slow = Slow(streams, depth, vocabulary)
    trie = Trie(depth)
    trie.learn(*flat(streams))
    for n in range(min(depth, 4) + 1):
        for context in product(range(vocabulary), repeat=n):
            found = probabilities(trie, context, vocabulary)
            assert found.sum(axis=1) == pytest.approx(1, abs=1e-12)
            seen = context[max(0, n - depth + 1) :]
            for unit in range(vocabulary):
                assert found[0, unit] == pytest.approx(float(slow.kneser_ney(seen, unit)), rel=1e-12)
                assert found[1, unit] == pytest.approx(float(slow.ppm(seen, unit)), rel=1e-12)
    for learner in (slow.kneser_ney, slow.ppm):
        assert sum(learner(tuple(streams[0][: depth - 1]), unit) for unit in range(vocabulary)) == 1


def test_the_twin_tells_counts_apart():
    """Negative control: raw counts in place of those of different units before are another learner."""
    streams = texts(3, 3, (200,))
    trie, slow = Trie(3), Slow(streams, 3, 4)
    trie.learn(*flat(streams))
    slow.counts[2] = Counter(tuple(streams[0][i : i + 2]) for i in range(199))
    found = probabilities(trie, (0, 1), 4)[0]
    assert abs(found[0] - float(slow.kneser_ney((0, 1), 0))) > 1e-3


def test_a_trie_taught_in_parts_is_that_of_the_whole(monkeypatch):
    streams = texts(40, 5, (9000, 1, 5000))
    ids, first = flat(streams)
    whole, parts = Trie(6), Trie(6)
    monkeypatch.setattr("simulate.text.learning.trie._NODES", 64)
    small = Trie(6)
    whole.learn(ids, first)
    small.learn(ids, first)
    for a, b in ((0, 1), (1, 9000), (9000, 9500), (9500, len(ids))):
        parts.learn(ids[a:b], first[a:b])
    for other in (parts, small):
        assert other.n_nodes == whole.n_nodes
        for name in ("keys", "counts", "links", "orders"):
            assert (getattr(other, name)[: whole.n_nodes] == getattr(whole, name)[: whole.n_nodes]).all()


def test_matched_is_the_longest_run_of_units_that_was_seen():
    streams = texts(4, 9, (120, 60))
    trie = Trie(5)
    trie.learn(*flat(streams))
    test = texts(5, 10, (70, 1, 30))
    found = score(trie, trie.tallies(), *flat(test), 6).matched
    seen = {tuple(u[i : i + n]) for u in streams for n in range(1, 6) for i in range(len(u) - n + 1)}
    expected = [
        max((n for n in range(1, 6) if n <= i + 1 and tuple(units[i + 1 - n : i + 1]) in seen), default=0)
        for units in test
        for i in range(len(units))
    ]
    assert found.tolist() == expected


def test_discounts_are_their_own_where_counts_give_them_and_said_where_they_do_not():
    counts = np.array([[0] * 6, [0, 40, 15, 8, 5, 9], [0, 40, 0, 8, 5, 9], [0, 2, 50, 1, 50, 9]])
    found, own = discounts(counts)
    y = 40 / 70
    assert found[1] == pytest.approx([1 - 2 * y * 15 / 40, 2 - 3 * y * 8 / 15, 3 - 4 * y * 5 / 8])
    assert own.tolist() == [False, True, False, False]
    assert found[2].tolist() == found[3].tolist() == [0.5, 1.0, 1.5]


def test_a_learner_of_more_text_of_a_known_source_nears_its_entropy():
    """Of a Markov chain of order 1 with known entropy; the excess of both falls, and stays above zero."""
    random = np.random.default_rng(3)
    table = random.dirichlet(np.full(6, 0.5), size=6)
    chain = [0]
    for u in random.random(60_000):
        chain.append(min(int(np.searchsorted(np.cumsum(table[chain[-1]]), u)), 5))
    ids, first = flat([chain[:40_000], chain[40_000:]])
    test = slice(40_000, None)
    pairs = np.array(list(pairwise(chain[40_000:])))
    exact = float(np.mean([-math.log(table[a, b]) for a, b in pairs]))
    trie, losses = Trie(6), []
    for a, b in ((0, 1000), (1000, 8000), (8000, 40_000)):
        trie.learn(ids[a:b], first[a:b])
        losses.append(score(trie, trie.tallies(), ids[test], first[test], 7).losses[:, 1:].mean(axis=1) - exact)
    excess = np.array(losses)
    assert (np.diff(excess, axis=0) < 0).all()
    assert (excess > 0).all()
    assert excess[-1].max() < 0.1  # orders 2 to 6 cost what they guess of chance
