"""What ``sweep --learner`` does between its flags and its tables."""

from __future__ import annotations

from typing import Any

import click

from bounds.base.sources import parse_source
from bounds.cli.shared import parse_or_fail
from simulate.studies.learners.names import fit_pairs, parse_tolerances

N_TESTS = 1 << 14
"""As `simulate.studies.learners.corpora.N_TESTS`, which help must not load."""


def check_learners(options: dict[str, Any]) -> None:
    """Refuse what does not go with learners, and learners that do not fit the sources; loads nothing heavy."""
    if not options["learners"]:
        for flag in ("tolerance", "test_draws"):
            if options[flag] is not None:
                raise click.UsageError(f"--{flag.replace('_', '-')} is for learners; pass --learner store, for example")
        return
    text = [source.strip().lower().startswith("corpus:") for source in options["sources"]]
    sources = [s if t else parse_source(s) for s, t in zip(options["sources"], text, strict=True)]
    found = parse_or_fail(fit_pairs, options["learners"], sources)
    if options["tolerance"] is not None:
        parse_or_fail(parse_tolerances, options["tolerance"])
        if not any(str(learner).startswith("store") for learner, _ in found):
            raise click.UsageError("--tolerance is for the size of a store; add --learner store")
    if options["engine"] not in ("auto", "tokens"):
        raise click.UsageError(f"learners see every token, which --engine {options['engine']} does not draw")


def measure_and_print(options: dict[str, Any]) -> int:
    """The sweep of learners that the flags ask for: measured, written, printed, drawn; the exit code."""
    from simulate.cli.present import explained, say_device, say_failures
    from simulate.cli.sweep import print_forecast
    from simulate.studies.learners.dataset import run_learners
    from simulate.studies.learners.job import DEARER, LearnerSweep
    from simulate.studies.sweep.job import prepare

    tolerances = parse_tolerances(options["tolerance"]) if options["tolerance"] is not None else ()
    plan = LearnerSweep(
        options["learners"], options["sources"], options["n_draws"] or (), options["replicates"], options["seed"],
        tolerances, options["test_draws"] or N_TESTS,
    )  # fmt: skip
    job = prepare(plan.counted, device=options["device"])
    say_device(job.device, options)
    if options["dry_run"]:
        print_forecast(job, options, dearer=DEARER)
        return 0
    arguments = {key: options[key] for key in ("threads", "cluster", "out", "resume", "overwrite")}
    with explained(options) as progress:
        dataset = run_learners(plan, job, progress=progress, **arguments)
    _present(dataset, options)
    return say_failures(dataset, options)


def _present(dataset: Any, options: dict[str, Any]) -> None:
    import json
    from functools import partial

    from bounds.cli.report import print_report
    from simulate.cli.present import present
    from simulate.running.view import View
    from simulate.studies.learners.report import report

    view = View(laws=tuple(options["laws"] or ()), curves=options["curves"])
    found = report(dataset, view)

    def draw(path: str, overwrite: bool) -> None:
        from simulate.running.figures import save_drawn
        from simulate.studies.learners.figure import figure

        save_drawn(partial(figure, dataset, view), path, overwrite=overwrite)

    made = json.loads(dataset.attrs["provenance"])
    show = partial(print_report, found, explained=options["explained"])
    present(dataset, options, partial(found.to_json, made), show, draw)
