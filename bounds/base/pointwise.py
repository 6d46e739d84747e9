"""Functions of numbers made functions of arrays: arguments checked, broadcast, and DataArrays given back as such.

Inner code sees flat arrays of floats of one length and trusts them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from numbers import Real
from typing import Any

import numpy as np

from bounds.base.one_number import number, quoted, shown


def pointwise(function: Callable[..., Any], *values: Any) -> Any:
    """`function` of the broadcast `values` as flat arrays, in their common shape; a number for numbers.

    DataArrays keep their labels, but not their attributes: the result has a unit of its own. xarray is used where the
    caller has loaded it.
    """

    def flat(*arrays: Any) -> Any:
        points = broadcast(*(np.asarray(array, float) for array in arrays))
        result = np.empty(points[0].shape)
        if result.size:
            result[...] = np.reshape(function(*(point.ravel() for point in points)), result.shape)
        return result[()]

    return labelled(flat, *values)


def labelled(flat: Callable[..., Any], *values: Any) -> Any:
    """`flat` of arrays, applied to `values` of which some may be DataArrays; one number is one of Python's."""
    xarray = sys.modules.get("xarray")
    if xarray is not None and any(isinstance(value, xarray.DataArray) for value in values):
        return xarray.apply_ufunc(flat, *values, dask="parallelized", output_dtypes=[float], keep_attrs=False)
    result = flat(*values)
    return result.item() if isinstance(result, np.generic) else result


def broadcast(*arrays: Any) -> Any:
    """The arrays in their common shape; raises ValueError where they have none."""
    try:
        return np.broadcast_arrays(*arrays)
    except ValueError:
        shapes = " and ".join(str(np.shape(array)) for array in arrays if np.ndim(array))
        raise ValueError(f"array arguments must have shapes that broadcast to one, got {shapes}") from None


def real_array(value: Any) -> Any:
    """`value` as an array of floats; raises TypeError where it holds anything but real numbers."""
    if isinstance(value, np.ma.MaskedArray) and np.ma.is_masked(value):
        raise TypeError("masked")
    array = np.asarray(value)
    if array.dtype.kind == "O" and not all(isinstance(x, Real) and not isinstance(x, bool) for x in array.flat):
        raise TypeError("not numbers")
    if array.dtype.kind not in "iufO":
        raise TypeError("not numbers")
    with np.errstate(over="ignore"):  # what is too large for a float is infinite
        return array.astype(float)


def flag(name: str, value: Any) -> bool:
    """`value` as a bool; raises ValueError where it is anything else."""
    if not isinstance(value, bool | np.bool_):
        raise ValueError(f"{name} must be True or False, got {shown(value)}")
    return bool(value)


def checked(name: str, value: Any, inside: Callable[[Any], Any], allowed: str, *, whole: bool = False) -> Any:
    """`value` where all of it is numbers that are finite and `inside`, whole ones where asked; without attributes.

    Raises ValueError: `name` must be `allowed`, and the first number that is not.
    """
    try:
        array = real_array(value)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{name} must be {allowed}, or an array of such numbers, got {shown(value)}") from None
    with np.errstate(invalid="ignore"):
        good = np.isfinite(array) & inside(array)
        if whole:
            good = good & (array == np.floor(array))
    if not good.all():
        among = f" in an array of shape {array.shape}" if array.ndim else ""
        raise ValueError(f"{name} must be {allowed}, got {quoted(array[~good].flat[0], 17)}{among}")
    return array if isinstance(value, list | tuple) else without_attributes(value)


def without_attributes(value: Any) -> Any:
    """A DataArray without its attributes, which name the unit of what comes in and not of what comes out."""
    xarray = sys.modules.get("xarray")
    if xarray is None or not isinstance(value, xarray.DataArray) or not value.attrs:
        return value
    bare = value.copy(deep=False)
    bare.attrs = {}
    return bare


def single(name: str, value: Any) -> float:
    """`value` as a float; raises ValueError for an array of more or fewer than one number, and for other things."""
    try:
        array = real_array(value)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{name} must be one number, got {shown(value)}") from None
    if array.ndim:
        raise ValueError(f"{name} must be one number, got an array of shape {array.shape}; call once for each")
    return float(array)


def within_floats(what: str, advice: str, function: Callable[..., Any], *values: Any) -> Any:
    """``function(*values)``; raises ValueError with `advice` where `what`, as it is called, is beyond all floats."""
    with np.errstate(over="ignore"):
        result = function(*values)
    if not np.all(np.isfinite(result)):
        raise ValueError(f"{what} would be above {number(sys.float_info.max)}, the largest number there is; {advice}")
    return result


def nonnegative(name: str, value: Any) -> Any:
    """`value`, checked to be finite and at least 0."""
    return checked(name, value, lambda x: x >= 0, "a finite number of at least 0")


def positive(name: str, value: Any) -> Any:
    """`value`, checked to be finite and above 0."""
    return checked(name, value, lambda x: x > 0, "positive and finite")


def probability(name: str, value: Any) -> Any:
    """`value`, checked to lie between 0 and 1, both allowed."""
    return checked(name, value, lambda x: (x >= 0) & (x <= 1), "a probability between 0 and 1")
