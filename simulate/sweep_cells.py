"""The work of a sweep in cells: one source, a block of its replicates. A cell is a pure function of its numbers.

Which cells there are, who draws them, where and in what order changes no count: replicate r of a source has a
stream of its own, whatever else is drawn. What a source needs is set up once, in one process, and sent to the
others, so that tables built by floating point are the same everywhere.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from bounds.sources import Source
from simulate.arrivals import Engine, build_engine
from simulate.stream import Stream, cell_of

MAX_CELLS = 1024
"""Cells of one source: each is a chunk of two arrays, hence two files."""

CELL_SECONDS = 0.25
"""What a cell takes at least, by estimate, if there are replicates enough: keeping it takes a hundredth of that."""

_NOT_MEASURED = -1
"""As `simulate.dataset.NOT_MEASURED`, which a worker would have to load xarray for."""


class Cell(NamedTuple):
    """The replicates from `first` on, `replicates` of them, of the source with the number `source`."""

    source: int
    block: int
    first: int
    replicates: int


@dataclass(frozen=True)
class Block:
    """What a cell holds: distinct sequences, shape (size, replicate), and spectra, shape (replicate, bin)."""

    n_unique: np.ndarray
    spectrum: np.ndarray


@dataclass(frozen=True)
class Drawer:
    """One source, set up: draws any block of its corpora, in this process or another."""

    stream: Stream
    engine: Engine
    n_bins: int

    def draw(self, first: int, replicates: int) -> Block:
        """The corpora with the numbers `first` to ``first + replicates - 1``."""
        n_unique, spectrum = self.engine.draw(replace(self.stream, replicate=first), replicates)
        if spectrum.shape[1] == 0:  # an engine that draws no multiplicities
            spectrum = np.full((replicates, self.n_bins), _NOT_MEASURED)
        return Block(np.ascontiguousarray(n_unique.T), spectrum)


Drawn = tuple[Cell, Block | Exception]
Runner = Callable[[Mapping[int, Drawer], Sequence[Cell]], Iterator[Drawn]]
"""Draws cells and yields them in whatever order they end, each with what it holds or with why it failed."""


def set_up(source: Source, engine: str, grid: Sequence[int], edges: np.ndarray, seed: int, device: str) -> Drawer:
    """`source` set up for an engine; ValueError with one sentence where the engine cannot draw it."""
    bins = None if engine == "gauss" else edges
    built = build_engine(engine, source, np.array(grid, np.int64), edges=bins, device=device)
    return Drawer(Stream(seed, engine, cell_of(str(source))), built, len(edges))


def block_size(replicates: int, seconds_per_corpus: float) -> int:
    """Replicates of a cell, where one of the dearest source is estimated to take `seconds_per_corpus`."""
    least = -(-replicates // MAX_CELLS)
    return min(replicates, max(least, int(CELL_SECONDS / max(seconds_per_corpus, 1e-9)), 1))


def cut(sources: Sequence[int], replicates: int, size: int) -> list[Cell]:
    """The cells of all `sources`, with `size` replicates each and fewer in the last."""
    starts = range(0, replicates, size)
    return [Cell(i, b, first, min(size, replicates - first)) for i in sources for b, first in enumerate(starts)]


def on_threads(threads: int | None) -> Runner:
    """Draw on `threads` threads of this process (all cores if None): compiled loops release the interpreter lock."""

    def run(drawers: Mapping[int, Drawer], cells: Sequence[Cell]) -> Iterator[Drawn]:
        pool = ThreadPoolExecutor(threads or os.cpu_count() or 1)
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
