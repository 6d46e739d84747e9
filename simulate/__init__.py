"""What happens when you draw: Monte Carlo corpora and real corpora, measured beside the bounds.

Names are loaded when first used, so that ``import simulate`` brings in neither numba nor xarray.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from bounds import __version__ as __version__

_HOME_OF = {
    "sweep": "simulate.studies.sweep.study",
    "measure_learners": "simulate.studies.learners.study",
    "simulate_skills": "simulate.studies.skills.study",
    "run_suite": "simulate.studies.suite.study",
    "regenerate_batch": "simulate.studies.suite.batch",
    "measure_corpus": "simulate.text",
    "sketch_corpus": "simulate.text",
    "Sweep": "simulate.studies.sweep.plan",
    "LearnerPlan": "simulate.studies.learners.job",
    "SkillPlan": "simulate.studies.skills.plan",
    "SuitePlan": "simulate.studies.suite.plan",
    "Execution": "simulate.running.execution",
    "run_plan": "simulate.studies.registry",
    "open_result": "simulate.running.dataset",
    "save_result": "simulate.running.dataset",
}

__all__ = list(_HOME_OF)


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'simulate' has no attribute {name!r}")
    value = getattr(import_module(_HOME_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
