"""Drawn corpora against theory: mean, variance and spectrum of every source, and wrong samplers that must be caught.

The smallest errors that a check would catch with certainty: about 10 standard errors of the mean, that is 3 % of a
standard deviation of U at 1000 corpora, and a variance that is wrong by half.
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from itertools import islice

import numpy as np
import pytest

from bounds import expected_spectrum, expected_unique, missing_mass, parse_source, variance_unique
from bounds.base.sources import Source
from bounds.base.spectrum import FrequencySpectrum
from simulate.drawing.backends import cpu, reference
from simulate.drawing.stream import Stream
from simulate.drawing.tables import FRESH, Sampler, build_sampler
from tests import statistics as stats

# A source, and one like it that a check of the mean must tell from it.
SOURCES = {
    "uniform:1e4": "uniform:10300",
    "uniform:1e6": "uniform:1.03e6",
    "growing:0.9": "growing:0.905",
    "zipf:2.2727": "zipf:2.2",
    "zipf:1.724": "zipf:1.70",
    "zipf:1.3889": "zipf:1.38",
    "zipf:1.05": "zipf:1.06",
    "zipf:1.724,shift=100": "zipf:1.724,shift=110",
    "zipf:1.1,types=1e5": "zipf:1.09,types=1e5",
    "zipf:0.9,types=1e6": "zipf:0.9,types=9e5",
    "geometric:0.99": "geometric:0.9895",
    "pitman-yor:0.58,concentration=10": "pitman-yor:0.62,concentration=10",
    "pitman-yor:0.4,concentration=-0.2": "pitman-yor:0.5,concentration=-0.2",
    "mixture:0.7*(zipf:2)+0.3*(zipf:1.5,shift=5)": "mixture:0.65*(zipf:2)+0.35*(zipf:1.5,shift=5)",
}
SIZES = [(10_000, 1000), (300_000, 64)]
SEED = 20261120


def draw(sampler: Sampler, source: str, n_draws: int, replicates: int) -> np.ndarray:
    """(replicate, 1 + number of bins): distinct types, then the spectrum."""
    edges = FrequencySpectrum.edges(n_draws)
    grid = np.array([n_draws])

    def one(replicate: int) -> np.ndarray:
        stream = Stream(SEED, "tokens", len(source), replicate)
        growth = cpu.growth(sampler, grid, stream, edges=edges)
        return np.append(growth.n_unique, growth.spectrum[0])

    with ThreadPoolExecutor(2) as pool:
        return np.array(list(pool.map(one, range(replicates))))


@cache
def corpora(source: str, n_draws: int, replicates: int) -> np.ndarray:
    return draw(build_sampler(parse_source(source), n_draws), source, n_draws, replicates)


def distinguishable(source: Source, n_draws: int) -> bool:
    """Whether U varies at all: a saturated source has nothing to test at this size."""
    return float(variance_unique(source, n_draws)) > 1e-6


@pytest.mark.parametrize(("n_draws", "replicates"), SIZES)
@pytest.mark.parametrize("source", SOURCES)
def test_mean_and_variance_are_those_of_theory(source, n_draws, replicates):
    law = parse_source(source)
    counts = corpora(source, n_draws, replicates)[:, 0]
    mean, variance = float(expected_unique(law, n_draws)), float(variance_unique(law, n_draws))
    if not distinguishable(law, n_draws):
        assert np.all(counts == round(mean))
        return
    assert stats.check(f"mean {source} {n_draws}", stats.z_of_mean(counts, mean, variance**0.5))
    assert stats.check(f"variance {source} {n_draws}", stats.z_of_variance(counts, variance))


def z_of_spectrum(counts: np.ndarray, expected: np.ndarray) -> float:
    """The means of several f_k together against their expectations, in the covariance of the sample.

    Where the sum of k f_k is that of all draws, one combination of them does not vary and is left out.
    """
    deviation = counts.std(axis=0, ddof=1)
    varies = deviation > 0
    assert expected[~varies] == pytest.approx(counts[0, ~varies], abs=0.05)
    if not varies.any():
        return 0.0
    scaled = (counts - expected)[:, varies] / deviation[varies]
    values, vectors = np.linalg.eigh(np.atleast_2d(np.cov(scaled.T)))
    kept = values > 1e-3
    score = vectors[:, kept].T @ scaled.mean(axis=0)
    statistic = len(counts) * float(np.sum(score**2 / values[kept]))
    return max(stats.z_of_chi_square(statistic, int(kept.sum())), 0.0)


@pytest.mark.parametrize("source", SOURCES)
def test_types_seen_one_to_five_times_are_those_of_theory(source):
    counts = corpora(source, 10_000, 1000)[:, 1:6].astype(float)
    expected = np.array([float(expected_spectrum(parse_source(source), 10_000, multiplicity=k)) for k in range(1, 6)])
    assert stats.check(f"f1 to f5 {source}", z_of_spectrum(counts, expected))
    # Negative control: a type in eight that is seen once is taken for one that is seen twice.
    if counts[:, 0].mean() > 10:
        moved = counts.copy()
        moved[:, :2] += np.outer(counts[:, 0] // 8, [-1, 1])
        assert z_of_spectrum(moved, expected) > stats.LIMIT


def test_the_excess_of_a_bayes_predictor_is_that_of_theory():
    """Santa Fe: who remembers every fact pays ln A for each new one and nothing else, in the mean ln A times M0."""
    law, labels = parse_source("santa-fe:1.4,labels=3"), 3
    sampler, grid = build_sampler(law, 10_100), np.array([10_000, 10_100])
    streams = [Stream(SEED, "tokens", 77, replicate) for replicate in range(1000)]
    drawn = np.array([cpu.growth(sampler, grid, own, edges=np.empty(0, np.int64)).n_unique for own in streams])
    excess = math.log(labels) * np.diff(drawn, axis=1)[:, 0] / 100
    expected = math.log(labels) * float(missing_mass(law, np.arange(*grid)).mean())
    assert stats.check("excess santa-fe", stats.z_of_mean(excess, expected, excess.std(ddof=1)))
    earlier = math.log(labels) * float(missing_mass(law, 9000))
    assert abs(stats.z_of_mean(excess, earlier, excess.std(ddof=1))) > 3


@pytest.mark.parametrize(("source", "wrong"), SOURCES.items())
def test_a_wrong_law_is_caught(source, wrong):
    """Negative control of the check of the mean."""
    law = parse_source(source)
    n_draws, replicates = (10_000, 1000) if distinguishable(law, 10_000) else SIZES[1]
    counts = corpora(wrong, n_draws, replicates)[:, 0]
    mean, variance = float(expected_unique(law, n_draws)), float(variance_unique(law, n_draws))
    assert abs(stats.z_of_mean(counts, mean, variance**0.5)) > stats.LIMIT


@pytest.mark.parametrize(("n_draws", "replicates"), SIZES)
@pytest.mark.parametrize("source", SOURCES)
def test_replicates_that_share_a_stream_are_caught(source, n_draws, replicates):
    """Negative control of the check of the variance; for Pitman-Yor it is the law drawn once and used again."""
    law = parse_source(source)
    if not distinguishable(law, n_draws):
        pytest.skip("this source is saturated at this size: U does not vary")
    counts = np.repeat(corpora(source, n_draws, replicates)[:1, 0], replicates)
    assert abs(stats.z_of_variance(counts, float(variance_unique(law, n_draws)))) > stats.LIMIT


def test_halved_variance_is_caught():
    """Negative control of the check of the variance: means of two corpora pass for corpora."""
    counts = corpora("zipf:1.724", 10_000, 1000)[:, 0]
    halved = np.rint((counts + np.roll(counts, 1)) / 2)
    assert abs(stats.z_of_variance(halved, float(variance_unique("zipf:1.724", 10_000)))) > stats.LIMIT


def test_a_clipped_overflow_class_is_caught():
    """Ranks beyond 2^62 hold 12 % of the mass at s = 1.05: taking them for one type must not pass."""
    law = parse_source("zipf:1.05")
    sampler = build_sampler(law, 10_000)
    cells = sampler.cells
    assert cells.key[-1] == FRESH
    clipped = cells._replace(
        key=np.append(cells.key[:-1], np.uint64(2**62 + 2**61)), width=np.append(cells.width[:-1], np.uint64(0))
    )
    key = clipped.key.copy()
    key[-1] = sampler.n_dense
    single = replace(sampler, cells=clipped._replace(key=key), n_dense=sampler.n_dense + 1)
    counts = draw(single, "zipf:1.05", 10_000, 100)[:, 0]
    mean, variance = float(expected_unique(law, 10_000)), float(variance_unique(law, 10_000))
    assert abs(stats.z_of_mean(counts, mean, variance**0.5)) > stats.LIMIT


def ranks(source: str, n: int) -> np.ndarray:
    """The first `n` ranks that the reference draws; ranks too large for an integer are left out."""
    sampler = build_sampler(parse_source(source), n)
    keys = islice(reference._cells(sampler, Stream(SEED, "tokens")), n)
    return np.array([key + 1 if key < sampler.n_dense else key - 2**62 for key in keys if key < FRESH], float)


def chi_square_of_ranks(drawn: np.ndarray, n: int, s: float, q: float) -> tuple[float, int]:
    """Ranks pooled in 40 cells from the head to the far tail, against the Hurwitz zeta function."""
    from scipy.special import zeta

    edges = np.unique(np.concatenate([np.arange(1, 12), np.round(np.geomspace(12, 2.0**40, 30))]))
    survival = zeta(s, edges + q) / zeta(s, 1 + q)
    expected = n * -np.diff(np.append(survival, survival[-1] * 0))
    observed = np.histogram(drawn, np.append(edges, np.inf))[0].astype(float)
    observed[-1] += n - len(drawn)
    large = expected >= 5
    observed = np.append(observed[large], observed[~large].sum())
    expected = np.append(expected[large], expected[~large].sum())
    kept = expected > 0
    return float((((observed - expected) ** 2)[kept] / expected[kept]).sum()), int(kept.sum()) - 1


@pytest.mark.parametrize(("s", "q"), [(1.05, 0.0), (1.2, 0.0), (1.724, 100.0), (3.0, 2.5)])
def test_ranks_follow_their_law_from_head_to_tail(s, q):
    n = 20_000
    drawn = ranks(f"zipf:{s},shift={q}", n)
    statistic, dof = chi_square_of_ranks(drawn, n, s, q)
    assert stats.check(f"ranks {s} {q}", max(stats.z_of_chi_square(statistic, dof), 0.0))
    wrong, dof = chi_square_of_ranks(drawn, n, 1.05 * s, q)
    assert stats.z_of_chi_square(wrong, dof) > stats.LIMIT


def test_the_budget_covers_every_check():
    """Runs last in this file: the checks made so far, with those of the other files, stay within `N_CHECKS`."""
    assert len(stats.checked) <= stats.N_CHECKS
