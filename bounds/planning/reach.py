"""How far a budget reaches: up to where a corpus rewards it, and for which budgets a law has runs near enough."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from bounds.planning.spending import Spending

SPENT = 0.01
"""Share of the loss: where all that more compute can gain is less, the corpus is spent."""

_COMPUTE = np.outer(10.0 ** np.arange(10, 30), np.arange(10, 100) / 10).ravel()
"""FLOP between which budgets are sought: all numbers of two digits, which are printed as they are."""


class Enough(NamedTuple):
    """The least FLOP whose loss is within `SPENT` of what no compute betters, and what to train with them."""

    compute_flops: float
    n_params: float
    n_tokens: float


def enough(spending: Spending, compute_flops: float) -> Enough | None:
    """What is enough of `compute_flops` on a corpus that they spend; None where they do not, or there is no corpus.

    Where the corpus holds tokens for a single epoch at most, compute that gains little is not the corpus' doing.
    """
    if spending.corpus is None:
        return None
    spent = (1 + SPENT) * spending.floor()
    if spending.loss(*spending.sizes(np.array([compute_flops])))[0] >= spent:
        return None
    C = spending.compute_for(spent)
    N, D = (float(one[0]) for one in spending.sizes(np.array([C])))
    return Enough(C, N, D) if spending.corpus < D else None


def answered_compute(
    spendings: Sequence[Spending], is_near: Callable[[Spending, Any, Any], Any]
) -> tuple[float, float] | None:
    """The least and the largest FLOP for which some law is near its runs; None where there are none.

    `is_near` says so of arrays of parameters and tokens.
    """
    near = np.zeros(len(_COMPUTE), bool)
    for spending in spendings:
        served = spending.least_compute < _COMPUTE
        near[served] |= is_near(spending, *spending.sizes(_COMPUTE[served]))
    return (float(_COMPUTE[near].min()), float(_COMPUTE[near].max())) if near.any() else None
