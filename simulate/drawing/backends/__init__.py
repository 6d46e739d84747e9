"""Backends: one verb, `growth`, on integer tables and streams.

`reference` is slow and obvious and defines the answer; `cpu` gives the same bits at speed. A backend knows
nothing of sources, laws or files.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from simulate.drawing.backends.growth import Growth
from simulate.drawing.stream import Stream
from simulate.drawing.tables import Sampler

__all__ = ["Backend", "Growth", "get_backend"]


class Backend(Protocol):
    """What a backend does."""

    def growth(self, sampler: Sampler, checkpoints: np.ndarray, stream: Stream, *, edges: np.ndarray) -> Growth:
        """Draw ``checkpoints[-1]`` tokens and count at each checkpoint (ascending, positive)."""


def get_backend(name: str) -> Backend:
    """The backend called `name`: reference, cpu or gpu; ValueError where it cannot run here."""
    if name == "reference":
        from simulate.drawing.backends import reference

        return reference
    if name == "cpu":
        from simulate.drawing.backends import cpu

        return cpu
    if name == "gpu":
        from simulate.drawing.backends import gpu

        gpu.require_device()
        return gpu
    raise ValueError(f"backend must be reference, cpu or gpu, got {name!r}")
