"""Numbers as the sentences and tables of a plan write them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from bounds.cli.printing import written


def span(values: Iterable[float], shown: Callable[[float], str] = written) -> str:
    """A range of numbers, or the one that all are as they are shown."""
    several = list(values)
    low, high = shown(min(several)), shown(max(several))
    return low if low == high else f"{low} to {high}"


def times(value: float) -> str:
    """How often, in two digits."""
    return f"{value:.2g}" if value < 100 else f"{value:.0f}"
