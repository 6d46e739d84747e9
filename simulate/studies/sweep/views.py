"""Figures of a sweep beside that of growth: local exponents, and spectra at the largest corpus."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from bounds.base.sources import Windows, parse_source
from bounds.cli.printing import written
from bounds.counts.unique import expected_spectrum
from simulate import stats
from simulate.running.dataset import NOT_MEASURED
from simulate.running.showing.figures import fitted_curve
from simulate.running.showing.local_slopes import Slopes, draw_slopes, neighbours, slopes
from simulate.running.showing.spectra import Seen, draw_spectra, implied, up_to_most
from simulate.running.showing.view import View
from simulate.stats import Estimate
from simulate.studies.sweep.report import short

LEAST_POINTS = 3
"""Sizes from which the two other constants of a fitted curve are told apart."""


def local_exponents(dataset: xr.Dataset, view: View) -> Figure:
    """The slope between neighbouring sizes of each source, beside that of its expectation and of its fit."""
    del view
    found = [_slopes(dataset.isel(source=i)) for i in range(dataset.sizes["source"])]
    said = []
    if any(np.isfinite(one.measured.value).any() for one in found):
        spread = any(np.isfinite(one.measured.lower).any() for one in found)
        said.append(f"Points: slope between neighbouring D{', 95 % between corpora' if spread else ', one corpus'}.")
    if any(np.isfinite(one.theory).any() for one in found):
        said.append("Solid: of the expected U (rigorous).")
    if any(np.isfinite(one.scale) for one in found):
        said.append("Dashed: of the fitted curve (asymptotic).")
    if any(np.isfinite(one.exponent.lower) for one in found):
        said.append("Band: fitted γ, 95 %.")
    if any(np.isfinite(one.planted) for one in found):
        said.append("Dotted: planted, the limit.")
    if "n_unique" in dataset:
        said.append("Diamond: f₁/U at the largest D, the slope of independent draws.")
    else:
        said.append("Diamond: at the largest D (rigorous).")
    return draw_slopes(found, "draws", " ".join(said))


def _slopes(one: xr.Dataset) -> Slopes:
    n_draws = one.n_draws.values.astype(float)
    unknown = np.full(len(n_draws) - 1, np.nan)
    expected = Slopes(
        name=short(str(one.source.item())), n_draws=neighbours(n_draws),
        measured=Estimate(unknown, unknown, unknown), theory=slopes(n_draws, one.n_unique_expected.values),
        end=float(n_draws[-1]), at_end=float(one.exponent_local), planted=float(one.exponent_planted),
    )  # fmt: skip
    counts = _counts(one) if "n_unique" in one else np.empty((0, len(n_draws)))
    if not len(counts):
        return expected
    gamma = Estimate(*(float(one[f"exponent_{name}"]) for name in ("pooled", "lower", "upper")))
    held = gamma if np.isfinite(gamma.lower) else stats.NO_SLOPE
    found = replace(expected, measured=stats.mean(slopes(n_draws, counts), axis=0), exponent=held)
    if not np.isfinite(held.lower) or len(n_draws) < LEAST_POINTS:
        return found
    scale, offset = fitted_curve(n_draws, counts.mean(axis=0), gamma.value)
    return replace(found, scale=scale, offset=offset, first=float(n_draws[0]))


def spectra(dataset: xr.Dataset, view: View) -> Figure:
    """How many sequences were seen k times at the largest D, beside what the law and the fit expect."""
    del view
    found = [_seen(dataset.isel(source=i)) for i in range(dataset.sizes["source"])]
    size = f"D = {written(int(dataset.n_draws[-1]))}"
    said = [f"At {size}."]
    if any(np.isfinite(one.observed.value).any() for one in found):
        spread = any(np.isfinite(one.observed.lower).any() for one in found)
        of = "mean of the corpora, 95 %" if spread else "one corpus"
        said.append(f"Points: observed, {of}; beyond k = 32 the mean of neighbouring k.")
    if any(np.isfinite(one.theory).any() for one in found):
        said.append("Solid: expected of the law (rigorous).")
    if any(np.isfinite(one.fitted).any() for one in found):
        said.append("Dashed: of the fitted γ, with as many up to k = 100 (asymptotic).")
    return draw_spectra(found, "sequences", " ".join(said))


def _seen(one: xr.Dataset) -> Seen:
    name, n_draws = str(one.source.item()), float(one.n_draws[-1])
    k = np.arange(1, 101)
    if "spectrum" not in one:
        unknown = np.full(len(k), np.nan)
        return Seen(short(name), k, Estimate(unknown, unknown, unknown), _expected(name, n_draws, k), unknown)
    inside, widths, middles = up_to_most(one.multiplicity.values)
    drawn = one.n_unique.transpose("n_draws", "replicate").values[-1] != NOT_MEASURED
    counts = one.spectrum.transpose("replicate", "multiplicity").values[drawn][:, inside] / widths
    unknown = np.full(len(inside), np.nan)
    observed = stats.mean(counts, axis=0) if len(counts) else Estimate(unknown, unknown, unknown)
    gamma = float(one.exponent_pooled) if np.isfinite(one.exponent_lower) else np.nan
    fitted = implied(gamma, float(observed.value @ widths))
    return Seen(short(name), middles, observed, _expected(name, n_draws, np.round(middles)), fitted)


def _expected(source: str, n_draws: float, k: np.ndarray) -> np.ndarray:
    """E f_k of a source whose draws are independent; NaN of a text and of windows."""
    law = None if source.startswith("corpus:") else parse_source(source)
    if law is None or isinstance(law, Windows):
        return np.full(len(k), np.nan)
    return np.asarray(expected_spectrum(law, n_draws, multiplicity=k), float)


def _counts(one: xr.Dataset) -> np.ndarray:
    """Counts of the corpora that were measured at every size, of shape (replicate, n_draws)."""
    counts = one.n_unique.transpose("replicate", "n_draws").values.astype(float)
    return counts[(counts != NOT_MEASURED).all(axis=1)]
