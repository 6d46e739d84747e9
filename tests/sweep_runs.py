"""Small sweeps for the tests of resuming and of clusters, and what makes two results the same."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import xarray as xr

import simulate
from simulate.running.run import State


class StopHereError(Exception):
    """What a test raises in the middle of a run."""


ROOT = Path(__file__).parent.parent
SOURCES = ["zipf:1.724", "pitman-yor:0.58,concentration=10", "growing:0.58"]
SMALL: dict[str, Any] = {"sources": SOURCES, "n_draws": "100:1e5:5", "replicates": 5, "seed": 5}
"""15 corpora; one to a cell where `sweep_cells.CELL_SECONDS` is small."""

LONG: dict[str, Any] = {"sources": SOURCES[1:], "n_draws": "1000:2e6:4", "replicates": 5, "seed": 5}
"""Ten corpora, half of them of a fifth of a second each, one to a cell: long enough to be killed in the middle."""

LONG_FLAGS = [*(f"--source={source}" for source in SOURCES[1:]), "--n-draws=1000:2e6:4", "--replicates=5", "--seed=5"]


def hear_interrupts() -> None:
    """For a new process: a shell that runs the tests in the background has it ignore interrupts."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def start(*arguments: str, cwd: Path, command: str = "sweep") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "simulate", command, *arguments], cwd=cwd, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": str(ROOT)}, preexec_fn=hear_interrupts,
    )  # fmt: skip


def finish(*arguments: str, cwd: Path, code: int = 0, command: str = "sweep") -> subprocess.CompletedProcess[str]:
    process = start(*arguments, cwd=cwd, command=command)
    out, err = process.communicate(timeout=120)
    assert process.returncode == code, err
    assert "Traceback" not in err
    return subprocess.CompletedProcess(arguments, process.returncode, out, err)


def stop_after(n_cells: int) -> Callable[[State], None]:
    """A progress that ends a run once so many cells of its own are done."""

    def stop(state: State) -> None:
        if state.cells - state.kept_cells == n_cells:
            raise StopHereError

    return stop


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[Any], seconds: float = 60.0) -> None:
    """Until `condition` holds, which it must before the process has ended."""
    deadline = time.monotonic() + seconds
    while not condition() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)  # cells take hundredths of a second, and who looks all the time takes theirs
    assert condition()


class Hearing:
    """What a process has said on standard error so far, without waiting for more; the rest is `communicate`'s."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stderr is not None
        self._from, self._heard = process.stderr.fileno(), b""

    def of(self, word: str) -> bool:
        """Whether it has said `word`."""
        os.set_blocking(self._from, False)
        with suppress(BlockingIOError):  # nothing new
            self._heard += os.read(self._from, 1 << 16)
        os.set_blocking(self._from, True)
        return word.encode() in self._heard


def cells_done(part: Path) -> int:
    """Cells that a store has a flag of."""
    return sum(path.is_file() and path.suffix != ".partial" for path in (part / "done" / "c").rglob("*"))


def same(one: xr.Dataset | Path, other: xr.Dataset | Path) -> bool:
    """Bit for bit the same names, dimensions, types, values and attributes; provenance may say what was resumed."""
    a, b = (simulate.open_result(d) if isinstance(d, Path) else d for d in (one, other))
    made = [json.loads(d.attrs["provenance"]) for d in (a, b)]
    for provenance in made:
        provenance.pop("kept_cells", None)
    if made[0] != made[1] or set(a.variables) != set(b.variables):
        return False
    return all(_same_values(a[name], b[name]) for name in map(str, a.variables))


def _same_values(one: xr.DataArray, other: xr.DataArray) -> bool:
    if one.dims != other.dims or one.shape != other.shape:
        return False
    if one.attrs["units"] != other.attrs["units"] or one.attrs["long_name"] != other.attrs["long_name"]:
        return False
    if one.dtype.kind in "fi":
        return one.dtype == other.dtype and one.values.tobytes() == other.values.tobytes()
    return [str(value) for value in one.values] == [str(value) for value in other.values]
