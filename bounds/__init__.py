"""What is true on paper about corpora, loss and parameters, as formulas that say how far to trust them.

Docstrings name equations by labels such as B7-iii: ``bounds.explain("B7-iii")`` states each, with its source.

Every public name is loaded when it is first used, so that ``import bounds`` costs next to nothing and
brings in neither sympy nor numba nor xarray.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_HOMES = {
    "bounds.base.formula": ["Formula", "Letter"],
    "bounds.catalogue": ["explain", "formulas"],
    "bounds.base.intervals": ["Bound", "Interval"],
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
    "bounds.laws.santa_fe": ["block_entropy", "excess_loss", "mutual_information", "santa_fe_law"],
    "bounds.divergence.kl": [
        "forward_kl_add_constant",
        "forward_kl_laplace_upper",
        "forward_kl_laplace_upper_refined",
        "forward_kl_total_kt_upper",
        "reverse_kl_empirical",
        "reverse_kl_tail_upper",
        "reverse_kl_upper",
        "reverse_kl_wilks",
    ],
    "bounds.divergence.reverse_constant": ["reverse_kl_constant", "unique_from_reverse_kl"],
    "bounds.divergence.total_variation": ["l1_bounds", "l1_empirical", "l1_exponent", "l1_pinsker_upper", "l1_upper"],
    "bounds.divergence.dirichlet_risk": [
        "forward_kl_bayes_risk",
        "forward_kl_minimax_asymptote",
        "forward_kl_minimax_lower",
        "support_upper_minimax",
    ],
    "bounds.divergence.natural_estimators": [
        "forward_kl_natural",
        "good_turing_bias",
        "good_turing_missing_mass",
        "pitman_yor_predictive",
    ],
    "bounds.divergence.pattern_constant": ["pattern_loss", "pattern_loss_constant"],
    "bounds.laws.published": ["LAWS", "PF_DAY", "KaplanLaw", "LossLaw", "get_law", "training_flops"],
    "bounds.laws.overtraining": [
        "OVERTRAINING_LAWS",
        "DownstreamErrorLaw",
        "OvertrainingLaw",
        "get_overtraining_law",
    ],
    "bounds.laws.repeated_data": [
        "REPEATED_DATA_LAWS",
        "RepeatedDataLaw",
        "effective_params",
        "effective_tokens",
        "get_repeated_data_law",
        "repeated_token_value",
    ],
    "bounds.efficiency.margin": [
        "top1_bernstein_exponent",
        "top1_excess",
        "top1_growth_exponent",
        "top1_local_rate",
        "top1_rate",
    ],
    "bounds.efficiency.band": [
        "bands",
        "bernstein_exponent",
        "efficient_params",
        "exponent_band",
        "growth_factor",
        "unique_bounds",
    ],
    "bounds.fitting.runs.loss_law": ["LossLawFit", "fit_loss_law"],
    "bounds.fitting.runs.uncertainty": ["exponent_deviation", "growth_factor_interval", "log_unique_deviation"],
    "bounds.capacity.capacity": [
        "capacity_loss",
        "capacity_loss_bounds",
        "params_to_store",
        "stored_sequences",
        "tail_mass",
    ],
    "bounds.capacity.capacity_law": ["Consistency", "consistency", "loss_law_of"],
    "bounds.skills.emergence": [
        "ScalingVerdict",
        "can_scaling_help",
        "emergence_probability",
        "emergence_probability_unequal",
        "expected_term_accuracy",
        "le_cam_bound",
        "median_representation",
        "quorum_count",
        "term_accuracy",
    ],
    "bounds.skills.skill_thresholds": [
        "draws_half_width",
        "draws_threshold",
        "draws_threshold_frequency",
        "draws_threshold_unequal",
        "params_threshold",
        "stored_half_width",
        "stored_threshold",
    ],
    "bounds.skills.skill_counts": ["expected_skills"],
    "bounds.fitting.exponents.exponent": ["ExponentFit", "FrequencySpectrum", "fit_exponent"],
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
