"""Which budgets and corpora the laws of a plan can say something of, for one that they cannot."""

from __future__ import annotations

import numpy as np

from bounds.cli.printing import counted, number, written
from bounds.laws.law_range import FAR, are_far
from bounds.laws.loss_law import LossLaw
from bounds.planning.corpus import BYTES_PER_TOKEN
from bounds.planning.plans import Plan

_BUDGETS = np.geomspace(1e8, 1e34, 2601)
"""FLOP among which those that a law plans for are sought, a hundred a decade."""


def within_reach(plan: Plan) -> str:
    """Half a sentence on the nearest budget that the laws of `plan` answer, or on the corpus that is too small for any.

    The least of the runs has to be within ten times of the corpus.
    """
    if plan.answered_compute is not None and plan.compute_flops is not None:
        least, most = plan.answered_compute
        which, nearest = ("largest", most) if plan.compute_flops > most else ("least", least)
        return f"; the {which} budget with an answer is {number(nearest, 2)} FLOP"
    floors = [law.fitted_tokens[0] / FAR for law in plan.laws if law.fitted_tokens[0] > 0]
    if plan.n_tokens is not None and floors and plan.n_tokens < min(floors):
        needed, size = min(floors), BYTES_PER_TOKEN if plan.corpus is None else plan.corpus.bytes_of_a_token
        there, text = counted(plan.n_tokens, "token"), f"{written(needed * size)} bytes at {size:g} a token"
        return (
            f". {there} are too few: the laws were fitted on {written(needed * FAR)} and more, and plan from a tenth "
            f"of that on, {written(needed)} tokens or {text}"
        )
    losses = losses_within_reach(plan) if plan.target_loss is not None else ""
    return losses and f". {'It plans' if len(plan.laws) == 1 else 'They plan'} for {losses}"


def losses_within_reach(plan: Plan) -> str:
    """From which to which loss the laws of `plan` do plan; empty where more than compute decides that."""
    if not (plan.n_tokens is plan.inference_tokens is plan.tokens_per_param is None):
        return ""
    ends = [(law, ends) for law in plan.laws if (ends := _budgets(law)) is not None]
    if not ends:
        return ""
    losses = [float(law.loss(*law.optimal(C))) for law, budgets in ends for C in budgets]
    return f"{number(min(losses))} to {number(max(losses))}"


def _budgets(law: LossLaw) -> tuple[float, float] | None:
    """The FLOP whose optimum lies at most ten times outside the runs of `law`; None where there are none."""
    N, D = law.optimal(_BUDGETS)
    found = _BUDGETS[~(are_far(law.fitted_params, N) | are_far(law.fitted_tokens, D))]
    return (float(found[0]), float(found[-1])) if len(found) else None
