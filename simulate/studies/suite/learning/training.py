"""One corpus through all checkpoints: stores of every size filled from the same draws, and what each of them knows.

A `Trainer` is set up once and takes any replicate through its course, in this process or another. What belongs to one
corpus is kept for each replicate, what only makes sense over many (how often a tracked rank was stored, what share of
the sequences of a count is known) is added up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from simulate.corpora.census import Census
from simulate.corpora.order import BATCH, DrawnOrder, Order, batches
from simulate.drawing.stream import Stream
from simulate.engines.choice import cell_of
from simulate.studies.suite.learning.course import Course
from simulate.studies.suite.learning.exposures import Exposures
from simulate.studies.suite.learning.setting import Block, Training
from simulate.studies.suite.learning.snapshots import Snapshots


@dataclass(frozen=True)
class Trainer(Training):
    """A suite that is ready: `train` takes all sizes through a block of its corpora."""

    def draw(self, first: int, replicates: int) -> dict[str, np.ndarray]:
        """The corpora with the numbers `first` to ``first + replicates - 1``, as a cell holds them."""
        block = self.train(first, replicates)
        return {**block.each, **block.pooled, **block.shown}

    def train(self, first: int, replicates: int) -> Block:
        """The corpora with the numbers `first` to ``first + replicates - 1``."""
        return join([self._train(number) for number in range(first, first + replicates)])

    def order_of(self, replicate: int) -> Order:
        """The corpus with the number `replicate`."""
        if isinstance(self.order, DrawnOrder):
            return replace(self.order, stream=replace(self.order.stream, replicate=replicate))
        return self.order

    def _train(self, replicate: int) -> Block:
        order = self.order_of(replicate)
        snapshots = Snapshots(self.folder / f"{replicate}.npz", f"{self.work} {replicate}") if self.folder else None
        census, exposures, course = self._begun(order, replicate, snapshots)
        for checkpoint in range(course.n_seen, len(self.steps)):
            stop = int(self.steps[checkpoint]) * self.batch
            for begin, keys in _ahead(order, census.n_draws, stop):
                exposures.note(census.count(keys, begin), begin, census.n_unique)
            course.look(checkpoint, census, exposures)
            if snapshots:
                snapshots.keep(lambda: {**state_of(census), **exposures.state(), **course.state()})
        found = course.end(census, exposures)
        if snapshots:
            snapshots.remove()
        return found

    def _begun(self, order: Order, replicate: int, snapshots: Snapshots | None) -> tuple[Census, Exposures, Course]:
        """A corpus before its first checkpoint, or where its last snapshot was taken."""
        stream = Stream(self.seed, "exposures", cell_of(self.source), replicate)
        exposures, course = Exposures(stream, self.learning_probability), Course(self, order)
        state = snapshots.load() if snapshots else None
        if not state:
            return Census(order), exposures, course
        exposures.restore(state)
        course.restore(state)
        return census_of(order, state), exposures, course


def join(blocks: Sequence[Block]) -> Block:
    """Several blocks as one, in their order."""
    each = {name: np.concatenate([block.each[name] for block in blocks]) for name in blocks[0].each}
    # Sums of whole numbers: the same in every order.
    pooled = {
        name: sum((block.pooled[name] for block in blocks[1:]), blocks[0].pooled[name]) for name in blocks[0].pooled
    }
    return Block(each, pooled, blocks[0].shown)


def state_of(census: Census) -> dict[str, np.ndarray]:
    """What `census_of` makes the same census of again."""
    return {"keys": census.keys, "counts": census.counts, "first": census.first, "n_draws": np.array(census.n_draws)}


def census_of(order: Order, state: Mapping[str, np.ndarray]) -> Census:
    """The census of `order` with a state: its sequences are shown in their order, and what is known of them set."""
    census = Census(order)
    census.count(state["keys"], 0)
    census.counts[:], census.first[:] = state["counts"], state["first"]
    census.n_draws = int(state["n_draws"])
    return census


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
