"""What is counted of windows, part by part, and added up: growth, blocks, and how often windows occur."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from simulate.text.blocks import BlockCurves, Cut, curves_of, cut_of
from simulate.text.counting import Growth
from simulate.text.cutting.sequences import Units
from simulate.text.spilling import loops
from simulate.text.spilling.rarefying import rarefied

_FEW = np.zeros(0, np.int64)


class Counting(NamedTuple):
    """What is counted: prefixes in units, lower edges of the bins of a spectrum, and blocks.

    `smallest` is the least number of windows in a piece of a block; `rarefied` asks for the mean over all orders.
    """

    grid: np.ndarray
    edges: np.ndarray
    blocks: int
    smallest: int
    rarefied: bool = False


class Often:
    """How many distinct windows occur how often."""

    def __init__(self) -> None:
        self.multiplicities = self.n_types = _FEW

    def take(self, counts: np.ndarray) -> None:
        """Add windows by their `counts`."""
        self.add(*np.unique(counts, return_counts=True))

    def add(self, multiplicities: np.ndarray, n_types: np.ndarray) -> None:
        """Add `n_types` windows of each of the `multiplicities`."""
        all_, places = np.unique(np.concatenate([self.multiplicities, multiplicities]), return_inverse=True)
        summed = np.zeros(len(all_), np.int64)
        np.add.at(summed, places, np.concatenate([self.n_types, n_types]))
        self.multiplicities, self.n_types = all_[summed > 0], summed[summed > 0]

    def rarefied(self, at: np.ndarray, edges: np.ndarray) -> Growth:
        """The mean over all orders of the windows of what is counted in the first `at` of them, in whole numbers."""
        unique, spectrum = rarefied(self.multiplicities, self.n_types, at, edges)
        return Growth(np.rint(unique).astype(np.int64), np.rint(spectrum).astype(np.int64))


@dataclass
class Sums:
    """What is counted of some windows; `cut` None where there are no blocks."""

    at: np.ndarray
    edges: np.ndarray
    cut: Cut | None
    often: Often | None = None
    """How often windows occur in the text, where that is asked for."""
    once: int = 0
    n_types: int = 0
    unique: np.ndarray = field(init=False)
    spectrum: np.ndarray = field(init=False)
    inside: np.ndarray = field(init=False)
    own: np.ndarray = field(init=False)
    change: np.ndarray = field(init=False)
    gaps: np.ndarray = field(init=False)
    changes: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        n, rows = (self.cut.n_blocks, len(self.cut.parts)) if self.cut else (0, 0)
        self.unique = np.zeros(len(self.at) + 1, np.int64)
        self.spectrum = np.zeros((len(self.at) + 1, len(self.edges)), np.int64)
        self.inside, self.own = np.zeros((rows, n), np.int64), np.zeros(n, np.int64)
        self.change, self.gaps = np.zeros(n, np.int64), np.zeros(n + 1, np.int64)
        self.changes = np.zeros((n, n + 1), np.int64)
        size, parts = (self.cut.size, self.cut.parts) if self.cut else (0, _FEW)
        steps = (size // parts).astype(np.int64)
        self.layout = (np.int64(size), n, steps, steps * parts)
        self.region = size * n
        """Windows in all blocks; those behind them are left over."""

    @classmethod
    def of(cls, units: Units, length: int, how: Counting) -> Sums:
        """Nothing yet, of the windows of `length` in `units`."""
        at = units.n_windows(length, how.grid)
        cut = cut_of(units.n_windows(length), how.blocks, min(how.smallest, int(at[0])))
        return cls(at, how.edges, cut, Often() if how.rarefied else None)

    def like(self) -> Sums:
        """Nothing, counted in the same way."""
        return Sums(self.at, self.edges, self.cut, None if self.often is None else Often())

    def add(self, other: Sums) -> None:
        """Take what another part counted."""
        self.once += other.once
        self.n_types += other.n_types
        for name in ("unique", "spectrum", "inside", "own", "change", "gaps", "changes"):
            getattr(self, name)[...] += getattr(other, name)
        if self.often is not None and other.often is not None:
            self.often.add(other.often.multiplicities, other.often.n_types)

    def add_lonely(self, places: np.ndarray, state: np.ndarray) -> None:
        """Count windows that occur once, in the order of the text; `state` is theirs."""
        own = np.zeros_like(self.own)
        loops.count_lonely(places, state, *self.layout, self.at, self.unique, self.spectrum, self.inside, own)
        self.own += own
        self.change -= own
        self.once += int(own.sum())
        self.n_types += int(own.sum())
        if self.often is not None:
            self.often.add(np.ones(1, np.int64), np.array([len(places)]))

    def growth(self) -> Growth:
        """Counts of each prefix."""
        if self.often is not None:
            return self.often.rarefied(self.at, self.edges)
        return Growth(np.cumsum(self.unique)[:-1], np.cumsum(self.spectrum, axis=0)[:-1])

    def curves(self) -> BlockCurves | None:
        """The curves of blocks."""
        if self.cut is None:
            return None
        inside = self.inside / self.cut.parts[:, None]
        f1 = self.once + self.change
        return curves_of(self.cut, inside, self.n_types, self.own, self.gaps, self.changes, self.once, f1)


def nothing() -> Sums:
    """Sums of which nothing is wanted."""
    return Sums(_FEW, np.ones(1, np.int64), None)
