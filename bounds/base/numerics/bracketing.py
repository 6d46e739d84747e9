"""Roots of many increasing functions at once, each between two points known to hold it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

_MOST_STEPS = 400
_ROUNDING = 2.0**-52


def increasing_root(function: Callable[[Any], Any], low: Any, high: Any) -> Any:
    """x with function(x) = 0, for function(low) ≤ 0 ≤ function(high), to rounding; arrays of one shape.

    Inverse quadratic interpolation where it can be trusted and bisection elsewhere: the method of Chandrupatla
    1997 (Advances in Engineering Software 28, 145). `function` takes all points at once, and its values are finite.
    """
    a, b = (np.array(end, float) for end in np.broadcast_arrays(low, high))
    f_a, f_b = function(a), function(b)
    c, f_c = a, f_a
    share = np.full(a.shape, 0.5)
    for _ in range(_MOST_STEPS):
        x = a + share * (b - a)
        f_x = function(x)
        # The newest point becomes a; b is the older one across the root, c the one that drops out.
        same = np.sign(f_x) == np.sign(f_a)
        c, f_c = np.where(same, a, b), np.where(same, f_a, f_b)
        b, f_b = np.where(same, b, a), np.where(same, f_b, f_a)
        a, f_a = x, f_x
        nearest = np.where(np.abs(f_a) < np.abs(f_b), a, b)
        width = np.abs(b - a)
        least = _ROUNDING * np.abs(nearest) + 1e-300
        if np.all((width <= 2 * least) | (f_a == 0) | (f_b == 0)):
            break
        share = _next_share(a, b, c, f_a, f_b, f_c)
        edge = np.minimum(least / np.maximum(width, least), 0.5)
        share = np.clip(share, edge, 1 - edge)
    return nearest


def _next_share(a: Any, b: Any, c: Any, f_a: Any, f_b: Any, f_c: Any) -> Any:
    """Where between a and b to look next: by interpolation if the three points lie on a tame curve."""
    with np.errstate(all="ignore"):
        place, height = (a - b) / (c - b), (f_a - f_b) / (f_c - f_b)
        tame = (height**2 < place) & ((1 - height) ** 2 < 1 - place)
        inverse = f_a / (f_b - f_a) * f_c / (f_b - f_c)
        inverse = inverse + (c - a) / (b - a) * f_a / (f_c - f_a) * f_b / (f_c - f_b)
    return np.where(tame & np.isfinite(inverse), inverse, 0.5)
