"""Numbers in the text of a page, each held by what gives it.

A page says numbers in sentences and in tables. Each must lie in a hole of a `Sentence`, whose numbers something else
gives (a table of the page, a constant of the code, data, a command), or in a `Table` that a test makes again. What lies
in neither is a fault, and so is a number that differs. Code, links and what `EXEMPT` names are no numbers here.

`tests.page_checks` has a dictionary ``CHECKS`` a module, of pages with their checks; a page may stand in several.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from hashlib import sha256
from importlib import import_module
from inspect import signature
from pathlib import Path
from pkgutil import walk_packages
from typing import Any

ROOT = Path(__file__).parent.parent
_UNITS = (
    "no|none|zero", "a|one|once|single", "two|twice|both", "three", "four", "five", "six", "seven", "eight", "nine",
    "ten", "eleven", "twelve|dozen", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
    "twenty",
)  # fmt: skip
_PARTS = {
    "half": 2,
    "halves": 2,
    "third": 3,
    "quarter": 4,
    "fifth": 5,
    "sixth": 6,
    "eighth": 8,
    "tenth": 10,
    "fifteenth": 15,
    "twentieth": 20,
}
WORDS: dict[str, float] = {
    **{word: number for number, words in enumerate(_UNITS) for word in words.split("|")},
    **{word: 1 / part for word, part in _PARTS.items()},
    **{
        "thirty": 30,
        "forty": 40,
        "fifty": 50,
        "sixty": 60,
        "ninety": 90,
        "hundred": 100,
        "thousand": 1000,
        "million": 1e6,
    },
}
"""Numbers that are written out."""
_FIGURES = r"(?:\d+(?:,\d{3})*(?:\.\d+)?|\.\d+)(?:e[-+]?\d+)?"
NUMBER = re.compile(rf"(?<![\w.]){_FIGURES}")
_HOLE = rf"([-+]?{_FIGURES}|[A-Za-z]+)"
_CODE = re.compile(
    r"^```.*?^```|^~~~.*?^~~~|(?<=\n\n)(?: {4}[^\n]*\n)+|``[^\n]+?``|`[^`]*`|\$\$.*?\$\$|\$[^$\n]*\$|<!--.*?-->|"
    r"\]\([^)]*\)",
    flags=re.DOTALL | re.MULTILINE,
)
_TABLE = re.compile(r"(?:^\|.*\n?)+", flags=re.MULTILINE)
EXEMPT = tuple(
    re.compile(pattern, flags=re.MULTILINE)
    for pattern in (
        r"^\s*\d+\. ",  # of a list
        r"[A-Za-z]-\d+",  # UTF-8, GPT-2
        r"\bU\+\w+",  # a code point
        r"\b7z\b",
        r"arXiv:[\d.]+(?:v\d+)?",
        r"\bPython 3\.\d+",
        r"\b(?:[A-Z][\w’-]+|al\.),?\s(?!2000)(?:19|20)\d\d\b",  # a year behind a name
        r"\b(?:equations?|algorithm|theorem|section|figure|table|page|lemma|proposition|corollary|chapter)\s"
        r"[A-Z]?\d+(?:\.\d+)*(?:–\d+)?(?!,?\d)",
    )
)
"""Names, years and places in a source, none of which is a finding."""


@dataclass(frozen=True)
class Page:
    """A page, by its name under the project's folder."""

    name: str
    text: str

    @classmethod
    def read(cls, name: str) -> Page:
        return cls(name, (ROOT / name).read_text(encoding="utf-8"))

    @cached_property
    def tables(self) -> tuple[re.Match[str], ...]:
        return tuple(_TABLE.finditer(self.text))

    def found(self, pattern: str) -> tuple[str, ...]:
        """The groups of the only place where the page has `pattern`, a line at a time."""
        places = list(re.finditer(pattern, self.text, flags=re.MULTILINE))
        assert len(places) == 1, f"{pattern} stands {len(places)} times on {self.name}"
        return tuple(places[0].groups())

    def table(self, header: str, nth: int = 0) -> list[dict[str, str]]:
        """The rows of the n-th table whose first line begins with `header`; of columns named alike the second is
        ``name 2``."""
        return [dict(zip(names, cells, strict=True)) for names, cells in self._rows(header, nth)]

    def _rows(self, header: str, nth: int) -> Iterator[tuple[list[str], list[str]]]:
        found = [one[0] for one in self.tables if one[0].startswith(header)][nth]
        first, _, *lines = ([cell.strip() for cell in line[1:-1].split(" | ")] for line in found.splitlines())
        names = [f"{name} {first[: i + 1].count(name)}" if name in first[:i] else name for i, name in enumerate(first)]
        yield from ((names, line) for line in lines)


@dataclass(frozen=True)
class Sentence:
    """Words of a page with ``{}`` for each number, and what gives these numbers, in their order.

    White space may be any; a number may be written out. Each place where the words stand is compared.
    """

    words: str
    values: Callable[[Page], Iterable[Any]]
    slow: bool = False
    """Whether the values take seconds: they are compared by a verification alone."""
    data: bool = False
    """Whether they need published data."""

    def places(self, page: Page) -> list[re.Match[str]]:
        parts = (r"\s+".join(map(re.escape, re.split(r"\s+", part))) for part in self.words.split("{}"))
        return list(re.finditer(_HOLE.join(parts), page.text))

    def faults(self, page: Page, slow: bool = False) -> Iterator[str]:
        """What differs; where values are slow only with `slow`, where they are not only without."""
        places = self.places(page)
        if not places:
            yield f"no longer there: {self.words}"
        if self.slow is not slow or not places:
            return
        values = tuple(self.values(page))
        for place in places:
            if len(values) != len(place.groups()):
                yield f"{len(values)} values for: {self.words}"
            elif wrong := [f"{one} is {value}" for one, value in zip(place.groups(), values, strict=True)
                           if not same(one, value)]:  # fmt: skip
                yield f"{'; '.join(wrong)}: {place[0]}"


@dataclass(frozen=True)
class Table:
    """Tables by the beginning of their first line, and the test that makes them again: ``test_module.test_name``.

    Where a test measures for long, or a part alone, `seal` is the SHA-256 of what its command wrote, so that no number
    is changed by hand.
    """

    header: str
    test: str
    seal: str = ""

    def faults(self, page: Page, slow: bool = False) -> Iterator[str]:
        found = [page.text[slice(*span)] for span in self.spans(page)]
        if not found:
            yield f"no longer there: {self.header}"
        module, name = self.test.split(".")
        path = ROOT / "tests" / f"{module}.py"
        if not path.is_file() or f"def {name}(" not in path.read_text(encoding="utf-8"):
            yield f"no such test: {self.test}"
        seal = sha256("".join(found).encode()).hexdigest()[:16]
        if self.seal and seal != self.seal:
            yield f"not what a command wrote, or its seal is {seal} now: {self.header}"

    def spans(self, page: Page) -> list[tuple[int, int]]:
        return [one.span() for one in page.tables if one[0].startswith(self.header)]


Check = Sentence | Table


def same(written: str, value: Any) -> bool:
    """Whether a number that is written is `value`, rounded to the digits that are written; words are themselves."""
    if isinstance(value, str):
        return written == value
    if written.lower() in WORDS:
        return abs(WORDS[written.lower()] - float(value)) < 1e-9
    try:
        number = Decimal(written.replace(",", ""))
    except ArithmeticError:
        return False
    unit = Decimal(1).scaleb(int(number.as_tuple().exponent))
    return bool(abs(float(number) - float(value)) <= 0.5 * float(unit) * (1 + 1e-9))


def given(*values: Any) -> Callable[[Page], Sequence[Any]]:
    """Numbers of a formula or of a definition, which the check says a second time."""
    return lambda page: values


def error_of_share(share: float, n: float) -> float:
    """Standard error of a share, such as a coverage, among n."""
    return math.sqrt(share * (1 - share) / n)


def default(function: Callable[..., Any], name: str) -> Any:
    """What a function takes for a parameter that is not given."""
    return signature(function).parameters[name].default


def checks() -> dict[str, tuple[Check, ...]]:
    """The checks of each page."""
    found: dict[str, tuple[Check, ...]] = {}
    for module in walk_packages([str(ROOT / "tests" / "page_checks")], "tests.page_checks."):
        for name, some in getattr(import_module(module.name), "CHECKS", {}).items():
            found[name] = (*found.get(name, ()), *some)
    return found


def faults(page: Page, some: Iterable[Check]) -> list[str]:
    """What is wrong with the numbers of a page: none is held, or one differs from what holds it."""
    some = tuple(some)
    held = [span for one in some for span in _held(one, page)]
    text = page.text
    loose = [
        f"{number[0]} is held by nothing: …{' '.join(text[max(0, number.start() - 90) : number.end() + 50].split())}…"
        for number in numbers(text)
        if not any(start <= number.start() and number.end() <= end for start, end in held)
    ]
    return [*loose, *(fault for one in some for fault in one.faults(page))]


def numbers(text: str) -> Iterator[re.Match[str]]:
    """The numbers of a text, outside code and exemptions."""
    out = [one.span() for pattern in (_CODE, *EXEMPT) for one in pattern.finditer(text)]
    covered = bytearray(len(text))
    for start, end in out:
        covered[start:end] = b"\1" * (end - start)
    return (one for one in NUMBER.finditer(text) if not covered[one.start()])


def _held(one: Check, page: Page) -> list[tuple[int, int]]:
    if isinstance(one, Table):
        return one.spans(page)
    return [place.span(i) for place in one.places(page) for i in range(1, len(place.groups()) + 1)]
