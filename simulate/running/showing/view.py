"""What a reader chose to see of a result; it changes no number, and is not part of the result."""

from __future__ import annotations

from dataclasses import dataclass

from bounds.laws.loss_law import LossLaw


@dataclass(frozen=True)
class View:
    """What of a result is seen.

    Loss laws to lay beside it (all if empty), counts at every size, how many rows, parameters of a sequence, and which
    of its figures is drawn (the main one if empty).
    """

    laws: tuple[str | LossLaw, ...] = ()
    curves: bool = False
    most: int | None = None
    params_per_sequence: float = 1.0
    figure: str = ""
