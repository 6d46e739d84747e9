"""How far a use of a loss law lies from the runs that it was fitted to.

A power law through runs says little of what lies beyond them: every number that is computed from a law at some N or D
carries the factor by which that lies outside the fitted range, on either side. A range from 0 to infinity is unknown,
or that of a law from theory, and has no outside.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from bounds.base.notes import RANGE, Note
from bounds.base.one_number import number, written

Range = tuple[float, float]


def beyond(fitted: Range, values: Any) -> float:
    """The factor by which the farthest of `values` lies outside `fitted`: above 1 beyond it, below 1 below, 1 inside.

    Of values on both sides it is the farther one.
    """
    numbers = np.asarray(values, float)
    low, high = float(numbers.min()), float(numbers.max())
    over, under = max(high / fitted[1], 1.0), min(low / fitted[0], 1.0) if fitted[0] > 0 else 1.0
    return over if over * under >= 1 else under


FAR = 10.0
"""Factor outside the fitted range from which on a law's number is an extrapolation that no table shows unasked."""


def are_far(fitted: Range, values: Any) -> Any:
    """Whether each of `values` lies more than `FAR` times outside `fitted`."""
    values = np.asarray(values, float)
    return ~((values <= FAR * fitted[1]) & (values * FAR >= fitted[0]))


def far(fitted: Range, values: Any) -> bool:
    """Whether any of `values` lies more than `FAR` times outside `fitted`."""
    return bool(np.any(are_far(fitted, values)))


def range_text(fitted: Range, unit: str) -> str:
    """Such as "5B to 500B tokens"."""
    low, high = fitted
    if low == 0:
        return f"at most {written(high)} {unit}"
    return f"{written(low)} {unit} and more" if np.isinf(high) else f"{written(low)} to {written(high)} {unit}"


def distance_text(fitted: Range, values: Any) -> str:
    """Such as "1T, 2 times beyond"; empty inside the range."""
    factor = beyond(fitted, values)
    if factor == 1:
        return ""
    numbers = np.asarray(values, float)
    farthest = numbers.max() if factor > 1 else numbers.min()
    times, side = (factor, "beyond") if factor > 1 else (1 / factor, "below")
    return f"{written(farthest)}, {number(times)} times {side},"


def bound_note(fitted_tokens: Range, n_tokens: Any) -> Note | None:
    """What to say of bounds on U and N at a corpus size outside the runs of their law; None inside."""
    distance = distance_text(fitted_tokens, n_tokens)
    if not distance:
        return None
    told = f"fitted on {range_text(fitted_tokens, 'tokens')}, so U and N at {distance} are an extrapolation"
    return Note(RANGE, told)


def grouped(laws: Iterable[tuple[str, Note | None]]) -> list[tuple[str, Note]]:
    """(names, note) of pairs (name, note), with the names of one note together; those without a note left out."""
    groups: dict[Note, list[str]] = {}
    for name, note in laws:
        if note is not None:
            groups.setdefault(note, []).append(name)
    return [(", ".join(names), note) for note, names in groups.items()]
