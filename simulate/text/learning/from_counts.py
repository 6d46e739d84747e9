"""Experimental: the loss after more text, from counting that text and learning from a part of it.

| letter | is                                                                                             |
|--------|------------------------------------------------------------------------------------------------|
| D_0, D | units that a learner was taught, and units of the text that was counted                         |
| π_j(D) | share of held-out units of which j with those before, and no more, are in D units (6 and more)  |
| l_j    | mean cost of such a unit to the learner that was taught D_0 units                               |
| s_j    | what ln D adds to it, learnt from other texts (`slopes`)                                        |

    L(D) = Σ_j π_j(D) [l_j(D_0) + s_j ln(D/D_0)]

π_j(D) must have been counted: what the formula makes of counts that were extrapolated was not tried, and they are not
taken. The three rivals here know the losses up to D_0 alone. docs/loss.md has the protocol and the record.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import stdtrit

from simulate.text.learning.slopes import RECORD, SLOPES, TEXTS

LAST_SIZES = 5
"""Sizes of the rivals that do not use all."""

_EXPONENTS = (0.01, 2.0)


class Classes(NamedTuple):
    """A text by the lengths of matches: sizes (size), shares π and mean costs l (size, j), NaN where there is none."""

    n_train: np.ndarray
    share: np.ndarray
    loss: np.ndarray


def learnt_slopes(texts: Sequence[Classes], last: int = 6) -> np.ndarray:
    """s_j, (j): slopes of l_j on ln D over the `last` sizes, an intercept for each text, weighted by π_j; or 0."""
    n_classes = texts[0].share.shape[1]
    above, below = np.zeros(n_classes), np.zeros(n_classes)
    for n_train, share, loss in texts:
        log = np.log(n_train[-last:])
        for j in range(n_classes):
            weight, cost = share[-last:, j], loss[-last:, j]
            there = (weight > 0) & np.isfinite(cost)
            if there.sum() < 2:
                continue
            w, x, y = weight[there], log[there], cost[there]
            x = x - np.average(x, weights=w)
            above[j] += float(w @ (x * (y - np.average(y, weights=w))))
            below[j] += float(w @ x**2)
    return np.divide(above, below, out=np.zeros(n_classes), where=below > 0)


def from_counts(share: np.ndarray, loss: np.ndarray, slopes: np.ndarray, n_taught: int, n_counted: int) -> float:
    """L(D) of the shares (j) counted in `n_counted` units, by the costs (j) of a learner of `n_taught`.

    A class without a cost takes that of the nearest shorter match that has one, or of the nearest longer. ValueError
    where the shares are not those of units that were counted: each from 0 to 1, and one together.
    """
    if not (np.isfinite(share).all() and (share >= 0).all() and abs(share.sum() - 1) < 1e-6):
        raise ValueError(f"shares must be counted, each from 0 to 1 and 1 together, got a sum of {share.sum():.4g}")
    if n_counted < n_taught:
        raise ValueError(f"the text counted must hold that taught, got {n_counted} and {n_taught} units")
    there = np.flatnonzero(np.isfinite(loss))
    nearest = [there[there <= j][-1] if (there <= j).any() else there[0] for j in range(len(loss))]
    return float(share @ (loss[nearest] + slopes * np.log(n_counted / n_taught)))


def power_law(n_train: np.ndarray, losses: np.ndarray, at: float) -> float:
    """E + B D^-β at `at` by least squares, with E from 0 on and β from .01 to 2."""

    def fit(beta: float) -> tuple[float, np.ndarray]:
        power = (n_train / n_train[-1]) ** -beta
        columns = np.stack([np.ones_like(power), power], axis=1)
        found = np.linalg.lstsq(columns, losses, rcond=None)[0]
        if found[0] < 0:
            found = np.array([0.0, losses @ power / (power @ power)])
        return float(((columns @ found - losses) ** 2).sum()), found

    grid = np.geomspace(*_EXPONENTS, 60)
    best = int(np.argmin([fit(beta)[0] for beta in grid]))
    bounds = (grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)])
    beta = float(minimize_scalar(lambda one: fit(one)[0], bounds=bounds, method="bounded").x)
    floor, scale = fit(beta)[1]
    return float(floor + scale * (at / n_train[-1]) ** -beta)


def straight_line(n_train: np.ndarray, losses: np.ndarray, at: float) -> float:
    """a + b ln D at `at` by least squares."""
    slope, level = np.polyfit(np.log(n_train), losses, 1)
    return float(level + slope * np.log(at))


def rivals(n_train: np.ndarray, losses: np.ndarray, at: float) -> dict[str, float]:
    """What losses alone say of `at`: power laws through all sizes and the last five, the line through the last five."""
    last = slice(-LAST_SIZES, None)
    return {
        "power-law-all": power_law(n_train, losses, at),
        "power-law-last": power_law(n_train[last], losses[last], at),
        "log-linear": straight_line(n_train[last], losses[last], at),
    }


class Foretold(NamedTuple):
    """What was said of one size: a loss by each method, and the 95 % interval of the first, `from-counts`."""

    losses: dict[str, float]
    lower: float
    upper: float


METHODS = ("from-counts", "power-law-all", "power-law-last", "log-linear")


def foretold(
    taught: Sequence[Classes], losses: np.ndarray, counted: np.ndarray, n: int, key: tuple[str, str]
) -> Foretold:
    """What counts say of `n` units, and rivals beside it.

    `taught` has the classes of each shuffle, `losses` (size) their mean losses, `counted` (shuffle, j) the shares in
    `n` units; `key` is (unit, learner) of `slopes`, KeyError where none were learnt. The interval is Student's: the
    record of the method on other texts, in parts of the drop that it foretells, and how orders of training differ.
    """
    slopes, at = np.array(SLOPES[key]), int(taught[0].n_train[-1])
    each = np.array([
        from_counts(share, one.loss[-1], slopes, at, n) for share, one in zip(counted, taught, strict=True)
    ])  # fmt: skip
    said = {METHODS[0]: float(each.mean())} | rivals(taught[0].n_train, losses, float(n))
    record = RECORD[key][0 if n <= 4 * at else 1][0]
    fit = float(stdtrit(TEXTS - 1, 0.975)) * record * abs(losses[-1] - each.mean())
    order = float(stdtrit(len(each) - 1, 0.975)) * float(each.std(ddof=1)) / math.sqrt(len(each))
    reach = math.hypot(fit, order)
    return Foretold(said, float(each.mean()) - reach, float(each.mean()) + reach)
