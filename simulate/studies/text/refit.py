"""A kept count of a text fitted again: what its interval rests on, the curves without each block, is kept with it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import xarray as xr

from bounds.base.notes import Note
from bounds.cli.json_text import json_text
from simulate.running.dataset import made_by, plan_of, stamp
from simulate.studies.text.dataset import to_dataset
from simulate.text.blocks import BlockCurves
from simulate.text.exponents import LEAST_FACTOR, LEAST_POINTS, fit_corpus
from simulate.text.growth import CorpusGrowth

Window = tuple[int, int] | None


def refit(dataset: xr.Dataset, *, model: str = "auto", window: Window = None) -> xr.Dataset:
    """The count `dataset` with its exponents fitted again on stretches of `window` windows, from the same blocks.

    Raises ValueError with one sentence for a sketch, a text without blocks, another model than K D^γ - u₀, and a
    window that holds too little of the curve.
    """
    if model not in ("auto", "offset"):
        raise ValueError(f"a text is fitted as K D^γ - u₀ alone, got model {model}; pass auto or offset")
    if "f1" not in dataset or "n_unique_lower" in dataset:
        raise ValueError("this result holds the estimates of a sketch, which have no exponent; count the text exactly")
    if "mean_unique" not in dataset:
        raise ValueError("this result holds counts without blocks of text, which its fit needs; count with --blocks")
    growths = [growth_of(dataset.isel(source=i)) for i in range(dataset.sizes["source"])]
    pairs = [(growth, None if growth.blocks is None else fit_corpus(_within(growth, window))) for growth in growths]
    again = to_dataset(pairs, plan_of(dataset))  # a result without a spectrum has no factors in its plan either
    made = made_by(dataset) | (
        {} if model == "auto" and window is None else {"refit": {"model": model, "window": window}}
    )
    return stamp(again, json_text(made))


def growth_of(one: xr.Dataset) -> CorpusGrowth:
    """The measured growth of one length of window, as it was counted."""
    about, made, plan = json.loads(one.attrs["text"]), made_by(one), plan_of(one)
    return CorpusGrowth(
        corpus=about["corpus"], unit=about["unit"], length=int(one.length), order=about["order"],
        n_units=one.n_units.values, n_draws=one.n_draws.values, n_unique=one.n_unique.values,
        spectrum=_spectrum(one), edges=one.multiplicity.values if "spectrum" in one else np.array([1, 2]),
        blocks=blocks_of(one),
        sha256=tuple(made["inputs"].items()), seed=plan["seed"],
        notes=tuple(Note(note["kind"], note["text"]) for note in about["notes"]),
        n_bytes=about.get("n_bytes"),
    )  # fmt: skip


def _spectrum(one: xr.Dataset) -> np.ndarray:
    """(prefix, bin) counts: of the last prefix as kept, of the others f1 and f2, and 0 for what was not kept."""
    ends = np.stack([one.f1.values, one.f2.values], axis=1)
    if "spectrum" not in one:
        return ends
    found = np.zeros((len(ends), one.sizes["multiplicity"]), dtype=np.int64)
    found[:, :2], found[-1] = ends, one.spectrum.values
    return found


def blocks_of(one: xr.Dataset) -> BlockCurves | None:
    """The mean curve of one length over stretches of text, as it was counted; None where there is none."""
    points = one.mean_draws.values > 0 if "mean_draws" in one else np.zeros(0, bool)
    if not points.any():
        return None
    without = one.mean_unique_without.values[:, points]
    kept = np.isfinite(without).all(axis=1)
    return BlockCurves(
        n_draws=one.mean_draws.values[points], n_unique=one.mean_unique.values[points], without=without[kept],
        local=float(one["local"]), local_without=one.local_without.values[kept], block_draws=int(one.block_draws),
    )  # fmt: skip


def _within(growth: CorpusGrowth, window: Any) -> CorpusGrowth:
    """`growth` with the mean curve in `window` alone."""
    if window is None:
        return growth
    assert growth.blocks is not None
    low, high = window
    draws = growth.blocks.n_draws
    inside = (draws >= low) & (draws <= high)
    if inside.sum() < LEAST_POINTS or draws[inside][-1] < LEAST_FACTOR * draws[inside][0]:
        raise ValueError(
            f"a window of a text must hold {LEAST_POINTS} points of its mean curve and span a factor {LEAST_FACTOR:g}, "
            f"got {low} to {high} for length {growth.length}, of {draws[0]} to {draws[-1]}"
        )
    curves = replace(
        growth.blocks, n_draws=draws[inside], n_unique=growth.blocks.n_unique[inside],
        without=growth.blocks.without[:, inside],
    )  # fmt: skip
    return replace(growth, blocks=curves)
