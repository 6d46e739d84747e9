"""Skills made ready, in cells of replicates, and what each of them takes.

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
from functools import cached_property
from typing import Any

import numpy as np

from bounds.base.quantities import log_spaced
from bounds.cli.printing import number, written
from bounds.cli.report import Report, Table
from simulate.drawing.device import device_for_tokens
from simulate.engines.choice import FEW_TOKENS
from simulate.running.cells import Cell, Layout, block_size, cut
from simulate.running.dataset import provenance
from simulate.running.job import Choice
from simulate.running.machine import size_of
from simulate.running.same_run import difference_of_inputs
from simulate.running.showing.progress import clock
from simulate.studies.skills.drawing.arrivals import ArrivalDrawer, ShuffleDrawer
from simulate.studies.skills.drawing.groups import Groups, lay_out
from simulate.studies.skills.drawing.tokens import TokenDrawer
from simulate.studies.skills.plan import SkillPlan
from simulate.studies.skills.theory import expected_sequences
from simulate.studies.sweep.job import MAX_TOKENS
from simulate.text.source import parse_corpus

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

_MEMBER_BYTES, _SEQUENCE_BYTES = 48, 64
"""Bytes of a member and of a distinct sequence while a corpus is drawn: keys, counts and times, and their order."""

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
    n_unique: float
    """Distinct sequences of the largest corpus, as expected; in a text as they are."""

    @property
    def smaller(self) -> str:
        """What to pass where there is too little memory for one corpus."""
        return "fewer --replicates, --n-skills or sizes"

    def memory(self, at_once: int) -> int:
        """Bytes at most: `at_once` corpora at work, and the result, which is held twice while it is written."""
        return self.corpus_bytes * min(at_once, len(self.cells_of(self.size))) + 2 * self.result_bytes

    @property
    def result_bytes(self) -> int:
        """What all replicates hold."""
        return 8 * sum(_product(self.sizes[dim] for dim in DIMS[name]) for name in self.variables)

    @property
    def corpus_bytes(self) -> int:
        """What one corpus takes while it is drawn: its members, and of tokens each distinct sequence, and its keys."""
        plan = self.plan
        members = _MEMBER_BYTES * plan.n_skills * plan.members
        if plan.is_text or self.choice.name != "tokens":
            return members + 8 * plan.n_skills * len(plan.n_draws)
        return int(members + _SEQUENCE_BYTES * self.n_unique + 8 * min(plan.n_draws[-1], 1 << 22))

    def forecast(self, at_once: int) -> Report:
        """What the simulation would take."""
        plan, seconds = self.plan, self.seconds * self.replicates
        working = max(1, min(at_once, len(self.cells_of(self.size))))
        answer = (
            f"{plan.n_skills} skills of {plan.members} members, {self.replicates} replicates by engine "
            f"{self.choice.name}, about {clock(max(seconds / working, 1))} on {at_once or 'other'} threads and "
            f"{size_of(self.memory(at_once))} of memory here; nothing was drawn."
        )
        sizes = [
            [letter, number(values[0], 4), number(values[-1], 4), str(len(values))]
            for letter, values in (("D", plan.n_draws), ("n", plan.n_stored))
        ]
        below = f"Engine {self.choice.name}: {self.choice.reason}."
        row = {
            "engine": self.choice.name, "n_draws": plan.n_draws[-1], "replicates": self.replicates,
            "seconds": seconds, "n_bytes": self.corpus_bytes, "n_bytes_in_all": self.memory(at_once),
        }  # fmt: skip
        return Report(answer, [Table(["", "from", "to", "sizes"], sizes, below=below)], data={"rows": [row]})

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
    n_unique = float(groups.n_types) if plan.is_text else float(expected_sequences(plan, plan.n_draws[-1]))
    job = SkillJob(plan, groups, choice, chosen, drawer, _seconds(groups, choice.name), made, n_unique)
    if job.result_bytes > MAX_BYTES:
        raise ValueError(
            f"the result would take {job.result_bytes / 2**30:.1f} GiB of memory, more than {MAX_BYTES / 2**30:.3g} "
            f"GiB; pass {job.smaller}"
        )
    return job


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
                f"engine tokens draws every token, {written(draws, 2)} of them here, and stops at "
                f"{written(MAX_TOKENS)}; pass a "
                "smaller --n-draws or --replicates, or --engine arrivals"
            )
        few = f"{written(draws, 2)} draws in all take seconds, and nothing is left out"
        why = "the engine that runs on a GPU" if on_device else few
        return Choice("tokens", "asked for" if plan.engine == "tokens" else why)
    why = "asked for" if plan.engine == "arrivals" else f"{written(draws, 2)} draws in all would take long"
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
