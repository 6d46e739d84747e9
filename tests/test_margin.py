"""Top-1 error of majority votes: exact by enumeration, by an independent Skellam sum, and at fifty digits."""

from __future__ import annotations

import math
from fractions import Fraction

import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

import bounds
from bounds import efficiency
from bounds.efficiency.margin import FORMULAS
from bounds.testing import magnitudes, numbers

TABLE = {formula.name: formula for formula in FORMULAS}
exponents = st.one_of(magnitudes(1e-6, 1), numbers(0.05, 4.0), numbers(4.0, 100.0))
means = st.one_of(st.just(0.0), magnitudes(1e-9, 1e3), magnitudes(1e3, 2.0**63))
counts = st.one_of(st.integers(0, 50), magnitudes(1, 9e18).map(round))


def enumerated(n: int, a: int) -> Fraction:
    """E[h P(majority wrong)] over n votes, each wrong with probability (1-h)/2, h of density a h^(a-1); rational."""
    total = Fraction(0)
    for wrong in range(n + 1):
        weight = Fraction(math.comb(n, wrong)) * (2 if 2 * wrong > n else 1 if 2 * wrong == n else 0) / 2
        # ((1-h)/2)^wrong ((1+h)/2)^(n-wrong) as a polynomial in h, then ∫ h · h^j · a h^(a-1) dh = a/(a+1+j).
        polynomial = [Fraction(1)]
        for sign in [-1] * wrong + [1] * (n - wrong):
            above, below = [*polynomial, Fraction(0)], [Fraction(0), *polynomial]
            polynomial = [(low + sign * high) / 2 for low, high in zip(above, below, strict=True)]
        total += weight * sum(c * Fraction(a, a + 1 + j) for j, c in enumerate(polynomial))
    return total


def skellam_sum(n: float, a: float) -> float:
    """The same over Poisson votes: the probabilities of every lead summed, then integrated over the margin."""
    nodes, weights = np.polynomial.legendre.leggauss(200)
    x, weights = (nodes + 1) / 2, weights / 2
    # On a power of the margin that leaves no singularity at 0, for a that is a multiple of a sixth.
    h, density = x**6, a * x ** (6 * a - 1) * 6
    spread = n * np.sqrt((1 - h) * (1 + h))
    leads = np.arange(1, 200)[:, None]
    tail = ((1 - h) / (1 + h)) ** (leads / 2) * special.ive(leads, spread)
    wrong = np.exp(spread - n) * (special.ive(0, spread) / 2 + tail.sum(0))
    return float(np.sum(weights * density * h * wrong))


def at_fifty_digits(name: str, a: float, n: float) -> float:
    """The expression itself; the gamma functions of 1e18 need as many digits again."""
    formula = TABLE[name]
    values = {"a": sympy.Float(a, 90), "n": sympy.Float(n, 90)}
    with mpmath.workdps(90):
        function = sympy.lambdify([formula.symbols["a"], formula.symbols["n"]], formula.expression, "mpmath")
        return float(function(mpmath.mpf(str(values["a"])), mpmath.mpf(str(values["n"]))))


@pytest.mark.parametrize("a", [1, 2, 3, 7])
@pytest.mark.parametrize("n", range(9))
def test_fixed_number_of_examples_by_enumeration(n, a):
    assert efficiency.top1_excess(n, a, poisson=False) == pytest.approx(float(enumerated(n, a)), rel=1e-15)


@pytest.mark.parametrize(("n", "a"), [(0.3, 1.0), (4.0, 0.5), (30.0, 1 / 3), (12.5, 2.0), (55.0, 1 / 6)])
def test_poisson_examples_by_the_skellam_sum(n, a):
    assert efficiency.top1_excess(n, a) == pytest.approx(skellam_sum(n, a), rel=1e-12)


@pytest.mark.parametrize(("n", "a"), [(0.5, 0.2), (7.0, 1 / 3), (60.0, 1.0), (40.0, 5.0)])
def test_poisson_is_the_mixture_of_fixed_numbers(n, a):
    k = np.arange(400)
    weights = np.exp(k * math.log(n) - n - np.array([math.lgamma(i + 1) for i in k]))
    assert efficiency.top1_excess(n, a) == pytest.approx(
        weights @ efficiency.top1_excess(k, a, poisson=False), rel=1e-12
    )


def test_numbers_of_the_theory():
    """Equation H: 0.010677 exact and 0.01076 from the formula at n = 30, a = 1/3; rates at n = 30 to 3000."""
    assert efficiency.top1_excess(30, 1 / 3) == pytest.approx(0.010677, abs=5e-7)
    assert TABLE["top1_excess.limit"].function(1 / 3, 30) == pytest.approx(0.010757, abs=5e-7)
    sizes = np.array([30.0, 100.0, 300.0, 1000.0, 3000.0])
    for a, first, last in ((1 / 3, 0.6623, 0.6665), (1, 0.990, 0.9997), (0.1, 0.547, 0.5499)):
        rates = -np.diff(np.log(efficiency.top1_excess(sizes, a))) / np.diff(np.log(sizes))
        assert (rates[0], rates[-1]) == pytest.approx((first, last), abs=3e-4)
    # With exactly 30 examples instead of 30 on average the error is 0.7 % smaller.
    assert efficiency.top1_excess(30, 1 / 3, poisson=False) == pytest.approx(0.0105998, abs=1e-7)


@pytest.mark.parametrize(("beta", "a", "gamma"), [(0.28, 1e-9, 0.44), (0.28, 1 / 3, 0.58), (0.28, 1.0, 0.72)])
def test_the_family_spans_the_interval(beta, a, gamma):
    assert efficiency.top1_growth_exponent(beta, a) == pytest.approx(gamma, abs=1e-8)
    b = efficiency.top1_bernstein_exponent(a)
    assert efficiency.bernstein_exponent(beta, b) == pytest.approx(efficiency.top1_growth_exponent(beta, a), rel=1e-14)
    assert efficiency.top1_rate(a) == pytest.approx(1 / (2 - b), rel=1e-14)


def test_links_are_identities():
    rate, b, gamma = (TABLE[f"top1_{name}"] for name in ("rate", "bernstein_exponent", "growth_exponent"))
    bernstein = bounds.formulas()["bernstein_exponent"]
    s = gamma.symbols
    assert sympy.simplify(1 / (2 - b.expression) - rate.expression) == 0
    there = bernstein.expression.subs({bernstein.symbols["b"]: b.expression, bernstein.symbols["beta"]: s["beta"]})
    assert sympy.simplify(there - gamma.expression) == 0
    assert sympy.simplify(1 - s["beta"] / rate.expression - gamma.expression) == 0


@pytest.mark.parametrize("a", [1e-3, 1 / 3, 1.0, 3.0])
def test_growing_support_has_the_planted_exponent(a):
    """With V = D^γ contexts the excess of the votes falls as D^-β, β = ρ(1-γ)."""
    gamma = 0.58
    D = np.array([1e30, 1e31])
    excess = efficiency.top1_excess(D ** (1 - gamma), a)
    beta = -np.diff(np.log(excess))[0] / math.log(10)
    assert efficiency.top1_growth_exponent(beta, a) == pytest.approx(gamma, abs=1e-6)


@settings(deadline=None)
@given(means, exponents)
def test_excess_falls_from_a_coin_to_its_limit_from_below(n, a):
    excess = efficiency.top1_excess(n, a)
    start = a / (2 * (1 + a))
    assert excess == start if n == 0 else excess <= start
    assert excess >= efficiency.top1_excess(2 * n + 1 if n < 2**62 else n, a)
    if n > 0:
        log_limit = math.log(start) + (1 + a) / 2 * math.log(2 / n) + math.lgamma(1 + a / 2) - math.log(math.pi) / 2
        assert excess < 1e-300 or math.log(excess) <= log_limit + 1e-12 * max(1, abs(log_limit))
        if n > 1e4 * (1 + a) ** 2 and log_limit > -600:
            assert math.log(excess) == pytest.approx(log_limit, abs=1e-3)
    rate = efficiency.top1_local_rate(n, a)
    assert 0 <= rate <= efficiency.top1_rate(a) * (1 + 1e-14)


@settings(deadline=None)
@given(counts, exponents)
def test_an_even_vote_adds_nothing(n, a):
    """A tie is a fair coin, so the second of two examples changes the answer as often for better as for worse."""
    n = int(float(n))
    odd = n + 1 - n % 2
    if odd < 2**53:
        pair = efficiency.top1_excess([odd, odd + 1], a, poisson=False)
        assert pair[0] == pair[1]
    # Numbers that vary about n help less than n each, by Jensen: the excess is convex over odd sizes.
    assert efficiency.top1_excess(n, a, poisson=False) <= efficiency.top1_excess(n, a) * (1 + 1e-12) or n % 2 == 0


@settings(deadline=None, max_examples=30)
@given(means.filter(lambda n: n > 0), exponents)
def test_values_at_fifty_digits(n, a):
    exact = at_fifty_digits("top1_excess", a, n)
    if exact > 1e-290:
        assert efficiency.top1_excess(n, a) == pytest.approx(exact, rel=2e-13)
    assert efficiency.top1_local_rate(n, a) == pytest.approx(at_fifty_digits("top1_local_rate", a, n), rel=2e-13)


@settings(deadline=None, max_examples=30)
@given(counts, exponents)
def test_fixed_values_at_fifty_digits(n, a):
    n = int(float(n))
    exact = at_fifty_digits("top1_excess.fixed", a, n)
    if exact > 1e-290:
        assert efficiency.top1_excess(n, a, poisson=False) == pytest.approx(exact, rel=2e-13)


def test_local_rate_is_the_derivative():
    n, h = np.array([0.2, 3.0, 40.0, 1e5]), 1e-4
    for a in (0.3, 1.0, 6.0):
        slope = -(np.log(efficiency.top1_excess(n * (1 + h), a)) - np.log(efficiency.top1_excess(n / (1 + h), a)))
        assert slope / (2 * math.log1p(h)) == pytest.approx(efficiency.top1_local_rate(n, a), rel=1e-6)


def test_arrays_broadcast_and_scalars_stay_scalars():
    assert efficiency.top1_excess([1, 10, 100], [[0.5], [1.0]]).shape == (2, 3)
    assert efficiency.top1_excess([1, 10, 100], [[0.5], [1.0]], poisson=False)[1, 2] == efficiency.top1_excess(
        100, 1.0, poisson=False
    )
    for value in (
        efficiency.top1_excess(3, 1),
        efficiency.top1_local_rate(3, 1),
        efficiency.top1_rate(1),
    ):
        assert isinstance(value, float)


@pytest.mark.parametrize("formula", FORMULAS, ids=lambda formula: formula.name)
def test_every_formula_says_that_it_is_about_top1_error(formula):
    assert "top1" in formula.name
    assert "top-1 error" in formula.assumption
    given_values, value = formula.worked()
    assert given_values
    assert math.isfinite(value)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: efficiency.top1_excess(-1, 1), "n_examples must be numbers between 0 and 2\\^63, got -1"),
        (
            lambda: efficiency.top1_excess(1.5, 1, poisson=False),
            "n_examples must be whole numbers .* leave out poisson=False",
        ),
        (lambda: efficiency.top1_excess(float("nan"), 1), "n_examples must be numbers"),
        (lambda: efficiency.top1_excess(1e19, 1), "between 0 and 2\\^63"),
        (lambda: efficiency.top1_excess("x", 1), "n_examples must be a number or an array of numbers, got 'x'"),
        (lambda: efficiency.top1_excess(3, 0), "margin_exponent must be above 0 and at most 100, got 0"),
        (lambda: efficiency.top1_rate([0.5, -1]), "margin_exponent must be above 0 and at most 100, got -1"),
        (lambda: efficiency.top1_rate(1000), "margin_exponent must be above 0"),
        (lambda: efficiency.top1_growth_exponent(0.9, 0.5), "beta must lie strictly between 0 and the rate"),
        (lambda: efficiency.top1_growth_exponent([0.2, 0.0], 1), "got 0; an excess that falls faster"),
    ],
)
def test_bad_input_is_one_sentence(call, sentence):
    with pytest.raises(ValueError, match=sentence) as caught:
        call()
    assert "\n" not in str(caught.value)
