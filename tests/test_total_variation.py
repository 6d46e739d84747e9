"""The L1 distance of empirical laws; its expectations over all samples stand in `tests.test_divergence`."""

import math

import numpy as np
import pytest

import bounds
from bounds import divergence


def test_the_berend_kontorovich_bound_needs_two_draws_below():
    rare = [0.99, 0.01]
    bound = divergence.l1_bounds(rare, [1, 2])
    assert list(bound.lower_vacuous) == [True, False]
    assert bound.upper[0] / 4 - 1 / 4 > divergence.l1_empirical(rare, 1)  # the formula would be wrong at one draw
    # p = 1/D counts among p >= 1/D, though 49 * (1 / 49) < 1.
    assert divergence.l1_bounds([1 / 49, 48 / 49], 49).upper == pytest.approx((1 + math.sqrt(48)) / 49)


def test_the_distance_falls_with_its_exponent():
    for s in (1.2, 1.5, 3.5):
        sizes = np.array([1e7, 1e8])
        distance = divergence.l1_empirical(bounds.Zipf(s), sizes)
        slope = math.log(distance[1] / distance[0]) / math.log(10)
        assert slope == pytest.approx(divergence.l1_exponent(s), abs=0.02)
    assert list(divergence.l1_exponent([1.25, 2, 3])) == pytest.approx([-0.2, -0.5, -0.5])
