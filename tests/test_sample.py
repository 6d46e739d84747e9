"""Samples of distinct windows: how many occur how often, with stated error, and the same however parts are merged."""

from __future__ import annotations

import pickle
from collections import Counter
from functools import cache, reduce

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from simulate import measure_corpus, sketch_corpus
from simulate.text import InputError
from simulate.text.counting import EXACT_TO
from simulate.text.sketches.sample import WindowSample, scaled


def sample_of(units: np.ndarray, capacity: int = 32, seed: int = 0, length: int = 1) -> WindowSample:
    found = WindowSample(capacity, seed, "x")
    found.add_windows(units.astype(np.uint64), length)
    return found


@given(st.lists(st.lists(st.integers(0, 200), max_size=150), min_size=1, max_size=5), st.integers(1, 3), st.randoms())
def test_a_union_of_samples_is_the_sample_of_the_union(parts, length, random):
    """In any order and grouping, and parts may share windows; no window runs from one part into the next."""
    parts = [np.array(part, dtype=np.uint64) for part in parts]
    whole = WindowSample(32, 0, "x")
    for part in parts:
        whole.add_windows(part, length)
    apart = [sample_of(part, length=length) for part in parts]
    random.shuffle(apart)
    cut = random.randint(0, len(apart))
    empty = WindowSample(32, 0, "x")
    merged = reduce(WindowSample.merge, apart[:cut], empty).merge(reduce(WindowSample.merge, apart[cut:], empty))
    assert merged.kept == whole.kept
    assert merged.share == whole.share
    assert whole.n_kept <= 32
    assert whole.share == 1 or 2 * len({tuple(p[i : i + length]) for p in parts for i in range(len(p))}) > 32


@pytest.mark.parametrize("capacity", [4, 32, 1 << 10])
@pytest.mark.parametrize("cut", [0, 1, 40, 1500, 3000])
def test_a_sample_that_was_sent_goes_on_as_it_was(capacity, cut):
    units = np.random.default_rng(cut).zipf(1.4, 3000) % 200
    sent, whole = pickle.loads(pickle.dumps(sample_of(units[:cut], capacity))), sample_of(units, capacity)
    sent.add_windows(units[cut:].astype(np.uint64), 1)
    assert (sent.kept, sent.share, sent.n_windows) == (whole.kept, whole.share, len(units))
    for mine, theirs in zip(sent.types(), whole.types(), strict=True):
        assert np.array_equal(np.asarray(mine), np.asarray(theirs))


def test_an_empty_sample_is_sent_in_a_few_bytes():
    """Each task of a cluster is given one."""
    assert len(pickle.dumps(WindowSample(1 << 18))) < 2000


@given(st.lists(st.integers(0, 60), max_size=400), st.integers(1, 4))
def test_what_is_kept_is_counted_exactly(units, length):
    """A sample is a part of the distinct windows; with room for all, it is all of them."""
    units = np.array(units, dtype=np.uint64)
    counts = Counter(tuple(units[i : i + length].tolist()) for i in range(len(units) - length + 1))
    whole = sample_of(units, 1 << 10, length=length)
    assert whole.share == 1
    assert sorted(whole.kept.values()) == sorted(counts.values())
    few = sample_of(units, 16, length=length)
    assert set(few.kept.items()) <= set(whole.kept.items())
    expected = np.bincount(np.minimum(list(counts.values()), EXACT_TO + 1), minlength=EXACT_TO + 2)[1:] if counts else 0
    middle, (lower, upper) = scaled(whole.seen(), whole.share)
    assert (middle == expected).all()
    assert (lower == middle).all()
    assert (upper == middle).all()


N_SAMPLES, N_KEPT, N_DISTINCT = 300, 256, 3000


@cache
def many_samples():
    """Of f_1, f_2, f_3 over the seeds: intervals that hold them, those of half the width, means; them; a share kept."""
    rng = np.random.default_rng(1)
    often = np.minimum(rng.zipf(1.7, N_DISTINCT), 150)
    units = rng.permutation(np.repeat(np.arange(len(often)), often)).astype(np.uint64)
    known = np.bincount(np.minimum(often, EXACT_TO + 1), minlength=EXACT_TO + 2)[1:]
    held, narrow, means = np.zeros(3), np.zeros(3), np.zeros(3)
    for seed in range(N_SAMPLES):
        found = sample_of(units, N_KEPT, seed)
        middle, (lower, upper) = scaled(found.seen(), found.share)
        held += ((lower <= known) & (known <= upper))[:3]
        narrow += (2 * np.abs(known - middle) <= np.where(known < middle, middle - lower, upper - middle))[:3]
        means += middle[:3] / N_SAMPLES
    return held, narrow, means, known[:3], found.share


def shares_held():
    """In what share of the samples an interval holds f_1, f_2 and f_3."""
    return (many_samples()[0] / N_SAMPLES).tolist()


def test_intervals_cover():
    """A sound interval misses .05 or less, and one of half the width far more often."""
    held, narrow, means, known, share = many_samples()
    assert (held >= binom.ppf(1e-4, N_SAMPLES, 0.95)).all()
    assert (narrow < binom.ppf(1e-4, N_SAMPLES, 0.95)).all()
    error = np.sqrt(known / share / N_SAMPLES)
    assert (np.abs(means - known) < 4 * error).all()


def test_of_a_text(tmp_path):
    words = [f"w{k}" for k in np.random.default_rng(2).zipf(1.3, 40_000) if k < 10**9]
    (tmp_path / "x.txt").write_text(" ".join(words))
    known = measure_corpus(tmp_path / "x.txt", length=2, blocks=0, at="1000,all")
    found = sketch_corpus(tmp_path / "x.txt", length=2, at="1000,all", precision=12)
    assert (found.spectrum[0, :100] == known.spectrum[0, :100]).all()
    assert found.spectrum_interval.lower[1, 0] <= known.f1[-1] <= found.spectrum_interval.upper[1, 0]
    assert found.sample.share < 1
    assert (found.spectrum * found.edges <= found.n_draws[:, None]).all()


def test_samples_that_cannot_be_merged():
    for other in (WindowSample(64, 0, "x"), WindowSample(32, 1, "x"), WindowSample(32, 0, "y")):
        with pytest.raises(InputError, match="must be equal in samples that are merged"):
            WindowSample(32, 0, "x").merge(other)
    with pytest.raises(InputError, match="confidence must lie between 0 and 1, got 1"):
        scaled(np.zeros(3), 0.5, 1)
