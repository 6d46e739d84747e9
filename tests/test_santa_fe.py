"""The Santa Fe process: small processes listed in full, sums at fifty digits, and identities of entropy."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from functools import cache

import mpmath
import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings

import bounds
from bounds import laws, testing
from bounds.laws import santa_fe
from tests.test_unique_formulas import rank_sum

THOROUGH = settings(max_examples=30, deadline=None)

# Exact: every text of a small process


def entropy_of_texts(p, labels, n):
    """Entropy of the first n tokens: facts with law p, each with its label, which the texts do not share."""
    chance: Counter[tuple[tuple[int, int], ...]] = Counter()
    for meaning in itertools.product(range(labels), repeat=len(p)):
        for facts in itertools.product(range(len(p)), repeat=n):
            text = tuple((k, meaning[k]) for k in facts)
            chance[text] += math.prod(p[k] for k in facts) / labels ** len(p)
    return -math.fsum(x * math.log(x) for x in chance.values())


@pytest.mark.parametrize(("s", "q", "labels", "types"), [(1.5, 0.0, 2, 3), (0.7, 2.0, 3, 2), (3.0, 0.5, 1, 3)])
def test_entropies_by_enumeration(s, q, labels, types):
    source = bounds.SantaFe(s, q, labels, types)
    p = np.array([(r + q) ** -s for r in range(1, types + 1)])
    p /= p.sum()
    blocks = [0.0, *(entropy_of_texts(p, labels, n) for n in range(1, 7))]
    np.testing.assert_allclose(laws.block_entropy(source, range(7)), blocks, rtol=1e-13)
    fact = -math.fsum(p * np.log(p))
    assert bounds.entropy(source) == pytest.approx(fact, rel=1e-14)
    # The best prediction of token n + 1 costs its entropy given the others.
    np.testing.assert_allclose(laws.excess_loss(source, range(6)), np.diff(blocks) - fact, atol=1e-13)
    shared = [2 * blocks[n] - blocks[2 * n] for n in range(4)]
    np.testing.assert_allclose(laws.mutual_information(source, range(4)), shared, atol=1e-13)


# At fifty digits

CASES = [
    (1.724, 0.0, 2, 10**4),
    (1.2, 3.5, 2, 10**18),
    (1.4, 1e6, 50257, 1000),
    (3.3, 0.0, 2, 10**12),
    (6.0, 0.0, 2, 17),
    (6.0, 1000.0, 3, 10**18),
]


@pytest.mark.parametrize(("s", "q", "labels", "n"), CASES)
def test_numbers_at_fifty_digits(s, q, labels, n):
    source = bounds.SantaFe(s, q, labels)
    with mpmath.workdps(50):
        S, Q, nats = mpmath.mpf(s), mpmath.mpf(q), mpmath.log(labels)
        C = 1 / mpmath.zeta(S, 1 + Q)

        @cache
        @cache
        def chances(r, precision):
            """Of fact r: that a token is about it, and that `n` of them are; asked for once by each of three sums."""
            p = C * (r + Q) ** -S
            return p, -mpmath.expm1(n * mpmath.log1p(-p))

        def sum_of(term):
            return rank_sum(lambda r: term(*chances(r, mpmath.mp.prec)), mpmath.inf)

        seen, both = sum_of(lambda _, some: some), sum_of(lambda _, some: some**2)
        new = sum_of(lambda p, some: p * (1 - some))
        fact = -mpmath.log(C) - S * C * mpmath.zeta(S, 1 + Q, 1)
        # The sums over ranks stop at e^200.
        past = C * mpmath.exp(200) ** (1 - S) / (S - 1)
        block, excess = n * fact + nats * (seen + n * past), nats * (new + past)
        assert laws.block_entropy(source, n) == pytest.approx(float(block), rel=1e-14, abs=0)
        assert laws.excess_loss(source, n) == pytest.approx(float(excess), rel=1e-14, abs=0)
        assert laws.mutual_information(source, n) == pytest.approx(float(nats * both), rel=1e-14, abs=0)


@pytest.mark.parametrize(("s", "q", "labels"), [(1.724, 0.0, 2), (1.02, 10.0, 2), (1.0001, 0.0, 2), (6.0, 1e4, 50257)])
def test_constants_at_fifty_digits(s, q, labels):
    law = laws.santa_fe_law(bounds.SantaFe(s, q, labels))
    with mpmath.workdps(50):
        S, nats = mpmath.mpf(s), mpmath.log(labels)
        C, a = 1 / mpmath.zeta(S, 1 + mpmath.mpf(q)), 1 / S
        B, A = nats * a * mpmath.gamma(1 - a) * C**a, nats * C / (S - 1)
        assert law.data_coefficient == pytest.approx(float(B), rel=2e-14)
        assert law.param_coefficient == pytest.approx(float(A), rel=2e-14)
        assert law.data_exponent == pytest.approx(float(1 - a), rel=1e-15)
    formulas = bounds.formulas()
    for name in ("data_coefficient", "param_coefficient"):
        function = formulas[f"santa_fe_law.{name}"].function
        assert function(s, q, labels) == pytest.approx(getattr(law, name), rel=1e-11)
    assert formulas["santa_fe_law.data_exponent"].function(s) == pytest.approx(law.data_exponent, rel=1e-11)
    unique = formulas["santa_fe_law.unique_exponent"].function(s)
    assert unique == bounds.SantaFe(s, q, labels).limit_exponent


# Limits


@pytest.mark.parametrize("source", ["santa-fe:1.724,labels=2", "santa-fe:1.3,labels=10,shift=50", "santa-fe:4"])
def test_the_loss_law_is_the_limit_of_the_loss(source):
    law, sizes = laws.santa_fe_law(source), np.array([1e10, 1e14, 1e18])
    np.testing.assert_allclose(laws.excess_loss(source, sizes), law.excess(sizes), rtol=1e-9)
    parsed = bounds.parse_source(source)
    limit = bounds.formulas()["mutual_information.santa_fe_limit"].function
    value = limit(parsed.exponent, parsed.shift, parsed.labels, sizes)
    np.testing.assert_allclose(laws.mutual_information(source, sizes), value, rtol=1e-6)
    assert law.irreducible == bounds.entropy(source)


@pytest.mark.parametrize("source", ["santa-fe:1.724,labels=2", "santa-fe:1.3,labels=2,shift=50"])
def test_the_bound_from_the_loss_is_met_by_this_corpus(source):
    """B7-iv with c = ln A: the upper bound on U ~ 1e7 exceeds E U by q + 1/2 and the cost of the first token."""
    law, n = laws.santa_fe_law(source), 1e12
    bound = bounds.unique_bounds(n, law=law, inversion="prequential", novelty_cost=math.log(2))
    excess = bound.upper - bounds.expected_unique(source, n)
    assert 0.4 < excess - bounds.parse_source(source).shift < 20


# Properties


@THOROUGH
@given(testing.santa_fe_sources(), testing.counts(1, 10**18))
def test_information_is_at_most_what_there_is(source, n):
    nats = math.log(source.labels)
    shared, later = laws.mutual_information(source, [n, 2 * n])
    assert 0 <= shared <= laws.block_entropy(source, n)
    assert shared <= nats * bounds.expected_unique(source, n) * (1 + 1e-13)
    assert shared <= later * (1 + 1e-13)
    assert 0 <= laws.excess_loss(source, n) <= nats * (1 + 1e-15)
    # What two halves say together is what each says, less what they share.
    halves, both = laws.block_entropy(source, [n, 2 * n])
    assert both + shared == pytest.approx(2 * halves, rel=1e-13)


@THOROUGH
@given(testing.santa_fe_sources(), testing.counts(1, 10**6))
def test_shared_facts_are_those_counted_twice(source, n):
    """2U(n) - U(2n), where it does not cancel."""
    seen, twice = bounds.expected_unique(source, [n, 2 * n])
    shared = math.log(source.labels) * (2 * seen - twice)
    assert laws.mutual_information(source, n) == pytest.approx(shared, abs=1e-11 * seen * math.log(source.labels))


@THOROUGH
@given(testing.santa_fe_sources(), testing.counts(0, 10**4))
def test_each_token_adds_its_entropy(source, n):
    block, longer = laws.block_entropy(source, [n, n + 1])
    added = bounds.entropy(source) + laws.excess_loss(source, n)
    assert longer - block == pytest.approx(added, abs=1e-13 * longer)


@THOROUGH
@given(testing.santa_fe_sources(), testing.counts(1, 10**18))
def test_counts_are_those_of_the_facts(source, n):
    facts = bounds.Zipf(source.exponent, source.shift, source.types)
    for function in (bounds.expected_unique, bounds.missing_mass, bounds.variance_unique, bounds.local_exponent):
        assert function(source, n) == function(facts, n)
    assert bounds.expected_spectrum(source, n, multiplicity=1) == bounds.expected_spectrum(facts, n, multiplicity=1)
    assert bounds.counts.covariance_unique(source, n, 3) == bounds.counts.covariance_unique(facts, n, 3)
    assert bounds.expected_unique(source, n, poisson=True) == bounds.expected_unique(facts, n, poisson=True)


# Interface

FUNCTIONS = [laws.block_entropy, laws.excess_loss, laws.mutual_information]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_shapes_follow_the_input(function):
    source, sizes = "santa-fe:1.724,labels=2", np.array([[0, 1, 10], [100, 10**4, 10**18]])
    result = function(source, sizes)
    assert result.shape == sizes.shape
    assert isinstance(function(source, 10), float)
    assert function(source, 10) == result[0, 2]
    np.testing.assert_array_equal(function(source, sizes.tolist()), result)
    labelled = function(source, xr.DataArray(sizes, dims=("cell", "n_tokens"), coords={"cell": ["a", "b"]}))
    assert isinstance(labelled, xr.DataArray)
    np.testing.assert_array_equal(labelled.values, result)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_bad_arguments_are_refused_in_one_sentence(function):
    for source in ("zipf:1.724", "windows:alphabet=4,length=3", bounds.Uniform(4)):
        with pytest.raises(ValueError, match=r"^source must be a Santa Fe process such as santa-fe:1.724"):
            function(source, 10)
    for size in (-1, 1.5, math.nan, math.inf, 2.0**64, "ten", None):
        with pytest.raises(ValueError, match=r"^n_tokens must be a whole number[^\n]*$"):
            function("santa-fe:1.724", size)


def test_laws_that_there_are_not():
    with pytest.raises(ValueError, match=r"^source must be a Santa Fe process"):
        laws.santa_fe_law("zipf:1.724")
    with pytest.raises(ValueError, match="a power law needs unlimited facts"):
        laws.santa_fe_law("santa-fe:1.724,types=1000")
    with pytest.raises(ValueError, match="too large a number"):
        laws.santa_fe_law("santa-fe:50,shift=1e9")


def test_every_formula_explains_itself():
    for formula in santa_fe.FORMULAS:
        assert formula.name in bounds.explain(formula.name)
        given_values, value = formula.worked()
        assert given_values
        assert math.isfinite(value)
