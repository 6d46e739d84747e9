"""Planning a training run: hours and hardware to FLOP, shapes and their parameters, what a budget and a corpus buy."""

from __future__ import annotations

from bounds.base.lazy_names import lazy_names

_HOMES = {
    "bounds.planning.hardware": ["ACCELERATORS", "Accelerator", "get_accelerator"],
    "bounds.planning.flops": ["hardware_flops", "model_flops"],
    "bounds.planning.next_runs": ["NextRun", "NextRuns", "next_run"],
    "bounds.planning.planner": ["LawPlan", "Plan", "plan"],
    "bounds.planning.shapes": ["SHAPES", "Shape", "count_params", "flops_per_token", "layer_params", "shapes_near"],
}

__all__, __getattr__, __dir__ = lazy_names(__name__, _HOMES)
