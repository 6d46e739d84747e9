"""Grid x replicates -> one Dataset: corpora drawn or read, counted, fitted, and laid beside what theory expects.

A `Sweep` says what is to be done; `run_sweep` does it, cell by cell. Where a cell is drawn, on which thread, worker
or day, has no influence on any number.

The module is not called ``sweep``: importing it would then put the module where `simulate.sweep`, the function, is.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import xarray as xr

from bounds.base.sources import Source, Windows
from bounds.counts.unique import expected_unique, local_exponent, missing_mass, variance_unique
from simulate.running.cost import warn_of_memory
from simulate.running.dataset import describe, stamp
from simulate.running.run import (
    Gathered,
    Progress,
    State,
    checked_target,
    corpora_at_once,
    made_of,
    run_cells,
    runner_on,
)
from simulate.studies.sweep.fits import add_fits
from simulate.studies.sweep.job import Job, prepare
from simulate.studies.sweep.plan import DEFAULT_REPLICATES, DEFAULT_SOURCES, Sweep
from simulate.text.source import CorpusSource

__all__ = ["DEFAULT_SOURCES", "Progress", "State", "Sweep", "run_sweep", "sweep"]


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
    plan = Sweep(sources, n_draws, replicates, seed, engine)  # type: ignore[arg-type]
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
    target = checked_target(out, resume=resume, overwrite=overwrite)
    job = plan if isinstance(plan, Job) else prepare(plan, device=device)
    at_once = at_work(job, threads, cluster)
    if not (resume and target and target.exists()):
        warn_of_memory(job, at_once)
    runner = runner_on(at_once, cluster)
    return run_cells(
        job, partial(_dataset, job), runner, target=target, resume=resume, overwrite=overwrite, progress=progress
    )


def _dataset(job: Job, gathered: Gathered) -> xr.Dataset:
    """Counts, fits and theory, with units and provenance."""
    dataset = theory(job)
    n_unique, spectrum = (gathered.found[name] for name in ("n_unique", "spectrum"))
    if job.drawers or job.corpora:
        for i, source in enumerate(job.plan.sources):
            if source in job.corpora:
                n_unique[i, :, 0], spectrum[i, 0] = job.corpora[source].count(job.grid)
        dims = ("source", "n_draws", "replicate")
        dataset = dataset.assign(
            n_unique=(dims, n_unique), spectrum=(("source", "replicate", "multiplicity"), spectrum)
        )
        dataset = dataset.assign_coords(replicate=np.arange(job.plan.replicates), multiplicity=job.edges)
        dataset = add_fits(dataset, job.corpora)
    else:
        local = [float(local_exponent(source, job.grid[-1])) for source in job.parsed if isinstance(source, Source)]
        dataset = dataset.assign(exponent_local=("source", local))
    dataset["engine"] = ("source", [job.choices[source].name for source in job.plan.sources])
    return stamp(describe(dataset), made_of(job, gathered))


def at_work(job: Job, threads: int | None, cluster: str | None = None) -> int:
    """As `simulate.running.run.corpora_at_once`; a GPU has one at a time."""
    at_once = corpora_at_once(threads, cluster)
    return min(at_once, 1) if job.device.name == "gpu" else at_once


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
