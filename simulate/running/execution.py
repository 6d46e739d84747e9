"""How work is done: where, on how many threads, in how much memory, and what becomes of it. It changes no number."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bounds.base.telling.html import html_fields
from simulate.running.cells import Runner, on_threads
from simulate.running.dask import check_cluster, on_cluster
from simulate.running.job import Job
from simulate.running.machine import machine_memory, size_of, usable_cores
from simulate.running.parameters import DEVICE, MEMORY, OUT, OVERWRITE, RESUME, THREADS, check_progress


@dataclass(frozen=True)
class Execution:
    """How a study is run; each field is checked once, here. Raises ValueError with one sentence.

    device: cpu, gpu or auto, where tokens are drawn. threads: of this process, all cores if None. cluster: a Dask
    cluster in place of them (local, local:N or tcp://host:port). memory: bytes that this process may take, all that
    is free if None. out: the file of the result; one that ends in .zarr keeps each cell in ``out.part`` as soon as it
    is drawn, and `resume` goes on with what a killed run has left there. overwrite: replace what is at `out`.
    progress: is told the `simulate.running.run.State` before the first cell and after each. laws: what the result keeps
    of the loss laws that it is shown beside (`simulate.running.showing.laws.asked_laws`).
    """

    device: str = "cpu"
    threads: int | None = None
    cluster: str | None = None
    memory: int | None = None
    out: str | Path | None = None
    resume: bool = False
    overwrite: bool = False
    progress: Callable[..., Any] | None = None
    laws: tuple[dict[str, str], ...] = ()

    _repr_html_ = html_fields

    def __post_init__(self) -> None:
        self._set("device", DEVICE(self.device))
        self._set("threads", None if self.threads is None else THREADS(self.threads))
        if self.cluster is not None:
            check_cluster(self.cluster)
            if self.threads is not None:
                raise ValueError("threads are of this process and a cluster is others; pass one of them")
        self._set("memory", None if self.memory is None else MEMORY(self.memory))
        self._set("out", None if self.out is None else Path(OUT(self.out)))
        self._set("resume", RESUME(self.resume))
        self._set("overwrite", OVERWRITE(self.overwrite))
        check_progress(self.progress)
        if self.resume and self.out is None:
            raise ValueError("resume needs out, the .zarr that was begun")

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    @property
    def target(self) -> Path | None:
        """Where the result is written."""
        return None if self.out is None else Path(self.out)

    def at_once(self, device: str = "cpu") -> int:
        """Corpora that this machine has at work at any one time.

        A GPU, where `device` is one, has one; with a scheduler elsewhere there are none here.
        """
        n = self.threads or usable_cores()
        if self.cluster is not None:
            address, workers = check_cluster(self.cluster)
            n = 0 if address != "local" else workers or usable_cores()
        return min(n, 1) if device == "gpu" else n

    def runner(self, device: str = "cpu") -> Runner:
        """Who draws the cells."""
        return on_threads(self.at_once(device)) if self.cluster is None else on_cluster(self.cluster)

    def check_memory(self, job: Job, what: str) -> str | None:
        """A sentence where `job`, a `what`, needs more memory than is free; ValueError where it is more than there is.

        `memory` is a limit of the second kind.
        """
        total, free = machine_memory()
        if self.memory is not None:
            total, free = min(total, self.memory), min(free, self.memory)
        at_once = self.at_once(job.device.name)
        needed, alone = job.memory(at_once), job.memory(min(at_once, 1))
        if needed <= free:
            return None
        help_ = f"pass {'--threads 1 (or fewer workers)' if at_once > 1 and alone <= free else job.smaller}"
        sentence = f"this {what} needs about {size_of(needed)} of memory"
        if needed > total:
            raise ValueError(f"{sentence}, and this process may have {size_of(total)}; {help_}")
        return f"{sentence}, and {size_of(free)} of {size_of(total)} are free now; if it fails, {help_}"

    def warn_of_memory(self, job: Job, what: str) -> None:
        """As `check_memory`, with the sentence as a warning."""
        if note := self.check_memory(job, what):
            warnings.warn(note, stacklevel=3)
