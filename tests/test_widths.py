"""What every command prints fits a line of any width: sentences break between words, and a piped table is whole at 80.

COLUMNS says how wide a line is, else the terminal, else it has 80 characters. A command is added to `COMMANDS` with
the module that it belongs to; {runs} stands for a table of runs.
"""

from __future__ import annotations

import fcntl
import io
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from contextlib import redirect_stdout
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from rich.cells import cell_len

import simulate.cli.studies  # noqa: F401  (loaded before a test puts something in its place)
from bounds.cli.report import Report, print_report
from tests.law_runs import LAWS, ladder, losses
from tests.tables import other_style

COMMANDS = [
    ("bounds", "explain"),
    ("bounds", "explain --explain"),
    ("bounds", "explain skills"),
    ("bounds", "explain heuristic"),
    ("bounds", "explain D"),
    ("bounds", "explain B7"),
    ("bounds", "explain forward_kl_laplace_upper_refined"),
    ("bounds", "laws"),
    ("bounds", "laws --explain"),
    ("bounds", "laws epoch2024"),
    ("bounds", "laws --compute 5.76e23"),
    ("bounds", "laws --compute 1e30 --explain"),
    ("bounds", "plan --gpu-hours 1e6 --gpu a100 --mfu 40% --tokens 300B"),
    ("bounds", "plan --target-loss 2 --tokens 300B --kv-heads 8 --explain"),
    ("bounds", "band 1.4T"),
    ("bounds", "band 1M"),
    ("bounds", "band 300B --params-per-sequence 16 --explain"),
    ("bounds", "fit {runs} --bootstrap 50"),
    ("bounds", "fit {runs} --bootstrap 50 --at 1T --explain"),
    ("bounds", "fit {runs} --bootstrap 0"),
    ("simulate", "sweep --n-draws 100:1e4:7 --replicates 4"),
    ("simulate", "sweep --n-draws 100:1e4:7 --replicates 4 --explain"),
    ("simulate", "learners --n-draws 100:1e4:5 --replicates 4"),
    ("simulate", "learners --n-draws 100:1e4:5 --replicates 4 --explain"),
    ("simulate", "learners --learner store --source zipf:1.724 --tolerance 0,10%,0.1 --n-draws 100:1e4:5"),
]

_RULE = re.compile(r"^─+ *$", re.MULTILINE)
"""The line under the heads of a table, once for each piece of it."""
_COMMAND_OF_GROUP = {"bounds": "bounds.__main__", "simulate": "simulate.cli.main"}


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> Path:
    rng = np.random.default_rng(0)
    n_params, n_tokens = ladder(rng, 60)
    path = tmp_path_factory.mktemp("runs") / "runs.csv"
    table = np.column_stack([n_params, n_tokens, losses(rng, LAWS["Epoch"], n_params, n_tokens)])
    np.savetxt(path, table, fmt="%.6g", delimiter=",", header="n_params,n_tokens,loss", comments="")
    return path


def output(module: str, command: str, columns: int | None) -> str:
    """What a command prints in this process, where COLUMNS is `columns`, or not set."""
    main = import_module(_COMMAND_OF_GROUP[module]).main
    environment = {"COLUMNS": None if columns is None else str(columns), "NO_COLOR": None}
    done = CliRunner().invoke(main, command.split(), env=environment, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def too_wide(text: str, width: int) -> list[str]:
    """Lines of more than `width` characters, but for a single word, which cannot be broken."""
    return [line for line in text.splitlines() if cell_len(line.rstrip()) > width and len(line.split()) > 1]


def test_the_heads_of_a_table_are_found_in_each_of_its_pieces():
    whole, parted, more = (len(_RULE.findall(output("bounds", "laws", width))) for width in (80, 60, 40))
    assert 1 == whole < parted < more


def test_a_line_that_is_too_wide_is_found():
    assert too_wide("one two\n  three\nfour", 6) == ["one two"]
    assert too_wide("β one", 5) == []


@pytest.mark.parametrize(("module", "command"), COMMANDS)
def test_no_line_is_wider_than_columns_says_and_a_piped_table_is_whole(module, command, runs, monkeypatch):
    """The command runs once, into a pipe; what it had to say is printed again at other widths."""
    said: list[tuple[Report, bool]] = []

    def heard(told: Report, *, explained: bool = False) -> None:
        said.append((told, explained))
        print_report(told, explained=explained)

    for place in ("bounds.cli.report", "simulate.cli.studies"):
        monkeypatch.setattr(f"{place}.print_report", heard)
    piped = output(module, command.format(runs=runs), None)
    ((told, explained),) = said

    def printed(columns: int | None) -> str:
        with monkeypatch.context() as patch, redirect_stdout(io.StringIO()) as out:
            patch.delenv("NO_COLOR", raising=False)
            patch.delenv("COLUMNS", raising=False)
            if columns:
                patch.setenv("COLUMNS", str(columns))
            print_report(told, explained=explained)
        return out.getvalue()

    assert printed(None) == piped
    assert not too_wide(piped, 80)
    for width in (60, 80, 120):
        assert not too_wide(printed(width), width)
    assert len(_RULE.findall(piped)) == len(_RULE.findall(printed(500)))
    assert not other_style(printed(500))


@pytest.mark.parametrize("command", ["band 1.4T", "laws"])
def test_a_terminal_is_filled_as_wide_as_it_is_and_no_color_is_plain(command):
    for width in (60, 100):
        text = on_a_terminal(["bounds", *command.split()], width)
        bare = re.sub(r"\x1b\[[0-9;]*m", "", text)
        assert bare != text, "heads of tables are bold on a terminal"
        assert not too_wide(bare, width)
        assert max(map(len, bare.splitlines())) > 0.8 * width
    plain = on_a_terminal(["bounds", *command.split()], 100, NO_COLOR="1")
    assert plain == bare


def on_a_terminal(arguments: list[str], width: int, **environment: str) -> str:
    """What ``python -m`` writes to a terminal of so many columns."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))
    told = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "NO_COLOR")}
    told |= {"TERM": "xterm", **environment}
    with subprocess.Popen([sys.executable, "-m", *arguments], stdout=theirs, stdin=theirs, env=told) as process:
        os.close(theirs)
        parts = []
        try:
            while part := os.read(ours, 1 << 16):
                parts.append(part)
        except OSError:  # the other end is closed
            pass
        os.close(ours)
        assert process.wait() == 0
    return b"".join(parts).decode().replace("\r\n", "\n")
