"""The tails and quantiles that come from scipy.special are those of scipy.stats, whose import costs half a second."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from scipy import special, stats

TAILS = np.array([0.0, 1e-300, 1e-9, 0.03, 0.7, 1.0, 3.841458820694124, 40.0, 900.0, 1e5, np.inf])
LEVELS = np.array([1e-12, 0.005, 0.025, 0.05, 0.5, 0.9, 0.95, 0.975, 0.995, 1 - 1e-12])
FREEDOM = np.array([1, 2, 3, 4, 7, 30, 31, 255, 10**4])[:, None]
OTHER = FREEDOM[:, None]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (special.chdtrc(FREEDOM, TAILS), stats.chi2.sf(TAILS, FREEDOM)),
        (special.chdtr(FREEDOM, TAILS), stats.chi2.cdf(TAILS, FREEDOM)),
        (special.gammaincinv(0.5, LEVELS), stats.chi2.ppf(LEVELS, 1) / 2),
        (special.ndtr(np.append(-TAILS, TAILS)), stats.norm.cdf(np.append(-TAILS, TAILS))),
        (special.ndtr(-TAILS), stats.norm.sf(TAILS)),
        (special.ndtri(LEVELS), stats.norm.ppf(LEVELS)),
        (special.stdtr(FREEDOM, -TAILS[:-1]), stats.t.sf(TAILS[:-1], FREEDOM)),
        (special.stdtrit(FREEDOM, LEVELS), stats.t.ppf(LEVELS, FREEDOM)),
        (special.fdtrc(FREEDOM, OTHER, TAILS[:-1]), stats.f.sf(TAILS[:-1], FREEDOM, OTHER)),
    ],
    ids=["chi2.sf", "chi2.cdf", "chi2.ppf", "norm.cdf", "norm.sf", "norm.ppf", "t.sf", "t.ppf", "f.sf"],
)  # fmt: skip
def test_same_bits_as_scipy_stats(ours, theirs):
    np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("module", ["bounds.fitting.exponents.exponent", "simulate.studies.sweep.dataset"])
def test_what_fits_exponents_loads_neither_scipy_stats_nor_sympy(module):
    loaded = f"import sys, {module}; print(*sorted({{'scipy.stats', 'sympy', 'matplotlib'}} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert found.stdout.split() == []
