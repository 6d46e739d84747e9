"""Errors of what was measured on blocks of a test after orders of training: two parts, told apart.

| letter   | is                                                                                              |
|----------|-------------------------------------------------------------------------------------------------|
| y_rb     | what was measured in shuffle r, of R, on block b, of B, so weighted that its mean is the result |
| s_B, s_R | standard deviations of the means of blocks (over shuffles) and of shuffles (over blocks)        |

Blocks and shuffles are crossed. The error of the mean has a part of the test text, s_B/√B, and a part of the training
text, s_R/√R; both hold what only single pairs of a block and a shuffle do, which is counted twice, so that the sum of
their squares is a little large and never small (Owen 2007, section 4, of the pigeonhole bootstrap, has the same sum).
Degrees of freedom are Satterthwaite's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import stdtr, stdtrit


@dataclass(frozen=True)
class Crossed:
    """A mean with the two parts of its error; arrays of one shape."""

    value: Any
    test: Any
    """Standard error by which blocks of the test differ."""
    training: Any
    """Standard error by which orders of the training text differ; NaN where there was one alone."""

    freedom: Any
    """Degrees of freedom of both together."""

    @property
    def error(self) -> Any:
        """The standard error of both together."""
        return np.sqrt(self.test**2 + np.nan_to_num(self.training) ** 2)

    def interval(self, confidence: float = 0.95) -> tuple[Any, Any]:
        """Student's interval (lower, upper)."""
        reach = stdtrit(self.freedom, (1 + confidence) / 2) * self.error
        return self.value - reach, self.value + reach

    def p_not_above(self, limit: float = 0.0) -> Any:
        """One-sided p-value of the mean being at or below `limit`: small where it is above."""
        return stdtr(self.freedom, (limit - self.value) / self.error)


def weighted(losses: np.ndarray, block_units: np.ndarray) -> np.ndarray:
    """y of losses (…, shuffle, size, block): their mean over blocks is that over units, and its error linearised.

    y = L + w_b (x_rb - L), with w_b the units of a block over their mean and L the mean over units and shuffles: the
    usual linearisation of a ratio (Cochran 1977, section 2.11).
    """
    weight = block_units / block_units.mean()
    level = (losses * weight).mean(axis=(-1, -3), keepdims=True)
    return np.asarray(level + weight * (losses - level))


def crossed(values: np.ndarray) -> Crossed:
    """The mean of y (…, shuffle, block) over both, with the parts of its error."""
    n_shuffles, n_blocks = values.shape[-2:]
    test = values.mean(axis=-2).std(axis=-1, ddof=1) / np.sqrt(n_blocks)
    if n_shuffles < 2:
        return Crossed(values.mean(axis=(-2, -1)), test, np.full_like(test, np.nan), np.full_like(test, n_blocks - 1))
    training = values.mean(axis=-1).std(axis=-1, ddof=1) / np.sqrt(n_shuffles)
    parts = test**4 / (n_blocks - 1) + training**4 / (n_shuffles - 1)
    both = (test**2 + training**2) ** 2
    freedom = np.divide(both, parts, out=np.full_like(both, n_blocks - 1), where=parts > 0)
    return Crossed(values.mean(axis=(-2, -1)), test, training, freedom)
