"""The flags of ``suite``; loads nothing heavy."""

from __future__ import annotations

import click

from bounds.cli.shared import Checked, CountType, with_version
from simulate.cli.options import (
    cell_flags,
    config_flag,
    device_flag,
    explain_flag,
    options_of,
    output_flags,
    progress_flag,
    seed_flag,
    worker_flags,
)
from simulate.running.parameters import (
    BATCH,
    IRREDUCIBLE,
    LEARNING_PROBABILITY,
    LOSSES,
    NOVELTY_COST,
    PARAMS_PER_SEQUENCE,
    PREFIX,
    REPLICATE,
    REPLICATES,
    VALIDATION,
)

suite_flags = options_of(
    click.option(
        "--source",
        metavar="SOURCE",
        default="zipf:1.5",
        show_default=True,
        help="A source such as zipf:1.724 or corpus:FILE,unit=word.",
    ),
    click.option(
        "--n-params",
        type=Checked(PREFIX),
        metavar="GRID",
        help="Model sizes: 10:1e5:16 (log-spaced) or 10,100,1000. [default: 16]",
    ),
    click.option(
        "--checkpoints",
        type=Checked(PREFIX),
        metavar="GRID",
        help="Steps at which models are looked at, such as 0,1,2,4,8. [default: the 154 of Pythia]",
    ),
    click.option(
        "--batch",
        type=Checked(BATCH),
        metavar="N",
        help="Sequences in a batch. [default: 8; of a text, as many as there are]",
    ),
    click.option("--replicates", type=Checked(REPLICATES), metavar="N", help="Corpora. [default: 32; a text is one]"),
    seed_flag(),
    click.option(
        "--params-per-sequence",
        type=Checked(PARAMS_PER_SEQUENCE),
        default=1.0,
        show_default=True,
        metavar="X",
        help="Parameters that store one sequence.",
    ),
    click.option(
        "--novelty-cost",
        type=Checked(NOVELTY_COST),
        default=1.0,
        show_default=True,
        metavar="NATS",
        help="Loss of a sequence that is not stored, above that of one that is.",
    ),
    click.option(
        "--irreducible",
        type=Checked(IRREDUCIBLE),
        default=0.0,
        show_default=True,
        metavar="NATS",
        help="Loss of a sequence that is stored.",
    ),
    click.option(
        "--learning-probability",
        type=Checked(LEARNING_PROBABILITY),
        default=1.0,
        show_default=True,
        metavar="P",
        help="Chance that one exposure teaches a sequence.",
    ),
    click.option(
        "--track",
        type=Checked(PREFIX),
        metavar="GRID",
        help="Ranks of sequences to follow. [default: 13 around the middle size]",
    ),
    click.option(
        "--match-loss",
        type=Checked(LOSSES),
        metavar="LOSSES",
        help="Losses to compare sizes at, such as 0.05,0.02. [default: three]",
    ),
    click.option(
        "--validation",
        type=Checked(VALIDATION),
        default=1000,
        show_default=True,
        metavar="N",
        help="Draws after the last checkpoint that all models are tested on.",
    ),
    click.option(
        "--batch-at",
        type=CountType(low=0),
        metavar="STEP",
        help="Only regenerate the batch that step STEP learns from, alone.",
    ),
    click.option(
        "--replicate",
        type=Checked(REPLICATE),
        default=0,
        show_default=True,
        metavar="N",
        help="With --batch-at: of which corpus.",
    ),
    device_flag("Where sequences are drawn; stores are filled on the processor alone."),
    worker_flags("Corpora at a time", "Train"),
    cell_flags("suite", "Say what would be trained and what it would take; draw nothing."),
    output_flags,
    click.option("--curves", is_flag=True, help="With --json: also every checkpoint."),
    explain_flag("Also print the formulas."),
    progress_flag,
    with_version,
    config_flag,
)
"""All flags of ``suite``."""
