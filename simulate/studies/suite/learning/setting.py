"""What a suite is trained on, and what is known of a block of its corpora when it has been."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from simulate.corpora.order import Order


@dataclass(frozen=True)
class Block:
    """Arrays with a replicate axis in front (`each`), sums (`pooled`), and what the first corpus shows (`shown`)."""

    each: dict[str, np.ndarray]
    pooled: dict[str, np.ndarray]
    shown: dict[str, np.ndarray]


@dataclass(frozen=True)
class Training:
    """What is trained on what, and tested on what, with nothing left open."""

    source: str
    order: Order
    seed: int
    capacities: np.ndarray
    steps: np.ndarray
    batch: int
    tracked: np.ndarray
    validation: int
    learning_probability: float
    novelty_cost: float
    irreducible: float
    folder: Path | None = None
    """Where the state of corpora half-way is kept, if anywhere: it changes no number."""
    work: str = ""
    """The name of this suite among all others, for what is kept."""

    @property
    def n_tests(self) -> int:
        """Draws of the validation set: fewer than asked for where a text ends."""
        return min(self.validation, self.order.n_draws - int(self.steps[-1]) * self.batch)
