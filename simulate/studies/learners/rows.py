"""A result of learners as rows: points (γ, β) and losses, implied exponents, efficient sizes; None for no value.

| letter  | meaning                                              | unit |
|---------|------------------------------------------------------|------|
| D       | corpus size                                          | draws |
| γ       | exponent of distinct sequences, U ~ D^γ              | 1    |
| β       | exponent of the excess loss, ε ~ D^-β                | 1    |

A learner's point lies in the band where 1 - 2β ≤ γ ≤ 1 - β.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import xarray as xr

from bounds.base.intervals import ASYMPTOTIC
from bounds.efficiency.band import bernstein_exponent
from bounds.laws.published import LossLaw, get_law
from simulate.running.dataset import NOT_MEASURED, plan_of
from simulate.stats import Estimate, exact_mean, known, standard_error, z
from simulate.studies.learners.kinds import Learner, Margin, Store
from simulate.studies.learners.names import parse_learner
from simulate.studies.sweep.plan import parse_any_source

INSIDE, UPPER_END, LOWER_END, ABOVE, BELOW = "inside", "at the upper end", "at the lower end", "above", "below"
UNDECIDED = "undecided"


def place(gamma: Estimate, beta: Estimate) -> str:
    """Where the rectangle of both intervals lies against the band 1 - 2β ≤ γ ≤ 1 - β; empty without both.

    ``at the upper end`` where it meets the line γ = 1 - β, ``at the lower end`` where it meets γ = 1 - 2β;
    ``undecided`` where it meets both, so that the intervals are too wide to say.
    """
    g_low, g_high, b_low, b_high = gamma.lower, gamma.upper, beta.lower, beta.upper
    if not all(map(math.isfinite, (g_low, g_high, b_low, b_high))):
        return ""
    if g_low > 1 - b_low:
        return ABOVE
    if g_high < 1 - 2 * b_high:
        return BELOW
    upper, lower = g_high >= 1 - b_high, g_low <= 1 - 2 * b_low
    if upper and lower:
        return UNDECIDED
    return UPPER_END if upper else LOWER_END if lower else INSIDE


def pairs(dataset: xr.Dataset) -> list[tuple[str, str]]:
    """The (source, learner) that were measured."""
    return [tuple(pair) for pair in plan_of(dataset)["pairs"]]


def rows(dataset: xr.Dataset) -> list[dict[str, Any]]:
    """One flat object for each source and learner; losses at the largest D where there is one; None for no value."""
    return [_row(dataset.sel(source=source, learner=learner)) for source, learner in pairs(dataset)]


def _row(one: xr.Dataset) -> dict[str, Any]:
    exact, tested = (
        one[name].transpose("n_draws", "replicate").values for name in ("excess_loss", "excess_loss_tested")
    )
    drawn = np.isfinite(exact) | np.isfinite(tested)
    last = int(np.flatnonzero(drawn.any(axis=1))[-1]) if drawn.any() else -1
    exact, tested = exact[last, drawn[last]], tested[last, drawn[last]]
    expected, relation = float(one.excess_loss_expected[last]), str(one.expected_relation.item())
    rigorous = relation == "=" and str(one.expected_label.item()) == "rigorous"
    gamma, beta = _slope(one, "exponent", "exponent_pooled"), _slope(one, "loss_exponent")
    text = str(one.source.item()).startswith("corpus:")
    return {
        "source": str(one.source.item()),
        "learner": str(one.learner.item()),
        "loss_unit": str(one.loss_unit.item()),
        "n_draws": int(one.n_draws[last]),
        "replicates": int(drawn[last].sum()),
        **_named("exponent", gamma),
        "exponent_planted": known(float(one.exponent_planted)),
        **_named("loss_exponent", beta),
        "loss_exponent_expected": known(float(one.loss_exponent_expected)),
        "place": None if text or _has_floor(parse_learner(str(one.learner.item()))) else place(gamma, beta) or None,
        "excess_loss": known(exact_mean(exact)),
        "excess_loss_error": known(standard_error(exact)),
        "excess_loss_tested": known(exact_mean(tested)),
        "z_tested": known(z(tested - exact, 0.0)),
        "excess_loss_expected": known(expected),
        "expected_label": str(one.expected_label.item()) or None,
        "expected_relation": relation or None,
        "z": known(z(exact, expected)) if rigorous else None,
    }


def implied(dataset: xr.Dataset, laws: Sequence[str | LossLaw]) -> list[dict[str, Any]]:
    """γ that each learner would read off the β of each law, with an interval where the law has a standard error of β.

    γ is linear in β alone, so that no covariance enters: ± 1.96 standard errors. Where there is a margin learner with
    a below 0.1, so is its limit a → 0. A store of limited size has a floor, and reads off nothing.
    """
    named = dict.fromkeys(learner for _, learner in pairs(dataset))
    learners = [one for one in map(parse_learner, named) if not _has_floor(one)]
    readings = [
        (str(one), "1 - 2β/(1 + a)" if isinstance(one, Margin) else "1 - β", one.implied_exponent) for one in learners
    ]
    if any(isinstance(one, Margin) and one.exponent < 0.1 for one in learners):
        readings.append(("margin, a → 0", "1 - 2β", lambda beta: bernstein_exponent(beta, 0)))
    return [_reading(name, rule, gamma, key) for name, rule, gamma in readings for key in laws]


def _reading(name: str, rule: str, gamma: Callable[[float], Any], asked: str | LossLaw) -> dict[str, Any]:
    law = get_law(asked)
    error = dict(law.standard_errors).get("data_exponent")
    ends = [float(gamma(law.data_exponent + sign * 1.96 * error)) for sign in (1, -1)] if error else [None, None]
    return {
        "learner": name, "rule": rule, "law": law.key, "beta": law.data_exponent,
        "exponent": float(gamma(law.data_exponent)), "exponent_lower": ends[0], "exponent_upper": ends[1],
        "label": ASYMPTOTIC,
    }  # fmt: skip


def size_rows(dataset: xr.Dataset) -> list[dict[str, Any]]:
    """One flat object for each source and tolerance: the efficient size at the largest D, and its exponent."""
    if "efficient_size" not in dataset:
        return []
    found = []
    for source in dataset.source.values:
        for tolerance in dataset.loss_tolerance.values:
            one = dataset.sel(source=source, loss_tolerance=tolerance)
            sizes = one.efficient_size.isel(n_draws=-1).values
            unique = one.n_unique.isel(n_draws=-1).values
            drawn = sizes != NOT_MEASURED
            found.append({
                "source": str(source), "loss_tolerance": str(tolerance), "n_draws": int(one.n_draws[-1]),
                "replicates": int(drawn.sum()), "efficient_size": known(exact_mean(sizes[drawn])),
                "efficient_size_error": known(standard_error(sizes[drawn])),
                "n_unique": known(exact_mean(unique[drawn])),
                "efficient_size_limit": known(float(one.efficient_size_limit)),
                **_named("efficient_exponent", _slope(one, "efficient_exponent")),
                **_named("exponent", _slope(one, "exponent", "exponent_pooled")),
            })  # fmt: skip
    return found


def curves(dataset: xr.Dataset) -> list[dict[str, Any]]:
    """One object for each source, learner and corpus size: mean losses and the expected one."""
    found = []
    for source, learner in pairs(dataset):
        for n_draws in dataset.n_draws.values:
            one = dataset.sel(source=source, learner=learner, n_draws=n_draws)
            found.append(
                {"source": source, "learner": learner, "n_draws": int(n_draws)}
                | {name: known(exact_mean(one[name].values)) for name in ("excess_loss", "excess_loss_tested")}
                | {"excess_loss_expected": known(float(one.excess_loss_expected))}
            )
    return found


def _has_floor(learner: Learner) -> bool:
    return isinstance(learner, Store) and learner.n_stored is not None


def why_not(row: dict[str, Any]) -> str:
    """Why the point of a row lies outside the band, or has no place there; empty where it lies inside."""
    if row["place"] not in (ABOVE, BELOW, None):
        return ""
    learner, source = parse_learner(row["learner"]), parse_any_source(row["source"])
    if not hasattr(source, "limit_exponent"):
        return (
            "on a text the tests are its next windows, and its law is unknown: of good-turing and pitman-yor that is "
            "all of their loss, of the others what is new or not stored; no point (γ, β) is claimed"
        )
    if _has_floor(learner):
        return (
            "its places leave out for ever what they cannot hold: the loss has a floor, and the slope β no limit but 0"
        )
    if isinstance(learner, Margin) and learner.exponent > 1:
        return "margins with a > 1 are learnt faster than 1/n: β = (1 + a)/2 · (1 - γ) exceeds 1 - γ"
    if not source.limit_exponent:
        return "U stops growing as a power of D on this source while the loss goes on falling"
    if row["exponent"] is None:
        return "no γ was fitted to these counts"
    if row["place"] is None and row.get("loss_exponent") is not None:
        return "a place in the band takes the intervals of γ and β, and one of them is not there"
    if row["place"] is None:
        return "no slope: the loss is 0 somewhere, or there is a single size"
    return "these sizes are too small for the limits of both exponents"


def _slope(one: xr.Dataset, name: str, value: str = "") -> Estimate:
    return Estimate(float(one[value or name]), float(one[f"{name}_lower"]), float(one[f"{name}_upper"]))


def _named(name: str, slope: Estimate) -> dict[str, float | None]:
    return {name: known(slope.value), f"{name}_lower": known(slope.lower), f"{name}_upper": known(slope.upper)}
