"""From a loss law to U(D), N and the corpus factor: bands, inversions, the margin family."""

from __future__ import annotations

from bounds.base.lazy_names import lazy_names

_HOMES = {
    "bounds.efficiency.margin": [
        "top1_bernstein_exponent",
        "top1_excess",
        "top1_growth_exponent",
        "top1_local_rate",
        "top1_rate",
    ],
    "bounds.efficiency.band": [
        "Band",
        "bands",
        "bernstein_exponent",
        "efficient_params",
        "exponent_band",
        "growth_factor",
        "unique_bounds",
    ],
}

__all__, __getattr__, __dir__ = lazy_names(__name__, _HOMES)
