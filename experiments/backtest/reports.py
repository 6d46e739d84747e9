"""What ``python -m experiments backtest`` says of the public series."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from bounds.base.notes import FITTED, INPUT, METHOD, Note
from bounds.cli.printing import number, percent
from bounds.cli.report import Report, Table
from bounds.fitting.loss_laws.prediction import LACK_OF_FIT
from experiments.backtest.by_hand import by_hand
from experiments.backtest.comparisons import beta, bought, forms, signed_percent, together, tried
from experiments.backtest.protocol import BINS, BOOTSTRAP, ROLLING, SHORT, Fitted, has_budgets
from experiments.backtest.protocol import predictions as predicted
from experiments.backtest.recipes import LEVELS, RECIPES, by_series, coverage, errors, learn_tau, learnt_elsewhere
from experiments.backtest.recipes import scores as scored
from experiments.backtest.variants import DECIDING, GAIN, KEPT
from experiments.readers.runs import SERIES

_ALONE, _NOISE, _OURS = RECIPES[:3]
_TEN = "10x"
_COVERED = [f"covered_{100 * level:g}" for level in LEVELS]
METHOD_TEXT = (
    "Frozen: the series, what is fitted and predicted (experiments/backtest/protocol.py) and the recipes. The law "
    "L = E + A N^-α + B D^-β is fitted by Huber's objective, δ = 0.001, to the runs up to a cut-off C₀, and predicts "
    "those above 1.5 C₀. Distances C/C₀: " + ", ".join(f"{n} from {a:g} to {b:g}" for n, (a, b) in BINS.items()) + ". "
    "C is the nominal budget where runs share one, 6 N D otherwise.",
    f"In ln L, sd² = b² + s² + (τ max(0, ln(C/C₀)))²: b over {BOOTSTRAP} resamples, s² = Σr²/(n - 5), intervals of the "
    f"normal law. 'bootstrap' is b alone, 'ours' has τ = {LACK_OF_FIT:g}, which is `LossLawFit.predict`.",
    "A mean is over the runs of a cut-off, then over cut-offs, then over series, each series weighing the same. A "
    "learnt τ has the least interval score (Gneiting & Raftery 2007) on the other series, or the other families. "
    "Runs of one ladder err together: 'all runs' is the share of fits whose runs at that distance all lie inside.",
    "β is refitted up to the compute of its series that is nearest to 2, 4, 10 and 30 C₀: the longer ladder has all "
    "runs of the shorter one. b is its deviation over the resamples of the shorter ladder, κ what is added to it. What "
    "a variant learns of s and of the lack of fit has the least interval score on the other families; it would take "
    f"the place of ours with a score lower by {100 * GAIN:g} % at {' and '.join(DECIDING)} and {100 * KEPT[0]:g} to "
    f"{100 * KEPT[1]:g} % inside intervals of 95 %, which was written down before the first figure.",
)


def public_report(
    runs: pd.DataFrame, laws: Sequence[Fitted], refused: Sequence[str], *, rivals: bool = False, next_run: bool = False
) -> Report:
    """What the protocol found on the public series `runs`, by the `laws` that it fitted.

    With the `rivals` of the law, and with the replay of a `next_run`, which take a minute and more each.
    """
    predictions = predicted(laws)
    scores = scored(predictions)
    short = predictions[predictions.protocol == SHORT]
    series = by_series(predictions, _OURS, _TEN)
    taus = {column: learnt_elsewhere(predictions, column) for column in ("series", "family")}
    explained = [beta(laws), together(predictions), tried(laws)]
    asked = [compare(laws) for compare, wanted in ((forms, rivals), (bought, next_run)) if wanted]
    first, then = ([note for one in part for note in one.notes] for part in (asked, explained))
    alone = [{"recipe": one.name, **errors(short), **coverage(short, one.deviation(short))} for one in RECIPES[:3]]
    own = {
        "rows": scores.to_dict("records"), "series": series.to_dict("records"), "tau": taus,
        "tau_of_all": learn_tau(predictions),
        "short": alone,
        "predictions": predictions.to_dict("records"),
    }  # fmt: skip
    return Report(
        _answer(scores),
        [_errors_table(scores), _coverage_table(scores), *(table for one in asked for table in one.tables)],
        [*first, *_failures(scores, predictions, taus), *then, *_missing(runs),
         *(Note(INPUT, f"{told}.") for told in refused)],
        [_series_table(series), _short_table(short), *(table for one in explained for table in one.tables),
         _tau_table(taus), _list_table(runs, predictions)],
        [by_hand(laws, _OURS), *METHOD_TEXT],
        data=own | {key: value for one in (*explained, *asked) for key, value in one.data.items()},
    )  # fmt: skip


def _at(scores: pd.DataFrame, recipe: str, distance: str = _TEN) -> dict[str, Any]:
    found = scores[(scores.recipe == recipe) & (scores.distance == distance)]
    return dict(found.iloc[0])


def _answer(scores: pd.DataFrame) -> str:
    alone, ours = _at(scores, _ALONE.name), _at(scores, _OURS.name)
    return (
        f"At ten times the largest fitted compute, intervals of 95 % hold {percent(alone['covered_95'])} of the runs "
        f"where they come from a bootstrap, and {percent(ours['covered_95'])} with noise and lack of fit as well, "
        f"{percent(ours['width'], 1)} of the loss wide ({alone['n_series']} public series, each weighing the same)."
    )


def _errors_table(scores: pd.DataFrame) -> Table:
    own = scores[scores.recipe == _ALONE.name]
    rows = [
        (one.distance, str(one.n_series), str(one.predictions), signed_percent(one.bias), percent(one.rms, 1),
         percent(one.too_high))
        for one in own.itertuples()
    ]  # fmt: skip
    return Table(
        ("distance", "series", "predictions", "bias", "RMS error", "too high"), rows,
        title="The law alone: predicted against measured loss",
        below="Distance: compute over the largest fitted one. Bias above 0 is a loss predicted too high.",
    )  # fmt: skip


def _coverage_table(scores: pd.DataFrame) -> Table:
    rows = [
        (one.recipe if one.distance == next(iter(BINS)) else "", one.distance,
         *(percent(getattr(one, name)) for name in _COVERED), percent(one.whole), percent(one.width, 1))
        for one in scores.itertuples()
    ]  # fmt: skip
    return Table(
        ("recipe", "distance", "50 %", "80 %", "95 %", "all runs", "width"), rows, left=2,
        title="Runs inside intervals of 50, 80 and 95 %",
        below="All runs, width: of 95 %; the share of fits all of whose runs lie inside, the median of the loss.",
    )  # fmt: skip


def _failures(scores: pd.DataFrame, predictions: pd.DataFrame, taus: dict[str, dict[str, float]]) -> list[Note]:
    far = list(scores.distance.unique())[-1]
    last, ten = _at(scores, _OURS.name, far), _at(scores, _OURS.name)
    series = by_series(predictions, _OURS, _TEN)
    high, worst = int((series.bias > 0).sum()), series.loc[series.covered_95.idxmin()]
    learnt = _at(scores, RECIPES[-1].name, far)
    low, top = min(taus["family"].values()), max(taus["family"].values())
    return [
        Note(FITTED, f"the law errs to one side: {high} of {len(series)} series are predicted too high at {_TEN}, by "
                     f"{percent(ten['bias'], 1)} of the loss on average."),
        Note(FITTED, f"at {far} the intervals of 50, 80 and 95 % hold {percent(last['covered_50'])}, "
                     f"{percent(last['covered_80'])} and {percent(last['covered_95'])}, and at {_TEN} the one of 95 % "
                     f"holds {percent(worst.covered_95)} on the worst series, {worst.series}."),
        Note(METHOD, f"τ = {LACK_OF_FIT:g} was found on these very series; learnt without a family it is {low:g} to "
                     f"{top:g}, and holds {percent(learnt['covered_95'])} at {far}."),
    ]  # fmt: skip


def _missing(runs: pd.DataFrame) -> list[Note]:
    gone = [key for key in SERIES if key not in set(runs.series)]
    return [Note(INPUT, f"{len(gone)} of {len(SERIES)} series are not here: {', '.join(gone)}.")] if gone else []


def _series_table(series: pd.DataFrame) -> Table:
    rows = [
        (one.series, str(one.cutoffs), str(one.predictions), signed_percent(one.bias), percent(one.rms, 1),
         percent(one.covered_95), percent(one.width, 1))
        for one in series.itertuples()
    ]  # fmt: skip
    columns = ("series", "fits", "predictions", "bias", "RMS error", "95 %", "width")
    return Table(columns, rows, title=f"Each series at {_TEN}, with our intervals")


def _short_table(short: pd.DataFrame) -> Table:
    found = [(one.name, coverage(short, one.deviation(short))) for one in RECIPES[:3]]
    rows = [(name, *(percent(one[key]) for key in _COVERED), percent(one["width"], 1)) for name, one in found]
    whole = errors(short)
    high = int((short.groupby("series").error.mean() > 0).sum())
    return Table(
        ("recipe", "50 %", "80 %", "95 %", "width"), rows,
        title="Fitted below a tenth of the largest compute, predicted from half of it on",
        below=f"{whole['n_series']} series, {whole['predictions']} runs; {high} series are predicted too high, the "
        f"mean error is {signed_percent(whole['bias'])}, its RMS {percent(whole['rms'], 1)}.",
    )  # fmt: skip


def _tau_table(taus: dict[str, dict[str, float]]) -> Table:
    rows = [(f"the {column}", one, number(tau)) for column, found in taus.items() for one, tau in found.items()]
    return Table(("without", "", "τ"), rows, left=2, title="τ, learnt from the others")


def _list_table(runs: pd.DataFrame, predictions: pd.DataFrame) -> Table:
    rows = []
    for key, part in runs.groupby("series", sort=False):
        own, told = part[~part.far], predictions[(predictions.series == key) & (predictions.protocol == ROLLING)]
        design = f"{own.compute_flops.nunique()} budgets" if has_budgets(own) else "no budgets"
        span = f"{number(own.compute_flops.min(), 2)}–{number(own.compute_flops.max(), 2)}"
        rows.append((str(key), str(len(own)), span, design, str(told.cutoff.nunique())))
    return Table(("series", "runs", "FLOP", "design", "fits"), rows, title="The frozen list")
