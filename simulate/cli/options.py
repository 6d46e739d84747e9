"""Flags that several commands have, and checks of their values that load nothing heavy."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from bounds.base.arguments import Flag, Text, close_file, close_to, printable, shown
from bounds.base.one_number import cut
from bounds.cli.shared import Checked, GridType, flag_name, parse_or_fail
from bounds.cli.terminal.completion import complete_source, completing, files, law_keys
from bounds.cli.terminal.progress import PROGRESS
from simulate.running.parameters import CLUSTER, DEVICE, FIGURE, MEMORY, OUT, PAGE, REPLICATES, SEED, THREADS, VIEW
from simulate.text.reading.asked import DTYPE, END, FIELD, FORMAT, NORMALISE, VOCAB


def load_config(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """Take a TOML file's entries as the defaults of the flags of the same names; each is checked as its flag is."""
    if value is None:
        return None
    parameters = [p for p in ctx.command.params if p.name not in ("config", "version")]
    # The flags of a command, by their names and by those of the fields of its plan, which the parameters have.
    fields = {str(p.name): p for p in parameters if not getattr(p, "hidden", False)}
    known = fields | {p.opts[0].removeprefix("--").replace("-", "_"): p for p in parameters}
    found: dict[str, Any] = {}
    for written, entry in _read_toml(value).items():
        key = written.replace("-", "_")
        try:
            if key not in known:
                raise _not_known(written, entry, known)
            name = str(known[key].name)
            if name in found:
                raise ValueError(f"{known[key].opts[0].removeprefix('--')} is there twice, with - and with _")
            found[name] = _entry(ctx, known[key], entry)
        except (ValueError, click.UsageError) as error:
            raise click.UsageError(f"--config {printable(value)}: {error}") from None
    ctx.default_map = found
    return value


def _read_toml(path: str) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8-sig"))  # a byte-order mark is not of the text
    except (OSError, ValueError) as error:  # numbers of thousands of digits are a ValueError of their own
        reason = getattr(error, "strerror", None) or error
        if isinstance(error, FileNotFoundError):
            reason = f"{reason}{close_file(path)}"
    except RecursionError:
        reason = "its lists are nested too deeply"
    raise click.UsageError(f"--config {printable(path)}: {reason}")


def _not_known(written: str, entry: Any, known: dict[str, click.Parameter]) -> ValueError:
    if isinstance(entry, dict):
        return ValueError(
            f"[{cut(printable(written))}] is a table, and entries stand outside of tables, such as seed = 1; leave the "
            "line in brackets out"
        )
    close = close_to(written.replace("-", "_"), known)
    hint = f"did you mean {close}? " if close else ""
    return ValueError(f"{shown(written)} is not known here; {hint}known are {', '.join(sorted(_flags(known)))}")


def _flags(known: dict[str, click.Parameter]) -> set[str]:
    """The names of flags among those that are known, but for flags that are not shown any more."""
    shown_ = [p for p in known.values() if not getattr(p, "hidden", False)]
    return {p.opts[0].removeprefix("--").replace("-", "_") for p in shown_}


def _entry(ctx: click.Context, param: click.Parameter, entry: Any) -> Any:
    """A TOML value as its flag would give it; ValueError or click.UsageError where the flag would take none such."""
    name = flag_name(param) if isinstance(param, click.Option) else str(param.name)
    if isinstance(param, click.Option) and param.is_flag:
        return Flag(name)(entry)
    several = param.nargs == -1 or (isinstance(param, click.Option) and param.multiple)
    if not several:
        return _checked(ctx, param, name, entry)
    # One source or law may stand there without its brackets.
    return [_checked(ctx, param, name, item) for item in (entry if isinstance(entry, list) else [entry])]


def _checked(ctx: click.Context, param: click.Parameter, name: str, entry: Any) -> Any:
    if not isinstance(param.type, Checked):  # plain words, of which click would make one of anything
        entry = Text(name, "a word in quotes")(entry)
    return param.type(entry, param, ctx)


def options_of(*options: Callable[..., Any]) -> Callable[..., Any]:
    """Several options as one decorator."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


config_flag = click.option(
    "--config", metavar="FILE.toml", shell_complete=files, is_eager=True, callback=load_config, expose_value=False,
    help="Take flags from this file; flags given here override it.",
)  # fmt: skip
progress_flag = PROGRESS
view_flags = options_of(
    click.option("--figure", type=Checked(FIGURE), metavar="FILE", help="Draw the figure: .png, .pdf or .svg."),
    click.option("--report", "page", type=Checked(PAGE), metavar="FILE", help="Write a page to send: .html."),
    click.option("--overwrite", is_flag=True, help="Replace files that exist."),
    click.option("--json", "as_json", is_flag=True, help="Print one JSON object on standard output, nothing else."),
    progress_flag,
)
output_flags = options_of(
    click.option(
        "--out", type=Checked(OUT), metavar="FILE", help="Write the result: .nc, .zarr, or .csv for the counts alone."
    ),
    view_flags,
)
picture_flag = click.option(
    "--view", "picture", type=Checked(VIEW), metavar="NAME", shell_complete=completing(lambda: VIEW.allowed),
    help="Which figure of counts --figure draws: growth, local-exponent or spectrum. [default: growth]",
)  # fmt: skip
law_flag = click.option(
    "--law",
    "laws",
    multiple=True,
    metavar="KEY",
    shell_complete=completing(law_keys, or_file=True),
    help="A loss law, or a file my.law.toml, which the result keeps; may be repeated. [default: all]",
)
curves_flag = click.option("--curves", is_flag=True, help="With --json: also the numbers at every size.")
explain_flag = click.option(
    "--explain", "explained", is_flag=True,
    help="Also print all tables and notes, how the numbers are made, and the formulas.",
)  # fmt: skip
grid_flag = click.option(
    "--n-draws", type=GridType(), metavar="GRID",
    help="Corpus sizes: 1e3:1e6:25 (log-spaced) or 1e3,1e6. [default: 1e3:1e6:25]",
)  # fmt: skip
replicates_flag = click.option(
    "--replicates", type=Checked(REPLICATES), default=32, show_default=True, metavar="N", help="Corpora of each source."
)


def sources_flag(text: str) -> Callable[..., Any]:
    """``--source``, which may be repeated; `text` is its help."""
    return click.option(
        "--source", "sources", multiple=True, metavar="SOURCE", shell_complete=complete_source, help=text
    )


def say_moved(old: str, new: str) -> None:
    """Say on standard error that what was asked for has a command of its own; the old words go in 0.3."""
    print(f"! `{old}` is now `{new}`; the old words are understood until version 0.3", file=sys.stderr)


def seed_flag(of_what: str = "all random numbers") -> Callable[..., Any]:
    """``--seed``, a number of 64 bits; help says what it is the seed `of_what`."""
    return click.option(
        "--seed", type=Checked(SEED), default=0, show_default=True, metavar="N",
        help=f"Seed of {of_what}.",
    )  # fmt: skip


def device_flag(text: str) -> Callable[..., Any]:
    """``--device``, cpu unless something else is asked for; `text` is its help."""
    return click.option("--device", type=Checked(DEVICE), default="cpu", show_default=True, help=text)


def worker_flags(threads: str = "Threads", verb: str = "Draw") -> Callable[..., Any]:
    """``--threads``, ``--memory`` and ``--cluster``: who does the work, none of which changes a number."""
    return options_of(
        click.option(
            "--threads", type=Checked(THREADS), metavar="N",
            help=f"{threads}; changes no number. [default: all cores]",
        ),
        click.option(
            "--memory", type=Checked(MEMORY), metavar="SIZE",
            help="Memory that it may take, such as 8GiB. [default: what is free]",
        ),
        cluster_flag(verb),
    )  # fmt: skip


def cluster_flag(verb: str) -> Callable[..., Any]:
    """``--cluster``; `verb` is what is done there."""
    where = f"{verb} on Dask workers: local, local:4 or tcp://host:port."
    return click.option("--cluster", type=Checked(CLUSTER), metavar="WHERE", help=where)


def cell_flags(noun: str, forecast: str) -> Callable[..., Any]:
    """``--resume`` and ``--dry-run`` of a `noun` that is kept cell by cell; `forecast` is help for the second."""
    resume = f"Go on with a {noun} that was killed; needs an --out that ends in .zarr."
    return options_of(
        click.option("--resume", is_flag=True, help=resume), click.option("--dry-run", is_flag=True, help=forecast)
    )


def check_sources(sources: tuple[str, ...]) -> None:
    """Refuse a source that is not understood before anything heavy is loaded."""
    from bounds.base.sources import parse_source

    for source in sources:
        if not source.strip().lower().startswith("corpus:"):
            parse_or_fail(parse_source, source)


def check_laws(laws: tuple[str, ...], *, may_be_kept: bool = False) -> None:
    """Refuse a law that is not known, a file that holds none, or one that gives no band; no file that `may_be_kept`."""
    from bounds.laws.law_file import is_law_file
    from bounds.laws.published import get_law

    for law in laws:
        if not is_law_file(law):
            parse_or_fail(get_law, law)
        elif os.path.lexists(law) or not may_be_kept:
            from simulate.running.showing.laws import asked_laws

            parse_or_fail(asked_laws, [law])


def check_outputs(options: dict[str, Any]) -> None:
    """Refuse outputs that cannot be written before the work is done; until the command ends no other run writes them.

    Suffix, existence and lock need no heavy module.
    """
    from bounds.cli.drawing.formats import FIGURES
    from bounds.cli.pages.formats import PAGES
    from simulate.running.keeping.files import RESULTS, check_target, claimed

    overwrite, resume = options["overwrite"], options.get("resume", False)
    if resume and options.get("out") is None:
        raise click.UsageError("--resume goes on with the result that --out names; pass --out X.zarr")
    if options.get("picture") and not options.get("figure"):
        raise click.UsageError("--view says which figure --figure draws; pass --figure FILE too")
    outputs = [
        (options.get("out"), {"overwrite": overwrite, "resume": resume, "formats": RESULTS}),
        # Who resumes a sweep has its figure drawn again, and its page written.
        (options.get("figure"), {"overwrite": overwrite or resume, "formats": FIGURES}),
        (options.get("page"), {"overwrite": overwrite or resume, "formats": PAGES}),
    ]
    hold = click.get_current_context().with_resource
    for path, how in outputs:
        if path is None:
            continue
        if options.get("dry_run"):
            parse_or_fail(check_target, path, **how)
        else:
            parse_or_fail(hold, claimed(path, **how))


def check_workers(options: dict[str, Any]) -> None:
    """Refuse a cluster that is not understood, or that this installation cannot use."""
    from simulate.running.dask import check_cluster

    if options["cluster"] is not None:
        parse_or_fail(check_cluster, options["cluster"])
        if options.get("threads") is not None:
            raise click.UsageError("--threads is for this process and --cluster for others; pass one of them")


reading_flags = options_of(
    click.option(
        "--format", type=Checked(FORMAT), default="auto", show_default=True,
        help="What files hold, whatever their names: text, jsonl, parquet, or ids of tokens.",
    ),
    click.option(
        "--field", type=Checked(FIELD), default="text", show_default=True, metavar="NAME[,NAME...]",
        help="Field of JSON lines, or column of Parquet, that holds the text; meta.body is body in meta. Of several "
        "the first that is there.",
    ),
    click.option(
        "--skip-missing", is_flag=True,
        help="Leave out, and count, records without that field, and files in which nothing is to be counted.",
    ),
    click.option(
        "--within-documents", is_flag=True,
        help="No window joins two documents; without it those of one file are joined.",
    ),
    click.option(
        "--documents", metavar="OFFSETS.tsv", shell_complete=files,
        help="Where the documents of one text lie: columns byte_start and byte_end, of its bytes decompressed.",
    ),
    click.option(
        "--tokenizer", metavar="FILE.json", shell_complete=files,
        help="Count the tokens that this local tokenizer.json makes of the text.",
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

READING = (
    "format", "field", "skip_missing", "within_documents", "documents", "tokenizer", "lowercase", "normalise", "dtype",
    "vocab", "end_of_document",
)  # fmt: skip
