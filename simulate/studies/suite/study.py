"""Suites: many model sizes trained on one corpus in one order, and looked at at every checkpoint."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xarray as xr

from bounds.base.sources import Source
from simulate.running.execution import Execution
from simulate.running.gathered import Gathered
from simulate.running.keeping.files import part_of
from simulate.running.run import run
from simulate.running.showing.view import View
from simulate.studies.suite.dataset import course_of, to_dataset
from simulate.studies.suite.job import SuiteJob
from simulate.studies.suite.plan import DEFAULT_REPLICATES, DEFAULT_SOURCE, DEFAULT_VALIDATION, PYTHIA_STEPS, SuitePlan
from simulate.studies.suite.prepare import prepare

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bounds.cli.report import Report


class SuiteStudy:
    """What models of many sizes learn of one corpus, and when. See `simulate.running.study.Study`."""

    name = "suite"
    figures = ("suite",)

    def prepare(self, plan: SuitePlan, execution: Execution) -> SuiteJob:
        """The corpus opened; sizes, batch and tracked sequences chosen; a corpus half-way kept beside the result."""
        if execution.cluster is not None and plan.text:
            raise ValueError("a text is one corpus, which a cluster cannot share; leave --cluster out")
        job, target = prepare(plan, device=execution.device), execution.target
        if execution.cluster is None and target and target.suffix == ".zarr":  # workers need no common file system
            folder = part_of(target) / "courses"
            return replace(job, trainer=replace(job.trainer, folder=folder, work=job.digest))
        return job

    def assemble(self, job: SuiteJob, gathered: Gathered) -> xr.Dataset:
        """Losses, memorisation, trajectories and positions, with theory and labels."""
        return to_dataset(job, gathered)

    def table(self, dataset: xr.Dataset) -> xr.Dataset:
        """The course of each size."""
        return course_of(dataset)

    def report(self, dataset: xr.Dataset, view: View) -> Report:
        """How loss falls, what is remembered and when, beside theory."""
        from simulate.studies.suite.report import report

        return report(dataset, view)

    def figure(self, dataset: xr.Dataset, view: View) -> Figure:
        """Losses, memorisation and trajectories."""
        from simulate.studies.suite.figure import figure

        return figure(dataset, view)


SUITE = SuiteStudy()


def run_suite(
    source: str | Source = DEFAULT_SOURCE,
    *,
    n_params: Sequence[float] | str = (),
    checkpoints: Sequence[int] | str = PYTHIA_STEPS,
    batch: int | None = None,
    replicates: int = DEFAULT_REPLICATES,
    seed: int = 0,
    params_per_sequence: float = 1.0,
    novelty_cost: float = 1.0,
    irreducible: float = 0.0,
    learning_probability: float = 1.0,
    track: Sequence[int] | str = (),
    validation: int = DEFAULT_VALIDATION,
    match_loss: Sequence[float] | str = (),
    device: str = "cpu",
    threads: int | None = None,
    cluster: str | None = None,
    memory: int | None = None,
    out: str | Path | None = None,
    resume: bool = False,
    overwrite: bool = False,
    progress: Callable[..., Any] | None = None,
) -> xr.Dataset:
    """Train stores of many sizes on one corpus in one order, and look at them at every checkpoint.

    The arguments are the fields of a `SuitePlan`, then those of `simulate.Execution`, which change no number. Returns
    a Dataset with dimensions replicate, step, n_params, tracked_rank, term_count, after_percent, trajectory, exposure
    and window; each variable has ``units`` and ``long_name``, each theoretical one a ``label``. Losses are in nats per
    sequence. Corpora are kept in ``out.part`` as they are done (without a cluster also half-way, now and then); those
    that fail are left out of the result and named in the provenance under ``failed``.

    Raises ValueError with one sentence where the suite cannot be trained as asked.
    """
    plan = SuitePlan(
        source, n_params, checkpoints, batch, replicates, seed, params_per_sequence, novelty_cost, irreducible,  # type: ignore[arg-type]
        learning_probability, track, validation, match_loss,  # type: ignore[arg-type]
    )  # fmt: skip
    return run(SUITE, plan, Execution(device, threads, cluster, memory, out, resume, overwrite, progress))
