"""A sweep of learners: corpora drawn, what each learner loses at each size measured, slopes fitted -> one Dataset.

Cells, threads, workers, keeping and resuming are those of the sweep: what a cell holds depends on its numbers alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from bounds.base.sources import Source
from simulate.running.cost import warn_of_memory
from simulate.running.dataset import NOT_MEASURED, describe, stamp
from simulate.running.run import Gathered, Progress, checked_target, made_of, run_cells, runner_on
from simulate.stats import NO_SLOPE, Estimate, log_slope
from simulate.studies.learners.corpora import N_TESTS
from simulate.studies.learners.job import LearnerJob, LearnerSweep
from simulate.studies.learners.kinds import NOVELTY_COST, Learner
from simulate.studies.learners.names import parse_learner
from simulate.studies.learners.stores import efficient_size_limit
from simulate.studies.sweep.dataset import at_work, theory
from simulate.studies.sweep.fits import add_fits
from simulate.studies.sweep.job import Job, prepare
from simulate.studies.sweep.plan import DEFAULT_REPLICATES, parse_any_source


def measure_learners(
    *,
    learners: Sequence[str | Learner] = ("all",),
    sources: Sequence[str | Source] = (),
    n_draws: Sequence[float] | str = (),
    replicates: int = DEFAULT_REPLICATES,
    seed: int = 0,
    tolerances: Sequence[str] = (),
    n_tests: int = N_TESTS,
    device: str = "cpu",
    threads: int | None = None,
    cluster: str | None = None,
    out: str | Path | None = None,
    resume: bool = False,
    overwrite: bool = False,
) -> xr.Dataset:
    """Draw `replicates` corpora from each source and measure what each of `learners` loses at each of `n_draws`.

    Returns the Dataset of `simulate.sweep` (tokens engine) with a dimension learner: ``excess_loss`` given the corpus,
    ``excess_loss_tested`` on `n_tests` test draws, ``excess_loss_expected`` with its label, all in ``loss_unit`` (nats
    per sequence or token, or top-1 error), and ``loss_exponent`` with a 95 % interval; with `tolerances` also
    ``efficient_size``, in sequences. Tokens are drawn on `device`, which changes no number. Raises ValueError with one
    sentence where a learner does not fit a source.
    """
    plan = LearnerSweep(learners, sources, n_draws, replicates, seed, tolerances, n_tests)  # type: ignore[arg-type]
    job = prepare(plan.counted, device=device)
    return run_learners(plan, job, threads=threads, cluster=cluster, out=out, resume=resume, overwrite=overwrite)


def run_learners(
    plan: LearnerSweep,
    job: Job,
    *,
    threads: int | None = None,
    cluster: str | None = None,
    out: str | Path | None = None,
    resume: bool = False,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> xr.Dataset:
    """Do what `plan` says; `job` is that of ``plan.counted``.

    Cells are kept, resumed and left out where they fail as `simulate.run_sweep` does, a cell being a source, a learner
    and a block of corpora: the losses of one that fails are NaN.
    """
    target = checked_target(out, resume=resume, overwrite=overwrite)
    at_once = at_work(job, threads, cluster)
    if not (resume and target and target.exists()):
        warn_of_memory(job, at_once)
    runner = runner_on(at_once, cluster)
    whole = LearnerJob(plan, job)
    return run_cells(
        whole, partial(_dataset, whole), runner, target=target, resume=resume, overwrite=overwrite, progress=progress
    )


def _dataset(whole: LearnerJob, gathered: Gathered) -> xr.Dataset:
    """Counts and losses in their places, fits and theory, with units and provenance."""
    plan, job, found = whole.plan, whole.counted, gathered.found
    n_sources, n_sizes, replicates = len(plan.sources), len(job.grid), job.replicates
    counts = np.full((n_sources, n_sizes, replicates), NOT_MEASURED)
    spectrum = np.full((n_sources, replicates, len(job.edges)), NOT_MEASURED)
    losses = np.full((2, n_sources, len(plan.learners), n_sizes, replicates), np.nan)
    sizes = np.full((n_sources, len(plan.tolerances), n_sizes, replicates), NOT_MEASURED)
    for pair, (source, learner) in enumerate(plan.pairs):
        i, j = plan.sources.index(source), plan.learners.index(learner)
        losses[:, i, j] = found["excess_loss"][pair], found["excess_loss_tested"][pair]
        # Learners on one source see the same corpora: what one cell could not count, another has.
        for into, name in ((counts, "n_unique"), (spectrum, "spectrum"), (sizes, "efficient_size")):
            if name in found:
                into[i] = np.maximum(into[i], found[name][pair])
    dims = ("source", "learner", "n_draws", "replicate")
    dataset = theory(job).assign(
        n_unique=(("source", "n_draws", "replicate"), counts),
        spectrum=(("source", "replicate", "multiplicity"), spectrum),
    )
    dataset = dataset.assign_coords(replicate=np.arange(replicates), multiplicity=job.edges)
    dataset = add_fits(dataset, job.corpora)
    dataset = dataset.assign_coords(learner=list(plan.learners)).assign(
        excess_loss=(dims, losses[0]), excess_loss_tested=(dims, losses[1].copy()), **_expected(plan, job),
        loss_unit=("learner", [parse_learner(name).unit for name in plan.learners]),
        engine=("source", [job.choices[source].name for source in plan.sources]),
    )  # fmt: skip
    for j, name in enumerate(plan.learners):
        if not parse_learner(name).is_excess_on_text:  # a loss above an unknown entropy has no exponent
            losses[1, [i for i, source in enumerate(plan.sources) if source in job.corpora], j] = np.nan
    dataset = dataset.assign(_slopes("loss_exponent", dataset, ("source", "learner"), losses, -1))
    if plan.tolerances:
        measured = np.where(sizes == NOT_MEASURED, np.nan, sizes)[None]
        dataset = dataset.assign_coords(loss_tolerance=list(plan.tolerances)).assign(
            efficient_size=(("source", "loss_tolerance", "n_draws", "replicate"), sizes),
            efficient_size_limit=(("source", "loss_tolerance"), _size_limits(plan)),
        )
        dataset = dataset.assign(_slopes("efficient_exponent", dataset, ("source", "loss_tolerance"), measured, 1))
    return stamp(describe(dataset), made_of(whole, gathered))


def _expected(plan: LearnerSweep, job: Job) -> dict[str, Any]:
    """What theory says of each pair: the loss at each size, its label and relation, and its slope."""
    shape = (len(plan.sources), len(plan.learners))
    values, slopes = np.full((*shape, len(job.grid)), np.nan), np.full(shape, np.nan)
    labels, relations = np.full(shape, "", object), np.full(shape, "", object)
    for source, name in plan.pairs:
        i, j = plan.sources.index(source), plan.learners.index(name)
        expected = parse_learner(name).expected(parse_any_source(source), job.grid)
        if expected is None:
            continue
        values[i, j], labels[i, j], relations[i, j] = expected.values, expected.label, expected.relation
        if expected.relation == "=":
            slopes[i, j] = -log_slope(np.array(job.grid), values[i, j][:, None]).value
    pair = ("source", "learner")
    return {
        "excess_loss_expected": ((*pair, "n_draws"), values), "expected_label": (pair, labels),
        "expected_relation": (pair, relations), "loss_exponent_expected": (pair, slopes),
    }  # fmt: skip


def _size_limits(plan: LearnerSweep) -> np.ndarray:
    sources, cost = map(parse_any_source, plan.sources), plan.cost or NOVELTY_COST
    limits = [[efficient_size_limit(source, t, cost) for t in plan.tolerances] for source in sources]
    return np.array(limits)


def _slopes(name: str, dataset: xr.Dataset, dims: tuple[str, str], values: np.ndarray, sign: int) -> dict[str, Any]:
    """Slopes of `values`, shape (way, source, ·, size, replicate): of the first way that was measured."""
    shape = values.shape[1:3]
    found = np.full((3, *shape), np.nan)
    for i, j in np.ndindex(*shape):
        for way in values:
            drawn = np.isfinite(way[i, j]).any(axis=0)
            slope = log_slope(dataset.n_draws.values, way[i, j][:, drawn]) if drawn.any() else NO_SLOPE
            if np.isfinite(slope.value):
                break
        found[:, i, j] = slope if sign > 0 else Estimate(-slope.value, -slope.upper, -slope.lower)
    ends = ("", "_lower", "_upper")
    return {name + end: (dims, found[k]) for k, end in enumerate(ends)}
