"""The flags of ``suite`` as a plan, checked before anything heavy is loaded."""

from __future__ import annotations

from typing import Any

import click

from bounds.cli.shared import parse_or_fail
from simulate.cli.options import check_outputs, check_workers
from simulate.studies.suite.plan import DEFAULT_REPLICATES, PYTHIA_STEPS, Suite, ascending

_FIELDS = (
    "source", "batch", "seed", "params_per_sequence", "novelty_cost", "irreducible", "learning_probability",
    "validation",
)  # fmt: skip


def read_plan(options: dict[str, Any]) -> Suite:
    """The suite that the flags ask for; click.UsageError with one sentence where they ask for none."""
    fields = {name: options[name] for name in _FIELDS}
    for name in ("n_params", "track"):
        fields[name] = () if options[name] is None else _grid(options[name], name, 1)
    if options["match_loss"] is not None:
        fields["match_loss"] = options["match_loss"].split(",")
    steps = options["checkpoints"]
    fields["checkpoints"] = PYTHIA_STEPS if steps is None else _grid(steps, "checkpoints", 0)
    fields["replicates"] = options["replicates"] or DEFAULT_REPLICATES
    plan = parse_or_fail(_suite, fields)
    if options["replicate"] and options["batch_at"] is None:
        raise click.UsageError(
            f"--replicate {options['replicate']} is for --batch-at; pass --replicates for many corpora"
        )
    if plan.text and (options["replicates"] or 1) > 1:
        raise click.UsageError(f"a text is one corpus: leave --replicates out, got {options['replicates']}")
    if options["batch_at"] is not None and options["figure"]:
        raise click.UsageError("--batch-at gives one batch, of which there is no figure; leave --figure out")
    for flag in ("resume", "dry_run"):
        if options["batch_at"] is not None and options[flag]:
            name = flag.replace("_", "-")
            raise click.UsageError(f"--batch-at makes one batch at once: there is nothing to foresee or resume; "
                                   f"leave --{name} out")  # fmt: skip
    check_outputs(options)
    check_workers(options)
    if plan.text and options["cluster"]:
        raise click.UsageError("--cluster shares corpora, and a text is one; leave it out")
    return plan


def _suite(fields: dict[str, Any]) -> Suite:
    """The plan; what is wrong with it is said in the names of the flags."""
    try:
        return Suite(**fields)
    except ValueError as error:
        text = str(error)
        for name in fields:
            text = text.replace(name, name.replace("_", "-"))
        raise ValueError(text) from None


def _grid(text: Any, name: str, low: int) -> tuple[int, ...]:
    found: tuple[int, ...] = parse_or_fail(ascending, str(text), name=name.replace("_", "-"), low=low)
    return found
