"""What the backtest says of β as a ladder grows: pairs of ladders, planted moves, what was learnt elsewhere."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from bounds.fitting.loss_laws.prediction import EXPONENT_LACK_OF_FIT
from experiments.backtest import load
from experiments.backtest.exponents import RECIPES, ExponentRecipe, as_printed, learn, learnt_elsewhere, refits, scores
from experiments.backtest.protocol import fitted
from tests.law_runs import LAWS
from tests.test_backtest import isoflop


def moved(rng, sd=0.04, *, per_efold=False, n_series=8, cutoffs=60):
    """Refits of a β that moves by `sd` beyond its bootstrap, at four distances."""
    distance = np.tile([2.0, 4.0, 10.0, 30.0], n_series * cutoffs)
    beyond = sd * (np.log(distance) if per_efold else 1.0)
    sampling = rng.uniform(0.01, 0.03, len(distance))
    error = np.hypot(sampling, beyond) * rng.normal(size=len(distance))
    key = np.repeat(np.arange(n_series), 4 * cutoffs)
    made = {
        "series": [f"s{k}" for k in key], "family": [f"f{k // 2}" for k in key],
        "cutoff": np.tile(np.repeat(np.arange(cutoffs), 4), n_series), "distance": distance,
        "bin": [f"{one:g}x" for one in distance], "beta": 0.4, "error": error, "sampling": sampling,
    }  # fmt: skip
    ends = {f"{end}_{level:g}": 0.4 + sign * z * sampling for level, z in ((50, 0.674), (80, 1.282), (95, 1.96))
            for end, sign in (("lower", -1), ("upper", 1))}  # fmt: skip
    return pd.DataFrame(made | ends)


def test_a_ladder_is_compared_with_one_that_is_called_so_many_times_as_long():
    made = isoflop(6)
    laws, _ = fitted(made, bootstrap=60)
    table, unidentified = refits(laws)
    assert unidentified == 0
    places = np.round(np.log(table[["cutoff", "longer"]] / 1e18) / np.log(3)).astype(int)
    pairs = dict(zip(zip(places.cutoff, places.longer, strict=True), table.bin, strict=True))
    assert pairs == {(2, 3): "4x", (2, 4): "10x", (2, 5): "30x", (3, 4): "4x", (3, 5): "10x", (4, 5): "4x"}
    assert list(table.n_fitted) == [21, 21, 21, 28, 28, 35]
    assert list(table.n_longer) == [28, 35, 42, 35, 42, 42]
    assert table.error.to_numpy() == pytest.approx(table.beta - table.refitted)
    assert table.refitted.to_numpy() == pytest.approx(LAWS["Epoch"].data_exponent, abs=0.02)
    assert (table.lower_95 < table.lower_50).all()


def test_a_planted_move_is_learnt_and_covers_what_it_promises():
    made = moved(np.random.default_rng(0))
    assert learn(made) == pytest.approx(0.04, abs=0.005)
    found = scores(made, [ExponentRecipe("bootstrap"), ExponentRecipe("right", 0.04), *RECIPES[2:4]])
    for recipe in ("right", "κ without the series", "κ without the family"):
        rows = found[found.recipe == recipe]
        for level in (50, 80, 95):
            assert rows[f"covered_{level}"].to_numpy() == pytest.approx(level / 100, abs=0.08)
    assert (found[found.recipe == "bootstrap"].covered_95 < 0.75).all()
    right = found[found.recipe == "right"].score.sum()
    assert right < found[found.recipe == "bootstrap"].score.sum()


def test_a_move_that_grows_with_the_ladder_is_told_from_one_that_does_not():
    grows = moved(np.random.default_rng(1), 0.025, per_efold=True)
    assert learn(grows, per_efold=True) == pytest.approx(0.025, abs=0.003)
    found = scores(grows, RECIPES[3:])
    constant, per_efold = (found[found.recipe == one.name] for one in RECIPES[3:])
    assert per_efold.covered_95.to_numpy() == pytest.approx(0.95, abs=0.03)
    assert constant.covered_95.iloc[0] > 0.98, "too wide at twice"
    assert constant.covered_95.iloc[-1] < 0.9, "too narrow at thirty times"
    assert per_efold.score.sum() < constant.score.sum()


def test_the_intervals_that_a_fit_prints_are_moved_out_by_what_was_learnt():
    made = moved(np.random.default_rng(2))
    assert as_printed(made, 0.0)["covered_95"] < 0.75
    assert as_printed(made, 0.04)["covered_95"] == pytest.approx(0.95, abs=0.03)


def test_what_is_learnt_has_not_seen_its_own_family():
    made = moved(np.random.default_rng(3))
    odd = made.family == "f1"
    made.loc[odd, "error"] *= 8
    known = learnt_elsewhere(made, "family")
    assert known["f1"] == pytest.approx(0.04, abs=0.006)
    assert min(value for key, value in known.items() if key != "f1") > known["f1"]
    with pytest.raises(ValueError, match="nothing can be learnt"):
        learn(made[made.bin == "2x"])


@pytest.mark.data
@pytest.mark.verification
def test_beta_on_the_public_series():
    laws, _ = fitted(load())
    table, unidentified = refits(laws)
    assert unidentified == 0
    found = scores(table).set_index(["recipe", "distance"])
    assert found.n_series["ours", "10x"] == 16
    assert found.covered_95["bootstrap", "10x"] == pytest.approx(0.77, abs=0.03)
    ours = found.loc["ours", "10x"]
    assert list(ours[["covered_50", "covered_80", "covered_95"]]) == pytest.approx([0.49, 0.82, 0.95], abs=0.03)
    known = learnt_elsewhere(table, "family")
    assert min(known.values()) - 0.005 <= EXPONENT_LACK_OF_FIT <= max(known.values()) + 0.005
    distances = {one: found.score[one].sum() for one in ("κ without the family", "κ an e-fold, without the family")}
    assert distances["κ an e-fold, without the family"] < distances["κ without the family"]
