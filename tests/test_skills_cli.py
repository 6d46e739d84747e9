"""``python -m simulate skills``: tables, JSON, files, resuming, and the one sentence of each refusal."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys

import numpy as np
import pytest

import simulate
from bounds.cli.shared import run
from simulate.cli.main import main
from simulate.studies.skills import job as skill_job
from simulate.studies.skills.drawing.arrivals import ArrivalDrawer
from simulate.studies.skills.drawing.tokens import TokenDrawer
from tests.sweep_runs import ROOT, same

SMALL = ["--n-skills=30", "--members=10", "--quorum=8", "--n-draws=100:1e4:5", "--replicates=20"]
HEAVY = {"numba", "xarray", "scipy", "sympy", "matplotlib", "rich", "zarr", "h5netcdf", "pandas", "dask"}


@pytest.fixture
def skills(monkeypatch, capsys):
    """Runs the command in this process; its exit code, what it printed and what it complained of."""

    def call(*arguments, code=0):
        monkeypatch.setattr(sys, "argv", ["simulate", "skills", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            run(main, "python -m simulate")
        out, err = capsys.readouterr()
        assert (ended.value.code or 0) == code, err
        return out, err

    return call


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    words = [f"w{i}" for i in np.minimum(np.random.default_rng(5).zipf(1.4, 4000), 900)]
    path = tmp_path_factory.mktemp("text") / "text.txt"
    path.write_text(" ".join(words))
    return f"corpus:{path}"


def test_tables_with_labels_and_a_verdict(skills):
    asked = [flag for flag in SMALL if not flag.startswith("--n-draws")]
    out, _ = skills(*asked, "--n-skills=200", "--n-draws=100:1e5:9", "--explain", "--params-per-sequence", 20)
    told = " ".join(out.split())
    for words in (
        "D* (rigorous)", "D* [95 %]", "half-width", "N* seen", "νN*: in parameters, 20 a sequence (heuristic)",
        "E U(D)", "S(D) (rigorous)", "by rank (rigorous, ±1)", "2^s = 3.304 (asymptotic)", "flat from U(D) on",
        "N < U not sufficient", "intervals at 95 % hold theirs", "engine: tokens", "three to five",
    ):  # fmt: skip
        assert words in told
    answer = out.partition("\n\n")[0]
    assert answer.startswith("Skill ")
    assert "where draws_threshold has" in " ".join(answer.split())
    assert re.search(r"twice the skills take \d\.\d\d \[\d\.\d\d, \d\.\d\d\] times", " ".join(answer.split()))


@pytest.mark.parametrize(
    ("flags", "label"),
    [
        (["--source=zipf:1.5", "--n-skills=4", "--members=6"], "rigorous"),
        (["--source=zipf:1.5", "--kind=frequency", "--members=6"], "asymptotic"),
        (["--engine=arrivals", "--n-draws=1e3,1e12", "--exposures=2"], "rigorous"),
    ],
)
def test_json_is_one_object_with_labels_and_intervals(skills, flags, label):
    out, _ = skills(*flags, "--replicates=20", "--json", "--show=3")
    found = json.loads(out)
    assert next(iter(found)) == "schema_version"
    assert set(found) >= {"rows", "sizes", "stores", "example", "warnings", "verdict", "provenance", "path", "bands"}
    assert 1 <= len(found["rows"]) <= 3
    for row in found["rows"]:
        assert row["label"] == label
        assert row["draws_threshold_lower"] <= row["draws_threshold"] <= row["draws_threshold_upper"]
    assert all(row["label"] for row in found["sizes"])
    assert json.loads(skills(*flags, "--replicates=20", "--json", "--dry-run")[0])["rows"][0]["seconds"] > 0


def test_a_text_is_measured_in_its_order(skills, text, tmp_path):
    figure = tmp_path / "t.png"
    flags = ("--members=10", "--n-skills=5", "--replicates=30", "--explain")
    out = " ".join(skills("--source", text, *flags, "--figure", figure)[0].split())
    for words in ("D* in the text", "in random order", "D* (heuristic)", "one order: no interval", "sooner: part of"):
        assert words in out
    assert figure.read_bytes()[:4] == b"\x89PNG"
    found = json.loads(skills("--source", text, "--members=10", "--n-skills=5", "--replicates=30", "--json")[0])
    assert all(row["label"] == "heuristic" for row in found["rows"])
    assert found["provenance"]["inputs"]


def test_files(skills, tmp_path):
    nc, table, figure = (tmp_path / f"x.{suffix}" for suffix in ("nc", "csv", "svg"))
    skills(*SMALL, "--out", nc, "--figure", figure)
    skills(*SMALL, "--out", table)
    opened = simulate.open_result(nc)
    assert opened.draws_threshold.dims == ("skill", "replicate")
    assert opened.draws_threshold.attrs["units"] == "draws"
    with table.open() as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) == 30
    assert float(rows[0]["draws_threshold"]) == np.median(opened.draws_threshold[0])
    assert "exists already" in skills(*SMALL, "--out", nc, code=2)[1]
    config = tmp_path / "c.toml"
    config.write_text('n-skills = 30\nmembers = 10\nquorum = 8\nn-draws = "100:1e4:5"\nreplicates = 20\n')
    skills("--config", config, "--out", tmp_path / "y.nc")
    assert same(nc, tmp_path / "y.nc")


@pytest.mark.parametrize("engine", ["tokens", "arrivals"])
def test_a_run_that_was_killed_goes_on(skills, tmp_path, monkeypatch, engine):
    flags = [*SMALL, "--engine", engine]
    whole, target = tmp_path / "whole.nc", tmp_path / "x.zarr"
    skills(*flags, "--out", whole)
    monkeypatch.setattr(skill_job, "block_size", lambda *_: 3)
    drawer = TokenDrawer if engine == "tokens" else ArrivalDrawer
    draw, drawn = drawer.draw, []

    def fail_late(self, first, replicates):
        if first >= 9:
            raise RuntimeError("no more")
        return draw(self, first, replicates)

    monkeypatch.setattr(drawer, "draw", fail_late)
    out, err = skills(*flags, "--threads=1", "--out", target, code=3)
    assert "error: 4 of the cells failed, such as corpora 9 to 11 of" in err
    assert "(no more); the others are kept: run the same command with --resume to go on" in err
    assert f"9 corpora, engine {engine}" in " ".join(out.split())
    assert "written" not in out
    assert "holds an unfinished simulation of skills; pass --resume" in skills(*flags, "--out", target, code=2)[1]
    assert "holds another simulation of skills: seed was 0 and is now 1" in skills(
        *flags, "--seed=1", "--out", target, "--resume", code=2
    )[1]  # fmt: skip

    def note(self, first, replicates):
        drawn.append(first)
        return draw(self, first, replicates)

    monkeypatch.setattr(drawer, "draw", note)
    skills(*flags, "--out", target, "--resume")
    assert sorted(drawn) == [9, 12, 15, 18]
    assert same(whole, target)
    skills(*flags, "--out", target, "--resume")
    assert len(drawn) == 4
    assert "--resume" not in skills(*flags, "--out", target, "--overwrite")[1]


@pytest.mark.verification
def test_a_cluster_gives_the_same(tmp_path):
    pytest.importorskip("distributed")
    command = [sys.executable, "-m", "simulate", "skills", *SMALL]
    for name, flag in (("threads.nc", "--threads=2"), ("cluster.zarr", "--cluster=local:2")):
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        done = subprocess.run([*command, flag, f"--out={name}"], cwd=tmp_path, env=environment, capture_output=True)
        assert done.returncode == 0, done.stderr
    assert same(tmp_path / "threads.nc", tmp_path / "cluster.zarr")


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        ("--source=uniform:100 --n-skills=3", "3 skills of 50 members need 150 sequences, more than the 100 of"),
        ("--members=5 --quorum=6", "quorum must be at most the number of members, 5, got 6"),
        ("--fraction=1.2", "fraction must be above 0 and at most 1, a part of the members, got 1.2"),
        ("--fraction=0", "fraction must be above 0"),
        ("--fraction=nan", "fraction must be above 0"),
        ("--fraction=0.5 --quorum=3", "pass one of the two"),
        ("--n-stored=0", "n-stored must be at least 1, got '0'"),
        ("--n-draws=0", "n-draws must be at least 1, got '0'"),
        ("--n-draws=", "n-draws must be whole numbers such as 1e3,1e6, got none"),
        ("--n-draws=1e4,1e3", "n-draws must be in ascending order, each once, got 10000 before 1000"),
        ("--n-stored=5,5", "n-stored must be in ascending order, each once, got 5 before 5"),
        ("--n-stored=1e4:1e3:5", "n-stored needs low <= high"),
        ("--n-draws=1:1e9:1000", "n-draws takes at most 512 sizes"),
        ("--members=0", "members must be at least 1, got '0'"),
        ("--n-skills=0", "n-skills must be at least 1"),
        ("--n-skills=1e7", "n-skills times members must be at most 16777216"),
        ("--replicates=0", "replicates must be at least 1"),
        ("--exposures=0", "exposures must be at least 1"),
        ("--source=zipf:1.7 --starts=1,30", "at least 50 ranks apart, the members of a skill, got 1 and 30"),
        ("--source=zipf:1.7,types=100 --starts=1,90", "window from rank 90 runs past the 100 sequences"),
        ("--source=zipf:1.7 --starts=90,1", "starts must be in ascending order"),
        ("--source=zipf:1.7 --starts=1,90 --n-skills=3", "n-skills must be the number of starts, 2, got 3"),
        ("--source=geometric:0.1 --starts=400", "got rank 400 of geometric:0.1, whose probability is below every"),
        ("--starts=1,90", "skills of kind masses have none"),
        ("--source=pitman-yor:0.5", "whose ranks have fixed probabilities, got pitman-yor:0.5; pass a uniform"),
        ("--source=mixture:0.5*(zipf:2)+0.5*(uniform:9)", "fixed probabilities, got mixture"),
        ("--source=growing:0.5", "fixed probabilities, got growing"),
        ("--source=zipf:0.5", "exponent must exceed 1"),
        ("--source=nothing", "unknown source"),
        ("--kind=masses --source=zipf:1.7", "have sequences of their own and take no source"),
        ("--kind=frequency", "skills of kind frequency need a source"),
        ("--exponent=-1", "exponent must be"),
        ("--params-per-sequence=0", "params-per-sequence must be above 0 and at most 1e15, got 0"),
        ("--params-per-sequence=nan", "params-per-sequence must be above 0"),
        ("--source=corpus:none.txt", "none.txt"),
        ("--source=corpus:none.txt --kind=frequency", "windows of its ranks, got kind frequency"),
        ("--source=corpus:none.txt --engine=arrivals", "engine arrivals has no order"),
        ("--engine=tokens --n-draws=1e12", "stops at 1T"),
        ("--n-skills=1e5 --members=10 --replicates=1e4 --engine=arrivals", "GiB of memory"),
        ("--resume", "pass --out X.zarr"),
        ("--resume --out=x.nc", "only a result that ends in .zarr"),
        ("--cluster=nowhere", "cluster must be local"),
    ],
)
def test_bad_input_gets_one_sentence(skills, flags, sentence, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    out, err = skills(*flags.split(), code=2)
    assert out == ""
    assert err.count("\n") == 1
    assert err.startswith("error: ")
    assert sentence in err


def test_a_text_that_is_too_short(skills, text):
    assert "has 4000 windows" in skills("--source", text, "--n-draws=1e6", "--members=5", code=2)[1]
    assert (
        "400 skills of 50 members need 20000 sequences, more than"
        in skills("--source", text, "--n-skills=400", code=2)[1]
    )


@pytest.mark.parametrize("arguments", [["--help"], ["--quorum=9", "--members=3"], ["--n-draws=9,1"], ["--source=x"]])
def test_help_and_errors_load_nothing_heavy(arguments):
    program = (
        "import runpy, sys\n"
        f"sys.argv = ['x', 'skills', *{arguments!r}]\n"
        "try:\n"
        "    runpy.run_module('simulate', run_name='__main__')\n"
        "except SystemExit:\n"
        "    pass\n"
        "names = {name.partition('.')[0] for name, one in sys.modules.items() if one}\n"
        "print('LOADED', *sorted(names), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, cwd=ROOT)
    loaded = done.stderr.splitlines()[-1].split()
    assert loaded[0] == "LOADED"
    assert not (HEAVY | {"numpy"}) & set(loaded)
