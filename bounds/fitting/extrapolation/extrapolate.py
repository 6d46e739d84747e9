"""`extrapolate_unique`: how many distinct types t times the draws would hold, by the method asked for, with an
interval.

An interval is symmetric in the logit of N(t)/((t - 1)D), the part of the further draws that bring something new, so
that it is never below what was seen nor above what is possible. Its half-width is that of sampling and, where the
errors of a method were measured, of its lack of fit beside it, in quadrature. That of the part of the draws near tD
that are new is made alike, with the lack of fit of that part.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from scipy.special import ndtri, stdtrit

from bounds.base.arguments import Choice
from bounds.base.intervals import ASYMPTOTIC, HEURISTIC, Interval
from bounds.base.one_number import checked_confidence, shown
from bounds.base.pointwise import single
from bounds.base.spectrum import FrequencySpectrum
from bounds.base.telling.html import html_fields
from bounds.fitting.extrapolation.bursts import burst_shift
from bounds.fitting.extrapolation.estimates import DoesNotApply, Estimated, Seen
from bounds.fitting.extrapolation.formulas import FORMULAS, F
from bounds.fitting.extrapolation.good_turing import Coverage, coverage, good_toulmin
from bounds.fitting.extrapolation.growth_curves import local_slope, log_quadratic
from bounds.fitting.extrapolation.pitman_yor import pitman_yor
from bounds.fitting.extrapolation.zipf_mandelbrot import zipf_mandelbrot

__all__ = ["FORMULAS", "METHODS", "Extrapolation", "extrapolate_unique", "extrapolated", "good_turing_coverage"]


@dataclass(frozen=True)
class Method:
    """How a method estimates, and what its numbers rest on."""

    estimate: Callable[[Seen, float], Estimated]
    label: str
    assumption: str


METHODS: Mapping[str, Method] = {
    "good-toulmin": Method(good_toulmin, ASYMPTOTIC, F["good_toulmin_term"].assumption),
    "pitman-yor": Method(
        pitman_yor, HEURISTIC, "draws come from the Pitman-Yor process that makes the spectrum most likely"
    ),
    "zipf-mandelbrot": Method(
        zipf_mandelbrot, HEURISTIC,
        "draws are independent and follow the infinite Zipf-Mandelbrot law with the U and f_1 that were seen",
    ),
    "log-quadratic": Method(log_quadratic, HEURISTIC, "ln U goes on as a parabola in ln D"),
    "local-slope": Method(local_slope, HEURISTIC, "the slope of ln U in ln D stays what it is at the end"),
}  # fmt: skip
"""The methods, by the names that results give them."""

OF_INDEPENDENT_DRAWS = ("good-toulmin", "pitman-yor", "zipf-mandelbrot")
"""Methods that know independent draws alone: of a text their numbers are moved by its `burst_shift`."""


@dataclass(frozen=True)
class Extrapolation:
    """What `factor` times the draws are expected to hold, by one method.

    `expected` is U(tD), and `new_share` the part of the draws near tD that are new; both are nan, their intervals None,
    and `why_not` says why, where the method does not apply. `at_least` and `at_most` hold whatever the draws are, and
    `at_most_stationary` bounds the mean where the draws are stationary. `logit_error` is the standard error of the
    logit of the part of the further draws that is new, from sampling alone.
    """

    method: str
    factor: float
    n_draws: float
    n_unique: float
    expected: float
    interval: Interval | None
    new_share: float
    label: str
    assumption: str
    why_not: str = ""
    logit_error: float = math.nan
    n_possible: float = math.inf
    """Types that there can be, whatever the draws are; inf where nobody can say."""
    new_share_interval: Interval | None = None
    """That of `new_share`."""

    _repr_html_ = html_fields

    @property
    def at_least(self) -> float:
        """What was seen already."""
        return self.n_unique

    @property
    def at_most(self) -> float:
        """What there would be if every further draw were new, or all types that there can be."""
        return min(float(F["most_new"].function(self.n_draws, self.n_unique, self.factor)), self.n_possible)

    @property
    def at_most_stationary(self) -> float:
        """The mean of stationary draws is no more than this; not below what holds for all (`at_most`)."""
        return min(self.at_most, float(F["most_new.stationary"].function(self.n_unique, math.ceil(self.factor))))

    def within(self, n_possible: float) -> Extrapolation:
        """The same where there are `n_possible` types: no interval goes beyond, and a method that does is refused."""
        known = replace(self, n_possible=n_possible)
        if self.interval is None:
            return known
        if self.expected > n_possible:
            return known.refused(f"it goes beyond the {n_possible:.0f} that there can be")
        return replace(known, interval=Interval(self.interval.lower, min(self.interval.upper, n_possible)))

    def refused(self, why: str) -> Extrapolation:
        """The same without numbers."""
        return replace(
            self, expected=math.nan, interval=None, new_share=math.nan, new_share_interval=None, why_not=why,
            logit_error=math.nan,
        )  # fmt: skip


def extrapolate_unique(
    n_draws: Any, spectrum: FrequencySpectrum, factor: Any, *, method: str = "auto", confidence: float = 0.95
) -> Extrapolation:
    """Distinct types among `factor` times `n_draws` independent draws, whose first `n_draws` have this `spectrum`.

    `method` is good-toulmin, pitman-yor or zipf-mandelbrot; auto takes good-toulmin up to twice the draws, and
    pitman-yor beyond (equation E2). The interval is that of sampling, under what the method assumes: for text, which
    is no independent draws, ``python -m simulate corpus`` has wider ones. Raises ValueError for a factor that is not
    above 1 and for a spectrum that is not one of so many draws.
    """
    Choice("method", ("auto", *OF_INDEPENDENT_DRAWS))(method)
    draws, times = single("n_draws", n_draws), single("factor", factor)
    if not times > 1 or not math.isfinite(times):
        raise ValueError(f"factor must be above 1 and finite, got {shown(factor)}")
    seen = Seen(draws, float(spectrum.n_unique), spectrum)
    if not float(spectrum.multiplicity @ spectrum.count) <= draws <= float(spectrum.upper @ spectrum.count):
        raise ValueError(f"n_draws must be the draws that the spectrum counts, the sum of k f_k, got {shown(n_draws)}")
    if method == "auto":
        method = "good-toulmin" if times <= 2 else "pitman-yor"
    return extrapolated(seen, times, method, confidence=confidence)


def extrapolated(
    seen: Seen, factor: float, method: str, *, lack_of_fit: tuple[float, float] = (0.0, 0.0), confidence: float = 0.95
) -> Extrapolation:
    """`method` applied to what was `seen`.

    `lack_of_fit` are half-widths in the logit of the part that is new, of all further draws and of those near the end.
    """
    confidence = checked_confidence(confidence)
    how = METHODS[method]
    told: dict[str, Any] = {
        "method": method, "factor": factor, "n_draws": seen.n_draws, "n_unique": seen.n_unique, "label": how.label,
        "assumption": how.assumption,
    }  # fmt: skip
    try:
        found = how.estimate(seen, factor)
    except DoesNotApply as reason:
        return Extrapolation(**told, expected=math.nan, interval=None, new_share=math.nan, why_not=str(reason))
    room = (factor - 1) * seen.n_draws
    share = found.new / room
    shift, shift_error = burst_shift(seen) if method in OF_INDEPENDENT_DRAWS else (0.0, 0.0)
    error = math.hypot(found.deviation / (room * share * (1 - share)), shift_error)
    blocks = 0 if seen.curve_without is None else len(seen.curve_without)
    quantile = float(stdtrit(blocks - 1, (1 + confidence) / 2) if blocks else ndtri((1 + confidence) / 2))
    half, half_rate = (math.hypot(quantile * error, lack) for lack in lack_of_fit)
    low, middle, high = (_moved(share, shift + step) for step in (-half, 0.0, half))
    fewest, rate, most = (_moved(found.rate, shift + step) for step in (-half_rate, 0.0, half_rate))
    return Extrapolation(
        **told, expected=seen.n_unique + room * middle, new_share=rate, logit_error=error,
        interval=Interval(seen.n_unique + room * low, seen.n_unique + room * high),
        new_share_interval=Interval(fewest, most),
    )  # fmt: skip


def _moved(share: float, step: float) -> float:
    """`share` moved by `step` on the logit scale; e^step is kept from overflowing."""
    if share in (0.0, 1.0):
        return share
    odds = math.log(share) - math.log1p(-share) + step
    return 1 / (1 + math.exp(-odds)) if odds > -700 else 0.0


def good_turing_coverage(n_draws: Any, f1: Any, f2: Any, *, confidence: float = 0.95) -> Coverage:
    """Good–Turing coverage 1 - f1/D: the probability of all that was seen, with its interval (equation E2).

    The interval is Esty's normal one, for independent draws, cut at 0 and 1. Raises ValueError where `f1` and `f2`, the
    types seen once and twice, are more than `n_draws` hold.
    """
    draws, once, twice = single("n_draws", n_draws), single("f1", f1), single("f2", f2)
    if not (draws > 0 and once >= 0 and twice >= 0 and once + 2 * twice <= draws):
        raise ValueError(
            f"f1 and f2 must be at least 0, with f1 + 2 f2 at most n_draws, got {shown(f1)}, {shown(f2)} and "
            f"{shown(n_draws)}"
        )
    return coverage(draws, once, twice, float(ndtri((1 + checked_confidence(confidence)) / 2)))
