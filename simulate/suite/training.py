"""One corpus through all checkpoints: stores of every size filled from the same draws, and what each of them knows.

A `Trainer` is set up once and takes any replicate through its course, in this process or another. What belongs to one
corpus is kept for each replicate, what only makes sense over many (how often a tracked rank was stored, what share of
the sequences of a count is known) is added up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from simulate.arrivals import cell_of
from simulate.census import Census
from simulate.orders import BATCH, DrawnOrder, Order, batches
from simulate.stream import Stream
from simulate.suite.course import Course
from simulate.suite.exposures import Exposures


@dataclass(frozen=True)
class Block:
    """Arrays with a replicate axis in front (`each`), their sums (`pooled`), and what corpus 0 shows (`shown`)."""

    each: dict[str, np.ndarray]
    pooled: dict[str, np.ndarray]
    shown: dict[str, np.ndarray]


@dataclass(frozen=True)
class Trainer:
    """A suite that is ready: `draw` trains all sizes on a block of its corpora."""

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

    def draw(self, first: int, replicates: int) -> Block:
        """The corpora with the numbers `first` to ``first + replicates - 1``."""
        return join([self._train(number) for number in range(first, first + replicates)])

    def order_of(self, replicate: int) -> Order:
        """The corpus with the number `replicate`."""
        if isinstance(self.order, DrawnOrder):
            return replace(self.order, stream=replace(self.order.stream, replicate=replicate))
        return self.order

    def _train(self, replicate: int) -> Block:
        order = self.order_of(replicate)
        stream = Stream(self.seed, "exposures", cell_of(self.source), replicate)
        exposures = Exposures(stream, self.learning_probability)
        census, course = Census(order), Course(self, order)
        for checkpoint, step in enumerate(self.steps):
            stop = int(step) * self.batch
            for begin, keys in _ahead(order, census.n_draws, stop):
                exposures.note(census.count(keys, begin), begin, census.n_unique)
            course.look(checkpoint, census, exposures)
        return course.end(census, exposures, shown=replicate == 0)


def join(blocks: Sequence[Block]) -> Block:
    """Several blocks as one, in their order."""
    each = {name: np.concatenate([block.each[name] for block in blocks]) for name in blocks[0].each}
    return Block(each, added([block.pooled for block in blocks]), blocks[0].shown)


def added(parts: Iterable[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """The sums of whole numbers in several blocks: they are the same in every order."""
    total: dict[str, np.ndarray] = {}
    for part in parts:
        total = {name: values + total[name] if total else values for name, values in part.items()}
    return total


def _ahead(order: Order, first: int, stop: int) -> Iterator[tuple[int, np.ndarray]]:
    """As `batches`; the next one is drawn while the one before is being counted."""
    if stop - first <= BATCH:
        yield from batches(order, first, stop)
        return
    coming = batches(order, first, stop)
    with ThreadPoolExecutor(1) as pool:
        following = pool.submit(next, coming, None)
        while (batch := following.result()) is not None:
            following = pool.submit(next, coming, None)
            yield batch
