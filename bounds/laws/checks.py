"""What a law and its arguments must be: numbers, positive where the law needs it, of shapes that broadcast.

Every check raises ValueError with one sentence that names the argument or the field, what it got and what is allowed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from bounds.base.one_number import number, quoted
from bounds.base.pointwise import positive, real_array, shown

# Arguments


def positives(**arguments: Any) -> tuple[Any, ...]:
    """The arguments as `as_positive` returns them; raises ValueError where their shapes do not broadcast."""
    values = tuple(as_positive(name, value) for name, value in arguments.items())
    must_broadcast(**arguments)
    return values


def as_positive(name: str, value: Any) -> Any:
    """`value` in floating point, or one sentence where it is not positive and finite; lists become arrays.

    DataArrays lose their attributes.
    """
    value = positive(name, value)
    if isinstance(value, float) or not hasattr(value, "dtype"):
        numbers = real_array(value)
        return numbers if numbers.ndim else float(numbers)
    # Arrays of any library that follows NumPy's stay what they are; whole numbers could leave 64 bits in a product.
    return value if value.dtype == float else value.astype(float)


def must_broadcast(**values: Any) -> None:
    """One sentence where the shapes of `values` do not broadcast; arrays with named dimensions align by themselves."""
    if any(hasattr(value, "dims") for value in values.values()):
        return
    shapes = {name: np.shape(value) for name, value in values.items() if np.ndim(value)}
    try:
        np.broadcast_shapes(*shapes.values())
    except ValueError:
        told = " and ".join(f"{name} of shape {shape}" for name, shape in shapes.items())
        name = next(iter(shapes))
        raise ValueError(f"{told} must broadcast to one shape; add an axis to one, as in {name}[:, None]") from None


def must_exceed(loss: Any, floor: Any, what: str, advice: str) -> None:
    """One sentence where `loss` is not above `floor`, which is `what`."""
    losses, floors = np.broadcast_arrays(loss, floor)
    bad = ~(losses > floors)
    if bad.any():
        found, least = losses[bad].flat[0], floors[bad].flat[0]
        raise ValueError(f"loss must exceed {number(least, 6)}, {what}, got {quoted(found, 6)}; {advice}")


# Fields of a law


_ALLOWED: dict[str, Callable[[Any], Any]] = {
    "finite": np.isfinite,
    "positive": lambda x: (x > 0) & np.isfinite(x),
    # The coefficient of a steep term may pass the largest float in a few of many resamples.
    "of at least 0": lambda x: (x >= 0) & (np.isfinite(x) | (x.ndim > 0)),
}


def check_constants(law: Any, allowed: str, *names: str) -> None:
    """Make the fields of `law` called `names` floats or arrays; one sentence where one is not what is `allowed`."""
    for name in names:
        value = getattr(law, name)
        what = f"{name} of law {shown(law.key)} must be a number that is {allowed}"
        try:
            numbers = real_array(value)
        except (TypeError, ValueError, OverflowError):
            raise ValueError(f"{what}, or an array of them, got {shown(value)}") from None
        bad = ~_ALLOWED[allowed](numbers)
        if bad.any():
            raise ValueError(f"{what}, got {quoted(numbers[bad][0], 6)}")
        # Arrays of any library stay what they are; the field is frozen, hence the way round.
        kept = float(numbers) if not numbers.ndim else value if hasattr(value, "dtype") else numbers
        object.__setattr__(law, name, kept)


def check_range(law: Any, name: str) -> None:
    """One sentence unless the field `name` of `law` is (lower, upper), both of at least 0; upper may be infinite."""
    value = getattr(law, name)
    try:
        low, high = real_array(value)
        good = 0 <= low <= high and np.isfinite(low)
    except (TypeError, ValueError, OverflowError):
        good = False
    if not good:
        raise ValueError(
            f"{name} of law {shown(law.key)} must be a pair (lower, upper) of at least 0, got {shown(value)}"
        )


def check_errors(law: Any) -> None:
    """One sentence unless `standard_errors` of `law` are pairs of the name of a field and a positive number."""
    try:
        good = all(
            name in law.__dataclass_fields__ and 0 < real_array(error) < np.inf for name, error in law.standard_errors
        )
    except (TypeError, ValueError, OverflowError):
        good = False
    if not good:
        raise ValueError(
            f"standard_errors of law {shown(law.key)} must be pairs of the name of a field and a positive number, such "
            f"as ('data_exponent', 0.02), got {shown(law.standard_errors)}"
        )


def checked_covariance(covariance: Any, of: str) -> Any:
    """The 2 by 2 matrix `covariance` of the estimates `of` two numbers; one sentence for what is no covariance."""
    try:
        matrix = real_array(covariance)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"covariance must be a 2 by 2 matrix of numbers, got {shown(covariance)}") from None
    if matrix.shape != (2, 2) or not np.all(np.isfinite(matrix)) or not np.allclose(matrix, matrix.T):
        raise ValueError(f"covariance must be a symmetric 2 by 2 matrix of {of}, got {shown(covariance)}")
    if np.linalg.eigvalsh(matrix).min() < -1e-9 * np.trace(matrix):
        raise ValueError(f"covariance must be positive semi-definite, got {shown(covariance)}")
    return matrix
