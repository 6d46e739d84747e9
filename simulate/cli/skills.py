"""``python -m simulate skills``; loads nothing heavy before it runs."""

from __future__ import annotations

from typing import Any

import click

from bounds.cli.process import loading
from bounds.cli.shared import Checked, Command, CountType, parse_or_fail, with_version
from bounds.cli.terminal.completion import complete_source
from simulate.cli.options import (
    cell_flags,
    check_outputs,
    check_workers,
    config_flag,
    device_flag,
    explain_flag,
    options_of,
    output_flags,
    seed_flag,
    worker_flags,
)
from simulate.running.parameters import (
    EXPONENT,
    EXPOSURES,
    FRACTION,
    KIND,
    MEMBERS,
    PARAMS_PER_SEQUENCE,
    PREFIX,
    QUORUM,
    REPLICATES,
    SKILL_ENGINE,
)

skill_flags = options_of(
    click.option(
        "--kind",
        type=Checked(KIND),
        help="Members: of their own with a mass for each skill, ranks of the source, or drawn by frequency. "
        "[default: masses, or windows with a source]",
    ),
    click.option(
        "--source",
        default="",
        metavar="SOURCE",
        shell_complete=complete_source,
        help="A source such as zipf:1.724, or corpus:FILE,unit=word.",
    ),
    click.option(
        "--n-skills", type=CountType(), metavar="J", help="Skills. [default: 1000 masses, 10 windows, 4 others]"
    ),
    click.option(
        "--members", type=Checked(MEMBERS), default=50, show_default=True, metavar="M", help="Sequences of a skill."
    ),
    click.option("--quorum", type=Checked(QUORUM), metavar="A", help="Members that it takes. [default: by --fraction]"),
    click.option(
        "--fraction", type=Checked(FRACTION), metavar="Q", help="Quorum as a part of the members. [default: 0.8]"
    ),
    click.option(
        "--exposures", type=Checked(EXPOSURES), default=1, show_default=True, metavar="K", help="Draws of a member."
    ),
    click.option(
        "--exponent",
        type=Checked(EXPONENT),
        default=1.724,
        show_default=True,
        metavar="S",
        help="Masses of skills fall as j^-S.",
    ),
    click.option(
        "--starts", type=Checked(PREFIX), metavar="GRID", help="First ranks of the windows. [default: log-spaced]"
    ),
    click.option(
        "--n-draws",
        type=Checked(PREFIX),
        metavar="GRID",
        help="Corpus sizes: 1e3:1e6:16 (log-spaced) or 1e3,1e6, ascending.",
    ),
    click.option(
        "--n-stored",
        type=Checked(PREFIX),
        metavar="GRID",
        help="Sizes of the store, ascending. [default: up to 1.2 U(D)]",
    ),
    click.option(
        "--params-per-sequence",
        "seen_params",
        type=Checked(PARAMS_PER_SEQUENCE),
        default=1.0,
        show_default=True,
        metavar="V",
        help="Parameters of a sequence.",
    ),
    click.option(
        "--replicates",
        type=Checked(REPLICATES),
        default=100,
        show_default=True,
        metavar="N",
        help="Corpora; of a text, random orders.",
    ),
    seed_flag(),
    click.option(
        "--engine",
        type=Checked(SKILL_ENGINE),
        default="auto",
        show_default=True,
        help="Draw by draw, or by times of arrival at a cost that does not depend on D.",
    ),
    device_flag("Where tokens are drawn; changes no number."),
    worker_flags(),
    cell_flags("run", "Say what would be drawn and what it would take; draw nothing."),
    click.option("--show", type=CountType(), metavar="N", help="Skills in the table. [default: 5; with --json all]"),
    output_flags,
    explain_flag,
    with_version,
    config_flag,
)
"""All flags of ``skills``."""


@click.command(cls=Command)
@skill_flags
def skills(**options: Any) -> int:
    """Simulate when skills emerge in data and in size, and lay thresholds and numbers beside the formulas.

    A skill is a group of sequences, there when a quorum of them was seen. Without a flag: a thousand skills whose
    masses fall as j^-1.724, with 50 members of which it takes 40.
    """
    check_outputs(options)
    check_workers(options)
    from simulate.studies.skills.plan import plan_of_flags

    plan = parse_or_fail(plan_of_flags, options)
    with loading():
        from simulate.cli.studies import execute

    return execute("skills", lambda: plan, options)
