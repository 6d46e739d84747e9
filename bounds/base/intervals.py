"""Pairs (lower, upper) and what they rest on.

An `Interval` is two numbers. A `Bound` is an interval of a named quantity whose ends (`End`) carry label, assumption
and equation with them, so that none of them can be lost between the formula and the page.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from bounds.base.brief import brief, brief_fields, brief_pair
from bounds.base.notes import Note
from bounds.base.pointwise import real_array, shown
from bounds.base.telling.html import html_fields, html_table

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

    def __repr__(self) -> str:
        return f"Interval({brief_pair(self.lower, self.upper)})"

    def _repr_html_(self) -> str:
        return html_table("Interval", [("lower", self.lower), ("upper", self.upper)])

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
        mean = np.sqrt(self.lower) * np.sqrt(self.upper)
        return mean.item() if isinstance(mean, np.generic) else mean

    @property
    def width(self) -> Any:
        """Upper minus lower."""
        return self.upper - self.lower


_REPR_WIDTH = 100


@dataclass(frozen=True, repr=False)
class End:
    """One end of a bound: a number, or an array, and what it rests on.

    `value` is clipped to what is logically possible; `vacuous` says where the unclipped one said nothing. It is None
    where the source of the bound names no such end.
    """

    value: Any
    label: str
    assumption: str
    equation: str
    vacuous: Any = False

    __repr__ = brief_fields
    _repr_html_ = html_fields

    def __post_init__(self) -> None:
        for name in ("value", "vacuous"):
            given = getattr(self, name)
            if isinstance(given, np.generic | np.ndarray) and not given.ndim:
                object.__setattr__(self, name, given.item())  # a number of Python, for a prompt


@dataclass(frozen=True)
class Bound:
    """A lower and an upper bound on `quantity`, and a number between them where there is one to name.

    `lower`, `middle` and `upper` are the numbers (or arrays); `lower_end`, `middle_end` and `upper_end` are the ends
    with what each of them rests on, and `ends` all that there are by their names. `notes` tell what is wrong with it.
    """

    quantity: str
    unit: str
    lower_end: End
    middle_end: End | None
    upper_end: End
    source: str
    notes: tuple[Note, ...] = ()

    def __repr__(self) -> str:
        unit = "" if self.unit == "1" else f" {self.unit}"
        lines = [
            textwrap.shorten(
                f"{name} {brief(end.value)}{unit}, {'vacuous: ' if np.all(end.vacuous) else ''}{end.label}: "
                f"{end.assumption}",
                _REPR_WIDTH, placeholder=" …",
            )
            for name, end in self.ends.items() if end.value is not None
        ]  # fmt: skip
        return f"Bound({f',{chr(10)}      '.join(lines)})"

    def _repr_html_(self) -> str:
        unit = "" if self.unit == "1" else f" {self.unit}"
        rows = [
            (
                name, f"{brief(end.value)}{unit}", f"{'vacuous: ' if np.all(end.vacuous) else ''}{end.label}",
                end.assumption,
            )
            for name, end in self.ends.items() if end.value is not None
        ]  # fmt: skip
        return html_table(f"Bound on {self.quantity}", rows, ("end", "value", "label", "assumption"))

    @property
    def ends(self) -> dict[str, End]:
        """The ends by the names lower, middle and upper, in this order."""
        ends = {"lower": self.lower_end, "middle": self.middle_end, "upper": self.upper_end}
        return {name: end for name, end in ends.items() if end is not None}

    @property
    def lower(self) -> Any:
        """The number below the quantity."""
        return self.lower_end.value

    @property
    def middle(self) -> Any:
        """The number between both ends; None where there is none to name."""
        return None if self.middle_end is None else self.middle_end.value

    @property
    def upper(self) -> Any:
        """The number above the quantity."""
        return self.upper_end.value

    @property
    def label(self) -> str:
        """The labels of all ends in one line, for a reader; `ends` has each."""
        return _together(
            {"lower": self.lower_end.label, "upper": self.upper_end.label}
            | ({} if self.middle_end is None else {"middle": self.middle_end.label})
        )

    @property
    def assumption(self) -> str:
        """What lower and upper end assume in one line, for a reader; `ends` has each."""
        return _together({"lower": self.lower_end.assumption, "upper": self.upper_end.assumption})

    @property
    def equation(self) -> str:
        """The equations of lower and upper end."""
        return ", ".join(dict.fromkeys((self.lower_end.equation, self.upper_end.equation)))

    @property
    def interval(self) -> Interval:
        """The bare pair (lower, upper)."""
        return Interval(self.lower, self.upper)

    @property
    def lower_vacuous(self) -> Any:
        """Where the lower end says nothing: it is at or below the smallest possible value."""
        return self.lower_end.vacuous

    @property
    def middle_vacuous(self) -> Any:
        """Where the middle is halfway to an end that says nothing, or there is none."""
        return np.ones(np.shape(self.lower), bool)[()] if self.middle_end is None else self.middle_end.vacuous

    @property
    def upper_vacuous(self) -> Any:
        """Where the upper end says nothing: it is at or above the largest possible value."""
        return self.upper_end.vacuous

    @property
    def vacuous(self) -> Any:
        """Where neither end says anything."""
        return np.logical_and(self.lower_vacuous, self.upper_vacuous)


def _together(told: dict[str, str]) -> str:
    """What is told of each end, in one line; once where it is the same of all."""
    first, *others = dict.fromkeys(told.values())
    return "; ".join(f"{end}: {text}" for end, text in told.items()) if others else first
