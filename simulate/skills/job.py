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
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from bounds.quantities import log_spaced
from simulate.arrivals import FEW_TOKENS, Choice
from simulate.cluster import on_cluster
from simulate.corpus.source import parse_corpus
from simulate.dataset import describe, open_result, provenance, save_result, stamp
from simulate.files import RESULTS, check_target, part_of
from simulate.job import MAX_TOKENS, device_for_tokens
from simulate.skills.arrivals import ArrivalDrawer, ShuffleDrawer
from simulate.skills.estimates import median
from simulate.skills.example import find_example
from simulate.skills.groups import Groups, lay_out
from simulate.skills.plan import SkillPlan
from simulate.skills.theory import add_theory, expected_sequences
from simulate.skills.tokens import Corpus, TokenDrawer
from simulate.sweep_cells import Cell, Layout, Runner, block_size, cut, on_threads
from simulate.sweeps import State

__all__ = ["SkillJob", "measure", "prepare", "simulate_skills"]

Progress = Callable[[State], None]

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
    def names(self) -> tuple[str, ...]:
        """The variables that a cell holds."""
        own = _OF_ENGINE["shuffles" if self.plan.is_text else self.choice.name]
        drawn_anew = self.choice.name == "arrivals" and self.plan.kind == "frequency"
        return (*own, "stored_threshold_rank") if drawn_anew else own

    @property
    def drawers(self) -> dict[int, Any]:
        """Who draws the corpora."""
        return {0: self.drawer}

    @property
    def layout(self) -> dict[str, Layout]:
        """What cells hold."""
        sizes = self.sizes
        kinds = {name: "float64" if "threshold" in name else "int64" for name in self.names}
        return {name: Layout(DIMS[name], tuple(sizes[d] for d in DIMS[name]), kinds[name]) for name in self.names}

    def difference(self, begun: dict[str, Any]) -> str | None:
        """What distinguishes a run that was begun from this one so that its numbers may differ, in words."""
        now = json.loads(self.made)
        old, new = begun["parameters"], now["parameters"]
        if set(old) != set(new):
            return "it is no simulation of skills of this version"
        for name, value in new.items():
            if name != "engine" and old[name] != value:
                return f"{name.replace('_', '-')} was {_short(old[name])} and is now {_short(value)}"
        for key in ("engines", "inputs"):
            if begun[key] != now[key]:
                return {"engines": "the engine was another", "inputs": "the text has changed"}[key]
        versions = [made["software"]["version"] for made in (begun, now)]
        return None if versions[0] == versions[1] else f"efficiency-bounds was {versions[0]} and is now {versions[1]}"

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
    """Simulate when skills emerge; `plan` are the fields of `simulate.skills.plan.SkillPlan`, all with a default.

    ``simulate_skills(n_skills=200, members=20, quorum=16, n_draws="1e3:1e6:16", replicates=50)`` gives a Dataset with
    the variables that `simulate.skills.job` lists, each with ``units`` and ``long_name``, and the formulas beside
    them. The same seed gives the same numbers on any `device` (cpu, gpu or auto: where tokens are drawn), any number of
    `threads` and any Dask `cluster`.

    Raises ValueError with one sentence where an argument is not understood or cannot be done.
    """
    check = {"overwrite": overwrite, "resume": resume, "formats": RESULTS}
    target = None if out is None else check_target(out, **check)  # type: ignore[arg-type]
    if target is None and resume:
        raise ValueError("resume needs out, the .zarr that was begun")
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
    made = provenance(asdict(plan), engines={plan.name: choice._asdict()}, inputs=inputs, device=chosen.name)
    job = SkillJob(plan, groups, choice, chosen, drawer, _seconds(groups, choice.name), made)
    n_bytes = 8 * sum(_product(job.sizes[d] for d in DIMS[name]) for name in job.names)
    if n_bytes > MAX_BYTES:
        raise ValueError(
            f"the result would take {n_bytes / 2**30:.1f} GiB of memory, more than {MAX_BYTES >> 30} GiB; pass fewer "
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
    and `resume` goes on with what a run that was killed has left there.
    """
    if resume and out and out.exists():
        return _finished(out, job)
    runner = on_cluster(cluster) if cluster is not None else on_threads(threads)
    if out is None or out.suffix != ".zarr":
        dataset = _dataset(job, _drawn(job, runner, None, progress))
        if out is not None:
            save_result(_for_file(dataset, out), out, overwrite=overwrite)
        return dataset
    from simulate.store import CellStore  # loads zarr

    store = (CellStore.resume if resume and part_of(out).exists() else CellStore.begin)(out, job)
    try:
        dataset = _dataset(job, _drawn(job, runner, store, progress))
        save_result(dataset, out, overwrite=overwrite, replicates_per_cell=store.size)
        store.remove()
        return dataset
    finally:
        store.close()


def _finished(target: Path, job: SkillJob) -> xr.Dataset:
    """The result that stands at `target` already, if it is that of `job`."""
    dataset = open_result(target)
    differs = job.difference(json.loads(dataset.attrs["provenance"]))
    if differs:
        raise ValueError(f"{target} holds another result: {differs}; pass --overwrite to replace it, or another --out")
    return dataset


def _dataset(job: SkillJob, found: Mapping[str, np.ndarray]) -> xr.Dataset:
    """What was drawn, with the text itself where there is one, the formulas, the example and provenance."""
    plan = job.plan
    coords = {
        "skill": np.arange(1, plan.n_skills + 1), "replicate": np.arange(plan.replicates),
        "n_draws": np.array(plan.n_draws, np.int64), "n_stored": np.array(plan.n_stored, np.int64),
    }  # fmt: skip
    dataset = xr.Dataset({name: (DIMS[name], values) for name, values in found.items()}, coords=coords)
    if plan.is_text:
        text = Corpus(job.groups, 0).measured()
        dataset = dataset.assign({f"text_{name}": (DIMS[name][:-1], values) for name, values in text.items()})
    if plan.kind != "frequency":
        alike = plan.members if plan.kind == "masses" else 1
        dataset = dataset.assign(mass=("skill", job.groups.probabilities.sum(axis=1) * alike))
        dataset = dataset.assign(first_rank=("skill", job.groups.ranks[:, 0]))
    dataset = add_theory(dataset, job.groups, poisson=job.choice.name == "arrivals")
    example = find_example(job.groups)
    dataset.attrs["example"] = json.dumps(example and example.to_json())
    return stamp(describe(dataset), job.made)


def _for_file(dataset: xr.Dataset, target: Path) -> xr.Dataset:
    """`dataset` as a file of this kind holds it: .csv has one line for each skill and nothing of single corpora."""
    if target.suffix != ".csv":
        return dataset
    table = dataset.drop_dims(["replicate", "n_draws", "n_stored"], errors="ignore")
    centre = median(dataset.draws_threshold.values)
    return table.assign({
        name: ("skill", values) for name, values in zip(
            ("draws_threshold", "draws_threshold_lower", "draws_threshold_upper"), centre, strict=True
        )
    })  # fmt: skip


def _drawn(job: SkillJob, runner: Runner, store: Any, progress: Progress | None) -> dict[str, np.ndarray]:
    """Every variable of all cells: those that `store` has, and the others drawn and kept there.

    A cell that fails ends it all: no other would fare better.
    """
    found = {name: np.empty(one.shape, one.dtype) for name, one in job.layout.items()}
    cells = cut([0], job.replicates, job.size) if store is None else store.cells
    kept = [] if store is None else store.kept()[0]
    for cell, block in kept:
        _place(found, cell, block)
    done = {cell for cell, _ in kept}
    n_draws = job.plan.n_draws[-1]
    drawn = sum(cell.replicates for cell in done) * n_draws
    state = State(len(done), len(cells), drawn, n_draws * job.replicates, len(done), drawn)
    if progress:
        progress(state)
    left = [cell for cell in cells if cell not in done]
    for cell, block in runner(job.drawers, left) if left else ():
        if isinstance(block, Exception):
            raise block
        _place(found, cell, block)
        if store is not None:
            store.keep(cell, block)
        state = state._replace(cells=state.cells + 1, draws=state.draws + cell.replicates * n_draws)
        if progress:
            progress(state)
    return found


def _place(found: Mapping[str, np.ndarray], cell: Cell, block: Mapping[str, np.ndarray]) -> None:
    for name, values in found.items():
        values[..., cell.first : cell.first + cell.replicates] = block[name]


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


def _short(value: Any) -> str:
    """A value in a sentence; of a long list its ends."""
    if not isinstance(value, list) or len(value) <= 3:
        return str(value)
    return f"{value[0]} … {value[-1]} ({len(value)} of them)"


def _product(values: Any) -> int:
    return int(np.prod(list(values)))
