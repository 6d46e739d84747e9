"""`fit_exponent` of a Dataset: one fit a source, of all its corpora together.

Takes what `simulate.sweep` returns or a file of it holds, by its names alone: xarray is never loaded here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from bounds.intervals import Interval
from bounds.spectrum import FrequencySpectrum

MAX_POINTS = 100
"""Most corpus sizes that a fit looks at."""

Fit = Callable[..., Any]
"""`bounds.fit_exponent`, handed in by whoever calls: arrays in, an `ExponentFit` out."""


class ExponentFits(Mapping[str, Any]):
    """The `ExponentFit` of each source by its name; `exponent`, `interval`, `local`, `window` of all in order."""

    def __init__(self, fits: Mapping[str, Any]) -> None:
        self._fits = dict(fits)

    def __getitem__(self, source: str) -> Any:
        return self._fits[source]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fits)

    def __len__(self) -> int:
        return len(self._fits)

    def __repr__(self) -> str:
        return "\n".join(f"{source}: {fit.verdict}" for source, fit in self._fits.items())

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


def fit_dataset(dataset: Any, fit: Fit, **options: Any) -> ExponentFits:
    """The fit of each source of a result of `simulate.sweep`; `options` are those of `fit_exponent`."""
    if "n_unique" not in dataset:
        raise ValueError("the Dataset has no n_unique to fit: the analytic engine gives expectations alone")
    sources = [str(name) for name in np.atleast_1d(dataset["source"].values)]
    parts = [dataset] if dataset["source"].ndim == 0 else [dataset.isel(source=i) for i in range(len(sources))]
    return ExponentFits({name: fit_source(part, fit, **options) for name, part in zip(sources, parts, strict=True)})


def fit_source(one: Any, fit: Fit, **options: Any) -> Any:
    """The fit of all corpora of one source of a Dataset (a selection along ``source``) together."""
    one = thinned(one)
    counts, spectra = corpora(one)
    if spectra is None:
        return fit(one["n_draws"].values, counts, nested=False, **options)
    return fit(one["n_draws"].values, counts, spectrum=spectra, **options)


def thinned(one: Any) -> Any:
    """`one` at no more than `MAX_POINTS` sizes: neighbours on a finer grid say nearly the same, and cost the square."""
    n = one["n_draws"].size
    if n <= MAX_POINTS:
        return one
    return one.isel(n_draws=np.unique(np.linspace(0, n - 1, MAX_POINTS).round().astype(int)))


def corpora(one: Any) -> tuple[np.ndarray, list[FrequencySpectrum] | None]:
    """Counts (corpus, n_draws) and the spectrum of each corpus; None where each size has a corpus of its own."""
    one = thinned(one)
    counts = one["n_unique"].transpose("replicate", "n_draws").values
    measured = (counts >= 0).all(axis=1)  # a real corpus fills one replicate of a sweep; the rest is negative
    if str(one["source"].values).startswith("growing:"):
        return counts[measured], None
    edges = one["multiplicity"].values
    spectrum = one["spectrum"].transpose("replicate", "multiplicity").values
    return counts[measured], [FrequencySpectrum.from_binned(edges, row) for row in spectrum[measured]]
