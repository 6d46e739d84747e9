"""Train a suite and put what was measured beside what theory expects."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr

from bounds.quantities import parse_count
from simulate.cluster import check_cluster, on_cluster
from simulate.suite.plan import PYTHIA_STEPS, Suite
from simulate.suite.prepare import Job, open_suite_order, prepare, suite_device
from simulate.suite.results import to_dataset
from simulate.suite.training import Block, added
from simulate.sweep_cells import Cell, cut, on_threads
from simulate.sweeps import Progress, State

MAX_CELLS = 1024


def run_suite(
    plan: Suite | Job | str = "zipf:1.5",
    *,
    device: str = "cpu",
    threads: int | None = None,
    cluster: str | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> xr.Dataset:
    """Train stores of many sizes on one corpus in one order, and look at them at every checkpoint.

    `plan` is a `simulate.suite.plan.Suite`, or a source with the fields of a Suite as `options`: ``n_params``,
    ``checkpoints``, ``batch``, ``replicates``, ``seed``, and so on. Returns a Dataset with dimensions replicate,
    step, n_params, tracked_rank, term_count, after_percent, trajectory, exposure and window; each variable has
    ``units`` and ``long_name``, each theoretical one a ``label``. Losses are in nats per sequence. Neither `device`
    (cpu, gpu or auto: where sequences are drawn), nor `threads`, nor a Dask `cluster` (local, local:N or
    tcp://host:port) change a number.

    Raises ValueError with one sentence where the suite cannot be trained as asked.
    """
    if isinstance(plan, str):
        plan = Suite(plan, **options)
    elif options:
        raise ValueError(f"{next(iter(options))} belongs into the plan; pass it to Suite")
    job = plan if isinstance(plan, Job) else prepare(plan, device=device)
    return to_dataset(job, _train(job, threads, cluster, progress))


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


def _train(job: Job, threads: int | None, cluster: str | None, progress: Progress | None) -> Block:
    cells = cut([0], job.plan.replicates, -(-job.plan.replicates // MAX_CELLS))
    runner: Any = on_threads(_threads(threads))
    if cluster is not None:
        if job.plan.text:
            raise ValueError("a text is one corpus, which a cluster cannot share; leave --cluster out")
        check_cluster(cluster)
        runner = on_cluster(cluster)
    n_draws = int(job.trainer.steps[-1]) * job.trainer.batch
    state = State(0, len(cells), 0, n_draws * job.plan.replicates, 0, 0)
    if progress:
        progress(state)
    each: dict[Cell, dict[str, np.ndarray]] = {}
    pooled: dict[str, np.ndarray] = {}
    shown: dict[str, np.ndarray] = {}
    for cell, block in runner({0: job.trainer}, cells):
        if isinstance(block, Exception):
            raise block
        each[cell] = block.each
        pooled = added([pooled, block.pooled] if pooled else [block.pooled])
        shown = block.shown or shown
        state = state._replace(cells=state.cells + 1, draws=state.draws + cell.replicates * n_draws)
        if progress:
            progress(state)
    joined = {name: np.concatenate([each[cell][name] for cell in sorted(each)]) for name in each[cells[0]]}
    return Block(joined, pooled, shown)


def _threads(threads: int | None) -> int:
    return os.cpu_count() or 1 if threads is None else parse_count(threads, name="threads", high=4096)
