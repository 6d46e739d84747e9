"""What every study shares: its cells drawn, or found where a killed run left them, and one result made.

A study makes a job of a plan, and says how a Dataset is made of what the cells hold (`simulate.running.study`). If the
result ends in .zarr, each cell is kept beside it as soon as it is drawn. A cell that fails leaves a gap and is named in
the provenance of the result; the others are kept.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import xarray as xr

from bounds.base.telling.steps import step
from simulate.running.cells import Cell, Drawn
from simulate.running.dataset import made_by, open_result, save_result
from simulate.running.execution import Execution
from simulate.running.gathered import Gathered
from simulate.running.job import Job
from simulate.running.keeping.files import RESULTS, claimed, noun_of, part_of
from simulate.running.keeping.leftovers import discard_store, is_store, provenance_of
from simulate.running.same_run import other_work
from simulate.running.showing.laws import keep_laws
from simulate.running.study import Study
from simulate.running.whole import WholeJob

__all__ = ["Progress", "State", "run", "run_job"]


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

    def tell(self) -> None:
        """Tell whoever listens."""
        if self.all_cells:
            step("drawing", self.draws, self.all_draws, "draws")


Progress = Callable[[State], None]
"""Called once before the first cell is drawn, and after each."""


def run(study: Study, plan: Any, execution: Execution | None = None) -> xr.Dataset:
    """Do what `plan` asks of `study`; `execution` says how (on all cores if None), and changes no number.

    The result is written to ``execution.out`` where that is given, which is locked until it is. A cell that fails
    leaves a gap, and is named in the provenance under ``failed``; an ``out`` that ends in .zarr then stays unfinished,
    to be resumed. Raises ValueError with one sentence where the plan cannot be done as asked, and the error itself
    where no cell could be drawn.
    """
    how = execution or Execution()
    with _held(how):
        return run_job(study, study.prepare(plan, how), how)


def run_job(study: Study, job: Job, execution: Execution) -> xr.Dataset:
    """Draw the cells of `job`, which ``study.prepare`` has made of a plan, and make, write and return the result."""
    if execution.cluster is not None and isinstance(job, WholeJob) and not job.on_workers:
        raise ValueError(
            f"a {noun_of(study.name)} is done by one process, got cluster {execution.cluster}; leave out cluster"
        )
    with _held(execution) as target:
        if not (execution.resume and target and target.exists()):
            execution.warn_of_memory(job, noun_of(study.name))
        if target is None:
            return keep_laws(study.assemble(job, _gather(job, execution, None)), execution.laws)
        return _written(study, job, execution, target)


@contextmanager
def _held(execution: Execution) -> Iterator[Path | None]:
    """Where the result is to be written, locked and checked; None where it is not."""
    if execution.target is None:
        yield None
        return
    how = {"overwrite": execution.overwrite, "resume": execution.resume}
    with claimed(execution.target, **how, formats=RESULTS) as target:
        yield target


def _written(study: Study, job: Job, execution: Execution, target: Path) -> xr.Dataset:
    """The result, written to `target`, or found there."""
    overwrite = execution.overwrite
    if execution.resume and target.exists():
        dataset = _finished(target, job)
        if dataset is not None:
            return dataset
        overwrite = True  # said by the run that was killed: its cells stand beside what they are to replace
    if target.suffix == ".zarr" and job.drawers:
        return _kept_and_written(study, job, execution, target, overwrite)
    dataset = keep_laws(study.assemble(job, _gather(job, execution, None)), execution.laws)
    save_result(study.table(dataset) if target.suffix == ".csv" else dataset, target, overwrite=overwrite)
    if overwrite and is_store(part_of(target)):
        discard_store(part_of(target))  # begun by a run that this one replaces
    return dataset


def _kept_and_written(study: Study, job: Job, execution: Execution, target: Path, overwrite: bool) -> xr.Dataset:
    """The result, each of its cells kept beside `target` until all are there and it is written."""
    from simulate.running.keeping.store import CellStore  # loads zarr

    store = (CellStore.resume if execution.resume and part_of(target).exists() else CellStore.begin)(target, job)
    gathered = _gather(job, execution, store)
    dataset = keep_laws(study.assemble(job, gathered), execution.laws)
    if not gathered.failed:
        save_result(dataset, target, overwrite=overwrite, replicates_per_cell=store.size)
        store.remove()
    return dataset


def _finished(target: Path, job: Job) -> xr.Dataset | None:
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
    other = _other_work(job, made_by(dataset))
    if not other:
        _remove_same_work(part_of(target), job)  # by a run that was killed once the result was there
        return dataset
    if not has_cells:
        raise ValueError(f"{target} holds {other}; pass --overwrite to replace it, or choose another --out")
    return None


def _other_work(job: Job, begun: dict[str, Any]) -> str | None:
    """As `other_work`, of a provenance that anything may stand in."""
    try:
        return other_work(job, begun)
    except (KeyError, TypeError, AttributeError):
        return "what no run of this version writes"


def _remove_same_work(part: Path, job: Job) -> None:
    """Delete the cells at `part` where they are those of `job`."""
    made = provenance_of(part) if is_store(part) else {}
    if made and not _other_work(job, made):
        discard_store(part)


def _gather(job: Job, execution: Execution, store: Any) -> Gathered:
    """All cells: those that `store` has, and the others drawn and kept there."""
    gathered = Gathered(job.layout, job.replicates)
    cells = job.cells_of(job.size) if store is None else store.cells
    done = set() if store is None else _take_kept(store, job, gathered)
    gathered.n_kept = len(done)
    left = [cell for cell in cells if cell not in done]
    n_draws = sum(cell.replicates for cell in done) * job.n_draws
    total = sum(cell.replicates for cell in cells) * job.n_draws
    state = State(len(done), len(cells), n_draws, total, len(done), n_draws)
    runner = execution.runner(job.device.name)
    with closing(runner(job.drawers, left) if left else _nothing()) as drawn:  # closed at once: workers end with a run
        for cell, block in _reported(drawn, state, job.n_draws, execution.progress):
            if isinstance(block, Exception):
                gathered.failed[cell] = block
                continue
            gathered.take(cell, block)
            if store is not None:
                store.keep(cell, block)
    if cells and len(gathered.failed) == len(cells):
        raise next(iter(gathered.failed.values()))
    return gathered


def _take_kept(store: Any, job: Job, gathered: Gathered) -> set[Cell]:
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
    if progress is None:
        progress = State.tell
    progress(state)
    for cell, block in drawn:
        yield cell, block
        draws = state.draws + cell.replicates * n_draws
        failed = state.failed_cells + isinstance(block, Exception)
        state = state._replace(cells=state.cells + 1, draws=draws, failed_cells=failed)
        progress(state)


def _nothing() -> Generator[Drawn, None, None]:
    yield from ()
