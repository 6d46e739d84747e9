"""What happens when you draw: Monte Carlo corpora and real corpora, measured beside the bounds.

Names are loaded when first used, so that ``import simulate`` brings in neither numba nor xarray.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from bounds import __version__

_HOME_OF = {
    "Sweep": "simulate.sweeps",
    "run_sweep": "simulate.sweeps",
    "sweep": "simulate.sweeps",
    "refit": "simulate.fits",
    "open_result": "simulate.dataset",
    "save_result": "simulate.dataset",
    "measure_corpus": "simulate.corpus",
    "sketch_corpus": "simulate.corpus",
    "HyperLogLog": "simulate.corpus",
    "simulate_skills": "simulate.skills.job",
    "run_suite": "simulate.suite.run",
    "regenerate_batch": "simulate.suite.run",
    "classify_trajectories": "simulate.suite.trajectories",
    "measure_learners": "simulate.learners.measuring",
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
