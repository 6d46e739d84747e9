"""From a budget and a corpus to parameters and tokens, by every law that was fitted near there.

A budget is GPU hours, model FLOP, money or a loss that is to be reached. Each law gives its own size, and a range of
sizes that cost next to nothing more; they are laid side by side and never averaged. What to train (N) is one question;
how many parameters would store each distinct sequence of the corpus once (`n_store`) is another. The uncertainty of a
law's own constants is not in here.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

from bounds.base.arguments import Count, Flop, Number, unknown
from bounds.base.brief import brief
from bounds.base.one_number import items_of, number, written
from bounds.efficiency.band import Band, bands
from bounds.laws.law_range import beyond, far
from bounds.laws.loss_law import LossLaw
from bounds.laws.overtraining import OVERTRAINING_LAWS, OvertrainingLaw
from bounds.laws.published import LAWS
from bounds.laws.repeated_data import REPEATED_DATA_LAWS, RepeatedDataLaw
from bounds.planning.hardware import Accelerator, get_accelerator
from bounds.planning.spending import Spending

NEARLY = 0.001
"""Share of the loss that a size may cost and still count as as good."""

_SCALES = REPEATED_DATA_LAWS["muennighoff2023"]
_REPEATED_PARAMS, _REPEATED_TOKENS = (7e6, 9e9), (0.0, 9e11)
"""Muennighoff et al. 2023, abstract and section 3: runs of 7 million to 9 billion parameters, up to 900B tokens."""


@dataclass(frozen=True)
class LawPlan:
    """What one law makes of a budget: `n_params` trained on `n_tokens`, and the range that is as good within a share.

    `n_tokens_effective` are new tokens that would serve as well; `epochs` how often the corpus is seen.
    `n_params_lower` and `n_params_upper` are None at a given D/N. `beyond_params` and `beyond_tokens` are factors
    outside the fitted range, 1 within it. `n_store_…` are of the same law and corpus, None far from its runs; `error`
    is a downstream error, of the laws that have one.
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
    def agreed(self) -> tuple[float, float] | None:
        """The sizes that all `near` laws count as nearly as good as their best; None where there are none."""
        ends = [(row.n_params_lower, row.n_params_upper) for row in self.near]
        lower, upper = [low for low, _ in ends if low is not None], [high for _, high in ends if high is not None]
        return (max(lower), min(upper)) if lower and upper and max(lower) <= min(upper) else None

    def __repr__(self) -> str:
        asked = "what was asked" if self.compute_flops is None else f"{number(self.compute_flops, 4)} FLOP"
        if self.target_loss is not None:
            asked = f"a loss of {brief(self.target_loss)}"
        corpus = "" if self.n_tokens is None else f", {written(self.n_tokens, 4)} distinct tokens"
        lines = [
            f"{row.law}: {written(row.n_params)} parameters on {written(row.n_tokens)} tokens, loss {row.loss:.4g}"
            f"{', far outside its runs' if row.is_far else ''}"
            for row in self.rows
        ]
        return "Plan(" + ",\n     ".join([f"{asked}{corpus}", *lines]) + ")"

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
    "n_params_lower": ("parameters", "least size that is nearly as good"),
    "n_params_upper": ("parameters", "largest size that is nearly as good"),
    "n_tokens_effective": ("tokens", "new tokens that would serve as well"),
    "epochs": ("1", "training tokens over distinct tokens"),
    "error": ("1", "top-1 error, average of the tasks of the law"),
    "gpu_hours": ("h", "hours of one device"),
    "n_store_lower": ("parameters", "parameters that store each distinct sequence once, lower"),
    "n_store_middle": ("parameters", "parameters that store each distinct sequence once, middle"),
    "n_store_upper": ("parameters", "parameters that store each distinct sequence once, upper"),
    "beyond_params": ("1", "factor of the parameters outside the fitted range"),
    "beyond_tokens": ("1", "factor of the tokens outside the fitted range"),
}


def plan(
    *,
    gpu_hours: float | None = None,
    compute_flops: float | str | None = None,
    cost: float | None = None,
    target_loss: float | None = None,
    gpu: str | Accelerator | None = None,
    precision: str = "bf16",
    mfu: float | None = None,
    price_per_hour: float | None = None,
    n_tokens: float | str | None = None,
    inference_tokens: float | str | None = None,
    tokens_per_param: float | None = None,
    laws: str | LossLaw | Iterable[str | LossLaw | RepeatedDataLaw | OvertrainingLaw] = (),
) -> Plan:
    """What to train with a budget, and on how many tokens, by each law.

    The budget is one of `gpu_hours`, `compute_flops` (model FLOP), `cost` at `price_per_hour`, or `target_loss` in nats
    per token. Hours need `gpu` and `mfu`, the share of its peak at `precision` that is model FLOP. `n_tokens` are all
    distinct tokens that there are: more of them are made by repetition, at the worth of Muennighoff et al. 2023.
    `inference_tokens` are served from the same budget, at 2 FLOP for a parameter and token. `tokens_per_param` fixes
    D/N, as in over-training. `laws` are keys or values; by default all published ones with an irreducible loss.

    Raises ValueError for anything that is not one budget, or where no law has an answer.
    """
    budgets = {"gpu_hours": gpu_hours, "compute_flops": compute_flops, "cost": cost, "target_loss": target_loss}
    given = [name for name, value in budgets.items() if value is not None]
    if len(given) != 1:
        got = " and ".join(given) or "none of them"
        raise ValueError(f"a plan needs one budget of gpu_hours, compute_flops, cost or target_loss, got {got}")
    device = None if gpu is None else get_accelerator(gpu)
    used = None if mfu is None else Number("mfu", 0.0, 1.0, high_open=False, text="above 0 and at most 1")(mfu)
    peak = None if device is None else device.peak(precision)
    price = None if price_per_hour is None else _positive("price_per_hour", price_per_hour)
    hours = None if gpu_hours is None else _positive("gpu_hours", gpu_hours)
    if cost is not None:
        if price is None:
            raise ValueError("cost needs price_per_hour, what an hour of one device costs")
        hours = _positive("cost", cost) / price
    if (hours is not None or price is not None or used is not None or device is not None) and None in (peak, used):
        raise ValueError(f"hours need gpu and mfu to become FLOP; {'gpu' if peak is None else 'mfu'} is missing")
    an_hour = None if peak is None or used is None else 3600 * peak * used
    compute = None if compute_flops is None else float(Flop("compute_flops")(compute_flops))
    if hours is not None and an_hour is not None:
        compute = hours * an_hour
    corpus = None if n_tokens is None else float(Count("n_tokens")(n_tokens))
    served = None if inference_tokens is None else float(Count("inference_tokens")(inference_tokens))
    ratio = None if tokens_per_param is None else _positive("tokens_per_param", tokens_per_param)
    loss = None if target_loss is None else _positive("target_loss", target_loss)

    rows, refused, stores = [], [], []
    for law in _asked(laws, corpus, ratio):
        key, curve, repeated = _forms(law)
        spending = Spending(curve, repeated, corpus, served or 0.0, ratio)
        try:
            C = spending.compute_for(loss) if loss is not None else float(compute or 0)
            row = _row(law, key, spending, C, an_hour)
        except ValueError as error:
            refused.append((key, str(error)))
            continue
        (band,) = bands(corpus or row.n_tokens, laws=[curve])
        stores.append(band)
        rows.append(_with_store(row, band, curve, corpus or row.n_tokens))
    if not rows:
        raise ValueError(refused[0][1])
    return Plan(
        tuple(rows), tuple(refused), tuple(stores), compute, loss, hours, None if device is None else device.key,
        None if device is None else precision, peak, used, price, corpus, served, ratio,
    )  # fmt: skip


def _positive(name: str, value: Any) -> float:
    return Number(name, 0.0, text="positive and finite")(value)


def _asked(laws: Any, corpus: float | None, ratio: float | None) -> list[Any]:
    if isinstance(laws, str | LossLaw | RepeatedDataLaw | OvertrainingLaw):
        laws = [laws]
    several = items_of(laws)
    if several:
        return [_law(one) for one in several]
    published: list[Any] = [law for law in LAWS.values() if law.comparable]
    published += [] if corpus is None else [_SCALES]
    return published + ([] if ratio is None else list(OVERTRAINING_LAWS.values()))


def _law(one: Any) -> Any:
    known: dict[str, Any] = {**LAWS, **REPEATED_DATA_LAWS, **OVERTRAINING_LAWS}
    law = known.get(one) if isinstance(one, str) else one
    if not isinstance(law, LossLaw | RepeatedDataLaw | OvertrainingLaw):
        raise unknown("law", one, [key for key in known if key not in LAWS or LAWS[key].comparable])
    if isinstance(law, LossLaw) and not law.comparable:
        raise ValueError(
            f"law {law.key} has no irreducible loss and counts compute in its own way, so it plans nothing; "
            "bounds.laws has its optimum (python -m bounds laws KEY --compute FLOP)"
        )
    return law


def _forms(law: Any) -> tuple[str, LossLaw, RepeatedDataLaw]:
    """The key of `law`, its form for single epochs and the one for repeated data, by the scales of Muennighoff."""
    if isinstance(law, RepeatedDataLaw):
        curve = law.law
        if law is _SCALES:
            curve = replace(curve, fitted_params=_REPEATED_PARAMS, fitted_tokens=_REPEATED_TOKENS)
        return law.key, curve, law
    curve = law.loss_law if isinstance(law, OvertrainingLaw) else law
    repeated = RepeatedDataLaw(law.key, law.citation, curve, _SCALES.token_decay, _SCALES.param_decay)
    return law.key, curve, repeated


def _row(law: Any, key: str, spending: Spending, C: float, an_hour: float | None) -> LawPlan:
    spent, curve, corpus = spending.spend(C, NEARLY), spending.law, spending.corpus
    D = spent.n_tokens
    effective = D if corpus is None else float(spending.repeated.effective_tokens(D, corpus))
    error_law = law.error_law if isinstance(law, OvertrainingLaw) else None
    lower, upper = (None if math.isnan(end) else end for end in (spent.n_params_lower, spent.n_params_upper))
    return LawPlan(
        key, law.citation, C, spent.n_params, D, spent.loss, lower, upper, effective,
        None if corpus is None else D / corpus,
        beyond(curve.fitted_params, spent.n_params), beyond(curve.fitted_tokens, effective),
        far(curve.fitted_params, spent.n_params) or far(curve.fitted_tokens, effective),
        None if error_law is None else float(error_law.error(spent.loss)), None if an_hour is None else C / an_hour,
    )  # fmt: skip


def _with_store(row: LawPlan, band: Band, curve: LossLaw, n_tokens: float) -> LawPlan:
    """`row` with the parameters that store each distinct sequence of `n_tokens`, where the law is not far away."""
    if band.n_params is None or far(curve.fitted_tokens, n_tokens):
        return row
    lower, middle, upper = (
        None if end is None or end.value is None or end.vacuous else float(end.value)
        for end in (band.n_params.lower_end, band.n_params.middle_end, band.n_params.upper_end)
    )
    return replace(row, n_store_lower=lower, n_store_middle=middle, n_store_upper=upper)
