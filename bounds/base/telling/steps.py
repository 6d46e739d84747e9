"""How far a long work is, told to whoever listens; nobody does unless `heard` says so, and telling costs nothing then.

Work that is done in a loop says so with `stepped`, or with `step` where it counts for itself. A listener hears the
steps of the thread that it listens in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

Listener = Callable[[str, float, float | None, str], None]
"""Is told what is done, how much of it, of how much (None where nobody knows) and of what."""

_Item = TypeVar("_Item")
_LISTENER: ContextVar[Listener | None] = ContextVar("listener", default=None)


def step(what: str, done: float, of: float | None = None, unit: str = "") -> None:
    """Tell whoever listens that `done` of `of` units of `what` are done."""
    if (listener := _LISTENER.get()) is not None:
        listener(what, done, of, unit)


def stepped(items: Iterable[_Item], what: str, unit: str, of: int | None = None) -> Iterator[_Item]:
    """`items`, telling before each how many are done, and at the end that all are; `of` where they have no length."""
    total = len(items) if of is None and isinstance(items, Sized) else of
    done = 0
    for item in items:
        step(what, done, total, unit)
        yield item
        done += 1
    step(what, done, done, unit)


@contextmanager
def heard(listener: Listener) -> Iterator[None]:
    """Have `listener` told of every step in the block."""
    token = _LISTENER.set(listener)
    try:
        yield
    finally:
        _LISTENER.reset(token)
