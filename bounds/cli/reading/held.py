"""What a file holds that a command cannot take, and which command does take it: half a sentence for its refusal."""

from __future__ import annotations

import os
import re
from pathlib import Path

from bounds.cli.reading.csv_rows import SEPARATORS
from bounds.cli.reading.headers import chosen_columns

_BEGINNING = 1 << 16
"""Bytes that are looked at."""
_PICTURES = (b"\x89PNG", b"%PDF", b"<svg", b"<?xml")
_OF_RESULTS = {"source", "learner", "skill", "step", "n_draws", "n_units", "n_unique", "replicate", "draw", "key"}
"""Columns of what results are written to as .csv; two of them are enough to know one."""

RESULT = "a result, which `python -m simulate show` prints and `python -m simulate fit` fits"
COUNTS = "the numbers of a result as .csv, which nothing here reads; take the .nc or .zarr of that run (--out)"
RUNS = "a table, which `python -m bounds fit` takes where its rows are runs"
TEXT = "a text, which `python -m simulate corpus` counts"


def held(path: str | os.PathLike[str]) -> str:
    """What stands at `path`, with the command that takes it; empty where that cannot be told.

    A folder or an HDF5 file is called a result by its name alone: whether it is whole, its reader says.
    """
    place = Path(path)
    try:
        if place.is_dir():
            return RESULT if any((place / name).exists() for name in (".zgroup", ".zmetadata", "zarr.json")) else ""
        with place.open("rb") as file:
            data = file.read(_BEGINNING)
    except OSError:
        return ""
    if data.startswith(b"\x89HDF"):
        return RESULT
    if data.lstrip().startswith(_PICTURES):
        return "a picture, which nothing here reads"
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:  # a character may be cut by the end of what was read
        if error.start < len(data) - 4 or len(data) < _BEGINNING:
            return ""
        text = data[: error.start].decode("utf-8-sig")
    return "" if "\0" in text else _of_text(place.name, text)


def _of_text(name: str, text: str) -> str:
    if not text.strip():
        return "nothing: it is empty"
    if name.endswith(".law.toml") or re.search(r"^\[law\]$", text, re.MULTILINE):
        return "a law, which --law of `python -m bounds` band, laws and plan takes"
    if name.endswith(".toml"):
        return "a configuration, which --config takes"
    if re.match(r'\s*\{\s*"schema_version"', text):
        return "what --json printed, which nothing here reads; take the .nc or .zarr of that run (--out)"
    header = next(line for line in text.splitlines() if line.strip())
    cells = [cell.strip().strip('"') for cell in re.split("|".join(map(re.escape, SEPARATORS)), header)]
    if len(_OF_RESULTS & set(cells)) > 1:
        return COUNTS
    return RUNS if name.endswith((".csv", ".tsv")) or (len(cells) > 2 and _are_runs(cells)) else TEXT


def _are_runs(cells: list[str]) -> bool:
    """Whether a header names parameters, tokens (or FLOP) and loss."""
    try:
        chosen_columns("", cells, {})
    except ValueError:
        return False
    return True
