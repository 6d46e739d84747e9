"""What every command of a study does between its flags and its screen: foresee, or run, write, draw and print."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import click
import xarray as xr

from bounds.base.arguments import printable
from bounds.base.notes import REFUSED, Note
from bounds.cli.json_text import json_text
from bounds.cli.process import silence
from bounds.cli.report import Listing, Report, print_report
from bounds.cli.shared import parse_or_fail, provenance
from simulate.cli.endings import explained, failed_cells, say_device, say_failures
from simulate.running.dataset import made_by
from simulate.running.execution import Execution
from simulate.running.keeping.files import command_of, noun_of
from simulate.running.run import run_job
from simulate.running.showing.laws import asked_laws, shown_laws
from simulate.running.showing.view import View
from simulate.running.study import Study
from simulate.studies.registry import get_study

if TYPE_CHECKING:
    from bounds.cli.pages.page import Section


def execute(name: str, read_plan: Callable[[], Any], options: dict[str, Any]) -> int:
    """The study `name` with the plan that the flags ask for: foreseen, or done, written and printed; the exit code."""
    study = get_study(name)
    execution = parse_or_fail(execution_of, options)
    job = study.prepare(parse_or_fail(read_plan), execution)
    say_device(job.device, options)
    if options.get("dry_run"):
        _print_forecast(study, job, execution, options)
        return 0
    with explained(options, cells=bool(job.drawers)) as progress:
        dataset = run_job(study, job, replace(execution, progress=progress))
    present(study, dataset, options)
    return say_failures(dataset, options)


def execution_of(options: dict[str, Any]) -> Execution:
    """What the flags say of how the work is done."""
    names = ("device", "threads", "cluster", "memory", "out", "resume", "overwrite")
    given = {name: options[name] for name in names if name in options}
    return Execution(**given, laws=asked_laws(options.get("laws") or ()))


def view_of(options: dict[str, Any], dataset: xr.Dataset) -> View:
    """What the flags say of what is to be seen of `dataset`, with the laws that it keeps where they name none."""
    laws = parse_or_fail(shown_laws, tuple(options.get("laws") or ()), made_by(dataset))
    return View(
        laws=laws, curves=options.get("curves", False), most=options.get("show"),
        params_per_sequence=options.get("seen_params", 1.0),
    )  # fmt: skip


def present(study: Study, dataset: xr.Dataset, options: dict[str, Any]) -> None:
    """Draw the figure that was asked for, then print the report, or its JSON object.

    Whoever reads what is printed may stop at the first lines, so that the figure comes first; where it fails, all else
    is printed all the same. A reader who has gone changes no exit code.
    """
    view, path = view_of(options, dataset), options.get("out")
    # Who resumes a run has its figure drawn again, and its page written.
    overwrite = options.get("overwrite", False) or options.get("resume", False)
    if failed_cells(dataset) and str(path).endswith(".zarr"):
        path = None  # it is unfinished
    written = [path] if path else []
    try:
        if options.get("figure"):
            # A notebook names a backend of its own in the environment, which this process may not have.
            os.environ["MPLBACKEND"] = "agg"
            from simulate.running.showing.figures import save_drawn  # loads matplotlib

            drawn = replace(view, figure=_picture(study, options))
            save_drawn(lambda: study.figure(dataset, drawn), options["figure"], overwrite=overwrite)
            written.append(options["figure"])
        if options.get("page"):
            from bounds.cli.pages.page import save_page

            save_page([section_of(study, dataset, options)], options["page"], overwrite=overwrite)
            written.append(options["page"])
    finally:
        report = study.report(dataset, view)
        _show(report, options, made_by(dataset), path, written)


def section_of(study: Study, dataset: xr.Dataset, options: dict[str, Any], name: str = "") -> Section:
    """What a page has of a result; `name` is that of its file."""
    from bounds.cli.pages.page import Section

    view, made = view_of(options, dataset), made_by(dataset)
    command, when = _command(study.name), {key: dataset.attrs[key] for key in ("created_at",) if key in dataset.attrs}
    kind, asked = f"simulate {study.name}{name and f', {name}'}", str(command.help).partition("\n")[0]
    # A study without a figure says so itself.
    figures = [partial(study.figure, dataset, replace(view, figure=one)) for one in study.figures or ("",)]
    return Section(kind, study.report(dataset, view), asked, commands_of(made, options, name), made | when, figures)


def _picture(study: Study, options: dict[str, Any]) -> str:
    """The figure that --view names, or the main one; UsageError where `study` has it not."""
    name = options.get("picture") or ""
    if name and name not in study.figures:
        raise click.UsageError(
            f"this result is a {noun_of(study.name)}, which has one figure and no {name}; leave --view out"
        )
    return name


def paged(sections: Sequence[Section], options: dict[str, Any]) -> None:
    """Say what stands on a page that was written: the answer of each of its results."""
    number = f"{len(sections)} result{'s' * (len(sections) != 1)}"
    answer = f"{printable(options['page'])} holds {number}, and is one file that loads nothing."
    told = [(one.kind.partition(", ")[2] or one.kind, one.report.answer) for one in sections]
    rows = [{"result": name, "verdict": verdict} for name, verdict in told]
    report = Report(answer, lists=[Listing(told)], data={"rows": rows})
    _show(report, options, provenance({"laws": list(options["laws"])}), options["page"])


def _command(name: str) -> click.Command:
    """The command called `name`, beside the one that is at work."""
    group = click.get_current_context().find_root().command
    assert isinstance(group, click.Group)
    return group.commands[name]


def commands_of(made: dict[str, Any], options: dict[str, Any], name: str = "") -> list[str]:
    """What makes the result with the provenance `made` again: its command, and where it was fitted again that too."""
    from bounds.cli.pages.command_lines import spelled_out
    from simulate.studies.asked_again import asked_again

    program, values = "python -m simulate", asked_again(made, options.get("laws") or ())
    if options.get("seen_params", 1.0) != 1.0:
        values["seen_params"] = options["seen_params"]
    found = [spelled_out(program, _command(command_of(made)), values)]
    if again := made.get("refit"):
        kept = {**again, "result": name or "RESULT", "laws": values["laws"]}
        found.append(spelled_out(program, _command("fit"), kept))
    return found


def _show(report: Report, options: dict[str, Any], made: Any, path: str | None = None, written: Any = ()) -> None:
    try:
        if options["as_json"]:
            print(json_text(report.to_json(made, path), indent=1))
        else:
            print_report(report, explained=options.get("explained", False))
            print("".join(f"written: {printable(str(name))}\n" for name in written), end="")
        sys.stdout.flush()
    except BrokenPipeError:
        silence(sys.stdout)  # whoever read has seen enough


def _print_forecast(study: Study, job: Any, execution: Execution, options: dict[str, Any]) -> None:
    """Print what `job` would take, memory that is not there included; nothing is drawn or written."""
    try:
        note = execution.check_memory(job, noun_of(study.name))
    except ValueError as error:
        note = str(error)
    report: Report = job.forecast(execution.at_once(job.device.name))
    if note:
        report = replace(report, notes=[Note(REFUSED, note), *report.notes])
    _show(report, options, provenance(json.loads(job.made)["parameters"]))
