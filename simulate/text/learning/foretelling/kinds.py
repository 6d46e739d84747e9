"""The kind of a loss curve, from its own gains alone: what decides whose record is asked for.

| letter | is                                                                                              |
|--------|-------------------------------------------------------------------------------------------------|
| Δ_i    | what the i-th of the last m doublings took off the loss, nats per unit; m five, or four          |
| g      | their mean                                                                                      |
| s      | slope of the line through them, in parts of g a doubling                                        |
| r      | root mean square of what is left of that line, m - 2 degrees of freedom, in parts of g          |

**Jumping** where some Δ_i is not above 0, or r > 1/4; else **flattening** where s < -.1 (L is convex in ln D; of a
power law E + B D^-β, β above .145), **steepening** where s > .1 (concave), **straight** between. The limits were set
before any error was sorted by them (docs/loss.md).
"""

from __future__ import annotations

import numpy as np

from simulate.text.learning.shrinking import DOUBLINGS, LEAST_DOUBLINGS

KINDS = ("flattening", "straight", "steepening", "jumping")
BENDS, JUMPS = 0.1, 0.25


def kind_of(losses: np.ndarray) -> str | None:
    """The kind of losses (size) after parts that double; None where the doublings are too few to tell."""
    gains = -np.diff(losses)[-DOUBLINGS:]
    m = len(gains)
    if m < LEAST_DOUBLINGS:
        return None
    mean = float(gains.mean())
    if (gains <= 0).any():
        return "jumping"
    steps = np.arange(m) - (m - 1) / 2
    slope = float(steps @ gains / (steps @ steps))
    left = float(np.sqrt(((gains - mean - slope * steps) ** 2).sum() / (m - 2)))
    if left > JUMPS * mean:
        return "jumping"
    return "flattening" if slope < -BENDS * mean else "steepening" if slope > BENDS * mean else "straight"
