"""``python -m simulate suite`` and ``batch``; loads nothing heavy before it runs."""

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
    curves_flag,
    device_flag,
    explain_flag,
    options_of,
    output_flags,
    say_moved,
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
from simulate.studies.suite.plan import DEFAULT_REPLICATES, PYTHIA_STEPS, SuitePlan, ascending

order_flags = options_of(
    click.option(
        "--source",
        metavar="SOURCE",
        shell_complete=complete_source,
        default="zipf:1.5",
        show_default=True,
        help="A source such as zipf:1.724 or corpus:FILE,unit=word.",
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
    click.option(
        "--validation",
        type=Checked(VALIDATION),
        default=1000,
        show_default=True,
        metavar="N",
        help="Draws after the last checkpoint that all models are tested on.",
    ),
)
"""What decides which sequences a suite sees in which order."""

suite_flags = options_of(
    order_flags,
    click.option(
        "--n-params",
        type=Checked(PREFIX),
        metavar="GRID",
        help="Model sizes: 10:1e5:16 (log-spaced) or 10,100,1000. [default: 16]",
    ),
    click.option("--replicates", type=Checked(REPLICATES), metavar="N", help="Corpora. [default: 32; a text is one]"),
    seed_flag(),
    click.option("--batch-at", type=CountType(low=0), hidden=True),
    click.option("--replicate", type=Checked(REPLICATE), default=0, hidden=True),
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
    device_flag("Where sequences are drawn; stores are filled on the processor alone."),
    worker_flags("Corpora at a time", "Train"),
    cell_flags("suite", "Say what would be trained and what it would take; draw nothing."),
    output_flags,
    curves_flag,
    explain_flag,
    with_version,
    config_flag,
)
"""All flags of ``suite``."""

_FIELDS = (
    "source", "batch", "seed", "params_per_sequence", "novelty_cost", "irreducible", "learning_probability",
    "validation",
)  # fmt: skip


@click.command(cls=Command)
@suite_flags
def suite(**options: Any) -> int:
    """Train models of many sizes on one corpus in one order, and look at them at every checkpoint.

    A model is a store of the sequences seen most often so far. Without a flag: 16 sizes, the 154 checkpoints of Pythia.
    """
    if options["batch_at"] is not None:
        return _forwarded(options)
    if options["replicate"]:
        raise click.UsageError(f"--replicate {options['replicate']} is of a batch; pass --replicates for many corpora")
    plan = _read_plan(options)
    if plan.text and (options["replicates"] or 1) > 1:
        raise click.UsageError(f"a text is one corpus: leave --replicates out, got {options['replicates']}")
    check_outputs(options)
    check_workers(options)
    if plan.text and options["cluster"]:
        raise click.UsageError("--cluster shares corpora, and a text is one; leave it out")
    with loading():
        from simulate.cli.studies import execute

    return execute("suite", lambda: plan, options)


@click.command(cls=Command)
@click.argument("step", type=CountType(low=0))
@order_flags
@seed_flag()
@click.option(
    "--replicate", type=Checked(REPLICATE), default=0, show_default=True, metavar="N", help="Of which corpus."
)
@device_flag("Where sequences are drawn; changes no number.")
@output_flags
@with_version
@config_flag
def batch(step: int, **options: Any) -> int:
    """Regenerate the batch that a suite learns from at STEP, alone: numbers of its draws and keys of its sequences.

    The flags are those of the suite; STEP counts from 0.
    """
    plan = _read_plan(options)
    if options["figure"]:
        raise click.UsageError("one batch has no figure; leave --figure out")
    check_outputs(options)
    with loading():
        from simulate.cli.studies import execute
        from simulate.studies.suite.batch import BatchPlan

    return execute("batch", lambda: BatchPlan(plan, step, options["replicate"]), options)


def _forwarded(options: dict[str, Any]) -> int:
    """The batch that ``suite --batch-at`` asks for."""
    for flag in ("resume", "dry_run"):
        if options[flag]:
            name = flag.replace("_", "-")
            raise click.UsageError(
                f"--batch-at makes a batch at once: there is nothing to foresee or resume; leave --{name} out"
            )
    say_moved("suite --batch-at", "batch")
    context = click.get_current_context()
    names = {param.name for param in batch.params}
    found: int = context.invoke(batch, step=options["batch_at"], **{n: v for n, v in options.items() if n in names})
    return found


def _read_plan(options: dict[str, Any]) -> SuitePlan:
    """The suite that the flags ask for; click.UsageError with one sentence where they ask for none."""
    fields = {name: options[name] for name in _FIELDS if name in options}
    for name in ("n_params", "track"):
        fields[name] = () if options.get(name) is None else _grid(options[name], name, 1)
    if options.get("match_loss") is not None:
        fields["match_loss"] = options["match_loss"].split(",")
    steps = options["checkpoints"]
    fields["checkpoints"] = PYTHIA_STEPS if steps is None else _grid(steps, "checkpoints", 0)
    fields["replicates"] = options.get("replicates") or DEFAULT_REPLICATES
    found: SuitePlan = parse_or_fail(_suite, fields)
    return found


def _suite(fields: dict[str, Any]) -> SuitePlan:
    """The plan; what is wrong with it is said in the names of the flags."""
    try:
        return SuitePlan(**fields)
    except ValueError as error:
        text = str(error)
        for name in fields:
            text = text.replace(name, name.replace("_", "-"))
        raise ValueError(text) from None


def _grid(text: Any, name: str, low: int) -> tuple[int, ...]:
    found: tuple[int, ...] = parse_or_fail(ascending, str(text), name=name.replace("_", "-"), low=low)
    return found
