"""Runs that carry β are named on ladders where one does, and nothing is named on noise alone."""

from __future__ import annotations

import numpy as np
import pytest

import bounds
from bounds.fitting.runs.leverage import HeavyRuns, heavy_runs

LAW = bounds.get_law("epoch2024")


def ladder(sizes: int, data: int, seed: int, spread: float = 0.005) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Every size with every corpus, losses of a law off by a normal `spread` in ln L."""
    n_params, n_tokens = (
        values.ravel() for values in np.meshgrid(np.geomspace(3e7, 1e10, sizes), np.geomspace(5e9, 5e11, data))
    )
    off = np.random.default_rng(1000 + seed).standard_normal(len(n_params)) * spread
    return n_params, n_tokens, np.asarray(LAW.loss(n_params, n_tokens)) * np.exp(off)


def named(n_params: np.ndarray, n_tokens: np.ndarray, loss: np.ndarray) -> HeavyRuns | None:
    fit = bounds.fit_loss_law(n_params=n_params, n_tokens=n_tokens, loss=loss, bootstrap=0)
    return heavy_runs(fit, n_params, n_tokens, loss)


def test_noise_alone_names_no_run():
    assert [named(*ladder(5, 4, seed)) for seed in range(6)] == [None] * 6


LADDERS, QUIET = 60, [(5, 4), (8, 8)]
"""Ladders of noise alone, of each of these shapes in sizes and corpora, in which nothing may be named."""


@pytest.mark.verification
@pytest.mark.parametrize(("sizes", "data"), QUIET)
def test_noise_alone_names_no_run_in_60_ladders(sizes, data):
    """Seeds that had no part in choosing the rule; none of 60 is less than 5 % with 95 % confidence."""
    assert [named(*ladder(sizes, data, seed)) for seed in range(LADDERS)] == [None] * LADDERS


def test_a_run_on_a_corpus_far_smaller_than_the_others_is_named():
    n_params, n_tokens, loss = ladder(8, 8, 3, spread=0.001)
    off = 1.03 * float(LAW.loss(1e8, 2.5e8))
    found = named(np.append(n_params, 1e8), np.append(n_tokens, 2.5e8), np.append(loss, off))
    assert found is not None
    assert found.rows == (64,)
    assert abs(found.without - LAW.data_exponent) < 0.01 < found.beta - LAW.data_exponent
