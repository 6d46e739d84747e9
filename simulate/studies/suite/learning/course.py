"""What is seen of one corpus at each checkpoint, and what can be said of it at the end."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

import bounds
from simulate.corpora.census import Census
from simulate.corpora.order import Order
from simulate.studies.suite.learning import stores
from simulate.studies.suite.learning.exposures import EXPOSURES, Exposures
from simulate.studies.suite.learning.positions import N_WINDOWS, evenness_test
from simulate.studies.suite.learning.setting import Block, Training
from simulate.studies.suite.learning.trajectories import CLASSES, can_classify, classify_trajectories

AFTER = (0, 10, 20, 30, 40, 50, 60, 70)
"""Percent of the steps after which trajectories are classified; those above 0 are in the tables of Xia et al. 2022."""

_KEPT = ("unknown", "n_unique", "n_next", "known", "tracked", "validation")
ROUNDING = 1e-14
"""What may be left of 1 when all probabilities of a law have been taken away."""

_COUNTS = ("stored", "missed_next", "missed_validation", "entered", "forgotten")
AT_ONCE = 1 << 22
"""Trajectory points that are classified at a time."""


class Course:
    """The stores of all sizes along one corpus. Levels are those of `simulate.studies.suite.learning.stores`."""

    def __init__(self, trainer: Training, order: Order) -> None:
        self.trainer, self.order = trainer, order
        n_steps, n_sizes = len(trainer.steps), len(trainer.capacities)
        self.shape = (n_steps, n_sizes)
        self.n_seen = 0
        self.level = np.zeros(0, np.uint8)
        self.since = np.zeros((0, n_sizes), np.uint8 if n_steps <= 256 else np.uint16)
        self.probability = np.zeros(0)
        self.counts = {name: np.zeros(self.shape, np.int64) for name in _COUNTS}
        self.unknown = np.full(self.shape, np.nan)
        self.n_unique, self.n_next = np.zeros(n_steps, np.int64), np.zeros(n_steps, np.int64)
        self.known = np.zeros((n_steps, stores.N_BINS, n_sizes + 1), np.int64)
        self.tracked = np.zeros((n_steps, len(trainer.tracked)), np.uint8)
        end = int(trainer.steps[-1]) * trainer.batch
        self.tests = order.keys(end, trainer.n_tests)
        self.validation = np.zeros((n_steps, len(self.tests)), np.uint8)

    def look(self, checkpoint: int, census: Census, exposures: Exposures) -> None:
        """Fill the stores from what has been seen, and ask them what they know."""
        counts = exposures.taught(census.counts)
        cut, kept, self.counts["stored"][checkpoint] = stores.cut_sizes(counts, self.trainer.capacities)
        self._make_room(census)
        mass = np.zeros(self.shape[1] + 1)
        stores.restock(
            counts, census.counts, self.probability, cut, kept, checkpoint, self.level, self.since,
            self.counts["entered"][checkpoint], self.counts["forgotten"][checkpoint], self.known[checkpoint], mass,
        )  # fmt: skip
        if self.order.law is not None:
            left = 1 - np.cumsum(mass)[:-1]
            self.unknown[checkpoint] = np.where(left > ROUNDING, left, 0.0)
        self.n_unique[checkpoint] = census.n_unique
        # What comes next has not been learned from: the loss on it is prequential.
        following = self.order.keys(census.n_draws, min(self.trainer.batch, self.order.n_draws - census.n_draws))
        self.n_next[checkpoint] = len(following)
        self.counts["missed_next"][checkpoint] = self._missed(self._levels(census, following))
        self.tracked[checkpoint] = self._levels(census, self.trainer.tracked)
        self.validation[checkpoint] = self._levels(census, self.tests)
        self.counts["missed_validation"][checkpoint] = self._missed(self.validation[checkpoint])
        self.n_seen = checkpoint + 1

    def end(self, census: Census, exposures: Exposures) -> Block:
        """All that was seen."""
        each = {name: values[None] for name, values in self.counts.items()}
        each |= {"unknown": self.unknown[None], "n_unique": self.n_unique[None], "n_next": self.n_next[None]}
        tests, windows = self._tested(census, exposures)
        each["positions"] = tests[None]
        since = np.zeros(self.shape[::-1], np.int64)
        stores.count_since(self.level[: census.n_unique], self.since, since)
        tracked = self._stored(self.tracked)
        pooled = {"since": since, "known": self.known, "tracked": tracked.astype(np.int64)}
        each |= {name: values[None] for name, values in self._term_accuracy(census.counts).items()}
        each["tied"] = self._tied(exposures.taught(census.counts))[None]
        if can_classify(self.trainer.steps):
            each["classes"] = self._validation_classes()[None]
            found = classify_trajectories(self._perplexity(tracked), self.trainer.steps)
            pooled["tracked_classes"] = (found[..., None] == np.arange(len(CLASSES))).astype(np.int64)
        return Block(each, pooled, {"validation": self.validation, "windows": windows})

    def state(self) -> dict[str, np.ndarray]:
        """What `restore` takes to go on from here."""
        n = int(self.n_unique[self.n_seen - 1])
        kept = self.counts | {name: getattr(self, name) for name in _KEPT}
        return kept | {
            "n_seen": np.array(self.n_seen), "level": self.level[:n], "since": self.since[:n],
            "probability": self.probability,
        }  # fmt: skip

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on from a `state`."""
        for name in (*_KEPT, "level", "since", "probability"):
            setattr(self, name, state[name])
        self.counts = {name: state[name] for name in _COUNTS}
        self.n_seen = int(state["n_seen"])

    def _make_room(self, census: Census) -> None:
        """Room for the sequences that are new, and their probabilities."""
        old, new = len(self.probability), census.n_unique
        if new > len(self.level):
            size = max(4096, 2 * len(self.level), new)
            level, since = np.full(size, self.shape[1], np.uint8), np.zeros((size, self.shape[1]), self.since.dtype)
            level[: len(self.level)], since[: len(self.since)] = self.level, self.since
            self.level, self.since = level, since
        if self.order.law is not None and new > old:
            self.probability = np.concatenate([self.probability, self.order.probabilities(census.keys[old:])])

    def _levels(self, census: Census, keys: np.ndarray) -> np.ndarray:
        """Level of each of `keys`, the number of sizes where it was not seen."""
        numbers = census.ids(keys)
        found = np.full(len(keys), self.shape[1], np.uint8)
        found[numbers >= 0] = self.level[numbers[numbers >= 0]]
        return found

    def _missed(self, levels: np.ndarray) -> np.ndarray:
        """How many of the draws with `levels` each size does not hold."""
        return len(levels) - np.cumsum(np.bincount(levels, minlength=self.shape[1] + 1))[:-1]

    def _stored(self, levels: np.ndarray) -> np.ndarray:
        """Whether each size holds what has `levels`, of shape (step, sequence): shape (step, size, sequence)."""
        return levels[:, None, :] <= np.arange(self.shape[1])[:, None]

    def _perplexity(self, stored: np.ndarray) -> np.ndarray:
        known = np.exp(self.trainer.irreducible)
        return np.where(stored, known, known * np.exp(self.trainer.novelty_cost))

    def _validation_classes(self) -> np.ndarray:
        """Draws of the validation set in each class, shape (size, percent, class); -1 where too few steps are left."""
        steps = self.trainer.steps
        found = np.full((self.shape[1], len(AFTER), len(CLASSES)), -1, np.int64)
        _, where, times = np.unique(self.tests, return_index=True, return_counts=True)
        size = max(1, AT_ONCE // max(self.shape[0], 1))
        for j, percent in enumerate(AFTER):
            late = (steps * 100 >= percent * steps[-1]) & (steps > 0)
            if not can_classify(steps[late]):
                continue
            found[:, j] = 0
            for i in range(self.shape[1]):
                for begin in range(0, len(where), size):
                    part = slice(begin, begin + size)
                    stored = self.validation[late][:, where[part]] <= i
                    classes = classify_trajectories(self._perplexity(stored), steps[late])
                    found[i, j] += np.bincount(classes, times[part], len(CLASSES)).astype(np.int64)
        return found

    def _term_accuracy(self, seen: np.ndarray) -> dict[str, np.ndarray]:
        """What term accuracy expects to be known in each bin of exposures, and its variance, at the end."""
        count, times = np.unique(seen, return_counts=True)
        chance = np.asarray(bounds.skills.term_accuracy(count.astype(float), self.trainer.learning_probability))
        bins = np.minimum(np.log2(count.astype(float)).astype(np.int64), stores.N_BINS - 1)
        expected = np.bincount(bins, times * chance, stores.N_BINS)
        return {"expected": expected, "variance": np.bincount(bins, times * chance * (1 - chance), stores.N_BINS)}

    def _tied(self, counts: np.ndarray) -> np.ndarray:
        """Stored sequences that the order of first appearance preferred to others of the same count, shape (size,)."""
        cut, kept, _ = stores.cut_sizes(counts, self.trainer.capacities)
        return np.where(kept < [np.count_nonzero(counts == count) for count in cut], kept, 0)

    def _tested(self, census: Census, exposures: Exposures) -> tuple[np.ndarray, np.ndarray]:
        """Statistics (size, exposure, statistic), and points in windows (size, exposure, window), -1 where none."""
        tests = np.full((self.shape[1], len(EXPOSURES), 4), np.nan)
        windows = np.full((self.shape[1], len(EXPOSURES), N_WINDOWS), -1, np.int64)
        level = self.level[: census.n_unique]
        for i in range(self.shape[1]):
            held = level <= i
            for j, position in enumerate(exposures.positions(census.first)):
                test = evenness_test(position[held], census.n_draws)
                tests[i, j] = test[:4]
                windows[i, j, : len(test.counts)] = test.counts
        return tests, windows
