"""What becomes of β when the ladder it is fitted to grows: refitted at 2, 4, 10 and 30 times the compute.

| letter | meaning                                                               | unit |
|--------|-----------------------------------------------------------------------|------|
| C₀     | cut-off of the protocol: the largest compute of the shorter ladder    | FLOP |
| C₁     | the largest compute of the longer one                                 | FLOP |
| e      | β fitted up to C₀ - β fitted up to C₁                                 | 1    |
| b      | standard deviation of β over the resamples of the shorter ladder      | 1    |
| κ      | standard deviation of β beyond b: one number, or one for an e-fold    | 1    |

The cut-offs C₀ are those of the rolling protocol. Of the computes of the same series that lie at a distance of `BINS`
from C₀, C₁ is the one nearest to what the distance is called, so that each distance has at most one refit a cut-off.
The longer ladder holds all runs of the shorter one, so that its β carries part of the same chance; it is no truth, but
what the fitter would have said with ten times the compute. Refits of one series share runs with each other as well: a
mean is over the cut-offs of a series, then over series, and coverage has no interval here.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from bounds.fitting.loss_laws.loss_law import LossLawFit
from bounds.fitting.loss_laws.prediction import EXPONENT_LACK_OF_FIT
from experiments.backtest.protocol import BINS, ROLLING, Fitted, bin_of, fit
from experiments.backtest.recipes import LEVELS, Floats, interval_score, quantile, weighted_median, weights

NOMINAL = {name: float(name.removesuffix("x")) for name in BINS}
TEN = "10x"
SDS = np.arange(0, 0.1501, 0.005)
"""Among which κ is learnt."""
BETA = "data_exponent"


@dataclass(frozen=True)
class ExponentRecipe:
    """An interval about a fitted β: κ is `sd`, or learnt without its own `learnt` (``series``, ``family``).

    `per_efold` says that κ belongs to an e-fold of compute. It is then learnt at all distances, else at ten times.
    """

    name: str
    sd: float = 0.0
    learnt: str = ""
    per_efold: bool = False

    def deviation(self, refits: pd.DataFrame) -> Floats:
        """Standard deviation of e of each row."""
        if not self.learnt:
            return _deviation(refits, self.sd, self.per_efold)
        known = learnt_elsewhere(refits, self.learnt, self.per_efold)
        return _deviation(refits, np.array([known.get(one, math.nan) for one in refits[self.learnt]]), self.per_efold)


RECIPES = (
    ExponentRecipe("bootstrap"),
    ExponentRecipe("ours", EXPONENT_LACK_OF_FIT),
    ExponentRecipe("κ without the series", learnt="series"),
    ExponentRecipe("κ without the family", learnt="family"),
    ExponentRecipe("κ an e-fold, without the family", learnt="family", per_efold=True),
)


def refits(laws: Iterable[Fitted]) -> tuple[pd.DataFrame, int]:
    """A row for each cut-off and distance, and how many pairs have a β that one of the two ladders does not identify.

    Such pairs are left out, since they have no interval. ``error`` is e, ``sampling`` is b; ``lower_…`` and
    ``upper_…`` are the ends of the interval that the fit itself gives.
    """
    rolling = [one for one in laws if one.protocol == ROLLING]
    known = {(_key(one), one.cutoff): one.law for one in rolling}
    rows, unidentified = [], 0
    for short in rolling:
        for name, largest in _longer(short).items():
            at = _key(short), largest
            if at not in known:
                known[at] = fit(short.series[short.series.compute_flops <= largest], bootstrap=0)
            if BETA in (*short.law.unidentified, *known[at].unidentified):
                unidentified += 1
                continue
            rows.append(_row(short, known[at], largest) | {"bin": name})
    return pd.DataFrame(rows), unidentified


def _key(one: Fitted) -> str:
    return str(one.series.series.iloc[0])


def _longer(short: Fitted) -> dict[str, float]:
    """C₁ of each distance that the series reaches."""
    computes = np.unique(short.series.compute_flops.to_numpy(float))
    found: dict[str, float] = {}
    for name in BINS:
        there = [one for one in computes if bin_of(one / short.cutoff) == name]
        if there:
            found[name] = float(min(there, key=lambda one: abs(math.log(one / short.cutoff / NOMINAL[name]))))
    return found


def _row(short: Fitted, longer: LossLawFit, largest: float) -> dict[str, object]:
    law = short.law
    beta, after = float(law.law.data_exponent), float(longer.law.data_exponent)
    row: dict[str, object] = {
        "series": _key(short), "family": short.series.family.iloc[0], "cutoff": short.cutoff, "longer": largest,
        "distance": largest / short.cutoff, "n_fitted": law.n_runs, "n_longer": longer.n_runs, "beta": beta,
        "refitted": after, "error": beta - after, "sampling": law.standard_errors[BETA],
    }  # fmt: skip
    for level in LEVELS:
        row[f"lower_{100 * level:g}"], row[f"upper_{100 * level:g}"] = law.interval(BETA, level) or (math.nan, math.nan)
    return row


def _deviation(table: pd.DataFrame, sd: Floats | float, per_efold: bool) -> Floats:
    beyond = sd * (np.log(table.distance.to_numpy(float)) if per_efold else np.ones(len(table)))
    return np.hypot(table.sampling.to_numpy(float), beyond)


def learn(table: pd.DataFrame, *, per_efold: bool = False) -> float:
    """κ of least interval score (`experiments.backtest.recipes`), at ten times or, of an e-fold, over all distances."""
    parts = [part for name, part in table.groupby("bin") if per_efold or name == TEN]
    if not parts:
        raise ValueError("refits has none at ten times the compute, so that nothing can be learnt")
    total = np.zeros(len(SDS))
    for part in parts:
        w, error = weights(part), part.error.to_numpy(float)
        for place, sd in enumerate(SDS):
            total[place] += w @ interval_score(error, _deviation(part, float(sd), per_efold))
    return float(SDS[np.argmin(total)])


def learnt_elsewhere(table: pd.DataFrame, column: str, per_efold: bool = False) -> dict[str, float]:
    """κ for each value of `column`, learnt from the others."""
    own = list(table[column].unique())
    if len(own) < 2:
        return {}
    return {one: learn(table[table[column] != one], per_efold=per_efold) for one in own}


def scores(table: pd.DataFrame, recipes: Iterable[ExponentRecipe] = RECIPES) -> pd.DataFrame:
    """A row for each recipe and distance: bias and RMS of e, coverage of the intervals at `LEVELS`, width of the last.

    ``score`` is the interval score.
    """
    rows = []
    for recipe in recipes:
        deviation = pd.Series(recipe.deviation(table), index=table.index)
        for name in BINS:
            part = table[table.bin == name]
            if len(part):
                rows.append({"recipe": recipe.name, "distance": name, **_score(part, deviation[part.index].to_numpy())})
    return pd.DataFrame(rows)


def _score(part: pd.DataFrame, deviation: Floats) -> dict[str, float]:
    w, error = weights(part), part.error.to_numpy(float)
    held = {f"covered_{100 * level:g}": float(w @ (np.abs(error) <= quantile(level) * deviation)) for level in LEVELS}
    return {
        "n_series": part.series.nunique(), "refits": len(part), "bias": float(w @ error),
        "rms": math.sqrt(w @ error**2), **held, "width": weighted_median(2 * quantile(LEVELS[-1]) * deviation, w),
        "score": float(w @ interval_score(error, deviation)),
    }  # fmt: skip


def as_printed(table: pd.DataFrame, sd: float, distance: str = TEN) -> dict[str, float]:
    """Coverage of the intervals that the fit gives, each half moved out by z κ as independent errors add.

    These are what a fitted law prints: percentiles of the resamples, and the profile where that is wider.
    """
    part = table[table.bin == distance]
    w, error, found = weights(part), part.error.to_numpy(float), {}
    for level in LEVELS:
        name = f"{100 * level:g}"
        half = np.where(error > 0, part.beta - part[f"lower_{name}"], part[f"upper_{name}"] - part.beta)
        found[f"covered_{name}"] = float(w @ (np.abs(error) <= np.hypot(half, quantile(level) * sd)))
    return found
