"""Moments of Pitman–Yor partitions against log-gammas at 120 digits, where double precision has to take care."""

import mpmath
import numpy as np
import pytest

import bounds


def log_rising(x, count):
    return mpmath.loggamma(x + count) - mpmath.loggamma(x)


def variance(d, theta, n):
    """Var K_n = m2 - m1 - m1² (equation A5), for θ ≠ 0."""
    with mpmath.workdps(120):
        d, theta, n = map(mpmath.mpf, (d, theta, n))
        m1 = theta / d * mpmath.exp(log_rising(theta + d, n) - log_rising(theta, n))
        m2 = theta / d * (theta / d + 1) * mpmath.exp(log_rising(theta + 2 * d, n) - log_rising(theta, n))
        return float(mpmath.re(m2 - m1 - m1**2))  # a negative θ makes log-gammas complex


def spectrum(d, theta, n, k):
    """C(n,k) B(k-d, θ+d+n-k) / B(1-d, θ+d) (equation A5)."""
    with mpmath.workdps(120):
        d, theta, n, k = map(mpmath.mpf, (d, theta, n, k))
        choose = mpmath.loggamma(n + 1) - mpmath.loggamma(k + 1) - mpmath.loggamma(n - k + 1)
        seats = log_rising(1 - d, k - 1) + log_rising(theta + d, n - k) - log_rising(1 + theta, n - 1)
        return float(mpmath.exp(choose + seats))


@pytest.mark.parametrize("d", [0.58, 0.9899, 0.9901, 0.9999, 1 - 1e-6, 1 - 1e-9])
@pytest.mark.parametrize("theta", [-0.5, 10.0, 1e6])
def test_variance_keeps_its_digits_where_nearly_every_draw_is_new(d, theta):
    sizes = np.array([10, 16384, 16385, 20_000, 1e6, 1e9, 1e18])
    expected = [variance(d, theta, int(n)) for n in sizes]
    np.testing.assert_allclose(bounds.variance_unique(bounds.PitmanYor(d, theta), sizes), expected, rtol=1e-11)


@pytest.mark.parametrize("d", [0.05, 0.5, 0.9, 0.999])
@pytest.mark.parametrize(
    ("theta", "n"), [(9.9e7, 10**6), (1.01e8, 10**6), (1e10, 10**6), (1e30, 10**6), (1e16, 10**18), (1e22, 10**18)]
)
def test_variance_keeps_its_digits_where_the_concentration_is_far_above_the_draws(d, theta, n):
    assert bounds.variance_unique(bounds.PitmanYor(d, theta), n) == pytest.approx(variance(d, theta, n), rel=1e-11)


def test_variance_at_the_largest_concentrations():
    """(1 - d) n (n - 1)/2 pairs of draws, each alike with chance 1/θ: the closed form would take 600 digits."""
    value = bounds.variance_unique(bounds.PitmanYor(0.5, 1e300), 10**6)
    assert value == pytest.approx(0.5 * 10**6 * (10**6 - 1) / 2 / 1e300, rel=1e-9)


@pytest.mark.parametrize(("d", "theta"), [(0.58, 0.0), (0.58, 10.0), (0.58, 1e6), (0.3, -0.2), (0.99, 1e9)])
@pytest.mark.parametrize(
    ("n", "k"), [(3000, 2049), (3000, 3000), (10**6, 5 * 10**5), (10**8, 10**8), (10**9, 10**5), (10**18, 10**8)]
)
def test_types_seen_very_often_keep_their_digits(d, theta, n, k):
    expected = spectrum(d, theta, n, k)
    value = bounds.expected_spectrum(bounds.PitmanYor(d, theta), n, multiplicity=k)
    assert value == pytest.approx(expected, rel=1e-12, abs=1e-300)
