"""Functions of numbers of draws made functions of arrays: whole numbers from 0 to 2^63; at 0 a value of their own."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from bounds.base.one_number import number, quoted
from bounds.base.pointwise import broadcast, labelled, real_array, shown
from bounds.base.quantities import MAX_COUNT


def at_draws(
    function: Callable[..., Any], *arrays: Any, at_zero: float, multiplicity: Any = None, name: str = "n_draws"
) -> Any:
    """`function` of flat arrays of positive draws (and multiplicities); zero draws, called `name`, give `at_zero`.

    DataArrays keep their labels, but not their attributes: what was in draws gives sequences.
    """
    draws = len(arrays)
    arguments = arrays if multiplicity is None else (*arrays, multiplicity)

    def flat(*values: Any) -> Any:
        checked = [_whole(name, value, 0, MAX_COUNT, "2^63") for value in values[:draws]]
        checked += [_whole("multiplicity", value, 1, math.inf, "") for value in values[draws:]]
        points = broadcast(*checked)
        result = np.full(points[0].shape, float(at_zero))
        some = np.logical_and.reduce([point > 0 for point in points])
        if some.any():
            result[some] = function(*(point[some] for point in points))
        return result[()]

    return labelled(flat, *arguments)


def _whole(name: str, value: Any, low: float, high: float, high_text: str) -> Any:
    """`value` as floats, or one sentence about the first number that is not whole or out of range."""
    try:
        array = real_array(value)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{name} must be a whole number or an array of them, got {shown(value)}") from None
    with np.errstate(invalid="ignore"):
        bad = ~((array >= low) & (array <= high) & (array == np.floor(array)) & np.isfinite(array))
    if bad.any():
        allowed = f"between {number(low)} and {high_text}" if high_text else f"of at least {number(low)}"
        raise ValueError(f"{name} must be a whole number {allowed}, got {quoted(array[bad].flat[0], 17)}")
    return array
