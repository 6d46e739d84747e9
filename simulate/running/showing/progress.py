"""How far a run is, on standard error: a bar where somebody watches, a line now and then anywhere else."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from bounds.base.one_number import written
from bounds.cli.readable import behind
from bounds.cli.terminal.progress import LINE_SECONDS, clock

if TYPE_CHECKING:
    from simulate.running.run import State

__all__ = ["LINE_SECONDS", "Bar", "Lines", "Silent", "clock", "pace", "reporter", "sentence"]


class Lines:
    """Prints how far a sweep is: at its start, every ten seconds, and at its end. Called with each `State`."""

    def __init__(self) -> None:
        self.state: State | None = None
        self._begun = self._said = -1.0

    def __call__(self, state: State) -> None:
        """Note `state`, and say it if it is time."""
        now = time.monotonic()
        if self._begun < 0:
            self._begun = now
        self.state = state
        if self._said < 0 or state.cells == state.all_cells or now - self._said >= LINE_SECONDS:
            self._said = now
            print(sentence(state, now - self._begun), file=sys.stderr, flush=True)


class Bar:
    """A bar of cells with draws per second and the time left; what is called with each `State`."""

    def __init__(self, bar: Any) -> None:
        self.state: State | None = None
        self._bar, self._begun = bar, time.monotonic()
        self._task = bar.add_task("", total=None, rate="")

    def __call__(self, state: State) -> None:
        """Move the bar to `state`."""
        if self.state is None:
            self._begun = time.monotonic()
        self.state = state
        rate, left = pace(state, time.monotonic() - self._begun)
        shown = "" if rate is None else f"{written(rate, 2)} draws/s, {clock(left)} left"
        self._bar.update(self._task, total=state.all_cells, completed=state.cells, rate=shown)
        if state.cells >= state.all_cells:
            self._bar.stop()  # what is fitted afterwards has bars of its own


class Silent:
    """Says nothing, and knows how far the sweep was when it was interrupted."""

    def __init__(self) -> None:
        self.state: State | None = None

    def __call__(self, state: State) -> None:
        """Note `state`."""
        self.state = state


@contextmanager
def reporter(wanted: bool | None) -> Iterator[Any]:
    """What to call with each `State`; `wanted` None means where standard error is a terminal."""
    terminal = sys.stderr.isatty()
    if wanted is False or (wanted is None and not terminal):
        yield Silent()
    elif not terminal:
        yield Lines()
    else:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        columns = (TextColumn("cells"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"))
        with Progress(*columns, console=Console(file=behind(sys.stderr)), transient=True) as bar:
            yield Bar(bar)


def sentence(state: State, seconds: float) -> str:
    """Cells done, draws per second and time left."""
    rate, left = pace(state, seconds)
    kept = f" ({state.kept_cells} from an earlier run)" if state.kept_cells else ""
    speed = "" if rate is None else f", {written(rate, 2)} draws/s, {clock(left)} left"
    draws = f"{written(state.draws)} of {written(state.all_draws)} draws"
    return f"{state.cells} of {state.all_cells} cells{kept}, {draws}{speed}"


def pace(state: State, seconds: float) -> tuple[float | None, float]:
    """Draws per second of this run, and the seconds left at that rate; None before anything is drawn."""
    drawn = state.draws - state.kept_draws
    if drawn <= 0 or seconds <= 0:
        return None, 0.0
    rate = drawn / seconds
    return rate, (state.all_draws - state.draws) / rate
