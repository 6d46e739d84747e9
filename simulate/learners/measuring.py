"""A sweep of learners: corpora drawn, what each learner loses at each size measured, slopes fitted -> one Dataset.

Corpora are those of ``simulate sweep --engine tokens`` with the same sources, seed and replicates. Cells, threads and
workers are those of the sweep as well: what a cell holds depends on its numbers alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from bounds.quantities import parse_count
from bounds.sources import Source
from simulate.dataset import NOT_MEASURED, describe, save_result, stamp
from simulate.files import RESULTS, check_target
from simulate.fits import add_fits
from simulate.forecast import check_memory
from simulate.job import Job, prepare
from simulate.learners.corpora import N_TESTS, SeenCorpus, seen_corpora
from simulate.learners.kinds import NOVELTY_COST, Learner, Store
from simulate.learners.names import PRESET, fit_pairs, parse_learner, parse_tolerances
from simulate.learners.rates import NO_SLOPE, Slope, log_slope
from simulate.learners.stores import efficient_size, efficient_size_limit
from simulate.plan import DEFAULT_REPLICATES, Sweep, parse_any_source
from simulate.sweep_cells import Cell, Runner, block_size, cut, on_threads
from simulate.sweeps import State, corpora_at_once, theory

DEARER = 5
"""Seconds of a corpus with its learners, in seconds of the same corpus counted: 3 for a store, 7 for Pitman–Yor."""


@dataclass(frozen=True)
class LearnerSweep:
    """What is to be measured. Every field has its part in the result; nothing else has.

    Without `sources` each learner has its own; `pairs` are (source, learner), both as strings.
    """

    learners: tuple[str, ...] = PRESET
    sources: tuple[str, ...] = ()
    n_draws: tuple[int, ...] | str = ()
    replicates: int = DEFAULT_REPLICATES
    seed: int = 0
    tolerances: tuple[str, ...] = ()
    n_tests: int = N_TESTS
    pairs: tuple[tuple[str, str], ...] = field(init=False)

    def __post_init__(self) -> None:
        given = (self.sources,) if isinstance(self.sources, str) else self.sources
        found = fit_pairs(self.learners, [parse_any_source(source) for source in given])
        pairs = tuple((str(source), str(learner)) for learner, source in found)
        object.__setattr__(self, "learners", tuple(dict.fromkeys(name for _, name in pairs)))
        object.__setattr__(self, "sources", tuple(dict.fromkeys(source for source, _ in pairs)))
        object.__setattr__(self, "pairs", pairs)
        object.__setattr__(self, "tolerances", parse_tolerances(",".join(self.tolerances)) if self.tolerances else ())
        object.__setattr__(self, "n_tests", parse_count(self.n_tests, name="test_draws", high=10**9))
        if self.tolerances and self.cost is None:
            raise ValueError("a tolerance is for the size of a store; add the learner store")

    @property
    def cost(self) -> float | None:
        """What a draw costs that is not stored: that of the first store; None without one."""
        stores = [learner for learner in map(parse_learner, self.learners) if isinstance(learner, Store)]
        return stores[0].cost if stores else None

    def of(self, source: str) -> tuple[str, ...]:
        """The learners that are measured on `source`."""
        return tuple(name for where, name in self.pairs if where == source)

    @property
    def counted(self) -> Sweep:
        """The sweep that draws the same corpora."""
        return Sweep(self.sources, self.n_draws, self.replicates, self.seed, "tokens")  # type: ignore[arg-type]


def measure_learners(
    *,
    learners: Sequence[str | Learner] = ("all",),
    sources: Sequence[str | Source] = (),
    n_draws: Sequence[float] | str = (),
    replicates: int = DEFAULT_REPLICATES,
    seed: int = 0,
    tolerances: Sequence[str] = (),
    n_tests: int = N_TESTS,
    threads: int | None = None,
    cluster: str | None = None,
    out: str | Path | None = None,
    overwrite: bool = False,
) -> xr.Dataset:
    """Draw `replicates` corpora from each source and measure what each of `learners` loses at each of `n_draws`.

    Returns the Dataset of `simulate.sweep` (tokens engine) with a dimension learner: ``excess_loss`` given the corpus,
    ``excess_loss_tested`` on `n_tests` test draws, ``excess_loss_expected`` with its label, all in ``loss_unit`` (nats
    per sequence or token, or top-1 error), and ``loss_exponent`` with a 95 % interval; with `tolerances` also
    ``efficient_size``, in sequences. Raises ValueError with one sentence where a learner does not fit a source.
    """
    named = (learners,) if isinstance(learners, str) else tuple(map(str, learners))
    laws = (sources,) if isinstance(sources, str) else tuple(map(str, sources))
    grid = n_draws if isinstance(n_draws, str) else tuple(np.atleast_1d(np.asarray(n_draws)).tolist())
    plan = LearnerSweep(named, laws, grid, replicates, seed, tuple(map(str, tolerances)), n_tests)
    return run_learners(plan, prepare(plan.counted), threads=threads, cluster=cluster, out=out, overwrite=overwrite)


def run_learners(
    plan: LearnerSweep,
    job: Job,
    *,
    threads: int | None = None,
    cluster: str | None = None,
    out: str | Path | None = None,
    overwrite: bool = False,
    progress: Callable[[State], None] | None = None,
) -> xr.Dataset:
    """Do what `plan` says; `job` is that of ``plan.counted``. A cell that fails ends it with its own error."""
    target = None if out is None else check_target(out, overwrite=overwrite, formats=RESULTS)
    check_memory(job, corpora_at_once(job, threads, cluster))
    dataset = _dataset(plan, job, _draw(plan, job, _runner(job, threads, cluster), progress))
    if target:
        save_result(dataset, target, overwrite=overwrite)
    return dataset


@dataclass(frozen=True)
class LearnerBlock:
    """What a cell holds: counts, losses of shape (learner, size, replicate), sizes (tolerance, size, replicate)."""

    n_unique: np.ndarray
    spectrum: np.ndarray
    exact: np.ndarray
    tested: np.ndarray
    sizes: np.ndarray


@dataclass(frozen=True)
class LearnerDrawer:
    """One source with its learners: measures any block of its corpora, in this process or another."""

    source: str
    learners: tuple[str, ...]
    grid: tuple[int, ...]
    edges: np.ndarray
    seed: int
    n_tests: int
    tolerances: tuple[str, ...]
    cost: float

    def draw(self, first: int, replicates: int) -> LearnerBlock:
        """The corpora with the numbers `first` to ``first + replicates - 1``."""
        learners = [parse_learner(name) for name in self.learners]
        size = (len(self.grid), replicates)
        counted = np.empty(size, np.int64), np.zeros((replicates, len(self.edges)), np.int64)
        losses = np.empty((2, len(learners), *size))
        sizes = np.empty((len(self.tolerances), *size), np.int64)
        law, grid = parse_any_source(self.source), np.array(self.grid)
        for r in range(replicates):
            corpora = seen_corpora(law, grid, seed=self.seed, replicate=first + r, n_tests=self.n_tests)
            for j, corpus in enumerate(corpora):
                counted[0][j, r] = corpus.n_unique
                for i, learner in enumerate(learners):
                    losses[:, i, j, r] = learner.measure(corpus)
                for i, tolerance in enumerate(self.tolerances):
                    sizes[i, j, r] = efficient_size(corpus, tolerance, self.cost)
            counted[1][r] = self._spectrum(corpus)
        return LearnerBlock(*counted, losses[0], losses[1], sizes)

    def _spectrum(self, corpus: SeenCorpus) -> np.ndarray:
        bins = np.searchsorted(self.edges, corpus.counts, side="right") - 1
        return np.bincount(bins, minlength=len(self.edges))


def _runner(job: Job, threads: int | None, cluster: str | None) -> Runner:
    from simulate.cluster import on_cluster

    return on_threads(corpora_at_once(job, threads)) if cluster is None else on_cluster(cluster)


def _draw(
    plan: LearnerSweep, job: Job, runner: Runner, progress: Callable[[State], None] | None
) -> list[tuple[Cell, LearnerBlock]]:
    """All cells. A text is one replicate."""
    drawers = {
        i: LearnerDrawer(
            source, plan.of(source), job.grid, job.edges, plan.seed, plan.n_tests, plan.tolerances,
            plan.cost or NOVELTY_COST,
        ) for i, source in enumerate(job.plan.sources)
    }  # fmt: skip
    seconds = max((seconds for seconds, _ in job.costs.values()), default=0.0)
    cells = cut(list(job.drawers), job.plan.replicates, block_size(job.plan.replicates, DEARER * seconds))
    cells += [Cell(i, 0, 0, 1) for i in drawers if i not in job.drawers]
    total = sum(cell.replicates for cell in cells) * job.grid[-1]
    state, found = State(0, len(cells), 0, total, 0, 0), []
    for cell, block in runner(drawers, cells):  # type: ignore[arg-type]
        if isinstance(block, Exception):
            raise block
        found.append((cell, block))
        state = state._replace(cells=state.cells + 1, draws=state.draws + cell.replicates * job.grid[-1])
        if progress:
            progress(state)
    return found  # type: ignore[return-value]


def _dataset(plan: LearnerSweep, job: Job, found: list[tuple[Cell, LearnerBlock]]) -> xr.Dataset:
    """Counts and losses in their places, fits and theory, with units and provenance."""
    n_sources, n_sizes, replicates = len(plan.sources), len(job.grid), job.plan.replicates
    counts = np.full((n_sources, n_sizes, replicates), NOT_MEASURED)
    spectrum = np.full((n_sources, replicates, len(job.edges)), NOT_MEASURED)
    losses = np.full((2, n_sources, len(plan.learners), n_sizes, replicates), np.nan)
    sizes = np.full((n_sources, len(plan.tolerances), n_sizes, replicates), NOT_MEASURED)
    for cell, block in found:
        here = slice(cell.first, cell.first + cell.replicates)
        counts[cell.source, :, here], spectrum[cell.source, here] = block.n_unique, block.spectrum
        which = [plan.learners.index(name) for name in plan.of(plan.sources[cell.source])]
        losses[0, cell.source, which, :, here] = block.exact
        losses[1, cell.source, which, :, here] = block.tested
        sizes[cell.source, :, :, here] = block.sizes
    dims = ("source", "learner", "n_draws", "replicate")
    dataset = theory(job).assign(
        n_unique=(("source", "n_draws", "replicate"), counts),
        spectrum=(("source", "replicate", "multiplicity"), spectrum),
    )
    dataset = dataset.assign_coords(replicate=np.arange(replicates), multiplicity=job.edges)
    dataset = add_fits(dataset, job.corpora)
    dataset = dataset.assign_coords(learner=list(plan.learners)).assign(
        excess_loss=(dims, losses[0]), excess_loss_tested=(dims, losses[1].copy()), **_expected(plan, job),
        loss_unit=("learner", [parse_learner(name).unit for name in plan.learners]),
        engine=("source", [job.choices[source].name for source in plan.sources]),
    )  # fmt: skip
    for j, name in enumerate(plan.learners):
        if not parse_learner(name).is_excess_on_text:  # a loss above an unknown entropy has no exponent
            losses[1, [i for i, source in enumerate(plan.sources) if source in job.corpora], j] = np.nan
    dataset = dataset.assign(_slopes("loss_exponent", dataset, ("source", "learner"), losses, -1))
    if plan.tolerances:
        measured = np.where(sizes == NOT_MEASURED, np.nan, sizes)[None]
        dataset = dataset.assign_coords(loss_tolerance=list(plan.tolerances)).assign(
            efficient_size=(("source", "loss_tolerance", "n_draws", "replicate"), sizes),
            efficient_size_limit=(("source", "loss_tolerance"), _size_limits(plan)),
        )
        dataset = dataset.assign(_slopes("efficient_exponent", dataset, ("source", "loss_tolerance"), measured, 1))
    made = json.loads(job.made)
    made["parameters"] |= {
        "learners": list(plan.learners), "pairs": [list(pair) for pair in plan.pairs],
        "tolerances": list(plan.tolerances), "test_draws": plan.n_tests, "novelty_cost": plan.cost,
    }  # fmt: skip
    return stamp(describe(dataset), json.dumps(made))


def _expected(plan: LearnerSweep, job: Job) -> dict[str, Any]:
    """What theory says of each pair: the loss at each size, its label and relation, and its slope."""
    shape = (len(plan.sources), len(plan.learners))
    values, slopes = np.full((*shape, len(job.grid)), np.nan), np.full(shape, np.nan)
    labels, relations = np.full(shape, "", object), np.full(shape, "", object)
    for source, name in plan.pairs:
        i, j = plan.sources.index(source), plan.learners.index(name)
        expected = parse_learner(name).expected(parse_any_source(source), job.grid)
        if expected is None:
            continue
        values[i, j], labels[i, j], relations[i, j] = expected.values, expected.label, expected.relation
        if expected.relation == "=":
            slopes[i, j] = -log_slope(np.array(job.grid), values[i, j][:, None]).value
    pair = ("source", "learner")
    return {
        "excess_loss_expected": ((*pair, "n_draws"), values), "expected_label": (pair, labels),
        "expected_relation": (pair, relations), "loss_exponent_expected": (pair, slopes),
    }  # fmt: skip


def _size_limits(plan: LearnerSweep) -> np.ndarray:
    sources, cost = map(parse_any_source, plan.sources), plan.cost or NOVELTY_COST
    limits = [[efficient_size_limit(source, t, cost) for t in plan.tolerances] for source in sources]
    return np.array(limits)


def _slopes(name: str, dataset: xr.Dataset, dims: tuple[str, str], values: np.ndarray, sign: int) -> dict[str, Any]:
    """Slopes of `values`, shape (way, source, ·, size, replicate): of the first way that was measured."""
    shape = values.shape[1:3]
    found = np.full((3, *shape), np.nan)
    for i, j in np.ndindex(*shape):
        for way in values:
            drawn = np.isfinite(way[i, j]).any(axis=0)
            slope = log_slope(dataset.n_draws.values, way[i, j][:, drawn]) if drawn.any() else NO_SLOPE
            if np.isfinite(slope.value):
                break
        found[:, i, j] = slope if sign > 0 else Slope(-slope.value, -slope.upper, -slope.lower)
    ends = ("", "_lower", "_upper")
    return {name + end: (dims, found[k]) for k, end in enumerate(ends)}
