"""Functions of numbers made functions of arrays: arguments checked, broadcast, and DataArrays given back as such.

Inner code sees flat arrays of floats of one length and trusts them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np


def pointwise(function: Callable[..., Any], *values: Any) -> Any:
    """`function` of the broadcast `values` as flat arrays, in their common shape; a number for numbers.

    DataArrays keep their labels; xarray is used where the caller has loaded it.
    """

    def flat(*arrays: Any) -> Any:
        points = np.broadcast_arrays(*(np.asarray(array, float) for array in arrays))
        result = np.empty(points[0].shape)
        if result.size:
            result[...] = np.reshape(function(*(point.ravel() for point in points)), result.shape)
        return result[()]

    xarray = sys.modules.get("xarray")
    if xarray is not None and any(isinstance(value, xarray.DataArray) for value in values):
        return xarray.apply_ufunc(flat, *values, dask="parallelized", output_dtypes=[float])
    return flat(*values)


def checked(name: str, value: Any, inside: Callable[[Any], Any], allowed: str, *, whole: bool = False) -> Any:
    """`value` itself where all of it is numbers that are finite and `inside`, whole ones where asked.

    Raises ValueError: `name` must be `allowed`, and the first number that is not.
    """
    try:
        array = np.asarray(value)
        if array.dtype.kind not in "iufO":
            raise TypeError
        array = array.astype(float)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{name} must be {allowed}, or an array of such numbers, got {value!r}") from None
    with np.errstate(invalid="ignore"):
        good = np.isfinite(array) & inside(array)
        if whole:
            good = good & (array == np.floor(array))
    if not good.all():
        raise ValueError(f"{name} must be {allowed}, got {array[~good].flat[0]:.17g}")
    return array if isinstance(value, list | tuple) else value


def single(name: str, value: Any) -> float:
    """`value` as a float; raises ValueError for an array of more or fewer than one number."""
    if np.ndim(value):
        raise ValueError(f"{name} must be one number, got an array of shape {np.shape(value)}; call once for each")
    return float(value)


def nonnegative(name: str, value: Any) -> Any:
    """`value`, checked to be finite and at least 0."""
    return checked(name, value, lambda x: x >= 0, "a finite number of at least 0")


def positive(name: str, value: Any) -> Any:
    """`value`, checked to be finite and above 0."""
    return checked(name, value, lambda x: x > 0, "positive and finite")


def probability(name: str, value: Any) -> Any:
    """`value`, checked to lie between 0 and 1, both allowed."""
    return checked(name, value, lambda x: (x >= 0) & (x <= 1), "a probability between 0 and 1")
