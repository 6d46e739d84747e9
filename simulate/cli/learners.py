"""``python -m simulate learners``; loads nothing heavy before it runs."""

from __future__ import annotations

from typing import Any

import click

from bounds.base.sources import parse_source
from bounds.cli.process import loading
from bounds.cli.shared import Checked, Command, parse_or_fail, with_version
from bounds.cli.terminal.completion import completing
from simulate.cli.options import (
    cell_flags,
    check_laws,
    check_outputs,
    check_sources,
    check_workers,
    config_flag,
    curves_flag,
    device_flag,
    explain_flag,
    grid_flag,
    law_flag,
    options_of,
    output_flags,
    replicates_flag,
    say_moved,
    seed_flag,
    sources_flag,
    worker_flags,
)
from simulate.running.parameters import TEST_DRAWS, TOLERANCES
from simulate.studies.learners.names import EXAMPLES, fit_pairs, parse_tolerances

learner_flags = options_of(
    click.option(
        "--learner", "learners", multiple=True, metavar="NAME", shell_complete=completing(lambda: EXAMPLES),
        help="memoriser, add-constant:1, good-turing, pitman-yor:0.72, store:1000, margin:0.3333 or all; may be "
        "repeated. Each brings its own source. [default: all]",
    ),
    click.option(
        "--tolerance", "tolerances", type=Checked(TOLERANCES), metavar="T[,T...]",
        help="With the learner store: its efficient size, at 0,0.01 nats or 10%.",
    ),
    click.option("--test-draws", type=Checked(TEST_DRAWS), metavar="N", help="Draws to test on. [default: 16384]"),
)  # fmt: skip


@click.command(cls=Command)
@learner_flags
@sources_flag("A source such as zipf:1.724 or corpus:FILE,unit=word; may be repeated. [default: those of the learners]")
@grid_flag
@replicates_flag
@seed_flag()
@device_flag("Where tokens are drawn; changes no number.")
@worker_flags()
@cell_flags("sweep of learners", "Say what would be drawn and what it would take; draw nothing.")
@law_flag
@output_flags
@curves_flag
@explain_flag
@with_version
@config_flag
def learners(**options: Any) -> int:
    """Measure what learners lose of drawn corpora, and which exponent each would read off a loss law.

    Without a flag: four learners, each with a source of its own, 32 corpora each, up to a million draws.
    """
    check_sources(options["sources"])
    check_laws(options["laws"])
    check_outputs(options)
    check_workers(options)
    options["learners"] = options["learners"] or ("all",)
    _check_pairs(options)
    return _execute(options)


def forwarded(options: dict[str, Any]) -> int:
    """The same, as ``sweep --learner`` asked for it."""
    if options["engine"] not in ("auto", "tokens"):
        raise click.UsageError(f"learners see every token, which --engine {options['engine']} does not draw")
    _check_pairs(options)
    say_moved("sweep --learner", "learners --learner")
    return _execute(options)


def _check_pairs(options: dict[str, Any]) -> None:
    """Refuse learners that do not fit the sources, and tolerances without a store; loads nothing heavy."""
    text = [source.strip().lower().startswith("corpus:") for source in options["sources"]]
    sources = [s if t else parse_source(s) for s, t in zip(options["sources"], text, strict=True)]
    found = parse_or_fail(fit_pairs, options["learners"], sources)
    if options["tolerances"] is not None:
        parse_or_fail(parse_tolerances, options["tolerances"])
        if not any(str(learner).startswith("store") for learner, _ in found):
            raise click.UsageError("--tolerance is for the size of a store; add --learner store")


def _execute(options: dict[str, Any]) -> int:
    with loading():
        from simulate.cli.studies import execute
        from simulate.studies.learners.job import LearnerPlan

    def plan() -> LearnerPlan:
        fields = {
            name: options[name] for name in ("learners", "sources", "replicates", "seed", "test_draws", "n_draws")
        }
        given = {name: value for name, value in fields.items() if value is not None}
        wanted = options["tolerances"]
        return LearnerPlan(tolerances=() if wanted is None else parse_tolerances(wanted), **given)

    return execute("learners", plan, options)
