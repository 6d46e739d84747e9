"""A trained suite as one Dataset: measurements, with what theory expects of them and the label of each theory."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from bounds.base.intervals import HEURISTIC, RIGOROUS
from bounds.base.sources import Geometric, Mixture, Source, Uniform, Windows, Zipf
from bounds.capacity.capacity import capacity_loss, capacity_loss_bounds
from simulate.running.cells import Block
from simulate.running.dataset import describe, stamp
from simulate.running.gathered import Gathered, made_of
from simulate.studies.suite.job import SuiteJob
from simulate.studies.suite.learning.course import AFTER
from simulate.studies.suite.learning.exposures import EXPOSURES
from simulate.studies.suite.learning.matching import match_losses
from simulate.studies.suite.learning.positions import distance_bound, expected_dispersion
from simulate.studies.suite.learning.trajectories import CLASSES, can_classify, classify_trajectories

COURSE = ("replicate", "step", "n_params")


def to_dataset(job: SuiteJob, gathered: Gathered) -> xr.Dataset:
    """All that a suite gave, with units, labels and provenance; corpora that failed are left out."""
    plan, trainer, block = job.plan, job.trainer, gathered.without_gaps()
    replicates = len(gathered.drawn)
    data = (
        _losses(job, block)
        | _theory(job)
        | _terms(job, block)
        | _tracked(job, block, replicates)
        | _positions(job, block)
    )
    for name in ("stored", "entered", "forgotten"):
        data[name] = (COURSE, block[name])
    data["n_unique"] = (("replicate", "step"), block["n_unique"])
    data["memorised_since"] = (("n_params", "since_step"), block["since"] / replicates)
    if "classes" in block:
        percent = 100 * block["classes"] / float(plan.validation or np.nan)
        dims = ("replicate", "n_params", "after_percent", "trajectory")
        data["trajectory_percent"] = (
            dims,
            np.where(block["classes"] < 0, np.nan, percent),
        )
    coords = {
        "n_params": list(plan.n_params), "step": trainer.steps, "since_step": trainer.steps,
        "replicate": gathered.drawn, "tracked_rank": list(plan.track), "after_percent": list(AFTER),
        "trajectory": list(CLASSES), "exposure": list(EXPOSURES),
        "capacity": ("n_params", trainer.capacities), "n_draws": ("step", trainer.steps * trainer.batch),
    }  # fmt: skip
    dataset = xr.Dataset(data, coords=coords)
    dataset = match_losses(dataset, block["validation"], plan.match_loss)
    dataset = stamp(describe(dataset), made_of(job, gathered))
    for name, label in _LABELS.items():
        if name in dataset:
            dataset[name].attrs["label"] = label
    return dataset


def course_of(dataset: xr.Dataset) -> xr.Dataset:
    """What a .csv has a line for: each corpus, checkpoint and size."""
    return dataset[[name for name in dataset.data_vars if set(dataset[name].dims) <= set(COURSE)]]


_LABELS = {
    "loss_frequency_store": f"{RIGOROUS} (capacity_loss: of a store that knows the true order)",
    "loss_lower": f"{RIGOROUS} (capacity_loss_bounds: expectation of any store of at most n seen sequences)",
    "term_accuracy_expected": f"{HEURISTIC} (term_accuracy: no limit of capacity)",
    "poisson_distance_bound": f"{RIGOROUS} (le_cam_bound: given inclusion that does not depend on the order)",
    "dispersion_expected": f"{RIGOROUS} (positions without replacement: given inclusion that does not depend on order)",
}


def _losses(job: SuiteJob, block: Block) -> dict[str, Any]:
    """Losses in nats per sequence: expected under the law, on the next batch, and on the validation set."""
    each, E, c = block, job.plan.irreducible, job.plan.novelty_cost
    with np.errstate(invalid="ignore", divide="ignore"):
        n_next = each["n_next"][..., None].astype(float)
        prequential = np.where(n_next > 0, E + c * each["missed_next"] / n_next, np.nan)
        validation = E + c * each["missed_validation"] / float(job.plan.validation or np.nan)
    found: dict[str, Any] = {"loss_prequential": (COURSE, prequential), "loss_validation": (COURSE, validation)}
    if job.trainer.order.law is not None:
        found["loss"] = (COURSE, E + c * each["unknown"])
        if not isinstance(job.trainer.order.law, Windows):  # their draws overlap, so that a batch is no sample
            found["z_prequential"] = ("n_params", _z(each["missed_next"], n_next, each["unknown"]))
    return found


def _z(missed: np.ndarray, n: np.ndarray, chance: np.ndarray) -> np.ndarray:
    """Missed draws against their chance, over all replicates and checkpoints: the batches are disjoint, so that the
    differences are those of a martingale and their variances add up."""
    variance = (n * chance * (1 - chance)).sum(axis=(0, 1))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(variance > 0, (missed - n * chance).sum(axis=(0, 1)) / np.sqrt(variance), np.nan)


def _theory(job: SuiteJob) -> dict[str, Any]:
    """`capacity_loss` and the lower of its bounds for each step and size, where the law has them."""
    law = job.trainer.order.law
    if not isinstance(law, Uniform | Zipf | Geometric | Mixture):
        return {}
    arguments: tuple[Source, Any, Any] = (
        law, np.minimum(job.trainer.capacities, 2**53).astype(float)[None, :],
        (job.trainer.steps * job.trainer.batch).astype(float)[:, None],
    )  # fmt: skip
    costs: dict[str, Any] = {"novelty_cost": job.plan.novelty_cost, "irreducible": job.plan.irreducible}
    dims = ("step", "n_params")
    return {
        "loss_frequency_store": (dims, capacity_loss(*arguments, **costs)),
        "loss_lower": (dims, capacity_loss_bounds(*arguments, **costs).lower),
    }


def _terms(job: SuiteJob, block: Block) -> dict[str, Any]:
    """Sequences in each bin of exposures, and how many of them each size knows; summed over replicates."""
    known = block["known"]
    used = int(np.flatnonzero(known.sum(axis=(0, 2)))[-1]) + 1
    known = known[:, :used]
    dims = ("step", "term_count")
    found: dict[str, Any] = {
        "term_count": ("term_count", 1 << np.arange(used)),
        "terms": (dims, known.sum(axis=2)),
        "terms_known": ((*dims, "n_params"), known.cumsum(axis=2)[..., :-1]),
    }
    expected, variance = (block[name][:, :used].sum(axis=0) for name in ("expected", "variance"))
    terms = known[-1].sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        found["term_accuracy_expected"] = ("term_count", np.where(terms > 0, expected / terms, np.nan))
        found["term_accuracy_sd"] = ("term_count", np.where(terms > 0, np.sqrt(variance) / terms, np.nan))
    return found


def _tracked(job: SuiteJob, block: Block, replicates: int) -> dict[str, Any]:
    """Chance that each tracked sequence is stored, its loss, and the class of its trajectory."""
    plan, steps = job.plan, job.trainer.steps
    stored = block["tracked"] / replicates
    loss = plan.irreducible + plan.novelty_cost * (1 - stored)
    dims = ("step", "n_params", "tracked_rank")
    found: dict[str, Any] = {"tracked_stored": (dims, stored), "tracked_loss": (dims, loss)}
    if can_classify(steps):
        classes = classify_trajectories(np.exp(loss), steps)
        found["tracked_class"] = (dims[1:], np.array(CLASSES)[classes])
        share = block["tracked_classes"] / replicates
        found["tracked_class_share"] = ((*dims[1:], "trajectory"), share)
    return found


def _positions(job: SuiteJob, block: Block) -> dict[str, Any]:
    """Tests of memorised positions against even ones, drawn without replacement."""
    tests, windows = block["positions"], block["windows"]
    dims = ("replicate", "n_params", "exposure")
    names = ("dispersion", "dispersion_p", "position_ks", "position_ks_p")
    found: dict[str, Any] = {name: (dims, tests[..., i]) for i, name in enumerate(names)}
    n_draws = int(job.trainer.steps[-1]) * job.trainer.batch
    stored = block["stored"][:, -1]
    bound = [distance_bound(round(n), n_draws) for n in stored.mean(axis=0)]
    tied = block["tied"] / np.maximum(stored, 1)
    return found | {
        "dispersion_expected": (dims[:2], expected_dispersion(stored.astype(float), n_draws)),
        "poisson_distance_bound": ("n_params", np.array(bound)),
        "tied_share": ("n_params", tied.mean(axis=0)),
        "position_windows": (("n_params", "exposure", "window"), windows),
    }
