"""The largest value and the root of a function of one variable, by Brent's methods, one point at a time.

Both go the steps of `scipy.optimize`, ``minimize_scalar(method="bounded")`` and ``brentq``, and end at the same numbers
to the last bit where no processor fuses a product and a sum: loading that package takes a third of a second, which is
long beside what most commands look for. `bounds.fitting.exponents.maxima` has the first for many functions at once.

Brent 1973, Algorithms for Minimization without Derivatives, chapters 4 and 5; Forsythe, Malcolm & Moler 1977, fmin.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

GOLDEN = 0.5 * (3.0 - np.sqrt(5.0))
ROOT_EPSILON = np.sqrt(2.2e-16)
_MOST_VALUES = 500
_MOST_STEPS = 100
_RELATIVE = 4 * 2.0**-52


def largest(function: Callable[[float], float], low: float, high: float, tolerance: float) -> tuple[float, float]:
    """Where `function` is largest between `low` and `high`, to `tolerance`, and its value there.

    A maximum of several, where there are several; the ends themselves are not looked at.
    """
    a, b = low, high
    x = second = third = a + GOLDEN * (b - a)
    value = value_2 = value_3 = -function(x)
    step = before = 0.0
    for _ in range(_MOST_VALUES - 1):
        middle = 0.5 * (a + b)
        near = ROOT_EPSILON * abs(x) + tolerance / 3.0
        if not abs(x - middle) > 2.0 * near - 0.5 * (b - a):
            break
        parabola = False
        if abs(before) > near:
            r, q = (x - second) * (value - value_3), (x - third) * (value - value_2)
            p, q = (x - third) * q - (x - second) * r, 2.0 * (q - r)
            p, q = (-p if q > 0.0 else p), abs(q)
            r, before = before, step
            parabola = bool(abs(p) < abs(0.5 * q * r) and p > q * (a - x) and p < q * (b - x))
            if parabola:
                step = p / q
                if x + step - a < 2.0 * near or b - (x + step) < 2.0 * near:
                    step = near if middle >= x else -near
        if not parabola:
            before = a - x if x >= middle else b - x
            step = GOLDEN * before
        trial = x + (1.0 if step >= 0 else -1.0) * max(abs(step), near)
        new = -function(trial)
        if new <= value:
            a, b = (x, b) if trial >= x else (a, x)
            third, value_3, second, value_2, x, value = second, value_2, x, value, trial, new
            continue
        a, b = (trial, b) if trial < x else (a, trial)
        if new <= value_2 or second == x:
            third, value_3, second, value_2 = second, value_2, trial, new
        elif new <= value_3 or third in (x, second):
            third, value_3 = trial, new
    return float(x), float(-value)


def root(function: Callable[[float], float], low: float, high: float, tolerance: float) -> float:
    """A root of `function` between `low` and `high`, to `tolerance`; ValueError unless its signs there differ."""
    before, x = low, high
    f_before, f = float(function(before)), float(function(x))
    if f_before == 0:
        return before
    if f == 0:
        return x
    if (f_before < 0) == (f < 0):
        raise ValueError(f"a root lies between values of two signs, got {f_before:g} and {f:g}")
    across, f_across, step_before, step = before, f_before, x - before, x - before
    for _ in range(_MOST_STEPS):
        if f_before != 0 and f != 0 and (f_before < 0) != (f < 0):
            across, f_across, step_before, step = before, f_before, x - before, x - before
        if abs(f_across) < abs(f):
            before, x, across = x, across, x
            f_before, f, f_across = f, f_across, f
        near, half = (tolerance + _RELATIVE * abs(x)) / 2, (across - x) / 2
        if f == 0 or abs(half) < near:
            return x
        reach, newest = step_before, step
        step_before = step = half
        if abs(reach) > near and abs(f) < abs(f_before):
            if before == across:
                guess = -f * (x - before) / (f - f_before)
            else:
                rise, rise_across = (f_before - f) / (before - x), (f_across - f) / (across - x)
                guess = -f * (f_across * rise_across - f_before * rise) / (rise_across * rise * (f_across - f_before))
            if 2 * abs(guess) < min(abs(reach), 3 * abs(half) - near):
                step_before, step = newest, guess
        before, f_before = x, f
        x += step if abs(step) > near else near if half > 0 else -near
        f = float(function(x))
    raise ValueError(f"no root was found in {_MOST_STEPS} steps between {low:g} and {high:g}")
