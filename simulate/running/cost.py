"""What a sweep will cost, before anything is drawn: seconds and memory of each source, from its expectations.

Seconds are those of one core of 2025, right to a factor of three or so; memory follows from the tables that the
loops allocate, and is an upper limit where a source may or may not need its hash table.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from bounds.base.sources import Source, Windows
from bounds.counts.unique import expected_unique
from simulate.drawing.tables import URN
from simulate.engines.types import Arrivals
from simulate.running.machine import machine_memory

if TYPE_CHECKING:
    from simulate.studies.sweep.job import Job

# Measured on one core: seconds a token, a new type in a table of counts, a new type in a hash table, a customer.
_TOKEN, _DENSE, _HASHED, _CUSTOMER = 5e-9, 1e-8, 1.5e-7, 7e-8
_ARRIVAL, _PATH_POINT, _STEP = 1.2e-7, 1e-8, 3e-6
_FIT = 1e-3  # a corpus; twice as long with a spectrum and many sizes, half as long without
_MAX_DENSE = 1 << 27
_SLOT = 24  # bytes: a key and a count, and half as much again while the table is widened
_GIB = 2**30


class Forecast(NamedTuple):
    """One source: how it will be drawn, in how many cells, and what that takes (memory for each corpus at work)."""

    source: str
    engine: str
    reason: str
    cells: int
    draws: int
    seconds: float
    n_bytes: int


def corpus_cost(source: Source, name: str, engine: Any, grid: Sequence[int]) -> tuple[float, int]:
    """Seconds and bytes of one corpus of `source`, by the engine `name` that was set up as `engine`."""
    n_new = new_types(source, grid[-1])
    if name == "gauss":
        return _PATH_POINT * len(grid) ** 2 + _STEP * len(grid), 8 * len(grid) ** 2
    if name == "types":
        blocks = engine.parts if isinstance(engine, Arrivals) else ()
        shares = max((len(part.share) * len(steps) * 8 for part, steps in blocks), default=0)
        return _ARRIVAL * n_new + 3e-8 * shares / 8, 2 * shares + 32 * int(n_new)
    costs = [_tokens_cost(sampler, float(sizes[-1]), source) for _, sampler, sizes in engine.parts]
    return sum(seconds for seconds, _ in costs), max(n_bytes for _, n_bytes in costs)


def _tokens_cost(sampler: Any, n_draws: float, source: Source) -> tuple[float, int]:
    n_new = new_types(source, n_draws)
    if sampler.kind == URN:
        return _CUSTOMER * n_draws, int(4 * n_draws) + _SLOT * n_slots(n_new)
    if 0 < sampler.n_keys <= min(4 * n_draws, _MAX_DENSE):
        return _TOKEN * n_draws + _DENSE * n_new, 8 * sampler.n_keys
    return _TOKEN * n_draws + _HASHED * n_new, 8 * sampler.n_dense + _SLOT * n_slots(2 * n_new)


def new_types(source: Source, n_draws: float) -> float:
    """Expected distinct types; of windows, what they may be at most, since theirs may take longer than the drawing."""
    if isinstance(source, Windows):
        return min(float(n_draws), source.n_types)
    return float(expected_unique(source, n_draws))


def n_slots(n: float) -> int:
    """Slots of a hash table with room for `n`."""
    return 1 << max(12, int(np.ceil(np.log2(n + 1))))


def forecast(job: Job) -> list[Forecast]:
    """What each source of `job` will take; a real corpus is one cell, which is counted and not drawn."""
    found = []
    for i, source in enumerate(job.plan.sources):
        name, reason = job.choices[source]
        cells = sum(cell.source == i for cell in job.cells)
        draws = job.grid[-1] * job.plan.replicates if i in job.drawers else 0
        seconds, n_bytes = job.costs.get(i, (0.0, 0))
        found.append(Forecast(source, name, reason, cells, draws, seconds * job.plan.replicates, n_bytes))
    return found


def fit_seconds(job: Job) -> float:
    """Seconds that the fits take when all is drawn: one exponent for each corpus, on one core."""
    return _FIT * job.plan.replicates * len(job.drawers)


def memory_needed(job: Job, at_once: int) -> int:
    """Bytes that this process needs at most: `at_once` corpora at work (none on a cluster), tables and the result."""
    largest = max((n_bytes for _, n_bytes in job.costs.values()), default=0)
    one_corpus = 8 * (len(job.grid) + len(job.edges))
    result = 3 * len(job.plan.sources) * job.plan.replicates * one_corpus if job.drawers else 0
    return largest * min(at_once, len(job.cells)) + result


def check_memory(job: Job, at_once: int) -> str | None:
    """A sentence where `job` needs more memory than is free now; ValueError where it is more than there is."""
    needed, alone = memory_needed(job, at_once), memory_needed(job, min(at_once, 1))
    return compare_memory("sweep", needed, alone, at_once, "a smaller --n-draws or fewer --replicates")


def warn_of_memory(job: Job, at_once: int) -> None:
    """As `check_memory`, with the sentence as a warning."""
    if note := check_memory(job, at_once):
        warnings.warn(note, stacklevel=3)


def compare_memory(what: str, needed: int, alone: int, at_once: int, smaller: str) -> str | None:
    """As `check_memory`, of a `what` that needs so many bytes, and `alone` with one of its `at_once` corpora at work.

    `smaller` is what to pass instead where that would not help either.
    """
    total, free = machine_memory()
    if needed <= free:
        return None
    help_ = f"pass {'--threads 1 (or fewer workers)' if at_once > 1 and alone <= free else smaller}"
    what = f"this {what} needs about {needed / _GIB:.1f} GiB of memory"
    if needed > total:
        raise ValueError(f"{what}, and this process may have {total / _GIB:.1f} GiB; {help_}")
    return f"{what}, and {free / _GIB:.1f} of {total / _GIB:.1f} GiB are free now; if it fails, {help_}"
