"""What single exposures do: which of them teach, and which one of a sequence stands for it in the order of training.

Draw i teaches, and is preferred to others, by numbers of the stream ``exposures`` at position i: attempt 0 for the
first, attempt 1 for the second. So neither depends on how draws are cut into batches.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from simulate.corpora.census import widened
from simulate.drawing.compiled import compiled
from simulate.drawing.stream import ONE, Stream, random_bits

FIRST, LAST, ANY = range(3)
EXPOSURES = ("first", "last", "any")
"""The exposure that gives a memorised sequence its position: `any` is one of them, each with the same chance."""


class Exposures:
    """Exposures that taught, and the positions of the first, the last and any one exposure, of each sequence."""

    def __init__(self, stream: Stream, learning_probability: float) -> None:
        self._seed, self._high = np.uint64(stream.seed), np.uint64(stream.high)
        self._limit = np.uint64(min(math.floor(math.ldexp(learning_probability, 64)), 2**64 - 1))
        self.all_teach = learning_probability >= 1
        self._n_types = 0
        self._taught, self._last, self._any = (np.zeros(0, np.int64) for _ in range(3))
        self._best = np.zeros(0, np.uint64)

    def note(self, numbers: np.ndarray, begin: int, n_types: int) -> None:
        """Take in the draws from `begin` on, of the sequences `numbers`; `n_types` have been seen by now."""
        self._n_types = n_types
        if n_types > len(self._last):
            size = max(4096, 2 * len(self._last), n_types)
            self._last, self._any = widened(self._last, size), widened(self._any, size)
            self._best = widened(self._best, size)
            self._taught = self._taught if self.all_teach else widened(self._taught, size)
        _place(numbers, begin, self._seed, self._high + ONE, self._last, self._any, self._best)
        if not self.all_teach:
            _teach(numbers, begin, self._seed, self._high, self._limit, self._taught)

    def taught(self, seen: np.ndarray) -> np.ndarray:
        """Exposures that taught, of each sequence, int64; all that were `seen` where each teaches."""
        return seen if self.all_teach else self._taught[: self._n_types]

    def positions(self, first: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Positions, in the order of `EXPOSURES`, of each sequence; `first` is known to the census."""
        return first, self._last[: self._n_types], self._any[: self._n_types]

    def state(self) -> dict[str, np.ndarray]:
        """What `restore` takes to go on from here."""
        arrays = {"taught": self._taught, "last": self._last, "any": self._any, "best": self._best}
        return {name: values[: self._n_types] for name, values in arrays.items()}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on from a `state`."""
        self._taught, self._last, self._any, self._best = (state[name] for name in ("taught", "last", "any", "best"))
        self._n_types = len(self._last)


@compiled
def _place(numbers, begin, seed, high, last, chosen, best):
    """Of independent numbers, one an exposure, the largest is that of each exposure with the same chance."""
    for i in range(len(numbers)):
        number, position = numbers[i], begin + i
        last[number] = position
        value = random_bits(seed, high, np.uint64(position))
        if value >= best[number]:
            best[number] = value
            chosen[number] = position


@compiled
def _teach(numbers, begin, seed, high, limit, taught):
    for i in range(len(numbers)):
        if random_bits(seed, high, np.uint64(begin + i)) < limit:
            taught[numbers[i]] += 1
