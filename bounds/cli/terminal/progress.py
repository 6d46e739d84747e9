"""How far work is, on standard error: bars where somebody watches, a line now and then where it is asked for.

What takes less than a second shows nothing. A bar has what is done, the rate and the time left.
"""

from __future__ import annotations

import math
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, TextIO, cast

import click

from bounds.base.one_number import written
from bounds.base.telling.steps import heard
from bounds.cli.readable import Readable, behind

QUIET_SECONDS = 1.0
"""Before anything is shown."""
LINE_SECONDS = 10.0
"""Between two lines."""
_BETWEEN, _LOADING = 0.1, 0.6
"""Seconds between two states of a bar, and those before it is due when what draws it is loaded."""


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
    """One bar for each work that is not done, of which one may stand in another; one of its own where none is known.

    They appear once a second has passed, whether or not a step is told then, and have the time that has passed.
    """

    def __init__(self) -> None:
        self._works: dict[str, _Work] = {}
        self._tasks: dict[str, Any] = {}
        self._bars: Any = None
        self._lock, self._over, self._drawn = threading.RLock(), threading.Event(), -math.inf
        threading.Thread(target=self._show, args=(time.monotonic() + QUIET_SECONDS,), daemon=True).start()

    def __call__(self, what: str, done: float, of: float | None, unit: str) -> None:
        """Move the bar of `what`, and take it away at its end."""
        now = time.monotonic()
        with self._lock:
            known = self._works.pop(what, None) if of is not None and done >= of else self._works.get(what)
            if of is None or done < of:
                begun = (known.since, known.before) if known and done else (now, done)
                self._works[what] = _Work(*begun, done, of, unit)
            if not known or what not in self._works or now - self._drawn >= _BETWEEN:
                self._draw()

    def _show(self, due: float) -> None:
        if self._over.wait(due - time.monotonic() - _LOADING):
            return
        bars = _bars()
        self._over.wait(due - time.monotonic())
        with self._lock:
            if not self._over.is_set():
                self._bars = bars
                self._draw()
                bars.start()

    def _draw(self) -> None:
        """Lay out the bars anew."""
        if self._bars is None or self._over.is_set():
            return
        self._drawn = time.monotonic()
        works = self._works or {"working": _Work(0, 0, 0, None, "")}
        for what in [what for what in self._tasks if what not in works]:
            self._bars.remove_task(self._tasks.pop(what))
        for what, work in works.items():
            if what not in self._tasks:
                self._tasks[what] = self._bars.add_task(what, total=work.of, told="")
            self._bars.update(self._tasks[what], total=work.of, completed=work.done, told=work.told())

    def close(self) -> None:
        """Leave the terminal as it was; nothing is shown any more."""
        with self._lock:
            if self._bars is not None and not self._over.is_set():
                self._bars.stop()
            self._over.set()


class _Work(NamedTuple):
    """When a work was first told of, how much of it was done then and is now, of how much."""

    since: float
    before: float
    done: float
    of: float | None
    unit: str

    def told(self) -> str:
        """What is done, how fast, and how long the rest will take."""
        return sentence(self.done, self.of, self.unit, time.monotonic() - self.since, self.before) if self.unit else ""


def _bars() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn(),
        TextColumn("{task.fields[told]}", markup=False),
    )  # fmt: skip
    console = Console(file=behind(sys.stderr))
    return Progress(*columns, console=console, transient=True, redirect_stdout=False)


class _AfterBars(Readable):
    """Standard output, before whose first words bars are taken away: both may be the same terminal."""

    def __init__(self, stream: TextIO, bars: Bars) -> None:
        self._stream, self._bars = stream, bars

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        """What may be written to now."""
        self._bars.close()
        return behind(self._stream)


@contextmanager
def told(wanted: bool | None = None) -> Iterator[None]:
    """Show how far the work in the block is, until it prints; `wanted` None means where standard error is a terminal.

    Every command of ours is such a block.
    """
    terminal = sys.stderr.isatty()
    if wanted is False or (wanted is None and not terminal):
        yield
        return
    if not terminal:
        with heard(Lines()):
            yield
        return
    bars, out = Bars(), sys.stdout
    sys.stdout = cast("TextIO", _AfterBars(out, bars))
    try:
        with heard(bars):
            yield
    finally:
        sys.stdout = out
        bars.close()


def sentence(done: float, of: float | None, unit: str, seconds: float, before: float = 0.0) -> str:
    """What is done, of how much, how fast, and how long the rest will take at that rate; `before` was done at first."""
    amount = written(done) if of is None else f"{written(done)} of {written(of)}"
    told = f"{amount} {unit}".strip()
    if done <= before or seconds <= 0:
        return told
    rate = (done - before) / seconds
    left = "" if of is None else f", {clock((of - done) / rate)} left"
    return f"{told}, {written(rate, 2)} {unit}/s{left}"


def clock(seconds: float) -> str:
    """Seconds as 0:00:12, or days where they are many."""
    whole = round(seconds)
    days, rest = divmod(whole, 86400)
    return (f"{days} d " if days else "") + f"{rest // 3600}:{rest // 60 % 60:02d}:{rest % 60:02d}"


_ASKED = "progress as asked"


def _keep_asked(context: click.Context, parameter: click.Parameter, wanted: bool | None) -> None:
    context.meta[_ASKED] = wanted


def asked() -> bool | None:
    """Whether the command at work was asked for progress; None where neither flag was given."""
    context = click.get_current_context(silent=True)
    return None if context is None else context.meta.get(_ASKED)


PROGRESS = click.option(
    "--progress/--no-progress", default=None, expose_value=False, callback=_keep_asked,
    help="Show progress on standard error. [default: on a terminal]",
)  # fmt: skip
"""Decorator: the flag that `asked` has, and no command needs to."""
