"""What is told of a table that was read, beside what was fitted to it: notes, and the same in JSON."""

from __future__ import annotations

from typing import Any

from bounds.base.notes import FITTED, INPUT, SUSPECT, Note
from bounds.cli.printing import fixed
from bounds.cli.reading.odd_rows import lines_text
from bounds.cli.runs_csv import RunsTable
from bounds.fitting.runs.law_inputs import named
from bounds.fitting.runs.leverage import HeavyRuns


def read_notes(table: RunsTable, unit: str, heavy: HeavyRuns | None) -> list[Note]:
    """How `table` was read, its losses in `unit`, what is odd about its rows, and which of them carry β."""
    odd = [named(Note(SUSPECT, note), table.titles) for note in table.odd(unit)]
    odd += [Note(SUSPECT, note) for note in table.doubts]
    read = [note for note in table.notes if note not in table.doubts]
    notes = [*odd, *(Note(INPUT, note if note.endswith("?") else f"{note}.") for note in read)]
    if heavy is not None:
        lines = [table.lines[row] for row in heavy.rows]
        one = len(lines) == 1
        what = f"{lines_text(lines)} carries" if one else f"the {len(lines)} rows of {lines_text(lines)} carry"
        betas = f"{fixed(heavy.without)}, not {fixed(heavy.beta)}"
        notes.append(Note(FITTED, f"{what} the exponent of the data: without {'it' if one else 'them'} β is {betas}."))
    return notes


def read_data(table: RunsTable, heavy: HeavyRuns | None) -> dict[str, Any]:
    """How the table was read and which lines carry β, for JSON."""
    carried = None
    if heavy is not None:
        lines = [table.lines[row] for row in heavy.rows]
        carried = {"lines": lines, "data_exponent": heavy.beta, "data_exponent_without": heavy.without}
    return {"read": table.reading, "heavy_runs": carried}
