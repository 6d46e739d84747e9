"""How sentences, tables and numbers are written for a reader: within a line, and in the letters that it can show.

rich is loaded when a table is printed.
"""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterable, Sequence
from typing import Literal

from bounds.base.one_number import number, written
from bounds.cli.readable import behind, spelled

__all__ = [
    "between", "counted", "estimated", "factor", "fixed", "line_width", "number", "print_table", "print_terms",
    "print_text",
    "signed", "written",
]  # fmt: skip

LEAST_FOLDED = 40
"""Characters on a line that is wide enough to fold the cells of a table."""

PIPED = 80
"""Characters on a line of what is no terminal."""


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, left: int = 1) -> None:
    """Print a table on standard output, below an empty line: `left` columns flush left, the others flush right.

    Where it is wider than a line (`line_width`) it is printed in pieces, the first `left` columns beside each of them.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table

    titles, cells = [spelled(title) for title in columns], [[spelled(cell) for cell in row] for row in rows]
    widths, limit = _widths(titles, cells), line_width()
    for places in _pieces(widths, left, limit):
        # Keys and one column may be wider than the line: then they are folded, unless there is no room for that either.
        folded = sum(widths[i] for i in places) > limit + 1 and limit >= LEAST_FOLDED
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), show_edge=False, header_style=_head_style())
        for i in places:
            justify: Literal["left", "right"] = "left" if i < left else "right"
            table.add_column(titles[i], justify=justify, no_wrap=not folded, overflow="fold")
        for row in cells:
            table.add_row(*(row[i] for i in places))
        # A single piece that is wider than the line must not lose characters.
        wide = Console(width=500, markup=False)  # with markup, labels in brackets would not be measured
        out = behind(sys.stdout)
        width = limit if folded else max(limit, table.__rich_measure__(wide, wide.options).maximum)
        print()
        Console(file=out, width=width, highlight=False, markup=False, soft_wrap=True).print(table)


def _head_style() -> str:
    """Heads are bold, but nothing is more than letters where NO_COLOR says so (no-color.org)."""
    return "" if os.environ.get("NO_COLOR") else "bold"


def print_text(text: str) -> None:
    """Print sentences, broken between words where a line ends (`line_width`). Lines of `text` stay apart."""
    for line in text.split("\n"):
        indent = "  " if line.startswith("! ") else ""
        print(textwrap.fill(
            spelled(line), line_width(), subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
        ))  # fmt: skip


def print_terms(terms: Sequence[tuple[str, str]]) -> None:
    """Print heads with a text beside each, which is broken between words; heads take half a line at most."""
    shown = [(spelled(head), spelled(text)) for head, text in terms]
    wide = min(max((len(head) for head, _ in shown), default=0) + 1, line_width() // 2)
    for head, text in shown:
        print(textwrap.fill(
            f"{head:{wide - 1}s} {text}".rstrip(), line_width(), subsequent_indent=" " * wide,
            break_long_words=False, break_on_hyphens=False,
        ))  # fmt: skip


def line_width() -> int:
    """Characters on a line: those of the terminal, or what COLUMNS says; 80 where the output goes elsewhere."""
    return shutil.get_terminal_size((PIPED, 24)).columns if sys.stdout.isatty() else _columns() or PIPED


def _columns() -> int | None:
    text = os.environ.get("COLUMNS", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 and int(text) > 0 else None


def _widths(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[int]:
    """Characters of each column with the three that part it from the next; the last one has two of them."""
    from rich.cells import cell_len

    return [max(cell_len(cell) for cell in column) + 3 for column in zip(columns, *rows, strict=True)]


def _pieces(widths: Sequence[int], left: int, limit: int) -> list[list[int]]:
    """Which columns stand beside each other; every piece begins with the first `left` ones."""
    keys = list(range(left))
    pieces = [keys]
    for i in range(left, len(widths)):
        if len(pieces[-1]) > left and sum(widths[j] for j in [*pieces[-1], i]) > limit + 1:
            pieces.append(keys)
        pieces[-1] = [*pieces[-1], i]
    return pieces


def fixed(value: float | None, digits: int = 3) -> str:
    """A number with so many digits behind the point; a dash where there is none."""
    return "–" if value is None or value != value else f"{value:.{digits}f}"


def percent(value: float | None, digits: int = 0) -> str:
    """A share in percent, such as 45 %; a dash where there is none."""
    return "–" if value is None or value != value else f"{100 * value:.{digits}f} %"


def times(value: float) -> str:
    """How many times, in two digits or to the nearest whole: 0.43, 4.8, 186, 3.4e6."""
    return f"{value:.0f}" if 100 <= value < 1e5 else number(value, 2)


def span(values: Iterable[float], shown: Callable[[float], str] = written) -> str:
    """From the least to the largest as they are shown, or the one that all are."""
    several = list(values)
    low, high = shown(min(several)), shown(max(several))
    return low if low == high else f"{low} to {high}"


def counted(n: float, noun: str) -> str:
    """So many of a noun that takes an s: 1 token, 300B tokens."""
    shown = written(n)
    return f"{shown} {noun}" if shown == "1" else f"{shown} {noun}s"


def signed(value: float | None, digits: int = 2) -> str:
    """A number with its sign and so many digits behind the point, as differences and z are written."""
    return "–" if value is None or value != value else f"{value:+.{digits}f}"


def between(lower: float | None, upper: float | None, digits: int = 3, *, shown: Callable[..., str] = fixed) -> str:
    """An interval, ``[0.578, 0.582]``; the word none where there is none, ∞ where it has no upper end."""
    if lower is None or lower != lower:
        return "none"
    return f"[{shown(lower, digits)}, {'∞' if upper is None else shown(upper, digits)}]"


def estimated(
    value: float | None, lower: float | None, upper: float | None, digits: int = 3, *, shown: Callable[..., str] = fixed
) -> str:
    """A number with its interval, ``0.580 [0.578, 0.582]``; in brackets where it has none, and is no result."""
    if value is None or value != value:
        return "–"
    if lower is None or lower != lower:
        return f"({shown(value, digits)})"
    return f"{shown(value, digits)} {between(lower, upper, digits, shown=shown)}"


def factor(value: float | None, digits: int = 3) -> str:
    """How many times: 2.62, 13.2, 594, 14.7K; a dash where it is not known, ∞ where there is no end to it."""
    if value is None or not 1 <= value < 1e4:
        return written(value, digits)
    return f"{value:#.{digits}g}" if value < 100 else f"{value:.0f}"
