"""What data say of the constants of the theory: exponents of counts, what more of them would bring, laws of runs."""

from __future__ import annotations

from bounds.base.lazy_names import lazy_names

_HOMES = {
    "bounds.fitting.loss_laws.loss_law": ["LossLawFit", "fit_loss_law"],
    "bounds.fitting.loss_laws.prediction": ["Prediction", "predict_loss"],
    "bounds.fitting.loss_laws.uncertainty": [
        "FittedBand",
        "exponent_deviation",
        "growth_factor_interval",
        "log_unique_deviation",
    ],
    "bounds.fitting.extrapolation.extrapolate": ["Extrapolation", "extrapolate_unique", "good_turing_coverage"],
    "bounds.fitting.exponents.exponent": ["ExponentFit", "FrequencySpectrum", "fit_exponent"],
}

__all__, __getattr__, __dir__ = lazy_names(__name__, _HOMES)
