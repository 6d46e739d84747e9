"""The exponent γ of U(D) ~ D^γ from counted corpora, with intervals that cover, or none where no model fits.

| letter  | meaning                                                        | argument      |
|---------|----------------------------------------------------------------|---------------|
| D       | draws (sequences, not tokens, where these differ)              | `n_draws`     |
| U       | distinct types among the first D draws                         | `n_unique`    |
| f_k     | types seen k times in the largest corpus                       | `spectrum`    |
| γ       | exponent                                                       | result        |
| K, u₀   | scale and offset of U = K D^γ - u₀                             | result        |

Models (`growth_models`, `spectrum_models` and `least_squares` have the details):

* ``offset``: U = K D^γ - u₀, from the new types of disjoint stretches. Right for a random law given its
  intercept, conservative for a fixed one. With a `covariance`: generalised least squares.
* ``pitman-yor``: the likelihood of the partition where the spectrum is given, of the growth curve otherwise.
* ``spectrum``: f_1 … f_kmax alone, free of K and u₀, with large multiplicities thinned at a fitted rate.
* ``fixed-law``: the offset curve with the smaller covariance of a law that is the same in every corpus. A curve
  alone cannot show that this is so; ask for it where it is known.
* ``nested=False``: corpora drawn apart, one or several of each size (`apart.separate_corpora`). ``auto`` gives the
  hull of one fixed law, Pitman–Yor and a growing support, each with its own mean and spread, of those that fit both;
  where none does and corpora of a size were repeated, the offset curve with the spread measured between them.
* ``dependent=True``: the offset curve with the covariance measured between corpora (`dependent_draws`).

``auto`` takes ``spectrum`` where a spectrum is given. With a curve alone it fits ``offset`` and ``pitman-yor``,
each on the longest stretch that it fits, and gives the hull of the intervals of those that are not rejected:
which of the two a corpus follows can seldom be told from the curve, and the hull covers either way. Where a Pitman–Yor
process with θ > D fits, the data show the head of a law alone, and no model has an interval, whichever was asked for.
The measured coverage is in docs/coverage.md. Sources: Karlin 1967; Gnedin, Hansen & Pitman 2007; Pitman 2006.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

from bounds.base.arguments import Choice
from bounds.base.formula import Formula, Letter
from bounds.base.intervals import ASYMPTOTIC, Interval
from bounds.base.one_number import checked_confidence, number, shown
from bounds.base.pointwise import flag
from bounds.base.spectrum import FrequencySpectrum, exchangeability
from bounds.fitting.exponents.apart.separate_corpora import SEPARATE_MODELS, fit_separate
from bounds.fitting.exponents.apart.separate_pitman_yor import fit_pitman_yor_apart
from bounds.fitting.exponents.dataset_fits import MeasuredText, fit_dataset, fit_text
from bounds.fitting.exponents.dependent_draws import end_slope, fit_dependent
from bounds.fitting.exponents.exponent_fits import ExponentFit, answer, at_boundary, hull_of, unless_rejected
from bounds.fitting.exponents.fitting_input import Data, checked, checked_covariance, cut, enough_points
from bounds.fitting.exponents.growth_models import MODELS, Curve, Estimate, fit_offset, fit_pitman_yor_curve
from bounds.fitting.exponents.least_squares import fit_fixed_law, fit_gls
from bounds.fitting.exponents.many import offset_fits, pitman_yor_fits, tempered_exponents
from bounds.fitting.exponents.spectrum_models import fit_partition, fit_spectrum
from bounds.fitting.exponents.stretches import widest

__all__ = ["FORMULAS", "MODELS", "Estimate", "ExponentFit", "FrequencySpectrum", "fit_exponent"]

Floats = NDArray[np.float64]
NOT_EXCHANGEABLE = 0.001
"""A curve that is so unlikely a random ordering of its own spectrum is not one of independent draws."""
EDGE = 1e-3
"""An exponent closer to 0 or 1 than this stands at the end of the range that is searched."""
MAX_GROUPS = 40
"""The jackknife leaves out groups of replicates where there are more than this many."""

_KARLIN = "Karlin 1967; Gnedin, Hansen & Pitman 2007"
FORMULAS: tuple[Formula, ...] = (
    Formula(
        "offset_curve", "U(D)", "K*D**gamma - u0", ("D", "gamma", "K", "u0"), ASYMPTOTIC,
        "independent draws of a law with a power tail; exact beyond all powers for infinite Zipf-Mandelbrot, "
        "u0 = shift + 1/2",
        _KARLIN, "E1", "sequences", (1e6, 0.58, 1.36, 0.5), of="fit_exponent",
    ),
    Formula(
        "offset_local_exponent", "D U'(D)/U(D)", "gamma*(1 + u0/U)", ("U", "gamma", "u0"), ASYMPTOTIC,
        "U = K*D**gamma - u0", _KARLIN, "E1", "1", (36549.0, 0.58, 100.5), of="fit_exponent",
    ),
    Formula(
        "spectrum_share", "E f_k/(U + u0)", "gamma*Gamma(k - gamma)/(Gamma(1 - gamma)*Gamma(k + 1))", ("k", "gamma"),
        ASYMPTOTIC,
        "independent draws of a law with a power tail; k far below the multiplicities of the head",
        _KARLIN, "A4", "1", (1.0, 0.58), of="fit_exponent",
    ),
    Formula(
        "pitman_yor_step", "(E U(k*D) + theta/d)/(U(D) + theta/d)", "((k*D + theta)/(D + theta))**d",
        ("D", "d", "theta", "k"), ASYMPTOTIC, "Pitman-Yor corpus, D large; given its first D draws",
        "Pitman 2006, sections 3.2-3.3", "A5", "1", (1e4, 0.58, 10.0, 10.0), of="fit_exponent",
        own=(Letter("D", "draws made so far", "draws"), Letter("k", "factor by which the corpus grows", "1")),
    ),
)  # fmt: skip


def fit_exponent(
    n_draws: ArrayLike | MeasuredText,
    n_unique: ArrayLike | None = None,
    *,
    spectrum: FrequencySpectrum | Sequence[FrequencySpectrum] | None = None,
    model: str = "auto",
    confidence: float = 0.95,
    window: tuple[float, float] | None = None,
    nested: bool = True,
    dependent: bool = False,
    covariance: ArrayLike | None = None,
    covariance_dof: float | None = None,
    alternatives: bool = True,
) -> ExponentFit:
    """The exponent γ of U(D) ~ D^γ, its interval, and the window and model they come from.

    `n_unique` is a growth curve, the distinct types among the first `n_draws` draws of one corpus; or one row
    per replicate corpus, fitted together: the interval is then a jackknife over replicates from eight on, and
    that of the model below. `spectrum` belongs to the largest corpus (a sequence of them: one per replicate) and
    makes the interval narrower; with it alone `n_draws` is one number. `window` restricts D; without it the
    start of the curve is left out as far as the tests of fit ask for it. ``nested=False``: each D has a corpus
    of its own, or one in each row; `model` is then ``auto``, ``fixed-law``, ``pitman-yor``, ``growing`` (a support that
    grows with the corpus) or ``measured``.
    ``dependent=True``: the draws of a corpus depend on each other, as overlapping windows do; the
    interval comes from how much sixteen or more corpora differ, and there is none with fewer. `covariance` of
    `n_unique`, with the degrees of freedom behind it, replaces the models' own, as it must for text, of which there
    is one corpus alone. With ``alternatives=False`` a corpus with its spectrum is not fitted by the other models too,
    which decide nothing there and take most of the time.

    A Dataset of `simulate.sweep` or of a corpus in place of `n_draws` gives an `ExponentFits`: one fit a source. What
    `simulate.measure_corpus` gives is fitted by way of its blocks, since windows of a text are no independent draws.

    Raises ValueError for data that cannot be a growth curve, or too few points for the model's constants.
    """
    if hasattr(n_draws, "fit_growth"):
        return fit_text(
            cast(MeasuredText, n_draws), checked_confidence(confidence), n_unique=n_unique, spectrum=spectrum,
            model=model, window=window, nested=nested, dependent=dependent, covariance=covariance,
            covariance_dof=covariance_dof,
        )  # fmt: skip
    if hasattr(n_draws, "data_vars"):
        asked: dict[str, Any] = {
            "model": model, "confidence": confidence, "window": window, "alternatives": alternatives,
        }  # fmt: skip
        return fit_dataset(n_draws, fit_exponent, **asked)  # type: ignore[return-value]
    Choice("model", MODELS if nested else (*MODELS, *SEPARATE_MODELS))(model)
    confidence, beside = checked_confidence(confidence), flag("alternatives", alternatives)
    data = checked(n_draws, n_unique, spectrum, nested)
    data, matrix = cut(data, window, checked_covariance(covariance, covariance_dof, data))
    if dependent and (data.spectra or not nested or covariance is not None or model not in ("auto", "offset")):
        raise ValueError("dependent=True goes with n_unique alone and model 'offset' or 'auto'; leave the others out")
    if not nested:
        return _separate(data, model, confidence, window is not None)
    boundary = at_boundary(data, confidence)
    if boundary is not None:
        return boundary
    if dependent:
        return _dependent(data, confidence, window is not None)
    if matrix is not None:
        return _given_covariance(data, matrix, covariance_dof, model, confidence)
    if model == "spectrum" and not data.spectra:
        raise ValueError("model 'spectrum' needs spectrum=...; pass it, or use 'offset' for a curve alone")
    if model == "spectrum" or (model == "auto" and data.spectra):
        return _from_spectrum(data, model, confidence, window is not None, beside)
    return _from_curve(data, model, confidence, window is not None)


# ---------------------------------------------------------------- routes


def _from_spectrum(data: Data, model: str, confidence: float, fixed: bool, beside: bool) -> ExponentFit:
    size = float(data.n_draws[-1])
    summed = data.spectrum
    main = unless_rejected(fit_spectrum(summed, size, confidence))
    if math.isnan(main.exponent) and model == "auto":
        whole = "auto" if len(data.n_draws) >= 4 else "pitman-yor"
        return _from_curve(data, whole, confidence, fixed)
    chance = None
    if len(data.n_draws) > 1:
        curve = data.curve
        chance = exchangeability(summed, curve.n_draws, curve.n_unique, curve.replicates)
    others: list[Estimate] = []
    if beside and model == "auto":
        others.append(fit_partition(summed, data.n_unique[:, -1], size, confidence))
    if beside and model == "auto" and len(data.n_draws) >= 4:
        others += [_stretch(data, name, confidence, fixed)[1] for name in ("offset", "pitman-yor")]
    if main.interval is not None and len(data.n_unique) >= 8 and main.multiplicity_window is not None:
        n_bins = int(np.sum(summed.upper <= main.multiplicity_window[1]))
        main = _jackknifed(data, main, lambda left: tempered_exponents(*data.counts_without(left), n_bins), confidence)
    loose = chance is not None and chance < NOT_EXCHANGEABLE
    trouble = ""
    if main.interval is None:
        trouble = "the frequency spectrum follows no power law"
    elif loose:
        trouble = (
            f"the growth curve is not that of independent draws with this spectrum (p = {number(chance, 1)}); "
            "pass a covariance from blocks of the corpus"
        )
    tested = tuple(unless_rejected(one) for one in (main, *others))
    return replace(
        answer(data, main, confidence, trouble, tested),
        exchangeability=chance,
        local=float(summed.count[0] / summed.n_unique),
    )


def _stretch(data: Data, name: str, confidence: float, fixed: bool) -> tuple[Curve, Estimate]:
    """One model of the curve on the longest stretch that it fits, with its interval."""
    if name == "fixed-law":
        return widest(data.curve, partial(fit_fixed_law, confidence=confidence), fixed)
    fit: Callable[..., Estimate] = fit_offset if name == "offset" else fit_pitman_yor_curve
    part, _ = widest(data.curve, partial(fit, confidence=None), fixed)
    estimate = fit(part, confidence)
    if len(data.n_unique) >= 8 and not estimate.in_head:
        start = len(data.n_draws) - len(part.n_draws)
        fits = offset_fits if name == "offset" else pitman_yor_fits
        estimate = _jackknifed(
            data, estimate, lambda left: fits(data.curves_without(left).start(start)).exponent, confidence
        )
    return part, estimate


def _from_curve(data: Data, model: str, confidence: float, fixed: bool) -> ExponentFit:
    names = ("offset", "pitman-yor") if model == "auto" else (model,)
    beside: list[Estimate] = []
    if model == "pitman-yor" and data.spectra:
        size = float(data.n_draws[-1])
        ends = data.n_unique[:, -1]
        found = [fit_partition(data.spectrum, ends, size, confidence)]
    else:
        enough_points(data.n_draws, 4, "offset, scale and exponent and a test of fit")
        found = [_stretch(data, name, confidence, fixed)[1] for name in names]
        if "pitman-yor" not in names:
            beside = [widest(data.curve, partial(fit_pitman_yor_curve, confidence=None), fixed)[1]]
    return hull_of(data, found, confidence, "no model of a power law fits the growth curve", beside=beside)


def _given_covariance(data: Data, matrix: Floats, dof: float | None, model: str, confidence: float) -> ExponentFit:
    if model not in ("auto", "offset"):
        raise ValueError(f"a covariance goes with model 'offset' (or 'auto'), got {shown(model)}")
    enough_points(data.n_draws, 4, "offset, scale and exponent and a test of fit")
    keep = np.arange(len(data.n_draws))
    if dof is not None and len(keep) > max(4, dof / 3):
        # More points than a third of the blocks make the inverse of their covariance mostly noise.
        keep = np.unique(np.linspace(0, len(keep) - 1, max(4, int(dof / 3))).round().astype(int))
    curve = Curve(data.n_draws[keep], data.n_unique[0, keep])
    main = unless_rejected(fit_gls(curve, matrix[np.ix_(keep, keep)], confidence, dof))
    trouble = "" if main.interval is not None else "U = K D^γ - u₀ does not fit the growth curve"
    return answer(data, main, confidence, trouble, (main,))


def _dependent(data: Data, confidence: float, fixed: bool) -> ExponentFit:
    enough_points(data.n_draws, 4, "offset, scale and exponent and a test of fit")
    estimate, trouble = fit_dependent(data.n_draws, data.n_unique, confidence, fixed)
    main = replace(unless_rejected(estimate), local=end_slope(data.n_draws, data.n_unique))
    if not trouble and main.interval is None:
        trouble = "U = K D^γ - u₀ does not fit the growth curve"
    return answer(data, main, confidence, trouble, (main,))


def _separate(data: Data, model: str, confidence: float, fixed: bool) -> ExponentFit:
    if model not in SEPARATE_MODELS:
        known = ", ".join(SEPARATE_MODELS)
        raise ValueError(f"nested=False has models of its own, {known}; leave model at 'auto', got {shown(model)}")
    if data.spectra:
        raise ValueError("nested=False takes no spectrum; fit the largest corpus by itself instead")
    if model == "growing":
        enough_points(data.n_draws, 3, "scale and exponent and a test of fit")
    else:
        enough_points(data.n_draws, 4, "offset, scale and exponent and a test of fit")
    if model == "measured" and len(data.n_unique) < 2:
        raise ValueError("model 'measured' takes the spread from several corpora of each size, got 1; draw more")
    found = fit_separate(data.n_draws, data.n_unique, model, confidence, fixed)
    trouble = (
        "the counts are neither those of one fixed law, nor of Pitman-Yor processes, nor of growing supports, "
        "in mean and spread, "
    )
    trouble += (
        "and U = K D^γ - u₀ does not fit with the spread measured between the corpora either"
        if len(data.n_unique) > 1
        else "and one corpus of each size shows no spread of its own; draw several of each"
    )
    if model != "auto":
        trouble = f"model {model} does not fit"
    alone = model in ("fixed-law", "measured")
    beside = [fit_pitman_yor_apart(data.n_draws, data.n_unique, confidence)] if alone else []
    return hull_of(data, found, confidence, trouble, "independent: ", beside)


# ---------------------------------------------------------------- pieces


def _jackknifed(
    data: Data, estimate: Estimate, exponents: Callable[[list[NDArray[np.int64]]], Floats], confidence: float
) -> Estimate:
    """`estimate` with the delete-one (or delete-one-group) jackknife interval over replicates, Student's t.

    `exponents` gives those of the data without each of some groups of corpora.
    """
    if not EDGE < estimate.exponent < 1 - EDGE:
        return estimate  # every part of the data gives the same end of the range, which is no sign of certainty
    groups = np.array_split(np.arange(len(data.n_unique)), min(len(data.n_unique), MAX_GROUPS))
    left = exponents(groups)
    count = len(groups)
    error = float(np.sqrt((count - 1) / count * np.sum((left - left.mean()) ** 2)))
    half = error * float(stdtrit(count - 1, (1 + confidence) / 2))
    centre = estimate.exponent
    interval = Interval(max(0.0, centre - half), min(1.0, centre + half))
    return replace(estimate, interval=interval, standard_error=error)
