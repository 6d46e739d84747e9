"""What the other columns of a table say of its runs: compute that contradicts the tokens, and runs that did not end."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence

from bounds.base.one_number import shown
from bounds.cli.reading.cells import cell_of, value_of
from bounds.cli.reading.csv_rows import Row
from bounds.cli.reading.headers import Column, spare_compute
from bounds.cli.reading.odd_rows import lines_text
from bounds.laws.published import training_flops

_STATES = ("state", "status")
_UNFINISHED = {"running", "crashed", "failed", "killed", "preempted", "preempting", "pending", "diverged", "oom"}
_EXPLAINED = 2.0
"""A factor between C and 6 N D that embeddings, attention and activations computed twice can explain."""


def unfinished(header: Sequence[str], rows: Sequence[Row]) -> Iterable[str]:
    """Which rows a column of states calls running, crashed or the like."""
    for place, title in enumerate(header):
        if title.strip().lower() not in _STATES:
            continue
        odd = [row for row in rows if place < len(row.cells) and row.cells[place].strip().lower() in _UNFINISHED]
        if odd:
            state = shown(odd[0].cells[place].strip())
            lines = lines_text([row.line for row in odd])
            yield f"column {shown(title)} says {state} in {lines}: is that a final loss?"


def disagreement(
    header: Sequence[str], rows: Sequence[Row], taken: dict[str, Column], values: dict[str, list[float]], decimal: str
) -> Iterable[str]:
    """That a column of compute contradicts 6 N D, where a table has both it and tokens, which are taken."""
    column = spare_compute(header)
    if column is None or "n_tokens" not in taken or column.place in {one.place for one in taken.values()}:
        return
    sizes = zip(values["n_params"], values["n_tokens"], strict=True)
    found = [(_compute(row, column, decimal), training_flops(N, D)) for row, (N, D) in zip(rows, sizes, strict=True)]
    ratios = [spent / counted for spent, counted in found if spent is not None]
    if ratios and not 1 / _EXPLAINED <= (middle := statistics.median(ratios)) <= _EXPLAINED:
        yield (
            f"column {shown(column.title)} is {middle:.2g} times 6 N D in the middle run; D is column "
            f"{shown(taken['n_tokens'].title)}: is one of them in another unit?"
        )


def _compute(row: Row, column: Column, decimal: str) -> float | None:
    """The FLOP in a cell; None where it holds no number, which is no matter in a column that nobody asked for."""
    if column.place >= len(row.cells):
        return None
    try:
        cell = cell_of("", row.line, "compute_flops", column, row.cells[column.place])
        return value_of("", cell, decimal) * column.scale
    except ValueError:
        return None
