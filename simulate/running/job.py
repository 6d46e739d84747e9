"""A plan made ready: what each `simulate.running.study.Study` makes of its plan, so that one `run` does all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from bounds.cli.report import Report
from simulate.running.cells import Cell, Layout


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
