"""Which studies there are, by the names of their commands; none is loaded before it is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import xarray as xr

from bounds.cli.process import loading
from simulate.running.dataset import made_by
from simulate.running.execution import Execution
from simulate.running.keeping.files import command_of
from simulate.running.run import run
from simulate.running.study import Study

if TYPE_CHECKING:
    from simulate.studies.compare.plan import ComparePlan
    from simulate.studies.learners.job import LearnerPlan
    from simulate.studies.loss.plan import LossPlan
    from simulate.studies.skills.plan import SkillPlan
    from simulate.studies.suite.batch import BatchPlan
    from simulate.studies.suite.plan import SuitePlan
    from simulate.studies.sweep.plan import Sweep
    from simulate.studies.text.plan import TextPlan

    Plan = Sweep | LearnerPlan | SkillPlan | SuitePlan | BatchPlan | TextPlan | ComparePlan | LossPlan

_HOMES = {
    "sweep": ("simulate.studies.sweep.study", "SWEEP"),
    "learners": ("simulate.studies.learners.study", "LEARNERS"),
    "skills": ("simulate.studies.skills.study", "SKILLS"),
    "suite": ("simulate.studies.suite.study", "SUITE"),
    "batch": ("simulate.studies.suite.batch", "BATCH"),
    "corpus": ("simulate.studies.text.study", "TEXT"),
    "compare": ("simulate.studies.compare.study", "COMPARE"),
    "loss": ("simulate.studies.loss.study", "LOSS"),
}
_OF_PLANS = {
    "Sweep": "sweep", "LearnerPlan": "learners", "SkillPlan": "skills", "SuitePlan": "suite", "BatchPlan": "batch",
    "TextPlan": "corpus", "ComparePlan": "compare", "LossPlan": "loss",
}  # fmt: skip


def get_study(name: str) -> Study:
    """The study whose command is `name`."""
    module, constant = _HOMES[name]
    with loading():
        found: Study = getattr(import_module(module), constant)
    return found


def study_of(dataset: xr.Dataset) -> Study:
    """The study that made a result; ValueError with one sentence where no study of this version did."""
    command = command_of(made_by(dataset))
    if command not in _HOMES:
        raise ValueError(f"this result is of the command {command}, which this version does not know")
    return get_study(command)


def run_plan(plan: Plan, execution: Execution | None = None) -> xr.Dataset:
    """Do what a plan asks for, as its command would; see `simulate.running.run.run`.

    `plan` is a `Sweep`, `LearnerPlan`, `SkillPlan`, `SuitePlan`, `TextPlan`, `ComparePlan` or `LossPlan`; `execution`
    says on what, and changes no number. Raises ValueError with one sentence where the plan cannot be done as asked.
    """
    name = _OF_PLANS.get(type(plan).__name__)
    if name is None:
        raise ValueError(f"run takes a plan, one of {', '.join(_OF_PLANS)}, got {type(plan).__name__}")
    arguments: Any = (get_study(name), plan, execution)
    return run(*arguments)
