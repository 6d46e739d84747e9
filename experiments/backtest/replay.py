"""One more run for a ladder, chosen among runs that were really trained: does it matter which?

| letter | meaning                                              | unit |
|--------|------------------------------------------------------|------|
| C₀     | cut-off: the largest compute of the ladder           | FLOP |

From each ladder of the rolling protocol whose series goes `FAR` times beyond it: candidates are the held runs of up to
`BUDGET` C₀, of which one is bought, by each rule of `RULES`; the law is refitted with it and held against the dearest
runs of the series, from half of its largest compute on, none of which is a candidate. The rule of
`bounds.planning.next_run` aims at their geometric mean. Random rules are means over `DRAWS` draws. Dearest are the
candidates of at least half the compute of the dearest one. All runs of up to C₀ stay in the ladder.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from bounds.planning.next_runs import next_run
from experiments.backtest.protocol import ROLLING, Fitted, fit
from experiments.backtest.recipes import LEVELS, Floats, quantile

FAR, BUDGET, DRAWS, RESAMPLES = 6.5, 4.0, 2, 100
TOKENS_PER_PARAM = 20.0
NONE, OURS, RANDOM, DEAREST, RATIO = (
    "no run", "next_run", "random", "random, of the dearest", "dearest, D/N near 20",
)  # fmt: skip
RULES = (NONE, OURS, RANDOM, DEAREST, RATIO)

Row = dict[str, Any]


def replay(laws: Iterable[Fitted], seed: int = 0) -> pd.DataFrame:
    """A row for each ladder and rule: what the law with the bought run says of the dearest runs.

    ``error`` is the mean |ln predicted - ln loss| over these, ``covered`` the share inside intervals of 95 %, ``width``
    their mean width in ln L; ``said`` is the standard deviation that `next_run` foretold, ``found`` what it became.
    """
    rng, rows = np.random.default_rng(seed), []
    for one in (one for one in laws if one.protocol == ROLLING):
        held = one.series[one.series.compute_flops > one.cutoff]
        largest = one.series.compute_flops.max()
        dearest = held[held.compute_flops >= largest / 2]
        candidates = held[(held.compute_flops <= BUDGET * one.cutoff) & (held.compute_flops < largest / 2)]
        if largest < FAR * one.cutoff or len(candidates) < 2:
            continue
        rows += _rules(one, candidates, dearest, rng)
    return pd.DataFrame(rows)


def _rules(one: Fitted, candidates: pd.DataFrame, dearest: pd.DataFrame, rng: np.random.Generator) -> list[Row]:
    target = _middle(dearest.n_params), _middle(dearest.n_tokens)
    known = {"series": one.series.series.iloc[0], "family": one.series.family.iloc[0], "cutoff": one.cutoff,
             "n_fitted": len(one.runs), "candidates": len(candidates)}  # fmt: skip
    told = next_run(one.law, candidates.n_params, candidates.n_tokens, target)
    rows = []
    for rule in RULES:
        places = chosen(rule, candidates, (told.best.n_params, told.best.n_tokens), rng)
        found = [_held(one, candidates.iloc[[place]], dearest, target) for place in places] or [
            _held(one, candidates.iloc[:0], dearest, target)
        ]
        means = {key: float(np.mean([row[key] for row in found])) for key in found[0]}
        said = told.best.deviation_after if rule == OURS else np.nan
        cost = float(candidates.compute_flops.iloc[places].mean() / one.cutoff) if places else 0.0
        rows.append(known | {"rule": rule, "cost": cost, "said": said} | means)
    return rows


def _middle(values: pd.Series) -> float:
    return float(np.exp(np.log(values.to_numpy(float)).mean()))


def chosen(rule: str, candidates: pd.DataFrame, ours: tuple[float, float], rng: np.random.Generator) -> list[int]:
    """Places of the candidates that a rule buys, one a draw."""
    compute = candidates.compute_flops.to_numpy(float)
    dear = np.flatnonzero(compute >= compute.max() / 2)
    if rule == OURS:
        same = (candidates.n_params == ours[0]) & (candidates.n_tokens == ours[1])
        return [int(np.flatnonzero(same)[0])]
    if rule == RATIO:
        ratio = (candidates.n_tokens / candidates.n_params).to_numpy(float)[dear]
        return [int(dear[np.argmin(np.abs(np.log(ratio / TOKENS_PER_PARAM)))])]
    among = {NONE: dear[:0], RANDOM: np.arange(len(compute)), DEAREST: dear}[rule]
    return [int(one) for one in rng.permutation(among)[:DRAWS]]


def _held(one: Fitted, bought: pd.DataFrame, dearest: pd.DataFrame, target: tuple[float, float]) -> dict[str, float]:
    law = fit(pd.concat([one.runs, bought]), RESAMPLES) if len(bought) else one.law
    told = law.predict(dearest.n_params.to_numpy(float), dearest.n_tokens.to_numpy(float))
    error: Floats = np.abs(np.log(told.estimate) - np.log(dearest.loss.to_numpy(float)))
    half = quantile(LEVELS[-1]) * told.deviation()
    return {"error": float(error.mean()), "covered": float(np.mean(error <= half)), "width": float(np.mean(2 * half)),
            "found": float(law.predict(*target).deviation())}  # fmt: skip


def compared(found: pd.DataFrame) -> pd.DataFrame:
    """A row for each rule: error, coverage, width and cost, each series weighing the same.

    ``beaten`` is the share of ladders on which the rule ended with a larger error than without a run, ``against`` the
    share on which `next_run` had the smaller one of the two.
    """
    wide = found.pivot_table(index=["series", "cutoff"], columns="rule", values="error", sort=False)
    rows = []
    for rule in RULES:
        part = found[found.rule == rule]
        mean = part.groupby("series")[["error", "covered", "width", "cost"]].mean().mean()
        row = {"rule": rule, "n_series": part.series.nunique(), "ladders": len(part), **mean.to_dict()}
        row["beaten"] = float((wide[rule] > wide[NONE]).groupby(level="series").mean().mean())
        row["against"] = float((wide[OURS] < wide[rule]).groupby(level="series").mean().mean())
        rows.append(row)
    return pd.DataFrame(rows)
