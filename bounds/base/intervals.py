"""Pairs (lower, upper) and what they rest on.

An `Interval` is two numbers. A `Bound` is an interval of a named quantity that carries its label, its
assumption and its source with it, so that none of them can be lost between the formula and the page.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bounds.base.pointwise import real_array, shown

RIGOROUS = "rigorous"
GIVEN = "rigorous given the assumption"
ASYMPTOTIC = "asymptotic"
HEURISTIC = "heuristic"
EMPIRICAL = "empirical"
LABELS = (RIGOROUS, GIVEN, ASYMPTOTIC, HEURISTIC, EMPIRICAL)


@dataclass(frozen=True)
class Interval:
    """A pair (lower, upper); scalars or arrays of one shape. NaN at both ends means that there is no interval.

    Raises ValueError for ends that are not numbers, for lower > upper and for NaN at one end alone.
    """

    lower: Any
    upper: Any

    def __post_init__(self) -> None:
        found = f"{shown(self.lower)} and {shown(self.upper)}"
        try:
            lower, upper = np.broadcast_arrays(real_array(self.lower), real_array(self.upper))
        except (TypeError, ValueError, OverflowError):
            raise ValueError(f"an interval needs two numbers, or two arrays of one shape, got {found}") from None
        if not np.all((lower <= upper) | (np.isnan(lower) & np.isnan(upper))):
            raise ValueError(f"an interval needs lower <= upper, got {found}")

    def __iter__(self) -> Iterator[Any]:
        return iter((self.lower, self.upper))

    def __contains__(self, value: float) -> bool:
        return bool(np.all((self.lower <= value) & (value <= self.upper)))

    @property
    def midpoint(self) -> Any:
        """(lower + upper) / 2."""
        return (self.lower + self.upper) / 2

    @property
    def geometric_mean(self) -> Any:
        """sqrt(lower * upper), the midpoint on a logarithmic scale."""
        return np.sqrt(self.lower) * np.sqrt(self.upper)

    @property
    def width(self) -> Any:
        """Upper minus lower."""
        return self.upper - self.lower


@dataclass(frozen=True)
class Bound:
    """A lower and an upper bound on `quantity`, with what each of them rests on.

    `lower` and `upper` are clipped to what is logically possible; the flags say where the unclipped value
    said nothing (a lower bound at or below the smallest possible value, an upper one at or above the largest).
    """

    quantity: str
    unit: str
    lower: Any
    upper: Any
    label: str
    assumption: str
    equation: str
    source: str
    middle: Any = None
    middle_label: str = HEURISTIC
    lower_vacuous: Any = False
    upper_vacuous: Any = False
    notes: tuple[str, ...] = field(default=())

    @property
    def interval(self) -> Interval:
        """The bare pair (lower, upper)."""
        return Interval(self.lower, self.upper)

    @property
    def vacuous(self) -> Any:
        """Where neither end says anything."""
        return np.logical_and(self.lower_vacuous, self.upper_vacuous)

    @property
    def middle_vacuous(self) -> Any:
        """Where the middle is halfway to an end that says nothing, or there is none."""
        if self.middle is None:
            return np.ones(np.shape(self.lower), bool)[()]
        return np.logical_or(self.lower_vacuous, np.logical_and(self.upper_vacuous, self.middle > self.lower))
