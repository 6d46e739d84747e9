"""A law of one's own in a study: taken as a published key is, and kept in the result, which outlives its file."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

import bounds
import simulate
from bounds.laws import LawFile, read_law_file, write_law_file
from simulate.cli.main import main
from simulate.running.showing.laws import asked_laws, keep_laws, laws_of, shown_laws
from tests.commands import run

OWN = bounds.LossLaw(
    "own", "runs of our own", 0.31, 0.3, 1.7, 400.0, 500.0, note='with "quotes"', fitted_tokens=(1e9, 1e11),
    largest_compute=1e21, residual_deviation=0.004,
)  # fmt: skip
SMALL = ("--source", "zipf:1.724", "--n-draws", "100:1e4:6", "--replicates", "4")


def said(*arguments: str) -> str:
    """What the command prints, in this process."""
    done = CliRunner().invoke(main, arguments, catch_exceptions=False, env={"COLUMNS": "80"})
    assert done.exit_code == 0, done.output
    return str(done.output)


def refused(*arguments: str) -> str:
    done = CliRunner().invoke(main, arguments, env={"COLUMNS": "400"})
    assert done.exit_code == 2 or isinstance(done.exception, ValueError), done.output
    return f"{done.output}{done.exception}"


@pytest.fixture
def path(tmp_path) -> str:
    target = str(tmp_path / "my.law.toml")
    covariance = np.diag([0.01, 0.2, 0.02, 0.3, 0.03]) ** 2
    write_law_file(target, LawFile(OWN, covariance, np.tile([1.7, 6.0, 0.31, 6.2, 0.3], (60, 1))))
    return target


def test_a_result_keeps_all_that_is_known_of_a_law_but_its_draws(path):
    entries = asked_laws(["epoch2024", path])
    assert [entry["law"] for entry in entries] == ["epoch2024", "my.law.toml"]
    assert "samples" not in entries[1]["file"]
    published, own = laws_of(json.loads(json.dumps(entries)))
    assert published == bounds.LAWS["epoch2024"]
    assert own == replace(read_law_file(path).law, key="my.law.toml")
    assert dict(own.standard_errors)["data_exponent"] == pytest.approx(0.03)
    dataset = simulate.sweep(sources=["zipf:1.724"], n_draws=[10, 100], replicates=2)
    before = dataset.attrs["provenance"]
    assert keep_laws(dataset, asked_laws(["epoch2024"])).attrs["provenance"] == before
    made = json.loads(keep_laws(dataset, entries).attrs["provenance"])
    assert {name: made[name] for name in json.loads(before)} == json.loads(before)
    assert shown_laws((), made) == (published, own)
    assert shown_laws(("/nowhere/my.law.toml",), made) == (own,)
    assert shown_laws(("hoffmann2022",), made) == (bounds.LAWS["hoffmann2022"],)
    with pytest.raises(ValueError, match="No such file"):
        shown_laws(("/nowhere/other.law.toml",), made)


def test_a_sweep_takes_it_and_shows_it_once_the_file_is_gone(tmp_path, path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    kept = str(tmp_path / "a.nc")
    plan = tmp_path / "plan.toml"
    plan.write_text(
        'source = "zipf:1.724"\nn_draws = "100:1e4:6"\nreplicates = 4\nlaw = ["my.law.toml", "epoch2024"]\n',
        encoding="utf-8",
    )
    figure = str(tmp_path / "a.png")
    first = said("sweep", "--config", "plan.toml", "--out", kept, "--figure", figure)
    (tmp_path / "my.law.toml").unlink()
    again = said("show", kept)
    assert first.replace(f"written: {kept}\nwritten: {figure}\n", "") == again
    assert "my.law.toml" in again
    assert str(tmp_path) not in simulate.open_result(kept).attrs["provenance"]
    shown = json.loads(said("show", kept, "--law", path, "--json"))
    (band,) = shown["bands"]
    assert (band["law"], band["beta"]) == ("my.law.toml", 0.3)
    (band,) = json.loads(said("show", kept, "--law", "hoffmann2022", "--json"))["bands"]
    assert band["law"] == "hoffmann2022"
    assert "No such file" in refused("show", kept, "--law", str(tmp_path / "none.law.toml"))
    refitted = str(tmp_path / "b.nc")
    assert "my.law.toml" in said("fit", kept, "--law", path, "--out", refitted)
    assert "my.law.toml" in said("show", refitted)


def test_learners_take_it(path):
    found = json.loads(said("learners", "--learner", "memoriser", *SMALL[2:], "--law", path, "--json"))
    (row,) = found["implied"]
    assert (row["law"], row["beta"], row["exponent"]) == ("my.law.toml", 0.3, pytest.approx(0.7))
    assert row["exponent_lower"] == pytest.approx(0.7 - 1.96 * 0.03)
    assert "my.law.toml" in said("learners", "--learner", "memoriser", *SMALL[2:], "--law", path)


def test_a_kept_cell_by_cell_result_has_it_too(tmp_path, path):
    kept = str(tmp_path / "a.zarr")
    said("sweep", *SMALL, "--law", path, "--out", kept)
    made = json.loads(simulate.open_result(kept).attrs["provenance"])
    assert [entry["law"] for entry in made["laws"]] == ["my.law.toml"]
    # Laws are shown beside a result and are no part of its work: another law goes on with it.
    assert "hoffmann2022" in said("sweep", *SMALL, "--law", "hoffmann2022", "--out", kept, "--resume")


@pytest.mark.parametrize("command", ["sweep", "learners"])
def test_what_is_no_law_is_refused_before_anything_is_drawn(command, tmp_path):
    none, bad, steep = (str(tmp_path / f"{name}.law.toml") for name in ("none", "bad", "steep"))
    assert "No such file or directory; a law of one's own is a file" in refused(command, "--law", none)
    (tmp_path / "bad.law.toml").write_text("[sweep]\n", encoding="utf-8")
    assert "holds no table [law]" in refused(command, "--law", bad)
    write_law_file(steep, LawFile(replace(OWN, data_exponent=1.2)))
    assert "gives no band" in refused(command, "--law", steep)


def test_a_law_of_ones_own_is_not_called_published(path):
    def title(*laws: str) -> str:
        flags = (word for law in laws for word in ("--law", law))
        printed = run("laws", *flags, module="bounds").stdout
        return next(line for line in printed.splitlines() if line.startswith("L(N, D) = E"))

    assert "of one's own; empirical" in title(path)
    assert "as published; empirical" in title("hoffmann2022")
    assert "as published or of one's own;" in title("hoffmann2022", path)
