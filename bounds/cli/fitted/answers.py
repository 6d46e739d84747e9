"""What was asked of a fit beyond its constants: runs to predict and budgets to spend, with all that is said of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bounds.base.notes import Note
from bounds.cli.fitted.asked import AskedRun
from bounds.cli.fitted.predictions import (
    Predicted,
    prediction_notes,
    prediction_rows,
    prediction_sentence,
    prediction_table,
    predictions,
)
from bounds.cli.fitted.spent import (
    Optimum,
    optima,
    optimum_notes,
    optimum_rows,
    optimum_sentence,
    optimum_table,
    why_no_optimum,
)
from bounds.cli.report import Table
from bounds.fitting.loss_laws.loss_law import LossLawFit


@dataclass(frozen=True)
class Asked:
    """Predictions and optima of a fit, what must be said of them, and `why` there is no optimum."""

    predictions: tuple[Predicted, ...] = ()
    optima: tuple[Optimum, ...] = ()
    notes: tuple[Note, ...] = ()
    why: Note | None = None

    @classmethod
    def of(cls, fit: LossLawFit, runs: Sequence[AskedRun], budgets: Sequence[float], confidence: float) -> Asked:
        """What `fit` says of `runs` and `budgets`."""
        why = why_no_optimum(fit) if budgets else None
        found, spent = predictions(fit, runs, confidence), () if why else optima(fit, budgets, confidence)
        notes = [*prediction_notes(found), *optimum_notes(fit, spent), *([] if why is None else [why])]
        return cls(found, spent, tuple(notes), why)

    def __bool__(self) -> bool:
        return bool(self.predictions or self.optima or self.why)

    @property
    def sentences(self) -> str:
        """The answers to the runs and to the budgets that were asked for."""
        told = [prediction_sentence(self.predictions)] if self.predictions else []
        none = "" if self.why is None else f"{self.why.text[0].upper()}{self.why.text[1:]}"
        return " ".join(filter(None, [*told, optimum_sentence(self.optima), none]))

    @property
    def tables(self) -> list[Table]:
        """What stands on the screen: no optimum far from the runs."""
        near = [one for one in self.optima if not one.is_far]
        return [
            *([prediction_table(self.predictions)] if self.predictions else []),
            *([optimum_table(near)] if near else []),
        ]  # fmt: skip

    @property
    def details(self) -> list[Table]:
        """Optima far from the runs."""
        away = [one for one in self.optima if one.is_far]
        return [optimum_table(away)] if away else []

    def to_json(self) -> dict[str, Any]:
        """A list of flat objects for each."""
        return {"predictions": prediction_rows(self.predictions), "optima": optimum_rows(self.optima)}
