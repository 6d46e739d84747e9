"""Divergences of estimates: against enumerated samples, the expressions at fifty digits, their bounds and limits."""

import math

import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy.codegen import cfunctions

import bounds
from bounds import divergence
from bounds.counts.binomial_means import log_binomial_probability, log_choose
from bounds.divergence import kl as kl_module
from tests.enumeration import add_constant, empirical, enumerated, kl, natural, probability_of, samples
from tests.public import public
from tests.strategies import counts, fixed_laws, magnitudes, n_draws, numbers

mpf = mpmath.mpf


@st.composite
def laws(draw, largest: int = 6):
    """Lists of probabilities, some of them tiny."""
    weights = draw(st.lists(st.one_of(numbers(0.1, 1), magnitudes(1e-12, 1)), min_size=1, max_size=largest))
    return [weight / math.fsum(weights) for weight in weights]


LAWS = [
    [1.0],
    [0.5, 0.5],
    [0.9, 0.1],
    [0.5, 0.3, 0.15, 0.05],
    [1 - 1e-12, 1e-12],
    [0.7, 0.3 - 2e-9, 1e-9, 1e-9],
    [0.25] * 4,
    [0.6, 0.4, 0.0],
]


@pytest.mark.parametrize("p", LAWS, ids=str)
@pytest.mark.parametrize("n", [1, 2, 7])
def test_expectations_are_those_over_all_samples(p, n):
    for beta in (1e-3, 0.5, 1, 50):
        expected = enumerated(p, n, lambda P, sample, beta=beta: kl(P, add_constant(sample, beta)))
        assert divergence.forward_kl_add_constant(p, n, added=beta) == pytest.approx(
            float(expected), rel=2e-13, abs=1e-18
        )
    expected = enumerated(p, n, lambda P, sample: kl(empirical(sample), P))
    assert divergence.reverse_kl_empirical(p, n) == pytest.approx(float(expected), rel=1e-13, abs=1e-18)
    expected = enumerated(
        p, n, lambda P, sample: mpmath.fsum(abs(a - b) for a, b in zip(empirical(sample), P, strict=True))
    )
    assert divergence.l1_empirical(p, n) == pytest.approx(float(expected), rel=1e-13, abs=1e-18)
    expected = enumerated(
        p,
        n,
        lambda P, sample: mpf(sample.count(1)) / n - mpmath.fsum(x for x, m in zip(P, sample, strict=True) if not m),
    )
    assert divergence.good_turing_bias(p, n) == pytest.approx(float(expected), rel=1e-13, abs=1e-18)


def test_forward_and_reverse_are_different_curves():
    p, n = [0.5, 0.3, 0.15, 0.05], 5
    forward = divergence.forward_kl_add_constant(p, n, added=1e-3)
    reverse = divergence.reverse_kl_empirical(p, n)
    swapped = enumerated(p, n, lambda P, sample: kl(add_constant(sample, 1e-3), P))
    assert forward > 2 * reverse
    assert float(swapped) == pytest.approx(reverse, rel=1e-2)  # and not the forward one


# The expressions at fifty digits


def exact(name, **values):
    """The formula `name` at rational values, sums written out, at fifty digits."""
    formula = bounds.formulas()[name]
    given_values = {formula.symbols[letter]: sympy.nsimplify(value) for letter, value in values.items()}
    expression = formula.expression.replace(cfunctions.expm1, lambda x: sympy.exp(x) - 1)
    expression = expression.replace(cfunctions.log1p, lambda x: sympy.log(1 + x))
    return float(expression.subs(given_values).doit().evalf(50))


HALF, THIRD = sympy.Rational(1, 2), sympy.Rational(1, 3)
BY_TYPE = [
    ("forward_kl_add_constant", {"D": 20, "V": 2, "beta": HALF}, {"added": 0.5}),
    ("forward_kl_laplace_upper_refined", {"D": 20, "V": 2}, {}),
    ("reverse_kl_empirical", {"D": 20}, {}),
    ("l1_empirical", {"D": 20}, {}),
    ("good_turing_bias", {"D": 20}, {}),
]


@pytest.mark.parametrize(("function", "letters", "options"), BY_TYPE, ids=[case[0] for case in BY_TYPE])
def test_numerics_equal_the_expression_of_one_type_at_fifty_digits(function, letters, options):
    parts = [exact(f"{function}.type", p=p, **letters) for p in (THIRD, 1 - THIRD)]
    measured = public(function)([1 / 3, 2 / 3], 20, **options)
    assert measured == pytest.approx(sum(parts), rel=1e-13)


@pytest.mark.parametrize("V", [3, 500])
def test_numerics_equal_the_expression_of_a_uniform_law(V):
    source = bounds.Uniform(V)
    forward = exact("forward_kl_add_constant.uniform", V=V, D=12, beta=HALF)
    assert divergence.forward_kl_add_constant(source, 12, added=0.5) == pytest.approx(forward, rel=1e-13)
    assert divergence.reverse_kl_empirical(source, 12) == pytest.approx(
        exact("reverse_kl_empirical.uniform", V=V, D=12), rel=1e-13
    )


def test_every_formula_explains_itself_and_belongs_to_a_public_function():
    for formula in kl_module.FORMULAS:
        assert formula.name in bounds.explain(formula.name)
        assert formula.worked() is not None
        assert callable(public(formula.public_name))
        if "kl" in formula.name.split("_"):
            assert "forward" in formula.name or "reverse" in formula.name
        if formula.label == bounds.base.intervals.RIGOROUS and ("upper" in formula.name or "lower" in formula.name):
            assert formula.relation in ("<=", ">=")


# Many draws: relative accuracy where the divergence is tiny


def windowed(n, p, term):
    """E term(N) for N ~ Bin(n, p) at eighty digits: every outcome, or a fifth of σ apart where σ is large."""
    sigma = mpmath.sqrt(n * p * (1 - p))
    step = sigma / 5 if sigma > 40 else 1
    low = n * p - 80 * step if sigma > 40 else mpf(max(0, int(n * p - 18 * sigma) - 100))
    outcomes = [low + i * step for i in range(161 if sigma > 40 else int(min(n - low, 36 * sigma + 200)) + 1)]
    log_n = mpmath.loggamma(n + 1)
    return mpmath.fsum(
        step
        * mpmath.exp(
            log_n - mpmath.loggamma(m + 1) - mpmath.loggamma(n - m + 1) + m * mpmath.log(p) + (n - m) * mpmath.log1p(-p)
        )
        * term(m)
        for m in outcomes
    )


@pytest.mark.parametrize("n", [1000, 10**6, 2**53, 10**18], ids="{:g}".format)
@pytest.mark.parametrize("p", [[0.98, 0.02], [0.999, 1e-3 - 1e-7, 1e-7], [0.6, 0.4 - 1e-12, 1e-12]], ids=str)
def test_tiny_divergences_keep_their_digits(p, n):
    with mpmath.workdps(80):
        total = mpmath.fsum(map(mpf, p))
        beta, size, size_added = mpf(0.5), mpf(n), n + len(p) * mpf(0.5)
        forward = reverse = mpf(0)
        for x in (mpf(x) / total for x in p):
            forward += windowed(size, x, lambda m, x=x: x * mpmath.log(x * size_added / (m + beta)) + m / size - x)
            reverse += windowed(size, x, lambda m, x=x: m / size * mpmath.log(m / (size * x)) if m else mpf(0))
            forward += windowed(size, x, lambda m: -m / size) + x
        assert divergence.forward_kl_add_constant(p, n, added=0.5) == pytest.approx(float(forward), rel=1e-13, abs=0)
        assert divergence.reverse_kl_empirical(p, n) == pytest.approx(float(reverse), rel=1e-13, abs=0)


def test_wilks_is_the_limit_of_both():
    p = [0.5, 0.3, 0.15, 0.05]
    for function in (divergence.forward_kl_add_constant, divergence.reverse_kl_empirical):
        assert function(p, 2**63) == pytest.approx(divergence.reverse_kl_wilks(4, 2**63), rel=1e-12)


@pytest.mark.parametrize("n", [1, 1000, 10**12, 2**63])
def test_large_binomials_equal_those_at_fifty_digits(n):
    with mpmath.workdps(50):
        for m in {0, n // 1000, n // 3, n}:
            choose = mpmath.loggamma(n + 1) - mpmath.loggamma(m + 1) - mpmath.loggamma(n - m + 1)
            assert log_choose(float(n), float(m)) == pytest.approx(float(choose), rel=1e-14, abs=1e-14)
        m = n // 3
        choose = mpmath.loggamma(n + 1) - mpmath.loggamma(m + 1) - mpmath.loggamma(n - m + 1)
        p = mpf(1 / 3)
        value = choose + m * mpmath.log(p) + (n - m) * mpmath.log(1 - p)
        assert log_binomial_probability(float(m), float(n), 1 / 3) == pytest.approx(float(value), rel=1e-13)


# Sources


LISTED = ["uniform:1000", "zipf:1.1,types=5e3", "zipf:0.7,types=4e3", "zipf:9,types=30"]
LISTED += [f"mixture:{w}*(uniform:1)+{1 - w:g}*(zipf:1.2,types=3000)" for w in (0.2, 0.8)]


def as_list(source):
    if isinstance(source, bounds.Mixture):
        return np.concatenate([weight * as_list(part) for weight, part in source.components])
    ranks = np.arange(1, source.types + 1)
    p = np.ones(len(ranks)) if isinstance(source, bounds.Uniform) else (ranks + source.shift) ** -source.exponent
    return p / p.sum()


@pytest.mark.parametrize("text", LISTED)
def test_a_source_gives_what_the_list_of_its_probabilities_gives(text):
    source = bounds.parse_source(text)
    p = as_list(source)
    for n in (1, 2, 37, 10**6, 10**10):
        for function in (
            divergence.forward_kl_add_constant,
            divergence.forward_kl_laplace_upper_refined,
            divergence.reverse_kl_empirical,
            divergence.l1_empirical,
            divergence.good_turing_bias,
            lambda law, n: divergence.l1_bounds(law, n).upper,
        ):
            # Types drawn with near certainty leave 1e-123 to the bias, where p^2 e^-Dp loses digits either way.
            assert function(source, n) == pytest.approx(function(p, n), rel=1e-12, abs=1e-100)


@pytest.mark.parametrize("text", ["zipf:1.5,types=1e18", "zipf:1.1,types=1e18", "zipf:0.8,types=1e12", "uniform:1e18"])
def test_one_draw_of_very_many_types_gives_the_entropy(text):
    """E KL(p_1 || P) = H; E KL(P || Laplace) = ln(1+V) - H - ln 2 Σ p²: most types are too rare to be listed."""
    H, V = bounds.entropy(text), bounds.parse_source(text).n_types
    assert divergence.reverse_kl_empirical(text, 1) == pytest.approx(H, rel=1e-12)
    forward = math.log1p(V) - H - math.log(2) * divergence.good_turing_bias(text, 1)
    assert divergence.forward_kl_add_constant(text, 1) == pytest.approx(forward, rel=1e-11, abs=1e-13)
    assert divergence.forward_kl_laplace_upper_refined(text, 1) >= forward - 1e-13


def test_growing_uniform_is_the_uniform_law_of_each_size():
    found = divergence.forward_kl_add_constant("growing:0.5", [100, 10000])
    assert list(found) == [divergence.forward_kl_add_constant(f"uniform:{V}", V * V) for V in (10, 100)]


def test_a_first_type_next_to_certainty_leaves_the_others_their_digits():
    """The mass of all but one type is 9e-16, which 1 - p_1 does not know."""
    rest = float(mpmath.zeta(50) - 1)
    found = divergence.reverse_kl_empirical("zipf:50", 1)
    # One draw: E ln(1/p), and all but the second type are negligible.
    assert found == pytest.approx(rest + rest * math.log(1 / rest), rel=1e-9)
    assert divergence.l1_empirical("zipf:50", 1) == pytest.approx(4 * rest, rel=1e-7)
    assert divergence.reverse_kl_empirical([1 - 2.0**-53, 2.0**-53], 1) == pytest.approx(
        divergence.reverse_kl_empirical([1.0, 2.0**-53], 1), rel=1e-12
    )


# Bounds


@given(laws(), n_draws())
@settings(deadline=None, max_examples=150)
def test_every_upper_bound_is_above_its_expectation(p, n):
    k, slack = len(p), 1 + 1e-12
    laplace = divergence.forward_kl_add_constant(p, n)
    refined = divergence.forward_kl_laplace_upper_refined(p, n)
    assert 0 <= laplace <= refined * slack + 1e-300
    assert refined <= divergence.forward_kl_laplace_upper(k, n) * slack + 1e-300
    reverse = divergence.reverse_kl_empirical(p, n)
    assert 0 <= reverse <= divergence.reverse_kl_upper(k, n) * slack + 1e-300
    distance = divergence.l1_empirical(p, n)
    assert distance <= divergence.l1_pinsker_upper(reverse) * slack
    assert distance <= divergence.l1_upper(k, n) * slack
    sandwich = divergence.l1_bounds(p, n)
    assert sandwich.lower <= distance * slack
    assert distance <= sandwich.upper * slack <= 2 * slack


@given(fixed_laws, n_draws(10**6))
@settings(deadline=None, max_examples=30)
def test_bounds_hold_for_sources_of_infinite_support_too(source, n):
    reverse = divergence.reverse_kl_empirical(source, n)
    assert reverse >= 0
    if source.n_types < 2**53:
        assert reverse <= divergence.reverse_kl_upper(source.n_types, n) * (1 + 1e-11)
        refined = divergence.forward_kl_laplace_upper_refined(source, n)
        assert divergence.forward_kl_add_constant(source, n) <= refined * (1 + 1e-11)
    sandwich = divergence.l1_bounds(source, n)
    distance = divergence.l1_empirical(source, n)
    assert distance <= min(divergence.l1_pinsker_upper(reverse), sandwich.upper) * (1 + 1e-11)
    assert sandwich.lower <= distance * (1 + 1e-11)


@given(laws(), counts(1, 10**9))
@settings(deadline=None, max_examples=100)
def test_more_draws_do_not_hurt_the_empirical_law(p, n):
    assert divergence.reverse_kl_empirical(p, n + 1) <= divergence.reverse_kl_empirical(p, n) * (1 + 1e-12)
    assert divergence.l1_empirical(p, n + 1) <= divergence.l1_empirical(p, n) * (1 + 1e-12)


@pytest.mark.parametrize("p", [[0.5, 0.5], [0.7, 0.2, 0.1], [0.97, 0.01, 0.01, 0.01]])
def test_pinsker_types_and_natural_bounds_hold_sample_by_sample(p):
    n = 6
    with mpmath.workdps(30):
        P = [mpf(x) for x in p]
        found = []
        for sample in samples(len(p), n):
            divergence_now = kl(empirical(sample), P)
            distance = mpmath.fsum(abs(a - b) for a, b in zip(empirical(sample), P, strict=True))
            assert distance <= divergence.l1_pinsker_upper(float(max(divergence_now, 0))) + 1e-12
            best = divergence.forward_kl_natural(p, sample)
            assert best == pytest.approx(float(kl(P, natural(P, sample))), rel=1e-12, abs=1e-15)
            for beta in (0.1, 0.5, 1, 3):
                assert best <= float(kl(P, add_constant(sample, beta))) + 1e-15
            found.append((float(divergence_now), float(probability_of(P, sample))))
        for epsilon in (0.0, 0.05, 0.2, 0.6, 1.5):
            tail = math.fsum(weight for value, weight in found if value >= epsilon)
            assert tail <= divergence.reverse_kl_tail_upper(len(p), n, epsilon) + 1e-15


def test_the_tail_bound_is_a_probability_and_its_logarithm_does_not_underflow():
    assert divergence.reverse_kl_tail_upper(10**6, 10**9, 0.0) == 1
    logarithm = divergence.reverse_kl_tail_upper(10**6, 10**12, [1e-6, 1e-3], log=True)
    with mpmath.workdps(50):
        n, k = mpf(10) ** 12, mpf(10) ** 6
        choose = mpmath.loggamma(n + k) - mpmath.loggamma(k) - mpmath.loggamma(n + 1)
        assert list(logarithm) == pytest.approx([float(choose - n * mpf(e)) for e in (1e-6, 1e-3)], rel=1e-12)


def kt_regret(sample):
    """-ln P_KT(x) - D H(p_D) of a sequence with these counts."""
    n, k = sum(sample), len(sample)
    code = math.lgamma(n + k / 2) - math.lgamma(k / 2) - sum(math.lgamma(m + 0.5) - math.lgamma(0.5) for m in sample)
    return code + sum(m * math.log(m / n) for m in sample if m)


@pytest.mark.parametrize("k", [1, 2, 3, 4, 5])
def test_the_total_of_the_add_half_rule_is_below_its_bound(k):
    for n in range(1, 11):
        regrets = {sample: kt_regret(sample) for sample in samples(k, n)}
        worst = max(regrets.values())
        assert worst <= divergence.forward_kl_total_kt_upper(k, n) + 1e-12
        assert worst == pytest.approx(max(v for sample, v in regrets.items() if n in sample), abs=1e-12)
    p = np.arange(1.0, k + 1) / (k * (k + 1) / 2)
    steps = np.arange(1, 200)
    before = kl(list(map(mpf, p)), [mpf(1) / k] * k)
    total = float(before) + math.fsum(divergence.forward_kl_add_constant(p, steps, added=0.5))
    assert total <= divergence.forward_kl_total_kt_upper(k, 200)


@given(counts(1, 10**15), n_draws())
def test_the_closed_bounds_are_ordered(k, n):
    assert divergence.forward_kl_laplace_upper(k, n) <= divergence.reverse_kl_upper(k, n)
    assert min(divergence.reverse_kl_wilks(k, n), 4) <= divergence.l1_upper(k, n) ** 2
    assert divergence.forward_kl_laplace_upper(k, n) >= 0


# Arguments


def test_arrays_broadcast_and_numbers_give_numbers():
    p = [0.5, 0.3, 0.2]
    table = divergence.forward_kl_add_constant(p, [[10], [1000]], added=[0.5, 1, 2])
    assert table.shape == (2, 3)
    assert table[1, 2] == divergence.forward_kl_add_constant(p, 1000, added=2)
    assert np.ndim(divergence.reverse_kl_empirical(p, 10)) == 0
    assert divergence.l1_bounds(p, [1, 10, 100]).upper.shape == (3,)
    assert divergence.l1_upper([10, 100], 1000).shape == (2,)
    xarray = pytest.importorskip("xarray")
    sizes = xarray.DataArray([10, 100], dims="n_draws")
    assert divergence.reverse_kl_empirical(p, sizes).dims == ("n_draws",)


P = [0.6, 0.4]
BAD = [
    (
        lambda: divergence.forward_kl_add_constant([0.6, 0.5], 10),
        "must sum to 1 within 1e-09, got 1.1; divide by",
    ),
    (
        lambda: divergence.forward_kl_add_constant([1.5, -0.5], 10),
        "probabilities must be finite and not negative, got -0.5",
    ),
    (
        lambda: divergence.reverse_kl_empirical([math.nan, 1], 10),
        "probabilities must be finite and not negative, got nan",
    ),
    (lambda: divergence.reverse_kl_empirical([], 10), "non-empty list of numbers, got one of shape"),
    (
        lambda: divergence.l1_empirical([[0.5, 0.5]], 10),
        r"flat, non-empty list of numbers, got one of shape \(1, 2\)",
    ),
    (
        lambda: divergence.l1_empirical(["a"], 10),
        r"probabilities must be a list of numbers or a source .* got \['a'\]",
    ),
    (lambda: divergence.l1_empirical("zapf:2", 10), "unknown source 'zapf:2'"),
    (
        lambda: divergence.reverse_kl_empirical(P, 0),
        "n_draws must be a whole number between 1 and 2\\^63, got 0",
    ),
    (lambda: divergence.reverse_kl_empirical(P, 2.5), "n_draws must be a whole number .* got 2.5"),
    (lambda: divergence.reverse_kl_empirical(P, [5, math.nan]), "n_draws must be a whole number .* got nan"),
    (
        lambda: divergence.reverse_kl_empirical(P, 1e30),
        "n_draws must be a whole number between 1 and 2\\^63, got 1",
    ),
    (lambda: divergence.forward_kl_add_constant(P, 10, added=0), "added must be positive and finite, got 0"),
    (
        lambda: divergence.forward_kl_add_constant("zipf:1.5", 10),
        "needs a law with finitely many types, got zipf:1.5",
    ),
    (
        lambda: divergence.forward_kl_laplace_upper_refined("geometric:0.5", 10),
        "needs a law with finitely many types",
    ),
    (
        lambda: divergence.reverse_kl_empirical("pitman-yor:0.5", 10),
        "a source with fixed probabilities, got pitman-yor:0.5",
    ),
    (lambda: divergence.forward_kl_laplace_upper(0, 10), "n_types must be a whole number of at least 1, got 0"),
    (
        lambda: divergence.reverse_kl_tail_upper(2, 10, -1),
        "excess must be a finite number of at least 0, got -1",
    ),
    (lambda: divergence.l1_pinsker_upper(-0.1), "reverse_kl must be a finite number of at least 0"),
    (
        lambda: divergence.l1_empirical("zipf:1.1", 1e18),
        "one by one, at most 1e7, and zipf:1.1 has 2.7.* use l1_bounds",
    ),
    (lambda: divergence.l1_exponent(1), "exponent must be above 1, .* got 1"),
    (lambda: divergence.reverse_kl_constant([2, 0.5]), "exponent must be above 1, .* got 0.5"),
    (lambda: divergence.unique_from_reverse_kl(10, 0, 2), "excess must be positive and finite, got 0"),
    (
        lambda: divergence.forward_kl_natural(P, [1, 2, 3]),
        "one number for each of the 2 probabilities, got shape",
    ),
    (
        lambda: divergence.forward_kl_natural(P, [1, -2]),
        "counts must be a whole number between 0 and 2\\^63, got -2",
    ),
    (
        lambda: divergence.good_turing_missing_mass(11, 10),
        "n_singletons must be at most n_draws, got 11 among 10 draws",
    ),
    (
        lambda: divergence.pitman_yor_predictive(9, n_draws=10, n_unique=4, discount=0.5),
        "n_draws must be at least n_unique and leave room for multiplicity, got 10 draws of 4 types",
    ),
]


@pytest.mark.parametrize(("call", "message"), BAD, ids=[message[:40] for _, message in BAD])
def test_bad_input_gets_one_sentence(call, message):
    with pytest.raises(ValueError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_bounds_on_the_distance_stop_at_two():
    assert divergence.l1_upper(10, 1) == 2
    assert divergence.l1_pinsker_upper([0.5, 2.0, 8.0]) == pytest.approx([1.0, 2.0, 2.0], rel=1e-15)


def test_unique_from_reverse_kl_lies_between_one_and_the_draws():
    assert divergence.unique_from_reverse_kl([1000, 10**6], [50.0, 1e-12], 1.724).tolist() == [1000, 1]


def test_the_tail_bound_takes_any_number_of_types():
    # C(n + V - 1, V - 1) for V far above n is V^n/n!.
    expected = 100 * math.log(1e300) - math.lgamma(101) - 10
    assert divergence.reverse_kl_tail_upper(1e300, 100, 0.1, log=True) == pytest.approx(expected, rel=1e-14)
    assert divergence.reverse_kl_tail_upper(1e300, 100, 0.1) == 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: divergence.reverse_kl_tail_upper(10, 10, 0.1, log="no"), "log must be True or False, got 'no'"),
        (
            lambda: divergence.reverse_kl_tail_upper(10, [1, 2, 3], [0.1, 0.2]),
            r"broadcast to one, got \(3,\) and \(2,\)",
        ),
        (lambda: divergence.l1_upper(np.ma.array([3, 4], mask=[False, True]), 9), "n_types must be .*masked_array"),
        (lambda: divergence.l1_upper(np.array([3, None]), 9), "n_types must be .*None"),
        (
            lambda: divergence.reverse_kl_empirical(np.array([0.5 + 1j, 0.5]), 9),
            "probabilities must be a list of numbers",
        ),
        (lambda: divergence.reverse_kl_empirical(["0.5", "0.5"], 9), "probabilities must be a list of numbers"),
        (lambda: divergence.reverse_kl_empirical(bounds.Source(), 9), "source must be of one kind"),
    ],
)
def test_wrong_kinds_of_arguments_get_one_sentence(call, message):
    with pytest.raises(ValueError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)
