"""``python -m simulate corpus``; loads nothing heavy before it runs."""

from __future__ import annotations

from typing import Any

import click
from click.core import ParameterSource

from bounds.base.quantities import parse_list
from bounds.cli.process import loading
from bounds.cli.shared import Checked, Command, CountType, parse_or_fail, with_version
from bounds.cli.terminal.completion import files as complete_files
from simulate.cli.options import (
    READING,
    check_outputs,
    check_workers,
    cluster_flag,
    config_flag,
    curves_flag,
    explain_flag,
    output_flags,
    picture_flag,
    seed_flag,
)
from simulate.cli.texts.flags import asked_unit, blocks_flag, text_flags
from simulate.running.parameters import AT, MEMORY, ORDER, extrapolated_factors


@click.command(cls=Command)
@click.argument("files", nargs=-1, required=True, metavar="FILE...", shell_complete=complete_files)
@text_flags
@click.option(
    "--at", type=Checked(AT), metavar="GRID",
    help="Prefixes in units: 1000,1e5,all or 1e3:1e6:25. [default: 25, log-spaced]",
)  # fmt: skip
@click.option("--order", type=Checked(ORDER), default="file", show_default=True,
    help="Order of the text: as in files, these in the order of their names; documents or chunks shuffled; rarefaction "
    "is the mean over all orders of windows.",
)  # fmt: skip
@click.option(
    "--chunk", type=CountType(), default=1000, show_default=True, metavar="N", help="Units in a shuffled chunk."
)
@blocks_flag
@click.option(
    "--extrapolate", default="2x,10x", show_default=True, metavar="TIMES",
    help="How many times as much text to look ahead; none for not at all.",
)  # fmt: skip
@click.option("--sketch", is_flag=True, help="Estimate the counts in one pass and in memory that no text fills.")
@click.option(
    "--precision", type=CountType(low=4, high=18), default=14, show_default=True, metavar="P",
    help="With --sketch: 2^P registers, standard error 1.04/2^(P/2).",
)  # fmt: skip
@click.option(
    "--memory", type=Checked(MEMORY), metavar="SIZE",
    help="Memory that it may take, such as 2GiB; more goes to temporary files, beside --out or in TMPDIR. [default: "
    "half of what is there] With --cluster it is of each worker.",
)  # fmt: skip
@cluster_flag("Read and count")
@seed_flag("the shuffle, or of the hash functions of a sketch")
@click.option("--loss", is_flag=True, help="Teach it to learners instead: `simulate loss`, which has flags of its own.")
@click.option("--law", "laws", multiple=True, hidden=True)
@output_flags
@picture_flag
@curves_flag
@explain_flag
@with_version
@config_flag
def corpus(lengths: str, **options: Any) -> int:
    """Count distinct windows of real text exactly, and fit how they grow; or estimate the counts (--sketch).

    FILE is text, JSON lines, Parquet or token ids, plain or .gz or .zst; a folder, a pattern, a URL, or - for standard
    input. Several files are counted together, in the order of their names; no window joins two.
    """
    wanted = tuple(parse_or_fail(parse_list, lengths, name="length"))
    parse_or_fail(extrapolated_factors, options["extrapolate"])
    check_outputs(options)
    check_workers(options)
    if options["laws"]:
        raise click.UsageError(
            "--law is of the bounds: a text's windows are not a loss law's sequences; see python -m bounds band"
        )
    if options["loss"]:
        from simulate.cli.texts.loss import forwarded

        return forwarded(options | {"lengths": lengths})
    context = click.get_current_context()
    _check_flags(context)
    options["unit"] = asked_unit(context)
    with loading():
        from simulate.cli.studies import execute
        from simulate.studies.text.plan import TextPlan
        from simulate.text.reading.asked import ReadOptions

    def plan() -> TextPlan:
        reading = ReadOptions(**{name: options[name] for name in READING})
        return TextPlan(lengths=wanted, reading=reading, **{name: options[name] for name in names})

    names = ("files", "unit", "at", "order", "chunk", "blocks", "extrapolate", "sketch", "precision", "seed")
    return execute("corpus", plan, options)


def _check_flags(context: click.Context) -> None:
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
    if "memory" in given and options["cluster"] is None:
        raise click.UsageError(
            "--memory is of exact counts; --sketch takes no more for a longer text, so leave out one of them"
        )
    if "chunk" in given:
        raise click.UsageError("--chunk is of shuffled chunks, which --sketch cannot read; pass one of them")
    if options["blocks"] and "blocks" in given:
        raise click.UsageError(
            f"--blocks {options['blocks']} is for the interval of an exponent, and --sketch fits none; pass one of them"
        )
