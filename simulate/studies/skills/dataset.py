"""Skills measured in cells -> one Dataset, beside what theory expects."""

from __future__ import annotations

import numpy as np
import xarray as xr

from bounds.cli.json_text import json_text
from simulate.running.dataset import describe, stamp
from simulate.running.gathered import Gathered, made_of
from simulate.stats import median
from simulate.studies.skills.drawing.tokens import Corpus
from simulate.studies.skills.example import find_example
from simulate.studies.skills.job import DIMS, SkillJob
from simulate.studies.skills.theory import add_theory


def to_dataset(job: SkillJob, gathered: Gathered) -> xr.Dataset:
    """What was drawn, with the text itself where there is one, the formulas, the example and provenance."""
    plan = job.plan
    coords = {
        "skill": np.arange(1, plan.n_skills + 1), "replicate": gathered.drawn,
        "n_draws": np.array(plan.n_draws, np.int64), "n_stored": np.array(plan.n_stored, np.int64),
    }  # fmt: skip
    dataset = xr.Dataset(
        {name: (DIMS[name], values) for name, values in gathered.without_gaps().items()}, coords=coords
    )
    if plan.is_text:
        text = Corpus(job.groups, 0).measured()
        dataset = dataset.assign({f"text_{name}": (DIMS[name][:-1], values) for name, values in text.items()})
    if plan.kind != "frequency":
        alike = plan.members if plan.kind == "masses" else 1
        dataset = dataset.assign(mass=("skill", job.groups.probabilities.sum(axis=1) * alike))
        dataset = dataset.assign(first_rank=("skill", job.groups.ranks[:, 0]))
    dataset = add_theory(dataset, job.groups, poisson=job.choice.name == "arrivals")
    example = find_example(job.groups)
    dataset.attrs["example"] = json_text(example and example.to_json())
    return stamp(describe(dataset), made_of(job, gathered))


def table(dataset: xr.Dataset) -> xr.Dataset:
    """What a .csv holds: one line for each skill, and nothing of single corpora."""
    table = dataset.drop_dims(["replicate", "n_draws", "n_stored", "member"], errors="ignore")
    centre = median(dataset.draws_threshold.values)
    return table.assign({
        name: ("skill", values) for name, values in zip(
            ("draws_threshold", "draws_threshold_lower", "draws_threshold_upper"), centre, strict=True
        )
    })  # fmt: skip
