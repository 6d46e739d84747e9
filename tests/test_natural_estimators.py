"""Good-Turing, Pitman-Yor and the best natural estimator."""

import math

import numpy as np
import pytest

import bounds


def test_good_turing_is_unbiased_one_draw_back():
    for n in (2, 50, 10**6):
        singles = bounds.expected_spectrum("zipf:1.724", n, multiplicity=1) / n
        bias = singles - bounds.missing_mass("zipf:1.724", n)
        assert bounds.divergence.good_turing_bias("zipf:1.724", n) == pytest.approx(bias, rel=1e-5)
        assert singles == pytest.approx(bounds.missing_mass("zipf:1.724", n - 1), rel=1e-12)
    assert bounds.divergence.good_turing_missing_mass([0, 3], 12) == pytest.approx([0, 0.25])


def test_the_pitman_yor_prediction_sums_to_one_and_has_the_moments_of_its_process():
    sample = np.array([5, 3, 1, 1])
    options = {"n_draws": 10, "n_unique": 4, "discount": 0.58, "concentration": 10.0}
    seen = bounds.divergence.pitman_yor_predictive(sample, **options)
    new = bounds.divergence.pitman_yor_predictive(0, **options)
    assert seen.sum() + new == pytest.approx(1)
    assert seen[0] == pytest.approx((5 - 0.58) / 20)
    # It is linear in U, so at E U it is the expected missing mass.
    at_mean = bounds.formulas()["pitman_yor_predictive.new"].function(
        10, bounds.expected_unique("pitman-yor:0.58,concentration=10", 10), 0.58, 10.0
    )
    assert at_mean == pytest.approx(bounds.missing_mass("pitman-yor:0.58,concentration=10", 10))


def test_the_best_natural_estimator_knows_the_law_where_all_counts_differ():
    assert bounds.divergence.forward_kl_natural([0.5, 0.3, 0.2], [5, 3, 2]) == 0
    assert bounds.divergence.forward_kl_natural([0.5, 0.5], [1, 1]) == 0
    spread = bounds.divergence.forward_kl_natural([0.5, 0.3, 0.2, 0.0], [0, 0, 0, 0])
    assert spread == pytest.approx(math.log(4) + 0.5 * math.log(0.5) + 0.3 * math.log(0.3) + 0.2 * math.log(0.2))
