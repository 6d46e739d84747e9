"""A file that a command cannot take: one sentence says what it holds, and which command takes it."""

from __future__ import annotations

import shutil
from contextlib import chdir

import pytest

from bounds.cli.reading.held import held
from tests.commands import run, run_apart
from tests.test_cli import SMALL

RUNS = "n_params,n_tokens,loss\n1e8,1e9,3.4\n1e9,1e10,2.9\n"
OTHERS = {
    "runs.csv": (RUNS, "a table, which `python -m bounds fit` takes"),
    "runs.dat": (RUNS.replace(",", ";"), "a table, which `python -m bounds fit` takes"),
    "novel.txt": ("It was the best of times, it was the worst of times", "a text, which `python -m simulate corpus`"),
    "my.law.toml": ("[law]\ncitation = 'x'\n", "a law, which --law of `python -m bounds`"),
    "plan.toml": ("replicates = 3\n", "a configuration, which --config takes"),
    "answer.json": ('{\n "schema_version": 1, "rows": []}', "what --json printed"),
    "figure.svg": ("<?xml version='1.0'?><svg/>", "a picture"),
    "empty.nc": ("", "nothing: it is empty"),
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("held")
    for name, (text, _) in OTHERS.items():
        (place / name).write_text(text)
    for end in ("nc", "zarr", "csv"):
        run("sweep", *SMALL, "--out", str(place / f"kept.{end}"))
    return place


def refusal(folder, module: str, *arguments: str, apart: bool = False) -> str:
    """The sentence of a command in `folder`, in a process of its own where `apart` says so."""
    if apart:
        done = run_apart(*arguments, module=module, check=None, cwd=folder)
    else:
        with chdir(folder):
            done = run(*arguments, module=module, check=None)
    assert done.returncode in (1, 2), done.stdout
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


@pytest.mark.parametrize("name", OTHERS)
def test_what_a_file_holds_is_told(name, folder):
    assert OTHERS[name][1] in held(folder / name)


def test_what_cannot_be_told_is_not(tmp_path):
    (tmp_path / "x").write_bytes(bytes(range(256)))
    (tmp_path / "folder").mkdir()
    for name in ("x", "folder", "none"):
        assert held(tmp_path / name) == ""


@pytest.mark.parametrize("command", ["show", "fit"])
@pytest.mark.parametrize("name", ["runs.csv", "novel.txt", "my.law.toml", "figure.svg"])
def test_what_is_no_result_is_named_with_the_command_that_takes_it(command, name, folder):
    said = refusal(folder, "simulate", command, name, apart=(command, name) == ("show", "novel.txt"))
    assert said.startswith(f"error: {name} cannot be read as a result: it holds {OTHERS[name][1]}")


def test_the_counts_of_a_result_are_told_from_a_table_of_runs(folder):
    for arguments in (("simulate", "show"), ("simulate", "fit"), ("bounds", "fit")):
        assert "it holds the numbers of a result as .csv" in refusal(folder, *arguments, "kept.csv")


@pytest.mark.parametrize("name", ["kept.nc", "kept.zarr"])
def test_a_result_is_no_table_of_runs(name, folder):
    said = refusal(folder, "bounds", "fit", name, apart=name == "kept.nc")
    assert f"{name} is no table of runs: it holds a result, which `python -m simulate show` prints and" in said


@pytest.mark.parametrize("name", ["novel.txt", "my.law.toml", "answer.json", "empty.nc"])
def test_what_is_no_table_of_runs_is_named(name, folder):
    assert f"{name} is no table of runs: it holds {OTHERS[name][1]}" in refusal(folder, "bounds", "fit", name)


def test_a_damaged_result_says_what_its_reader_says(folder, tmp_path):
    data = (folder / "kept.nc").read_bytes()
    (tmp_path / "cut.nc").write_bytes(data[: len(data) // 2])
    said = refusal(tmp_path, "simulate", "show", "cut.nc")
    assert "cut.nc" in said
    assert "it holds" not in said
    shutil.copytree(folder / "kept.zarr", tmp_path / "x.zarr")
    (tmp_path / "x.zarr" / ".zgroup").unlink()
    (tmp_path / "x.zarr" / ".zmetadata").unlink()
    assert "x.zarr" in refusal(tmp_path, "simulate", "show", "x.zarr")
