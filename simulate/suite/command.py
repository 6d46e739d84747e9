"""What ``suite`` does between its flags and its tables."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from bounds.command import SCHEMA_VERSION, print_table, result_object
from simulate.dataset import describe, provenance, save_result, stamp
from simulate.progress import reporter
from simulate.suite import tables
from simulate.suite.forecast import print_forecast
from simulate.suite.plan import Suite
from simulate.suite.prepare import prepare
from simulate.suite.results import COURSE
from simulate.suite.run import regenerate_batch, run_suite

FORMULAS = ("capacity_loss", "capacity_loss_bounds", "term_accuracy", "le_cam_bound")


def train(plan: Suite, options: dict[str, Any]) -> None:
    """Train the suite; write and print what was asked for."""
    job = prepare(plan)
    if options["dry_run"]:
        print_forecast(job, options)
        return
    with reporter(options["progress"]) as progress:
        dataset = run_suite(job, threads=options["threads"], cluster=options["cluster"], progress=progress)
    path = None
    if options["out"]:
        kept = _course(dataset) if Path(options["out"]).suffix == ".csv" else dataset
        path = str(save_result(kept, options["out"], overwrite=options["overwrite"]))
    if options["as_json"]:
        print(json.dumps(_object(dataset, path, options["curves"]), indent=1))
    else:
        tables.print_suite(dataset)
        if options["explained"]:
            from bounds.catalogue import explain

            for name in FORMULAS:
                print(f"\n{explain(name)}")
    if options["figure"]:
        # A notebook names a backend of its own in the environment, which this process may not have.
        os.environ["MPLBACKEND"] = "agg"
        from simulate.suite.figures import save_suite_figure

        save_suite_figure(dataset, options["figure"], overwrite=options["overwrite"])
    for written in (path, options["figure"]):
        if written and not options["as_json"]:
            print(f"written: {written}")


def _course(dataset: xr.Dataset) -> xr.Dataset:
    """What a .csv has a line for: each corpus, checkpoint and size."""
    names = [name for name in dataset.data_vars if set(dataset[name].dims) <= set(COURSE)]
    return dataset[names]


def _object(dataset: xr.Dataset, path: str | None, with_curves: bool) -> dict[str, Any]:
    made = json.loads(dataset.attrs["provenance"])
    found = {"schema_version": SCHEMA_VERSION, "rows": tables.rows(dataset), **tables.details(dataset)}
    if with_curves:
        found["curves"] = tables.curves(dataset)
    labels = {name: values.attrs["label"] for name, values in dataset.data_vars.items() if "label" in values.attrs}
    return found | {
        "bands": [], "labels": labels, "warnings": tables.warnings(dataset),
        "verdict": tables.verdict(dataset), "provenance": made, "path": path,
    }  # fmt: skip


def show_batch(plan: Suite, options: dict[str, Any]) -> None:
    """Regenerate one batch; write and print it."""
    step, replicate = options["batch_at"], options["replicate"]
    draws, keys = regenerate_batch(
        plan.source, step, batch=plan.batch, checkpoints=plan.checkpoints, seed=plan.seed, replicate=replicate,
        validation=plan.validation,
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
        print(json.dumps(result_object(rows, parameters, verdict=verdict) | {"path": path}, indent=1))
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
