"""The growth exponent of real text, with an interval that does not take its windows for independent draws.

| letter | meaning                                                           | unit  |
|--------|-------------------------------------------------------------------|-------|
| D, Ū   | windows in a stretch of text, mean number of distinct ones in it  | windows |
| γ      | exponent in Ū = K D^γ - u₀                                        | 1     |
| G      | blocks that the text is cut into                                  | 1     |
| σ, t   | standard error of γ; quantile of Student's t, G - 1 degrees of freedom | 1 |
| δ_s    | exponent of part s of the stretch, less γ                         | 1     |
| σ_s    | standard error of δ_s                                             | 1     |
| b, a   | misfit below and above                                            | 1     |

γ maximises the likelihood of `bounds.fitting.exponents.growth_models` for the new windows of neighbouring stretches, on
the mean curve of `blocks`. Where one power law holds it is its exponent; where none does it is the one that describes
the stretch best, and its parts have others. The interval is honest about both:

    [γ - tσ - b, γ + tσ + a],   b = max_s δ_s² / √(δ_s² + σ_s²) over parts with δ_s < 0,   a the same with δ_s > 0

*Sampling*, tσ: the delete-one-block jackknife, widened where neighbouring blocks are alike. *Misfit*, b and a: how
far the exponents of parts of the stretch (its two halves in ln D, and the shorter stretches that end with it) lie
from γ, shrunk by how much of that their sampling explains: |δ_s| where σ_s is small beside it, half of |δ_s| where
σ_s is 1.7 |δ_s|. The interval holds the exponents that all these parts gave, as long as σ_s < 3.3 tσ. A bound on a bias
is added to an interval, not squared into it (Armstrong & Kolesár 2018, section 2). So the interval widens smoothly
as a law fits worse, and none of its numbers turns on a p-value.

Whether one power law holds is asked of the same curves: two contrasts that it makes zero (a bend and a twist of
d ln Ū/d ln D) are compared with their jackknife covariance (Hotelling's T²), on the stretch and on the shorter ones.

There is no exponent where every window is new, where growth has ended, and where all of [0, 1] fits.

The interval speaks of more text like this from the same source. It does not know how much another author's text
would differ, nor, in a shuffled corpus, whose blocks all hold the same topics, how much other topics would.
How often it covers is measured in docs/corpora.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from scipy.special import fdtrc, stdtrit

from bounds.base.brief import brief_fields
from bounds.base.intervals import Interval
from bounds.base.one_number import checked_confidence, number, written
from bounds.base.telling.html import html_fields
from bounds.fitting.exponents.growth_models import highest, multinomial, power_steps
from simulate.text.blocks import BlockCurves, neighbour_correlation
from simulate.text.reading.errors import InputError

REJECT, DOUBTFUL = 0.01, 0.1
"""Below these p-values one power law is said not to hold, or to be doubtful; no number depends on them."""

LEAST_POINTS, LEAST_FACTOR = 6, 10.0
"""A stretch of D from which an exponent is taken has this many points and spans this factor."""

_RANGE = (-3.0, 2.0)


class Counted(Protocol):
    """Counts of one corpus, such as a `growth.CorpusGrowth`."""

    @property
    def corpus(self) -> str:
        """Its name."""

    @property
    def unit(self) -> str:
        """Of the text: word, byte, …"""

    @property
    def length(self) -> int:
        """Units in a window."""

    @property
    def n_draws(self) -> np.ndarray:
        """Windows in each prefix."""

    @property
    def n_unique(self) -> np.ndarray:
        """Distinct ones among them."""

    @property
    def blocks(self) -> BlockCurves | None:
        """Mean growth over stretches of the text; None where there are none."""


@dataclass(frozen=True)
class WindowFit:
    """An exponent fitted to stretches of `from_draws` to `to_draws` windows.

    `exponent` is nan and `interval` None where the curve has no exponent. `interval` is that of sampling, ± `sampling`
    (t times `standard_error`), moved outward by `misfit_below` and `misfit_above` and kept within 0 and 1. `rejected`
    says that `p_value` is below 0.01 or that there is no exponent; p_value is nan where there is nothing to test.
    `exponent_prefix` is that of the curve as counted, prefix by prefix: one realisation.
    """

    from_draws: int
    to_draws: int
    exponent: float
    standard_error: float
    interval: Interval | None
    p_value: float
    rejected: bool
    exponent_prefix: float | None
    sampling: float
    misfit_below: float
    misfit_above: float

    __repr__ = brief_fields
    _repr_html_ = html_fields


@dataclass(frozen=True)
class CorpusFit:
    """Exponents of one corpus, unit and length of window."""

    exponent: float
    """Of the widest stretch; nan where the curve has none."""
    interval: Interval | None
    """Of sampling and misfit together; None where there is no exponent."""
    standard_error: float
    sampling: float
    """Half of the width of the interval that sampling alone would give."""
    misfit_below: float
    misfit_above: float
    """How far exponents of parts of the stretch lie below and above, shrunk by what their sampling explains."""
    p_value: float
    """Of one power law on all of `windows`: the least of theirs, times their number (Bonferroni), at most 1."""
    rejected: bool
    window: tuple[int, int]
    confidence: float
    windows: tuple[WindowFit, ...]
    """How the exponent moves: of the widest stretch, and from D = 10^4, 10^5, … to the largest."""
    local: float
    """f_1/U, which is the slope of ln U at the end if windows are drawn independently."""
    local_interval: Interval
    slope: float
    """ln(Ū₂/Ū₁)/ln(D₂/D₁) over `slope_window`, the end of the mean curve; no law is assumed."""
    slope_interval: Interval
    slope_window: tuple[int, int]
    neighbours: float
    """Correlation of neighbouring blocks; well above 0, topics outlast blocks and intervals are too narrow."""
    n_blocks: int
    block_draws: int
    verdict: str

    __repr__ = brief_fields
    _repr_html_ = html_fields


def fit_corpus(growth: Counted, *, confidence: float = 0.95) -> CorpusFit:
    """The exponent of `growth` with an interval from its blocks, and how it moves with the stretch used.

    Raises ValueError for a confidence that is none, and InputError where `growth` has no blocks (it was measured with
    ``blocks=0`` or is too short).
    """
    confidence = checked_confidence(confidence)
    blocks = growth.blocks
    if blocks is None:
        raise InputError(
            f"{growth.corpus}, {growth.unit}, length {growth.length}: there are no blocks to take an interval from; "
            "measure with blocks=16, and a longer text if that is not enough"
        )
    stretches = _Stretches(blocks)
    starts = _starts(blocks)
    windows = tuple(_fit(growth, stretches, starts[i:], confidence) for i in range(len(starts)))
    main = windows[0]
    p_values = [window.p_value for window in windows if not np.isnan(window.p_value)]
    p_value = min(1.0, len(p_values) * min(p_values)) if p_values else np.nan
    neighbours = neighbour_correlation(stretches.exponent(starts[0])[1])
    slope, slope_interval, slope_window = _end_slope(blocks, confidence)
    fit = CorpusFit(
        exponent=main.exponent,
        interval=main.interval,
        standard_error=main.standard_error,
        sampling=main.sampling,
        misfit_below=main.misfit_below,
        misfit_above=main.misfit_above,
        p_value=p_value if main.interval else np.nan,
        rejected=main.interval is None or p_value < REJECT,
        window=(main.from_draws, main.to_draws),
        confidence=confidence,
        windows=windows,
        local=blocks.local,
        local_interval=_interval(blocks, blocks.local, blocks.local_without, confidence),
        slope=slope,
        slope_interval=slope_interval,
        slope_window=slope_window,
        neighbours=neighbours,
        n_blocks=blocks.n_blocks,
        block_draws=blocks.block_draws,
        verdict="",
    )
    return replace(fit, verdict=_verdict(fit, _none(blocks, starts[0])))


def _starts(blocks: BlockCurves) -> list[int]:
    """First points of the stretches that are fitted, the widest first: of the curve, and near each power of ten."""
    draws = blocks.n_draws
    fits = (draws[-1] >= LEAST_FACTOR * draws) & (len(draws) - np.arange(len(draws)) >= LEAST_POINTS)
    wide = np.flatnonzero(fits).tolist()
    tens = 10.0 ** np.arange(np.ceil(np.log10(draws[0])), np.log10(draws[-1]))
    chosen = {int(np.searchsorted(draws, ten)) for ten in tens}
    return [0, *(start for start in wide[1:] if start in chosen)]


class _Stretches:
    """Exponents of stretches of one curve, each fitted once."""

    def __init__(self, blocks: BlockCurves) -> None:
        self.blocks = blocks
        self._known: dict[tuple[int, int], tuple[float, np.ndarray]] = {}

    def exponent(self, start: int, end: int | None = None) -> tuple[float, np.ndarray]:
        """γ between the points `start` and `end` (the last), and the same without each block."""
        last = len(self.blocks.n_draws) - 1 if end is None else end
        if (start, last) not in self._known:
            points = slice(start, last + 1)
            draws = self.blocks.n_draws[points].astype(float)
            each = np.array([_exponent(draws, curve[points]) for curve in self.blocks.without])
            self._known[start, last] = _exponent(draws, self.blocks.n_unique[points]), each
        return self._known[start, last]

    def misfit(self, start: int, shorter: Sequence[int]) -> tuple[float, float]:
        """b and a of the stretch from point `start` on, among whose parts are those from `shorter` on."""
        gamma, each = self.exponent(start)
        middle = _middle(self.blocks, start)
        below = above = 0.0
        for part in [(start, middle), (middle, None), *((first, None) for first in shorter)]:
            its, without = self.exponent(*part)
            gap = its - gamma
            beyond = gap**2 / max(float(np.hypot(gap, self.blocks.standard_error(without - each))), 1e-300)
            below, above = (max(below, beyond), above) if gap < 0 else (below, max(above, beyond))
        return below, above


def _middle(blocks: BlockCurves, start: int) -> int:
    """The point nearest the middle of ln D, with at least two steps on each side of it where there are four."""
    log = np.log(blocks.n_draws[start:].astype(float))
    nearest = int(np.argmin(abs(log - (log[0] + log[-1]) / 2)))
    return start + int(np.clip(nearest, min(2, len(log) - 1), max(len(log) - 3, 0)))


def _fit(growth: Counted, stretches: _Stretches, starts: Sequence[int], confidence: float) -> WindowFit:
    """The stretch from the first of `starts` on; the others are those of shorter stretches inside it."""
    blocks, start = stretches.blocks, starts[0]
    draws = blocks.n_draws[start:].astype(float)
    gamma, each = stretches.exponent(start)
    error = blocks.standard_error(each)
    sampling = float(stdtrit(blocks.n_blocks - 1, (1 + confidence) / 2)) * error
    below, above = stretches.misfit(start, starts[1:])
    low, high = np.clip([gamma - sampling - below, gamma + sampling + above], 0.0, 1.0).tolist()
    found = not _ended(blocks, start) and (low, high) != (0.0, 1.0)
    p_value = np.nan
    if found:
        p_value = _fit_test(draws, blocks.n_unique[start:], blocks.without[:, start:], gamma, each)
    return WindowFit(
        from_draws=int(draws[0]),
        to_draws=int(draws[-1]),
        exponent=float(np.clip(gamma, 0, 1)) if found else np.nan,
        standard_error=error if found else np.nan,
        interval=Interval(low, high) if found else None,
        p_value=p_value,
        rejected=not found or p_value < REJECT,
        exponent_prefix=_prefix_exponent(growth, draws[0]) if found else None,
        sampling=sampling if found else np.nan,
        misfit_below=below if found else np.nan,
        misfit_above=above if found else np.nan,
    )


def _ended(blocks: BlockCurves, start: int) -> str:
    """Why the curve from point `start` on has no exponent between 0 and 1, whatever its errors; empty where it may."""
    most = blocks.n_unique[-1] * (1 - 1e-12)  # means of whole numbers, which are rounded
    if most >= blocks.n_draws[-1] * (1 - 2e-12):
        return "every window was new, so the text sets no exponent below 1"
    if most <= 1:
        return "all windows are the same"
    last = int(np.argmax(blocks.n_unique >= most))
    if last <= _middle(blocks, start):
        return f"no new window appeared after D = {written(blocks.n_draws[max(last, start)])}, so growth has ended"
    return ""


def _none(blocks: BlockCurves, start: int) -> str:
    """Why there is no exponent, for a stretch without one."""
    return _ended(blocks, start) or "new windows are so few, or so unevenly spread, that all from 0 to 1 fits"


def _exponent(draws: np.ndarray, n_unique: np.ndarray) -> float:
    """γ by the multinomial likelihood of the new types between points; 0 where there are none."""
    new = np.diff(n_unique)
    if not new.sum() > 0:
        return 0.0
    return highest(lambda gamma: multinomial(new, power_steps(draws, gamma)), *_RANGE)[0]


def _prefix_exponent(growth: Counted, low: float) -> float | None:
    """γ of the prefixes from `low` windows on; None where they are few, all new, or bring nothing new."""
    inside = growth.n_draws >= low
    draws, unique = growth.n_draws[inside].astype(float), growth.n_unique[inside].astype(float)
    if len(draws) < 4 or unique[-1] == unique[0] or unique[-1] == draws[-1]:
        return None
    return float(np.clip(_exponent(draws, unique), 0, 1))


def _fit_test(draws: np.ndarray, whole: np.ndarray, without: np.ndarray, gamma: float, each: np.ndarray) -> float:
    """p-value of the power law: Hotelling's T² for two contrasts of the new types with their expectation.

    nan where the blocks do not vary, so that there is nothing to compare with.
    """
    contrasts = _contrasts(draws, gamma)

    def gaps(curve: np.ndarray, exponent: float) -> Any:
        share, new = power_steps(draws, exponent), np.diff(curve)
        return contrasts @ (new / max(new.sum(), 1e-300) - share / share.sum())

    found = gaps(whole, gamma)
    rows = np.array([gaps(curve, exponent) for curve, exponent in zip(without, each, strict=True)])
    count, terms = len(rows), len(found)
    centred = rows - rows.mean(axis=0)
    covariance = (count - 1) / count * centred.T @ centred
    if np.linalg.matrix_rank(covariance) < terms:
        return float("nan")
    statistic = float(found @ np.linalg.solve(covariance, found))
    return float(fdtrc(terms, count - terms, statistic * (count - terms) / (terms * (count - 1))))


def _contrasts(draws: np.ndarray, gamma: float) -> np.ndarray:
    """Second and third power of ln D, made orthogonal to what scale and exponent explain, of unit length."""
    share = power_steps(draws, gamma)
    share = share / share.sum()
    log = np.log(draws / draws[-1])
    middle = (log[1:] + log[:-1]) / 2
    step = 1e-5
    score = np.log(power_steps(draws, gamma + step) / power_steps(draws, gamma - step))
    basis: list[np.ndarray] = []
    for row in (np.ones_like(middle), score, middle**2, middle**3):
        for known in basis:
            row = row - known * ((share * known) @ row)
        basis.append(row / np.sqrt((share * row) @ row))
    return np.array(basis[2:])


def _end_slope(blocks: BlockCurves, confidence: float) -> tuple[float, Interval, tuple[int, int]]:
    draws = blocks.n_draws
    first = int(np.searchsorted(draws, draws[-1] / 4, side="right")) - 1
    span = np.log(draws[-1] / draws[first])
    slope = float(np.log(blocks.n_unique[-1] / blocks.n_unique[first]) / span)
    each = np.log(blocks.without[:, -1] / blocks.without[:, first]) / span
    return slope, _interval(blocks, slope, each, confidence), (int(draws[first]), int(draws[-1]))


def _interval(blocks: BlockCurves, value: float, without: np.ndarray, confidence: float) -> Interval:
    return _around(value, blocks.standard_error(without), blocks.n_blocks, confidence)


def _around(value: float, error: float, n_blocks: int, confidence: float) -> Interval:
    half = float(stdtrit(n_blocks - 1, (1 + confidence) / 2)) * error
    low, high = np.clip([value - half, value + half], 0.0, 1.0)
    return Interval(float(low), float(high))


def _verdict(fit: CorpusFit, why_not: str) -> str:
    stretch = f"D = {written(fit.window[0])} … {written(fit.window[1])}"
    if fit.interval is None:
        return f"No exponent: {why_not} ({stretch})."
    text = (
        f"Exponent {fit.exponent:.3f}, {fit.confidence * 100:g} % interval {fit.interval.lower:.3f} … "
        f"{fit.interval.upper:.3f} on {stretch}, from {fit.n_blocks} blocks of {fit.block_draws} windows: ± "
        f"{fit.sampling:.3f} from sampling, - {fit.misfit_below:.3f} + {fit.misfit_above:.3f} from misfit (parts of "
        f"the stretch with other exponents); {_law(fit)}. The slope of ln U over D = "
        f"{written(fit.slope_window[0])} … {written(fit.slope_window[1])} is {fit.slope:.3f} "
        f"({fit.slope_interval.lower:.3f} … {fit.slope_interval.upper:.3f})."
    )
    if fit.neighbours > 2 / np.sqrt(fit.n_blocks):
        text += f" Neighbouring blocks are alike (correlation {fit.neighbours:.2f}): intervals are too narrow."
    return text


def _law(fit: CorpusFit) -> str:
    """Whether one power law holds, in words."""
    if np.isnan(fit.p_value):
        return "blocks are too alike to test whether one power law holds there"
    p_value = f"p = {number(fit.p_value, 2)}"
    if fit.p_value < REJECT:
        moves = ", ".join(
            f"{w.exponent:.3f} from D = {written(w.from_draws, 2)}" for w in fit.windows if w.interval is not None
        )
        return f"no single power law holds there ({p_value}), as the exponent moves: {moves}"
    return f"a single power law is {'doubtful' if fit.p_value < DOUBTFUL else 'not contradicted'} there ({p_value})"
