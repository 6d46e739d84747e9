"""When a skill is there: thresholds in size and in data, and how many skills."""

from __future__ import annotations

from bounds.base.lazy_names import lazy_names

_HOMES = {
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
}

__all__, __getattr__, __dir__ = lazy_names(__name__, _HOMES)
