"""What a model of N parameters holds, and its loss."""

from __future__ import annotations

from bounds.base.lazy_names import lazy_names

_HOMES = {
    "bounds.capacity.capacity": [
        "capacity_loss",
        "capacity_loss_bounds",
        "params_to_store",
        "stored_sequences",
        "tail_mass",
    ],
    "bounds.capacity.capacity_law": ["Consistency", "consistency", "loss_law_of"],
}

__all__, __getattr__, __dir__ = lazy_names(__name__, _HOMES)
