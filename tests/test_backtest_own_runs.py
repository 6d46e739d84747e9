"""The backtest of a table of one's own: read as `bounds fit` reads it, what is tested and how sure that is."""

from __future__ import annotations

import json
import re

import click
import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from bounds.__main__ import main as bounds_main
from bounds.cli.fitted.runs_options import READING, read_table
from bounds.cli.runs_csv import RunsTable
from bounds.fitting.runs.leverage import HeavyRuns
from bounds.fitting.runs.loss_units import nats_per_token
from experiments.__main__ import main
from experiments.backtest import own_runs
from experiments.backtest.figures import draw
from experiments.backtest.own_runs import by_budget, own_report, own_series, too_little
from experiments.backtest.protocol import ROLLING, Fitted, fit, fitted, has_budgets, splits
from experiments.backtest.protocol import predictions as predicted
from simulate.stats import share
from tests.commands import run
from tests.law_runs import LAWS, ladder, losses
from tests.tables import fits, other_style

LAW = LAWS["Epoch"]


def columns(budgets=4, models=7, noise=1e-3):
    """An isoFLOP design in steps of four."""
    flops = np.repeat(1e18 * 4.0 ** np.arange(budgets), models)
    n_params = np.round(np.sqrt(flops / 120) * np.tile(np.geomspace(0.25, 4, models), budgets))
    n_tokens = flops / (6 * n_params)
    scatter = np.exp(noise * np.random.default_rng(0).normal(size=len(flops)))
    return {"n_params": n_params, "n_tokens": n_tokens, "loss": LAW.loss(n_params, n_tokens) * scatter}


def scattered(runs=40, seed=3):
    rng = np.random.default_rng(seed)
    n_params, n_tokens = ladder(rng, runs)
    return {"n_params": n_params, "n_tokens": n_tokens, "loss": losses(rng, LAW, n_params, n_tokens, outliers=0)}


def text(made, more=None, separator=","):
    made = made | (more or {})
    rows = zip(*([repr(float(v)) if not isinstance(v, str) else v for v in column] for column in made.values()),
               strict=True)  # fmt: skip
    return "\n".join(separator.join(row) for row in [list(made), *rows]) + "\n"


@pytest.fixture
def file(tmp_path):
    def write(made, more=None, name="my.csv", separator=","):
        path = tmp_path / name
        path.write_text(made if isinstance(made, str) else text(made, more, separator), encoding="utf-8")
        return str(path)

    return write


def backtest(*arguments, code=0, **options):
    return run("backtest", *arguments, module="experiments", check=code, **options)


def told(*arguments, **options):
    return json.loads(backtest(*arguments, "--json", **options).stdout)


def series(made, name="my.csv", **more):
    return own_series(name, RunsTable({key: list(value) for key, value in made.items()}, **more))


# ---------------------------------------------------------------- read as fit reads


def test_the_flags_that_read_a_table_are_those_of_fit():
    ours, theirs = (
        {one.name: (one.opts, one.help, type(one.type), one.default) for one in command.params if one.name in READING}
        for command in (main.commands["backtest"], bounds_main.commands["fit"])
    )
    assert set(ours) == set(READING)
    assert ours == theirs


def read(path, *, told=(), **options):
    """The series that the command makes of a file."""
    how = dict.fromkeys(READING) | {"drop_highest": 0, "skip_incomplete": False} | options
    table = read_table(path, dict(told), how)
    unit = table.agreed_unit(how["loss_unit"])
    return own_series("my.csv", table, nats_per_token(unit, how["bytes_per_token"]), how["drop_highest"])


NUMBERS = ["n_params", "n_tokens", "compute_flops", "loss"]


def test_one_table_in_many_spellings_is_one_series(file):
    made = columns()
    plain = read(file(made))
    messy = {"Params (M)": made["n_params"] / 1e6, "tok (B)": made["n_tokens"] / 1e9, "loss": made["loss"] / np.log(2)}
    in_bytes = {**made, "loss": made["loss"] / np.log(2) / 4.2}
    flops = {"n_params": made["n_params"], "flops": 6 * made["n_params"] * made["n_tokens"], "loss": made["loss"]}
    for found in (
        read(file(messy, separator=";"), told={"n_tokens": "tok (B)"}, loss_unit="bits"),
        read(file(in_bytes), loss_unit="bits-per-byte", bytes_per_token=4.2), read(file(flops)),
    ):  # fmt: skip
        for name in NUMBERS:
            assert found[name].to_numpy() == pytest.approx(plain[name].to_numpy(), rel=1e-9), name
    assert list(plain.line) == list(range(2, 30))


def test_the_series_is_what_the_flags_leave(file):
    made = columns()
    path = file(text(made).replace(repr(float(made["loss"][3])), "NaN"))
    done = backtest("--runs", path, code=2)
    assert "line 5 has no number in loss" in done.stderr
    assert "--skip-incomplete" in done.stderr
    assert list(read(path, skip_incomplete=True).line) == [2, 3, 4, *range(6, 30)]
    highest = read(file(made), drop_highest=2)
    assert sorted(made["loss"][~np.isin(np.arange(2, 30), highest.line)]) == sorted(made["loss"])[-2:]
    labelled = read(file(made, {"run": [f"r{k // 2}" for k in range(28)]}), run_column="run")
    assert list(labelled.run)[:3] == ["r0", "r0", "r1"]


def test_runs_of_one_budget_share_it_but_for_rounding():
    """N and D as people write them, in thousands of a billion: the products differ, the budgets do not."""
    made = columns(4)
    rounded = {**made, "n_params": np.round(made["n_params"], -6), "n_tokens": np.round(made["n_tokens"], -7)}
    found = series(rounded)
    spread = 6 * rounded["n_params"] * rounded["n_tokens"] / np.repeat(1e18 * 4.0 ** np.arange(4), 7)
    assert np.ptp(spread) > 0.01
    assert list(found.compute_flops.nunique() * [7]) == list(found.groupby("compute_flops").size())
    assert has_budgets(found)
    assert found.compute_flops.to_numpy() == pytest.approx(np.repeat(1e18 * 4.0 ** np.arange(4), 7), rel=0.02)
    flops = series(scattered(60)).compute_flops
    assert flops.nunique() == 60, "what is scattered stays as it is"
    crowded = np.geomspace(1e18, 1e20, 240)
    assert by_budget(crowded) is crowded, "a chain of near computes is no budget"


def test_what_fit_says_of_a_table_is_said_here_too(file, monkeypatch):
    """Copies, runs that did not end, and runs that carry β, of one table: the same sentences, and the same JSON."""
    made = columns()
    copied = {key: np.concatenate([value, value[:3]]) for key, value in made.items()}
    path = file(copied, {"state": ["finished"] * 30 + ["running"]})
    theirs = json.loads(run("fit", path, "--bootstrap", "50", "--json", module="bounds").stdout)
    asked = []

    def heaviest(fit, **how):
        asked.append(how)
        return HeavyRuns((1, 4), 0.3, 0.4)

    monkeypatch.setattr(own_runs, "heavy_runs", heaviest)
    ours = told("--runs", path)
    unfinished = "column 'state' says 'running' in line 32: is that a final loss?"
    for said in ("3 rows repeat others exactly", unfinished):
        assert any(said in one for one in ours["warnings"]), (said, ours["warnings"])
        assert any(said in one for one in theirs["warnings"]), (said, theirs["warnings"])
    assert not any(one.endswith("?.") for one in ours["warnings"] + theirs["warnings"])
    assert {one for one in theirs["warnings"] if "γ" not in one and "band" not in one} <= set(ours["warnings"])
    heavy = "the 2 rows of lines 3 and 6 carry the exponent of the data: without them β is 0.400, not 0.300."
    assert heavy in ours["warnings"]
    assert ours["heavy_runs"]["lines"] == [3, 6]
    assert asked[0].keys() == {"n_params", "n_tokens", "loss", "runs", "drop_highest"}
    assert ours["read"] == theirs["read"]


def test_a_table_comes_through_a_pipe():
    made = told("--runs", "-", "--drop-highest", "1", input=text(columns()))
    assert "runs of standard input" in made["verdict"]
    assert "1 row is left out by --drop-highest 1." in made["warnings"]
    assert made["provenance"]["parameters"]["drop_highest"] == 1
    assert {"bias", "rms", "covered_95", "covered_95_sampling", "width", "cutoff_flops"} <= set(made["rows"][0])
    row = made["predictions"][0]
    assert row["lower"] < row["predicted"] < row["upper"]
    assert row["error"] == pytest.approx(np.log(row["predicted"] / row["loss"]))


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.png", b"\x89PNG\r\n\x1a\n\0\0", "a.png is no table of runs: it holds a picture"),
        ("empty.csv", b"", "empty.csv is no table of runs: it holds nothing"),
        ("bare.csv", b"1e8,2e9,3.1\n2e8,4e9,2.9\n", "bare.csv has no header: its first line holds numbers"),
        ("runs.xlsx", b"PK\x03\x04\xff\xfe", "a zip archive, as workbooks (.xlsx) are, not a CSV file"),
        ("words.txt", b"once upon a time\n", "words.txt is no table of runs: it holds a text"),
        ("few.csv", text(scattered(6)).encode(), "few.csv cannot be tried: 15 runs of 3 sizes over 3 times"),
    ],
)
def test_what_is_no_table_is_one_sentence(tmp_path, name, content, said):
    path = tmp_path / name
    path.write_bytes(content)
    done = backtest("--runs", str(path), code=2)
    assert done.stdout == ""
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_folder_is_no_table(tmp_path):
    done = backtest("--runs", str(tmp_path), code=2)
    assert len(done.stderr.splitlines()) == 1
    assert "directory" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--column", "loss=l"], "--column says how to read --runs, which is missing"),
        (["--skip-incomplete"], "--skip-incomplete says how to read --runs"),
        (["--run-column", "run"], "--run-column says how to read --runs"),
        (["--loss-unit", "bits"], "--loss-unit says how to read --runs"),
        (["--drop-highest", "3"], "--drop-highest says how to read --runs"),
        (["--runs", "pyproject.toml"], "pyproject.toml is no table of runs: it holds a configuration"),
        (["--runs", "pyproject.toml", "--column", "losses=l"], "--column takes n_params"),
        (["--runs", "none.csv"], "none.csv"),
        (["--figure", "none"], "is not a folder"),
        (["--rivals", "--runs", "pyproject.toml"], "--rivals is of the public series; pass it without --runs"),
        (["--next-run", "--runs", "pyproject.toml"], "--next-run is of the public series"),
        (["--data", "docs", "--runs", "pyproject.toml"], "--data is of the public series"),
    ],
)
def test_bad_arguments_are_one_sentence(arguments, said):
    done = backtest(*arguments, code=2)
    assert done.stdout == ""
    assert said in done.stderr


# ---------------------------------------------------------------- what is tested


def rolling(made, **more):
    """The laws of the rolling protocol through a table."""
    laws, refused = fitted(series(made, **more), bootstrap=50, protocols=(ROLLING,))
    assert refused == []
    return laws


@pytest.fixture(scope="module")
def laws():
    return rolling(columns(5))


def test_the_sentence_counts_what_was_tested(laws):
    made = predicted(laws)
    assert (len(laws), len(made), made.distance.max()) == (2, 21, pytest.approx(16)), "two budgets, and then one"
    report = own_report("my.csv", laws)
    assert (np.abs(made.error) < 1.96 * 0.008 * made.efolds).all(), "a law that holds"
    low = share(14, 14).lower
    assert "of 21 predictions of 14 runs, at 4 to 16 times the fitted compute, intervals of 95 %" in report.answer
    assert f"and 100 % [{100 * low:.0f}, 100] with noise and lack of fit" in report.answer
    assert [row["n_tested_runs"] for row in report.data["rows"]] == [14, 7]
    assert [row[-2] for row in report.tables[0].rows] == ["14/14", "7/7"]
    assert report.data["whole"]["covered_95_lower"] == pytest.approx(low)


def test_one_prediction_is_not_many():
    """A single dear run at a hundred times: singular, far, and hardly a test at all."""
    made = columns(3)
    far = {key: np.append(value, one) for (key, value), one in zip(made.items(), (9e9, 1.8e11, 0.0), strict=True)}
    far["loss"][-1] = LAW.loss(9e9, 1.8e11)
    report = own_report("my.csv", rolling(far))
    assert report.answer.startswith("A law fitted to the cheaper runs of my.csv predicts the dearer ones")
    assert "of 1 prediction of 1 run, at 608 times the fitted compute" in report.answer
    assert "100 % [21, 100]" in report.answer
    notes = [str(one) for one in report.notes]
    assert "1 prediction more than 60 times beyond the fitted runs: on public series nothing was tried so far." in notes
    assert "one cut-off alone leaves enough runs on both sides of it." in notes


def test_a_law_that_misses_is_said_to_miss():
    made = columns(4)
    dear = 6 * made["n_params"] * made["n_tokens"] > 4e19
    laws = rolling(made | {"loss": np.where(dear, 1.3 * made["loss"], made["loss"])})
    report = own_report("my.csv", laws, ["something"])
    assert "hold 0 % [0, 35] by the bootstrap alone, and 0 % [0, 35]" in report.answer
    assert [str(note) for note in report.notes] == [
        "something.",
        "the law fitted to most of the runs holds 0 of 7 dearer ones inside its intervals of 95 %: trust no interval "
        "of it.",
        "one cut-off alone leaves enough runs on both sides of it.",
    ]  # fmt: skip


def test_copies_of_a_run_are_one_tested_run():
    made = columns(4)
    copied = {key: np.concatenate([value, value[-2:]]) for key, value in made.items()}
    report = own_report("my.csv", rolling(copied))
    assert "of 9 predictions of 7 runs" in report.answer


def checkpoints(runs=24, rows=5):
    """Runs with checkpoints at constant learning rate, each run off by a luck of its own."""
    rng = np.random.default_rng(8)
    n_params, n_tokens = (np.repeat(one, rows) for one in ladder(rng, runs))
    n_tokens = n_tokens * np.tile(np.geomspace(0.1, 1, rows), runs)
    luck = np.repeat(0.004 * rng.normal(size=runs), rows)
    label = np.repeat([f"r{k}" for k in range(runs)], rows)
    return {"n_params": n_params, "n_tokens": n_tokens, "loss": LAW.loss(n_params, n_tokens) * np.exp(luck)}, label


def test_a_run_is_fitted_whole_or_predicted():
    made, label = checkpoints()
    found = series(made, runs=list(label))
    parted = list(splits(found))
    assert len(parted) > 2
    for protocol, cutoff, cheaper, dearer in parted:
        assert set(cheaper.run).isdisjoint(dearer.run)
        assert cheaper.groupby("run").size().eq(5).all(), "with all its rows"
        assert cheaper.compute_flops.max() == cutoff < dearer.compute_flops.min()
        assert cheaper.run.nunique() >= 15, (protocol, cutoff)
    rows = own_report("my.csv", rolling(made, runs=list(label))).data["rows"]
    assert [row["n_fitted"] for row in rows] == [one[2].run.nunique() for one in parted if one[0] == ROLLING]
    assert rows[0]["n_tested_runs"] < rows[0]["predictions"]


def test_checkpoints_are_fitted_as_runs_by_their_labels():
    made, label = checkpoints()
    found = series(made, runs=list(label))
    assert fit(found, 0).n_groups == 24
    assert fit(found.drop(columns="run"), 0).n_groups == 120


def test_too_little_is_one_sentence(file):
    few = series({key: value[:14] for key, value in columns().items()})
    assert "it has 14 runs of 14 sizes and 2 budgets over 4 times" in too_little("my.csv", few, [])
    assert "3 times in compute, of 3 budgets where runs share them, are fitted" in too_little("my.csv", few, [])
    one = series({key: value[:1] for key, value in columns().items()})
    assert too_little("my.csv", one, []).endswith("it has 1 run of 1 size over 1 times")
    assert too_little("my.csv", few, ["my.csv, because"]) == "my.csv cannot be tried: because"
    path = file({key: value[:14] for key, value in columns().items()})
    with pytest.raises(click.UsageError, match=r"my\.csv cannot be tried: 15 runs of 3 sizes"):
        main(["backtest", "--runs", path], standalone_mode=False)


# ---------------------------------------------------------------- what a stranger can check


def numbers(pattern, told_text):
    return [float(one) for one in re.search(pattern, told_text).groups()]


def test_one_prediction_can_be_done_by_hand(file):
    """From the printed constants and sizes alone: the loss, the deviation, the interval and the verdict."""
    made = columns()
    path = file(made)
    shown = " ".join(backtest("--runs", path, "--explain").stdout.split())
    assert not other_style(shown)
    E, A, alpha, B, beta = numbers(r"FLOP, E = (\S+), A = (\S+), α = (\S+), B = (\S+), β = (\S+)\. The run", shown)
    line, N, D, distance = numbers(r"The run \(line (\d+)\) of N = (\S+) and D = (\S+), C = (\S+) C₀,", shown)
    row = int(line) - 2
    assert (made["n_params"][row], made["n_tokens"][row]) == pytest.approx((N, D), rel=1e-6)
    (cutoff,) = numbers(r"6 N D up to C₀ = (\S+) FLOP", shown)
    assert distance == pytest.approx(6 * N * D / cutoff, rel=1e-3)
    loss, ended = numbers(r" = (\S+) and ended at (\S+)\. b =", shown)
    assert loss == pytest.approx(E + A * N**-alpha + B * D**-beta, abs=2e-5)
    assert ended == pytest.approx(made["loss"][row], abs=1e-5)
    b, s, lack, sd = numbers(r"b = (\S+) by the resamples, s = (\S+), τ ln\(C/C₀\) = (\S+), together (\S+): the", shown)
    assert lack == pytest.approx(0.008 * np.log(distance), rel=1e-3)
    assert sd == pytest.approx(np.sqrt(b**2 + s**2 + lack**2), rel=1e-3)
    lower, upper = numbers(r"from (\S+) to (\S+), and the run", shown)
    assert (lower, upper) == pytest.approx((loss * np.exp(-1.96 * sd), loss * np.exp(1.96 * sd)), rel=1e-4)
    assert f"the run {'inside' if lower <= ended <= upper else 'outside'}." in shown


def test_every_prediction_stands_in_a_table_that_adds_up(laws):
    report = own_report("my.csv", laws)
    cutoffs, (of_laws, every) = report.tables[0], report.details
    assert all(fits(one) for one in (cutoffs, of_laws, every))
    assert [row[0] for row in of_laws.rows] == [row[0] for row in cutoffs.rows]
    for row in cutoffs.rows:
        own = [one for one in every.rows if one[0] == row[0]]
        assert f"{sum(one[-1] == 'yes' for one in own)}/{len(own)}" == row[-2]
        assert str(len(own)) == row[2]
    for one in every.rows:
        value, lower, upper = (float(part) for part in re.findall(r"\d\.\d+", one[-2]))
        assert lower < value < upper
        assert (one[-1] == "yes") == (lower <= float(one[-3]) <= upper) or min(
            abs(float(one[-3]) - end) for end in (lower, upper)
        ) < 1e-3  # fmt: skip


def drawn(predictions):
    """The figure, and what stands at the ticks of its two panels."""
    figure = draw(predictions)
    FigureCanvasAgg(figure).draw()
    return figure, *([one.get_text() for one in axes.get_xticklabels()] for axes in figure.axes)


def test_the_figure_says_what_it_shows(laws):
    made = columns(3)
    far = {key: np.append(value, one) for (key, value), one in zip(made.items(), (9e9, 1.8e11, 2.2), strict=True)}
    figure, left, right = drawn(predicted(rolling(far)))
    assert left == ["1", "2", "4", "10", "30", "60", "100", "300"]
    assert right == ["beyond 60x\n1 tested"]
    several = [predicted(laws).assign(series=name, family=name) for name in "ab"]
    figure, left, right = drawn(pd.concat(several, ignore_index=True))
    assert (left, right) == (["1", "2", "4", "10"], ["4x\n28 tested", "10x\n14 tested"])
    errors, held = figure.axes
    assert [one.get_text() for one in errors.get_legend().get_texts()] == [
        "a",
        "b",
        "±1.96 lack of fit alone (empirical)",
    ]
    names = [" ".join(one.get_text().split()) for one in held.texts]
    assert names == ["bootstrap", "bootstrap and noise", "ours: bootstrap, noise and lack of fit"]


def test_a_law_needs_a_rolling_protocol_to_be_told():
    from experiments.backtest.by_hand import by_hand
    from experiments.backtest.recipes import RECIPES

    nothing: list[Fitted] = []
    with pytest.raises(ValueError, match="no prediction to tell"):
        by_hand(nothing, RECIPES[2])
