"""A sweep of learners in cells: one source, one learner, a block of its corpora.

Corpora are those of ``simulate sweep --engine tokens`` with the same sources, seed and replicates. Learners on one
source see the same corpora; each cell draws its own, so that it depends on its numbers alone and a learner that fails
takes nothing with it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from bounds.base.telling.html import html_fields
from bounds.cli.json_text import json_text
from bounds.cli.report import Report
from simulate.running.cells import Block, Cell, Layout, block_size, cut
from simulate.running.job import Choice
from simulate.running.parameters import TEST_DRAWS, TOLERANCES, given, sources_of, texts
from simulate.running.same_run import changed_parameter
from simulate.studies.learners.corpora import N_TESTS, SeenCorpus, seen_corpora
from simulate.studies.learners.kinds import NOVELTY_COST, Store
from simulate.studies.learners.names import LEARNERS, PRESET, fit_pairs, parse_learner, parse_tolerances
from simulate.studies.learners.stores import efficient_size
from simulate.studies.sweep.job import SweepJob, difference
from simulate.studies.sweep.plan import DEFAULT_REPLICATES, Sweep
from simulate.text.any_source import parse_any_source

DEARER = 5
"""Seconds of a corpus with its learners, in seconds of the same corpus counted: 3 for a store, 7 for Pitman–Yor."""


@dataclass(frozen=True)
class LearnerPlan:
    """What is to be measured. Every field has its part in the result; nothing else has.

    Without `sources` each learner has its own; `pairs` are (source, learner), both as strings.
    """

    learners: tuple[str, ...] = PRESET
    sources: tuple[str, ...] = ()
    n_draws: tuple[int, ...] | str = ()
    replicates: int = DEFAULT_REPLICATES
    seed: int = 0
    tolerances: tuple[str, ...] = ()
    test_draws: int = N_TESTS
    pairs: tuple[tuple[str, str], ...] = field(init=False)

    _repr_html_ = html_fields

    def __post_init__(self) -> None:
        named = texts(self.learners, "learners", "margin:0.3333", *LEARNERS)
        found = fit_pairs(named, [parse_any_source(source) for source in sources_of(self.sources)])
        pairs = tuple((str(source), str(learner)) for learner, source in found)
        object.__setattr__(self, "learners", tuple(dict.fromkeys(name for _, name in pairs)))
        object.__setattr__(self, "sources", tuple(dict.fromkeys(source for source, _ in pairs)))
        object.__setattr__(self, "pairs", pairs)
        tolerances = TOLERANCES(self.tolerances) if given(self.tolerances) else None
        object.__setattr__(self, "tolerances", () if tolerances is None else parse_tolerances(tolerances))
        object.__setattr__(self, "test_draws", TEST_DRAWS(self.test_draws))
        if self.tolerances and self.cost is None:
            raise ValueError("a tolerance is for the size of a store; add the learner store")

    @property
    def cost(self) -> float | None:
        """What a draw costs that is not stored: that of the first store; None without one."""
        stores = [learner for learner in map(parse_learner, self.learners) if isinstance(learner, Store)]
        return stores[0].cost if stores else None

    @property
    def counted(self) -> Sweep:
        """The sweep that draws the same corpora."""
        return Sweep(self.sources, self.n_draws, self.replicates, self.seed, "tokens")  # type: ignore[arg-type]


@dataclass(frozen=True)
class LearnerDrawer:
    """One source with one learner: measures any block of its corpora, in this process or another."""

    source: str
    learner: str
    grid: tuple[int, ...]
    edges: np.ndarray
    seed: int
    n_tests: int
    tolerances: tuple[str, ...]
    cost: float
    device: str = "cpu"

    def draw(self, first: int, replicates: int) -> Block:
        """The corpora with the numbers `first` to ``first + replicates - 1``, as `LearnerJob.layout` lays them out."""
        learner, size = parse_learner(self.learner), (len(self.grid), replicates)
        n_unique, spectrum = np.empty(size, np.int64), np.zeros((replicates, len(self.edges)), np.int64)
        losses, sizes = np.empty((2, *size)), np.empty((len(self.tolerances), *size), np.int64)
        law, grid = parse_any_source(self.source), np.array(self.grid)
        for r in range(replicates):
            corpora = seen_corpora(
                law, grid, seed=self.seed, replicate=first + r, n_tests=self.n_tests, device=self.device
            )
            for j, corpus in enumerate(corpora):
                n_unique[j, r] = corpus.n_unique
                losses[:, j, r] = learner.measure(corpus)
                sizes[:, j, r] = [efficient_size(corpus, tolerance, self.cost) for tolerance in self.tolerances]
            spectrum[r] = self._spectrum(corpus)
        return {
            "n_unique": n_unique, "spectrum": spectrum, "excess_loss": losses[0], "excess_loss_tested": losses[1],
            "efficient_size": sizes,
        }  # fmt: skip

    def _spectrum(self, corpus: SeenCorpus) -> np.ndarray:
        bins = np.searchsorted(self.edges, corpus.counts, side="right") - 1
        return np.bincount(bins, minlength=len(self.edges))


@dataclass(frozen=True)
class LearnerJob:
    """A sweep of learners made ready; `counted` is that of ``plan.counted``. Drawers go by the number of a pair."""

    plan: LearnerPlan
    counted: SweepJob

    @property
    def made(self) -> str:
        """The provenance of the result: that of the sweep, and what is asked of learners."""
        made, plan = json.loads(self.counted.made), self.plan
        made["parameters"] |= {
            "learners": list(plan.learners), "pairs": [list(pair) for pair in plan.pairs],
            "tolerances": list(plan.tolerances), "test_draws": plan.test_draws, "novelty_cost": plan.cost,
        }  # fmt: skip
        return json_text(made | {"command": "learners"})

    @cached_property
    def drawers(self) -> dict[int, LearnerDrawer]:
        """Who measures each pair."""
        plan, job = self.plan, self.counted
        cost = plan.cost or NOVELTY_COST
        return {
            i: LearnerDrawer(
                source, learner, job.grid, job.edges, plan.seed, plan.test_draws, plan.tolerances, cost,
                job.device.name,
            ) for i, (source, learner) in enumerate(plan.pairs)
        }  # fmt: skip

    @property
    def device(self) -> Choice:
        """Where tokens are drawn."""
        return self.counted.device

    @property
    def smaller(self) -> str:
        """What to pass where there is too little memory for one corpus."""
        return self.counted.smaller

    def memory(self, at_once: int) -> int:
        """Bytes at most: those of the sweep, and the losses."""
        losses = sum(8 * int(np.prod(one.shape)) for one in self.layout.values())
        return self.counted.memory(at_once) + losses

    def forecast(self, at_once: int) -> Report:
        """What each source would take with its learners."""
        return self.counted.forecast(at_once, dearer=DEARER)

    @property
    def names(self) -> list[dict[str, str]]:
        """Source and learner of each pair."""
        return [{"source": source, "learner": learner} for source, learner in self.plan.pairs]

    @property
    def n_draws(self) -> int:
        """Draws of one corpus."""
        return self.counted.grid[-1]

    @property
    def replicates(self) -> int:
        """Corpora of each pair; of a text there is one."""
        return self.counted.replicates

    @property
    def size(self) -> int:
        """Replicates of a cell."""
        seconds = max((seconds for seconds, _ in self.counted.costs.values()), default=0.0)
        return block_size(self.replicates, DEARER * seconds)

    @property
    def layout(self) -> dict[str, Layout]:
        """What cells hold, by pair: counts, the spectrum at the largest size, losses, and efficient sizes."""
        n_pairs, n_sizes = len(self.plan.pairs), len(self.counted.grid)
        dims, shape = ("source", "n_draws", "replicate"), (n_pairs, n_sizes, self.replicates)
        spectrum = (n_pairs, self.replicates, len(self.counted.edges))
        sizes = (n_pairs, len(self.plan.tolerances), n_sizes, self.replicates)
        found = {
            "n_unique": Layout(dims, shape, "int64"),
            "spectrum": Layout(("source", "replicate", "multiplicity"), spectrum, "int64"),
            "excess_loss": Layout(dims, shape, "float64", np.nan),
            "excess_loss_tested": Layout(dims, shape, "float64", np.nan),
        }
        tolerated = Layout(("source", "loss_tolerance", "n_draws", "replicate"), sizes, "int64")
        return found | ({"efficient_size": tolerated} if self.plan.tolerances else {})

    def cells_of(self, size: int) -> list[Cell]:
        """What there is to measure, in cells of at most `size` replicates; a text is one replicate."""
        texts = [i for i, (source, _) in enumerate(self.plan.pairs) if source in self.counted.corpora]
        laws = [i for i in self.drawers if i not in texts]
        return cut(laws, self.replicates, size) + cut(texts, 1, 1)

    def difference(self, begun: dict[str, Any]) -> str | None:
        """What distinguishes a run that was begun from this one so that its numbers may differ, in words."""
        now = json.loads(self.made)
        own = ("learners", "pairs", "tolerances", "test_draws", "novelty_cost")
        return difference(begun, now) or changed_parameter(begun, now, own)
