"""A plan as a value: what one law makes of a budget, all laws side by side, and the rows as a Dataset."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from bounds.base.brief import brief
from bounds.base.one_number import number, written
from bounds.base.telling.html import html_fields, html_table
from bounds.efficiency.band import Band
from bounds.laws.loss_law import LossLaw
from bounds.planning.corpus import MeasuredCorpus
from bounds.planning.spending import Spending

NEARLY = 0.001
"""Share of the loss that a size may cost and still count as as good."""


@dataclass(frozen=True)
class LawPlan:
    """What one law makes of a budget: `n_params` trained on `n_tokens`, and the range that is as good within a share.

    `n_tokens_effective` are new tokens that would serve as well; `epochs` how often the corpus is seen.
    `n_params_lower` and `n_params_upper` are None at a given D/N. `beyond_params` and `beyond_tokens` are factors
    outside the fitted range, 1 within it. `n_store_…` are of the same law and corpus, None far from its runs; `error`
    is a downstream error, of the laws that have one. `loss_lower` and `loss_upper` are the ends of the interval of the
    loss, which is without the parts of `loss_without` (`bounds.fitting.Prediction`), and `distance` the compute in
    units of the largest that was fitted; None where not known. `n_params_sampling_…` are the ends between which the
    draws of a law of one's own put the best size, None without draws. `enough_flops`, `enough_params` and
    `enough_tokens` are those from which on all that more compute could gain is less than a hundredth of the loss, as
    the corpus is spent; None where it is not.
    """

    law: str
    source: str
    compute_flops: float
    n_params: float
    n_tokens: float
    loss: float
    n_params_lower: float | None
    n_params_upper: float | None
    n_tokens_effective: float
    epochs: float | None
    beyond_params: float
    beyond_tokens: float
    is_far: bool
    error: float | None = None
    gpu_hours: float | None = None
    n_store_lower: float | None = None
    n_store_middle: float | None = None
    n_store_upper: float | None = None
    loss_lower: float | None = None
    loss_upper: float | None = None
    loss_without: tuple[str, ...] = ()
    distance: float | None = None
    n_params_sampling_lower: float | None = None
    n_params_sampling_upper: float | None = None
    enough_flops: float | None = None
    enough_params: float | None = None
    enough_tokens: float | None = None

    _repr_html_ = html_fields

    @property
    def tokens_per_param(self) -> float:
        """D/N."""
        return self.n_tokens / self.n_params

    def to_json(self) -> dict[str, Any]:
        """A flat object."""
        return asdict(self) | {"tokens_per_param": self.tokens_per_param}


@dataclass(frozen=True, repr=False)
class Plan:
    """What a budget buys by each law: `rows`, all of them; `near`, those fitted within ten times of there.

    `compute_flops` are model FLOP, None where a loss was asked for; `peak_flops` are those of one device in a second.
    `refused` has pairs of a law and why it has no row. `bands` are of the corpus, or of each law's own tokens.
    `n_tokens` are the distinct tokens that there are, those of the `corpus` where one was counted.
    `laws` are those of the rows, for tokens that are each seen once, and `spendings` how each
    spends the budget. `answered_compute` are the least and the largest
    FLOP that have a law near, sought where these have none. `n_gpus` are the devices on which the hours are spread.
    """

    rows: tuple[LawPlan, ...]
    refused: tuple[tuple[str, str], ...]
    bands: tuple[Band, ...]
    compute_flops: float | None = None
    target_loss: float | None = None
    gpu_hours: float | None = None
    gpu: str | None = None
    precision: str | None = None
    peak_flops: float | None = None
    mfu: float | None = None
    price_per_hour: float | None = None
    n_tokens: float | None = None
    inference_tokens: float | None = None
    tokens_per_param: float | None = None
    tolerance: float = NEARLY
    confidence: float = 0.95
    corpus: MeasuredCorpus | None = None
    laws: tuple[LossLaw, ...] = ()
    answered_compute: tuple[float, float] | None = None
    spendings: tuple[Spending, ...] = ()
    n_gpus: int | None = None

    @property
    def near(self) -> tuple[LawPlan, ...]:
        """The rows of laws that are not far from their runs."""
        return tuple(row for row in self.rows if not row.is_far)

    @property
    def n_params(self) -> tuple[float, float] | None:
        """The least and the largest size of the `near` laws; None where there is none."""
        sizes = [row.n_params for row in self.near]
        return (min(sizes), max(sizes)) if sizes else None

    @property
    def is_spent(self) -> bool:
        """Whether by all `near` laws the corpus rewards less than the budget."""
        return bool(self.near) and all(row.enough_flops is not None for row in self.near)

    @property
    def agreed(self) -> tuple[float, float] | None:
        """The sizes that all `near` laws count as nearly as good as their best; None where there are none."""
        ends = [(row.n_params_lower, row.n_params_upper) for row in self.near]
        lower, upper = [low for low, _ in ends if low is not None], [high for _, high in ends if high is not None]
        return (max(lower), min(upper)) if lower and upper and max(lower) <= min(upper) else None

    def __repr__(self) -> str:
        lines = [
            f"{row.law}: {written(row.n_params)} parameters on {written(row.n_tokens)} tokens, loss {row.loss:.4g}"
            f"{'' if row.loss_lower is None else f' [{row.loss_lower:.4g}, {row.loss_upper:.4g}]'}"
            f"{', far outside its runs' if row.is_far else ''}"
            for row in self.rows
        ]
        return "Plan(" + ",\n     ".join([self._asked(), *lines]) + ")"

    def _repr_html_(self) -> str:
        rows = [
            (
                row.law, written(row.n_params), written(row.n_tokens), f"{row.loss:.4g}",
                "" if row.loss_lower is None else f"[{row.loss_lower:.4g}, {row.loss_upper:.4g}]",
                "far outside its runs" if row.is_far else "",
            )
            for row in self.rows
        ]  # fmt: skip
        columns = ("law", "parameters", "tokens", "loss", "interval", "note")
        return html_table(f"Plan for {self._asked()}", rows, columns)

    def _asked(self) -> str:
        asked = "what was asked" if self.compute_flops is None else f"{number(self.compute_flops, 4)} FLOP"
        if self.target_loss is not None:
            asked = f"a loss of {brief(self.target_loss)}"
        return asked + ("" if self.n_tokens is None else f", {written(self.n_tokens, 4)} distinct tokens")

    def to_dataset(self) -> Any:
        """The rows as an xarray Dataset along ``law``, each variable with its units."""
        import xarray as xr

        table = {name: [row.to_json()[name] for row in self.rows] for name in _UNITS}
        data = {
            name: ("law", [math.nan if one is None else one for one in values], {"units": unit, "long_name": title})
            for name, values in table.items()
            for unit, title in [_UNITS[name]]
        }
        return xr.Dataset(data, {"law": [row.law for row in self.rows]})


_UNITS = {
    "compute_flops": ("FLOP", "model FLOP of training and serving"),
    "n_params": ("parameters", "parameters to train"),
    "n_tokens": ("tokens", "training tokens, repetitions included"),
    "tokens_per_param": ("tokens per parameter", "training tokens per parameter"),
    "loss": ("nats per token", "loss by the law"),
    "loss_lower": ("nats per token", "lower end of the interval of the loss"),
    "loss_upper": ("nats per token", "upper end of the interval of the loss"),
    "distance": ("1", "compute over the largest that was fitted"),
    "n_params_lower": ("parameters", "least size that is nearly as good"),
    "n_params_upper": ("parameters", "largest size that is nearly as good"),
    "n_tokens_effective": ("tokens", "new tokens that would serve as well"),
    "epochs": ("1", "training tokens over distinct tokens"),
    "error": ("1", "top-1 error, average of the tasks of the law"),
    "gpu_hours": ("h", "hours of one device"),
    "n_store_lower": ("parameters", "parameters that store each distinct sequence once, lower"),
    "n_store_middle": ("parameters", "parameters that store each distinct sequence once, middle"),
    "n_store_upper": ("parameters", "parameters that store each distinct sequence once, upper"),
    "n_params_sampling_lower": ("parameters", "lower end of the best size over the draws of the law"),
    "n_params_sampling_upper": ("parameters", "upper end of the best size over the draws of the law"),
    "enough_flops": ("FLOP", "compute beyond which a spent corpus gains less than a hundredth of the loss"),
    "enough_params": ("parameters", "parameters to train with that"),
    "enough_tokens": ("tokens", "tokens to train on with that, repetitions included"),
    "beyond_params": ("1", "factor of the parameters outside the fitted range"),
    "beyond_tokens": ("1", "factor of the tokens outside the fitted range"),
}
