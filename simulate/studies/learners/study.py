"""Sweeps of learners: corpora drawn, and what each learner loses of each at each size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xarray as xr

from bounds.base.sources import Source
from simulate.running.execution import Execution
from simulate.running.gathered import Gathered
from simulate.running.run import run
from simulate.running.showing.view import View
from simulate.studies.learners.corpora import N_TESTS
from simulate.studies.learners.dataset import to_dataset
from simulate.studies.learners.job import LearnerJob, LearnerPlan
from simulate.studies.learners.kinds import Learner
from simulate.studies.sweep.job import prepare
from simulate.studies.sweep.plan import DEFAULT_REPLICATES

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bounds.cli.report import Report


class LearnerStudy:
    """What learners know of a drawn corpus, and the exponents that they imply. See `simulate.running.study.Study`."""

    name = "learners"
    figures = ("losses",)

    def prepare(self, plan: LearnerPlan, execution: Execution) -> LearnerJob:
        """The corpora of the sweep that draws the same, and a learner for each pair."""
        return LearnerJob(plan, prepare(plan.counted, device=execution.device))

    def assemble(self, job: LearnerJob, gathered: Gathered) -> xr.Dataset:
        """Counts, losses, slopes and theory."""
        return to_dataset(job, gathered)

    def table(self, dataset: xr.Dataset) -> xr.Dataset:
        """The counts and losses, and what belongs to a source."""
        return dataset

    def report(self, dataset: xr.Dataset, view: View) -> Report:
        """Where an exponent such as 0.58 comes from, by the learner."""
        from simulate.studies.learners.report import report

        return report(dataset, view)

    def figure(self, dataset: xr.Dataset, view: View) -> Figure:
        """The points (γ, β) in the band, and the loss curves."""
        from simulate.studies.learners.figure import figure

        return figure(dataset, view)


LEARNERS = LearnerStudy()


def measure_learners(
    *,
    learners: Sequence[str | Learner] = ("all",),
    sources: Sequence[str | Source] = (),
    n_draws: Sequence[float] | str = (),
    replicates: int = DEFAULT_REPLICATES,
    seed: int = 0,
    tolerances: Sequence[str] = (),
    test_draws: int = N_TESTS,
    device: str = "cpu",
    threads: int | None = None,
    cluster: str | None = None,
    memory: int | None = None,
    out: str | Path | None = None,
    resume: bool = False,
    overwrite: bool = False,
    progress: Callable[..., Any] | None = None,
) -> xr.Dataset:
    """Draw `replicates` corpora from each source and measure what each of `learners` loses at each of `n_draws`.

    Returns the Dataset of `simulate.sweep` (tokens engine) with a dimension learner: ``excess_loss`` given the corpus,
    ``excess_loss_tested`` on `test_draws` draws, ``excess_loss_expected`` with its label, all in ``loss_unit`` (nats
    per sequence or token, or top-1 error), and ``loss_exponent`` with a 95 % interval; with `tolerances` also
    ``efficient_size``, in sequences. The other arguments are those of `simulate.Execution`; they change no number. A
    cell is a source, a learner and a block of corpora: the losses of one that fails are NaN. Raises ValueError with
    one sentence where a learner does not fit a source.
    """
    plan = LearnerPlan(learners, sources, n_draws, replicates, seed, tolerances, test_draws)  # type: ignore[arg-type]
    return run(LEARNERS, plan, Execution(device, threads, cluster, memory, out, resume, overwrite, progress))
