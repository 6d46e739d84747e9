"""Sums over many ranks as integrals: Gauss-Legendre panels, and the weights of the ranks where they begin and end.

    Σ_{r<R} g(r) + Σ_{r≥R} g(r) ≈ Σ_{r<R+5} w_r g(r) + ∫_R g dr,

with Euler and Maclaurin's corrections at R, whose derivatives are central differences over nine ranks: that changes
the weights of those ranks and nothing else.
"""

from __future__ import annotations

import functools
import math

import numpy as np

FIRST_PANEL = 64
"""Ranks below this always stand for themselves."""
STEPS_PER_SCALE = 32
"""Panels begin where p changes by less than 1/32 from one rank to the next (in units of its sharpness)."""
PANEL_WIDTH = 3.0
"""Widest panel, in units of what the function under the integral changes by."""

_NODES = 20

# Weights of ranks R-4 … R+4 at the lower end of a sum: 1/2 g - g'/12 + g'''/720 - g⁽⁵⁾/30240 + g⁽⁷⁾/1209600 at R,
# with nine-point central differences. At the upper end the odd part changes sign.
_ODD = np.array([-252769, 68119, -13221, 1248.5]) / 3628800
_LOWER_END = np.concatenate([-_ODD[::-1], [0.5], _ODD])
UPPER_END = _LOWER_END[::-1]
"""Weights of the nine ranks around the last one of a sum, behind an integral up to it."""


def leading_weights(count: int) -> np.ndarray:
    """Weights of the first `count` terms of a sum whose rest, from the fifth last of them on, is an integral."""
    weights = np.ones(count)
    weights[-9:] = _LOWER_END + np.array([1.0] * 4 + [0.0] * 5)
    return weights


def panels(low: float, high: float, width: float, halvings: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights of ∫ from `low` to `high`, in equal panels no wider than `width`.

    The last panel may be halved again and again towards `high`: where D p is large for every type, only the
    very last ones are missed.
    """
    pieces = math.ceil((high - low) / width)
    if pieces <= 0:
        return np.empty(0), np.empty(0)
    edges = np.linspace(low, high, pieces + 1)
    if halvings:
        last = high - (high - edges[-2]) * 0.5 ** np.arange(1, halvings + 1)
        edges = np.concatenate([edges[:-1], last, [high]])
    node, weight = _legendre()
    centre, half = (edges[1:] + edges[:-1]) / 2, np.diff(edges) / 2
    return (centre[:, None] + half[:, None] * node).ravel(), np.outer(half, weight).ravel()


@functools.cache
def _legendre() -> tuple[np.ndarray, np.ndarray]:
    return np.polynomial.legendre.leggauss(_NODES)
