"""What ``python -m bounds fit`` does between its flags and its screen: read, fit, keep, draw and say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from bounds.cli.drawing.formats import check_figure
from bounds.cli.fitted.runs_options import named_columns, read_table
from bounds.cli.pages.asked import save_asked
from bounds.cli.report import Report
from bounds.cli.runs_csv import RunsTable

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def fitted(
    runs: str, columns: tuple[str, ...], n_tokens: int | None, options: dict[str, Any]
) -> tuple[Report, dict[str, Any], Callable[[], Figure]]:
    """The report of the law through the table `runs`, the parameters that it was asked with, and what draws it."""
    told = named_columns(columns)
    _check(options)
    table = read_table(runs, told, options)
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
    notes = [*read_notes(table, unit, heavy), *asked.notes, *fit_notes(found, implied, table.titles)]

    def drawn() -> Figure:
        return _drawn(options, found, table, unit)

    save_asked(drawn, options["figure"], overwrite=options["overwrite"])
    if options["out"] is not None:
        found.save(options["out"], overwrite=options["overwrite"])
    report = fit_report(found, implied, notes, **how, asked=asked)
    files = {"law_file": options["out"], "figure": options["figure"], "page": options["page"]}
    data = {**report.data, **read_data(table, heavy), **files}
    parameters = {"runs": runs, "columns": told, "n_tokens": n_tokens, **options}
    return replace(report, data=data), parameters, drawn


def _check(options: dict[str, Any]) -> None:
    """Refuse what can be refused before anything is read or fitted."""
    if 0 < options["bootstrap"] < 50:
        raise click.UsageError(f"--bootstrap must be 0 or at least 50 to give an interval, got {options['bootstrap']}")
    for flag, name in (("--predict", "predicted"), ("--compute", "budgets")):
        if options[name] and not options["bootstrap"]:
            raise click.UsageError(f"{flag} takes intervals from resamples, and --bootstrap 0 makes none: leave it out")
    if options["out"] is not None:
        from bounds.laws.law_file import check_law_target

        check_law_target(options["out"], overwrite=options["overwrite"])
    if options["figure"] is not None:
        check_figure(options["figure"], overwrite=options["overwrite"])


def _drawn(options: dict[str, Any], found: Any, table: RunsTable, unit: str) -> Figure:
    from bounds.cli.drawing.fit_figure import FittedRuns, draw  # loads matplotlib

    runs = FittedRuns.of(table.columns, unit, options["bytes_per_token"], options["drop_highest"])
    return draw(found, runs, options["predicted"], options["confidence"])
