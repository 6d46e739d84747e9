"""What ``python -m bounds fit`` does between its flags and its screen: read, fit, keep, draw and say."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

import click

from bounds.base.arguments import did_you_mean, printable, shown
from bounds.base.notes import METHOD, Note
from bounds.cli.drawing.formats import check_figure
from bounds.cli.report import Report
from bounds.cli.runs_csv import NAMES, RunsTable, read_runs


def fitted(
    runs: str, columns: tuple[str, ...], n_tokens: int | None, options: dict[str, Any]
) -> tuple[Report, dict[str, Any]]:
    """The report of the law through the table `runs`, and the parameters that it was asked with."""
    told = dict(part.partition("=")[::2] for part in columns)
    _check(runs, told, options)
    table = _table(runs, told, options)
    unit = table.agreed_unit(options["loss_unit"])

    from bounds.cli.fit_table import fit_notes, fit_report
    from bounds.cli.fitted.answers import Asked
    from bounds.cli.reading.told import read_data, read_notes
    from bounds.fitting.loss_laws.loss_law import fit_loss_law
    from bounds.fitting.runs.leverage import heavy_runs

    kept = ("objective", "delta", "drop_highest", "bootstrap", "seed", "bytes_per_token")
    found = fit_loss_law(**table.columns, runs=table.runs, loss_unit=unit, **{name: options[name] for name in kept})  # type: ignore[arg-type]
    how = {"confidence": options["confidence"], "skills": options["skills"]}
    implied = None if found.no_band or not options["bootstrap"] else found.band(n_tokens, **how)
    asked = Asked.of(found, options["predicted"], options["budgets"], options["confidence"])
    heavy = heavy_runs(found, **table.columns, runs=table.runs, drop_highest=options["drop_highest"])
    notes = [*read_notes(table, unit, heavy), *fit_notes(found, implied, table.titles), *asked.notes]
    if options["figure"] is not None:
        _draw(options, found, table, unit)
    if options["out"] is not None:
        found.save(options["out"], overwrite=options["overwrite"])
        notes.append(Note(METHOD, f"The law is kept in {options['out']}: --law {options['out']}."))
    report = fit_report(found, implied, notes, **how, asked=asked)
    files = {"law_file": options["out"], "figure": options["figure"]}
    data = {**report.data, **read_data(table, heavy), **files}
    parameters = {"runs": runs, "columns": told, "n_tokens": n_tokens, **options}
    return replace(report, data=data), parameters


def _check(runs: str, told: dict[str, str], options: dict[str, Any]) -> None:
    """Refuse what can be refused before anything is read or fitted."""
    unknown = [key for key in told if key not in NAMES]
    if unknown:
        hint = did_you_mean(unknown[0], NAMES)
        raise click.UsageError(f"--column takes {', '.join(NAMES)} as KEY=NAME, got {shown(unknown[0])}{hint}")
    if 0 < options["bootstrap"] < 50:
        raise click.UsageError(f"bootstrap must be 0 or at least 50 to give an interval, got {options['bootstrap']}")
    for flag, name in (("--predict", "predicted"), ("--compute", "budgets")):
        if options[name] and not options["bootstrap"]:
            raise click.UsageError(f"{flag} takes intervals from resamples, and --bootstrap 0 makes none: leave it out")
    if options["out"] is not None:
        from bounds.laws.law_file import check_law_target

        check_law_target(options["out"], overwrite=options["overwrite"])
    if options["figure"] is not None:
        check_figure(options["figure"], overwrite=options["overwrite"])
    if runs == "-" and sys.stdin is None:
        raise click.UsageError("standard input is closed: pipe a table into it, or name a file")


def _table(runs: str, told: dict[str, str], options: dict[str, Any]) -> RunsTable:
    """The table in a file, or on standard input; ValueError that says what else the file holds where it is none."""
    from bounds.cli.reading.held import RUNS, held

    run_column, skip = options["run_column"], options["skip_incomplete"]
    if runs == "-":
        with click.open_file(runs, "rb") as file:
            return read_runs(file.read(), "standard input", told, run_column, skip_incomplete=skip)
    try:
        with open(runs, "rb") as file:
            return read_runs(file.read(), runs, told, run_column, skip_incomplete=skip)
    except (ValueError, IsADirectoryError) as error:
        holds = held(runs)
        if told or not holds or holds == RUNS:
            raise
        raise ValueError(f"{printable(runs)} is no table of runs: it holds {holds}") from error


def _draw(options: dict[str, Any], found: Any, table: RunsTable, unit: str) -> None:
    from bounds.cli.drawing.fit_figure import FittedRuns, draw  # loads matplotlib
    from bounds.cli.drawing.style import save_figure

    runs = FittedRuns.of(table.columns, unit, options["bytes_per_token"], options["drop_highest"])
    save_figure(lambda: draw(found, runs, options["predicted"], options["confidence"]), options["figure"],
                overwrite=options["overwrite"])  # fmt: skip
