"""How far work is, on standard error: bars where somebody watches, a line now and then where it is asked for.

What takes less than a second shows nothing. A bar has what is done, the rate and the time left.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from bounds.base.one_number import written
from bounds.base.telling.steps import heard
from bounds.cli.readable import behind

QUIET_SECONDS = 1.0
"""Before anything is shown."""
LINE_SECONDS = 10.0
"""Between two lines."""


class Lines:
    """Prints how far each work is: once it has taken a second, every ten seconds, and at its end."""

    def __init__(self) -> None:
        self._begun: dict[str, float] = {}
        self._said: dict[str, float] = {}

    def __call__(self, what: str, done: float, of: float | None, unit: str) -> None:
        """Say it if it is time."""
        now = time.monotonic()
        begun = self._begun.setdefault(what, now)
        ended = of is not None and done >= of
        if (what in self._said and (ended or now - self._said[what] >= LINE_SECONDS)) or (
            what not in self._said and now - begun >= QUIET_SECONDS
        ):  # fmt: skip
            self._said[what] = now
            print(f"{what}: {sentence(done, of, unit, now - begun)}", file=sys.stderr, flush=True)
        if ended:
            self._begun.pop(what, None)
            self._said.pop(what, None)


class Bars:
    """One bar for each work that is not done, of which one may stand in another."""

    def __init__(self) -> None:
        self._begun, self._bars, self._tasks = time.monotonic(), None, {}  # type: float, Any, dict[str, Any]
        self._since: dict[str, float] = {}

    def __call__(self, what: str, done: float, of: float | None, unit: str) -> None:
        """Move the bar of `what`, and take it away at its end."""
        now = time.monotonic()
        if not done or what not in self._since:
            self._since[what] = now
        if self._bars is None:
            if now - self._begun < QUIET_SECONDS:
                return
            self._bars = _bars()
        if of is not None and done >= of:
            self._forget(what)
            return
        if what not in self._tasks:
            self._tasks[what] = self._bars.add_task(what, total=of, told="")
        told = sentence(done, of, unit, now - self._since[what])
        self._bars.update(self._tasks[what], total=of, completed=done, told=told)

    def _forget(self, what: str) -> None:
        if what in self._tasks:
            self._bars.remove_task(self._tasks.pop(what))

    def close(self) -> None:
        """Leave the terminal as it was."""
        if self._bars is not None:
            self._bars.stop()


def _bars() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[told]}"))
    bars = Progress(*columns, console=Console(file=behind(sys.stderr)), transient=True)
    bars.start()
    return bars


@contextmanager
def told(wanted: bool | None = None) -> Iterator[None]:
    """Show how far the work in the block is; `wanted` None means where standard error is a terminal."""
    terminal = sys.stderr.isatty()
    if wanted is False or (wanted is None and not terminal):
        yield
        return
    if not terminal:
        with heard(Lines()):
            yield
        return
    bars = Bars()
    try:
        with heard(bars):
            yield
    finally:
        bars.close()


def sentence(done: float, of: float | None, unit: str, seconds: float) -> str:
    """What is done, of how much, how fast, and how long the rest will take at that rate."""
    amount = written(done) if of is None else f"{written(done)} of {written(of)}"
    told = f"{amount} {unit}".strip()
    if done <= 0 or seconds <= 0:
        return told
    rate = done / seconds
    left = "" if of is None else f", {clock((of - done) / rate)} left"
    return f"{told}, {written(rate, 2)} {unit}/s{left}"


def clock(seconds: float) -> str:
    """Seconds as 0:00:12, or days where they are many."""
    whole = round(seconds)
    days, rest = divmod(whole, 86400)
    return (f"{days} d " if days else "") + f"{rest // 3600}:{rest // 60 % 60:02d}:{rest % 60:02d}"


progress_help = "Show progress on standard error. [default: on a terminal]"


def progress_option() -> Callable[..., Any]:
    """``--progress/--no-progress``, None where neither is given."""
    import click

    return click.option("--progress/--no-progress", default=None, help=progress_help)
