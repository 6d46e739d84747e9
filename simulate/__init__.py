"""What happens when you draw: Monte Carlo corpora and real corpora, measured beside the bounds.

Names are loaded when first used, so that ``import simulate`` brings in neither numba nor xarray.
"""

from __future__ import annotations

from bounds import __version__ as __version__
from bounds.base.lazy_names import lazy_names

_HOMES = {
    "simulate.studies.sweep.study": ["sweep"],
    "simulate.studies.learners.study": ["measure_learners"],
    "simulate.studies.skills.study": ["simulate_skills"],
    "simulate.studies.suite.study": ["run_suite"],
    "simulate.studies.suite.batch": ["regenerate_batch"],
    "simulate.text": ["measure_corpus", "sketch_corpus"],
    "simulate.studies.sweep.plan": ["Sweep"],
    "simulate.studies.learners.job": ["LearnerPlan"],
    "simulate.studies.skills.plan": ["SkillPlan"],
    "simulate.studies.suite.plan": ["SuitePlan"],
    "simulate.running.execution": ["Execution"],
    "simulate.studies.registry": ["run_plan"],
    "simulate.running.dataset": ["open_result", "save_result"],
}
_MOVED = {
    "simulate.studies.sweep.study": ["run_sweep"],
    "simulate.studies.refit": ["refit"],
    "simulate.studies.suite.learning.trajectories": ["classify_trajectories"],
    "simulate.text": ["HyperLogLog"],
}
"""Names that stood here before 0.2, and where each is found now."""

__all__, __getattr__, __dir__ = lazy_names(__name__, _HOMES, moved=_MOVED)
