"""How a fitted law would spend budgets that were asked for: its optimum, each number with the interval of the fit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bounds.base.intervals import Interval
from bounds.base.notes import RANGE, REFUSED, Note
from bounds.cli.fitted.predictions import interval_words, loss
from bounds.cli.printing import estimated, fixed, number, span, written
from bounds.cli.report import Table
from bounds.fitting.loss_laws.loss_law import LossLawFit
from bounds.fitting.loss_laws.prediction import Prediction
from bounds.laws.law_range import FAR, far
from bounds.laws.published import LossLaw
from bounds.laws.repeated_data import REPEATED_DATA_LAWS
from bounds.planning.plans import NEARLY
from bounds.planning.spending import Spending

_POSITIVE = ("param_coefficient", "param_exponent", "data_coefficient", "data_exponent")
_MEASURES: dict[str, Callable[[LossLaw, float], Any]] = {
    "n_params": lambda law, C: law.optimal(C).n_params,
    "n_tokens": lambda law, C: law.optimal(C).n_tokens,
    "tokens_per_param": lambda law, C: law.optimal_tokens_per_param(C),
}
_TITLES = {"n_params": "N, parameters", "n_tokens": "D, tokens", "tokens_per_param": "D/N"}


@dataclass(frozen=True)
class Optimum:
    """The best use of `compute_flops` by a fitted law: `values` and `intervals` of N, D and D/N, and the loss there.

    `near` are the sizes that cost at most a thousandth of the loss more; an interval is None where there is none.
    """

    compute_flops: float
    values: dict[str, float]
    intervals: dict[str, Interval | None]
    near: tuple[float, float]
    loss: Prediction
    is_far: bool

    @property
    def beyond(self) -> float | None:
        """The compute over the largest that was fitted."""
        distance: float | None = self.loss.distance
        return distance


def optima(fit: LossLawFit, budgets: Iterable[float], confidence: float) -> tuple[Optimum, ...]:
    """The optimum of each budget; ValueError with one sentence where the fitted law has none."""
    return tuple(_optimum(fit, float(budget), confidence) for budget in budgets)


def why_no_optimum(fit: LossLawFit) -> Note | None:
    """Why a fitted law has no optimum; None where it has one."""
    bad = [name for name in _POSITIVE if not 0 < getattr(fit.law, name) < np.inf]
    if not bad:
        return None
    told = f"{bad[0]} is {getattr(fit.law, bad[0]):.3g}, and an optimum needs both terms to fall"
    return Note(REFUSED, f"no compute budget has an optimum by the fitted law: {told}.")


def _optimum(fit: LossLawFit, C: float, confidence: float) -> Optimum:
    spent = Spending(fit.law, replace(REPEATED_DATA_LAWS["muennighoff2023"], law=fit.law)).spend(C, NEARLY)
    values = {name: float(measure(fit.law, C)) for name, measure in _MEASURES.items()}
    intervals = {name: _interval(fit, measure, C, confidence) for name, measure in _MEASURES.items()}
    return Optimum(
        C, values, intervals, (spent.n_params_lower, spent.n_params_upper),
        fit.predict(values["n_params"], values["n_tokens"], confidence),
        far(fit.law.fitted_params, values["n_params"]) or far(fit.law.fitted_tokens, values["n_tokens"]),
    )  # fmt: skip


def _interval(
    fit: LossLawFit, measure: Callable[[LossLaw, float], Any], C: float, confidence: float
) -> Interval | None:
    """The interval of a measure; None where it hangs on what is not identified, or some resamples have no optimum."""
    found = fit.interval_of(lambda law: _where_positive(law, measure, C), confidence)
    return found if found is not None and np.isfinite([found.lower, found.upper]).all() else None


def _where_positive(law: LossLaw, measure: Callable[[LossLaw, float], Any], C: float) -> Any:
    """`measure` of the laws that all have an optimum; NaN where one has none, so that there is no interval."""
    given = [np.asarray(getattr(law, name), float) for name in _POSITIVE]
    if all(((value > 0) & np.isfinite(value)).all() for value in given):
        return measure(law, C)
    return np.full(np.broadcast_shapes(*(value.shape for value in given)), np.nan)


def optimum_table(found: Sequence[Optimum]) -> Table:
    """A column for each budget."""
    rows = [
        [_TITLES[name], *(_with_interval(one, name) for one in found)] for name in ("n_params", "n_tokens")
    ]  # fmt: skip
    rows.insert(1, [f"N of {_share()} more loss", *(" to ".join(map(written, one.near)) for one in found)])
    rows.append([_TITLES["tokens_per_param"], *(_with_interval(one, "tokens_per_param") for one in found)])
    rows.append(["loss", *(loss(one.loss) for one in found)])
    percent = interval_words(found[0].loss)
    return Table(
        ("", *(f"{number(one.compute_flops, 4)} FLOP" for one in found)), rows,
        title="Compute spent best by the fitted law, C = 6 N D",
        below=f"[…]: {percent.partition(',')[0]}, sampling only; of the loss that of one run, as of a prediction.",
    )  # fmt: skip


def optimum_sentence(found: Sequence[Optimum]) -> str:
    """How a budget is spent best, or several from where to where; that the law does not say where all are far."""
    near = [one for one in found if not one.is_far]
    if not near:
        return f"What {_budgets(found)} would be spent on best the fitted law does not say." if found else ""
    if len(near) > 1:
        ends = sorted(near, key=lambda one: one.compute_flops)
        losses = (fixed(one.loss.estimate) for one in (ends[0], ends[-1]))
        sizes, tokens = (span([one.values[name] for one in near]) for name in ("n_params", "n_tokens"))
        return (
            f"{_budgets(near)} are spent best on {sizes} parameters and {tokens} tokens, for a loss of "
            f"{' to '.join(losses)}."
        )
    (one,) = near
    low, high = map(written, one.near)
    return (
        f"{number(one.compute_flops, 4)} FLOP are spent best on {_with_interval(one, 'n_params')} parameters and "
        f"{_with_interval(one, 'n_tokens')} tokens (sampling only), for a loss of {loss(one.loss)}; any size from "
        f"{low} to {high} costs at most {_share()} more loss."
    )


def optimum_notes(fit: LossLawFit, found: Sequence[Optimum]) -> list[Note]:
    """Which optima are extrapolations, and which too far from the runs to be shown."""
    notes = []
    outside = [one for one in found if not one.is_far and _outside(fit, one)]
    if outside:
        notes.append(Note(RANGE, f"{_budgets(outside)}: an extrapolation{_distances(outside)}."))
    away = [one for one in found if one.is_far]
    if away:
        told = f"the optimum lies more than {FAR:g} times outside the sizes or tokens of the runs"
        notes.append(Note(RANGE, f"{_budgets(away)}: {told}, so it is not shown (--explain, --json)."))
    open_ = [one for one in found if not one.is_far and None in one.intervals.values()]
    if open_:
        told = "in brackets, for the runs do not identify it, or some resamples have no optimum"
        notes.append(Note(REFUSED, f"{_budgets(open_)}: the optimum has no interval and stands {told}."))
    return notes


def _outside(fit: LossLawFit, one: Optimum) -> bool:
    beyond = one.beyond is not None and one.beyond > 1 + 1e-9
    N, D = one.values["n_params"], one.values["n_tokens"]
    return beyond or bool(fit.law.extrapolation(n_params=N, n_tokens=D))


def _budgets(found: Sequence[Optimum]) -> str:
    *others, last = (number(one.compute_flops, 4) for one in found)
    return f"{', '.join(others)} and {last} FLOP" if others else f"{last} FLOP"


def _distances(found: Sequence[Optimum]) -> str:
    times = [one.beyond for one in found if one.beyond is not None]
    beyond = f"{max(times):.2g} times the largest fitted compute" if times and max(times) > 1 else ""
    return f", {beyond}" if beyond else ", its size or tokens outside those of the runs"


def optimum_rows(found: Iterable[Optimum]) -> list[dict[str, Any]]:
    """A flat object for each budget, for JSON."""
    rows = []
    for one in found:
        row: dict[str, Any] = {"compute_flops": one.compute_flops, "distance": one.beyond}
        for name, value in one.values.items():
            lower, upper = one.intervals[name] or (None, None)
            row |= {name: value, f"{name}_lower": lower, f"{name}_upper": upper}
        row |= {"n_params_near_lower": one.near[0], "n_params_near_upper": one.near[1]}
        row |= {"loss": one.loss.estimate, "loss_lower": one.loss.lower, "loss_upper": one.loss.upper}
        rows.append(row | {"is_far": one.is_far})
    return rows


def _with_interval(one: Optimum, name: str) -> str:
    lower, upper = one.intervals[name] or (None, None)
    shown = (lambda value, digits: number(value, digits)) if name == "tokens_per_param" else written
    return estimated(one.values[name], lower, upper, shown=shown)


def _share() -> str:
    return f"{100 * NEARLY:g} %"
