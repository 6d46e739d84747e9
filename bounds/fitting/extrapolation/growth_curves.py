"""What the growth curve itself says of further draws: ln U as a parabola in ln D, or as a straight line at its end.

Both are anchored at what was seen, U(tD) = U exp(b ln t + c ln² t), and need no independence: the curve is that of
stretches of text. c = 0 for the local slope.
"""

from __future__ import annotations

import math

import numpy as np

from bounds.fitting.extrapolation.estimates import DoesNotApply, Estimated, Floats, Seen, possible

SPAN = 10.0
"""The parabola is fitted to the last part of the curve, from D/10 on."""
SLOPE_SPAN = 4.0
"""The straight line is that between D/4 and the end."""


def _curves(seen: Seen, span: float, least: int) -> tuple[Floats, Floats]:
    """ln D/D_all at the end of the curve, and ln U there: of all blocks first, then without each of them."""
    if seen.curve_draws is None or seen.curve_unique is None or seen.curve_without is None:
        raise DoesNotApply("there is no growth curve of blocks: the text is too short, or none were asked for")
    inside = seen.curve_draws >= seen.curve_draws[-1] / span
    if inside.sum() < least:
        raise DoesNotApply(f"its growth curve has fewer than {least} points from D/{span:g} on")
    curve = seen.curve_unique[inside]
    if curve[-1] >= seen.curve_draws[-1]:
        raise DoesNotApply("every draw was new, so that nothing shows when draws will repeat")
    if curve[-1] <= curve[0]:
        raise DoesNotApply("nothing new appears at the end")
    log = np.log(seen.curve_draws[inside] / seen.n_draws)
    return log, np.log(np.concatenate([curve[None], seen.curve_without[:, inside]]))


def _grown(seen: Seen, factor: float, lines: Floats) -> Estimated:
    """The first of `lines` (b, c) continued; the others are those without each block, for the jackknife."""
    log = math.log(factor)
    powers = lines @ np.array([log, log**2])
    new = seen.n_unique * np.expm1(powers)
    slope = lines[0, 0] + 2 * lines[0, 1] * log
    rate = (seen.n_unique + new[0]) * slope / (factor * seen.n_draws)
    blocks = len(lines) - 1
    deviation = math.sqrt((blocks - 1) / blocks * float(np.sum((new[1:] - new[1:].mean()) ** 2)))
    return Estimated(float(new[0]), float(rate), deviation)


def log_quadratic(seen: Seen, factor: float) -> Estimated:
    """The parabola through the end of the mean curve, by least squares on ln U, continued to tD."""
    log, curves = _curves(seen, SPAN, 5)
    design = np.stack([np.ones_like(log), log, log**2], axis=1)
    lines = np.asarray(np.linalg.lstsq(design, curves.T, rcond=None)[0][1:].T, dtype=np.float64)
    return possible(_grown(seen, factor, lines), seen, factor)


def local_slope(seen: Seen, factor: float) -> Estimated:
    """The slope of ln U at the end, continued: what is found where it falls no further."""
    log, curves = _curves(seen, SLOPE_SPAN, 2)
    slopes = (curves[:, -1] - curves[:, 0]) / (log[-1] - log[0])
    return possible(_grown(seen, factor, np.stack([slopes, np.zeros_like(slopes)], axis=1)), seen, factor)
