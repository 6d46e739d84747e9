"""``python -m experiments``: what it loads, prints and draws, and the codes it ends with."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import click
import pytest
from matplotlib.figure import Figure

from bounds.cli.report import Table
from experiments.__main__ import main
from experiments.claims import Claim, Result, judge
from experiments.registry import EXPERIMENTS, Experiment
from tests.commands import run, run_apart

HEAVY = ("numpy", "scipy", "pandas", "matplotlib", "xarray", "rich", "numba", "sympy", "pooch", "requests")


def experiments(*arguments):
    return run(*arguments, module="experiments", check=None)


@pytest.mark.parametrize(
    "arguments", [["--help"], ["run", "--help"], ["check", "-h"], ["run", "lawfti"], ["fetch", "chinchila"]]
)
def test_help_and_wrong_names_load_nothing_heavy(arguments):
    program = (
        f"import sys; sys.argv = ['experiments', *{arguments!r}]\n"
        "import atexit, runpy\n"
        f"atexit.register(lambda: print('loaded', sorted(set(sys.modules) & set({HEAVY!r}))))\n"
        "runpy.run_module('experiments', run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "loaded []"


def test_a_wrong_name_is_answered_with_the_nearest():
    done = experiments("run", "lawfti")
    assert done.returncode == 2
    assert done.stdout == ""
    assert "did you mean lawfit?" in done.stderr
    assert experiments("run").returncode == 2
    assert experiments("run", "lawfit", "--table", "--json").returncode == 2


def test_missing_data_are_one_sentence(tmp_path):
    (tmp_path / "begun" / "chinchilla").mkdir(parents=True)
    (tmp_path / "file").write_text("")
    empty = (
        f"{tmp_path}, which --data names, holds no folder chinchilla, where the 1 file of that data set must be: run"
    )
    fetch = f"`python -m experiments fetch chinchilla --data {tmp_path}`"
    for folder, command, said in (
        (tmp_path, "run lawfit", empty), (tmp_path, "check lawfit", fetch),
        (tmp_path, "backtest", "no folder loss_to_loss"),
        (tmp_path / "begun", "run lawfit", "svg_extracted_data.csv is missing: run"),
        *((tmp_path / name, command, f"{name}, which --data names, {what}: name a folder that holds data sets")
          for name, what in (("none", "is not there"), ("file", "is no folder"))
          for command in ("run budget", "list", "backtest")),
    ):  # fmt: skip
        done = experiments(*command.split(), "--data", str(folder))
        assert done.returncode == 2
        assert done.stdout == ""
        assert said in done.stderr
        assert done.stderr.count("\n") == 1


def test_numbers_that_fail_to_be_equal_do_not_look_alike_and_a_page_is_said(tmp_path):
    page = tmp_path / "budget.html"
    done = experiments("run", "budget", "--data", str(tmp_path), "--report", str(page))
    (weeks,) = (line.split() for line in done.stdout.splitlines() if line.startswith("weeks  ") and "fails" in line)
    assert weeks == ["weeks", "1,161,261", "1,161,216", "-45", "0", "fails"]
    assert done.stdout.endswith(f"written: {page}\n")
    assert done.stderr == ""
    failing = [line.split() for line in done.stdout.splitlines() if line.endswith(" fails")]
    assert failing
    assert all(row[1] != row[2] for row in failing)


def test_the_list_says_whether_data_are_here(tmp_path):
    done = experiments("list", "--data", str(tmp_path))
    assert f"data are missing in {tmp_path} for" in " ".join(done.stdout.split())
    told = json.loads(experiments("list", "--data", str(tmp_path), "--json").stdout)
    assert {row["experiment"] for row in told["rows"]} == set(EXPERIMENTS)
    assert all(not row["here"] for row in told["rows"] if row["data"])


@pytest.mark.data
def test_a_mirror_is_checked_by_fetch(data_folder):
    done = experiments("fetch", "lawfit")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("1 file of 1 data set is whole in")
    told = json.loads(experiments("fetch", "chinchilla", "--json").stdout)
    assert told["rows"][0]["commit"] == "92258837425e1b5f2851d624287f0120583a3d0e"
    assert told["rows"][0]["came"] == 0


def test_a_server_that_cannot_be_reached_ends_with_1(tmp_path, monkeypatch):
    pytest.importorskip("pooch")
    monkeypatch.delenv("EFFICIENCY_BOUNDS_DATA", raising=False)
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("no_proxy", "")
    done = run_apart("fetch", "chinchilla", "--data", str(tmp_path / "cache"), module="experiments", check=1)
    assert "cannot be fetched" in done.stderr
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.verification
@pytest.mark.data
def test_the_page_of_all_claims_is_what_the_command_prints(data_folder):
    """docs/papers.md, word for word."""
    done = run("run", "all", "--table", module="experiments")
    assert done.stdout == (Path(__file__).parents[1] / "docs" / "papers.md").read_text(encoding="utf-8")


# ---------------------------------------------------------------- with an experiment of our own


@pytest.fixture
def ours(monkeypatch):
    """An experiment with a claim that holds, one that does not, and a figure; `broken` makes the second one count."""
    state = SimpleNamespace(broken=False, ran=0)

    def found(folder: Path) -> Result:
        state.ran += 1
        claims = [
            Claim("ours.good", "Somebody 2020", "table 1", "one is one", 1.0, 0.1, "rounding"),
            Claim("ours.bad", "Somebody 2020", "table 2", "two is one", 1.0, 0.1, "rounding", should_hold=state.broken),
        ]
        outcomes = [judge(claims[0], 1.02), judge(claims[1], 2.0)]
        return Result(outcomes, tables=[Table(("a",), [("1",)])], figures={"dots": Figure}, data={"x": [1.5]})

    class Ours(Experiment):
        def run(self, folder: Path) -> Result:
            return found(folder)

    monkeypatch.setitem(EXPERIMENTS, "ours", Ours("ours", "Is one one?", ("Somebody 2020",)))
    for name in [name for name in EXPERIMENTS if name != "ours"]:
        monkeypatch.delitem(EXPERIMENTS, name)
    return state


def call(*arguments):
    return main.main(list(arguments), standalone_mode=False)


def test_check_ends_with_4_only_where_a_claim_that_should_hold_does_not(ours, capsys):
    assert call("check") == 0
    assert capsys.readouterr().out.startswith("all claims that should hold do; 1 of 2 claims hold; bad does not.")
    ours.broken = True
    assert call("check") == 4
    assert capsys.readouterr().out.startswith("bad should hold and does not;")
    assert call("run", "ours") in (None, 0)


def test_json_is_one_object_with_the_house_keys(ours, capsys):
    call("run", "all", "--json")
    told = json.loads(capsys.readouterr().out)
    assert list(told) == [
        "schema_version", "rows", "bands", "experiments", "warnings", "verdict", "provenance", "path",
    ]  # fmt: skip
    assert told["rows"][1]["verdict"] == "does not hold"
    assert told["experiments"] == {"ours": {"x": [1.5]}}
    assert told["provenance"]["parameters"]["names"] == ["all"]


def test_the_page_of_the_claims(ours, capsys):
    call("run", "all", "--table")
    out = capsys.readouterr().out
    assert out.startswith("# The papers, claim by claim\n")
    assert "| **good**: one is one | Somebody 2020, table 1 | 1 | 1.02 |" in out


def test_figures_are_written_whole_and_never_over_others(ours, tmp_path):
    call("run", "ours", "--figure", str(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["ours-dots.png"]
    assert (tmp_path / "ours-dots.png").read_bytes().startswith(b"\x89PNG")
    ran = ours.ran
    with pytest.raises(click.UsageError, match="exists already; pass --overwrite"):
        call("run", "ours", "--figure", str(tmp_path))
    with pytest.raises(click.UsageError, match="is not a folder; make it first"):
        call("run", "ours", "--figure", str(tmp_path / "none"))
    for wrong in ("jpg", "sgv"):
        with pytest.raises(click.UsageError, match="figure-format must be one of png, pdf, svg"):
            call("run", "ours", "--figure", str(tmp_path), "--figure-format", wrong)
    with pytest.raises(click.UsageError, match="pass --figure DIR too"):
        call("run", "ours", "--figure-format", "svg")
    assert ours.ran == ran, "what cannot be written is refused before anything runs"
    call("run", "ours", "--figure", str(tmp_path), "--overwrite")
    assert ours.ran == ran + 1
    for suffix, first in (("svg", b"<?xml"), ("pdf", b"%PDF")):
        call("run", "ours", "--figure", str(tmp_path), "--figure-format", suffix)
        assert (tmp_path / f"ours-dots.{suffix}").read_bytes().startswith(first)
