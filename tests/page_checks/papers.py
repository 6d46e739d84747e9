"""docs/papers.md, which a test compares with what the command prints word for word, what other pages take of it, and
the page of the law that is fitted again."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

from bounds.laws.published import LAWS
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

EPOCH = LAWS["epoch2024"]


def _standard_errors(page: Page) -> list[int]:
    """By how many of the standard errors of the refit the five runs move β, in whole numbers."""
    (error,) = cell("lawfit.se-beta", "ours")(page)
    left, kept = (float(shown((line, r"^\s+\d+\s+[\d.]+\s+([\d.]+) "))(page)[0]) for line in ("0  ", "5  "))
    return [round((left - kept) / float(error))]


def _least_squares(page: Page) -> list[int]:
    """By how many standard errors least squares move β of the refit, in whole numbers."""
    squares, refit = (float(shown((one, r"^\s+[\d.]+\s+[\d.]+\s+([\d.]+) "))(page)[0])
                      for one in ("least squares", "Huber, δ = 0.001 "))  # fmt: skip
    return [round((squares - refit) / float(*cell("lawfit.se-beta", "ours")(page)))]


def part_of_an_error(page: Page) -> list[float]:
    """The part of its standard error by which β of the refit is off what is printed, by the objective that is named."""
    off, error = (
        float(*cell(f"lawfit.{one}", column)(page)) for one, column in (("refit-beta", "off by"), ("se-beta", "ours"))
    )
    return [1 / round(error / abs(off))]


def _half_of_itself(page: Page) -> list[float]:
    """The part of B that its printed standard error is more than, in halves."""
    return [math.floor(2 * dict(EPOCH.standard_errors)["data_coefficient"] / EPOCH.data_coefficient) / 2]


def _beyond(page: Page) -> list[float]:
    """More than how many standard errors, as printed, E and β lie from the refit: the tolerance of both claims."""
    some = ("E", "beta")
    off, allowed, error = (
        [abs(float(cell(f"lawfit.{name}", column)(page)[0])) for name in names]
        for names, column in ((some, "off by"), (some, "allowed"), ([f"se-{name}" for name in some], "published"))
    )
    assert all(x > most for x, most in zip(off, allowed, strict=True))
    (times,) = {round(most / one, 9) for most, one in zip(allowed, error, strict=True)}
    return [times]


LAWFIT = (
    Sentence("Hoffmann et al. 2022 (arXiv {})", named("lawfit")),
    Sentence("Besiroglu et al. 2024 (arXiv {})", named("lawfit", nth=1)),
    Sentence("to more than {} runs.", cell("lawfit.runs", "published")),
    Sentence(
        "read {} of these off a figure, left {} out",
        together(
            told("lawfit.runs", r"shows (\d+) of them"),
            lambda page: [float(one) for one in told("lawfit.outliers", r"The (\d) left out")(page)],
        ),
    ),
    Sentence(
        "E = {} and β = {} lie more than {} of",
        together(cell("lawfit.E", "published"), cell("lawfit.beta", "published"), _beyond),
    ),
    Sentence("from the refit, {} and {}. A,", together(cell("lawfit.E", "ours"), cell("lawfit.beta", "ours"))),
    Sentence("its standard error is more than {} of itself", _half_of_itself),
    Sentence(
        "from {} to {}: {} runs give {}–{}, and",
        together(
            cell("lawfit.a-interval", "published"),
            told("lawfit.a-interval", r"refit of (\d+) runs"),
            cell("lawfit.a-interval", "ours"),
        ),
    ),
    Sentence("own α and β give {}, outside", cell("lawfit.a-own", "ours")),
    Sentence(
        "Gopher at {}B and not at {}B.",
        together(cell("lawfit.gopher-rounded", "ours"), cell("lawfit.gopher-rounded", "published")),
    ),
    Sentence(
        "Huber's δ = {} gives β = {} and B = {}, where {} and {} are printed",
        together(
            told("lawfit.refit-E", r"with δ = (1e-3)"),
            cell("lawfit.refit-beta", "ours"),
            cell("lawfit.refit-B", "ours"),
            cell("lawfit.refit-beta", "published"),
            cell("lawfit.refit-B", "published"),
        ),
    ),
    Sentence(
        "standard error of A**, {}: resamples that are each followed to their bottom give {}.",
        together(cell("lawfit.se-A", "published"), cell("lawfit.se-A", "ours")),
    ),
    Sentence(
        "**\"{} tokens per parameter\" by Hoffmann's constants**: they give {}. The notebook's {} takes a = {}, the",
        together(
            cell("lawfit.ratio-70", "published"),
            cell("lawfit.ratio-70", "ours"),
            told("lawfit.ratio-70", r"\. ([\d.]+) in the notebook", r"a = ([\d.]+), the middle"),
        ),
    ),
    Sentence("in place of the {} of the constants", cell("lawfit.a-own", "ours")),
    Sentence(
        "from {}M parameters and {}B tokens: {} run of the figure is smaller, and {} have fewer",
        together(
            cell("lawfit.sizes", "published"),
            cell("lawfit.tokens", "published"),
            told("lawfit.sizes", r"(\d+) run of 245 is smaller"),
            told("lawfit.tokens", r"(\d+) of 245 runs"),
        ),
    ),
    Sentence(
        "Whether over {} models were trained, and fewer than {}: {} are in",
        together(
            cell("lawfit.runs", "published"),
            cell("lawfit.fewer-runs", "published"),
            told("lawfit.runs", r"shows (\d+) of them"),
        ),
    ),
    Sentence('drew "{} % of the dataset"', told("lawfit.a-interval", r"; (\d+) % of them, as the paper has it")),
    Sentence(
        "would take: {}K by the replication's reckoning, {}K if",
        together(cell("lawfit.runs-needed", "ours"), told("lawfit.runs-needed", r" (\d+)K would do")),
    ),
    Sentence("moves β by {} of the standard errors of the refit", _standard_errors),
    Sentence("least squares moves by {} standard errors", _least_squares),
    Sentence("The differences are a {} of a standard error", part_of_an_error),
    Sentence(
        "above the law, {} of the runs kept among them, and without any run below one token per parameter β is {}.",
        told("lawfit.outliers", r"bend: (\d+) of the runs", r"β is ([\d.]+)\."),
    ),
    Sentence("N ~ C^{}, is within", cell("lawfit.equal-scaling", "published")),
    Sentence(
        "so are approaches {} and {} of Hoffmann et al., a = {} and {}.",
        told("lawfit.compatible", r"of approaches (\d) and (\d)", r"a = ([\d.]+) and ([\d.]+) of"),
    ),
    Sentence(
        "of Gopher, {}B by their constants with eight digits and {}B by the refit",
        together(cell("lawfit.gopher-figure", "published"), cell("lawfit.gopher-range", "ours")),
    ),
    Sentence('keeps to their "{} to {} billion"', cell("lawfit.gopher-range", "published")),
    Sentence(
        "to the last digit, {} for the refit and {} for",
        together(cell("lawfit.likelihood", "ours"), cell("lawfit.likelihood-own", "ours")),
    ),
    Sentence("stops there as well, at β = {}, so", told("lawfit.stopped-early", r"at ([\d.]+), where the least")),
)

CHECKS = {
    PAPERS: (
        Table("| claim | where |", WORD_FOR_WORD, "62ed7019e169d32e"),
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
    "docs/lawfit.md": LAWFIT,
}  # fmt: skip
