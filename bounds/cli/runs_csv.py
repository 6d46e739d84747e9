"""A table of training runs as people keep it: a CSV file with a header, one run a line.

A column is known by its name or named by the caller. A unit in a header (``tokens (B)``, ``loss_bits``) is understood
and said, or the column is not taken for what it might be; numbers are written as in a flag: 1e9, 1_000, 300M, 1.5B.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from bounds.base.one_number import cut, printable, shown
from bounds.base.quantities import parse_count
from bounds.cli.csv_rows import Row, listed, read_rows
from bounds.fitting.runs.loss_units import LOSS_UNITS, loss_unit_named

NAMES = {
    "n_params": ("n_params", "params", "parameters", "model size", "n"),
    "n_tokens": ("n_tokens", "tokens", "training tokens", "d"),
    "compute_flops": ("compute_flops", "flops", "training flop", "training flops", "compute", "c", "flop"),
    "loss": ("loss", "final loss", "val_loss", "l"),
}
"""Column names that are understood without being told, in lower case."""

_SCALES = {
    1e3: ("k", "thousand", "thousands"), 1e6: ("m", "million", "millions", "mn"),
    1e9: ("b", "bn", "g", "billion", "billions"), 1e12: ("t", "trillion", "trillions"),
}  # fmt: skip
_UNITS: dict[str, dict[str, float]] = {
    "n_params": {}, "n_tokens": {},
    "compute_flops": {
        "flop": 1.0, "flops": 1.0, "tflop": 1e12, "tflops": 1e12, "pflop": 1e15, "pflops": 1e15, "eflop": 1e18,
        "eflops": 1e18, "zflop": 1e21, "zflops": 1e21, "pf-days": 8.64e19, "pf-day": 8.64e19, "pfdays": 8.64e19,
        "petaflop-days": 8.64e19, "petaflop/s-days": 8.64e19,
    },
}  # fmt: skip
_SCALED = re.compile(r"(?:x|×|in|\*)?\s*(?:1e|10\^)(\d+)")
_BRACKETED = re.compile(r"(.*?)\s*[(\[]\s*(?:in\s+)?(.*?)\s*[)\]]")
_SUFFIXED = re.compile(r"(.+?)(?:\s*,\s*|[ _]+(?:in[ _]+)?)([^ _,]+(?:[ _]per[ _]byte)?)")
_COUNTS = re.compile(r"(active|total|non.?embedding|embedding|dense|sparse).*param|param.*(active|total|embedding)")
_WITH_SUFFIX = re.compile(r"[\d_.]{1,60}(?:[eE][+-]?\d{1,3})? ?[A-Za-z-]{1,12}", re.ASCII)
_LARGEST = 10**60


@dataclass(frozen=True)
class RunsTable:
    """The columns of a table of runs by the arguments of `fit_loss_law`, and what must be said of how they were read.

    `loss_unit` is the unit that the header gives the losses, if any; `runs` are the labels of the runs that the rows
    belong to, where a column of them was named.
    """

    columns: dict[str, list[float]]
    loss_unit: str | None = None
    runs: list[str] | None = None
    notes: tuple[str, ...] = ()
    titles: dict[str, str] = field(default_factory=dict)

    def agreed_unit(self, told: str | None) -> str:
        """The unit of the losses: what was `told`, what the header says, or nats; ValueError where these differ."""
        if told is not None and self.loss_unit not in (None, told):
            raise ValueError(
                f"--loss-unit is {told}, but column {shown(self.titles['loss'])} says {self.loss_unit}; leave the "
                "flag out, or rename the column"
            )
        return told or self.loss_unit or "nats"


@dataclass(frozen=True)
class _Column:
    place: int
    title: str
    unit: str = ""
    scale: float = 1.0


def read_runs(data: bytes, name: str, columns: dict[str, str], run_column: str | None = None) -> RunsTable:
    """n_params, loss and one of n_tokens and compute_flops of each run in the bytes of a CSV file.

    `columns` names a column where its header is not in `NAMES`, `run_column` the one that says which rows belong to
    one run; `name` is the file's, for the sentences. Raises ValueError for a column that is missing or twice there and
    for a cell that is not a number.
    """
    header, rows = read_rows(data, name)
    found = {key: _place(name, header.cells, key, columns.get(key)) for key in NAMES}
    if found["n_tokens"] is not None:
        found["compute_flops"] = None
    missing = [key for key in ("n_params", "loss") if found[key] is None]
    if found["n_tokens"] is None and found["compute_flops"] is None:
        missing.append("n_tokens (or compute_flops)")
    counts = [cell for cell in header.cells if _COUNTS.search(cell.lower())]
    if missing:
        raise ValueError(_missing(name, header.cells, missing, counts))
    taken = {key: column for key, column in found.items() if column is not None}
    values = {key: _numbers(name, rows, column, key) for key, column in taken.items()}
    runs = None if run_column is None else _labels(name, header.cells, rows, run_column)
    notes = [f"column {shown(c.title)} is read in units of {c.scale:g}" for c in taken.values() if c.scale != 1]
    others = [cell for cell in counts if cell != taken["n_params"].title]
    if others and "n_params" not in columns:
        notes.append(
            f"N is column {shown(taken['n_params'].title)}; {listed(tuple(others))} counts parameters too: choose "
            "with --column n_params=NAME"
        )
    titles = {key: cut(printable(column.title)) for key, column in taken.items()}
    return RunsTable(values, taken["loss"].unit or None, runs, tuple(notes), titles)


def _missing(name: str, header: Sequence[str], missing: list[str], counts: list[str]) -> str:
    if missing == ["n_params"] and counts:
        return (
            f"{name} counts parameters in {listed(tuple(counts))} and does not say which is N: choose with --column "
            f"n_params=NAME (of a mixture of experts, fit once with the active and once with the total ones)"
        )
    return (
        f"{name} has no column for {' and '.join(missing)}; its columns are {listed(tuple(header))}: "
        "name one with --column n_params=NAME"
    )


def _place(name: str, header: Sequence[str], key: str, told: str | None) -> _Column | None:
    if told is not None:
        named = [_Column(i, cell, *_unit(key, cell)[1:]) for i, cell in enumerate(header) if cell == told]
    else:
        parts = [(i, cell, _unit(key, cell)) for i, cell in enumerate(header)]
        named = [_Column(i, cell, *part[1:]) for i, cell, part in parts if part[0] in NAMES[key]]
    if len(named) > 1:
        there = listed(tuple(column.title for column in named)).replace(", ", " and ")
        raise ValueError(f"{name} has more than one column for {key} ({there}): choose with --column {key}=NAME")
    if told is not None and not named:
        raise ValueError(f"{name} has no column {shown(told)}; its columns are {listed(tuple(header))}")
    return named[0] if named else None


def _unit(key: str, title: str) -> tuple[str, str, float]:
    """The name in a header without its unit, the unit of a loss, and the scale of a count, where it has one."""
    lower = title.lower()
    if lower in NAMES[key]:
        return lower, "", 1.0
    if key == "loss" and lower in LOSS_UNITS["bits-per-byte"]:
        return "loss", "bits-per-byte", 1.0
    for pattern in (_BRACKETED, _SUFFIXED):
        match = pattern.fullmatch(lower)
        if match is None:
            continue
        if pattern is _SUFFIXED and len(match[1]) < 2:
            continue  # d_k and n_b are more often widths and batches than counts
        name, unit = match[1], match[2].removesuffix(" tokens").removesuffix(" parameters").removesuffix(" params")
        if key == "loss":
            known = loss_unit_named(unit)
            if known:
                return name, known, 1.0
            continue
        scales = _UNITS[key] | {text: scale for scale, texts in _SCALES.items() for text in texts}
        power = _SCALED.fullmatch(unit)
        if unit in scales:
            return name, "", scales[unit]
        if power is not None and int(power[1]) < 60:
            return name, "", 10.0 ** int(power[1])
    return lower, "", 1.0


def _numbers(name: str, rows: Sequence[Row], column: _Column, key: str) -> list[float]:
    values = []
    for row in rows:
        cell = row.cells[column.place].strip() if column.place < len(row.cells) else ""
        value = _number(f"{name}, line {row.line}", cell, column, key)
        if not (value > 0 and math.isfinite(value)):
            title, got = (cut(printable(text)) for text in (column.title, cell))
            raise ValueError(f"{name}, line {row.line}: {title} must be positive and finite, got {got}")
        values.append(value * column.scale)
    return values


def _number(where: str, cell: str, column: _Column, key: str) -> float:
    try:
        return float(cell)
    except ValueError:
        pass
    wrong = f"{where}: {shown(cell)} in column {shown(column.title)} is not a number"
    if re.fullmatch(r"[+-]?\d+(,\d+)+(\.\d*)?", cell):
        raise ValueError(f"{wrong}: write it without commas, with a point before its decimals")
    if key == "loss" or not _WITH_SUFFIX.fullmatch(cell):
        raise ValueError(wrong)
    try:
        value = float(parse_count(cell, high=_LARGEST))
    except ValueError:
        raise ValueError(f"{wrong} such as 1e9, 300M or 1.5B") from None
    if column.scale != 1:
        raise ValueError(f"{where}: {shown(cell)} has a unit of its own, and so has its column {shown(column.title)}")
    return value


def _labels(name: str, header: Sequence[str], rows: Sequence[Row], run_column: str) -> list[str]:
    places = [i for i, cell in enumerate(header) if cell == run_column]
    if len(places) != 1:
        what = "no column" if not places else "more than one column"
        raise ValueError(f"{name} has {what} {shown(run_column)}; its columns are {listed(tuple(header))}")
    labels = []
    for row in rows:
        label = row.cells[places[0]].strip() if places[0] < len(row.cells) else ""
        if not label:
            raise ValueError(f"{name}, line {row.line}: column {shown(run_column)} does not say which run this is")
        labels.append(label)
    return labels
