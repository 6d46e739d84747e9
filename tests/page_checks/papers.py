"""docs/papers.md, which a test compares with what the command prints word for word, and what other pages take of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

from tests.page_numbers import NUMBER, ROOT, Page, Sentence, Table

PAPERS = "docs/papers.md"
HOLDS, FAILS, OPEN = "holds", "does not hold", "cannot be verified"
Values = Callable[[Page], Sequence[Any]]


@cache
def claims(experiment: str = "") -> dict[str, str]:
    """Each claim of an experiment, or of all, by its name, as the line of docs/papers.md."""
    sections = re.split(r"^## (\w+)$", Page.read(PAPERS).text, flags=re.MULTILINE)
    parts = dict(zip(sections[1::2], sections[2::2], strict=True))
    text = parts[experiment] if experiment else "".join(parts.values())
    return {found[1]: found[0] for found in re.finditer(r"^\| \*\*([\w.-]+)\*\*: .*$", text, flags=re.MULTILINE)}


def told(claim: str, *patterns: str) -> Values:
    """What stands in the line of a claim, ``lawfit.beta``, at the groups of these patterns."""
    experiment, _, name = claim.partition(".")

    def values(page: Page) -> Sequence[Any]:
        return [found for pattern in patterns for found in _groups(pattern, claims(experiment)[name])]

    return values


def shown(*rows: tuple[str, str]) -> Values:
    """What stands in the blocks of a page, in the first line with these words, at the groups of a pattern."""

    def values(page: Page) -> Sequence[Any]:
        lines = "".join(re.findall(r"^```.*?^```", page.text, flags=re.DOTALL | re.MULTILINE)).splitlines()
        found = (
            (next(line for line in lines if line.strip().startswith(words)).strip()[len(words) :], pattern)
            for words, pattern in rows
        )
        return [one for line, pattern in found for one in _groups(pattern, line)]

    return values


def answered(*patterns: str) -> Values:
    """What stands in the answer of a page's command, the first block that is no command."""

    def values(page: Page) -> Sequence[Any]:
        blocks = re.findall(r"^```\n(.*?)^```", page.text, flags=re.DOTALL | re.MULTILINE)
        answer = " ".join(next(one for one in blocks if "python -m" not in one).split())
        return [one for pattern in patterns for one in _groups(pattern, answer)]

    return values


def cell(claim: str, column: str) -> Values:
    """A cell of a claim: ``published``, ``ours`` or another column, without its unit and sign of comparison."""
    names = ["claim", "where", "published", "ours", "off by", "allowed", "verdict", "why"]
    experiment, _, name = claim.partition(".")

    def values(page: Page) -> Sequence[Any]:
        cells = [one.strip() for one in re.split(r"(?<!\\)\|", claims(experiment)[name])[1:-1]]
        return re.findall(r"[-+]?[\d,]*\d(?:\.\d+)?(?:e[-+]?\d+)?", cells[names.index(column)])

    return values


def together(*parts: Values) -> Values:
    """The values of several, one after the other."""
    return lambda page: [one for part in parts for one in part(page)]


def _groups(pattern: str, text: str) -> Iterator[str]:
    found = re.search(pattern, text)
    assert found, f"nothing like {pattern!r} in {text!r}"
    yield from found.groups()


def named(experiment: str, nth: int = 0) -> Values:
    """The paper of an experiment by its number on arXiv, as the code cites it."""
    texts = (path.read_text(encoding="utf-8") for path in sorted((ROOT / "experiments" / experiment).glob("*.py")))
    cited = re.findall(r"arXiv[: ](\d{4}\.\d{5})", "".join(texts))
    return lambda page: [list(dict.fromkeys(cited))[nth]]


def counted(verdict: str | None = None, experiment: str = "") -> Callable[[Page], list[int]]:
    """How many claims have a verdict, by the tables."""
    return lambda page: [
        sum(verdict is None or f" | {verdict} | " in line for line in claims(experiment).values())
        if experiment
        else sum(counted(verdict, one)(page)[0] for one in EXPERIMENTS)
    ]


EXPERIMENTS = ("unique_sequences", "lawfit", "overtraining", "training_dynamics", "trajectories", "budget")
WORD_FOR_WORD = "test_experiments_cli.test_the_page_of_all_claims_is_what_the_command_prints"


ANSWERED_ON = {
    "unique_sequences": "docs/unique-sequences.md", "lawfit": "docs/lawfit.md", "overtraining": "docs/overtraining.md",
    "training_dynamics": "docs/training-dynamics.md", "budget": "docs/budget.md",
}  # fmt: skip
"""Pages that show the answer of an experiment, which a test compares with what is printed."""


def found(experiment: str) -> Sentence:
    """What an experiment found, behind its counts: as its own page shows it."""
    blocks = re.findall(r"^```\n(.*?)^```", Page.read(ANSWERED_ON[experiment]).text, flags=re.DOTALL | re.MULTILINE)
    said = " ".join(next(one for one in blocks if "claims hold" in one).split()).split("cannot be verified. ")[1]
    return Sentence(NUMBER.sub("{}", said), lambda page: NUMBER.findall(said))


def _counts(experiment: str) -> Sentence:
    how_many = together(counted(HOLDS, experiment), counted(None, experiment))
    names = {verdict: [name for name, line in claims(experiment).items() if f" | {verdict} | " in line]
             for verdict in (FAILS, OPEN)}  # fmt: skip
    fails, unknown = (", ".join(some[:-1]) + f" and {some[-1]}" for some in names.values())
    return Sentence(f"{{}} of {{}} claims hold; {fails} do not; {unknown} cannot be verified.", how_many)


def _all_by_experiment(verdict: str) -> Values:
    return together(*(counted(verdict, one) for one in EXPERIMENTS))


_OF = f"({', '.join(f'{{}} of {one}' for one in EXPERIMENTS)})"

CHECKS = {
    PAPERS: (
        Table("| claim | where |", WORD_FOR_WORD),
        Sentence(f"prints this page. {{}} of {{}} claims hold; {{}} {_OF} do not; {{}} {_OF} cannot be verified.",
                 together(counted(HOLDS), counted(), counted(FAILS), _all_by_experiment(FAILS), counted(OPEN),
                          _all_by_experiment(OPEN))),
        *(_counts(one) for one in EXPERIMENTS),
        *(found(one) for one in ANSWERED_ON),
        Sentence("(rank correlation {}) more than with compute ({}) or size ({}); at the",
                 together(
                     told("trajectories.more-than-compute", r"\| ([\d.]+) \\\| ([\d.]+) \|"),
                     told("trajectories.more-than-size", r"\| [\d.]+ \\\| ([\d.]+) \|"))),
        Sentence("sizes differ by up to {} points (p = {}).", lambda page: [
            *(sum(map(float, told("trajectories.same-accuracy", r"from -([\d.]+) points.*to \+([\d.]+) \(")(page))),),
            *told("trajectories.same-accuracy", r"p = ([\d.]+),")(page)]),
    ),
}  # fmt: skip
