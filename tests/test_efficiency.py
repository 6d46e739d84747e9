"""Loss laws and the bounds that follow from them, against the formulas at fifty digits and the published numbers."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import bounds
from bounds.base.formula import PAPER_VERSIONS, Formula
from bounds.base.intervals import Interval
from bounds.efficiency.band import FORMULAS, INVERSIONS, LOSS_RANGE
from bounds.efficiency.inversions import LossCurve
from bounds.laws.published import LAWS

comparable = [key for key, law in LAWS.items() if law.comparable]
sizes = st.floats(1, 1e18)


def at_fifty_digits(formula: Formula, values: tuple[float, ...]) -> float:
    import sympy

    given_values = {
        formula.symbols[name]: sympy.Float(value, 60) for name, value in zip(formula.arguments, values, strict=True)
    }
    return float(formula.expression.evalf(50, subs=given_values))


def test_the_papers_exponents():
    band = bounds.exponent_band(0.28)
    assert band.lower == pytest.approx(0.44)
    assert band.upper == pytest.approx(0.72)
    assert band.midpoint == pytest.approx(0.58)
    replication = bounds.exponent_band(0.3658)
    assert replication.lower == pytest.approx(0.2684)
    assert replication.upper == pytest.approx(0.6342)


def test_doubling_the_skills_takes_three_to_five_times_the_data():
    factors = [bounds.growth_factor(g, k=2) for g in (0.72, 0.58, 0.44)]
    assert factors == pytest.approx([2.618769, 3.303827, 4.832358], rel=1e-6)
    assert bounds.growth_factor(0.58) == factors[1]
    assert bounds.growth_factor(np.array([0.72, 0.58]), 2) == pytest.approx(factors[:2])


def test_worked_numbers_of_the_theory():
    """Equation B7: Hoffmann 2022 at D = 1e12."""
    bound = bounds.unique_bounds(1e12, law="hoffmann2022")
    assert bound.lower == pytest.approx(2.74e8, rel=2e-3)
    assert bound.upper == pytest.approx(3.59e11, rel=2e-3)
    assert bound.middle == pytest.approx(9.9e9, rel=3e-3)
    other = bounds.unique_bounds(1e12, law="hoffmann2022", inversion=["laplace", "prequential"])
    assert other.lower == pytest.approx(1.96e11, rel=3e-3)
    assert other.upper == pytest.approx(3.59e11, rel=2e-3)


def test_where_the_upper_bound_becomes_vacuous():
    edge = (2 * 410.7) ** (1 / 0.28)
    assert edge == pytest.approx(2.57e10, rel=2e-3)
    below, above = (bounds.unique_bounds(edge * f, law="hoffmann2022") for f in (0.99, 1.01))
    assert below.upper_vacuous
    assert below.upper == edge * 0.99
    assert not above.upper_vacuous


@given(sizes, st.sampled_from(comparable), st.sampled_from([(), *INVERSIONS]))
def test_a_lower_end_above_the_corpus_says_nothing(n_tokens, law, inversion):
    """Such a bound contradicts its own assumption: U is at most D."""
    bound = bounds.unique_bounds(n_tokens, law=law, inversion=inversion)
    assert bound.lower < n_tokens or bound.lower_vacuous or n_tokens == 1


@given(sizes, st.sampled_from(comparable), st.sampled_from([(), *INVERSIONS]))
def test_ends_are_in_order_and_possible(n_tokens, law, inversion):
    bound = bounds.unique_bounds(n_tokens, law=law, inversion=inversion)
    assert 1 <= bound.lower <= bound.upper <= n_tokens
    assert bound.lower * (1 - 1e-12) <= bound.middle <= bound.upper * (1 + 1e-12)
    params = bounds.efficient_params(n_tokens, law=law, inversion=inversion, params_per_sequence=3)
    assert params.upper == pytest.approx(3 * bound.upper)


@given(st.floats(0.01, 0.49), st.floats(1.1, 100))
def test_the_band_is_in_order_and_the_factor_undoes_the_exponent(beta, k):
    band = bounds.exponent_band(beta)
    assert 0 < band.lower < band.midpoint < band.upper < 1
    assert bounds.growth_factor(band.midpoint, k) ** band.midpoint == pytest.approx(k)


@given(st.sampled_from(comparable), st.floats(1e18, 1e26))
def test_the_optimum_is_a_minimum(law, compute):
    law = LAWS[law]
    n_params, n_tokens = law.optimal(compute)
    assert 6 * n_params * n_tokens == pytest.approx(compute, rel=1e-9)
    best = law.loss(n_params, n_tokens)
    for factor in (0.9, 1.1):
        assert law.loss(n_params * factor, n_tokens / factor) > best


def test_linear_rate_bounds_do_not_depend_on_the_unit_but_the_slow_rate_does():
    """With sequences of 4 tokens, D and epsilon change and their product does not."""
    table = {formula.name: formula.function for formula in FORMULAS}
    D, eps, length = 1e12, 0.18, 4.0
    assert table["unique_upper_fast"](D / length, eps * length) == pytest.approx(table["unique_upper_fast"](D, eps))
    slow = table["unique_lower_slow"](D / length, eps * length, LOSS_RANGE * length) - 1
    assert slow == pytest.approx((table["unique_lower_slow"](D, eps, LOSS_RANGE) - 1) / length)


@pytest.mark.parametrize("inversion", INVERSIONS)
@pytest.mark.parametrize("length", [1, 4, 1000])
def test_counting_in_sequences(inversion, length):
    """The linear-rate bounds do not depend on how many tokens make a sequence; the slow rate's U - 1 falls as 1/ℓ."""
    D, law = 1e13, LAWS["hoffmann2022"]
    curve = LossCurve(D, law.data_coefficient, law.data_exponent)
    per_token, per_sequence = (INVERSIONS[inversion].evaluate(c) for c in (curve, curve.per_sequence(length)))
    assert curve.per_sequence(length).excess == pytest.approx(length * curve.excess)
    if inversion == "slow":
        assert per_sequence - 1 == pytest.approx((per_token - 1) / length)
    elif inversion in ("fast", "prequential"):
        assert per_sequence == pytest.approx(per_token, rel=1e-6)
    else:  # exact forms that are linear only where ε is small, and a sum over whole sequences
        assert inversion in ("laplace", "minimax", "pattern")


def brute_pattern(D, B, beta, M, c):
    total = sum(min(M, B * n**-beta) for n in range(1, D))
    return (total - np.pi * np.sqrt(2 * D / 3)) / c


@pytest.mark.parametrize("D", [1, 2, 31, 32, 33, 1000, 20_000])
@pytest.mark.parametrize(("B", "beta"), [(410.7, 0.28), (2085.43, 0.3658), (0.5, 0.9), (3.0, 1.0), (20.0, 1.7)])
def test_the_pattern_inversion_sums_the_excess_term_by_term(D, B, beta):
    curve = LossCurve(float(D), B, beta, max_novelty_cost=3.0)
    found = INVERSIONS["pattern"].evaluate(curve)
    assert found == pytest.approx(brute_pattern(D, B, beta, LOSS_RANGE, 3.0), rel=1e-12, abs=1e-10)


@given(sizes, st.floats(0.1, 1e5), st.floats(0.01, 0.99))
def test_pattern_and_prequential_never_cross(n_tokens, coefficient, beta):
    """Both hold for one curve, so the lower must not pass the upper."""
    curve = LossCurve(n_tokens, coefficient, beta)
    assert INVERSIONS["pattern"].evaluate(curve) <= INVERSIONS["prequential"].evaluate(curve)


def test_exponents_of_the_two_sums_meet():
    """Where both apply and β < 1/2, γ = 1 - β exactly: both ends grow as D^0.72."""
    D = np.array([1e17, 1e18])
    curve = LossCurve(D, 410.7, 0.28)
    for name in ("pattern", "prequential"):
        low, high = INVERSIONS[name].evaluate(curve)
        assert np.log10(high / low) == pytest.approx(0.72, abs=1e-3)


def test_ends_that_cross_say_so():
    """First occurrences of five nats at an excess of half a nat: Laplace and prequential cannot both be right."""
    law = bounds.LossLaw("steep", "", 0.5, 0.5, 1.0, 1.0, 1e5)
    bound = bounds.unique_bounds(4e10, law=law, inversion=["laplace", "prequential"], novelty_cost=5.0)
    assert bound.vacuous
    assert (bound.lower, bound.upper) == (1, 4e10)
    assert "contradict each other" in bound.notes[0].text
    assert bounds.unique_bounds(1e11, law="hoffmann2022").notes == ()


def test_past_one_half_the_middle_is_still_halfway_between_the_rates():
    law = bounds.LossLaw("steep", "", 0.5, 0.6, 1.0, 1.0, 1e5)
    assert bounds.exponent_band(0.6) == Interval(0.0, 0.4)
    assert bounds.bands(1e12, laws=[law])[0].exponent == pytest.approx((0.0, 0.1, 0.4))


def test_bits_per_parameter():
    by_bits = bounds.efficient_params(1e12, law="hoffmann2022", bits_per_sequence=20, bits_per_param=2)
    by_count = bounds.efficient_params(1e12, law="hoffmann2022", params_per_sequence=10)
    assert by_bits.upper == by_count.upper
    with pytest.raises(ValueError, match="not both"):
        bounds.efficient_params(1e12, law="hoffmann2022", params_per_sequence=3, bits_per_sequence=20)


@given(st.floats(0.01, 0.99), st.floats(0, 1))
def test_bernstein_exponents_span_the_band(beta, b):
    gamma = bounds.efficiency.bernstein_exponent(beta, b)
    assert 1 - 2 * beta - 1e-12 <= gamma <= 1 - beta + 1e-12
    assert bounds.efficiency.bernstein_exponent(beta, np.array([0.0, b, 1.0])).shape == (3,)


def test_arrays_broadcast_and_bounds_carry_their_grounds():
    n_tokens = np.array([[1e9], [1e12]])
    bound = bounds.unique_bounds(n_tokens, law="epoch2024")
    assert bound.lower.shape == (2, 1)
    assert bound.upper_vacuous.tolist() == [[True], [False]]
    for text in (bound.label, bound.assumption, bound.equation, bound.source):
        assert text
    assert "2402.14746v1" in bound.source
    assert bounds.unique_bounds([1e9, 1e12], law="epoch2024").upper.shape == (2,)


def test_versions_of_the_paper_differ():
    v1, v3, v6 = (bounds.unique_bounds(1e12, law="hoffmann2022", source=version) for version in PAPER_VERSIONS)
    assert v1.middle > v3.middle == v3.lower
    assert v6.middle is None
    row = bounds.bands(1e12, laws=["hoffmann2022"], source="kausik2024v6")[0]
    assert row.exponent[1] is None
    assert row.to_json()["middle"] is None


def test_bands_are_json_with_the_promised_keys():
    rows = [json.loads(json.dumps(row.to_json())) for row in bounds.bands(1.4e12)]
    assert [row["law"] for row in rows] == list(LAWS)
    for row in rows:
        assert {"beta", "lower", "middle", "upper", "label", "assumption", "source"} <= set(row)
        assert {f"n_{x}_{end}" for x in ("unique", "params") for end in ("lower", "middle", "upper")} <= set(row)
    assert rows[-1]["n_unique_lower"] is None
    assert rows[2]["corpus_factor_middle"] == pytest.approx(2 ** (1 / 0.4513))


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: bounds.exponent_band(0), "beta must be strictly between 0 and 1"),
        (lambda: bounds.exponent_band(float("nan")), "beta must be strictly between 0 and 1"),
        (lambda: bounds.growth_factor(0), "exponent must be positive"),
        (lambda: bounds.growth_factor(0.5, -1), "k must be positive"),
        (lambda: bounds.unique_bounds(1e12, law="chinchilla"), "unknown law 'chinchilla'"),
        (lambda: bounds.unique_bounds(1e12, law="kaplan2020"), "exponents only"),
        (lambda: bounds.unique_bounds(-1, law="hoffmann2022"), "n_tokens must be positive"),
        (lambda: bounds.unique_bounds(1e12, law="hoffmann2022", inversion="sideways"), "unknown inversion"),
        (lambda: bounds.unique_bounds(1e12, law="hoffmann2022", source="v9"), "unknown version of the paper"),
        (lambda: bounds.efficient_params(1e12, law="hoffmann2022", params_per_sequence=0), "params_per_sequence must"),
        (lambda: bounds.efficiency.bernstein_exponent(0.28, 1.5), "bernstein must be between 0"),
        (lambda: bounds.efficiency.bernstein_exponent(1.0, 0.5), "beta must be strictly"),
        (
            lambda: bounds.unique_bounds(100, law="hoffmann2022", tokens_per_sequence=200),
            "at least one sequence of 200",
        ),
        (lambda: bounds.unique_bounds(1e9, law="hoffmann2022", max_novelty_cost=-1), "max_novelty_cost must"),
        (lambda: bounds.unique_bounds(1e9, law="hoffmann2022", novelty_cost=20), "must not exceed max_novelty_cost"),
        (lambda: bounds.unique_bounds(1e9, law="hoffmann2022", tokens_per_sequence=0.1), "must be at least 1"),
        (lambda: bounds.bands(1e9, skills=0), "skills must be positive"),
        (lambda: bounds.unique_bounds(1e9, law="hoffmann2022", inversion=["slow", "laplace"]), "both give the lower"),
        (lambda: LAWS["kaplan2020"].excess(1e9), "exponents only"),
        (lambda: LAWS["hoffmann2022"].loss(0, 1e9), "n_params must be positive"),
        (lambda: Interval(2, 1), "lower <= upper"),
        (lambda: bounds.explain("nothing"), "nothing is called 'nothing'"),
    ],
)
def test_bad_input_is_one_sentence(call, sentence):
    with pytest.raises(ValueError, match=sentence) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_a_lower_end_below_zero_says_nothing():
    assert bounds.exponent_band(0.6) == Interval(0.0, 0.4)
    assert bounds.bands(1e12, laws=["hoffmann2022"])[0].corpus_factor[2] < 5


def test_intervals():
    pair = Interval(1.0, 4.0)
    assert tuple(pair) == (1.0, 4.0)
    assert 2 in pair
    assert 5 not in pair
    assert (pair.midpoint, pair.geometric_mean, pair.width) == (2.5, 2.0, 3.0)


def test_every_formula_explains_itself():
    for name, formula in bounds.formulas().items():
        text = bounds.explain(name)
        assert formula.label in text
        assert formula.assumption in text
        assert formula.source in text
        assert "LaTeX" in text


def test_halfway_to_an_end_that_says_nothing_there_is_no_middle():
    """At a million tokens the fast rate allows every token to be new, and only the lower end says something."""
    bound = bounds.unique_bounds([1e6, 1e12], law="hoffmann2022")
    assert bound.upper_vacuous.tolist() == bound.middle_vacuous.tolist() == [True, False]
    (row,) = (band.to_json() for band in bounds.bands(1e6, laws="hoffmann2022"))
    assert row["n_unique_middle"] is row["n_params_middle"] is None
    assert row["n_unique_lower"] > 1
    (low,) = (band.to_json() for band in bounds.bands(1e6, laws="hoffmann2022", source="kausik2024v3"))
    assert low["n_unique_middle"] == low["n_unique_lower"], "this version takes the lower end alone"
    assert bounds.unique_bounds(1e12, law="hoffmann2022", source="kausik2024v6").middle_vacuous


def test_infinite_numbers_are_null_in_json():
    """JSON has no infinity: neither of a factor beyond the largest float nor of a lower exponent of 0."""
    steep = bounds.LossLaw("steep", "own", 0.3, 0.6, 1.7, 400.0, 400.0)
    (row,) = (band.to_json() for band in bounds.bands(1e12, laws=[steep]))
    assert row["corpus_factor_upper"] is None
    (row,) = (band.to_json() for band in bounds.bands(1e12, laws="epoch2024", skills=1e300))
    json.dumps(row, allow_nan=False)
    assert row["corpus_factor_lower"] is None


def test_fewer_skills_are_refused():
    """A factor below one would turn the ends of the corpus factor around."""
    with pytest.raises(ValueError, match=r"skills must be at least 1, got 0\.5"):
        bounds.bands(1e12, skills=0.5)
