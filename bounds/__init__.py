"""What is true on paper about corpora, loss and parameters, as formulas that say how far to trust them.

Here is what everybody asks for first; the rest is found under its subject: `bounds.counts`, `bounds.divergence`,
`bounds.laws`, `bounds.capacity`, `bounds.skills`, `bounds.efficiency`, `bounds.fitting` and `bounds.planning`.
Docstrings name equations by labels such as B7-iii: ``bounds.explain("B7-iii")`` states each, with its source.

Every public name is loaded when it is first used, so that ``import bounds`` costs next to nothing and
brings in neither sympy nor numba nor xarray.
"""

from __future__ import annotations

from bounds.base.lazy_names import lazy_names

__version__ = "0.1.0"

_HOMES = {
    "bounds.catalogue": ["explain", "formulas"],
    "bounds.base": [
        "Bound",
        "Formula",
        "Geometric",
        "GrowingUniform",
        "Interval",
        "Mixture",
        "PitmanYor",
        "SantaFe",
        "Source",
        "Uniform",
        "Windows",
        "Zipf",
        "parse_source",
    ],
    "bounds.counts": [
        "entropy",
        "expected_spectrum",
        "expected_unique",
        "local_exponent",
        "missing_mass",
        "variance_unique",
    ],
    "bounds.laws": ["LAWS", "LossLaw", "get_law", "training_flops"],
    "bounds.efficiency": [
        "bands",
        "efficient_params",
        "exponent_band",
        "growth_factor",
        "unique_bounds",
    ],
    "bounds.fitting": ["ExponentFit", "FrequencySpectrum", "LossLawFit", "fit_exponent", "fit_loss_law"],
    "bounds.planning": ["plan"],
    "bounds.capacity": ["capacity_loss", "params_to_store", "stored_sequences"],
    "bounds.skills": [
        "can_scaling_help",
        "draws_threshold",
        "emergence_probability",
        "expected_skills",
        "params_threshold",
    ],
}

_MOVED = {
    "bounds.base": ["Letter"],
    "bounds.counts": [
        "absence_probability",
        "covariance_unique",
        "expected_unique_windows",
        "growing_types",
        "occurrence_probability",
        "zipf_normaliser",
    ],
    "bounds.laws": [
        "DownstreamErrorLaw",
        "KaplanLaw",
        "OVERTRAINING_LAWS",
        "OvertrainingLaw",
        "PF_DAY",
        "REPEATED_DATA_LAWS",
        "RepeatedDataLaw",
        "block_entropy",
        "effective_params",
        "effective_tokens",
        "excess_loss",
        "get_overtraining_law",
        "get_repeated_data_law",
        "mutual_information",
        "repeated_token_value",
        "santa_fe_law",
    ],
    "bounds.divergence": [
        "forward_kl_add_constant",
        "forward_kl_bayes_risk",
        "forward_kl_laplace_upper",
        "forward_kl_laplace_upper_refined",
        "forward_kl_minimax_asymptote",
        "forward_kl_minimax_lower",
        "forward_kl_natural",
        "forward_kl_total_kt_upper",
        "good_turing_bias",
        "good_turing_missing_mass",
        "l1_bounds",
        "l1_empirical",
        "l1_exponent",
        "l1_pinsker_upper",
        "l1_upper",
        "pattern_loss",
        "pattern_loss_constant",
        "pitman_yor_predictive",
        "reverse_kl_constant",
        "reverse_kl_empirical",
        "reverse_kl_tail_upper",
        "reverse_kl_upper",
        "reverse_kl_wilks",
        "support_upper_minimax",
        "unique_from_reverse_kl",
    ],
    "bounds.efficiency": [
        "bernstein_exponent",
        "top1_bernstein_exponent",
        "top1_excess",
        "top1_growth_exponent",
        "top1_local_rate",
        "top1_rate",
    ],
    "bounds.fitting": ["exponent_deviation", "growth_factor_interval", "log_unique_deviation"],
    "bounds.capacity": ["Consistency", "capacity_loss_bounds", "consistency", "loss_law_of", "tail_mass"],
    "bounds.skills": [
        "ScalingVerdict",
        "draws_half_width",
        "draws_threshold_frequency",
        "draws_threshold_unequal",
        "emergence_probability_unequal",
        "expected_term_accuracy",
        "le_cam_bound",
        "median_representation",
        "quorum_count",
        "stored_half_width",
        "stored_threshold",
        "term_accuracy",
    ],
}
"""Names that stood here before 0.2, and the subject under which each is found now."""

SUBJECTS = ("base", "counts", "divergence", "laws", "capacity", "skills", "efficiency", "fitting", "planning")

__all__, __getattr__, __dir__ = lazy_names(__name__, _HOMES, moved=_MOVED, here=("__version__",), rooms=SUBJECTS)
