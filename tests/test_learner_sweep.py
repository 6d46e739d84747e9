"""Sweeps of learners: the corpora of the sweep, the same bits anywhere, slopes with intervals, tables and figures."""

from __future__ import annotations

import json
import math
import pickle
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import simulate
from bounds.cli.report import print_report
from simulate.cli.main import main
from simulate.running.dataset import NOT_MEASURED, open_result
from simulate.running.showing.view import View
from simulate.stats import Estimate, log_slope
from simulate.studies.learners import measure_learners
from simulate.studies.learners.corpora import seen_corpora
from simulate.studies.learners.figure import figure
from simulate.studies.learners.job import LearnerDrawer, LearnerPlan
from simulate.studies.learners.names import parse_learner
from simulate.studies.learners.report import report, verdict
from simulate.studies.learners.rows import (
    ABOVE,
    BELOW,
    INSIDE,
    LOWER_END,
    UNDECIDED,
    UPPER_END,
    implied,
    place,
    rows,
    size_rows,
    why_not,
)
from simulate.text.any_source import parse_any_source
from tests.commands import run
from tests.page_numbers import Page
from tests.running import done
from tests.statistics import check

LAWS = ("hoffmann2022", "epoch2024")
SMALL: dict[str, Any] = {"n_draws": "100:1e4:5", "replicates": 6, "seed": 3, "test_draws": 300}
EVERY = ["memoriser", "margin:1", "add-constant:1", "good-turing", "pitman-yor:0.5", "store", "store:50"]


@pytest.fixture(scope="module")
def measured():
    return measure_learners(learners=EVERY, tolerances=["0", "0.05", "100%"], **SMALL)


# Corpora and bits


def test_counts_are_those_of_the_sweep(measured):
    names = list(map(str, measured.source.values))
    counted = simulate.sweep(sources=names, n_draws=SMALL["n_draws"], replicates=6, seed=3, engine="tokens")
    for name in ("n_unique", "spectrum", "n_unique_expected", "exponent_pooled", "exponent_lower"):
        assert np.array_equal(measured[name].values, counted[name].values, equal_nan=True)


def test_threads_other_learners_and_other_replicates_change_no_bit(measured):
    alone = measure_learners(learners=["store:50"], threads=1, **SMALL | {"replicates": 4})
    same = measured.sel(source="zipf:1.3889", learner="store:50").isel(replicate=slice(0, 4))
    for name in ("excess_loss", "excess_loss_tested", "excess_loss_expected"):
        assert np.array_equal(alone[name].values.squeeze(), same[name].values)


def test_a_cell_is_a_function_of_its_numbers_and_travels():
    drawer = LearnerDrawer("santa-fe:1.5,labels=2", "memoriser", (50, 900), np.array([1, 2, 4]), 5, 100, ("0",), 1.0)
    whole = drawer.draw(0, 3)
    part = pickle.loads(pickle.dumps(drawer)).draw(2, 1)
    for name in ("n_unique", "excess_loss", "excess_loss_tested", "efficient_size"):
        assert np.array_equal(whole[name][..., 2:], part[name])
    assert np.array_equal(whole["spectrum"][2:], part["spectrum"])
    assert whole["spectrum"].sum(axis=1).tolist() == whole["n_unique"][-1].tolist()


@pytest.mark.verification
def test_workers_give_the_same_bits(measured):
    plan = LearnerPlan(tuple(EVERY), (), SMALL["n_draws"], 6, 3, ("0", "0.05", "100%"), 300)
    there = done(plan, cluster="local:2")
    for name in ("n_unique", "excess_loss", "excess_loss_tested", "efficient_size", "loss_exponent_lower"):
        assert there[name].values.tobytes() == measured[name].values.tobytes()


def test_pairs_that_were_not_asked_for_are_not_measured(measured):
    assert np.isnan(measured.excess_loss.sel(source="zipf:1.3889", learner="margin:1")).all()
    assert np.isfinite(measured.excess_loss.sel(source="zipf:1.3889", learner="store")).all()
    assert (measured.efficient_size != NOT_MEASURED).all()
    assert (measured.efficient_size.sel(loss_tolerance="0") == measured.n_unique).all()


def test_every_variable_has_a_unit_and_a_name(measured):
    for name, variable in measured.variables.items():
        assert name == "source" or variable.attrs["long_name"] != name
        assert "units" in variable.attrs


@pytest.mark.parametrize("suffix", ["nc", "zarr", "csv"])
def test_results_are_written_and_read(measured, tmp_path, suffix):
    path = tmp_path / f"x.{suffix}"
    simulate.save_result(measured, path)
    if suffix == "csv":
        assert path.read_text().startswith("source,")
        return
    again = open_result(path)
    assert np.array_equal(again.excess_loss.values, measured.excess_loss.values, equal_nan=True)
    assert rows(again) == rows(measured)


# Places in the band, and how slopes cover


@pytest.mark.parametrize(("gamma", "beta", "expected"), [
    ((0.58, 0.57, 0.59), (0.28, 0.27, 0.29), INSIDE), ((0.72, 0.71, 0.73), (0.28, 0.27, 0.29), UPPER_END),
    ((0.44, 0.43, 0.45), (0.28, 0.27, 0.29), LOWER_END), ((0.9, 0.89, 0.91), (0.28, 0.27, 0.29), ABOVE),
    ((0.3, 0.29, 0.31), (0.28, 0.27, 0.29), BELOW), ((0.44, 0.43, 0.45), (0.35, 0.1, 0.6), UNDECIDED),
    ((0.58, math.nan, math.nan), (0.28, math.nan, math.nan), ""),
    ((0.58, 0.57, 0.59), (0.28, math.nan, math.nan), ""), ((math.nan,) * 3, (0.28, 0.2, 0.3), ""),
])  # fmt: skip
def test_places_in_the_band(gamma, beta, expected):
    assert place(Estimate(*gamma), Estimate(*beta)) == expected


def losses_at(source, learner, sizes, replicates, first):
    found = np.empty((len(sizes), replicates))
    for r in range(replicates):
        corpora = seen_corpora(parse_any_source(source), sizes, seed=17, replicate=first + r, n_tests=1)
        found[:, r] = [parse_learner(learner).measure(corpus).exact for corpus in corpora]
    return found


SLOPE_SIZES, SLOPE_CORPORA = (300, 1000, 3000, 10_000), 4800


@pytest.mark.verification
@pytest.mark.parametrize(("source", "learner", "replicates", "least"), [
    ("santa-fe:1.3889,labels=2", "memoriser", 16, 0.92), ("growing:0.58", "margin:0.3333", 16, 0.92),
    ("growing:0.44", "margin:0.01", 16, 0.8), ("growing:0.44", "margin:0.01", 32, 0.88),
])  # fmt: skip
def test_the_interval_of_a_slope_covers(source, learner, replicates, least):
    """4800 corpora in experiments of so many: how often the slope of the expected loss lies in the interval.

    The table of docs/learners.md. Margins near 0 make losses that are rare and large: the logarithm of their mean is
    biased, and 16 corpora are too few.
    """
    sizes = np.array(SLOPE_SIZES)
    expected = np.asarray(parse_learner(learner).expected(parse_any_source(source), sizes.tolist()).values)
    truth = log_slope(sizes, expected[:, None]).value
    found = losses_at(source, learner, sizes, SLOPE_CORPORA, 0)
    slopes = [log_slope(sizes, found[:, first : first + replicates]) for first in range(0, SLOPE_CORPORA, replicates)]
    covered = np.mean([slope.lower <= truth <= slope.upper for slope in slopes])
    assert covered >= least
    row = {"source": f"`{source}`", "learner": f"`{learner}`", "corpora": str(replicates), "coverage": f"{covered:.2f}"}
    assert row in Page.read("docs/learners.md").table("| source | learner | corpora |")


def test_slopes_are_those_of_theory():
    """Exponents of the memoriser and of votes, against the slope of the exact means on the same sizes."""
    for learner, source in (("memoriser", "santa-fe:1.3889,labels=2"), ("margin:1", "growing:0.72")):
        sizes = np.array([300, 1000, 3000, 10_000])
        slope = log_slope(sizes, losses_at(source, learner, sizes, 64, 0))
        expected = np.asarray(parse_learner(learner).expected(parse_any_source(source), sizes.tolist()).values)
        error = (slope.upper - slope.lower) / 2 / 1.998
        assert check(f"slope of {learner}", (slope.value - log_slope(sizes, expected[:, None]).value) / error)


# What a reader sees


def test_0_72_and_0_58_and_0_44_arise_at_beta_0_28():
    dataset = measure_learners(learners=["all"], **SMALL)
    read = {(row["learner"], row["law"]): row for row in implied(dataset, LAWS)}
    for learner, gamma in (("margin:1", 0.72), ("margin:0.3333", 0.58), ("margin, a → 0", 0.44), ("memoriser", 0.72)):
        assert round(read[learner, "hoffmann2022"]["exponent"], 4) == pytest.approx(gamma, abs=1e-4)
        assert read[learner, "hoffmann2022"]["exponent_lower"] is None
    refitted = read["margin:0.3333", "epoch2024"]
    assert refitted["exponent"] == pytest.approx(1 - 2 * 0.3658 / 1.3333)
    width = refitted["exponent_upper"] - refitted["exponent_lower"]
    assert width == pytest.approx(2 * 1.96 * 0.02 * 2 / 1.3333)
    assert "at β = 0.28 (hoffmann2022) D^0.72 for margin:1 and memoriser, D^0.58 for margin" in verdict(dataset, LAWS)
    assert "at β = 0.3658 (epoch2024) D^0.63 [0.59, 0.67] for margin:1 and memoriser" in verdict(dataset, LAWS[1:])
    told = report(dataset, View(laws=LAWS))
    assert "no uncertainty of β was published" in " ".join(map(str, told.asides))
    assert "γ read off β is heuristic" in " ".join(map(str, told.notes))
    planted = {row["learner"]: row["exponent_planted"] for row in rows(dataset)}
    assert planted == pytest.approx(
        {"margin:1": 0.72, "margin:0.3333": 0.58, "margin:0.01": 0.44, "memoriser": 1 / 1.3889}
    )


def test_points_outside_the_band_say_why():
    dataset = measure_learners(learners=["margin:3"], sources=["growing:0.58"], **SMALL)
    (row,) = rows(dataset)
    assert row["loss_exponent_expected"] > 0.7 > 1 - 0.58
    assert "faster than 1/n" in why_not(row | {"place": ABOVE})
    assert why_not(row | {"place": INSIDE}) == ""
    floor = next(row for row in rows(measure_learners(learners=["store:5"], **SMALL)))
    assert floor["place"] is None
    assert "floor" in why_not(floor)
    fixed = {"learner": "add-constant:1", "source": "zipf:1.1,types=40", "place": ABOVE}
    assert "U stops growing" in why_not(fixed)


def test_json_has_a_row_for_each_pair(measured):
    found = report(measured, View(LAWS, curves=True)).to_json(provenance={})
    assert next(iter(found)) == "schema_version"
    json.dumps(found, allow_nan=False)
    assert [row["learner"] for row in found["rows"]] == EVERY
    by_learner = {row["learner"]: row for row in found["rows"]}
    assert by_learner["store:50"]["expected_relation"] == ">="
    assert by_learner["store:50"]["z"] is None
    assert by_learner["good-turing"]["expected_label"] == "asymptotic"
    assert by_learner["margin:1"]["loss_unit"] == "top-1 error"
    assert len(found["curves"]) == len(EVERY) * measured.sizes["n_draws"]
    assert {row["learner"] for row in found["implied"]} == set(EVERY) - {"store:50"}


@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_screen_fits_and_the_answer_comes_first(measured, width, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", str(width))
    # Source and tolerance, which stand beside each column of sizes, leave too little of 60.
    print_report(report(measured if width > 60 else measured.drop_vars("efficient_size"), View()))
    printed = capsys.readouterr().out
    assert " ".join(printed.split()).startswith("The exponent of N ~ D^γ comes from the learner that a loss curve is")
    assert max(map(len, printed.splitlines())) <= width
    assert sum(line.startswith("! ") for line in printed.splitlines()) == 3
    assert "more note" in printed
    assert printed.count("\nlearner ") == (1 if width > 60 else 2)
    assert "vacuous" not in printed


def test_all_that_is_not_on_the_screen_is_explained(measured, capsys):
    found = report(measured, View())
    print_report(found, explained=True)
    printed = " ".join(capsys.readouterr().out.split())
    for note in found.notes:
        assert str(note) in printed
    for text in ("on tests", "rigorous", "nats per token", "limit of n", "top1_growth_exponent", "A fixed tolerance"):
        assert text in printed
    assert [table.columns for table in found.details if max(map(len, table.columns)) > 12] == []


def test_what_a_table_shows_depends_on_what_tells_the_points_apart():
    """γ stands beside β where learners or sources alone name a point, and in a table of its own where they do not."""
    small = SMALL | {"n_draws": "100:1e3:3", "replicates": 3}
    one = report(measure_learners(learners=["store", "good-turing"], sources=["zipf:1.5"], **small), View())
    assert one.tables[0].columns[:2] == ["learner", "γ [95 % interval]"]
    assert one.tables[0].below.startswith("Source: zipf:1.5.")
    two = ["zipf:1.5", "zipf:2"]
    many = report(measure_learners(learners=["store"], sources=two, **small), View())
    assert many.tables[0].columns[:2] == ["source", "γ [95 % interval]"]
    assert many.tables[0].below.startswith("Learner: store.")
    pairs = report(measure_learners(learners=["store", "good-turing"], sources=two, **small), View())
    assert [table.columns[0] for table in pairs.tables[:2]] == ["source", "source"]
    assert [len(table.rows) for table in pairs.tables[:2]] == [4, 2]


def test_a_kept_result_says_what_the_run_said(measured, tmp_path):
    simulate.save_result(measured, tmp_path / "x.nc")
    view = View(curves=True)
    assert report(open_result(tmp_path / "x.nc"), view) == report(measured, view)


def test_efficient_sizes_have_a_row_for_each_tolerance(measured):
    found = {(row["source"], row["loss_tolerance"]): row for row in size_rows(measured)}
    exact = found["zipf:1.3889", "0"]
    assert exact["efficient_size"] == exact["n_unique"]
    assert exact["efficient_size_limit"] is None
    assert found["zipf:1.3889", "0.05"]["efficient_size_limit"] == 501
    assert found["zipf:1.3889", "0.05"]["efficient_exponent"] < exact["efficient_exponent"]


def test_the_figure_shows_every_pair(measured):
    *losses, plane = figure(measured, View(LAWS)).axes
    units = [axes.get_ylabel() for axes in losses]
    assert len(set(units)) == len(units) == len(set(measured.loss_unit.values.ravel()) - {""})
    assert sum(len(axes.texts) for axes in losses) == len(EVERY)
    assert plane.get_xlabel().startswith("β")


def test_no_point_is_cut_off_by_the_figure_and_theory_does_not_stretch_it():
    """On a finite support an unlimited store is expected to lose 1e-200 nats, and β of added constants is above 0.7."""
    dataset = measure_learners(
        learners=["store", "add-constant:1"], sources=["uniform:50"], n_draws="1e2:1e5:7", replicates=4
    )
    losses, plane = figure(dataset, View(LAWS)).axes
    assert losses.get_ylim()[0] > 1e-8
    for row in rows(dataset):
        if row["loss_exponent"] is not None:
            assert plane.get_xlim()[0] < row["loss_exponent"] < plane.get_xlim()[1]
            assert plane.get_ylim()[0] < row["exponent"] < plane.get_ylim()[1]


def test_losses_that_are_all_zero_are_drawn_on_an_axis_that_has_a_zero():
    dataset = measure_learners(sources=["santa-fe:1.5,labels=1"], learners=["memoriser"], n_draws=[10, 100])
    assert figure(dataset, View(LAWS)).axes[0].get_yscale() == "linear"


def test_what_lies_outside_the_band_is_named():
    """Good–Turing at small sizes: its β is not yet that of the limit."""
    dataset = measure_learners(
        sources=["zipf:1.3889"], learners=["good-turing", "store"], n_draws="1e3:1e5:5", replicates=32
    )
    assert "1 of 2 measured points" in verdict(dataset, LAWS)
    assert "; good-turing on zipf:1.3889 lies above it." in verdict(dataset, LAWS)


def test_a_dry_run_counts_that_learning_takes_longer_than_counting(capsys):
    flags = ("--n-draws", "1e6,1e7", "--replicates", "8", "--dry-run", "--json", "--source", "santa-fe:1.5,labels=2")
    taken = []
    for more in (("--engine", "tokens"), ("--learner", "memoriser")):
        main(["sweep", *flags, *more], standalone_mode=False)
        taken.append(json.loads(capsys.readouterr().out)["rows"][0]["seconds"])
    assert taken[1] > 3 * taken[0] > 0


def test_a_text_is_predicted_window_after_window(tmp_path):
    words = np.random.default_rng(4).zipf(1.6, 6000)
    path = tmp_path / "a.txt"
    path.write_text(" ".join(f"w{word}" for word in words if word < 10**9), encoding="utf-8")
    source = f"corpus:{path},unit=word,length=1"
    dataset = measure_learners(
        learners=["memoriser", "store:30", "good-turing", "pitman-yor:0.6"], sources=[source], tolerances=["0", "50%"],
        n_draws=[100, 1000, 4000], test_draws=1000,
    )  # fmt: skip
    tested = dataset.excess_loss_tested.isel(replicate=0, source=0)
    assert np.isnan(dataset.excess_loss).all()
    assert dataset.sizes["replicate"] == 1 or np.isnan(dataset.excess_loss_tested.isel(replicate=1)).all()
    order = next(seen_corpora(parse_any_source(source), np.array([1000]), seed=0, replicate=0)).order
    seen, following = set(order.keys(0, 1000).tolist()), order.keys(1000, 1000).tolist()
    new = sum(key not in seen for key in following) / 1000
    assert float(tested.sel(learner="memoriser", n_draws=1000)) == pytest.approx(math.log(2) * new)
    assert float(tested.sel(learner="good-turing", n_draws=1000)) > 1
    assert math.isnan(float(dataset.loss_exponent.sel(learner="good-turing")[0]))
    assert (dataset.efficient_size.sel(loss_tolerance="0")[0, :, 0] == dataset.n_unique[0, :, 0]).all()
    assert all(row["place"] is None for row in rows(dataset))


# The command


def test_the_command_prints_tables_and_writes(tmp_path):
    done = run(
        "sweep", "--learner", "memoriser", "--learner", "store", "--tolerance", "0,10%", "--n-draws", "100:1e4:5",
        "--replicates", "4", "--source", "santa-fe:1.5,labels=2",
        "--out", str(tmp_path / "x.nc"), "--figure", str(tmp_path / "x.png"),
    )  # fmt: skip
    printed = " ".join(done.stdout.split())
    for text in ("memoriser", "heuristic", "hoffmann2022", "Efficient size", "written: "):
        assert text in printed
    laws = ["--law=hoffmann2022", "--law=epoch2024"]  # what a law gives is shown where it is named
    asked = CliRunner().invoke(main, ["show", str(tmp_path / "x.nc"), *laws], catch_exceptions=False).stdout
    assert "γ = 1 - β" in " ".join(asked.split())
    assert "0.3658 (epoch" in asked
    assert (tmp_path / "x.png").stat().st_size > 10_000
    assert "excess_loss" in open_result(tmp_path / "x.nc")


@pytest.mark.parametrize(("arguments", "message"), [
    (["--learner", "memoriser", "--source", "zipf:1.5"], "does not fit source zipf:1.5"),
    (["--learner", "x"], "unknown learner"), (["--tolerance", "0"], "--tolerance is for learners"),
    (["--learner", "memoriser", "--tolerance", "0"], "add --learner store"),
    (["--learner", "store", "--tolerance", "-1"], "tolerance must be numbers"),
    (["--learner", "store", "--engine", "gauss"], "learners see every token"),
    (["--learner", "store", "--resume", "--out", "x.nc"], "only a result that ends in .zarr"),
])  # fmt: skip
def test_what_does_not_fit_is_refused_before_anything_heavy_is_loaded(arguments, message, tmp_path):
    program = (
        "import runpy, sys\n"
        f"sys.argv = ['x', 'sweep', *{arguments!r}]\n"
        "try:\n    runpy.run_module('simulate', run_name='__main__')\n"
        "except SystemExit as end:\n    print(end.code)\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path, timeout=60)
    code, loaded = done.stdout.splitlines()
    assert code == "2"
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert not {"numba", "xarray", "scipy", "sympy", "matplotlib", "zarr"} & set(loaded.split())
