"""Simulations of skills: when each emerges in data and in size, over corpora and stores of every size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xarray as xr

from simulate.running.execution import Execution
from simulate.running.gathered import Gathered
from simulate.running.run import run
from simulate.running.showing.view import View
from simulate.studies.skills.dataset import table, to_dataset
from simulate.studies.skills.job import SkillJob, prepare
from simulate.studies.skills.plan import DEFAULT_EXPONENT, DEFAULT_MEMBERS, DEFAULT_REPLICATES, SkillPlan

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bounds.cli.report import Report


class SkillStudy:
    """When skills emerge, and what growing N at fixed D does. See `simulate.running.study.Study`."""

    name = "skills"
    figures = ("skills",)

    def prepare(self, plan: SkillPlan, execution: Execution) -> SkillJob:
        """What the plan leaves open settled, groups of sequences laid out, an engine chosen."""
        return prepare(plan, device=execution.device)

    def assemble(self, job: SkillJob, gathered: Gathered) -> xr.Dataset:
        """Thresholds and numbers of skills, with formulas and the example."""
        return to_dataset(job, gathered)

    def table(self, dataset: xr.Dataset) -> xr.Dataset:
        """One line for each skill, and nothing of single corpora."""
        return table(dataset)

    def report(self, dataset: xr.Dataset, view: View) -> Report:
        """Thresholds and numbers beside the formulas."""
        from simulate.studies.skills.report import report

        return report(dataset, view)

    def figure(self, dataset: xr.Dataset, view: View) -> Figure:
        """Skills over D and over N."""
        from simulate.studies.skills.figure import figure

        return figure(dataset, view)


SKILLS = SkillStudy()


def simulate_skills(
    *,
    kind: str = "",
    source: str = "",
    n_skills: int = 0,
    members: int = DEFAULT_MEMBERS,
    quorum: int = 0,
    exposures: int = 1,
    exponent: float = DEFAULT_EXPONENT,
    starts: Sequence[int] | str = (),
    n_draws: Sequence[float] | str = (),
    n_stored: Sequence[float] | str = (),
    replicates: int = DEFAULT_REPLICATES,
    seed: int = 0,
    engine: str = "auto",
    device: str = "cpu",
    threads: int | None = None,
    cluster: str | None = None,
    memory: int | None = None,
    out: str | Path | None = None,
    resume: bool = False,
    overwrite: bool = False,
    progress: Callable[..., Any] | None = None,
) -> xr.Dataset:
    """Simulate when skills emerge: fields of `SkillPlan`, then those of `simulate.Execution`, which change no number.

    ``simulate_skills(n_skills=200, members=20, quorum=16, n_draws="1e3:1e6:16", replicates=50)`` gives a Dataset with
    the variables that `simulate.studies.skills.job` lists, each with ``units`` and ``long_name``, and the formulas
    beside them. A cell that fails leaves its replicates out of the result and is named in the provenance.

    Raises ValueError with one sentence where an argument is not understood or cannot be done.
    """
    plan = SkillPlan(
        kind, source, n_skills, members, quorum, exposures, exponent, starts, n_draws, n_stored, replicates, seed,  # type: ignore[arg-type]
        engine,
    )  # fmt: skip
    return run(SKILLS, plan, Execution(device, threads, cluster, memory, out, resume, overwrite, progress))
