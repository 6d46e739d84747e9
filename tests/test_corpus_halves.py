"""Real texts against themselves: does the interval of one half hold the exponent of the other, in whatever order?

Set EFFICIENCY_BOUNDS_DATA to run it. ``python -m tests.test_corpus_halves`` writes the table of docs/corpora.md.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from simulate.text import CorpusFit, fit_corpus
from simulate.text.cutting.sequences import Units, read_units
from simulate.text.growth import measure_units
from tests.test_corpus_data import document_starts

pytestmark = pytest.mark.data

CORPORA = ("eng_novels", "c_linux", "deu_laws", "eng_shakespeare", "zho_tang")
LENGTHS = (1, 2, 4)
SPLITS = 10
PAGE = Path(__file__).parent.parent / "docs" / "corpora.md"


def folder() -> Path | None:
    mirror = os.environ.get("EFFICIENCY_BOUNDS_DATA")
    return Path(mirror) / "corpora" if mirror and (Path(mirror) / "corpora").is_dir() else None


def unit_of(name: str) -> str:
    return "char" if name == "zho_tang" else "word"


def read(name: str) -> Units:
    where = folder()
    assert where is not None
    return read_units(where / f"{name}.txt.zst", unit_of(name))


def fits_of(units: Units) -> list[CorpusFit]:
    """One for each of `LENGTHS`."""
    return [fit_corpus(growth) for growth in measure_units(units, LENGTHS, at="all")]


def part(units: Units, ids: np.ndarray) -> Units:
    return replace(units, ids=ids, starts=np.array([0, len(ids)], dtype=np.int64))


def in_a_row(units: Units) -> tuple[Units, Units]:
    middle = units.n_units // 2
    return part(units, units.ids[:middle]), part(units, units.ids[middle:])


def at_random(name: str, units: Units) -> Iterator[tuple[Units, Units]]:
    """Halves of the documents in random orders."""
    where = folder()
    assert where is not None
    starts = document_starts(where, name, units.unit, units.n_units)
    for seed in range(SPLITS):
        order = np.random.default_rng(seed).permutation(len(starts) - 1)
        ids = np.concatenate([units.ids[starts[i] : starts[i + 1]] for i in order])
        yield in_a_row(part(units, ids))


def holds(pairs: list[tuple[CorpusFit, CorpusFit]]) -> tuple[int, int, int, float, float]:
    """Intervals, those that hold the other's exponent, its slope at the end; mean width, and of it from misfit."""
    both = [(a, b) for one, other in pairs for a, b in ((one, other), (other, one))]
    given = [(a.interval, b) for a, b in both if a.interval is not None and b.interval is not None]
    held = sum(interval.lower <= b.exponent <= interval.upper for interval, b in given)
    slopes = sum(interval.lower <= b.slope <= interval.upper for interval, b in given)
    width = float(np.mean([interval.width for interval, _ in given]))
    misfit = float(np.mean([a.misfit_below + a.misfit_above for a, _ in both if a.interval is not None]))
    return len(given), held, slopes, width, misfit


def measure(name: str) -> list[tuple[str, tuple[int, int, int, float, float]]]:
    """What `holds` says of halves in a row, and of halves of random documents."""
    units = read(name)
    found = [("in a row", holds(list(zip(*map(fits_of, in_a_row(units)), strict=True))))]
    if name != "eng_shakespeare":  # one document
        split = [pair for halves in at_random(name, units) for pair in zip(*map(fits_of, halves), strict=True)]
        found.append((f"{SPLITS} random halves of the documents", holds(split)))
    return found


def orders() -> tuple[int, int, int, float]:
    """Pairs of files and lengths; those whose two orders differ in form, and those with p on either side of .01."""
    where = folder()
    assert where is not None
    paths = [where / f"{name}.txt.zst" for name in CORPORA if unit_of(name) == "word"]
    pairs = []
    for files in combinations(paths, 2):
        there, back = (fits_of(read_units(order)) for order in (files, files[::-1]))
        pairs += list(zip(there, back, strict=True))
    form = sum((a.interval is None) != (b.interval is None) for a, b in pairs)
    sides = sum((a.p_value < 0.01) != (b.p_value < 0.01) for a, b in pairs)
    ends = [max(abs(x - y) for x, y in zip(a.interval, b.interval, strict=True)) / a.interval.width for a, b in pairs]
    return len(pairs), form, sides, float(max(ends))


@pytest.mark.verification
@pytest.mark.parametrize("name", CORPORA)
def test_one_half_speaks_of_the_other(name):
    if folder() is None:
        pytest.skip("EFFICIENCY_BOUNDS_DATA is not set: it names the folder that holds corpora/")
    page = PAGE.read_text(encoding="utf-8").splitlines()
    for how, found in measure(name):
        assert row_of(name, how, found) in page
        given, held, slopes, _, _ = found
        assert given > 0
        assert held >= 0.8 * given
        assert slopes >= 0.8 * given


@pytest.mark.verification
def test_the_order_of_files_does_not_decide():
    if folder() is None:
        pytest.skip("EFFICIENCY_BOUNDS_DATA is not set: it names the folder that holds corpora/")
    count, form, _, moved = orders()
    assert count > 0
    assert form == 0
    assert moved < 0.5


def row_of(name: str, how: str, found: tuple[int, int, int, float, float]) -> str:
    """A line of the table of the page."""
    given, held, slopes, width, misfit = found
    return f"| {name} | {how} | {given} | {held} | {slopes} | {width:.3f} | {misfit:.3f} |"


def write_page() -> None:
    """Put the table, and the sentence on orders, between the two comments of the page."""
    lines = [
        "| text | halves | intervals | hold γ of the other half | its slope at the end | mean width | of it misfit |",
        "|---" * 7 + "|",
    ]
    for name in CORPORA:
        for how, found in measure(name):
            lines.append(row_of(name, how, found))
            print(lines[-1], flush=True)
    count, form, sides, moved = orders()
    lines += [
        "",
        f"Two of the four texts in words, named in both orders, {count} cases: in {form} of them one order has an "
        f"interval and the other none, though in {sides} the p-values lie on either side of .01; the ends of the "
        f"interval move by at most {moved:.0%} of its width.",
    ]
    print(lines[-1])
    begin, end = "<!-- table of halves -->\n", "\n<!-- end of the table of halves -->"
    before, rest = PAGE.read_text(encoding="utf-8").split(begin)
    PAGE.write_text(before + begin + "\n".join(lines) + end + rest.split(end)[1], encoding="utf-8")


if __name__ == "__main__":
    write_page()
