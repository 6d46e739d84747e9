"""How much worse a sketch tells text that is held back than exact counts do: the protocol of `tests.test_held_back`.

Of three of its texts, windows of 1, 2 and 3 words, one shuffle of each order, the first half and the first tenth. The
default of exact counts and that of sketches of each of `PRECISIONS`, both with the widths that are shipped, tell U of
the whole. The error is that of the logit of the part of the further windows that is new; root of the mean over texts of
the mean square. An interval holds if U of the whole lies in it.

Set EFFICIENCY_BOUNDS_DATA to run it. ``python -m tests.test_held_back_sketches`` writes the table of docs/corpora.md,
in less than a minute.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pytest

from bounds.fitting.extrapolation.extrapolate import Extrapolation
from simulate.text.cutting.sequences import Units, read_units
from simulate.text.extrapolation import by_sample, more_text
from simulate.text.growth import measure_units, spectrum_edges
from simulate.text.held_back import DEFAULT
from simulate.text.sketches.ahead import SampledText
from simulate.text.sketches.run import Run
from tests.page_numbers import Page
from tests.test_corpus_halves import PAGE, folder
from tests.test_held_back import beginning, logit, put, shuffled

pytestmark = pytest.mark.data

TEXTS = ("eng_novels", "deu_laws", "eng_shakespeare")
LENGTHS = (1, 2, 3)
FACTORS = (2, 10)
PRECISIONS = (14, 10)


class Told(NamedTuple):
    """What was told of one text, by exact counts (precision 0) or a sketch: error, and whether its interval holds."""

    corpus: str
    times: int
    precision: int
    error: float
    holds: bool


def sketched(units: Units, length: int, precision: int, seed: int) -> SampledText:
    """The text sketched as `simulate.sketch_corpus` does it."""
    run = Run.begin([length], units.unit, precision, seed)
    for first, end in zip(units.starts[:-1], units.starts[1:], strict=True):
        part = units.ids[first:end].astype(np.uint64)
        run.sketches[0].add_windows(part, length)
        run.samples[0].add_windows(part, length)
    run.note(end=True)
    ((noted,),) = run.noted.values()
    assert noted.types is not None
    return SampledText(round(noted.estimate), noted.interval, noted.types, spectrum_edges(float(units.n_units)))


def told(corpus: str, times: int, precision: int, one: Extrapolation, now: float, whole: float) -> Told:
    room = (one.factor - 1) * one.n_draws
    error = logit((one.expected - one.n_unique) / room) - logit((whole - now) / room)
    return Told(corpus, times, precision, error, one.interval.lower <= whole <= one.interval.upper)


def cases(corpus: str, lengths: Sequence[int] = LENGTHS, precisions: Sequence[int] = PRECISIONS) -> Iterator[Told]:
    where = folder()
    assert where is not None
    base = read_units(where / f"{corpus}.txt.zst", "word")
    for order in ("chunks", "documents"):
        if order == "documents" and corpus == "eng_shakespeare":
            continue  # one document
        text = shuffled(corpus, base, order, 0)
        whole = measure_units(text, lengths, at="all", blocks=0)
        for times in FACTORS:
            part = beginning(text, text.n_units // times)
            for growth, all_of_it in zip(measure_units(part, lengths, at="all"), whole, strict=True):
                now, then = float(growth.n_unique[-1]), float(all_of_it.n_unique[-1])
                factor = float(all_of_it.n_draws[-1] / growth.n_draws[-1])
                (chosen,) = more_text(growth, (factor,)).chosen
                yield told(corpus, times, 0, chosen, now, then)
                for precision in precisions:
                    text_now = sketched(part, growth.length, precision, 0)
                    found = [by_sample(name, text_now, [factor], 0.95)[0] for name in DEFAULT]
                    yield told(corpus, times, precision, next(one for one in found if not one.why_not), now, then)


def table(found: Sequence[Told]) -> list[str]:
    lines = ["| counts | times | cases | error (rms) | interval holds |", "|---" * 5 + "|"]
    for precision in (0, *PRECISIONS):
        for times in FACTORS:
            mine = [one for one in found if (one.precision, one.times) == (precision, times)]
            squares = [np.mean([one.error**2 for one in mine if one.corpus == corpus]) for corpus in TEXTS]
            name = f"sketch, precision {precision}" if precision else "exact"
            lines.append(
                f"| {name} | {times} | {len(mine)} | {math.sqrt(np.mean(squares)):.3f} | "
                f"{sum(one.holds for one in mine)} of {len(mine)} |"
            )
    return lines


@pytest.mark.verification
def test_the_table_is_what_comes_out():
    if folder() is None:
        pytest.skip("EFFICIENCY_BOUNDS_DATA is not set: it names the folder that holds corpora/")
    found = [one for corpus in TEXTS for one in cases(corpus)]
    rows = Page.read("docs/corpora.md").table("| counts | times |")
    assert [f"| {' | '.join(row.values())} |" for row in rows] == table(found)[2:]


def test_a_sketch_of_the_plays_tells_what_their_counts_tell():
    """By a sketch whose error is small beside what the text itself leaves open."""
    if folder() is None:
        pytest.skip("EFFICIENCY_BOUNDS_DATA is not set: it names the folder that holds corpora/")
    found = list(cases("eng_shakespeare", (2,), (12,)))
    assert [one.precision for one in found] == [0, 12] * len(FACTORS)
    assert all(one.holds for one in found)
    for exact, sketch in zip(found[::2], found[1::2], strict=True):
        assert abs(exact.error - sketch.error) < 0.15


if __name__ == "__main__":
    everything: list[Told] = []
    for name in TEXTS:
        everything += cases(name)
        print(name, len(everything), file=sys.stderr, flush=True)
    PAGE.write_text(
        put(PAGE.read_text(encoding="utf-8"), "table of sketches held back", table(everything)), encoding="utf-8"
    )
