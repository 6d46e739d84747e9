"""The cells of a command on Dask workers: local processes, or a scheduler somewhere else.

What is set up for a source travels as the argument of a task, so that a worker that dies takes nothing with it: the
scheduler has its cells drawn again elsewhere, and a cell is the same wherever it is drawn. Results come back to the
process that runs the command, which alone writes; workers need no common file system.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from bounds import __version__
from bounds.base.arguments import did_you_mean, shown
from bounds.base.quantities import parse_count
from bounds.cli.process import reveal
from simulate.running.machine import usable_cores
from simulate.running.parameters import CLUSTER

if TYPE_CHECKING:
    from simulate.running.cells import Block, Cell, Drawer, Drawn, Runner

CONNECT_SECONDS = 5
WORKER_SECONDS = 15
"""How long a scheduler without workers is waited for."""

_ANY_PORT = {"dashboard": False, "dashboard_address": "127.0.0.1:0"}
"""Of what a scheduler serves beside its workers: the usual port is another run's, where two are at work."""

_OF_WORKERS = {
    "memory.target": 0.4, "memory.spill": False, "memory.pause": False, "memory.terminate": False,
    "memory.monitor-interval": "2s", "profile.enabled": False,
}  # fmt: skip
"""How local workers are set up: what others may ask for goes to files beyond this part of their memory. Nothing else
looks at it, and nobody watches what they do, which costs as much as small tasks."""

_OF_MALLOC = {"MALLOC_TRIM_THRESHOLD_": (1 << 28, 16), "MALLOC_MMAP_THRESHOLD_": (1 << 25, 512)}
"""What the allocator of local workers keeps, in bytes, and which part of their memory at most. Dask has it give back
whatever is free, so that every array is new memory, which the kernel clears."""

_ENVIRONMENT = "distributed.nanny.pre-spawn-environ"
_MORE = ("PYTHONHASHSEED", "__DASK_PARENT_PID")
"""Variables that Dask sets in this process as well, when it starts a worker, and leaves there."""

LOST = "the Dask scheduler or its workers went away"


def check_cluster(text: str) -> tuple[str, int | None]:
    """Address and number of local workers that `text` means: local, local:4 or tcp://host:port; ValueError else.

    Loads no part of Dask.
    """
    local = re.fullmatch(r"local(?::(.*))?", CLUSTER(text))
    if not local and not re.fullmatch(r"(tcp|tls)://[^:/]+:\d+", text):
        hint = did_you_mean(text, ("local",))
        raise ValueError(f"cluster must be local, local:N or tcp://host:port, got {shown(text)}{hint}")
    if find_spec("distributed") is None:
        raise ValueError("a cluster needs Dask, which is not installed; pip install 'efficiency-bounds[dask]'")
    if not local:
        return text, None
    n_workers = parse_count(local[1], name="workers of a local cluster", high=1024) if local[1] is not None else None
    return "local", n_workers


def on_cluster(text: str) -> Runner:
    """Draw on the Dask cluster that `text` names; see `check_cluster`.

    Raises ValueError with one sentence where it cannot be reached, has no workers, or cannot run this program, and
    RuntimeError where it goes away.
    """
    check_cluster(text)

    def run(drawers: Mapping[int, Drawer], cells: Sequence[Cell]) -> Generator[Drawn, None, None]:
        with connected(text) as client:
            yield from _drawn(client, drawers, cells)

    return run


@contextmanager
def connected(text: str, *, memory: int = 0) -> Iterator[Any]:
    """A client of the cluster that `text` names, with at least one worker; local workers end with the block.

    What local workers hold beyond their part of `memory` bytes each goes to files of Dask's; none does if it is 0.
    Raises ValueError as `on_cluster`.
    """
    address, n_workers = check_cluster(text)
    with ExitStack() as stack:
        yield _connect(address, n_workers, stack, memory)


def _connect(address: str, n_workers: int | None, stack: ExitStack, memory: int) -> Any:
    """A client that `stack` closes, with at least one worker that runs the same version of this program."""
    reveal("dask")
    import dask
    import distributed

    _hush(stack)
    if address == "local":
        # Files take what workers hold for others; a task that needs more than is left is no reason to kill its worker.
        chosen = {f"distributed.worker.{name}": at for name, at in _OF_WORKERS.items()}
        chosen |= {f"{_ENVIRONMENT}.{name}": at for name, at in _of_malloc(memory).items()}
        stack.enter_context(dask.config.set(chosen))
        stack.callback(_put_back, {one: os.environ.get(one) for one in (*dask.config.get(_ENVIRONMENT), *_MORE)})
        local = distributed.LocalCluster(
            n_workers=n_workers or usable_cores(), threads_per_worker=1, processes=True, dashboard_address=None,
            memory_limit=memory, silence_logs=logging.CRITICAL, scheduler_kwargs=_ANY_PORT,
        )  # fmt: skip
        return stack.enter_context(distributed.Client(stack.enter_context(local)))
    try:
        client = stack.enter_context(distributed.Client(address, timeout=CONNECT_SECONDS, set_as_default=False))
    except (OSError, TimeoutError):
        raise ValueError(
            f"no Dask scheduler answers at {address} within {CONNECT_SECONDS} seconds; start one with "
            f"`dask scheduler --port {address.rpartition(':')[2]}` or correct --cluster"
        ) from None
    _check_workers(client, address)
    return client


def _of_malloc(memory: int) -> dict[str, int]:
    """Variables of the environment for local workers with `memory` bytes each; 0 where there is no limit."""
    return {name: min(most, memory // part) if memory else most for name, (most, part) in _OF_MALLOC.items()}


def _put_back(variables: Mapping[str, str | None]) -> None:
    """Give variables of the environment the values that they had."""
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def _hush(stack: ExitStack) -> None:
    """Keep Dask's log silent: a worker that dies is our business, and whatever ends a sweep is said in a sentence."""
    names = [name for name in logging.root.manager.loggerDict if name.partition(".")[0] == "distributed"]
    for logger in map(logging.getLogger, names):
        stack.callback(logger.setLevel, logger.level)
        logger.setLevel(logging.CRITICAL + 1)


def _check_workers(client: Any, address: str) -> None:
    try:
        client.wait_for_workers(1, timeout=WORKER_SECONDS)
    except TimeoutError:
        raise ValueError(f"the scheduler at {address} has no workers; start one with `dask worker {address}`") from None
    try:
        versions = set(client.run(_version).values())
    except (ImportError, AttributeError) as error:
        raise ValueError(
            f"the workers at {address} cannot load this program ({error}); "
            f"install efficiency-bounds=={__version__} where they run"
        ) from None
    if versions != {__version__}:
        raise ValueError(
            f"workers at {address} have efficiency-bounds {', '.join(sorted(map(str, versions)))}, this is "
            f"{__version__}; install the same everywhere"
        )


def _drawn(client: Any, drawers: Mapping[int, Drawer], cells: Sequence[Cell]) -> Generator[Drawn, None, None]:
    from distributed import as_completed

    # Not scattered: data that was scattered is lost with the workers that hold it, a task is done again.
    ready = {i: client.submit(_given, drawer, key=_key("setup", i)) for i, drawer in drawers.items()}
    waiting = {}
    for cell in cells:
        future = client.submit(
            _draw, ready[cell.source], cell.first, cell.replicates, key=_key("cell", cell.source, cell.block)
        )
        waiting[future] = cell
    for future in as_completed(list(waiting), loop=client.loop):
        cell = waiting.pop(future)
        yield cell, _outcome(future)
        future.release()
    if client.status != "running":
        raise RuntimeError(LOST)


def _outcome(future: Any) -> Block | Exception:
    """What a cell holds or why it failed; RuntimeError where the cluster went away before it could tell."""
    from simulate.running.cells import outcome

    if future.status in ("finished", "error"):
        try:
            return outcome(future.exception()) or future.result()
        except (OSError, TimeoutError, CancelledError):
            pass  # the cell's own error is returned, not raised: this is the connection's
    raise RuntimeError(LOST)


def result_of(future: Any) -> Any:
    """What a future gave; its own error is raised, and RuntimeError where workers or the whole cluster went away."""
    from distributed import KilledWorker

    try:
        future.exception()  # waits
    except (OSError, TimeoutError, CancelledError):
        raise RuntimeError(LOST) from None
    found = _outcome(future)
    if isinstance(found, KilledWorker):
        raise RuntimeError(
            "several Dask workers died one after the other at the same task, most likely for lack of memory; start "
            "fewer or larger ones, or pass less --memory to a command that takes it, so that tasks are smaller"
        )
    if isinstance(found, Exception):
        raise found
    return found


def _key(*parts: Any) -> str:
    """A key of one sweep's own: two sweeps on one scheduler must not take each other's cells for theirs."""
    return "-".join(map(str, (*parts, os.urandom(8).hex())))


def _version() -> str:
    return __version__


def _given(drawer: Drawer) -> Drawer:
    return drawer


def _draw(drawer: Drawer, first: int, replicates: int) -> Block:
    return drawer.draw(first, replicates)
