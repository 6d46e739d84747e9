"""What more of a text would bring: the methods of `bounds.fitting`, with widths learnt on real text.

A method of independent draws is moved by what the blocks of the text show of its bursts. The half-width of an
interval is that of sampling (the method's own, and over blocks) and of lack of fit in quadrature: how far the method
was off on real texts whose rest was held back (`held_back`), beyond what sampling explains. docs/corpora.md has the
protocol and the errors. Of a sketch, the error of its sample and of its U stand in the interval too (`sketches.ahead`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import stdtrit

from bounds.base.brief import brief, brief_fields
from bounds.base.intervals import Interval
from bounds.base.telling.html import html_table
from bounds.fitting.extrapolation.estimates import Seen
from bounds.fitting.extrapolation.extrapolate import METHODS, Extrapolation, extrapolated, good_turing_coverage
from simulate.text.growth import CorpusGrowth, spectrum_edges
from simulate.text.held_back import DEFAULT, DEFAULT_AT_END, FACTORS, LACK_OF_FIT, LACK_OF_FIT_AT_END, N_CORPORA
from simulate.text.sketches.ahead import SampledText, sampled_coverage
from simulate.text.streaming import SketchedGrowth

LEAST_DRAWS = 1000
"""Windows of a text below which no method is asked."""

_KINDS = {"byte": 256, "char": 0x110000 - 2048}
"""Units that there can be: bytes, and code points without halves of surrogate pairs."""
_LONG = 8
"""Units of a window beyond which there can be more windows than numbers of 64 bits."""


@dataclass(frozen=True)
class MoreText:
    """What is known of one length of window: its coverage now, and U at each factor by each method, the default first.

    `chosen` has one for each of `factors`: the default method, or where it does not apply the next that does; None
    where none does. `at_most` and `at_most_stationary`, for each of `factors`, hold whatever the text is, and where it
    is stationary; of a sketch for the upper end of U.
    """

    coverage: float
    coverage_interval: Interval
    factors: tuple[float, ...]
    found: tuple[tuple[Extrapolation, ...], ...]
    at_most: tuple[float, ...]
    at_most_stationary: tuple[float, ...]

    __repr__ = brief_fields

    @property
    def chosen(self) -> tuple[Extrapolation | None, ...]:
        """The first method of U that applies at each factor."""
        return tuple(next((one for one in each if not one.why_not), None) for each in self.found)

    @property
    def chosen_at_end(self) -> tuple[Extrapolation | None, ...]:
        """The first method that applies of the part that is new there, whose record is another."""
        return tuple(
            min((one for one in each if not one.why_not), key=_place_at_end, default=None) for each in self.found
        )

    def _repr_html_(self) -> str:
        title = f"More of the text; coverage now {brief(self.coverage)}, {brief(self.coverage_interval)}"
        rows = [
            _told(one or each[0], at_end or each[0])
            for one, at_end, each in zip(self.chosen, self.chosen_at_end, self.found, strict=True)
        ]
        return html_table(
            title, rows, ("times the text", "distinct", "interval", "new share", "its interval", "method", "why not")
        )


def _place_at_end(one: Extrapolation) -> int:
    return DEFAULT_AT_END.index(one.method)


def _told(one: Extrapolation, at_end: Extrapolation) -> tuple[str, ...]:
    known = not one.why_not
    values = (one.expected, one.interval, at_end.new_share, at_end.new_share_interval)
    numbers = [brief(value) if known else "–" for value in values]
    method = f"{one.method}, {one.label}; new share: {at_end.method}, {at_end.label}"
    return (brief(one.factor), *numbers, method if known else "none", one.why_not)


def seen_of(growth: CorpusGrowth) -> Seen:
    """What a measured text shows at its last prefix."""
    blocks = growth.blocks
    draws, unique = float(growth.n_draws[-1]), float(growth.n_unique[-1])
    if blocks is None:
        return Seen(draws, unique, growth.multiplicities)
    return Seen(
        draws, unique, growth.multiplicities, blocks.n_draws.astype(float), blocks.n_unique, blocks.without
    )  # fmt: skip


def lack_of_fit(method: str, factor: float, confidence: float = 0.95) -> tuple[float, float]:
    """Half-widths in the logit of the new part, of all that is further and of what is near the end.

    From the errors on texts held back: Student's quantile over corpora.
    """
    errors = (np.interp(np.log(factor), np.log(FACTORS), of[method]) for of in (LACK_OF_FIT, LACK_OF_FIT_AT_END))
    of_all, at_end = (float(stdtrit(N_CORPORA - 1, (1 + confidence) / 2)) * float(error) for error in errors)
    return of_all, at_end


def more_text(growth: CorpusGrowth | SketchedGrowth, factors: Sequence[float], *, confidence: float = 0.95) -> MoreText:
    """What `factors` times as much text like this would hold."""
    draws, most = float(growth.n_draws[-1]), float(growth.n_unique[-1])
    once, twice = float(growth.f1[-1]), float(growth.f2[-1])
    if isinstance(growth, SketchedGrowth):
        sampled, most = sampled_text(growth), float(growth.interval.upper[-1])
        by_method = [by_sample(name, sampled, factors, confidence) for name in DEFAULT]
        covered, interval = sampled_coverage(draws, once, twice, sampled.types.share, confidence)
    else:
        seen = seen_of(growth)
        by_method = [[_by(name, seen, factor, confidence) for factor in factors] for name in DEFAULT]
        covered, interval = good_turing_coverage(draws, once, twice, confidence=confidence)
    possible = _n_possible(growth)
    found = _ascending([[one.within(possible) for one in each] for each in zip(*by_method, strict=True)])
    bounds = [replace(each[0], n_unique=most) for each in found]
    return MoreText(
        covered, interval, tuple(factors), found, tuple(one.at_most for one in bounds),
        tuple(one.at_most_stationary for one in bounds),
    )  # fmt: skip


def _ascending(found: Sequence[Sequence[Extrapolation]]) -> tuple[tuple[Extrapolation, ...], ...]:
    """Methods at each factor, of which none is left that says less of more text than one that speaks of less."""
    told, before = dict[float, tuple[Extrapolation, ...]](), None
    for each in sorted(found, key=lambda some: some[0].factor):
        told[each[0].factor] = tuple(one if before is None else _not_below(one, before) for one in each)
        before = next((one for one in told[each[0].factor] if not one.why_not), before)
    return tuple(told[each[0].factor] for each in found)


def _not_below(one: Extrapolation, before: Extrapolation) -> Extrapolation:
    if one.why_not or one.expected >= before.expected:
        return one
    return one.refused(f"it says fewer than {before.method} does of {before.factor:g} times the text")


def _n_possible(growth: CorpusGrowth | SketchedGrowth) -> float:
    """Windows that there can be: bytes and code points are known, and long windows are more than anybody counts."""
    kinds = _KINDS.get(growth.unit)
    return np.inf if kinds is None or growth.length > _LONG else float(kinds**growth.length)


def sampled_text(growth: SketchedGrowth) -> SampledText:
    """What a sketched text shows at its last prefix."""
    ends = Interval(float(growth.interval.lower[-1]), float(growth.interval.upper[-1]))
    edges = spectrum_edges(float(growth.n_units[-1]))
    return SampledText(float(growth.n_unique[-1]), ends, growth.types, edges)


def by_sample(method: str, sampled: SampledText, factors: Sequence[float], confidence: float) -> list[Extrapolation]:
    """What a sketched text would hold at each of `factors` by one method."""
    draws, unique = float(sampled.types.n_windows), sampled.n_unique
    whys = [sampled.why_not or _why_not(draws, factor) for factor in factors]
    asked = [factor for factor, why in zip(factors, whys, strict=True) if not why]
    told = iter(sampled.extrapolated(method, asked, [lack_of_fit(method, factor) for factor in asked], confidence))
    return [
        _refused(method, factor, draws, unique, why) if why else next(told)
        for factor, why in zip(factors, whys, strict=True)
    ]


def first_that_applies(growth: CorpusGrowth, factor: float, *, confidence: float = 0.95) -> Extrapolation:
    """What `factor` times as much text would hold by the default, or the next method that applies.

    Where none does, that of the default, which says why.
    """
    seen, possible = seen_of(growth), _n_possible(growth)
    first = _by(DEFAULT[0], seen, factor, confidence).within(possible)
    others = (_by(name, seen, factor, confidence).within(possible) for name in DEFAULT[1:])
    return first if not first.why_not else next((one for one in others if not one.why_not), first)


def _by(method: str, seen: Seen, factor: float, confidence: float) -> Extrapolation:
    if why := _why_not(seen.n_draws, factor) or _ends_before(seen):
        return _refused(method, factor, seen.n_draws, seen.n_unique, why)
    return extrapolated(seen, factor, method, lack_of_fit=lack_of_fit(method, factor), confidence=confidence)


def _ends_before(seen: Seen) -> str:
    """Why nothing is said where blocks are of more text than the last prefix; empty where they are of no more."""
    if seen.curve_draws is None or seen.curve_without is None:
        return ""
    n_blocks = len(seen.curve_without)
    if round(float(seen.curve_draws[-1]) * n_blocks / (n_blocks - 1)) <= seen.n_draws:
        return ""
    return "the last prefix ends before the text, from whose end one looks ahead: let --at end with all"


def _why_not(n_draws: float, factor: float) -> str:
    """Why no method is asked; empty where they are."""
    if n_draws < LEAST_DRAWS:
        return f"{n_draws:.0f} windows are too few: at least {LEAST_DRAWS} are needed"
    return f"no method was tried beyond {FACTORS[-1]:g} times a text" if factor > FACTORS[-1] else ""


def _refused(method: str, factor: float, n_draws: float, n_unique: float, why: str) -> Extrapolation:
    how = METHODS[method]
    return Extrapolation(method, factor, n_draws, n_unique, np.nan, None, np.nan, how.label, how.assumption, why)
