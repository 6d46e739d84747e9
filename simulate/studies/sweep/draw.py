"""Who draws the corpora of one source of a sweep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from bounds.base.sources import Source
from simulate.drawing.stream import Stream, cell_of
from simulate.engines.choice import Engine, build_engine
from simulate.running.cells import NOT_MEASURED, Block


@dataclass(frozen=True)
class CorpusDrawer:
    """One source of a sweep: distinct sequences, shape (size, replicate), and spectra, shape (replicate, bin)."""

    stream: Stream
    engine: Engine
    n_bins: int

    def draw(self, first: int, replicates: int) -> Block:
        """The corpora with the numbers `first` to ``first + replicates - 1``."""
        n_unique, spectrum = self.engine.draw(replace(self.stream, replicate=first), replicates)
        if spectrum.shape[1] == 0:  # an engine that draws no multiplicities
            spectrum = np.full((replicates, self.n_bins), NOT_MEASURED)
        return {"n_unique": np.ascontiguousarray(n_unique.T), "spectrum": spectrum}


def set_up(source: Source, engine: str, grid: Sequence[int], edges: np.ndarray, seed: int, device: str) -> CorpusDrawer:
    """`source` set up for an engine; ValueError with one sentence where the engine cannot draw it."""
    bins = None if engine == "gauss" else edges
    built = build_engine(engine, source, np.array(grid, np.int64), edges=bins, device=device)
    return CorpusDrawer(Stream(seed, engine, cell_of(str(source))), built, len(edges))
