"""What learners know of a drawn corpus: their excess loss beside theory, and the exponents that they imply.

`kinds` has the learners, `names` reads them; `corpora` the corpus as a learner sees it; `predictors`, `stores` and
`votes` the losses; `dataset` runs a sweep of them; `rows` has the points (γ, β) and the exponents that they imply;
`report` and `figure` show them.
"""

from __future__ import annotations

from typing import Any

from simulate.studies.learners.kinds import Learner
from simulate.studies.learners.names import parse_learner

__all__ = ["Learner", "measure_learners", "parse_learner"]


def __getattr__(name: str) -> Any:
    """`measure_learners`, loaded when first used: it needs numba and xarray, which reading a name does not."""
    if name != "measure_learners":
        raise AttributeError(f"module 'simulate.studies.learners' has no attribute {name!r}")
    from simulate.studies.learners.study import measure_learners

    return measure_learners
