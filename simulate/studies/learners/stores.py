"""Stores of limited size given one corpus: what they miss, and the smallest that fits the corpus.

| letter | meaning                                                      | unit              |
|--------|--------------------------------------------------------------|-------------------|
| n      | sequences that are stored                                    | sequences         |
| c      | cost of a draw that is not stored                            | nats per sequence |
| D, U   | draws of the corpus, and distinct sequences among them       | draws, sequences  |
| M0     | probability of all sequences that were not seen              | 1                 |
| T(n)   | probability of all but the n most probable sequences         | 1                 |
| τ      | tolerance of the training loss                               | nats per sequence, or share of c M0 |
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from bounds.base.intervals import RIGOROUS
from bounds.base.sources import Geometric, SantaFe, Source, Uniform, Zipf
from bounds.capacity.capacity import capacity_loss, capacity_loss_bounds
from bounds.counts.unique import missing_mass
from bounds.skills.skill_thresholds import stored_threshold
from simulate.corpora.order import DrawnOrder
from simulate.studies.learners.corpora import SeenCorpus


def store_loss(corpus: SeenCorpus, n_stored: int | None, by: str, cost: float) -> tuple[float, float]:
    """c times the probability of what is not stored, and c times the share of test draws that are not."""
    stored = stored_by_count(corpus.counts, n_stored) if by == "count" else stored_by_rank(corpus, n_stored)
    known = np.append(stored, False)[corpus.tested]
    tested = cost * float(np.mean(~known)) if len(known) else math.nan
    if corpus.probabilities is None:
        return math.nan, tested
    forgotten = float(np.sum(corpus.known, where=~stored, initial=0.0))
    return cost * (corpus.missing_mass + forgotten), tested


def stored_by_count(counts: np.ndarray, n_stored: int | None) -> np.ndarray:
    """Whether each type seen is among the `n_stored` drawn most often; of equals those that came first."""
    stored = np.ones(len(counts), np.bool_)
    if n_stored is not None and n_stored < len(counts):
        order = np.argsort(-counts, kind="stable")  # types are in the order in which they came
        stored[order[n_stored:]] = False
    return stored


def stored_by_rank(corpus: SeenCorpus, n_stored: int | None) -> np.ndarray:
    """Whether each type seen has one of the places reserved for the first `n_stored` ranks of the law."""
    assert isinstance(corpus.order, DrawnOrder)
    assert n_stored is not None
    return corpus.order.ranks(corpus.census.keys) <= n_stored


def expected_loss(
    laws: Sequence[Source], n_draws: Sequence[int], n_stored: int | None, by: str, cost: float
) -> tuple[Any, str, str]:
    """Mean loss of a store, or its lower bound by count, with its label and relation; `laws` is that at each size."""
    pairs = list(zip(laws, n_draws, strict=True))
    if n_stored is None:
        return [cost * float(missing_mass(law, n)) for law, n in pairs], RIGOROUS, "="
    if by == "rank":
        return [float(capacity_loss(law, n_stored, n, novelty_cost=cost)) for law, n in pairs], RIGOROUS, "="
    lower = [float(capacity_loss_bounds(law, n_stored, n, novelty_cost=cost).lower) for law, n in pairs]
    return lower, RIGOROUS, ">="


def efficient_size_limit(source: Any, tolerance: str, cost: float) -> float:
    """n with c T(n) = τ, where the efficient size ends as D grows (asymptotic); NaN where it grows without end.

    It does at tolerance 0, at one relative to the excess loss, and where T has no inverse: mixtures, texts, and laws
    that change with D.
    """
    law = source.facts if isinstance(source, SantaFe) else source
    share = 0.0 if tolerance.endswith("%") else float(tolerance) / cost
    if not 0 < share < 1 or not isinstance(law, Uniform | Zipf | Geometric):
        return math.nan
    # The skill of one sequence is there with probability 1 - T(n).
    return float(np.ceil(stored_threshold(law, members=1, quorum=1, level=1 - share)))


def efficient_size(corpus: SeenCorpus, tolerance: str, cost: float) -> int:
    """The smallest n whose training loss is within `tolerance` of the best: it stores the n drawn most often.

    The training loss is c times the share of the draws of the corpus that are not stored; the best, at n = U, is 0.
    ``0.01`` is nats per sequence; ``10%`` a share of the excess loss c M0 on tests (where no law is known of c f1/D).
    At tolerance 0 it is U: every sequence was drawn at least once.
    """
    if tolerance.endswith("%"):
        allowed = float(tolerance[:-1]) / 100 * corpus.novelty
    else:
        allowed = float(tolerance) / cost
    left_out = corpus.n_draws - np.cumsum(np.sort(corpus.counts)[::-1])
    if allowed >= 1:
        return 0
    return int(np.argmax(left_out <= allowed * corpus.n_draws)) + 1
