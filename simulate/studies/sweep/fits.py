"""The fitted exponents of a Dataset: one for each corpus, and one for all corpora of a source together."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from bounds.base.one_number import shown
from bounds.base.quantities import parse_count
from bounds.base.telling.steps import stepped
from bounds.cli.json_text import json_text
from bounds.fitting.exponents.apart.growing_supports import growing_exponents
from bounds.fitting.exponents.dataset_fits import fit_inputs, fit_source
from bounds.fitting.exponents.exponent import ExponentFit, fit_exponent
from bounds.fitting.exponents.many import exponents
from simulate.running.dataset import NOT_MEASURED, describe, made_by, stamp
from simulate.stats import normal_deviate
from simulate.text.exponents import CorpusFit
from simulate.text.source import OpenCorpus, why_too_short

Window = tuple[int, int] | None

LEAST_CORPORA = 8
"""Fewer corpora say too little of how far their mean may stray."""

_PER_SOURCE = (
    "exponent_pooled", "exponent_lower", "exponent_upper", "exponent_local", "fit_offset", "fit_scale", "fit_p_value",
)  # fmt: skip


def add_fits(
    dataset: xr.Dataset,
    corpora: Mapping[str, OpenCorpus],
    *,
    model: str = "auto",
    window: Window = None,
) -> xr.Dataset:
    """`dataset` with its exponents: each corpus alone, all of a source pooled, and z of the mean count.

    `corpora` holds the real corpora by source; they are fitted with their own covariance, from blocks of text.
    """
    names = [str(source) for source in dataset.source.values]
    shape = (len(names), dataset.sizes["replicate"])
    single, pooled = np.full(shape, np.nan), np.full((len(_PER_SOURCE), len(names)), np.nan)
    sentences = []
    for i, name in enumerate(stepped(names, "fitting", "sources")):
        one = dataset.isel(source=i)
        if name in corpora:
            pooled[:, i], sentence = _text_numbers(corpora[name].fit(), one)
            sentence = " ".join([sentence, *(f"{note[0].upper()}{note[1:]}." for note in corpora[name].notes)])
            single[i, 0] = pooled[0, i]
        else:
            drawn = (one.n_unique != NOT_MEASURED).all("n_draws").values
            single[i, drawn], pooled[:, i], sentence = _fit_or_say_why_not(one, model, window)
        sentences.append(sentence)
    fitted = dataset.assign(exponent=(("source", "replicate"), single), z=("source", _z(dataset)))
    fitted = fitted.assign({name: ("source", pooled[j]) for j, name in enumerate(_PER_SOURCE)})
    return fitted.assign(fit=("source", sentences))


def refit(dataset: xr.Dataset, *, model: str = "auto", window: Window = None) -> xr.Dataset:
    """The result `dataset` with its synthetic sources fitted again, by another model or in another window of D.

    A real corpus keeps the fit that it has: its interval rests on blocks of its text, which a result does not hold.
    """
    if window is not None:
        window = _checked_window(window)
    if window is not None and window[0] >= window[1]:
        raise ValueError(f"a window must ascend, got {window[0]} and {window[1]}; write the smaller size first")
    if "source" not in dataset.dims:
        raise ValueError("this result holds no growth of counts, which is what is fitted; pass one that sweep wrote")
    if "n_unique" not in dataset:
        raise ValueError("this result has expectations alone and no counts to fit; it was made with --engine analytic")
    drawn = [i for i, name in enumerate(dataset.source.values) if not str(name).startswith("corpus:")]
    if not drawn:
        raise ValueError("this result holds real corpora alone, whose fit needs their text; run sweep or corpus again")
    again = add_fits(dataset.isel(source=drawn), {}, model=model, window=window)
    for name in ("exponent", "z", "fit", *_PER_SOURCE):
        values = dataset[name].values.astype(object if name == "fit" else float)
        values[drawn] = again[name].values
        dataset = dataset.assign({name: (dataset[name].dims, values)})
    made = made_by(dataset) | {"refit": {"model": model, "window": window}}
    return stamp(describe(dataset), json_text(made))


def _checked_window(window: Any) -> tuple[int, int]:
    """The smallest and the largest size to fit."""
    if not isinstance(window, tuple | list) or len(window) != 2:
        raise ValueError(f"window must be two corpus sizes such as (1e4, 1e6), got {shown(window)}")
    return parse_count(window[0], name="window"), parse_count(window[1], name="window")


def _fit_or_say_why_not(one: xr.Dataset, model: str, window: Window) -> tuple[Any, Any, str]:
    """Exponents of the corpora, numbers of the pooled fit, and its sentence.

    Counts are worth having where there are too few of them for a fit; a fit that was asked for by name must succeed.
    """
    try:
        single, fit = _fit_source(one, model, window)
    except ValueError as error:
        if model != "auto" or window is not None:
            raise
        return np.nan, np.nan, f"No fit: {error}."
    return single, _numbers(fit), fit.verdict


def _fit_source(one: xr.Dataset, model: str, window: Window) -> tuple[np.ndarray, ExponentFit]:
    """The exponent of each corpus of one source, and the fit of all of them together."""
    given = fit_inputs(one, window)
    if given.dependent:  # one model of their own, whatever others are fitted with
        together = fit_source(one, fit_exponent, window=window)
        single = [fit_exponent(given.n_draws, row, model="offset", window=window).exponent for row in given.counts]
        return np.array(single), together
    together = fit_source(one, fit_exponent, model=model, window=window, alternatives=False)
    if not given.nested:  # corpora that are no prefixes of each other have one model of their own
        low, high = window or (given.n_draws[0], given.n_draws[-1])
        inside = (given.n_draws >= low) & (given.n_draws <= high)
        return growing_exponents(given.n_draws[inside].astype(float), given.counts[:, inside].astype(float))[
            1
        ], together
    return exponents(given.n_draws, given.counts, spectra=given.spectra, model=model, window=window), together


def _numbers(fit: ExponentFit) -> list[float]:
    low, high = (math.nan, math.nan) if fit.interval is None else fit.interval
    rest = [math.nan if value is None else value for value in (fit.local, fit.offset, fit.scale, fit.p_value)]
    return [fit.exponent, low, high, *rest]


def _text_numbers(fit: CorpusFit | None, one: xr.Dataset) -> tuple[list[float], str]:
    """As `_numbers`, with the sentence, for a real corpus, which may be too short for a fit."""
    if fit is None:
        once, n_unique = int(one.spectrum.values[0, 0]), int(one.spectrum.values[0].sum())
        n_draws = int(one.n_draws[-1])
        # One type, or as many as draws, say nothing of a slope.
        local = once / n_unique if 1 < n_unique < n_draws else math.nan
        return [math.nan, math.nan, math.nan, local, math.nan, math.nan, math.nan], why_too_short(n_draws, n_unique)
    low, high = (math.nan, math.nan) if fit.interval is None else fit.interval
    return [fit.exponent, low, high, fit.local, math.nan, math.nan, fit.p_value], fit.verdict


def _z(dataset: xr.Dataset) -> np.ndarray:
    """Mean count at the largest D against its expectation, in standard errors of the mean.

    Where Var U is not known, as for windows, it is that of the corpora: Student's t, as the normal quantile with the
    same tail, of no fewer than `LEAST_CORPORA` corpora.
    """
    last = dataset.isel(n_draws=-1)
    counts = last.n_unique.transpose("source", "replicate").values
    found = np.full(len(counts), np.nan)
    for i, (row, mean, sd) in enumerate(
        zip(counts, last.n_unique_expected.values, last.n_unique_sd.values, strict=True)
    ):
        drawn = row[row != NOT_MEASURED]
        known = not np.isnan(sd)
        if len(drawn) == 0 or not (known or len(drawn) >= LEAST_CORPORA):
            continue
        error = (sd if known else drawn.std(ddof=1)) / np.sqrt(len(drawn))
        if error > 0:
            t = (drawn.sum() / len(drawn) - mean) / error
            found[i] = t if known else normal_deviate(t, len(drawn) - 1)
    return found
