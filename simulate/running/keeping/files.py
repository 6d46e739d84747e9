"""Names of results and figures: checked before the work starts, and locked while it lasts.

Loads nothing heavy, so that a bad name is refused at once.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bounds.base.keeping.hidden import tidy
from bounds.base.keeping.locks import locked
from bounds.base.keeping.targets import check_folder, check_new, check_no_link, check_ordinary, named
from simulate.running.keeping.leftovers import is_result, is_store, provenance_of

RESULTS = (".nc", ".zarr", ".csv")

_NOUNS = {"skills": "simulation of skills", "learners": "sweep of learners", "corpus": "count of a text",
          "compare": "comparison of two corpora"}  # fmt: skip
_RENAMED = {"sweep --learner": "learners", "suite --batch-at": "batch"}
"""Commands as earlier versions called them."""


@contextmanager
def claimed(
    path: str | Path,
    *,
    overwrite: bool = False,
    resume: bool = False,
    own_cells: bool = False,
    formats: tuple[str, ...],
) -> Iterator[Path]:
    """`path`, locked and then checked as `check_target` does, for as long as this run may write there.

    What killed runs left hidden beside it is deleted. Raises ValueError with one sentence, also where another run
    writes there.
    """
    target = named(path, formats)
    with locked(target) as first:
        if first:
            tidy(target)
            tidy(part_of(target))
        yield check_target(target, overwrite=overwrite, resume=resume, own_cells=own_cells, formats=formats)


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
    target = named(path, formats)
    if resume and target.suffix != ".zarr":
        raise ValueError(f"{target} cannot be resumed: only a result that ends in .zarr is kept cell by cell")
    if resume and overwrite:
        raise ValueError("--resume keeps what is there and --overwrite replaces it; pass one of them")
    _check_kind(target)
    check_new(target, overwrite=overwrite or resume)
    part = part_of(target)
    if target.suffix == ".zarr" and os.path.lexists(part):
        if not is_store(part):
            raise ValueError(
                f"{part} is in the way: cells are kept there, and no run has begun them; move it away or choose "
                "another name"
            )
        if not (overwrite or resume or own_cells):
            raise ValueError(
                f"{part} holds an unfinished {noun_of(begun_by(part))}; "
                "pass --resume to go on with it or --overwrite to start again"
            )
    check_folder(target.parent)
    return target


def _check_kind(target: Path) -> None:
    """Refuse what is not replaced, whoever asks for it: links, folders that are not ours, files in their place."""
    check_no_link(target)
    if target.is_dir():
        if target.suffix != ".zarr" or not is_result(target):
            raise ValueError(
                f"{target} is a folder that no result stands in, or more than a result; it is not replaced, choose "
                "another name"
            )
    elif target.exists() and target.suffix == ".zarr":
        raise ValueError(f"{target} is a file, and a result that ends in .zarr is a folder; choose another name")
    else:
        check_ordinary(target)


def part_of(target: Path) -> Path:
    """Where the cells of a result stand until all of them are done."""
    return target.with_name(f"{target.name}.part")


def command_of(made: dict[str, Any]) -> str:
    """The command that has a provenance such as this."""
    command = str(made.get("command", "sweep"))
    return _RENAMED.get(command, command)


def noun_of(command: str) -> str:
    """What a command does, in a sentence."""
    return _NOUNS.get(command, command)


def begun_by(part: Path) -> str:
    """The command whose cells stand at `part`; where that cannot be read, the word "run"."""
    made = provenance_of(part)
    return command_of(made) if made else "run"
