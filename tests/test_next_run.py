"""The run to train next: what it leaves of an interval, against particles with weights, refits, and wrong rules."""

from __future__ import annotations

import numpy as np
import pytest

import bounds
from bounds.fitting.loss_laws.prediction import LACK_OF_FIT, drawn_log_losses
from bounds.planning import next_run
from tests.law_runs import LAWS

LAW = LAWS["Epoch"]
TARGET = (7e9, 1.4e11)
NOISE = 0.004


def fitted(seed: int = 0, runs: int = 24, bootstrap: int = 2000, extra=(), noise: float = NOISE):
    """A fit to a ladder of `runs` about twenty tokens a parameter, 3e18 to 3e20 FLOP, and to `extra` runs (N, D, L)."""
    rng = np.random.default_rng(seed)
    flops = 10 ** rng.uniform(18.5, 20.5, runs)
    n_params = np.sqrt(flops / 120) * np.exp(rng.normal(0, 0.8, runs))
    n_tokens = flops / (6 * n_params)
    loss = LAW.loss(n_params, n_tokens) * np.exp(noise * rng.normal(size=runs))
    columns = (
        np.append(one, more) for one, more in zip((n_params, n_tokens, loss), extra or ((), (), ()), strict=True)
    )
    return bounds.fit_loss_law(*columns, bootstrap=bootstrap)


@pytest.fixture(scope="module")
def fit():
    return fitted()


def affordable(flops: float = 3e20, ratios: int = 7):
    n_params = np.sqrt(flops / (6 * np.geomspace(1, 1000, ratios)))
    return n_params, flops / (6 * n_params)


def test_before_is_what_predict_says(fit):
    found = next_run(fit, *affordable(), TARGET)
    told = fit.predict(*TARGET)
    assert found.label == "heuristic"
    assert "lack of fit" in found.assumption
    assert found.now.estimate == told.estimate
    for row in found.rows:
        assert row.deviation_before == told.deviation()
        assert row.deviation_after == pytest.approx(
            np.sqrt(row.sampling_after**2 + told.noise**2 + row.lack_of_fit_after**2)
        )
        assert 0 < row.sampling_after <= told.sampling
        assert 0 <= row.shorter < 1
    assert list(found.rows) == sorted(found.rows, key=lambda row: (row.deviation_after, row.compute_flops))
    assert found.best is found.rows[0]
    assert found.to_json()[0]["shorter"] == found.best.shorter


def test_the_update_is_that_of_weighted_particles(fit):
    """Resamples weighted by how likely they make a loss of the candidate, on average over losses they foretell."""
    n_params, n_tokens = affordable()
    told = {(row.n_params, row.n_tokens): row for row in next_run(fit, n_params, n_tokens, TARGET).rows}
    rng, noise = np.random.default_rng(1), fit.predict(*TARGET).noise
    t = drawn_log_losses(fit.samples, *(np.array([one]) for one in TARGET))[:, 0]
    for N, D in zip(n_params, n_tokens, strict=True):
        x = drawn_log_losses(fit.samples, np.array([N]), np.array([D]))[:, 0]
        seen = x[rng.integers(len(x), size=400)] + noise * rng.normal(size=400)
        w = np.exp(-((seen[:, None] - x) ** 2) / (2 * noise**2))
        w /= w.sum(1, keepdims=True)
        mean = w @ t
        left = np.sqrt(np.mean(w @ t**2 - mean**2))
        assert told[N, D].sampling_after == pytest.approx(left, rel=0.12)


def test_the_refit_is_about_as_sure_as_was_said():
    """What `predict` says once the run has been trained: lack of fit to the digit, and the whole to a sixth.

    To first order alone: on average the refit keeps up to a quarter more of the sampling than the update says.
    """
    candidate, said, found, before = (1.2e9, 4e11), [], [], []
    for seed in range(4):
        first = fitted(seed, bootstrap=200)
        row = next_run(first, *candidate, TARGET).best
        loss = LAW.loss(*candidate) * np.exp(NOISE * np.random.default_rng(100 + seed).normal())
        again = fitted(seed, bootstrap=200, extra=(*candidate, loss)).predict(*TARGET)
        assert row.lack_of_fit_after == pytest.approx(again.lack_of_fit)
        said.append(row.deviation_after)
        found.append(again.deviation())
        before.append(row.deviation_before)
    assert np.mean(said) == pytest.approx(np.mean(found), rel=1 / 6)
    assert np.mean(before) > 2 * np.mean(found), "a rule that forgets the run is found out"


def test_the_target_itself_leaves_its_noise(fit):
    """To train the target leaves no lack of fit, and of sampling no more than the noise of one run."""
    row = next_run(fit, *TARGET, TARGET).best
    noise = fit.predict(*TARGET).noise
    assert row.lack_of_fit_after == 0
    assert row.sampling_after < noise
    b = fit.predict(*TARGET).sampling
    assert row.sampling_after == pytest.approx(b * noise / np.hypot(b, noise))


def test_a_run_within_the_ladder_leaves_the_lack_of_fit_as_it_is(fit):
    told = fit.predict(*TARGET)
    cheap, dear = (next_run(fit, N, D, TARGET).best for N, D in ((1e8, 2e9), (2e9, 4e10)))
    assert cheap.lack_of_fit_after == pytest.approx(told.lack_of_fit)
    flops = 6 * TARGET[0] * TARGET[1]
    assert dear.lack_of_fit_after == pytest.approx(LACK_OF_FIT * np.log(flops / (6 * 2e9 * 4e10)))
    assert dear.deviation_after < cheap.deviation_after


def test_more_data_along_the_doubtful_direction_is_preferred():
    """A ladder that knows little of D asks for tokens, one that knows little of N for parameters, at one price."""
    rng = np.random.default_rng(3)

    def ladder(n_params, n_tokens):
        N, D = (one.ravel() for one in np.meshgrid(n_params, n_tokens))
        loss = LAW.loss(N, D) * np.exp(1e-3 * rng.normal(size=N.size))
        return bounds.fit_loss_law(N, D, loss, bootstrap=400)

    short_in_data = ladder(np.geomspace(1e7, 1e10, 6), np.geomspace(1e10, 3e10, 4))
    short_in_size = ladder(np.geomspace(1e9, 3e9, 4), np.geomspace(1e8, 1e12, 6))
    candidates = np.array([1e8, 3e10]), np.array([3e12, 1e10])
    assert next_run(short_in_data, *candidates, (1e9, 3e12)).best.n_tokens == 3e12
    assert next_run(short_in_size, *candidates, (1e11, 1e11)).best.n_params == 3e10


def test_no_more_than_can_be_paid(fit):
    n_params, n_tokens = np.array([1e8, 1e9, 1e10]), np.array([2e9, 2e10, 2e11])
    found = next_run(fit, n_params, n_tokens, TARGET, max_flops=1.3e20)
    assert {row.n_params for row in found.rows} == {1e8, 1e9}
    assert len(next_run(fit, n_params[:, None], n_tokens, TARGET).rows) == 9
    assert "9 candidates for 7e+09 parameters" in repr(next_run(fit, n_params[:, None], n_tokens, TARGET))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (((), (), TARGET), "hold no candidate"),
        ((1e9, -2e10, TARGET), "n_tokens must be positive"),
        ((1e9, 2e10, (7e9,)), r"target must be one pair \(n_params, n_tokens\), got"),
        ((1e9, 2e10, 7e9), "target must be one pair"),
        ((1e9, 2e10, (7e9, 0.0)), "n_tokens must be positive"),
        (([1e9, 2e9], [1e9, 2e9, 3e9], TARGET), "must broadcast"),
    ],
)
def test_bad_candidates_are_one_sentence(fit, arguments, said):
    with pytest.raises(ValueError, match=said):
        next_run(fit, *arguments)


def test_what_cannot_be_answered_is_refused(fit):
    with pytest.raises(ValueError, match=r"max_flops must reach the cheapest candidate, 1\.2e\+20 FLOP, got 1e"):
        next_run(fit, 1e9, 2e10, TARGET, max_flops=1e18)
    with pytest.raises(ValueError, match="without a bootstrap"):
        next_run(fitted(bootstrap=0), 1e9, 2e10, TARGET)
