"""What a suite will take, before anything is drawn."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from bounds.command import print_text, result_object
from bounds.sources import Geometric, Mixture, Uniform, Zipf
from bounds.unique import expected_unique
from simulate.progress import clock
from simulate.suite.prepare import Job

# Measured on one core of 2025, right to a factor of three or so: seconds of a draw, of a sequence that is new, of one
# that a checkpoint looks at, and of a checkpoint for each size.
_DRAW, _NEW, _SEEN, _LOOK = 3e-8, 3e-7, 2e-8, 2e-5


def corpus_seconds(job: Job) -> float:
    """Seconds of one corpus on one core."""
    trainer = job.trainer
    n_draws = (trainer.steps * trainer.batch).astype(float)
    law = trainer.order.law
    if isinstance(law, Uniform | Zipf | Geometric | Mixture):
        seen = np.asarray(expected_unique(law, np.maximum(n_draws, 1)))
    else:  # as many as there may be
        seen = np.minimum(n_draws, np.inf if law is None else law.n_types)
    looks = len(trainer.steps) * len(trainer.capacities)
    return float(_DRAW * n_draws[-1] + _NEW * seen[-1] + _SEEN * seen.sum() + _LOOK * looks)


def print_forecast(job: Job, options: dict[str, Any]) -> None:
    """Print what would be trained and what it would take; nothing is drawn or written."""
    plan, trainer = job.plan, job.trainer
    n_draws, seconds = int(trainer.steps[-1]) * trainer.batch, corpus_seconds(job) * plan.replicates
    row = {
        "source": plan.source, "n_draws": n_draws, "replicates": plan.replicates, "n_params": list(plan.n_params),
        "steps": len(trainer.steps), "batch": trainer.batch, "seconds": seconds,
    }  # fmt: skip
    verdict = (
        f"{n_draws * plan.replicates:.3g} draws in all, about {clock(max(seconds, 1))} on one core; nothing was drawn."
    )
    if options["as_json"]:
        parameters = {name: list(value) if isinstance(value, tuple) else value for name, value in vars(plan).items()}
        print(json.dumps(result_object([row], parameters, warnings=list(job.notes), verdict=verdict), indent=1))
        return
    print_text(f"{len(plan.n_params)} model sizes: N = {', '.join(map(str, plan.n_params))}", width=110)
    corpora = "1 corpus" if plan.replicates == 1 else f"{plan.replicates} corpora"
    print(
        f"{len(trainer.steps)} checkpoints, from step {trainer.steps[0]} to {trainer.steps[-1]}, of batches of "
        f"{trainer.batch} sequences\n{corpora} of {n_draws:.4g} draws from {plan.source}"
    )
    for note in job.notes:
        print_text(f"! {note}")
    print(verdict)
