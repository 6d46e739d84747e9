"""What every method of extrapolation is given, and what it says.

| letter   | meaning                                                        | unit  |
|----------|----------------------------------------------------------------|-------|
| D, U     | draws made so far, distinct types among them                   | draws, types |
| f_k      | types seen k times                                             | types |
| t        | factor by which the draws grow: tD in all                      | 1     |
| N(t)     | types among tD draws that are not among the first D            | types |
| r(t)     | part of the draws near tD that are new, dU/dD there            | 1     |
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bounds.base.spectrum import FrequencySpectrum

Floats = NDArray[np.float64]


class DoesNotApply(ValueError):
    """A method has nothing to say of these draws at that factor; the sentence says why."""


@dataclass(frozen=True, eq=False)
class Seen:
    """What was seen in `n_draws` draws: the spectrum, and where there is one the mean growth curve.

    `curve_unique` are mean numbers of distinct types in stretches of `curve_draws` draws (ascending), and
    `curve_without` the same for the draws without each of several blocks, one row a block. `in_blocks` are the draws
    that lie in those blocks and the types among them, where some at the end lie in none; all of them if None.
    """

    n_draws: float
    n_unique: float
    spectrum: FrequencySpectrum | None = None
    curve_draws: Floats | None = None
    curve_unique: Floats | None = None
    curve_without: Floats | None = None
    in_blocks: tuple[float, float] | None = None

    def f(self, most: int) -> Floats:
        """f_1 … f_most, as far as each was counted by itself."""
        assert self.spectrum is not None
        exact = self.spectrum.multiplicity == self.spectrum.upper
        first = self.spectrum.multiplicity[~exact]
        most = min(most, int(first[0]) - 1 if len(first) else most)
        found = np.zeros(most)
        here = exact & (self.spectrum.multiplicity <= most)
        found[self.spectrum.multiplicity[here] - 1] = self.spectrum.count[here]
        return found


@dataclass(frozen=True)
class Estimated:
    """New types N(t), the rate r(t) of new ones at tD, and the standard error of N(t) from sampling alone."""

    new: float
    rate: float
    deviation: float


def spectrum_of(seen: Seen) -> FrequencySpectrum:
    """The spectrum, which these methods need; DoesNotApply where there is none, or nothing to go by in it."""
    if seen.spectrum is None:
        raise DoesNotApply("how many windows were seen once, twice, … is not in this result")
    if seen.spectrum.f(1) == 0:
        raise DoesNotApply("nothing was seen only once, so that nothing points to what is unseen")
    if seen.n_unique >= seen.n_draws:
        raise DoesNotApply("every draw was new, so that nothing shows when draws will repeat")
    return seen.spectrum


def possible(found: Estimated, seen: Seen, factor: float) -> Estimated:
    """`found`, unless it lies outside of what any corpus can do."""
    room = (factor - 1) * seen.n_draws
    if not (np.isfinite(found.deviation) and 0 < found.new < room and 0 <= found.rate <= 1):
        raise DoesNotApply("its numbers leave what is possible so far beyond what was seen")
    return found
