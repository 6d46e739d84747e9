"""Train a suite and put what was measured beside what theory expects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from bounds.base.quantities import parse_count
from simulate.running.keeping.files import part_of
from simulate.running.run import Progress, checked_target, corpora_at_once, run_cells, runner_on
from simulate.studies.suite.cost import warn_of_memory
from simulate.studies.suite.dataset import course_of, to_dataset
from simulate.studies.suite.job import Job
from simulate.studies.suite.plan import PYTHIA_STEPS, Suite
from simulate.studies.suite.prepare import open_suite_order, prepare, suite_device


def run_suite(
    plan: Suite | Job | str = "zipf:1.5",
    *,
    device: str = "cpu",
    threads: int | None = None,
    cluster: str | None = None,
    out: str | Path | None = None,
    resume: bool = False,
    overwrite: bool = False,
    progress: Progress | None = None,
    **options: Any,
) -> xr.Dataset:
    """Train stores of many sizes on one corpus in one order, and look at them at every checkpoint.

    `plan` is a `simulate.studies.suite.plan.Suite`, or a source with the fields of a Suite as `options`: ``n_params``,
    ``checkpoints``, ``batch``, ``replicates``, ``seed``, and so on. Returns a Dataset with dimensions replicate,
    step, n_params, tracked_rank, term_count, after_percent, trajectory, exposure and window; each variable has
    ``units`` and ``long_name``, each theoretical one a ``label``. Losses are in nats per sequence. Neither `device`
    (cpu, gpu or auto: where sequences are drawn), nor `threads`, nor a Dask `cluster` (local, local:N or
    tcp://host:port) change a number.

    The result is written to `out`. If that ends in .zarr, corpora are kept in ``out.part`` as they are done (without a
    cluster also half-way, now and then), and `resume` goes on with what a killed suite has left there. Corpora that
    fail are left out of the result and named in the provenance under ``failed``.

    Raises ValueError with one sentence where the suite cannot be trained as asked.
    """
    if not isinstance(plan, Suite | Job):
        plan = Suite(plan, **options)
    elif options:
        raise ValueError(f"{next(iter(options))} belongs into the plan; pass it to Suite")
    target = checked_target(out, resume=resume, overwrite=overwrite)
    job = plan if isinstance(plan, Job) else prepare(plan, device=device)
    if cluster is not None and job.plan.text:
        raise ValueError("a text is one corpus, which a cluster cannot share; leave --cluster out")
    if cluster is None and target and target.suffix == ".zarr":  # workers need no common file system
        job = replace(job, trainer=replace(job.trainer, folder=part_of(target) / "courses", work=job.digest))
    at_once = corpora_at_once(threads, cluster)
    if not (resume and target and target.exists()):
        warn_of_memory(job, at_once)
    runner = runner_on(at_once, cluster)
    return run_cells(
        job, partial(to_dataset, job), runner, target=target, resume=resume, overwrite=overwrite, progress=progress,
        table=course_of,
    )  # fmt: skip


def regenerate_batch(
    source: str, step: int, *, batch: int | None = None, checkpoints: Sequence[int] = PYTHIA_STEPS, seed: int = 0,
    replicate: int = 0, device: str = "cpu", **options: Any,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """The batch that takes a suite from `step` to the next one: numbers of its draws, and their keys; (draw,) each.

    The draws `step` · `batch` to (`step` + 1) · `batch` - 1, made without what comes before them; equal keys are equal
    sequences. The other arguments are those of the suite. Raises ValueError where it has no such batch.
    """
    plan = Suite(source, checkpoints=tuple(checkpoints), batch=batch, seed=seed, **options)
    step = parse_count(step, name="step", low=0, high=plan.checkpoints[-1])
    number = parse_count(replicate, name="replicate", low=0, high=2**24 - 1)
    order, size = open_suite_order(plan, replicate=number, device=suite_device(plan, device).name)
    if (step + 1) * size > order.n_draws:
        raise ValueError(f"{source} has {order.n_draws // size} batches of {size}, got step {step}; count from 0")
    return np.arange(step * size, (step + 1) * size), order.keys(step * size, size)
