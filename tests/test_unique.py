"""Distinct counts: small cases enumerated, limits, and laws that always hold."""

import itertools
import math
import subprocess
import sys

import mpmath
import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings

import bounds
from bounds import counts, testing
from bounds.counts import unique
from bounds.counts.rank_tables import type_table

THOROUGH = settings(max_examples=30, deadline=None)

# Exact: small cases enumerated


SMALL_LAWS = {
    "uniform:3": [1 / 3] * 3,
    "uniform:1": [1.0],
    "zipf:1.3,shift=0.5,types=4": [(r + 0.5) ** -1.3 for r in range(1, 5)],
    "zipf:0.4,types=3": [r**-0.4 for r in range(1, 4)],
    "mixture:0.6*(zipf:2.0,types=2)+0.4*(uniform:2)": [0.48, 0.12, 0.2, 0.2],
}


def outcomes(weights, n):
    """Every sequence of n draws with its probability."""
    p = np.array(weights) / sum(weights)
    for draws in itertools.product(range(len(p)), repeat=n):
        yield draws, math.prod(p[i] for i in draws)


@pytest.mark.parametrize("source", SMALL_LAWS)
@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_moments_by_enumeration(source, n):
    p = np.array(SMALL_LAWS[source]) / sum(SMALL_LAWS[source])
    chance, seen, unseen = [], [], []
    times = np.zeros(n + 1)
    for draws, probability in outcomes(SMALL_LAWS[source], n):
        chance.append(probability)
        seen.append(len(set(draws)))
        unseen.append(sum(p[i] for i in range(len(p)) if i not in draws))
        for k in range(1, n + 1):
            times[k] += probability * sum(draws.count(i) == k for i in set(draws))
    mean = np.dot(chance, seen)
    assert bounds.expected_unique(source, n) == pytest.approx(mean, rel=1e-14)
    assert bounds.variance_unique(source, n) == pytest.approx(np.dot(chance, (seen - mean) ** 2), abs=1e-14)
    assert bounds.missing_mass(source, n) == pytest.approx(np.dot(chance, unseen), abs=1e-15)
    spectrum = bounds.expected_spectrum(source, n, multiplicity=np.arange(1, n + 1))
    np.testing.assert_allclose(spectrum, times[1:], atol=1e-14)


@pytest.mark.parametrize("source", SMALL_LAWS)
@pytest.mark.parametrize(("first", "second"), [(1, 3), (2, 3), (2, 5), (4, 4)])
def test_covariance_by_enumeration(source, first, second):
    rows = [(p, len(set(x[:first])), len(set(x))) for x, p in outcomes(SMALL_LAWS[source], second)]
    chance, early, late = np.array(rows).T
    expected = np.dot(chance, early * late) - np.dot(chance, early) * np.dot(chance, late)
    assert counts.covariance_unique(source, first, second) == pytest.approx(expected, abs=1e-14)
    assert counts.covariance_unique(source, second, first) == pytest.approx(expected, abs=1e-14)


def partitions(d, theta, n):
    """Every seating of n customers of a Pitman–Yor process: block sizes after each customer, probability."""
    histories: list[tuple[tuple[tuple[int, ...], ...], float]] = [(((1,),), 1.0)]
    for i in range(1, n):
        grown: list[tuple[tuple[tuple[int, ...], ...], float]] = []
        for history, chance in histories:
            sizes = history[-1]
            new = (theta + d * len(sizes)) / (theta + i)
            grown.append(((*history, (*sizes, 1)), chance * new))
            for b, size in enumerate(sizes):
                block = (*sizes[:b], size + 1, *sizes[b + 1 :])
                grown.append(((*history, block), chance * (size - d) / (theta + i)))
        histories = grown
    return histories


@pytest.mark.parametrize(("d", "theta"), [(0.58, 10.0), (0.3, 0.0), (0.7, -0.6)])
def test_pitman_yor_by_enumeration(d, theta):
    source, n, early = bounds.PitmanYor(d, theta), 6, 4
    histories = partitions(d, theta, n)
    chance = np.array([p for _, p in histories])
    late_blocks = np.array([len(h[-1]) for h, _ in histories])
    early_blocks = np.array([len(h[early - 1]) for h, _ in histories])
    mean, early_mean = chance @ late_blocks, chance @ early_blocks
    assert bounds.expected_unique(source, n) == pytest.approx(mean, rel=1e-14)
    assert bounds.variance_unique(source, n) == pytest.approx(chance @ (late_blocks - mean) ** 2, rel=1e-13)
    joint = chance @ ((late_blocks - mean) * (early_blocks - early_mean))
    assert counts.covariance_unique(source, early, n) == pytest.approx(joint, rel=1e-13)
    new = chance @ ((theta + d * late_blocks) / (theta + n))
    assert bounds.missing_mass(source, n) == pytest.approx(new, rel=1e-14)
    for k in range(1, n + 1):
        times = chance @ [h[-1].count(k) for h, _ in histories]
        assert bounds.expected_spectrum(source, n, multiplicity=k) == pytest.approx(times, rel=1e-13)


@pytest.mark.parametrize("n", [1, 2, 7, 30, 200])
def test_variance_is_the_sum_over_pairs(n):
    """Heavy and light types together, and most of the draws new or none."""
    for source, p in [
        (bounds.Zipf(1.2, 3.0, 300), (np.arange(1, 301) + 3.0) ** -1.2),
        (bounds.Zipf(3.0, 0.0, 200), np.arange(1, 201.0) ** -3.0),
        (bounds.Zipf(0.3, 0.0, 250), np.arange(1, 251.0) ** -0.3),
    ]:
        p = (p / p.sum()).astype(np.longdouble)
        q = (1 - p) ** n
        pairs = (1 - p[:, None] - p) ** n - q[:, None] * q
        expected = float((q * (1 - q)).sum() + pairs.sum() - np.trace(pairs))
        assert bounds.variance_unique(source, n) == pytest.approx(expected, rel=1e-10, abs=1e-16)


@pytest.mark.parametrize("s", [1.02, 1.1, 1.7, 5.0])
@pytest.mark.parametrize("q", [0.0, 10.0, 1e4])
def test_variance_of_three_draws_from_unlimited_types(s, q):
    """P(all equal) and P(a pair) are Hurwitz zeta values."""
    with mpmath.workdps(40):
        moment = [mpmath.zeta(m * mpmath.mpf(s), 1 + q) / mpmath.zeta(mpmath.mpf(s), 1 + q) ** m for m in (2, 3)]
        chance = {1: moment[1], 2: 3 * (moment[0] - moment[1])}
        mean = 3 - 2 * chance[1] - chance[2]
        square = 9 - 8 * chance[1] - 5 * chance[2]
        variance = float(square - mean**2)
    assert bounds.expected_unique(bounds.Zipf(s, q), 3) == pytest.approx(float(mean), rel=1e-14)
    assert bounds.variance_unique(bounds.Zipf(s, q), 3) == pytest.approx(variance, rel=1e-11)


# Limits and known values


@pytest.mark.parametrize("s", [1.02, 1.3, 1.724, 3.0, 6.0])
@pytest.mark.parametrize("q", [0.0, 3.3, 100.0, 1e4])
def test_closed_form_and_sum_meet(s, q):
    """Just above the size from which the closed form is used, both are right to rounding."""
    law = bounds.Zipf(s, q)
    n = np.floor(np.geomspace(2001, 1e18, 4000))
    n = n[unique._closed_form_holds(law, n)][:5]
    for closed, summed in [
        (unique._closed_mean, unique.occupancy.seen),
        (unique._closed_missing_mass, unique.occupancy.unseen_mass),
    ]:
        for poisson in (False, True):
            table = type_table(law, float(n[-1]))
            np.testing.assert_allclose(closed(law, n, poisson), summed(table, n, poisson), rtol=1e-13)


@pytest.mark.parametrize("function", [bounds.expected_unique, bounds.missing_mass, bounds.local_exponent])
def test_many_types_are_as_good_as_unlimited_ones(function):
    n = np.array([1, 10, 1e3, 1e6])
    limited = function(bounds.Zipf(2.5, 4.0, 10**15), n)
    np.testing.assert_allclose(limited, function(bounds.Zipf(2.5, 4.0), n), rtol=1e-13)
    np.testing.assert_allclose(
        bounds.variance_unique(bounds.Zipf(2.5, 4.0, 10**15), n),
        bounds.variance_unique("zipf:2.5,shift=4", n),
        rtol=1e-11,
    )


def test_listed_and_summed_supports_meet():
    """Supports of 2048 types are listed, of 2049 summed by panels."""
    n = np.floor(np.geomspace(1, 1e4, 20))
    for s in (0.3, 1.0, 1.7):
        p = np.arange(1, 2050.0) ** -s
        p /= p.sum()
        expected = -np.expm1(n[:, None] * np.log1p(-p)).sum(-1)
        np.testing.assert_allclose(bounds.expected_unique(bounds.Zipf(s, 0.0, 2049), n), expected, rtol=1e-13)


@pytest.mark.parametrize(("s", "types", "n"), [(2.0, 2049, 6), (2.0, 8103, 6), (3.0, 4000, 10), (1.5, 5000, 7)])
def test_a_cut_short_of_the_last_type_counts_its_half(s, types, n):
    """What the first type leaves to the others must hold the last ones: E f_5 was 2e-8 off at 5000 types."""
    with mpmath.workdps(40):
        weights = [mpmath.mpf(r) ** -s for r in range(1, types + 1)]
        total = mpmath.fsum(weights)
        p = [weight / total for weight in weights]
        for k in range(1, n + 1):
            expected = mpmath.binomial(n, k) * mpmath.fsum(x**k * (1 - x) ** (n - k) for x in p)
            found = bounds.expected_spectrum(bounds.Zipf(s, types=types), n, multiplicity=k)
            assert found == pytest.approx(float(expected), rel=2e-13)


def test_a_uniform_law_passes_the_exponent_of_the_paper():
    assert bounds.local_exponent("uniform:1e12", 1e12, poisson=True) == pytest.approx(1 / (math.e - 1), rel=1e-9)


def test_poisson_and_multinomial_means_differ_by_less_than_one_over_e():
    n = np.floor(np.geomspace(1, 1e12, 60))
    for source in ("zipf:1.724", "uniform:100", "geometric:0.5", "zipf:1.1,shift=30,types=1e6"):
        gap = bounds.expected_unique(source, n) - bounds.expected_unique(source, n, poisson=True)
        assert (gap > -1e-12 * n).all()
        assert (gap <= 1 / math.e + 1e-12 * n).all()


@pytest.mark.parametrize(
    ("source", "n", "bias"),
    [
        ("zipf:1.7241379310344827", 1e4, 0.0010),
        ("zipf:1.7241379310344827,shift=1000", 1e4, 0.1026),
        ("pitman-yor:0.58,concentration=1000", 1e6, 0.0102),
        ("zipf:1.7241379310344827,types=1e6", 1e10, -0.1989),
    ],
)
def test_bias_of_the_local_exponent(source, n, bias):
    poisson = not source.startswith("pitman")
    assert bounds.local_exponent(source, n, poisson=poisson) - 0.58 == pytest.approx(bias, abs=6e-5)


def test_covariance_tends_to_its_asymptotic_form():
    source, early, late = "zipf:1.5", 1e8, 3e8
    mean = lambda n: bounds.expected_unique(source, n, poisson=True)  # noqa: E731
    ones = lambda n: bounds.expected_spectrum(source, n, multiplicity=1, poisson=True)  # noqa: E731
    asymptotic = mean(early + late) - mean(late) - ones(early) * ones(late) / late
    assert counts.covariance_unique(source, early, late) == pytest.approx(asymptotic, rel=1e-6)


def test_growing_types_are_whole_powers_where_they_should_be():
    assert unique.growing_types(bounds.GrowingUniform(0.1), 1e10) == 10
    assert unique.growing_types(bounds.GrowingUniform(1 / 3), 1e15) == 1e5
    assert unique.growing_types(bounds.GrowingUniform(0.5), 1e18) == 1e9
    assert unique.growing_types(bounds.GrowingUniform(0.5), 10**6 + 1) == 1001
    np.testing.assert_array_equal(
        bounds.expected_unique("growing:0.5", [100, 400]),
        [bounds.expected_unique("uniform:10", 100), bounds.expected_unique("uniform:20", 400)],
    )


# Properties


@THOROUGH
@given(testing.sources())
def test_one_draw_gives_one(source):
    assert bounds.expected_unique(source, 1) == pytest.approx(1, rel=1e-12)
    assert bounds.variance_unique(source, 1) == pytest.approx(0, abs=1e-12)
    assert bounds.expected_spectrum(source, 1, multiplicity=1) == pytest.approx(1, rel=1e-12)
    assert bounds.expected_spectrum(source, 1, multiplicity=2) == 0
    assert bounds.expected_unique(source, 0) == 0
    assert bounds.missing_mass(source, 0) == 1
    assert bounds.local_exponent(source, 0) == 1


@THOROUGH
@given(testing.nested_sources(), testing.n_draws())
def test_growth_is_monotone_concave_and_limited(source, n):
    sizes = np.unique(np.floor(np.geomspace(1, n, 9)))
    mean = bounds.expected_unique(source, sizes)
    assert (mean <= np.minimum(sizes, source.n_types)).all()
    assert (mean >= 1).all()
    assert (np.diff(mean) >= -1e-12 * mean[1:]).all()
    if len(sizes) > 2:
        # Rounding of the means is all that may bend the curve upwards.
        slopes = np.diff(mean) / np.diff(sizes)
        noise = 1e-13 * mean[2:] / np.diff(sizes)[1:] + 1e-13 * mean[1:-1] / np.diff(sizes)[:-1]
        assert (np.diff(slopes) <= noise).all()
    exponent = bounds.local_exponent(source, sizes)
    assert ((exponent >= 0) & (exponent <= 1 + 1e-12)).all()


@THOROUGH
@given(testing.nested_sources(), testing.n_draws(1000))
def test_unseen_mass_is_the_next_step(source, n):
    step = bounds.expected_unique(source, n + 1) - bounds.expected_unique(source, n)
    assert bounds.missing_mass(source, n) == pytest.approx(step, rel=1e-10, abs=1e-13 * n)
    ones = bounds.expected_spectrum(source, n + 1, multiplicity=1)
    assert bounds.missing_mass(source, n) == pytest.approx(ones / (n + 1), rel=1e-10, abs=1e-300)


@THOROUGH
@given(testing.fixed_sources(), testing.n_draws(2**62))
def test_types_repel_each_other(source, n):
    """Covariances of types are negative: the variance is at most Σ q (1-q) = E U(2D) - E U(D)."""
    variance = bounds.variance_unique(source, n)
    assert variance >= 0
    apart = bounds.expected_unique(source, 2 * n) - bounds.expected_unique(source, n)
    assert variance <= apart * (1 + 1e-10) + 1e-13 * bounds.expected_unique(source, n)


@THOROUGH
@given(testing.nested_sources(), testing.n_draws(10**6), testing.n_draws(10**6))
def test_covariances_obey_cauchy_and_schwarz(source, n1, n2):
    one, other = bounds.variance_unique(source, [n1, n2])
    both = counts.covariance_unique(source, n1, n2)
    assert both**2 <= one * other * (1 + 1e-8) + 1e-24 * n1 * n2
    assert counts.covariance_unique(source, n1, n1) == pytest.approx(one, rel=1e-12, abs=1e-13)


@THOROUGH
@given(testing.sources(), testing.counts(1, 40))
def test_spectrum_adds_up(source, n):
    k = np.arange(1, n + 1)
    spectrum = bounds.expected_spectrum(source, n, multiplicity=k)
    assert (spectrum >= 0).all()
    assert spectrum.sum() == pytest.approx(bounds.expected_unique(source, n), rel=1e-11)
    assert (k * spectrum).sum() == pytest.approx(n, rel=1e-11)


@THOROUGH
@given(testing.fixed_sources().filter(lambda law: not isinstance(law, bounds.Mixture)), testing.n_draws())
def test_a_mixture_of_one_domain_is_the_domain(source, n):
    alone = bounds.Mixture(((1.0, source),))
    for function in (bounds.expected_unique, bounds.missing_mass, bounds.variance_unique):
        assert function(alone, n) == pytest.approx(function(source, n), rel=1e-9, abs=1e-300)


def test_equal_domains_are_one_larger_domain():
    n = np.array([1, 5, 100, 1e5])
    for function in (bounds.expected_unique, bounds.missing_mass, bounds.variance_unique):
        mixed = function("mixture:0.5*(uniform:15)+0.5*(uniform:15)", n)
        np.testing.assert_allclose(mixed, function("uniform:30", n), rtol=1e-11, atol=1e-15)


# Interface


FUNCTIONS = [
    bounds.expected_unique,
    bounds.variance_unique,
    bounds.missing_mass,
    bounds.local_exponent,
    lambda source, n: bounds.expected_spectrum(source, n, multiplicity=2),
    lambda source, n: counts.covariance_unique(source, n, n),
]


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("source", ["zipf:1.724", "pitman-yor:0.58", "uniform:50", "growing:0.5", "geometric:0.5"])
def test_shapes_follow_the_input(function, source):
    sizes = np.array([[0, 1, 10], [100, 10**4, 10**6]])
    result = function(source, sizes)
    assert result.shape == sizes.shape
    assert isinstance(function(source, 10), float)
    assert np.shape(function(source, np.array(10))) == ()
    assert function(source, 10) == result[0, 2]
    np.testing.assert_array_equal(function(source, sizes.tolist()), result)
    labelled = xr.DataArray(sizes, dims=("cell", "n_draws"), coords={"cell": ["a", "b"]})
    answer = function(source, labelled)
    assert isinstance(answer, xr.DataArray)
    assert list(answer.cell.values) == ["a", "b"]
    np.testing.assert_array_equal(answer.values, result)


def test_multiplicities_broadcast():
    n, k = np.array([[10], [1000]]), np.array([1, 2, 11])
    spectrum = bounds.expected_spectrum("zipf:1.724", n, multiplicity=k)
    assert spectrum.shape == (2, 3)
    assert spectrum[0, 2] == 0
    labelled = bounds.expected_spectrum(
        "zipf:1.724", xr.DataArray(n[:, 0], dims="n_draws"), multiplicity=xr.DataArray(k, dims="multiplicity")
    )
    assert labelled.dims == ("n_draws", "multiplicity")
    np.testing.assert_array_equal(labelled.values, spectrum)


@pytest.mark.parametrize("bad", [-1, 1.5, math.nan, math.inf, 2.0**64, [1, -3], "ten", None, 1j, True])
def test_bad_sizes_are_refused_in_one_sentence(bad):
    with pytest.raises(ValueError, match=r"^n_draws must be a whole number[^\n]*$"):
        bounds.expected_unique("zipf:1.724", bad)


@pytest.mark.parametrize("bad", [0, -1, 2.5, math.nan])
def test_bad_multiplicities_are_refused(bad):
    with pytest.raises(ValueError, match=r"^multiplicity must be a whole number of at least 1, got"):
        bounds.expected_spectrum("zipf:1.724", 10, multiplicity=bad)


def test_what_has_no_meaning_is_refused():
    with pytest.raises(ValueError, match="fixed probabilities"):
        bounds.expected_unique("pitman-yor:0.58", 10, poisson=True)
    with pytest.raises(ValueError, match="not prefixes of each other"):
        counts.covariance_unique("growing:0.58", 10, 20)
    with pytest.raises(ValueError, match="depends on the corpus size"):
        bounds.entropy("growing:0.58")
    with pytest.raises(ValueError, match="multiplicity must be at most"):
        bounds.expected_spectrum("zipf:1.724", 1e18, multiplicity=1e12)


def test_large_supports_and_sizes_cost_no_more():
    """Each of these would take years as a plain sum."""
    for source in ("zipf:0.9,types=1e15", "zipf:1.02", "geometric:0.999999", "uniform:1e18", "pitman-yor:0.99"):
        value = bounds.expected_unique(source, 2**63)
        assert 1 < value <= min(2**63, bounds.parse_source(source).n_types)
        assert bounds.variance_unique(source, 2**63) >= 0


def test_heavy_libraries_are_not_loaded():
    code = (
        "import sys, bounds; bounds.variance_unique('zipf:1.5', [10, 100]); bounds.local_exponent('pitman-yor:0.5', 9);"
        "print([m for m in ('sympy', 'numba', 'xarray', 'mpmath') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_growing_types_takes_the_string_too():
    assert counts.growing_types("growing:0.58", 1e4) == counts.growing_types(bounds.GrowingUniform(0.58), 1e4) == 209
    assert counts.growing_types("growing:0.58", [0, 1, 1e4]).tolist() == [1, 1, 209]
    assert bounds.formulas()["growing_types.growing"].worked()[1] == 209
    with pytest.raises(ValueError, match=r"source must be a growing source .* got zipf:1\.7"):
        counts.growing_types("zipf:1.7", 1e4)


def test_the_limit_of_the_slope_is_that_of_the_function():
    for poisson, name in ((False, "zipf_limit"), (True, "zipf_poisson_limit")):
        limit = bounds.formulas()[f"local_exponent.{name}"].function
        for draws in (10**3, 10**6):
            U = bounds.expected_unique("zipf:1.724", draws, poisson=poisson)
            exact = bounds.local_exponent("zipf:1.724", draws, poisson=poisson)
            size = () if poisson else (draws,)
            assert exact == pytest.approx(limit(1.724, 0, *size, U), rel=1e-13 if draws > 10**3 else 1e-9)


@pytest.mark.parametrize("value", ["no", 1, math.nan, None, [True, False]])
def test_a_flag_is_true_or_false(value):
    with pytest.raises(ValueError, match="poisson must be True or False"):
        bounds.expected_unique("zipf:1.7", 10, poisson=value)
    assert bounds.expected_unique("zipf:1.7", 10, poisson=np.True_) == bounds.expected_unique(
        "zipf:1.7", 10, poisson=True
    )
