"""Where pieces of a text lie, and in which order the stretches that are counted stand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from simulate.text.shards.counting import Within


class Pieces(NamedTuple):
    """Pieces of a text as they follow each other in its files, each with a task."""

    tasks: Sequence[Any]
    ends: np.ndarray
    """int64, first unit of each piece, and the number of units at the end."""

    @property
    def n_units(self) -> int:
        """Units in all of them."""
        return int(self.ends[-1])

    def each(self) -> Iterator[tuple[Any, int]]:
        """Each piece with its first unit."""
        return zip(self.tasks, self.ends[:-1].tolist(), strict=True)

    def size(self, i: int) -> int:
        """Units of one of them."""
        return int(self.ends[i + 1] - self.ends[i])

    def behind(self, i: int, n_units: int) -> Iterator[tuple[Any, int]]:
        """Those that the first `n_units` behind piece `i` are in, and how many of each."""
        while n_units > 0 and i + 1 < len(self.tasks):
            i += 1
            here = min(n_units, self.size(i))
            yield self.tasks[i], here
            n_units -= here

    def parted(self, place: int) -> tuple[Pieces, Pieces]:
        """Those before `place`, at which one begins, and those from there on."""
        i = int(np.searchsorted(self.ends, place))
        return Pieces(self.tasks[:i], self.ends[: i + 1]), Pieces(self.tasks[i:], self.ends[i:] - place)

    def around(self, place: int, length: int) -> tuple[int, list[tuple[Any, int]]]:
        """The pieces that hold the `length` units from `place` on, with how many of each are needed; and the first
        unit of the first."""
        i = int(np.searchsorted(self.ends, place, side="right")) - 1
        first = int(self.ends[i])
        here = min(place + length - first, self.size(i))
        return first, [(self.tasks[i], here), *self.behind(i, place + length - first - here)]


class Stretches(NamedTuple):
    """Stretches of a text within which windows lie, in the order of the files."""

    starts: np.ndarray
    """int64, first unit of each, and the number of units at the end."""
    order: np.ndarray | None
    """Which of them is counted first, second, …; as they stand if None."""

    @classmethod
    def as_it_stands(cls, starts: np.ndarray) -> Stretches:
        """Streams in the order of the files."""
        return cls(starts, None)

    @classmethod
    def in_order(cls, first: np.ndarray, sizes: np.ndarray, places: np.ndarray) -> Stretches:
        """Stretches that begin at `first`, counted in the order of `places`."""
        return cls(np.append(first, first[-1] + sizes[-1]).astype(np.int64), places)

    def within(
        self, before: np.ndarray, length: int, first: int, n_units: int, reach: int
    ) -> tuple[Within, int]:  # fmt: skip
        """Where the windows stand that begin in the piece of `n_units` from `first` on, and how many units behind it
        they need, at most `reach`; `before` is of this `length`."""
        low = int(np.searchsorted(self.starts, first, side="right")) - 1
        high = int(np.searchsorted(self.starts, first + n_units, side="left"))
        starts = self.starts[low : high + 1] - first
        behind = int(min(max(starts[-1] - n_units, 0), reach))
        places = before[low:high] + np.where(starts[:-1] < 0, -starts[:-1], 0)
        starts = np.maximum(starts, 0)
        starts[-1] = min(starts[-1], n_units + length - 1)
        return Within(length, n_units, starts, places), behind

    def n_windows(self, length: int) -> np.ndarray:
        """Windows of each stretch."""
        return np.maximum(np.diff(self.starts) - (length - 1), 0)

    def before(self, length: int) -> np.ndarray:
        """Windows that are counted before those of each stretch."""
        n_windows = self.n_windows(length)
        if self.order is None:
            return np.cumsum(n_windows) - n_windows
        found = np.empty(len(n_windows), np.int64)
        ordered = n_windows[self.order]
        found[self.order] = np.cumsum(ordered) - ordered
        return found
