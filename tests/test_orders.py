"""A corpus in its order: the same tokens as in the sweep, any stretch by itself, and the probability of each."""

from __future__ import annotations

from itertools import islice, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bounds import Windows, expected_unique
from simulate.corpora.order import DrawnOrder, batches, open_order
from simulate.drawing.backends import cpu, reference
from tests.statistics import check, z_of_chi_square

LAWS = (
    "uniform:1000", "zipf:1.724", "zipf:1.05,shift=3", "zipf:0.9,types=5000", "geometric:0.97",
    "mixture:0.6*(zipf:1.5)+0.3*(uniform:300)+0.1*(geometric:0.5)", "santa-fe:1.4,labels=3",
    "windows:alphabet=4,length=3", "windows:alphabet=4,length=3,stay=0.4,exponent=1", "growing:0.58,scale=2",
)  # fmt: skip
URN = "pitman-yor:0.58,concentration=10"


@pytest.mark.parametrize("source", [*LAWS, URN])
def test_tokens_are_those_of_the_reference(source):
    order = open_order(source, 2000, seed=5, replicate=3)
    assert isinstance(order, DrawnOrder)
    tokens = list(islice(reference.draws(order.sampler, order.stream), 2000))
    number: dict[object, int] = {}
    expected = [number.setdefault(token, len(number)) for token in tokens]
    number = {}
    assert [number.setdefault(int(key), len(number)) for key in order.keys(0, 2000)] == expected


@given(st.sampled_from([*LAWS, URN]), st.integers(0, 5000), st.integers(0, 700))
def test_a_stretch_is_a_part_of_the_whole(source, first, n):
    order = open_order(source, 6000, seed=1)
    assert np.array_equal(order.keys(first, n), order.keys(0, 6000)[first : first + n])


def test_far_away_draws_cost_what_near_ones_do():
    order = open_order("zipf:1.5", 2**62)
    far = order.keys(2**61, 1000)
    assert np.array_equal(far[500:], order.keys(2**61 + 500, 500))
    assert len(set(far.tolist())) > 100


def test_batches_cover_the_order_once():
    order = open_order("zipf:1.3", 1000)
    parts = list(batches(order, 10, 1000, 64))
    assert [begin for begin, _ in parts] == list(range(10, 1000, 64))
    assert np.array_equal(np.concatenate([keys for _, keys in parts]), order.keys(10, 990))


@pytest.mark.parametrize("source", LAWS)
def test_probabilities_are_those_that_the_tokens_have(source):
    """Counts of the most frequent types against n p: chi-square; a rank that is off by one is far beyond it."""
    n = 200_000
    order = open_order(source, n, seed=11)
    keys, counts = np.unique(order.keys(0, n), return_counts=True)
    p = order.probabilities(keys)
    frequent = n * p > 20
    assert frequent.sum() >= 3
    if isinstance(order.law, Windows):
        assert p.sum() == pytest.approx(1)
        # Windows overlap, so that their counts are no multinomial; a letter that is off by one is off by a half.
        assert counts[frequent] == pytest.approx(n * p[frequent], rel=0.2)
        assert counts[n * p > 4000] == pytest.approx(n * p[n * p > 4000], rel=0.1)
        return
    observed = np.append(counts[frequent], n - counts[frequent].sum())
    expected = np.append(n * p[frequent], n * (1 - p[frequent].sum()))
    kept = expected > 20
    statistic = float(np.sum((observed[kept] - expected[kept]) ** 2 / expected[kept]))
    assert check(f"probabilities of {source}", z_of_chi_square(statistic, kept.sum() - 1))


def test_words_are_as_probable_as_their_letters_in_a_row():
    order = open_order("windows:alphabet=3,length=3,stay=0.25,exponent=2", 10)
    p = np.array([1, 1 / 4, 1 / 9]) / (1 + 1 / 4 + 1 / 9)
    step = 0.25 * np.eye(3) + 0.75 * p
    words = np.array([p[a] * step[a, b] * step[b, c] for a in range(3) for b in range(3) for c in range(3)])
    assert order.probabilities(np.arange(27, dtype=np.uint64)) == pytest.approx(words, rel=1e-14)
    hashed = open_order("windows:alphabet=30,length=40,stay=0.5", 10)
    with pytest.raises(ValueError, match="too many to be read off their keys"):
        hashed.probabilities(hashed.keys(0, 3))


@pytest.mark.parametrize("source", ["zipf:1.724", "mixture:0.6*(zipf:1.5)+0.4*(uniform:300)", "geometric:0.97"])
def test_all_types_together_have_probability_one(source):
    """The mass that a corpus has not seen is 1 less that of its types, and close to its expectation."""
    order = open_order(source, 10**6, seed=2)
    seen = order.probabilities(np.unique(order.keys(0, 10**6)))
    expected = float(expected_unique(source, 10**6 + 1) - expected_unique(source, 10**6))
    assert 1 - seen.sum() == pytest.approx(expected, rel=0.2, abs=1e-9)


def test_a_growing_source_draws_what_the_sweep_draws_at_that_size():
    import simulate

    counted = simulate.sweep(sources=["growing:0.58"], n_draws=[1000, 5000], replicates=1, engine="tokens")
    for n in (1000, 5000):
        assert len(np.unique(open_order("growing:0.58", n).keys(0, n))) == int(counted.n_unique.sel(n_draws=n).item())


def test_a_text_is_its_windows_in_order(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("a rose is a rose is a rose", encoding="utf-8")
    order = open_order(f"corpus:{path},unit=word,length=2", 10**6)
    keys = order.keys(0, order.n_draws)
    words = path.read_text().split()
    number: dict[tuple[str, str], int] = {}
    pairs = [number.setdefault(pair, len(number)) for pair in pairwise(words)]
    assert order.n_draws == 7
    assert keys.dtype == np.uint64
    found: dict[int, int] = {}
    assert [found.setdefault(int(key), len(found)) for key in keys] == pairs
    with pytest.raises(ValueError, match=r"probabilities of corpus:.* are unknown; take a law"):
        order.probabilities(keys)


def test_what_cannot_be_answered_is_one_sentence():
    order = open_order("zipf:1.5", 100)
    for first, n in ((-1, 5), (0, 101), (100, 1), (50, -1)):
        with pytest.raises(ValueError, match="has the draws 0 to 99 here"):
            order.keys(first, n)
    urn = open_order(URN, 100)
    assert isinstance(urn, DrawnOrder)
    assert not urn.random_access
    assert urn.law is None
    with pytest.raises(ValueError, match="random and unknown"):
        urn.probabilities(urn.keys(0, 5))
    assert len(cpu.draw(urn.sampler, 0, urn.stream)) == 0


@pytest.mark.parametrize("source", [*LAWS[:7], "windows:alphabet=5,length=3,stay=0.2,exponent=1"])
def test_ranks_are_named_by_the_keys_that_are_drawn(source):
    """Most probable first; what is drawn of a law with few types is among them."""
    order = open_order(source, 20_000, seed=3)
    assert isinstance(order, DrawnOrder)
    n_types = int(min(order.law.n_types, 30_000))
    keys = order.keys_of_ranks(np.arange(1, n_types + 1))
    p = order.probabilities(keys)
    assert len(set(keys.tolist())) == n_types
    assert (np.diff(p) <= 0).all()
    drawn = order.keys(0, 20_000)
    known = np.isin(drawn, keys)
    assert (order.probabilities(drawn[~known]) <= p[-1]).all()
    assert known.all() or n_types == 30_000
    assert order.keys_of_ranks(np.array([3, 1])).tolist() == [keys[2], keys[0]]
