"""Experimental: the loss after more text, from counting that text and learning from a part of it.

| letter | is                                                                                             |
|--------|------------------------------------------------------------------------------------------------|
| D_0, D | units that a learner was taught, and units of the text that was counted                         |
| π_j(D) | share of held-out units of which j with those before, and no more, are in D units (6 and more)  |
| l_j    | mean cost of such a unit to the learner that was taught D_0 units                               |
| s_j    | what ln D adds to it, learnt from other texts (`slopes`)                                        |

    L(D) = Σ_j π_j(D) [l_j(D_0) + s_j ln(D/D_0)]

π_j(D) must have been counted: what the formula makes of counts that were extrapolated was not tried, and they are not
taken. docs/loss.md has the protocols and the record.

The interval of L(D) has three parts, whose squares add up: how blocks of the test differ (bootstrap of the blocks), how
orders of training differ (Student's, of the orders), and lack of fit: the root mean square error on other texts, in
parts of the drop that is foretold (Student's, of the texts). Of the drop L(D_0) - L(D) the first part is another, and
mostly smaller: dear blocks stay dear. How often they hold what was measured is in docs/loss.md.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import stdtrit

from simulate import stats
from simulate.text.learning.foretelling.record import METHODS, lack_of_fit
from simulate.text.learning.foretelling.slopes import SLOPES

SAMPLES = 1000
_SEED = 0xB0075


class Classes(NamedTuple):
    """A text by the lengths of matches: sizes (size), shares π and mean costs l (size, j), NaN where there is none."""

    n_train: np.ndarray
    share: np.ndarray
    loss: np.ndarray


class Blocks(NamedTuple):
    """The test after D_0 units, and after D that were only counted, block by block: each (shuffle, block, j)."""

    taught: np.ndarray
    """Units by the length of their match in D_0 units."""
    cost: np.ndarray
    """What these cost together, nats."""
    counted: np.ndarray
    """Units by the length of their match in D units."""


class Reach(NamedTuple):
    """Half of the 95 % interval, by each of its parts alone, nats a unit."""

    test: float
    training: float
    fit: float
    test_of_drop: float
    """In place of the first for the drop from what was taught."""


class Foretold(NamedTuple):
    """What was said of one size: a loss by each method, and the 95 % interval of the first, `from-counts`."""

    losses: dict[str, float]
    drop: float
    """From the loss after what was taught, by the first."""
    reach: Reach

    @property
    def lower(self) -> float:
        """Lower end of the interval of the loss."""
        return self.losses[METHODS[0]] - math.hypot(*self.reach[:3])

    @property
    def upper(self) -> float:
        """Upper end of it."""
        return self.losses[METHODS[0]] + math.hypot(*self.reach[:3])

    @property
    def drop_lower(self) -> float:
        """Lower end of the interval of the drop."""
        return self.drop - math.hypot(*self.reach[1:])

    @property
    def drop_upper(self) -> float:
        """Upper end of it."""
        return self.drop + math.hypot(*self.reach[1:])


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


def by_order(blocks: Blocks, slopes: np.ndarray, n_taught: int, n_counted: int) -> np.ndarray:
    """(shuffle) L(D) of each order of training alone."""
    found = []
    for taught, cost, counted in zip(*(one.sum(axis=1) for one in blocks), strict=True):
        mean = np.divide(cost, taught, out=np.full(len(cost), np.nan), where=taught > 0)
        found.append(from_counts(counted / counted.sum(), mean, slopes, n_taught, n_counted))
    return np.array(found)


def over_blocks(blocks: Blocks, slopes: np.ndarray, n_taught: int, n_counted: int) -> tuple[float, float]:
    """Standard errors by which blocks of the test differ, of the mean of `by_order` and of the drop to it from L(D_0).

    From samples of the blocks. A class that a sample lacks costs there what it does in the whole test.
    """
    n_blocks = blocks.taught.shape[1]
    drawn = np.random.Generator(np.random.Philox(_SEED)).integers(n_blocks, size=(SAMPLES, n_blocks))
    times = np.stack([np.bincount(row, minlength=n_blocks) for row in drawn]).astype(float)
    taught, cost, counted = (np.einsum("ib,rbj->irj", times, one) for one in blocks)
    whole = blocks.taught.sum(axis=1), blocks.cost.sum(axis=1)
    mean = np.divide(whole[1], whole[0], out=np.zeros_like(whole[1]), where=whole[0] > 0)
    mean = np.divide(cost, taught, out=np.broadcast_to(mean, cost.shape).copy(), where=taught > 0)
    share = counted / counted.sum(axis=2, keepdims=True)
    found = (share * (mean + slopes * math.log(n_counted / n_taught))).sum(axis=2).mean(axis=1)
    before = (cost.sum(axis=2) / taught.sum(axis=2)).mean(axis=1)
    return float(found.std(ddof=1)), float((before - found).std(ddof=1))


def foretold(
    blocks: Blocks, before: float, n_taught: int, n_counted: int, key: tuple[str, str], others: dict[str, float]
) -> Foretold:
    """What counts say of `n_counted` units, with `others` said by the rivals beside it.

    `before` is the mean loss after `n_taught`, `key` is (unit, learner) of `slopes`, KeyError where none were learnt.
    """
    slopes = np.array(SLOPES[key])
    each = by_order(blocks, slopes, n_taught, n_counted)
    said = float(each.mean())
    student = float(stdtrit(blocks.taught.shape[1] - 1, 0.975))
    level, drop = over_blocks(blocks, slopes, n_taught, n_counted)
    record, n_texts = lack_of_fit(*key, n_counted / n_taught)
    reach = Reach(
        student * level,
        float(stats.margin_of_error(each)),
        float(stdtrit(n_texts - 1, 0.975)) * record * abs(before - said),
        student * drop,
    )
    return Foretold({METHODS[0]: said} | others, before - said, reach)
