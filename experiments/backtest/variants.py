"""Variants of the interval that might be narrower where the law fits badly, tried leave-one-family-out.

| letter | meaning                                                             | unit |
|--------|---------------------------------------------------------------------|------|
| r      | residual of a fitted run, n of them                                 | 1    |
| s      | standard deviation of equal runs: from all r, or from some          | 1    |
| λ      | lack of fit for each e-fold                                         | 1    |

Written down before the first figure was seen. s is from all residuals (as `predict` has it), from those of the runs of
the upper half in compute, or the normal law's from the median of |r|, each with n - 5 degrees of freedom in place of n.
λ is a constant τ, κ s, or √(τ² + (κ s)²). What a variant learns has the least interval score, summed over the four
distances and the series, on the other families alone. A variant would take the place of the recipe if its score were
lower by a twentieth (`GAIN`) at both 4 and 10 times, and its intervals of 95 % held `KEPT` there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd

from bounds.fitting.runs.run_columns import N_CONSTANTS
from experiments.backtest.protocol import BINS, ROLLING, Fitted, predictions
from experiments.backtest.recipes import LEVELS, Floats, coverage, interval_score, weights

GAIN, KEPT = 0.05, (0.93, 0.99)
DECIDING = ("4x", "10x")
TAUS = np.arange(0, 0.0201, 0.001)
KAPPAS = np.arange(0, 2.01, 0.1)
_NORMAL = 1.4826
"""Standard deviations of a normal law in a median of |r|."""


@dataclass(frozen=True)
class Variant:
    """Which column of the table is s, and which τ and κ it may take."""

    name: str
    noise: str = "noise"
    taus: tuple[float, ...] = tuple(TAUS)
    kappas: tuple[float, ...] = (0.0,)

    def deviation(self, table: pd.DataFrame, tau: float, kappa: float) -> Floats:
        """Standard deviation of ln L of each row."""
        return _deviation(_columns(table, self.noise), tau, kappa)


def _columns(table: pd.DataFrame, noise: str) -> tuple[Floats, Floats, Floats]:
    b, s, efolds = (table[name].to_numpy(float) for name in ("sampling", noise, "efolds"))
    return b, s, efolds


def _deviation(columns: tuple[Floats, Floats, Floats], tau: float, kappa: float) -> Floats:
    b, s, efolds = columns
    found: Floats = np.sqrt(b**2 + s**2 + (tau**2 + (kappa * s) ** 2) * efolds**2)
    return found


VARIANTS = (
    Variant("as it is"),
    Variant("s of the upper half", "noise_upper"),
    Variant("s of the median", "noise_robust"),
    Variant("λ = κ s", taus=(0.0,), kappas=tuple(KAPPAS)),
    Variant("λ = √(τ² + (κ s)²)", kappas=tuple(KAPPAS)),
    Variant("both, s of the median", "noise_robust", kappas=tuple(KAPPAS)),
)


def with_scales(laws: Iterable[Fitted]) -> pd.DataFrame:
    """The rolling predictions of `laws`, with s from the upper half in compute and from the median as well."""
    parts = []
    for one in (one for one in laws if one.protocol == ROLLING):
        r, n = one.law.residuals, one.law.n_runs
        compute = one.runs.compute_flops.to_numpy(float)
        upper = r[compute >= np.median(compute)]
        free = n / (n - N_CONSTANTS)
        scales = {"noise_upper": np.sqrt(np.mean(upper**2) * free),
                  "noise_robust": _NORMAL * np.median(np.abs(r)) * np.sqrt(free)}  # fmt: skip
        parts.append(predictions([one]).assign(**scales))
    return pd.concat(parts, ignore_index=True)


def learn(table: pd.DataFrame, variant: Variant) -> tuple[float, float]:
    """τ and κ of least interval score over the distances, each series weighing the same at each."""
    parts = [
        (_columns(part, variant.noise), part.error.to_numpy(float), weights(part))
        for name, part in table.groupby("bin") if name in BINS
    ]  # fmt: skip
    best, least = (0.0, 0.0), np.inf
    for tau, kappa in product(variant.taus, variant.kappas):
        score = sum(float(w @ interval_score(error, _deviation(own, tau, kappa))) for own, error, w in parts)
        if score < least:
            best, least = (float(tau), float(kappa)), score
    return best


def scores(table: pd.DataFrame, variants: Iterable[Variant] = VARIANTS) -> pd.DataFrame:
    """A row for each variant and distance, learnt without the family of each prediction: score, coverage, width."""
    rows = []
    for variant in variants:
        deviation = pd.Series(np.nan, index=table.index)
        for family in table.family.unique():
            own = table.family == family
            deviation[own] = variant.deviation(table[own], *learn(table[~own], variant))
        for name in BINS:
            part = table[table.bin == name]
            sd = deviation[part.index].to_numpy()
            score = float(weights(part) @ interval_score(part.error.to_numpy(float), sd))
            rows.append({"variant": variant.name, "distance": name, "score": score, **coverage(part, sd)})
    return pd.DataFrame(rows)


def winners(found: pd.DataFrame) -> list[str]:
    """The variants that would take the place of the recipe by the rule above."""
    at = found.set_index(["variant", "distance"])
    now, held = VARIANTS[0].name, f"covered_{100 * LEVELS[-1]:g}"
    return [
        name for name in found.variant.unique() if name != now and all(
            at.score[name, far] <= (1 - GAIN) * at.score[now, far] and KEPT[0] <= at[held][name, far] <= KEPT[1]
            for far in DECIDING
        )
    ]  # fmt: skip
