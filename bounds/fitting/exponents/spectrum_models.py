"""Estimates of the exponent γ of U(D) ~ D^γ from the frequency spectrum of one corpus size.

| letter  | meaning                                                                | unit   |
|---------|------------------------------------------------------------------------|--------|
| D, U    | draws, distinct types among them                                       | draws, types |
| k, f_k  | multiplicity, number of types seen k times                             | 1, types |
| γ, d    | exponent; Pitman–Yor discount, which is its exponent                   | 1      |
| θ       | Pitman–Yor concentration                                               | draws  |
| τ       | thinning of large multiplicities, θ/D for Pitman–Yor                   | 1      |

* ``spectrum``: f_k ∝ Γ(k-γ)/k!·exp(-τk) below the head, which needs neither the scale nor the offset of the growth
  curve (Karlin 1967; equations A4 and A5). Given its intercept, a random law has independent Poisson f_k; a fixed
  law varies less, and is recognised by that.
* ``pitman-yor``: the likelihood of the whole partition (Pitman 2006; equation E1).

Everything here takes checked arrays of floats; `bounds.fitting.exponents.exponent` is the public face.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtr, gammaln

from bounds.base.intervals import Interval
from bounds.base.numerics.gamma_ratios import log_rise
from bounds.base.spectrum import FrequencySpectrum, bin_centres, bin_masses, fixed_law_ratio, log_bin_shares, pearson
from bounds.fitting.exponents.growth_models import (
    ACCEPT,
    DISCOUNTS,
    LEAST_LOG_SHIFT,
    LOG_SHIFT_TOLERANCE,
    TOLERANCE,
    Estimate,
    concentration,
    concentration_limit,
    highest,
    likelihood_interval,
    multinomial,
    with_interval,
)

Floats = NDArray[np.float64]

# ---------------------------------------------------------------- model "pitman-yor"


def partition_likelihood(
    spectrum: FrequencySpectrum, n_unique: Floats, n_draws: float, d: float, theta: float
) -> float:
    """Log-likelihood of (d, θ) under Pitman–Yor, less what depends on the data alone.

    Σ_{i<U} ln(θ+id) - Σ_{i<n} ln(θ+i) + Σ_k f_k Σ_{j<k} ln(j-d), summed over corpora (Pitman 2006, equation 3.6). A
    wide bin has the sum of the chances of its multiplicities. Kept as two small parts, since the sums themselves are
    so large at n = 1e13 that a float has no digits left for how they change with d.
    """
    return _seats(spectrum, d) + _tables(n_unique, n_draws, d, theta)


def _seats(spectrum: FrequencySpectrum, d: float) -> float:
    """How the types are shared among the multiplicities: Σ F ln(share/(F/U)), F types in a bin; at most 0."""
    seen = spectrum.count > 0
    count = spectrum.count[seen].astype(float)
    shares = log_bin_shares(spectrum.multiplicity[seen], spectrum.upper[seen], d)
    return float(count @ (shares - np.log(count / count.sum())))


def _tables(n_unique: Floats, n_draws: float, d: float, theta: float) -> float:
    """ln Γ(θ/d+U)Γ(θ+1)/(d Γ(θ/d+1)Γ(θ+n)) less ln Γ(U)/Γ(n), summed over corpora."""
    c, corpora = theta / d, len(n_unique)
    rises = log_rise(np.append(n_unique, n_draws), np.append(np.full(corpora, c), theta))
    blocks, draws = rises[:-1] - gammaln((theta + d) / d), float(rises[-1]) - gammaln(theta + 1)
    if c > 1e6:  # where it exceeds U, the other order loses less
        blocks = np.where(n_unique > c, blocks, log_rise(c + 1, n_unique - 1) - gammaln(n_unique))
    return float(blocks.sum()) - corpora * float(draws + np.log(d))


def _partition_profile(
    spectrum: FrequencySpectrum, n_unique: Floats, n_draws: float
) -> Callable[[float], tuple[float, float]]:
    """d ↦ (θ that suits it best, log-likelihood there)."""
    limit = float(np.log(concentration_limit(n_draws)))

    def best(d: float) -> tuple[float, float]:
        def found(low: float, high: float, tolerance: float) -> tuple[float, float]:
            return highest(lambda v: _tables(n_unique, n_draws, d, concentration(d, v)), low, high, tolerance)

        shift, top = found(LEAST_LOG_SHIFT, limit, LOG_SHIFT_TOLERANCE)
        if shift > np.log(1e3):  # the larger θ is, the better it is known: to about 1/√θ of itself
            shift, top = found(shift - 20 * LOG_SHIFT_TOLERANCE, shift + 20 * LOG_SHIFT_TOLERANCE, 1e-9)
        return float(concentration(d, shift)), _seats(spectrum, d) + top

    return best


def fit_partition(spectrum: FrequencySpectrum, n_unique: Floats, n_draws: float, confidence: float | None) -> Estimate:
    """Pitman–Yor discount d from the whole partition, by `partition_likelihood`; θ is profiled out."""
    profile = _partition_profile(spectrum, n_unique, float(n_draws))
    d, top = _most_likely(lambda x: profile(x)[1], spectrum)
    theta = profile(d)[0]
    use = spectrum.upper <= max(n_draws / 50, 8)
    k = bin_centres(spectrum.multiplicity[use], spectrum.upper[use])
    weight = bin_masses(spectrum.multiplicity[use], spectrum.upper[use], d)
    thinned = (theta + d - 1) * np.log1p(-np.minimum(k / n_draws, 0.9))
    weight = weight * np.exp(thinned - thinned[0])
    count = spectrum.count[use].astype(float)
    p_value = pearson(count, weight * (count.sum() / weight.sum()), 2)[0]
    ratio = float(np.mean(n_unique + theta / d))
    estimate = Estimate(
        "pitman-yor",
        d,
        p_value,
        window=(n_draws, n_draws),
        multiplicity_window=(1, int(spectrum.upper[-1])),
        offset=theta / d,
        scale=ratio * (n_draws + theta) ** -d,
        concentration=theta,
        local=float(spectrum.count[0] / spectrum.count.sum()),
        in_head=theta > n_draws,
    )
    if confidence is None or estimate.in_head:
        return estimate
    interval = likelihood_interval(lambda x: profile(x)[1], d, top, DISCOUNTS, confidence)
    return with_interval(estimate, interval, confidence)


def _most_likely(loglik: Callable[[float], float], spectrum: FrequencySpectrum) -> tuple[float, float]:
    """The exponent at which `loglik` is largest, and its value there; of very many types to more than `TOLERANCE`.

    What is left would be seen by the test of fit.
    """
    best, top = highest(loglik, *DISCOUNTS)
    if spectrum.n_unique < 1e10:
        return best, top
    low, high = DISCOUNTS
    return highest(loglik, max(low, best - 10 * TOLERANCE), min(high, best + 10 * TOLERANCE), 1e-4 * TOLERANCE)


# ---------------------------------------------------------------- model "spectrum"


def _tempered(cut: FrequencySpectrum, gamma: float, tau: float) -> Floats:
    k = bin_centres(cut.multiplicity, cut.upper)
    return bin_masses(cut.multiplicity, cut.upper, gamma) * np.exp(-tau * (k - 1))


def _spectrum_profile(cut: FrequencySpectrum) -> Callable[[float], tuple[float, float]]:
    """γ ↦ (τ ≥ 0 that suits it best, log-likelihood there); concave in τ, so Newton from 0 does."""
    k = bin_centres(cut.multiplicity, cut.upper)
    count = cut.count.astype(float)
    mean = float(count @ k / count.sum())
    limit = 200.0 / float(cut.upper[-1])

    def best(gamma: float) -> tuple[float, float]:
        mass = bin_masses(cut.multiplicity, cut.upper, gamma)
        tau = 0.0
        if mass @ k / mass.sum() > mean:
            low, high = 0.0, limit
            for _ in range(60):
                weight = mass * np.exp(-tau * (k - 1))
                weight /= weight.sum()
                gap = float(weight @ k) - mean
                low, high = (tau, high) if gap > 0 else (low, tau)
                newton = tau + gap / (float(weight @ (k - weight @ k) ** 2) + 1e-300)
                new = newton if low < newton < high else (low + high) / 2
                if abs(new - tau) <= 1e-9 * limit:
                    break
                tau = new
        return tau, float(multinomial(count, mass * np.exp(-tau * (k - 1))))

    return best


def fit_tempered(cut: FrequencySpectrum, n_draws: float, confidence: float | None) -> Estimate:
    """γ from the multinomial likelihood of f_1 … f_kmax, ∝ Γ(k-γ)/k!·exp(-τk), with τ ≥ 0 profiled out.

    The interval is that of a random law, narrowed where the counts of large k vary so much less than Poisson
    counts that the law is seen to be fixed (`fixed_law_ratio`).
    """
    profile = _spectrum_profile(cut)
    gamma, top = _most_likely(lambda x: profile(x)[1], cut)
    tau = profile(gamma)[0]
    weight = _tempered(cut, gamma, tau)
    expected = weight * (cut.count.sum() / weight.sum())
    estimate = Estimate(
        "spectrum",
        gamma,
        pearson(cut.count.astype(float), expected, 2)[0],
        window=(n_draws, n_draws),
        multiplicity_window=(1, int(cut.upper[-1])),
        concentration=tau * n_draws,
        local=float(cut.count[0] / cut.count.sum()),
    )
    if confidence is None:
        return estimate
    interval = likelihood_interval(lambda x: profile(x)[1], gamma, top, DISCOUNTS, confidence)
    if _underdispersed(cut, expected):
        ratio = fixed_law_ratio(cut.multiplicity, cut.upper, _influence(cut, gamma, tau), gamma, tau)
        lower, upper = (gamma + ratio * (end - gamma) for end in interval)
        interval = Interval(lower if interval.lower > 0 else 0.0, upper if interval.upper < 1 else 1.0)
        estimate = replace(estimate, note="fixed law")
    return with_interval(estimate, interval, confidence)


def _underdispersed(cut: FrequencySpectrum, expected: Floats) -> bool:
    """Whether types with k ≥ 16 are spread too evenly for a random law (0.5 % of such laws are called even).

    The ranks of a fixed law are evenly spaced, which shows in cells that are wide against the spread of a
    multiplicity, 1/2 on the scale of √k: cells of 3 on that scale, merged to two expected types.
    """
    tail = cut.multiplicity >= 16
    if np.count_nonzero(tail) < 4:
        return False
    # Numbered as they come: at k = 1e16 there are tens of millions of cells, nearly all between two bins.
    cell = np.unique(np.floor(np.sqrt(cut.multiplicity[tail]) / 3), return_inverse=True)[1]
    seen = np.bincount(cell, weights=cut.count[tail]).astype(float)
    meant = np.bincount(cell, weights=expected[tail]).astype(float)
    _, statistic, freedom = pearson(seen[meant > 0], meant[meant > 0], 1, least=2.0)
    return freedom >= 3 and bool(chdtr(freedom, statistic) < 0.005)


def _influence(cut: FrequencySpectrum, gamma: float, tau: float) -> Floats:
    """What one type of each bin adds to the estimate of γ, τ being estimated too."""
    k = bin_centres(cut.multiplicity, cut.upper)
    share = _tempered(cut, gamma, tau)
    share = share / share.sum()
    step = 1e-5
    slope = np.log(_tempered(cut, gamma + step, tau) / _tempered(cut, gamma - step, tau)) / (2 * step)
    score = np.stack([slope - share @ slope, share @ k - k])
    information = (score * share) @ score.T
    scale = np.sqrt(np.diag(information))
    solved = np.linalg.solve(information / np.outer(scale, scale), score / scale[:, None])
    return solved[0] / scale[0]


def first_bins(spectrum: FrequencySpectrum, bins: int) -> FrequencySpectrum:
    """The spectrum of the types in its first `bins` bins."""
    return FrequencySpectrum(spectrum.multiplicity[:bins], spectrum.upper[:bins], spectrum.count[:bins])


def fit_spectrum(spectrum: FrequencySpectrum, n_draws: float, confidence: float | None) -> Estimate:
    """`fit_tempered` on 1 … kmax, kmax the largest multiplicity (at most D/50) whose fit passes its test.

    Where none passes, the range that fits best; `p_value` then says whether it is rejected.
    """
    largest = largest_cut(spectrum.upper, spectrum.count, n_draws)
    best: tuple[float, FrequencySpectrum] | None = None
    for bins in range(largest, 15, -4):
        cut = first_bins(spectrum, bins)
        if not enough_types(cut.count):
            break
        p_value = fit_tempered(cut, n_draws, None).p_value
        if best is None or p_value > best[0]:
            best = (p_value, cut)
        if p_value > ACCEPT:
            spared = first_bins(spectrum, bins - int(spare_bins(bins, largest)))
            best = (p_value, spared if enough_types(spared.count) else cut)
            break
    if best is None:
        return Estimate("spectrum", np.nan, 0.0, window=(n_draws, n_draws), note="too few types")
    return fit_tempered(best[1], n_draws, confidence)


def enough_types(count: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether a fit has something to go by: 20 types in three bins, along the last axis."""
    return (count.sum(axis=-1) >= 20) & (np.count_nonzero(count, axis=-1) >= 3)


def largest_cut(upper: NDArray[np.int64], count: NDArray[np.int64], n_draws: float) -> int:
    """The number of bins that `fit_spectrum` tries first: without the last octave of `count`, up to D/50."""
    filled = np.flatnonzero(count)
    return min(max(16, int(filled[-1]) - 7), int(np.sum(upper <= max(n_draws / 50, 16))))


def spare_bins(accepted: ArrayLike, largest: ArrayLike) -> NDArray[np.int64]:
    """Bins to leave out beyond those that the test of fit asked to.

    It misses the first signs of the head: where it asked for a cut, cut an octave more.
    """
    return np.where(np.equal(accepted, largest), 0, np.minimum(8, np.subtract(accepted, 16)))


def spectrum_shares(gamma: float, most: int) -> Floats:
    """E f_k / (U + u₀) for k from 1 to `most`, γ Γ(k-γ)/(Γ(1-γ) k!) by the ratio of neighbours (equation A4)."""
    k = np.arange(1, most, dtype=float)
    return gamma * np.concatenate([[1.0], np.cumprod((k - gamma) / (k + 1))])
