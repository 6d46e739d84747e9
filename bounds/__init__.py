"""What is true on paper about corpora, loss and parameters, as formulas that say how far to trust them.

Every public name is loaded when it is first used, so that ``import bounds`` costs next to nothing and
brings in neither sympy nor numba nor xarray.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_HOMES = {
    "bounds.notation": ["Formula", "Letter"],
    "bounds.catalogue": ["explain", "formulas"],
    "bounds.intervals": ["Bound", "Interval"],
    "bounds.sources": [
        "Geometric",
        "GrowingUniform",
        "Mixture",
        "PitmanYor",
        "Source",
        "Uniform",
        "Zipf",
        "parse_source",
    ],
    "bounds.unique": [
        "covariance_unique",
        "entropy",
        "expected_spectrum",
        "expected_unique",
        "growing_types",
        "local_exponent",
        "missing_mass",
        "variance_unique",
        "zipf_normaliser",
    ],
    "bounds.laws": ["LAWS", "LossLaw", "get_law"],
    "bounds.efficiency": [
        "bands",
        "bernstein_exponent",
        "efficient_params",
        "exponent_band",
        "growth_factor",
        "unique_bounds",
    ],
    "bounds.law_fitting": ["LossLawFit", "fit_loss_law"],
    "bounds.uncertainty": ["exponent_deviation", "growth_factor_interval", "log_unique_deviation"],
    "bounds.fitting": ["ExponentFit", "FrequencySpectrum", "fit_exponent"],
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = ["__version__", *_HOME_OF]


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'bounds' has no attribute {name!r}")
    value = getattr(import_module(_HOME_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
