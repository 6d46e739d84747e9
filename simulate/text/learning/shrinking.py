"""Whether the gain of a doubling shrinks as a text doubles, and only then the law L(D) = E + B D^-β of the loss.

| letter | is                                                                                          |
|--------|---------------------------------------------------------------------------------------------|
| Δ_i    | L(D_i) - L(2 D_i), the gain of doubling number i, i = 1 … m; the last five doublings        |
| E, B, β | constants of L(D) = E + B D^-β                                                            |

Under the law Δ_i = B (1 - 2^-β) D_i^-β: each gain is 2^-β times the one before. With Δ_i constant the loss is a
straight line in ln D, and with Δ_i growing it bends down: both are what β → 0, E → -∞ look like, and no β is in them.
So β is said only where

1. there are four gains at least, and all are above 0;
2. **the gains shrink**: the contrast Σ_i (i - (m+1)/2) Δ_i is below 0 by a one-sided t-test at 2.5 % (its error has
   both parts of `crossed`). Where they do not, this says so in one of forty cases: measured in docs/loss.md;
3. **one β fits**: ln Δ_i does not bend, by a two-sided t-test at 1 %;
4. the 95 % interval of β is above 0.

β is the slope of ln Δ_i on i, over -ln 2. Its interval, those of E and of the bend, are Student's, from leaving out
blocks and shuffles one by one (the jackknife, squares of both parts added, Satterthwaite's degrees of freedom).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import stdtr, stdtrit

from bounds.base.intervals import Interval
from simulate.text.learning.crossed import crossed

DOUBLINGS = 5
"""The last ones, which the law is asked of: what is far below the text's size says little of what follows."""

LEAST_DOUBLINGS = 4
SHRINKS, BENDS = 0.025, 0.01
"""False alarm rates of the two tests: that gains shrink where they do not, that one β does not fit where it does."""


@dataclass(frozen=True)
class GainFit:
    """What the last doublings say of L = E + B D^-β; NaN or None where it is not identified."""

    identified: bool
    why: str
    """The finding in a clause."""
    p_shrinks: float
    """Of gains that do not shrink; nan where there are too few."""
    p_bend: float
    """Of one β in all gains; nan where some gain is not above 0."""
    exponent: float
    interval: Interval | None
    irreducible: float
    irreducible_interval: Interval | None
    scale: float
    from_units: int
    to_units: int


def fit_gains(n_train: np.ndarray, values: np.ndarray, confidence: float = 0.95) -> GainFit:
    """The law of y (shuffle, size, block), weighted as by `crossed.weighted`, of sizes that double."""
    sizes, values = n_train[-DOUBLINGS - 1 :], values[:, -DOUBLINGS - 1 :]
    gains = values[:, :-1] - values[:, 1:]
    m = gains.shape[1]
    about: dict[str, Any] = {"from_units": int(sizes[0]), "to_units": int(sizes[-1])}
    if m < LEAST_DOUBLINGS:
        return _not_identified(f"{m} doublings are fewer than {LEAST_DOUBLINGS}", **about)
    steps = np.arange(m) - (m - 1) / 2
    trend = crossed(np.einsum("i,rib->rb", -steps, gains))
    about["p_shrinks"] = float(trend.p_not_above())
    if (gains.mean(axis=(0, 2)) <= 0).any():
        return _not_identified("a doubling did not lower the loss", **about)
    found = _jackknife(values, sizes)
    if found is None:
        return _not_identified("without some block or shuffle a doubling does not lower the loss", **about)
    value, error, freedom = found
    about["p_bend"] = _two_sided(value[2], error[2], freedom[2])
    if not about["p_shrinks"] < SHRINKS:
        grow = about["p_shrinks"] > 1 - SHRINKS
        what = "grow" if grow else f"do not shrink by more than their error over the last {m}"
        return _not_identified(f"the gains of doublings {what} (p = {about['p_shrinks']:.2g})", **about)
    if about["p_bend"] < BENDS:
        return _not_identified(f"no one β fits the gains (p = {about['p_bend']:.2g})", **about)
    reach = stdtrit(freedom, (1 + confidence) / 2) * error
    beta = Interval(float(value[0] - reach[0]), float(value[0] + reach[0]))
    if beta.lower <= 0:
        return _not_identified("the interval of β holds 0", **about)
    floor = Interval(max(0.0, float(value[1] - reach[1])), max(0.0, float(value[1] + reach[1])))
    if value[1] + reach[1] <= 0:
        return _not_identified("the law would need a loss below 0 in the end", **about)
    return GainFit(
        True, "the gains of doublings shrink", exponent=float(value[0]), interval=beta, irreducible=float(value[1]),
        irreducible_interval=floor, scale=float(value[3]), **about,
    )  # fmt: skip


def local_exponents(gains: np.ndarray) -> np.ndarray:
    """log2 Δ_i/Δ_{i+1}: β of two doublings in a row, whatever the law; NaN where a gain is not above 0."""
    positive = (gains[:-1] > 0) & (gains[1:] > 0)
    ratio = np.divide(gains[:-1], gains[1:], out=np.full(len(gains) - 1, np.nan), where=positive)
    return np.log2(ratio, out=ratio, where=positive)


def _not_identified(why: str, *, p_shrinks: float = math.nan, p_bend: float = math.nan, **about: Any) -> GainFit:
    return GainFit(
        False, why, p_shrinks, p_bend, math.nan, None, math.nan, None, math.nan, about["from_units"], about["to_units"]
    )


def _statistics(losses: np.ndarray, sizes: np.ndarray) -> np.ndarray | None:
    """β, E, the bend of ln Δ and B of mean losses (size); None where a gain is not above 0."""
    gains = losses[:-1] - losses[1:]
    if (gains <= 0).any():
        return None
    log = np.log(gains)
    steps = np.arange(len(gains)) - (len(gains) - 1) / 2
    slope = float(steps @ log / (steps @ steps))
    bend = steps**2 - (steps**2).mean()
    beta = -slope / math.log(2)
    # the gain of the last doubling by the fitted line, and all that are to come: a geometric series
    last = math.exp(log.mean() + slope * steps[-1])
    still = last * 2**-beta / (1 - 2**-beta) if beta > 0 else math.inf
    return np.array([beta, losses[-1] - still, bend @ log / (bend @ bend), still * float(sizes[-1]) ** beta])


def _jackknife(values: np.ndarray, sizes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """The statistics, their errors and degrees of freedom, from leaving out each block and each shuffle."""
    whole = _statistics(values.mean(axis=(0, 2)), sizes)
    parts = []
    for axis in (2, 0):
        n = values.shape[axis]
        if n < 2:
            continue
        left = [_statistics(np.delete(values, i, axis=axis).mean(axis=(0, 2)), sizes) for i in range(n)]
        if whole is None or any(one is None for one in left):
            return None
        rows = np.array(left)
        with np.errstate(invalid="ignore"):  # E of a β that is not above 0
            parts.append(((n - 1) / n * ((rows - rows.mean(axis=0)) ** 2).sum(axis=0), n - 1))
    assert whole is not None
    variance = sum(part for part, _ in parts)
    with np.errstate(invalid="ignore", divide="ignore"):
        freedom = np.where(variance > 0, variance**2 / sum(part**2 / df for part, df in parts), parts[0][1])
    return whole, np.sqrt(variance), freedom


def _two_sided(value: float, error: float, freedom: float) -> float:
    return float(2 * stdtr(freedom, -abs(value) / error)) if error > 0 else math.nan
