"""Work under way: a Zarr store beside the result, one chunk a cell, from which a killed command goes on.

The variables that the work lays out (of a sweep of sources, ``n_unique`` and ``spectrum``) have the chunks of a cell;
``done`` (source, block) is written after them. It holds the CRC-32 of what was written, plus 2^32: a cell that a power
cut or a full disk damaged is told from one that is whole, and drawn again. Only the process that runs the command
writes here; it holds a lock, which the system takes back when the process dies.
"""

from __future__ import annotations

import fcntl
import json
import shutil
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import zarr

from simulate.files import begun_by, command_of, noun_of, part_of, written_whole
from simulate.sweep_cells import Block, Cell, Kept, Layout, other_work, place_of

_WHOLE = 1 << 32
_UNREADABLE = (ValueError, KeyError, TypeError, RuntimeError, OSError)
"""What zarr raises where metadata or a chunk is cut short or was written over."""


class CellStore:
    """The cells of one result, on disk. Made by `begin` or `resume`, to be closed."""

    def __init__(self, path: Path, job: Kept) -> None:
        self.path = path
        self._lock = _locked(path)
        try:
            group = zarr.open_group(path, mode="r+")
            other = other_work(job, json.loads(str(group.attrs["provenance"])))
            self.size = int(str(group.attrs["replicates_per_cell"]))
            self._layout = job.layout
            self._arrays: Any = {} if other else {name: group[name] for name in (*self._layout, "done")}
        except _UNREADABLE as error:
            self.close()
            raise ValueError(
                f"{path} cannot be read as an unfinished {noun_of(command_of(json.loads(job.made)))} "
                f"({_first_line(error)}); pass --overwrite to start again, or choose another --out"
            ) from None
        if other:
            self.close()
            raise ValueError(f"{path} holds {other}; pass --overwrite to start again, or choose another --out")
        self.cells = job.cells_of(self.size)

    @classmethod
    def begin(cls, target: Path, job: Kept) -> CellStore:
        """An empty store beside `target`."""
        path = part_of(target)
        with written_whole(path) as folder:
            _create(folder, job)
        return cls(path, job)

    @classmethod
    def resume(cls, target: Path, job: Kept) -> CellStore:
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
            yield cell, block if flag == self._flag(block) else None

    def keep(self, cell: Cell, block: Block) -> None:
        """Write what a cell holds, then its flag. Each file is written beside its name and renamed."""
        self._arrays["done"][cell.source, cell.block] = 0
        for name, one in self._layout.items():
            self._arrays[name][place_of(one, cell)] = block[name]
        self._arrays["done"][cell.source, cell.block] = self._flag(block)

    def _flag(self, block: Block) -> int:
        """In the order of the layout, and of the type that is written: a cell must give the same when it is read."""
        found = 0
        for name, one in self._layout.items():
            found = zlib.crc32(np.ascontiguousarray(block[name], one.dtype).tobytes(), found)
        return _WHOLE + found

    def close(self) -> None:
        """Let another process have the store."""
        self._lock.close()

    def remove(self) -> None:
        """Delete the store, and what a kill in the middle of writing the result left behind: that is written now."""
        for left in self.path.parent.glob(f".{self.path.stem}.*"):
            shutil.rmtree(left, ignore_errors=True)
        shutil.rmtree(self.path, ignore_errors=True)
        self.close()


def _create(folder: Path, job: Kept) -> None:
    group = zarr.open_group(folder, mode="w", zarr_format=3)
    chunk = {"source": 1, "replicate": job.size, "sum": 1, "shown": 1}
    made = {
        name: (one, tuple(chunk.get(dim, n) for dim, n in zip(one.dims, one.shape, strict=True)))
        for name, one in job.layout.items()
    }
    n_sources = max(job.drawers, default=-1) + 1
    made["done"] = (Layout(("source", "block"), (n_sources, -(-job.replicates // job.size)), "uint64", 0), (1, 1))
    for name, (one, chunks) in made.items():
        group.create_array(
            name, shape=one.shape, chunks=chunks, dtype=one.dtype, dimension_names=list(one.dims),
            fill_value=np.dtype(one.dtype).type(one.fill), config={"write_empty_chunks": True},
        )  # fmt: skip
    group.attrs.update({"provenance": job.made, "replicates_per_cell": job.size})


def _locked(path: Path) -> Any:
    """An open file that no other process can lock until it is closed or its process has ended."""
    try:
        lock = (path / "lock").open("w")
    except OSError as error:
        raise ValueError(f"{path} cannot be written to ({error.strerror})") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise ValueError(
            f"{path} is being written by another {noun_of(begun_by(path))}; wait for it or choose another --out"
        ) from None
    except OSError:
        pass  # a file system without locks
    return lock


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
