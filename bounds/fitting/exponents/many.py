"""Exponents alone, of many corpora at once: the estimates of the neighbouring modules, one corpus a row.

An interval of one corpus costs as much as its exponent, and a loop over corpora spends most of its time between
numpy's calls. Here all corpora go through the same search in step (`maxima`), with the likelihoods and
tests of `growth_models` and `spectrum_models`, and end where `bounds.fit_exponent` ends with each of them alone. The
jackknife of `bounds.fitting.exponents.exponent` and the exponents of the single corpora of a sweep come from here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bounds.base.arguments import Choice
from bounds.base.spectrum import FrequencySpectrum, bin_centres, bin_masses, in_common_bins, pearson
from bounds.fitting.exponents.fitting_input import Data, checked, cut, enough_points
from bounds.fitting.exponents.growth_models import (
    ACCEPT,
    DISCOUNTS,
    EXPONENTS,
    LEAST_LOG_SHIFT,
    LOG_SHIFT_TOLERANCE,
    MODELS,
    REJECT,
    TOLERANCE,
    Curve,
    concentration,
    concentration_limit,
    multinomial,
    offset_p_value,
    pitman_yor_p_value,
    power_steps,
    size_at_end,
    yule_likelihood,
)
from bounds.fitting.exponents.least_squares import fit_fixed_law
from bounds.fitting.exponents.maxima import highest_of_each
from bounds.fitting.exponents.spectrum_models import enough_types, fit_partition, largest_cut, spare_bins
from bounds.fitting.exponents.stretches import widest

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]


class Fits(NamedTuple):
    """What one model says of each curve: exponent, p-value of its test of fit, whether the curve has left its head.

    `in_head` is what stops `bounds.fit_exponent` (`Estimate.in_head`): a Pitman–Yor concentration above D.
    """

    exponent: Floats
    p_value: Floats
    settled: NDArray[np.bool_]
    in_head: NDArray[np.bool_]


def exponents(
    n_draws: ArrayLike,
    n_unique: ArrayLike,
    *,
    spectra: Sequence[FrequencySpectrum] | None = None,
    model: str = "auto",
    window: tuple[float, float] | None = None,
) -> Floats:
    """``fit_exponent(n_draws, row, spectrum=..., model=..., window=...).exponent`` for each row of `n_unique`.

    `n_unique` has shape (corpus, size); the result has shape (corpus,) and holds NaN where a corpus has too few types
    for its spectrum. With `spectra`, one for each corpus, model ``auto`` is ``spectrum``.
    Raises ValueError as `fit_exponent` does.
    """
    Choice("model", MODELS)(model)
    data, _ = cut(checked(n_draws, n_unique, spectra, True), window, None)
    found, inside = _at_ends(data)
    if inside.any():
        found[inside] = _between_ends(data.only(np.flatnonzero(inside)), model, window is not None)
    return found


def _at_ends(data: Data) -> tuple[Floats, NDArray[np.bool_]]:
    """1 for corpora whose draws are all new, 0 for those that stopped growing; and which are neither."""
    all_new = data.n_unique[:, -1] == data.n_draws[-1]
    stopped = (data.n_unique[:, -1] == data.n_unique[:, 0]) & (len(data.n_draws) > 1)
    return np.where(all_new, 1.0, 0.0), ~(all_new | stopped)


def _between_ends(data: Data, model: str, fixed: bool) -> Floats:
    size = float(data.n_draws[-1])
    if model == "spectrum" and not data.spectra:
        raise ValueError("model 'spectrum' needs spectrum=...; pass it, or use 'offset' for a curve alone")
    if data.spectra and model in ("auto", "spectrum"):
        return spectrum_exponents(*in_common_bins(data.spectra, size), size)
    if data.spectra and model == "pitman-yor":
        ends = data.n_unique[:, -1:]
        return np.array([
            fit_partition(one.standard(size), end, size, None).exponent
            for one, end in zip(data.spectra, ends, strict=True)
        ])  # fmt: skip
    enough_points(data.n_draws, 4, "offset, scale and exponent and a test of fit")
    if model == "fixed-law":
        fit = partial(fit_fixed_law, confidence=0.95)
        return np.array([widest(Curve(data.n_draws, row), fit, fixed)[1].exponent for row in data.n_unique])
    curves = Curve(data.n_draws, data.n_unique, np.ones(len(data.n_unique), np.int64))
    names = _CURVE_MODELS if model == "auto" else (model,)
    found = [_widest_of_each(curves, _CURVE_MODELS[name], fixed) for name in names]
    return found[0][1].exponent if len(found) == 1 else _preferred(data.n_draws, *found[0], *found[1])


def _preferred(draws: Floats, place_0: Rows, offset: Fits, place_1: Rows, pitman_yor: Fits) -> Floats:
    """Of two models that are not rejected the one with the longer stretch; otherwise the one that fits better.

    So too where Pitman–Yor is not rejected and the curve is the head of its law alone: no model has an interval there.
    """
    kept_0, kept_1 = ~(offset.p_value < REJECT), ~(pitman_yor.p_value < REJECT)
    span = np.round(np.log(draws[-1] / draws), 6)
    longer = span[place_1] > span[place_0]
    fits_better = pitman_yor.p_value > offset.p_value
    either = kept_0 & kept_1 & ~pitman_yor.in_head
    one = (kept_0 | kept_1) & ~(kept_1 & pitman_yor.in_head) & ~either
    other = np.where(either, longer, np.where(one, kept_1, fits_better))
    return np.where(other, pitman_yor.exponent, offset.exponent)


# ---------------------------------------------------------------- growth curves


def _widest_of_each(curves: Curve, fit: Callable[[Curve], Fits], fixed: bool) -> tuple[Rows, Fits]:
    """As `stretches.widest`: where the stretch of each curve begins, and its fit there."""
    places, best = np.zeros(len(curves.n_unique), np.intp), fit(curves)
    for place in range(1, len(curves.n_draws) - 5):
        if fixed or curves.n_draws[-1] < 30 * curves.n_draws[place]:
            break
        rows = np.flatnonzero(~(best.settled & (best.p_value > ACCEPT)))
        if not len(rows):
            break
        now, settled, p_value = fit(_only(curves, rows).start(place)), best.settled[rows], best.p_value[rows]
        higher = (now.settled == settled) & (now.p_value > p_value)
        better = (now.settled & (now.p_value > ACCEPT)) | (now.settled & ~settled) | higher
        places[rows[better]] = place
        for values, new in zip(best, now, strict=True):
            values[rows[better]] = new[better]
    return places, best


def _only(curves: Curve, rows: Rows) -> Curve:
    return replace(curves, n_unique=curves.n_unique[rows], replicates=curves.replicates[rows])


def offset_fits(curves: Curve) -> Fits:
    """γ of U = K D^γ - u₀ for each row of `curves`, by the likelihood of `growth_models.fit_offset`; no intervals."""
    new = curves.increments

    def loglik(rows: Rows, gamma: Floats) -> Floats:
        return multinomial(new[rows], power_steps(curves.n_draws, gamma))

    gamma, _ = highest_of_each(loglik, *EXPONENTS, len(new), TOLERANCE)
    alone = [replace(curves, n_unique=row, replicates=1) for row in curves.n_unique]
    p_value = np.array([offset_p_value(one, float(x)) for one, x in zip(alone, gamma, strict=True)])
    settled = curves.n_unique[:, 0] >= 3 * (size_at_end(curves, gamma) - curves.n_unique[:, -1])
    return Fits(np.clip(gamma, 0, 1), p_value, settled, np.zeros(len(new), bool))


def pitman_yor_fits(curves: Curve) -> Fits:
    """The Pitman–Yor discount for each row of `curves`, as `growth_models.fit_pitman_yor_curve`; no intervals."""
    limit = float(np.log(concentration_limit(curves.n_draws[-1])))

    def profile(rows: Rows, d: Floats) -> tuple[Floats, Floats]:
        part = _only(curves, rows)

        def loglik(inner: Rows, log_shift: Floats) -> Floats:
            theta = concentration(d[inner], log_shift)
            return yule_likelihood(_only(part, inner), d[inner], theta)

        log_shift, top = highest_of_each(loglik, LEAST_LOG_SHIFT, limit, len(rows), LOG_SHIFT_TOLERANCE)
        return concentration(d, log_shift), top

    count = len(curves.n_unique)
    d, _ = highest_of_each(lambda rows, x: profile(rows, x)[1], *DISCOUNTS, count, TOLERANCE)
    theta = profile(np.arange(count), d)[0]
    return Fits(d, pitman_yor_p_value(curves, d, theta), np.ones(count, bool), theta > curves.n_draws[-1])


_CURVE_MODELS: dict[str, Callable[[Curve], Fits]] = {"offset": offset_fits, "pitman-yor": pitman_yor_fits}


# ---------------------------------------------------------------- spectra


def spectrum_exponents(bins: FrequencySpectrum, counts: NDArray[np.int64], n_draws: float) -> Floats:
    """The exponent that `spectrum_models.fit_spectrum` finds for each row of `counts` in the common `bins`.

    NaN where a row has too few types.
    """
    ends = np.array([largest_cut(bins.upper, row, n_draws) for row in counts])
    best_p, best = np.full(len(counts), -np.inf), np.zeros(len(counts), np.intp)
    rows, steps = np.arange(len(counts)), 0
    while True:
        here = ends[rows] - 4 * steps
        going = (here > 15) & enough_types(_first_bins(counts[rows], here))
        rows, here = rows[going], here[going]
        if not len(rows):
            break
        p_value = _tempered(bins, counts[rows], here)[1]
        accepted, better = p_value > ACCEPT, p_value > best_p[rows]
        best[rows[better]], best_p[rows[better]] = here[better], p_value[better]
        spared = here - spare_bins(here, ends[rows])
        spared = np.where(enough_types(_first_bins(counts[rows], spared)), spared, here)
        best[rows[accepted]] = spared[accepted]
        rows, steps = rows[~accepted], steps + 1
    found = np.full(len(counts), np.nan)
    some = np.flatnonzero(best)
    if len(some):
        found[some] = _tempered(bins, counts[some], best[some])[0]
    return found


def _first_bins(counts: NDArray[np.int64], n_bins: Rows) -> NDArray[np.int64]:
    """Each row of `counts` with nothing beyond its own first `n_bins`."""
    return np.where(np.arange(counts.shape[1]) < n_bins[:, None], counts, 0)


def tempered_exponents(bins: FrequencySpectrum, counts: NDArray[np.int64], n_bins: int) -> Floats:
    """The exponent of a thinned power law in the first `n_bins` bins, for each row of `counts` (`spectrum_models`)."""
    return _tempered(bins, counts, np.full(len(counts), n_bins))[0]


def _tempered(bins: FrequencySpectrum, counts: NDArray[np.int64], n_bins: Rows) -> tuple[Floats, Floats]:
    """γ and the p-value of its fit, each row in its own first `n_bins` bins."""
    width = int(n_bins.max())
    lower, upper = bins.multiplicity[:width], bins.upper[:width]
    inside = np.arange(width) < n_bins[:, None]
    count = np.where(inside, counts[:, :width], 0).astype(float)
    k = bin_centres(lower, upper)
    limit = 200.0 / upper[n_bins - 1]
    mean = (count @ k) / count.sum(axis=1)

    def profile(rows: Rows, gamma: Floats) -> tuple[Floats, Floats]:
        mass = np.where(inside[rows], bin_masses(lower, upper, gamma), 0.0)
        return _best_rate(mass, k, mean[rows], limit[rows])

    def loglik(rows: Rows, gamma: Floats) -> Floats:
        return multinomial(count[rows], profile(rows, gamma)[1])

    gamma, _ = highest_of_each(loglik, *DISCOUNTS, len(count), TOLERANCE)
    weight = profile(np.arange(len(count)), gamma)[1]
    expected = weight * (count.sum(axis=1) / weight.sum(axis=1))[:, None]
    p_value = [pearson(a[:n], b[:n], 2)[0] for a, b, n in zip(count, expected, n_bins, strict=True)]
    return gamma, np.array(p_value)


def _best_rate(mass: Floats, k: Floats, mean: Floats, limit: Floats) -> tuple[Floats, Floats]:
    """τ ≥ 0 that gives each row of `mass` its `mean` multiplicity, by Newton from 0, and the mass thinned by it."""
    tau = np.zeros(len(mass))
    rows = np.flatnonzero((mass @ k) / mass.sum(axis=1) > mean)
    if not len(rows):
        return tau, mass  # thinned by nothing
    low, high, here = np.zeros(len(rows)), limit[rows], np.zeros(len(rows))
    for _ in range(60):
        weight = mass[rows] * np.exp(-here[:, None] * (k - 1))
        weight /= weight.sum(axis=1, keepdims=True)
        centre = weight @ k
        gap = centre - mean[rows]
        low, high = np.where(gap > 0, here, low), np.where(gap > 0, high, here)
        newton = here + gap / (np.sum(weight * (k - centre[:, None]) ** 2, axis=1) + 1e-300)
        new = np.where((low < newton) & (newton < high), newton, (low + high) / 2)
        going = np.abs(new - here) > 1e-9 * limit[rows]
        tau[rows] = np.where(going, new, here)
        rows, low, high, here = rows[going], low[going], high[going], new[going]
        if not len(rows):
            break
    return tau, mass * np.exp(-tau[:, None] * (k - 1))
