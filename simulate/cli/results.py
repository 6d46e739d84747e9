"""``python -m simulate show`` and ``fit``: results that were kept, printed again or fitted again."""

from __future__ import annotations

from typing import Any

import click

from bounds.base.arguments import Choice
from bounds.cli.shared import Checked, Command, CountType, GridType, with_version
from bounds.cli.terminal.completion import files
from bounds.cli.terminal.progress import told
from simulate.cli.options import (
    check_laws,
    check_outputs,
    curves_flag,
    explain_flag,
    law_flag,
    output_flags,
    view_flags,
)

MODEL = Choice("model", ("auto", "offset", "pitman-yor", "spectrum"))


@click.command(cls=Command)
@click.argument("result", metavar="FILE", shell_complete=files)
@law_flag
@view_flags
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
    from simulate.cli.studies import present
    from simulate.running.dataset import open_result
    from simulate.studies.registry import study_of

    dataset = open_result(result)
    present(study_of(dataset), dataset, options)


@click.command(cls=Command)
@click.argument("result", metavar="FILE", shell_complete=files)
@click.option("--model", type=Checked(MODEL), default="auto", show_default=True, help="How the counts grow.")
@click.option("--window", type=GridType(), metavar="LOW,HIGH", help="Fit only corpus sizes from LOW to HIGH.")
@law_flag
@output_flags
@curves_flag
@explain_flag
@with_version
def fit(result: str, model: str, window: tuple[int, ...] | None, **options: Any) -> None:
    """Fit the exponents of a kept result again; FILE is a .nc or .zarr that holds counts U(D)."""
    if window is not None and len(window) != 2:
        raise click.UsageError(f"--window takes two different corpus sizes, such as 1e4,1e6, got {len(window)}")
    check_outputs(options)
    check_laws(options["laws"], may_be_kept=True)
    from simulate.cli.studies import present
    from simulate.running.dataset import made_by, open_result, save_result
    from simulate.running.showing.laws import shown_laws
    from simulate.studies.refit import refit
    from simulate.studies.registry import study_of

    dataset = open_result(result)
    shown_laws(options["laws"], made_by(dataset))  # refuses a file that is nowhere before anything is fitted
    with told():
        dataset = refit(dataset, model=model, window=window)
    if options["out"]:
        save_result(dataset, options["out"], overwrite=options["overwrite"])
    present(study_of(dataset), dataset, options)
