"""Files that are written whole or not at all. Loads nothing heavy, so that a bad name is refused at once."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

RESULTS = (".nc", ".zarr", ".csv")
_ZARR = (".zgroup", "zarr.json")
FIGURES = (".png", ".pdf", ".svg")


def check_target(
    path: str | Path,
    *,
    overwrite: bool = False,
    resume: bool = False,
    own_cells: bool = False,
    formats: tuple[str, ...],
) -> Path:
    """`path`, if a result can be written there; ValueError or OSError with one sentence otherwise.

    With `resume` it may exist, finished or not; `own_cells` says that an unfinished sweep there is the caller's.
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
            f"{part_of(target)} holds an unfinished sweep; pass --resume to go on with it or --overwrite to start again"
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
    """Where the cells of a sweep stand until all of them are done."""
    return target.with_name(f"{target.name}.part")


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
