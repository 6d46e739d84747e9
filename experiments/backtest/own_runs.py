"""How laws fitted to the cheaper runs of a table of one's own would have predicted the dearer ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np
import pandas as pd

from bounds.base.notes import FITTED, INPUT, METHOD, RANGE, Note
from bounds.base.one_number import number, printable
from bounds.cli.fit_table import law_notes
from bounds.cli.fitted.runs_options import read_table
from bounds.cli.printing import between, estimated, percent, span, times, written
from bounds.cli.reading.told import read_data, read_notes
from bounds.cli.report import Report, Table
from bounds.cli.runs_csv import RunsTable
from bounds.fitting.loss_laws.loss_law import fit_loss_law
from bounds.fitting.loss_laws.prediction import REACH
from bounds.fitting.runs.leverage import heavy_runs
from bounds.fitting.runs.loss_units import nats_per_token
from bounds.fitting.runs.run_columns import below_highest, checked_runs
from bounds.laws.published import FLOP_PER_PARAM_TOKEN
from experiments.backtest.by_hand import by_hand
from experiments.backtest.comparisons import signed_percent
from experiments.backtest.protocol import (
    BINS,
    BOOTSTRAP,
    FEWEST_A_BUDGET,
    FEWEST_BUDGETS,
    FEWEST_RUNS,
    FEWEST_SIZES,
    LEAST_RANGE,
    ROLLING,
    Fitted,
    ended,
    fitted,
    has_budgets,
    predictions,
)  # fmt: skip
from experiments.backtest.recipes import LEVELS, RECIPES, Floats, coverage, errors, quantile
from experiments.backtest.reports import METHOD_TEXT
from simulate.stats import share

_ALONE, _OURS = RECIPES[0], RECIPES[2]
_ROUNDED, _SPANNED = 0.05, 0.25
_LISTED = 200
"""Predictions that --explain prints; --json has all."""


def own_backtest(runs: str, columns: dict[str, str], options: Mapping[str, Any]) -> tuple[pd.DataFrame, Report]:
    """Predictions within the table `runs`, and what is said of them and of the table; `options` say how it is read.

    One sentence, a usage error, where it holds too little.
    """
    table = read_table(runs, columns, options)
    unit, drop = table.agreed_unit(options["loss_unit"]), options["drop_highest"]
    name = "standard input" if runs == "-" else printable(Path(runs).name)
    series = own_series(name, table, nats_per_token(unit, options["bytes_per_token"]), drop)
    laws, refused = fitted(series, protocols=(ROLLING,))
    if not laws:
        raise click.UsageError(too_little(name, series, refused))
    how: dict[str, Any] = {**table.columns, "runs": table.runs, "drop_highest": drop}
    whole = fit_loss_law(**how, loss_unit=unit, bytes_per_token=options["bytes_per_token"], bootstrap=BOOTSTRAP)
    heavy = heavy_runs(whole, **how)
    notes = [*read_notes(table, unit, heavy), *law_notes(whole, table.titles)]
    if left_out := len(table.columns["loss"]) - len(series):
        are = "is" if left_out == 1 else "are"
        notes.append(Note(INPUT, f"{counted(left_out, 'row')} {are} left out by --drop-highest {drop}."))
    return predictions(laws), own_report(name, laws, refused, notes, read_data(table, heavy))


def own_series(name: str, table: RunsTable, nats: float = 1.0, drop_highest: int = 0) -> pd.DataFrame:
    """The runs of a table as one series, losses times `nats`, without those of the highest losses.

    Runs of one budget, whose 6 N D differ by what was rounded in N and D, are given the largest of these.
    """
    n_params, n_tokens, loss = checked_runs(
        *(table.columns.get(key) for key in ("n_params", "n_tokens", "loss", "compute_flops"))
    )
    made = pd.DataFrame({
        "series": name, "family": name, "corpus": name, "n_params": n_params, "n_tokens": n_tokens,
        "compute_flops": FLOP_PER_PARAM_TOKEN * n_params * n_tokens, "loss": nats * loss,
    })  # fmt: skip
    made["line"] = list(table.lines) or np.arange(len(made))
    if table.runs is not None:
        made["run"] = table.runs
    made = made[below_highest(loss, drop_highest)]
    return made if table.runs is not None else made.assign(compute_flops=by_budget(made.compute_flops.to_numpy()))


def by_budget(flops: Floats) -> Floats:
    """Each of `flops`, or the largest of its budget where runs share budgets but for rounding.

    A budget ends where the next run takes a twentieth more, and spans a quarter at the most.
    """
    order = np.argsort(flops, kind="stable")
    ends = np.flatnonzero(np.diff(np.log(flops[order])) > np.log(1 + _ROUNDED)) + 1
    budgets = np.split(order, ends)
    narrow = all(flops[one[-1]] <= (1 + _SPANNED) * flops[one[0]] for one in budgets if len(one))
    if not narrow or len(flops) < FEWEST_A_BUDGET * len(budgets):
        return flops
    found = flops.copy()
    for one in budgets:
        found[one] = flops[one].max()
    return found


def too_little(name: str, series: pd.DataFrame, refused: Sequence[str]) -> str:
    """Why nothing of a table could be predicted, in one sentence."""
    if refused:
        return f"{name} cannot be tried: {refused[0].removeprefix(f'{name}, ')}"
    runs = ended(series)
    wide = series.compute_flops.max() / series.compute_flops.min() if len(series) else 1.0
    budgets = f", of {FEWEST_BUDGETS} budgets where runs share them," if has_budgets(series) else ""
    held = f" and {counted(runs.compute_flops.nunique(), 'budget')}" if budgets else ""
    return (
        f"{name} cannot be tried: {FEWEST_RUNS} runs of {FEWEST_SIZES} sizes over {LEAST_RANGE:g} times in "
        f"compute{budgets} are fitted, and runs of {BINS['2x'][0]:g} times the largest of them predicted; it has "
        f"{counted(len(runs), 'run')} of {counted(series.n_params.nunique(), 'size')}{held} over {number(wide)} times"
    )


def own_report(
    name: str, laws: Sequence[Fitted], refused: Sequence[str] = (), notes: Sequence[Note] = (),
    read: Mapping[str, Any] | None = None,
) -> Report:  # fmt: skip
    """What the rolling `laws` of the table `name` predicted; `notes` and `read` are of how it was read."""
    found = predictions(laws)
    rows = [_row(cutoff, part) for cutoff, part in found.groupby("cutoff")]
    whole = _held(found)
    return Report(
        _answer(name, found, whole), [_cutoff_table(rows)],
        [*notes, *(Note(INPUT, f"{one}.") for one in refused), *_judged(found, rows)],
        [_law_table(laws), _prediction_table(found)], [by_hand(laws, _OURS), *METHOD_TEXT[1:2]],
        data={"rows": rows, "whole": whole, "predictions": _with_interval(found).to_dict("records"), **(read or {})},
    )  # fmt: skip


def _row(cutoff: float, part: pd.DataFrame) -> dict[str, Any]:
    """What the law fitted up to a cut-off predicted."""
    return {"cutoff_flops": cutoff, "n_fitted": int(part.n_fitted.iloc[0]), "distance": float(part.distance.max()),
            **_held(part)}  # fmt: skip


def _held(part: pd.DataFrame) -> dict[str, Any]:
    """Errors, and the shares that the intervals held, each with its own interval.

    That is Wilson's for as many independent trials as different runs were predicted: a run that several laws predict
    counts once.
    """
    n_runs = _n_runs(part)
    ours, alone = (coverage(part, one.deviation(part)) for one in (_OURS, _ALONE))
    made = {"n_tested_runs": n_runs, **errors(part), "covered_95_sampling": alone["covered_95"], **ours}
    for key in ("covered_95", "covered_95_sampling"):
        _, lower, upper = share(made[key] * n_runs, n_runs)
        made |= {f"{key}_lower": float(lower), f"{key}_upper": float(upper)}
    return made


def _n_runs(part: pd.DataFrame) -> int:
    """How many different runs are predicted; copies of one are one."""
    named = ["run"] if "run" in part else ["n_params", "n_tokens", "loss"]
    return len(part[named].drop_duplicates())


def _answer(name: str, found: pd.DataFrame, whole: Mapping[str, Any]) -> str:
    laws, predict = ("Laws", "predict") if found.cutoff.nunique() > 1 else ("A law", "predicts")
    tested = f"{counted(len(found), 'prediction')} of {counted(whole['n_tested_runs'], 'run')}"
    return (
        f"{laws} fitted to the cheaper runs of {name} {predict} the dearer ones with an RMS error of "
        f"{percent(whole['rms'], 1)}: of {tested}, at {span(found.distance, times)} times the fitted compute, "
        f"intervals of 95 % hold {_share(whole, 'covered_95_sampling')} by the bootstrap alone, and "
        f"{_share(whole, 'covered_95')} with noise and lack of fit as well."
    )


def _share(row: Mapping[str, Any], key: str) -> str:
    """Such as "94 % [73, 99]"."""
    return f"{percent(row[key])} {between(row[f'{key}_lower'], row[f'{key}_upper'], 0, shown=_hundredths)}"


def _hundredths(value: float, digits: int) -> str:
    return f"{100 * value:.{digits}f}"


def _cutoff_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    cells = [
        (written(row["cutoff_flops"]), str(row["n_fitted"]), str(row["predictions"]), times(row["distance"]),
         signed_percent(row["bias"]), percent(row["rms"], 1), _count(row, "covered_95_sampling"),
         _count(row, "covered_95"), percent(row["width"], 1))
        for row in rows
    ]  # fmt: skip
    return Table(
        ("fitted to", "runs", "tested", "to ×", "bias", "RMS", "sampling", "all", "width"), cells,
        title="What laws fitted to the runs up to a cut-off in FLOP would have predicted",
        below="Tested: dearer runs, to so many times the cut-off. Sampling: how many of them lie inside intervals of "
        "95 % from the bootstrap; all: with noise and lack of fit; width: of these, of the loss. The sentence has "
        "means over the cut-offs; in brackets the 95 % interval of a share if these runs erred on their own. They err "
        "together, so that it is less sure.",
    )  # fmt: skip


def _count(row: Mapping[str, Any], key: str) -> str:
    return f"{round(row[key] * row['predictions'])}/{row['predictions']}"


def _judged(found: pd.DataFrame, rows: Sequence[Mapping[str, Any]]) -> list[Note]:
    notes, last = [], rows[-1]
    if last["covered_95_upper"] < LEVELS[-1]:
        held = _count(last, "covered_95").replace("/", " of ")
        notes.append(Note(FITTED, f"the law fitted to most of the runs holds {held} dearer ones inside its intervals "
                                  "of 95 %: trust no interval of it."))  # fmt: skip
    if len(rows) == 1:
        notes.append(Note(METHOD, "one cut-off alone leaves enough runs on both sides of it."))
    if (beyond := int((found.distance > REACH).sum())) > 0:
        told = f"{counted(beyond, 'prediction')} more than {REACH} times beyond the fitted runs"
        notes.append(Note(RANGE, f"{told}: on public series nothing was tried so far."))
    return notes


def _law_table(laws: Sequence[Fitted]) -> Table:
    """The constants of each law, with digits enough to compute a loss from."""
    rows = [
        (written(one.cutoff), f"{law.irreducible:.4f}", f"{law.param_coefficient:.5g}", f"{law.param_exponent:.5f}",
         f"{law.data_coefficient:.5g}", f"{law.data_exponent:.5f}", _long(law.residual_deviation))
        for one in laws for law in (one.law.law,)
    ]  # fmt: skip
    return Table(
        ("fitted to", "E", "A", "α", "B", "β", "s"), rows, title="The laws, L = E + A N^-α + B D^-β in nats per token"
    )


def _long(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


def _prediction_table(found: pd.DataFrame) -> Table:
    told = _with_interval(found).sort_values(["cutoff", "compute_flops"], kind="stable")
    rows = [
        (written(one.cutoff), str(one.line), written(one.n_params), written(one.n_tokens), times(one.distance),
         f"{one.loss:.3f}", estimated(one.predicted, one.lower, one.upper),
         "yes" if one.lower <= one.loss <= one.upper else "no")
        for one in told.head(_LISTED).itertuples()
    ]  # fmt: skip
    more = len(told) - len(rows)
    return Table(
        ("fitted to", "line", "N", "D", "×", "loss", "predicted", "in"), rows, left=2,
        title="Every prediction, with its interval of 95 % of noise and lack of fit as well",
        below=f"{counted(more, 'prediction')} more: --json has all." if more > 0 else "",
    )  # fmt: skip


def _with_interval(found: pd.DataFrame) -> pd.DataFrame:
    """With the ends of our interval of 95 %."""
    times_off: Floats = np.exp(quantile(LEVELS[-1]) * _OURS.deviation(found))
    return found.assign(lower=found.predicted / times_off, upper=found.predicted * times_off)


def counted(count: int, noun: str) -> str:
    """Such as "1 run" and "2 runs"."""
    return f"{count} {noun}{'s' * (count != 1)}"
