"""An example from one corpus of what a larger store does: nothing from n = U(D) on, and not always something below.

The store is that of what was seen. As it grows, it gains a skill exactly at the smallest stores of the skills; between
two of them it takes in sequences and gains none.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from bounds.skills.emergence import can_scaling_help
from simulate.studies.skills.drawing.groups import NEVER, Groups
from simulate.studies.skills.drawing.tokens import Corpus

__all__ = ["Example", "find_example"]

MAX_DRAWS = 10**6
"""Draws of the corpus that is looked at: a second."""


@dataclass(frozen=True)
class Example:
    """One corpus of `n_draws` draws with `n_unique` distinct sequences, and stores of the most frequent seen.

    `skills` are there with all of them stored, as with `beyond` places, more than U(D). From `idle_from` to `idle_to`
    places, both below U(D), none of them is gained; at `gain_at`, also below, one is, if there is such a place.
    """

    n_draws: int
    n_unique: int
    skills: int
    beyond: tuple[int, ...]
    skills_beyond: tuple[int, ...]
    idle_from: int
    idle_to: int
    skills_idle: int
    gain_at: int | None
    skills_gain: int | None
    sentence: str

    def to_json(self) -> dict[str, Any]:
        """As a flat object."""
        return asdict(self)


def find_example(groups: Groups) -> Example | None:
    """What larger stores do in the first corpus, at the largest of its sizes up to a million draws, or at a million.

    None where no skill is there.
    """
    sizes = [n for n in groups.plan.n_draws if n <= MAX_DRAWS] or [MAX_DRAWS]
    corpus = Corpus(groups, 0)
    corpus.advance(sizes[-1])
    return of_corpus(corpus)


def of_corpus(corpus: Corpus) -> Example | None:
    """The example that the draws so far give."""
    U, a = corpus.census.n_unique, corpus.plan.quorum
    smallest = np.sort(corpus.smallest_stores())
    smallest = smallest[smallest < NEVER]
    if not len(smallest) or U < 2:
        return None

    def there(n: int) -> int:
        return int(np.searchsorted(smallest, n, side="right"))

    below = smallest[smallest < U]
    low, high = _idle(np.unique(below), U)
    gain = int(below[len(below) // 2]) if len(below) else None
    beyond = (2 * U, 10 * U)
    return Example(
        corpus.census.n_draws, U, there(U), beyond, tuple(map(there, beyond)), low, high, there(low), gain,
        None if gain is None else there(gain), can_scaling_help(low, U, quorum=a).sentence,
    )  # fmt: skip


def _idle(steps: np.ndarray, U: int) -> tuple[int, int]:
    """The widest range of stores between two gains, or where they follow each other, from the last of them to U - 1."""
    gaps = np.diff(np.append(0, steps))
    if len(steps) and gaps.max() > 2:
        next_gain = int(np.argmax(gaps))
        return max(int(steps[next_gain] - gaps[next_gain]), 1), int(steps[next_gain]) - 1
    return int(steps[-1]) if len(steps) else 1, U - 1
