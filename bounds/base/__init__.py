"""What every room stands on: formulas and their letters, intervals, sources, spectra, numbers, checks of arguments."""

from __future__ import annotations

from bounds.base.lazy_names import lazy_names

_HOMES = {
    "bounds.base.formula": ["Formula", "Letter"],
    "bounds.base.intervals": ["Bound", "End", "Interval"],
    "bounds.base.sources": [
        "Geometric",
        "GrowingUniform",
        "Mixture",
        "PitmanYor",
        "SantaFe",
        "Source",
        "Uniform",
        "Windows",
        "Zipf",
        "parse_source",
    ],
    "bounds.base.notes": ["Note"],
}

__all__, __getattr__, __dir__ = lazy_names(__name__, _HOMES)
