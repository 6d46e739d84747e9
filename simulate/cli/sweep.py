"""What ``sweep`` does between its flags and its tables: a forecast, or the run and what is shown of it."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import xarray as xr

from bounds.base.arguments import printable
from bounds.cli.json_text import json_text
from bounds.cli.printing import number, print_table
from bounds.cli.report import print_report
from bounds.cli.shared import result_object
from simulate.cli.present import explained, present, say_device, say_failures
from simulate.running.cost import check_memory, fit_seconds, forecast, memory_needed
from simulate.running.progress import clock, size_of
from simulate.running.view import View
from simulate.studies.sweep.dataset import at_work, run_sweep
from simulate.studies.sweep.job import Job, prepare
from simulate.studies.sweep.plan import DEFAULT_SOURCES, Sweep
from simulate.studies.sweep.report import report


def run(options: dict[str, Any]) -> int:
    """The sweep that the flags ask for: foreseen, or drawn, written and printed; the exit code."""
    job = _make_ready(options)
    if options["dry_run"]:
        print_forecast(job, options)
        return 0
    arguments = {key: options[key] for key in ("threads", "cluster", "out", "resume", "overwrite")}
    with explained(options) as progress:
        dataset = run_sweep(job, progress=progress, **arguments)
    present_sweep(dataset, options)
    return say_failures(dataset, options)


def _make_ready(options: dict[str, Any]) -> Job:
    """The sweep that the flags ask for; says which device it takes where that was left open."""
    plan = Sweep(
        options["sources"] or DEFAULT_SOURCES, options["n_draws"] or (), options["replicates"], options["seed"],
        options["engine"],
    )  # fmt: skip
    job = prepare(plan, device=options["device"])
    say_device(job.device, options)
    return job


def present_sweep(dataset: xr.Dataset, options: dict[str, Any]) -> None:
    """Print a sweep, draw its figure, and say what was written."""
    view = View(laws=tuple(options["laws"] or ()), curves=options["curves"])
    found = report(dataset, view)

    def draw(path: str, overwrite: bool) -> None:
        from simulate.running.figures import save_drawn
        from simulate.studies.sweep.figure import figure

        save_drawn(partial(figure, dataset, view), path, overwrite=overwrite)

    made = json.loads(dataset.attrs["provenance"])
    show = partial(print_report, found, explained=options["explained"])
    present(dataset, options, partial(found.to_json, made), show, draw)


def print_forecast(job: Job, options: dict[str, Any], *, dearer: float = 1.0) -> None:
    """Print what each source would take, and all of them together. Nothing is drawn or written.

    `dearer` is how much longer a corpus takes than to count it.
    """
    rows = [found._asdict() for found in forecast(job)]
    for row in rows:
        row["seconds"] *= dearer
    at_once = at_work(job, options["threads"], options["cluster"])
    try:
        note = check_memory(job, at_once)
    except ValueError as error:
        note = str(error)
    notes = [note] if note else []
    seconds = sum(row["seconds"] for row in rows) / max(at_once, 1) + fit_seconds(job)
    who = f"{at_once} at a time" if at_once else "one core"
    memory = size_of(memory_needed(job, at_once))
    verdict = (
        f"{sum(row['cells'] for row in rows)} cells, {sum(row['draws'] for row in rows):.3g} draws, about "
        f"{clock(max(seconds, 1))} on {who} and {memory} of memory here; nothing was drawn."
    )
    if job.corpora:
        notes.append("a text is read and counted besides, some seconds for ten megabytes")
    if options["as_json"]:
        found = result_object(rows, json.loads(job.made)["parameters"], warnings=notes, verdict=verdict)
        print(json_text(found, indent=1))
        return
    columns = ["source", "engine", "cells", "draws", "memory of one", "time on one core"]
    cells = [
        [row["source"], row["engine"], str(row["cells"]), number(row["draws"]), size_of(row["n_bytes"]),
         clock(row["seconds"]) if row["seconds"] >= 1 else "under 1 s"] for row in rows
    ]  # fmt: skip
    print_table(columns, cells, left=2)
    alike = len({(row["engine"], row["reason"]) for row in rows}) == 1
    for row in rows[:1] if alike else rows:
        print(f"{row['engine'] if alike else printable(row['source'])}: {row['reason']}")
    for note in notes:
        print(f"! {note}")
    print(verdict)
