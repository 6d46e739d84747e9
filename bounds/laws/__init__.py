"""Loss laws: the published ones, over-training, repeated data, downstream error, and the Santa Fe process."""

from __future__ import annotations

from bounds.base.lazy_names import lazy_names

_HOMES = {
    "bounds.laws.santa_fe": ["block_entropy", "excess_loss", "mutual_information", "santa_fe_law"],
    "bounds.laws.published": ["Allocation", "KaplanLaw", "LAWS", "LossLaw", "PF_DAY", "get_law", "training_flops"],
    "bounds.laws.law_file": ["LawFile", "read_law_file", "write_law_file"],
    "bounds.laws.overtraining": ["DownstreamErrorLaw", "OVERTRAINING_LAWS", "OvertrainingLaw", "get_overtraining_law"],
    "bounds.laws.repeated_data": [
        "REPEATED_DATA_LAWS",
        "RepeatedDataLaw",
        "effective_params",
        "effective_tokens",
        "get_repeated_data_law",
        "repeated_token_value",
    ],
}

__all__, __getattr__, __dir__ = lazy_names(__name__, _HOMES)
