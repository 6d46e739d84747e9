"""A sweep under way: a Zarr store beside the result, one chunk a cell, from which a killed sweep goes on.

``n_unique`` (source, n_draws, replicate) and ``spectrum`` (source, replicate, multiplicity) have the chunks of a
cell; ``done`` (source, block) is written after them. It holds the CRC-32 of what was written, plus 2^32: a cell
that a power cut or a full disk damaged is told from one that is whole, and drawn again. Only the process that runs
the sweep writes here; it holds a lock, which the system takes back when the process dies.
"""

from __future__ import annotations

import fcntl
import json
import shutil
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import zarr

from simulate.dataset import NOT_MEASURED
from simulate.files import part_of, written_whole
from simulate.job import Job, difference
from simulate.sweep_cells import Block, Cell, cut

_WHOLE = 1 << 32
_UNREADABLE = (ValueError, KeyError, TypeError, RuntimeError, OSError)
"""What zarr raises where metadata or a chunk is cut short or was written over."""


class CellStore:
    """The cells of one sweep, on disk. Made by `begin` or `resume`, to be closed."""

    def __init__(self, path: Path, job: Job) -> None:
        self.path = path
        self._lock = _locked(path)
        try:
            group = zarr.open_group(path, mode="r+")
            made = json.loads(str(group.attrs["provenance"]))
            self.size = int(str(group.attrs["replicates_per_cell"]))
            self._arrays: Any = {name: group[name] for name in ("n_unique", "spectrum", "done")}
            differs = difference(made, json.loads(job.made))
        except _UNREADABLE as error:
            self.close()
            raise ValueError(
                f"{path} cannot be read as an unfinished sweep ({_first_line(error)}); "
                "pass --overwrite to start again, or choose another --out"
            ) from None
        if differs:
            self.close()
            raise ValueError(
                f"{path} holds another sweep: {differs}; pass --overwrite to start again, or choose another --out"
            )
        self.cells = cut(list(job.drawers), job.plan.replicates, self.size)

    @classmethod
    def begin(cls, target: Path, job: Job) -> CellStore:
        """An empty store beside `target`."""
        path = part_of(target)
        with written_whole(path) as folder:
            _create(folder, job)
        return cls(path, job)

    @classmethod
    def resume(cls, target: Path, job: Job) -> CellStore:
        """The store that a sweep which was killed left beside `target`.

        Raises ValueError with one sentence where it cannot be read, or belongs to another sweep.
        """
        return cls(part_of(target), job)

    def kept(self) -> tuple[list[tuple[Cell, Block]], list[Cell]]:
        """Cells that are done, with what they hold, and cells whose flag says so but which are damaged."""
        whole, damaged = [], []
        for cell in self.cells:
            try:
                flag = int(self._arrays["done"][cell.source, cell.block])
                if flag == 0:
                    continue
                block = Block(*(self._arrays[name][where] for name, where in _places(cell).items()))
            except _UNREADABLE:
                damaged.append(cell)
                continue
            if flag == _flag(block):
                whole.append((cell, block))
            else:
                damaged.append(cell)
        return whole, damaged

    def keep(self, cell: Cell, block: Block) -> None:
        """Write what a cell holds, then its flag. Each file is written beside its name and renamed."""
        self._arrays["done"][cell.source, cell.block] = 0
        for (name, where), values in zip(_places(cell).items(), (block.n_unique, block.spectrum), strict=True):
            self._arrays[name][where] = values
        self._arrays["done"][cell.source, cell.block] = _flag(block)

    def close(self) -> None:
        """Let another process have the store."""
        self._lock.close()

    def remove(self) -> None:
        """Delete the store, and what a kill in the middle of writing the result left behind: that is written now."""
        for left in self.path.parent.glob(f".{self.path.stem}.*"):
            shutil.rmtree(left, ignore_errors=True)
        shutil.rmtree(self.path, ignore_errors=True)
        self.close()


def _create(folder: Path, job: Job) -> None:
    group = zarr.open_group(folder, mode="w", zarr_format=3)
    n_sources, replicates, size = len(job.parsed), job.plan.replicates, job.size
    layout: dict[str, tuple[Sequence[int], Sequence[int], Sequence[str], str, int]] = {
        "n_unique": ((n_sources, len(job.grid), replicates), (1, len(job.grid), size),
                     ("source", "n_draws", "replicate"), "int64", NOT_MEASURED),
        "spectrum": ((n_sources, replicates, len(job.edges)), (1, size, len(job.edges)),
                     ("source", "replicate", "multiplicity"), "int64", NOT_MEASURED),
        "done": ((n_sources, -(-replicates // size)), (1, 1), ("source", "block"), "uint64", 0),
    }  # fmt: skip
    for name, (shape, chunks, dims, dtype, fill) in layout.items():
        group.create_array(
            name, shape=tuple(shape), chunks=tuple(chunks), dtype=dtype, fill_value=fill, dimension_names=list(dims),
            config={"write_empty_chunks": True},
        )  # fmt: skip
    group.attrs.update({"provenance": job.made, "replicates_per_cell": size})


def _places(cell: Cell) -> dict[str, tuple[Any, ...]]:
    replicates = slice(cell.first, cell.first + cell.replicates)
    return {"n_unique": (cell.source, slice(None), replicates), "spectrum": (cell.source, replicates)}


def _flag(block: Block) -> int:
    return _WHOLE + zlib.crc32(block.spectrum.tobytes(), zlib.crc32(block.n_unique.tobytes()))


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
        raise ValueError(f"{path} is being written by another sweep; wait for it or choose another --out") from None
    except OSError:
        pass  # a file system without locks
    return lock


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
