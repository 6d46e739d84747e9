"""Random numbers of named laws: chi-square against scipy, limits, and a wrong law that must be caught."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as laws

from simulate.drawing.compiled import compiled
from simulate.drawing.stream import random_bits
from simulate.engines.variates import STATE_SIZE, beta, binomial, bits, geometric, normal_pair, start, uniform
from tests import statistics as stats
from tests.strategies import magnitudes

N = 40_000
CELLS = 20
SEED = np.uint64(20261121)

# Inversion and rejection, p below and above 1/2, and numbers of trials at which 1 - p is 1 in floating point.
BINOMIALS = [
    (5, 0.3, 0.7),
    (1000, 0.004, 0.996),
    (1000, 0.3, 0.7),
    (40, 0.7, 0.3),
    (10**6, 1 - 1e-5, 1e-5),
    (10**12, 1e-10, 1 - 1e-10),
    (2**63 - 1, 1e-18, 1.0),
    (2**63 - 1, 0.4, 0.6),
]


def state(high: int) -> np.ndarray:
    values = np.empty(STATE_SIZE, np.uint64)
    start(values, SEED, np.uint64(high))
    return values


@compiled
def many_binomials(state, n, p, q, out):
    for i in range(len(out)):
        out[i] = binomial(state, n, p, q)


@compiled
def many_others(state, p, a, b, waits, normals, betas):
    for i in range(len(waits)):
        waits[i] = geometric(state, p)
        normals[i], _ = normal_pair(state)
        betas[i], _ = beta(state, a, b)


@compiled
def next_bits(state):
    return bits(state)


@compiled
def next_uniform(state):
    return uniform(state)


def chi_square(cumulative: np.ndarray, n_cells: int = CELLS) -> tuple[float, int]:
    """Of values of a distribution function, at random places within its steps."""
    observed = np.bincount(np.minimum((cumulative * n_cells).astype(int), n_cells - 1), minlength=n_cells)
    expected = len(cumulative) / n_cells
    return float(((observed - expected) ** 2 / expected).sum()), n_cells - 1


def binomial_cumulative(values: np.ndarray, n: int, p: float, q: float) -> np.ndarray:
    if n > 2**53 and n * p > 100:
        return laws.norm.cdf((values - n * p) / np.sqrt(n * p * q))
    law = laws.poisson(n * p) if n > 2**53 else laws.binom(n, p if p < q else q)
    if p > q:
        values = n - values
    jitter = np.random.default_rng(1).random(len(values))
    return law.cdf(values - 1) + jitter * law.pmf(values)


def binomials(case: int, n: int, p: float, q: float) -> np.ndarray:
    out = np.empty(N, np.int64)
    many_binomials(state(case), n, p, q, out)
    return out


def test_binomial_numbers_follow_their_law():
    found = [chi_square(binomial_cumulative(binomials(i, *case), *case)) for i, case in enumerate(BINOMIALS)]
    total, dof = sum(value for value, _ in found), sum(d for _, d in found)
    assert stats.check("binomials", stats.z_of_chi_square(total, dof))


@pytest.mark.parametrize("case", range(len(BINOMIALS)))
def test_a_wrong_chance_is_caught(case):
    n, p, q = BINOMIALS[case]
    small = 0.05 * min(p, q, np.sqrt(p * q / n) / 0.05)
    wrong = (n, p - small, q + small) if p > q else (n, p + small, q - small)
    value, dof = chi_square(binomial_cumulative(binomials(case, *wrong), n, p, q))
    assert stats.z_of_chi_square(value, dof) > stats.LIMIT


def test_waits_normal_and_beta_numbers_follow_their_laws():
    total, dof = 0.0, 0
    jitter = np.random.default_rng(2).random(N)
    for case, (p, a, b) in enumerate([(0.8, 0.4, 3.0), (1e-3, 0.05, 900.0), (1e-17, 0.5, 1e17)]):
        waits, normals, betas = np.empty((3, N))
        many_others(state(100 + case), p, a, b, waits, normals, betas)
        before = (waits - 1) * np.log1p(-p)
        found = [-np.expm1(before) + jitter * p * np.exp(before), laws.norm.cdf(normals), laws.beta(a, b).cdf(betas)]
        for cumulative in found:
            value, cells = chi_square(np.clip(cumulative, 0.0, 1.0))
            total, dof = total + value, dof + cells
    assert stats.check("waits, normal and beta", stats.z_of_chi_square(total, dof))


def test_values_are_those_of_the_stream_in_order():
    own, high = state(7), np.uint64(7)
    assert [int(next_bits(own)) for _ in range(600)] == [int(random_bits(SEED, high, np.uint64(i))) for i in range(600)]


def test_uniform_numbers_exclude_both_ends():
    own = state(0)
    for value, expected in ((0, 2.0**-53), (2**64 - 1, 1 - 2.0**-53)):
        own[3], own[4] = 0, value
        assert next_uniform(own) == expected


@given(st.integers(0, 2**63 - 1), st.one_of(st.sampled_from([0.0, 1.0, 0.5]), magnitudes(1e-300, 1.0)), st.booleans())
def test_binomial_numbers_stay_between_0_and_n(n, p, swapped):
    p, q = min(p, 1.0), max(1.0 - p, 0.0)
    out = np.empty(8, np.int64)
    many_binomials(state(1), n, *((q, p) if swapped else (p, q)), out)
    assert np.all((out >= 0) & (out <= n))


@given(magnitudes(1e-9, 1e18), magnitudes(1e-9, 1e18), magnitudes(1e-300, 1.0))
def test_waits_and_beta_numbers_stay_in_range(a, b, p):
    waits, normals, betas = np.empty((3, 8))
    many_others(state(2), min(p, 1.0), a, b, waits, normals, betas)
    assert np.all(waits >= 1)
    assert np.all((betas >= 0) & (betas <= 1))
