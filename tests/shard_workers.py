"""Workers of tests: tasks that are done in this process, at once or in any order, some of them twice."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from simulate.text.cutting.sequences import Units
from simulate.text.reading.asked import ReadOptions
from simulate.text.shards import placing
from simulate.text.shards.room import ClusterRoom, Sizes


class Task:
    """What is done when it is asked for, and forgotten when `Here.forget` says so."""

    def __init__(self, what: Any, given: tuple[Any, ...]) -> None:
        self._what, self._given = what, given
        self._found: Any = None
        self._known = False

    def found(self) -> Any:
        if not self._known:
            # As between machines: what comes is a copy, and arrays in it cannot be written to.
            self._found = pickle.loads(pickle.dumps(self._what(*map(_found, self._given))))
            self._known = True
        return _frozen(self._found)

    def forget(self) -> None:
        self._found, self._known = None, False


def _found(one: Any) -> Any:
    if isinstance(one, Task):
        return one.found()
    return [_found(each) for each in one] if type(one) is list else one


def _frozen(one: Any) -> Any:
    for each in one if type(one) in (list, tuple) else [one]:
        if isinstance(each, np.ndarray):
            each.flags.writeable = False
    return one


class Here:
    """`simulate.text.shards.workers.Workers` without Dask; tasks end in an order drawn from `seed`.

    With `losses` some tasks are forgotten whenever something is asked for, as where a worker dies.
    """

    def __init__(self, n: int = 1, memory: int = 1 << 28, seed: int = 0, losses: float = 0.0) -> None:
        self.n, self.memory, self.far = n, memory, False
        self._rng, self._losses = np.random.default_rng(seed), losses
        self.tasks: list[Task] = []
        self.submitted: list[tuple[str, float]] = []

    def do(self, what: Any, *given: Any, first: float = 0.0) -> Task:
        self.tasks.append(Task(what, given))
        self.submitted.append((what.__name__, first))
        return self.tasks[-1]

    def ended(self, tasks: Sequence[Task]) -> Iterator[int]:
        yield from self._rng.permutation(len(tasks)).tolist()

    def of(self, task: Task) -> Any:
        if self._losses:
            for one in self.tasks:
                if self._rng.random() < self._losses:
                    one.forget()
        return task.found()

    def drop(self, tasks: Sequence[Task]) -> None:
        for task in tasks:
            task.forget()


class Weighed(Here):
    """Workers that note the largest array that was asked for."""

    largest = 0

    def of(self, task):
        found = super().of(task)
        for one in found if isinstance(found, tuple) else [found]:
            self.largest = max(self.largest, getattr(one, "nbytes", 0))
        return found


@contextmanager
def three_workers() -> Iterator[str]:
    """The address of three workers in threads of this process, as somewhere else."""
    from distributed import LocalCluster

    from tests.test_cluster import free_port

    with LocalCluster(
        n_workers=3, threads_per_worker=1, processes=False, protocol="tcp://", dashboard_address=None,
        scheduler_port=free_port(), scheduler_kwargs={"dashboard": False, "dashboard_address": "127.0.0.1:0"},
    ) as cluster:  # fmt: skip
        yield cluster.scheduler_address


def forget_seams(monkeypatch: Any) -> None:
    """Wrong code: windows that run from a piece into the next are lost, or made of what is not there."""
    whole = placing.Stretches.within

    def cut_off(self, *given):
        within, _ = whole(self, *given)
        last = min(int(within.starts[-1]), within.n_units)
        return within._replace(starts=np.append(within.starts[:-1], last)), 0

    monkeypatch.setattr(placing.Stretches, "within", cut_off)


def read_and_lost(
    folder: Path, texts: Sequence[str], sizes: Sizes, what: str, other: str
) -> tuple[ClusterRoom, Units, str]:
    """Words read by workers that died since, of files of which the second "vanishes", or "changes" to an`other` text.

    The room, its units, and what is to be said of it.
    """
    for i, text in enumerate(texts):
        (folder / f"{i}.txt").write_text(text)
    workers = Here(2)
    room = ClusterRoom(workers=workers, sizes=sizes)
    units = room.read(folder, "word", ReadOptions())
    for task in workers.tasks:
        task.forget()
    if what == "vanishes":
        (folder / "1.txt").unlink()
    else:
        (folder / "1.txt").write_text(other)
    said = "does not exist" if what == "vanishes" else "was changed while it was counted"
    return room, units, rf"1\.txt {said}"
