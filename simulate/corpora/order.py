"""One corpus in its order: which sequence each draw shows, any stretch of it by itself, and how probable it is.

A sweep counts distinct sequences; learners and model suites must know which ones, and when. `open_order` gives the
draws of a source as keys: equal keys are equal sequences. Draw i of a law is a pure function of the seed, the source
and i, so that a stretch is made without what comes before it; so is a stretch of a text. The tokens are those that
`simulate sweep` draws for the same source, seed and replicate.

The Chinese restaurant of a Pitman-Yor source looks back at every draw before: its stretches are drawn from the start
(`random_access` is False), and its probabilities are random and unknown (`law` is None), as those of a text are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from bounds.base.sources import Geometric, GrowingUniform, Mixture, PitmanYor, SantaFe, Source, Uniform, Windows, Zipf
from bounds.counts.rank_tables import first_probability
from simulate.drawing.backends import cpu, gpu
from simulate.drawing.interval_tables import FRESH
from simulate.drawing.stream import Stream
from simulate.drawing.tables import CELLS, URN, WINDOWS, Sampler, build_sampler
from simulate.engines.choice import cell_of
from simulate.text.any_source import parse_any_source
from simulate.text.source import CorpusSource

__all__ = ["DrawnOrder", "Order", "TextOrder", "open_order"]

BATCH = 1 << 22
"""Draws held at a time by `batches`: 32 MiB."""


_MOST_WINDOWS = 1 << 22
"""Different windows that are put in the order of their probability."""


class Order(Protocol):
    """The draws of one corpus."""

    @property
    def source(self) -> str:
        """The string that names the source."""

    @property
    def n_draws(self) -> int:
        """How many draws there are at most."""

    @property
    def random_access(self) -> bool:
        """Whether a stretch is made without what comes before it."""

    @property
    def law(self) -> Source | None:
        """The law of independent draws, where it is known: then `probabilities` answers."""

    def keys(self, first: int, n: int) -> np.ndarray:
        """Keys, uint64 of shape (n,), of the draws `first` to ``first + n - 1``, counted from 0."""

    def probabilities(self, keys: np.ndarray) -> np.ndarray:
        """Probability of each key in one draw; ValueError where no law is known."""


@dataclass(frozen=True)
class DrawnOrder:
    """The tokens of a law. Keys from `FRESH` on belong to ranks above 2^62 (in a mixture 2^58): each is new, and names
    its draw.

    `device`, cpu or gpu, is where they are drawn; it changes no key.
    """

    parsed: Source
    stream: Stream
    sampler: Sampler
    n_draws: int
    device: str = "cpu"

    @property
    def source(self) -> str:
        """The string that names the source."""
        return str(self.parsed)

    @property
    def random_access(self) -> bool:
        """False of an urn."""
        return self.sampler.kind != URN

    @property
    def law(self) -> Source | None:
        """The law of a draw, facts for a Santa Fe process; None for an urn, whose law is random."""
        if isinstance(self.parsed, SantaFe):
            return self.parsed.facts
        if isinstance(self.parsed, GrowingUniform):
            return self.parsed.at(self.n_draws)
        return None if isinstance(self.parsed, PitmanYor) else self.parsed

    def keys(self, first: int, n: int) -> np.ndarray:
        """Keys, uint64 of shape (n,), of the draws `first` to ``first + n - 1``."""
        _check_stretch(self, first, n)
        backend = gpu if self.device == "gpu" else cpu
        found: np.ndarray = backend.draw(self.sampler, n, self.stream, first=first)
        fresh = np.flatnonzero(found >= np.uint64(FRESH))
        found[fresh] = np.uint64(FRESH) | (fresh + first).astype(np.uint64)  # no two of them are equal
        return found

    def probabilities(self, keys: np.ndarray) -> np.ndarray:
        """Probability of each key in one draw, 0 for ranks above 2^62 (in a mixture 2^58).

        ValueError of an urn, and of unequal windows that are named by a hash.
        """
        law = self.law
        if law is None:
            raise ValueError(f"the probabilities of {self.source} are random and unknown; take a zipf source instead")
        if isinstance(law, Windows):
            return self._word_probabilities(law, np.asarray(keys, np.uint64))
        found = np.zeros(np.shape(keys))
        parts = law.components if isinstance(law, Mixture) else ((1.0, law),)
        component, rank = self._ranks(np.asarray(keys, np.uint64))
        for number, (weight, part) in enumerate(parts):
            here = component == number
            found[here] = weight * rank_probability(part, rank[here])
        return found

    def ranks(self, keys: np.ndarray) -> np.ndarray:
        """Rank of each key in its law, from 1, as floats; in a mixture that in its component; NaN from `FRESH` on."""
        component, rank = self._ranks(np.asarray(keys, np.uint64))
        return np.where(component < 0, np.nan, rank)

    def _word_probabilities(self, law: Windows, keys: np.ndarray) -> np.ndarray:
        """p of the first letter, and for each that follows stay·[it repeats] + (1 - stay)·p."""
        if law.exponent == 0 and law.stay == 0:
            return np.full(keys.shape, 1 / law.n_types)
        if not self.sampler.n_keys:
            raise ValueError(f"the windows of {self.source} are too many to be read off their keys; take shorter ones")
        base = np.uint64(law.alphabet)
        letter, rest = (keys % base).astype(np.int64), keys // base
        found = np.ones(keys.shape)
        for _ in range(law.length - 1):
            before, rest = (rest % base).astype(np.int64), rest // base
            found *= law.stay * (letter == before) + (1 - law.stay) * rank_probability(law.letters, letter + 1.0)
            letter = before
        return found * rank_probability(law.letters, letter + 1.0)

    def keys_of_ranks(self, ranks: np.ndarray) -> np.ndarray:
        """Keys of the sequences with the given `ranks` by probability, from 1 and at most 2^53, uint64 of their shape.

        Ties go to the earlier component of a mixture. ValueError where windows are too many to be ordered.
        """
        ranks = np.asarray(ranks, np.int64)
        if self.sampler.kind == WINDOWS:
            if not 0 < self.sampler.n_keys <= _MOST_WINDOWS:
                raise ValueError(f"the windows of {self.source} are too many to be put in order; take shorter ones")
            keys = np.arange(self.sampler.n_keys, dtype=np.uint64)
            return keys[np.argsort(-self.probabilities(keys), kind="stable")[ranks - 1]]
        if self.sampler.kind != CELLS:
            return (ranks - 1).astype(np.uint64)
        if len(self.sampler.cells.last) == 1:
            return self._keys_in(0, ranks)
        most = int(ranks.max(initial=1))
        parts = self.parsed.components if isinstance(self.parsed, Mixture) else ()
        sizes = [int(min(most, part.n_types)) for _, part in parts]
        keys = np.concatenate([self._keys_in(number, np.arange(1, n + 1)) for number, n in enumerate(sizes)])
        return keys[np.argsort(-self.probabilities(keys), kind="stable")[ranks - 1]]

    def _keys_in(self, component: int, ranks: np.ndarray) -> np.ndarray:
        """Keys of `ranks`, from 1, in one component: the inverse of `_ranks`."""
        dense = np.flatnonzero(self._head[0] == component)
        shift = 62 if len(self.sampler.cells.last) == 1 else 58
        keys = np.uint64((component + 1) << shift) | ranks.astype(np.uint64)
        keys[ranks <= len(dense)] = dense[ranks[ranks <= len(dense)] - 1]
        return keys

    def _ranks(self, keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Component and rank, from 1, of each key; component -1 where the rank is unknown."""
        if self.sampler.kind != CELLS:
            return np.zeros(keys.shape, np.int64), keys.astype(float) + 1
        dense = keys < np.uint64(self.sampler.n_dense)
        fresh = keys >= np.uint64(FRESH)
        shift = np.uint64(62 if len(self.sampler.cells.last) == 1 else 58)
        component = (keys >> shift).astype(np.int64) - 1
        rank = (keys & np.uint64((1 << int(shift)) - 1)).astype(float)
        component[dense], rank[dense] = (table[keys[dense].astype(np.int64)] for table in self._head)
        component[fresh] = -1
        return component, rank

    @cached_property
    def _head(self) -> tuple[np.ndarray, np.ndarray]:
        """Component and rank of the types that have a cell of their own; in each component they are the first."""
        cells = self.sampler.cells
        component = cells.component[(cells.width == 0) & (cells.key < np.uint64(FRESH))]
        before = np.searchsorted(component, component)
        return component, np.arange(1.0, len(component) + 1) - before


class TextOrder:
    """The windows of a text, as they stand. No law is known; keys are the window's number among the distinct ones."""

    def __init__(self, parsed: CorpusSource) -> None:
        self.source = str(parsed)
        self.random_access = True
        self.law: Source | None = None
        self._ids = parsed.open().window_ids()
        self.n_draws = len(self._ids)

    def keys(self, first: int, n: int) -> np.ndarray:
        """Keys, uint64 of shape (n,), of the windows `first` to ``first + n - 1``."""
        _check_stretch(self, first, n)
        return self._ids[first : first + n].astype(np.uint64)

    def probabilities(self, keys: np.ndarray) -> np.ndarray:
        """Always ValueError."""
        raise ValueError(f"the probabilities of {self.source} are unknown; take a law such as zipf:1.724 instead")


def open_order(
    source: str | Source | CorpusSource, n_draws: int, *, seed: int = 0, replicate: int = 0, device: str = "cpu"
) -> Order:
    """The corpus that `source` gives for `seed` and `replicate`, at most `n_draws` draws long.

    A text has one replicate, 0, and all of its windows are there if `n_draws` is more. The tokens of a law are drawn
    on `device`, cpu or gpu, which changes none of them; a text is read, whatever the device. Raises ValueError with one
    sentence where a source cannot be drawn token by token, or not there.
    """
    parsed = source if isinstance(source, CorpusSource) else parse_any_source(source)
    if isinstance(parsed, CorpusSource):
        return TextOrder(parsed)
    name = f"{parsed} {n_draws}" if isinstance(parsed, GrowingUniform) else str(parsed)
    stream = Stream(seed, "tokens", cell_of(name), replicate)
    sampler = build_sampler(parsed, n_draws)
    if device == "gpu":
        gpu.check_sampler(sampler)
    return DrawnOrder(parsed, stream, sampler, n_draws, device)


def batches(order: Order, first: int, stop: int, size: int = BATCH) -> Iterator[tuple[int, np.ndarray]]:
    """(number of its first draw, keys) of consecutive stretches from `first` to `stop`, each of at most `size`."""
    for begin in range(first, stop, size):
        yield begin, order.keys(begin, min(size, stop - begin))


def _check_stretch(order: Order, first: int, n: int) -> None:
    if not (first >= 0 and n >= 0 and first + n <= order.n_draws):
        raise ValueError(
            f"{order.source} has the draws 0 to {order.n_draws - 1} here, got {n} of them from {first} on; "
            "ask for fewer, or open a longer corpus"
        )


def rank_probability(part: Source, rank: np.ndarray) -> np.ndarray:
    """Probability of each `rank`, from 1, of a uniform, geometric or Zipf law."""
    if isinstance(part, Uniform):
        return np.full(rank.shape, 1 / part.types)
    if isinstance(part, Geometric):
        return (1 - part.ratio) * part.ratio ** (rank - 1)
    assert isinstance(part, Zipf)
    return first_probability(part) * ((rank + part.shift) / (1 + part.shift)) ** -part.exponent
