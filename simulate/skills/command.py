"""What ``skills`` does between its flags and its tables."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import click
import xarray as xr

from bounds.command import number, result_object
from simulate.progress import clock, reporter
from simulate.skills.job import SkillJob, measure, prepare
from simulate.skills.plan import SkillPlan
from simulate.skills.summary import as_json, print_summary
from simulate.sweep_command import how_to_resume, say_device

FORMULAS = {
    "masses": ("draws_threshold", "draws_half_width.limit", "expected_skills", "expected_skills.limit"),
    "windows": ("draws_threshold_unequal.lower", "emergence_probability_unequal"),
    "frequency": ("stored_threshold", "stored_half_width.zipf_limit", "draws_threshold_frequency"),
}


def run(plan: SkillPlan, options: dict[str, Any]) -> None:
    """Simulate `plan`, write what was asked for, and print."""
    job = prepare(plan, device=options["device"])
    say_device(job.device, options)
    if options["dry_run"]:
        _print_forecast(job, options)
        return
    dataset = _measured(job, options)
    params, path = options["params_per_sequence"], options["out"]
    if options["as_json"]:
        print(json.dumps(as_json(dataset, most=options["show"], params=params, path=path), indent=1))
    else:
        print_summary(dataset, most=options["show"] or 10, params=params)
        if options["explained"]:
            _explain(job)
    if options["figure"]:
        os.environ["MPLBACKEND"] = "agg"  # that of a notebook may not be there
        from simulate.skills.figure import save_skill_figure

        overwrite = options["overwrite"] or options["resume"]
        save_skill_figure(dataset, job.groups, options["figure"], overwrite=overwrite)
    for written in (path, options["figure"]):
        if written and not options["as_json"]:
            print(f"written: {written}")


def _measured(job: SkillJob, options: dict[str, Any]) -> xr.Dataset:
    """The result of `job`; where it ends early, one sentence that says what is kept and how to go on."""
    out = options["out"] and Path(options["out"])
    arguments = {name: options[name] for name in ("threads", "cluster", "resume", "overwrite")}
    try:
        with reporter(options["progress"]) as progress:
            return measure(job, out=out or None, progress=progress, **arguments)
    except KeyboardInterrupt:
        hint = how_to_resume(options)
        if not hint:
            raise
        print(f"error: interrupted; the cells that are done are kept: {hint}", file=sys.stderr, flush=True)
        os._exit(130)  # all is unwound by now but threads in compiled loops
    except RuntimeError as error:
        hint = how_to_resume(options)
        raise click.ClickException(" ".join(str(error).split()) + (f"; {hint}" if hint else "")) from None


def _print_forecast(job: SkillJob, options: dict[str, Any]) -> None:
    plan, seconds = job.plan, job.seconds * job.replicates
    verdict = (
        f"{plan.n_skills} skills of {plan.members} members, {job.replicates} replicates by engine {job.choice.name} "
        f"({job.choice.reason}), about {clock(max(seconds, 1))} on one core; nothing was drawn."
    )
    if options["as_json"]:
        row = {"engine": job.choice.name, "n_draws": plan.n_draws[-1], "replicates": job.replicates, "seconds": seconds}
        print(json.dumps(result_object([row], json.loads(job.made)["parameters"], verdict=verdict), indent=1))
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
