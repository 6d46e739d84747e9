"""Rates, shares and what is alike of two corpora, each with an interval over blocks of text: `measures_of`.

| letter   | meaning                                                        | unit    |
|----------|----------------------------------------------------------------|---------|
| T        | units of B                                                     | units   |
| N        | distinct windows of B that are not in A                        | windows |
| S        | distinct windows of both                                       | windows |
| U_A, U_B | distinct windows of A, of B                                    | windows |
| δ_g      | what block g has alone of a count, or adds to a share          | –       |
| ℓ_g      | units of block g, which are T together                         | units   |

An interval is symmetric in the logit of a share. Its standard error is that of the delete-one jackknife,
√((G-1)/G Σ e_g²) with e_g = (δ_g - h_g Σδ)/(1 - h_g) and h_g = ℓ_g/Σℓ for G blocks, widened where neighbouring blocks
are alike (`summed_squares`), and Student's t has 1/Σh² - 1 degrees of freedom, G - 1 where blocks are equal. δ_g is
what a count loses without block g, so that for independent blocks the sum of squares is on average at least the
variance of the count over G - 1 of them (Efron & Stein 1981, theorem 1): distinct windows are no sum over blocks, but
their intervals are not too narrow for that. Of a share it is linearised.

What A holds is taken as given where a number is of B. Resemblance S/(U_A + U_B - S), which is Jaccard's coefficient,
and containment S/U_B are those of Broder 1997, "On the resemblance and containment of documents", section 2; they
depend on how much text there is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from bounds.base.brief import brief, brief_fields, brief_pair
from bounds.base.telling.html import html_fields
from simulate.text.blocks import MIN_BLOCK, summed_squares
from simulate.text.comparison.overlap import Blocks, Overlap
from simulate.text.comparison.sides import FEWEST_BLOCKS, A, B

_LEVEL = 0.95


@dataclass(frozen=True)
class Estimate:
    """A number with its 95 % interval; nan at the ends where there is none, nan throughout where there is no number."""

    value: float
    lower: float = math.nan
    upper: float = math.nan

    __repr__ = brief_fields
    _repr_html_ = html_fields

    def __str__(self) -> str:
        if math.isnan(self.value):
            return "–"
        ends = "" if math.isnan(self.lower) else f" [{brief_pair(self.lower, self.upper)}]"
        return f"{brief(self.value)}{ends}"


NOTHING = Estimate(math.nan)

_WIDEST = math.log(1e3)
"""An interval of a ratio that goes further than this either way is none: one document is nearly all of a side."""


@dataclass(frozen=True, eq=False)
class Measures:
    """What B adds to A and what they share, of windows of one length. Pairs are of A and of B."""

    n_units: tuple[int, int]
    n_draws: tuple[int, int]
    """Windows."""
    n_unique: tuple[int, int]
    n_shared: int
    n_new: int
    n_blocks: tuple[int, int]
    whole_documents: tuple[bool, bool]
    """Whether blocks are of whole documents."""
    new_rate: Estimate
    """New windows per 1,000 units of B, 1000 N/T."""
    known: tuple[Estimate, Estimate]
    """Part of the windows of A that occur in B, and of those of B that occur in A, each as often as it occurs."""
    contained: tuple[Estimate, Estimate]
    """Part of the distinct windows of A that are in B, and of those of B that are in A."""
    jaccard: Estimate
    stretch: int
    """Windows of the stretches that are compared; 0 where there is none."""
    stretch_rate: tuple[Estimate, Estimate]
    """New windows per 1,000 units of a stretch of A, and of one of B, both to the rest of A."""
    ratio: Estimate
    """The second of these over the first."""

    __repr__ = brief_fields
    _repr_html_ = html_fields

    @property
    def n_union(self) -> int:
        """Distinct windows of A and B together."""
        return sum(self.n_unique) - self.n_shared


def measures_of(found: Overlap) -> Measures:
    """What the counts of an `Overlap` say."""
    units = [int(block.n_units.sum()) for block in found.blocks]
    draws = [int(block.n_windows.sum()) for block in found.blocks]
    per_thousand = [1000 * d / t if t else math.nan for d, t in zip(draws, units, strict=True)]
    new, enough = found.n_new, [_enough(blocks) for blocks in found.blocks]
    own = found.alone(B, shared=False).astype(float)
    error = spread(own, found.blocks[B].n_units) / draws[B] if enough[B] else 0.0
    new_share = _share(new / draws[B], error, freedom(found.blocks[B].n_units))
    stretches = [_of_stretches(found, side) for side in (A, B)]
    rates = [_scaled(_share(*each), per_thousand[i]) for i, each in enumerate(stretches)]
    return Measures(
        (units[A], units[B]), (draws[A], draws[B]), found.n_unique, found.n_shared, new,
        (_n_blocks(found.blocks[A]), _n_blocks(found.blocks[B])),
        (found.blocks[A].whole_documents, found.blocks[B].whole_documents),
        new_rate=_scaled(new_share, per_thousand[B]),
        known=(_known(found, A), _known(found, B)),
        contained=(_contained(found, A), _contained(found, B)),
        jaccard=_jaccard(found),
        stretch=found.stretch,
        stretch_rate=(rates[A], rates[B]),
        ratio=_ratio(found, stretches, per_thousand),
    )  # fmt: skip


def spread(effects: np.ndarray, sizes: np.ndarray) -> float:
    """Standard error of a sum over blocks in a row, of these sizes, from what each of them has a part in it."""
    part = sizes / sizes.sum()
    gap = (effects - effects.sum() * part) / (1 - part)
    return math.sqrt((len(gap) - 1) / len(gap) * summed_squares(gap))


def freedom(sizes: np.ndarray) -> float:
    """Degrees of freedom of `spread`; at least 1."""
    part = sizes / sizes.sum()
    return max(1.0, 1 / float(part @ part) - 1)


def over(one: Estimate, other: Estimate) -> Estimate:
    """The ratio of two numbers whose errors have nothing to do with each other, from their intervals in logarithms."""
    if not (one.value > 0 and other.value > 0):
        return Estimate(0.0) if one.value == 0 and other.value > 0 else NOTHING
    value = one.value / other.value
    below = math.hypot(_log_ratio(one.value, one.lower), _log_ratio(other.upper, other.value))
    above = math.hypot(_log_ratio(one.upper, one.value), _log_ratio(other.value, other.lower))
    return Estimate(value, value * math.exp(-below), value * math.exp(above))


def _log_ratio(one: float, other: float) -> float:
    return math.log(one / other) if one > 0 and other > 0 else math.inf if other == 0 else math.nan


def _enough(blocks: Blocks) -> bool:
    """Whether there are blocks enough, and long enough, for an interval."""
    return len(blocks.n_units) >= FEWEST_BLOCKS and int(blocks.n_windows.min()) >= MIN_BLOCK


def _n_blocks(blocks: Blocks) -> int:
    return len(blocks.n_units) if _enough(blocks) else 0


def _share(value: float, error: float, degrees: float) -> Estimate:
    """A share with its interval; none where no block differs from the others, or nothing or all is counted."""
    if not (0 < value < 1 and error > 0):
        return Estimate(value)
    half = float(stdtrit(degrees, (1 + _LEVEL) / 2)) * error / (value * (1 - value))
    odds = math.log(value) - math.log1p(-value)
    return Estimate(value, _expit(odds - half), _expit(odds + half))


def _expit(odds: float) -> float:
    return 1 / (1 + math.exp(-odds)) if odds > -700 else 0.0


def _scaled(share: Estimate, times: float) -> Estimate:
    return Estimate(share.value * times, share.lower * times, share.upper * times)


def _known(found: Overlap, side: int) -> Estimate:
    """Of the windows of a side, as often as they occur, those that the other side has."""
    blocks = found.blocks[side]
    total = int(blocks.n_windows.sum())
    share = blocks.n_known.sum() / total
    effects = (blocks.n_known - share * blocks.n_windows) / total
    return _share(float(share), spread(effects, blocks.n_units) if _enough(blocks) else 0.0, freedom(blocks.n_units))


def _contained(found: Overlap, side: int) -> Estimate:
    """Of the distinct windows of a side, those that the other side has; the other side is given."""
    total = found.n_unique[side]
    share = found.n_shared / total
    both, own = found.alone(side, shared=True), found.alone(side, shared=False)
    blocks = found.blocks[side]
    effects = (both - share * (both + own)) / total
    return _share(share, spread(effects, blocks.n_units) if _enough(blocks) else 0.0, freedom(blocks.n_units))


def _jaccard(found: Overlap) -> Estimate:
    """Distinct windows of both over those of either; both sides vary."""
    total = sum(found.n_unique) - found.n_shared
    share = found.n_shared / total
    errors = []
    for side in (A, B):
        both, own = found.alone(side, shared=True), found.alone(side, shared=False)
        # Without a block the windows that both have are still there on the other side.
        effects = (both - share * own) / total
        blocks = found.blocks[side]
        errors.append(spread(effects, blocks.n_units) if _enough(blocks) else math.nan)
    error = math.hypot(*errors)
    return _share(share, error if error == error else 0.0, _freedom_of_both(found, errors))


def _freedom_of_both(found: Overlap, errors: Sequence[float]) -> float:
    """Degrees of freedom of a sum of an error of A and one of B (Welch & Satterthwaite)."""
    squares = [error**2 for error in errors]
    fourth = sum(square**2 / freedom(blocks.n_units) for square, blocks in zip(squares, found.blocks, strict=True))
    return sum(squares) ** 2 / fourth if fourth > 0 else 1.0


def _of_stretches(found: Overlap, side: int) -> tuple[float, float, float]:
    """New windows of the stretches of a side in one of their windows, its standard error and degrees of freedom."""
    blocks = found.blocks[side]
    windows = blocks.stretch_windows
    if not found.stretch:
        return math.nan, 0.0, 1.0
    share = blocks.stretch_total / float(windows.sum())
    error = spread(blocks.stretch_new, windows) / float(windows.sum()) if _enough(blocks) else 0.0
    return share, error, freedom(windows)


def _ratio(found: Overlap, stretches: Sequence[tuple[float, float, float]], per_thousand: Sequence[float]) -> Estimate:
    """How many times as much a stretch of B brings as one of A, symmetric in its logarithm."""
    (of_a, error_a, _), (of_b, error_b, _) = stretches
    if not of_a > 0 or of_b != of_b:
        return NOTHING
    if not found.n_new:
        return Estimate(0.0)
    value = of_b * per_thousand[B] / (of_a * per_thousand[A])
    if not (of_b > 0 and error_a > 0 and error_b > 0):
        return Estimate(value)
    errors = (error_a / of_a, error_b / of_b)
    half = float(stdtrit(_freedom_of_both(found, errors), (1 + _LEVEL) / 2)) * math.hypot(*errors)
    return Estimate(value, value * math.exp(-half), value * math.exp(half)) if half < _WIDEST else Estimate(value)
