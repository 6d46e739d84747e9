"""Skills made ready, measured in cells of replicates, and put into one Dataset beside what theory expects.

| variable                | dimensions                     | is                                                        |
|-------------------------|--------------------------------|-----------------------------------------------------------|
| `draws_threshold`       | skill, replicate               | D*: draw that completes the quorum; ∞ where no draw did   |
| `stored_threshold_seen` | skill, replicate               | N*: smallest store of what was seen, at the largest corpus|
| `stored_threshold_rank` | skill, replicate               | N* of a store by rank, where members are drawn anew       |
| `skills`                | n_draws, replicate             | S(D)                                                      |
| `skills_by_seen`        | n_stored, n_draws, replicate   | S(N, D) in a store of what was seen                       |
| `skills_by_rank`        | n_stored, n_draws, replicate   | S(N, D) in a store by rank                                |
| `n_unique`              | n_draws, replicate             | U(D)                                                      |

Which engine ran decides which of them there are. A text adds its own, measured in its order, under ``text_…``; its
replicates are random orders of the same windows.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from bounds.base.quantities import log_spaced
from bounds.cli.json_text import json_text
from simulate.engines.choice import FEW_TOKENS, Choice
from simulate.running.cells import Cell, Layout, block_size, cut
from simulate.running.dataset import describe, provenance, stamp
from simulate.running.machine import machine_memory
from simulate.running.run import Gathered, Progress, checked_target, made_of, run_cells, runner_on
from simulate.stats import median
from simulate.studies.skills.arrivals import ArrivalDrawer, ShuffleDrawer
from simulate.studies.skills.example import find_example
from simulate.studies.skills.groups import Groups, lay_out
from simulate.studies.skills.plan import SkillPlan
from simulate.studies.skills.theory import add_theory, expected_sequences
from simulate.studies.skills.tokens import Corpus, TokenDrawer
from simulate.studies.sweep.job import MAX_TOKENS, device_for_tokens, difference_of_inputs
from simulate.text.source import parse_corpus

__all__ = ["SkillJob", "measure", "prepare", "simulate_skills"]

DIMS = {
    "draws_threshold": ("skill", "replicate"),
    "stored_threshold_rank": ("skill", "replicate"),
    "stored_threshold_seen": ("skill", "replicate"),
    "skills": ("n_draws", "replicate"),
    "n_unique": ("n_draws", "replicate"),
    "skills_by_rank": ("n_stored", "n_draws", "replicate"),
    "skills_by_seen": ("n_stored", "n_draws", "replicate"),
}
_OF_ENGINE = {
    "tokens": tuple(DIMS),
    "arrivals": ("draws_threshold", "skills", "skills_by_rank"),
    "shuffles": ("draws_threshold", "skills"),
}
MAX_BYTES = 4 << 30
"""What all replicates may hold."""

_TOKEN, _SKILL, _MEMBER, _PLACE = 3e-8, 3e-7, 3e-8, 1e-7
"""Seconds, on one core of 2025, of a draw, of the time of a skill and of a member, and of a sequence in a store."""


@dataclass(frozen=True)
class SkillJob:
    """What `prepare` gives: the plan with all that was left open settled, and who draws it."""

    plan: SkillPlan
    groups: Groups
    choice: Choice
    device: Choice
    drawer: Any
    seconds: float
    made: str

    @property
    def replicates(self) -> int:
        """Corpora, or random orders of a text."""
        return self.plan.replicates

    @property
    def size(self) -> int:
        """Replicates of a cell."""
        return block_size(self.plan.replicates, self.seconds)

    @cached_property
    def variables(self) -> tuple[str, ...]:
        """The variables that a cell holds."""
        own = _OF_ENGINE["shuffles" if self.plan.is_text else self.choice.name]
        drawn_anew = self.choice.name == "arrivals" and self.plan.kind == "frequency"
        return (*own, "stored_threshold_rank") if drawn_anew else own

    @property
    def drawers(self) -> dict[int, Any]:
        """Who draws the corpora."""
        return {0: self.drawer}

    @property
    def names(self) -> list[dict[str, str]]:
        """What the corpora are drawn from."""
        return [{"source": self.plan.name}]

    @property
    def n_draws(self) -> int:
        """Draws of one corpus."""
        return self.plan.n_draws[-1]

    def cells_of(self, size: int) -> list[Cell]:
        """What there is to draw, in cells of at most `size` replicates."""
        return cut([0], self.plan.replicates, size)

    @property
    def layout(self) -> dict[str, Layout]:
        """What cells hold."""
        sizes = self.sizes
        kinds = {name: "float64" if "threshold" in name else "int64" for name in self.variables}
        return {name: Layout(DIMS[name], tuple(sizes[d] for d in DIMS[name]), kinds[name]) for name in self.variables}

    def difference(self, begun: dict[str, Any]) -> str | None:
        """What distinguishes a run that was begun from this one so that its numbers may differ, in words."""
        return difference_of_inputs(begun, json.loads(self.made), ignored=("engine",))

    @property
    def sizes(self) -> dict[str, int]:
        """Length of each dimension."""
        plan = self.plan
        lengths = (plan.n_skills, plan.replicates, len(plan.n_draws), len(plan.n_stored))
        return dict(zip(("skill", "replicate", "n_draws", "n_stored"), lengths, strict=True))


def simulate_skills(
    *,
    device: str = "cpu",
    threads: int | None = None,
    cluster: str | None = None,
    out: str | Path | None = None,
    resume: bool = False,
    overwrite: bool = False,
    progress: Progress | None = None,
    **plan: Any,
) -> xr.Dataset:
    """Simulate when skills emerge; `plan` are the fields of `simulate.studies.skills.plan.SkillPlan`, all with a
    default.

    ``simulate_skills(n_skills=200, members=20, quorum=16, n_draws="1e3:1e6:16", replicates=50)`` gives a Dataset with
    the variables that `simulate.studies.skills.job` lists, each with ``units`` and ``long_name``, and the formulas
    beside them. The same seed gives the same numbers on any `device` (cpu, gpu or auto: where tokens are drawn), any
    number of `threads` and any Dask `cluster`.

    Raises ValueError with one sentence where an argument is not understood or cannot be done.
    """
    target = checked_target(out, resume=resume, overwrite=overwrite)
    job = prepare(SkillPlan(**plan), device=device)
    return measure(
        job, threads=threads, cluster=cluster, out=target, resume=resume, overwrite=overwrite, progress=progress
    )


def prepare(plan: SkillPlan, *, device: str = "cpu") -> SkillJob:
    """`plan` made ready; ValueError with one sentence where it cannot be done as asked."""
    choice = _choose(plan, device)
    chosen = device_for_tokens(device, _why_no_device(plan, choice))
    groups = lay_out(plan, device=chosen.name)
    n_draws, n_stored = _grids(groups)
    plan = replace(groups.plan, n_draws=n_draws, n_stored=n_stored)
    groups = Groups(plan, groups.base, groups.text)
    if plan.is_text:
        drawer: Any = ShuffleDrawer(groups)
    else:
        drawer = TokenDrawer(groups) if choice.name == "tokens" else ArrivalDrawer(groups)
    inputs = {plan.source: parse_corpus(plan.source).open().digests} if plan.is_text else {}
    engines = {plan.name: choice._asdict()}
    made = provenance(asdict(plan), command="skills", engines=engines, inputs=inputs, device=chosen.name)
    job = SkillJob(plan, groups, choice, chosen, drawer, _seconds(groups, choice.name), made)
    n_bytes = 8 * sum(_product(job.sizes[d] for d in DIMS[name]) for name in job.variables)
    most = min(MAX_BYTES, machine_memory()[0])
    if n_bytes > most:
        raise ValueError(
            f"the result would take {n_bytes / 2**30:.1f} GiB of memory, more than {most / 2**30:.3g} GiB; pass fewer "
            "--replicates, --n-skills or sizes"
        )
    return job


def measure(
    job: SkillJob,
    *,
    threads: int | None = None,
    cluster: str | None = None,
    out: Path | None = None,
    resume: bool = False,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> xr.Dataset:
    """All replicates of `job`, on threads or on a Dask cluster, as a Dataset with theory and provenance.

    Written to `out` where that is given. If it ends in .zarr, each cell is kept in ``out.part`` as soon as it is drawn,
    and `resume` goes on with what a run that was killed has left there. A cell that fails leaves its replicates out of
    the result and is named in the provenance under ``failed``.
    """
    runner = runner_on(threads, cluster)
    return run_cells(
        job, partial(_dataset, job), runner, target=out, resume=resume, overwrite=overwrite, progress=progress,
        table=_table,
    )  # fmt: skip


def _dataset(job: SkillJob, gathered: Gathered) -> xr.Dataset:
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


def _table(dataset: xr.Dataset) -> xr.Dataset:
    """What a .csv holds: one line for each skill, and nothing of single corpora."""
    table = dataset.drop_dims(["replicate", "n_draws", "n_stored", "member"], errors="ignore")
    centre = median(dataset.draws_threshold.values)
    return table.assign({
        name: ("skill", values) for name, values in zip(
            ("draws_threshold", "draws_threshold_lower", "draws_threshold_upper"), centre, strict=True
        )
    })  # fmt: skip


def _why_no_device(plan: SkillPlan, choice: Choice) -> str:
    """What keeps the draws from a GPU; empty where nothing does."""
    if plan.is_text:
        return f"{plan.source} is read, not drawn"
    return "" if choice.name == "tokens" else f"engine {choice.name} runs on the processor alone"


def _choose(plan: SkillPlan, device: str) -> Choice:
    if plan.is_text:
        return Choice("tokens", "a text is read in its order; its random orders are drawn by arrival times")
    draws = plan.n_draws[-1] * plan.replicates
    on_device = plan.engine == "auto" and device == "gpu"
    if plan.engine == "tokens" or on_device or (plan.engine == "auto" and draws <= FEW_TOKENS):
        if draws > MAX_TOKENS:
            raise ValueError(
                f"engine tokens draws every token, {draws:.1e} of them here, and stops at {MAX_TOKENS:.0e}; pass a "
                "smaller --n-draws or --replicates, or --engine arrivals"
            )
        few = f"{draws:.2g} draws in all take seconds, and nothing is left out"
        why = "the engine that runs on a GPU" if on_device else few
        return Choice("tokens", "asked for" if plan.engine == "tokens" else why)
    why = "asked for" if plan.engine == "arrivals" else f"{draws:.2g} draws in all would take long"
    return Choice("arrivals", f"{why}; the number of draws is Poisson, and stores are filled by rank")


def _grids(groups: Groups) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Corpus sizes and sizes of the store: those asked for, or the default."""
    plan = groups.plan
    n_draws = plan.n_draws
    if groups.text is not None:
        total = groups.text.n_draws
        n_draws = n_draws or log_spaced(min(1000, total), total, 16)
        if n_draws[-1] > total:
            raise ValueError(f"n-draws asks for {n_draws[-1]} draws, but {plan.source} has {total} windows")
        n_unique = groups.n_types
    else:
        n_unique = float(expected_sequences(plan, n_draws[-1]))
    high = max(round(1.2 * n_unique), 2)
    low = 1 if plan.kind == "frequency" else min(plan.quorum, high - 1)
    return n_draws, plan.n_stored or log_spaced(low, high, 32)


def _seconds(groups: Groups, engine: str) -> float:
    """About how long one replicate takes."""
    plan = groups.plan
    if engine == "tokens" and not plan.is_text:
        members = plan.n_skills * plan.members * len(plan.n_draws)
        return _TOKEN * plan.n_draws[-1] + _PLACE / 4 * (members + plan.n_draws[-1] / 10)
    if plan.kind == "masses":
        return _SKILL * plan.n_skills
    return (_MEMBER + 1e-9 * len(plan.n_stored)) * plan.n_skills * plan.members


def _product(values: Any) -> int:
    return int(np.prod(list(values)))
