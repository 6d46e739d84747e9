"""The constant of memorised infinite Zipf laws: its definition, its expression and what it is the limit of."""

import math

import mpmath
import numpy as np
import pytest
import sympy

import bounds

mpf = mpmath.mpf


@pytest.mark.parametrize(("s", "shift"), [(1.05, 0), (1.389, 20), (1.724, 0), (2.2, 0)])
def test_the_memorisers_gain_per_distinct_sequence_tends_to_its_constant(s, shift):
    source, sizes = bounds.Zipf(s, shift), np.array([1e6, 1e12, 1e18])
    ratio = sizes * bounds.divergence.reverse_kl_empirical(source, sizes) / bounds.expected_unique(source, sizes)
    error = np.abs(ratio / bounds.divergence.reverse_kl_constant(s) - 1)
    assert np.all(error[1:] < error[:-1])
    assert error[-1] < 2e-8
    excess = bounds.divergence.reverse_kl_empirical(source, 1e18)
    assert bounds.divergence.unique_from_reverse_kl(1e18, excess, s) == pytest.approx(
        bounds.expected_unique(source, 1e18), rel=2e-8
    )


@pytest.mark.parametrize("s", [1.001, 1.389, 1.724, 2.0, 50.0])
def test_the_constant_equals_its_definition(s):
    """α/Γ(1-α) ∫ E N ln(N/λ) λ^(-1-α) dλ, its ends continued by hand."""
    alpha = 1 / s
    y = np.arange(-40, math.log(300), 1 / 64) + 1 / 128
    rate = np.exp(y)
    m = np.arange(1, 700.0)
    log_weight = -rate[:, None] + m * y[:, None] - np.array([math.lgamma(x + 1) for x in m])
    gain = np.sum(np.exp(log_weight) * m * (np.log(m) - y[:, None]), axis=1)
    # Below e^-40 h = -λ ln λ; beyond 300, 1/2 + 1/(12 λ) + ...
    low, last = -40.0, math.exp(y[-1] + 1 / 128)
    beyond = 1 - alpha
    small = math.exp(beyond * low) * (1 / beyond - low) / beyond
    large = sum(c * last ** (-j - alpha) / (j + alpha) for j, c in enumerate((1 / 2, 1 / 12, 1 / 12)))
    integral = small + np.sum(gain * np.exp(-alpha * y)) / 64 + large
    expected = alpha * beyond / math.gamma(1 + beyond) * integral
    assert bounds.divergence.reverse_kl_constant(s) == pytest.approx(expected, rel=2e-5)


@pytest.mark.parametrize("s", [1.0001, 1.389, 1.724, 2.0, 7.3, 50.0, 1000.0])
def test_the_constant_equals_its_expression_at_thirty_digits(s):
    formula = bounds.formulas()["reverse_kl_constant"]
    integral = next(iter(formula.expression.atoms(sympy.Integral)))
    body = sympy.lambdify([formula.symbols["s"], integral.variables[0]], integral.function, "mpmath")
    with mpmath.workdps(60):  # coth(t/2)/2 - 1/t cancels at the small end
        value = mpmath.quad(lambda y: body(mpf(s), mpmath.exp(y)) * mpmath.exp(y), [-40, -10, -4, 0, 1, 2, 3, 5])
        value = formula.expression.xreplace({integral: sympy.Float(value, 40)})
        value = float(value.subs(formula.symbols["s"], sympy.Float(s, 40)))
    assert bounds.divergence.reverse_kl_constant(s) == pytest.approx(value, rel=2e-15)


def test_the_constant_has_its_limits_and_decreases():
    s = np.array([1 + 1e-9, 1.01, 1.5, 2, 5, 50, 1e6])
    found = bounds.divergence.reverse_kl_constant(s)
    assert np.all(np.diff(found) < 0)
    assert found[0] == pytest.approx(1e9, rel=1e-6)
    assert found[-1] == pytest.approx(0.5, rel=1e-5)
