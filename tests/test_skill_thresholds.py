"""Thresholds of skills in stored sequences and in draws: closed forms, enumeration, limits, one simulation."""

from __future__ import annotations

import itertools
import math

import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

import bounds
from bounds.skills.formulas import FORMULAS
from tests import strategies
from tests.statistics import check

THOROUGH = settings(max_examples=30, deadline=None)
_F = {formula.name: formula for formula in FORMULAS}


# Thresholds in stored sequences (D2)


@pytest.mark.parametrize("source", [bounds.Zipf(1.724), bounds.Zipf(1.05, 1e3), bounds.Zipf(0.8, 2.0, 10**9)])
@pytest.mark.parametrize(("m", "a"), [(50, 40), (10**6, 1), (1, 1), (1000, 1000)])
def test_a_store_of_the_threshold_leaves_what_the_median_leaves(source, m, a):
    n = bounds.skills.stored_threshold(source, members=m, quorum=a)
    assert bounds.capacity.tail_mass(source, n) == pytest.approx(
        1 - bounds.skills.median_representation(m, a), rel=1e-11
    )
    assert bounds.params_threshold(source, members=m, quorum=a, params_per_sequence=3) == 3 * n


def test_thresholds_of_other_laws_in_closed_form():
    x = bounds.skills.median_representation(50, 40)
    skill = {"members": 50, "quorum": 40}
    assert bounds.skills.stored_threshold("uniform:1000", **skill) == pytest.approx(1000 * x, rel=1e-14)
    assert bounds.skills.stored_threshold("geometric:0.9", **skill) == pytest.approx(
        math.log(1 - x) / math.log(0.9), rel=1e-13
    )
    few = bounds.skills.stored_threshold("geometric:0.9", members=10**9, quorum=1)
    assert few == pytest.approx(math.log(2) * 1e-9 / -math.log(0.9), rel=1e-8)


def test_the_approximation_is_high_by_what_it_leaves_out():
    """Equation D2: 9 % at m = 1000 and φ = 0.99."""
    approximate = _F["stored_threshold.zipf_limit"].function(1.724, 0.0, 0.99)
    assert approximate / bounds.skills.stored_threshold("zipf:1.724", members=1000, quorum=990) == pytest.approx(
        1.093, abs=1e-3
    )
    closer = _F["stored_threshold.zipf_limit"].function(1.724, 0.0, 0.9999)
    assert closer / bounds.skills.stored_threshold("zipf:1.724", members=10**8, quorum=99_990_000) == pytest.approx(
        1, abs=1e-3
    )


def test_no_float_is_large_enough_for_some_stores():
    assert bounds.skills.stored_threshold("zipf:1.02", members=10**9, quorum=10**9) == math.inf


def test_widths_tend_to_their_limits():
    stored = [bounds.skills.stored_half_width("zipf:1.3,shift=1e3", members=m, quorum=8 * m // 10) for m in (50, 10**6)]
    limits = [_F["stored_half_width.zipf_limit"].function(m, 0.8, 1.3) for m in (50, 10**6)]
    assert stored[1] / limits[1] == pytest.approx(1, abs=0.03)  # (s-1)(q+1/2)/n at n* = 1e5
    assert bounds.skills.draws_half_width(members=50, quorum=40) == pytest.approx(0.1748, abs=5e-5)
    drawn = [bounds.skills.draws_half_width(members=m, quorum=8 * m // 10) for m in (50, 10**8)]
    assert drawn[1] / _F["draws_half_width.limit"].function(10**8, 0.8) == pytest.approx(1, abs=1e-6)
    assert drawn[0] / drawn[1] == pytest.approx(math.sqrt(10**8 / 50), rel=6e-3)
    all_of_many = bounds.skills.draws_half_width(members=10**9, quorum=10**9)
    gumbel = (math.log(math.log(1 / 0.158655254)) - math.log(math.log(1 / 0.841344746))) / 2
    assert all_of_many * math.log(10**9) == pytest.approx(gumbel, rel=0.03)


# Thresholds in draws (D3)


@pytest.mark.parametrize("p", [1e-300, 1e-18, 1e-6, 0.3, 1.0])
@pytest.mark.parametrize(("m", "a"), [(50, 40), (1, 1), (10**9, 1), (10**9, 10**9)])
def test_draws_for_equal_members(p, m, a):
    draws = bounds.draws_threshold(p, members=m, quorum=a)
    mean = bounds.draws_threshold(p, members=m, quorum=a, poisson=True) * p
    with mpmath.workdps(50):
        if a == 1:
            absent = mpmath.mpf(2) ** (-mpmath.mpf(1) / m)
        elif a == m:
            absent = 1 - mpmath.mpf(2) ** (-mpmath.mpf(1) / m)
        else:
            absent = 1 - mpmath.mpf("0.78805026370471033")
        assert mean == pytest.approx(float(-mpmath.log(absent)), rel=1e-14)
        expected = 0.0 if p == 1 else float(mpmath.log(absent) / mpmath.log1p(-mpmath.mpf(p)))
    assert draws == pytest.approx(expected, rel=1e-14)


def test_the_last_member_follows_gumbels_law():
    ratio = [
        _F["draws_threshold.gumbel_limit"].function(m, 1e-9) / bounds.draws_threshold(1e-9, members=m, quorum=m)
        for m in (50, 10**9)
    ]
    assert ratio == pytest.approx([0.9984, 1.0], abs=1e-4)


@pytest.mark.parametrize("k", [1, 2, 5, 40])
def test_draws_for_several_exposures(k):
    D = bounds.draws_threshold(1e-6, members=50, quorum=40, exposures=k, poisson=True)
    formula = _F["draws_threshold.exposures"]
    values = {formula.symbols["p"]: sympy.Float("1e-6", 60), formula.symbols["D"]: sympy.Float(D, 60)}
    expression = formula.expression.subs(formula.symbols["k"], k).doit().subs(values)
    assert float(expression.evalf(50)) == pytest.approx(bounds.skills.median_representation(50, 40), rel=1e-13)
    assert k == 1 or bounds.draws_threshold(1e-6, members=50, quorum=40, exposures=k) == D


PROBABILITIES = [0.01, 0.02, 0.005, 0.03, 0.001]


@pytest.mark.parametrize("a", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("k", [1, 3])
def test_unequal_members_by_enumeration(a, k):
    draws = np.array([0.0, 1.0, 50.0, 700.0])
    found = bounds.skills.emergence_probability_unequal(draws, PROBABILITIES, quorum=a, exposures=k)
    absent = bounds.skills.emergence_probability_unequal(draws, PROBABILITIES, quorum=a, exposures=k, complement=True)
    for D, there, missing in zip(draws, found, absent, strict=True):
        rates = [D * p for p in PROBABILITIES]
        chances = [1 - math.fsum(math.exp(-y) * y**i / math.factorial(i) for i in range(k)) for y in rates]
        expected = math.fsum(
            math.prod(f if bit else 1 - f for f, bit in zip(chances, bits, strict=True))
            for bits in itertools.product((0, 1), repeat=5)
            if sum(bits) >= a
        )
        assert there == pytest.approx(expected, rel=1e-9, abs=1e-16)
        assert there + missing == pytest.approx(1, abs=1e-14)
    D = bounds.skills.draws_threshold_unequal(PROBABILITIES, quorum=a, exposures=k)
    assert bounds.skills.emergence_probability_unequal(D, PROBABILITIES, quorum=a, exposures=k) == pytest.approx(
        0.5, abs=1e-13
    )


@THOROUGH
@given(st.lists(strategies.magnitudes(1e-9, 1e-3), min_size=1, max_size=200), strategies.numbers(0.01, 1))
def test_unequal_members_lie_between_equal_ones(p, fraction):
    a = int(bounds.skills.quorum_count(len(p), fraction))
    D = bounds.skills.draws_threshold_unequal(p, quorum=a)
    ends = [bounds.draws_threshold(q, members=len(p), quorum=a, poisson=True) for q in (max(p), min(p))]
    assert ends[0] * (1 - 1e-12) <= D <= ends[1] * (1 + 1e-12)
    late, early = (bounds.skills.draws_threshold_unequal(p, quorum=a, level=level) for level in (0.9, 0.1))
    assert early < D < late


def test_equal_members_are_a_case_of_unequal_ones():
    for m in (7, 300):  # below and above the length at which lists are halved
        equal = bounds.draws_threshold(1e-4, members=m, quorum=m // 2, poisson=True)
        assert bounds.skills.draws_threshold_unequal(np.full(m, 1e-4), quorum=m // 2) == pytest.approx(equal, rel=1e-13)


def test_draws_of_a_fixed_number_that_members_compete_for():
    """The law of the number of members seen, draw by draw: what independence leaves out when m p is 1 and 1/20."""
    m, a = 50, 40
    for p, higher, narrower in ((0.02, 0.0044, 0.763), (0.001, 0.0002, 0.9895)):
        law, chances = np.zeros(m + 1), []
        law[0] = 1
        new = (m - np.arange(m + 1)) * p
        for _ in range(round(4 / p)):
            law = law * (1 - new) + np.append(0.0, (law * new)[:-1])
            chances.append(law[a:].sum())
        low, middle, high = np.interp([0.158655254, 0.5, 0.841344746], chances, np.arange(1, len(chances) + 1))
        assert middle / bounds.draws_threshold(p, members=m, quorum=a) - 1 == pytest.approx(higher, abs=2e-4)
        width = math.log(high / low) / 2 / bounds.skills.draws_half_width(members=m, quorum=a)
        assert width == pytest.approx(narrower, abs=2e-3)


@pytest.mark.parametrize(
    "source", ["zipf:1.724", "zipf:1.2,shift=50", "zipf:0.8,types=1e6", "uniform:1000", "geometric:0.9"]
)
@pytest.mark.parametrize(("m", "a"), [(50, 40), (1000, 900)])
def test_members_drawn_from_the_law_are_missed_as_often_as_a_draw_is_new(source, m, a):
    D = bounds.skills.draws_threshold_frequency(source, members=m, quorum=a)
    below, above = bounds.missing_mass(source, np.floor(D)), bounds.missing_mass(source, np.ceil(D))
    assert above * (1 - 1e-12) <= bounds.skills.median_representation(m, m + 1 - a) <= below * (1 + 1e-12)


def test_the_closed_form_for_members_drawn_from_the_law_needs_many_draws():
    limit = _F["draws_threshold_frequency.zipf_limit"].function
    few = bounds.skills.draws_threshold_frequency("zipf:1.724", members=10**9, quorum=8 * 10**8)
    many = bounds.skills.draws_threshold_frequency("zipf:1.724", members=10**9, quorum=999 * 10**6)
    assert limit(1.724, 0, 0.8) / few == pytest.approx(1.026, abs=1e-3)
    assert limit(1.724, 0, 0.999) / many == pytest.approx(1, abs=5e-6)
    law = bounds.Zipf(1.02)
    beyond = bounds.skills.draws_threshold_frequency(law, members=50, quorum=40)
    assert beyond == pytest.approx(limit(1.02, 0, bounds.skills.median_representation(50, 40)), rel=1e-11)


def test_a_threshold_by_simulation():
    """Twenty thousand skills at D*; they differ from the half at 1.02 D*, where the chance is 0.546."""
    rng = np.random.default_rng(20240214)
    trials = 20_000
    D = bounds.draws_threshold(1e-6, members=50, quorum=40, poisson=True)
    seen = (rng.poisson(1e-6 * D, (trials, 50)) > 0).sum(1) >= 40
    later = (rng.poisson(1e-6 * 1.02 * D, (trials, 50)) > 0).sum(1) >= 40
    deviation = math.sqrt(0.25 / trials)
    assert check("skill threshold", (seen.mean() - 0.5) / deviation)
    assert abs(later.mean() - 0.5) / deviation > 8
