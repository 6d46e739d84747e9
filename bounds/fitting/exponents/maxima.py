"""The largest value of many functions of one variable at once: Brent's method in step, one function a row.

The steps are those of ``scipy.optimize.minimize_scalar(method="bounded")`` (Brent 1973, chapter 5; Forsythe, Malcolm &
Moler 1977, fmin), so that a row ends where `growth_models.highest` would end with its function alone. Rows that have
come to an end are not evaluated again.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from bounds.base.numerics.searching import GOLDEN, ROOT_EPSILON

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

_MOST_STEPS = 500


def highest_of_each(
    function: Callable[[Rows, Floats], Floats], low: float, high: float, count: int, tolerance: float
) -> tuple[Floats, Floats]:
    """Where each of `count` functions is largest between `low` and `high`, and its value there.

    ``function(rows, x)`` gives the values of the functions with the numbers `rows` at `x`, both of one shape.
    """
    rows = np.arange(count)
    found, top = np.empty(count), np.empty(count)
    start = np.full(count, low + GOLDEN * (high - low))
    value = -function(rows, start)
    # Columns: ends of the bracket; best, second and third point and their values; this step and the one before.
    state = np.stack([np.full(count, low), np.full(count, high), start, start, start, value, value, value,
                      np.zeros(count), np.zeros(count)])  # fmt: skip
    for _ in range(_MOST_STEPS):
        a, b, x = state[:3]
        near = ROOT_EPSILON * np.abs(x) + tolerance / 3.0
        going = np.abs(x - 0.5 * (a + b)) > 2.0 * near - 0.5 * (b - a)
        if not going.all():
            found[rows], top[rows] = x, -state[5]
            rows, state, near = rows[going], state[:, going], near[going]
            if not len(rows):
                break
        trial, state[8], state[9] = _trial(state, near)
        state[:8] = _narrowed(state, trial, -function(rows, trial))
    found[rows], top[rows] = state[2], -state[5]
    return found, top


def _trial(state: Floats, near: Floats) -> tuple[Floats, Floats, Floats]:
    """The next point of each row, its step and the step before: to the top of a parabola, or a golden section."""
    a, b, x, second, third, value, value_2, value_3, step, before = state
    middle = 0.5 * (a + b)
    r = (x - second) * (value - value_3)
    q = (x - third) * (value - value_2)
    p = (x - third) * q - (x - second) * r
    q = 2.0 * (q - r)
    p, q = np.where(q > 0.0, -p, p), np.abs(q)
    far = np.abs(before) > near
    good = far & (np.abs(p) < np.abs(0.5 * q * before)) & (p > q * (a - x)) & (p < q * (b - x))
    parabola = p / np.where(good, q, 1.0)
    at_end = (x + parabola - a < 2.0 * near) | (b - (x + parabola) < 2.0 * near)
    parabola = np.where(at_end, near * np.where(middle >= x, 1.0, -1.0), parabola)
    section = np.where(x >= middle, a - x, b - x)
    before, step = np.where(good, step, section), np.where(good, parabola, GOLDEN * section)
    trial = x + np.where(step >= 0, 1.0, -1.0) * np.maximum(np.abs(step), near)
    return trial, step, before


def _narrowed(state: Floats, trial: Floats, new: Floats) -> Floats:
    """Bracket, points and values after the trial point `trial` with the value `new`."""
    a, b, x, second, third, value, value_2, value_3 = state[:8]
    lower, right = new <= value, trial >= x
    a, b = (
        np.where(lower, np.where(right, x, a), np.where(trial < x, trial, a)),
        np.where(lower, np.where(right, b, x), np.where(trial < x, b, trial)),
    )
    to_second = ~lower & ((new <= value_2) | (second == x))
    to_third = ~lower & ~to_second & ((new <= value_3) | (third == x) | (third == second))
    moved = lower | to_second
    return np.stack([
        a, b, np.where(lower, trial, x), np.where(lower, x, np.where(to_second, trial, second)),
        np.where(moved, second, np.where(to_third, trial, third)),
        np.where(lower, new, value), np.where(lower, value, np.where(to_second, new, value_2)),
        np.where(moved, value_2, np.where(to_third, new, value_3)),
    ])  # fmt: skip
