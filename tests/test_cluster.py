"""The same numbers on Dask workers, however many they are and whichever of them dies."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import CancelledError
from pathlib import Path

import pytest

import simulate
from simulate.running import dask as cluster
from simulate.running.dask import check_cluster
from tests.commands import refused
from tests.sweep_runs import LONG, LONG_FLAGS, ROOT, cells_done, finish, same, start, wait_for

DASK = Path(sys.executable).with_name("dask")


@pytest.fixture(scope="module")
def long(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("long") / "long.zarr"
    simulate.sweep(**LONG, out=path)
    return path


def children(process: int) -> set[int]:
    """The worker processes below a process: those that were spawned by name, not the trackers beside them."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text(errors="replace").rpartition(")")[2].split()[1])
            line = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if parent == process and b"spawn_main" in line:
            found.add(int(folder.name))
    return found


@pytest.mark.verification
@pytest.mark.parametrize("workers", [1, 2, 7])
def test_any_number_of_processes_gives_the_same(tmp_path, long, workers):
    done = finish(*LONG_FLAGS, f"--cluster=local:{workers}", "--out=x.zarr", "--progress", cwd=tmp_path)
    assert "10 of 10 cells" in done.stderr
    assert same(tmp_path / "x.zarr", long)


SEVEN = """
from distributed import LocalCluster
with LocalCluster(n_workers=7, threads_per_worker=1, processes=False, protocol="tcp://", dashboard_address=None) as c:
    print(c.scheduler_address, flush=True)
    input()
"""


@pytest.mark.verification
def test_seven_workers_give_the_same(tmp_path, long):
    """Seven workers in one process: seven processes are for `pytest -m verification`."""
    host = subprocess.Popen(
        [sys.executable, "-c", SEVEN], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    try:
        address = host.stdout.readline().strip()
        finish(*LONG_FLAGS, f"--cluster={address}", "--out=x.zarr", cwd=tmp_path)
    finally:
        host.communicate("\n", timeout=30)
    assert same(tmp_path / "x.zarr", long)


def test_a_worker_that_is_killed_takes_nothing_with_it(tmp_path, long):
    process = start(*LONG_FLAGS, "--cluster=local:2", "--out=x.zarr", "--progress", cwd=tmp_path)
    part = tmp_path / "x.zarr.part"
    wait_for(lambda: part.exists() and cells_done(part) >= 1, process)
    victims = children(process.pid)
    assert len(victims) == 2
    os.kill(min(victims), signal.SIGKILL)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert "Traceback" not in err
    assert "10 of 10 cells" in err
    assert "written: x.zarr" in out
    assert same(tmp_path / "x.zarr", long)


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


@pytest.fixture
def scheduler(tmp_path):
    """A scheduler and a worker, started as docs/sweeps.md says; the address and the processes.

    How many workers there are, other tests ask, of those that a command starts itself.
    """
    address = f"tcp://127.0.0.1:{free_port()}"
    where = {"cwd": tmp_path, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    port = address.rpartition(":")[2]
    processes = [
        subprocess.Popen([DASK, "scheduler", "--host", "127.0.0.1", "--port", port, "--no-dashboard"], **where)
    ]
    processes.append(
        subprocess.Popen(
            [DASK, "worker", address, "--nworkers", "1", "--no-dashboard"],
            env=os.environ | {"PYTHONPATH": str(ROOT)}, **where,
        )
    )  # fmt: skip
    yield address, processes
    for process in processes[::-1]:
        process.terminate()
    for process in processes:
        process.wait(timeout=30)


def test_a_scheduler_somewhere_else_and_one_that_goes_away(tmp_path, long, scheduler):
    address, processes = scheduler
    assert same(simulate.sweep(**LONG, cluster=address), long)
    process = start(*LONG_FLAGS, f"--cluster={address}", "--out=x.zarr", cwd=tmp_path)
    part = tmp_path / "x.zarr.part"
    wait_for(lambda: part.exists() and cells_done(part) >= 1, process)
    processes[0].kill()
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1, err
    assert "Traceback" not in err
    gone = "the Dask scheduler or its workers went away; the cells that are done are kept"
    assert re.search(rf"^error: {gone}: run the same command with --resume to go on$", err, re.MULTILINE)
    simulate.sweep(**LONG, out=tmp_path / "x.zarr", resume=True)
    assert same(tmp_path / "x.zarr", long)


@pytest.mark.parametrize("error", [OSError("Stream is closed"), TimeoutError(), CancelledError()])
def test_a_connection_that_breaks_between_a_cell_and_its_result_is_the_cluster_gone(error):
    """Which of the two calls meets the closed connection is a matter of milliseconds."""

    class Future:
        status = "finished"

        def exception(self):
            return None

        def result(self):
            raise error

    with pytest.raises(RuntimeError, match="the Dask scheduler or its workers went away"):
        cluster._outcome(Future())


def test_the_error_of_a_cell_is_not_taken_for_that_of_the_connection():
    class Future:
        status = "error"

        def exception(self):
            return OSError("no space left")

    assert str(cluster._outcome(Future())) == "no space left"


def test_a_scheduler_that_does_not_answer_is_one_sentence(monkeypatch):
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 1)
    began = time.monotonic()
    err = refused("sweep", *LONG_FLAGS, f"--cluster=tcp://127.0.0.1:{free_port()}")
    assert "no Dask scheduler answers at tcp://127.0.0.1:" in err
    assert "within 1 seconds" in err
    assert time.monotonic() - began < 40


@pytest.mark.verification
def test_two_clusters_at_once_have_nothing_to_say_of_each_other(recwarn):
    with cluster.connected("local:1") as one, cluster.connected("local:1") as other:
        assert one.submit(sum, [1, 2]).result() == other.submit(sum, [2, 1]).result() == 3
    assert not [str(warning.message) for warning in recwarn]


def test_names_of_clusters():
    assert check_cluster("local") == ("local", None)
    assert check_cluster("local:3") == ("local", 3)
    assert check_cluster("tcp://10.0.0.1:8786") == ("tcp://10.0.0.1:8786", None)
    for wrong in ("", "remote", "local:x", "local:-1", "tcp://host", "http://host:1", "local:1.5"):
        with pytest.raises(ValueError, match=r"cluster|workers"):
            check_cluster(wrong)


def test_without_dask_one_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setattr("simulate.running.dask.find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"pip install 'efficiency-bounds\[dask\]'"):
        simulate.sweep(**LONG, cluster="local")


def test_workers_leave_the_environment_as_it_was():
    """Dask sets what its workers are to have in the process that starts them, where everything later would have it."""
    before = dict(os.environ)
    with cluster.connected("local:1") as client:
        given = client.run(lambda: os.environ.get("MALLOC_MMAP_THRESHOLD_"))
    assert set(given.values()) == {str(1 << 25)}
    assert dict(os.environ) == before
