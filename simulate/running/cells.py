"""The work of a command in cells: one source, a block of its replicates. A cell is a pure function of its numbers.

Which cells there are, who draws them, where and in what order changes no count: replicate r of a source has a
stream of its own, whatever else is drawn. What a source needs is set up once, in one process, and sent to the
others, so that tables built by floating point are the same everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any, NamedTuple, Protocol

import numpy as np

from simulate.running.machine import usable_cores

MAX_CELLS = 1024
"""Cells of one source: each is a chunk of two arrays, hence two files."""

CELL_SECONDS = 0.25
"""What a cell takes at least, by estimate, if there are replicates enough: keeping it takes a hundredth of that."""

NOT_MEASURED = -1
"""Stands for a count that was not made: of a cell that failed, or of an engine that draws no multiplicities."""


class Cell(NamedTuple):
    """The replicates from `first` on, `replicates` of them, of the source with the number `source`.

    Where learners are measured, each pair of a source and a learner has such a number.
    """

    source: int
    block: int
    first: int
    replicates: int


Block = Mapping[str, np.ndarray]
"""What a cell holds: arrays by name, with an axis for its replicates, or for all of them together without."""


class Drawer(Protocol):
    """One source, set up: draws any block of its corpora, in this process or another."""

    def draw(self, first: int, replicates: int) -> Block:
        """What the corpora with the numbers `first` to ``first + replicates - 1`` give."""


class Layout(NamedTuple):
    """One variable of all cells: its dimensions, ``replicate`` among them and perhaps ``source``, and its type.

    What is not of single replicates has the dimension ``sum`` (numbers that are added up) or ``shown`` (what is looked
    at in one cell alone), as long as there are cells. `fill` stands where nothing was measured.
    """

    dims: tuple[str, ...]
    shape: tuple[int, ...]
    dtype: str
    fill: float = NOT_MEASURED


Drawn = tuple[Cell, Block | Exception]
Runner = Callable[[Mapping[int, Drawer], Sequence[Cell]], Generator[Drawn, None, None]]
"""Draws cells and yields them in whatever order they end, each with what it holds or with why it failed.

Where it is closed before its end, what it had begun is left."""


def block_size(replicates: int, seconds_per_corpus: float) -> int:
    """Replicates of a cell, where one of the dearest source is estimated to take `seconds_per_corpus`."""
    least = -(-replicates // MAX_CELLS)
    return min(replicates, max(least, int(CELL_SECONDS / max(seconds_per_corpus, 1e-9)), 1))


def cut(sources: Sequence[int], replicates: int, size: int) -> list[Cell]:
    """The cells of all `sources`, with `size` replicates each and fewer in the last."""
    starts = range(0, replicates, size)
    return [Cell(i, b, first, min(size, replicates - first)) for i in sources for b, first in enumerate(starts)]


def place_of(one: Layout, cell: Cell) -> tuple[Any, ...]:
    """Where in a variable a cell has its values."""
    replicates = slice(cell.first, cell.first + cell.replicates)
    at = {"source": cell.source, "replicate": replicates, "sum": cell.block, "shown": cell.block}
    return tuple(at.get(dim, slice(None)) for dim in one.dims)


def on_threads(threads: int | None) -> Runner:
    """Draw on `threads` threads of this process (all cores if None): compiled loops release the interpreter lock."""

    def run(drawers: Mapping[int, Drawer], cells: Sequence[Cell]) -> Generator[Drawn, None, None]:
        pool = ThreadPoolExecutor(threads or usable_cores())
        try:
            running = {pool.submit(drawers[cell.source].draw, cell.first, cell.replicates): cell for cell in cells}
            for future in as_completed(running):
                yield running.pop(future), outcome(future.exception()) or future.result()
        finally:
            # Without waiting: after an interrupt, a compiled loop would otherwise hold us until its corpus is drawn.
            pool.shutdown(wait=False, cancel_futures=True)

    return run


def outcome(error: BaseException | None) -> Exception | None:
    """The error of a cell that failed; what ends the whole program is raised."""
    if error is not None and not isinstance(error, Exception):
        raise error
    return error
