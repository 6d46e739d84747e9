"""Which sequences of a corpus are members of which skills, and how rare they are.

Members are laid out as arrays of shape (skill, member), in each skill from the most probable on. `Groups` finds them
in a census of what was drawn; where the members are the same in every corpus it knows their ranks and probabilities.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from bounds.base.sources import Geometric, Uniform, Zipf
from bounds.counts.unique import expected_unique
from simulate.corpora.census import Census
from simulate.corpora.order import DrawnOrder, Order, TextOrder, open_order, rank_probability
from simulate.drawing.backends import cpu
from simulate.drawing.stream import Stream
from simulate.drawing.tables import build_sampler
from simulate.engines.choice import cell_of
from simulate.engines.variates import first_bits
from simulate.studies.skills.plan import SkillPlan, check_room, check_windows, spread_starts

__all__ = ["Groups", "MassOrder", "lay_out"]

NEVER = np.iinfo(np.int64).max
"""Place in a store, or draw, of a sequence that is not there."""


@dataclass(frozen=True)
class MassOrder:
    """The draws of skills with masses of their own: a skill by its mass, then one of its members, all alike.

    Key j·m + i is member i of skill j, both from 0; it is also the number of sequences that are more probable, with
    equals in the order of their keys. Member i is the same draw of a uniform law on another stream: `choice`.
    """

    skills: DrawnOrder
    choice: DrawnOrder
    members: int

    source = "skills with masses of their own"
    random_access = True
    law = None

    @property
    def n_draws(self) -> int:
        """How many draws there are at most."""
        return self.skills.n_draws

    def keys(self, first: int, n: int) -> np.ndarray:
        """Keys, uint64 of shape (n,), of the draws `first` to ``first + n - 1``."""
        skill = self.skills.ranks(self.skills.keys(first, n)).astype(np.uint64) - np.uint64(1)
        return skill * np.uint64(self.members) + self.choice.keys(first, n)

    def probabilities(self, keys: np.ndarray) -> np.ndarray:
        """Probability of each key in one draw."""
        drawn: np.ndarray = self.skills.probabilities(np.asarray(keys, np.uint64) // np.uint64(self.members))
        return drawn / self.members


@dataclass(frozen=True)
class Groups:
    """The skills of a plan whose starts and sizes are settled. `text` is the corpus where there is one."""

    plan: SkillPlan
    base: DrawnOrder | None
    text: TextOrder | None = None

    def order(self, replicate: int) -> Order:
        """The draws of one corpus."""
        plan = self.plan
        if self.base is None:
            assert self.text is not None
            return self.text
        drawn = replace(self.base, stream=replace(self.base.stream, replicate=replicate))
        if plan.kind != "masses":
            return drawn
        stream = Stream(plan.seed, "skills", cell_of(f"members {plan.name}"), replicate)
        alike = Uniform(plan.members)
        choice = DrawnOrder(alike, stream, build_sampler(alike, drawn.n_draws), drawn.n_draws, drawn.device)
        return MassOrder(drawn, choice, plan.members)

    @cached_property
    def ranks(self) -> np.ndarray:
        """Rank of each member, from 1, int64 of shape (skill, member); not where members are drawn by frequency."""
        plan = self.plan
        if plan.kind == "masses":
            return np.arange(1, plan.n_skills * plan.members + 1).reshape(plan.n_skills, plan.members)
        return np.array(plan.starts, np.int64)[:, None] + np.arange(plan.members)

    @cached_property
    def probabilities(self) -> np.ndarray:
        """Probability of each member in one draw, shape (skill, member), or (skill, 1) where all are alike."""
        plan, law = self.plan, self.plan.law
        if plan.kind == "masses":
            assert law is not None
            skills = np.arange(1.0, plan.n_skills + 1)[:, None]
            return rank_probability(law, skills) / plan.members
        if self.text is not None:
            return self.text_counts[self.ranks - 1] / self.text.n_draws
        assert law is not None
        return rank_probability(law, self.ranks.astype(float))

    def drawn_members(self, replicate: int) -> np.ndarray:
        """Keys of the members that are drawn by frequency for one corpus, uint64 (skill, member), by rank."""
        plan, base = self.plan, self.base
        assert base is not None
        stream = Stream(plan.seed, "skills", cell_of(f"members {plan.name}"), replicate)
        keys = cpu.draw(base.sampler, plan.n_skills * plan.members, stream)
        fresh = np.flatnonzero(keys >= np.uint64(1 << 63))
        # Ranks above 2^62 are met by no draw again: numbers that no draw has.
        keys[fresh] = np.uint64(1 << 63) | np.uint64(1 << 62) | fresh.astype(np.uint64)
        keys = keys.reshape(plan.n_skills, plan.members)
        return np.take_along_axis(keys, np.argsort(self.key_ranks(keys), axis=1, kind="stable"), axis=1)

    def key_ranks(self, keys: np.ndarray) -> np.ndarray:
        """Rank of each key of the source as a float, infinite where it lies above 2^62."""
        assert self.base is not None
        return np.nan_to_num(self.base.ranks(keys), nan=np.inf, posinf=np.inf)

    def ids(self, census: Census, members: np.ndarray | None = None) -> np.ndarray:
        """Number of each member among the sequences that `census` has seen, -1 where unseen; int64 (skill, member).

        `members` are the keys of those that were drawn by frequency.
        """
        plan = self.plan
        if members is not None:
            return census.ids(members)
        if plan.kind == "masses":
            return census.ids((self.ranks - 1).astype(np.uint64))
        if self.text is not None:
            found = self.text_ids[self.ranks - 1]
            return np.where(found < census.n_unique, found, -1)
        return _in_windows(self.key_ranks(census.keys), np.array(plan.starts, float), plan.members)

    @cached_property
    def _whole_text(self) -> Census:
        assert self.text is not None
        return Census(self.text).advance(self.text.n_draws)

    @property
    def text_counts(self) -> np.ndarray:
        """How often each sequence is in the text, by rank."""
        return self._whole_text.counts[self.text_ids]

    @cached_property
    def text_ids(self) -> np.ndarray:
        """Number of each sequence of the text in the order of appearance, by rank; equals in random order."""
        plan, counts = self.plan, self._whole_text.counts
        chance = first_bits(Stream(plan.seed, "skills", cell_of(f"ranks {plan.source}")), len(counts))
        return np.lexsort((chance, -counts))

    @property
    def n_types(self) -> float:
        """Sequences that there are."""
        if self.text is not None:
            return self._whole_text.n_unique
        law = self.plan.law
        assert law is not None
        return law.n_types * (self.plan.members if self.plan.kind == "masses" else 1)


def lay_out(plan: SkillPlan, *, device: str = "cpu") -> Groups:
    """The skills of `plan`, with starts chosen where none are given; ValueError with one sentence where they miss.

    `device` is where the tokens of corpora are drawn.
    """
    if plan.is_text:
        text = open_order(plan.source, 2**62)
        assert isinstance(text, TextOrder)
        return _with_starts(Groups(plan, None, text), Groups(plan, None, text).n_types / 4)
    law = plan.law
    assert isinstance(law, Uniform | Zipf | Geometric)
    base = open_order(law, plan.n_draws[-1], seed=plan.seed, device=device)
    assert isinstance(base, DrawnOrder)
    groups = Groups(plan, base)
    if plan.kind == "masses" and not np.all(groups.probabilities > 0):
        raise ValueError(
            f"exponent must leave each of the {plan.n_skills} skills a probability that a float can hold, got "
            f"{plan.exponent:g}; pass a smaller --exponent or --n-skills"
        )
    if plan.kind != "windows":
        return groups
    return _with_starts(groups, float(expected_unique(law, plan.n_draws[-1])) / 4)


def _with_starts(groups: Groups, last: float) -> Groups:
    plan, n_types = groups.plan, groups.n_types
    check_room(plan.n_skills, plan.members, n_types, plan.source)
    starts = plan.starts or spread_starts(plan.n_skills, plan.members, int(last), n_types)
    check_windows(starts, plan.members, n_types, plan.source)
    groups = Groups(replace(plan, starts=starts), groups.base, groups.text)
    if not np.all(groups.probabilities > 0):
        raise ValueError(
            f"starts must lie where sequences can be drawn, got rank {starts[-1]} of {plan.source}, whose probability "
            "is below every float"
        )
    return groups


def _in_windows(ranks: np.ndarray, starts: np.ndarray, members: int) -> np.ndarray:
    """Where each member's rank stands among `ranks`, -1 where it does not."""
    found = np.full((len(starts), members), -1, np.int64)
    skill = np.searchsorted(starts, ranks, side="right") - 1
    within = np.flatnonzero((skill >= 0) & (ranks < starts[skill] + members))
    found[skill[within], (ranks[within] - starts[skill[within]]).astype(np.int64)] = within
    return found
