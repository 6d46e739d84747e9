"""From GPU hours to FLOP, of the hardware and of the model.

Hardware FLOP are what the GPUs compute: where activations are computed again on the way back, 8 for a parameter and a
token. Model FLOP are what training needs, 6. Laws take model FLOP; the utilisation that is called MFU counts these too.
"""

from __future__ import annotations

from typing import Any

from bounds.laws.checks import as_positive, positives
from bounds.laws.published import FLOP_PER_PARAM_TOKEN

FLOP_WITH_RECOMPUTATION = 8
"""Of the hardware for a parameter and a token: one forward pass more than the 6 of the model."""
FLOP_TO_SERVE = 2
"""For a parameter and a token that is read or written: the forward pass alone."""


def hardware_flops(gpu_hours: Any, tflops: Any) -> Any:
    """FLOP that GPUs compute in `gpu_hours` at `tflops` TFLOP/s each."""
    hours, speed = positives(gpu_hours=gpu_hours, tflops=tflops)
    return hours * 3600 * speed * 1e12


def model_flops(gpu_hours: Any, hardware_tflops: Any, *, coefficient: float = FLOP_WITH_RECOMPUTATION) -> Any:
    """FLOP of 6 a parameter and token in `gpu_hours` at a speed that was counted with `coefficient` of them."""
    return hardware_flops(gpu_hours, hardware_tflops) * FLOP_PER_PARAM_TOKEN / as_positive("coefficient", coefficient)
