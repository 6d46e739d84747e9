"""What more draws bring: closed forms against fifty digits and against draws, intervals on known laws, and refusals."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest

from bounds.base.sources import Zipf
from bounds.counts.unique import expected_spectrum, expected_unique
from bounds.fitting import FrequencySpectrum, extrapolate_unique, good_turing_coverage
from bounds.fitting.extrapolation.bursts import burst_shift
from bounds.fitting.extrapolation.estimates import DoesNotApply, Seen
from bounds.fitting.extrapolation.extrapolate import METHODS, extrapolated
from bounds.fitting.extrapolation.formulas import F
from bounds.fitting.extrapolation.good_turing import good_toulmin, smoothing, weights
from bounds.fitting.extrapolation.pitman_yor import predictive
from bounds.fitting.extrapolation.zipf_mandelbrot import fit_law

SEEDS = range(60)


def counts_of(draws):
    return np.unique(draws, return_counts=True)[1]


def seen_of(draws) -> Seen:
    spectrum = FrequencySpectrum.from_counts(counts_of(draws))
    return Seen(float(len(draws)), float(spectrum.n_unique), spectrum)


def pitman_yor_draws(rng, n, d, theta):
    """The Chinese restaurant, customer by customer."""
    tables, kinds = 0, np.empty(n, np.int64)
    sizes = np.zeros(n)
    for i in range(n):
        if rng.random() < (theta + d * tables) / (theta + i):
            kinds[i] = tables
            tables += 1
        else:  # a customer of before, chosen evenly, whose table may be turned down with chance d over its size
            while True:
                k = kinds[rng.integers(i)]
                if rng.random() < 1 - d / sizes[k]:
                    break
            kinds[i] = k
        sizes[kinds[i]] += 1
    return kinds


def zipf_draws(rng, n):
    return rng.zipf(1.8, n)


def uniform_draws(rng, n):
    return rng.integers(3000, size=n)


LAWS = {
    "zipf": zipf_draws,
    "uniform": uniform_draws,
    "pitman-yor": lambda rng, n: pitman_yor_draws(rng, n, 0.5, 10.0),
}


# ---------------------------------------------------------------- closed forms


def exact(formula, values):
    with mpmath.workdps(50):
        numbers = {
            formula.symbols[name]: mpmath.mpf(value) for name, value in zip(formula.arguments, values, strict=True)
        }
        import sympy

        return float(formula.expression.subs({k: sympy.Float(str(v), 50) for k, v in numbers.items()}).evalf(50))


@pytest.mark.parametrize(("n_draws", "n_unique", "d", "theta", "t"), [
    (1000, 200, 0.5, 10.0, 2), (262927, 13331, 0.45, 55.0, 10), (50, 49, 0.9, -0.3, 3), (10**7, 10**5, 0.1, 1000.0, 30),
])  # fmt: skip
def test_the_predictive_moments_are_their_statements(n_draws, n_unique, d, theta, t):
    found = predictive(n_unique, n_draws, d, theta, (t - 1) * n_draws)
    assert found.new == pytest.approx(exact(F["pitman_yor_new"], (n_draws, n_unique, d, theta, t)), rel=1e-10)
    variance = exact(F["pitman_yor_new_variance"], (n_draws, n_unique, d, theta, t))
    assert found.deviation**2 == pytest.approx(variance, rel=1e-7)


def test_the_predictive_moments_are_those_of_draws():
    """From U types among D draws, each further draw is new with its chance: simulated, no formula used."""
    rng = np.random.default_rng(3)
    n, unique, d, theta, further = 200, 60, 0.6, 5.0, 300
    types = np.full(40_000, float(unique))
    for i in range(further):
        types += rng.random(len(types)) < (theta + d * types) / (theta + n + i)
    found = predictive(unique, n, d, theta, further)
    new = types - unique
    assert new.mean() == pytest.approx(found.new, abs=4 * found.deviation / 200)
    assert new.std() == pytest.approx(found.deviation, rel=0.02)
    assert predictive(unique, n, d, theta, further + 1).new - found.new == pytest.approx(found.rate, rel=1e-9)


@pytest.mark.parametrize("t", [1.5, 2.0, 3.0, 10.0])
def test_the_terms_of_the_series_are_their_statement(t):
    n_draws = 1e5
    trials, chance = smoothing(t - 1, n_draws)
    found = -((1 - t) ** np.arange(1, 9)) * weights(t - 1, n_draws, 8)
    for k in range(1, min(trials, 8) + 1):
        assert found[k - 1] == pytest.approx(exact(F["good_toulmin_term"], (k, t, trials, chance)), rel=1e-9)


def test_the_series_of_expected_counts_is_the_expected_growth():
    """With E f_k in place of f_k twice the draws are told to the last types (Poissonised moments of a Zipf law)."""
    law, n = Zipf(1.8, shift=5.0), 100_000
    f = np.array([expected_spectrum(law, n, multiplicity=k, poisson=True) for k in range(1, 101)])
    terms = -((-1.0) ** np.arange(1, 101)) * weights(1.0, n, 100)
    new = expected_unique(law, 2 * n, poisson=True) - expected_unique(law, n, poisson=True)
    assert terms @ f == pytest.approx(new, rel=1e-9)


def test_the_zipf_law_that_was_drawn_is_found():
    law, n = Zipf(1.8, shift=20.0), 200_000
    spectrum = FrequencySpectrum.from_binned(
        np.arange(1, 4), [round(expected_spectrum(law, n, multiplicity=k)) for k in (1, 2, 3)]
    )
    found = fit_law(Seen(float(n), float(expected_unique(law, n)), spectrum))
    assert found.exponent == pytest.approx(1.8, rel=2e-3)
    assert found.shift == pytest.approx(20.0, rel=2e-2)


def test_coverage_is_its_statement_and_the_mass_of_what_was_seen():
    value, interval = good_turing_coverage(1000, 200, 60)
    assert value == 0.8
    half = 1.959963984540054 * exact(F["good_turing_coverage.deviation"], (1000, 200, 60))
    assert (interval.lower, interval.upper) == pytest.approx((0.8 - half, 0.8 + half))
    p = np.arange(1, 3001.0) ** -1.3
    p /= p.sum()
    held = 0
    for seed in range(150):
        counts = np.random.default_rng(seed).multinomial(2000, p)
        _, interval = good_turing_coverage(2000, int(np.sum(counts == 1)), int(np.sum(counts == 2)))
        held += interval.lower <= p[counts > 0].sum() <= interval.upper
    assert 0.88 * 150 <= held < 150


# ---------------------------------------------------------------- known laws


@pytest.mark.parametrize("law", LAWS)
def test_twice_the_draws_of_any_law_lie_in_the_interval(law):
    """Good–Toulmin is asked of no law; nominal 95 %, and an interval moved by two widths holds few."""
    held = moved = 0
    for seed in SEEDS:
        draws = LAWS[law](np.random.default_rng(seed), 4000)
        found = extrapolate_unique(2000, seen_of(draws[:2000]).spectrum, 2)
        assert found.method == "good-toulmin"
        truth, width = len(np.unique(draws)), found.interval.width
        held += found.interval.lower <= truth <= found.interval.upper
        moved += found.interval.lower <= truth + 2 * width <= found.interval.upper
    assert held >= 0.88 * len(SEEDS)
    assert moved == 0


def test_ten_times_the_draws_of_the_process_lie_in_its_interval():
    """Constants are fitted, so that the interval given them is too narrow by what they are off: it holds most."""
    gaps = []
    for seed in range(30):
        draws = pitman_yor_draws(np.random.default_rng(seed), 10_000, 0.5, 10.0)
        found = extrapolate_unique(1000, seen_of(draws[:1000]).spectrum, 10)
        assert found.method == "pitman-yor"
        gaps.append(math.log(found.expected / len(np.unique(draws))))
    assert abs(np.mean(gaps)) < 3 * np.std(gaps) / math.sqrt(len(gaps)) + 0.02
    assert np.std(gaps) < 0.15


def test_the_bounds_hold_whatever_the_law():
    for law, draw in LAWS.items():
        means, singles, later = [], [], []
        for seed in range(100, 130):
            draws = draw(np.random.default_rng(seed), 1500)
            counts = counts_of(draws[:500])
            means.append(len(counts))
            singles.append(np.sum(counts == 1))
            later.append(len(np.unique(draws)))
            assert len(counts) <= later[-1] <= F["most_new"].function(500, len(counts), 3)
        mean, error = np.mean(later), np.std(later) / math.sqrt(30)
        assert mean - 4 * error <= F["most_new.stationary"].function(np.mean(means), 3), law
        assert mean - 4 * error <= F["most_new.exchangeable"].function(np.mean(means), 3, np.mean(singles)), law


# ---------------------------------------------------------------- bursts


def test_bursts_are_measured_where_there_are_and_not_where_there_are_none():
    """In bursts each type comes three times in a row: f_1 is 0 but for chance, and every third window still new."""
    rng = np.random.default_rng(8)
    independent = rng.zipf(1.6, 32_000)
    bursts = np.repeat(rng.zipf(1.6, 16_000), 2)
    shifts = []
    for draws in (independent, bursts):
        blocks = draws.reshape(16, -1)
        without = np.array([[float(len(np.unique(np.delete(blocks, i, axis=0))))] for i in range(16)])
        base = seen_of(draws)
        seen = Seen(
            base.n_draws,
            base.n_unique,
            base.spectrum,
            np.array([15.0 * blocks.shape[1]]),
            without.mean(axis=0),
            without,
        )
        shifts.append(burst_shift(seen))
    assert abs(shifts[0][0]) < 3 * shifts[0][1]
    assert shifts[1][0] > 3 * shifts[1][1]
    assert burst_shift(seen_of(independent)) == (0.0, 0.0)


# ---------------------------------------------------------------- refusals


def test_every_interval_lies_between_what_was_seen_and_what_is_possible():
    for seed in range(8):
        rng = np.random.default_rng(seed)
        seen = seen_of(rng.zipf(rng.uniform(1.1, 3), int(rng.integers(50, 3000))))
        for factor in (1.01, 2, 7.5, 10):
            for method in METHODS:
                found = extrapolated(seen, factor, method, lack_of_fit=(3.0, 2.0))
                assert found.at_least == seen.n_unique
                assert found.at_most == pytest.approx(seen.n_unique + (factor - 1) * seen.n_draws)
                assert (found.interval is None) == bool(found.why_not) == math.isnan(found.expected)
                if found.interval is not None:
                    assert 0 <= found.new_share_interval.lower <= found.new_share <= found.new_share_interval.upper <= 1
                    assert (
                        found.at_least
                        <= found.interval.lower
                        <= found.expected
                        <= found.interval.upper
                        <= found.at_most
                    )


@pytest.mark.parametrize(("counts", "factor", "words"), [
    ([2, 2, 5, 90], 2, "nothing was seen only once"),
    ([1] * 60, 2, "every draw was new"),
    ([1] * 30 + [2] * 10 + [7] * 20, 30, "reaches to"),
])  # fmt: skip
def test_what_cannot_be_told_is_refused_with_the_bound(counts, factor, words):
    spectrum = FrequencySpectrum.from_counts(counts)
    n = int(np.sum(counts))
    with pytest.raises(DoesNotApply, match=words):
        good_toulmin(Seen(float(n), float(len(counts)), spectrum), factor)
    found = extrapolate_unique(n, spectrum, factor, method="good-toulmin")
    assert words in found.why_not
    assert found.interval is None
    assert found.at_most == len(counts) + (factor - 1) * n
    assert found.at_most_stationary == min(found.at_most, factor * len(counts))


@pytest.mark.parametrize(("arguments", "words"), [
    ((10, 1), "factor must be above 1"), ((10, math.inf), "factor must be above 1"),
    ((9, 2), "n_draws must be the draws"), (("x", 2), "n_draws"),
])  # fmt: skip
def test_bad_input_is_one_sentence(arguments, words):
    spectrum = FrequencySpectrum.from_counts([1, 1, 2, 6])
    with pytest.raises(ValueError, match=words):
        extrapolate_unique(arguments[0], spectrum, arguments[1])
    with pytest.raises(ValueError, match="method must be one of"):
        extrapolate_unique(10, spectrum, 2, method="chao")
    with pytest.raises(ValueError, match="f1 and f2"):
        good_turing_coverage(10, 8, 3)
