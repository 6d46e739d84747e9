"""One corpus half-way, on disk: what it takes to go on from a checkpoint as if nothing had been in between.

A corpus can only be trained from its start, which may take minutes: a cell that holds nothing until its end would be
lost with a kill. So now and then the state after a checkpoint is written beside the cells, beside its name and renamed:
the census, the exposures and the course so far. Zip files hold a CRC-32 of each array; one that is damaged is named,
and its corpus trained from the start. So is one of another suite: each says whose it is. A disk that is full keeps no
state, and ends no corpus.
"""

from __future__ import annotations

import os
import struct
import time
import warnings
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

SECONDS = 30.0
"""Between two snapshots of a corpus, at least."""

SHARE = 20
"""So many times longer than it took to write the last one."""

_UNREADABLE = (
    OSError, ValueError, KeyError, EOFError, RuntimeError, MemoryError, OverflowError, struct.error, zlib.error,
    zipfile.BadZipFile,
)  # fmt: skip

_WORK = "work"

State = Mapping[str, np.ndarray]


@dataclass
class Snapshots:
    """The snapshots of one corpus, of which the last is kept. `keep` is called after each checkpoint.

    `work` names the corpus: what is kept under another name is not taken.
    """

    path: Path
    work: str = ""
    _due: float = field(init=False)

    def __post_init__(self) -> None:
        self._due = time.monotonic() + SECONDS

    def load(self) -> State | None:
        """The state that was kept last; None where there is none, or none that is whole."""
        if not self.path.exists():
            return None
        try:
            with self.path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                state = {name: arrays[name] for name in arrays.files}
            if str(state.pop(_WORK)) != self.work:
                raise ValueError("it is of another suite or version")
            return state
        except _UNREADABLE as error:
            why = " ".join(str(error).split()) or type(error).__name__
            warnings.warn(f"{self.path} is damaged ({why}); its corpus is trained from the start", stacklevel=2)
            return None

    def keep(self, state: Callable[[], State]) -> None:
        """Write the `state`, if it is time."""
        begun = time.monotonic()
        if begun < self._due:
            return
        try:
            self._write(state())
        except OSError as error:
            warnings.warn(f"{self.path} cannot be kept ({error.strerror}); its corpus goes on", stacklevel=2)
        now = time.monotonic()
        self._due = now + max(SECONDS, SHARE * (now - begun))

    def _write(self, state: State) -> None:
        part = self.path.with_suffix(".tmp.npz")
        try:
            self.path.parent.mkdir(exist_ok=True)
            np.savez(part, allow_pickle=False, **state, **{_WORK: np.array(self.work)})
            os.replace(part, self.path)
        except OSError:
            part.unlink(missing_ok=True)
            raise

    def remove(self) -> None:
        """Delete what was kept: the corpus is done."""
        self.path.unlink(missing_ok=True)
