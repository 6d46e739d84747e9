"""The fast engines against theory and against tokens, and wrong engines that must be caught.

Whole curves are checked at once: their mean by its quadratic form in the exact covariance, their covariance by the
mean of the same form over corpora. With 1000 corpora, a mean that is off by a fifth of a standard deviation and a
covariance that is off by a tenth are certain to be caught.
"""

from __future__ import annotations

import os
from dataclasses import replace
from functools import cache
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ks_2samp

import bounds
from bounds.base.spectrum import FrequencySpectrum
from simulate.drawing.stream import Stream
from simulate.engines.choice import build_engine, growth
from simulate.engines.gauss import GaussianPath, gaussian_path
from simulate.engines.pitman_yor import restaurant, table_moments
from simulate.engines.rank_blocks import Blocks, rank_blocks
from simulate.engines.types import Arrivals, arrivals
from tests import statistics as stats
from tests.strategies import fixed_laws, magnitudes, pitman_yors
from tests.test_simulation import corpora

SEED = 20261122
MIXTURE = "mixture:0.7*(zipf:2)+0.3*(zipf:1.5,shift=5)"
GRID = np.array([100, 3000, 50_000, 200_000, 1_000_000])
MANY = np.array([3000, 10**5, 10**7, 10**13, 2**63 - 1])
"""Sizes from where half of the draws are new to the largest there are."""

PY = "pitman-yor:0.58,concentration=10"
THREADS = min(2, os.cpu_count() or 1)


@cache
def drawn_once(source: str, engine: str, replicates: int, grid: tuple[int, ...]) -> np.ndarray:
    return growth(source, list(grid), replicates, engine=engine, seed=SEED, threads=THREADS).n_unique


def curves(source: str, engine: str, replicates: int, grid: np.ndarray = GRID) -> np.ndarray:
    """U of shape (corpus, size), the same for all tests that ask for it."""
    return drawn_once(source, engine, replicates, tuple(grid.tolist()))


def tokens_of(source: str) -> np.ndarray:
    """U after as many tokens as the fourth size has, each of them drawn: a million take five times as long."""
    return curves(source, "tokens", 300, GRID[3:4])[:, 0]


def covariance(source: str, grid: np.ndarray) -> np.ndarray:
    return bounds.counts.covariance_unique(source, grid[:, None], grid[None, :])


def z_of_mean_curve(drawn: np.ndarray, source: str, grid: np.ndarray) -> float:
    """The mean curve against E U, as a chi-square in the exact covariance."""
    difference = drawn.mean(axis=0) - bounds.expected_unique(source, grid)
    statistic = len(drawn) * difference @ np.linalg.solve(covariance(source, grid), difference)
    return stats.z_of_chi_square(float(statistic), len(grid))


def z_of_covariance(drawn: np.ndarray, source: str, grid: np.ndarray) -> float:
    """The mean over corpora of the quadratic form in the exact covariance, whose expectation is the number of sizes."""
    away = drawn - bounds.expected_unique(source, grid)
    form = np.einsum("ri,ri->r", away, np.linalg.solve(covariance(source, grid), away.T).T)
    return stats.z_of_mean(form, float(len(grid)), float(form.std(ddof=1)))


def z_of_two_samples(first: np.ndarray, second: np.ndarray) -> float:
    """Kolmogorov and Smirnov's distance of two samples, as the normal quantile of its p-value."""
    return NormalDist().inv_cdf(1 - max(float(ks_2samp(first, second).pvalue), 1e-15))


# Independent draws, types


TYPES = {"zipf:1.5": (1000, 5), "zipf:1.2": (400, 4), "zipf:0.9,types=3e4": (400, 4), MIXTURE: (600, 5)}
"""Corpora and sizes. At the fifth size all of 3e4 types are seen, and those of zipf:1.2 are a hundred thousand."""


@pytest.mark.parametrize(("source", "replicates", "sizes"), [(source, *much) for source, much in TYPES.items()])
def test_first_arrivals_have_the_mean_and_covariance_of_theory(source, replicates, sizes):
    grid = GRID[:sizes]
    drawn = curves(source, "types", replicates, grid)
    assert stats.check(f"types mean {source}", z_of_mean_curve(drawn, source, grid))
    assert stats.check(f"types covariance {source}", z_of_covariance(drawn, source, grid))


def test_two_sizes_of_one_curve_vary_together_as_they_should():
    drawn, two = curves("zipf:1.5", "types", 1000), GRID[3:]
    away = drawn[:, 3:] - bounds.expected_unique("zipf:1.5", two)
    products = away[:, 0] * away[:, 1]
    expected = float(bounds.counts.covariance_unique("zipf:1.5", *two))
    assert stats.check("types pair", stats.z_of_mean(products, expected, products.std(ddof=1)))
    # Of two curves: nothing in common.
    apart = away[:, 0] * np.roll(away[:, 1], 1)
    assert abs(stats.z_of_mean(apart, expected, apart.std(ddof=1))) > stats.LIMIT


@pytest.mark.parametrize(("types", "corpora"), [(50, 2000), (400, 350)])
def test_a_block_may_be_as_wide_as_its_law(types, corpora):
    """All types in one block, of very unequal probabilities: few types, most of them seen, and many, few of them seen.

    Narrow blocks hide which of their types is drawn; without the test of a proposal, this curve is another.
    """
    grid = np.array([20, 60, 200])
    ranks = np.arange(1.0, types + 1)
    one, s = np.ones(1), np.array([1.5])
    whole = Blocks(one, 0 * one, np.array([types]), np.array([(ranks**-1.5).sum()]), one, s)
    drawn, _ = Arrivals(((whole, np.diff(grid, prepend=0)),), np.empty(0, np.int64)).draw(
        Stream(SEED, "types"), corpora
    )
    assert stats.check(f"types one block {types}", z_of_mean_curve(drawn, f"zipf:1.5,types={types}", grid))
    flatter = whole._replace(s=np.array([1.4]))
    wrong, _ = Arrivals(((flatter, np.diff(grid, prepend=0)),), np.empty(0, np.int64)).draw(Stream(SEED, "types"), 250)
    assert z_of_mean_curve(wrong, f"zipf:1.5,types={types}", grid) > stats.LIMIT


def test_types_seen_once_are_as_many_as_theory_says():
    source = "zipf:1.724,shift=100"
    spectra = growth(source, [100_000], 300, engine="types", seed=SEED, spectrum=True, threads=THREADS).spectrum
    once, expected = spectra[:, 0], float(bounds.expected_spectrum(source, 100_000, multiplicity=1))
    assert stats.check(f"types f1 {source}", stats.z_of_mean(once, expected, once.std(ddof=1)))


def test_types_seen_once_are_the_share_that_the_exponent_says():
    """f1/U tends to γ: at 10^9 draws it is there to within what 20 corpora tell, and 1 % beside it is not."""
    drawn = growth("zipf:1.724", [10**9], 20, engine="types", seed=SEED, spectrum=True, threads=THREADS)
    share = drawn.spectrum[:, 0] / drawn.n_unique[:, 0]
    assert stats.check("types f1/U", stats.z_of_mean(share, 1 / 1.724, share.std(ddof=1)))
    assert abs(stats.z_of_mean(share, 1.01 / 1.724, share.std(ddof=1))) > stats.LIMIT


def test_first_arrivals_and_tokens_have_one_law():
    tokens, types = tokens_of("zipf:1.5"), curves("zipf:1.5", "types", 1000)[:, 3]
    assert stats.check("types against tokens", z_of_two_samples(tokens, types))
    other = curves("zipf:1.51", "types", 300, GRID[:4])[:, 3]
    assert z_of_two_samples(tokens, other) > stats.LIMIT


def test_omitted_singletons_are_caught():
    """Negative control: ranks beyond those of smaller corpora are left out, their draws go to the others."""
    short = rank_blocks(bounds.Zipf(1.2), 10**4)
    assert (short.width == 0).sum() == 1
    share = np.where(short.width > 0, short.share, 0.0)
    steps = np.diff(GRID, prepend=0)
    wrong = Arrivals(((short._replace(share=share, rest=1 - share), steps),), np.empty(0, np.int64))
    drawn, _ = wrong.draw(Stream(SEED, "types"), 100)
    assert z_of_mean_curve(drawn, "zipf:1.2", GRID) > stats.LIMIT


# Independent draws, Gaussian paths


def test_gaussian_paths_have_the_mean_and_covariance_of_theory():
    drawn = curves("zipf:1.1", "gauss", 20_000, MANY)
    assert stats.check("gauss mean", z_of_mean_curve(drawn, "zipf:1.1", MANY))
    assert stats.check("gauss covariance", z_of_covariance(drawn, "zipf:1.1", MANY))


def test_gaussian_paths_and_tokens_have_one_law():
    tokens, gauss = tokens_of("zipf:1.5"), curves("zipf:1.5", "gauss", 1000)[:, 3]
    assert stats.check("gauss against tokens", z_of_two_samples(tokens, gauss))
    other = curves("zipf:1.51", "gauss", 1000)[:, 3]
    assert z_of_two_samples(tokens, other) > stats.LIMIT


@pytest.mark.parametrize("source", ["zipf:1.1", "zipf:1.2"])
def test_the_covariance_of_poisson_draws_is_caught(source):
    """Negative control: Φ(D1+D2) - Φ(D2), without the term of a fixed number of draws."""
    path = gaussian_path(bounds.parse_source(source), MANY[:3])
    low, high = np.minimum(*np.meshgrid(path.sizes, path.sizes)), np.maximum(*np.meshgrid(path.sizes, path.sizes))
    poisson = [bounds.expected_unique(source, n, poisson=True) for n in (low + high, high)]
    wrong = replace(path, factor=np.linalg.cholesky(poisson[0] - poisson[1]))
    drawn, _ = wrong.draw(Stream(SEED, "gauss"), 5000)
    assert abs(z_of_covariance(drawn, source, path.sizes)) > stats.LIMIT


def test_a_path_goes_on_from_its_first_arrivals():
    """Sizes with too small a variance are drawn exactly, and the rest given them: correlation across the seam."""
    grid = np.array([200, 500, 1000, 100_000, 10**6])
    path = gaussian_path(bounds.Zipf(1.5), grid)
    assert path.n_first == 3
    assert path.first is not None
    drawn, _ = path.draw(Stream(SEED, "gauss"), 3000)
    exact, _ = path.first.draw(Stream(SEED, "gauss"), 3000)
    assert np.array_equal(drawn[:, :3], exact)
    assert np.corrcoef(drawn[:, 2], drawn[:, 3])[0, 1] == pytest.approx(
        float(bounds.counts.covariance_unique("zipf:1.5", 1000, 100_000))
        / float(np.sqrt(bounds.variance_unique("zipf:1.5", 1000) * bounds.variance_unique("zipf:1.5", 100_000))),
        abs=0.08,
    )


def test_a_singular_covariance_has_a_root():
    path = gaussian_path(bounds.Uniform(10**6), np.array([10**5, 10**6, 10**12, 10**15]))
    assert np.allclose(path.factor @ path.factor.T, covariance("uniform:1e6", path.sizes), rtol=1e-9, atol=1e-6)
    assert np.all(path.draw(Stream(SEED, "gauss"), 10)[0][:, 2:] == 10**6)


# Pitman–Yor


def test_restaurants_in_steps_have_the_mean_and_spread_of_theory():
    drawn = curves(PY, "gauss", 4000)[:, -1]
    mean, variance = float(bounds.expected_unique(PY, GRID[-1])), float(bounds.variance_unique(PY, GRID[-1]))
    assert stats.check("py steps mean", stats.z_of_mean(drawn, mean, variance**0.5))
    assert stats.check("py steps variance", stats.z_of_variance(drawn, variance))
    assert drawn.std() / drawn.mean() == pytest.approx(0.153, abs=0.01)


def test_steps_vary_within_a_corpus_as_they_should():
    """With a large concentration the spread is that of the draws, and comes from the steps."""
    source, grid = "pitman-yor:0.5,concentration=1e5", np.array([10**5, 10**6, 10**7])
    drawn = curves(source, "gauss", 4000, grid)
    assert stats.check("py wide mean", z_of_mean_curve(drawn, source, grid))
    assert stats.check("py wide covariance", z_of_covariance(drawn, source, grid))


def test_the_spread_of_a_restaurant_does_not_shrink():
    for source, expected in ((PY, 0.153), ("pitman-yor:0.58", 0.688)):
        drawn = curves(source, "gauss", 1500, np.array([10**6, 10**12, 2**63 - 1]))
        assert np.allclose(drawn.std(axis=0) / drawn.mean(axis=0), expected, rtol=0.08)


def test_restaurants_in_steps_and_type_by_type_have_one_law():
    exact, steps = curves(PY, "types", 1000)[:, -1], curves(PY, "gauss", 4000)[:, -1]
    assert stats.check(
        "py types mean",
        stats.z_of_mean(
            exact, float(bounds.expected_unique(PY, GRID[-1])), float(np.sqrt(bounds.variance_unique(PY, GRID[-1])))
        ),
    )
    assert stats.check("py steps against types", z_of_two_samples(exact, steps))


def test_restaurants_in_steps_and_tokens_have_one_law():
    tokens, steps = corpora(PY, 10**6, 64)[:, 0], curves(PY, "gauss", 4000)[:, -1]
    assert stats.check("py steps against tokens", z_of_two_samples(tokens, steps))
    assert z_of_two_samples(tokens, curves("pitman-yor:0.62,concentration=10", "gauss", 1000)[:, -1]) > stats.LIMIT


def test_tables_of_one_customer_are_as_many_as_theory_says():
    once = growth(PY, [10_000], 1000, engine="types", seed=SEED, spectrum=True).spectrum[:, 0]
    expected = float(bounds.expected_spectrum(PY, 10_000, multiplicity=1))
    assert stats.check("py f1", stats.z_of_mean(once, expected, once.std(ddof=1)))


def test_a_law_drawn_once_and_used_again_is_caught():
    """Negative control: corpora from one P, of which 10^4 draws are known, vary by far less than K_n does."""
    whole = growth(PY, [10_000, 1_000_000], 1, engine="types", seed=SEED).n_unique[0]
    known = bounds.PitmanYor(0.58, 10 + 0.58 * int(whole[0]))
    beyond, _ = restaurant(known, np.array([20_000])).draw(Stream(SEED, "gauss"), 2000)
    drawn = whole[0] + beyond[:, 0]
    variance = float(bounds.variance_unique(PY, GRID[-1]))
    assert abs(stats.z_of_variance(drawn, variance)) > stats.LIMIT


@pytest.mark.parametrize("theta", [100.0, 1e4, 1e9])
@pytest.mark.parametrize("d", [0.02, 0.3, 0.58, 0.99])
def test_moments_of_a_step_are_those_of_theory(d, theta):
    law, n = bounds.PitmanYor(d, theta), round(0.3 * theta)
    mean, variance = table_moments(d, theta, float(n))
    assert mean == pytest.approx(float(bounds.expected_unique(law, n)), rel=1e-8)
    assert variance == pytest.approx(float(bounds.variance_unique(law, n)), rel=1e-4)


# What always holds


def assert_possible(drawn: np.ndarray, sizes: np.ndarray, n_types: float) -> None:
    assert drawn.dtype == np.int64
    assert np.all(np.diff(drawn, axis=1) >= 0)
    assert np.all(np.diff(drawn, axis=1) <= np.diff(sizes))
    assert np.all((drawn >= 1) & (drawn <= np.minimum(sizes.astype(object), n_types)))


few_sizes = st.lists(st.integers(1, 3000), min_size=1, max_size=6, unique=True).map(lambda n: np.array(sorted(n)))
all_sizes = st.lists(magnitudes(1, 9.2e18).map(int), min_size=1, max_size=6, unique=True).map(
    lambda n: np.array(sorted(n), np.int64)
)
seeds = st.integers(0, 2**64 - 1)


@given(fixed_laws, few_sizes, seeds)
@settings(deadline=None)
def test_first_arrivals_are_possible(law, sizes, seed):
    edges = FrequencySpectrum.edges(sizes[-1])
    drawn, spectra = arrivals(law, sizes, edges=edges).draw(Stream(seed, "types"), 3)
    assert_possible(drawn, sizes, law.n_types)
    assert np.array_equal(spectra.sum(axis=1), drawn[:, -1])
    assert np.all(spectra @ edges <= sizes[-1])
    if sizes[-1] <= 32:
        assert np.all(spectra @ edges == sizes[-1])
    without, _ = arrivals(law, sizes).draw(Stream(seed, "types"), 3)
    assert np.array_equal(without, drawn)


@given(pitman_yors, all_sizes, seeds)
@settings(deadline=None)
def test_restaurants_are_possible(law, sizes, seed):
    drawn, none = restaurant(law, sizes).draw(Stream(seed, "gauss"), 3)
    assert_possible(drawn, sizes, np.inf)
    assert none.shape == (3, 0)
    few = np.unique(np.minimum(sizes, 3000))
    edges = FrequencySpectrum.edges(few[-1])
    drawn, spectra = restaurant(law, few, step=False, edges=edges).draw(Stream(seed, "types"), 3)
    assert_possible(drawn, few, np.inf)
    assert np.array_equal(spectra.sum(axis=1), drawn[:, -1])
    assert np.all(spectra @ edges <= few[-1])


@given(st.sampled_from(["zipf:1.05", "zipf:1.724,shift=1e3", "zipf:1.1,types=1e15", "uniform:1e9"]), all_sizes, seeds)
@settings(deadline=None, max_examples=30)
def test_gaussian_paths_are_possible(source, sizes, seed):
    law = bounds.parse_source(source)
    try:
        path = gaussian_path(law, sizes)
    except ValueError as error:
        assert "variance" in str(error)  # noqa: PT017  # the one reason why there may be none
        return
    assert_possible(path.draw(Stream(seed, "gauss"), 5)[0], sizes, law.n_types)


def test_neighbouring_sizes_do_not_push_a_path_up():
    """Where hardly a type lies between two sizes the limits bind; the mean stays right to a sequence."""
    sizes = 10**9 + np.arange(50) * 40
    drawn, _ = gaussian_path(bounds.Zipf(1.5), sizes).draw(Stream(SEED, "gauss"), 20_000)
    mean = bounds.expected_unique("zipf:1.5", sizes)
    error = np.sqrt(bounds.variance_unique("zipf:1.5", sizes) / 20_000)
    shift = (drawn - drawn[:, :1]).mean(axis=0) - (mean - mean[0])
    assert np.all(np.abs(shift) < 2.0)
    assert np.all(np.abs(drawn.mean(axis=0) - mean) < 2.0 + 5 * error)


@given(fixed_laws, st.integers(1, 10**6))
@settings(deadline=None)
def test_blocks_hold_every_rank_and_all_of_the_mass(law, n_draws):
    blocks = rank_blocks(law, n_draws)
    mass = blocks.share * np.append(1.0, np.cumprod(blocks.rest)[:-1])
    assert mass.sum() == pytest.approx(1.0)
    assert np.all(blocks.total <= np.maximum(blocks.width, 1) * (1 + 1e-12))
    types = blocks.width.astype(object).sum()
    assert types <= law.n_types
    largest = (mass / blocks.total)[blocks.width > 0].max()
    assert largest == pytest.approx(float(np.exp(-entropy_of_most_likely(law))), rel=1e-9)


def entropy_of_most_likely(law: bounds.Source) -> float:
    """-ln of the largest probability of a law."""
    if isinstance(law, bounds.Mixture):
        return min(entropy_of_most_likely(part) - np.log(weight) for weight, part in law.components)
    if isinstance(law, bounds.Zipf):
        return law.exponent * float(np.log1p(law.shift)) - float(np.log(bounds.counts.zipf_normaliser(law)))
    return float(np.log(law.types)) if isinstance(law, bounds.Uniform) else -float(np.log(1 - law.ratio))


@pytest.mark.parametrize("engine", ["tokens", "types", "gauss"])
@pytest.mark.parametrize("source", ["zipf:1.2", "pitman-yor:0.6,concentration=5", "growing:0.9", MIXTURE])
def test_curves_do_not_depend_on_threads_or_company(engine, source):
    sizes = [10**5, 3 * 10**5, 10**6] if engine == "gauss" else [100, 1000, 10_000]
    whole = growth(source, sizes, 5, engine=engine, seed=7)
    assert np.array_equal(growth(source, sizes, 5, engine=engine, seed=7, threads=3).n_unique, whole.n_unique)
    assert np.array_equal(growth(source, sizes, 2, engine=engine, seed=7, first=3).n_unique, whole.n_unique[3:])
    assert not np.array_equal(growth(source, sizes, 5, engine=engine, seed=8).n_unique, whole.n_unique)
    assert len(np.unique(whole.n_unique, axis=0)) > 1


def test_tokens_behind_the_verb_are_those_of_a_sweep():
    from simulate import sweep

    found = sweep(sources=["zipf:1.5", "growing:0.6"], n_draws=[100, 5000], replicates=3, seed=4, engine="tokens")
    for source in ("zipf:1.5", "growing:0.6"):
        own = growth(source, [100, 5000], 3, engine="tokens", seed=4, spectrum=True)
        assert np.array_equal(own.n_unique, found.n_unique.sel(source=found.source[found.source == str(
            bounds.parse_source(source))].item()).values.T)  # fmt: skip
        assert np.array_equal(own.spectrum, found.spectrum.sel(source=str(bounds.parse_source(source))).values)


def test_engines_are_of_the_kinds_they_are_said_to_be():
    sizes = np.array([10**6])
    assert isinstance(build_engine("gauss", bounds.Zipf(1.5), sizes), GaussianPath)
    assert isinstance(build_engine("types", bounds.Zipf(1.5), sizes), Arrivals)
    assert type(build_engine("gauss", bounds.PitmanYor(0.5), sizes)).__name__ == "Restaurant"
