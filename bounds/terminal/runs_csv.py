"""A table of training runs as people keep it: a CSV file with a header, one run a line."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Sequence
from typing import IO, Any

NAMES = {
    "n_params": ("n_params", "params", "parameters", "model size", "n"),
    "n_tokens": ("n_tokens", "tokens", "training tokens", "d"),
    "compute_flops": ("compute_flops", "flops", "training flop", "training flops", "compute", "c"),
    "loss": ("loss", "final loss", "val_loss", "l"),
}
"""Column names that are understood without being told, in lower case."""


def read_runs(file: IO[Any], name: str, columns: dict[str, str]) -> dict[str, list[float]]:
    """n_params, loss and one of n_tokens and compute_flops of each run in `file`.

    `columns` names a column where its header is not in `NAMES`; `name` is the file's, for the sentences. Raises
    ValueError for a column that is missing or twice there and for a cell that is not a number.
    """
    try:
        lines = list(csv.reader(file))
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{name} is not a CSV file in UTF-8 ({error})") from None
    header = [cell.strip() for cell in lines[0]] if lines else []
    if not header:
        raise ValueError(f"{name} is empty; it needs a header line and one run a line")
    if len(header) == 1 and any(mark in header[0] for mark in ";\t|"):
        mark = next(mark for mark in ";\t|" if mark in header[0])
        shown = "tabs" if mark == "\t" else repr(mark)
        raise ValueError(f"{name} is separated by {shown}; it must be separated by commas")
    places = {key: _place(name, header, key, columns.get(key)) for key in NAMES}
    if places["n_tokens"] is not None:
        places["compute_flops"] = None
    missing = [key for key in ("n_params", "loss") if places[key] is None]
    if places["n_tokens"] is None and places["compute_flops"] is None:
        missing.append("n_tokens (or compute_flops)")
    if missing:
        raise ValueError(
            f"{name} has no column for {' and '.join(missing)}; its columns are {', '.join(header)}: "
            "name one with --column n_params=NAME"
        )
    rows = [(number, row) for number, row in enumerate(lines[1:], 2) if any(cell.strip() for cell in row)]
    for number, row in rows:
        if len(row) > len(header):
            raise ValueError(
                f"{name}, line {number}: {len(row)} cells under {len(header)} columns; is a comma too many?"
            )
    return {key: _numbers(name, rows, place, header[place]) for key, place in places.items() if place is not None}


def _place(name: str, header: Sequence[str], key: str, told: str | None) -> int | None:
    names = (told,) if told is not None else NAMES[key]
    found = [i for i, cell in enumerate(header) if cell == told or (told is None and cell.lower() in names)]
    if len(found) > 1:
        there = " and ".join(header[i] for i in found)
        raise ValueError(f"{name} has more than one column for {key} ({there}): choose with --column {key}=NAME")
    if told is not None and not found:
        raise ValueError(f"{name} has no column {told!r}; its columns are {', '.join(header)}")
    return found[0] if found else None


def _numbers(name: str, rows: Iterable[tuple[int, list[str]]], place: int, title: str) -> list[float]:
    values = []
    for number, row in rows:
        cell = row[place].strip() if place < len(row) else ""
        try:
            value = float(cell)
        except ValueError:
            raise ValueError(f"{name}, line {number}: {cell!r} in column {title!r} is not a number") from None
        if not (value > 0 and math.isfinite(value)):
            raise ValueError(f"{name}, line {number}: {title} must be positive and finite, got {cell}")
        values.append(value)
    return values
