"""What every command of a study does between its flags and its screen: foresee, or run, write, draw and print."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import xarray as xr

from bounds.base.arguments import printable
from bounds.base.notes import REFUSED, Note
from bounds.cli.json_text import json_text
from bounds.cli.process import silence
from bounds.cli.report import Report, print_report
from bounds.cli.shared import parse_or_fail, provenance
from bounds.cli.terminal.progress import told
from simulate.cli.endings import explained, failed_cells, say_device, say_failures
from simulate.running.dataset import made_by
from simulate.running.execution import Execution
from simulate.running.keeping.files import noun_of
from simulate.running.run import run_job
from simulate.running.showing.laws import asked_laws, shown_laws
from simulate.running.showing.view import View
from simulate.running.study import Study
from simulate.studies.registry import get_study


def execute(name: str, read_plan: Callable[[], Any], options: dict[str, Any]) -> int:
    """The study `name` with the plan that the flags ask for: foreseen, or done, written and printed; the exit code."""
    study = get_study(name)
    execution = parse_or_fail(execution_of, options)
    with told(options.get("progress")):
        job = study.prepare(parse_or_fail(read_plan), execution)
    say_device(job.device, options)
    if options.get("dry_run"):
        _print_forecast(study, job, execution, options)
        return 0
    # What has no cells has no bar of them; what is read and fitted says itself how far it is.
    cells = options if job.drawers else options | {"progress": False}
    with explained(cells) as progress, told(options.get("progress")):
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
    if failed_cells(dataset) and str(path).endswith(".zarr"):
        path = None  # it is unfinished
    written = [path] if path else []
    try:
        if options.get("figure"):
            # A notebook names a backend of its own in the environment, which this process may not have.
            os.environ["MPLBACKEND"] = "agg"
            # Who resumes a run has its figure drawn again.
            overwrite = options["overwrite"] or options.get("resume", False)
            from simulate.running.showing.figures import save_drawn  # loads matplotlib

            save_drawn(lambda: study.figure(dataset, view), options["figure"], overwrite=overwrite)
            written.append(options["figure"])
    finally:
        report = study.report(dataset, view)
        _show(report, options, made_by(dataset), path, written)


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
