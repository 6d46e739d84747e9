"""How a table of runs is named on a command line and read: flags and courtesies of every command that takes one.

`bounds fit` and `experiments backtest --runs` read the same tables in the same way. Loads nothing heavy before a table
is read.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from bounds.base.arguments import Choice, did_you_mean, printable, shown
from bounds.cli.shared import Checked, CountType, InputFile, NumberType
from bounds.cli.terminal.completion import column_keys, completing

if TYPE_CHECKING:
    from bounds.cli.runs_csv import RunsTable

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

RUNS = InputFile(allow_dash=True)
"""A file that holds a table, or - for standard input."""
_OPTIONS = (
    click.option(
        "--column", "columns", multiple=True, metavar="KEY=NAME", shell_complete=completing(column_keys),
        help="The column of n_params, n_tokens, compute_flops or loss, where its header does not say.",
    ),
    click.option("--run-column", metavar="NAME", help="The column that says which rows belong to one run."),
    click.option(
        "--skip-incomplete", is_flag=True, help="Leave out rows without one of their numbers, and count them."
    ),
    click.option(
        "--loss-unit", type=Checked(Choice("loss_unit", ("nats", "bits", "bits-per-byte"))),
        help="Unit of the losses, per token or per byte. [default: as the header says, else nats]",
    ),
    click.option(
        "--bytes-per-token", type=NumberType(low=0.0, text="positive and finite"), metavar="X",
        help="Bytes of a token on average, for bits per byte.",
    ),
    click.option(
        "--drop-highest", type=CountType(0, 10**6), default=0, metavar="K",
        help="Leave out the runs whose loss is not below the K-th largest.",
    ),
)  # fmt: skip
READING = ("columns", "run_column", "skip_incomplete", "loss_unit", "bytes_per_token", "drop_highest")
"""The parameters of a command that these flags fill."""


def reads_runs(command: Decorated) -> Decorated:
    """Decorator: the flags that say how a table of runs is read."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def named_columns(columns: Sequence[str]) -> dict[str, str]:
    """What each KEY=NAME of --column says; a usage error for another key."""
    from bounds.cli.runs_csv import NAMES

    told = dict(part.partition("=")[::2] for part in columns)
    bare = [key for key, name in told.items() if not name]
    if bare:
        raise click.UsageError(f"--column takes KEY=NAME, such as loss=final_loss, got {shown(bare[0])}")
    unknown = [key for key in told if key not in NAMES]
    if unknown:
        hint = did_you_mean(unknown[0], NAMES)
        raise click.UsageError(f"--column takes {', '.join(NAMES)} as KEY=NAME, got {shown(unknown[0])}{hint}")
    return told


def read_table(runs: str, columns: dict[str, str], options: Mapping[str, Any]) -> RunsTable:
    """The table in a file, or on standard input for ``-``, read as its flags say.

    Raises ValueError with one sentence, which says what else a file holds where it is no table.
    """
    table = _read(runs, columns, options)
    _check_bytes(table.agreed_unit(options["loss_unit"]), options["bytes_per_token"])
    return table


def _check_bytes(unit: str, bytes_per_token: float | None) -> None:
    """Refuse losses per byte without the bytes of a token, and bytes that no loss is per."""
    if unit == "bits-per-byte" and bytes_per_token is None:
        raise click.UsageError(
            "losses in bits per byte need --bytes-per-token, how many bytes a token has on average, such as 4.2"
        )
    if unit != "bits-per-byte" and bytes_per_token is not None:
        raise click.UsageError(
            f"--bytes-per-token is for losses in bits per byte, and these are in {unit}: leave it out"
        )


def _read(runs: str, columns: dict[str, str], options: Mapping[str, Any]) -> RunsTable:
    from bounds.cli.reading.held import RUNS as A_TABLE
    from bounds.cli.reading.held import held
    from bounds.cli.runs_csv import read_runs

    how = {name: options[name] for name in ("run_column", "skip_incomplete")}
    if runs == "-":
        if sys.stdin is None:
            raise click.UsageError("standard input is closed: pipe a table into it, or name a file")
        with click.open_file(runs, "rb") as file:
            return read_runs(file.read(), "standard input", columns, **how)
    try:
        with open(runs, "rb") as file:
            return read_runs(file.read(), runs, columns, **how)
    except (ValueError, IsADirectoryError) as error:
        holds = held(runs)
        if columns or not holds or holds == A_TABLE:
            raise
        raise ValueError(f"{printable(runs)} is no table of runs: it holds {holds}") from error
