"""``python -m experiments``: list, fetch, run, check claims of papers, with a verdict; backtest predicted losses."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from bounds.base.arguments import printable
from bounds.base.telling.steps import step, stepped
from bounds.cli.fitted.runs_options import READING, RUNS, named_columns, reads_runs
from bounds.cli.pages.asked import OVERWRITE, REPORT, write_page
from bounds.cli.process import end_silently, runs_alone
from bounds.cli.shared import AS_JSON, command_group, parse_or_fail, provenance, with_version
from bounds.cli.shared import run as run_command
from bounds.cli.terminal.completion import completing
from bounds.cli.terminal.progress import PROGRESS
from experiments.drawing import Drawings, drawn_by, figure_flags

if TYPE_CHECKING:
    from bounds.cli.report import Report
    from experiments.claims import Result

ALL = "all"
CHECK_FAILED = 4

DATA = click.option(
    "--data", "folder", type=click.Path(), metavar="DIR",
    help="Folder of the data sets. [default: EFFICIENCY_BOUNDS_DATA, else the cache that fetch fills]",
)  # fmt: skip
EXPLAIN = click.option("--explain", "explained", is_flag=True, help="Print all notes, tables and reasons as well.")
PROGRAM = "python -m experiments"


def _names() -> list[str]:
    from experiments.registry import EXPERIMENTS

    return [*EXPERIMENTS, ALL]


def _names_of_data() -> list[str]:
    from experiments.data import MANIFESTS

    return [*_names(), *MANIFESTS]


main = command_group("What published papers reported, claim by claim, on the data they published.")


@main.command("list")
@DATA
@AS_JSON
@EXPLAIN
@with_version
def list_(folder: str | None, as_json: bool, explained: bool) -> None:
    """The experiments: what each asks, of which papers, and whether its data are here."""
    from bounds.cli.report import Listing, Report
    from experiments.data import checked_folder, is_here
    from experiments.registry import EXPERIMENTS

    where = parse_or_fail(checked_folder, folder)
    rows: list[dict[str, Any]] = [
        {"experiment": one.name, "question": one.question, "papers": one.papers, "data": one.data, "also": one.also,
         "here": all(is_here(key, folder) for key in one.data)}
        for one in EXPERIMENTS.values()
    ]  # fmt: skip
    told = [
        (row["experiment"], f"{row['question']} ({', '.join(row['papers'])}; " + (
            f"data {', '.join(row['data'])}{'' if row['here'] else ', not here'})" if row["data"] else "no data)"
        ))
        for row in rows
    ]  # fmt: skip
    missing = [row["experiment"] for row in rows if not row["here"]]
    answer = f"{len(rows)} experiment{'s' * (len(rows) != 1)}; " + (
        f"data are missing in {printable(str(where))} for {', '.join(missing)}: python -m experiments fetch."
        if missing
        else "all data are here."
    )
    _show(Report(answer, lists=[Listing(told)], data={"rows": rows}), {"data": folder}, as_json, explained)


@main.command()
@click.argument("names", nargs=-1, metavar="[NAME]...", shell_complete=completing(_names_of_data))
@DATA
@click.option("--overwrite", is_flag=True, help="Replace files that are not the published ones. [the cache: always]")
@PROGRESS
@AS_JSON
@EXPLAIN
@with_version
def fetch(names: tuple[str, ...], folder: str | None, overwrite: bool, as_json: bool, explained: bool) -> None:
    """Bring the data of experiments, or data sets, here; NAME is either, and without one all are brought.

    They come from the public repositories, at one commit each, or from the mirror that EFFICIENCY_BOUNDS_DATA names.
    Every file is compared with its sha256. Without --data a mirror is only checked, where it stands.
    """
    from bounds.base.notes import INPUT, Note
    from bounds.cli.report import Report, Table
    from experiments.data import data_folder, get_manifest, located, mirror
    from experiments.data import fetch as bring

    keys = parse_or_fail(_keys, names)
    in_place = folder is None and mirror() is not None
    asked_for_all = not names or ALL in names
    rows, notes = [], []
    for key in keys:
        manifest = get_manifest(key)
        if asked_for_all and manifest.made and mirror() is None:
            notes.append(Note(INPUT, f"{key} was not brought: {manifest.text}, which have no public address."))
            continue
        try:
            step(f"fetching {key}", 0, None, "files")
            where, came = (located(key), 0) if in_place else bring(
                key, folder, overwrite=overwrite, progress=partial(_files_came, key)
            )  # fmt: skip
        except ConnectionError as error:
            raise click.ClickException(str(error)) from None
        rows.append({"data": key, "files": len(manifest.files), "came": came, "folder": str(where)}
                    | manifest.to_json())  # fmt: skip
    total, came = sum(row["files"] for row in rows), sum(row["came"] for row in rows)
    answer = (
        f"{total} file{'s' * (total != 1)} of {len(rows)} data set{'s' * (len(rows) != 1)} "
        f"{'is' if total == 1 else 'are'} whole in {data_folder(folder)}; {came} came just now."
    )
    cells = [(row["data"], str(row["files"]), str(row["came"]), row["commit"][:12], row["licence"]) for row in rows]
    table = Table(("data set", "files", "came", "commit", "licence"), cells)
    _show(Report(answer, [table], notes, data={"rows": rows}), {"names": names, "data": folder}, as_json, explained)


def _files_came(key: str, came: int, of: int) -> None:
    step(f"fetching {key}", came, of, "files")


def _keys(names: tuple[str, ...]) -> list[str]:
    """The data sets of experiments, or data sets themselves, by name, each once."""
    from bounds.base.arguments import unknown
    from experiments.data import MANIFESTS
    from experiments.registry import EXPERIMENTS

    keys: list[str] = []
    for name in names or MANIFESTS:
        if name == ALL:
            keys += MANIFESTS
        elif name in EXPERIMENTS:
            keys += EXPERIMENTS[name].data
        elif name in MANIFESTS:
            keys.append(name)
        else:
            raise unknown("experiment or data set", name, [*EXPERIMENTS, *MANIFESTS])
    return list(dict.fromkeys(keys))


@main.command()
@click.argument("names", nargs=-1, required=True, metavar="NAME...|all", shell_complete=completing(_names))
@DATA
@figure_flags
@REPORT
@OVERWRITE
@click.option("--table", "as_page", is_flag=True, help="Print all claims as the page docs/papers.md.")
@PROGRESS
@AS_JSON
@EXPLAIN
@with_version
def run(
    names: tuple[str, ...], folder: str | None, figures: Drawings | None, page: str | None, overwrite: bool,
    as_page: bool, as_json: bool, explained: bool,
) -> None:  # fmt: skip
    """Hold the claims of a paper against its data: published, ours, difference, tolerance, verdict."""
    if as_page and as_json:
        raise click.UsageError("--table and --json each print all there is; pass one of them")
    results = _results(names, folder, figures, overwrite)
    _write_page(results, {"names": names, "data": folder}, {"page": page, "overwrite": overwrite})
    if as_page:
        from experiments.present import page as claims_page

        sys.stdout.write(claims_page(results))
        return
    from experiments.present import report

    _show(report(results), {"names": names, "data": folder}, as_json, explained, results)
    if page is not None and not as_json:
        print(f"written: {printable(page)}")


@main.command()
@click.argument("names", nargs=-1, metavar="[NAME]...", shell_complete=completing(_names))
@DATA
@PROGRESS
@AS_JSON
@EXPLAIN
@with_version
def check(names: tuple[str, ...], folder: str | None, as_json: bool, explained: bool) -> int:
    """Whether every claim that should hold does; the exit code is 4 where one does not."""
    from experiments.claims import FAILS
    from experiments.present import report

    results = _results(names or (ALL,), folder)
    _show(report(results, expected=True), {"names": names, "data": folder}, as_json, explained, results)
    outcomes = (one for result in results.values() for one in result.outcomes)
    return CHECK_FAILED if any(one.verdict == FAILS and one.claim.should_hold for one in outcomes) else 0


@main.command()
@DATA
@click.option(
    "--runs",
    "table",
    type=RUNS,
    metavar="FILE",
    help="Try the law on this table of runs, as bounds fit takes it (- for standard input), not the public series.",
)
@reads_runs
@click.option("--rivals", is_flag=True, help="Other forms of the law in the same protocol; a minute more.")
@click.option(
    "--next-run",
    "next_run",
    is_flag=True,
    help="One more run for each ladder, chosen by several rules; minutes more.",
)
@figure_flags
@OVERWRITE
@PROGRESS
@AS_JSON
@EXPLAIN
@with_version
def backtest(
    folder: str | None, table: str | None, rivals: bool, next_run: bool, figures: Drawings | None, overwrite: bool,
    as_json: bool, explained: bool, **reading: Any,
) -> None:  # fmt: skip
    """How a law fitted to cheaper runs predicts dearer ones, and which of its intervals hold.

    On sixteen public series of runs, at 2, 4, 10 and 30 times the largest fitted compute; with --runs on a table of
    your own.
    """
    _check_backtest(folder, table, {"--rivals": rivals, "--next-run": next_run}, reading)
    if figures is not None:
        parse_or_fail(figures.check, ["backtest"], overwrite)
    if table is None:
        from experiments.backtest.protocol import fitted, load
        from experiments.backtest.protocol import predictions as predicted
        from experiments.backtest.reports import public_report

        runs = load(folder)
        laws, refused = fitted(runs)
        predictions = predicted(laws)
        report = public_report(runs, laws, refused, rivals=rivals, next_run=next_run)
    else:
        columns = named_columns(reading["columns"])
        from experiments.backtest.own_runs import own_backtest

        predictions, report = own_backtest(table, columns, reading)
    if figures is not None:
        draw = drawn_by("experiments.backtest.figures", "draw", predictions)
        for path in figures.save({"backtest": {"errors": draw}}, overwrite):
            print(path, file=sys.stderr)
    asked = {"data": folder, "runs": table, "rivals": rivals, "next_run": next_run, **reading}
    _show(report, asked, as_json, explained)


def _check_backtest(folder: str | None, table: str | None, public: dict[str, bool], reading: dict[str, Any]) -> None:
    """Refuse flags of the public series beside --runs, and flags that say how --runs is read without it."""
    if table is None:
        for name in (name for name in READING if reading[name]):
            flag = f"--{'column' if name == 'columns' else name.replace('_', '-')}"
            raise click.UsageError(f"{flag} says how to read --runs, which is missing")
        return
    for flag in (flag for flag, given in {**public, "--data": folder is not None}.items() if given):
        raise click.UsageError(f"{flag} is of the public series; pass it without --runs")


def _results(
    names: tuple[str, ...],
    folder: str | None,
    figures: Drawings | None = None,
    overwrite: bool = False,
) -> dict[str, Result]:
    """What the experiments find; whatever can be refused is refused before the first one runs."""
    from experiments.data import checked_folder, data_folder, located
    from experiments.registry import EXPERIMENTS

    chosen = parse_or_fail(_chosen, names)
    if figures is not None:
        parse_or_fail(figures.check, chosen, overwrite)
    parse_or_fail(checked_folder, folder)
    for key in dict.fromkeys(key for name in chosen for key in EXPERIMENTS[name].data):
        located(key, folder)
    results = {
        name: EXPERIMENTS[name].run(data_folder(folder)) for name in stepped(chosen, "experiments", "experiments")
    }
    if figures is not None:
        for path in figures.save({name: result.figures for name, result in results.items()}, overwrite):
            print(path, file=sys.stderr)
    return results


def _chosen(names: tuple[str, ...]) -> list[str]:
    from bounds.base.arguments import unknown
    from experiments.registry import EXPERIMENTS

    for name in names:
        if name != ALL and name not in EXPERIMENTS:
            word = name.strip().lower()
            of = [f"{one.name} ({paper})" for one in EXPERIMENTS.values() for paper in one.papers
                  if word and word in paper.lower()]  # fmt: skip
            advice = f"on that paper: {', '.join(of)}" if of else ""
            raise unknown("experiment", name, [*EXPERIMENTS, ALL], advice)
    return list(EXPERIMENTS) if ALL in names else list(dict.fromkeys(names))


def _write_page(results: dict[str, Result], parameters: dict[str, Any], options: dict[str, Any]) -> None:
    """The page that was asked for: a section for each experiment, with its figures."""
    if options["page"] is None:
        return
    from experiments.present import report

    reports = [(report({name: one}, whole=True), list(one.figures.values())) for name, one in results.items()]
    write_page(PROGRAM, reports, parameters, options, more={"data": _data(results)})


def _data(results: dict[str, Result]) -> dict[str, Any]:
    """The data sets that `results` rest on, with commit and licence."""
    from experiments.data import get_manifest
    from experiments.registry import EXPERIMENTS

    keys = dict.fromkeys(key for name in results for key in EXPERIMENTS[name].data)
    return {key: get_manifest(key).to_json() for key in keys}


def _show(
    report: Report, parameters: dict[str, Any], as_json: bool, explained: bool, results: dict[str, Result] | None = None
) -> None:
    """Print a report, or the object that it is in JSON, with the sources of the data it rests on."""
    from bounds.cli.json_text import json_text
    from bounds.cli.report import print_report

    if not as_json:
        print_report(report, explained=explained)
        return
    made = provenance(parameters)
    if results is not None:
        made["data"] = _data(results)
    print(json_text(report.to_json(made), indent=1))


if __name__ == "__main__":
    runs_alone()
    try:
        run_command(main, PROGRAM)
    finally:
        end_silently()
