"""A run that is ended, runs out of disk, or is not listened to: it says what is kept, and how to go on."""

from __future__ import annotations

import errno
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import simulate
from bounds.base.keeping import hidden, targets
from bounds.cli.process import Stopped, Unminded, hearing_signals, undisturbed
from bounds.cli.shared import run as run_command
from simulate.cli.endings import explained
from simulate.cli.main import main
from simulate.running import cells as sweep_cells
from simulate.running import dataset
from simulate.running import run as keeping
from simulate.running.keeping import store
from simulate.studies.suite.learning import snapshots
from simulate.studies.sweep.draw import CorpusDrawer
from tests.running import done
from tests.sweep_runs import LONG, LONG_FLAGS, ROOT, cells_done, finish, same, start, wait_for

TINY = {"sources": ["zipf:1.7"], "n_draws": [10, 100, 1000], "replicates": 6}
FLAGS = ["sweep", "--source=zipf:1.7", "--n-draws=10,100,1000", "--replicates=6"]
SIGNALS = [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)]


@pytest.fixture(autouse=True)
def _small_cells(monkeypatch):
    """One corpus to a cell in this process."""
    monkeypatch.setattr(sweep_cells, "CELL_SECONDS", 1e-9)


@pytest.fixture(autouse=True)
def _signals_are_heard():
    """Whatever the shell that runs the tests has set."""
    before = {signum: signal.getsignal(signum) for signum, _ in SIGNALS}
    for signum in before:
        signal.signal(signum, signal.default_int_handler if signum == signal.SIGINT else signal.SIG_DFL)
    yield
    for signum, handler in before.items():
        signal.signal(signum, handler)


@pytest.fixture(scope="module")
def whole():
    return simulate.sweep(**TINY)


@pytest.fixture
def ends(monkeypatch):
    """The exit code of a command in this process, also where it leaves at once."""

    def leave(code: int) -> None:
        raise SystemExit(code)

    monkeypatch.setattr(os, "_exit", leave)

    def run(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["simulate", *FLAGS, *arguments])
        with pytest.raises(SystemExit) as ended:
            run_command(main, "simulate")
        return int(ended.value.code or 0)

    return run


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# ---------------------------------------------------------------- signals


@pytest.mark.parametrize(("signum", "code"), [SIGNALS[0], pytest.param(*SIGNALS[1], marks=pytest.mark.verification)])
def test_a_run_that_is_told_to_end_says_what_is_kept(tmp_path, signum, code):
    process = start(*LONG_FLAGS, "--threads=1", "--out=x.zarr", cwd=tmp_path)
    part = tmp_path / "x.zarr.part"
    wait_for(lambda: part.exists() and cells_done(part) >= 2, process)
    process.send_signal(signum)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (code, "")
    assert re.fullmatch(
        rf"error: ended by {signum.name}; \d+ of 10 cells are kept: run the same command with --resume to go on\n", err
    )
    assert names(tmp_path) == ["x.zarr.part"]
    found = simulate.sweep(**LONG, out=tmp_path / "x.zarr", resume=True)
    assert simulate.open_result(tmp_path / "x.zarr").attrs["provenance"].count("kept_cells") == 1
    assert names(tmp_path) == ["x.zarr"]
    assert found.attrs["provenance"].count("kept_cells") == 1


WINDOWS = [
    (store, "_create", False), (store.CellStore, "keep", True), (keeping, "save_result", False),
    (dataset, "_write_zarr", False), (targets, "put_in_place", True), (os, "replace", True),
    (hidden.shutil, "rmtree", False),
]  # fmt: skip
OTHERS = [(where, name, not after) for where, name, after in WINDOWS]


@pytest.mark.parametrize(
    ("where", "name", "after"), [*WINDOWS, *(pytest.param(*one, marks=pytest.mark.verification) for one in OTHERS)]
)
def test_in_whatever_window_it_is_told_to_end_the_next_run_ends_well(
    tmp_path, monkeypatch, capsys, ends, whole, where, name, after
):
    """Before or after the store is made, a cell is kept, the result is written and put in place, the store is gone."""
    signum, code = SIGNALS[len(name) % 3]
    real = getattr(where, name)
    heard: list[str] = []

    def interrupted(*arguments, **options):
        if heard or (where is os and "x.zarr" not in str(arguments[1])):
            return real(*arguments, **options)
        heard.append(name)
        found = real(*arguments, **options) if after else None
        os.kill(os.getpid(), signum)
        return found if after else real(*arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(where, name, interrupted)
        assert ends(f"--out={tmp_path / 'x.zarr'}", "--threads=1") == code
    assert heard
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: interrupted; " if signum == signal.SIGINT else f"error: ended by {signum.name}; ")
    assert err.count("\n") == 1
    if (tmp_path / "x.zarr.part").exists():
        assert "cells are kept: run the same command with --resume to go on" in err
    assert ends(f"--out={tmp_path / 'x.zarr'}", "--resume") == 0
    assert same(tmp_path / "x.zarr", whole)
    assert names(tmp_path) == ["x.zarr"]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"out": "x.nc", "resume": False}, "with an --out that ends in .zarr cells are kept, and --resume goes on"),
        ({"out": None, "resume": False}, "interrupted; nothing half-written was left behind"),
        ({"out": "x.nc"}, "interrupted; nothing half-written was left behind"),  # a command that keeps no cells
    ],
)
def test_who_could_have_resumed_is_told_how(tmp_path, monkeypatch, options, told):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Stopped) as stopped, explained({"overwrite": False, **options}):
        raise Stopped(signal.SIGINT)
    assert str(stopped.value).endswith(told)
    assert stopped.value.code == 130


def test_signals_that_the_caller_ignores_stay_ignored():
    """As under nohup."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with hearing_signals():
        os.kill(os.getpid(), signal.SIGHUP)
        with pytest.raises(Stopped, match="ended by SIGTERM; nothing half-written"):
            signal.raise_signal(signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGTERM)  # at once again: the same wish
        os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


def write_undisturbed(written: list[str]) -> None:
    with undisturbed(), undisturbed():
        signal.raise_signal(signal.SIGTERM)
        written.append("all of it")


def test_what_must_not_be_cut_in_two_is_not():
    written: list[str] = []
    with hearing_signals(), pytest.raises(Stopped):
        write_undisturbed(written)
    assert written == ["all of it"]


@pytest.mark.verification
def test_workers_end_with_the_run(tmp_path):
    from tests.test_cluster import children

    process = start(*LONG_FLAGS, "--cluster=local:2", "--out=x.zarr", cwd=tmp_path)
    part = tmp_path / "x.zarr.part"
    wait_for(lambda: part.exists() and cells_done(part) >= 1, process)
    workers = children(process.pid)
    assert len(workers) == 2
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 143
    assert re.search(r"^error: ended by SIGTERM; \d+ of 10 cells are kept: run the same", err, re.MULTILINE)
    assert "Traceback" not in err
    deadline = time.monotonic() + 20
    while any(Path(f"/proc/{worker}").exists() for worker in workers) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not any(Path(f"/proc/{worker}").exists() for worker in workers)
    finish(*LONG_FLAGS, "--out=x.zarr", "--resume", cwd=tmp_path)
    assert same(tmp_path / "x.zarr", simulate.sweep(**LONG))


@pytest.mark.verification
@pytest.mark.parametrize("name", ["x.zarr", "x.nc"])
@pytest.mark.parametrize("seed", range(2))
def test_killed_at_random_moments_it_is_right_or_goes_on_and_leaves_nothing(tmp_path, seed, name):
    """Six kills a case, by the kill that nobody hears and by those that are heard, and then a run that ends.

    Each at a moment of its own: after some cells, while the result or the figure is written, or a little later.
    """
    rng = np.random.default_rng([seed, len(name)])
    whole, n_cells = simulate.sweep(**LONG), 0
    again = "--resume" if name == "x.zarr" else "--overwrite"

    def is_time() -> bool:
        hidden = [path.name for path in tmp_path.iterdir() if path.name.endswith(".tmp") and ".part." not in path.name]
        return bool(hidden) or cells_done(tmp_path / "x.zarr.part") >= n_cells

    for _ in range(6):
        n_cells = -(-10 * int(rng.integers(1, 17)) // 16) if name == "x.zarr" and rng.random() < 0.6 else 99
        process = start(*LONG_FLAGS, again, f"--out={name}", "--figure=x.png", cwd=tmp_path)
        signum = int(rng.choice([signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP]))
        while not is_time() and process.poll() is None:
            time.sleep(0.001)
        time.sleep(float(rng.choice([0.0, rng.uniform(0, 0.05), rng.uniform(0, 2)])))
        process.send_signal(signum)
        _, err = process.communicate(timeout=120)
        assert process.returncode in (0, -signum, 128 + signum), err
        assert "Traceback" not in err
        if (tmp_path / name).exists():
            assert same(tmp_path / name, whole)
    finish(*LONG_FLAGS, again, f"--out={name}", "--figure=x.png", cwd=tmp_path)
    assert same(tmp_path / name, whole)
    assert names(tmp_path) == ["x.png", name][:: 1 if name > "x.png" else -1]


# ---------------------------------------------------------------- a disk that is full


def full(*_, **__):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_disk_that_fills_while_cells_are_kept(tmp_path, monkeypatch, capsys, ends, whole):
    real, kept = store.CellStore._flag, []

    def flag(self, cell, block):
        kept.append(cell)
        return full() if len(kept) > 3 else real(self, cell, block)

    with monkeypatch.context() as patch:
        patch.setattr(store.CellStore, "_flag", flag)
        assert ends(f"--out={tmp_path / 'x.zarr'}", "--threads=1") == 1
    out, err = capsys.readouterr()
    assert (out, err) == ("", (
        f"error: {tmp_path / 'x.zarr.part'}: No space left on device; 3 of 6 cells are kept: run the same command with "
        "--resume to go on, once there is room on the disk\n"
    ))  # fmt: skip
    assert ends(f"--out={tmp_path / 'x.zarr'}", "--resume") == 0
    assert same(tmp_path / "x.zarr", whole)
    assert names(tmp_path) == ["x.zarr"]


@pytest.mark.parametrize("name", ["x.zarr", "x.nc", "x.csv"])
def test_a_disk_that_fills_while_the_result_is_written(tmp_path, monkeypatch, capsys, ends, name):
    writer = {".zarr": "_write_zarr", ".nc": "_write_netcdf", ".csv": "_write_csv"}[Path(name).suffix]
    with monkeypatch.context() as patch:
        patch.setattr(dataset, writer, full)
        assert ends(f"--out={tmp_path / name}") == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert "No space left on device" in err
    assert ("6 of 6 cells are kept: run the same command with --resume" in err) == (name == "x.zarr")
    assert names(tmp_path) == ["x.zarr.part"][: name == "x.zarr"]


def test_out_of_memory_at_the_end_keeps_the_cells(tmp_path, monkeypatch, capsys, ends):
    def refuse(*_):
        raise MemoryError

    monkeypatch.setattr("simulate.studies.sweep.dataset.add_fits", refuse)
    assert ends(f"--out={tmp_path / 'x.zarr'}") == 1
    assert "error: out of memory; pass fewer --threads; 6 of 6 cells are kept: run the" in capsys.readouterr().err


def test_a_state_that_cannot_be_kept_ends_no_corpus(tmp_path, monkeypatch):
    from simulate.studies.suite.plan import SuitePlan

    monkeypatch.setattr(snapshots, "SECONDS", 0.0)
    monkeypatch.setattr(snapshots, "SHARE", 0.0)
    plan = SuitePlan("zipf:1.3", checkpoints=(0, 1, 2, 4), batch=20, replicates=1, n_params=(5, 50))
    straight = done(plan)
    monkeypatch.setattr(snapshots.np, "savez", full)
    with pytest.warns(UserWarning, match=r"0\.npz cannot be kept \(No space left on device\); its corpus goes on"):
        found = done(plan, out=tmp_path / "x.zarr")
    assert same(found, straight)
    assert names(tmp_path) == ["x.zarr"]


def test_a_state_of_another_suite_is_not_taken(tmp_path, monkeypatch):
    """Another run may have written there by path."""
    monkeypatch.setattr(snapshots, "SECONDS", 0.0)
    one, other = (snapshots.Snapshots(tmp_path / "0.npz", work) for work in ("one 0", "other 0"))
    other.keep(lambda: {"counts": np.arange(3)})
    with pytest.warns(UserWarning, match=r"0\.npz is damaged \(it is of another suite or version\)"):
        assert one.load() is None
    assert other.load()["counts"].tolist() == [0, 1, 2]


@pytest.mark.verification
def test_on_a_real_disk_that_is_full_a_run_goes_on_where_it_was(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=104k", "none", str(disk)], capture_output=True).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        done = finish(*LONG_FLAGS, "--out=x.zarr", cwd=disk, code=1)
        assert re.search(r"error: .*x\.zarr.*: No space left on device; \d+ of 10 cells are kept: run the", done.stderr)
        subprocess.run(["mount", "-o", "remount,size=8m", str(disk)], check=True)
        finish(*LONG_FLAGS, "--out=x.zarr", "--resume", cwd=disk)
        assert same(disk / "x.zarr", simulate.sweep(**LONG))
        assert names(disk) == ["x.zarr"]
    finally:
        subprocess.run(["umount", str(disk)], check=True)


# ---------------------------------------------------------------- nobody listens


def full_device():
    return open("/dev/full", "w", encoding="utf-8", buffering=1)


def broken_pipe():
    reading, writing = os.pipe()
    os.close(reading)
    return os.fdopen(writing, "w", encoding="utf-8", buffering=1)


def closed():
    stream = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    os.close(stream.fileno())
    return stream


@pytest.mark.parametrize("stream", [full_device, broken_pipe])
def test_a_line_of_progress_never_ends_a_run(tmp_path, monkeypatch, ends, whole, stream):
    monkeypatch.setattr("simulate.running.showing.progress.LINE_SECONDS", 0.0)
    deaf = stream()
    monkeypatch.setattr(sys, "stderr", deaf)
    assert ends(f"--out={tmp_path / 'x.zarr'}", "--progress") == 0
    assert ends("--source=zpif:2") == 2
    deaf.close()
    assert same(tmp_path / "x.zarr", whole)


def test_a_bar_on_a_terminal_that_is_gone_ends_no_run(tmp_path, monkeypatch, ends, whole):
    class Terminal(Unminded):
        def isatty(self) -> bool:
            return True

    deaf = full_device()
    monkeypatch.setattr(sys, "stderr", Terminal(deaf))
    monkeypatch.setattr(Unminded, "isatty", lambda self: True, raising=False)
    assert ends(f"--out={tmp_path / 'x.zarr'}") == 0
    deaf.close()
    assert same(tmp_path / "x.zarr", whole)


def test_who_reads_no_further_changes_no_exit_code(tmp_path, monkeypatch, ends):
    draw = CorpusDrawer.draw

    def refuse(self, first, replicates):
        if first == 2:
            raise OSError("the disk of this worker is gone")
        return draw(self, first, replicates)

    monkeypatch.setattr(CorpusDrawer, "draw", refuse)
    gone = broken_pipe()
    monkeypatch.setattr(sys, "stdout", gone)
    assert ends(f"--out={tmp_path / 'x.zarr'}") == 3
    gone.close()


@pytest.mark.parametrize(("redirected", "code"), [
    ("sweep --source zipf:2 --n-draws 10,100 --replicates 2 --progress --out x.nc 2>/dev/full", 0),
    ("sweep --source zpif:2 2>/dev/full", 2),
    pytest.param("sweep --source zpif:2 2>&-", 2, marks=pytest.mark.verification),
    pytest.param("sweep --source zipf:2 --n-draws 10,100 --replicates 2 --progress --out x.nc 2>&-", 0,
                 marks=pytest.mark.verification),
    pytest.param("sweep --source zipf:2 --n-draws 10,100 --replicates 2 --progress --out x.nc 2>&1 | head -1", 0,
                 marks=pytest.mark.verification),
])  # fmt: skip
def test_exit_codes_hold_where_nobody_listens(tmp_path, redirected, code):
    """In a process of its own: Python closes its streams at the end, and complains once more."""
    command = f"{sys.executable} -m simulate {redirected}; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True, timeout=120,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == code, done
    assert (tmp_path / "x.nc").exists() == (code == 0)
