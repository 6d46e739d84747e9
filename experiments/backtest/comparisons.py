"""Comparisons beyond the recipes of a loss: β on longer ladders, whole ladders, variants, rival forms, a next run.

Each function gives the tables of one question, the notes that a reader must see, and the rows for JSON.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from bounds.base.notes import FITTED, METHOD, Note
from bounds.cli.printing import number, percent, signed
from bounds.cli.report import Table
from bounds.fitting.loss_laws.prediction import EXPONENT_LACK_OF_FIT
from experiments.backtest import exponents, ladders, replay, rivals, variants
from experiments.backtest.protocol import ROLLING, Fitted
from experiments.backtest.recipes import LEVELS, RECIPES, Recipe, learnt_elsewhere
from experiments.backtest.recipes import scores as scored

_COVERED = [f"covered_{100 * level:g}" for level in LEVELS]
_TEN = exponents.TEN
_OURS = RECIPES[2]


def signed_percent(value: float) -> str:
    """A relative error with its sign."""
    return f"{signed(round(100 * value, 1) + 0.0, 1)} %"  # never -0.0


@dataclass(frozen=True)
class Compared:
    """Tables, notes and data of one comparison."""

    tables: Sequence[Table]
    notes: Sequence[Note] = ()
    data: dict[str, Any] = field(default_factory=dict)


def _named(rows: pd.DataFrame, column: str) -> Iterable[tuple[str, Any]]:
    """Each row, with the name in `column` where it is another than in the row above."""
    last = None
    for row in rows.itertuples():
        name = str(getattr(row, column))
        yield ("" if name == last else name), row
        last = name


def beta(laws: Sequence[Fitted]) -> Compared:
    """What β becomes on longer ladders."""
    refits, unidentified = exponents.refits(laws)
    scores = exponents.scores(refits)
    learnt = {column: exponents.learnt_elsewhere(refits, column) for column in ("series", "family")}
    per_efold = exponents.learnt_elsewhere(refits, "family", per_efold=True)
    printed = [exponents.as_printed(refits, sd) for sd in (0.0, EXPONENT_LACK_OF_FIT)]
    at = scores.set_index(["recipe", "distance"])
    alone, ours = at.loc["bootstrap", _TEN], at.loc["ours", _TEN]
    rows = [(name, one.distance, *(percent(getattr(one, level)) for level in _COVERED), number(one.width, 2))
            for name, one in _named(scores, "recipe")]  # fmt: skip
    own = scores[scores.recipe == "bootstrap"]
    moves = [(one.distance, str(one.n_series), str(one.refits), signed(one.bias, 3), number(one.rms, 2))
             for one in own.itertuples()]  # fmt: skip
    half = " / ".join(f"{100 * one[level]:.0f}" for one in printed[1:] for level in _COVERED)
    tables = [
        Table(("distance", "series", "pairs", "mean", "RMS"), moves,
              title="β fitted to a ladder, less β fitted to a longer one",
              below=f"{unidentified} pairs have a β that one of the two does not identify, and are left out."),
        Table(("recipe", "distance", "50 %", "80 %", "95 %", "width"), rows, left=2,
              title="Refitted β inside intervals of 50, 80 and 95 %",
              below=f"Width: of 95 %, the median. Ours: sd² = b² + {EXPONENT_LACK_OF_FIT}². At {_TEN} the interval as "
              f"bounds fit prints it holds {percent(printed[0]['covered_95'])} at 95 %, and with "
              f"{EXPONENT_LACK_OF_FIT} added {half} % at 50 / 80 / 95 %."),
        _kappas(learnt, per_efold),
    ]  # fmt: skip
    told = Note(
        FITTED,
        f"β moves as the ladder grows: refitted at {_TEN} it lies inside its bootstrap's interval of 95 % in "
        f"{percent(alone.covered_95)} of cases, and in {percent(ours.covered_95)} with {EXPONENT_LACK_OF_FIT} beyond.",
    )
    data = {
        "rows": scores.to_dict("records"), "refits": refits.to_dict("records"), "unidentified": unidentified,
        "learnt": learnt, "learnt_per_efold": per_efold, "learnt_of_all": exponents.learn(refits),
        "learnt_per_efold_of_all": exponents.learn(refits, per_efold=True),
        "as_printed": dict(zip(("bootstrap", "ours"), printed, strict=True)),
    }  # fmt: skip
    return Compared(tables, [told], {"exponents": data})


def _kappas(learnt: dict[str, dict[str, float]], per_efold: dict[str, float]) -> Table:
    spans = [(f"a {column} left out", learnt[column], "") for column in learnt]
    spans.append(("a family left out", per_efold, "an e-fold"))
    rows = [(name, of, f"{min(found.values()):g}–{max(found.values()):g}") for name, found, of in spans]
    return Table(("learnt with", "", "κ"), rows, left=2, title="sd of β beyond its bootstrap, learnt from the others")


def together(predictions: pd.DataFrame) -> Compared:
    """What the runs of a ladder share."""
    found = ladders.ladders(predictions, _OURS)
    rows = [
        (one.distance, str(one.n_ladders), f"{one.runs:g}", number(one.rho, 2), percent(one.marginal),
         percent(one.joint), f"{one.times:.2f}")
        for one in found.itertuples()
    ]  # fmt: skip
    table = Table(
        ("distance", "ladders", "runs", "ρ", "inside", "jointly", "wider"), rows,
        title="Ladders that lie wholly inside intervals of 95 %",
        below="Ladders of two runs and more at one distance, runs: their median. ρ: share of the squared error that "
        "the runs of a ladder have in common. Jointly: inside intervals made for all of them at once, with the ρ of "
        "the other families, so many times as wide.",
    )  # fmt: skip
    return Compared([table], data={"ladders": found.to_dict("records")})


def tried(laws: Sequence[Fitted]) -> Compared:
    """Variants of the interval that were tried in place of the recipe."""
    found = variants.scores(variants.with_scales(laws))
    won = variants.winners(found)
    rows = [
        (name, one.distance, f"{100 * one.score:.1f} %", *(percent(getattr(one, level)) for level in _COVERED),
         percent(one.width, 1))
        for name, one in _named(found[found.distance.isin(variants.DECIDING)], "variant")
    ]  # fmt: skip
    table = Table(
        ("variant", "distance", "score", "50 %", "80 %", "95 %", "width"), rows, left=2,
        title="Variants of s and of the lack of fit, learnt on the other families",
        below="Score: interval score, less is better. "
        + (f"By the rule set before: {', '.join(won)}." if won else "By the rule set before, none takes its place."),
    )  # fmt: skip
    return Compared([table], data={"variants": {"rows": found.to_dict("records"), "winners": won}})


def forms(laws: Sequence[Fitted]) -> Compared:
    """Rival forms of the law."""
    rolling = [one for one in laws if one.protocol == ROLLING]
    predictions, refused = rivals.rival_predictions(rolling)
    recipe = Recipe("without the family", noise=True, learnt="family")
    tables, rows = [], []
    for name, title, part in (
        ("all", "Every predicted run", predictions[~predictions.form.isin(_frontier_forms())]),
        ("frontier", "Runs on the frontier: no cheaper run of the series is better", predictions[predictions.frontier]),
    ):
        forms = dict(list(part.groupby("form", sort=False)))
        taus = {form: learnt_elsewhere(own, "family") for form, own in forms.items()}
        scores = pd.concat([scored(own, [recipe]).assign(form=form) for form, own in forms.items()])
        rows += [row | {"runs": name, "tau": taus[row["form"]]} for row in scores.to_dict("records")]
        tables.append(_forms_table(title, scores, taus))
    few = ", ".join(f"{name} {count}" for name, count in refused.items() if count) or "none"
    note = Note(METHOD, f"of {len(rolling)} fits so many have too few runs for a form: {few}.")
    return Compared(tables, [note], {"rivals": rows, "rivals_refused": refused})


def _frontier_forms() -> list[str]:
    return [form.name for form in rivals.FORMS if form.frontier]


def _forms_table(title: str, scores: pd.DataFrame, taus: dict[str, dict[str, float]]) -> Table:
    rows = [
        (name, one.distance, signed_percent(one.bias), percent(one.rms, 1),
         *(f"{100 * getattr(one, level):.0f}" for level in _COVERED), percent(one.width, 1))
        for name, one in _named(scores, "form")
    ]  # fmt: skip
    spans = "; ".join(f"{form} {min(own.values()):.3f}–{max(own.values()):.3f}" for form, own in taus.items())
    return Table(
        ("form", "distance", "bias", "RMS", "50", "80", "95 %", "width"), rows, left=2, title=title,
        below=f"Each form with its own resamples, residuals and τ, learnt without the family: {spans}.",
    )  # fmt: skip


def bought(laws: Sequence[Fitted]) -> Compared:
    """One more run, chosen by each rule."""
    found = replay.replay(laws)
    compared = replay.compared(found)
    ours = found[found.rule == replay.OURS]
    rows = [
        (one.rule, f"{one.cost:.1f}", percent(one.error, 2), _unless(one.rule == replay.NONE, one.beaten),
         _unless(one.rule == replay.OURS, one.against),
         percent(one.covered), percent(one.width, 1))
        for one in compared.itertuples()
    ]  # fmt: skip
    first = compared.iloc[0]
    table = Table(
        ("rule", "cost", "error", "worse", "ours", "95 %", "width"), rows,
        title="One more run, and the law held against the dearest ones",
        below=f"{first.ladders} ladders of {first.n_series} series. Cost: in units of the largest fitted compute. "
        "Error: mean |ln predicted - ln loss|. Worse: than without a run. Ours: how often next_run had the smaller "
        "error.",
    )  # fmt: skip
    off = float((ours.found / ours.said).median())
    at = compared.set_index("rule")
    note = Note(
        FITTED,
        f"next_run shortens the interval at the dearest runs from {percent(at.width[replay.NONE], 1)} to "
        f"{percent(at.width[replay.OURS], 1)} of the loss, {off:.2f} times as wide as it foretold, and such "
        f"intervals of 95 % hold {percent(at.covered[replay.OURS])}; the dearest run near 20 tokens a parameter leaves "
        f"an error of {percent(at.error[replay.RATIO], 2)}, next_run {percent(at.error[replay.OURS], 2)}.",
    )
    data = {"rows": compared.to_dict("records"), "ladders": found.to_dict("records")}
    return Compared([table, _bought_by_series(found)], [note], {"next_run": data})


def _unless(same: bool, share: float) -> str:
    """A share, or a dash where a rule would be held against itself."""
    return percent(None if same else share)


def _bought_by_series(found: pd.DataFrame) -> Table:
    """Errors of each series by rule, those on which `next_run` loses most first."""
    wide = found.pivot_table(index="series", columns="rule", values="error")[list(replay.RULES)]
    worst = (wide[replay.OURS] - wide.drop(columns=replay.OURS).min(axis=1)).sort_values(ascending=False)
    rows = [(str(key), *(percent(one, 2) for one in wide.loc[key])) for key in worst.index]
    return Table(
        ("series", "no run", "next_run", "random", "of dearest", "near 20"), rows,
        title="Mean error of each series, where next_run loses most first",
    )  # fmt: skip
