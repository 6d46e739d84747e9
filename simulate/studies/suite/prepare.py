"""From what a suite asks for to what it takes: the corpus opened, sizes, batch and tracked sequences chosen."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np

from bounds.base.quantities import log_spaced
from bounds.capacity.capacity import stored_sequences
from bounds.counts.unique import expected_unique
from simulate.corpora.order import DrawnOrder, Order, TextOrder, open_order
from simulate.drawing.device import device_for_tokens
from simulate.running.job import Choice
from simulate.studies.suite.job import SuiteJob
from simulate.studies.suite.learning.training import Trainer
from simulate.studies.suite.plan import DEFAULT_BATCH, MAX_TRACKED_RANK, SuitePlan

N_SIZES, N_TRACKED = 16, 13
SMALLEST, WIDEST = 10, 8
"""Smallest default size; tracked ranks reach from n / 8 to 8 n of the middle size n."""


def prepare(plan: SuitePlan, *, device: str = "cpu") -> SuiteJob:
    """Open the corpus and settle what `plan` leaves open; ValueError with one sentence where it cannot be done."""
    chosen = suite_device(plan, device)
    order, plan, notes = _opened(plan, chosen.name)
    if not plan.n_params:
        plan = replace(plan, n_params=_sizes(plan, order))
    capacities = np.asarray(stored_sequences(list(plan.n_params), params_per_sequence=plan.params_per_sequence))
    if capacities[0] < 1:
        raise ValueError(
            f"n_params {plan.n_params[0]} stores no sequence at {plan.params_per_sequence:g} parameters a sequence; "
            "pass larger sizes, or a smaller --params-per-sequence"
        )
    capacities = np.minimum(capacities, 2.0**62).astype(np.int64)
    ranks = plan.track or _ranks(int(capacities[len(capacities) // 2]), _most_ranks(order, plan))
    plan = replace(plan, track=ranks)
    trainer = Trainer(
        source=plan.source, order=order, seed=plan.seed, capacities=capacities, steps=np.array(plan.checkpoints),
        batch=_batch(plan), tracked=_tracked(order, plan), validation=plan.validation,
        learning_probability=plan.learning_probability, novelty_cost=plan.novelty_cost, irreducible=plan.irreducible,
    )  # fmt: skip
    n_draws = plan.checkpoints[-1] * _batch(plan)
    inputs = {plan.source: hashlib.sha256(order.keys(0, n_draws).tobytes()).hexdigest()} if plan.text else {}
    return SuiteJob(plan, trainer, notes, inputs, chosen)


def suite_device(plan: SuitePlan, wanted: str) -> Choice:
    """Where the sequences of `plan` are drawn, cpu or gpu, and why; ValueError where that is not as `wanted`."""
    return device_for_tokens(wanted, f"{plan.source} is read, not drawn" if plan.text else "")


def open_suite_order(plan: SuitePlan, *, replicate: int = 0, device: str = "cpu") -> tuple[Order, int]:
    """The corpus of `plan` and the batch: long enough for the batch after the last checkpoint, and for validation."""
    if plan.text:
        order = open_order(plan.source, 1)
        if replicate:
            raise ValueError(f"a text is one corpus, number 0, got replicate {replicate}")
        return order, plan.batch or _text_batch(order, plan)
    batch = plan.batch or DEFAULT_BATCH
    n_draws = plan.checkpoints[-1] * batch + max(batch, plan.validation)
    if n_draws > 2**62:
        raise ValueError(f"the suite has {n_draws} draws, and 2^62 are the most; take fewer steps or a smaller batch")
    return open_order(plan.source, n_draws, seed=plan.seed, replicate=replicate, device=device), batch


def _opened(plan: SuitePlan, device: str) -> tuple[Order, SuitePlan, tuple[str, ...]]:
    order, batch = open_suite_order(plan, device=device)
    plan = replace(plan, batch=batch)
    end = plan.checkpoints[-1] * batch
    if end > order.n_draws:
        raise ValueError(
            f"checkpoint {plan.checkpoints[-1]} has seen {end} sequences in batches of {batch}, and {plan.source} has "
            f"{order.n_draws}; pass a smaller --batch or earlier --checkpoints"
        )
    notes: tuple[str, ...] = ()
    left = order.n_draws - end
    if left < 1:
        raise ValueError(
            f"{plan.source} ends at checkpoint {plan.checkpoints[-1]} and leaves nothing to test on; pass a smaller "
            "--batch or earlier --checkpoints"
        )
    if plan.text and left < plan.validation:
        notes = (f"{left} sequences are left after the last checkpoint for validation, not {plan.validation}.",)
        plan = replace(plan, validation=left)
    elif plan.text and left > plan.validation:
        notes = (
            f"{end} of the {order.n_draws} sequences of the text are trained on, {plan.checkpoints[-1]} batches of "
            f"{batch}; --checkpoints with another end may leave out fewer.",
        )
    return order, plan, notes


def _text_batch(order: Order, plan: SuitePlan) -> int:
    """As large as the text allows, with the validation set, or one sequence, left at its end."""
    batch = (order.n_draws - max(plan.validation, 1)) // plan.checkpoints[-1]
    if batch < 1:
        raise ValueError(
            f"{plan.source} has {order.n_draws} sequences, too few for {plan.checkpoints[-1]} steps and "
            f"{plan.validation} for validation; pass --checkpoints that end earlier, such as 0,1,2,4,8,16"
        )
    return batch


def _batch(plan: SuitePlan) -> int:
    assert plan.batch is not None
    return plan.batch


def _sizes(plan: SuitePlan, order: Order) -> tuple[int, ...]:
    """16 sizes, log-spaced, from one that is far too small to one that holds the whole corpus."""
    n_draws = plan.checkpoints[-1] * _batch(plan)
    if isinstance(order, DrawnOrder):
        most = 2 * float(expected_unique(order.parsed, n_draws))
    else:
        most = float(len(np.unique(order.keys(0, n_draws))))
    scale = plan.params_per_sequence
    high = max(int(np.ceil(most * scale)), 1)
    low = min(max(int(np.ceil(SMALLEST * scale)), 1), high)
    return log_spaced(low, high, N_SIZES if high > low else 1, name="n_params")


def _most_ranks(order: Order, plan: SuitePlan) -> int:
    if isinstance(order, DrawnOrder):
        assert order.law is not None
        return int(min(order.law.n_types, MAX_TRACKED_RANK))
    return min(len(np.unique(order.keys(0, plan.checkpoints[-1] * _batch(plan)))), MAX_TRACKED_RANK)


def _ranks(capacity: int, most: int) -> tuple[int, ...]:
    """Log-spaced ranks around a store of `capacity`."""
    low, high = max(capacity // WIDEST, 1), max(capacity * WIDEST, 2)
    return log_spaced(min(low, most), min(high, most), N_TRACKED if min(high, most) > min(low, most) else 1)


def _tracked(order: Order, plan: SuitePlan) -> np.ndarray:
    """Keys of the tracked sequences: of the ranks of the law, or in a text of those by its own counts."""
    most = _most_ranks(order, plan)
    if plan.track[-1] > most:
        what = "different sequences up to the last checkpoint" if plan.text else "sequences in all"
        raise ValueError(f"track must be at most rank {most}, got {plan.track[-1]}: {plan.source} has {most} {what}")
    if isinstance(order, DrawnOrder):
        return order.keys_of_ranks(np.array(plan.track))
    assert isinstance(order, TextOrder)
    keys, first, counts = np.unique(
        order.keys(0, plan.checkpoints[-1] * _batch(plan)), return_index=True, return_counts=True
    )
    return keys[np.lexsort((first, -counts))[np.array(plan.track) - 1]]
