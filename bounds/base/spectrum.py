"""How many types were seen k times: the frequency spectrum, its power law, and what it says about a growth curve.

| letter  | meaning                                                              | unit      |
|---------|----------------------------------------------------------------------|-----------|
| D, U    | number of draws, distinct types among them                           | draws, types |
| k, f_k  | multiplicity, number of types seen k times; U = sum of f_k           | 1, types  |
| γ       | exponent of U ~ D^γ                                                  | 1         |
| τ       | rate at which large multiplicities are thinned out: θ/D for Pitman–Yor | 1       |
| x       | part of the draws kept                                               | 1         |

A law whose tail has exponent γ shows f_k ∝ Γ(k-γ)/k! for k far below the multiplicity of the head, whatever
the head and the offset of the growth curve are (Karlin 1967; equation A4). For Pitman–Yor the same holds times
exp(-kτ), τ = θ/D (equation A5, k much smaller than D).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc, gammaincc, gammaln

from bounds.base.brief import brief_fields
from bounds.base.numerics.gamma_ratios import log_rise, log_rise_excess
from bounds.base.telling.html import html_fields

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
EXACT = 32
PER_OCTAVE = 8


@dataclass(frozen=True, repr=False)
class FrequencySpectrum:
    """How many types (`count`) have a multiplicity from `multiplicity` to `upper`, both included.

    Bins ascend and do not overlap; a bin is exact where `upper` equals `multiplicity`; multiplicities that no bin
    names were seen for no type. Of a corpus of D draws, the sum of k f_k is D: all types are in it.
    """

    multiplicity: Ints
    upper: Ints
    count: Ints

    __repr__ = brief_fields
    _repr_html_ = html_fields

    def __post_init__(self) -> None:
        for name in ("multiplicity", "upper", "count"):
            object.__setattr__(self, name, whole_numbers(name, getattr(self, name)))
        if not len(self.multiplicity) == len(self.upper) == len(self.count):
            raise ValueError(
                "multiplicity, upper and count of a spectrum must have one length, got "
                f"{len(self.multiplicity)}, {len(self.upper)} and {len(self.count)}"
            )
        ordered = np.all(self.multiplicity <= self.upper) and np.all(self.upper[:-1] < self.multiplicity[1:])
        if not ordered or np.any(self.multiplicity < 1):
            raise ValueError("the bins of a spectrum must be at least 1, ascend and not overlap; sort them first")

    @classmethod
    def from_counts(cls, counts_per_type: ArrayLike) -> FrequencySpectrum:
        """The exact spectrum of types seen `counts_per_type` times each; zeros are types not seen, and left out."""
        counts = whole_numbers("counts_per_type", counts_per_type)
        multiplicity, count = np.unique(counts[counts > 0], return_counts=True)
        return cls(multiplicity, multiplicity, count)

    @classmethod
    def from_binned(cls, lower_edges: ArrayLike, counts: ArrayLike) -> FrequencySpectrum:
        """The spectrum with bins that begin at `lower_edges` and end before the next one.

        The last bin ends at its own edge where that is below 33, otherwise an eighth of an octave above it.
        """
        lower = whole_numbers("lower_edges", lower_edges)
        if len(lower) == 0:
            return cls(lower, lower, whole_numbers("counts", counts))
        last = lower[-1] if lower[-1] <= EXACT else max(lower[-1], _next_edge(int(lower[-1])) - 1)
        return cls(lower, np.append(lower[1:] - 1, last), whole_numbers("counts", counts))

    @staticmethod
    def edges(n_draws: float) -> Ints:
        """Lower edges of the standard bins: 1 to 32 one by one, then 8 to an octave up to that of `n_draws`."""
        octaves = max(0, int(np.ceil(np.log2(max(float(n_draws), 1.0) / EXACT) + 1e-12)))
        ladder = np.ceil(EXACT * 2.0 ** (np.arange(1, PER_OCTAVE * octaves) / PER_OCTAVE))
        ladder = ladder[ladder < 2.0**63]  # no multiplicity has more bits
        return np.concatenate([np.arange(1, EXACT + 2), ladder]).astype(np.int64)

    @property
    def n_unique(self) -> int:
        """Number of types seen."""
        return int(self.count.sum())

    def f(self, k: int) -> int:
        """Number of types seen exactly `k` times; ValueError where the bin of k holds other multiplicities too."""
        place = int(np.searchsorted(self.upper, k))
        if place == len(self.upper) or self.multiplicity[place] > k:
            return 0
        if self.multiplicity[place] != self.upper[place]:
            bin_ = f"{self.multiplicity[place]}-{self.upper[place]}"
            raise ValueError(f"f({k}) is not known: the spectrum has one count for multiplicities {bin_}")
        return int(self.count[place])

    def rebin(self, lower_edges: ArrayLike) -> FrequencySpectrum:
        """The same types in the wider bins that begin at `lower_edges`; each old bin must lie inside a new one."""
        new = FrequencySpectrum.from_binned(lower_edges, np.zeros(np.size(lower_edges), dtype=np.int64))
        place = np.searchsorted(new.multiplicity, self.multiplicity, side="right") - 1
        if np.any(place < 0) or np.any(self.upper > new.upper[place]):
            raise ValueError("lower_edges must not cut a bin of the spectrum; choose edges from its own")
        count = np.bincount(place, weights=self.count, minlength=len(new.count)).astype(np.int64)
        return FrequencySpectrum(new.multiplicity, new.upper, count)

    def standard(self, n_draws: float) -> FrequencySpectrum:
        """The same types in standard bins without gaps; bins that these would cut are kept as they are."""
        edges = FrequencySpectrum.edges(max(float(n_draws), float(self.upper[-1]) if len(self.upper) else 1.0))
        cut = np.searchsorted(edges, self.upper, side="right") - 1
        inside = edges[cut] <= self.multiplicity
        if not inside.all():
            starts = np.union1d(edges, self.multiplicity[~inside])
            covered = np.searchsorted(self.multiplicity, starts, side="right") - 1
            kept = (covered < 0) | (starts > self.upper[covered]) | (starts == self.multiplicity[covered])
            edges = starts[kept]
        return self.rebin(edges)


def pooled(spectra: Sequence[FrequencySpectrum], n_draws: float) -> FrequencySpectrum:
    """The sum of spectra of corpora of `n_draws` draws each, in standard bins."""
    bins, counts = in_common_bins(spectra, n_draws)
    return FrequencySpectrum(bins.multiplicity, bins.upper, counts.sum(axis=0))


def in_common_bins(spectra: Sequence[FrequencySpectrum], n_draws: float) -> tuple[FrequencySpectrum, Ints]:
    """Standard bins for corpora of `n_draws` draws, as the spectrum of one of them, and the counts (corpus, bin)."""
    parts = [spectrum.standard(n_draws) for spectrum in spectra]
    longest = max(parts, key=lambda part: len(part.count))
    if any(not np.array_equal(part.multiplicity, longest.multiplicity[: len(part.count)]) for part in parts):
        raise ValueError("the spectra of a pooled fit must have the same bins; use FrequencySpectrum.edges for all")
    counts = np.zeros((len(parts), len(longest.count)), dtype=np.int64)
    for row, part in zip(counts, parts, strict=True):
        row[: len(part.count)] = part.count
    return longest, counts


def whole_numbers(name: str, values: ArrayLike) -> Ints:
    """`values` as int64; ValueError where one is negative, not finite, fractional or too large."""
    given = np.asarray(values)
    if np.ma.is_masked(values):
        raise ValueError(f"{name} must be whole numbers, none of them masked; leave masked entries out")
    if given.ndim != 1:
        raise ValueError(f"{name} must be one row of numbers, got an array of shape {given.shape}")
    if given.dtype.kind not in "iuf" and given.size:
        raise ValueError(f"{name} must be numbers, got {given.dtype}")
    wrong = ~np.isfinite(given) | (given < 0) | (given != np.floor(given))
    if given.dtype.kind != "i":  # as a float, 2^63 - 1 is 2^63
        wrong |= given >= (2.0**63 if given.dtype.kind == "f" else np.uint64(2**63))
    if np.any(wrong):
        raise ValueError(f"{name} must be whole numbers of at least 0 below 2^63, got {given[wrong][0]!r}")
    return given.astype(np.int64)


def _next_edge(edge: int) -> int:
    step = np.floor(np.log2(edge / EXACT) * PER_OCTAVE + 1e-9) + 1
    return min(int(np.ceil(EXACT * 2.0 ** (step / PER_OCTAVE))), 2**63)


# ---------------------------------------------------------------- the power law of the spectrum


def gamma_ratio(k: ArrayLike, gamma: float | Floats) -> Floats:
    """Γ(k-γ)/Γ(k) for a row `k`, without the cancellation of large log-gammas; one row for each of several `gamma`."""
    k, power = np.asarray(k, dtype=float), np.asarray(gamma)[..., None]
    x = np.maximum(k, 50.0) - (1 + power) / 2
    ratio = x**-power * (1 - power * (1 - power) * (1 + power) / (24 * x * x))
    small = k <= 50
    ratio[..., small] = np.exp(gammaln(k[small] - power) - gammaln(k[small]))
    return ratio


def bin_masses(lower: Ints, upper: Ints, gamma: float | Floats) -> Floats:
    """Sums of Γ(k-γ)/k! over the bins, k = lower … upper: [A(lower) - A(upper+1)]/γ with A = Γ(k-γ)/Γ(k).

    One row for each of several `gamma`.
    """
    return (gamma_ratio(lower, gamma) - gamma_ratio(upper + 1.0, gamma)) / np.asarray(gamma)[..., None]


def log_bin_shares(lower: Ints, upper: Ints, gamma: float) -> Floats:
    """ln of γ Σ Γ(k-γ)/(Γ(1-γ) k!) over the bins: the shares of the types in them, which are 1 in all (equation A4).

    With A(k) = Γ(k-γ)/Γ(k) a share is [A(lower) - A(upper+1)]/A(1), of which the logarithm keeps its digits for bins of
    any place and width.
    """
    first, after = lower.astype(float), upper + 1.0
    width = (upper - lower).astype(float) + 1.0
    large = first > 64
    at, end = np.where(large, first, 65.0), np.where(large, after, 66.0)
    fall = (
        gamma * np.log1p(np.where(large, width, 1.0) / at) + log_rise_excess(at, -gamma) - log_rise_excess(end, -gamma)
    )
    far = log_rise(at, -gamma) + np.log(-np.expm1(-fall))
    near = np.where(large, 1.0, first)
    beyond = np.where(large, 2.0, after)
    one = np.log(gamma) + log_rise(near, -gamma) - np.log(near)  # Γ(k-γ)/Γ(k)·γ/k
    with np.errstate(divide="ignore"):
        wide = np.log(np.exp(log_rise(near, -gamma)) - np.exp(log_rise(beyond, -gamma)))
    return np.where(large, far, np.where(width > 1, wide, one)) - gammaln(1 - gamma)


def bin_centres(lower: Ints, upper: Ints) -> Floats:
    """The multiplicity that stands for a bin: the one of exact bins, the geometric middle of wide ones."""
    return np.where(upper > lower, np.sqrt(lower * (upper + 1.0)), lower)


def pearson(observed: Floats, expected: Floats, constants: int, least: float = 5.0) -> tuple[float, float, int]:
    """Pearson's statistic after merging neighbours to `least` expected: (p-value, statistic, degrees of freedom).

    The p-value is 1 where too few cells are left to test anything.
    """
    group = np.zeros(len(expected), dtype=np.int64)
    filled, current = 0.0, 0
    for place, value in enumerate(expected):
        group[place] = current
        filled += value
        if filled >= least:
            filled, current = 0.0, current + 1
    if filled > 0 and current > 0:
        group[group == current] = current - 1
    seen = np.bincount(group, weights=observed)
    meant = np.bincount(group, weights=expected)
    freedom = len(meant) - 1 - constants
    if freedom < 1:
        return 1.0, 0.0, freedom
    statistic = float(np.sum((seen - meant) ** 2 / meant))
    return float(chdtrc(freedom, statistic)), statistic, freedom


def fixed_law_ratio(lower: Ints, upper: Ints, influence: Floats, gamma: float, tau: float) -> float:
    """Standard deviation of Σ influence(k) f_k under a fixed law over that under a random one; at most 1.

    Under a random law (Pitman–Yor, given its intercept) the f_k are independent Poisson. Under a fixed one the
    multiplicities vary about fixed means λ, whose density is ∝ λ^(-γ-1) exp(-τλ): the variance is
    ∫ Var[influence(N)] dν(λ), N ~ Poisson(λ) (derived; Poissonised, the correction for fixed D lowers it).
    """
    log_rate = np.linspace(np.log(1e-3), np.log(4.0 * upper[-1] + 40), 1500)
    rate = np.exp(log_rate)
    below = gammaincc(np.append(lower, upper[-1] + 1.0)[None, :], rate[:, None])  # P(N < edge)
    chance = np.diff(below, axis=1)
    mean = chance @ influence
    density = rate**-gamma * np.exp(-tau * rate)
    # Below the grid a type is seen once or not at all, and its variance is the same under both.
    rare = influence[0] ** 2 * rate[0] ** (1 - gamma) / (1 - gamma)
    fixed = rare + np.trapezoid(density * (chance @ influence**2 - mean**2), log_rate)
    random = rare + np.trapezoid(density * (chance @ influence**2), log_rate)
    return float(np.sqrt(np.clip(fixed / random, 0.0, 1.0)))


# ---------------------------------------------------------------- curve against spectrum


def _inside_bins(spectrum: FrequencySpectrum) -> tuple[Floats, Floats, Ints]:
    """Multiplicities inside the bins, their weights (1 in a bin), and where each bin begins among them.

    All of a narrow bin; of a wide one three, Gauss–Legendre in ln k. Types are taken to thin out inside a bin as they
    do from bin to bin. With the middle for the bin, the mean of U of a part would be 3e-4 of the types of a bin off: of
    1e9 types ten times what they vary.
    """
    low, high = np.log(spectrum.multiplicity - 0.5), np.log(spectrum.upper + 0.5)
    middle, half = (low + high) / 2, (high - low) / 2
    density = np.log((spectrum.count + 0.5) / half)  # of types in ln k
    slope = np.clip(np.gradient(density, middle), -3, 1) if len(middle) > 1 else np.zeros(len(middle))
    nodes, weights = np.polynomial.legendre.leggauss(3)
    places, shares = [], []
    for i, (lower, upper) in enumerate(zip(spectrum.multiplicity, spectrum.upper, strict=True)):
        if upper - lower < 64:
            k = np.arange(lower, upper + 1, dtype=float)
            share = (k / lower) ** (slope[i] - 1)
        else:
            k = np.exp(middle[i] + half[i] * nodes)
            share = weights * np.exp(slope[i] * half[i] * nodes)
        places.append(k)
        shares.append(share / share.sum())
    first = np.cumsum([0, *(len(k) for k in places[:-1])])
    return np.concatenate(places), np.concatenate(shares), first


def rarefied(spectrum: FrequencySpectrum, kept: Floats, n_draws: float) -> tuple[Floats, NDArray[np.float64]]:
    """Mean and covariance of U after a random part x = `kept` of the draws, given the spectrum of all of them.

    With a_k(x) = (1-x)^k a type seen k times is missing from the part with chance a_k: E U = Σ f_k (1-a_k), and
    for x ≤ y  Cov = Σ f_k a_k(y)(1-a_k(x)) - B(x)B(y)x(1-y)/D,  B(x) = Σ k f_k (1-x)^(k-1)
    (derived: binomial thinning, conditioned on the number of draws kept).
    """
    k, weight, first = _inside_bins(spectrum)
    at = weight * np.exp(np.log1p(-kept)[:, None] * k)
    missing = np.add.reduceat(at, first, axis=1)
    mean = (spectrum.count * (1 - missing)).sum(axis=1)
    slope = (np.add.reduceat(k * at, first, axis=1) * spectrum.count).sum(axis=1) / (1 - kept)
    smaller, larger = np.minimum.outer(kept, kept), np.maximum.outer(kept, kept)
    present = np.einsum("ik,jk,k->ij", 1 - missing, missing, spectrum.count.astype(float))
    upper = np.triu(present)
    covariance = upper + np.triu(upper, 1).T
    return mean, covariance - np.outer(slope, slope) * smaller * (1 - larger) / n_draws


def exchangeability(spectrum: FrequencySpectrum, n_draws: Floats, n_unique: Floats, replicates: int = 1) -> float:
    """p-value of the hypothesis that the curve is the spectrum of its last point, seen in random order.

    True for independent draws of any law; text, whose topics drift, fails it. 1 where there is nothing to test.
    """
    total = float(n_draws[-1])
    inner = (n_draws[:-1] >= 1) & (n_unique[:-1] >= 5) & (n_unique[:-1] < n_unique[-1])
    kept = n_draws[:-1][inner] / total
    if len(kept) == 0:
        return 1.0
    mean, covariance = rarefied(spectrum, kept, total * replicates)
    # As for few types: where a handful of draws are repeats, their number is no normal variable.
    enough = kept * total * replicates - mean >= 5
    if not enough.any():
        return 1.0
    mean, covariance = mean[enough], covariance[np.ix_(enough, enough)]
    gap = n_unique[:-1][inner][enough] - mean
    # Increments are nearly uncorrelated, so that the small ones are not lost beside the large.
    step = np.eye(len(gap)) - np.eye(len(gap), k=-1)
    spread = step @ covariance @ step.T
    scale = np.sqrt(np.clip(np.diag(spread), 1e-12, None))
    values, vectors = np.linalg.eigh(spread / np.outer(scale, scale))
    good = values > 1e-6
    score = vectors[:, good].T @ (step @ gap / scale)
    return float(chdtrc(int(good.sum()), np.sum(score**2 / values[good])))
