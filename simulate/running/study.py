"""What all studies have in common, so that running, keeping, resuming, printing and drawing are written once.

A `Study` is one kind of simulated or measured question. It makes a `Job` of a plan: the work in cells, and what it
takes. `simulate.running.run` draws the cells and has them assembled to one Dataset; report and figure are made of that
alone, so that a kept result is shown as the run that made it showed it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

    from bounds.cli.report import Report
    from simulate.running.cells import Cell, Layout
    from simulate.running.execution import Execution
    from simulate.running.run import Gathered
    from simulate.running.view import View


class Choice(NamedTuple):
    """What was chosen where it was left open, an engine or a device, and why, in a sentence."""

    name: str
    reason: str


class Job(Protocol):
    """A plan made ready: who draws its cells, what they hold and take, and whether those of another run fit."""

    @property
    def made(self) -> str:
        """The provenance of the result, as a JSON string; ``command`` in it is the name of the study."""

    @property
    def device(self) -> Choice:
        """Where tokens are drawn, cpu or gpu, and why."""

    @property
    def drawers(self) -> Mapping[int, Any]:
        """Who draws, by the number of the source; nobody where the work is no matter of cells, as of a text."""

    @property
    def names(self) -> Sequence[dict[str, str]]:
        """What each source is called where a cell of it is named: ``source``, and perhaps ``learner``."""

    @property
    def n_draws(self) -> int:
        """Draws of one corpus."""

    @property
    def replicates(self) -> int:
        """Corpora of each source."""

    @property
    def size(self) -> int:
        """Replicates of a cell."""

    @property
    def layout(self) -> Mapping[str, Layout]:
        """The variables of all cells."""

    @property
    def smaller(self) -> str:
        """What to pass where the work needs more memory than there is, even with one corpus at a time."""

    def cells_of(self, size: int) -> list[Cell]:
        """What there is to draw, in cells of at most `size` replicates."""

    def difference(self, begun: dict[str, Any]) -> str | None:
        """What distinguishes the provenance of such a run that was begun from this so that its cells may differ."""

    def memory(self, at_once: int) -> int:
        """Bytes that this process needs at most with `at_once` corpora at work, the result included."""

    def forecast(self, at_once: int) -> Report:
        """What the work would take with `at_once` corpora at work; nothing is drawn."""


class Study(Protocol):
    """One kind of question; an object of a module ``study`` in its room."""

    @property
    def name(self) -> str:
        """Of the command, in the provenance and in sentences."""

    def prepare(self, plan: Any, execution: Execution) -> Any:
        """The `Job` of `plan`; everything that can be refused is refused here, with one sentence in a ValueError."""

    def assemble(self, job: Any, gathered: Gathered) -> xr.Dataset:
        """What the cells hold as one Dataset, with expectations, units and provenance."""

    def table(self, dataset: xr.Dataset) -> xr.Dataset:
        """What a .csv holds of the result."""

    def report(self, dataset: xr.Dataset, view: View) -> Report:
        """What a reader is told, of a Dataset that was just made or kept."""

    def figure(self, dataset: xr.Dataset, view: View) -> Figure:
        """The picture of it."""
