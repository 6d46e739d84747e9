"""Repeated tokens and excess parameters: the authors' numbers, limits, fifty digits, and the best use of a corpus."""

from __future__ import annotations

from dataclasses import replace

import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from sympy.codegen import cfunctions

import bounds
from bounds.laws.repeated_data import C4_LAW, FORMULAS, REPEATED_DATA_LAWS
from bounds.testing import magnitudes

LAW = REPEATED_DATA_LAWS["muennighoff2023"]
sizes = magnitudes(1e3, 1e14)
computes = magnitudes(1e16, 1e28)


def test_constants_of_the_appendix():
    assert (LAW.token_decay, LAW.param_decay) == (15.387756, 5.309743)
    E, A, alpha, B, beta = C4_LAW.constants
    logarithms = [float(np.log(x)) for x in (A, B, E)]
    assert logarithms == pytest.approx([6.255414, 7.3049974, 0.6254804], abs=1e-15)
    assert alpha == beta == 0.3526596
    assert (round(E, 2), round(A), round(B)) == (1.87, 521, 1488)
    # 70.0 B parameters and 1.37 T tokens for Gopher's compute; 0.051 parameters a distinct token.
    assert C4_LAW.optimal(5.76e23) == pytest.approx((70.0e9, 1.37e12), rel=2e-3)
    assert C4_LAW.optimal_params_for(1e9) == pytest.approx(0.051e9, rel=1e-3)


def test_losses_of_the_authors_own_code():
    """The two models of figure 1 as the authors' script prints them."""
    assert LAW.loss(6.34e9, 242e9, 25e9) == pytest.approx(2.2256440889984477, rel=1e-15)
    assert LAW.loss(8.67e9, 178e9, 25e9) == pytest.approx(2.2269634075087867, rel=1e-15)


def test_four_epochs_are_nearly_as_good_as_new_data():
    assert bounds.laws.effective_tokens(4e9, 1e9) / 4e9 == pytest.approx(0.931, abs=5e-4)
    assert bounds.laws.effective_tokens(40e9, 1e9) / 40e9 == pytest.approx(0.379, abs=5e-4)
    # 8.7 B parameters: four epochs of 44 B tokens measured 0.5 % above one of 178 B; the law says 0.7 %.
    assert LAW.loss(8.67e9, 178e9, 44e9) / LAW.loss(8.67e9, 178e9, 178e9) - 1 == pytest.approx(0.0069, abs=5e-5)


@settings(deadline=None)
@given(sizes, sizes)
def test_effective_tokens_lie_between_their_limits(D, U):
    effective = bounds.laws.effective_tokens(D, U)
    assert min(D, U) * (1 - 1e-15) <= effective <= D * (1 + 1e-15)
    assert effective <= U * (1 + LAW.token_decay) * (1 + 1e-15)
    assert bounds.laws.effective_tokens(2 * D, U) >= effective
    assert bounds.laws.effective_tokens(D, 2 * U) >= effective * (1 - 1e-15)
    value = bounds.laws.repeated_token_value(D, U)
    assert 0 <= value <= 1
    if D <= U:
        assert (effective, value) == (D, 1)


@settings(deadline=None)
@given(sizes, sizes)
def test_effective_params_lie_between_their_limits(N, U):
    effective, enough = bounds.laws.effective_params(N, U), C4_LAW.optimal_params_for(U)
    assert min(N, enough) * (1 - 1e-15) <= effective <= N * (1 + 1e-15)
    assert effective <= enough * (1 + LAW.param_decay) * (1 + 1e-15)
    if enough >= N:
        assert effective == N


def test_limits():
    assert bounds.laws.effective_tokens(1e300, 1e9) == pytest.approx(1e9 * (1 + LAW.token_decay), rel=1e-15)
    assert bounds.laws.effective_params(1e300, 1e9) == pytest.approx(
        C4_LAW.optimal_params_for(1e9) * (1 + LAW.param_decay), rel=1e-15
    )
    # One more token after one epoch is as good as new.
    assert bounds.laws.effective_tokens(1e9 + 1, 1e9) - 1e9 == pytest.approx(1, abs=1e-6)
    assert bounds.laws.repeated_token_value(1e9 * (1 + LAW.token_decay), 1e9) == pytest.approx(np.exp(-1))


@settings(deadline=None)
@given(sizes, sizes, sizes)
def test_values_at_fifty_digits(N, D, U):
    with mpmath.workdps(50):
        E, A, alpha, B, beta = (mpmath.mpf(x) for x in C4_LAW.constants)
        unique = mpmath.mpf(min(U, D))

        def decayed(total, base, scale):
            return base + base * scale * (1 - mpmath.exp(-(total / base - 1) / scale))

        G = (alpha * A / (beta * B)) ** (1 / (alpha + beta))
        tokens = decayed(mpmath.mpf(D), unique, mpmath.mpf(LAW.token_decay))
        enough = min(mpmath.mpf(N), G * (G * unique) ** (beta / alpha))
        params = decayed(mpmath.mpf(N), enough, mpmath.mpf(LAW.param_decay))
        loss = E + A * params**-alpha + B * tokens**-beta
    assert bounds.laws.effective_tokens(D, U) == pytest.approx(float(tokens), rel=1e-14)
    assert bounds.laws.effective_params(N, min(U, D)) == pytest.approx(float(params), rel=1e-13)
    assert LAW.loss(N, D, U) == pytest.approx(float(loss), rel=1e-14)


@pytest.mark.parametrize("formula", FORMULAS, ids=lambda formula: formula.name)
def test_formulas_at_fifty_digits(formula):
    values = {
        formula.symbols[name]: sympy.Float(value, 60)
        for name, value in zip(formula.arguments, formula.example, strict=True)
    }
    written = formula.expression.replace(cfunctions.expm1, lambda x: sympy.exp(x) - 1)
    assert formula.function(*formula.example) == pytest.approx(float(written.evalf(50, subs=values)), rel=1e-14)


def test_value_of_a_token_is_the_derivative():
    formula = next(f for f in FORMULAS if f.name == "effective_tokens")
    value = next(f for f in FORMULAS if f.name == "repeated_token_value")
    written = formula.expression.replace(cfunctions.expm1, lambda x: sympy.exp(x) - 1)
    assert sympy.simplify(sympy.diff(written, formula.symbols["D"]) - value.expression) == 0


@settings(deadline=None, max_examples=30)
@given(computes, magnitudes(1e6, 1e14))
def test_best_use_of_a_corpus(C, U):
    """Against a grid over the whole of 6ND = C; without repetition it is the law's own optimum."""
    N, D = LAW.optimal(C, U)
    assert bounds.training_flops(N, D) == pytest.approx(C, rel=1e-12)
    tokens = D * np.exp(np.linspace(-9, 9, 1201))
    assert LAW.loss(N, D, U) <= LAW.loss(C / (6 * tokens), tokens, U).min() * (1 + 1e-13)
    alone = C4_LAW.optimal(C)
    if alone[1] <= U:
        assert pytest.approx(alone, rel=1e-14) == (N, D)
    else:
        # Parameters lose their worth sooner than tokens: with α = β compute goes into epochs.
        assert max(U, alone[1] * (1 - 1e-12)) <= D


def test_less_parameters_than_without_the_limit():
    """Section 5: for 9.3e21 FLOP and 25 B distinct tokens, about a quarter fewer parameters."""
    N, D = LAW.optimal(9.3e21, 25e9)
    assert N / C4_LAW.optimal(9.3e21)[0] == pytest.approx(0.77, abs=0.01)
    assert 9 < D / 25e9 < 10
    many = LAW.optimal(np.array([1e21, 9.3e21]), [[25e9], [1e15]])
    assert many[0].shape == many[1].shape == (2, 2)
    assert many[1][0, 1] == pytest.approx(D, rel=1e-14)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: bounds.laws.effective_tokens(0, 1e9), "n_tokens must be positive"),
        (lambda: bounds.laws.effective_tokens(1e9, float("inf")), "n_unique_tokens must be positive and finite"),
        (lambda: bounds.laws.effective_params(-1, 1e9), "n_params must be positive"),
        (lambda: bounds.laws.repeated_token_value(1e9, "all"), "n_unique_tokens must be positive and finite"),
        (lambda: LAW.optimal(0, 1e9), "compute_flops must be positive"),
        (lambda: bounds.laws.effective_tokens(1e9, 1e9, law="chinchilla"), "unknown law of repeated data 'chinchilla'"),
        (lambda: bounds.laws.effective_tokens(1e9, 1e9, law=[1]), r"unknown law of repeated data \[1\]"),
        (lambda: bounds.laws.effective_tokens([1e9, 2e9], [1e9, 1e9, 1e9]), "must broadcast to one shape"),
        (
            lambda: replace(LAW, law="epoch2024"),  # type: ignore[arg-type]  # a name is no law: said, not guessed
            "law of law 'muennighoff2023' must be a LossLaw, got 'epoch2024'",
        ),
        (lambda: replace(LAW, token_decay=float("nan")), "token_decay of law 'muennighoff2023' .* got nan"),
        (lambda: replace(LAW, param_decay=-1), "param_decay of law 'muennighoff2023' .* positive, got -1"),
    ],
)
def test_bad_input_is_one_sentence(call, sentence):
    with pytest.raises(ValueError, match=sentence) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_next_to_no_tokens_give_no_warning():
    assert bounds.laws.effective_params(1e9, 1e-300) == pytest.approx(
        C4_LAW.optimal_params_for(1e-300) * 6.309743, rel=1e-12
    )
    assert bounds.laws.effective_params(1e9, 5e-324) < 1e-300
    assert bounds.laws.effective_tokens(1e300, 1e-300) == pytest.approx(1e-300 * (1 + LAW.token_decay), rel=1e-12)
    assert LAW.optimal(1e300, 1e-300)[1] > 0
