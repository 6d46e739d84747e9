"""A drawn corpus as a learner sees it: what was drawn how often, how probable it is, and draws to be tested on.

Test draws of a law come from a stream of their own (purpose ``tests``), so that nothing of the corpus is in them; those
of a text are the windows that follow. They are never counted. All corpus sizes of one replicate are prefixes of one
corpus and share the test draws, except those of a growing source, which has a law and a corpus for each size.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np

from bounds.base.sources import GrowingUniform, Source
from simulate.corpora.census import Census
from simulate.corpora.order import DrawnOrder, Order, TextOrder, open_order
from simulate.text.source import CorpusSource

N_TESTS = 1 << 14
"""Test draws of a corpus, where nothing else is asked for."""


@dataclass(frozen=True)
class TestDraws:
    """Draws that a learner is tested on."""

    __test__ = False  # no class of tests, whatever its name says to pytest

    keys: np.ndarray
    probabilities: np.ndarray | None
    """Of each draw under the law; None where it is unknown."""


@dataclass(frozen=True)
class SeenCorpus:
    """The first `n_draws` draws of `order`, counted. Types are numbered as they first appeared."""

    source: Source | CorpusSource
    order: Order
    census: Census
    probabilities: np.ndarray | None
    """Of each type that was seen; None where the law is unknown."""

    tests: TestDraws

    @property
    def n_draws(self) -> int:
        """D."""
        return self.census.n_draws

    @property
    def counts(self) -> np.ndarray:
        """How often each type was drawn."""
        return self.census.counts

    @property
    def n_unique(self) -> int:
        """U(D)."""
        return self.census.n_unique

    @property
    def known(self) -> np.ndarray:
        """`probabilities`, where the law is known."""
        assert self.probabilities is not None
        return self.probabilities

    @cached_property
    def missing_mass(self) -> float:
        """M0: the probability of all types that were not seen."""
        return max(0.0, 1.0 - float(np.sum(self.known)))

    @cached_property
    def novelty(self) -> float:
        """M0; where no law is known f1/D, as Good and Turing estimate it."""
        if self.probabilities is not None:
            return self.missing_mass
        return float(np.count_nonzero(self.counts == 1)) / self.n_draws

    @cached_property
    def tested(self) -> np.ndarray:
        """The number of the type of each test draw, -1 where it was not seen."""
        return self.census.ids(self.tests.keys)


def seen_corpora(
    source: Source | CorpusSource,
    grid: np.ndarray,
    *,
    seed: int,
    replicate: int,
    n_tests: int = N_TESTS,
    device: str = "cpu",
) -> Iterator[SeenCorpus]:
    """The corpus of a replicate at each size of the ascending `grid`. Each is to be used before the next is asked for:
    one census goes on through all of them. `device` is where its tokens are drawn."""
    grid = np.asarray(grid, np.int64)
    if isinstance(source, GrowingUniform):
        for n in grid.tolist():
            yield from _grown(source, np.array([n]), seed, replicate, n_tests, device)
    else:
        yield from _grown(source, grid, seed, replicate, n_tests, device)


def _grown(
    source: Source | CorpusSource, grid: np.ndarray, seed: int, replicate: int, n_tests: int, device: str
) -> Iterator[SeenCorpus]:
    order = _order(source, int(grid[-1]), seed, device)
    if isinstance(order, DrawnOrder):
        order = replace(order, stream=replace(order.stream, replicate=replicate))
    census, found = Census(order), np.empty(0)
    tests = None if isinstance(order, TextOrder) else test_draws(order, n_tests)
    for n in grid.tolist():
        census.advance(n)
        if order.law is None:
            yield SeenCorpus(source, order, census, None, next_windows(order, n, n_tests))
            continue
        found = np.concatenate([found, order.probabilities(census.keys[len(found) :])])
        assert tests is not None
        yield SeenCorpus(source, order, census, found, tests)


@lru_cache(maxsize=32)
def _order(source: Source | CorpusSource, n_draws: int, seed: int, device: str) -> Order:
    """The order of replicate 0: its tables serve all replicates."""
    return open_order(source, n_draws, seed=seed, device=device)


def test_draws(order: Order, n_tests: int) -> TestDraws:
    """`n_tests` draws of the law of `order`, independent of it. Their numbers follow those of the corpus."""
    assert isinstance(order, DrawnOrder)
    apart = replace(order, stream=replace(order.stream, purpose="tests"), n_draws=order.n_draws + n_tests)
    # From D on: a draw beyond rank 2^62 is named by its number, and must not be taken for one of the corpus.
    keys = apart.keys(order.n_draws, n_tests)
    return TestDraws(keys, order.probabilities(keys))


test_draws.__test__ = False  # type: ignore[attr-defined]


def next_windows(order: Order, n_draws: int, n_tests: int) -> TestDraws:
    """The windows of a text after the first `n_draws`, at most `n_tests` of them."""
    return TestDraws(order.keys(n_draws, min(n_tests, order.n_draws - n_draws)), None)
