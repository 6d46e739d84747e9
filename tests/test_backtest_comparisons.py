"""Whole ladders, variants of the interval, rival forms and the next run: on planted errors and planted laws."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from experiments.backtest import comparisons, ladders, load, replay, rivals, variants
from experiments.backtest.protocol import ROLLING, bin_of, fitted, predictions
from experiments.backtest.recipes import RECIPES, Recipe
from tests.tables import fits
from tests.test_backtest import isoflop, scattered
from tests.test_backtest import predictions as planted_errors


@pytest.fixture(scope="module")
def laws():
    return fitted(isoflop(6), bootstrap=60)[0]


# ---------------------------------------------------------------- whole ladders


def in_ladders(rho, *, seed=0, n_series=10, cutoffs=40, runs=8):
    """Normal errors of correlation `rho` within a ladder, at ten times."""
    rng = np.random.default_rng(seed)
    common = rng.normal(size=(n_series, cutoffs, 1))
    u = np.sqrt(rho) * common + np.sqrt(1 - rho) * rng.normal(size=(n_series, cutoffs, runs))
    key, cutoff, _ = (one.ravel() for one in np.indices(u.shape))
    return pd.DataFrame({
        "protocol": ROLLING, "series": [f"s{k}" for k in key], "family": [f"f{k // 2}" for k in key], "cutoff": cutoff,
        "bin": "10x", "error": 0.01 * u.ravel(), "sampling": 0.01, "noise": 0.0, "efolds": np.log(10),
    })  # fmt: skip


@pytest.mark.parametrize("rho", [0.0, 0.4, 0.9])
def test_what_a_ladder_shares_is_found(rho):
    made = in_ladders(rho)
    assert ladders.shared(made, made.error.to_numpy() / 0.01) == pytest.approx(rho, abs=0.06)


def test_intervals_for_all_runs_of_a_ladder_hold_all_of_them():
    for rho in (0.0, 0.6):
        (row,) = ladders.ladders(in_ladders(rho), Recipe("right")).itertuples()
        assert row.joint == pytest.approx(0.95, abs=0.03)
        assert row.marginal < 0.9, "intervals of one run do not"
        assert (row.n_ladders, row.n_series, row.runs) == (400, 10, 8)


def test_a_joint_quantile_lies_between_one_run_and_bonferroni():
    from bounds.fitting.loss_laws.prediction import ndtri

    assert ladders.joint_quantile(0.95, 1, 0.3) == pytest.approx(1.959964)
    assert ladders.joint_quantile(0.95, 6, 1.0) == pytest.approx(1.959964)
    assert ladders.joint_quantile(0.95, 6, 0.0) == pytest.approx(float(ndtri((1 + 0.95 ** (1 / 6)) / 2)), abs=1e-6)
    found = [ladders.joint_quantile(0.95, 6, rho) for rho in (0.0, 0.3, 0.6, 0.9, 1.0)]
    assert found == sorted(found, reverse=True)
    u = np.random.default_rng(0).multivariate_normal(np.zeros(6), 0.4 * np.eye(6) + 0.6, size=40_000)
    assert np.mean(np.abs(u).max(1) <= ladders.joint_quantile(0.95, 6, 0.6)) == pytest.approx(0.95, abs=0.005)


def test_ladders_of_one_run_share_nothing():
    with pytest.raises(ValueError, match="no ladder has two predicted runs"):
        ladders.shared(in_ladders(0.5, runs=1), np.zeros(400))


# ---------------------------------------------------------------- variants of the interval


def with_misfit(rng, tau, kappa, n_series=12, runs=200):
    """Errors whose lack of fit is √(τ² + (κ s)²) an e-fold, with an s that differs between series."""
    key = np.repeat(np.arange(n_series), runs)
    distance = np.exp(rng.uniform(np.log(1.6), np.log(59), len(key)))
    s = np.geomspace(0.002, 0.02, n_series)[key]
    sd = np.sqrt(s**2 + (tau**2 + (kappa * s) ** 2) * np.log(distance) ** 2)
    return pd.DataFrame({
        "series": [f"s{k}" for k in key], "family": [f"f{k % 4}" for k in key], "cutoff": 1.0,
        "bin": [bin_of(one) for one in distance], "error": sd * rng.normal(size=len(key)), "sampling": 0.0, "noise": s,
        "noise_upper": s, "noise_robust": 3 * s, "efolds": np.log(distance),
    })  # fmt: skip


def test_a_lack_of_fit_that_follows_the_misfit_would_be_found():
    """The rule is able to say yes: where misfit decides the variant that knows it wins, and a wrong s does not."""
    made = with_misfit(np.random.default_rng(0), 0.0, 1.0)
    found = variants.scores(made)
    won = variants.winners(found)
    assert "λ = κ s" in won
    assert "s of the median" not in won
    assert variants.learn(made, variants.VARIANTS[3]) == (0.0, pytest.approx(1.0, abs=0.11))


def test_nothing_wins_where_the_recipe_is_right():
    made = with_misfit(np.random.default_rng(1), 0.008, 0.0)
    assert variants.learn(made, variants.VARIANTS[0]) == (pytest.approx(0.008, abs=0.0011), 0.0)
    found = variants.scores(made)
    assert variants.winners(found) == []
    now = found[found.variant == "as it is"]
    assert now.covered_95.to_numpy() == pytest.approx(0.95, abs=0.03)


def test_s_of_the_upper_half_is_of_the_dearer_runs(laws):
    table = variants.with_scales(laws)
    one = next(one for one in laws if one.protocol == ROLLING)
    part = table[table.cutoff == one.cutoff]
    r, n = one.law.residuals, one.law.n_runs
    dear = one.runs.compute_flops.to_numpy() >= np.median(one.runs.compute_flops)
    assert part.noise_upper.to_numpy() == pytest.approx(np.sqrt(np.mean(r[dear] ** 2) * n / (n - 5)))
    assert part.noise_robust.to_numpy() == pytest.approx(1.4826 * np.median(np.abs(r)) * np.sqrt(n / (n - 5)))
    assert len(table) == len(predictions(laws)[lambda all_: all_.protocol == ROLLING])


# ---------------------------------------------------------------- rival forms


def planted(name, theta, runs=40, noise=0.0):
    """Runs whose losses are those of a form exactly, about a mean of nine nats."""
    form = next(one for one in rivals.FORMS if one.name == name)
    made = scattered(runs)
    x, y = (np.log(made[one]) - np.log(made[one]).mean() for one in ("n_params", "n_tokens"))
    z = form.log_loss(np.array([theta]), x.to_numpy(), y.to_numpy())[0]
    return form, made.assign(loss=np.exp(z + 1 + noise * np.random.default_rng(0).normal(size=runs)))


@pytest.mark.parametrize(
    ("name", "theta"),
    [
        ("Kaplan", [-0.8, -0.6, 0.8, 0.1]),
        ("no irreducible loss", [-0.7, -0.7, 0.06, 0.12]),
        ("α = β", [-0.6, -1.3, -1.5, 0.3]),
        ("local power law", [0.0, -0.06, 0.02, 0.008]),
    ],
)
def test_a_form_finds_losses_of_its_own_and_no_other_does(name, theta):
    form, made = planted(name, theta)
    cheap, dear = made[made.compute_flops < 5e20], made[made.compute_flops >= 5e20]

    def off(one):
        fit = rivals.fit_form(one, cheap, resamples=2)
        told = fit.log_losses(fit.theta, dear.n_params.to_numpy(), dear.n_tokens.to_numpy())[0]
        return float(np.max(np.abs(told - np.log(dear.loss))))

    assert off(form) < 1e-4
    others = [one for one in rivals.FORMS if not one.frontier and one.name != name]
    assert min(off(one) for one in others) > 1e-3


def test_kaplans_form_is_that_of_the_paper():
    N, D, nc, dc, an, ad = 1e9, 2e10, 6.4e13, 1.8e13, 0.076, 0.103
    paper = ad * np.log((nc / N) ** (an / ad) + dc / D)
    kaplan = rivals.FORMS[0].log_loss
    theta = np.array([[an / ad * np.log(nc), np.log(dc), an / ad, ad]])
    assert kaplan(theta, np.log(np.array([N])), np.log(np.array([D])))[0, 0] == pytest.approx(paper)


def test_the_frontier_is_what_no_cheaper_run_beats():
    made = pd.DataFrame({"compute_flops": [1.0, 1, 2, 2, 3, 4], "loss": [3.0, 2.9, 2.95, 2.8, 2.85, 2.7]})
    assert list(rivals.on_frontier(made)) == [False, True, False, True, False, True]


def test_resamples_of_a_form_scatter_as_its_fit_does():
    """b of a prediction beyond the runs, against fits to new noise."""
    form, made = planted("no irreducible loss", [-0.7, -0.7, 0.06, 0.12], noise=0.003)
    fit = rivals.fit_form(form, made, resamples=200)
    point = np.array([3e11]), np.array([6e12])
    b = float(np.std(fit.log_losses(fit.samples, *point)))
    rng, clean, found = np.random.default_rng(9), planted(form.name, [-0.7, -0.7, 0.06, 0.12])[1], []
    for _ in range(60):
        again = rivals.fit_form(form, clean.assign(loss=clean.loss * np.exp(0.003 * rng.normal(size=40))), resamples=1)
        found.append(float(again.log_losses(again.theta, *point)[0, 0]))
    assert b == pytest.approx(np.std(found), rel=0.4)
    assert fit.noise == pytest.approx(0.003, rel=0.3)


def test_rivals_stand_beside_the_law(laws):
    rolling = [one for one in laws if one.protocol == ROLLING]
    found, refused = rivals.rival_predictions(rolling, resamples=3)
    alone = predictions(rolling)
    own = found[found.form == rivals.CHINCHILLA]
    assert own.error.to_numpy() == pytest.approx(alone.error.to_numpy())
    assert refused["compute alone"] == 1, "three budgets have three best runs, which three constants meet"
    for name in ("Kaplan", "α = β"):
        assert found[found.form == name].efolds.to_numpy() == pytest.approx(alone.efolds.to_numpy(), abs=1e-6)
    frontier = found[found.form == "compute alone, local"]
    assert frontier.frontier.all()
    assert len(frontier) == own.frontier.sum() == 6
    assert rivals.fit_form(rivals.FORMS[4], isoflop(5)).theta.shape == (1, 3)
    with pytest.raises(ValueError, match="Kaplan has 4 constants, and 4 runs"):
        rivals.fit_form(rivals.FORMS[0], isoflop().head(4))


def test_each_form_has_a_tau_of_its_own_in_the_tables(monkeypatch):
    """Planted lacks of fit, one a form; what knows compute alone is shown on the frontier only."""
    parts = [
        planted_errors(np.random.default_rng(k), tau=tau, runs=100).assign(form=form, frontier=True)
        for k, (form, tau) in enumerate((("Kaplan", 0.02), ("compute alone", 0.01)))
    ]
    monkeypatch.setattr(rivals, "rival_predictions", lambda laws: (pd.concat(parts), {"Kaplan": 0, "α = β": 2}))
    told = comparisons.forms([])
    every, frontier = (table.rows for table in told.tables)
    assert [row[0] for row in every if row[0]] == ["Kaplan"]
    assert [row[0] for row in frontier if row[0]] == ["Kaplan", "compute alone"]
    taus = {(row["runs"], row["form"]): row["tau"] for row in told.data["rivals"]}
    assert list(taus["frontier", "Kaplan"].values()) == pytest.approx([0.02] * 6, abs=0.003)
    assert list(taus["frontier", "compute alone"].values()) == pytest.approx([0.01] * 6, abs=0.003)
    assert str(told.notes[0]) == "of 0 fits so many have too few runs for a form: α = β 2."
    assert all(fits(table) for table in told.tables)


# ---------------------------------------------------------------- the next run


def test_one_more_run_is_bought_within_the_budget(laws):
    found = replay.replay([one for one in laws if one.protocol == ROLLING][:1])
    assert set(found.rule) == set(replay.RULES)
    assert (found.groupby("cutoff").size() == len(replay.RULES)).all()
    bought = found[found.rule != replay.NONE]
    assert ((bought.cost > 1) & (bought.cost <= replay.BUDGET)).all()
    assert (found[found.rule == replay.NONE].cost == 0).all()
    ours, none = (found[found.rule == rule].width.to_numpy() for rule in (replay.OURS, replay.NONE))
    assert (ours < none).all(), "a dearer run brings the lack of fit nearer"
    said = found[found.rule == replay.OURS]
    assert said.found.to_numpy() == pytest.approx(said.said.to_numpy(), rel=0.3)


def test_rules_choose_what_they_say():
    made = pd.DataFrame({"n_params": [1e8, 2e8, 1e9, 4e8], "n_tokens": [2e9, 4e9, 1e9, 5e10]})
    made = made.assign(compute_flops=[1.2e18, 4.8e18, 6e18, 1.2e19])
    rng = np.random.default_rng(0)
    assert replay.chosen(replay.OURS, made, (2e8, 4e9), rng) == [1]
    assert replay.chosen(replay.RATIO, made, (0, 0), rng) == [3], "off by 6, not by 20 times; nearer ones are cheap"
    assert replay.chosen(replay.NONE, made, (0, 0), rng) == []
    drawn = {tuple(sorted(replay.chosen(replay.DEAREST, made, (0, 0), rng))) for _ in range(20)}
    assert drawn == {(2, 3)}
    assert len({tuple(replay.chosen(replay.RANDOM, made, (0, 0), rng)) for _ in range(60)}) == 12


def test_rules_are_compared_with_each_series_weighing_the_same():
    rows = [
        {"series": key, "cutoff": cutoff, "rule": rule, "cost": 2.0, "error": error, "covered": 1.0, "width": 0.1}
        for key, cutoff, errors in (("a", 1, (4, 1, 2, 3, 1)), ("a", 2, (4, 5, 2, 3, 1)), ("b", 1, (2, 1, 3, 3, 3)))
        for rule, error in zip(replay.RULES, errors, strict=True)
    ]
    found = replay.compared(pd.DataFrame(rows)).set_index("rule")
    assert found.error[replay.NONE] == pytest.approx((4 + 2) / 2)
    assert found.error[replay.OURS] == pytest.approx((3 + 1) / 2)
    assert found.beaten[replay.OURS] == pytest.approx((0.5 + 0) / 2)
    assert found.against[replay.RANDOM] == pytest.approx((0.5 + 1) / 2)
    assert list(found.n_series) == [2] * 5


# ---------------------------------------------------------------- the public series


@pytest.mark.data
@pytest.mark.verification
def test_the_recipe_stands_on_the_public_series():
    laws, _ = fitted(load())
    found = variants.scores(variants.with_scales(laws))
    assert variants.winners(found) == []
    together = ladders.ladders(predictions(laws), RECIPES[2]).set_index("distance")
    assert together.rho["2x"] < together.rho["10x"]
    assert together.rho["10x"] == pytest.approx(0.66, abs=0.03)
    assert (together.joint > together.marginal).all()
