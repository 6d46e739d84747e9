"""One maximum and one root at a time: the steps of scipy.optimize, which is not loaded for them."""

from __future__ import annotations

import math
import platform

import numpy as np
import pytest
from scipy.optimize import brentq, minimize_scalar

from bounds.base.numerics.searching import largest, root

EXACT = platform.machine() in ("x86_64", "AMD64")
"""Where no processor that scipy is built for fuses a product and a sum."""


def agree(found: float, expected: float, tolerance: float) -> None:
    assert abs(found - expected) <= (0 if EXACT else tolerance)


def curves(seed: int):
    """Functions with one top or several, with a kink, flat, steep, and highest at an end."""
    rng = np.random.default_rng(seed)
    a, b, c = rng.uniform(0.1, 3, 3)
    return [
        lambda x: -a * (x - b) ** 2, lambda x: math.sin(5 * c * x) - a * x, lambda x: -abs(x - b) ** 1.5,
        lambda x: a * x, lambda x: -a * x, lambda x: 1.0, lambda x: -math.cosh(20 * (x - b)),
        lambda x: float(np.exp(-a * np.float64(x)) * np.float64(x) ** b),
    ]  # fmt: skip


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("tolerance", [1e-3, 1e-7, 1e-12])
def test_the_largest_value_is_that_of_scipy(seed, tolerance):
    for function in curves(seed):
        expected = minimize_scalar(
            lambda x: -function(x), bounds=(0.0, 3.5), method="bounded", options={"xatol": tolerance}  # noqa: B023
        )  # fmt: skip
        x, top = largest(function, 0.0, 3.5, tolerance)
        agree(x, float(expected.x), 1e-6 + tolerance)
        agree(top, float(-expected.fun), 1e-6)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("tolerance", [1e-3, 1e-9, 1e-15])
def test_a_root_is_that_of_scipy(seed, tolerance):
    rng = np.random.default_rng(seed)
    a, b = rng.uniform(0.1, 3, 2)
    for function in (
        lambda x: a * x - b, lambda x: x**3 - b, lambda x: math.exp(-a * x) - 0.3, lambda x: math.tanh(30 * (x - b)),
        lambda x: math.copysign(abs(x - b) ** 0.1, x - b), lambda x: -1.0 if x < b else 1.0, lambda x: x,
        lambda x: x - 40,
    ):  # fmt: skip
        agree(root(function, 0.0, 40.0, tolerance), brentq(function, 0.0, 40.0, xtol=tolerance), tolerance + 1e-13)


def test_there_has_to_be_a_root():
    with pytest.raises(ValueError, match="two signs, got 1 and 5"):
        root(lambda x: x + 1, 0.0, 4.0, 1e-9)
