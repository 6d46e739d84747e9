"""From a budget and a corpus to parameters and tokens, by every law that was fitted near there.

A budget is GPU hours, model FLOP, money or a loss that is to be reached. Each law gives its own size, and a range of
sizes that cost next to nothing more; they are laid side by side and never averaged. What to train (N) is one question;
how many parameters would store each distinct sequence of the corpus once (`n_store`) is another. The loss of each row
has an interval of what is known of the error of its law (`bounds.fitting.predict_loss`).
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bounds.base.arguments import Count, Flop, Number
from bounds.base.one_number import checked_confidence, items_of
from bounds.efficiency.band import Band, bands
from bounds.fitting.loss_laws.prediction import PARTS, Prediction, SureLaw, predict_loss
from bounds.laws.law_file import drawn_law, is_law_file, read_law_file
from bounds.laws.law_names import OF_ONES_OWN, law_key, unknown_law
from bounds.laws.law_range import are_far, beyond, far
from bounds.laws.loss_law import LossLaw
from bounds.laws.overtraining import OVERTRAINING_LAWS, DownstreamErrorLaw, OvertrainingLaw
from bounds.laws.published import LAWS
from bounds.laws.repeated_data import REPEATED_DATA_LAWS, RepeatedDataLaw
from bounds.planning.corpus import MeasuredCorpus
from bounds.planning.hardware import Accelerator, get_accelerator
from bounds.planning.plans import NEARLY, LawPlan, Plan
from bounds.planning.reach import answered_compute, enough
from bounds.planning.spending import Spending, Spent

_SHARE = Number("mfu", 0.0, 1.0, high_open=False, text="above 0 and at most 1", percent=True)
_SCALES = REPEATED_DATA_LAWS["muennighoff2023"]
_REPEATED_PARAMS, _REPEATED_TOKENS = (7e6, 9e9), (0.0, 9e11)
"""Muennighoff et al. 2023, abstract and section 3: runs of 7 million to 9 billion parameters, up to 900B tokens."""
_REPEATED_EPOCHS = (0.0, 500.0)
"""Epochs of these runs (ibidem): far beyond them no law says what repetition does."""


def plan(
    *,
    gpu_hours: float | None = None,
    n_gpus: int | None = None,
    days: float | None = None,
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
    laws: Any = (),
    corpus: MeasuredCorpus | None = None,
    confidence: float = 0.95,
) -> Plan:
    """What to train with a budget, and on how many tokens, by each law.

    The budget is one of `gpu_hours`, or `days` on `n_gpus` of them, `compute_flops` (model FLOP), `cost` at
    `price_per_hour`, or `target_loss` in nats per token; `n_gpus` says on how many the hours of any of them are spread.
    Hours need `gpu` and `mfu`, the share of its peak at `precision` that is model FLOP. `n_tokens` are all distinct
    tokens that there are: more of them are made by repetition, at the worth of Muennighoff et al. 2023.
    `inference_tokens` are served from the same budget, at 2 FLOP for a parameter and token. `tokens_per_param` fixes
    D/N, as in over-training. `laws` are one or several of: keys, laws, fits and files my.law.toml that keep one; by
    default all published ones with an irreducible loss. `corpus` is one that was counted, in place of `n_tokens`.
    Losses have intervals at `confidence` of what is known of the error of each law.

    Raises ValueError for anything that is not one budget, or where no law has an answer.
    """
    devices = None if n_gpus is None else int(Count("n_gpus")(n_gpus))
    hours = _hours_of(days, devices, gpu_hours)
    budget = _budget(hours, compute_flops, cost, target_loss, gpu, precision, mfu, price_per_hour, devices)
    if corpus is not None and n_tokens is not None:
        raise ValueError("pass n_tokens or a corpus, which says how many tokens it has, not both")
    if n_tokens is not None:
        distinct: float | None = float(Count("n_tokens")(n_tokens))
    else:
        distinct = None if corpus is None else float(corpus.n_tokens)
    served = None if inference_tokens is None else float(Count("inference_tokens")(inference_tokens))
    ratio, level = _positive("tokens_per_param", tokens_per_param), checked_confidence(confidence)

    rows, refused, stores, curves, used = [], [], [], [], []
    forms = [_form(one) for one in _asked(laws, ratio)]
    spendings = [
        Spending(form.curve, form.repeated, distinct, served or 0.0, ratio, form.counts_excess) for form in forms
    ]
    for form, spending in zip(forms, spendings, strict=True):
        try:
            C = budget.compute_flops or spending.compute_for(budget.target_loss or 0.0)
            row = _row(form, spending, C, budget.flops_of_an_hour, level)
        except ValueError as error:
            refused.append((form.key, str(error)))
            continue
        (band,) = bands(distinct or row.n_tokens, laws=[form.curve])
        stores.append(band)
        curves.append(form.curve)
        used.append(spending)
        rows.append(_with_store(row, band, form.curve, distinct or row.n_tokens))
    if not rows:
        raise ValueError(refused[0][1])
    unanswered = budget.compute_flops is not None and all(row.is_far for row in rows)
    return Plan(
        tuple(rows), tuple(refused), tuple(stores), **budget.told, n_tokens=distinct, inference_tokens=served,
        tokens_per_param=ratio, confidence=level, corpus=corpus, laws=tuple(curves), spendings=tuple(used),
        answered_compute=answered_compute(spendings, _are_near) if unanswered else None,
    )  # fmt: skip


def _hours_of(days: Any, n_gpus: int | None, gpu_hours: Any) -> Any:
    """`gpu_hours`, or those in `days` of `n_gpus`; ValueError where either is missing, or hours stand beside them."""
    if days is None:
        return gpu_hours
    if n_gpus is None or gpu_hours is not None:
        raise ValueError("days are of n_gpus devices, in the place of gpu_hours: pass days and n_gpus, or gpu_hours")
    return 24.0 * n_gpus * (_positive("days", days) or 0.0)


@dataclass(frozen=True)
class _Budget:
    """What may be spent, checked: FLOP or a loss, and the device whose hours these are."""

    compute_flops: float | None
    target_loss: float | None
    gpu_hours: float | None
    gpu: str | None
    precision: str | None
    peak_flops: float | None
    mfu: float | None
    price_per_hour: float | None
    n_gpus: int | None

    @property
    def flops_of_an_hour(self) -> float | None:
        return None if self.peak_flops is None or self.mfu is None else 3600 * self.peak_flops * self.mfu

    @property
    def told(self) -> dict[str, Any]:
        """Fields of a `Plan`."""
        return vars(self)


def _budget(
    gpu_hours: Any,
    compute_flops: Any,
    cost: Any,
    target_loss: Any,
    gpu: Any,
    precision: str,
    mfu: Any,
    price: Any,
    n_gpus: int | None,
) -> _Budget:
    """The one budget among these; ValueError for none or several, and for hours that cannot become FLOP."""
    budgets = {"gpu_hours": gpu_hours, "compute_flops": compute_flops, "cost": cost, "target_loss": target_loss}
    given = [name for name, value in budgets.items() if value is not None]
    if len(given) != 1:
        got = " and ".join(given) or "none of them"
        raise ValueError(f"a plan needs one budget of gpu_hours, compute_flops, cost or target_loss, got {got}")
    device = None if gpu is None else get_accelerator(gpu)
    used = None if mfu is None else _SHARE(mfu)
    peak = None if device is None else device.peak(precision)
    hours, price = _positive("gpu_hours", gpu_hours), _positive("price_per_hour", price)
    if cost is not None:
        if price is None:
            raise ValueError("cost needs price_per_hour, what an hour of one device costs")
        hours = (_positive("cost", cost) or 0.0) / price
    if any(one is not None for one in (hours, price, used, device, n_gpus)) and None in (peak, used):
        raise ValueError(f"hours need gpu and mfu to become FLOP; {'gpu' if peak is None else 'mfu'} is missing")
    compute = None if compute_flops is None else float(Flop("compute_flops")(compute_flops))
    if hours is not None and peak is not None and used is not None:
        compute = hours * 3600 * peak * used
    return _Budget(
        compute, _positive("target_loss", target_loss), hours, None if device is None else device.key,
        None if device is None else precision, peak, used, price, n_gpus,
    )  # fmt: skip


def _positive(name: str, value: Any) -> float | None:
    return None if value is None else Number(name, 0.0, text="positive and finite")(value)


def _asked(laws: Any, ratio: float | None) -> list[Any]:
    if isinstance(laws, str | os.PathLike) or hasattr(laws, "key") or hasattr(laws, "law"):
        laws = [laws]
    several = items_of(laws)
    if several:
        return several
    published: list[Any] = [*(law for law in LAWS.values() if law.comparable), _SCALES]
    return published + ([] if ratio is None else list(OVERTRAINING_LAWS.values()))


@dataclass(frozen=True)
class _Form:
    """A law as a plan uses it: `curve` for single epochs, `repeated` for more, and `sure` for how far off it may be.

    `counts_excess`: the scales of `repeated` are its own, so that it counts excess parameters in a single epoch too.
    """

    key: str
    citation: str
    curve: LossLaw
    repeated: RepeatedDataLaw
    sure: LossLaw | SureLaw
    error_law: DownstreamErrorLaw | None = None
    counts_excess: bool = False


def _form(one: Any) -> _Form:
    """The law that is called or is `one`; its scales of repetition are those of Muennighoff where it has none."""
    known: dict[str, Any] = {**LAWS, **REPEATED_DATA_LAWS, **OVERTRAINING_LAWS}
    law = known.get(law_key(one, known), one) if isinstance(one, str) else one
    if is_law_file(law):
        law = read_law_file(law)
    sure = law
    if isinstance(getattr(law, "law", None), LossLaw) and not isinstance(law, RepeatedDataLaw):
        law = law.law  # of a fit, or a file
    if isinstance(law, RepeatedDataLaw):
        curve = law.law
        if law is _SCALES:
            curve = replace(curve, fitted_params=_REPEATED_PARAMS, fitted_tokens=_REPEATED_TOKENS)
        return _Form(law.key, law.citation, curve, law, curve, counts_excess=True)
    if not isinstance(law, LossLaw | OvertrainingLaw):
        keys = [key for key in known if key not in LAWS or LAWS[key].comparable]
        raise unknown_law(one, keys, OF_ONES_OWN)
    if isinstance(law, LossLaw) and not law.comparable:
        raise ValueError(
            f"law {law.key} has no irreducible loss and counts compute in its own way, so it plans nothing; "
            "bounds.laws has its optimum (python -m bounds laws KEY --compute FLOP)"
        )
    curve = law.loss_law if isinstance(law, OvertrainingLaw) else law
    error_law = law.error_law if isinstance(law, OvertrainingLaw) else None
    repeated = RepeatedDataLaw(law.key, law.citation, curve, _SCALES.token_decay, _SCALES.param_decay)
    return _Form(law.key, law.citation, curve, repeated, curve if sure is law else sure, error_law)


def _row(form: _Form, spending: Spending, C: float, an_hour: float | None, confidence: float) -> LawPlan:
    spent, curve, corpus = spending.spend(C, NEARLY), form.curve, spending.corpus
    N, D = spent.n_params, spent.n_tokens
    size, effective = map(float, spending.worth(N, D))
    lower, upper = (None if math.isnan(end) else end for end in (spent.n_params_lower, spent.n_params_upper))
    told = _predicted(form, spent, (size, effective), confidence)
    epochs = None if corpus is None else D / corpus
    loss_lower, loss_upper = (None, None) if told.missing == PARTS else told.interval()
    sampled = (
        (None, None) if (epochs or 0) > 1 or spending.served or spending.ratio else _sampled_size(form, C, confidence)
    )
    enough_of_it = enough(spending, C) or (None, None, None)
    return LawPlan(
        form.key, form.citation, C, N, D, spent.loss, lower, upper, effective, epochs,
        beyond(curve.fitted_params, N), beyond(curve.fitted_tokens, effective),
        not _are_near(spending, N, D),
        error=None if form.error_law is None else float(form.error_law.error(spent.loss)),
        gpu_hours=None if an_hour is None else C / an_hour,
        loss_lower=loss_lower, loss_upper=loss_upper, loss_without=told.missing, distance=told.distance,
        n_params_sampling_lower=sampled[0], n_params_sampling_upper=sampled[1],
        enough_flops=enough_of_it[0], enough_params=enough_of_it[1], enough_tokens=enough_of_it[2],
    )  # fmt: skip


def _are_near(spending: Spending, n_params: Any, n_tokens: Any) -> Any:
    """Whether the runs of the law, and those of repeated data, are near enough to say anything of these."""
    _, worth = spending.worth(n_params, n_tokens)
    epochs = 0.0 if spending.corpus is None else n_tokens / spending.corpus
    law = spending.law
    away = are_far(law.fitted_params, n_params) | are_far(law.fitted_tokens, worth)
    return ~(away | are_far(_REPEATED_EPOCHS, epochs))


def _predicted(form: _Form, spent: Spent, worth: tuple[float, float], confidence: float) -> Prediction:
    """What is known of the error of the loss, at the parameters and new tokens that would serve as well.

    Lack of fit grows with the compute that is spent, whatever it is worth.
    """
    at = predict_loss(form.sure, spent.n_params, spent.n_tokens, confidence)
    if worth == (spent.n_params, spent.n_tokens):
        return at
    there = predict_loss(form.sure, *worth, confidence)
    return replace(there, estimate=spent.loss, lack_of_fit=at.lack_of_fit, distance=at.distance)


def _sampled_size(form: _Form, C: float, confidence: float) -> tuple[float | None, float | None]:
    """Percentiles of the best size over the draws of the law; None without draws, or where too few have an optimum."""
    sure = form.sure
    if isinstance(sure, LossLaw) or sure.samples is None or sure.unidentified:
        return None, None
    samples = sure.samples
    kept = samples[np.all(np.isfinite(samples), 1) & np.all(samples[:, [2, 4]] > 0, 1)]
    if len(kept) < (1 + confidence) / 2 * len(samples):
        return None, None
    sizes = drawn_law(form.curve, kept).optimal(C).n_params
    lower, upper = np.quantile(sizes, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(lower), float(upper)


def _with_store(row: LawPlan, band: Band, curve: LossLaw, n_tokens: float) -> LawPlan:
    """`row` with the parameters that store each distinct sequence of `n_tokens`, where the law is not far away."""
    if band.n_params is None or far(curve.fitted_tokens, n_tokens):
        return row
    lower, middle, upper = (
        None if end is None or end.value is None or end.vacuous else float(end.value)
        for end in (band.n_params.lower_end, band.n_params.middle_end, band.n_params.upper_end)
    )
    return replace(row, n_store_lower=lower, n_store_middle=middle, n_store_upper=upper)
