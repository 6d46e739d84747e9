"""The backtest of predicted losses: its protocol, its recipes on planted errors, what it says, the public series."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bounds.cli.report import print_report
from bounds.cli.runs_csv import RunsTable
from experiments.backtest import BINS, RECIPES, Recipe, backtest, learn_tau, load, scores, splits, weights
from experiments.backtest.own_runs import own_series
from experiments.backtest.protocol import ROLLING, SHORT, bin_of, cutoffs, fitted, has_budgets
from experiments.backtest.protocol import predictions as predicted
from experiments.backtest.recipes import coverage, errors, interval_score, quantile, weighted_median, without_own
from experiments.backtest.reports import public_report
from experiments.readers.runs import SERIES
from tests.law_runs import LAWS, ladder, losses
from tests.tables import fits

ROOT = Path(__file__).parent.parent


def series(n_params, n_tokens, loss, flops=None, name="made"):
    columns = {"n_params": list(n_params), "n_tokens": list(n_tokens), "loss": list(loss)}
    made = own_series(name, RunsTable(columns))
    return made if flops is None else made.assign(compute_flops=flops)


def isoflop(budgets=6, models=7):
    flops = np.repeat(1e18 * 3.0 ** np.arange(budgets), models)
    n_params = np.sqrt(flops / 120) * np.tile(np.geomspace(0.25, 4, models), budgets)
    n_tokens = flops / (6 * n_params)
    noise = np.exp(1e-3 * np.random.default_rng(0).normal(size=len(flops)))
    return series(n_params, n_tokens, LAWS["Epoch"].loss(n_params, n_tokens) * noise, flops)


def scattered(runs=60):
    rng = np.random.default_rng(3)
    n_params, n_tokens = ladder(rng, runs)
    return series(n_params, n_tokens, losses(rng, LAWS["Epoch"], n_params, n_tokens, outliers=0))


def predictions(rng, tau=0.01, n_series=6, runs=200):
    """Errors that follow the recipe, with a lack of fit of `tau` an e-fold."""
    distance = np.exp(rng.uniform(np.log(1.5), np.log(60), n_series * runs))
    noise, sampling = 0.003, 0.002
    sd = np.sqrt(noise**2 + sampling**2 + (tau * np.log(distance)) ** 2)
    key = np.repeat([f"s{k}" for k in range(n_series)], runs)
    return pd.DataFrame({
        "protocol": ROLLING, "series": key, "family": [f"f{one[1]}" for one in key], "cutoff": 1.0, "n_fitted": 20,
        "distance": distance, "bin": [bin_of(one) for one in distance], "error": sd * rng.normal(size=len(sd)),
        "sampling": sampling, "noise": noise, "efolds": np.log(distance),
    })  # fmt: skip


# ---------------------------------------------------------------- the protocol


def test_runs_of_one_budget_are_never_parted():
    made = isoflop()
    assert has_budgets(made)
    assert cutoffs(made) == pytest.approx(1e18 * 3.0 ** np.arange(2, 6)), "three budgets at the least"
    for protocol, cutoff, cheaper, dearer in splits(made):
        assert cheaper.compute_flops.max() == cutoff < dearer.compute_flops.min()
        assert set(cheaper.compute_flops).isdisjoint(dearer.compute_flops)
        limit = made.compute_flops.max() / 2 if protocol == SHORT else 1.5 * cutoff
        assert len(dearer) == (made.compute_flops > limit).sum()
    assert [one[0] for one in splits(made)] == [ROLLING] * 3 + [SHORT]


def test_series_without_budgets_are_cut_in_steps_of_two():
    made = scattered()
    assert not has_budgets(made)
    found = np.array(cutoffs(made))
    assert np.isin(found, made.compute_flops).all()
    assert (np.diff(found) > 0).all()
    assert found[-1] <= made.compute_flops.max() / 1.5
    for cutoff in found:
        assert (made.compute_flops <= cutoff).sum() >= 15
    assert cutoffs(made.head(14)) == []


def test_runs_that_are_far_are_never_fitted():
    made = isoflop().assign(far=False)
    far = made.tail(1).assign(far=True, compute_flops=made.compute_flops.max() * 20)
    *_, last = (one for one in splits(pd.concat([made, far])) if one[0] == ROLLING)
    assert last[1] == made.compute_flops.max()
    assert len(last[2]) == len(made)
    assert last[3].far.all()


def test_distances_have_names():
    names = [bin_of(one) for one in (1.4, 1.5, 2.99, 3, 6.5, 17.9, 18, 59.9, 60)]
    assert names == ["", "2x", "2x", "4x", "10x", "10x", "30x", "30x", ""]
    assert list(BINS) == ["2x", "4x", "10x", "30x"]


def test_a_law_that_holds_predicts_itself():
    made = isoflop(4)
    found, refused = backtest(made, bootstrap=50)
    assert refused == []
    assert list(found.n_fitted) == [21] * 7, "three budgets are fitted, the fourth is predicted"
    assert np.abs(found.error).max() < 0.01
    assert found.noise.to_numpy() == pytest.approx(1e-3, rel=0.5)
    assert found.efolds.to_numpy() == pytest.approx(np.log(found.distance), abs=1e-9)


# ---------------------------------------------------------------- the recipes


def test_each_series_weighs_the_same_and_each_cutoff_in_it():
    made = pd.DataFrame({
        "series": ["a"] * 5 + ["b"], "cutoff": [1, 1, 1, 1, 2, 1], "error": [1.0, 1, 1, 1, 0, -1],
    })  # fmt: skip
    w = weights(made)
    assert w == pytest.approx([1 / 16] * 4 + [1 / 4, 1 / 2])
    found = errors(made)
    assert found["bias"] == pytest.approx(0.25 - 0.5)
    assert found["too_high"] == pytest.approx(0.25)
    assert found["rms"] == pytest.approx(np.sqrt(0.75))
    held = coverage(made, np.array([1, 1, 1, 0.1, 1, 1]))
    assert held["covered_95"] == pytest.approx(1 - 1 / 16)
    assert held["covered_50"] == pytest.approx(0.25)
    assert held["whole"] == pytest.approx((1 / 2 + 1) / 2)


def test_a_median_with_weights():
    assert weighted_median(np.array([3.0, 1, 2]), np.array([0.2, 0.2, 0.6])) == 2
    assert weighted_median(np.array([3.0, 1, 2]), np.array([0.7, 0.2, 0.1])) == 3


def test_the_interval_score_is_least_at_the_truth():
    error = np.random.default_rng(0).normal(size=40_000)
    found = [interval_score(error, np.array(sd)).mean() for sd in (0.8, 0.9, 1.0, 1.1, 1.25)]
    assert np.argmin(found) == 2


def test_a_planted_lack_of_fit_is_learnt_and_covers_what_it_promises():
    made = predictions(np.random.default_rng(5))
    assert learn_tau(made) == pytest.approx(0.01, abs=0.001)
    found = scores(made, [Recipe("right", noise=True, tau=0.01), *RECIPES])
    for recipe in ("right", "τ without the series", "τ without the family"):
        rows = found[found.recipe == recipe]
        for level in (50, 80, 95):
            assert rows[f"covered_{level}"].to_numpy() == pytest.approx(level / 100, abs=0.06)
    assert (found[found.recipe == "bootstrap"].covered_95 < 0.6).all()


def test_what_is_learnt_has_not_seen_its_own_series():
    """One series with ten times the errors: the others' τ grows with it, its own does not."""
    made = predictions(np.random.default_rng(6))
    odd = made.series == "s3"
    made.loc[odd, "error"] *= 10
    for column in ("series", "family"):
        tau = without_own(made, column)
        assert tau[odd] == pytest.approx(0.01, abs=0.001)
        assert (tau[~odd] > tau[odd][0]).all()
    with pytest.raises(ValueError, match="nothing can be learnt"):
        learn_tau(made.assign(protocol=SHORT))


def test_the_recipe_is_what_predict_gives():
    """The interval of ours is that of `LossLawFit.predict`, part by part."""
    from experiments.backtest.protocol import fit

    made = scattered(40)
    law = fit(made, 50)
    told = law.predict(1e11, 1e13)
    row = pd.DataFrame({"sampling": [told.sampling], "noise": [told.noise], "efolds": [np.log(told.distance)]})
    alone, noise, ours = (float(one.deviation(row)[0]) for one in RECIPES[:3])
    assert ours == pytest.approx(told.deviation())
    assert noise == pytest.approx(told.deviation(["sampling", "noise"]))
    assert alone == pytest.approx(told.sampling)
    assert told.upper == pytest.approx(told.estimate * np.exp(quantile(0.95) * ours))


# ---------------------------------------------------------------- the public series


def tidied(text):
    return [" ".join(line.split()) for line in text.splitlines() if line.strip() and "───" not in line]


@pytest.fixture(scope="module")
def public():
    runs = load()
    laws, refused = fitted(runs)
    return runs, laws, refused


@pytest.fixture(scope="module")
def told(public):
    return public_report(*public, rivals=True, next_run=True)


@pytest.fixture(scope="module")
def printed(told):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        print_report(told, explained=True)
    return out.getvalue()


@pytest.mark.data
def test_the_frozen_list_is_read():
    runs = load()
    assert runs[~runs.far].series.nunique() == len(SERIES) == 16
    assert runs[runs.far].groupby("series").size().to_dict() == {one: 1 for one in SERIES if one.startswith("l2l")}
    assert (runs[runs.far].compute_flops == 1e21).all()


@pytest.mark.data
@pytest.mark.verification
def test_ours_holds_on_the_public_series_where_the_bootstrap_does_not(public):
    runs, laws, refused = public
    assert refused == []
    found = predicted(laws)
    table = scores(found).set_index(["recipe", "distance"])
    assert table.n_series.min() == 13
    for name in ("2x", "4x", "10x"):
        assert table.covered_95["ours", name] > 0.94
        assert table.covered_95["bootstrap", name] < 0.5
    assert table.covered_95["ours", "30x"] == pytest.approx(0.92, abs=0.02)
    assert 0.006 < learn_tau(found) < 0.01
    short = found[found.protocol == SHORT]
    assert np.mean(np.abs(short.error) < quantile(0.95) * short.sampling) == pytest.approx(0.21, abs=0.03)
    assert len(SERIES) == runs.series.nunique()


@pytest.mark.data
@pytest.mark.verification
def test_tables_are_in_one_piece(told, printed):
    assert all(fits(one) for one in (*told.tables, *told.details))
    assert max(map(len, printed.splitlines())) <= 80


@pytest.mark.data
@pytest.mark.verification
def test_the_page_says_what_the_command_prints(printed):
    page = (ROOT / "docs" / "prediction.md").read_text(encoding="utf-8")
    command, *blocks = re.findall(r"```\n(.*?)```", page, flags=re.DOTALL)
    assert command == "$ .venv/bin/python -m experiments backtest --rivals --next-run --explain --figure .\n"
    lines = tidied(printed)
    assert len(blocks) == 12
    for block in blocks:
        wanted = tidied(block)
        start = lines.index(wanted[0])
        assert lines[start : start + len(wanted)] == wanted
    said = set(re.findall(r"\d+(?:\.\d+)? %", re.sub(r"```.*?```", "", page, flags=re.DOTALL)))
    assert len(said) > 8
    assert said <= set(re.findall(r"\d+(?:\.\d+)? %", " ".join(printed.split())))


def test_the_figure_can_be_drawn():
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    from experiments.backtest.figures import draw

    FigureCanvasAgg(draw(predictions(np.random.default_rng(1), runs=50))).draw()
