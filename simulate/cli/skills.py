"""What ``skills`` does between its flags and its tables."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import xarray as xr

from bounds.cli.json_text import json_text
from bounds.cli.printing import number
from bounds.cli.report import print_report
from bounds.cli.shared import result_object
from simulate.cli.present import explained, present, say_device, say_failures
from simulate.running.progress import clock
from simulate.running.view import View
from simulate.studies.skills.job import SkillJob, measure, prepare
from simulate.studies.skills.plan import SkillPlan
from simulate.studies.skills.report import report


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
    _present(dataset, options)
    return say_failures(dataset, options)


def _present(dataset: xr.Dataset, options: dict[str, Any]) -> None:
    view = View(most=options["show"], params_per_sequence=options["params_per_sequence"])
    made = report(dataset, view)

    def draw(path: str, overwrite: bool) -> None:
        from simulate.running.figures import save_drawn
        from simulate.studies.skills.figure import figure

        save_drawn(lambda: figure(dataset, view), path, overwrite=overwrite)

    def as_json(path: str | None) -> dict[str, Any]:
        return made.to_json(json.loads(dataset.attrs["provenance"]), path)

    present(dataset, options, as_json, lambda: print_report(made, explained=options["explained"]), draw)


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
