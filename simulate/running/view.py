"""What a reader chose to see of a result; nothing in it changes a number."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class View:
    """Laws to compare with (empty: all), curves too, at most so many rows, and parameters for a sequence."""

    laws: tuple[str, ...] = ()
    curves: bool = False
    most: int | None = None
    params_per_sequence: float = 1.0
