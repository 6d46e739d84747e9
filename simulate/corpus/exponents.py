"""The growth exponent of real text, with an interval that does not take its windows for independent draws.

| letter | meaning                                                           | unit  |
|--------|-------------------------------------------------------------------|-------|
| D, Ū   | windows in a stretch of text, mean number of distinct ones in it  | windows |
| γ      | exponent in Ū = K D^γ - u₀                                        | 1     |
| G      | blocks that the text is cut into                                  | 1     |

The point estimate maximises the likelihood of `bounds.estimation.growth_models` for the new windows of neighbouring
stretches, on the mean curve of `blocks`. Its standard error is the delete-one-block jackknife, widened where
neighbouring blocks are alike; the interval has Student's t with G - 1 degrees of freedom. Whether the power law
holds is asked of the same curves: two contrasts that it makes zero (a bend and a twist of d ln Ū/d ln D) are
compared with their jackknife covariance (Hotelling's T²). Where that rejects, there is no interval: the text
has no such exponent on that stretch, and what can be said are its local slopes, which assume no law.

The interval speaks of more text like this from the same source. It does not know how much another author's text
would differ, nor, in a shuffled corpus, whose blocks all hold the same topics, how much other topics would.
How often it covers is measured in docs/corpora.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import stdtrit
from scipy.stats import f as f_law

from bounds.estimation.growth_models import ACCEPT, Curve, highest, multinomial, power_steps
from bounds.intervals import Interval

from .blocks import BlockCurves, neighbour_correlation
from .growth import CorpusGrowth
from .readers import InputError

REJECT = 0.01
"""A power law whose test gives a p-value below this has no interval."""

LEAST_POINTS, LEAST_FACTOR = 6, 10.0
"""A stretch of D from which an exponent is taken has this many points and spans this factor."""

_RANGE = (-3.0, 2.0)


@dataclass(frozen=True)
class WindowFit:
    """An exponent fitted to stretches of `from_draws` to `to_draws` windows.

    `exponent` is that of the mean curve, and describes the stretch even where the law is rejected; `interval` is
    None there. `p_value` is nan, and the law counts as rejected, where every window is new or none is.
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


@dataclass(frozen=True)
class CorpusFit:
    """Exponents of one corpus, unit and length of window."""

    exponent: float
    """Of the widest stretch that ends at the largest D and on which the power law is not rejected."""
    interval: Interval | None
    standard_error: float
    p_value: float
    rejected: bool
    window: tuple[int, int]
    confidence: float
    windows: tuple[WindowFit, ...]
    """How the exponent moves: from D = 10^3, 10^4, … to the largest."""
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


def fit_corpus(growth: CorpusGrowth, *, confidence: float = 0.95) -> CorpusFit:
    """The exponent of `growth` with an interval from its blocks, and how it moves with the stretch used.

    Raises InputError where `growth` has no blocks (it was measured with ``blocks=0`` or is too short).
    """
    if not (isinstance(confidence, int | float) and 0 < confidence < 1):
        raise InputError(f"confidence must lie strictly between 0 and 1, got {confidence!r}")
    blocks = growth.blocks
    if blocks is None:
        raise InputError(
            f"{growth.corpus}, {growth.unit}, length {growth.length}: there are no blocks to take an interval from; "
            "measure with blocks=16, and a longer text if that is not enough"
        )
    fits = [_fit(growth, blocks, start, confidence) for start in _starts(blocks)]
    windows = tuple(_decades(growth, blocks, confidence))
    sound = [fit for fit in fits if not fit.rejected and _holds_inside(fit, windows)]
    main = next((fit for fit in sound if fit.p_value > ACCEPT), sound[0] if sound else fits[-1])
    if all(window.from_draws != main.from_draws for window in windows):
        windows = tuple(sorted((*windows, main), key=lambda window: window.from_draws))
    local = _interval(blocks, blocks.local, blocks.local_without, confidence)
    slope, slope_interval, slope_window = _end_slope(blocks, confidence)
    point = np.searchsorted(blocks.n_draws, main.from_draws)
    neighbours = neighbour_correlation(_exponents(blocks, int(point)))
    return CorpusFit(
        exponent=main.exponent,
        interval=main.interval,
        standard_error=main.standard_error,
        p_value=main.p_value,
        rejected=main.rejected,
        window=(main.from_draws, main.to_draws),
        confidence=confidence,
        windows=windows,
        local=blocks.local,
        local_interval=local,
        slope=slope,
        slope_interval=slope_interval,
        slope_window=slope_window,
        neighbours=neighbours,
        n_blocks=blocks.n_blocks,
        block_draws=blocks.block_draws,
        verdict=_verdict(main, windows, slope, slope_interval, slope_window, blocks, neighbours, confidence),
    )


def _holds_inside(fit: WindowFit, windows: tuple[WindowFit, ...]) -> bool:
    """Whether no shorter stretch that ends with that of `fit` rejects the law, at a level for all of them together.

    The contrasts of a wide stretch can miss a bend at its end, which a shorter one shows.
    """
    inside = [window.p_value for window in windows if window.from_draws > fit.from_draws]
    return not inside or min(inside) >= REJECT / len(inside)


def _starts(blocks: BlockCurves) -> list[int]:
    """First points of the stretches that are tried, the widest first; at least one."""
    draws = blocks.n_draws
    fits = (draws[-1] >= LEAST_FACTOR * draws) & (len(draws) - np.arange(len(draws)) >= LEAST_POINTS)
    return np.flatnonzero(fits).tolist() or [0]


def _decades(growth: CorpusGrowth, blocks: BlockCurves, confidence: float) -> list[WindowFit]:
    starts = _starts(blocks)
    tens = 10.0 ** np.arange(np.ceil(np.log10(blocks.n_draws[0])), np.log10(blocks.n_draws[-1]))
    chosen = {int(np.searchsorted(blocks.n_draws, ten)) for ten in tens}
    return [_fit(growth, blocks, start, confidence) for start in starts if start in chosen or start == starts[0]]


def _fit(growth: CorpusGrowth, blocks: BlockCurves, start: int, confidence: float) -> WindowFit:
    draws = blocks.n_draws[start:].astype(float)
    gamma = _exponent(draws, blocks.n_unique[start:])
    jackknifed = _exponents(blocks, start)
    error = blocks.standard_error(jackknifed)
    p_value = np.nan
    if not _boundary(blocks, start):
        p_value = _fit_test(draws, blocks.n_unique[start:], blocks.without[:, start:], gamma, jackknifed)
    rejected = not p_value >= REJECT
    exponent = float(np.clip(gamma, 0, 1))
    return WindowFit(
        from_draws=int(draws[0]),
        to_draws=int(draws[-1]),
        exponent=exponent,
        standard_error=error,
        interval=None if rejected else _around(gamma, error, blocks.n_blocks, confidence),
        p_value=p_value,
        rejected=rejected,
        exponent_prefix=_prefix_exponent(growth, draws[0]),
    )


def _boundary(blocks: BlockCurves, start: int) -> str:
    """Why the curve from point `start` on sets no exponent between 0 and 1; empty where it does."""
    if blocks.n_unique[-1] >= blocks.n_draws[-1]:
        return "every window was new, so the text sets no exponent below 1"
    if blocks.n_unique[-1] <= blocks.n_unique[start]:
        return f"no new window appeared after D = {blocks.n_draws[start]:.3g}, so the curve has no exponent"
    return ""


def _exponent(draws: np.ndarray, n_unique: np.ndarray) -> float:
    """γ by the multinomial likelihood of the new types between points; 0 where there are none."""
    new = np.diff(n_unique)
    if not new.sum() > 0:
        return 0.0
    return highest(lambda gamma: multinomial(new, power_steps(draws, gamma)), *_RANGE)[0]


def _exponents(blocks: BlockCurves, start: int) -> np.ndarray:
    draws = blocks.n_draws[start:].astype(float)
    return np.array([_exponent(draws, curve[start:]) for curve in blocks.without])


def _prefix_exponent(growth: CorpusGrowth, low: float) -> float | None:
    inside = growth.n_draws >= low
    if inside.sum() < 4:
        return None
    curve = Curve(growth.n_draws[inside].astype(float), growth.n_unique[inside].astype(float))
    return float(np.clip(_exponent(curve.n_draws, curve.n_unique), 0, 1))


def _fit_test(draws: np.ndarray, whole: np.ndarray, without: np.ndarray, gamma: float, each: np.ndarray) -> float:
    """p-value of the power law: Hotelling's T² for two contrasts of the new types with their expectation."""
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
        return 1.0
    statistic = float(found @ np.linalg.solve(covariance, found))
    return float(f_law.sf(statistic * (count - terms) / (terms * (count - 1)), terms, count - terms))


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


def _verdict(
    main: WindowFit,
    windows: tuple[WindowFit, ...],
    slope: float,
    slope_interval: Interval,
    slope_window: tuple[int, int],
    blocks: BlockCurves,
    neighbours: float,
    confidence: float,
) -> str:
    stretch = f"D = {main.from_draws:.3g} … {main.to_draws:.3g}"
    ends = f"{slope_interval.lower:.3f} … {slope_interval.upper:.3f}"
    local = f"the slope of ln U over D = {slope_window[0]:.3g} … {slope_window[1]:.3g} is {slope:.3f} ({ends})"
    boundary = _boundary(blocks, int(np.searchsorted(blocks.n_draws, main.from_draws)))
    if boundary:
        return f"No interval: {boundary} ({stretch})."
    if main.rejected:
        moves = ", ".join(f"{fit.exponent:.3f} from D = {fit.from_draws:.2g}" for fit in windows)
        text = (
            f"No interval: U = K D^γ - u₀ fits no stretch of a factor {LEAST_FACTOR:g} up to D = "
            f"{main.to_draws:.3g} (p = {main.p_value:.2g} on {stretch}). The exponent moves: {moves}; {local}."
        )
    else:
        assert main.interval is not None
        text = (
            f"Exponent {main.exponent:.3f}, {confidence * 100:g} % interval {main.interval.lower:.3f} … "
            f"{main.interval.upper:.3f} on {stretch} (p = {main.p_value:.2g}), from {blocks.n_blocks} blocks of "
            f"{blocks.block_draws} windows; {local}."
        )
    if neighbours > 2 / np.sqrt(blocks.n_blocks):
        text += f" Neighbouring blocks are alike (correlation {neighbours:.2f}): intervals are too narrow."
    return text
