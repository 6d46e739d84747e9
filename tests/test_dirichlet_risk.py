"""Bayes and minimax risks: against sums at fifty digits, closed forms, any estimator's worst law, and their inverse."""

import math

import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import bounds
from bounds import divergence
from bounds.divergence import dirichlet_risk
from bounds.divergence.dirichlet_risk import risk
from tests.strategies import counts, magnitudes, n_draws

mpf = mpmath.mpf


def summed(k, n, a):
    """The formula of the Bayes risk, its beta-binomial sum term by term, at fifty digits."""
    with mpmath.workdps(50):
        k, a = mpf(k), mpf(a)
        rest, total = (k - 1) * a, n + k * a
        probability = mpmath.exp(
            mpmath.loggamma(n + rest) - mpmath.loggamma(rest) - mpmath.loggamma(total) + mpmath.loggamma(k * a)
        )
        terms = []
        for m in range(n + 1):
            q = (m + a) / total
            terms.append(probability * q * mpmath.log(q))
            if m < n:
                probability *= (m + a) * (n - m) / ((m + 1) * (n - m - 1 + rest))
        return float(mpmath.digamma(a + 1) - mpmath.digamma(k * a + 1) - k * mpmath.fsum(terms))


SMALL = [(2, 1), (2, 3), (2, 9840), (5, 3000), (46, 7), (100, 1000), (1000, 100), (10**9, 50), (10**9, 2000)]


@pytest.mark.parametrize("a", [1e-8, 1e-3, 0.3, 1.0, 6.5, 50.0, 3e4])
@pytest.mark.parametrize(("k", "n"), SMALL)
def test_the_risk_equals_its_sum_at_fifty_digits(k, n, a):
    assert divergence.forward_kl_bayes_risk(k, n, a) == pytest.approx(summed(k, n, a), rel=2e-13, abs=0)


def integrated(k, n, a):
    """The same for many draws: ends term by term, the middle integrated over the logit of m/n."""
    with mpmath.workdps(40):
        k, n, a = mpf(k), mpf(n), mpf(a)
        rest, total, ends = (k - 1) * a, n + k * a, 400
        constant = mpmath.loggamma(n + 1) - mpmath.loggamma(total) + mpmath.loggamma(k * a)
        constant -= mpmath.loggamma(a) + mpmath.loggamma(rest)

        def term(m, r):
            log = mpmath.loggamma(m + a) - mpmath.loggamma(m + 1) + mpmath.loggamma(r + rest) - mpmath.loggamma(r + 1)
            x = m + a
            return mpmath.exp(constant + log) * x * (mpmath.digamma(x + 1) - mpmath.log(x))

        def end(function):
            derivatives = [mpmath.diff(function, mpf(ends), order, h=mpf(10) ** -3) for order in (1, 3, 5, 7)]
            corrections = [mpmath.bernoulli(2 * j) / mpmath.factorial(2 * j) for j in range(1, 5)]
            first = mpmath.fsum(function(mpf(m)) for m in range(ends))
            return first + function(mpf(ends)) / 2 - mpmath.fdot(corrections, derivatives)

        def over_logit(y):
            m, r = n / (1 + mpmath.exp(-y)), n / (1 + mpmath.exp(y))
            return term(m, r) * m * r / n

        edge, centre = mpmath.log(n / ends - 1), -mpmath.log(k - 1)
        spread = mpmath.sqrt(k / n + 1 / a)
        points = {-edge, edge, *mpmath.linspace(-edge, edge, 20), *(centre + j * spread for j in range(-12, 13, 2))}
        mean = end(lambda m: term(m, n - m)) + end(lambda r: term(n - r, r))
        mean += mpmath.quad(over_logit, sorted(y for y in points if abs(y) <= edge), maxdegree=5)
        return float((k * mean - total * (mpmath.digamma(total + 1) - mpmath.log(total))) / total)


@pytest.mark.parametrize(
    ("k", "n", "a"),
    [(2, 10**12, 0.5), (3, 10**17, 1e-2), (10**6, 10**9, 1.2), (10**9, 10**12, 2.4), (10**12, 2 * 10**12, 0.36)],
)
def test_the_risk_of_many_draws_equals_its_integral_at_forty_digits(k, n, a):
    assert divergence.forward_kl_bayes_risk(k, n, a) == pytest.approx(integrated(k, n, a), rel=2e-14)


def test_the_expression_is_the_sum():
    formula = bounds.formulas()["forward_kl_bayes_risk"]
    values = {formula.symbols[x]: y for x, y in {"V": 4, "D": 6, "a": sympy.Rational(1, 2)}.items()}
    # Beta(m + a, ...) with whole sums of arguments is a number that sympy knows.
    value = formula.expression.subs(values).doit().evalf(30)
    assert divergence.forward_kl_bayes_risk(4, 6, 0.5) == pytest.approx(float(value), rel=1e-14)
    for name in ("forward_kl_minimax_lower", "support_upper_minimax"):
        assert bounds.formulas()[name].text == formula.text


def test_one_draw_has_a_closed_form():
    """a = 1: ψ(2) - ψ(3) = -1/2, estimates 2/3 and 1/3; a = 2: ψ(3) - ψ(5) = -7/12, estimates 3/5 and 2/5."""
    assert divergence.forward_kl_bayes_risk(2, 1, 2) == pytest.approx(
        -7 / 12 - 0.6 * math.log(0.6) - 0.4 * math.log(0.4), rel=1e-14
    )
    assert divergence.forward_kl_bayes_risk(2, 1, 1) == pytest.approx(
        math.log(3) - 2 / 3 * math.log(2) - 0.5, rel=1e-14
    )


@pytest.mark.parametrize("a", [0.5, 1.0, 3.0])
def test_the_risk_is_the_mean_of_the_forward_divergence_over_its_laws(a):
    """k = 2: average `forward_kl_add_constant` over Beta(a, a) by Gauss-Jacobi; the posterior mean adds a."""
    from scipy.special import roots_jacobi

    node, weight = roots_jacobi(200, a - 1, a - 1)
    for n in (1, 7, 40):
        values = [divergence.forward_kl_add_constant([(1 + x) / 2, (1 - x) / 2], n, added=a) for x in node]
        mean = np.dot(weight, values) / weight.sum()
        assert divergence.forward_kl_bayes_risk(2, n, a) == pytest.approx(mean, rel=2e-5)


@given(counts(2, 10**12), n_draws(10**15), magnitudes(1e-3, 50))
@settings(deadline=None, max_examples=30)
def test_the_risk_is_below_every_guarantee_and_falls_with_draws(k, n, a):
    value = divergence.forward_kl_bayes_risk(k, n, a)
    assert 0 < value <= divergence.forward_kl_laplace_upper(k, n)
    assert value <= math.log(k)
    assert divergence.forward_kl_bayes_risk(k, 2 * n, a) <= value * (1 + 1e-12)
    assert value <= divergence.forward_kl_bayes_risk(k + 1 + k // 1000, n, a) * (1 + 1e-12)


def test_no_added_constant_has_a_worst_law_below_the_minimax_bound():
    for k, n in ((2, 1), (2, 20), (5, 10)):
        lower = divergence.forward_kl_minimax_lower(k, n).risk
        # Laws that give most to one type, down to all of it, and the uniform one.
        shares = np.concatenate([[1 / k], 1 - np.logspace(-6, -0.31, 60)])
        candidates = [[x, *[(1 - x) / (k - 1)] * (k - 1)] for x in shares]
        for beta in (0.1, 0.5, 1.0, 2.0):
            assert max(divergence.forward_kl_add_constant(p, n, added=beta) for p in candidates) >= lower


@given(counts(2, 10**12), n_draws(10**15), st.floats(-2, 2))
@settings(deadline=None, max_examples=30)
def test_the_minimax_bound_is_the_maximum_over_priors(k, n, shift):
    found = divergence.forward_kl_minimax_lower(k, n)
    assert divergence.forward_kl_bayes_risk(k, n, found.concentration) == pytest.approx(found.risk, rel=1e-12)
    assert divergence.forward_kl_bayes_risk(k, n, found.concentration * math.exp(shift)) <= found.risk * (1 + 1e-11)


def test_the_minimax_bound_approaches_its_asymptotes():
    dense = divergence.forward_kl_minimax_lower(10**6, 10**10).risk
    assert dense == pytest.approx(divergence.forward_kl_minimax_asymptote(10**6, 10**10), rel=2.5e-4)
    many = np.array([10**6, 10**9, 10**12, 10**15, 10**18])
    sparse = divergence.forward_kl_minimax_lower(many, 100).risk
    ratio = sparse / divergence.forward_kl_minimax_asymptote(many, 100, dense=False)  # the next term is -ln ln(V/D)
    assert np.all(np.diff(ratio) > 0)
    assert 0.85 < ratio[-1] < 1
    # The asymptote is not a bound: at k = n it is nearly twice the exact one.
    assert divergence.forward_kl_bayes_risk(100, 100, 0.5) == pytest.approx(0.2676, abs=5e-5)
    assert divergence.forward_kl_minimax_asymptote(100, 100) == 0.495


def test_one_type_is_known():
    assert divergence.forward_kl_bayes_risk(1, 10, 0.5) == 0
    found = divergence.forward_kl_minimax_lower([1, 2], 10)
    assert found.risk[0] == 0
    assert math.isnan(found.concentration[0])
    assert found.concentration[1] > 0


# The inverse


@pytest.mark.parametrize("n", [1, 7, 100, 3000])
def test_the_largest_support_is_that_of_a_search_through_all(n):
    risks = [divergence.forward_kl_minimax_lower(k, n).risk for k in range(2, 60)]
    assert np.all(np.diff(risks) > 0)
    for k, value in list(enumerate(risks, 2))[::14]:
        assert divergence.support_upper_minimax(n, value) == k
        assert divergence.support_upper_minimax(n, value * (1 - 1e-9)) == k - 1
    assert divergence.support_upper_minimax(n, risks[0] / 2) == 1


@given(n_draws(), magnitudes(1e-6, 3))
@settings(deadline=None, max_examples=30)
def test_the_largest_support_brackets_the_excess(n, epsilon):
    k = divergence.support_upper_minimax(n, epsilon)
    assert k == math.floor(k) >= 1
    if k > 1:
        assert divergence.forward_kl_minimax_lower(k, n).risk <= epsilon * (1 + 1e-10)
    assume(k < 2**53)
    # The next number of types, or the next that is told apart at large k.
    above = k + 1 + math.floor(k * 1e-11)
    assert divergence.forward_kl_minimax_lower(above, n).risk > epsilon


def test_the_fast_rate_is_its_small_limit_and_too_small_a_bound_beyond():
    assert divergence.support_upper_minimax(1e12, 1e-6) == pytest.approx(1 + 2e6, rel=1e-5)
    # Where ε is no longer tiny, 1 + 2Dε leaves out supports that are consistent with it.
    assert divergence.support_upper_minimax(1e12, 0.1793) > 1.48 * (1 + 2e12 * 0.1793)
    supports = divergence.support_upper_minimax([1e3, 1e12], [[1e-3], [0.1], [3.0]])
    assert supports.shape == (3, 2)
    assert np.all(np.diff(supports, axis=0) > 0)


@pytest.mark.parametrize("n", [10.0, 1e5, 1e12, 2.0**63])
def test_the_inverse_takes_few_risks(n, monkeypatch):
    """Each of them is a few hundred terms, so that an inverse takes some tens of milliseconds."""
    asked = []

    def counted(*point):
        asked.append(point)
        return risk(*point)

    monkeypatch.setattr(dirichlet_risk, "risk", counted)
    for epsilon in (1e-6, 1e-3, 0.18, 2.9):
        asked.clear()
        divergence.support_upper_minimax(n, epsilon)
        assert len(asked) < 120
    assert max(len(dirichlet_risk._outcomes(*point)[0]) for point in asked) < 4000


BAD = [
    (
        lambda: divergence.forward_kl_bayes_risk(10, 10, 0),
        "concentration must be positive and finite, from 1e-300 to 1e100, got 0",
    ),
    (
        lambda: divergence.forward_kl_bayes_risk(10, 0, 1),
        "n_draws must be a whole number between 1 and 2\\^63, got 0",
    ),
    (
        lambda: divergence.forward_kl_bayes_risk(2.5, 10, 1),
        "n_types must be a whole number of at least 1, and at most 1e100, got 2.5",
    ),
    (
        lambda: divergence.forward_kl_minimax_lower(math.inf, 10),
        "n_types must be a whole number of at least 1, and at most 1e100, got inf",
    ),
    (lambda: divergence.support_upper_minimax(10, 0), "excess must be above 0 and at most 40 nats, got 0"),
    (
        lambda: divergence.support_upper_minimax(10, [0.1, math.nan]),
        "excess must be above 0 and at most 40 nats, got nan",
    ),
]


@pytest.mark.parametrize(("call", "message"), BAD)
def test_bad_input_gets_one_sentence(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_extreme_arguments_compute_or_are_refused():
    for types in (1e30, 1e100):
        for concentration in (1e-300, 1.0):
            assert divergence.forward_kl_bayes_risk(types, 2**63, concentration) > 0
    for arguments in ((10, 100, 5e-324), (1e300, 100, 1), (10, 100, 1e200)):
        with pytest.raises(ValueError, match=r"(concentration|n_types) must be"):
            divergence.forward_kl_bayes_risk(*arguments)
    with pytest.raises(ValueError, match="dense must be True or False, got 'no'"):
        divergence.forward_kl_minimax_asymptote(10, 100, dense="no")
