"""A rival of loss from counts: the predictive contribution spectrum of Song et al. 2026, made predictive.

| letter    | is                                                                                            |
|-----------|-----------------------------------------------------------------------------------------------|
| q, p_q    | a state of the suffix automaton of the text, and the distribution of the units that follow it |
| m_q, p    | the share of the text's units that follow q, and the distribution of all units                |
| c_q       | m_q KL(p_q ‖ p), what q contributes; c_(r) the r-th largest                                   |
| R(K)      | Σ_{r > K} c_(r) / Σ_r c_(r), what the K largest leave                                         |
| K(N)      | the rank to which N units of training have come: K_0 (N/D_0)^b                                |

Song, Ji, Li, Cheng & Huang (arXiv:2605.20196) match the excess loss after N units with R(K(N)) and find ln K nearly
linear in ln N. Known of them here is the abstract alone, which has no formula and looks back: that counts are raw, that
R(0) = 1, and the law

    L(N) = E + A R(K_0 (N/D_0)^b),    E, A ≥ 0, 1 ≤ K_0 ≤ all states, .05 ≤ b ≤ 4,

fitted by least squares to the losses up to D_0 and read at D, are this project's. docs/loss.md has protocol and record.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from simulate.text.learning.foretelling.automaton import Automaton, automaton_of
from simulate.text.reading.room import require

MOST_UNITS = 1 << 23
"""Of a text whose automaton is built; what is beyond adds no states."""

LEAST_SIZES = 5
"""Of losses that four constants are fitted to."""

KNOTS = 256
_GROWTH = (0.05, 4.0)
_ZOOMS = 16


@dataclass(frozen=True, eq=False)
class Tail:
    """R between ranks, straight in ln K; below the first rank straight in K, beyond the last 0."""

    ranks: np.ndarray
    """Ascending from 1 to the number of states that contribute, float64."""
    left: np.ndarray
    """R at each."""

    def __call__(self, rank: np.ndarray) -> np.ndarray:
        """R(K) of ranks of any shape."""
        inside = np.interp(np.log(np.maximum(rank, 1.0)), np.log(self.ranks), self.left, right=0.0)
        return np.where(rank < 1, 1 - np.maximum(rank, 0) * (1 - self.left[0]), inside)


def contributions(automaton: Automaton) -> np.ndarray:
    """c_q of every state, nats a unit of the text; of the root, and of states that nothing follows, 0."""
    n = len(automaton.counts)
    require(8 * (3 * len(automaton.origins) + 2 * n))
    times = automaton.counts[automaton.targets].astype(float)
    after = np.bincount(automaton.origins, times, minlength=n)
    root = automaton.origins == 0
    whole = np.zeros(int(automaton.units.max()) + 1)
    whole[automaton.units[root]] = times[root]
    n_units = whole.sum()
    ratio = times / after[automaton.origins] / (whole[automaton.units] / n_units)
    return np.asarray(np.bincount(automaton.origins, times * np.log(ratio), minlength=n) / n_units)


def tail_of(ids: np.ndarray, first: np.ndarray) -> Tail:
    """R of the units `ids` of streams that begin where `first` is 1, of the first `MOST_UNITS` of them."""
    found = contributions(automaton_of(ids[:MOST_UNITS], first[:MOST_UNITS]))
    found = np.sort(found[found > 0])[::-1]
    if not len(found):  # one unit alone, again and again: nothing is to be foretold
        return Tail(np.ones(1), np.zeros(1))
    ranks = np.unique(np.geomspace(1, len(found), KNOTS).round().astype(np.int64))
    covered = np.cumsum(found)
    return Tail(ranks.astype(float), 1 - covered[ranks - 1] / covered[-1])


def spectrum_law(n_train: np.ndarray, losses: np.ndarray, tail: Tail, at: float) -> float:
    """L at `at` of the law above through `losses` (size); NaN where there are fewer than `LEAST_SIZES` of them."""
    if len(n_train) < LEAST_SIZES:
        return math.nan
    times = np.log(n_train / n_train[-1])
    # ln K_0 and ln b: the best of a grid, and of finer ones about it
    ends = np.array([[0.0, math.log(tail.ranks[-1])], np.log(_GROWTH)])
    limits = ends.copy()
    for _ in range(_ZOOMS):
        start, growth = (
            axis.ravel() for axis in np.meshgrid(*(np.linspace(lower, upper, 61) for lower, upper in ends.tolist()))
        )
        misfit, floor, scale = _levels(tail(np.exp(start[:, None] + np.exp(growth)[:, None] * times)), losses)
        best = int(np.argmin(misfit))
        width = np.diff(ends)[:, 0] / 5
        middle = np.array([start[best], growth[best]])
        ends = np.clip(np.stack([middle - width, middle + width], axis=1), limits[:, :1], limits[:, 1:])
    reached = math.exp(start[best] + math.exp(growth[best]) * math.log(at / n_train[-1]))
    return float(floor[best] + scale[best] * tail(np.array(reached)))


def _levels(left: np.ndarray, losses: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Squares that E and A, none below 0, leave of `losses` (size) for each row of R (law, size), and these two."""
    mean, middle = losses.mean(), left.mean(axis=1)
    away = left - middle[:, None]
    square = (away**2).sum(axis=1)
    scale = np.divide(away @ (losses - mean), square, out=np.zeros_like(square), where=square > 0)
    scale = np.maximum(scale, 0.0)
    floor = mean - scale * middle
    through = (left**2).sum(axis=1)
    alone = np.divide(left @ losses, through, out=np.zeros_like(through), where=through > 0)
    scale, floor = np.where(floor < 0, np.maximum(alone, 0.0), scale), np.maximum(floor, 0.0)
    return ((floor[:, None] + scale[:, None] * left - losses) ** 2).sum(axis=1), floor, scale
