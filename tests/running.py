"""Plans done as a test wants them done."""

from __future__ import annotations

from typing import Any

import xarray as xr

import simulate
from simulate.running.run import run_job
from simulate.studies.registry import get_study


def done(plan: Any, **execution: Any) -> xr.Dataset:
    """The result of a plan; `execution` are the fields of `simulate.Execution`."""
    return simulate.run_plan(plan, simulate.Execution(**execution))


def job_done(name: str, job: Any, **execution: Any) -> xr.Dataset:
    """The result of a job that the study `name` has made ready."""
    return run_job(get_study(name), job, simulate.Execution(**execution))
