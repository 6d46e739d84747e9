"""Grid x replicates -> one Dataset: corpora drawn or read, counted, fitted, and laid beside what theory expects.

A `Sweep` says what is to be done; `run_sweep` does it, cell by cell. Where a cell is drawn, on which thread, worker
or day, has no influence on any number.

The module is not called ``sweep``: importing it would then put the module where `simulate.sweep`, the function, is.
"""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from bounds.quantities import parse_count
from bounds.sources import Source, Windows
from bounds.unique import expected_unique, local_exponent, missing_mass, variance_unique
from simulate.cluster import check_cluster, on_cluster
from simulate.corpus.source import CorpusSource
from simulate.dataset import NOT_MEASURED, describe, open_result, save_result, stamp
from simulate.files import RESULTS, check_target, part_of
from simulate.fits import add_fits
from simulate.forecast import check_memory
from simulate.job import Job, difference, prepare
from simulate.plan import DEFAULT_REPLICATES, DEFAULT_SOURCES, Sweep
from simulate.sweep_cells import Cell, Drawn, Runner, on_threads

__all__ = ["DEFAULT_SOURCES", "Progress", "State", "Sweep", "run_sweep", "sweep"]


class State(NamedTuple):
    """How far a sweep is: cells and draws that are done, of how many, and how many of them an earlier run left."""

    cells: int
    all_cells: int
    draws: int
    all_draws: int
    kept_cells: int
    kept_draws: int


Progress = Callable[[State], None]
"""Called once before the first cell is drawn, and after each."""


def sweep(
    *,
    sources: Sequence[str | Source] = DEFAULT_SOURCES,
    n_draws: Sequence[float] | str = (),
    replicates: int = DEFAULT_REPLICATES,
    seed: int = 0,
    engine: str = "auto",
    device: str = "cpu",
    threads: int | None = None,
    cluster: str | None = None,
    out: str | Path | None = None,
    resume: bool = False,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> xr.Dataset:
    """Draw `replicates` corpora from each of `sources`, count distinct sequences at each of `n_draws`, and fit.

    `n_draws` is a list of corpus sizes or a grid such as ``"1e3:1e9:25"`` (the default is ``"1e3:1e6:25"``).
    Returns a Dataset with dimensions source, n_draws, replicate and multiplicity; counts are int64, in sequences;
    each variable has ``units`` and ``long_name``. The same seed gives the same numbers on any number of `threads`
    and workers. The other arguments are those of `run_sweep`.

    Raises ValueError with one sentence where an argument is not understood or a source cannot be drawn.
    """
    named = (sources,) if isinstance(sources, str) else tuple(map(str, sources))
    grid = n_draws if isinstance(n_draws, str) else np.atleast_1d(np.asarray(n_draws)).tolist()
    plan = Sweep(named, grid, replicates, seed, engine)  # type: ignore[arg-type]
    return run_sweep(
        plan, device=device, threads=threads, cluster=cluster, out=out, resume=resume, overwrite=overwrite,
        progress=progress,
    )  # fmt: skip


def run_sweep(
    plan: Sweep | Job,
    *,
    device: str = "cpu",
    threads: int | None = None,
    cluster: str | None = None,
    out: str | Path | None = None,
    resume: bool = False,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> xr.Dataset:
    """Do what `plan` says, on threads or on a Dask `cluster` (local, local:N or tcp://host:port).

    The result is written to `out` where that is given. If it ends in .zarr, each cell is kept in ``out.part`` as soon
    as it is drawn, and `resume` goes on with what a killed sweep has left there. A cell that fails leaves its
    replicates at -1 and is named in the provenance under ``failed``; an `out` that ends in .zarr then stays
    unfinished, to be resumed.

    Raises ValueError with one sentence where the plan cannot be done as asked, and the error itself where no cell
    could be drawn.
    """
    target = None if out is None else check_target(out, overwrite=overwrite, resume=resume, formats=RESULTS)
    if target is None and resume:
        raise ValueError("resume needs out, the .zarr that was begun")
    job = plan if isinstance(plan, Job) else prepare(plan, device=device)
    if resume and target and target.exists():
        return _finished(target, job)
    if note := check_memory(job, corpora_at_once(job, threads, cluster)):
        warnings.warn(note, stacklevel=2)
    if not target or target.suffix != ".zarr" or not job.drawers:
        dataset = _dataset(job, _draw(job, _runner(job, threads, cluster), None, progress))
        if target:
            save_result(dataset, target, overwrite=overwrite)
        return dataset
    with _store(target, job, resume) as store:
        drawn = _draw(job, _runner(job, threads, cluster), store, progress)
        dataset = _dataset(job, drawn)
        if not drawn.failed:
            save_result(dataset, target, overwrite=overwrite, replicates_per_cell=store.size)
            store.remove()
        return dataset


class _Counts(NamedTuple):
    """Counts (source, n_draws, replicate), spectra (source, replicate, bin), failures and cells of an earlier run."""

    n_unique: np.ndarray
    spectrum: np.ndarray
    failed: dict[Cell, Exception]
    n_kept: int


def _draw(job: Job, runner: Runner, store: Any, progress: Progress | None) -> _Counts:
    """All cells: those that `store` has, and the others drawn and kept there."""
    shape = (len(job.parsed), len(job.grid), job.plan.replicates)
    found = _Counts(np.full(shape, NOT_MEASURED), np.zeros((shape[0], shape[2], len(job.edges)), np.int64), {}, 0)
    cells = job.cells if store is None else store.cells
    kept, damaged = ([], []) if store is None else store.kept()
    if damaged:
        cell = damaged[0]
        warnings.warn(
            f"{len(damaged)} cells of {store.path} are damaged, such as corpora {cell.first} to "
            f"{cell.first + cell.replicates - 1} of {job.plan.sources[cell.source]}; they are drawn again",
            stacklevel=3,
        )
    for cell, block in kept:
        _place(found, cell, block)
    done = {cell for cell, _ in kept}
    left = [cell for cell in cells if cell not in done]
    n_draws = sum(cell.replicates for cell, _ in kept) * job.grid[-1]
    total = sum(cell.replicates for cell in cells) * job.grid[-1]
    state = State(len(kept), len(cells), n_draws, total, len(kept), n_draws)
    for cell, block in _reported(runner(job.drawers, left) if left else iter(()), state, job, progress):
        if isinstance(block, Exception):
            found.failed[cell] = block
            continue
        _place(found, cell, block)
        if store is not None:
            store.keep(cell, block)
    if cells and len(found.failed) == len(cells):
        raise next(iter(found.failed.values()))
    return found._replace(n_kept=len(kept))


def _reported(drawn: Iterator[Drawn], state: State, job: Job, progress: Progress | None) -> Iterator[Drawn]:
    """`drawn`, telling `progress` of each cell once it has been dealt with."""
    if progress:
        progress(state)
    for cell, block in drawn:
        yield cell, block
        draws = state.draws + cell.replicates * job.grid[-1]
        state = state._replace(cells=state.cells + 1, draws=draws)
        if progress:
            progress(state)


def _place(found: _Counts, cell: Cell, block: Any) -> None:
    replicates = slice(cell.first, cell.first + cell.replicates)
    found.n_unique[cell.source, :, replicates] = block["n_unique"]
    found.spectrum[cell.source, replicates] = block["spectrum"]


def _dataset(job: Job, counts: _Counts) -> xr.Dataset:
    """Counts, fits and theory, with units and provenance."""
    dataset = theory(job)
    if job.drawers or job.corpora:
        for i, source in enumerate(job.plan.sources):
            if source in job.corpora:
                counts.n_unique[i, :, 0], counts.spectrum[i, 0] = job.corpora[source].count(job.grid)
        dims = ("source", "n_draws", "replicate")
        dataset = dataset.assign(
            n_unique=(dims, counts.n_unique), spectrum=(("source", "replicate", "multiplicity"), counts.spectrum)
        )
        dataset = dataset.assign_coords(replicate=np.arange(job.plan.replicates), multiplicity=job.edges)
        dataset = add_fits(dataset, job.corpora)
    else:
        local = [float(local_exponent(source, job.grid[-1])) for source in job.parsed if isinstance(source, Source)]
        dataset = dataset.assign(exponent_local=("source", local))
    dataset["engine"] = ("source", [job.choices[source].name for source in job.plan.sources])
    made = json.loads(job.made)
    if counts.failed:
        made["failed"] = [
            {"source": job.plan.sources[c.source], "first": c.first, "replicates": c.replicates, "error": _words(error)}
            for c, error in sorted(counts.failed.items())
        ]
    if counts.n_kept:
        made["kept_cells"] = counts.n_kept
    return stamp(describe(dataset), json.dumps(made))


def _words(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _finished(target: Path, job: Job) -> xr.Dataset:
    """The result that stands at `target` already, if it is that of `job`."""
    dataset = open_result(target)
    differs = difference(json.loads(dataset.attrs["provenance"]), json.loads(job.made))
    if differs:
        raise ValueError(
            f"{target} holds another sweep: {differs}; pass --overwrite to replace it, or choose another --out"
        )
    return dataset


@contextmanager
def _store(target: Path, job: Job, resume: bool) -> Iterator[Any]:
    """The cells beside `target`: those of an earlier run to `resume`, or none."""
    from simulate.store import CellStore  # loads zarr

    opened = CellStore.resume if resume and part_of(target).exists() else CellStore.begin
    store = opened(target, job)
    try:
        yield store
    finally:
        store.close()


def corpora_at_once(job: Job, threads: int | None, cluster: str | None = None) -> int:
    """Corpora that this machine has at work at any one time: none where a scheduler elsewhere decides."""
    if threads is not None:
        threads = parse_count(threads, name="threads", high=4096)
    if cluster is not None:
        address, threads = check_cluster(cluster)
        if address != "local":
            return 0
    return 1 if job.device.name == "gpu" else threads or os.cpu_count() or 1


def _runner(job: Job, threads: int | None, cluster: str | None) -> Runner:
    if cluster is None:
        return on_threads(corpora_at_once(job, threads))
    return on_cluster(cluster)


def theory(job: Job) -> xr.Dataset:
    """Expectation, standard deviation and missing mass of each source at each size; NaN where they are not known."""
    n_draws = np.array(job.grid, np.int64)
    columns, planted = [], []
    for source in job.parsed:
        if isinstance(source, CorpusSource):
            columns.append(np.full((3, len(n_draws)), np.nan))
            planted.append(np.nan)
            continue
        columns.append(_moments(source, n_draws, job.choices[str(source)].name))
        planted.append(source.limit_exponent or np.nan)
    expected, deviations, mass = np.stack(columns, axis=1)
    dims = ("source", "n_draws")
    return xr.Dataset(
        {
            "n_unique_expected": (dims, expected),
            "n_unique_sd": (dims, deviations),
            "missing_mass": (dims, mass),
            "exponent_planted": ("source", np.array(planted)),
        },
        coords={"source": list(job.plan.sources), "n_draws": n_draws},
    )


def _moments(source: Source, n_draws: np.ndarray, engine: str) -> np.ndarray:
    """E U, its standard deviation and E M0, a row each.

    The variance of windows is not known. Words too many to list leave the rest unknown too, which a sweep that draws
    can do without, and its table says so.
    """
    unknown = np.full(len(n_draws), np.nan)
    if not isinstance(source, Windows):
        deviation = np.sqrt(variance_unique(source, n_draws))
        return np.array([expected_unique(source, n_draws), deviation, missing_mass(source, n_draws)])
    try:
        return np.array([expected_unique(source, n_draws), unknown, missing_mass(source, n_draws)])
    except ValueError:
        if engine == "analytic":
            raise
        return np.array([unknown, unknown, unknown])
