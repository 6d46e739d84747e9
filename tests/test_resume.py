"""A sweep that is killed goes on where it was; nothing is taken for done that is not whole."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import cast

import numpy as np
import pytest

import simulate
from bounds.base.quantities import parse_grid
from bounds.cli.shared import run as run_command
from simulate.cli.main import main
from simulate.drawing.device import choose_device
from simulate.drawing.stream import cell_of
from simulate.engines.tokens import Tokens
from simulate.running import cells as sweep_cells
from simulate.running.keeping.store import CellStore
from simulate.running.machine import machine_memory
from simulate.running.run import State
from simulate.running.showing.progress import clock, sentence
from simulate.studies.sweep.draw import CorpusDrawer
from simulate.studies.sweep.job import prepare
from simulate.studies.sweep.plan import Sweep
from tests.commands import run
from tests.running import job_done
from tests.sweep_runs import LONG, LONG_FLAGS, SMALL, SOURCES, StopHereError, cells_done, finish, same, start


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
    simulate.sweep(**SMALL, out=path)
    return path


@pytest.fixture(scope="module")
def long(tmp_path_factory) -> Path:
    """An uninterrupted sweep of some seconds."""
    path = tmp_path_factory.mktemp("long") / "long.zarr"
    simulate.sweep(**LONG, out=path)
    return path


def stopped(path: Path, after: int, **options) -> int:
    """Begin (or go on with) the sweep and stop after `after` cells of this run; how many cells there are."""
    cells = 0

    def stop(state: State) -> None:
        nonlocal cells
        cells = state.all_cells
        if state.cells - state.kept_cells == after:
            raise StopHereError

    with pytest.raises(StopHereError):
        simulate.sweep(**(SMALL | options), out=path, progress=stop)
    return cells


@pytest.fixture(scope="module")
def four_cells(tmp_path_factory) -> Path:
    """The store of a sweep that was stopped after four cells."""
    path = tmp_path_factory.mktemp("begun") / "x.zarr"
    stopped(path, 4, threads=1)
    return path.with_name("x.zarr.part")


@pytest.fixture
def begun(tmp_path, four_cells) -> Path:
    """Where the result of that sweep goes, its store beside it."""
    shutil.copytree(four_cells, tmp_path / "x.zarr.part")
    return tmp_path / "x.zarr"


# ---------------------------------------------------------------- killed


def test_killed_again_and_again_it_ends_as_if_nothing_had_been(tmp_path, long):
    """SIGKILL as soon as the store is there, after some cells, and while the result is written."""
    part, target = tmp_path / "x.zarr.part", tmp_path / "x.zarr"

    def begun() -> bool:
        return part.exists()

    def some(n: int):
        return lambda: cells_done(part) >= n

    def writing() -> bool:
        return any(path.name.startswith(".x.zarr.") and any(path.iterdir()) for path in tmp_path.iterdir())

    for moment in (begun, some(3), writing):
        process = start(*LONG_FLAGS, "--out=x.zarr", "--resume", "--threads=2", cwd=tmp_path)
        deadline = time.monotonic() + 60
        while not moment() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.005 if moment is not writing else 0.001)
        process.kill()
        process.communicate()
        assert not target.exists()
        assert part.exists()
    done = finish(*LONG_FLAGS, "--out=x.zarr", "--resume", "--progress", cwd=tmp_path)
    assert "from an earlier run" in done.stderr
    assert same(target, long)
    assert [path.name for path in tmp_path.iterdir()] == ["x.zarr"]


def test_stopped_after_any_cell_it_ends_the_same(tmp_path, whole):
    n_cells = stopped(tmp_path / "x.zarr", 0)
    assert n_cells == 15
    with pytest.raises(ValueError, match="holds an unfinished sweep; pass --resume to go on with it or --overwrite"):
        simulate.sweep(**SMALL, out=tmp_path / "x.zarr")
    for after in range(1, n_cells + 1, 3):
        path = tmp_path / f"{after}.zarr"
        stopped(path, after, threads=1)
        assert cells_done(path.with_name(f"{after}.zarr.part")) >= after
        resumed = simulate.sweep(**SMALL, out=path, resume=True, threads=3)
        assert same(resumed, whole)
    assert same(path, whole)


def test_an_interrupted_sweep_says_how_to_go_on(tmp_path, long):
    process = start(*LONG_FLAGS, "--threads=1", "--out=x.zarr", cwd=tmp_path)
    part = tmp_path / "x.zarr.part"
    while not (part.exists() and cells_done(part)) and process.poll() is None:
        time.sleep(0.001)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out == ""
    assert err.strip().startswith("error: interrupted; ")
    assert "cells are kept: run the same command with --resume to go on" in err
    simulate.sweep(**LONG, out=tmp_path / "x.zarr", resume=True)
    assert same(tmp_path / "x.zarr", long)


def test_results_of_every_format_are_the_same(tmp_path, whole):
    assert same(simulate.sweep(**SMALL, out=tmp_path / "x.nc"), whole)
    assert same(tmp_path / "x.nc", whole)
    assert [path.name for path in tmp_path.iterdir()] == ["x.nc"]


# ---------------------------------------------------------------- what is there already


def test_a_cell_without_its_flag_is_drawn_again(tmp_path, whole, monkeypatch):
    """Killed between the values and the flag: what was written is not looked at."""
    path = tmp_path / "x.zarr"
    stopped(path, 3, threads=1)
    job = prepare(Sweep(tuple(SOURCES), SMALL["n_draws"], SMALL["replicates"], SMALL["seed"]))
    store = CellStore.resume(path, job)
    cell, block = next(store.kept())
    store.keep(cell, {**block, "n_unique": block["n_unique"] + 1})
    store._arrays["done"][cell.source, cell.block] = 0
    assert cell not in dict(store.kept())
    assert same(simulate.sweep(**SMALL, out=path, resume=True), whole)


@pytest.mark.parametrize("harm", ["cut", "gone", "other"])
@pytest.mark.parametrize("array", ["n_unique", "spectrum"])
def test_a_damaged_cell_is_named_and_drawn_again(tmp_path, whole, begun, array, harm):
    chunks = sorted(p for p in (tmp_path / "x.zarr.part" / array / "c").rglob("*") if p.is_file())
    if harm == "cut":
        chunks[0].write_bytes(chunks[0].read_bytes()[:-7])
    elif harm == "gone":
        chunks[0].unlink()
    else:
        shutil.copy(chunks[1], chunks[0])
    with pytest.warns(UserWarning, match="1 cells of .*x.zarr.part are damaged, such as corpora 0 to"):
        resumed = simulate.sweep(**SMALL, out=begun, resume=True)
    assert same(resumed, whole)


@pytest.mark.parametrize("content", ["", "{}", '{"zarr_format": 3, "node_type": "group", "attri'])
@pytest.mark.parametrize("name", ["zarr.json", "done/zarr.json"])
def test_a_store_that_cannot_be_read_is_one_sentence(begun, name, content):
    part = begun.with_name("x.zarr.part")
    (part / name).write_text(content)
    with pytest.raises(ValueError, match=r"x\.zarr\.part cannot be read as an unfinished sweep") as caught:
        simulate.sweep(**SMALL, out=begun, resume=True)
    assert "\n" not in str(caught.value)
    assert "--overwrite" in str(caught.value)
    stopped(begun, 1, threads=1, overwrite=True)
    assert cells_done(part) == 1
    json.loads((part / name).read_text())


def test_a_damaged_result_is_one_sentence(tmp_path, whole):
    path = tmp_path / "x.zarr"
    shutil.copytree(whole, path)
    chunk = next(p for p in (path / "n_unique").iterdir() if not p.name.startswith("."))
    content = chunk.read_bytes()
    chunk.write_bytes(content[: len(content) // 2])
    with pytest.raises(ValueError, match=r"x\.zarr (cannot be read as a result|is damaged)"):
        simulate.open_result(path)
    chunk.unlink()
    with pytest.raises(ValueError, match=r"x\.zarr is damaged: its counts are not those that were written"):
        simulate.open_result(path)
    (path / ".zmetadata").write_text("{")
    with pytest.raises(ValueError, match=r"x\.zarr cannot be read as a result") as caught:
        simulate.open_result(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"seed": 6}, "seed was 5 and is now 6"),
        ({"replicates": 8}, "replicates was 5 and is now 8"),
        ({"sources": SOURCES[:2]}, f"sources was {', '.join(SOURCES)} and is now {', '.join(SOURCES[:2])}"),
        ({"sources": SOURCES[::-1]}, "sources was"),
        ({"n_draws": "100:1e5:6"}, r"n_draws was 100, …, 100000 \(5 of them\) and is now 100, …, 100000 \(6 of"),
        ({"engine": "types"}, "the engine of zipf:1.724 was tokens and is now types"),
    ],
)
def test_another_sweep_is_refused_begun_or_finished(whole, begun, change, what):
    for target in (begun, whole):
        with pytest.raises(ValueError, match=what) as caught:
            simulate.sweep(**(SMALL | change), out=target, resume=True)
        assert "pass --overwrite" in str(caught.value)
        assert "\n" not in str(caught.value)


def test_a_text_that_changed_is_refused(tmp_path):
    text = tmp_path / "a.txt"
    text.write_text("a b c d e f a b c " * 2000)
    options = {"sources": [f"corpus:{text}", "zipf:2"], "n_draws": [10, 100, 1000], "replicates": 2, "seed": 5}
    stopped(tmp_path / "x.zarr", 0, **options)
    text.write_text("a b c d e f a b z " * 2000)
    with pytest.raises(ValueError, match=r"the text of corpus:.*a\.txt.* has changed"):
        simulate.sweep(**options, out=tmp_path / "x.zarr", resume=True)


def test_what_exists_is_refused_kept_or_replaced_as_told(tmp_path, whole):
    path = tmp_path / "x.zarr"
    shutil.copytree(whole, path)
    with pytest.raises(ValueError, match="exists already"):
        simulate.sweep(**SMALL, out=path)
    before = (path / ".zmetadata").stat().st_mtime_ns
    assert same(simulate.sweep(**SMALL, out=path, resume=True), whole)
    assert (path / ".zmetadata").stat().st_mtime_ns == before
    stopped(path, 2, seed=6, overwrite=True)
    assert same(path, whole), "the old result is there until the new one is whole"
    with pytest.raises(ValueError, match=r"part holds another sweep: seed was 6 and is now 7"):
        simulate.sweep(**(SMALL | {"seed": 7}), out=path, resume=True)
    resumed = simulate.sweep(**(SMALL | {"seed": 6}), out=path, resume=True)
    assert json.loads(resumed.attrs["provenance"])["kept_cells"] == 2
    assert same(path, resumed)
    with pytest.raises(ValueError, match="seed was 6 and is now 5"):
        simulate.sweep(**SMALL, out=path, resume=True)
    simulate.sweep(**(SMALL | {"seed": 7}), out=path, overwrite=True)
    assert not same(path, resumed)
    assert [p.name for p in tmp_path.iterdir()] == ["x.zarr"]


def test_fit_of_an_unfinished_sweep_says_what_to_do(tmp_path):
    stopped(tmp_path / "x.zarr", 1)
    with pytest.raises(ValueError, match=r"does not exist, but .*x\.zarr\.part holds an unfinished sweep"):
        simulate.open_result(tmp_path / "x.zarr")


# ---------------------------------------------------------------- cells that fail


@pytest.fixture
def failing(monkeypatch):
    """The corpora with number 2 of every source fail."""
    draw = CorpusDrawer.draw

    def refuse(self, first, replicates):
        if first <= 2 < first + replicates and self.stream.cell == cell_of(SOURCES[0]):
            raise OSError("the disk of this worker is gone")
        return draw(self, first, replicates)

    with monkeypatch.context() as patch:
        patch.setattr(CorpusDrawer, "draw", refuse)
        yield patch


def test_cells_that_fail_leave_the_others(tmp_path, whole, failing):
    path = tmp_path / "x.zarr"
    found = simulate.sweep(**SMALL, out=path)
    failed = json.loads(found.attrs["provenance"])["failed"]
    assert [entry["source"] for entry in failed] == [SOURCES[0]]
    assert failed[0]["error"] == "the disk of this worker is gone"
    lost = (found.n_unique[0] == -1).all("n_draws").values
    assert 0 < lost.sum() == failed[0]["replicates"]
    full = simulate.open_result(whole)
    assert np.array_equal(found.n_unique[0].values[:, ~lost], full.n_unique[0].values[:, ~lost])
    assert np.array_equal(found.exponent[1:], full.exponent[1:])
    assert np.isnan(found.exponent[0].values[lost]).all()
    assert np.isfinite(found.exponent_pooled).all()
    assert np.isfinite(found.z[:2]).all()
    assert not path.exists()
    failing.undo()
    assert same(simulate.sweep(**SMALL, out=path, resume=True), whole)


def test_the_command_says_which_cells_failed(tmp_path, failing, capsys):
    def ends(*arguments: str) -> int:
        flags = [f"--source={SOURCES[0]}", "--n-draws=100:1e5:5", "--replicates=5", *arguments]
        failing.setattr(sys, "argv", ["simulate", "sweep", *flags])
        with pytest.raises(SystemExit) as ended:
            run_command(main, "simulate")
        return int(ended.value.code or 0)

    assert ends(f"--out={tmp_path / 'x.zarr'}") == 3
    out, err = capsys.readouterr()
    assert "zipf:1.724" in out
    assert "written:" not in out
    assert "error: 1 of the cells failed, such as corpora" in err
    assert "the others are kept: run the same command with --resume to go on" in err
    assert ends(f"--out={tmp_path / 'x.nc'}") == 3
    assert simulate.open_result(tmp_path / "x.nc").n_unique.min() == -1
    assert f"written: {tmp_path / 'x.nc'}" in capsys.readouterr().out


def test_where_every_cell_fails_the_error_is_said(monkeypatch):
    def refuse(self, first, replicates):
        raise MemoryError

    monkeypatch.setattr(CorpusDrawer, "draw", refuse)
    with pytest.raises(MemoryError):
        simulate.sweep(**SMALL)


# ---------------------------------------------------------------- foreseeing


def test_a_dry_run_draws_nothing(tmp_path):
    program = (
        "import sys, time\n"
        "from simulate.studies.sweep import draw\n"
        "from simulate.cli.main import main\n"
        "draw.CorpusDrawer.draw = lambda *_: sys.exit('drawn')\n"
        f"main({['sweep', '--n-draws=1e3:1e9:9', '--engine=tokens', '--dry-run', '--out=x.zarr', '--threads=2']!r},"
        " standalone_mode=False)\n"
        "assert not {'zarr', 'matplotlib', 'distributed'} & set(sys.modules)\n"
    )
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path, timeout=60)
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - began < 30
    assert list(tmp_path.iterdir()) == []
    for text in ("zipf:2.2727", "tokens", "cells", "draws", "GiB", "nothing was drawn"):
        assert text in done.stdout


def test_a_dry_run_for_programs(capsys):
    main(["sweep", "--dry-run", "--json", "--n-draws=1e3:1e18:9", "--replicates=100"], standalone_mode=False)
    found = json.loads(capsys.readouterr().out)
    assert next(iter(found)) == "schema_version"
    assert [row["engine"] for row in found["rows"]] == ["gauss"] * 5
    assert all(row["draws"] == 100 * 10**18 and row["cells"] >= 1 and row["seconds"] < 60 for row in found["rows"])


def test_more_memory_than_there_is_is_refused(monkeypatch):
    """A Pitman-Yor corpus takes four bytes a draw: 2e9 draws on 64 threads take 0.5 TB."""
    job = prepare(Sweep(("pitman-yor:0.5,concentration=1",), (1000, 2 * 10**9), 64, engine="tokens"))
    gib = 2**30
    monkeypatch.setattr("simulate.running.execution.machine_memory", lambda: (100 * gib, 50 * gib))
    with pytest.raises(
        ValueError, match=r"needs about .* GiB of memory, and this process may have 100.0 GiB; pass --thr"
    ):
        simulate.Execution(threads=64).check_memory(job, "sweep")
    assert "50.0 GiB of 100.0 GiB are free now" in simulate.Execution(threads=8).check_memory(job, "sweep")
    assert simulate.Execution(threads=2).check_memory(job, "sweep") is None
    with pytest.raises(ValueError, match=r"and this process may have 10.0 GiB"):
        simulate.Execution(threads=2, memory="10GiB").check_memory(job, "sweep")
    with pytest.raises(ValueError, match=r"needs about .* GiB of memory, and this process may have 1000 B; pass"):
        simulate.Execution(threads=2, memory=1000).check_memory(job, "sweep")
    with pytest.raises(ValueError, match="this process may have"):
        job_done("sweep", job, threads=64)


def test_the_memory_of_this_machine_is_known():
    total, free = machine_memory()
    assert 2**26 < free <= total <= os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def test_an_estimate_of_memory_holds():
    """The tables that a corpus allocates are no larger than foreseen, and not ten times smaller."""
    program = (
        "from simulate.studies.sweep.job import prepare\nfrom simulate.studies.sweep.plan import Sweep\n"
        "def peak():\n"
        "    lines = open('/proc/self/status').read().splitlines()\n"
        "    return next(1024 * int(line.split()[1]) for line in lines if line.startswith('VmHWM'))\n"
        "prepare(Sweep(('uniform:1e12',), (1000,), 1, engine='tokens')).drawers[0].draw(0, 1)\n"
        "open('/proc/self/clear_refs', 'w').write('5')\n"  # the peak starts anew from what is used now
        "before = peak()\n"
        "job = prepare(Sweep(('uniform:1e12',), (3_000_000,), 1, engine='tokens'))\n"
        "job.drawers[0].draw(0, 1)\n"
        "print(peak() - before, job.costs[0][1])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=120)
    used, foreseen = map(int, done.stdout.split())
    assert foreseen / 10 < used < 1.2 * foreseen


def test_progress_to_a_file_is_lines():
    done = run("sweep", "--source=zipf:2", "--n-draws=10,100", "--progress", "--json")
    json.loads(done.stdout)
    lines = done.stderr.splitlines()
    assert len(lines) >= 2
    assert lines[0].startswith("0 of ")
    assert "draws/s, 0:00:00 left" in lines[-1]
    n, total = lines[-1].split()[0], lines[-1].split()[2]
    assert n == total


def test_sentences_of_progress():
    state = State(cells=6, all_cells=10, draws=600, all_draws=1000, kept_cells=2, kept_draws=200)
    assert sentence(state, 8.0) == "6 of 10 cells (2 from an earlier run), 600 of 1000 draws, 50 draws/s, 0:00:08 left"
    assert sentence(state._replace(draws=200), 8.0).endswith("200 of 1000 draws")
    assert clock(2 * 86400 + 3723) == "2 d 1:02:03"


# ---------------------------------------------------------------- engines and devices


def test_each_engine_runs_in_a_sweep_and_is_named():
    options = {"sources": SOURCES, "n_draws": "100:1e5:9", "replicates": 6}
    for engine in ("tokens", "types", "gauss"):
        found = simulate.sweep(**options, engine=engine)
        assert list(found.engine.values) == [engine] * 3
        assert np.all(np.abs(found.z.values[:2]) < 5)
        assert np.isfinite(found.exponent_pooled).all()
        assert (found.spectrum.values.sum() > 0) == (engine != "gauss")
    large = simulate.sweep(sources=SOURCES[:2], n_draws="1e6:1e18:9", replicates=20)
    assert list(large.engine.values) == ["gauss", "gauss"]
    assert np.allclose(large.exponent_pooled, 0.58, atol=0.03)


def test_blocks_of_replicates_change_nothing():
    for engine in ("tokens", "types", "gauss"):
        job = prepare(Sweep(tuple(SOURCES), parse_grid("100:1e5:9"), 6, engine=engine))
        for drawer in job.drawers.values():
            together = drawer.draw(0, 6)
            for r in range(6):
                alone = drawer.draw(r, 1)
                assert np.array_equal(alone["n_unique"][:, 0], together["n_unique"][:, r])
                assert np.array_equal(alone["spectrum"][0], together["spectrum"][r])


def test_devices(monkeypatch):
    def refuse(name):
        raise ValueError("no CUDA device")

    monkeypatch.setattr("simulate.drawing.device.get_backend", refuse)
    assert choose_device("cpu").name == "cpu"
    assert choose_device("auto") == ("cpu", "no GPU can be used here: no CUDA device")
    with pytest.raises(ValueError, match="device gpu cannot be used here: no CUDA device"):
        simulate.sweep(**SMALL, device="gpu")
    with pytest.raises(ValueError, match="device must be one of"):
        choose_device("tpu")
    monkeypatch.setattr("simulate.drawing.device.get_backend", lambda name: None)
    assert choose_device("auto").name == "gpu"
    with pytest.raises(ValueError, match="engine gauss runs on the processor alone"):
        simulate.sweep(sources=["zipf:2"], device="gpu", engine="gauss")
    with pytest.raises(ValueError, match="drawn token after token, which no GPU can share out"):
        simulate.sweep(**SMALL, device="gpu")
    found = prepare(Sweep(tuple(SOURCES), parse_grid("1e3:1e6:5")), device="auto").drawers
    assert [cast("Tokens", drawer.engine).device for drawer in found.values()] == ["gpu", "cpu", "gpu"]
    assert prepare(Sweep(("zipf:2",), parse_grid("1e3:1e6:5")), device="gpu").choices["zipf:2"].name == "tokens"
    assert prepare(Sweep(("zipf:2",), parse_grid("1e6:1e18:5")), device="auto").choices["zipf:2"].name == "gauss"
