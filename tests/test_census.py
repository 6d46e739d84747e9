"""What a corpus has shown so far, against Python's own dictionaries."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulate.corpora.census import Census
from simulate.corpora.order import batches, open_order

SOURCES = (
    "uniform:50", "zipf:1.724", "zipf:1.05", "zipf:0.9,types=5000", "mixture:0.5*(zipf:1.5)+0.5*(uniform:300)",
    "windows:alphabet=4,length=3", "pitman-yor:0.58,concentration=10",
)  # fmt: skip


def by_hand(keys: list[int]) -> tuple[list[int], list[int], list[int]]:
    counts: dict[int, int] = {}
    first: dict[int, int] = {}
    for i, key in enumerate(keys):
        first.setdefault(key, i)
        counts[key] = counts.get(key, 0) + 1
    return list(first), [counts[key] for key in first], list(first.values())


@pytest.mark.parametrize("source", SOURCES)
def test_it_counts_as_dictionaries_do(source):
    order = open_order(source, 30_000, seed=4)
    drawn = order.keys(0, 30_000)
    census = Census(order)
    for stop in (0, 1, 2, 700, 29_999, 30_000):
        census.advance(stop)
        keys, counts, first = by_hand(drawn[:stop].tolist())
        assert census.n_draws == stop
        assert census.n_unique == len(keys)
        assert census.keys.tolist() == keys
        assert census.counts.tolist() == counts
        assert census.first.tolist() == first
    ids = census.ids(drawn)
    assert np.array_equal(census.keys[ids], drawn)
    seen = set(drawn.tolist())
    unseen = [key for key in (*range(6000), 2**61 + 5, 2**63 | 29_999, 2**63 | 70_000) if key not in seen]
    assert set(census.ids(np.array(unseen, np.uint64)).tolist()) == {-1}


@given(st.lists(st.integers(1, 400), max_size=6))
def test_where_it_stops_on_the_way_changes_nothing(steps):
    order = open_order("zipf:1.3", 2500, seed=8)
    whole, parts = Census(order).advance(2500), Census(order)
    for stop in np.cumsum(steps).tolist():
        parts.advance(stop)
    parts.advance(2500)
    for name in ("keys", "counts", "first"):
        assert np.array_equal(getattr(whole, name), getattr(parts, name))


def test_numbers_of_draws_are_those_of_their_sequences():
    order, census = open_order("zipf:1.2", 9000, seed=1), None
    census = Census(order)
    for begin, keys in batches(order, 0, 9000, 1234):
        numbers = census.count(keys, begin)
        assert np.array_equal(census.keys[numbers], keys)
    assert np.array_equal(np.bincount(census.ids(order.keys(0, 9000))), census.counts)


def test_a_table_that_grows_keeps_all():
    """Ranks above 2^26 are in the hash table, and here there are more of them than it begins with."""
    order = open_order("uniform:1e15", 50_000, seed=3)
    census = Census(order).advance(50_000)
    assert census.n_unique == len(np.unique(order.keys(0, 50_000))) == 50_000


def test_it_goes_one_way():
    census = Census(open_order("uniform:5", 100)).advance(60)
    for stop in (59, 101):
        with pytest.raises(ValueError, match="at draw 60 of 100 can only go on between them"):
            census.advance(stop)
    with pytest.raises(ValueError, match="the next one is 60, got 61"):
        census.count(np.zeros(3, np.uint64), 61)
