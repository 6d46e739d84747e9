"""Real text: read it, cut it into windows of units, count the distinct ones, fit how they grow.

`reading.choosing` finds the reader of a file, which gives pieces of its text or its token ids, `cutting.sequences`
makes unit ids of them, `counting` counts these, and `growth` joins the three; `spilling` counts by parts, in files,
what does not fit into memory. Estimates keep no text: `cutting.hashing` turns its pieces into numbers, `sketch`
estimates how many distinct windows of them there were, `sketches` how many of them once, twice, …, and `streaming`
joins these.
Every name is loaded when it is first used, so that checking an argument costs no numba.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from bounds.base.arguments import did_you_mean

_HOMES = {
    "simulate.text.reading.errors": ["InputError"],
    "simulate.text.reading.asked": ["ReadOptions"],
    "simulate.text.blocks": ["BlockCurves"],
    "simulate.text.growth": ["CorpusGrowth", "measure_corpus"],
    "simulate.text.sketch": ["HyperLogLog"],
    "simulate.text.spilling.distinct": ["distinct_keys"],
    "simulate.text.sketches.sample": ["WindowSample"],
    "simulate.text.streaming": ["SketchedGrowth", "sketch_corpus"],
    "simulate.text.comparison.compare": ["Comparison", "compare_corpora"],
    "simulate.text.comparison.measures": ["Estimate", "Measures"],
    "simulate.text.exponents": ["CorpusFit", "WindowFit", "fit_corpus"],
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "BlockCurves",
    "Comparison",
    "CorpusFit",
    "CorpusGrowth",
    "Estimate",
    "HyperLogLog",
    "InputError",
    "Measures",
    "ReadOptions",
    "SketchedGrowth",
    "WindowFit",
    "WindowSample",
    "compare_corpora",
    "distinct_keys",
    "fit_corpus",
    "measure_corpus",
    "sketch_corpus",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        hint = "" if name.startswith("_") else did_you_mean(name, __all__)
        raise AttributeError(f"module 'simulate.text' has no attribute {name!r}{hint}")
    value = getattr(import_module(_HOME_OF[name]), name)
    globals()[name] = value
    return value
