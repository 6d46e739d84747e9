"""The batch that one step of a suite learns from, made again without what comes before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from bounds.base.quantities import parse_count
from bounds.cli.report import Report, Table
from simulate.running.dataset import describe, plan_of, provenance, stamp
from simulate.running.execution import Execution
from simulate.running.gathered import Gathered
from simulate.running.job import Choice
from simulate.running.parameters import REPLICATE
from simulate.running.showing.view import View
from simulate.running.whole import WholeJob
from simulate.studies.suite.plan import DEFAULT_VALIDATION, PYTHIA_STEPS, SuitePlan
from simulate.studies.suite.prepare import open_suite_order, suite_device

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_SHOWN = 8
"""Draws at each end of a batch that are printed."""


@dataclass(frozen=True)
class BatchPlan:
    """A step of a suite, and of which corpus. Nothing else of a suite decides what its batches hold."""

    suite: SuitePlan
    step: int
    replicate: int = 0

    def __post_init__(self) -> None:
        step = parse_count(self.step, name="step", low=0, high=self.suite.checkpoints[-1])
        object.__setattr__(self, "step", step)
        object.__setattr__(self, "replicate", REPLICATE(self.replicate))


class BatchJob(WholeJob):
    """A batch to be made."""

    def __init__(self, plan: BatchPlan, device: Choice) -> None:
        self.plan = plan
        suite = plan.suite
        self.order, self.batch = open_suite_order(suite, replicate=plan.replicate, device=device.name)
        if (plan.step + 1) * self.batch > self.order.n_draws:
            raise ValueError(
                f"{suite.source} has {self.order.n_draws // self.batch} batches of {self.batch}, got step {plan.step}; "
                "count from 0"
            )
        parameters = {
            "source": suite.source, "step": plan.step, "batch": self.batch, "seed": suite.seed,
            "replicate": plan.replicate,
        }  # fmt: skip
        super().__init__(provenance(parameters, command="batch", device=device.name), device)

    def drawn(self) -> tuple[np.ndarray, np.ndarray]:
        """Numbers of the draws and their keys."""
        first = self.plan.step * self.batch
        return np.arange(first, first + self.batch), self.order.keys(first, self.batch)

    def forecast(self, at_once: int) -> Report:
        """What the batch would take."""
        return Report(
            f"Step {self.plan.step} has {self.batch} draws, which take less than a second; nothing was drawn."
        )


class BatchStudy:
    """What one step of a suite learns from. See `simulate.running.study.Study`."""

    name = "batch"
    figures = ()

    def prepare(self, plan: BatchPlan, execution: Execution) -> BatchJob:
        """The corpus opened."""
        return BatchJob(plan, suite_device(plan.suite, execution.device))

    def assemble(self, job: BatchJob, gathered: Gathered) -> xr.Dataset:
        """The key of each draw."""
        draws, keys = job.drawn()
        return stamp(describe(xr.Dataset({"key": ("draw", keys)}, coords={"draw": draws})), job.made)

    def table(self, dataset: xr.Dataset) -> xr.Dataset:
        """The same."""
        return dataset

    def report(self, dataset: xr.Dataset, view: View) -> Report:
        """Which draws they are, and how many sequences."""
        draws, keys, plan = dataset.draw.values, dataset.key.values, plan_of(dataset)
        rows = [{"draw": int(draw), "key": int(key)} for draw, key in zip(draws, keys, strict=True)]
        shown = rows if len(rows) <= 2 * _SHOWN else [*rows[:_SHOWN], *rows[-_SHOWN:]]
        below = "Equal keys are equal sequences."
        if len(shown) < len(rows):
            below += f" The first and the last {_SHOWN} of {len(rows)}; --out or --json gives all."
        answer = (
            f"Step {plan['step']} of {plan['source']} learns from the draws {draws[0]} to {draws[-1]}; "
            f"{len(np.unique(keys))} of their sequences are different."
        )
        table = Table(["draw", "key"], [[str(row["draw"]), str(row["key"])] for row in shown], below=below)
        question = f"What does the suite learn from at step {plan['step']}?"
        return Report(answer, [table], data={"rows": rows}, question=question)

    def figure(self, dataset: xr.Dataset, view: View) -> Figure:
        """There is none."""
        raise ValueError("one batch has no figure")


BATCH = BatchStudy()


def regenerate_batch(
    source: str,
    step: int,
    *,
    batch: int | None = None,
    checkpoints: Sequence[int] | str = PYTHIA_STEPS,
    seed: int = 0,
    replicate: int = 0,
    validation: int = DEFAULT_VALIDATION,
    device: str = "cpu",
) -> tuple[np.ndarray, np.ndarray]:
    """The batch that takes a suite from `step` to the next one: numbers of its draws, and their keys; (draw,) each.

    The draws `step` · `batch` to (`step` + 1) · `batch` - 1, made without what comes before them; equal keys are equal
    sequences. The other arguments are those of the suite. Raises ValueError where it has no such batch.
    """
    suite = SuitePlan(source, checkpoints=checkpoints, batch=batch, seed=seed, validation=validation)  # type: ignore[arg-type]
    return BATCH.prepare(BatchPlan(suite, step, replicate), Execution(device)).drawn()
