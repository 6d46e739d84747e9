"""A corpus that rewards less than the budget: what is enough of it, in a sentence."""

from __future__ import annotations

import math

from bounds.cli.printing import number, span, times, written
from bounds.planning.plans import Plan
from bounds.planning.reach import SPENT


def enough_told(plan: Plan) -> str:
    """What of the budget is worth spending, where every law says that the corpus is spent."""
    sizes, tokens, compute = _enough(plan)
    epochs = [one / (plan.n_tokens or 1) for one in tokens]
    size = written(sizes[0]) if min(sizes) == max(sizes) else f"between {written(min(sizes))} and {written(max(sizes))}"
    return (
        f"the corpus is spent by {span(compute, number)} FLOP, and more gains less than {100 * SPENT:g} % of the loss; "
        f"train {size} parameters on {span(tokens)} tokens ({span(epochs, times)} epochs) with that, as the whole "
        f"budget would go into {span([row.epochs or 0 for row in plan.near], times)} epochs"
    )


def middle_size(plan: Plan) -> float:
    """The geometric middle of the sizes to train."""
    sizes = _enough(plan)[0] if plan.is_spent else [row.n_params for row in plan.near]
    return math.sqrt(min(sizes) * max(sizes))


def _enough(plan: Plan) -> tuple[list[float], list[float], list[float]]:
    """Parameters, tokens and FLOP that are enough, by law."""
    near = plan.near
    return (
        [row.enough_params or row.n_params for row in near],
        [row.enough_tokens or row.n_tokens for row in near],
        [row.enough_flops or row.compute_flops for row in near],
    )
