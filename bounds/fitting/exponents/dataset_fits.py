"""`fit_exponent` of a Dataset, one fit a source, of all its corpora together; and of a text, which fits itself.

Takes what `simulate.sweep` returns or a file of it holds, by its names alone: xarray is never loaded here. Windows of a
text are no independent draws, so that its own fit, by way of its blocks, is the answer: what was measured from a text
has one (`MeasuredText`), and a result on disk keeps the one that was made when the text was counted. Neither takes a
model or a stretch from outside.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple, Protocol

import numpy as np

from bounds.base.arguments import unknown
from bounds.base.intervals import Interval
from bounds.base.pointwise import shown
from bounds.base.spectrum import FrequencySpectrum
from bounds.base.telling.html import html_table
from bounds.fitting.exponents.exponent_fits import ExponentFit

MAX_POINTS = 100
"""Most corpus sizes that a fit looks at: neighbours on a finer grid say nearly the same, and cost the square."""

Fit = Callable[..., Any]
"""`bounds.fit_exponent`, handed in by whoever calls: arrays in, an `ExponentFit` out."""


class ExponentFits(Mapping[str, Any]):
    """The `ExponentFit` of each source by its name; `exponent`, `interval`, `local`, `window` of all in order."""

    def __init__(self, fits: Mapping[str, Any]) -> None:
        self._fits = dict(fits)

    def __getitem__(self, source: str) -> Any:
        if source not in self._fits:
            raise KeyError(str(unknown("source", source, self._fits)))
        return self._fits[source]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fits)

    def __len__(self) -> int:
        return len(self._fits)

    def __repr__(self) -> str:
        return "\n".join(f"{source}: {fit.verdict}" for source, fit in self._fits.items())

    def _repr_html_(self) -> str:
        rows = [(source, fit.exponent, fit.interval, fit.local, fit.verdict) for source, fit in self._fits.items()]
        return html_table("Exponents", rows, ("source", "exponent", "interval", "local slope", "what the fit says"))

    @property
    def exponent(self) -> np.ndarray:
        """One exponent a source."""
        return np.array([fit.exponent for fit in self._fits.values()])

    @property
    def interval(self) -> Interval:
        """Lower and upper ends, one of each a source; NaN where a fit has no interval."""
        ends = [(np.nan, np.nan) if f.interval is None else tuple(f.interval) for f in self._fits.values()]
        lower, upper = np.array(ends).T
        return Interval(lower, upper)

    @property
    def local(self) -> np.ndarray:
        """One local slope at the largest D a source."""
        return np.array([fit.local for fit in self._fits.values()])

    @property
    def window(self) -> tuple[tuple[int, int], ...]:
        """The range of D that each fit used."""
        return tuple(fit.window for fit in self._fits.values())


def fit_dataset(
    dataset: Any, fit: Fit, *, model: str = "auto", confidence: float = 0.95, window: Any = None,
    alternatives: bool = True,
) -> ExponentFits:  # fmt: skip
    """The fit of each source of a result of `simulate.sweep`; arguments as those of `fit_exponent`."""
    if "n_unique" not in dataset:
        raise ValueError("the Dataset has no n_unique to fit: the analytic engine gives expectations alone")
    sources = [str(name) for name in np.atleast_1d(dataset["source"].values)]
    parts = [dataset] if dataset["source"].ndim == 0 else [dataset.isel(source=i) for i in range(len(sources))]
    how = {"model": model, "confidence": confidence, "window": window, "alternatives": alternatives}
    fits = [fit_source(part, fit, **how) for part in parts]
    return ExponentFits(dict(zip(sources, fits, strict=True)))


def fit_source(
    one: Any, fit: Fit, *, model: str = "auto", confidence: float = 0.95, window: Any = None, alternatives: bool = True
) -> Any:
    """The fit of all corpora of one source of a Dataset (a selection along ``source``) together."""
    if is_text(one):
        return kept_fit(one, confidence, model=model, window=window)
    given = fit_inputs(one, window)
    how = {"nested": given.nested, "dependent": given.dependent, "window": window, "confidence": confidence}
    how["alternatives"] = alternatives
    if given.nested:
        return fit(given.n_draws, given.counts, spectrum=given.spectra, model=model, **how)
    # A growing source says of itself what law it is: there is one model to fit, whatever others are fitted with.
    found = fit(given.n_draws, given.counts, model="growing", **how)
    return replace(found, local=_once_over_unique(one))


def _once_over_unique(one: Any) -> float:
    """f₁/U of all corpora of one source at the largest size: their slope of ln U; not a number without spectra."""
    if "spectrum" not in one or "multiplicity" not in one.dims:
        return float("nan")
    rows = one["spectrum"].transpose("replicate", "multiplicity").values
    measured = rows[(rows >= 0).all(axis=1)]
    return float(measured[:, 0].sum() / measured.sum()) if measured.size else float("nan")


class FitInputs(NamedTuple):
    """What a Dataset holds of one source, as `fit_exponent` takes it."""

    n_draws: np.ndarray
    counts: np.ndarray
    """(corpus, n_draws) distinct sequences."""
    spectra: list[FrequencySpectrum] | None
    """One for each corpus; None where the largest size, which they belong to, is not fitted."""
    nested: bool
    """False where each size has a corpus of its own."""
    dependent: bool
    """True where the draws of a corpus depend on each other: its spectrum then says little, and is left out."""


def fit_inputs(one: Any, window: Any = None) -> FitInputs:
    """The counts and spectra of one source that a fit in `window` takes, at no more than `MAX_POINTS` sizes."""
    n = one["n_draws"].size
    if n > MAX_POINTS:
        one = one.isel(n_draws=np.unique(np.linspace(0, n - 1, MAX_POINTS).round().astype(int)))
    n_draws, counts = one["n_draws"].values, one["n_unique"].transpose("replicate", "n_draws").values
    measured = (counts >= 0).all(axis=1)  # a real corpus fills one replicate of a sweep; the rest is negative
    name = str(one["source"].values)
    nested, dependent = not name.startswith("growing:"), name.startswith("windows:")
    if not nested or dependent or (window is not None and window[1] < n_draws[-1]):
        return FitInputs(n_draws, counts[measured], None, nested, dependent)
    edges = one["multiplicity"].values
    rows = one["spectrum"].transpose("replicate", "multiplicity").values[measured]
    if (rows < 0).any():  # an engine that draws the curve itself has no spectrum
        return FitInputs(n_draws, counts[measured], None, nested, dependent)
    spectra = [FrequencySpectrum.from_binned(edges, row) for row in rows]
    return FitInputs(n_draws, counts[measured], spectra, nested, dependent)


# ---------------------------------------------------------------- texts


KEPT_CONFIDENCE = 0.95
"""Confidence of the intervals that results hold."""


class MeasuredText(Protocol):
    """Counts of one text with the blocks that an interval needs, such as `simulate.measure_corpus` gives."""

    def fit_growth(self, *, confidence: float) -> Any:
        """The exponent with an interval: `exponent`, `interval`, `local`, `window` and `verdict` at least."""


def fit_text(text: MeasuredText, confidence: float, **given: Any) -> Any:
    """The fit of `text` by itself; ValueError where an argument that is not its own was `given`."""
    _refuse("a text is fitted by way of its own blocks", given)
    return text.fit_growth(confidence=confidence)


def is_text(one: Any) -> bool:
    """Whether one source of a Dataset is a real text."""
    return str(one["source"].values).partition(":")[0] == "corpus"


def kept_fit(one: Any, confidence: float, **given: Any) -> ExponentFit:
    """The fit of a text that its Dataset holds, made from blocks of the text when it was counted.

    `window` is the range of D that was counted: which stretch of it was fitted, `verdict` says.
    """
    name = str(one["source"].values)
    _refuse(f"{name} is a text, and a result keeps the fit that was made when it was counted", given)
    if "fit" not in one:
        raise ValueError(f"this Dataset has no fit of {name}; pass what simulate.measure_corpus gives")
    if confidence != KEPT_CONFIDENCE:
        raise ValueError(
            f"the fit of {name} that this Dataset holds has confidence {KEPT_CONFIDENCE}, got {shown(confidence)}; "
            "pass what simulate.measure_corpus gives"
        )
    exponent = float(one["exponent_pooled" if "exponent_pooled" in one else "exponent"])
    low, high = float(one["exponent_lower"]), float(one["exponent_upper"])
    draws = np.asarray(one["n_draws"].values)
    return ExponentFit(
        exponent, None if math.isnan(low) else Interval(low, high), confidence, math.nan,
        float(one["exponent_local"]), (int(draws.min()), int(draws.max())), None, None, "blocks of the text",
        float(one["fit_p_value"]), math.isnan(low), str(one["fit"].values),
    )  # fmt: skip


def _refuse(why: str, given: dict[str, Any]) -> None:
    usual = {"model": "auto", "nested": True, "dependent": False}
    names = [k for k, value in given.items() if (value != usual[k] if k in usual else value is not None)]
    if names:
        raise ValueError(f"{why}: leave out {' and '.join(names)}")
