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
    from simulate.cli.present import present
    from simulate.studies.learners.report import DEFAULT_LAWS, as_json, print_learners

    laws = options["laws"] or DEFAULT_LAWS

    def show() -> None:
        print_learners(dataset, laws)
        if options["explained"]:
            _explain(dataset)

    def draw(path: str, overwrite: bool) -> None:
        from simulate.studies.learners.figure import save_learner_figure

        save_learner_figure(dataset, laws, path, overwrite=overwrite)

    with_curves = options["curves"]
    present(dataset, options, lambda path: as_json(dataset, laws, path=path, with_curves=with_curves), show, draw)


_FORMULAS = {
    "memoriser": ("excess_loss",), "add-constant": ("forward_kl_add_constant",), "good-turing": ("pattern_loss",),
    "pitman-yor": ("pattern_loss", "pattern_loss_constant"), "store": ("capacity_loss", "capacity_loss_bounds"),
    "margin": ("top1_excess", "top1_growth_exponent"),
}  # fmt: skip


def _explain(dataset: Any) -> None:
    from bounds.catalogue import explain

    kinds = dict.fromkeys(str(name).partition(":")[0] for name in dataset.learner.values)
    names = [name for kind in kinds for name in _FORMULAS[kind]]
    for name in dict.fromkeys((*names, "exponent_lower", "exponent_upper")):
        print(f"\n{explain(name)}")
