"""What ``sweep`` does between its flags and its tables: a forecast, or the run with its progress and its endings."""

from __future__ import annotations

import json
import os
import sys
import warnings
from pathlib import Path
from typing import Any

import click
import xarray as xr

from bounds.command import number, print_table, result_object
from simulate.files import part_of
from simulate.forecast import check_memory, fit_seconds, forecast, memory_needed
from simulate.job import Job, prepare
from simulate.plan import DEFAULT_SOURCES, Sweep
from simulate.progress import clock, reporter
from simulate.sweeps import corpora_at_once, run_sweep

FAILED = 3
"""Exit code where some cells failed and the others were kept."""


def make_ready(options: dict[str, Any]) -> Job:
    """The sweep that the flags ask for; says which device it takes where that was left open."""
    plan = Sweep(
        options["sources"] or DEFAULT_SOURCES, options["n_draws"] or (), options["replicates"], options["seed"],
        options["engine"],
    )  # fmt: skip
    job = prepare(plan, device=options["device"])
    if options["device"] == "auto":
        print(f"device: {job.device.name} ({job.device.reason})", file=sys.stderr)
    return job


def run_or_explain(job: Job, options: dict[str, Any]) -> xr.Dataset:
    """The result of `job`; where it ends early, one sentence that says what is kept and how to go on."""
    arguments = {key: options[key] for key in ("threads", "cluster", "out", "resume", "overwrite")}
    with warnings.catch_warnings():
        warnings.showwarning = lambda message, *_, **__: print(f"! {message}", file=sys.stderr)
        warnings.simplefilter("always", UserWarning)
        try:
            with reporter(options["progress"]) as progress:
                return run_sweep(job, progress=progress, **arguments)
        except KeyboardInterrupt:
            hint = how_to_resume(options)
            if not hint:
                raise
            kept = f"{progress.state.cells} of {progress.state.all_cells} cells" if progress.state else "its cells"
            print(f"error: interrupted; {kept} are kept: {hint}", file=sys.stderr, flush=True)
            # All is unwound by now but threads in compiled loops, which a normal exit would wait for.
            os._exit(130)
        except RuntimeError as error:
            hint = how_to_resume(options)
            raise click.ClickException(" ".join(str(error).split()) + (f"; {hint}" if hint else "")) from None


def say_failures(dataset: xr.Dataset, options: dict[str, Any]) -> int:
    """The exit code, after a sentence where cells failed."""
    failed = json.loads(dataset.attrs["provenance"]).get("failed", [])
    if not failed:
        return 0
    first = failed[0]
    last = first["first"] + first["replicates"] - 1
    hint = how_to_resume(options)
    print(
        f"error: {len(failed)} of the cells failed, such as corpora {first['first']} to {last} of {first['source']} "
        f"({first['error']}); the others are kept" + (f": {hint}" if hint else ""),
        file=sys.stderr,
    )
    return FAILED


def how_to_resume(options: dict[str, Any]) -> str:
    """What to do to go on, if there is something to go on with."""
    if not options["out"] or not part_of(Path(options["out"])).exists():
        return ""
    instead = " instead of --overwrite" if options["overwrite"] else ""
    return f"run the same command with --resume{instead} to go on"


def print_forecast(job: Job, options: dict[str, Any], *, dearer: float = 1.0) -> None:
    """Print what each source would take, and all of them together. Nothing is drawn or written.

    `dearer` is how much longer a corpus takes than to count it.
    """
    rows = [found._asdict() for found in forecast(job)]
    for row in rows:
        row["seconds"] *= dearer
    at_once = corpora_at_once(job, options["threads"], options["cluster"])
    try:
        note = check_memory(job, at_once)
    except ValueError as error:
        note = str(error)
    notes = [note] if note else []
    seconds = sum(row["seconds"] for row in rows) / max(at_once, 1) + fit_seconds(job)
    who = f"{at_once} at a time" if at_once else "one core"
    verdict = (
        f"{sum(row['cells'] for row in rows)} cells, {sum(row['draws'] for row in rows):.3g} draws, about "
        f"{clock(max(seconds, 1))} on {who} and {_size(memory_needed(job, at_once))} of memory here; nothing was drawn."
    )
    if job.corpora:
        notes.append("a text is read and counted besides, some seconds for ten megabytes")
    if options["as_json"]:
        found = result_object(rows, json.loads(job.made)["parameters"], warnings=notes, verdict=verdict)
        print(json.dumps(found, indent=1))
        return
    columns = ["source", "engine", "cells", "draws", "memory of one", "time on one core"]
    cells = [
        [row["source"], row["engine"], str(row["cells"]), number(row["draws"]), _size(row["n_bytes"]),
         clock(row["seconds"]) if row["seconds"] >= 1 else "under 1 s"] for row in rows
    ]  # fmt: skip
    print_table(columns, cells, left=2)
    alike = len({(row["engine"], row["reason"]) for row in rows}) == 1
    for row in rows[:1] if alike else rows:
        print(f"{row['engine'] if alike else row['source']}: {row['reason']}")
    for note in notes:
        print(f"! {note}")
    print(verdict)


def _size(n_bytes: float) -> str:
    for unit in ("B", "KiB", "MiB"):
        if n_bytes < 1024:
            return f"{n_bytes:.0f} {unit}"
        n_bytes /= 1024
    return f"{n_bytes:.1f} GiB"
