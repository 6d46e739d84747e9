"""Estimates from replicates: the laws behind their intervals are those of scipy.stats, and the intervals cover."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import special
from scipy import stats as laws

from simulate import stats
from tests.statistics import check

# Order statistics


@pytest.mark.parametrize("n", [1, 2, 3, 5, 8, 32, 60, 100, 257, 1000, 4096])
def test_order_statistics_are_those_of_the_binomial_law(n):
    """`scipy.stats` names the same two, at each level and confidence that is used."""
    ranks = np.arange(1.0, n + 1)
    for level in (0.5, float(special.ndtr(1.0)), float(special.ndtr(-1.0)), 0.25):
        for confidence in (0.95, 0.975):
            found = stats.quantile(ranks, level, confidence)
            low, high = (int(laws.binom.ppf((1 + side * confidence) / 2, n, level)) for side in (-1, 1))
            assert (math.isnan(found.lower) and low < 1) or found.lower == low
            assert (math.isnan(found.upper) and high >= n) or found.upper == high + 1


def test_order_statistics_hold_the_median():
    n = 60
    values = np.random.default_rng(3).exponential(size=(4000, n))
    found = stats.median(values)
    held = (found.lower <= np.log(2)) & (np.log(2) <= found.upper)
    low, high = (int(laws.binom.ppf(q, n, 0.5)) for q in (0.025, 0.975))
    exact = laws.binom.cdf(high, n, 0.5) - laws.binom.cdf(low - 1, n, 0.5)
    assert exact >= 0.95
    assert check("median intervals", (held.mean() - exact) / math.sqrt(exact * (1 - exact) / len(held)))
    few = stats.median(values[:, :4])
    assert np.all(np.isnan(few.lower))
    never = stats.median(np.where(values > 1.5, np.inf, values) * np.inf)
    assert np.all(np.isinf(never.value))


# Means and shares


@pytest.mark.parametrize("axis", [0, -1])
def test_a_mean_has_students_interval(axis):
    values = np.random.default_rng(5).normal(3.0, 2.0, size=(7, 7))
    found = stats.mean(values, axis)
    low, high = laws.t.interval(0.95, 6, loc=values.mean(axis), scale=laws.sem(values, axis))
    assert found.value == pytest.approx(values.mean(axis), rel=1e-15)
    assert found.lower == pytest.approx(low, rel=1e-13)
    assert found.upper == pytest.approx(high, rel=1e-13)


def test_one_replicate_has_no_interval():
    assert np.isnan(stats.mean(np.ones((4, 1))).lower).all()
    assert stats.mean(np.ones((4, 1))).value.tolist() == [1.0] * 4
    assert math.isnan(stats.margin_of_error(np.ones(1)))


@pytest.mark.parametrize(("successes", "trials"), [(0, 5), (3, 5), (5, 5), (17, 400), (1, 1)])
def test_a_share_has_wilsons_interval(successes, trials):
    found = stats.share(np.array([successes]), np.array([trials]))
    exact = laws.binomtest(successes, trials).proportion_ci(method="wilson")
    assert found.value == successes / trials
    assert (found.lower[0], found.upper[0]) == pytest.approx((exact.low, exact.high), abs=1e-15)


def test_no_trials_have_no_share():
    assert np.isnan(stats.share(np.array([0, 1]), np.array([0, 2]))).tolist() == [[True, False]] * 3


def test_means_are_the_same_in_any_order_and_leave_out_what_is_not_known():
    values = [1e16, 1.0, -1e16, math.nan]
    assert stats.exact_mean(values) == stats.exact_mean(values[::-1]) == 1 / 3
    assert stats.standard_error([1.0, 3.0, math.nan]) == 1.0
    assert math.isnan(stats.exact_mean([math.nan]))
    assert math.isnan(stats.standard_error([1.0]))


def test_z_is_students_test_as_a_normal_deviate():
    values = np.random.default_rng(6).normal(0.3, 1.0, size=12)
    test = laws.ttest_1samp(values, 0.0)
    assert stats.z(values, 0.0) == pytest.approx(math.copysign(laws.norm.isf(test.pvalue / 2), test.statistic))
    assert stats.z(-values, 0.0) == -stats.z(values, 0.0)
    assert math.isnan(stats.z(np.full(5, 0.1) * (1 + np.array([0, 2e-16, 0, 0, 0])), 0.2))  # equal but for rounding
    assert math.isnan(stats.z(values, math.nan))
    assert math.isnan(stats.z(values[:1], 0.0))


def test_a_deviate_beyond_all_floats_is_a_number():
    assert stats.normal_deviate(-1e60, 7) == pytest.approx(-37.05, abs=0.01)
    assert stats.normal_deviate(0.0, 7) == 0.0
    assert stats.normal_deviate(2.0, 10**9) == pytest.approx(2.0)


# Slopes


def test_the_slope_of_a_power_is_its_exponent():
    sizes = np.array([10, 100, 1000, 10**5])
    values = 3 * sizes[:, None] ** -0.28 * np.ones(4)
    assert stats.log_slope(sizes, values) == pytest.approx((-0.28, -0.28, -0.28), abs=1e-9)
    assert math.isnan(stats.log_slope(sizes, values[:, :1]).lower)
    assert math.isnan(stats.log_slope(sizes, 0 * values).value)
    values[1, 2] = np.nan  # a size that was not measured everywhere is left out
    assert stats.log_slope(sizes, values).value == pytest.approx(-0.28)


def test_the_interval_is_that_of_the_delete_one_jackknife():
    """A second derivation: leave out one replicate at a time and refit."""
    sizes, random = np.array([10, 100, 1000]), np.random.default_rng(1)
    values = sizes[:, None] ** -0.5 * np.exp(0.05 * random.standard_normal((3, 200)))
    left = [stats.log_slope(sizes, np.delete(values, r, axis=1)).value for r in range(200)]
    error = math.sqrt(199 / 200 * np.sum((np.array(left) - np.mean(left)) ** 2))
    slope = stats.log_slope(sizes, values)
    assert (slope.upper - slope.lower) / 2 == pytest.approx(1.972 * error, rel=0.01)
