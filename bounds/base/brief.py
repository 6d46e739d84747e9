"""Values as a reader of a Python prompt likes them: six digits, no types of NumPy, long arrays by their shape."""

from __future__ import annotations

from dataclasses import MISSING, Field, fields
from typing import Any

import numpy as np

_LISTED = 6
"""Longest array whose numbers are written one by one."""


def brief(value: Any) -> str:
    """`value` in few letters: 0.44, (0.44, 0.58, 0.72), [1, 2, 3], or "array (32, 25) from 1 to 9e+06"."""
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and not value.ndim):
        value = value.item()
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, np.ndarray):
        if value.ndim == 1 and value.size <= _LISTED:
            return f"[{', '.join(map(brief, value))}]"
        span = f" from {brief(value.min())} to {brief(value.max())}" if value.size and value.dtype.kind in "iuf" else ""
        return f"array {value.shape}{span}"
    if type(value) is tuple:
        return f"({', '.join(map(brief, value))}{',' * (len(value) == 1)})"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{brief(key)}: {brief(one)}' for key, one in value.items())}}}"
    return repr(value)


def brief_pair(lower: Any, upper: Any) -> str:
    """Two numbers with a comma between them, with all their digits where six do not tell them apart."""
    low, high = brief(lower), brief(upper)
    if low == high and np.ndim(lower) == np.ndim(upper) == 0 and lower != upper:
        low, high = (repr(float(end)) for end in (lower, upper))
    return f"{low}, {high}"


def brief_fields(self: Any) -> str:
    """The ``__repr__`` of a dataclass: its fields by name, but for those that are at their default or left out."""
    given = [f"{field.name}={brief(getattr(self, field.name))}" for field in given_fields(self)]
    return f"{type(self).__name__}({', '.join(given)})"


def given_fields(self: Any) -> list[Field[Any]]:
    """The fields of a dataclass that its ``repr`` shows."""
    found = []
    for field in fields(self):
        value = getattr(self, field.name)
        default = field.default is not MISSING and type(value) is type(field.default) and value == field.default
        if field.repr and not default:
            found.append(field)
    return found
