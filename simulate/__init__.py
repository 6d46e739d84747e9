"""What happens when you draw: Monte Carlo corpora and real corpora, measured beside the bounds.

Names are loaded when first used, so that ``import simulate`` brings in neither numba nor xarray.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from bounds import __version__

_HOME_OF = {
    "Sweep": "simulate.studies.sweep.dataset",
    "run_sweep": "simulate.studies.sweep.dataset",
    "sweep": "simulate.studies.sweep.dataset",
    "refit": "simulate.studies.sweep.fits",
    "open_result": "simulate.running.dataset",
    "save_result": "simulate.running.dataset",
    "measure_corpus": "simulate.text",
    "sketch_corpus": "simulate.text",
    "HyperLogLog": "simulate.text",
    "simulate_skills": "simulate.studies.skills.job",
    "run_suite": "simulate.studies.suite.run",
    "regenerate_batch": "simulate.studies.suite.run",
    "classify_trajectories": "simulate.studies.suite.learning.trajectories",
    "measure_learners": "simulate.studies.learners.dataset",
}

__all__ = ["__version__", *_HOME_OF]


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'simulate' has no attribute {name!r}")
    value = getattr(import_module(_HOME_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
