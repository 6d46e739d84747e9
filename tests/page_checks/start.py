"""The numbers of the README, and of the pages on Python and on pages to send."""

from __future__ import annotations

import re
import tomllib
from functools import cache

import bounds
from tests.page_numbers import ROOT, Page, Sentence, default


def _band(page: Page) -> tuple[float, float, float, float]:
    """β as published, and the ends and the middle of its band."""
    beta = next(row.beta for row in bounds.bands(1e12) if row.law == "hoffmann2022")
    band = bounds.exponent_band(beta)
    return beta, band.lower, band.upper, band.midpoint


@cache
def _slopes() -> tuple[float, float, float]:
    """a and b of the lower end a - bβ of the band, and a of the upper end."""
    one, other = bounds.exponent_band(0.1), bounds.exponent_band(0.2)
    slope = (other.lower - one.lower) / 0.1
    return one.lower - 0.1 * slope, -slope, one.upper - 0.1 * (other.upper - one.upper) / 0.1


def _missed(page: Page) -> list[float]:
    """How far intervals of the first table end from the exponent that was planted, those that do not hold it."""
    rows = re.findall(r"^\S+ +(0\.\d{4}) +0\.\d{4} \[(0\.\d{4}), (0\.\d{4})\]", page.text, flags=re.MULTILINE)
    return [
        max(low - true, true - high) for true, low, high in (map(float, row) for row in rows) if not low <= true <= high
    ]


def _rows(page: Page, law: str) -> tuple[str, ...]:
    return page.found(rf"^{law} +(\S+) +(\S+) +(\S+) +(\S+) ")


def _python(page: Page) -> tuple[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return (project["requires-python"].removeprefix(">="),)


def _example_runs(page: Page) -> tuple[int]:
    from simulate.studies.examples import example_runs

    return (len(example_runs().splitlines()) - 1,)


def _example_exponent(page: Page) -> tuple[float]:
    from simulate.studies.examples import example_text

    return (bounds.parse_source(default(example_text, "source")).limit_exponent,)


def _multiplicities(page: Page) -> tuple[int, int]:
    from simulate.running.showing.spectra import MOST

    return 1, MOST


def _until() -> str:
    from bounds.base.lazy_names import UNTIL

    return UNTIL


def _labels(page: Page) -> tuple[int]:
    from bounds.base.intervals import LABELS

    return (len(LABELS),)


CHECKS = {
    "README.md": (
        Sentence("between D^({}-{}β) and D^({}-β)", lambda page: _slopes()),
        Sentence("β = {} that is D^{} and D^{}, and halfway lies N ~ D^{} (", _band),
        Sentence("with Python {} or newer", _python),
        Sentence("about one in {} intervals should miss", lambda page: (1 / (1 - 0.95),)),
        Sentence("with this seed {} of the five does, by {}.", lambda page: (len(_missed(page)), max(_missed(page)))),
        Sentence("what {} published loss laws say", lambda page: (len(bounds.LAWS),)),
        Sentence("{} is the middle of one row", lambda page: (_rows(page, "hoffmann2022")[2].rstrip("0"),)),
        Sentence("fitted again, give {} (`epoch2024`)", lambda page: (float(_rows(page, "epoch2024")[2]),)),
        Sentence("a text whose exponent is {},", _example_exponent),
        Sentence("writes {} runs of a published law", _example_runs),
        Sentence("The exponents {}, {} and {} are *heuristic*", lambda page: [_band(page)[i] for i in (1, 3, 2)]),
        Sentence("carries one of {} labels", _labels),
    ),
    "docs/python.md": (
        Sentence("still work there until {},", lambda page: (_until(),)),
    ),
    "docs/reports.md": (
        Sentence("were seen k times, k = {} to {},", _multiplicities),
    ),
}  # fmt: skip
