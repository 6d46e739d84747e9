"""Work under way: a Zarr store beside the result, one chunk a cell, from which a killed command goes on.

The variables that the work lays out (of a sweep of sources, ``n_unique`` and ``spectrum``) have the chunks of a cell;
``done`` (source, block) is written after them. It holds the CRC-32 of what was written, plus 2^32: a cell that a power
cut or a full disk damaged is told from one that is whole, and drawn again. The CRC starts from the run that began the
store and from the place of the cell, so that what another run wrote here, or what belongs elsewhere, is damage too.
Only the process that runs the command writes here, while it holds the lock of the result
(`bounds.base.keeping.locks`).
"""

from __future__ import annotations

import json
import secrets
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import zarr

from bounds.base.keeping.hidden import mark
from bounds.base.keeping.targets import written_whole
from bounds.cli.process import undisturbed
from simulate.running.cells import Block, Cell, Layout, place_of
from simulate.running.job import Job
from simulate.running.keeping.files import command_of, noun_of, part_of
from simulate.running.keeping.leftovers import discard_store
from simulate.running.same_run import other_work

_WHOLE = 1 << 32
_UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, IndexError, RuntimeError, OSError, EOFError)
"""What zarr raises where metadata or a chunk is cut short or was written over."""


class CellStore:
    """The cells of one result, on disk. Made by `begin` or `resume`."""

    def __init__(self, path: Path, job: Job) -> None:
        self.path = path
        try:
            group = zarr.open_group(path, mode="r+")
            attributes = dict(group.attrs)
            other = other_work(job, json.loads(str(attributes["provenance"])))
            self.size = int(str(attributes["replicates_per_cell"]))
            self._run = str(attributes.get("run", ""))  # earlier versions have none
            if self._run and attributes.get("checksum") != _checksum(attributes):
                raise ValueError("its attributes are not those that were written")
            self._layout = job.layout
            self._arrays: Any = {} if other else _opened(group, job, self.size)
        except _UNREADABLE as error:
            raise ValueError(
                f"{path} cannot be read as an unfinished {noun_of(command_of(json.loads(job.made)))} "
                f"({_first_line(error)}); pass --overwrite to start again, or choose another --out"
            ) from None
        if other:
            raise ValueError(f"{path} holds {other}; pass --overwrite to start again, or choose another --out")
        self.cells = job.cells_of(self.size)

    @classmethod
    def begin(cls, target: Path, job: Job) -> CellStore:
        """An empty store beside `target`."""
        path = part_of(target)
        with written_whole(path) as folder, undisturbed():  # here and below: zarr writes on threads of its own
            _create(folder, job)
        return cls(path, job)

    @classmethod
    def resume(cls, target: Path, job: Job) -> CellStore:
        """The store that a run which was killed left beside `target`.

        Raises ValueError with one sentence where it cannot be read, or belongs to another run.
        """
        return cls(part_of(target), job)

    def kept(self) -> Iterator[tuple[Cell, Block | None]]:
        """Cells that are done, with what they hold; None for it where a cell is damaged, whatever its flag says."""
        for cell in self.cells:
            try:
                flag = int(self._arrays["done"][cell.source, cell.block])
                if flag == 0:
                    continue
                block = {name: self._arrays[name][place_of(one, cell)] for name, one in self._layout.items()}
            except _UNREADABLE:
                yield cell, None
                continue
            yield cell, block if flag == self._flag(cell, block) else None

    def keep(self, cell: Cell, block: Block) -> None:
        """Write what a cell holds, then its flag. Each file is written beside its name and renamed.

        Raises OSError that names the store where that cannot be done, as on a disk that is full.
        """
        try:
            with undisturbed():
                self._arrays["done"][cell.source, cell.block] = 0
                for name, one in self._layout.items():
                    self._arrays[name][place_of(one, cell)] = block[name]
                self._arrays["done"][cell.source, cell.block] = self._flag(cell, block)
        except OSError as error:
            raise OSError(error.errno, error.strerror or str(error), str(self.path)) from None

    def _flag(self, cell: Cell, block: Block) -> int:
        """In the order of the layout, and of the type that is written: a cell must give the same when it is read."""
        place = f"{self._run} {cell.source} {cell.first} {cell.replicates}"
        found = zlib.crc32(place.encode()) if self._run else 0
        for name, one in self._layout.items():
            found = zlib.crc32(np.ascontiguousarray(block[name], one.dtype).tobytes(), found)
        return _WHOLE + found

    def remove(self) -> None:
        """Delete the store, if it is still the one of this run."""
        try:
            run = str(zarr.open_group(self.path, mode="r").attrs.get("run", ""))
        except _UNREADABLE:
            return
        if run == self._run:
            discard_store(self.path)


def _create(folder: Path, job: Job) -> None:
    group = zarr.open_group(folder, mode="w", zarr_format=3)
    mark(folder)
    chunk = {"source": 1, "replicate": job.size, "sum": 1, "shown": 1, "block": 1}
    for name, one in _variables(job, job.size).items():
        group.create_array(
            name, shape=one.shape, chunks=tuple(chunk.get(dim, n) for dim, n in zip(one.dims, one.shape, strict=True)),
            dtype=one.dtype, dimension_names=list(one.dims), fill_value=np.dtype(one.dtype).type(one.fill),
            config={"write_empty_chunks": True},
        )  # fmt: skip
    attributes: dict[str, Any] = {"provenance": job.made, "replicates_per_cell": job.size, "run": secrets.token_hex(16)}
    group.attrs.update(attributes | {"checksum": _checksum(attributes)})


def _variables(job: Job, size: int) -> dict[str, Layout]:
    """What a store of cells of `size` replicates holds."""
    n_sources = max(job.drawers, default=-1) + 1
    return {**job.layout, "done": Layout(("source", "block"), (n_sources, -(-job.replicates // size)), "uint64", 0)}


def _opened(group: Any, job: Job, size: int) -> dict[str, Any]:
    """The arrays of a store; ValueError where they cannot be those of `job`."""
    if not 1 <= size <= job.replicates:
        raise ValueError(f"it has cells of {size} replicates")
    arrays = {}
    for name, one in _variables(job, size).items():
        found = arrays[name] = group[name]
        # What is not of single replicates is as long as there are cells, which may have been cut otherwise.
        n_cells = -(-job.replicates // size)
        shape = [n_cells if dim in ("sum", "shown") else n for dim, n in zip(one.dims, one.shape, strict=True)]
        if found.shape != tuple(shape) or found.dtype != np.dtype(one.dtype):
            raise ValueError(f"{name} has another shape or type than it was given")
    return arrays


def _checksum(attributes: dict[str, Any]) -> int:
    values = [str(attributes[name]) for name in ("provenance", "replicates_per_cell", "run")]
    return zlib.crc32("\0".join(values).encode())


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
