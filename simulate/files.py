"""Files that are written whole or not at all. Loads nothing heavy, so that a bad name is refused at once."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

RESULTS = (".nc", ".zarr", ".csv")
_ZARR = (".zgroup", "zarr.json")
FIGURES = (".png", ".pdf", ".svg")

_NOUNS = {"skills": "simulation of skills", "sweep --learner": "sweep of learners"}


def check_target(
    path: str | Path,
    *,
    overwrite: bool = False,
    resume: bool = False,
    own_cells: bool = False,
    formats: tuple[str, ...],
) -> Path:
    """`path`, if a result can be written there; ValueError or OSError with one sentence otherwise.

    With `resume` it may exist, finished or not; `own_cells` says that the unfinished work there is the caller's.
    Called before the work starts, so that a long run is not lost to a full path that cannot be written.
    """
    target = Path(path)
    if target.suffix not in formats:
        raise ValueError(f"{target}: the name of a result ends in {', '.join(formats)}")
    if resume and target.suffix != ".zarr":
        raise ValueError(f"{target} cannot be resumed: only a result that ends in .zarr is kept cell by cell")
    if resume and overwrite:
        raise ValueError("--resume keeps what is there and --overwrite replaces it; pass one of them")
    if target.is_dir() and not (target.suffix == ".zarr" and any((target / name).exists() for name in _ZARR)):
        raise ValueError(f"{target} is a folder that no result stands in; it is not replaced, choose another name")
    if target.exists() and not overwrite and not resume:
        raise ValueError(f"{target} exists already; pass --overwrite to replace it")
    if part_of(target).exists() and not (overwrite or resume or own_cells):
        raise ValueError(
            f"{part_of(target)} holds an unfinished {noun_of(begun_by(part_of(target)))}; "
            "pass --resume to go on with it or --overwrite to start again"
        )
    if not target.parent.is_dir():
        raise ValueError(f"{target.parent} is not a folder; make it first or choose another --out")
    try:
        with tempfile.TemporaryFile(dir=target.parent):
            pass
    except OSError as error:
        raise ValueError(f"{target.parent}: cannot be written to ({error.strerror})") from None
    return target


def part_of(target: Path) -> Path:
    """Where the cells of a result stand until all of them are done."""
    return target.with_name(f"{target.name}.part")


def command_of(made: dict[str, Any]) -> str:
    """The command that has a provenance such as this."""
    return str(made.get("command", "sweep"))


def noun_of(command: str) -> str:
    """What a command does, in a sentence."""
    return _NOUNS.get(command, command)


def begun_by(part: Path) -> str:
    """The command whose cells stand at `part`; where that cannot be read, the word "run"."""
    try:
        attributes = json.loads((part / "zarr.json").read_text(encoding="utf-8"))["attributes"]
        return command_of(json.loads(attributes["provenance"]))
    except (OSError, ValueError, KeyError, TypeError):
        return "run"


@contextmanager
def written_whole(target: Path) -> Iterator[Path]:
    """A path beside `target` to write to; it takes the place of `target` only when the block ends well."""
    folder = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        part = folder / target.name
        yield part
        if target.is_dir() and not target.is_symlink():
            os.replace(target, folder / "replaced")
        os.replace(part, target)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
