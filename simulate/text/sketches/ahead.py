"""What the sample of a sketch says of more text, and how far that is off because it is a sample (docs/theory.md, E2).

| letter | meaning                                                                   | unit    |
|--------|---------------------------------------------------------------------------|---------|
| U, u   | distinct windows as the sketch estimates them; its relative error         | windows, 1 |
| S, p   | sampled ones, and the share that they are of all                          | windows, 1 |
| R      | groups that the sampled ones are split into by their hash                 | 1       |
| λ, λ_r | logit of the part of the further windows that is new; without group r     | 1       |
| T      | U of t times the text, t the factor                                       | windows |

All that the methods read is a sum over types: f_k, and curves over stretches of text with and without each block. So it
is counted among the S sampled types, and times U/S it is that of all. The share p alone would do as well; with U/S all
of it is in keeping with the U that is shown, and new windows are added to that U. With all types sampled U = S, and
every number is that of exact counts.

*Which types are sampled.* A type is kept or not by its hash, each by itself, with probability p. λ is a function of
sums over the sampled types, so that for many of them its variance over hash functions is that of a sum of independent
terms, which leaving out one of R random groups estimates (the delete-a-group jackknife; Kott 2001), times
1 - p, as for a sample without replacement of a finite number of types (Cochran 1977, section 2.6):

    Var λ ≈ (1 - p) (R - 1)/R Σ_r (λ_r - λ̄)².

In the half-width of λ it stands in quadrature, times Student's quantile with R - 1 degrees of freedom. The jackknife
over blocks, which has the same types, has some of this in it too: the interval is rather too wide.

*How many there are.* U is off by the factor 1 + u, and with it f_k and the curves. Then T is off by about that factor
too, exactly so where new windows are in proportion to U. With T₋ and T₊ for what the ends of λ make of T, and U₋ and
U₊ for the ends of the interval of U, that of T ends at (Zou & Donner 2008, for independent errors)

    T - √((T - T₋)² + (T (1 - U₋/U))²),    T + √((T₊ - T)² + (T (U₊/U - 1))²),

and is never below U₋, nor above U₊ + (t - 1) D.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.special import digamma, logit, ndtri, stdtrit

from bounds.base.intervals import Interval
from bounds.base.spectrum import FrequencySpectrum
from bounds.fitting.extrapolation.bursts import burst_shift
from bounds.fitting.extrapolation.estimates import Floats, Seen
from bounds.fitting.extrapolation.extrapolate import Extrapolation, extrapolated, good_turing_coverage
from bounds.fitting.extrapolation.good_turing import Coverage
from bounds.fitting.extrapolation.pitman_yor import fit_process
from simulate.text.blocks import gaps_of, stretches_of
from simulate.text.sketches.places import SampledTypes, blocks_of

N_GROUPS = 8
LEAST_TYPES = 32 * N_GROUPS
"""Sampled types below which nothing is said, unless they are all there are."""


def _once(counts: np.ndarray, seen: Seen) -> Floats:
    del seen
    return (counts == 1).astype(float)


def _score(counts: np.ndarray, seen: Seen) -> Floats:
    """-d/dd of Σ_{j<k} ln(j - d) where the likelihood of all is largest (Pitman 2006, equation 3.6), but for what all
    types share."""
    return np.asarray(digamma(counts - fit_process(seen).exponent), dtype=float)


_READ_OF_A_TYPE = {"zipf-mandelbrot": _once, "pitman-yor": _score}
"""Methods whose fit takes long, and the mean over types that, given D and U, moves it: f_1/U, and the score of d to
first order. So what they say without each group is told by that mean and one more fit."""


@dataclass(frozen=True, eq=False)
class SampledText:
    """A text of `n_unique` distinct windows, or so, by a sample of them; `unique` is the interval of that number.

    `edges` are the lower edges of the bins that multiplicities are counted in.
    """

    n_unique: float
    unique: Interval
    types: SampledTypes
    edges: np.ndarray

    @property
    def why_not(self) -> str:
        """Why nothing can be said from this sample; empty where something can."""
        n = len(self.types.counts)
        if self.types.share == 1:
            return ""
        if self.types.counts.max() == 1:
            return "every draw was new, as far as the sample shows, so that nothing shows when draws will repeat"
        few = f"a sample of {n} distinct windows is too small: at least {LEAST_TYPES} are needed, as --precision 9 has"
        return few if n < LEAST_TYPES else ""

    @cached_property
    def seen(self) -> Seen:
        """What all sampled types show."""
        return self._shown(self.types)

    @cached_property
    def _without(self) -> tuple[Seen, ...]:
        """The same without each group."""
        group = self.types.hashes % np.uint64(N_GROUPS)
        return tuple(self._shown(self.types.among(group != np.uint64(r))) for r in range(N_GROUPS))

    def extrapolated(
        self, method: str, factors: Sequence[float], lack_of_fit: Sequence[tuple[float, float]], confidence: float
    ) -> list[Extrapolation]:
        """What each of `factors` times as much text would hold by `method`, whose lack of fit there is given, as
        `extrapolated` takes it."""
        asked = list(zip(factors, lack_of_fit, strict=True))
        found = [extrapolated(self.seen, t, method, lack_of_fit=lack, confidence=confidence) for t, lack in asked]
        if self.types.share == 1 or all(one.why_not for one in found):
            return found
        errors = self.logit_errors(method, factors).tolist()
        quantile = float(stdtrit(N_GROUPS - 1, (1 + confidence) / 2))
        return [
            one if one.why_not else _unsure(one) if math.isnan(error) else self._widened(
                extrapolated(
                    self.seen, t, method, confidence=confidence,
                    lack_of_fit=(math.hypot(lack[0], quantile * error), math.hypot(lack[1], quantile * error)),
                ),
                error,
            )
            for one, error, (t, lack) in zip(found, errors, asked, strict=True)
        ]  # fmt: skip

    def logit_errors(self, method: str, factors: Sequence[float]) -> Floats:
        """√Var λ over samples for each of `factors`; nan where the method does not apply without some group."""
        if method in _READ_OF_A_TYPE:
            logits = self._from_one_fit(method, factors)
        else:
            logits = np.array([_logits(seen, method, factors) for seen in self._without])
        squares = ((logits - logits.mean(axis=0)) ** 2).sum(axis=0)
        return np.sqrt((1 - self.types.share) * (N_GROUPS - 1) / N_GROUPS * squares)

    def _from_one_fit(self, method: str, factors: Sequence[float]) -> Floats:
        """λ_r of a method whose fit takes long, (group, factor): fitted without the group that differs most."""
        read = _READ_OF_A_TYPE[method](self.types.counts, self.seen)
        group = self.types.hashes % np.uint64(N_GROUPS)
        moved = np.array([read[group != np.uint64(r)].mean() for r in range(N_GROUPS)]) - read.mean()
        most = int(np.abs(moved).argmax())
        shifts = np.array([burst_shift(seen)[0] for seen in self._without])
        of_all = _logits(self.seen, method, factors) - burst_shift(self.seen)[0]
        change = _logits(self._without[most], method, factors) - shifts[most] - of_all
        return of_all + moved[:, None] / (moved[most] or 1.0) * change + shifts[:, None]

    def _widened(self, one: Extrapolation, error: float) -> Extrapolation:
        """`one`, in whose interval the sample is already, with the error of U in it too."""
        assert one.interval is not None
        assert one.new_share_interval is not None
        fewest, most = (float(end) for end in self.unique)
        low, high = self._with_that_of_unique(one.expected, one.interval)
        least, largest = self._with_that_of_unique(one.new_share, one.new_share_interval)
        return replace(
            one, interval=Interval(max(low, fewest), min(high, most + (one.factor - 1) * one.n_draws)),
            new_share_interval=Interval(max(least, 0.0), min(largest, 1.0)),
            logit_error=math.hypot(one.logit_error, error),
        )  # fmt: skip

    def _with_that_of_unique(self, middle: float, ends: Interval) -> tuple[float, float]:
        """The ends of an interval of what goes as U, with the error of U in it."""
        fewest, most = (float(end) / self.n_unique for end in self.unique)
        low = middle - math.hypot(middle - float(ends.lower), middle * (1 - fewest))
        return low, middle + math.hypot(float(ends.upper) - middle, middle * (most - 1))

    def _shown(self, types: SampledTypes) -> Seen:
        """What some of the sampled types show, taken for all."""
        draws, unique = float(types.n_windows), self.n_unique
        scale = unique / len(types.counts)
        spectrum = FrequencySpectrum.from_binned(self.edges, _binned(types.counts, self.edges, scale, unique))
        blocks = blocks_of(types)
        if blocks is None:
            return Seen(draws, unique, spectrum)
        n, size, masks = blocks
        own, gaps = np.zeros(n, dtype=np.int64), np.zeros(n + 1, dtype=np.int64)
        changes = np.zeros((n, n + 1), dtype=np.int64)
        in_blocks = gaps_of(masks, gaps, changes, own)
        stretches, mean, without = stretches_of(in_blocks, own, gaps, changes)
        return Seen(
            draws, unique, spectrum, (stretches * size).astype(float), scale * mean, scale * without,
            None if n * size == types.n_windows else (float(n * size), scale * in_blocks),
        )  # fmt: skip


def sampled_coverage(
    n_draws: float, once: float, twice: float, share: float, confidence: float = 0.95
) -> Coverage:  # fmt: skip
    """Good–Turing coverage with `once` and `twice` as estimated from a sample of that `share` of the types.

    Its interval has the variance of the estimate of f_1 in it, f_1 (1 - p)/p, beside that of Esty.
    """
    once = min(once, n_draws)
    twice = min(twice, (n_draws - once) / 2)  # as no text has more
    middle, esty = good_turing_coverage(n_draws, once, twice, confidence=confidence)
    if share == 1:
        return Coverage(middle, esty)
    half = float(ndtri((1 + confidence) / 2)) * math.sqrt(once * (1 - share) / share) / n_draws
    low, high = middle - math.hypot(middle - esty.lower, half), middle + math.hypot(esty.upper - middle, half)
    return Coverage(middle, Interval(max(low, 0.0), min(high, 1.0)))


def _binned(counts: np.ndarray, edges: np.ndarray, scale: float, unique: float) -> np.ndarray:
    """How many types are in each bin of multiplicities, for all types: whole numbers, whose sum is `unique`."""
    sampled = np.bincount(np.searchsorted(edges, counts, side="right") - 1, minlength=len(edges))
    found = np.rint(scale * sampled).astype(np.int64)
    found[found.argmax()] += round(unique) - found.sum()
    return found


def _logits(seen: Seen, method: str, factors: Sequence[float]) -> Floats:
    """λ at each of `factors`; nan where the method does not apply."""
    found = [extrapolated(seen, factor, method) for factor in factors]
    shares = np.array([(one.expected - one.n_unique) / ((one.factor - 1) * one.n_draws) for one in found])
    return np.asarray(logit(np.where((shares > 0) & (shares < 1), shares, np.nan)), dtype=float)


def _unsure(one: Extrapolation) -> Extrapolation:
    """Refused."""
    return one.refused("it applies to parts of the sample only")
