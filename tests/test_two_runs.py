"""Two runs on one name: the second is refused, whoever was first, and no result holds what another run drew."""

from __future__ import annotations

import contextvars
import json
import os
import signal
import threading
import time
from contextlib import ExitStack, contextmanager
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest

import simulate
from bounds.base.keeping.locks import locked
from bounds.base.keeping.targets import written_whole
from bounds.cli.drawing.formats import FIGURES
from simulate.cli.main import main
from simulate.running import cells as sweep_cells
from simulate.running.keeping.files import RESULTS, claimed
from simulate.running.keeping.store import CellStore
from simulate.studies.sweep.draw import CorpusDrawer
from simulate.studies.sweep.job import prepare
from simulate.studies.sweep.plan import Sweep
from tests.sweep_runs import LONG, LONG_FLAGS, StopHereError, cells_done, finish, same, start, stop_after, wait_for

ORDERS = list(permutations(range(3)))[1:]
TINY = {"sources": ["zipf:1.7"], "n_draws": [10, 100, 1000], "replicates": 6}


@pytest.fixture(autouse=True)
def _small_cells(monkeypatch):
    """One corpus to a cell in this process."""
    monkeypatch.setattr(sweep_cells, "CELL_SECONDS", 1e-9)


@contextmanager
def another_run(target: Path, formats=RESULTS):
    """Hold the lock of `target` as another process does: this thread's own calls are not let through."""
    with ExitStack() as stack:
        elsewhere = contextvars.Context()
        elsewhere.run(stack.enter_context, claimed(target, overwrite=True, formats=formats))
        yield
        elsewhere.run(stack.close)


def begun(path: Path, after: int = 2, **changes) -> None:
    with pytest.raises(StopHereError):
        simulate.sweep(**(TINY | changes), out=path, threads=1, progress=stop_after(after))


# ---------------------------------------------------------------- real processes


def test_a_run_that_writes_is_not_taken_over_and_what_it_kept_is_its_own(tmp_path):
    """A writes; B comes with --overwrite; A is killed; B comes again, and goes on with none of A's cells."""
    second = [*LONG_FLAGS[:-1], "--seed=6"]
    options = LONG | {"seed": 6}
    a = start(*LONG_FLAGS, "--threads=1", "--out=x.zarr", cwd=tmp_path)
    part, target = tmp_path / "x.zarr.part", tmp_path / "x.zarr"
    try:
        wait_for(lambda: part.exists() and cells_done(part) >= 1, a)
        a.send_signal(signal.SIGSTOP)  # it must not end before B has started
        for how in ({"resume": True}, {}, {"overwrite": True}):
            with pytest.raises(ValueError, match=r"x\.zarr is being written by another run; wait until"):
                simulate.sweep(**options, out=target, **how)
        done = finish(*second, "--overwrite", "--out=x.zarr", "--progress", cwd=tmp_path, code=2)
    finally:
        a.kill()
        a.communicate()
    assert "error: x.zarr is being written by another run; wait until" in done.stderr
    assert "cells" not in done.stderr, "refused before the first draw"
    with pytest.raises(ValueError, match="holds another sweep: seed was 5 and is now 6"):
        simulate.sweep(**options, out=target, resume=True)
    found = simulate.sweep(**options, out=target, overwrite=True)
    assert "kept_cells" not in found.attrs["provenance"]
    assert same(target, found)
    assert [path.name for path in tmp_path.iterdir()] == ["x.zarr"]


@pytest.mark.verification
@pytest.mark.parametrize("seed", range(4))
def test_two_writers_in_any_order_leave_one_of_two_pure_results(tmp_path, seed):
    """Starts, kills and resumes of two runs at random moments, at any time two of them at once."""
    rng = np.random.default_rng(seed)
    flags = {name: [*LONG_FLAGS[:-1], f"--seed={name}"] for name in (1, 2)}
    running = []
    part = tmp_path / "x.zarr.part"
    for _ in range(4):
        name, how = int(rng.integers(1, 3)), str(rng.choice(["--overwrite", "--resume"]))
        running.append(start(*flags[name], how, "--out=x.zarr", "--threads=1", cwd=tmp_path))
        n_cells = int(rng.integers(0, 12))
        while running[-1].poll() is None and cells_done(part) < n_cells:  # its own, or those of the run before
            time.sleep(0.01)
        if len(running) > 1 and rng.random() < 0.7:
            running[-2].kill()
    for process in running:
        process.kill()
        process.communicate()
    for name in (1, 2):
        done = start(*flags[name], "--resume", "--out=x.zarr", cwd=tmp_path)
        _, err = done.communicate(timeout=120)
        assert done.returncode in (0, 2), err
        if done.returncode == 0:
            break
    else:
        name = 1
        finish(*flags[1], "--overwrite", "--out=x.zarr", cwd=tmp_path)
    finish(*flags[name], "--out=pure.zarr", cwd=tmp_path)
    assert same(tmp_path / "x.zarr", tmp_path / "pure.zarr")
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left in (["pure.zarr", "x.zarr"], ["pure.zarr", "x.zarr", "x.zarr.part"]), left  # a part: the other's work


# ---------------------------------------------------------------- the lock


@pytest.mark.parametrize("name", ["x.zarr", "x.nc", "x.csv"])
def test_what_another_run_writes_is_refused_before_a_draw(tmp_path, monkeypatch, name):
    if name == "x.zarr":
        begun(tmp_path / name)
    with another_run(tmp_path / name):
        monkeypatch.setattr(CorpusDrawer, "draw", lambda *_: pytest.fail("drawn"))
        for how in ({}, {"overwrite": True}, *[{"resume": True}][: name == "x.zarr"]):
            with pytest.raises(ValueError, match=rf"{name} is being written by another run; wait until"):
                simulate.sweep(**TINY, out=tmp_path / name, **how)


@pytest.mark.parametrize("arguments", [
    "sweep --source zipf:2 --n-draws 10,100", "learners --learner memoriser --n-draws 10,100", "corpus text",
    "corpus text --sketch", "suite --checkpoints 0,1,2", "suite --batch-at 3", "skills --n-skills 5", "fit x.zarr",
])  # fmt: skip
@pytest.mark.parametrize("output", ["--out=y.nc", "--figure=y.png"])
def test_every_command_looks_at_the_lock_of_every_output_first(tmp_path, monkeypatch, arguments, output):
    import click

    monkeypatch.chdir(tmp_path)
    if arguments == "suite --batch-at 3" and output.startswith("--figure"):
        return  # there is none of a batch
    name = Path(output.partition("=")[2])
    with another_run(name, formats=(".nc", ".png")), pytest.raises(click.UsageError, match="written by another run"):
        main([*arguments.split(), output, "--overwrite"], standalone_mode=False)
    assert list(tmp_path.iterdir()) == []


def test_a_figure_and_a_result_saved_by_hand_are_locked_too(tmp_path):
    dataset = simulate.sweep(**TINY)
    with another_run(tmp_path / "x.nc"), pytest.raises(ValueError, match="is being written by another run"):
        simulate.save_result(dataset, tmp_path / "x.nc", overwrite=True)
    from simulate.running.showing.figures import save_drawn

    with another_run(tmp_path / "x.png", FIGURES), pytest.raises(ValueError, match="is being written by another run"):
        save_drawn(lambda: pytest.fail("drawn"), tmp_path / "x.png")
    assert list(tmp_path.iterdir()) == []


def test_two_threads_are_two_runs_and_one_may_lock_again(tmp_path):
    target, refused = tmp_path / "x.zarr", []

    def other() -> None:
        try:
            with locked(target):
                pytest.fail("two at once")
        except ValueError as error:
            refused.append(str(error))

    with locked(target) as first, locked(tmp_path / "." / "x.zarr") as again:
        assert (first, again) == (True, False)
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert "is being written by another run" in refused[0]
    assert list(tmp_path.iterdir()) == []


def test_one_name_by_two_paths_is_one_lock(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with another_run(tmp_path / "a" / "x.nc"), pytest.raises(ValueError, match="is being written by another run"):
        simulate.sweep(**TINY, out=tmp_path / "b" / "x.nc")


def test_a_lock_that_was_deleted_between_opening_and_locking_is_no_lock(tmp_path, monkeypatch):
    """Another run ends between the two: its file is gone, and one that is locked without a name keeps nobody out."""
    target, path = tmp_path / "x.nc", tmp_path / ".x.nc-lock"
    opened: list[int] = []
    real = os.open

    def racing(name, *rest, **more):
        file = real(name, *rest, **more)
        if os.fspath(name) == os.fspath(path) and not opened:
            opened.append(file)
            os.unlink(path)  # as its holder does before it lets go
        return file

    monkeypatch.setattr(os, "open", racing)
    with locked(target):
        assert path.exists()
        assert opened
        with another_context() as refused:
            refused(target)
    assert not path.exists()


@contextmanager
def another_context():
    def refused(target: Path) -> None:
        with pytest.raises(ValueError, match="is being written by another run"):
            contextvars.Context().run(locked(target).__enter__)

    yield refused


def test_files_of_others_in_the_place_of_a_lock_stay(tmp_path):
    lock = tmp_path / ".x.nc-lock"
    lock.write_text("mine")
    simulate.sweep(**TINY, out=tmp_path / "x.nc")
    assert lock.read_text() == "mine"
    lock.unlink()
    lock.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ValueError, match=r"x\.nc cannot be written to: its lock \.x\.nc-lock cannot be made there"):
        simulate.sweep(**TINY, out=tmp_path / "x.nc", overwrite=True)
    assert not (tmp_path / "elsewhere").exists()
    lock.unlink()
    lock.touch()  # as a run that was killed leaves it
    simulate.sweep(**TINY, out=tmp_path / "x.nc", overwrite=True)
    assert [path.name for path in tmp_path.iterdir()] == ["x.nc"]


def test_without_locks_a_run_goes_on_and_says_so(tmp_path, monkeypatch):
    import fcntl

    def refuse(*_):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.warns(UserWarning, match=r"x\.nc cannot be locked here \(Operation not supported\)"):
        simulate.sweep(**TINY, out=tmp_path / "x.nc")
    assert [path.name for path in tmp_path.iterdir()] == ["x.nc"]


# ---------------------------------------------------------------- chunks of another run


@pytest.mark.parametrize("order", [(0, 1, 2), *(pytest.param(o, marks=pytest.mark.verification) for o in ORDERS)])
def test_chunks_that_another_run_wrote_by_path_are_damage(tmp_path, order):
    """Two runs of one kind, one writes its last cells into the folder of the other: counts, spectra and flags."""
    job = prepare(Sweep(("zipf:1.7",), (10, 100, 1000), 6, 1))
    theirs = prepare(Sweep(("zipf:1.7",), (10, 100, 1000), 6, 2))
    begun(tmp_path / "x.zarr", after=4, seed=1)
    begun(tmp_path / "y.zarr", after=4, seed=2)
    for path in order:  # as its writer would: the values, and then the flag
        name = ("n_unique", "spectrum", "done")[path]
        chunk = next(p for p in sorted((tmp_path / "y.zarr.part" / name / "c").rglob("*")) if p.is_file())
        into = tmp_path / "x.zarr.part" / chunk.relative_to(tmp_path / "y.zarr.part")
        into.write_bytes(chunk.read_bytes())
    store = CellStore.resume(tmp_path / "x.zarr", job)
    assert sum(block is None for _, block in store.kept()) == 1
    assert all(block is not None for _, block in CellStore.resume(tmp_path / "y.zarr", theirs).kept())
    with pytest.warns(UserWarning, match="1 cells of .* are damaged, such as corpora 0 to 0"):
        found = simulate.sweep(**TINY, seed=1, out=tmp_path / "x.zarr", resume=True)
    assert same(found, simulate.sweep(**TINY, seed=1))


def test_a_cell_in_the_place_of_another_is_damage(tmp_path):
    job = prepare(Sweep(("zipf:1.7",), (10, 100, 1000), 6, 1))
    begun(tmp_path / "x.zarr", after=4, seed=1)
    for name in ("n_unique", "spectrum", "done"):
        chunks = sorted(p for p in (tmp_path / "x.zarr.part" / name / "c").rglob("*") if p.is_file())
        chunks[0].write_bytes(chunks[1].read_bytes())
    assert [block is None for _, block in CellStore.resume(tmp_path / "x.zarr", job).kept()] == [True, *[False] * 3]


def test_a_store_of_the_version_before_goes_on(tmp_path):
    """It has neither the name of its run nor a mark, and its flags are bare checksums."""
    import zarr

    path, part = tmp_path / "x.zarr", tmp_path / "x.zarr.part"
    job = prepare(Sweep(("zipf:1.7",), (10, 100, 1000), 6, 1))
    begun(path, after=3, seed=1)
    kept = dict(CellStore.resume(path, job).kept())
    (part / ".efficiency-bounds").unlink()
    group = zarr.open_group(part, mode="r+")
    group.attrs.clear()
    group.attrs.update({"provenance": job.made, "replicates_per_cell": 1})
    store = CellStore.resume(path, job)
    for cell, block in kept.items():
        store.keep(cell, block)
    found = simulate.sweep(**TINY, seed=1, out=path, resume=True)
    assert json.loads(found.attrs["provenance"])["kept_cells"] == 3
    assert same(found, simulate.sweep(**TINY, seed=1))
    assert [p.name for p in tmp_path.iterdir()] == ["x.zarr"]


def test_a_run_deletes_no_store_but_its_own(tmp_path):
    """Where locks are unknown, or one was deleted by hand, another run may have begun anew in the meantime."""
    job = prepare(Sweep(("zipf:1.7",), (10, 100, 1000), 6, 1))
    ours = CellStore.begin(tmp_path / "x.zarr", job)
    CellStore.begin(tmp_path / "x.zarr", job)
    ours.remove()
    assert (tmp_path / "x.zarr.part").exists()
    CellStore.resume(tmp_path / "x.zarr", job).remove()
    assert list(tmp_path.iterdir()) == []


def fail_half_way(path: Path) -> None:
    with written_whole(path) as part:
        part.write_text("half")
        raise StopHereError


def test_a_writer_that_fails_leaves_what_was_there(tmp_path):
    (tmp_path / "x.csv").write_text("old")
    with pytest.raises(StopHereError):
        fail_half_way(tmp_path / "x.csv")
    assert (tmp_path / "x.csv").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["x.csv"]
