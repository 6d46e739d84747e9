"""Expected numbers of skills: brute force, fifty digits, growth and room."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from sympy.codegen import cfunctions

import bounds
from bounds.skills.binomial_tails import binomial_tails
from bounds.skills.formulas import FORMULAS
from tests import strategies
from tests.test_skills import skills

_F = {formula.name: formula for formula in FORMULAS}


# How many skills (D4)


def brute_force(D, s, J, m, a):
    weights = np.arange(1, J + 1, dtype=np.longdouble) ** -np.longdouble(s)
    y = (np.longdouble(D) * weights / weights.sum() / m).astype(float)
    return math.fsum(binomial_tails(-np.expm1(-y), np.exp(-y), m, a)[0])


@settings(max_examples=30, deadline=None)
@given(skills(), strategies.numbers(0.1, 4), strategies.counts(1, 30_000), strategies.magnitudes(1e-3, 1e18))
def test_skills_are_the_sum_over_skills(skill, s, J, D):
    found = bounds.expected_skills(D, exponent=s, n_skills=J, **skill)
    assert found == pytest.approx(brute_force(D, s, J, skill["members"], skill["quorum"]), rel=1e-11, abs=1e-290)


@pytest.mark.parametrize(("m", "a"), [(1, 1), (20, 1), (20, 16), (20, 20), (10**6, 8 * 10**5), (10**9, 2)])
@pytest.mark.parametrize("rank", [0.3, 30.0, 3000.0, 1e5])
@pytest.mark.parametrize("s", [0.4, 1.0, 1.724, 3.0])
def test_the_step_at_any_rank(m, a, rank, s):
    """D is chosen so that the skill of this rank is as likely there as not."""
    J = 20_000
    masses = float((np.arange(1, J + 1.0) ** -s).sum())
    D = -math.log1p(-bounds.skills.median_representation(m, a)) * m * masses * rank**s
    found = bounds.expected_skills(D, exponent=s, n_skills=J, members=m, quorum=a)
    assert found == pytest.approx(brute_force(D, s, J, m, a), rel=2e-12)


@pytest.mark.parametrize(("s", "m", "a"), [(1.724, 20, 16), (1.1, 5, 1), (2.5, 3, 3), (1.34, 1, 1), (1.724, 200, 160)])
def test_unlimited_skills_at_fifty_digits(s, m, a):
    """The limit, S ~ (CD/m)^(1/s) E X^(-1/s) - 1/2, whose error is beyond all powers of D."""
    D = 1e12
    with mpmath.workdps(50):
        density = mpmath.beta(a, m - a + 1)
        power = -1 / mpmath.mpf(s)

        def term(v):  # x = 1 - e^-y, y = e^v
            y = mpmath.exp(v)
            return (-mpmath.expm1(-y)) ** (a - 1) * mpmath.exp(-y * (m - a + 1)) * y ** (power + 1)

        mean = mpmath.quad(term, mpmath.linspace(-300 / (a + float(power)), 6, 121), maxdegree=6) / density
        expected = (D / (m * mpmath.zeta(mpmath.mpf(s)))) ** -power * mean - mpmath.mpf(1) / 2
    found = bounds.expected_skills(D, exponent=s, members=m, quorum=a)
    assert found == pytest.approx(float(expected), rel=1e-12)
    assert bounds.expected_skills(D, exponent=s, n_skills=10**18, members=m, quorum=a) == pytest.approx(
        found, rel=1e-2 if s > 1.2 else 0.9
    )


def test_doubling_the_skills():
    skill = {"exponent": 1.724, "members": 20, "quorum": 16}
    factor = bounds.growth_factor(1 / 1.724, 2)
    assert _F["expected_skills.growth"].function(2, 1.724) == pytest.approx(factor)
    first, second = bounds.expected_skills([1e15, factor * 1e15], **skill)
    assert (second + 0.5) / (first + 0.5) == pytest.approx(2, rel=1e-12)


@settings(max_examples=30, deadline=None)
@given(skills(10**6), strategies.numbers(0.3, 3), strategies.magnitudes(1, 1e15), strategies.counts(0, 10**12))
def test_room_for_skills(skill, s, D, n):
    options = {"exponent": s, "n_skills": 10**9, **skill}
    everything = bounds.expected_skills(D, **options)
    stored = bounds.expected_skills(D, **options, n_stored=n)
    assert 0 <= stored <= min(everything * (1 + 1e-12), n // skill["members"])
    assert bounds.expected_skills(D, **options, n_stored=10**9 * skill["members"]) == pytest.approx(
        everything, rel=1e-12
    )
    assert bounds.expected_skills(2 * D, **options) >= everything * (1 - 1e-12)
    few = bounds.expected_skills(D, **options, n_stored=3 * skill["members"])
    one_by_one = bounds.expected_skills(D, **options, n_stored=[0, skill["members"], 4 * skill["members"] - 1])
    assert one_by_one[0] == 0
    assert one_by_one[2] == few


def test_the_sum_over_skills_is_its_expression():
    formula = _F["expected_skills"]
    given_values = {"J": 3, "m": 4, "a": 3, "D": 7, "s": sympy.Float("1.7", 60)}
    expression = formula.expression.replace(cfunctions.expm1, lambda x: sympy.exp(x) - 1)
    for name, value in given_values.items():
        expression = expression.subs(formula.symbols[name], value)
    found = bounds.expected_skills(7, exponent=1.7, n_skills=3, members=4, quorum=3)
    assert found == pytest.approx(float(expression.doit().evalf(50)), rel=1e-14)
