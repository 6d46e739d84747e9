"""Skills: quorums to their last digits, what room can do, terms, formulas and errors."""

from __future__ import annotations

import math
from fractions import Fraction

import mpmath
import numpy as np
import pytest
import sympy
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy.codegen import cfunctions

import bounds
from bounds.skills.binomial_tails import binomial_tails
from bounds.skills.emergence import _poisson_binomial, representation
from bounds.skills.formulas import FORMULAS
from bounds.skills.poisson_binomial import poisson_binomial_tails
from tests import strategies
from tests.public import public

THOROUGH = settings(max_examples=30, deadline=None)
_F = {formula.name: formula for formula in FORMULAS}


@st.composite
def skills(draw, most=10**9):
    """Members and a quorum: one, all, few, all but few, or a part."""
    m = draw(strategies.counts(1, most))
    share = draw(strategies.numbers(0, 1))
    few = draw(st.integers(1, 5))
    a = draw(st.sampled_from([1, m, few, m + 1 - few, round(share * m)]))
    return {"members": m, "quorum": min(max(a, 1), m)}


# The quorum (D1)


@pytest.mark.parametrize("m", [1, 2, 7, 30])
@pytest.mark.parametrize(
    "F", [Fraction(1, 10**12), Fraction(1, 3), Fraction(1, 2), Fraction(39, 50), 1 - Fraction(1, 2**40)]
)
def test_emergence_is_the_binomial_sum(m, F):
    p = float(F)
    F = Fraction(p)
    terms = [math.comb(m, k) * F**k * (1 - F) ** (m - k) for k in range(m + 1)]
    for a in range(1, m + 1):
        there = bounds.emergence_probability(p, members=m, quorum=a)
        absent = bounds.emergence_probability(p, members=m, quorum=a, complement=True)
        assert there == pytest.approx(float(sum(terms[a:])), rel=1e-13)
        assert absent == pytest.approx(float(sum(terms[:a])), rel=1e-13)


@pytest.mark.parametrize("m", [10**5, 569_381_039, 10**9])
@pytest.mark.parametrize("a", [1, 2, 3, 20, 64, 65, 300])
@pytest.mark.parametrize("y", [1e-3, 0.3, 1.0, 3.0, 8.0])
def test_small_quorums_of_many_members(m, a, y):
    """Where scipy's betainc has errors up to 4e-8: one parameter small, the other large."""
    F = a * y / m
    with mpmath.workdps(60):
        p = mpmath.mpf(F)
        terms = [mpmath.binomial(m, k) * p**k * (1 - p) ** (m - k) for k in range(a)]
        fewer = mpmath.fsum(terms)
        there = bounds.emergence_probability(F, members=m, quorum=a)
        absent = bounds.emergence_probability(F, members=m, quorum=a, complement=True)
        # Beyond 64 terms, a few units of the last digit of F.
        slack = 1e-13 if a <= 64 else 2e-12
        assert absent == pytest.approx(float(fewer), rel=slack)
        if 1 - fewer > mpmath.mpf(10) ** -40:
            assert there == pytest.approx(float(1 - fewer), rel=slack)
    swapped = binomial_tails(np.float64(1 - F), np.float64(F), m, m + 1 - a)
    assert swapped == pytest.approx((absent, there), rel=slack)


@THOROUGH
@given(skills(), strategies.numbers(0, 1))
def test_a_skill_is_there_or_not(skill, F):
    there = bounds.emergence_probability(F, **skill)
    absent = bounds.emergence_probability(F, **skill, complement=True)
    assert 0 <= there <= 1
    assert there + absent == pytest.approx(1, abs=1e-13 + 1e-16 * math.sqrt(skill["members"]))
    assert bounds.emergence_probability(0, **skill) == 0
    assert bounds.emergence_probability(1, **skill) == 1


@THOROUGH
@given(skills())
def test_the_median_is_where_the_chance_is_one_half(skill):
    m, a = skill["members"], skill["quorum"]
    x = bounds.skills.median_representation(m, a)
    other = bounds.skills.median_representation(m, m + 1 - a)
    # What an error in the last digit of x does to the chance.
    slack = 1e-14 + 4e-16 * math.sqrt(m * a / (m + 1 - a))
    assert bounds.emergence_probability(x, **skill) == pytest.approx(0.5, abs=slack)
    assert x + other == pytest.approx(1, abs=2e-15)
    if a == 1:
        assert x == pytest.approx(-math.expm1(-math.log(2) / m), rel=4e-15)
    if a == m:
        assert 1 - x == pytest.approx(-math.expm1(-math.log(2) / m), abs=2e-16)
    if m > 1:
        assert bounds.skills.median_representation(m, min(a + 1, m)) >= x
        assert abs(_F["median_representation.approximation"].function(m, a) / x - 1) < 0.04


@pytest.mark.parametrize(("level", "rest"), [(1e-300, 1.0), (1e-20, 1.0), (0.3, 0.7), (0.7, 0.3), (1.0, 1e-20)])
def test_other_levels_keep_the_digits_of_the_smaller_side(level, rest):
    m, a = np.array([3.0, 50.0, 1e5]), np.array([1.0, 40.0, 7e4])
    x, y = representation(m, a, level, rest)
    there, absent = binomial_tails(x, y, m, a)
    found, wanted = (there, level) if level < rest else (absent, rest)
    np.testing.assert_allclose(found, wanted, rtol=2e-11)


def test_a_fraction_becomes_a_count():
    assert bounds.skills.quorum_count(100, 0.07) == 7  # 0.07 * 100 is above 7 in floating point
    assert bounds.skills.quorum_count(50, 0.81) == 41
    assert bounds.skills.quorum_count(50, 1e-9) == 1
    np.testing.assert_array_equal(bounds.skills.quorum_count([10, 20], 1.0), [10, 20])


# Scaling (D5) and terms (D6)


@given(strategies.counts(0, 10**12), strategies.counts(0, 10**12), strategies.counts(1, 10**6))
def test_room_is_necessary_and_not_sufficient(n, U, a):
    found = bounds.can_scaling_help(n, U, quorum=a)
    assert found.spare_sequences == max(U - n, 0)
    assert found.can_help == (n < U and a <= U)
    assert found.most_new_skills <= found.spare_sequences
    assert found.most_new_skills * a <= U
    if n >= U:
        assert "change nothing" in found.sentence
    else:
        assert ("necessary, not sufficient" in found.sentence) == found.can_help


def test_terms():
    assert bounds.skills.term_accuracy(3, 0.1) == pytest.approx(1 - 0.9**3, rel=1e-15)
    assert bounds.skills.term_accuracy(1e6, 1e-18) == pytest.approx(1e-12, rel=1e-12)
    np.testing.assert_array_equal(bounds.skills.term_accuracy([0, 1, 5], 1.0), [0, 1, 1])
    counts = np.arange(200)
    weights = np.exp(counts * math.log(12.0) - 12 - np.array([math.lgamma(c + 1) for c in counts]))
    average = bounds.skills.expected_term_accuracy(1.2e6, 1e-5, learning_probability=0.05)
    assert average == pytest.approx(weights @ bounds.skills.term_accuracy(counts, 0.05), rel=1e-13)


def test_le_cams_bound_holds():
    mu = np.array([0.3, 0.05, 0.2, 0.01])
    law = np.ones(1)
    for chance in mu:
        law = np.convolve(law, [1 - chance, chance])
    poisson = [math.exp(-mu.sum()) * mu.sum() ** k / math.factorial(k) for k in range(60)]
    distance = np.abs(np.append(law, np.zeros(55)) - poisson).sum() / 2
    assert (
        0.1 * bounds.skills.le_cam_bound(mu)
        < distance
        <= bounds.skills.le_cam_bound(mu)
        == pytest.approx((mu**2).sum())
    )
    assert bounds.skills.le_cam_bound(np.full(9, 0.9)) == 1


# Formulas, shapes, errors


@pytest.mark.parametrize("formula", [f for f in FORMULAS if f.example], ids=lambda formula: formula.name)
def test_elementary_formulas_at_fifty_digits(formula):
    values = {formula.symbols[n]: sympy.Float(v, 60) for n, v in zip(formula.arguments, formula.example, strict=True)}
    expression = formula.expression.replace(cfunctions.expm1, lambda x: sympy.exp(x) - 1)
    expression = expression.replace(cfunctions.log1p, lambda x: sympy.log(1 + x))
    assert formula.function(*formula.example) == pytest.approx(float(expression.subs(values).evalf(50)), rel=1e-13)


def test_every_formula_has_a_number_and_a_function():
    for formula in FORMULAS:
        assert formula.worked() is not None
        assert callable(public(formula.public_name))
        assert formula.latex


def test_shapes_and_labels():
    assert isinstance(bounds.emergence_probability(0.5, members=3, quorum=2), float)
    assert bounds.emergence_probability([[0.1], [0.2]], members=[3, 4, 5], quorum=2).shape == (2, 3)
    assert bounds.skills.median_representation([50, 60], 40).shape == (2,)
    assert bounds.draws_threshold([1e-6, 1e-3], members=50, quorum=40).shape == (2,)
    sizes = xr.DataArray([1e3, 1e6], dims="n_draws")
    labelled = bounds.expected_skills(sizes, exponent=1.7, members=5, quorum=3)
    assert labelled.dims == ("n_draws",)
    assert float(labelled[1]) == bounds.expected_skills(1e6, exponent=1.7, members=5, quorum=3)


SKILL = {"members": 5, "quorum": 3}


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda: bounds.emergence_probability(1.1, **SKILL), "represented must be a probability .* got 1.1"),
        (lambda: bounds.emergence_probability(0.5, members=5, quorum=6), "at most the number of members, 5, got 6"),
        (lambda: bounds.emergence_probability(0.5, members=5, quorum=0.8), "quorum must be .*quorum_count.*got 0.8"),
        (lambda: bounds.skills.median_representation(0, 0), "members must be a whole number from 1 to 2.53, got 0"),
        (lambda: bounds.skills.quorum_count(5, 1.5), "fraction must be a fraction above 0 and at most 1, got 1.5"),
        (
            lambda: bounds.skills.stored_threshold("pitman-yor:0.5", **SKILL),
            "uniform, geometric or zipf law, got pitman-yor",
        ),
        (
            lambda: bounds.skills.stored_threshold("zipf:2", **SKILL, level=1),
            "level must be .* strictly between 0 and 1, got 1",
        ),
        (lambda: bounds.draws_threshold(0, **SKILL), "probability must be above 0 and at most 1, got 0"),
        (lambda: bounds.draws_threshold(0.1, **SKILL, exposures=0), "exposures must be .* got 0"),
        (lambda: bounds.skills.draws_threshold_unequal([0.1, math.nan], quorum=1), "probabilities must be .* got nan"),
        (lambda: bounds.skills.draws_threshold_unequal([0.6, 0.6], quorum=1), "add up to 1 at most, got a sum of 1.2"),
        (lambda: bounds.skills.draws_threshold_unequal(0.6, quorum=1), "one number for each member"),
        (lambda: bounds.skills.draws_threshold_unequal([0.6], quorum=2), "at most the number of members, 1, got 2"),
        (
            lambda: bounds.skills.draws_threshold_frequency("growing:0.5", **SKILL),
            "fixed probabilities, got growing:0.5",
        ),
        (lambda: bounds.expected_skills(1, exponent=0.9, **SKILL), "exponent must exceed 1 .* got 0.9; pass n_skills"),
        (lambda: bounds.expected_skills(1, exponent=2, n_skills=0, **SKILL), "n_skills must be a whole number"),
        (lambda: bounds.expected_skills(-1, exponent=2, **SKILL), "n_draws must be a finite number .* got -1"),
        (lambda: bounds.expected_skills(1, exponent=2, members=[5, 6], quorum=3), "members must be one number"),
        (lambda: bounds.can_scaling_help(-1, 5), "n_stored must be .* got -1"),
        (lambda: bounds.skills.term_accuracy(1, 2), "learning_probability must be a probability"),
        (lambda: bounds.skills.le_cam_bound([0.1, -1]), "inclusion_probabilities must be .* got -1"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(function, message):
    with pytest.raises(ValueError, match=message) as caught:
        function()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: bounds.emergence_probability(0.5, members=9, quorum=4, complement=-1), "complement must be True or"),
        (
            lambda: bounds.skills.emergence_probability_unequal(9, [0.5], quorum=1, complement=2),
            "complement must be True or",
        ),
        (lambda: bounds.draws_threshold(0.1, members=9, quorum=4, poisson="no"), "poisson must be True or False"),
        (lambda: bounds.expected_skills(9, exponent=2, members=None, quorum=1), "members must be one number, got None"),
        (lambda: bounds.expected_skills(9, exponent=2, members="10", quorum=1), "members must be one number, got '10'"),
        (lambda: bounds.expected_skills(9, exponent=2, members=10, quorum=None), "quorum must be one number, got None"),
        (lambda: bounds.skills.median_representation([3, 4, 5], [2, 1]), "shapes that broadcast to one"),
    ],
)
def test_wrong_kinds_of_arguments_get_one_sentence(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("spread", [0.1, 1.0, 4.0])
def test_many_unequal_members_have_both_their_tails(spread):
    rng = np.random.default_rng(7)
    for members in (1, 2, 40, 700):
        y = np.exp(spread * rng.normal(size=members))
        F, G = -np.expm1(-y), np.exp(-y)
        law, width = _poisson_binomial(F, G), math.sqrt(float(np.sum(F * G)))
        for deviation in (-9, -1, 0, 1, 9):
            a = min(max(round(float(F.sum()) + deviation * width), 1), members)
            exact = law[a:].sum(), law[:a].sum()
            found = poisson_binomial_tails(F, G, np.ones(members), a)
            assert found == pytest.approx(exact, rel=3e-13, abs=1e-290)


def test_equal_members_in_a_long_list_have_a_binomial_law():
    draws, p = 3e4, 4e-5
    chance = -math.expm1(-draws * p)
    for complement in (False, True):
        many = bounds.skills.emergence_probability_unequal(draws, [p] * 20000, quorum=14100, complement=complement)
        one = bounds.emergence_probability(chance, members=20000, quorum=14100, complement=complement)
        assert many == pytest.approx(one, rel=1e-11)
    threshold = bounds.skills.draws_threshold_unequal([p] * 20000, quorum=14100)
    same = bounds.draws_threshold(p, members=20000, quorum=14100, poisson=True)
    assert threshold == pytest.approx(same, rel=1e-12)


def test_certain_and_impossible_members():
    F, one = np.array([0.0, 0.5, 1.0]), np.ones(3)
    assert poisson_binomial_tails(F, 1 - F, one, 1) == (1, 0)
    assert poisson_binomial_tails(F, 1 - F, one, 3) == (0, 1)
    assert poisson_binomial_tails(F, 1 - F, one, 2) == pytest.approx((0.5, 0.5), rel=1e-14)
