"""``python -m simulate sweep``; loads nothing heavy before it runs."""

from __future__ import annotations

from typing import Any

import click

from bounds.cli.process import loading
from bounds.cli.shared import Checked, Command, with_version
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
    picture_flag,
    replicates_flag,
    seed_flag,
    sources_flag,
    worker_flags,
)
from simulate.running.parameters import ENGINE, TEST_DRAWS, TOLERANCES


@click.command(cls=Command)
@sources_flag("A source such as zipf:1.724 or corpus:FILE,unit=word; may be repeated. [default: five]")
@grid_flag
@replicates_flag
@seed_flag()
@click.option(
    "--engine", type=Checked(ENGINE), default="auto", show_default=True,
    help="How corpora are drawn: token by token, new types alone, as Gaussian paths; analytic: expectations alone.",
)  # fmt: skip
@device_flag("Where tokens are drawn; changes no number.")
@worker_flags()
@options_of(
    click.option("--learner", "learners", multiple=True, hidden=True),
    click.option("--tolerance", "tolerances", type=Checked(TOLERANCES), hidden=True),
    click.option("--test-draws", type=Checked(TEST_DRAWS), hidden=True),
)
@cell_flags("sweep", "Say what would be drawn, how, and what it would take; draw nothing.")
@law_flag
@output_flags
@picture_flag
@curves_flag
@explain_flag
@with_version
@config_flag
def sweep(**options: Any) -> int:
    """Draw corpora, count distinct sequences, fit the exponent, and lay it beside those of the loss laws.

    Without a flag: five sources with known exponents, 32 corpora each, up to a million draws.
    """
    check_sources(options["sources"])
    check_laws(options["laws"])
    check_outputs(options)
    check_workers(options)
    if options["learners"]:
        from simulate.cli.learners import forwarded

        return forwarded(options)
    for flag in ("tolerances", "test_draws"):
        if options[flag] is not None:
            name = {"tolerances": "tolerance", "test_draws": "test-draws"}[flag]
            raise click.UsageError(f"--{name} is for learners; use python -m simulate learners")
    with loading():
        from simulate.cli.studies import execute
        from simulate.studies.sweep.plan import DEFAULT_SOURCES, Sweep

    return execute(
        "sweep", lambda: Sweep(
            options["sources"] or DEFAULT_SOURCES, options["n_draws"] or (), options["replicates"], options["seed"],
            options["engine"],
        ), options,
    )  # fmt: skip
