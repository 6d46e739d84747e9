"""Whether a table is printed in one piece."""

from __future__ import annotations

import io
import re
from contextlib import redirect_stdout

import pytest

from bounds.cli.printing import print_table
from bounds.cli.report import Table


def fits(table: Table, width: int = 80) -> bool:
    """Whether `table` stands in one piece on lines of `width` characters, no cell folded or cut."""
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(io.StringIO()) as printed:
        patch.setenv("COLUMNS", str(width))
        print_table(table.columns, table.rows, left=table.left)
    lines = [line for line in printed.getvalue().splitlines() if line.strip()]
    return len(lines) == len(table.rows) + 2 and max(map(len, lines)) <= width


def other_style(text: str) -> list[str]:
    """Lines of `text` with a number such as 5e+09 or 1e-07, where a reader expects 5B, 5e9 and 1e-7."""
    return [line for line in text.splitlines() if re.search(r"\d[eE](\+\d|-0\d)", line)]
