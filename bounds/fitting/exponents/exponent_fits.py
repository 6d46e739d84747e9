"""What estimates come to: an exponent with its interval, or with the sentence that says why there is none."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from bounds.base.brief import brief_fields
from bounds.base.intervals import Interval
from bounds.base.one_number import number, written
from bounds.base.telling.html import html_fields
from bounds.fitting.exponents.fitting_input import Data
from bounds.fitting.exponents.growth_models import REJECT, Estimate, with_interval

_HEAD_ALONE = (
    "the {what} shows the head of a law alone, since a Pitman-Yor process with a concentration above D fits it, whose "
    "power law begins beyond; draw more"
)


@dataclass(frozen=True, repr=False)
class ExponentFit:
    """An exponent with its interval, or with the sentence that says why there is none.

    `exponent` is also given where the models are rejected: it then describes the window and is no estimate of a
    limit. `interval` is None there. `local` is the slope of ln U at the largest D (f_1/U where the spectrum is
    given). `window` is the range of D used, `multiplicity_window` that of k. `offset` (u₀) and `scale` (K) belong
    to one corpus. `alternatives` holds what each model says by itself.
    """

    exponent: float
    interval: Interval | None
    confidence: float
    standard_error: float
    local: float
    window: tuple[int, int]
    offset: float | None
    scale: float | None
    method: str
    p_value: float
    rejected: bool
    verdict: str = field(repr=False)
    alternatives: tuple[Estimate, ...] = field(default=(), repr=False)
    multiplicity_window: tuple[int, int] | None = None
    exchangeability: float | None = None
    n_replicates: int = 1

    __repr__ = brief_fields
    _repr_html_ = html_fields


def unless_rejected(estimate: Estimate) -> Estimate:
    """`estimate`, without its interval where its model is rejected, or where it lies below 0 and U comes to an end."""
    ended = estimate.interval is not None and estimate.interval.upper <= 0
    return replace(estimate, interval=None) if ended or estimate.p_value < REJECT else estimate


def hull_of(
    data: Data, found: list[Estimate], confidence: float, trouble: str, kind: str = "", beside: Sequence[Estimate] = ()
) -> ExponentFit:
    """The interval that holds those of all models that are not rejected, and which of them each end comes from.

    The models `beside` were not asked for, and say only whether the data show the head of a law alone.
    """
    tested = [unless_rejected(one) for one in found]
    kept = [one for one in tested if one.interval is not None]
    shown = tested
    if any(one.in_head and not one.p_value < REJECT for one in (*tested, *beside)):
        # A model that fits and has not come to its power law: whatever exponent follows, these data do not show it.
        kept, trouble, shown = [], _HEAD_ALONE.format(what="corpus" if data.spectra else "curve"), [*tested, *beside]
    if not kept:
        best = max(tested, key=lambda one: one.p_value)
        return answer(data, best, confidence, trouble, tuple(shown), kind + best.model)
    main = max(kept, key=lambda one: (_span(one), one.model == "offset", one.p_value))
    hull = Interval(
        min(one.interval.lower for one in kept if one.interval),
        max(one.interval.upper for one in kept if one.interval),
    )
    ends = ""
    if len(kept) > 1:
        lower, upper = (
            next(one.model for one in kept if one.interval and tuple(one.interval)[end] == tuple(hull)[end])
            for end in (0, 1)
        )
        ends = f", both ends from {lower}" if lower == upper else f", lower end from {lower}, upper from {upper}"
    if not data.spectra and not kind:
        ends += "; whether growth is about to end, a spectrum shows better than a curve"
    main = with_interval(main, hull, confidence)
    return answer(data, main, confidence, "", tuple(tested), kind + "+".join(one.model for one in kept), ends)


def _span(one: Estimate) -> float:
    return round(math.log(one.window[1] / one.window[0]), 6)


def answer(
    data: Data,
    main: Estimate,
    confidence: float,
    trouble: str,
    alternatives: tuple[Estimate, ...],
    method: str = "",
    ends: str = "",
) -> ExponentFit:
    """`main` with its interval, or without one and with the sentence `trouble`; `ends` is added to the verdict."""
    method = method or main.model
    window = (int(main.window[0]), int(main.window[1]))
    rejected = bool(trouble)
    stretch = (
        f"D = {written(window[0], 6)} … {written(window[1], 6)}"
        if window[0] < window[1]
        else f"D = {written(window[1], 6)}"
    )
    if rejected:
        verdict = f"No interval: {trouble} ({method}, {stretch}, p = {number(main.p_value, 2)})."
    else:
        assert main.interval is not None
        verdict = (
            f"Exponent {main.exponent:.4f}, {confidence * 100:g} % interval {main.interval.lower:.4f} … "
            f"{main.interval.upper:.4f} ({method}, {stretch}, p = {number(main.p_value, 2)}{ends}); "
            "a statement about this window, and about larger D only as far as the power law goes on."
        )
    return ExponentFit(
        exponent=main.exponent,
        interval=None if rejected else main.interval,
        confidence=confidence,
        standard_error=math.nan if rejected else main.standard_error,
        local=main.local,
        window=window,
        offset=main.offset,
        scale=main.scale,
        method=method,
        p_value=main.p_value,
        rejected=rejected,
        verdict=verdict,
        alternatives=alternatives,
        multiplicity_window=main.multiplicity_window,
        n_replicates=len(data.n_unique),
    )


def at_boundary(data: Data, confidence: float) -> ExponentFit | None:
    """The answer for curves that say nothing between 0 and 1: all draws new, or none after the first point."""
    total = data.n_unique.sum(axis=0)
    if np.array_equal(data.n_unique[:, -1], np.full(len(data.n_unique), data.n_draws[-1])):
        exponent, why = 1.0, "every draw was new, so the data set no exponent below 1"
    elif len(total) > 1 and total[-1] == total[0]:
        exponent, why = 0.0, "no new type appeared after the first point, so the curve has no exponent"
    else:
        return None
    window = (int(data.n_draws[0]), int(data.n_draws[-1]))
    return ExponentFit(
        exponent,
        None,
        confidence,
        math.nan,
        exponent,
        window,
        None,
        None,
        "boundary",
        math.nan,
        True,
        f"No interval: {why} (D = {written(window[0], 6)} … {written(window[1], 6)}).",
        n_replicates=len(data.n_unique),
    )
