"""Commands as a shell would run them: in this process, which has loaded the libraries already, or in one of their own.

In this process all is the same but the start: flags, streams with their encoding, exit code, and where warnings go.
What a process alone has (an environment, closed streams, signals, what is loaded) is tried in one of its own.
"""

from __future__ import annotations

import io
import subprocess
import sys
import warnings
from contextlib import redirect_stderr, redirect_stdout
from importlib import import_module
from typing import Any
from unittest.mock import patch

from bounds.cli.shared import run as run_command

MAIN = {"bounds": "bounds.__main__", "simulate": "simulate.cli.main", "experiments": "experiments.__main__"}

Done = subprocess.CompletedProcess[str]


def run(*arguments: str, module: str = "simulate", check: int | None = 0, input: str = "") -> Done:
    """``python -m module arguments`` in this process; `check` is the exit code that it must end with."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    stdin = io.TextIOWrapper(io.BytesIO(input.encode()), encoding="utf-8")
    with (
        patch.object(sys, "argv", [module, *arguments]), patch.object(sys, "stdin", stdin),
        redirect_stdout(out), redirect_stderr(err), warnings.catch_warnings(),
    ):  # fmt: skip
        warnings.resetwarnings()  # those of a test are errors
        for silent in (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning):
            warnings.simplefilter("ignore", silent)
        try:
            run_command(import_module(MAIN[module]).main, f"python -m {module}")
        except SystemExit as ended:
            code = ended.code or 0
    return _checked(Done([module, *arguments], int(code), _text(out), _text(err)), check)


def run_apart(*arguments: str, module: str = "simulate", check: int | None = 0, **options: Any) -> Done:
    """``python -m module arguments`` in a process of its own."""
    command = [sys.executable, "-m", module, *arguments]
    return _checked(subprocess.run(command, capture_output=True, text=True, timeout=300, **options), check)


def refused(*arguments: str, module: str = "simulate", **options: Any) -> str:
    """The one sentence of a refusal: exit code 2, nothing on standard output, no traceback."""
    done = run(*arguments, module=module, check=2, **options)
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("error: ")
    return done.stderr


def _text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    return stream.buffer.getvalue().decode() if isinstance(stream.buffer, io.BytesIO) else ""


def _checked(done: Done, code: int | None) -> Done:
    assert code is None or done.returncode == code, done.stderr
    return done
