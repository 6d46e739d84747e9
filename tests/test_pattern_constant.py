"""What counting predictors lose per distinct sequence: the constant, its defining sum, and what it is the limit of."""

import math

import mpmath as mp
import numpy as np
import pytest
from scipy import special, stats

import bounds
from bounds import divergence

PAIRS = [(1.05, 0.5), (1.3889, 0.72), (1.3889, 0.5), (1.724, 0.58), (3.0, 0.2), (3.0, 0.9)]


def by_sum(s, d):
    """The sum over N of the definition, its end extrapolated: errors fall as M^-α, M^-(α+1), …"""
    alpha = 1 / s
    n = np.arange(1, 2**17 + 1.0)
    terms = np.exp(special.gammaln(n + 1 - alpha) - special.gammaln(n + 1)) * (
        special.digamma(n + 1 - alpha) - np.log(n - d)
    )
    sums = np.cumsum(terms)[2 ** np.arange(9, 18) - 1]
    for j in range(5):
        ratio = 2 ** (alpha + j)
        sums = (ratio * sums[1:] - sums[:-1]) / (ratio - 1)
    return alpha / math.gamma(1 - alpha) * sums[-1] + alpha * math.log(alpha / d)


@pytest.mark.parametrize(("s", "d"), PAIRS)
def test_the_constant_is_its_sum(s, d):
    assert divergence.pattern_loss_constant(s, discount=d) == pytest.approx(by_sum(s, d), rel=2e-9)


@pytest.mark.parametrize("s", [1.0001, 1.3889, 1.724, 5.0, 60.0])
def test_no_discount_does_better_than_that_of_the_law(s):
    best = divergence.pattern_loss_constant(s)
    assert best == divergence.pattern_loss_constant(s, discount=1 / s)
    for d in (0.01, 0.3, 0.5, 0.99, 1 / s - 0.01 / s, min(1 / s + 0.01 * (1 - 1 / s), 0.999999)):
        assert divergence.pattern_loss_constant(s, discount=d) >= best > 0


def expected_loss(s, d, size):
    """E KL of the predictor after a Poisson number of draws, over E U: sums over ranks and counts."""
    y, weight = np.polynomial.legendre.leggauss(16)
    cuts = np.log(np.geomspace(3000.5, 1e14, 120))
    half = np.diff(cuts)[:, None] / 2
    ranks = np.exp((cuts[:-1, None] + cuts[1:, None]) / 2 + half * y)
    r = np.concatenate([np.arange(1.0, 3001), ranks.ravel()])
    times = np.concatenate([np.ones(3000), (half * weight * ranks).ravel()])
    means = size / special.zeta(s, 1) * r**-s
    total = np.sum(times[means > 500] * (d + 0.5))  # to order 1/λ
    for mean, n in zip(means[means <= 500], times[means <= 500], strict=True):
        seen = np.arange(1.0, mean + 12 * math.sqrt(mean) + 30)
        total += n * mean * np.sum(stats.poisson.pmf(seen, mean) * (math.log(mean) - np.log(seen - d)))
    unique, mass = bounds.expected_unique(f"zipf:{s}", size), bounds.missing_mass(f"zipf:{s}", size)
    return float((total + size * mass * math.log(mass * size / (d * unique))) / unique)


@pytest.mark.parametrize(("s", "d"), [(1.724, 1 / 1.724), (1.724, 0.4), (2.2, 0.6)])
def test_the_loss_of_a_counting_predictor_tends_to_it(s, d):
    constant = divergence.pattern_loss_constant(s, discount=d)
    far, near = (abs(expected_loss(s, d, size) / constant - 1) for size in (1e4, 1e6))
    assert near < 1e-3
    assert near < far


def test_the_best_natural_estimator_comes_near_it_from_below():
    """It knows the few sequences with a count of their own, whose share falls slowly: as U^(-α/(1+α))."""
    law, short = bounds.Zipf(1.724), []
    p = np.arange(1.0, 4e6) ** -law.exponent / special.zeta(law.exponent, 1)
    for n in (10**4, 10**7):
        counts = np.random.default_rng(5).poisson(n * p)
        seen = counts > 0
        loss = divergence.forward_kl_natural(np.append(p[seen], 1 - p[seen].sum()), np.append(counts[seen], 0))
        short.append(float(1 - loss / divergence.pattern_loss(law, n)))
    assert 0 < short[1] < 0.15
    assert short[1] < 0.6 * short[0]


def test_it_is_refused_where_the_limit_is_another():
    assert divergence.pattern_loss("santa-fe:1.5,labels=3", 1e6) == divergence.pattern_loss("zipf:1.5", 1e6)
    assert divergence.pattern_loss("zipf:1.5,shift=9", [1e6, 1e9]).shape == (2,)
    for source in ("zipf:1.5,types=100", "uniform:9", "pitman-yor:0.5"):
        with pytest.raises(ValueError, match="source must be a zipf law with unlimited types"):
            divergence.pattern_loss(source, 100)
    with pytest.raises(ValueError, match="exponent must be above 1"):
        divergence.pattern_loss_constant(0.9)
    with pytest.raises(ValueError, match="discount must be strictly between 0 and 1"):
        divergence.pattern_loss_constant(1.5, discount=1)


@pytest.mark.verification
def test_sum_and_integral_agree_to_thirty_digits():
    """The sum by Euler and Maclaurin, the integral by quadrature, each at more digits than are compared."""
    s, d = "1.724", "0.5"
    with mp.workdps(60):
        alpha, discount = 1 / mp.mpf(s), mp.mpf(d)

        def term(n):
            return mp.exp(mp.loggamma(n + 1 - alpha) - mp.loggamma(n + 1)) * (
                mp.psi(0, n + 1 - alpha) - mp.log(n - discount)
            )

        start = 60
        head = mp.fsum(term(mp.mpf(n)) for n in range(1, start))
        slopes = mp.taylor(term, mp.mpf(start), 24)
        ends = slopes[0] / 2 - mp.fsum(mp.bernoulli(2 * k) / (2 * k) * slopes[2 * k - 1] for k in range(1, 12))
    with mp.workdps(130):
        tail = mp.quad(lambda y: term(mp.exp(y)) * mp.exp(y), [mp.log(start), 6, 10, 20, 40, 70, 85 / alpha])

        def body(t):
            grown = mp.expm1((alpha - 1) * mp.log(-mp.expm1(-t)))
            return mp.exp(discount * t) * grown + mp.exp(-t) * (1 - t ** (alpha - 1))

        integral = mp.quad(lambda y: body(mp.exp(y)), [-85 / alpha, -60, -20, -5, -1, 0, 1, 2, 3, 4, 5, 6, 7])
    with mp.workdps(50):
        rest = mp.gamma(alpha - 1) - mp.psi(0, 1 - alpha) + mp.log(alpha / discount)
        by_integral = alpha * (integral + rest)
        total = alpha / mp.gamma(1 - alpha) * (head + ends + tail) + alpha * mp.log(alpha / discount)
        assert abs(total / by_integral - 1) < mp.mpf(10) ** -30
    assert divergence.pattern_loss_constant(float(s), discount=float(d)) == pytest.approx(float(total), rel=1e-14)
