"""What ``skills`` does between its flags and its tables."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import xarray as xr

from bounds.cli.json_text import json_text
from bounds.cli.printing import number
from bounds.cli.shared import result_object
from simulate.cli.present import explained, present, say_device, say_failures
from simulate.running.progress import clock
from simulate.studies.skills.job import SkillJob, measure, prepare
from simulate.studies.skills.plan import SkillPlan
from simulate.studies.skills.report import as_json, print_summary

FORMULAS = {
    "masses": ("draws_threshold", "draws_half_width.limit", "expected_skills", "expected_skills.limit"),
    "windows": ("draws_threshold_unequal.lower", "emergence_probability_unequal"),
    "frequency": ("stored_threshold", "stored_half_width.zipf_limit", "draws_threshold_frequency"),
}


def run(plan: SkillPlan, options: dict[str, Any]) -> int:
    """Simulate `plan`, write what was asked for, and print; the exit code."""
    job = prepare(plan, device=options["device"])
    say_device(job.device, options)
    if options["dry_run"]:
        _print_forecast(job, options)
        return 0
    arguments = {name: options[name] for name in ("threads", "cluster", "resume", "overwrite")}
    with explained(options) as progress:
        dataset = measure(job, out=Path(options["out"]) if options["out"] else None, progress=progress, **arguments)
    _present(dataset, job, options)
    return say_failures(dataset, options)


def _present(dataset: xr.Dataset, job: SkillJob, options: dict[str, Any]) -> None:
    params, most = options["params_per_sequence"], options["show"]

    def show() -> None:
        print_summary(dataset, most=most or 10, params=params)
        if options["explained"]:
            _explain(job)

    def draw(path: str, overwrite: bool) -> None:
        from simulate.studies.skills.figure import save_skill_figure

        save_skill_figure(dataset, job.groups, path, overwrite=overwrite)

    present(dataset, options, lambda path: as_json(dataset, most=most, params=params, path=path), show, draw)


def _print_forecast(job: SkillJob, options: dict[str, Any]) -> None:
    plan, seconds = job.plan, job.seconds * job.replicates
    verdict = (
        f"{plan.n_skills} skills of {plan.members} members, {job.replicates} replicates by engine {job.choice.name} "
        f"({job.choice.reason}), about {clock(max(seconds, 1))} on one core; nothing was drawn."
    )
    if options["as_json"]:
        row = {"engine": job.choice.name, "n_draws": plan.n_draws[-1], "replicates": job.replicates, "seconds": seconds}
        print(json_text(result_object([row], json.loads(job.made)["parameters"], verdict=verdict), indent=1))
        return
    for letter, sizes in (("D", plan.n_draws), ("n", plan.n_stored)):
        print(f"{letter} from {number(sizes[0], 4)} to {number(sizes[-1], 4)} in {len(sizes)} sizes")
    print(verdict)


def _explain(job: SkillJob) -> None:
    from bounds.catalogue import explain

    print(f"\nengine: {job.choice.name} ({job.choice.reason})")
    for name in (*FORMULAS[job.plan.kind], "median_representation", "can_scaling_help"):
        print(f"\n{explain(name)}")
    sys.stdout.flush()
