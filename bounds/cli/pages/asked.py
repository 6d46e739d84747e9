"""``--report``: the page of a command that computes and keeps nothing, written before its report is printed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bounds.cli.drawing.formats import check_figure
from bounds.cli.pages.formats import check_page
from bounds.cli.report import Report
from bounds.cli.shared import parse_or_fail, provenance, words_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def check_asked(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """Refuse the page that --report names where none can be written, before the work starts."""
    del param
    if value is not None:
        parse_or_fail(check_page, value, overwrite=ctx.params.get("overwrite", False))
    return value


def check_drawn(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """The same of the figure that --figure names."""
    del param
    if value is not None:
        parse_or_fail(check_figure, value, overwrite=ctx.params.get("overwrite", False))
    return value


REPORT = click.option(
    "--report", "page", metavar="FILE", callback=check_asked, help="Write a page to send, with figures: .html."
)
OVERWRITE = click.option("--overwrite", is_flag=True, is_eager=True, help="Replace files that exist.")


def save_asked(draw: Callable[[], Figure], path: str | None, *, overwrite: bool) -> None:
    """The figure that --figure names, if it does."""
    if path is not None:
        from bounds.cli.drawing.style import save_figure  # loads matplotlib

        save_figure(draw, path, overwrite=overwrite)


def write_page(
    program: str,
    reports: Iterable[tuple[Report, Sequence[Callable[[], Figure]]]],
    parameters: Mapping[str, Any],
    options: Mapping[str, Any],
    *,
    inputs: Iterable[str | None] = (),
    more: Mapping[str, Any] | None = None,
) -> None:
    """The page that `options` name, if they do: each of `reports` with its figures, of the command at work.

    `program` is what calls it, such as "python -m bounds". The provenance has `parameters`, the sha256 of those of
    `inputs` that are files, and `more`.
    """
    if options["page"] is None:
        return
    from bounds.cli.pages.command_lines import typed
    from bounds.cli.pages.page import Section, save_page

    context = click.get_current_context()
    command = typed(program, context.command, words_of(context))
    files = [Path(name) for name in inputs if name is not None]
    hashes = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files if path.is_file()}
    made = {**provenance(dict(parameters)), "inputs": hashes, **(more or {})}
    kind = f"{program.rpartition(' ')[2]} {context.command.name}"
    sections = [Section(kind, report, commands=[command], made=made, figures=figures) for report, figures in reports]
    save_page(sections, options["page"], overwrite=options["overwrite"])
