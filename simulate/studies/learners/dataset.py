"""What learners lose, measured in cells -> one Dataset: slopes fitted, and laid beside what theory expects."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from simulate.running.cells import NOT_MEASURED
from simulate.running.dataset import describe, stamp
from simulate.running.gathered import Gathered, made_of
from simulate.stats import NO_SLOPE, Estimate, log_slope
from simulate.studies.learners.job import LearnerJob, LearnerPlan
from simulate.studies.learners.kinds import NOVELTY_COST
from simulate.studies.learners.names import parse_learner
from simulate.studies.learners.stores import efficient_size_limit
from simulate.studies.sweep.dataset import theory
from simulate.studies.sweep.fits import add_fits
from simulate.studies.sweep.job import SweepJob
from simulate.text.any_source import parse_any_source


def to_dataset(whole: LearnerJob, gathered: Gathered) -> xr.Dataset:
    """What was measured as one Dataset: counts and losses in their places, fits and theory, units and provenance."""
    plan, job, found = whole.plan, whole.counted, gathered.found
    n_sources, n_sizes, replicates = len(plan.sources), len(job.grid), job.replicates
    counts = np.full((n_sources, n_sizes, replicates), NOT_MEASURED)
    spectrum = np.full((n_sources, replicates, len(job.edges)), NOT_MEASURED)
    losses = np.full((2, n_sources, len(plan.learners), n_sizes, replicates), np.nan)
    sizes = np.full((n_sources, len(plan.tolerances), n_sizes, replicates), NOT_MEASURED)
    for pair, (source, learner) in enumerate(plan.pairs):
        i, j = plan.sources.index(source), plan.learners.index(learner)
        losses[:, i, j] = found["excess_loss"][pair], found["excess_loss_tested"][pair]
        # Learners on one source see the same corpora: what one cell could not count, another has.
        for into, name in ((counts, "n_unique"), (spectrum, "spectrum"), (sizes, "efficient_size")):
            if name in found:
                into[i] = np.maximum(into[i], found[name][pair])
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
    return stamp(describe(dataset), made_of(whole, gathered))


def _expected(plan: LearnerPlan, job: SweepJob) -> dict[str, Any]:
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


def _size_limits(plan: LearnerPlan) -> np.ndarray:
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
        found[:, i, j] = slope if sign > 0 else Estimate(-slope.value, -slope.upper, -slope.lower)
    ends = ("", "_lower", "_upper")
    return {name + end: (dims, found[k]) for k, end in enumerate(ends)}
