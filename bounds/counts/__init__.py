"""How many distinct types a corpus holds: mean, variance, spectrum, missing mass, local exponent; windows."""

from __future__ import annotations

from bounds.base.lazy_names import lazy_names

_HOMES = {
    "bounds.counts.unique": [
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
    "bounds.counts.windows": ["absence_probability", "expected_unique_windows", "occurrence_probability"],
}

__all__, __getattr__, __dir__ = lazy_names(__name__, _HOMES)
