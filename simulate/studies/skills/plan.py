"""What skills are to be simulated: which sequences make up each, where it is looked for, and how often.

| kind        | members of skill j                                           | formulas          |
|-------------|--------------------------------------------------------------|-------------------|
| `masses`    | m sequences of their own, equally probable, mass w_j ∝ j^-s  | D3, D4            |
| `windows`   | m consecutive ranks of the source, from a start of its own   | D3, unequal p     |
| `frequency` | m sequences drawn from the source, for each corpus anew      | D2, D3            |

Labels of formulas are those that ``python -m bounds explain D3`` looks up.

In a text, `windows` are ranks by frequency in all of it. Equals are put in an order that is drawn from the seed: in the
order of appearance, the members of a skill would be those that happen to come early.

Every field has its part in the result; nothing else has. Loads nothing heavy, so that a command line can refuse an
argument at once.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from bounds.base.arguments import shown
from bounds.base.one_number import number
from bounds.base.quantities import parse_count, parse_grid, parse_list
from bounds.base.sources import Geometric, Source, Uniform, Zipf, parse_source
from bounds.base.telling.html import html_fields
from simulate.running.parameters import (
    EXPONENT,
    EXPOSURES,
    KIND,
    MAX_MEMBERS_IN_ALL,
    MEMBERS,
    QUORUM,
    REPLICATES,
    SEED,
    SKILL_ENGINE,
    given,
)

__all__ = ["SkillPlan"]

DEFAULT_N_DRAWS = {"masses": "1e3:1e6:16", "windows": "1e3:1e6:16", "frequency": "1:1e4:17"}
DEFAULT_REPLICATES = 100
DEFAULT_MEMBERS = 50
DEFAULT_EXPONENT = 1.724
DEFAULT_SKILLS = {"masses": 1000, "windows": 10, "frequency": 4}

MAX_POINTS = 512
"""Corpus sizes, or sizes of a store."""


@dataclass(frozen=True)
class SkillPlan:
    """What is to be simulated. `quorum` is a count; `starts` and `n_stored` left empty are chosen for the source."""

    kind: str = ""
    source: str = ""
    n_skills: int = 0
    members: int = DEFAULT_MEMBERS
    quorum: int = 0
    exposures: int = 1
    exponent: float = DEFAULT_EXPONENT
    starts: tuple[int, ...] = ()
    n_draws: tuple[int, ...] = ()
    n_stored: tuple[int, ...] = ()
    replicates: int = DEFAULT_REPLICATES
    seed: int = 0
    engine: str = "auto"

    _repr_html_ = html_fields

    def __post_init__(self) -> None:
        if not isinstance(self.source, str | Source):
            raise ValueError(f"source must be a text such as zipf:1.724, or a Source, got {shown(self.source)}")
        self._set("kind", KIND(self.kind) if given(self.kind) else "windows" if self.source else "masses")
        self._set("engine", SKILL_ENGINE(self.engine))
        self._set("exponent", EXPONENT(self.exponent))
        self._set_source()
        sizes = ascending(self.n_draws, name="n-draws") if given(self.n_draws) else self.default_n_draws
        self._set("n_draws", sizes)
        self._set("n_stored", ascending(self.n_stored, name="n-stored") if given(self.n_stored) else ())
        most = MAX_MEMBERS_IN_ALL
        self._set("starts", ascending(self.starts, name="starts", most=most) if given(self.starts) else ())
        self._set_skills()
        for name, check in (("replicates", REPLICATES), ("seed", SEED), ("exposures", EXPOSURES)):
            self._set(name, check(getattr(self, name)))

    @property
    def default_n_draws(self) -> tuple[int, ...]:
        """Corpus sizes where none are given; those of a text are chosen when it has been read."""
        return () if self.is_text else parse_grid(DEFAULT_N_DRAWS[self.kind])

    @property
    def is_text(self) -> bool:
        """Whether the sequences are those of a real corpus."""
        return self.source.startswith("corpus:")

    @property
    def law(self) -> Source | None:
        """The law of the ranks that skills are taken from: of the skills themselves for `masses`; None for a text."""
        if self.kind == "masses":
            return Zipf(self.exponent, 0.0, self.n_skills)
        return None if self.is_text else parse_source(self.source)

    @property
    def name(self) -> str:
        """What the streams of this plan are named after: all that decides which sequences there are."""
        return f"{self.kind} {self.law or self.source} {self.members}"

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    def _set_source(self) -> None:
        source = str(self.source).strip()
        if self.kind == "masses":
            if source:
                raise ValueError(f"skills of kind masses have sequences of their own and take no source, got {source}")
            return
        if source.lower().startswith("corpus:"):
            from simulate.text.source import parse_corpus

            if self.kind != "windows":
                raise ValueError(f"the skills of a text are windows of its ranks, got kind {self.kind}")
            if self.engine == "arrivals":
                raise ValueError("engine arrivals has no order, in which a text is read; pass --engine auto or tokens")
            self._set("source", str(parse_corpus(source)))
            return
        if not source:
            raise ValueError(f"skills of kind {self.kind} need a source such as zipf:1.724")
        law = parse_source(source)
        if not isinstance(law, Uniform | Zipf | Geometric):
            raise ValueError(f"skills need a source whose ranks have fixed probabilities, got {law}; {_INSTEAD}")
        self._set("source", str(law))

    def _set_skills(self) -> None:
        m = MEMBERS(self.members)
        a = _default_quorum(m) if _is_zero(self.quorum) else QUORUM(self.quorum)
        if a > m:
            raise ValueError(f"quorum must be at most the number of members, {m}, got {a}")
        chosen = len(self.starts) or DEFAULT_SKILLS[self.kind]
        J = chosen if _is_zero(self.n_skills) else parse_count(self.n_skills, name="n-skills", high=2**62)
        if J * m > MAX_MEMBERS_IN_ALL:
            raise ValueError(
                f"n-skills times members must be at most {MAX_MEMBERS_IN_ALL}, got {J} times {m}; pass fewer of them"
            )
        for name, value in (("members", m), ("quorum", a), ("n_skills", J)):
            self._set(name, value)
        if self.kind == "masses":
            self._set("exponent", Zipf(self.exponent, 0.0, J).exponent)
        self._check_starts()

    def _check_starts(self) -> None:
        m, J, n_types = self.members, self.n_skills, self.law.n_types if self.law else float("inf")
        if self.kind != "windows":
            if self.starts:
                raise ValueError(f"starts are ranks at which windows begin; skills of kind {self.kind} have none")
            return
        check_room(J, m, n_types, self.source)
        if self.starts:
            if len(self.starts) != J:
                raise ValueError(f"n-skills must be the number of starts, {len(self.starts)}, got {J}")
            check_windows(self.starts, m, n_types, self.source)


_INSTEAD = "pass a uniform, zipf or geometric source, or a text"


def _is_zero(value: object) -> bool:
    """Whether a count is left open, as 0."""
    return type(value) is int and value == 0


def _default_quorum(members: int) -> int:
    return max(1, -(-members * 4 // 5))


def plan_of_flags(options: Mapping[str, Any]) -> SkillPlan:
    """The plan that the flags of ``simulate skills`` ask for; ValueError with one sentence where they are wrong."""
    fraction, quorum = options["fraction"], options["quorum"]
    if fraction is not None:
        if quorum is not None:
            raise ValueError("--quorum is a number of members and --fraction a part of them; pass one of the two")
        quorum = whole_quorum(options["members"], fraction)
    names = ("source", "members", "exposures", "exponent", "replicates", "seed", "engine")
    fields: dict[str, Any] = {name: options[name] for name in names}
    for name in ("starts", "n_draws", "n_stored"):
        if options[name] == "":
            raise ValueError(f"{name.replace('_', '-')} must be whole numbers such as 1e3,1e6, got none; leave it out")
        fields[name] = options[name] or ()
    return SkillPlan(kind=options["kind"] or "", n_skills=options["n_skills"] or 0, quorum=quorum or 0, **fields)


def whole_quorum(members: int, fraction: float) -> int:
    """⌈φm⌉ members, the quorum that is a `fraction` φ of `members` m, not fooled by the rounding of the product."""
    product = fraction * members
    whole = round(product)
    return max(1, whole if abs(product - whole) <= 4e-16 * product else math.ceil(product))


def ascending(grid: str | tuple[int, ...], *, name: str, most: int = MAX_POINTS) -> tuple[int, ...]:
    """The whole numbers from 1 that `grid` means, which must be listed in ascending order."""
    parsed = parse_grid(grid, name=name)
    if len(parsed) > most:
        raise ValueError(f"{name} takes at most {most} sizes, got {len(parsed)}")
    if not (isinstance(grid, str) and ":" in grid):
        wrong = [pair for pair in pairwise(parse_list(grid, name=name)) if pair[1] <= pair[0]]
        if wrong:
            raise ValueError(f"{name} must be in ascending order, each once, got {wrong[0][0]} before {wrong[0][1]}")
    return parsed


def check_room(n_skills: int, members: int, n_types: float, source: str) -> None:
    """Refuse more skills than there are sequences for."""
    if n_skills * members > n_types:
        raise ValueError(
            f"{n_skills} skills of {members} members need {n_skills * members} sequences, more than the "
            f"{number(n_types, 6)} of "
            f"{source}; pass fewer --n-skills or --members"
        )


def check_windows(starts: tuple[int, ...], members: int, n_types: float, source: str) -> None:
    """Refuse windows that share a rank, or run past the last one."""
    for before, after in pairwise(starts):
        if after < before + members:
            raise ValueError(
                f"starts must be at least {members} ranks apart, the members of a skill, got {before} and {after}; "
                "windows may not overlap"
            )
    if starts[-1] + members - 1 > n_types:
        raise ValueError(
            f"starts must leave room for {members} members, but the window from rank {starts[-1]} runs past the "
            f"{number(n_types, 6)} sequences of {source}"
        )


def spread_starts(n_skills: int, members: int, last: int, n_types: float) -> tuple[int, ...]:
    """Starts of windows that do not overlap, from rank 1 to about `last`; gaps grow by one ratio, from `members` on.

    Where there is no room for that, the windows follow each other without gaps.
    """
    most = int(min(n_types, 2.0**62)) - members + 1
    reach = min(last, most) - 1
    low, high = 1.0, 2.0**62
    for _ in range(200):
        ratio = math.sqrt(low * high)
        low, high = (ratio, high) if sum(_gaps(n_skills, members, ratio)) <= reach else (low, ratio)
    starts = [1]
    for gap in _gaps(n_skills, members, low):
        starts.append(starts[-1] + max(math.floor(gap), members))
    return tuple(starts)


def _gaps(n_skills: int, members: int, ratio: float) -> list[float]:
    return [members * min(ratio**i, 2.0**64) if i * math.log2(ratio) < 64 else 2.0**64 for i in range(n_skills - 1)]
