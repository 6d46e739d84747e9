"""Stores of sequences and their loss: enumeration, fifty digits, the sandwich, limits, and laws held against them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest
import sympy
import xarray as xr
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sympy.codegen import cfunctions

import bounds
from bounds import capacity
from bounds.capacity.formulas import FORMULAS
from bounds.counts.rank_mass import head_mass, rank_of_mass
from tests import strategies
from tests.public import public
from tests.test_unique_formulas import rank_sum

THOROUGH = settings(max_examples=30, deadline=None)
stores = strategies.counts(0, 10**18)


def excess(source, n_stored, n_draws):
    return bounds.capacity_loss(source, n_stored, n_draws, novelty_cost=1.0)


# Exact: enumeration, brute force, fifty digits


@pytest.mark.parametrize("n_stored", [0, 1, 2, 3, 4, 7])
@pytest.mark.parametrize("n_draws", [0, 1, 3, 5])
def test_loss_by_enumeration_of_corpora(n_stored, n_draws):
    """The mean over all corpora of the probability of what is not both stored and seen."""
    weights = np.array([(r + 0.5) ** -1.3 for r in range(1, 5)])
    p = weights / weights.sum()
    mean = 0.0
    for corpus in itertools.product(range(4), repeat=n_draws):
        known = {r for r in corpus if r < n_stored}
        mean += math.prod(p[r] for r in corpus) * sum(p[r] for r in range(4) if r not in known)
    loss = bounds.capacity_loss("zipf:1.3,shift=0.5,types=4", n_stored, n_draws, novelty_cost=2.0, irreducible=1.69)
    assert loss == pytest.approx(1.69 + 2 * mean, rel=1e-14)


def probabilities(source):
    """Every type of a source with few of them, in extended precision."""
    if isinstance(source, bounds.Mixture):
        return np.concatenate([np.longdouble(w) * probabilities(part) for w, part in source.components])
    if isinstance(source, bounds.Uniform):
        return np.full(source.types, 1 / np.longdouble(source.types))
    if isinstance(source, bounds.Geometric):
        ranks = np.arange(math.ceil(60 / -math.log(source.ratio))).astype(np.longdouble)
        return (1 - np.longdouble(source.ratio)) * np.longdouble(source.ratio) ** ranks
    p = (np.arange(1, source.types + 1) + np.longdouble(source.shift)) ** -np.longdouble(source.exponent)
    return p / p.sum()


MIXTURE = "mixture:0.3*(zipf:1.2,shift=2,types=20000)+0.5*(uniform:3000)+0.2*(geometric:0.99)"


@pytest.mark.parametrize(
    "source", ["zipf:0.7,types=30000", "zipf:1,types=5000", "zipf:2.5,shift=40,types=3000", "uniform:4321",
               "geometric:0.3", "geometric:0.9999", MIXTURE]
)  # fmt: skip
def test_masses_and_losses_are_the_sums_over_types(source):
    p = np.sort(probabilities(bounds.parse_source(source)))[::-1]
    for n in (0, 1, 2, 17, 400, 2999, 3500, 10**6):
        kept, left = p[:n], p[n:]
        assert capacity.tail_mass(source, n) == pytest.approx(float(left[::-1].sum()), rel=1e-13, abs=1e-25)
        for D in (0, 1, 30, 10**4, 10**7):
            expected = left[::-1].sum() + (kept * np.exp(D * np.log1p(-kept)))[::-1].sum()
            assert excess(source, n, D) == pytest.approx(float(expected), rel=1e-12, abs=1e-25)


@pytest.mark.parametrize("s", [1.02, 1.5, 1.724, 3.3, 20.0])
@pytest.mark.parametrize("q", [0.0, 0.37, 1e4])
def test_unlimited_masses_at_fifty_digits(s, q):
    law = bounds.Zipf(s, q)
    with mpmath.workdps(150):  # the zetas of mpmath are right to so many digits after the point
        start = 1 + mpmath.mpf(q)
        total = mpmath.zeta(s, start)
        for n in (1e-9, 0.5, 3, 1e3, 123456.75, 1e18):
            tail = mpmath.zeta(s, start + n)
            assert capacity.tail_mass(law, n) == pytest.approx(float(tail / total), rel=1e-13, abs=1e-300)
            assert head_mass(law, np.float64(n)) == pytest.approx(float((total - tail) / total), rel=1e-13)


@pytest.mark.parametrize("s", [0.05, 0.7, 1.0, 1.0 + 1e-9, 2.5])
@pytest.mark.parametrize("types", [3, 1000, 10**15])
def test_finite_masses_at_fifty_digits(s, types):
    law = bounds.Zipf(s, 2.5, types)
    with mpmath.workdps(50):

        def up_to(n):
            return rank_sum(lambda r: (r + mpmath.mpf("2.5")) ** -mpmath.mpf(s), n) if n else mpmath.mpf(0)

        total = up_to(types)
        for n in (1, 2, types // 3, types - 1):
            head = up_to(n) / total
            assert head_mass(law, np.float64(n)) == pytest.approx(float(head), rel=1e-12)
            assert capacity.tail_mass(law, n) == pytest.approx(float(1 - head), rel=1e-12, abs=1e-14)
    assert capacity.tail_mass(law, types) == 0
    assert capacity.tail_mass(law, types - 1) * up_to(types) == pytest.approx(float((types + 2.5) ** -s), rel=1e-12)


@pytest.mark.parametrize(
    ("s", "q", "n", "D"),
    [(1.05, 0.0, 10**12, 10**15), (1.724, 0.0, 10**9, 10**15), (1.724, 100.0, 10**6, 10**18), (1.34, 3.0, 10**4, 10**6),
     (3.0, 0.0, 10**3, 10**18), (6.0, 1e3, 10**5, 10**9), (1.2, 1e4, 10**18, 10**18), (1.724, 0.0, 10**15, 10**3)],
)  # fmt: skip
def test_losses_of_large_stores_at_fifty_digits(s, q, n, D):
    with mpmath.workdps(50):
        C = 1 / mpmath.zeta(s, 1 + mpmath.mpf(q))

        def unseen(r):
            p = C * (r + mpmath.mpf(q)) ** -mpmath.mpf(s)
            return p * mpmath.exp(D * mpmath.log1p(-p))

        expected = C * mpmath.zeta(s, 1 + mpmath.mpf(q) + n) + rank_sum(unseen, n)
    assert excess(bounds.Zipf(s, q), n, D) == pytest.approx(float(expected), rel=1e-12)


def at_fifty_digits(formula, values):
    given_values = {formula.symbols[name]: sympy.Float(value, 60) for name, value in values.items()}
    expression = formula.expression.replace(cfunctions.expm1, lambda x: sympy.exp(x) - 1)
    return float(expression.subs(given_values).doit().evalf(50))


CALLS: dict[str, tuple[dict[str, float], Callable[[], Any]]] = {
    "tail_mass.zipf": ({"s": 1.75, "q": 2.5, "n": 100}, lambda: capacity.tail_mass("zipf:1.75,shift=2.5", 100)),
    "tail_mass.zipf_finite": (
        {"s": 0.75, "q": 2.5, "V": 1000, "n": 100}, lambda: capacity.tail_mass("zipf:0.75,shift=2.5,types=1000", 100),
    ),
    "tail_mass.uniform": ({"V": 1000, "n": 400}, lambda: capacity.tail_mass("uniform:1000", 400)),
    "tail_mass.geometric": ({"rho": 0.9, "n": 50}, lambda: capacity.tail_mass("geometric:0.9", 50)),
    "capacity_loss": (
        {"s": 1.75, "q": 2.5, "n": 12, "D": 30, "c": 2, "E": 1.5},
        lambda: bounds.capacity_loss("zipf:1.75,shift=2.5", 12, 30, novelty_cost=2, irreducible=1.5),
    ),
    "stored_sequences.bits": (
        {"N": 1e9, "kappa": 2, "b": 30}, lambda: bounds.stored_sequences(1e9, bits_per_sequence=30),
    ),
    "params_to_store.bits": (
        {"n": 1e9, "kappa": 2, "b": 30}, lambda: bounds.params_to_store(1e9, bits_per_sequence=30),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
def test_functions_are_their_expressions(name):
    formula = next(f for f in FORMULAS if f.name == name)
    values, function = CALLS[name]
    if name == "capacity_loss":  # the number of terms must stay whole
        whole = {formula.symbols["n"]: sympy.Integer(values["n"]), formula.symbols["D"]: sympy.Integer(values["D"])}
        rest = {formula.symbols[x]: sympy.Float(values[x], 60) for x in ("s", "q", "c", "E")}
        expected = float(formula.expression.subs(whole).doit().subs(rest).evalf(50))
    else:
        expected = at_fifty_digits(formula, values)
    assert function() == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize("formula", [f for f in FORMULAS if f.example], ids=lambda formula: formula.name)
def test_elementary_formulas_at_fifty_digits(formula):
    values = dict(zip(formula.arguments, formula.example, strict=True))
    assert formula.function(*formula.example) == pytest.approx(at_fifty_digits(formula, values), rel=1e-13)


def test_every_formula_has_a_number_and_a_function():
    for formula in FORMULAS:
        assert formula.worked() is not None
        assert callable(public(formula.public_name))


# Properties


@THOROUGH
@given(strategies.fixed_laws, stores, strategies.n_draws())
def test_the_loss_lies_in_its_sandwich(source, n, D):
    bound = capacity.capacity_loss_bounds(source, n, D, novelty_cost=1.0)
    loss = excess(source, n, D)
    assert bound.lower * (1 - 1e-12) <= loss <= bound.upper * (1 + 1e-12)
    assert bound.lower <= bound.upper <= 2 * bound.lower * (1 + 1e-12)
    assert bound.label == "rigorous"


@THOROUGH
@given(strategies.fixed_laws, stores, stores, strategies.n_draws(), strategies.n_draws())
def test_more_room_and_more_draws_never_hurt(source, n1, n2, D1, D2):
    (n1, n2), (D1, D2) = sorted((n1, n2)), sorted((D1, D2))
    first = excess(source, n1, D1)
    assert excess(source, n2, D1) <= first * (1 + 1e-12)
    assert excess(source, n1, D2) <= first * (1 + 1e-12)
    assert capacity.tail_mass(source, n2) <= capacity.tail_mass(source, n1) * (1 + 1e-13)


@THOROUGH
@example(bounds.Zipf(1.25, math.exp(7)), 1)
@example(bounds.Zipf(2.0, 2.0**62), 10**6)
@example(bounds.Mixture(((0.5, bounds.Zipf(1.25, math.exp(7))), (0.5, bounds.Zipf(2.0, 2.0**62)))), 1000)
@given(strategies.fixed_laws, strategies.n_draws())
def test_limits_of_the_loss(source, D):
    mass = bounds.missing_mass(source, D)
    assert excess(source, 0, D) == pytest.approx(1.0, rel=1e-12)
    everything = min(source.n_types, 2.0**62)
    room = excess(source, everything, D)
    assert mass * (1 - 1e-12) <= room <= mass + capacity.tail_mass(source, everything) + 1e-15
    n = min(50.0, everything)
    assert excess(source, n, 0) == pytest.approx(1.0, rel=1e-12)


@THOROUGH
@given(st.one_of(strategies.zipfs, strategies.finite_zipfs, strategies.geometrics), strategies.numbers(1e-9, 1 - 1e-9))
def test_the_rank_of_a_mass_is_the_inverse_of_the_mass(source, mass):
    n = rank_of_mass(source, np.array([mass]), np.array([1 - mass]))
    if math.isinf(n[0]):
        assert capacity.tail_mass(source, 1e307) > 1 - mass
    else:
        assert head_mass(source, n)[0] == pytest.approx(mass, rel=1e-11)


def test_draws_without_end_leave_the_tail_and_room_without_end_leaves_what_is_new():
    assert excess("zipf:1.5,shift=3", 500, 2**63) == pytest.approx(
        capacity.tail_mass("zipf:1.5,shift=3", 500), rel=1e-13
    )
    assert excess("zipf:1.724", 2**62, 10**6) == pytest.approx(bounds.missing_mass("zipf:1.724", 10**6), rel=1e-9)


@pytest.mark.parametrize(("s", "excess_left"), [(1.5, 0.0366), (1.724, 0.0495)])
def test_a_store_reserved_by_rank_gains_beyond_what_was_seen(s, excess_left):
    """C2 is not the store of D5, for which n = U(D) is enough."""
    seen = np.round(bounds.expected_unique(bounds.Zipf(s), 1e9))
    there, unlimited = excess(bounds.Zipf(s), [seen, 2**62], 1e9)
    assert there / unlimited - 1 == pytest.approx(excess_left, abs=1e-4)


# The limit (C3), and laws held against it


@pytest.mark.parametrize("q", [0.0, 100.0])
def test_how_fast_the_tail_becomes_a_power(q):
    """With the shift q + 1/2 the relative error is s(s-1)/24 y^-2, without it (s-1)(q+1/2)/n."""
    s, law = 1.724, bounds.Zipf(1.724, q)
    limit = next(f for f in FORMULAS if f.name == "tail_mass.zipf_limit").function
    coefficient = capacity.loss_law_of(law, novelty_cost=1.0).param_coefficient
    for n in (300.0, 1e4, 1e5):
        y = n + q + 0.5
        assert limit(s, q, n) / capacity.tail_mass(law, n) - 1 == pytest.approx(
            s * (s - 1) / 24 / y**2, rel=1e-2, abs=1e-14
        )
    shifted = coefficient * 1e7 ** (1 - s) / capacity.tail_mass(law, 1e7) - 1
    assert shifted == pytest.approx((s - 1) * (q + 0.5) / 1e7, rel=1e-3)


@pytest.mark.parametrize("source", ["zipf:1.724", "zipf:1.34,shift=10"])
def test_the_loss_law_is_the_limit_of_the_loss(source):
    law = capacity.loss_law_of(source, novelty_cost=0.7, irreducible=1.69)
    for n, D in ((10**4, 10**18), (10**12, 10**6)):
        exact = bounds.capacity_loss(source, n, D, novelty_cost=0.7, irreducible=1.69) - 1.69
        assert (law.loss(n, D) - 1.69) / exact == pytest.approx(1, rel=5e-3)
    assert capacity.consistency(law).spread == pytest.approx(0, abs=1e-12)
    assert law.data_exponent == pytest.approx(law.param_exponent / (1 + law.param_exponent), rel=1e-12)


def test_a_store_in_parameters_keeps_its_loss():
    per_sequence = capacity.loss_law_of("zipf:1.724", novelty_cost=1.0)
    per_param = capacity.loss_law_of("zipf:1.724", novelty_cost=1.0, params_per_sequence=25.0)
    assert per_param.loss(25e6, 1e9) == pytest.approx(per_sequence.loss(1e6, 1e9), rel=1e-14)
    assert per_param.params_counted == "25 per stored sequence"


@pytest.mark.parametrize(("s", "most"), [(1.02, 0.98), (1.34, 0.80), (1.724, 0.70), (6.0, 0.52)])
def test_how_much_the_sum_of_powers_exceeds_the_loss_it_stands_for(s, most):
    law = capacity.loss_law_of(bounds.Zipf(s), novelty_cost=1.0)
    n = 10**4 if s < 3 else 10**3
    sizes = np.floor(n**s / bounds.counts.zipf_normaliser(bounds.Zipf(s)) * np.geomspace(0.2, 5, 41))
    over = law.loss(n, sizes) / excess(bounds.Zipf(s), n, sizes) - 1
    assert over.max() == pytest.approx(most, abs=0.006)


@pytest.mark.parametrize(("s", "ratio", "over", "price"), [(1.724, 1.49, 1.53, 0.07), (1.34, 1.61, 1.69, 0.05)])
def test_the_optimum_of_the_sum_of_powers_is_not_that_of_the_model(s, ratio, over, price):
    """At fixed n D; stores of a million sequences and more, where ranks are a continuum."""
    source = bounds.Zipf(s)
    law, budget = capacity.loss_law_of(source, novelty_cost=1.0), 10.0**18 if s > 1.5 else 10.0**15
    n = np.round(np.geomspace(1e3, 1e9, 1500))
    D = np.round(budget / n)
    exact, sum_of_powers = excess(source, n, D), law.loss(n, D)
    best, other = exact.argmin(), sum_of_powers.argmin()
    assert n[other] / n[best] == pytest.approx(ratio, abs=0.03)
    assert sum_of_powers[other] / exact[other] == pytest.approx(over, abs=0.01)
    assert exact[other] / exact[best] - 1 == pytest.approx(price, abs=0.005)


def test_published_laws_against_the_model():
    rounded, unrounded = (capacity.consistency(key) for key in ("hoffmann2022", "hoffmann2022-unrounded"))
    assert rounded.growth_exponents == pytest.approx((1 / 1.34, 0.72, 0.28 / 0.34))
    assert rounded.zipf_exponents == pytest.approx((1.34, 1 / 0.72))
    assert (rounded.spread, unrounded.spread) == pytest.approx((0.1438, 0.1748), abs=1e-4)
    epoch = capacity.consistency("epoch2024")
    assert epoch.deviation == pytest.approx(4.72, abs=0.01)
    assert epoch.p_value == pytest.approx(math.erfc(epoch.deviation / math.sqrt(2)), rel=1e-9)
    assert "beta is not below alpha" in epoch.verdict
    assert "4.7 standard errors above" in epoch.verdict
    assert "no irreducible loss" in capacity.consistency("kaplan2020").verdict


@pytest.mark.parametrize("law", [law for law in bounds.LAWS.values() if not law.standard_errors], ids=lambda l: l.key)
def test_without_standard_errors_there_is_no_verdict(law):
    """The same fit rounded and with more digits must not be told apart."""
    found = capacity.consistency(law)
    assert (found.deviation, found.p_value, found.p_value_most) == (None, None, None)
    assert "has no standard errors, so nothing tells" in found.verdict
    assert f"{found.spread:.1%} apart" in found.verdict
    for word in ("agree", "contradict", "tolerance", "within", "p ="):
        assert word not in found.verdict


@given(strategies.numbers(0.05, 1.5), strategies.numbers(0.01, 0.9), strategies.numbers(-0.99, 0.99))
def test_no_correlation_gives_a_larger_p_value_than_is_said(alpha, beta, correlation):
    errors = (("param_exponent", 0.03), ("data_exponent", 0.02))
    law = bounds.LossLaw("some", "none", alpha, beta, standard_errors=errors)
    apart, known = capacity.consistency(law), correlation * 0.03 * 0.02
    told = capacity.consistency(law, covariance=[[0.03**2, known], [known, 0.02**2]])
    assert told.p_value == told.p_value_most
    assert max(told.p_value, apart.p_value) <= apart.p_value_most * (1 + 1e-9) + 1e-300


@pytest.mark.parametrize("correlation", [-0.8, 0.0, 0.9])
def test_the_test_of_one_exponent_rejects_as_often_as_it_says(correlation):
    """Under the model 5 % of estimates have p < .05; half a covariance too small has more (control)."""
    rng = np.random.default_rng([7, round(10 * correlation + 10)])
    alpha, size = 0.5, 2000
    covariance = np.array([[0.03**2, correlation * 6e-4], [correlation * 6e-4, 0.02**2]])
    drawn = rng.multivariate_normal([alpha, alpha / (1 + alpha)], covariance, size)
    laws = [bounds.LossLaw("some", "none", a, b) for a, b in drawn]
    for scale, low, high in ((1.0, 0.035, 0.065), (0.5, 0.12, 0.25)):
        rejected = np.mean([capacity.consistency(law, covariance=scale * covariance).p_value < 0.05 for law in laws])
        assert low < rejected < high


# Stores


def test_stores_of_whole_sequences():
    assert bounds.stored_sequences(7e10) == 7e10
    assert bounds.stored_sequences(0.7, params_per_sequence=0.1) == 7
    assert bounds.stored_sequences(10, params_per_sequence=4) == 2
    assert bounds.stored_sequences(1000, bits_per_sequence=16) == 125
    np.testing.assert_array_equal(bounds.stored_sequences(np.array([0, 5, 9]), params_per_sequence=3), [0, 1, 3])


@given(strategies.counts(1, 10**15), strategies.magnitudes(1e-3, 1e3))
def test_the_parameters_for_a_store_hold_it(n, rate):
    assert bounds.stored_sequences(bounds.params_to_store(n, params_per_sequence=rate), params_per_sequence=rate) == n


def test_shapes_and_labels():
    assert isinstance(excess("zipf:1.724", 10, 10), float)
    assert excess("zipf:1.724", [[1], [10]], [5, 50, 500]).shape == (2, 3)
    assert excess("zipf:1.724", [], 5).shape == (0,)
    costs = bounds.capacity_loss("zipf:1.724", 10, 100, novelty_cost=[1.0, 2.0])
    assert costs[1] == 2 * costs[0]
    sizes = xr.DataArray([10.0, 1e6], dims="n_draws", coords={"n_draws": [10, 10**6]})
    labelled = excess("zipf:1.724", xr.DataArray([1, 10, 100], dims="n_params"), sizes)
    assert labelled.dims == ("n_params", "n_draws")
    assert labelled[2, 1] == excess("zipf:1.724", 100, 1e6)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (
            lambda: excess("zipf:1.724", 1.5, 10),
            r"n_stored must be a whole number of sequences from 0 to 2\^62, got 1.5",
        ),
        (lambda: excess("zipf:1.724", -1, 10), "n_stored must be .* got -1"),
        (lambda: excess("zipf:1.724", 1, math.nan), "n_draws must be a whole number from 0 to 2.63, got nan"),
        (lambda: excess("zipf:1.724", math.inf, 10), "n_stored must be .* got inf"),
        (lambda: excess("zipf:1.724", "many", 10), "n_stored must be .* got 'many'"),
        (lambda: excess("pitman-yor:0.5", 1, 10), "fixed probabilities, got pitman-yor:0.5; pass zipf:2"),
        (lambda: excess("growing:0.5", 1, 10), "one law for every corpus size, got growing:0.5"),
        (
            lambda: capacity.tail_mass("zipf:2", -0.5),
            "n_stored must be a finite number of sequences .* got -0.5",
        ),
        (lambda: capacity.tail_mass(MIXTURE, 0.5), "n_stored must be a whole number .* mixture, got 0.5"),
        (lambda: bounds.capacity_loss("zipf:2", 1, 1, novelty_cost=-1), "novelty_cost must be .* got -1"),
        (lambda: bounds.stored_sequences(1, params_per_sequence=1, bits_per_sequence=2), "exclude each other"),
        (lambda: bounds.stored_sequences(1, params_per_sequence=0), "params_per_sequence must be positive"),
        (
            lambda: capacity.loss_law_of("uniform:10", novelty_cost=1),
            "Zipf law with unlimited types, got uniform:10",
        ),
        (lambda: capacity.loss_law_of("zipf:1.5", novelty_cost=0), "novelty_cost must be positive"),
        (lambda: capacity.loss_law_of("zipf:99,shift=1e9", novelty_cost=1), "coefficient above 1e304"),
        (
            lambda: capacity.consistency("epoch2024", covariance=[1, 2]),
            "covariance must be a symmetric 2 by 2 matrix",
        ),
        (
            lambda: capacity.consistency("epoch2024", covariance="no"),
            "covariance must be a 2 by 2 matrix of numbers",
        ),
        (lambda: capacity.consistency("epoch2024", covariance=[[1, 2], [2, 1]]), "positive semi-definite"),
        (lambda: capacity.consistency("epoch2024", covariance=[[0, 0], [0, 0]]), "an error, got"),
        (lambda: capacity.consistency("epoch2024", freedom=math.nan), "freedom must be"),
        (lambda: capacity.loss_law_of("zipf:1.5", novelty_cost=[1, 2]), "novelty_cost must be one number"),
        (lambda: capacity.consistency("nobody"), "unknown law 'nobody'"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(function, message):
    with pytest.raises(ValueError, match=message) as caught:
        function()
    assert "\n" not in str(caught.value)


def test_what_the_sandwich_cannot_say_is_flagged():
    bound = capacity.capacity_loss_bounds(
        "zipf:1.724", [0, 0, 1000], [100, 0, 10**5], novelty_cost=2.0, irreducible=1.0
    )
    assert bound.upper[:2].tolist() == [3.0, 3.0]
    assert bound.upper_vacuous.tolist() == [True, True, False]
    nothing = capacity.capacity_loss_bounds("uniform:3", 3, 2**63, novelty_cost=1.0)
    assert nothing.lower == 0
    assert nothing.lower_vacuous


@pytest.mark.parametrize("source", ["santa-fe:1.7", "windows:alphabet=4,length=3", bounds.Source(), "pitman-yor:0.5"])
def test_sources_without_fixed_probabilities_get_one_sentence(source):
    calls = (
        lambda: capacity.tail_mass(source, 10),
        lambda: bounds.capacity_loss(source, 10, 100, novelty_cost=1.0),
        lambda: capacity.capacity_loss_bounds(source, 10, 100, novelty_cost=1.0),
        lambda: bounds.skills.draws_threshold_frequency(source, members=50, quorum=40),
        lambda: bounds.skills.stored_threshold(source, members=50, quorum=40),
    )
    for call in calls:
        with pytest.raises(ValueError, match="source must "):
            call()


def test_labels_stay_and_units_do_not():
    params = xr.DataArray([10.0, 25.0], dims="run", coords={"run": [1, 2]}, attrs={"units": "parameters"})
    results = (
        bounds.stored_sequences(params, params_per_sequence=10),
        bounds.params_to_store(params, bits_per_sequence=100),
        bounds.params_threshold("zipf:1.724", members=50, quorum=40, params_per_sequence=params),
        bounds.laws.block_entropy("santa-fe:1.724", params),
        bounds.expected_unique("zipf:1.724", params),
        capacity.tail_mass("zipf:1.724", params),
    )
    for result in results:
        assert result.dims == ("run",)
        assert result.run.values.tolist() == [1, 2]
        assert result.attrs == {}
