"""``simulate corpus --sketch``: which flags go together."""

from __future__ import annotations

import click
from click.core import ParameterSource


def check_flags(context: click.Context) -> None:
    """Refuse flags that say nothing with --sketch, or nothing without it."""
    options = context.params
    given = {name for name in options if context.get_parameter_source(name) is not ParameterSource.DEFAULT}
    if not options["sketch"]:
        if "precision" in given:
            raise click.UsageError("--precision is of a sketch; pass --sketch with it, or leave it out")
        return
    if options["order"] != "file":
        raise click.UsageError(
            f"--sketch reads a text once, in file order, got --order {options['order']}; shuffle the text itself, or "
            "leave out --sketch"
        )
    if "chunk" in given:
        raise click.UsageError("--chunk is of shuffled chunks, which --sketch cannot read; pass one of them")
    if options["blocks"] and "blocks" in given:
        raise click.UsageError(
            f"--blocks {options['blocks']} is for the interval of an exponent, and --sketch fits none; pass one of them"
        )
