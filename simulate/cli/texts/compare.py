"""``python -m simulate compare``; loads nothing heavy before it runs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import click

from bounds.base.quantities import parse_list
from bounds.cli.process import loading
from bounds.cli.shared import Checked, Command, parse_or_fail, with_version
from simulate.cli.options import (
    READING,
    check_outputs,
    check_workers,
    cluster_flag,
    config_flag,
    explain_flag,
    options_of,
    output_flags,
)
from simulate.cli.texts.flags import asked_unit, blocks_flag, text_flags
from simulate.running.parameters import DUPLICATES
from simulate.text.reading.asked import DTYPE, FIELD, FORMAT

of_b_flags = options_of(
    click.option("--format-b", type=Checked(FORMAT), help="--format of B, where it is another."),
    click.option("--field-b", type=Checked(FIELD), metavar="NAME", help="--field of B, where it is another."),
    click.option("--documents-b", metavar="OFFSETS.tsv", help="--documents of B; --documents itself is of A."),
    click.option("--dtype-b", type=Checked(DTYPE), metavar="TYPE", help="--dtype of B, where it is another."),
)
"""How B is read, where that is not as A is."""

_OF_B = ("format", "field", "documents", "dtype")


@click.command(cls=Command)
@click.argument("corpora", nargs=-1, required=True, metavar="A B")
@text_flags
@of_b_flags
@blocks_flag
@click.option(
    "--duplicates", type=Checked(DUPLICATES), default="auto", show_default=True,
    help="What is taken out for a second count: documents, stretches of 32 words (200 characters), or none; auto is "
    "documents where files say where they end.",
)  # fmt: skip
@cluster_flag("Read and count")
@click.option("--dry-run", is_flag=True, help="Say what would be read, and read nothing.")
@output_flags
@explain_flag
@with_version
@config_flag
def compare(corpora: tuple[str, ...], lengths: str, **options: Any) -> int:
    """Say what corpus B adds to corpus A in new windows, beside what more of A would bring, and what they share.

    A and B are read as the files of `corpus` are: each a file, a folder, a pattern in quotes, or a URL. Windows are
    counted exactly, with and without what both hold twice.
    """
    wanted = tuple(parse_or_fail(parse_list, lengths, name="length"))
    if len(corpora) != 2:
        raise click.UsageError(
            f"compare takes two corpora, A and B, got {len(corpora)}; several files are one as a folder, or as a "
            "pattern in quotes"
        )
    check_outputs(options)
    check_workers(options)
    options["unit"] = asked_unit(click.get_current_context())
    with loading():
        from simulate.cli.studies import execute
        from simulate.studies.compare.plan import ComparePlan
        from simulate.text.reading.asked import ReadOptions

    def plan() -> ComparePlan:
        reading = ReadOptions(**{name: options[name] for name in READING})
        given = {name: options[f"{name}_b"] for name in _OF_B if options[f"{name}_b"] is not None}
        of_b = replace(reading, **{"documents": None, **given})
        names = ("unit", "blocks", "duplicates")
        return ComparePlan(
            corpora[0], corpora[1], lengths=wanted, reading=reading, reading_b=of_b,
            **{name: options[name] for name in names},
        )  # fmt: skip

    return execute("compare", plan, options)
