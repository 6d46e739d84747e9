"""Figures of a text beside that of growth: local exponents, and spectra of the whole."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import xarray as xr
from matplotlib.figure import Figure
from scipy.special import stdtrit

from bounds.base.spectrum import FrequencySpectrum, rarefied
from bounds.cli.drawing.labels import shorten
from simulate.running.showing.figures import fitted_curve
from simulate.running.showing.local_slopes import Slopes, draw_slopes, neighbours, slopes
from simulate.running.showing.spectra import Seen, draw_spectra, implied, up_to_most
from simulate.running.showing.view import View
from simulate.stats import Estimate
from simulate.studies.text.refit import blocks_of
from simulate.studies.text.report import about
from simulate.text.blocks import BlockCurves
from simulate.text.cutting.units import counted

_LEVEL = 0.975
"""Of Student's quantile, for 95 % intervals."""


def local_exponents(dataset: xr.Dataset, view: View) -> Figure:
    """Slopes of each length: of the mean curve, of prefixes as read, and of windows in random order."""
    del view
    told = about(dataset)
    if "n_unique_lower" in dataset:
        of_sketch = [_estimated(dataset.isel(source=i), told["unit"]) for i in range(dataset.sizes["source"])]
        heading = (
            "Points: f₁/U of each prefix, the slope of ln U where windows are drawn independently (assumed), "
            "with the error of the sketch, 95 %. Dash-dotted: between prefixes."
        )
        return draw_slopes(of_sketch, "windows", f"{shorten(told['corpus'])}. {heading}")
    found = [_slopes(dataset.isel(source=i), told["unit"]) for i in range(dataset.sizes["source"])]
    said = []
    if any(np.isfinite(one.measured.value).any() for one in found):
        said.append("Points: slope between neighbouring stretches, 95 % from blocks.")
    said.append(f"Dash-dotted: between prefixes, {told['order']} order.")
    if any(np.isfinite(one.theory).any() for one in found):
        said.append("Solid: windows in random order (rigorous).")
    said += ["Dashed: of the fitted curve (empirical)."] if any(np.isfinite(one.scale) for one in found) else []
    said += ["Band: fitted γ, 95 %."] if any(np.isfinite(one.exponent.lower) for one in found) else []
    said.append("Diamond: f₁/U at the end.")
    return draw_slopes(found, "windows", f"{shorten(told['corpus'])}. {' '.join(said)}")


def _slopes(one: xr.Dataset, unit: str) -> Slopes:
    draws, unique, blocks = one.n_draws.values.astype(float), one.n_unique.values.astype(float), blocks_of(one)
    unknown = np.full(len(draws) - 1, np.nan)
    at, measured = neighbours(draws), Estimate(unknown, unknown, unknown)
    if blocks is not None:
        at, measured = _between(blocks)
    found = Slopes(
        name=f"windows of {counted(int(one.length), unit)}", n_draws=at, measured=measured,
        theory=_in_random_order(one, at) if "spectrum" in one else np.full(len(at), np.nan),
        prefixes=(neighbours(draws), slopes(draws, unique)), end=draws[-1], at_end=float(one.f1[-1]) / unique[-1],
    )  # fmt: skip
    gamma = Estimate(*(float(one[f"exponent{end}"]) for end in ("", "_lower", "_upper")))
    if blocks is None or not np.isfinite(gamma.lower):
        return found
    inside = blocks.n_draws >= int(one.stretch_from_draws[0])
    scale, offset = fitted_curve(blocks.n_draws[inside].astype(float), blocks.n_unique[inside], gamma.value)
    return replace(found, exponent=gamma, scale=scale, offset=offset, first=float(blocks.n_draws[inside][0]))


def _between(blocks: BlockCurves) -> tuple[np.ndarray, Estimate]:
    """Slopes of the mean curve between its points, with Student's interval from leaving out blocks."""
    draws = blocks.n_draws.astype(float)
    value, without = slopes(draws, blocks.n_unique), slopes(draws, blocks.without)
    error = np.array([blocks.standard_error(column) for column in without.T])
    reach = float(stdtrit(blocks.n_blocks - 1, _LEVEL)) * error
    return neighbours(draws), Estimate(value, value - reach, value + reach)


def _in_random_order(one: xr.Dataset, at: np.ndarray) -> np.ndarray:
    """The slope of the mean of U over all orders of the windows, at the sizes `at`."""
    total = float(one.n_draws[-1])
    step = 1.01
    ends = np.stack([at / step, np.minimum(at * step, total * (1 - 1e-9))])
    low, high = (random_order(one, row) for row in ends)
    return np.asarray(np.log(high / low) / np.log(ends[1] / ends[0]))


def random_order(one: xr.Dataset, at: np.ndarray) -> np.ndarray:
    """The mean of U over all orders of the windows of one length (rarefaction), at sizes below that of the text."""
    total = float(one.n_draws[-1])
    return rarefied(FrequencySpectrum.from_binned(one.multiplicity.values, one.spectrum.values), at / total, total)[0]


def _estimated(one: xr.Dataset, unit: str) -> Slopes:
    """Of a sketch: f1/U of every prefix, whose interval holds those of f1 and of U together."""
    draws, unique = one.n_draws.values.astype(float), one.n_unique.values.astype(float)
    once = Estimate(*(one[f"f1{end}"].values.astype(float) for end in ("", "_lower", "_upper")))
    low, high = (one[f"n_unique_{end}"].values.astype(float) for end in ("lower", "upper"))
    share = Estimate(once.value / unique, once.lower / high, np.minimum(once.upper / low, 1.0))
    between = (neighbours(draws), slopes(draws, unique))
    return Slopes(
        name=f"windows of {counted(int(one.length), unit)}", n_draws=draws, measured=share,
        theory=np.full(len(draws), np.nan), end=draws[-1], at_end=float(share.value[-1]), prefixes=between,
    )  # fmt: skip


def spectra(dataset: xr.Dataset, view: View) -> Figure:
    """How many windows of each length occur k times in the whole text, beside what the fitted γ implies."""
    del view
    told = about(dataset)
    if "spectrum" not in dataset:
        raise ValueError("this result was kept by a version that counted no spectrum; count the text again")
    found = [_seen(dataset.isel(source=i), told["unit"]) for i in range(dataset.sizes["source"])]
    said = [f"{shorten(told['corpus'])}, {counted(int(dataset.n_units[-1]), told['unit'])}."]
    sketched = "spectrum_lower" in dataset
    said.append("Points: estimated by the sketch, 95 %." if sketched else "Points: windows counted.")
    if any(np.isfinite(one.fitted).any() for one in found):
        said.append("Dashed: of the fitted γ, with as many up to k = 100 (asymptotic, for independent draws).")
    return draw_spectra(found, "windows", " ".join(said))


def _seen(one: xr.Dataset, unit: str) -> Seen:
    inside, widths, k = up_to_most(one.multiplicity.values)
    counts = one.spectrum.values[inside] / widths
    unknown = np.full(len(inside), np.nan)
    observed = Estimate(counts, unknown, unknown)
    if "spectrum_lower" in one:
        observed = Estimate(counts, *(one[f"spectrum_{end}"].values[inside] / widths for end in ("lower", "upper")))
    gamma = float(one.exponent) if np.isfinite(one.exponent_lower) else np.nan
    return Seen(
        f"windows of {counted(int(one.length), unit)}", k, observed, unknown, implied(gamma, float(counts @ widths))
    )
