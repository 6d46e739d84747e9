"""A table of training runs as people keep it: a text file with a header, one run a line.

A column is known by its name or named by the caller. Separator, decimal sign, units in headers (``tokens (B)``,
``loss_bits``) and letters behind numbers (1e9, 1_000, 300M, 1.5B, 6,795,600,349) are understood and said, or refused.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bounds.base.one_number import cut, number, printable, shown
from bounds.cli.reading.beside import disagreement, unfinished
from bounds.cli.reading.cells import Cell, cell_of, decimal_sign, has_spread, is_grouped, is_missing, value_of
from bounds.cli.reading.csv_rows import SEPARATORS, Row, Rows, listed, read_rows
from bounds.cli.reading.headers import NAMES, Column, param_counts
from bounds.cli.reading.layout import Layout, laid_out
from bounds.cli.reading.odd_rows import lines_text, odd_rows

__all__ = ["NAMES", "RunsTable", "read_runs"]

_LETTERS = {"n_params": "N", "n_tokens": "D", "compute_flops": "C", "loss": "loss"}
_UNITS = {"bits": "bits", "bits-per-byte": "bits per byte", "nats": "nats"}


@dataclass(frozen=True)
class RunsTable:
    """The columns of a table of runs by the arguments of `fit_loss_law`, and what must be said of how they were read.

    `loss_unit` is the unit that the header gives the losses, if any; `runs` are the labels of the runs that the rows
    belong to, where a column of them was named. `lines` are those of the rows in the file, `skipped` those that were
    left out as incomplete, and `reading` says in one object how the file was read. `doubts` are those of the notes
    that ask whether the rows are what they are taken for.
    """

    columns: dict[str, list[float]]
    loss_unit: str | None = None
    runs: list[str] | None = None
    notes: tuple[str, ...] = ()
    titles: dict[str, str] = field(default_factory=dict)
    lines: tuple[int, ...] = ()
    skipped: tuple[int, ...] = ()
    reading: dict[str, Any] = field(default_factory=dict)
    doubts: tuple[str, ...] = ()

    def agreed_unit(self, told: str | None) -> str:
        """The unit of the losses: what was `told`, what the header says, or nats; ValueError where these differ."""
        if told is not None and self.loss_unit not in (None, told):
            raise ValueError(
                f"--loss-unit is {told}, but column {shown(self.titles['loss'])} says {self.loss_unit}; leave the "
                "flag out, or rename the column"
            )
        return told or self.loss_unit or "nats"

    def odd(self, told: str | None = None) -> list[str]:
        """What no run of a language model has, row by row, if losses are in the unit `told` or the header's."""
        return list(odd_rows(self.columns, self.lines, self.agreed_unit(told)))


def read_runs(
    data: bytes, name: str, columns: dict[str, str], run_column: str | None = None, *, skip_incomplete: bool = False
) -> RunsTable:
    """n_params, loss and one of n_tokens and compute_flops of each run in the bytes of a table.

    `columns` names a column where its header is not in `NAMES`, `run_column` the one that says which rows belong to
    one run; `name` is the file's, for the sentences. Rows without one of the numbers are refused, or left out and
    counted with `skip_incomplete`. Raises ValueError for a column that is missing or twice there and for a cell that
    is not a number.
    """
    file = read_rows(data, name)
    layout = laid_out(name, file, columns)
    header, taken = layout.header.cells, layout.columns
    if run_column is not None and header.count(run_column) != 1:
        what = "no column" if run_column not in header else "more than one column"
        raise ValueError(f"{name} has {what} {shown(run_column)}; its columns are {listed(tuple(header))}")
    rows, skipped = _complete(name, layout.rows, taken, skip_incomplete)
    cells = {
        key: [cell_of(name, row.line, key, column, row.cells[column.place]) for row in rows]
        for key, column in taken.items()
    }
    decimal, example = decimal_sign(name, [cell for column in cells.values() for cell in column])
    values = {key: [_positive(name, cell, decimal) for cell in column] for key, column in cells.items()}
    runs = None if run_column is None else _labels(name, header, rows, run_column)
    grouped = next((cell for column in cells.values() for cell in column if is_grouped(cell, decimal)), None)
    spread = next((cell for cell in cells["loss"] if has_spread(cell)), None)
    doubts = (*unfinished(header, rows), *disagreement(header, rows, taken, values, decimal))
    notes = [_read_as(file, layout, decimal, example, grouped, spread), *doubts]
    if skipped:
        what = "1 row is" if len(skipped) == 1 else f"{len(skipped)} rows are"
        notes.append(f"{what} left out as incomplete: {lines_text(skipped)}")
    others = [cell for cell in param_counts(header) if cell != taken["n_params"].title]
    if others and "n_params" not in columns:
        notes.append(
            f"N is column {shown(taken['n_params'].title)}; {listed(tuple(others))} counts parameters too: choose "
            "with --column n_params=NAME"
        )
    titles = {key: cut(printable(column.title)) for key, column in taken.items()}
    reading = {
        "separator": file.separator, "decimal": decimal, "byte_order_mark": file.marked,
        "columns": {key: {"title": column.title, "scale": column.scale} for key, column in taken.items()},
        "loss_unit": taken["loss"].unit or None, "n_rows": len(rows), "skipped_lines": list(skipped),
    }  # fmt: skip
    return RunsTable(
        values, taken["loss"].unit or None, runs, tuple(note for note in notes if note), titles,
        tuple(row.line for row in rows), skipped, reading, doubts,
    )  # fmt: skip


def _read_as(
    file: Rows, layout: Layout, decimal: str, example: Cell | None, grouped: Cell | None, spread: Cell | None
) -> str:
    """How the table was read, in one line; empty where it says all of it in plain words itself."""
    parts = list(layout.passed)
    for key, column in layout.columns.items():
        if column.scale != 1:
            parts.append(f"{_LETTERS[key]} is column {shown(column.title)} times {number(column.scale)}")
        elif column.unit:
            parts.append(f"loss is column {shown(column.title)} in {_UNITS[column.unit]}")
    if file.separator != ",":
        parts.append(f"cells are separated by {SEPARATORS[file.separator]}")
    if decimal == "," and example is not None:
        parts.append(f"the comma is the decimal sign ({shown(example.text)} in line {example.line})")
    if grouped is not None:
        parts.append(f"{shown(grouped.text)} is {value_of('', grouped, decimal):.15g}")
    if spread is not None:
        parts.append(f"what stands behind ± is left out ({shown(spread.text)} in line {spread.line})")
    if file.marked:
        parts.append("a byte-order mark is passed over")
    return f"read as: {'; '.join(parts)}" if parts else ""


def _complete(
    name: str, rows: Sequence[Row], taken: dict[str, Column], skip: bool
) -> tuple[list[Row], tuple[int, ...]]:
    """The rows that have all their numbers, and the lines of the others; ValueError with these unless `skip`."""
    lacking = {row.line: absent for row in rows if (absent := _absent(row, taken))}
    if lacking and not skip:
        titles = tuple(dict.fromkeys(title for absent in lacking.values() for title in absent))
        has = "has" if len(lacking) == 1 else "have"
        raise ValueError(
            f"{name}, {lines_text(list(lacking))} {has} no number in {listed(titles)}: complete them, or leave such "
            "rows out with --skip-incomplete"
        )
    complete = [row for row in rows if row.line not in lacking]
    if rows and not complete:
        raise ValueError(f"{name} has no row with all of {listed(tuple(one.title for one in taken.values()))}")
    return complete, tuple(lacking)


def _absent(row: Row, taken: dict[str, Column]) -> list[str]:
    return [
        column.title for column in taken.values()
        if column.place >= len(row.cells) or is_missing(row.cells[column.place])
    ]  # fmt: skip


def _positive(name: str, cell: Cell, decimal: str) -> float:
    value = value_of(name, cell, decimal)
    if not (value > 0 and math.isfinite(value)):
        title, got = (cut(printable(text)) for text in (cell.column.title, cell.text))
        raise ValueError(f"{name}, line {cell.line}: {title} must be positive and finite, got {got}")
    return value * cell.column.scale


def _labels(name: str, header: Sequence[str], rows: Sequence[Row], run_column: str) -> list[str]:
    place, labels = header.index(run_column), []
    for row in rows:
        label = row.cells[place].strip() if place < len(row.cells) else ""
        if not label:
            raise ValueError(f"{name}, line {row.line}: column {shown(run_column)} does not say which run this is")
        labels.append(label)
    return labels
