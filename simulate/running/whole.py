"""Work that is done at once: no cells, nothing to draw side by side, and nothing that a killed run would leave."""

from __future__ import annotations

from typing import Any

from simulate.running.cells import Cell, Layout
from simulate.running.job import Choice


class WholeJob:
    """A `simulate.running.job.Job` without cells, done while its result is assembled; made by a study of such work.

    `made` is its provenance, `device` where it is done.
    """

    names: tuple[dict[str, str], ...] = ()
    n_draws = 0
    replicates = 1
    size = 1
    smaller = "a smaller input"
    on_workers = False
    """Whether workers of a cluster can do it all the same."""

    def __init__(self, made: str, device: Choice) -> None:
        self.made, self.device = made, device

    @property
    def drawers(self) -> dict[int, Any]:
        """Nobody draws."""
        return {}

    @property
    def layout(self) -> dict[str, Layout]:
        """There are no cells to hold anything."""
        return {}

    def cells_of(self, size: int) -> list[Cell]:
        """None."""
        return []

    def difference(self, begun: dict[str, Any]) -> str | None:
        """Nothing is begun that another run could go on with."""
        return "it is done at once"

    def memory(self, at_once: int) -> int:
        """What it takes is looked at while it is done."""
        return 0
