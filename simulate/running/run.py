"""What every command that draws shares: its cells drawn, or found where a killed run left them, and one result made.

A command has a job (`simulate.running.cells.Kept`), and says how a Dataset is made of what the cells hold. If the
result ends in .zarr, each cell is kept beside it as soon as it is drawn. A cell that fails leaves a gap and is named in
the provenance of the result; the others are kept.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from bounds.cli.json_text import json_text
from simulate.running.cells import Block, Cell, Drawn, Kept, Runner, on_threads, other_work, place_of
from simulate.running.dask import check_cluster, on_cluster
from simulate.running.dataset import open_result, save_result
from simulate.running.keeping.files import RESULTS, claimed, part_of
from simulate.running.keeping.leftovers import discard_store, is_store, provenance_of
from simulate.running.machine import usable_cores
from simulate.running.parameters import OUT, OVERWRITE, RESUME, THREADS, check_progress

__all__ = ["Gathered", "Progress", "State", "checked_target", "corpora_at_once", "made_of", "run_cells", "runner_on"]


class State(NamedTuple):
    """How far a run is: cells and draws that are dealt with, of how many, and how many of them an earlier run left.

    `failed_cells` of those that are dealt with have failed.
    """

    cells: int
    all_cells: int
    draws: int
    all_draws: int
    kept_cells: int
    kept_draws: int
    failed_cells: int = 0


Progress = Callable[[State], None]
"""Called once before the first cell is drawn, and after each."""


class Gathered:
    """What all cells hold, by name, as the layout of a job says; a gap has the fill of its variable.

    Variables of the dimension ``sum`` are added up over the cells, and of those of ``shown`` that of the first cell is
    taken: both have that dimension no more.
    """

    def __init__(self, job: Kept) -> None:
        self._layout = job.layout
        self.found: dict[str, np.ndarray] = {}
        for name, one in job.layout.items():
            shape = [n for dim, n in zip(one.dims, one.shape, strict=True) if dim not in ("sum", "shown")]
            self.found[name] = np.full(shape, 0 if "sum" in one.dims else one.fill, one.dtype)
        self.failed: dict[Cell, Exception] = {}
        self.n_kept = 0
        self._shown: Cell | None = None
        self._replicates = job.replicates

    def take(self, cell: Cell, block: Block) -> None:
        """Put what `cell` holds in its place."""
        first = self._shown is None or cell < self._shown
        for name, one in self._layout.items():
            if "sum" in one.dims:
                self.found[name] += block[name]
            elif "shown" not in one.dims:
                self.found[name][place_of(one, cell)] = block[name]
            elif first:
                self.found[name] = np.asarray(block[name])
        self._shown = cell if first else self._shown

    def without_gaps(self) -> dict[str, np.ndarray]:
        """What the cells hold, of the replicates alone that were `drawn`."""
        if not self.failed:
            return self.found
        axes = {name: one.dims.index("replicate") for name, one in self._layout.items() if "replicate" in one.dims}
        return self.found | {name: np.take(self.found[name], self.drawn, axis) for name, axis in axes.items()}

    @property
    def drawn(self) -> np.ndarray:
        """The replicates of which no cell failed."""
        lost = [range(cell.first, cell.first + cell.replicates) for cell in self.failed]
        return np.setdiff1d(np.arange(self._replicates), [number for part in lost for number in part])


def checked_target(out: str | Path | None, *, resume: bool, overwrite: bool) -> Path | None:
    """Where the result is to be written, if it can be and no other run writes there; ValueError otherwise."""
    resume, overwrite = RESUME(resume), OVERWRITE(overwrite)
    if out is None and resume:
        raise ValueError("resume needs out, the .zarr that was begun")
    if out is None:
        return None
    with claimed(OUT(out), overwrite=overwrite, resume=resume, formats=RESULTS) as target:
        return target


def corpora_at_once(threads: int | None, cluster: str | None = None) -> int:
    """Corpora that this machine has at work at any one time: none where a scheduler elsewhere decides."""
    if threads is not None:
        threads = THREADS(threads)
    if cluster is not None:
        address, threads = check_cluster(cluster)
        if address != "local":
            return 0
    return threads or usable_cores()


def runner_on(threads: int | None, cluster: str | None) -> Runner:
    """Who draws: so many threads of this process (all cores if None), or the workers of a Dask `cluster`."""
    if cluster is None and threads is not None:
        threads = THREADS(threads)
    return on_threads(threads) if cluster is None else on_cluster(cluster)


def run_cells(
    job: Kept,
    finish: Callable[[Gathered], xr.Dataset],
    runner: Runner,
    *,
    target: Path | None = None,
    resume: bool = False,
    overwrite: bool = False,
    progress: Progress | None = None,
    table: Callable[[xr.Dataset], xr.Dataset] | None = None,
) -> xr.Dataset:
    """The result that `finish` makes of the cells of `job`, written to `target` where that is given.

    `target` is locked before it is looked at, and until the result is written. `table` is what a .csv holds of it. With
    cells that failed a `target` that ends in .zarr stays unfinished, to be resumed. Raises ValueError with one sentence
    where `target` holds another result or another run writes there, and the error of the first cell where none could be
    drawn.
    """
    check_progress(progress)
    if target is None:
        return finish(_gather(job, runner, None, progress))
    with claimed(target, overwrite=overwrite, resume=resume, formats=RESULTS):
        if resume and target.exists():
            dataset = _finished(target, job)
            if dataset is not None:
                return dataset
            overwrite = True  # said by the run that was killed: its cells stand beside what they are to replace
        if target.suffix != ".zarr" or not job.drawers:
            dataset = finish(_gather(job, runner, None, progress))
            written = table(dataset) if table and target.suffix == ".csv" else dataset
            save_result(written, target, overwrite=overwrite)
            if overwrite and is_store(part_of(target)):
                discard_store(part_of(target))  # begun by a run that this one replaces
            return dataset
        return _kept_and_written(job, finish, runner, target, resume, overwrite, progress)


def _kept_and_written(
    job: Kept, finish: Callable[[Gathered], xr.Dataset], runner: Runner, target: Path, resume: bool, overwrite: bool,
    progress: Progress | None,
) -> xr.Dataset:  # fmt: skip
    """The result, each of its cells kept beside `target` until all are there and it is written."""
    from simulate.running.keeping.store import CellStore  # loads zarr

    store = (CellStore.resume if resume and part_of(target).exists() else CellStore.begin)(target, job)
    gathered = _gather(job, runner, store, progress)
    dataset = finish(gathered)
    if not gathered.failed:
        save_result(dataset, target, overwrite=overwrite, replicates_per_cell=store.size)
        store.remove()
    return dataset


def _finished(target: Path, job: Kept) -> xr.Dataset | None:
    """The result at `target` if it is that of `job`; None where there are cells beside it to go on with.

    Raises ValueError with one sentence where it is another or damaged, and there are none.
    """
    has_cells = part_of(target).exists()
    try:
        dataset = open_result(target)
    except ValueError as error:
        if not has_cells:
            raise
        warnings.warn(f"{error}; its cells are still there", stacklevel=5)
        return None
    other = _other_work(job, json.loads(dataset.attrs["provenance"]))
    if not other:
        _remove_same_work(part_of(target), job)  # by a run that was killed once the result was there
        return dataset
    if not has_cells:
        raise ValueError(f"{target} holds {other}; pass --overwrite to replace it, or choose another --out")
    return None


def _other_work(job: Kept, begun: dict[str, Any]) -> str | None:
    """As `other_work`, of a provenance that anything may stand in."""
    try:
        return other_work(job, begun)
    except (KeyError, TypeError, AttributeError):
        return "what no run of this version writes"


def _remove_same_work(part: Path, job: Kept) -> None:
    """Delete the cells at `part` where they are those of `job`."""
    made = provenance_of(part) if is_store(part) else {}
    if made and not _other_work(job, made):
        discard_store(part)


def made_of(job: Kept, gathered: Gathered) -> str:
    """The provenance of a result, as a JSON string, with the cells that failed and how many an earlier run left."""
    made = json.loads(job.made)
    if gathered.failed:
        made["failed"] = [
            job.names[c.source] | {"first": c.first, "replicates": c.replicates, "error": _words(error)}
            for c, error in sorted(gathered.failed.items())
        ]
    if gathered.n_kept:
        made["kept_cells"] = gathered.n_kept
    return json_text(made)


def _words(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _gather(job: Kept, runner: Runner, store: Any, progress: Progress | None) -> Gathered:
    """All cells: those that `store` has, and the others drawn and kept there."""
    gathered = Gathered(job)
    cells = job.cells_of(job.size) if store is None else store.cells
    done = set() if store is None else _take_kept(store, job, gathered)
    gathered.n_kept = len(done)
    left = [cell for cell in cells if cell not in done]
    n_draws = sum(cell.replicates for cell in done) * job.n_draws
    total = sum(cell.replicates for cell in cells) * job.n_draws
    state = State(len(done), len(cells), n_draws, total, len(done), n_draws)
    with closing(runner(job.drawers, left) if left else _nothing()) as drawn:  # closed at once: workers end with a run
        for cell, block in _reported(drawn, state, job.n_draws, progress):
            if isinstance(block, Exception):
                gathered.failed[cell] = block
                continue
            gathered.take(cell, block)
            if store is not None:
                store.keep(cell, block)
    if cells and len(gathered.failed) == len(cells):
        raise next(iter(gathered.failed.values()))
    return gathered


def _take_kept(store: Any, job: Kept, gathered: Gathered) -> set[Cell]:
    """The cells that `store` has, taken; says which of them are damaged."""
    done, damaged = set(), []
    for cell, block in store.kept():
        if block is None:
            damaged.append(cell)
        else:
            gathered.take(cell, block)
            done.add(cell)
    if damaged:
        cell = damaged[0]
        warnings.warn(
            f"{len(damaged)} cells of {store.path} are damaged, such as corpora {cell.first} to "
            f"{cell.first + cell.replicates - 1} of {job.names[cell.source]['source']}; they are drawn again",
            stacklevel=5,
        )
    return done


def _reported(drawn: Iterator[Drawn], state: State, n_draws: int, progress: Progress | None) -> Iterator[Drawn]:
    """`drawn`, telling `progress` of each cell once it has been dealt with."""
    if progress:
        progress(state)
    for cell, block in drawn:
        yield cell, block
        draws = state.draws + cell.replicates * n_draws
        failed = state.failed_cells + isinstance(block, Exception)
        state = state._replace(cells=state.cells + 1, draws=draws, failed_cells=failed)
        if progress:
            progress(state)


def _nothing() -> Generator[Drawn, None, None]:
    yield from ()
