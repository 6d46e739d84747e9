"""Loss laws: published numbers, optima that are minima, answers that invert, and fifty digits."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any, cast

import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

import bounds
from bounds.base.notes import RANGE
from bounds.laws.formulas import FORMULAS
from bounds.laws.law_range import beyond, distance_text
from bounds.laws.published import FLOP_PER_PARAM_TOKEN, LAWS
from bounds.testing import magnitudes, numbers
from tests.public import public

TABLE = {formula.name: formula for formula in FORMULAS}
COMPARABLE = [law for law in LAWS.values() if law.comparable]
KAPLAN = cast("bounds.KaplanLaw", LAWS["kaplan2020"])
GOPHER = 5.76e23

laws = st.one_of(
    st.sampled_from(COMPARABLE),
    st.builds(
        lambda alpha, beta, E, A, B: bounds.LossLaw("random", "none", alpha, beta, E, A, B),
        numbers(0.1, 0.9), numbers(0.1, 0.9), numbers(0.0, 3.0), magnitudes(1, 1e5), magnitudes(1, 1e5),
    ),
)  # fmt: skip
computes = magnitudes(1e15, 1e28)
sizes = magnitudes(1e6, 1e14)
ratios = magnitudes(1e-2, 1e5)


def in_fifty_digits(law):
    return [mpmath.mpf(float(x)) for x in law.constants]


def exact_loss(law, N, D):
    E, A, alpha, B, beta = in_fifty_digits(law)
    return E + A * mpmath.mpf(N) ** -alpha + B * mpmath.mpf(D) ** -beta


# Published numbers, typed from the papers a second time


@pytest.mark.parametrize(
    ("key", "constants"),
    [
        ("hoffmann2022", (1.69, 406.4, 0.34, 410.7, 0.28)),
        ("hoffmann2022-unrounded", (1.6934, 406.4, 0.33917, 410.7, 0.28491)),
        ("epoch2024", (1.8172, 482.01, 0.3478, 2085.43, 0.3658)),
    ],
)
def test_constants_as_printed(key, constants):
    assert LAWS[key].constants == constants
    assert LAWS[key].params_counted == "total"


def test_unrounded_constants_are_those_of_the_source_of_the_paper():
    """Logarithms of E, A and B, and the exponents, as Besiroglu et al. 2024 read them."""
    found = LAWS["hoffmann2022-unrounded"].constants
    source = (math.exp(0.5267228), math.exp(6.0073404), 0.33917084, math.exp(6.0179186), 0.2849083)
    assert found == pytest.approx(source, rel=6e-5)
    assert tuple(round(x, 2 - i % 2) for i, x in zip((0, 1, 0, 1, 0), source, strict=True)) == (
        LAWS["hoffmann2022"].constants
    )


def test_standard_errors_of_the_replication():
    errors = dict(LAWS["epoch2024"].standard_errors)
    assert errors == {
        "param_coefficient": 124.58, "data_coefficient": 1293.23, "irreducible": 0.03,
        "param_exponent": 0.02, "data_exponent": 0.02,
    }  # fmt: skip


def test_published_optima():
    # Muennighoff et al. 2023, appendix: 40 B parameters for Gopher's compute from the unrounded law.
    assert LAWS["hoffmann2022-unrounded"].optimal(GOPHER)[0] == pytest.approx(40e9, rel=0.02)
    # Besiroglu et al. 2024: N_opt grows as C^0.5126, and 20 tokens a parameter are near the optimum.
    law = LAWS["epoch2024"]
    grown = law.optimal(10 * GOPHER)[0] / law.optimal(GOPHER)[0]
    assert math.log10(grown) == pytest.approx(0.5126, abs=1e-4)
    assert law.optimal_tokens_per_param(GOPHER) == pytest.approx(20, rel=0.1)
    # USERS: the rounded coefficients really give D/N = 90 for 4.49e23 FLOP.
    n_params, n_tokens = LAWS["hoffmann2022"].optimal(4.49e23)
    assert (n_params, n_tokens) == pytest.approx((28.8e9, 2.60e12), rel=2e-3)
    assert n_tokens / n_params == pytest.approx(90, rel=0.01)
    assert LAWS["hoffmann2022"].optimal_loss(4.49e23) == pytest.approx(1.940, abs=6e-4)


def test_kaplan_in_its_own_units():
    assert KAPLAN.params_counted == "non-embedding"
    assert KAPLAN.loss_of_params(8.8e13) == KAPLAN.loss_of_tokens(5.4e13) == 1.0
    assert KAPLAN.optimal_loss(3.1e8 * bounds.laws.PF_DAY) == pytest.approx(1.0, rel=1e-15)
    assert KAPLAN.loss_of_params(1e9) / KAPLAN.loss_of_params(2e9) == pytest.approx(2**0.076)
    # Equation 4.4: with D = 5e3 N^0.74 overfitting costs 2 % of the loss.
    N = np.array([1e7, 1e8, 1e9])
    assert KAPLAN.loss(N, 5e3 * N**0.74) / KAPLAN.loss(N, 1e300) - 1 == pytest.approx(np.full(3, 0.02), rel=0.25)
    # Equation 6.8: at 1e4 PF-days N is near 1e12, the loss near 1.7, and L(D) of those tokens catches up with it.
    C = 1e4 * bounds.laws.PF_DAY
    assert KAPLAN.optimal(C)[0] == pytest.approx(1e12, rel=0.1)
    assert KAPLAN.optimal_loss(C) == pytest.approx(1.7, rel=0.02)
    assert KAPLAN.loss_of_tokens(KAPLAN.optimal(C)[1]) == pytest.approx(KAPLAN.optimal_loss(C), rel=0.01)


def test_kaplan_optimum_uses_twice_the_least_compute():
    """Table 6 at one PF-day: 1.3e9 parameters, 2e10 tokens, trained at the critical batch size."""
    N, D = KAPLAN.optimal(bounds.laws.PF_DAY)
    assert (N, D) == (1.3e9, 2e10)
    assert bounds.training_flops(N, D) / bounds.laws.PF_DAY == pytest.approx(2, rel=0.1)


def test_kaplan_joint_law_tends_to_a_power_of_each():
    scale_n, alpha_n, scale_d, alpha_d = KAPLAN.joint
    assert KAPLAN.joint == (6.4e13, 0.076, 1.8e13, 0.103)
    assert KAPLAN.loss(1e9, 1e300) == pytest.approx((scale_n / 1e9) ** alpha_n, rel=1e-12)
    assert KAPLAN.loss(1e300, 1e9) == pytest.approx((scale_d / 1e9) ** alpha_d, rel=1e-12)
    assert KAPLAN.loss(1e9, 1e10) > max(KAPLAN.loss(1e300, 1e10), KAPLAN.loss(1e9, 1e300))


@pytest.mark.parametrize("ask", ["excess", "tokens_for", "params_for", "compute_for", "overtraining_penalty"])
def test_kaplan_is_not_compared_with_laws_that_have_an_irreducible_loss(ask):
    arguments = {"excess": 1, "compute_for": 1}.get(ask, 2)
    assert not KAPLAN.comparable
    with pytest.raises(ValueError, match="exponents only"):
        getattr(KAPLAN, ask)(*[2.0] * arguments)


def test_units():
    assert bounds.laws.PF_DAY == 1e15 * 24 * 3600
    assert TABLE["training_flops"].function(1, 1) == FLOP_PER_PARAM_TOKEN
    # The product of the two leaves 64 bits where whole numbers are kept.
    assert bounds.training_flops(np.array([6889410560]), np.array([921468928000])) == pytest.approx(
        6 * 6889410560.0 * 921468928000.0
    )
    assert LAWS["epoch2024"].loss(7 * 10**10, 14 * 10**30) == LAWS["epoch2024"].loss(7e10, 1.4e31)


@settings(deadline=None)
@given(laws, sizes, sizes, magnitudes(1, 1e6))
def test_another_unit_of_data_changes_only_its_coefficient(law, N, D, length):
    """Sequences of `length` tokens in place of tokens, loss per token: B becomes B length^-β, all else stays."""
    other = replace(law, data_coefficient=law.data_coefficient * length**-law.data_exponent)
    assert other.loss(N, D / length) == pytest.approx(law.loss(N, D), rel=1e-12)
    assert other.optimal_params_for(D / length) == pytest.approx(law.optimal_params_for(D), rel=1e-11)


# The optimum


def log_ratio(one, other):
    return sympy.simplify(sympy.expand_log(sympy.log(one) - sympy.log(other), force=True))


def test_optimum_is_the_minimum_for_every_law():
    """Symbolically: along 6ND = C the slope in ln N is the balance of two terms, rises, and vanishes at N_opt."""
    loss, params, tokens = TABLE["loss"], TABLE["optimal_params"].expression, TABLE["optimal_tokens"].expression
    s = loss.symbols
    x = sympy.Symbol("x", real=True)
    along = loss.expression.subs({s["N"]: sympy.exp(x), s["D"]: s["C"] / 6 * sympy.exp(-x)})
    model, data = s["alpha"] * s["A"] * s["N"] ** -s["alpha"], s["beta"] * s["B"] * s["D"] ** -s["beta"]
    balance = (data - model).subs({s["N"]: sympy.exp(x), s["D"]: s["C"] / 6 * sympy.exp(-x)})
    assert sympy.simplify(sympy.diff(along, x) - balance) == 0
    assert sympy.expand(sympy.diff(along, x, 2)).is_positive
    assert log_ratio(model.subs(s["N"], params), data.subs(s["D"], tokens)) == 0
    assert log_ratio(6 * params * tokens, s["C"]) == 0
    # What else is said of the optimum follows from it.
    assert log_ratio(TABLE["optimal_tokens_per_param"].expression, tokens / params) == 0
    for name, letter, put in (("optimal_params_for", "D", tokens), ("optimal_tokens_for", "N", params)):
        assert log_ratio(TABLE[name].expression.subs(s[letter], put), params if letter == "D" else tokens) == 0
    least = TABLE["optimal_loss"].expression - s["E"]
    assert log_ratio(least, (1 + s["alpha"] / s["beta"]) * s["A"] * params ** -s["alpha"]) == 0
    compute = TABLE["compute_for_loss"].expression.subs(s["L"], s["E"] + least)
    assert log_ratio(compute, s["C"]) == 0


@settings(deadline=None)
@given(laws, computes, numbers(-2, 2))
def test_optimum_is_a_minimum_and_spends_the_compute(law, C, shift):
    N, D = law.optimal(C)
    assert bounds.training_flops(N, D) == pytest.approx(C, rel=1e-12)
    assert law.optimal_loss(C) == pytest.approx(law.loss(N, D), rel=1e-13)
    other = law.loss(N * math.exp(shift), D * math.exp(-shift))
    assert other >= law.optimal_loss(C) * (1 - 1e-14)
    assert law.optimal_tokens_per_param(C) == pytest.approx(D / N, rel=1e-11)
    assert law.optimal_params_for(D) == pytest.approx(N, rel=1e-10)
    assert law.optimal_tokens_for(N) == pytest.approx(D, rel=1e-10)


# Answers that invert


@settings(deadline=None)
@given(laws, computes, ratios)
def test_a_loss_tells_its_compute_tokens_and_parameters(law, C, M):
    N, D = law.overtrained(C, M)
    assert pytest.approx(M, rel=1e-13) == D / N
    assert bounds.training_flops(N, D) == pytest.approx(C, rel=1e-13)
    L, E = law.loss(N, D), law.irreducible
    data, model = (law.loss(1e300, D) - E) / L, (law.loss(N, 1e300) - E) / L
    # What of the loss carries the answer sets how many digits a rounded loss leaves of it.
    if L > E:
        digits = 1e-15 * L / (L - E) / min(law.param_exponent, law.data_exponent)
        assert law.compute_for(L, M) == pytest.approx(C, rel=1e-13 + 20 * digits)
        assert law.compute_for(law.optimal_loss(C)) == pytest.approx(
            C, rel=1e-13 + 40 * digits * (L - E) / max(law.optimal_loss(C) - E, 1e-300)
        )
    if data > 1e-9:
        assert law.tokens_for(L, N) == pytest.approx(D, rel=1e-13 + 1e-14 / data / law.data_exponent)
    if model > 1e-9:
        assert law.params_for(L, D) == pytest.approx(N, rel=1e-13 + 1e-14 / model / law.param_exponent)


@settings(deadline=None)
@given(laws, numbers(1e-3, 5.0), ratios)
def test_compute_at_a_fixed_ratio_is_exact(law, excess, M):
    """The root put back into the law at fifty digits, against the loss that was asked for."""
    L = law.irreducible + excess
    C = law.compute_for(L, M)
    with mpmath.workdps(50):
        E, A, alpha, B, beta = in_fifty_digits(law)
        x, ratio = mpmath.mpf(float(C)) / 6, mpmath.mpf(M)
        model, data = A * (ratio / x) ** (alpha / 2), B * (ratio * x) ** (-beta / 2)
        wanted = mpmath.mpf(L) - E
        error = (model + data - wanted) / (alpha * model + beta * data) * 2
        assert abs(float(error)) < 1e-12


@settings(deadline=None)
@given(laws, computes, ratios)
def test_over_training_is_never_free(law, C, M):
    penalty = law.overtraining_penalty(C, M)
    N, D = law.overtrained(C, M)
    assert penalty >= 0
    assert penalty == pytest.approx(law.loss(N, D) - law.optimal_loss(C), rel=1e-9, abs=1e-11 * law.loss(N, D))
    best = law.optimal_tokens_per_param(C)
    assert law.overtraining_penalty(C, best) == pytest.approx(0, abs=1e-15 * law.loss(N, D))
    # Further from the optimum costs more, on either side.
    beyond = best * (M / best) ** 1.5
    if best != M:
        assert law.overtraining_penalty(C, beyond) >= penalty


@pytest.mark.parametrize("distance", [1e-6, 1e-3, 0.3, 1.0, 1.9, 2.1, -0.7, -3.0, 10.0])
def test_penalty_near_the_optimum_keeps_its_digits(distance):
    law = LAWS["epoch2024"]
    M = law.optimal_tokens_per_param(GOPHER) * math.exp(distance)
    with mpmath.workdps(60):
        _, A, alpha, B, beta = in_fifty_digits(law)
        x = mpmath.mpf(GOPHER) / 6
        best = (beta * B / (alpha * A)) ** (2 / (alpha + beta)) * x ** ((alpha - beta) / (alpha + beta))
        losses = [A * (ratio / x) ** (alpha / 2) + B * (ratio * x) ** (-beta / 2) for ratio in (mpmath.mpf(M), best)]
        exact = losses[0] - losses[1]
    # u = ln(M/M_opt) is known to rounding, and the penalty goes with its square.
    assert law.overtraining_penalty(GOPHER, M) == pytest.approx(float(exact), rel=2e-14 + 4e-15 / abs(distance))


# Fifty digits


@pytest.mark.parametrize("formula", FORMULAS, ids=lambda formula: formula.name)
def test_formulas_at_fifty_digits(formula):
    values = {
        formula.symbols[name]: sympy.Float(value, 60)
        for name, value in zip(formula.arguments, formula.example, strict=True)
    }
    exact = float(formula.expression.evalf(50, subs=values))
    assert formula.function(*formula.example) == pytest.approx(exact, rel=1e-14)
    assert formula.worked() is not None
    assert formula.of.startswith(("LossLaw.", "KaplanLaw.")) or callable(public(formula.public_name))


@settings(deadline=None)
@given(laws, computes, sizes, sizes)
def test_methods_at_fifty_digits(law, C, N, D):
    with mpmath.workdps(50):
        E, A, alpha, B, beta = in_fifty_digits(law)
        x = mpmath.mpf(C) / 6
        G = (alpha * A / (beta * B)) ** (1 / (alpha + beta))
        best = G * x ** (beta / (alpha + beta))
        exact = {
            "loss": exact_loss(law, N, D),
            "excess": B * mpmath.mpf(D) ** -beta,
            "optimal_params": best,
            "optimal_tokens": x / best,
            "optimal_loss": E + A * best**-alpha + B * (x / best) ** -beta,
            "optimal_tokens_per_param": x / best**2,
            "optimal_params_for": G * (G * mpmath.mpf(D)) ** (beta / alpha),
            "optimal_tokens_for": (mpmath.mpf(N) / G) ** (alpha / beta) / G,
        }
        exact = {name: float(value) for name, value in exact.items()}
    found = {
        "loss": law.loss(N, D),
        "excess": law.excess(D),
        "optimal_params": law.optimal(C)[0],
        "optimal_tokens": law.optimal(C)[1],
        "optimal_loss": law.optimal_loss(C),
        "optimal_tokens_per_param": law.optimal_tokens_per_param(C),
        "optimal_params_for": law.optimal_params_for(D),
        "optimal_tokens_for": law.optimal_tokens_for(N),
    }
    for name, value in exact.items():
        assert found[name] == pytest.approx(value, rel=2e-13), name


# Arrays, and constants that are arrays


def test_arrays_broadcast_and_scalars_stay_scalars():
    law = LAWS["epoch2024"]
    C, M = np.array([1e20, 1e22, 1e24]), np.array([[20.0], [200.0]])
    assert law.overtraining_penalty(C, M).shape == (2, 3)
    assert law.compute_for([2.5, 2.2, 2.0], M).shape == (2, 3)
    assert law.compute_for([2.5, 2.2, 2.0], M)[1, 2] == pytest.approx(law.compute_for(2.0, 200.0), rel=1e-14)
    for value in (law.compute_for(2.0, 20), law.overtraining_penalty(1e22, 30), *law.optimal(10**22)):
        assert isinstance(value, float)


def test_resampled_constants_broadcast():
    """A law whose constants are arrays is many laws at once."""
    many = [law for law in COMPARABLE for _ in range(2)]
    columns = [np.array(column) for column in zip(*(law.constants for law in many), strict=True)]
    E, A, alpha, B, beta = columns
    law = bounds.LossLaw("many", "none", alpha, beta, E, A, B)
    asked = [
        lambda law: law.optimal(GOPHER)[0],
        lambda law: law.compute_for(2.1),
        lambda law: law.compute_for(2.1, 40),
        lambda law: law.overtraining_penalty(GOPHER, 40),
        lambda law: law.tokens_for(2.1, 1e12),
        lambda law: law.optimal_tokens_for(1e10),
    ]
    for ask in asked:
        assert ask(law) == pytest.approx([ask(one) for one in many], rel=1e-13)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda law: law.loss(0, 1e9), "n_params must be positive and finite, got 0"),
        (lambda law: law.loss(1e9, float("nan")), "n_tokens must be positive and finite, got nan"),
        (lambda law: law.loss(1e9, [1e9, -2.0]), r"got -2 in an array of shape \(2,\)"),
        (
            lambda law: law.loss("1e9", 1e9),
            "n_params must be positive and finite, or an array of such numbers, got '1e9'",
        ),
        (lambda law: law.loss(True, 1e9), "n_params must be positive and finite"),
        (
            lambda law: law.loss(None, 1e9),
            "n_params must be positive and finite, or an array of such numbers, got None",
        ),
        (lambda law: law.loss(1j, 1e9), "n_params must be positive and finite"),
        (lambda law: law.loss(10**400, 1e9), "n_params must be positive and finite"),
        (lambda law: law.loss([[1, 2], [3]], 1e9), "n_params must be positive and finite"),
        (lambda law: law.optimal(-1e20), "compute_flops must be positive"),
        (lambda law: law.overtrained(1e20, 0), "tokens_per_param must be positive"),
        (lambda law: law.compute_for(1.6), r"loss must exceed 1\.69, the irreducible loss of hoffmann2022, got 1\.6"),
        (lambda law: law.compute_for([2.0, 1.69], 20), r"got 1\.69; no compute reaches it"),
        (lambda law: law.tokens_for(1.75, 1e9), "on unlimited tokens, got 1.75; add parameters"),
        (lambda law: law.params_for(1.75, 1e9), "an unlimited model on these tokens, got 1.75; add tokens"),
        (lambda law: replace(law, data_coefficient=0.0).optimal(1e20), "data_coefficient of law .* must be positive"),
        (lambda law: replace(law, param_exponent=-0.1).optimal_loss(1e20), "param_exponent of law"),
        (lambda law: bounds.training_flops(1e9, math.inf), "n_tokens must be positive and finite"),
        (lambda law: law.loss(np.array([1j]), 1e9), "n_params must be positive and finite"),
        (
            lambda law: law.loss([1e9, 1e10, 1e11], [1e9, 1e10]),
            r"n_params of shape \(3,\) and n_tokens of shape \(2,\)",
        ),
        (lambda law: law.compute_for([2.0, 2.1, 2.2], [20, 30]), r"loss of shape \(3,\) and tokens_per_param of shape"),
        (
            lambda law: replace(law, data_exponent=[0.1, 0.2]).loss(1e9, [1e9] * 3),
            "n_tokens of shape .* data_exponent of",
        ),
        (lambda law: replace(law, data_exponent=0.0).tokens_for(2.0, 1e12), "data_exponent of law .* must be positive"),
        (lambda law: bounds.training_flops([1, 2, 3], [1, 2]), "must broadcast to one shape"),
        (lambda law: bounds.get_law("chinchilla"), "unknown law 'chinchilla'"),
        (lambda law: bounds.get_law([1]), r"unknown law \[1\]: known are hoffmann2022"),
        (lambda law: bounds.get_law(None), "unknown law None"),
    ],
)
def test_bad_input_is_one_sentence(call, sentence):
    with pytest.raises(ValueError, match=sentence) as caught:
        call(LAWS["hoffmann2022"])
    assert "\n" not in str(caught.value)


# What is no law


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"param_exponent": "a"}, "param_exponent of law 'hoffmann2022' must be a number that is finite.*got 'a'"),
        ({"data_exponent": math.nan}, "data_exponent of law 'hoffmann2022' must be a number that is finite, got nan"),
        ({"data_exponent": None}, "data_exponent of law .* got None"),
        ({"data_exponent": [0.3, math.inf]}, "must be a number that is finite, got inf"),
        ({"data_exponent": 10**400}, "data_exponent of law"),
        ({"data_exponent": True}, "data_exponent of law"),
        ({"irreducible": -0.1}, "irreducible of law .* of at least 0, got -0.1"),
        ({"irreducible": 1j}, "irreducible of law"),
        ({"param_coefficient": -406.4}, "param_coefficient of law .* of at least 0, got -406.4"),
        ({"data_coefficient": math.inf}, "data_coefficient of law .* got inf"),
        ({"param_coefficient": [1.0] * 3, "data_exponent": [0.3] * 2}, "must broadcast to one shape"),
        ({"fitted_tokens": (5e11, 5e9)}, "fitted_tokens of law .* must be a pair"),
        ({"fitted_params": (2.0, 1.0)}, "fitted_params of law .* must be a pair"),
        ({"fitted_tokens": 5e9}, "fitted_tokens of law .* must be a pair"),
        ({"standard_errors": (("beta", 0.02),)}, "standard_errors of law .* name of a field and a positive number"),
        ({"standard_errors": (("data_exponent", math.nan),)}, "standard_errors of law"),
        ({"equal_exponents": True}, "equal_exponents of law .* alpha = beta, got 0.34 and 0.28"),
    ],
)
def test_a_law_of_bad_constants_is_refused_when_it_is_made(fields, sentence):
    with pytest.raises(ValueError, match=sentence) as caught:
        replace(LAWS["hoffmann2022"], **fields)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"data_exponent": 0}, "data_exponent of law 'kaplan2020' must be a number that is positive, got 0"),
        ({"compute_scale": math.nan}, "compute_scale of law .* got nan"),
        ({"joint": (1.0, 2.0)}, "joint of law .* must be"),
        ({"joint": (1.0, 2.0, -3.0, 4.0)}, "joint of law .* got -3"),
    ],
)
def test_the_constants_of_kaplan_are_positive(fields, sentence):
    with pytest.raises(ValueError, match=sentence):
        replace(KAPLAN, **fields)


def test_fitted_exponents_and_resampled_coefficients_may_be_extreme():
    """Noise gives exponents of 0 and less; in a few of many resamples a coefficient passes the floats."""
    drawn: dict[str, Any] = {"data_exponent": [-0.1, 0.0, 0.3], "data_coefficient": [1, 2, math.inf]}
    law: Any = replace(LAWS["hoffmann2022"], **drawn)
    assert law.data_exponent.dtype == law.data_coefficient.dtype == float
    assert law.loss(1e9, 1e9)[:2] == pytest.approx(1.69 + 406.4 * 1e9**-0.34 + np.array([1e9**0.1, 2]))


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda law: law.compute_for(1e300, 20), 0.0),
        (lambda law: law.compute_for(1e300), 0.0),
        (lambda law: replace(law, data_exponent=0.01).compute_for(1.69 + 1e-9), math.inf),
        (lambda law: replace(law, data_exponent=0.01).compute_for(1.69 + 1e-9, 20), math.inf),
        (lambda law: replace(law, param_exponent=2.0).loss(1e-300, 1e9), math.inf),
        (lambda law: bounds.training_flops(np.array([1e300]), 1e300)[0], math.inf),
    ],
)
def test_answers_beyond_the_floats_are_infinite_or_0_without_a_warning(call, expected):
    assert call(LAWS["hoffmann2022"]) == expected


@pytest.mark.parametrize("M", [5e-324, 1e-300, 1e300, 1.7e308])
def test_compute_at_an_extreme_ratio_keeps_its_digits(M):
    law = LAWS["epoch2024"]
    C = law.compute_for(400.0, M)
    if 0 < C < math.inf:
        with mpmath.workdps(50):
            E, A, alpha, B, beta = in_fifty_digits(law)
            x = mpmath.mpf(C) / 6
            found = E + A * (M / x) ** (alpha / 2) + B * (M * x) ** (-beta / 2)
        assert float(found) == pytest.approx(400.0, rel=1e-12)


def test_labelled_arrays_keep_their_labels():
    xarray = pytest.importorskip("xarray")
    N, D = xarray.DataArray([1e9, 1e10, 1e11], dims="model"), xarray.DataArray([1e10, 1e12], dims="corpus")
    assert LAWS["epoch2024"].loss(N, D).sizes == {"model": 3, "corpus": 2}
    assert LAWS["epoch2024"].compute_for(2.5, D).dims == ("corpus",)


def test_what_comes_out_does_not_carry_the_unit_of_what_went_in():
    xarray = pytest.importorskip("xarray")
    D = xarray.DataArray([1e10, 1e12], dims="corpus", attrs={"units": "tokens"})
    given = [
        LAWS["epoch2024"].loss(1e9, D),
        bounds.unique_bounds(D, law="epoch2024").lower,
        bounds.efficient_params(D, law="epoch2024").upper,
        bounds.training_flops(1e9, D),
        bounds.laws.effective_tokens(D, 1e10),
        bounds.expected_unique("zipf:1.7", D),
    ]
    assert [result.attrs for result in given] == [{}] * len(given)
    assert D.attrs == {"units": "tokens"}


@pytest.mark.parametrize(
    "ends", [(math.nan, 2), (1, math.nan), (2, 1), (None, 1), ("a", "b"), ([1, 2], [1, 2, 3]), ([0, math.nan], [1, 2])]
)
def test_what_is_no_interval(ends):
    with pytest.raises(ValueError, match="an interval needs"):
        bounds.Interval(*ends)


def test_an_interval_that_there_is_not_is_nan_at_both_ends():
    pair = bounds.Interval([0.5, math.nan], [0.6, math.nan])
    assert np.isnan(np.subtract(pair.upper, pair.lower)).tolist() == [False, True]
    assert -math.inf in bounds.Interval(-math.inf, math.inf)


# How far a use lies from the runs


def test_a_law_says_how_far_a_use_of_it_is_from_its_runs():
    law = LAWS["epoch2024"]
    assert law.extrapolation(n_params=1e9, n_tokens=1e11) == law.extrapolation() == ""
    assert law.extrapolation(n_params=1.6e12) == (
        "epoch2024 is extrapolated: N = 1.6T, 100 times beyond the runs (70M to 16B parameters)"
    )
    both = law.extrapolation(n_params=[1e9, 7e5], n_tokens=5e13)
    assert "N = 700K, 100 times below the runs" in both
    assert "D = 50T, 100 times beyond the runs" in both
    assert bounds.capacity.loss_law_of("zipf:1.7", novelty_cost=1).extrapolation(n_params=1e30, n_tokens=1e30) == ""


@pytest.mark.parametrize(
    ("values", "factor", "text"),
    [
        ([2.0, 5.0], 1, ""), (1.0, 1, ""), (10.0, 1, ""), (30.0, 3, "30, 3 times beyond,"),
        (0.25, 0.25, "0.25, 4 times below,"), ([0.5, 40.0], 4, "40, 4 times beyond,"),
        ([0.1, 40.0], 0.1, "0.1, 10 times"),
    ],
)  # fmt: skip
def test_a_distance_is_a_factor_on_the_side_that_is_farther(values, factor, text):
    assert beyond((1.0, 10.0), values) == factor
    assert distance_text((1.0, 10.0), values).startswith(text)
    assert beyond((0.0, math.inf), values) == 1


@pytest.mark.parametrize("law", COMPARABLE, ids=lambda law: law.key)
def test_bounds_carry_their_distance_from_the_runs(law):
    inside = bounds.unique_bounds(np.array(law.fitted_tokens), law=law)
    assert inside.notes == ()
    for n_tokens in (law.fitted_tokens[0] / 1.01, law.fitted_tokens[1] * 1.01):
        for bound in (bounds.unique_bounds(n_tokens, law=law), bounds.efficient_params(n_tokens, law=law)):
            (note,) = bound.notes
            assert note.kind == RANGE
            assert note.text.startswith("fitted on 5B to 500B tokens, so U and N at ")
    assert bounds.unique_bounds(1e30, law=bounds.LossLaw("own", "", 0.3, 0.3, 1.0, 400.0, 400.0)).notes == ()
