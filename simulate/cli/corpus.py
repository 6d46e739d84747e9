"""``python -m simulate corpus``; loads nothing heavy before it runs."""

from __future__ import annotations

from typing import Any

import click
from click.core import ParameterSource

from bounds.base.quantities import parse_list
from bounds.cli.shared import Checked, Command, CountType, parse_or_fail, with_version
from simulate.cli.options import (
    check_outputs,
    config_flag,
    curves_flag,
    explain_flag,
    options_of,
    output_flags,
    seed_flag,
)
from simulate.running.parameters import AT, LENGTHS, MEMORY, ORDER, extrapolated_factors
from simulate.text.cutting.units import TOKEN, UNIT
from simulate.text.reading.asked import DTYPE, END, FIELD, FORMAT, NORMALISE, VOCAB

reading_flags = options_of(
    click.option(
        "--format", type=Checked(FORMAT), default="auto", show_default=True,
        help="What files hold, whatever their names: text, jsonl, parquet, or ids of tokens.",
    ),
    click.option(
        "--field", type=Checked(FIELD), default="text", show_default=True, metavar="NAME",
        help="Field of JSON lines, or column of Parquet, that holds the text; meta.body is body in meta.",
    ),
    click.option("--skip-missing", is_flag=True, help="Leave out, and count, records without that field."),
    click.option(
        "--within-documents", is_flag=True,
        help="No window joins two documents; without it those of one file are joined.",
    ),
    click.option(
        "--documents", metavar="OFFSETS.tsv",
        help="Where the documents of one text lie: columns byte_start and byte_end, of its bytes decompressed.",
    ),
    click.option(
        "--tokenizer", metavar="FILE.json", help="Count the tokens that this local tokenizer.json makes of the text."
    ),
    click.option("--lowercase", is_flag=True, help="Count the text in lower case."),
    click.option("--normalise", type=Checked(NORMALISE), metavar="FORM", help="Count it in Unicode form nfc or nfkc."),
    click.option(
        "--dtype", type=Checked(DTYPE), metavar="TYPE",
        help="What token ids are stored as, where files do not say: uint16, uint32, int32 or int64.",
    ),
    click.option("--vocab", type=Checked(VOCAB), metavar="N", help="Token ids are below it; others are refused."),
    click.option(
        "--end-of-document", type=Checked(END), metavar="ID", help="The token id with which a document ends."
    ),
)  # fmt: skip
"""How files are read; the names of `ReadOptions`."""

text_flags = options_of(
    click.option(
        "--unit", type=Checked(UNIT), default="word", show_default=True,
        help="What is counted: word cuts at combining marks, word-marks does not, space cuts at white space alone; "
        "token is a token id.",
    ),
    reading_flags,
    click.option(
        "--length", "lengths", type=Checked(LENGTHS), default="1", show_default=True, metavar="K[,K...]",
        help="Units in a window; several lengths are measured one by one.",
    ),
)  # fmt: skip
"""What is counted of texts, by every command that counts them."""

blocks_flag = click.option(
    "--blocks", type=CountType(low=0, high=64), default=16, show_default=True, metavar="N",
    help="Blocks of text behind the interval; 0 for none.",
)  # fmt: skip

READING = (
    "format", "field", "skip_missing", "within_documents", "documents", "tokenizer", "lowercase", "normalise", "dtype",
    "vocab", "end_of_document",
)  # fmt: skip


@click.command(cls=Command)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
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
    "half of what is there]",
)  # fmt: skip
@seed_flag("the shuffle, or of the hash functions of a sketch")
@click.option("--law", "laws", multiple=True, hidden=True)
@output_flags
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
    if options["laws"]:
        raise click.UsageError(
            "--law is of the bounds: a text's windows are not a loss law's sequences; see python -m bounds band"
        )
    context = click.get_current_context()
    _check_flags(context)
    options["unit"] = asked_unit(context)
    from simulate.cli.studies import execute
    from simulate.studies.text.plan import TextPlan
    from simulate.text.reading.asked import ReadOptions

    def plan() -> TextPlan:
        reading = ReadOptions(**{name: options[name] for name in READING})
        return TextPlan(lengths=wanted, reading=reading, **{name: options[name] for name in names})

    names = ("files", "unit", "at", "order", "chunk", "blocks", "extrapolate", "sketch", "precision", "seed")
    return execute("corpus", plan, options)


def asked_unit(context: click.Context) -> str:
    """The unit that the flags ask for: token, where nothing is said but what is of token ids alone."""
    options = context.params
    of_tokens = options["dtype"] or options["tokenizer"] or options["format"] == "ids"
    told = context.get_parameter_source("unit") is not ParameterSource.DEFAULT
    return TOKEN if of_tokens and not told else str(options["unit"])


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
    if "extrapolate" in given and extrapolated_factors(options["extrapolate"]):
        raise click.UsageError(
            "--extrapolate rests on blocks of text, which say how words come in bursts: from the f_k of --sketch alone "
            "it would tell too few new windows; leave out one of them"
        )
    if "memory" in given:
        raise click.UsageError(
            "--memory is of exact counts; --sketch takes no more for a longer text, so leave out one of them"
        )
    if "chunk" in given:
        raise click.UsageError("--chunk is of shuffled chunks, which --sketch cannot read; pass one of them")
    if options["blocks"] and "blocks" in given:
        raise click.UsageError(
            f"--blocks {options['blocks']} is for the interval of an exponent, and --sketch fits none; pass one of them"
        )
