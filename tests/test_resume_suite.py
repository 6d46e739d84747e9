"""A suite that is killed goes on where it was: whole corpora, and the one that it was in the middle of."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import simulate
from bounds.cli.shared import run as run_command
from simulate.cli.main import main
from simulate.running import cells as sweep_cells
from simulate.studies.suite.learning import snapshots
from simulate.studies.suite.learning.course import Course
from simulate.studies.suite.learning.training import Trainer, census_of, state_of
from simulate.studies.suite.plan import SuitePlan
from simulate.studies.suite.prepare import prepare
from tests.running import done
from tests.sweep_runs import ROOT, StopHereError, cells_done, finish, same, start, stop_after, wait_for

STEPS = (0, 1, 2, 4, 8, 16, 32, 64)
SMALL: dict[str, Any] = {
    "source": "zipf:1.3", "checkpoints": STEPS, "batch": 20, "replicates": 5, "seed": 9, "n_params": (5, 50, 5000),
    "learning_probability": 0.5, "validation": 100,
}  # fmt: skip
LONG_FLAGS = ["--source=zipf:1.5", "--batch=8", "--replicates=4", "--n-params=10:1e5:4", "--seed=4"]


@pytest.fixture(autouse=True, scope="module")
def _small_cells():
    """One corpus to a cell in this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sweep_cells, "CELL_SECONDS", 1e-9)
        yield


@pytest.fixture
def every_checkpoint(monkeypatch):
    """The state is kept after each checkpoint."""
    monkeypatch.setattr(snapshots, "SECONDS", 0.0)
    monkeypatch.setattr(snapshots, "SHARE", 0.0)


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    """An uninterrupted suite."""
    path = tmp_path_factory.mktemp("whole") / "whole.zarr"
    done(SuitePlan(**SMALL), out=path)
    return path


def stopped(path: Path, after: int, **changes) -> None:
    with pytest.raises(StopHereError):
        done(SuitePlan(**(SMALL | changes)), out=path, threads=1, progress=stop_after(after))


@pytest.fixture(scope="module")
def begun(tmp_path_factory) -> Path:
    """The result, still to come, of a suite that was stopped after a corpus."""
    path = tmp_path_factory.mktemp("begun") / "x.zarr"
    stopped(path, 1)
    return path


# Killed


def test_killed_it_ends_as_if_nothing_had_been(tmp_path):
    process = start(*LONG_FLAGS, "--out=x.zarr", cwd=tmp_path, command="suite")
    part = tmp_path / "x.zarr.part"
    wait_for(lambda: cells_done(part) >= 2, process)
    process.kill()
    process.communicate()
    assert not (tmp_path / "x.zarr").exists()
    ended = finish(*LONG_FLAGS, "--out=x.zarr", "--resume", "--progress", cwd=tmp_path, command="suite")
    assert "from an earlier run" in ended.stderr
    assert "written: x.zarr" in ended.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["x.zarr"]
    plan = SuitePlan("zipf:1.5", batch=8, replicates=4, n_params=(10, 215, 4642, 100_000), seed=4)
    assert same(tmp_path / "x.zarr", done(plan))


ONE = """
import sys
from simulate.cli.main import main
from simulate.studies.suite.learning import snapshots
snapshots.SECONDS = snapshots.SHARE = 0.0
main(sys.argv[1:], standalone_mode=False)
"""


@pytest.mark.verification
def test_one_corpus_killed_again_and_again_ends_the_same(tmp_path):
    """SIGKILL as soon as the store is there, at a sixth, a third and half of the corpus, and as the result is written.

    Every time but the first the corpus goes on from a state that it had kept.
    """
    flags = ["suite", "--source=zipf:1.3", "--batch=100", "--replicates=1", "--n-params=10:1e5:4", "--no-progress"]
    part, kept = tmp_path / "x.zarr.part", tmp_path / "x.zarr.part" / "courses" / "0.npz"

    def seen() -> int:
        try:
            return int(np.load(kept)["n_seen"])
        except (OSError, ValueError, zipfile.BadZipFile):
            return 0

    def writing() -> bool:
        return any(path.name.startswith(".x.zarr.") and any(path.iterdir()) for path in tmp_path.iterdir())

    moments = (part.exists, lambda: seen() >= 25, lambda: seen() >= 50, lambda: seen() >= 75, writing)
    for i, moment in enumerate(moments):
        process = subprocess.Popen(
            [sys.executable, "-c", ONE, *flags, "--out=x.zarr", *["--resume"][: i > 0]], cwd=tmp_path,
            env={"PYTHONPATH": str(ROOT)}, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        wait_for(moment, process)
        process.kill()
        process.communicate()
        assert not (tmp_path / "x.zarr").exists()
    finish(*flags[1:], "--out=x.zarr", "--resume", cwd=tmp_path, command="suite")
    finish(*flags[1:], "--out=whole.zarr", cwd=tmp_path, command="suite")
    assert same(tmp_path / "x.zarr", tmp_path / "whole.zarr")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["whole.zarr", "x.zarr"]


def test_stopped_after_any_corpus_it_ends_the_same(tmp_path, whole):
    for after in (1, 4):
        path = tmp_path / f"{after}.zarr"
        stopped(path, after)
        assert cells_done(path.with_name(f"{after}.zarr.part")) == after
        assert same(done(SuitePlan(**SMALL), out=path, resume=True, threads=2), whole)
    assert same(path, whole)


def test_corpora_in_cells_of_their_own_are_those_of_one_cell(whole, monkeypatch):
    """Sums over cells, and what the first of them shows, whichever is done first."""
    backwards = sweep_cells.cut
    monkeypatch.setattr("simulate.studies.suite.job.cut", lambda *arguments: backwards(*arguments)[::-1])
    assert same(done(SuitePlan(**SMALL), threads=1), whole)
    monkeypatch.setattr(sweep_cells, "CELL_SECONDS", 1e9)
    assert same(done(SuitePlan(**SMALL), threads=1), whole)


@pytest.mark.parametrize("source", ["zipf:1.3", "windows:alphabet=3,length=2", "uniform:1e12", "corpus:TEXT"])
@pytest.mark.parametrize("chance", [1.0, 0.5])
def test_a_corpus_stopped_at_any_checkpoint_goes_on_from_there(tmp_path, monkeypatch, every_checkpoint, source, chance):
    """Bit for bit, and without looking again at what it had seen."""
    (tmp_path / "text").write_text(" ".join(str(i * i % 97 % 13) for i in range(1400)))
    plan = SMALL | {"source": source.replace("TEXT", str(tmp_path / "text")), "learning_probability": chance}
    alone = done(SuitePlan(**plan | {"replicates": 1}))
    look, looked, stops = Course.look, [], [1, 4, 7]

    def note(self, checkpoint, census, exposures):
        if stops and checkpoint == stops[0]:
            raise StopHereError
        looked.append(checkpoint)
        look(self, checkpoint, census, exposures)

    monkeypatch.setattr(Course, "look", note)
    path = tmp_path / "x.zarr"
    while stops:
        with pytest.raises(StopHereError):
            done(SuitePlan(**plan | {"replicates": 1}), out=path, resume=True)
        assert (tmp_path / "x.zarr.part" / "courses" / "0.npz").exists()
        stops.pop(0)
    found = done(SuitePlan(**plan | {"replicates": 1}), out=path, resume=True)
    assert looked == list(range(len(STEPS)))
    assert same(found, alone)


def test_a_census_is_made_again_of_its_state():
    order = prepare(SuitePlan("zipf:1.02", batch=500, checkpoints=(0, 9))).trainer.order
    census = simulate.studies.suite.learning.training.Census(order).advance(2000)
    assert (census.keys >> np.uint64(63)).any()  # sequences beyond all ranks, whose keys name their draws
    state = {name: values.copy() for name, values in state_of(census).items()}
    again = census_of(order, state)
    for stop in (2000, 4500):
        census.advance(stop)
        again.advance(stop)
        for name in ("n_draws", "n_unique", "keys", "counts", "first"):
            assert np.array_equal(getattr(census, name), getattr(again, name))
        assert np.array_equal(again.ids(order.keys(0, 4500)), census.ids(order.keys(0, 4500)))


@pytest.mark.parametrize("harm", ["cut", "changed"])
def test_a_state_that_is_damaged_is_named_and_not_taken(tmp_path, monkeypatch, every_checkpoint, whole, harm):
    look = Course.look

    def stop_late(self, checkpoint, census, exposures):
        if checkpoint == 5:
            raise StopHereError
        look(self, checkpoint, census, exposures)

    path, kept = tmp_path / "x.zarr", tmp_path / "x.zarr.part" / "courses" / "0.npz"
    with monkeypatch.context() as patch:
        patch.setattr(Course, "look", stop_late)
        with pytest.raises(StopHereError):
            done(SuitePlan(**SMALL), out=path, threads=1)
    content = bytearray(kept.read_bytes())
    if harm == "changed":
        content[len(content) // 2] ^= 1
    kept.write_bytes(content if harm == "changed" else content[: len(content) // 2])
    with pytest.warns(UserWarning, match=r"0\.npz is damaged .*; its corpus is trained from the start"):
        found = done(SuitePlan(**SMALL), out=path, resume=True, threads=1)
    assert same(found, whole)


def test_states_are_kept_now_and_then_only(tmp_path):
    kept = snapshots.Snapshots(tmp_path / "courses" / "0.npz")
    kept.keep(lambda: pytest.fail("thirty seconds have not gone by"))
    assert kept.load() is None
    assert not (tmp_path / "courses").exists()


# What is there already


@pytest.mark.parametrize(("change", "what"), [
    ({"seed": 8}, "holds another suite: seed was 9 and is now 8"),
    ({"replicates": 6}, "replicates was 5 and is now 6"),
    ({"checkpoints": STEPS[:-1]}, r"checkpoints was 0, …, 64 \(8 of them\) and is now 0, …, 32 \(7 of them\)"),
    ({"n_params": (5, 50, 500)}, "n_params was 5, 50, 5000 and is now 5, 50, 500"),
    ({"novelty_cost": 2.0}, "novelty_cost was 1.0 and is now 2.0"),
])  # fmt: skip
def test_another_suite_is_refused_begun_or_finished(begun, whole, change, what):
    for target in (begun, whole):
        with pytest.raises(ValueError, match=what) as caught:
            done(SuitePlan(**(SMALL | change)), out=target, resume=True)
        assert "pass --overwrite" in str(caught.value)
        assert "\n" not in str(caught.value)


def test_a_text_that_changed_is_refused(tmp_path):
    text = tmp_path / "a.txt"
    text.write_text("a b c d e f a b c " * 200)
    plan = SuitePlan(f"corpus:{text}", checkpoints=(0, 4, 16), batch=100, n_params=(3,))
    with pytest.raises(StopHereError):
        done(plan, out=tmp_path / "x.zarr", progress=stop_after(0))
    text.write_text("a b c d e f a b b " * 200)
    with pytest.raises(ValueError, match="holds another suite: the text has changed"):
        done(plan, out=tmp_path / "x.zarr", resume=True)


def test_what_another_command_left_is_named(tmp_path):
    path = tmp_path / "x.zarr"
    stopped(path, 1)
    with pytest.raises(ValueError, match="holds an unfinished suite; pass --resume to go on with it"):
        done(SuitePlan(**SMALL), out=path)
    with pytest.raises(ValueError, match="holds a suite, not a sweep; pass --overwrite"):
        simulate.sweep(sources=["zipf:2"], n_draws=[10, 100], replicates=2, out=path, resume=True)
    with pytest.raises(ValueError, match="holds an unfinished suite: run the same suite with --resume to go on"):
        simulate.open_result(path)
    other = tmp_path / "y.zarr"
    simulate.sweep(sources=["zipf:2"], n_draws=[10, 100], replicates=2, out=other)
    with pytest.raises(ValueError, match="holds a sweep, not a suite; pass --overwrite"):
        done(SuitePlan(**SMALL), out=other, resume=True)


# Corpora that fail


def test_corpora_that_fail_leave_the_others(tmp_path, whole, monkeypatch, capsys):
    train = Trainer.train

    def refuse(self, first, replicates):
        if first <= 0 < first + replicates:
            raise OSError("the disk of this worker is gone")
        return train(self, first, replicates)

    flags = ["--source=zipf:1.3", "--checkpoints=0,1,2,4,8,16,32,64", "--batch=20", "--replicates=5", "--seed=9",
             "--n-params=5,50,5000", "--learning-probability=0.5", "--validation=100"]  # fmt: skip

    def ends(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["simulate", "suite", *flags, *arguments])
        with pytest.raises(SystemExit) as ended:
            run_command(main, "simulate")
        return int(ended.value.code or 0)

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "train", refuse)
        assert ends(f"--out={tmp_path / 'x.zarr'}") == 3
        out, err = capsys.readouterr()
        assert "4 corpora" in out
        assert "written:" not in out
        assert "error: 1 of the cells failed, such as corpora 0 to 0 of zipf:1.3 (the disk of this worker is" in err
        assert "the others are kept: run the same command with --resume to go on" in err
        assert ends(f"--out={tmp_path / 'x.nc'}") == 3
    left, full = simulate.open_result(tmp_path / "x.nc"), simulate.open_result(whole)
    assert json.loads(left.attrs["provenance"])["failed"][0]["replicates"] == 1
    assert left.replicate.values.tolist() == [1, 2, 3, 4]
    for name in ("stored", "loss", "loss_prequential", "dispersion", "trajectory_percent"):
        assert np.array_equal(left[name].values, full[name].values[1:], equal_nan=True)
    assert np.allclose(left.memorised_since.sum(), left.stored[:, -1].mean("replicate").sum())
    assert ends(f"--out={tmp_path / 'x.zarr'}", "--resume") == 0
    assert same(tmp_path / "x.zarr", whole)


# Elsewhere, and foreseen


@pytest.mark.parametrize("workers", [1, pytest.param(2, marks=pytest.mark.verification)])
def test_on_a_cluster_it_is_the_same(tmp_path, whole, workers):
    """Corpora done here and, after a stop, on workers elsewhere."""
    stopped(tmp_path / "x.zarr", 2)
    resumed = done(SuitePlan(**SMALL), out=tmp_path / "x.zarr", resume=True, cluster=f"local:{workers}")
    assert same(resumed, whole)
    assert same(tmp_path / "x.zarr", whole)


def test_a_dry_run_trains_nothing(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Trainer, "train", lambda *_: pytest.fail("trained"))
    arguments = ["suite", "--batch=2098", "--replicates=4", "--threads=2", "--dry-run", "--out=x.zarr"]
    main.main(arguments, standalone_mode=False)
    printed = capsys.readouterr().out
    printed = " ".join(printed.split())
    for words in ("4 corpora of 300M draws in 4 cells, 2 at a time", "MiB of memory here; nothing was drawn."):
        assert words in printed
    main.main([*arguments, "--json"], standalone_mode=False)
    (row,) = json.loads(capsys.readouterr().out)["rows"]
    assert row["cells"] == 4
    assert 2 * row["n_bytes"] < row["n_bytes_in_all"] < 2.5 * row["n_bytes"]
    assert list(tmp_path.iterdir()) == []


def test_more_memory_than_there_is_is_refused(monkeypatch):
    gib = 2**30
    monkeypatch.setattr("simulate.running.execution.machine_memory", lambda: (gib, gib // 2))
    plan = SuitePlan("uniform:1e12", batch=2098, replicates=2, n_params=(10, 100))
    with pytest.raises(ValueError, match=r"this suite needs about .* GiB of memory, and this process may have 1.0 GiB"):
        done(plan)


PEAK = """
import ctypes, sys
from simulate.studies.suite.plan import SuitePlan
from simulate.studies.suite.prepare import prepare

def peak():
    lines = open("/proc/self/status").read().splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM"))

def suite(batch):
    return prepare(SuitePlan(sys.argv[1], batch=batch, replicates=1, validation=int(sys.argv[3])))

suite(1).trainer.train(0, 1)  # compiles
job = suite(int(sys.argv[2]))
ctypes.CDLL(None).malloc_trim(0)  # what the first one gave back would be used again, and not be seen
open("/proc/self/clear_refs", "w").write("5")  # the peak starts anew from what is used now
before = peak()
job.trainer.train(0, 1)
print(peak() - before, job.cost[1])
"""


@pytest.mark.verification
@pytest.mark.parametrize(("source", "batch", "validation"), [
    ("zipf:1.5", 100, 1000), ("zipf:1.2", 100, 1000), ("uniform:1e12", 10, 1000), ("uniform:1e6", 20, 1000),
    ("zipf:1.5", 5, 1_000_000), ("zipf:1.2,types=1e5", 20, 1000),
])  # fmt: skip
def test_an_estimate_of_memory_holds_to_a_factor_of_two(source, batch, validation):
    done = subprocess.run(
        [sys.executable, "-c", PEAK, source, str(batch), str(validation)], capture_output=True, text=True, check=True,
    )  # fmt: skip
    used, foreseen = map(int, done.stdout.split())
    assert foreseen / 2 < used < 2 * foreseen
