"""What all studies have in common, so that running, keeping, resuming, printing and drawing are written once.

A `Study` is one kind of simulated or measured question. It makes a job of a plan (`simulate.running.job`): the work in
cells, and what it takes. `simulate.running.run` draws the cells and has them assembled to one Dataset; report and
figure are made of that alone, so that a kept result is shown as the run that made it showed it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

import xarray as xr

from bounds.cli.report import Report
from simulate.running.execution import Execution
from simulate.running.gathered import Gathered
from simulate.running.showing.view import View

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Study(Protocol):
    """One kind of question; an object of a module ``study`` in its room."""

    @property
    def name(self) -> str:
        """Of the command, in the provenance and in sentences."""

    @property
    def figures(self) -> Sequence[str]:
        """Names of its figures, the main one first; empty where it has none."""

    def prepare(self, plan: Any, execution: Execution) -> Any:
        """The `Job` of `plan`; everything that can be refused is refused here, with one sentence in a ValueError."""

    def assemble(self, job: Any, gathered: Gathered) -> xr.Dataset:
        """What the cells hold as one Dataset, with expectations, units and provenance."""

    def table(self, dataset: xr.Dataset) -> xr.Dataset:
        """What a .csv holds of the result."""

    def report(self, dataset: xr.Dataset, view: View) -> Report:
        """What a reader is told, of a Dataset that was just made or kept."""

    def figure(self, dataset: xr.Dataset, view: View) -> Figure:
        """The picture of it that ``view.figure`` names; ValueError where this result has none."""
