"""What a sweep will cost, before anything is drawn: seconds and memory of each source, from its expectations.

Seconds are those of one core of 2025, right to a factor of three or so; memory follows from the tables that the
loops allocate, and is an upper limit where a source may or may not need its hash table.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from bounds.base.sources import Source, Windows
from bounds.counts.unique import expected_unique
from simulate.drawing.tables import URN
from simulate.engines.types import Arrivals

# Measured on one core: seconds a token, a new type in a table of counts, a new type in a hash table, a customer.
_TOKEN, _DENSE, _HASHED, _CUSTOMER = 5e-9, 1e-8, 1.5e-7, 7e-8
_ARRIVAL, _PATH_POINT, _STEP = 1.2e-7, 1e-8, 3e-6
FIT_SECONDS = 1e-3  # a corpus; twice as long with a spectrum and many sizes, half as long without
_MAX_DENSE = 1 << 27
_SLOT = 24  # bytes: a key and a count, and half as much again while the table is widened


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
