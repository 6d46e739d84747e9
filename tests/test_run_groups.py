"""Rows that are not runs of their own: copies, checkpoints, and whole runs drawn again."""

from __future__ import annotations

import numpy as np
import pytest

from bounds import fit_loss_law
from bounds.fitting.loss_laws.regression import Runs, lowest
from bounds.fitting.runs.run_groups import inflation, ladder_rows, repeated_rows, run_labels
from tests.law_runs import LAWS, ladder, losses

LAW = LAWS["Hoffmann"]


def crossed(sizes, tokens):
    return tuple(a.ravel() for a in np.meshgrid(np.asarray(sizes, float), np.asarray(tokens, float), indexing="ij"))


def planted(rng, runs=60):
    n_params, n_tokens = ladder(rng, runs)
    return n_params, n_tokens, losses(rng, LAW, n_params, n_tokens, outliers=0)


def checkpoints(rng, runs=12, rows=16, spread=0.006, noise=0.001):
    """Checkpoints of a few runs, each run off by an amount of its own; with the label of each row's run."""
    n_params, n_tokens = crossed(np.geomspace(5e7, 8e9, runs), np.geomspace(3e9, 3e11, rows))
    own = np.repeat(rng.normal(0, spread, runs), rows)
    loss = LAW.loss(n_params, n_tokens) * np.exp(own + rng.normal(0, noise, runs * rows))
    return (n_params, n_tokens, loss), np.repeat(np.arange(runs), rows)


def test_labels_of_any_kind_are_numbered_and_bad_ones_refused():
    assert run_labels(["b", "a", "b"], 3).tolist() == [0, 1, 0]
    assert run_labels(np.array([7, 7, 9]), 3).tolist() == [0, 0, 1]
    assert run_labels(None, 3) is None
    for bad in ("abc", 5, [1, 2], [1, float("nan"), 2], [[1], [2], [3]], object(), {}, np.zeros((3, 1))):
        with pytest.raises(ValueError, match="runs must be") as caught:
            run_labels(bad, 3)
        assert "\n" not in str(caught.value)


def test_a_resample_draws_whole_runs():
    """Rows of one run have one weight: equal rows of one run change nothing, and the law is that of the runs."""
    rng = np.random.default_rng(1)
    rows = planted(rng)
    fit = fit_loss_law(*(np.repeat(column, 3) for column in rows), runs=np.repeat(np.arange(60), 3), bootstrap=60)
    single = fit_loss_law(*rows, bootstrap=60)
    assert fit.samples[:, [2, 4]] == pytest.approx(single.samples[:, [2, 4]], abs=1e-3)


def test_variance_inflation_is_the_number_of_copies_and_one_for_runs_of_one_row():
    rng = np.random.default_rng(12)
    columns = planted(rng, 400)
    theta = np.array([-0.3, -1.5, -1.9, 0.34, 0.28])
    for copies in (1, 3):
        runs = Runs.of(*(np.repeat(column, copies) for column in columns))
        # A curve that is somewhat off leaves residuals, as a fit does.
        best = lowest(runs, theta[None], (1e-3,))[0][0]
        found = inflation(runs, best, 5e-3, np.repeat(np.arange(400), copies))
        assert found == pytest.approx(np.full(5, copies), rel=0.35)


def test_a_run_of_one_row_each_is_the_bootstrap_of_rows():
    rng = np.random.default_rng(2)
    rows = planted(rng)
    plain = fit_loss_law(*rows, bootstrap=60)
    named = fit_loss_law(*rows, runs=[f"run {i}" for i in range(60)], bootstrap=60)
    assert np.array_equal(plain.samples, named.samples)
    assert plain.interval("data_exponent") == named.interval("data_exponent")


def test_every_row_twice_is_noticed_and_mended_by_naming_the_runs():
    rng = np.random.default_rng(3)
    rows = planted(rng)
    doubled = tuple(np.tile(column, 2) for column in rows)
    assert repeated_rows(*rows) == 0
    assert repeated_rows(*doubled) == 60
    single = fit_loss_law(*rows, bootstrap=200)
    blind = fit_loss_law(*doubled, bootstrap=200)
    named = fit_loss_law(*doubled, runs=np.tile(np.arange(60), 2), bootstrap=200)
    assert not any("repeat" in note.text for note in single.notes + named.notes)
    (note,) = (note for note in blind.notes if "repeat" in note.text)
    assert note.text.startswith("60 rows repeat others exactly")
    assert "--run-column, runs=" in note.text
    widths = [fit.interval("data_exponent").width for fit in (single, blind, named)]
    assert widths[1] < 0.85 * widths[0]
    assert widths[2] == pytest.approx(widths[0], rel=0.02)
    assert named.n_groups == 60


def test_copies_in_another_run_are_noticed_where_runs_are_named():
    rng = np.random.default_rng(4)
    rows = tuple(np.append(column, column[:2]) for column in planted(rng))
    fit = fit_loss_law(*rows, runs=np.arange(62), bootstrap=0)
    assert any("2 rows repeat others of another run exactly" in note.text for note in fit.notes)


@pytest.mark.parametrize(
    ("sizes", "tokens", "ladders"),
    [
        ([1e8, 3e8, 1e9], np.linspace(1e9, 2e10, 20), 3),
        ([1e8, 3e8, 1e9], np.geomspace(1e9, 3e10, 12), 3),
        ([1e8], 2.0 ** np.arange(30, 38), 1),
        (np.geomspace(1e8, 1e10, 6), [2e9, 8e9, 3.2e10, 1.28e11], 0),
        (np.geomspace(1e8, 1e10, 6), 1e9 * 2.0 ** np.arange(6), 0),
        (np.geomspace(1e8, 1e10, 9), np.geomspace(1e9, 1e11, 3), 0),
    ],
)
def test_ladders_of_checkpoints_are_told_from_planned_grids(sizes, tokens, ladders):
    n_params, n_tokens = crossed(sizes, tokens)
    assert ladder_rows(n_params, n_tokens) == (ladders, ladders * len(tokens))


def test_checkpoints_are_noticed_and_their_dependence_too():
    rows, labels = checkpoints(np.random.default_rng(5))
    blind = fit_loss_law(*rows, bootstrap=0)
    assert any("12 n_params with a ladder each of n_tokens" in note.text for note in blind.notes)
    assert any("the law does not fit these rows" in note.text and "--run-column" in note.text for note in blind.notes)
    assert blind.sampling_only
    named = fit_loss_law(*rows, runs=labels, bootstrap=0)
    assert not any("ladder" in note.text or "does not fit" in note.text for note in named.notes)


def test_too_few_runs_have_no_interval_however_many_rows():
    rows, labels = checkpoints(np.random.default_rng(6), runs=6)
    with pytest.raises(ValueError, match="intervals need at least 8 runs, got 6 of 96 rows"):
        fit_loss_law(*rows, runs=labels)
    assert fit_loss_law(*rows, runs=labels, bootstrap=0).n_groups == 6


def test_dropped_rows_leave_the_runs_of_the_others():
    rows, labels = checkpoints(np.random.default_rng(7), runs=9)
    fit = fit_loss_law(*rows, runs=labels, drop_highest=5, bootstrap=0)
    assert (fit.n_runs, fit.n_groups) == (9 * 16 - 5, 9)
