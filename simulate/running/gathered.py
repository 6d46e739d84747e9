"""What all cells of a job hold, put together."""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np

from bounds.cli.json_text import json_text
from simulate.running.cells import Block, Cell, Layout, place_of
from simulate.running.job import Job


class Gathered:
    """What all cells hold, by name, as the `layout` of a job says; a gap has the fill of its variable.

    Variables of the dimension ``sum`` are added up over the cells, and of those of ``shown`` that of the first cell is
    taken: both have that dimension no more.
    """

    def __init__(self, layout: Mapping[str, Layout], replicates: int) -> None:
        self._layout = layout
        self.found: dict[str, np.ndarray] = {}
        for name, one in layout.items():
            shape = [n for dim, n in zip(one.dims, one.shape, strict=True) if dim not in ("sum", "shown")]
            self.found[name] = np.full(shape, 0 if "sum" in one.dims else one.fill, one.dtype)
        self.failed: dict[Cell, Exception] = {}
        self.n_kept = 0
        self._shown: Cell | None = None
        self._replicates = replicates

    def take(self, cell: Cell, block: Block) -> None:
        """Put what `cell` holds in its place."""
        first = self._shown is None or cell < self._shown
        for name, one in self._layout.items():
            if "sum" in one.dims:
                self.found[name] += block[name]
            elif "shown" not in one.dims:
                self.found[name][place_of(one, cell)] = block[name]
            elif first:
                self.found[name] = np.asarray(block[name])
        self._shown = cell if first else self._shown

    def without_gaps(self) -> dict[str, np.ndarray]:
        """What the cells hold, of the replicates alone that were `drawn`."""
        if not self.failed:
            return self.found
        axes = {name: one.dims.index("replicate") for name, one in self._layout.items() if "replicate" in one.dims}
        return self.found | {name: np.take(self.found[name], self.drawn, axis) for name, axis in axes.items()}

    @property
    def drawn(self) -> np.ndarray:
        """The replicates of which no cell failed."""
        lost = [range(cell.first, cell.first + cell.replicates) for cell in self.failed]
        return np.setdiff1d(np.arange(self._replicates), [number for part in lost for number in part])


def made_of(job: Job, gathered: Gathered) -> str:
    """The provenance of a result, as a JSON string, with the cells that failed and how many an earlier run left."""
    made = json.loads(job.made)
    if gathered.failed:
        made["failed"] = [
            job.names[c.source] | {"first": c.first, "replicates": c.replicates, "error": _words(error)}
            for c, error in sorted(gathered.failed.items())
        ]
    if gathered.n_kept:
        made["kept_cells"] = gathered.n_kept
    return json_text(made)


def _words(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
