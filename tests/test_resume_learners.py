"""A sweep of learners that is killed goes on where it was; a learner that fails takes nothing with it."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import simulate
from bounds.cli.shared import run as run_command
from simulate.cli.main import main
from simulate.running import cells as sweep_cells
from simulate.studies.learners import measure_learners
from simulate.studies.learners.job import LearnerDrawer, LearnerPlan
from tests.running import done
from tests.sweep_runs import StopHereError, cells_done, finish, same, start, stop_after, wait_for

SMALL: dict[str, Any] = {
    "learners": ["memoriser", "margin:1", "store", "store:50"], "n_draws": "100:1e4:3", "replicates": 3, "seed": 3,
    "test_draws": 300, "tolerances": ["0", "10%"],
}  # fmt: skip
LONG_FLAGS = ["--learner=store", "--learner=good-turing", "--n-draws=1e4,2e6", "--replicates=4", "--seed=5"]


@pytest.fixture(autouse=True, scope="module")
def _small_cells():
    """One corpus to a cell in this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sweep_cells, "CELL_SECONDS", 1e-9)
        yield


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    """An uninterrupted sweep."""
    path = tmp_path_factory.mktemp("whole") / "whole.zarr"
    measure_learners(**SMALL, out=path)
    return path


def stopped(path: Path, after: int, **changes) -> None:
    options = SMALL | changes
    plan = LearnerPlan(
        tuple(options["learners"]), (), options["n_draws"], options["replicates"], options["seed"],
        tuple(options["tolerances"]), options["test_draws"],
    )  # fmt: skip
    with pytest.raises(StopHereError):
        done(plan, out=path, threads=1, progress=stop_after(after))


@pytest.mark.verification
def test_interrupted_it_keeps_its_cells_and_goes_on(tmp_path):
    process = start(*LONG_FLAGS, "--out=x.zarr", cwd=tmp_path)
    part = tmp_path / "x.zarr.part"
    wait_for(lambda: cells_done(part) >= 1, process)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out == ""
    assert "cells are kept: run the same command with --resume to go on" in err
    done = finish(*LONG_FLAGS, "--out=x.zarr", "--resume", "--progress", cwd=tmp_path)
    assert "from an earlier run" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["x.zarr"]
    straight = measure_learners(learners=["store", "good-turing"], n_draws=[1e4, 2e6], replicates=4, seed=5)
    assert same(tmp_path / "x.zarr", straight)


@pytest.mark.verification
def test_killed_again_and_again_it_ends_as_if_nothing_had_been(tmp_path):
    """SIGKILL as soon as the store is there, after some cells, and while the result is written."""
    part = tmp_path / "x.zarr.part"

    def writing() -> bool:
        return any(path.name.startswith(".x.zarr.") and any(path.iterdir()) for path in tmp_path.iterdir())

    for moment in (part.exists, lambda: cells_done(part) >= 2, writing):
        process = start(*LONG_FLAGS, "--out=x.zarr", "--resume", cwd=tmp_path)
        wait_for(moment, process)
        process.kill()
        process.communicate()
        assert not (tmp_path / "x.zarr").exists()
    finish(*LONG_FLAGS, "--out=x.zarr", "--resume", cwd=tmp_path)
    finish(*LONG_FLAGS, "--out=whole.zarr", cwd=tmp_path)
    assert same(tmp_path / "x.zarr", tmp_path / "whole.zarr")


def test_stopped_after_any_cell_it_ends_the_same(tmp_path, whole):
    for after in (1, 11):
        path = tmp_path / f"{after}.zarr"
        stopped(path, after)
        assert cells_done(path.with_name(f"{after}.zarr.part")) >= after
        assert same(measure_learners(**SMALL, out=path, resume=True), whole)
    assert same(path, whole)


def test_a_text_is_one_corpus_among_others(tmp_path):
    (tmp_path / "text").write_text(" ".join(str(i * i % 977 % 131) for i in range(3000)))
    source = f"corpus:{tmp_path / 'text'}"
    options = {"learners": ["store", "good-turing"], "sources": [source, "zipf:1.5"], "n_draws": [100, 2000],
               "replicates": 3, "test_draws": 100}  # fmt: skip
    straight, path = measure_learners(**options), tmp_path / "x.zarr"
    plan = LearnerPlan(("store", "good-turing"), (source, "zipf:1.5"), (100, 2000), 3, 0, (), 100)
    with pytest.raises(StopHereError):
        done(plan, out=path, progress=stop_after(4))
    assert same(measure_learners(**options, out=path, resume=True), straight)
    (tmp_path / "text").write_text("one two three " * 1000)
    with pytest.raises(ValueError, match=r"holds another sweep of learners: the text of corpus:.* has changed"):
        measure_learners(**options, out=path, resume=True)


@pytest.mark.parametrize(("change", "what"), [
    ({"seed": 4}, "holds another sweep of learners: seed was 3 and is now 4"),
    ({"learners": ["memoriser", "margin:1", "store", "store:60"]}, "learners was .*, store:50.*is now .*, store:60"),
    ({"tolerances": ["0"]}, "tolerances was 0, 10% and is now 0;"),
    ({"test_draws": 400}, "test_draws was 300 and is now 400"),
    ({"n_draws": "100:1e4:4"}, "n_draws was 100, 1000, 10000 and is now 100, …"),
])  # fmt: skip
def test_another_sweep_is_refused_begun_or_finished(tmp_path, whole, change, what):
    stopped(tmp_path / "x.zarr", 1)
    for target in (tmp_path / "x.zarr", whole):
        with pytest.raises(ValueError, match=what) as caught:
            measure_learners(**(SMALL | change), out=target, resume=True)
        assert "\n" not in str(caught.value)


def test_a_sweep_and_a_sweep_of_learners_are_not_taken_for_each_other(tmp_path):
    path, options = tmp_path / "x.zarr", {"sources": ["zipf:1.3889"], "n_draws": [100, 1000], "replicates": 3}
    simulate.sweep(**options, engine="tokens", out=path)
    with pytest.raises(ValueError, match="holds a sweep, not a sweep of learners"):
        measure_learners(learners=["store"], **options, out=path, resume=True)
    stopped(tmp_path / "y.zarr", 1)
    with pytest.raises(ValueError, match="holds a sweep of learners, not a sweep"):
        simulate.sweep(**options, engine="tokens", out=tmp_path / "y.zarr", resume=True)
    with pytest.raises(ValueError, match="run the same learners with --resume to go on"):
        simulate.open_result(tmp_path / "y.zarr")


def test_a_learner_that_fails_leaves_the_others(tmp_path, whole, monkeypatch, capsys):
    draw = LearnerDrawer.draw

    def refuse(self, first, replicates):
        if self.learner == "store:50" or (self.learner == "memoriser" and first == 1):
            raise OSError("the disk of this worker is gone")
        return draw(self, first, replicates)

    learners = [f"--learner={name}" for name in SMALL["learners"]]
    flags = [*learners, "--n-draws=100:1e4:3", "--replicates=3", "--seed=3", "--test-draws=300", "--tolerance=0,10%"]

    def ends(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["simulate", "sweep", *flags, *arguments])
        with pytest.raises(SystemExit) as ended:
            run_command(main, "simulate")
        return int(ended.value.code or 0)

    with monkeypatch.context() as patch:
        patch.setattr(LearnerDrawer, "draw", refuse)
        assert ends(f"--out={tmp_path / 'x.zarr'}") == 3
        out, err = capsys.readouterr()
        assert "written:" not in out
        assert "such as learner memoriser on corpora 1 to 1 of santa-fe:1.3889,labels=2 (the disk of" in err
        assert "4 of the cells failed" in err
        assert "the others are kept: run the same command with --resume to go on" in err
        assert ends(f"--out={tmp_path / 'x.nc'}", f"--figure={tmp_path / 'x.png'}") == 3
    left, full = simulate.open_result(tmp_path / "x.nc"), simulate.open_result(whole)
    failed = json.loads(left.attrs["provenance"])["failed"]
    assert {entry["learner"] for entry in failed} == {"memoriser", "store:50"}
    for learner in ("store", "margin:1"):
        for name in ("excess_loss", "excess_loss_tested", "loss_exponent"):
            ours, theirs = (d[name].sel(learner=learner).values for d in (left, full))
            assert np.array_equal(ours, theirs, equal_nan=True)
    assert np.isnan(left.excess_loss.sel(learner="store:50")).all()
    lost = left.excess_loss.sel(learner="memoriser", source="santa-fe:1.3889,labels=2").isnull().any("n_draws")
    assert lost.values.tolist() == [False, True, False]
    # What one learner could not count, another on the same source has.
    assert (left.n_unique.sel(source="zipf:1.3889") == full.n_unique.sel(source="zipf:1.3889")).all()
    assert ends(f"--out={tmp_path / 'x.zarr'}", "--resume") == 0
    assert same(tmp_path / "x.zarr", whole)


@pytest.mark.verification
@pytest.mark.parametrize("workers", [1, 2])
def test_on_a_cluster_it_is_the_same(tmp_path, whole, workers):
    """Cells measured here and, after a stop, on workers elsewhere."""
    stopped(tmp_path / "x.zarr", 4)
    assert same(measure_learners(**SMALL, out=tmp_path / "x.zarr", resume=True, cluster=f"local:{workers}"), whole)
    assert same(tmp_path / "x.zarr", whole)
