"""Predicted losses of a fitted law: three parts that add up, what each grows with, and what is said where they lack."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from scipy.stats import norm

from bounds import LAWS as PUBLISHED
from bounds import LossLaw, fit_loss_law
from bounds.fitting import Prediction, predict_loss
from bounds.fitting.loss_laws.prediction import LACK_OF_FIT, PARTS, REACH
from bounds.laws import read_law_file
from bounds.planning import next_run
from experiments import lawfit
from experiments.readers.chinchilla import LEFT_OUT, read_points
from tests.law_runs import DESIGNS, LAWS, ladder, losses

PLANTED = LAWS["Epoch"]
SCALE = 0.004


@pytest.fixture(scope="module")
def runs():
    rng = np.random.default_rng(4)
    n_params, n_tokens = ladder(rng, 90)
    return n_params, n_tokens, PLANTED.loss(n_params, n_tokens) * np.exp(rng.normal(0, SCALE, 90))


@pytest.fixture(scope="module")
def fit(runs):
    return fit_loss_law(*runs, bootstrap=200)


def largest(runs):
    return 6 * float(np.max(runs[0] * runs[1]))


def test_the_parts_are_what_they_are_said_to_be(fit, runs):
    n_params, n_tokens = 2e10, 2e12
    told = fit.predict(n_params, n_tokens)
    sampled = fit.sampled_law.loss(n_params, n_tokens)
    assert told.estimate == fit.law.loss(n_params, n_tokens)
    assert told.sampling == pytest.approx(np.std(np.log(sampled), ddof=1), rel=1e-9)
    assert told.noise == pytest.approx(np.sqrt(np.sum(fit.residuals**2) / 85))
    assert told.noise == pytest.approx(SCALE, rel=0.2)
    assert told.distance == pytest.approx(6 * n_params * n_tokens / largest(runs))
    assert told.lack_of_fit == pytest.approx(0.008 * np.log(told.distance))
    assert LACK_OF_FIT == 0.008
    z = norm.ppf(0.975) * np.sqrt(told.sampling**2 + told.noise**2 + told.lack_of_fit**2)
    assert told.lower == pytest.approx(told.estimate * np.exp(-z))
    assert told.upper == pytest.approx(told.estimate * np.exp(z))
    assert not told.sampling_only


def test_lack_of_fit_is_none_among_the_runs_and_an_e_fold_adds_tau(fit, runs):
    flops = largest(runs) * np.array([0.01, 0.999, math.e, math.e**2])
    told = fit.predict(3e9, flops / 18e9)
    assert told.lack_of_fit == pytest.approx([0, 0, 0.008, 0.016])


def test_parts_can_be_left_out_and_confidence_changed(fit):
    told = fit.predict(2e10, 2e12, confidence=0.8)
    assert isinstance(told, Prediction)
    whole = told.interval(0.95)
    assert whole.lower < told.lower < told.estimate < told.upper < whole.upper
    assert told.interval() == told.interval(0.8, PARTS)
    alone = [told.deviation([part]) for part in PARTS]
    assert alone == pytest.approx([told.sampling, told.noise, told.lack_of_fit])
    assert told.deviation() == pytest.approx(np.sqrt(np.sum(np.square(alone))))
    assert told.deviation(["sampling", "sampling"]) == pytest.approx(told.sampling)
    assert told.deviation([]) == 0
    with pytest.raises(ValueError, match=r"parts must be one of sampling, noise, lack_of_fit.*did you mean noise"):
        told.deviation(["nose"])
    with pytest.raises(ValueError, match="confidence"):
        fit.predict(1e9, 1e11, confidence=95)


def test_arrays_are_like_the_arguments(fit):
    n_params, n_tokens = np.geomspace(1e8, 1e11, 4)[:, None], np.geomspace(1e9, 1e13, 3)
    told = fit.predict(n_params, n_tokens)
    for name in ("estimate", "lower", "upper", "sampling", "lack_of_fit", "distance"):
        assert getattr(told, name).shape == (4, 3)
    one = fit.predict(float(n_params[2, 0]), float(n_tokens[1]))
    assert all(isinstance(getattr(one, name), float) for name in ("estimate", "lower", "upper", "lack_of_fit"))
    assert told.upper[2, 1] == pytest.approx(one.upper, rel=1e-12)
    assert fit.predict([1e9, 2e9], 1e11).lower.shape == (2,)
    assert fit.predict([], 1e11).lower.shape == (0,)
    labelled = fit.predict(xr.DataArray(n_params[:, 0], dims="model"), xr.DataArray(n_tokens, dims="corpus"))
    assert labelled.upper.dims == labelled.estimate.dims
    assert labelled.upper.transpose("model", "corpus").values == pytest.approx(told.upper)


def test_many_points_are_the_same_as_few(fit, monkeypatch):
    n_tokens = np.geomspace(1e9, 1e13, 7)
    whole = fit.predict(1e9, n_tokens).sampling
    monkeypatch.setattr("bounds.fitting.loss_laws.prediction._BLOCK", 400)
    assert fit.predict(1e9, n_tokens).sampling == pytest.approx(whole, rel=1e-12)


def test_bad_arguments_are_one_sentence(fit, runs):
    with pytest.raises(ValueError, match="n_params must be positive and finite, got 0"):
        fit.predict(0, 1e11)
    with pytest.raises(ValueError, match="broadcast"):
        fit.predict([1e9, 2e9], [1e11, 2e11, 3e11])
    with pytest.raises(ValueError, match="without a bootstrap"):
        fit_loss_law(*runs, bootstrap=0).predict(1e9, 1e11)


def test_what_is_known_of_nothing_but_samples_says_sampling_only(fit):
    blind = replace(fit, law=replace(fit.law, largest_compute=None, residual_deviation=None))
    told = blind.predict(2e10, 2e12)
    assert told.sampling_only
    assert told.noise is told.lack_of_fit is told.distance is None
    assert told.missing == ("noise", "lack_of_fit")
    assert "sampling only" in repr(told)
    assert told.upper == pytest.approx(told.estimate * np.exp(norm.ppf(0.975) * told.sampling))


def test_a_published_law_has_an_interval_without_sampling():
    told = predict_loss(PUBLISHED["epoch2024"], 7e10, 1.4e12)
    assert told.missing == ("sampling",)
    assert not told.sampling_only
    assert told.estimate == PUBLISHED["epoch2024"].loss(7e10, 1.4e12)
    far = np.log(6 * 7e10 * 1.4e12 / 1.2956e22)
    half = norm.ppf(0.975) * np.hypot(0.0076, LACK_OF_FIT * far)
    assert np.log(told.upper / told.estimate) == pytest.approx(half, rel=1e-12)
    assert "noise 0.0076, lack of fit" in repr(told)
    assert "sampling" not in repr(told)


def test_where_nothing_is_known_there_is_no_interval():
    told = predict_loss(LossLaw("own", "none", 0.3, 0.3, 1.7, 400.0, 400.0), 1e9, 1e11)
    assert told.missing == PARTS
    assert "no interval is known" in repr(told)
    with pytest.raises(ValueError, match="nothing is known of the error of this law"):
        told.interval()


def test_a_law_from_a_file_predicts_as_its_fit_did(fit, tmp_path):
    path = str(tmp_path / "my.law.toml")
    fit.save(path)
    kept, told = predict_loss(read_law_file(path), 2e10, 2e12), fit.predict(2e10, 2e12)
    assert (kept.estimate, kept.lower, kept.upper, kept.distance) == (
        told.estimate,
        told.lower,
        told.upper,
        told.distance,
    )


@pytest.mark.data
def test_what_is_known_of_the_published_laws_is_of_the_runs_that_were_read_from_their_figure(data_folder):
    points = read_points(data_folder / "chinchilla")
    runs = points[points.loss < np.sort(points.loss)[-LEFT_OUT]]
    printed = lawfit.scatter(runs).set_index("law")
    for key in ("hoffmann2022", "hoffmann2022-unrounded", "epoch2024"):
        law = PUBLISHED[key]
        residuals = np.log(law.loss(runs.n_params, runs.n_tokens) / runs.loss)
        assert law.largest_compute == pytest.approx(runs.compute_flops.max(), rel=1e-4)
        assert printed.residual_deviation[key] == pytest.approx(law.residual_deviation, abs=5e-5)
        assert printed.largest_compute[key] == runs.compute_flops.max()
        assert law.residual_deviation == pytest.approx(np.sqrt(np.sum(residuals**2) / (len(runs) - 5)), abs=5e-5)


def test_the_repr_is_for_a_reader(fit):
    text = repr(fit.predict(2e10, 2e12))
    assert text.startswith("Prediction(2.005")
    assert "95 % interval [1.88" in text
    assert "sampling 0.00" in text
    assert "lack of fit 0.03 at 43 times" in text
    assert "times the largest fitted compute)" in text
    assert len(text) < 160


def test_far_and_lopsided_predictions_are_noted(fit, runs):
    assert fit.predict(3e9, 1e11).notes == ()
    (far,) = fit.predict(1e12, 2e13).notes
    assert far.kind == "range"
    assert f"were tried up to {REACH} times" in far.text
    (lopsided,) = fit.predict(1e6, 1e11).notes
    assert lopsided.text.startswith("n_params is beyond the fitted runs")
    assert fit.predict(*runs[:2]).notes == ()


def test_constants_that_are_not_identified_are_noted():
    rng = np.random.default_rng(0)
    n_params, n_tokens = DESIGNS["4 sizes 1 % apart, 4 corpora"](rng)
    loss = losses(rng, PLANTED, n_params, n_tokens, outliers=0)
    (note,) = fit_loss_law(n_params, n_tokens, loss, bootstrap=50).predict(1.01e9, 8e9).notes
    assert note.kind == "fitted"
    assert "do not identify irreducible, param_coefficient, param_exponent" in note.text


def test_an_absent_irreducible_loss_and_few_runs_are_no_trouble():
    rng = np.random.default_rng(1)
    n_params, n_tokens = ladder(rng, 12)
    loss = (40 * n_params**-0.1 + 40 * n_tokens**-0.1) * np.exp(rng.normal(0, 1e-3, 12))
    told = fit_loss_law(n_params, n_tokens, loss, bootstrap=50).predict(1e11, 1e13)
    assert 0 < told.lower < told.upper < np.inf


def test_rows_of_one_run_count_once(runs):
    """Twice the same rows say no more of the noise, whatever their number."""
    few = [column[:30] for column in runs]
    twice = [np.concatenate([column, column]) for column in few]
    fit = fit_loss_law(*twice, bootstrap=50, runs=list(range(30)) * 2)
    assert fit.predict(1e9, 1e11).noise == pytest.approx(fit_loss_law(*few, bootstrap=50).predict(1e9, 1e11).noise)


def ladder_with_a_diverged_run(seed):
    """Ten runs, one of which ended at 1.4 times its loss."""
    rng = np.random.default_rng(seed)
    n_params, n_tokens = ladder(rng, 10)
    loss = PLANTED.loss(n_params, n_tokens) * np.exp(rng.normal(0, 0.003, 10))
    loss[rng.integers(10)] *= 1.4
    return n_params, n_tokens, loss


@pytest.mark.parametrize("seed", [3])
def test_resamples_whose_loss_rises_do_not_set_the_width(seed):
    """A few of 200 have a negative exponent, and at ten times the compute gave b ten times what the others say."""
    n_params, n_tokens, loss = ladder_with_a_diverged_run(seed)
    fit = fit_loss_law(n_params, n_tokens, loss, bootstrap=200)
    rising = (fit.samples[:, 2] < 0) | (fit.samples[:, 4] < 0)
    assert 0 < rising.sum() < 10
    N = math.sqrt(10 * float(np.max(n_params * n_tokens)) / 20)
    told = fit.predict(N, 20 * N)
    log_losses = np.log(fit.sampled_law.loss(N, 20 * N))
    assert told.sampling == pytest.approx(np.std(log_losses[~rising], ddof=1), rel=1e-9)
    assert told.sampling < 0.2 * np.std(log_losses, ddof=1)
    assert abs(np.log(told.estimate / PLANTED.loss(N, 20 * N))) < 2 * told.sampling
    row = next_run(fit, N, 20 * N, (N, 20 * N)).best
    assert 0 < row.sampling_after <= told.sampling


def test_where_the_law_itself_rises_that_is_said():
    rng = np.random.default_rng(3)
    n_params, n_tokens = ladder(rng, 30)
    rises = np.exp(0.3 * np.log(n_tokens / 1e10) + rng.normal(0, 1e-3, 30)) + 400 * n_params**-0.3
    fit = fit_loss_law(n_params, n_tokens, rises, bootstrap=50)
    assert fit.law.data_exponent < 0
    told = fit.predict(2e10, 2e12)
    assert told.notes[0].text.startswith("the fitted loss rises with n_tokens, which no ladder of models does")
    assert told.sampling == pytest.approx(np.std(np.log(fit.sampled_law.loss(2e10, 2e12)), ddof=1))


@pytest.mark.verification
def test_intervals_of_a_law_that_holds_cover_it():
    """Where the form is right the lack of fit is to spare: runs among the fitted ones are covered as promised."""
    inside = beyond = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        n_params, n_tokens = ladder(rng, 60)
        fit = fit_loss_law(n_params, n_tokens, losses(rng, PLANTED, n_params, n_tokens, outliers=0), bootstrap=200)
        n_new, d_new = ladder(rng, 50)
        new = losses(rng, PLANTED, n_new, d_new, outliers=0)
        told = fit.predict(n_new, d_new, confidence=0.8)
        near = told.distance <= 1
        held = (told.lower <= new) & (new <= told.upper)
        inside += held[near].mean() / 60
        told = fit.predict(3 * n_new, 5 * d_new, confidence=0.8)
        far = losses(rng, PLANTED, 3 * n_new, 5 * d_new, outliers=0)
        beyond += np.mean((told.lower <= far) & (far <= told.upper)) / 60
    assert inside == pytest.approx(0.8, abs=0.04)
    assert beyond > 0.85
