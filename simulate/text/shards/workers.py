"""Tasks of which one is given what others gave, on Dask workers.

What tasks give stays where they ran until another one asks for it. A worker that dies takes it along: the scheduler has
those tasks done again, from the files on if need be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from simulate.running.dask import check_cluster, connected, result_of
from simulate.running.machine import machine_memory, size_of, usable_cores

_OF_WORKER = 0.4
"""Part of what a worker has for arrays that those of one task may fill: what others gave stands beside them."""


_PROGRAM = 250 << 20
"""Bytes that a worker takes before it does anything."""

LEAST = 400 << 20
"""Bytes of memory that a worker can count in."""

AT_ONCE = 1.0
"""Priority of tasks that take what is needed out of what another one gave: that goes once they are done, before there
is more of its kind than workers have memory for."""

_UNKNOWN = 1 << 31
"""Bytes of memory of a worker that does not know how many it has."""


class Workers(Protocol):
    """Who does tasks, and keeps what they give until nobody asks for it: the client of a cluster, or a test."""

    @property
    def n(self) -> int:
        """Tasks that are at work at any one time."""

    @property
    def memory(self) -> int:
        """Bytes that the arrays of a task may take."""

    @property
    def far(self) -> bool:
        """Whether they may be on other machines, in other folders."""

    def do(self, what: Callable[..., Any], *given: Any, first: float = 0.0) -> Any:
        """A task: `what` of all that is `given`, tasks among it or in lists; those with a larger `first` come first."""

    def ended(self, tasks: Sequence[Any]) -> Iterator[int]:
        """The places of `tasks` in whichever order they end, whatever becomes of them."""

    def of(self, task: Any) -> Any:
        """What a task gave; its error raised, and RuntimeError where the workers went away."""

    def drop(self, tasks: Sequence[Any]) -> None:
        """Tasks that nobody asks for any more."""


class DaskWorkers:
    """`Workers` of a Dask client."""

    def __init__(self, client: Any, memory: int, *, far: bool) -> None:
        self._client, self.far = client, far
        self.n = max(1, sum(client.nthreads().values()))
        self.memory = memory

    def do(self, what: Callable[..., Any], *given: Any, first: float = 0.0) -> Any:
        """A future. Never taken for another one's, whoever else works on the scheduler."""
        return self._client.submit(what, *given, pure=False, priority=first)

    def ended(self, tasks: Sequence[Any]) -> Iterator[int]:
        """As Dask tells."""
        from distributed import as_completed

        places = {task.key: place for place, task in enumerate(tasks)}
        for task in as_completed(list(tasks), loop=self._client.loop):
            yield places[task.key]

    def of(self, task: Any) -> Any:
        """What it gave."""
        return result_of(task)

    def drop(self, tasks: Sequence[Any]) -> None:
        """Cancel them."""
        self._client.cancel(list(tasks))


def itself(value: Any) -> Any:
    """What is given: a task that keeps it where others ask for it, and sends it once."""
    return value


@contextmanager
def workers_of(cluster: str, memory: int | None) -> Iterator[DaskWorkers]:
    """The workers that `cluster` names; local ones end with the block.

    `memory` is what each of them may take, of local ones half of what there is in all if None. What tasks gave goes to
    files where that is exceeded; workers elsewhere do as they were started. Raises ValueError with one sentence where
    the cluster cannot be had.
    """
    address, n_workers = check_cluster(cluster)
    share = machine_memory()[0] // 2 // (n_workers or usable_cores())
    limit = share if memory is None else memory
    if memory is not None and memory < LEAST:
        raise ValueError(f"memory must be at least {size_of(LEAST)} for each worker, got {size_of(memory)}")
    with connected(cluster, memory=_arrays(limit)) as client:
        if address != "local" and memory is None:
            limit = min(_limits(client), default=_UNKNOWN)
        yield DaskWorkers(client, int(_OF_WORKER * _arrays(limit)), far=address != "local")


def _arrays(limit: int) -> int:
    """Bytes that are left for arrays, those of tasks and those that wait."""
    return max(limit - _PROGRAM, LEAST - _PROGRAM)


def _limits(client: Any) -> list[int]:
    """Bytes of memory that each worker has for a task, of those that know a limit."""
    workers = client.scheduler_info(n_workers=-1)["workers"].values()
    return [one["memory_limit"] // max(1, one["nthreads"]) for one in workers if one["memory_limit"]]
