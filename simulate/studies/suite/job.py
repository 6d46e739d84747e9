"""A suite made ready, in cells: a block of its corpora, each taken through all checkpoints.

A cell holds what belongs to each of its corpora, the sums of what only makes sense over many, and what its first corpus
shows; `LAYOUT` has the dimensions of all of it.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from bounds.base.notes import INPUT, Note
from bounds.base.one_number import written
from bounds.cli.report import Report, Table
from simulate.running.cells import Cell, Layout, block_size, cut
from simulate.running.dataset import provenance
from simulate.running.job import Choice
from simulate.running.machine import size_of
from simulate.running.same_run import difference_of_inputs
from simulate.running.showing.progress import clock
from simulate.studies.suite.cost import corpus_cost, expected_sequences
from simulate.studies.suite.learning import stores
from simulate.studies.suite.learning.course import AFTER
from simulate.studies.suite.learning.exposures import EXPOSURES
from simulate.studies.suite.learning.positions import N_WINDOWS
from simulate.studies.suite.learning.training import Trainer
from simulate.studies.suite.learning.trajectories import CLASSES, can_classify
from simulate.studies.suite.plan import SuitePlan

_COURSE = ("replicate", "step", "size")
LAYOUT: dict[str, tuple[tuple[str, ...], str]] = {
    **dict.fromkeys(("stored", "missed_next", "missed_validation", "entered", "forgotten"), (_COURSE, "int64")),
    "unknown": (_COURSE, "float64"),
    "n_unique": (("replicate", "step"), "int64"),
    "n_next": (("replicate", "step"), "int64"),
    "positions": (("replicate", "size", "exposure", "statistic"), "float64"),
    "expected": (("replicate", "bin"), "float64"),
    "variance": (("replicate", "bin"), "float64"),
    "tied": (("replicate", "size"), "int64"),
    "classes": (("replicate", "size", "percent", "class"), "int64"),
    "since": (("sum", "size", "step"), "int64"),
    "known": (("sum", "step", "bin", "level"), "int64"),
    "tracked": (("sum", "step", "size", "rank"), "int64"),
    "tracked_classes": (("sum", "size", "rank", "class"), "int64"),
    "validation": (("shown", "step", "draw"), "uint8"),
    "windows": (("shown", "size", "exposure", "window"), "int64"),
}
"""Dimensions and type of each variable of the cells."""


@dataclass(frozen=True)
class SuiteJob:
    """A suite with nothing left open (`plan`), ready to run."""

    plan: SuitePlan
    trainer: Trainer
    notes: tuple[str, ...]
    inputs: dict[str, str]
    """SHA-256 of the numbers of the sequences of a text, as they stand in it."""
    device: Choice
    """Where sequences are drawn, and why."""

    @property
    def made(self) -> str:
        """The provenance of the result, as a JSON string."""
        parameters = {n: list(v) if isinstance(v, tuple) else v for n, v in vars(self.plan).items()}
        more = {"inputs": self.inputs, "notes": list(self.notes), "device": self.device.name}
        return provenance(parameters, command="suite", **more)

    @property
    def digest(self) -> str:
        """One name for all runs of this suite, and for no others: of what `difference` looks at."""
        made = json.loads(self.made)
        named = [made["parameters"], made["inputs"], made["software"]["version"]]
        return hashlib.sha256(json.dumps(named, sort_keys=True).encode()).hexdigest()

    @property
    def drawers(self) -> dict[int, Trainer]:
        """Who trains."""
        return {0: self.trainer}

    @property
    def names(self) -> list[dict[str, str]]:
        """What the corpora are drawn from."""
        return [{"source": self.plan.source}]

    @property
    def n_draws(self) -> int:
        """Draws of one corpus, up to the last checkpoint."""
        return int(self.trainer.steps[-1]) * self.trainer.batch

    @property
    def replicates(self) -> int:
        """Corpora; of a text there is one."""
        return self.plan.replicates

    @cached_property
    def n_unique(self) -> float:
        """Distinct sequences of a corpus, as expected; in a text as they are."""
        return expected_sequences(self.trainer)

    @property
    def cost(self) -> tuple[float, int]:
        """Seconds and bytes of one corpus."""
        return corpus_cost(self.trainer, self.n_unique)

    @property
    def size(self) -> int:
        """Replicates of a cell."""
        return block_size(self.plan.replicates, self.cost[0])

    @property
    def smaller(self) -> str:
        """What to pass where there is too little memory for one corpus."""
        return "fewer --replicates, or --checkpoints that end earlier"

    def memory(self, at_once: int) -> int:
        """Bytes at most: `at_once` corpora at work (none on a cluster elsewhere) and the result."""
        held = dict.fromkeys(("sum", "shown"), 1)
        result = sum(
            8 * math.prod(held.get(dim, n) for dim, n in zip(one.dims, one.shape, strict=True))
            for one in self.layout.values()
        )
        return self.cost[1] * min(at_once, len(self.cells_of(self.size))) + 2 * result

    def forecast(self, at_once: int) -> Report:
        """What the suite would take."""
        plan, needed, cells, (seconds, n_bytes) = (
            self.plan,
            self.memory(at_once),
            len(self.cells_of(self.size)),
            self.cost,
        )
        row = {
            "source": plan.source, "n_draws": self.n_draws, "replicates": plan.replicates, "cells": cells,
            "n_unique_expected": round(self.n_unique), "seconds": seconds * plan.replicates,
            "n_bytes": n_bytes, "n_bytes_in_all": needed,
        }  # fmt: skip
        working = min(at_once, cells) or 1
        answer = (
            f"{plan.replicates} {'corpus' if plan.replicates == 1 else 'corpora'} of {written(self.n_draws)} draws in "
            f"{cells} cells, {working} at a time: about {clock(max(seconds * plan.replicates / working, 1))} and "
            f"{size_of(needed)} of memory here; nothing was drawn."
        )
        table = Table(
            ["sizes", "from N", "to N", "checkpoints", "distinct sequences", "memory of one"],
            [[str(len(plan.n_params)), str(plan.n_params[0]), str(plan.n_params[-1]), str(len(plan.checkpoints)),
              str(row["n_unique_expected"]), size_of(n_bytes)]], left=0,
        )  # fmt: skip
        return Report(answer, [table], [Note(INPUT, note) for note in self.notes], data={"rows": [row]})

    @property
    def layout(self) -> dict[str, Layout]:
        """What cells hold."""
        trainer, cells = self.trainer, -(-self.plan.replicates // self.size)
        n_sizes = len(trainer.capacities)
        sizes = {
            "replicate": self.plan.replicates, "sum": cells, "shown": cells, "step": len(trainer.steps),
            "size": n_sizes, "level": n_sizes + 1, "bin": stores.N_BINS, "rank": len(trainer.tracked),
            "draw": trainer.n_tests, "exposure": len(EXPOSURES), "window": N_WINDOWS, "statistic": 4,
            "percent": len(AFTER), "class": len(CLASSES),
        }  # fmt: skip
        left_out = () if can_classify(trainer.steps) else ("classes", "tracked_classes")
        return {
            name: Layout(dims, tuple(sizes[dim] for dim in dims), kind, 0)
            for name, (dims, kind) in LAYOUT.items() if name not in left_out
        }  # fmt: skip

    def cells_of(self, size: int) -> list[Cell]:
        """What there is to train, in cells of at most `size` corpora."""
        return cut([0], self.plan.replicates, size)

    def difference(self, begun: dict[str, Any]) -> str | None:
        """What distinguishes a run that was begun from this one so that its numbers may differ, in words."""
        return difference_of_inputs(begun, json.loads(self.made))
