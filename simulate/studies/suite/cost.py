"""What one corpus of a suite will cost: seconds and memory, from the distinct sequences that it is expected to have.

| letter | meaning                                                       | unit      |
|--------|---------------------------------------------------------------|-----------|
| U      | distinct sequences up to the last checkpoint                  | sequences |
| D      | draws up to the last checkpoint                               | draws     |
| T, K   | checkpoints, model sizes                                      | 1         |

Most of it goes with U: the census, positions of exposures, and for each size the checkpoint since which a sequence has
been stored. Seconds are those of one core of 2025, right to a factor of three or so; where many sizes end among
sequences of equal counts it takes longer. Memory is right to a factor of two.
"""

from __future__ import annotations

import numpy as np

from bounds.base.sources import Source
from simulate.corpora.order import BATCH, DrawnOrder
from simulate.studies.suite.learning.course import AT_ONCE
from simulate.studies.suite.learning.stores import N_BINS
from simulate.studies.suite.learning.training import Trainer
from simulate.studies.sweep.cost import n_slots, new_types

_DRAW, _LOOK = 8e-8, 2.5e-8
"""Seconds of a draw, and of a distinct sequence at a checkpoint."""

_CENSUS, _EXPOSURES, _LEVEL, _TESTS = 24, 24, 10, 48
"""Bytes of a distinct sequence: key, count and first draw; last, any one, and the number that chose it; level and
probability; and what the tests of its positions hold at the end, which sort them."""

_DIRECT = 1 << 26
_POINT = 40
"""Bytes of a point of a trajectory while it is classified."""


def corpus_cost(trainer: Trainer, n_unique: float) -> tuple[float, int]:
    """Seconds and bytes of one corpus with `n_unique` distinct sequences."""
    n_steps, n_sizes = len(trainer.steps), len(trainer.capacities)
    n_draws = int(trainer.steps[-1]) * trainer.batch
    since = n_sizes * (1 if n_steps <= 256 else 2)
    taught = 0 if trainer.learning_probability >= 1 else 8
    longest = min(int(np.diff(trainer.steps, prepend=0).max()) * trainer.batch, BATCH)
    n_bytes = n_unique * (_CENSUS + _EXPOSURES + _LEVEL + _TESTS + since + taught)
    n_bytes += _tables(trainer, n_unique, n_draws) + 32 * longest
    n_bytes += n_steps * (8 * N_BINS * (n_sizes + 1) + trainer.validation)
    n_bytes += _POINT * min(AT_ONCE, n_steps * trainer.validation)
    return _DRAW * n_draws + 0.6 * _LOOK * n_steps * n_unique, int(n_bytes)


def expected_sequences(trainer: Trainer) -> float:
    """U of a law, at most; of a text its number, counted."""
    order, n_draws = trainer.order, int(trainer.steps[-1]) * trainer.batch
    if isinstance(order, DrawnOrder):
        assert isinstance(order.parsed, Source)
        return new_types(order.parsed, n_draws)
    return float(len(np.unique(order.keys(0, n_draws))))


def _tables(trainer: Trainer, n_unique: float, n_draws: int) -> int:
    """Bytes in which the census finds the numbers of keys: an array for small keys, a hash table for the others."""
    order = trainer.order
    if not isinstance(order, DrawnOrder):
        return 4 * int(n_unique)
    n_keys, n_dense = order.sampler.n_keys, order.sampler.n_dense
    small = min(_DIRECT, n_keys or n_dense)
    met = not n_keys or n_draws * small >= n_keys
    hashed = n_unique if n_keys > _DIRECT else 0.0 if n_keys else max(0.0, n_unique - n_dense)
    return (4 * small if met else 0) + 16 * n_slots(2 * hashed)
