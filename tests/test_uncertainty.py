"""Intervals of intervals: the delta method against differences and resamples, Fieller's interval, the fitted band."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

import bounds
from bounds import fit_loss_law, fitting
from bounds.base.intervals import GIVEN, HEURISTIC
from bounds.fitting.loss_laws.prediction import EXPONENT_LACK_OF_FIT
from bounds.fitting.loss_laws.uncertainty import FORMULAS, KeptLaw, fitted_band
from tests.law_runs import LAWS, ladder, losses
from tests.test_efficiency import at_fifty_digits


@pytest.fixture(scope="module")
def fit():
    rng = np.random.default_rng(0)
    n_params, n_tokens = ladder(rng)
    return fit_loss_law(n_params, n_tokens, losses(rng, LAWS["Epoch"], n_params, n_tokens), bootstrap=1000)


@pytest.mark.parametrize("formula", FORMULAS, ids=lambda formula: formula.name)
def test_functions_are_their_expressions(formula):
    assert formula.function(*formula.example) == pytest.approx(at_fifty_digits(formula, formula.example), rel=1e-13)


@pytest.mark.parametrize(("end", "name"), [("upper", "unique_upper_fast"), ("lower", "unique_lower_slow")])
def test_the_delta_method_is_the_gradient_of_the_bound(end, name):
    """sd² = g' V g with g from the symbolic bound itself, at D ε ≫ 1."""
    B, beta, D = sympy.symbols("B beta D", positive=True)
    formula = bounds.formulas()[name]
    bound = formula.expression.subs({formula.symbols["epsilon"]: B * D**-beta, formula.symbols["D"]: D})
    bound = bound.subs(formula.symbols.get("M", 0), 10.8) - 1
    gradient = sympy.Matrix([B * sympy.diff(sympy.log(bound), B), sympy.diff(sympy.log(bound), beta)])
    gradient = np.array(gradient.subs({B: 410.7, beta: 0.28, D: 1e12}).evalf(), float)[:, 0]
    covariance = np.array([[0.4, 0.0130], [0.0130, 0.00043]])
    expected = math.sqrt(gradient @ covariance @ gradient)
    assert fitting.log_unique_deviation(1e12, covariance, end=end) == pytest.approx(expected, rel=1e-12)


def test_the_middle_lies_between_the_ends():
    covariance = [[0.4, 0.013], [0.013, 0.00043]]
    upper, middle, lower = (fitting.log_unique_deviation(1e12, covariance, end=e) for e in ("upper", "middle", "lower"))
    assert (middle, lower) == pytest.approx((1.5 * upper, 2 * upper))


def test_the_delta_method_agrees_with_the_resamples(fit):
    """To first order; the resamples know of the bend as well."""
    for end in ("upper", "lower"):
        values = np.log(getattr(bounds.unique_bounds(1e12, law=fit.sampled_law), end))
        delta = fitting.log_unique_deviation(1e12, fit.covariance[3:, 3:], end=end)
        assert delta == pytest.approx(values.std(ddof=1), rel=1e-3)
    alone = np.diag(np.diag(fit.covariance[3:, 3:]))
    assert fitting.log_unique_deviation(1e12, alone) > 4 * fitting.log_unique_deviation(1e12, fit.covariance[3:, 3:])


@given(st.floats(0.05, 0.95), st.floats(1e-4, 0.3), st.floats(1.01, 100), st.floats(0.5, 0.999))
def test_fieller_holds_the_estimate_and_grows_with_the_level(gamma, sigma, k, confidence):
    interval = fitting.growth_factor_interval(gamma, sigma, k, confidence=confidence)
    assert interval.lower <= bounds.growth_factor(gamma, k) <= interval.upper
    wider = fitting.growth_factor_interval(gamma, sigma, k, confidence=(1 + confidence) / 2)
    assert wider.lower <= interval.lower
    assert wider.upper >= interval.upper
    assert interval.lower >= k * (1 - 1e-12)


def test_fieller_is_unbounded_where_the_delta_method_is_silent_about_it():
    assert fitting.growth_factor_interval(0.05, 0.04).upper == math.inf
    assert fitting.growth_factor_interval(0.05, 0.04, method="delta").upper < math.inf
    sure = [fitting.growth_factor_interval(0.58, 1e-4, method=method) for method in ("fieller", "delta")]
    assert sure[0].upper == pytest.approx(sure[1].upper, rel=1e-6)


def test_the_band_of_a_fit_is_an_interval_of_intervals(fit):
    band = fit.band(1e12)
    for one in band.numbers:
        assert one.interval.lower <= one.value <= one.interval.upper, one
        json.dumps(one.to_json())
    assert band["exponent", "lower"].value == pytest.approx(1 - 2 * fit.law.data_exponent)
    assert band["exponent", "upper"].sampling.width == pytest.approx(fit.interval("data_exponent").width)
    assert band["n_unique", "upper"].value == bounds.unique_bounds(1e12, law=fit.law).upper
    assert band["corpus_factor", "lower"].value < band["corpus_factor", "upper"].value
    assert {one.quantity for one in fit.band().numbers} == {"data_exponent", "exponent", "corpus_factor"}
    assert {one.label for one in band.numbers if one.quantity == "n_params"} == {HEURISTIC}
    assert {one.label for one in band.numbers if one.quantity == "n_unique"} == {GIVEN, HEURISTIC}
    with pytest.raises(KeyError):
        band["nothing", "lower"]


def test_exponents_carry_what_a_longer_ladder_makes_of_beta(fit):
    """β ± √(sampling² + (z .055)²) on either side, and whatever follows from β at these ends."""
    band, sampling, beta = fit.band(1e12, confidence=0.8), fit.interval("data_exponent", 0.8), fit.law.data_exponent
    half = norm.ppf(0.9) * EXPONENT_LACK_OF_FIT
    low, high = beta - math.hypot(beta - sampling.lower, half), beta + math.hypot(sampling.upper - beta, half)
    assert tuple(band["data_exponent", ""].interval) == pytest.approx((low, high))
    assert tuple(band["data_exponent", ""].sampling) == pytest.approx(tuple(sampling))
    for end, times in (("lower", 2), ("middle", 1.5), ("upper", 1)):
        gamma = band["exponent", end].interval
        assert tuple(gamma) == pytest.approx((max(1 - times * high, 0), 1 - times * low))
        other = {"lower": "upper", "middle": "middle", "upper": "lower"}[end]
        factor = band["corpus_factor", other].interval
        assert factor.lower == pytest.approx(2 ** (1 / gamma.upper))
        assert factor.upper == pytest.approx(2 ** (1 / gamma.lower) if gamma.lower else math.inf)
    counted = {one.quantity for one in band.numbers if one.sampling_only}
    assert counted == {"n_unique", "n_params"}
    assert all(one.interval == one.sampling for one in band.numbers if one.sampling_only)
    few = replace(fit, law=replace(fit.law, residual_deviation=None)).band()
    assert all(one.sampling_only for one in few.numbers)


def test_a_law_in_a_file_has_the_band_of_its_draws(fit, tmp_path):
    path = str(tmp_path / "my.law.toml")
    fit.save(path)
    kept, own = fitted_band(KeptLaw(bounds.laws.read_law_file(path)), 1e12), fit.band(1e12)
    for one, other in zip(kept.numbers, own.numbers, strict=True):
        assert (one.quantity, one.end, one.value) == (other.quantity, other.end, other.value)
    draws = 1 - np.quantile(fit.samples[:, 4], [0.975, 0.025])
    assert tuple(kept["exponent", "upper"].sampling) == pytest.approx(tuple(draws), abs=1e-3)
    bare = KeptLaw(replace(bounds.laws.read_law_file(path), unidentified=("data_exponent",)))
    with pytest.raises(ValueError, match="does not know its data exponent"):
        fitted_band(bare)


def test_options_reach_the_bounds(fit):
    stored = fit.band(1e12, params_per_sequence=3.0)["n_params", "upper"]
    assert stored.value == pytest.approx(3 * fit.band(1e12)["n_unique", "upper"].value)
    other = fit.band(1e12, inversion="laplace", bits_per_sequence=16.0)
    assert other["n_unique", "lower"].value == bounds.unique_bounds(1e12, law=fit.law, inversion="laplace").lower
    assert other["n_params", "lower"].value == pytest.approx(8 * other["n_unique", "lower"].value)
    third = fit.band(source="kausik2024v3")
    assert third["exponent", "middle"].value == third["exponent", "lower"].value
    assert ("exponent", "middle") not in {(one.quantity, one.end) for one in fit.band(source="kausik2024v6").numbers}


def test_a_steep_law_has_no_finite_corpus_factor():
    """β ≥ ½: the lower exponent is 0, and more skills take a corpus without bound."""
    rng = np.random.default_rng(1)
    law = bounds.LossLaw("steep", "", 0.34, 0.6, 1.69, 406.4, 4e5)
    n_params, n_tokens = ladder(rng)
    band = fit_loss_law(n_params, n_tokens, losses(rng, law, n_params, n_tokens), bootstrap=100).band(1e12)
    assert band["exponent", "lower"].value == 0
    assert band["corpus_factor", "upper"].value == math.inf
    assert band["corpus_factor", "upper"].to_json()["value"] is None


def test_at_a_small_corpus_the_ends_say_nothing(fit):
    band = fit.band(1e6)
    assert band["n_unique", "upper"].vacuous
    assert band["n_unique", "upper"].value == 1e6


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: fitting.log_unique_deviation(1e12, [[1, 2], [3, 4]]), "symmetric 2 by 2"),
        (lambda: fitting.log_unique_deviation(1e12, [[1, 2], [2, 1]]), "positive semi-definite"),
        (lambda: fitting.log_unique_deviation(1e12, [[1, np.nan], [np.nan, 1]]), "symmetric 2 by 2"),
        (
            lambda: fitting.log_unique_deviation(1e12, np.eye(2), end="fast"),
            "end must be lower, middle or upper",
        ),
        (lambda: fitting.log_unique_deviation(-1, np.eye(2)), "n_tokens must be positive"),
        (lambda: fitting.exponent_deviation(-0.1), "standard_error must be a finite number"),
        (lambda: fitting.exponent_deviation(0.1, bernstein=2), "bernstein must be between 0"),
        (lambda: fitting.growth_factor_interval(0, 0.1), "exponent must be positive"),
        (lambda: fitting.growth_factor_interval(0.5, 0.1, 0.5), "k must be at least 1"),
        (lambda: fitting.growth_factor_interval(0.5, 0.1, method="bayes"), "method must be fieller or delta"),
        (lambda: fitting.growth_factor_interval(0.5, 0.1, confidence=1), "confidence must lie strictly"),
    ],
)
def test_bad_input_is_one_sentence(call, sentence):
    with pytest.raises(ValueError, match=sentence) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_bad_options_of_a_band_are_one_sentence(fit):
    with pytest.raises(ValueError, match="unknown version"):
        fit.band(source="v9")
    with pytest.raises(ValueError, match="unknown inversion"):
        fit.band(1e12, inversion="sideways")
