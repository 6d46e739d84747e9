"""What each method that foretells losses was worth on texts that its slopes were not learnt on.

``cells.csv`` beside this module has a line for each text, unit, learner and factor (4 and 16 times what was taught):
the kind of the curve up to what was taught (`kinds`), the error of each method and the halves of two parts of the
interval, all in parts of the drop that was measured. ``python -m tests.loss_corpora`` writes it.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from simulate import stats

METHODS = ("from-counts", "power-law-all", "power-law-last", "log-linear", "spectrum")
"""By counts and losses; by losses alone, three; by losses and the suffix automaton of the larger text."""

TIMES = (4, 16)
CELLS = Path(__file__).with_name("cells.csv")
COLUMNS = (
    "text",
    "protocol",
    "unit",
    "learner",
    "times",
    "kind",
    *METHODS,
    "test",
    "training",
    "test_of_drop",
    "one_order",
)


@dataclass(frozen=True)
class Cell:
    """One text, unit, learner and factor."""

    text: str
    protocol: int
    """Of docs/loss.md, 1 or 2, by which the text was chosen."""
    unit: str
    learner: str
    times: int
    kind: str | None
    errors: tuple[float, ...]
    """Of `METHODS`: foretold less measured, in parts of the drop; NaN where a method said nothing."""
    test: float
    """Half of the interval of from-counts by blocks of the test alone, in parts of the drop."""
    training: float
    """The same by orders of training alone."""
    test_of_drop: float
    """Half of the interval of the drop by blocks of the test alone, in parts of the drop."""
    one_order: float
    """Root mean square error of from-counts where each order of training stands alone."""


@dataclass(frozen=True)
class Verdict:
    """Which method had the better record where the curve had one kind."""

    kind: str | None
    """None where the record is of curves of all kinds."""
    times: int
    cells: int
    texts: int
    best: str
    next: str
    """The method with the second smallest error."""
    nearer: int
    """Cells in which the best was nearer than the next."""
    told_apart: bool
    """Whether that is more than half of the cells beyond chance: Wilson's interval."""
    errors: dict[str, float]
    """Root mean square error of each method, in parts of the drop, smallest first."""


@cache
def cells() -> tuple[Cell, ...]:
    """All of the record."""
    with CELLS.open(encoding="utf-8", newline="") as file:
        return tuple(_cell(row) for row in csv.DictReader(file))


def root_mean_square(found: Sequence[Cell], method: str) -> float:
    """The error of a method over these cells, in parts of the drop; NaN where it said nothing in one of them."""
    return float(np.sqrt(np.mean([one.errors[METHODS.index(method)] ** 2 for one in found])))


def lack_of_fit(unit: str, learner: str, times: float, without: str = "") -> tuple[float, int]:
    """The error of from-counts over other texts of this unit and learner, and how many texts these are.

    Of 4 times the text taught up to there, of 16 beyond; `without` is a text that is left out.
    """
    factor = TIMES[0] if times <= TIMES[0] else TIMES[1]
    found = [
        one for one in cells()
        if (one.unit, one.learner, one.times) == (unit, learner, factor) and one.text != without
    ]  # fmt: skip
    return root_mean_square(found, METHODS[0]), len(found)


def better(kind: str | None, learner: str, times: float) -> Verdict:
    """The methods' record where the curve of this learner had that kind, both units together.

    That of all kinds where no curve of other texts had it, or where `kind` is None.
    """
    factor = TIMES[0] if times <= TIMES[0] else TIMES[1]
    found = [one for one in cells() if (one.learner, one.times) == (learner, factor)]
    return verdict([one for one in found if one.kind == kind] or found)


def verdict(found: Sequence[Cell]) -> Verdict:
    """The same of these cells, one at least, of one learner and factor."""
    errors = {method: root_mean_square(found, method) for method in METHODS}
    best, second, *_ = order = sorted(METHODS, key=lambda method: (math.isnan(errors[method]), errors[method]))
    nearer = wins(found, best, second)
    told = stats.share(nearer, len(found)).lower > 0.5
    texts = len({one.text for one in found})
    kinds, times = {one.kind for one in found}, found[0].times
    kind = kinds.pop() if len(kinds) == 1 else None
    by_error = {method: errors[method] for method in order}
    return Verdict(kind, times, len(found), texts, best, second, nearer, bool(told), by_error)


def wins(found: Sequence[Cell], method: str, other: str) -> int:
    """Cells in which a method is nearer than another; one that says nothing is never nearer."""
    one, two = METHODS.index(method), METHODS.index(other)
    return sum(abs(cell.errors[one]) < abs(cell.errors[two]) for cell in found)


def _cell(row: dict[str, str]) -> Cell:
    return Cell(
        row["text"], int(row["protocol"]), row["unit"], row["learner"], int(row["times"]), row["kind"] or None,
        tuple(float(row[method]) for method in METHODS), float(row["test"]), float(row["training"]),
        float(row["test_of_drop"]), float(row["one_order"]),
    )  # fmt: skip
