"""How far a run is: told to the bars of a terminal, or a line now and then on standard error."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from bounds.base.one_number import written
from bounds.cli.terminal.progress import LINE_SECONDS, clock

if TYPE_CHECKING:
    from simulate.running.run import State

__all__ = ["LINE_SECONDS", "Lines", "Telling", "clock", "pace", "reporter", "sentence"]


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


class Telling:
    """Tells whoever listens, such as the bars of a terminal, and knows how far the run was when it was interrupted."""

    def __init__(self) -> None:
        self.state: State | None = None

    def __call__(self, state: State) -> None:
        """Note `state`, and tell it."""
        self.state = state
        state.tell()


def reporter(wanted: bool | None) -> Lines | Telling:
    """What to call with each `State`; `wanted` None means where standard error is a terminal, which has bars."""
    return Lines() if wanted and not sys.stderr.isatty() else Telling()


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
