"""Where the runs stand in a table: below which header, and which of its rows are no runs.

Titles above the header, comments, rules of dashes and repeats of the header are passed over and said. Units below the
header, and rows that sum up the others, are refused: a number would come out of either.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bounds.base.one_number import shown
from bounds.cli.reading.cells import is_missing
from bounds.cli.reading.csv_rows import Row, Rows
from bounds.cli.reading.headers import FLOP, SCALES, Column, chosen_columns, is_header
from bounds.cli.reading.odd_rows import lines_text
from bounds.fitting.runs.loss_units import LOSS_UNITS

_HEADER_WITHIN = 20
"""Rows among which a header is sought."""
_MOST_ROWS = 100_000
_RULE = re.compile(r"[-:=\u2500\u2501]{3,}")
_UNITS = {word for words in (*SCALES.values(), *LOSS_UNITS.values()) for word in words} | set(FLOP)
_SUMMARY = re.compile(
    r"(?:(?:grand )?totals?|sum|mean|average|avg|median|std|stdev|std dev|min|max|count|summary|[\u03a3\u2211])"
    r"\s*[.:=]?\s*(?:\(.*\))?\s*[.:]?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Layout:
    """The header of a table, the column of each argument, the rows below it, and what was passed over, in words."""

    header: Row
    columns: dict[str, Column]
    rows: tuple[Row, ...]
    passed: tuple[str, ...]


def laid_out(name: str, file: Rows, told: dict[str, str]) -> Layout:
    """Where header and runs stand in `file`; ValueError with one sentence for what cannot be told apart from runs."""
    rows = [Row(row.line, tuple(cell.strip() for cell in row.cells)) for row in (file.header, *file.rows)]
    place = next((i for i, row in enumerate(rows[:_HEADER_WITHIN]) if is_header(row.cells, told)), 0)
    header, passed = rows[place], []
    if not is_header(header.cells, told) and is_header([row.cells[0] for row in rows[:_HEADER_WITHIN]], {}):
        raise ValueError(f"{name} has a row for each quantity and a column for each run: exchange rows and columns")
    if place:
        passed.append(f"the header is in line {header.line}")
    columns = chosen_columns(name, header.cells, told)
    kept = [row for row in rows[place + 1 :] if not _is_rule(row)]
    repeats = [row for row in kept if row.cells == header.cells]
    comments = _comments(name, [row for row in kept if row not in repeats], columns)
    for what, left in (("a comment", comments), ("the header again", repeats)):
        if left:
            passed.append(f"{lines_text([row.line for row in left])} {'is' if len(left) == 1 else 'are'} {what}")
    gone = {row.line for row in (*comments, *repeats)}
    runs = tuple(row for row in kept if row.line not in gone)
    _check(name, header, runs, columns)
    return Layout(header, columns, runs, tuple(passed))


def _is_rule(row: Row) -> bool:
    """Whether a row holds dashes alone, as below the header of a table in Markdown."""
    filled = [cell for cell in row.cells if cell]
    return bool(filled) and all(_RULE.fullmatch(cell) for cell in filled)


def _comments(name: str, rows: Sequence[Row], columns: dict[str, Column]) -> list[Row]:
    """Rows that begin with #; ValueError where these can be runs as well."""
    begun = [row for row in rows if row.cells[0].startswith("#") and not is_missing(row.cells[0])]
    if len(begun) == len(rows) or not begun:
        return []  # names such as #1
    places = [column.place for column in columns.values()]
    full = [row for row in begun if 0 not in places and all(len(row.cells) > i and row.cells[i] for i in places)]
    if full:
        raise ValueError(
            f"{name}, {lines_text([row.line for row in full])}: is it a comment or a run that begins with #, "
            f"{shown(full[0].cells[0])}? take out the line, or the #"
        )
    return begun


def _check(name: str, header: Row, rows: Sequence[Row], columns: dict[str, Column]) -> None:
    """One sentence for rows with too many cells, rows of units, rows that sum up others, and too many rows."""
    for row in rows:
        if len(row.cells) > len(header.cells):
            raise ValueError(
                f"{name}, line {row.line}: {len(row.cells)} cells under {len(header.cells)} columns; is a comma too "
                "many, or a decimal or thousands comma among them?"
            )
    if len(rows) > _MOST_ROWS:
        raise ValueError(
            f"{name} has {len(rows)} rows, and a law is fitted to at most {_MOST_ROWS}: keep the last row of each run"
        )
    if rows and _holds_units(rows[0], columns):
        raise ValueError(
            f"{name}, line {rows[0].line} holds units and no run: write them into the header, as in 'params (M)', and "
            "take the line out"
        )
    summed = _summaries(rows, _places(columns))
    if summed:
        lines, word = lines_text([row.line for row in summed]), shown(_summary(summed[0], _places(columns)))
        raise ValueError(f"{name}, {lines}: {word} seems to sum up the other rows and to be no run; take it out")


def _holds_units(row: Row, columns: dict[str, Column]) -> bool:
    cells = [row.cells[column.place] for column in columns.values() if column.place < len(row.cells)]
    words = [cell.strip("()[] ").lower().removeprefix("in ") for cell in cells]
    return not any(c.isdigit() for cell in cells for c in cell) and any(word in _UNITS for word in words)


def _places(columns: dict[str, Column]) -> set[int]:
    return {column.place for column in columns.values()}


def _summaries(rows: Sequence[Row], taken: set[int]) -> list[Row]:
    """The last or the first rows, if some cell beside the numbers calls each of them a total, a mean or the like."""
    called = [bool(_summary(row, taken)) for row in rows]
    below = next((i for i, yes in enumerate(reversed(called)) if not yes), len(rows))
    above = next((i for i, yes in enumerate(called) if not yes), len(rows))
    found = [*rows[:above], *rows[len(rows) - below :]]
    return found if 0 < len(found) < len(rows) - len(found) and sum(called) == len(found) else []


def _summary(row: Row, taken: set[int]) -> str:
    cells = (cell for i, cell in enumerate(row.cells) if i not in taken)
    return next((cell for cell in cells if _SUMMARY.fullmatch(cell)), "")
