"""What ``suite`` does between its flags and its tables."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import xarray as xr

from bounds.cli.json_text import json_text
from bounds.cli.printing import print_table
from bounds.cli.report import print_report
from bounds.cli.shared import result_object
from simulate.cli.present import explained, present, say_device, say_failures
from simulate.running.dataset import describe, provenance, save_result, stamp
from simulate.running.progress import clock, size_of
from simulate.running.run import corpora_at_once
from simulate.running.view import View
from simulate.studies.suite.cost import check_memory, memory_needed
from simulate.studies.suite.job import Job
from simulate.studies.suite.plan import Suite
from simulate.studies.suite.prepare import prepare, suite_device
from simulate.studies.suite.report import report
from simulate.studies.suite.run import regenerate_batch, run_suite


def train(plan: Suite, options: dict[str, Any]) -> int:
    """Train the suite, or say what that would take; write and print what was asked for; the exit code."""
    job = prepare(plan, device=options["device"])
    say_device(job.device, options)
    if options["dry_run"]:
        _print_forecast(job, options)
        return 0
    arguments = {name: options[name] for name in ("threads", "cluster", "out", "resume", "overwrite")}
    with explained(options) as progress:
        dataset = run_suite(job, progress=progress, **arguments)
    _present(dataset, options)
    return say_failures(dataset, options)


def _present(dataset: xr.Dataset, options: dict[str, Any]) -> None:
    view = View(curves=options["curves"])
    made = report(dataset, view)

    def draw(path: str, overwrite: bool) -> None:
        from simulate.running.figures import save_drawn
        from simulate.studies.suite.figure import figure

        save_drawn(lambda: figure(dataset, view), path, overwrite=overwrite, dpi=130)

    def as_json(path: str | None) -> dict[str, Any]:
        return made.to_json(json.loads(dataset.attrs["provenance"]), path)

    present(dataset, options, as_json, lambda: print_report(made, explained=options["explained"]), draw)


def _print_forecast(job: Job, options: dict[str, Any]) -> None:
    at_once, (seconds, n_bytes) = corpora_at_once(options["threads"], options["cluster"]), job.cost
    try:
        note = check_memory(job, at_once)
    except ValueError as error:
        note = str(error)
    plan, needed, cells = job.plan, memory_needed(job, at_once), len(job.cells_of(job.size))
    row: dict[str, Any] = {
        "source": plan.source, "n_draws": job.n_draws, "replicates": plan.replicates, "cells": cells,
        "n_unique_expected": round(job.n_unique), "seconds": seconds * plan.replicates,
        "n_bytes": n_bytes, "n_bytes_in_all": needed,
    }  # fmt: skip
    working = min(at_once, cells) or 1
    verdict = (
        f"{plan.replicates} {'corpus' if plan.replicates == 1 else 'corpora'} of {job.n_draws:.3g} draws in {cells} "
        f"cells, {working} at a time: about {clock(max(row['seconds'] / working, 1))} and {size_of(needed)} of memory "
        "here; nothing was drawn."
    )
    notes = [note] if note else []
    if options["as_json"]:
        print(json_text(result_object([row], json.loads(job.made)["parameters"], warnings=notes, verdict=verdict)))
        return
    sizes = f"{len(plan.n_params)} sizes from N = {plan.n_params[0]} to {plan.n_params[-1]}"
    print(f"{sizes}, {len(plan.checkpoints)} checkpoints")
    print(f"one corpus: about {row['n_unique_expected']} distinct sequences and {size_of(n_bytes)} of memory")
    for text in (*job.notes, *notes):
        print(f"! {text}")
    print(verdict)


def show_batch(plan: Suite, options: dict[str, Any]) -> None:
    """Regenerate one batch; write and print it."""
    step, replicate = options["batch_at"], options["replicate"]
    device = suite_device(plan, options["device"])
    say_device(device, options)
    draws, keys = regenerate_batch(
        plan.source, step, batch=plan.batch, checkpoints=plan.checkpoints, seed=plan.seed, replicate=replicate,
        validation=plan.validation, device=device.name,
    )  # fmt: skip
    parameters = {"source": plan.source, "step": step, "batch": len(draws), "seed": plan.seed, "replicate": replicate}
    path = None
    if options["out"]:
        path = str(save_result(_batch_dataset(draws, keys, parameters), options["out"], overwrite=options["overwrite"]))
    rows = [{"draw": int(draw), "key": int(key)} for draw, key in zip(draws, keys, strict=True)]
    verdict = (
        f"Step {step} of {plan.source} learns from the draws {draws[0]} to {draws[-1]}; "
        f"{len(np.unique(keys))} of their sequences are different."
    )
    if options["as_json"]:
        print(json_text(result_object(rows, parameters, verdict=verdict) | {"path": path}, indent=1))
        return
    shown = rows if len(rows) <= 64 else [*rows[:32], *rows[-32:]]
    print_table(["draw", "key"], [[str(row["draw"]), str(row["key"])] for row in shown], left=1)
    if len(shown) < len(rows):
        print(f"The first and the last 32 of {len(rows)}; --out or --json gives all.")
    print(f"Equal keys are equal sequences. {verdict}")
    if path:
        print(f"written: {path}")


def _batch_dataset(draws: np.ndarray, keys: np.ndarray, parameters: dict[str, Any]) -> xr.Dataset:
    dataset = xr.Dataset({"key": ("draw", keys)}, coords={"draw": draws})
    return stamp(describe(dataset), provenance(parameters, command="suite --batch-at"))
