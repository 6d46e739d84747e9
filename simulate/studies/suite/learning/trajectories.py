"""Whether a perplexity increases, decreases or stagnates over training, as Xia et al. 2022 define it.

| class     | is a trajectory of perplexity y over the steps t                                                    |
|-----------|-----------------------------------------------------------------------------------------------------|
| increases | slope of y on ln t above 0, p < 0.05                                                                |
| decreases | slope of y on ln t below 0, p < 0.05                                                                |
| stagnates | slope not significant, mean within 5 % of the first and of the last value, variance below the mean  |
| other     | none of these                                                                                       |

The slope is that of least squares, its p-value that of a two-sided t test; a step of 0 has no logarithm and is left
out. (Xia et al., arXiv:2212.09803, section 4.)
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

CLASSES = ("increases", "decreases", "stagnates", "other")
INCREASES, DECREASES, STAGNATES, OTHER = range(4)

SIGNIFICANT, NEAR = 0.05, 0.05
FEWEST = 3
"""Steps of which a slope can be tested."""


def can_classify(steps: ArrayLike) -> bool:
    """Whether there are steps enough for a slope."""
    return int(np.count_nonzero(steps)) >= FEWEST


def classify_trajectories(perplexity: ArrayLike, steps: ArrayLike) -> np.ndarray:
    """Number in `CLASSES` of each trajectory: `perplexity` of shape (step, ...), `steps` of shape (step,).

    Raises ValueError unless there are three steps above 0 in ascending order and all perplexities are finite.
    """
    t, values = np.asarray(steps, float), np.asarray(perplexity, float)
    values, t = values[t > 0], t[t > 0]
    if len(t) < FEWEST or np.any(np.diff(t) <= 0):
        raise ValueError(f"steps must be {FEWEST} or more above 0 in ascending order, got {len(t)}; add checkpoints")
    if not np.all(np.isfinite(values)):
        raise ValueError("perplexity must be finite; leave out steps at which it was not measured")
    shape, values = values.shape[1:], values.reshape(len(t), -1)
    found = np.full(values.shape[1], STAGNATES)
    moving = np.flatnonzero((values != values[0]).any(axis=0))
    if len(moving):
        found[moving] = _classes(values[:, moving], np.log(t))
    return found.reshape(shape)


def _classes(values: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Classes of trajectories, shape (step, trajectory), that are not constant."""
    mean = values.mean(axis=0)
    away, centred = x - x.mean(), values - mean
    spread, total = away @ away, (centred**2).sum(axis=0)
    slope = away @ centred / spread
    dof = len(x) - 2
    # Of a perfect line nothing is left but rounding.
    left = np.maximum(total - slope**2 * spread, 1e-30 * total)
    t_value = slope / np.sqrt(left / (dof * spread))
    p_value = 2 * special.stdtr(dof, -np.abs(t_value))
    found = np.full(values.shape[1], OTHER)
    near = [np.abs(mean - end) <= NEAR * np.abs(end) for end in (values[0], values[-1])]
    found[near[0] & near[1] & (total / len(x) < mean)] = STAGNATES
    significant = p_value < SIGNIFICANT
    found[significant & (slope > 0)] = INCREASES
    found[significant & (slope < 0)] = DECREASES
    return found
