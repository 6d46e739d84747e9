"""The suffix automaton and its spectrum against sets of places, by their definitions; and the law made of it."""

from __future__ import annotations

import math
from collections import Counter, defaultdict

import numpy as np
import pytest

from simulate.text.learning.foretelling.automaton import automaton_of
from simulate.text.learning.foretelling.contributions import Tail, contributions, spectrum_law, tail_of
from tests.test_loss_learners import flat, texts

CASES = [
    [[0]], [[0, 0, 0, 0]], [[0, 1, 1, 1, 0]], [[0, 1, 0, 1], [1, 0, 1]], [[2], [2], [2, 0]],
    *(texts(letters, seed, lengths) for letters, seed, lengths in (
        (2, 1, (60,)), (2, 2, (1, 2, 30, 7)), (3, 3, (80, 80)), (7, 4, (120, 5)), (40, 5, (90, 60)), (2, 6, (5,) * 20),
    )),
]  # fmt: skip


def places(streams: list[list[int]]) -> dict[frozenset[tuple[int, int]], set[tuple[int, ...]]]:
    """All n-grams by the places where they end; the empty one ends before every unit and after the last."""
    ends: dict[tuple[int, ...], set[tuple[int, int]]] = defaultdict(set)
    for s, units in enumerate(streams):
        for i in range(len(units)):
            for j in range(i + 1, len(units) + 1):
                ends[tuple(units[i:j])].add((s, j))
    states: dict[frozenset[tuple[int, int]], set[tuple[int, ...]]] = defaultdict(set)
    for gram, where in ends.items():
        states[frozenset(where)].add(gram)
    return states


def slow_contributions(streams: list[list[int]]) -> list[float]:
    """m_q KL(p_q ‖ p) of every state by counting what stands after its places."""
    all_ = Counter(unit for units in streams for unit in units)
    n = sum(all_.values())
    found = []
    for where in places(streams):
        after = Counter(streams[s][j] for s, j in where if j < len(streams[s]))
        m = sum(after.values())
        found.append(sum(c / n * math.log(c / m / (all_[unit] / n)) for unit, c in after.items()))
    return sorted(found)


@pytest.mark.parametrize("streams", CASES)
def test_states_are_the_sets_of_places_and_counts_their_sizes(streams):
    found, expected = automaton_of(*flat(streams)), places(streams)
    assert len(found.counts) == len(expected) + 1
    assert found.counts[0] == sum(map(len, streams))
    mine = sorted(zip(found.lengths[1:].tolist(), found.counts[1:].tolist(), strict=True))
    assert mine == sorted((max(map(len, grams)), len(where)) for where, grams in expected.items())


@pytest.mark.parametrize("streams", CASES)
def test_moves_lead_where_n_grams_do(streams):
    """Every n-gram of the text is read to the state of its places, and no other is read."""
    found = automaton_of(*flat(streams))
    step = {
        (q, w): t for q, w, t in zip(found.origins.tolist(), found.units.tolist(), found.targets.tolist(), strict=True)
    }
    state_of = {gram: where for where, grams in places(streams).items() for gram in grams}
    reached: dict[frozenset, set[int]] = defaultdict(set)
    for gram, where in state_of.items():
        q = 0
        for unit in gram:
            q = step[q, unit]
        assert found.counts[q] == len(where)
        reached[where].add(q)
    assert all(len(states) == 1 for states in reached.values())
    n_grams = Counter({0: 1})
    for q in np.argsort(found.lengths, kind="stable").tolist():
        for unit in range(41):
            if (q, unit) in step:
                n_grams[step[q, unit]] += n_grams[q]
    assert sum(n_grams.values()) == len(state_of) + 1


@pytest.mark.parametrize("streams", CASES)
def test_contributions_are_those_of_what_stands_after_the_places(streams):
    found = contributions(automaton_of(*flat(streams)))
    assert found[0] == pytest.approx(0, abs=1e-12)
    assert np.sort(found[1:]) == pytest.approx(np.array(slow_contributions(streams)), abs=1e-12)


def test_joining_documents_would_make_other_states():
    """Negative control: the same units as one stream are another automaton."""
    streams = texts(3, 3, (80, 80))
    joined = [streams[0] + streams[1]]
    assert len(automaton_of(*flat(streams)).counts) != len(automaton_of(*flat(joined)).counts)
    assert slow_contributions(streams) != pytest.approx(slow_contributions(joined))


def test_the_tail_is_what_the_largest_leave():
    streams = texts(3, 8, (300,))
    every = np.array(slow_contributions(streams))[::-1]
    every = every[every > 1e-15]
    tail = tail_of(*flat(streams))
    assert tail.ranks[[0, -1]].tolist() == [1, len(every)]
    for rank in tail.ranks.astype(int):
        assert tail(np.array(rank)) == pytest.approx(every[rank:].sum() / every.sum(), abs=1e-9)
    assert tail(np.array([0, len(every) + 5])) == pytest.approx([1, 0])
    assert (np.diff(tail(np.geomspace(0.1, 2 * len(every), 500))) <= 0).all()


SIZES = 1000 * 2 ** np.arange(8)
MADE = Tail(np.geomspace(1, 1e6, 50), 1 / (1 + np.geomspace(1, 1e6, 50) / 3000) ** 0.4)


@pytest.mark.parametrize(("floor", "scale", "rank", "growth"), [(1.2, 4.0, 2e4, 0.9), (0.0, 6.0, 2e4, 0.7)])
def test_what_follows_the_law_is_foretold(floor, scale, rank, growth):
    def law(n: np.ndarray | float) -> np.ndarray:
        return floor + scale * MADE(np.asarray(rank * (n / SIZES[-1]) ** growth))

    losses = law(SIZES.astype(float))
    for times in (4, 16):
        at = float(times * SIZES[-1])
        assert spectrum_law(SIZES, losses, MADE, at) == pytest.approx(
            float(law(at)), abs=0.02 * float(losses[-1] - law(at))
        )


def test_too_few_sizes_say_nothing_and_one_unit_alone_leaves_nothing():
    assert math.isnan(spectrum_law(SIZES[:4], np.array([4.0, 3, 2.5, 2.2]), MADE, 64_000))
    tail = tail_of(*flat([[5] * 30]))
    assert tail(np.array([0.0, 1.0, 10.0])).tolist() == [1, 0, 0]
