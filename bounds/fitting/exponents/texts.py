"""`fit_exponent` of a text: its windows are no independent draws, so that its own fit, by blocks, is the answer.

What was measured from a text fits itself (`MeasuredText`); a result of it on disk does not hold the text, and keeps the
fit that was made when it was counted. Neither takes a model or a stretch from outside.
"""

from __future__ import annotations

import math
from typing import Any, Protocol

import numpy as np

from bounds.base.intervals import Interval
from bounds.base.pointwise import shown
from bounds.fitting.exponents.exponent_fits import ExponentFit

KEPT_CONFIDENCE = 0.95
"""Confidence of the intervals that results hold."""


class MeasuredText(Protocol):
    """Counts of one text with the blocks that an interval needs, such as `simulate.measure_corpus` gives."""

    def fit_growth(self, *, confidence: float) -> Any:
        """The exponent with an interval: `exponent`, `interval`, `local`, `window` and `verdict` at least."""


def fit_text(text: MeasuredText, confidence: float, **given: Any) -> Any:
    """The fit of `text` by itself; ValueError where an argument that is not its own was `given`."""
    _refuse("a text is fitted by way of its own blocks", given)
    return text.fit_growth(confidence=confidence)


def is_text(one: Any) -> bool:
    """Whether one source of a Dataset is a real text."""
    return str(one["source"].values).partition(":")[0] == "corpus"


def kept_fit(one: Any, confidence: float, **given: Any) -> ExponentFit:
    """The fit of a text that its Dataset holds, made from blocks of the text when it was counted.

    `window` is the range of D that was counted: which stretch of it was fitted, `verdict` says.
    """
    name = str(one["source"].values)
    _refuse(f"{name} is a text, and a result keeps the fit that was made when it was counted", given)
    if "fit" not in one:
        raise ValueError(f"this Dataset has no fit of {name}; pass what simulate.measure_corpus gives")
    if confidence != KEPT_CONFIDENCE:
        raise ValueError(
            f"the fit of {name} that this Dataset holds has confidence {KEPT_CONFIDENCE}, got {shown(confidence)}; "
            "pass what simulate.measure_corpus gives"
        )
    exponent = float(one["exponent_pooled" if "exponent_pooled" in one else "exponent"])
    low, high = float(one["exponent_lower"]), float(one["exponent_upper"])
    draws = np.asarray(one["n_draws"].values)
    return ExponentFit(
        exponent, None if math.isnan(low) else Interval(low, high), confidence, math.nan,
        float(one["exponent_local"]), (int(draws.min()), int(draws.max())), None, None, "blocks of the text",
        float(one["fit_p_value"]), math.isnan(low), str(one["fit"].values),
    )  # fmt: skip


def _refuse(why: str, given: dict[str, Any]) -> None:
    usual = {"model": "auto", "nested": True, "dependent": False}
    names = [k for k, value in given.items() if (value != usual[k] if k in usual else value is not None)]
    if names:
        raise ValueError(f"{why}: leave out {' and '.join(names)}")
