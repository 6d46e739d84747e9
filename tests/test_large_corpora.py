"""Fits of corpora of 1e13 to 1e18 draws: the partition likelihood at fifty digits, and laws that are known."""

from __future__ import annotations

import functools

import mpmath
import numpy as np
import pytest
from scipy.special import gammainc, gammaln

from bounds.base.numerics.gamma_ratios import log_rise
from bounds.base.sources import PitmanYor
from bounds.base.spectrum import log_bin_shares, rarefied
from bounds.counts.unique import expected_unique
from bounds.fitting.exponents.exponent import FrequencySpectrum, fit_exponent
from bounds.fitting.exponents.spectrum_models import fit_partition, partition_likelihood


def at_fifty_digits(spectrum, n_unique, n_draws, d, theta):
    """Log-likelihood of (d, θ), the sums of the chances in a bin as differences of Γ(k-d)/Γ(k) (equation A4)."""
    with mpmath.workdps(60):
        d, theta = mpmath.mpf(d), mpmath.mpf(theta)

        @functools.cache
        def above(k):
            return mpmath.exp(mpmath.loggamma(mpmath.mpf(k) - d) - mpmath.loggamma(mpmath.mpf(k)))

        rows = [row for row in zip(spectrum.multiplicity, spectrum.upper, spectrum.count, strict=True) if row[2]]
        seats = sum(
            int(f) * mpmath.log((above(int(low)) - above(int(high) + 1)) / mpmath.gamma(1 - d))
            for low, high, f in rows
            if f
        )
        c, U, n = theta / d, mpmath.mpf(n_unique), mpmath.mpf(n_draws)
        new = mpmath.loggamma(c + U) - mpmath.loggamma(c + 1) - mpmath.log(d)
        return seats + new - mpmath.loggamma(theta + n) + mpmath.loggamma(theta + 1)


def power_spectrum(n_draws, gamma, types):
    """About the spectrum of so many types under a power law, in standard bins."""
    edges = FrequencySpectrum.edges(n_draws)
    bins = FrequencySpectrum.from_binned(edges, np.zeros_like(edges))
    count = np.floor(types * np.exp(log_bin_shares(bins.multiplicity, bins.upper, gamma))).astype(np.int64)
    return FrequencySpectrum(bins.multiplicity, bins.upper, count)


@pytest.mark.parametrize(
    ("n_draws", "types", "theta"),
    [(10**9, 1e6, 10.0), (10**13, 1e8, 0.0), (10**14, 3e8, -0.3), (10**16, 1e10, 1e6), (10**18, 1e11, 10.0)],
)
def test_the_partition_likelihood_keeps_its_digits(n_draws, types, theta):
    """How it differs between constants that the data can hardly tell apart."""
    spectrum = power_spectrum(n_draws, 0.58, types)
    U = float(spectrum.n_unique)
    near = [(0.58, theta), (0.58 + 1 / np.sqrt(U), theta), (0.58, theta + 0.1), (0.6, 2 * abs(theta) + 1)]
    ours = [partition_likelihood(spectrum, np.array([U]), float(n_draws), *pair) for pair in near]
    exact = [at_fifty_digits(spectrum, U, n_draws, *pair) for pair in near]
    for i in (1, 2, 3):
        assert ours[i] - ours[0] == pytest.approx(float(exact[i] - exact[0]), rel=1e-9, abs=1e-4)


@pytest.mark.parametrize("x", [0.01, 3.0, 31.9, 32.0, 33.5, 1e4, 1e9, 1e14, 1e18])
def test_log_gammas_of_huge_numbers_differ_by_what_they_do(x):
    with mpmath.workdps(60):
        for shift in (-0.005, 1e-6, 0.58, 2.0, 17.0, 1e4, 1e8, 1e13, 1e18):
            exact = mpmath.loggamma(mpmath.mpf(x) + mpmath.mpf(shift)) - mpmath.loggamma(mpmath.mpf(x))
            assert float(log_rise(x, shift)) == pytest.approx(float(exact), rel=1e-13, abs=1e-13)


@pytest.mark.parametrize("gamma", [0.001, 0.58, 0.999])
def test_shares_of_bins_of_any_place_and_width(gamma):
    bins = [(1, 1), (2, 2), (7, 31), (33, 34), (64, 64), (65, 65), (5000, 5000), (10**6, 11 * 10**5),
            (10**15, 10**15), (2**62, 2**62), (2**62, 2**62 + 2**59)]  # fmt: skip
    lower, upper = np.array(bins, dtype=np.int64).T
    with mpmath.workdps(80):
        g = mpmath.mpf(gamma)

        def above(k):
            return mpmath.exp(mpmath.loggamma(mpmath.mpf(k) - g) - mpmath.loggamma(mpmath.mpf(k)))

        exact = [float(mpmath.log((above(a) - above(b + 1)) / mpmath.gamma(1 - g))) for a, b in bins]
    np.testing.assert_allclose(log_bin_shares(lower, upper, gamma), exact, rtol=0, atol=1e-11)


# A corpus of a random law, drawn by the jumps of a stable subordinator (Pitman & Yor 1997, proposition 10)


def pitman_yor_spectrum(rng, d, picked, n_draws):
    """Binned spectrum of about `n_draws` independent draws of PY(d, d·picked).

    The largest jumps are drawn one by one and counted; the others, an independent Poisson process, give independent
    Poisson numbers of types of each multiplicity. Without `picked` jumps, chosen in proportion to their size, the law
    of PY(d, 0) becomes that of PY(d, d·picked).
    """
    edges = FrequencySpectrum.edges(n_draws)
    upper = FrequencySpectrum.from_binned(edges, np.zeros_like(edges)).upper
    root = np.exp(gammaln(1 - d))
    jumps = (root * np.cumsum(rng.exponential(size=20_000))) ** (-1 / d)
    least, kept = jumps[-1], np.ones(len(jumps), dtype=bool)
    for _ in range(picked):
        kept[rng.choice(len(jumps), p=jumps * kept / (jumps * kept).sum())] = False
    total = (jumps * kept).sum() + d * least ** (1 - d) / ((1 - d) * root)
    often = np.minimum(rng.poisson(n_draws * jumps[kept] / total), upper[-1])
    count = np.bincount(np.searchsorted(edges, often[often > 0], side="right") - 1, minlength=len(edges))
    largest = n_draws * least / total
    scale = (n_draws / total) ** d * d / root
    nodes, weights = np.polynomial.legendre.leggauss(60)
    for place, (low, high) in enumerate(zip(edges, upper, strict=True)):
        if low > 2 * largest + 100:
            break
        if high - low < 2000:
            k = np.arange(low, high + 1, dtype=float)
            mean = np.sum(np.exp(gammaln(k - d) - gammaln(k + 1)) * gammainc(k - d, largest))
        else:  # Γ(k-d)/k! = k^(-1-d) (1 + d(1+d)/(2k) + …) over ln k
            half = np.log((high + 0.5) / (low - 0.5)) / 2
            k = (low - 0.5) * np.exp(half * (1 + nodes))
            mean = np.sum(half * weights * k**-d * (1 + d * (1 + d) / (2 * k)) * gammainc(k - d, largest))
        count[place] += rng.poisson(scale * mean)
    return FrequencySpectrum(edges, upper, count)


@pytest.mark.parametrize(
    ("n_draws", "d", "picked"),
    [(10**13, 0.58, 10), (10**14, 0.58, 0), (10**14, 0.58, 10), (10**16, 0.3, 3), (10**18, 0.58, 2), (10**18, 0.9, 1)],
)
def test_the_discount_of_a_corpus_that_no_machine_could_hold(n_draws, d, picked):
    spectrum = pitman_yor_spectrum(np.random.default_rng([2, n_draws % 1009, picked]), d, picked, n_draws)
    for model in ("pitman-yor", "spectrum"):
        fit = fit_exponent([n_draws], spectrum=spectrum, model=model)
        assert fit.interval is not None, fit.verdict
        assert abs(fit.exponent - d) < 4 * fit.standard_error
        assert fit.interval.width < 10 * d / np.sqrt(spectrum.n_unique) + 1e-6


def test_a_spectrum_of_another_law_is_refused():
    """A control of the test above: of the same size, and of a law with two exponents."""
    n_draws = 10**14
    parts = [pitman_yor_spectrum(np.random.default_rng(i), d, 0, n_draws // 2) for i, d in enumerate((0.5, 0.58))]
    both = FrequencySpectrum(parts[0].multiplicity, parts[0].upper, parts[0].count + parts[1].count)
    assert fit_exponent([n_draws], spectrum=both, model="pitman-yor").interval is None


def test_the_concentration_is_found_as_well_as_it_is_known():
    """θ = 1e8 is known to 1e-4 of itself: a search that stops there misses the maximum of the likelihood by units."""
    n_draws, d, theta = 1e13, 0.58, 1e8
    expected = float(np.round(theta / d * (np.exp(d * np.log1p(n_draws / theta)) - 1)))
    spectrum = power_spectrum(n_draws, d, expected)
    U = np.array([float(spectrum.n_unique)])
    fit = fit_partition(spectrum, U, n_draws, None)
    top = partition_likelihood(spectrum, U, n_draws, fit.exponent, fit.concentration)
    for factor in (1 - 1e-5, 1 + 1e-5):
        assert partition_likelihood(spectrum, U, n_draws, fit.exponent, fit.concentration * factor) <= top + 1e-3


@pytest.mark.parametrize("gamma", [0.3, 0.58, 0.9])
def test_parts_of_a_corpus_of_many_types_are_as_large_as_the_types_make_them(gamma):
    """What bins of an eighth of an octave hide is far below the spread of U even for 1e12 types."""
    k = np.arange(1, 2**18)
    exact = np.exp(log_bin_shares(k, k, gamma))
    edges = FrequencySpectrum.edges(k[-1])
    edges = edges[edges <= k[-1]]
    upper = np.append(edges[1:] - 1, k[-1])
    binned = FrequencySpectrum(edges, upper, np.rint(1e12 * np.add.reduceat(exact, edges - 1)).astype(np.int64))
    kept = np.array([1e-4, 1e-3, 0.01, 0.1, 0.5])
    mean, covariance = rarefied(binned, kept, float(1e12 * exact @ k))
    meant = [1e12 * exact @ -np.expm1(k * np.log1p(-x)) for x in kept]
    assert np.abs((mean - meant) / np.sqrt(np.diag(covariance))).max() < 0.3
    middle = np.where(upper > edges, np.sqrt(edges * (upper + 1.0)), edges)
    by_middles = [binned.count @ -np.expm1(middle * np.log1p(-x)) for x in kept]
    assert np.abs((by_middles - np.array(meant)) / np.sqrt(np.diag(covariance))).max() > 10


@pytest.mark.parametrize("model", ["offset", "pitman-yor"])
def test_no_interval_is_narrower_than_what_the_search_finds(model):
    """A curve of 1e16 types: γ is known to 1e-9, and found to 1e-7."""
    draws = np.round(np.geomspace(1e14, 1e18, 17))
    unique = np.round(expected_unique(PitmanYor(0.9, 1000.0), draws))
    interval = fit_exponent(draws, unique, model=model).interval
    assert interval.lower < 0.9 < interval.upper
    assert interval.width < 2e-6
