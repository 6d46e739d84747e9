"""``python -m simulate show``, ``fit`` and ``report``: kept results printed or fitted again, or on a page."""

from __future__ import annotations

from typing import Any

import click

from bounds.base.arguments import Choice
from bounds.base.telling.steps import stepped
from bounds.cli.process import loading
from bounds.cli.shared import AS_JSON, Checked, Command, CountType, GridType, with_version
from bounds.cli.terminal.completion import files
from simulate.cli.options import (
    check_laws,
    check_outputs,
    curves_flag,
    explain_flag,
    law_flag,
    output_flags,
    picture_flag,
    progress_flag,
    view_flags,
)
from simulate.running.parameters import PAGE

MODEL = Choice("model", ("auto", "offset", "pitman-yor", "spectrum"))


@click.command(cls=Command)
@click.argument("result", metavar="FILE", shell_complete=files)
@law_flag
@view_flags
@picture_flag
@curves_flag
@click.option("--show", type=CountType(), metavar="N", help="Rows in a table. [default: as the command printed]")
@explain_flag
@with_version
def show(result: str, **options: Any) -> None:
    """Print a kept result again, as the command that made it did; FILE is a .nc or .zarr.

    What its table leaves out is there with --explain, and all of it with --json.
    """
    check_laws(options["laws"], may_be_kept=True)
    check_outputs(options)
    with loading():
        from simulate.cli.studies import present
        from simulate.running.dataset import open_result
        from simulate.studies.registry import study_of

    dataset = open_result(result)
    present(study_of(dataset), dataset, options)


@click.command(cls=Command)
@click.argument("results", metavar="FILE...", nargs=-1, required=True, shell_complete=files)
@click.option("--out", "page", type=Checked(PAGE), required=True, metavar="PAGE.html", help="Write the page here.")
@law_flag
@click.option("--overwrite", is_flag=True, help="Replace the page if it exists.")
@AS_JSON
@progress_flag
@with_version
def report(results: tuple[str, ...], **options: Any) -> None:
    """Write kept results as one page to send: answers, tables, figures, what they rest on, and where they come from.

    Each FILE is a .nc or .zarr. The page is a file of HTML that loads nothing from elsewhere.
    """
    check_laws(options["laws"], may_be_kept=True)
    check_outputs(options)
    with loading():
        from pathlib import Path

        from bounds.cli.pages.page import save_page
        from simulate.cli.studies import paged, section_of
        from simulate.running.dataset import open_result
        from simulate.studies.registry import study_of

    opened = [(open_result(path), Path(path).name) for path in results]
    sections = [
        section_of(study_of(dataset), dataset, options, name) for dataset, name in stepped(opened, "telling", "results")
    ]
    save_page(sections, options["page"], overwrite=options["overwrite"])
    paged(sections, options)


@click.command(cls=Command)
@click.argument("result", metavar="FILE", shell_complete=files)
@click.option("--model", type=Checked(MODEL), default="auto", show_default=True, help="How the counts grow.")
@click.option("--window", type=GridType(), metavar="LOW,HIGH", help="Fit only corpus sizes from LOW to HIGH.")
@law_flag
@output_flags
@picture_flag
@curves_flag
@explain_flag
@with_version
def fit(result: str, model: str, window: tuple[int, ...] | None, **options: Any) -> None:
    """Fit the exponents of a kept result again; FILE is a .nc or .zarr that holds counts U(D)."""
    if window is not None and len(window) != 2:
        raise click.UsageError(f"--window takes two different corpus sizes, such as 1e4,1e6, got {len(window)}")
    check_outputs(options)
    check_laws(options["laws"], may_be_kept=True)
    with loading():
        from simulate.cli.studies import present
        from simulate.running.dataset import made_by, open_result, save_result
        from simulate.running.showing.laws import shown_laws
        from simulate.studies.refit import refit
        from simulate.studies.registry import study_of

    dataset = open_result(result)
    shown_laws(options["laws"], made_by(dataset))  # refuses a file that is nowhere before anything is fitted
    dataset = refit(dataset, model=model, window=window)
    if options["out"]:
        save_result(dataset, options["out"], overwrite=options["overwrite"])
    present(study_of(dataset), dataset, options)
