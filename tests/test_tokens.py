"""The tokens engine: alias tables to the last bit, windows, threads, whole growth curves, and samplers that are wrong.

Statistical checks here: five chi-squares and eight z of a mean or a variance, at fixed seeds.
"""

from __future__ import annotations

from itertools import islice
from typing import cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bounds import expected_unique, parse_source, variance_unique
from bounds.base.spectrum import FrequencySpectrum
from simulate.drawing.alias import alias_table, whole_masses
from simulate.drawing.backends import counting, cpu, keys, reference
from simulate.drawing.stream import Stream
from simulate.drawing.tables import (
    FRESH,
    HASH_PRIME,
    OPEN,
    OVERFLOW,
    Sampler,
    build_sampler,
    listed_sampler,
    multiply_mod,
)
from tests import statistics as stats

SEED = 20261121
EDGES = FrequencySpectrum.edges(3000)
NO_EDGES = np.empty(0, np.int64)
EVERY_PART = "mixture:0.5*(uniform:100000)+0.2*(zipf:1.05,shift=5000)+0.3*(geometric:0.99)"


def drawn(sampler: Sampler, n: int, replicate: int = 0) -> np.ndarray:
    """The keys of the first `n` tokens."""
    return cpu.draw(sampler, n, Stream(SEED, "tokens", 9, replicate))


# Alias tables


def masses_of_table(table: np.ndarray, bits: int, n_types: int) -> list[int]:
    """The mass that a table gives to each type, in units of 2^-64, by counting the random values that lead to it."""
    share, mask = 2 ** (64 - bits), 2**bits - 1
    masses = [0] * (1 << bits)
    for bucket, entry in enumerate(table.tolist()):
        threshold = entry >> bits
        masses[bucket] += threshold
        masses[entry & mask] += share - threshold
    assert not any(masses[n_types:])
    return masses[:n_types]


@given(st.lists(st.floats(0, 1e6), min_size=2, max_size=70).filter(lambda m: np.count_nonzero(m) > 1))
@settings(max_examples=200, deadline=None)
def test_an_alias_table_holds_its_masses_exactly(masses):
    sizes = whole_masses(np.array(masses))
    if np.count_nonzero(sizes) < 2:
        return
    assert sum(sizes.tolist()) == 2**64
    table, bits = alias_table(sizes)
    assert masses_of_table(table, bits, len(sizes)) == sizes.tolist()


@pytest.mark.parametrize("source", ["zipf:1.2,types=1000", "zipf:0.3,types=1024", "zipf:3,types=1025,shift=7"])
def test_the_masses_of_a_finite_zipf_law_are_those_of_fifty_digits(source):
    from mpmath import mp, mpf

    mp.dps = 50
    law = parse_source(source)
    sampler = build_sampler(law, 1)
    held = masses_of_table(sampler.alias, sampler.parameter[0], law.types)
    weights = [mpf(r + law.shift) ** -mpf(law.exponent) for r in range(1, law.types + 1)]
    total = sum(weights)
    for mass, weight in zip(held, weights, strict=True):
        exact = weight / total
        assert abs(mpf(mass) / mpf(2) ** 64 - exact) <= mpf(2) ** -65 + exact * mpf("1e-13")


def test_listed_laws():
    assert set(drawn(listed_sampler([0, 1e-300, 0]), 50).tolist()) == {1}
    assert set(drawn(listed_sampler([3]), 50).tolist()) == {0}
    assert set(drawn(listed_sampler([0, 1, 0, 1, 0]), 50).tolist()) == {1, 3}
    np.testing.assert_array_equal(drawn(listed_sampler([1, 2, 3]), 99), drawn(listed_sampler([10, 20, 30]), 99))
    for wrong in ([], [[1.0, 2.0]], [1, -1], [0, 0], [1, np.nan], [1, np.inf]):
        with pytest.raises(ValueError, match="masses must be"):
            listed_sampler(wrong)


def test_a_law_too_steep_for_two_types_is_drawn_all_the_same():
    sampler = build_sampler(parse_source("zipf:80,types=3"), 1)
    assert cpu.growth(sampler, np.array([1000]), Stream(1, "tokens"), edges=EDGES).n_unique[0] == 1


def chi_square(found: np.ndarray, probability: np.ndarray) -> float:
    """z of the pooled chi-square of `found` against the law of its types; types with few expected are one cell."""
    expected = probability * len(found)
    observed = np.bincount(found.astype(np.int64), minlength=len(expected)).astype(float)
    large = expected >= 10
    observed = np.append(observed[large], observed[~large].sum())
    expected = np.append(expected[large], expected[~large].sum())
    kept = expected > 0
    statistic = float((((observed - expected) ** 2)[kept] / expected[kept]).sum())
    return max(stats.z_of_chi_square(statistic, int(kept.sum()) - 1), 0.0)


LAWS = {
    "zipf:1.2,types=1000": lambda r: r**-1.2,
    "zipf:0.5,types=1e5": lambda r: r**-0.5,
    "zipf:2,types=3e4,shift=20": lambda r: (r + 20) ** -2.0,
    "uniform:1000": lambda r: r**0,
    "geometric:0.9": lambda r: 0.9**r,
}


@pytest.mark.parametrize("source", LAWS)
def test_draws_follow_their_law(source):
    """A million draws; an alias table that is off by one entry must not pass."""
    law = parse_source(source)
    sampler = build_sampler(law, 1)
    n_types = int(min(law.n_types, 400)) if np.isinf(law.n_types) else int(law.n_types)
    weight = LAWS[source](np.arange(1, n_types + 1, dtype=float))
    found = drawn(sampler, 1_000_000)
    found = found[found < n_types]
    assert stats.check(f"chi-square {source}", chi_square(found, weight / weight.sum()))
    if sampler.alias.size:
        bits = sampler.parameter[0]
        low = np.uint64(2**bits - 1)
        shifted = np.roll(sampler.alias & low, 1) | (sampler.alias & ~low)
        wrong = drawn(Sampler(sampler.kind, sampler.parameter, n_dense=sampler.n_dense, alias=shifted), 1_000_000)
        wrong = np.minimum(wrong, np.uint64(n_types - 1))
        assert chi_square(wrong, weight / weight.sum()) > stats.LIMIT


# One look at a table, and the long way


@pytest.mark.parametrize(
    "source",
    ["zipf:1.05", "zipf:1.5", "zipf:1.3,shift=1e5", "geometric:0.5", "uniform:5", "zipf:1.05,types=1e8",
     EVERY_PART],
)  # fmt: skip
def test_first_bits_settle_a_key_where_all_of_their_values_have_it(source):
    """Against the cells at the two ends of every slot. Open are the others, and slots that end with their cell."""
    sampler = build_sampler(parse_source(source), 1)
    cells = sampler.cells
    if not len(cells.start):
        assert not len(sampler.settled)
        return
    low = np.arange(1 << 16, dtype=np.uint64) << np.uint64(48)
    ends = [np.searchsorted(cells.start, low | np.uint64(rest), side="right") - 1 for rest in (0, 2**48 - 1)]
    one_key = (ends[0] == ends[1]) & np.isin(cells.width[ends[0]], [0, OVERFLOW])
    one_key[:-1] &= ~np.isin(low[1:], cells.start)
    np.testing.assert_array_equal(sampler.settled[one_key], cells.key[ends[0]][one_key])
    assert np.all(sampler.settled[~one_key] == OPEN)


@pytest.mark.parametrize(
    "source", ["zipf:1.02", "zipf:1.5", "zipf:3", "zipf:1.2,types=70000", "geometric:0.999", EVERY_PART]
)
def test_keys_are_those_of_the_reference(source):
    """Long enough for the slots that begin several cells, wide blocks, rejections, and entries read ahead."""
    sampler, stream, n = build_sampler(parse_source(source), 1), Stream(SEED, "tokens", 9, 1), 5000
    expected = np.array(list(islice(reference.draws(sampler, stream), n)), np.uint64)
    for chunk in (1, 63, 64, 65, 2048):
        found = cpu.draw(sampler, n, stream, chunk=chunk)
        # The reference numbers the types that are new whatever they are.
        np.testing.assert_array_equal(np.where(expected >= FRESH, np.uint64(FRESH), expected), found)


@given(st.lists(st.integers(0, 2**64 - 1), max_size=40))
def test_bits_that_are_set(words):
    assert counting.count_bits(np.array(words, np.uint64)) == sum(word.bit_count() for word in words)


@pytest.mark.parametrize("n_types", [64, 16383, 16384, 40_000])
def test_bits_of_many_tokens(n_types):
    """Few words and many, which are set in two ways."""
    found = np.random.default_rng(1).integers(0, n_types, 20_000, dtype=np.uint64)
    seen = np.zeros(-(-n_types // 64), np.uint64)
    counting.mark(found, seen)
    places = np.flatnonzero(np.unpackbits(seen.view(np.uint8), bitorder="little"))
    np.testing.assert_array_equal(places, np.unique(found))


@pytest.mark.parametrize("source", ["zipf:0.9,types=1e6", "uniform:2e6"])
def test_counting_once_or_token_by_token(source):
    """Checkpoints near each other and far apart: bits are counted in the end, or while they are set."""
    sampler, stream = build_sampler(parse_source(source), 600_000), Stream(SEED, "tokens", 9, 2)
    grid = np.array([600, 601, 1400, 40_000, 40_001, 200_000, 600_000])
    first = cpu.first_draws(sampler, 600_000, stream)
    found = cpu.growth(sampler, grid, stream, edges=NO_EDGES).n_unique
    np.testing.assert_array_equal(found, np.searchsorted(first, grid))


# Windows


@pytest.mark.parametrize(
    "source",
    ["windows:alphabet=1,length=4", "windows:alphabet=3,length=1", "windows:alphabet=4,length=3",
     "windows:alphabet=2,length=61", "windows:alphabet=2,length=62", "windows:alphabet=7,length=40",
     "windows:alphabet=2147483648,length=2", "windows:alphabet=1e18,length=2"],
)  # fmt: skip
@pytest.mark.parametrize("chunk", [1, 7, 2048])
def test_equal_windows_have_equal_keys_and_others_have_not(source, chunk):
    sampler, stream = build_sampler(parse_source(source), 1), Stream(SEED, "tokens", 9)
    law = keys.law(sampler, stream)
    working = keys.scratch(law, chunk)
    found: list[int] = []
    while len(found) < 600:
        part = np.empty(chunk, np.uint64)
        keys.make_keys(part, law, working, len(found))
        found += part.tolist()
    windows = [cast("tuple[int, ...]", word) for word in islice(reference.draws(sampler, stream), 600)]
    pairs = set(zip(windows, found[:600], strict=True))
    assert len(pairs) == len(set(windows)) == len(set(found[:600]))
    if sampler.n_keys:
        alphabet = sampler.parameter[0]
        for window, key in zip(windows, found, strict=False):
            assert key == sum(letter * alphabet**i for i, letter in enumerate(reversed(window)))
    assert max(found) < (sampler.n_keys or HASH_PRIME)


def test_windows_that_cannot_be_drawn_are_refused():
    with pytest.raises(ValueError, match=r"at most 2\^20 letters, got 2097152"):
        build_sampler(parse_source("windows:alphabet=2,length=2097152"), 1)
    with pytest.raises(ValueError, match=r"alphabets below 2\^61 - 1"):
        build_sampler(parse_source("windows:alphabet=4e18,length=2"), 1)


@given(st.integers(0, HASH_PRIME - 1), st.integers(0, HASH_PRIME - 1))
def test_products_modulo_the_prime_of_the_hash(a, b):
    with np.errstate(over="ignore"):
        assert int(multiply_mod(np.uint64(a), np.uint64(b))) == a * b % HASH_PRIME


# Threads, chunks and the whole curve

EVERY_KIND = [
    "uniform:300", "uniform:1e15", "zipf:1.05", "zipf:1.5", "zipf:1.1,types=500", "zipf:0.4,types=1e5",
    "geometric:0.99", "santa-fe:1.3,labels=2", "windows:alphabet=4,length=5", "windows:alphabet=9,length=25",
    "windows:alphabet=4,length=5,stay=0.7", "windows:alphabet=30,length=3,stay=0.95,exponent=1",
    "windows:alphabet=9,length=25,exponent=0.5", "windows:alphabet=1e6,length=2,stay=0.2,exponent=1.5",
    "pitman-yor:0.5,concentration=1",
    EVERY_PART,
]  # fmt: skip
GRID = np.array([1, 5, 64, 900, 1401, 3000])


SHARES = {1 << 17: ((3, 1), (1, 7), (2, 512), (1, 4096)), 1 << 12: ((2, 7), (3, 512), (3, 4096), (1, 1))}
"""Pairs of threads and chunk: each of both with tables in one piece and with tables in parts."""


@pytest.fixture
def small_shares(monkeypatch):
    """Threads, batches and tables as small as makes them all take part in 3000 draws."""
    monkeypatch.setattr(cpu, "_MIN_SHARE", 64)
    monkeypatch.setattr(cpu, "_BATCH", 700)


@pytest.mark.parametrize("source", EVERY_KIND)
def test_neither_threads_nor_chunks_nor_parts_change_anything(source, small_shares, monkeypatch):
    sampler, stream = build_sampler(parse_source(source), 3000), Stream(SEED, "tokens", 4, 2)
    tokens = list(islice(reference.draws(sampler, stream), 3000))
    monkeypatch.setattr(reference, "draws", lambda *_: iter(tokens))  # counted in three ways
    expected = reference.growth(sampler, GRID, stream, edges=EDGES)
    counts = reference.multiplicities(sampler, 3000, stream)
    first = reference.first_draws(sampler, 3000, stream)
    np.testing.assert_array_equal(np.searchsorted(first, GRID), expected.n_unique)
    for whole, pairs in SHARES.items():
        monkeypatch.setattr(cpu, "_MAX_WHOLE", whole)
        for threads, chunk in pairs:
            how = {"chunk": chunk, "threads": threads}
            found = cpu.growth(sampler, GRID, stream, edges=EDGES, **how)
            np.testing.assert_array_equal(found.n_unique, expected.n_unique)
            np.testing.assert_array_equal(found.spectrum, expected.spectrum)
            np.testing.assert_array_equal(
                cpu.growth(sampler, GRID, stream, edges=NO_EDGES, **how).n_unique, expected.n_unique
            )
            np.testing.assert_array_equal(cpu.multiplicities(sampler, 3000, stream, **how), counts)
    for chunk in (1, 7, 512, 4096):
        np.testing.assert_array_equal(cpu.first_draws(sampler, 3000, stream, chunk=chunk), first)


@pytest.mark.parametrize("source", ["zipf:1.05", "uniform:1e12", "zipf:1.2,types=1e6"])
def test_two_threads_and_one_give_the_same_numbers_on_a_long_corpus(source):
    """Long enough for tables that are cut in parts and grow, and several batches."""
    sampler, stream = build_sampler(parse_source(source), 1), Stream(SEED, "tokens", 4, 3)
    grid = np.array([1000, 400_000, 1_000_000])
    edges = FrequencySpectrum.edges(1_000_000)
    one = cpu.growth(sampler, grid, stream, edges=edges)
    two = cpu.growth(sampler, grid, stream, edges=edges, threads=2)
    np.testing.assert_array_equal(one.n_unique, two.n_unique)
    np.testing.assert_array_equal(one.spectrum, two.spectrum)
    first = cpu.first_draws(sampler, 1_000_000, stream)
    np.testing.assert_array_equal(np.searchsorted(first, grid), one.n_unique)
    counts = cpu.multiplicities(sampler, 1_000_000, stream, threads=2)
    assert counts.sum() == 1_000_000
    assert len(counts) == one.n_unique[-1]
    assert np.count_nonzero(counts == 1) == one.spectrum[-1, 0]


# Against theory


def counts_of(sampler: Sampler, n_draws: int, replicates: int) -> np.ndarray:
    grid = np.array([n_draws])
    streams = (Stream(SEED, "tokens", 10, r) for r in range(replicates))
    return np.array([cpu.growth(sampler, grid, stream, edges=NO_EDGES).n_unique[0] for stream in streams])


@pytest.mark.parametrize(
    ("source", "wrong"),
    [("zipf:1.2,types=5e4", "zipf:1.19,types=5e4"), ("zipf:0.7,types=3000", "zipf:0.7,types=3030"),
     ("santa-fe:1.4,labels=3", "santa-fe:1.39,labels=3")],
)  # fmt: skip
def test_mean_and_variance(source, wrong):
    law, n_draws = parse_source(source), 10_000
    mean, variance = float(expected_unique(law, n_draws)), float(variance_unique(law, n_draws))
    counts = counts_of(build_sampler(law, n_draws), n_draws, 1000)
    assert stats.check(f"mean {source}", stats.z_of_mean(counts, mean, variance**0.5))
    assert stats.check(f"variance {source}", stats.z_of_variance(counts, variance))
    counts = counts_of(build_sampler(parse_source(wrong), n_draws), n_draws, 1000)
    assert abs(stats.z_of_mean(counts, mean, variance**0.5)) > stats.LIMIT


@pytest.mark.parametrize(
    ("source", "n_draws"), [("windows:alphabet=2,length=3", 8), ("windows:alphabet=2,length=5", 40)]
)
def test_windows_overlap(source, n_draws):
    """The mean of overlapping windows, which independent windows of the same law do not have."""
    law = parse_source(source)
    mean = float(expected_unique(law, n_draws))
    counts = counts_of(build_sampler(law, n_draws), n_draws, 4000)
    assert stats.check(f"mean {source}", stats.z_of_mean(counts, mean, counts.std(ddof=1)))
    independent = counts_of(build_sampler(parse_source(f"uniform:{law.n_types}"), n_draws), n_draws, 4000)
    assert abs(stats.z_of_mean(independent, mean, independent.std(ddof=1))) > stats.LIMIT
