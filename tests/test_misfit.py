"""The test of fit of a loss law: right under the null, sharp against planted patterns, silent on exact losses."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from bounds import fit_loss_law
from bounds.fitting.loss_laws.regression import Runs, lowest
from bounds.fitting.runs.misfit import LEVEL, misfit
from tests.law_runs import LAWS, ladder, losses
from tests.test_run_groups import checkpoints, crossed

LAW = LAWS["Hoffmann"]


def checked(n_params, n_tokens, loss, labels=None):
    """The test at the Huber fit, found from the planted constants: the search is not what is tested here."""
    runs = Runs.of(n_params, n_tokens, loss)
    start = np.array([[
        np.log(1.69) - runs.mean_log_loss, np.log(406.4) - 0.34 * runs.mean_x - runs.mean_log_loss,
        np.log(410.7) - 0.28 * runs.mean_y - runs.mean_log_loss, 0.34, 0.28,
    ]])  # fmt: skip
    best, _ = lowest(runs, start, (1e-3,))
    return misfit(runs, best[0], np.arange(len(loss)) if labels is None else labels)


def noisy(rng, n_params, n_tokens, errors):
    return n_params, n_tokens, LAW.loss(n_params, n_tokens) * np.exp(errors)


def heavy(rng):
    n_params, n_tokens = ladder(rng, 100)
    return n_params, n_tokens, losses(rng, LAW, n_params, n_tokens, outliers=3)


def uneven(rng):
    n_params, n_tokens = ladder(rng, 100)
    return noisy(rng, n_params, n_tokens, 0.02 * (n_tokens / n_tokens.min()) ** -0.4 * rng.normal(size=100))


def replicated(rng, spread=0.0):
    n_params, n_tokens = (
        np.repeat(column, 3) for column in crossed(np.geomspace(1e8, 1e10, 5), np.geomspace(2e9, 3e11, 5))
    )
    return noisy(
        rng, n_params, n_tokens, 0.004 * rng.normal(size=75) + np.repeat(rng.normal(0, spread or 1e-12, 25), 3)
    )


def bent(rng):
    n_params, n_tokens = ladder(rng, 240)
    ratio = np.log(n_tokens / n_params)
    return noisy(rng, n_params, n_tokens, 0.004 * rng.standard_t(5, 240) + 0.003 * (ratio - ratio.mean()) ** 2)


def waves(rng):
    n_params, n_tokens = ladder(rng, 240)
    return noisy(rng, n_params, n_tokens, 0.004 * rng.standard_t(5, 240) + 0.006 * np.sin(3 * np.log(n_params)))


def rejected(make, datasets):
    return np.mean([checked(*make(np.random.default_rng([20, i]))).rejected for i in range(datasets)])


@pytest.mark.parametrize("make", [heavy, uneven, replicated])
def test_a_law_that_fits_is_hardly_ever_rejected(make):
    """40 data sets at a level of 1 %: four rejections or more would come up once in a thousand such tests."""
    assert rejected(make, 40) * 40 <= 3


@pytest.mark.parametrize("make", [bent, waves, lambda rng: replicated(rng, 0.008), lambda rng: checkpoints(rng)[0]])
def test_a_planted_pattern_is_found(make):
    assert rejected(make, 10) >= 0.7


def test_the_luck_of_whole_runs_is_no_misfit_where_runs_are_named():
    found = [checkpoints(np.random.default_rng([30, i]), runs=16) for i in range(12)]
    assert np.mean([checked(N, D, loss, labels).rejected for (N, D, loss), labels in found]) <= 0.1
    assert np.mean([checked(*rows).rejected for rows, _ in found]) > 0.9


def test_a_pattern_inside_runs_that_all_share_is_found_where_runs_are_named():
    rows, labels = checkpoints(np.random.default_rng(31), runs=24)
    bends = np.log(rows[1] / rows[1].mean()) ** 2
    assert checked(rows[0], rows[1], rows[2] * np.exp(0.004 * bends), labels).rejected


def test_copies_prove_nothing():
    rows = heavy(np.random.default_rng(8))
    once, twice = checked(*rows), checked(*(np.tile(column, 2) for column in rows))
    assert twice.p_value == pytest.approx(once.p_value, abs=0.05)


def test_there_is_no_test_of_exact_losses_nor_of_a_dozen_constants():
    n_params, n_tokens = ladder(np.random.default_rng(9), 40)
    assert checked(n_params, n_tokens, LAW.loss(n_params, n_tokens)) is None
    assert checked(n_params[:11], n_tokens[:11], LAW.loss(n_params, n_tokens)[:11] * 1.001 ** np.arange(11)) is None


def test_a_rejected_law_says_so_with_its_p_value():
    fit = fit_loss_law(*bent(np.random.default_rng(10)), bootstrap=0)
    assert fit.sampling_only
    (note,) = (note for note in fit.notes if "does not fit" in note.text)
    assert fit.misfit.p_text in note.text
    assert f"{fit.misfit.p_value:.2g}" in note.text
    assert "sampling only" in note.text
    row = fit.to_json()
    assert (row["sampling_only"], row["misfit_p"]) == (True, fit.misfit.p_value)
    good = fit_loss_law(*heavy(np.random.default_rng(0)), bootstrap=0)
    assert not good.sampling_only
    assert not any("does not fit" in note.text for note in good.notes)


@pytest.mark.data
def test_the_runs_of_hoffmann_do_not_follow_the_law_but_their_shuffled_residuals_do(data_folder):
    with open(data_folder / "chinchilla" / "data" / "svg_extracted_data.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    n_params, flops, loss = (np.array([float(r[k]) for r in rows]) for k in ("Model Size", "Training FLOP", "loss"))
    fit = fit_loss_law(n_params, loss=loss, compute_flops=flops, drop_highest=5, bootstrap=0)
    assert fit.misfit.p_value < LEVEL
    keep = np.sort(loss)[-5] > loss
    n_params, n_tokens, fitted = n_params[keep], (flops / 6 / n_params)[keep], loss[keep] * np.exp(fit.residuals)
    rng = np.random.default_rng(11)
    rejections = 0
    for _ in range(20):
        errors = rng.permutation(fit.residuals) * rng.choice([-1, 1], len(fitted))
        runs = Runs.of(n_params, n_tokens, fitted * np.exp(errors))
        constants = fit.law.constants
        start = np.array([[
            np.log(constants[0]) - runs.mean_log_loss,
            np.log(constants[1]) - constants[2] * runs.mean_x - runs.mean_log_loss,
            np.log(constants[3]) - constants[4] * runs.mean_y - runs.mean_log_loss, constants[2], constants[4],
        ]])  # fmt: skip
        best, _ = lowest(runs, start, (1e-3,))
        rejections += misfit(runs, best[0], np.arange(len(fitted))).rejected
    assert rejections <= 2
