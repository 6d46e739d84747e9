"""How far methods of extrapolation are off on real texts whose rest is held back. The protocol was written first:

* Texts: the five corpora of `CORPORA`. Windows of 1, 2 and 3 words, and of 3 and 5 bytes.
* Orders: chunks of 1000 units shuffled, and whole documents shuffled (not of the corpus that is one document);
  `SHUFFLES` seeds each. The first half, quarter, tenth and thirtieth of that order are seen, blocks of text and
  spectrum included, as a user would count them; the number of distinct windows of the whole is to be told.
* The error is that of logit p, p being the part of the further windows that is new. A method that refuses has no error;
  refusals are counted.
* Of the part of the windows near the end that is new (`new_share`) likewise: the truth is that of the last twentieth.
* The record of a method at a factor is the root of the mean over corpora of the mean square over the cases of each. Its
  lack of fit is the same with the square of the standard error from sampling taken off each square, down to 0.
* The default is the method with the least mean record over the factors, among those that refuse in a tenth of the cases
  at most; the others follow by their record, those that refuse more often last.
* Coverage is counted leaving one corpus out: the default and the widths are those of the other four corpora.

Set EFFICIENCY_BOUNDS_DATA to run it. ``python -m tests.test_held_back`` writes the tables of docs/corpora.md and
simulate/text/held_back.py, in about a quarter of an hour.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from scipy.special import stdtrit

from bounds.fitting.extrapolation.extrapolate import METHODS, extrapolated
from simulate.text import held_back
from simulate.text.cutting.sequences import Units, read_units, shuffle_chunks
from simulate.text.extrapolation import more_text, seen_of
from simulate.text.growth import CorpusGrowth, measure_units
from tests.page_numbers import Page
from tests.test_corpus_data import document_starts
from tests.test_corpus_halves import CORPORA, PAGE, folder

pytestmark = pytest.mark.data

FACTORS = (2, 4, 10, 30)
UNITS = (("word", (1, 2, 3)), ("byte", (3, 5)))
ORDERS = ("chunks", "documents")
SHUFFLES = 2
RECORD = Path(held_back.__file__)


@dataclass(frozen=True)
class Case:
    """One prediction of one text: for each method that applies, (logit predicted - logit true, its standard error)."""

    corpus: str
    order: str
    unit: str
    length: int
    times: int
    errors: dict[str, tuple[float, float]]
    share: float
    """The true part of the further windows that is new."""
    at_end: dict[str, tuple[float, float]]
    """As `errors`, of the part of the last windows that is new."""


def shuffled(name: str, base: Units, order: str, seed: int) -> Units:
    if order == "chunks":
        return shuffle_chunks(base, 1000, seed)
    where = folder()
    assert where is not None
    starts = document_starts(where, name, base.unit, base.n_units)
    places = np.random.default_rng(seed).permutation(len(starts) - 1)
    ids = np.concatenate([base.ids[starts[i] : starts[i + 1]] for i in places])
    return replace(base, ids=ids, starts=np.array([0, len(ids)], dtype=np.int64))


def beginning(units: Units, n_units: int) -> Units:
    return replace(units, ids=units.ids[:n_units], starts=np.minimum(units.starts, n_units))


def logit(share: float) -> float:
    return math.log(share) - math.log1p(-share)


Errors = dict[str, tuple[float, float]]


def told(growth: CorpusGrowth, whole: CorpusGrowth) -> tuple[float, float, Errors, Errors]:
    """Factor, true part of new windows, and the errors of each method that applies, of all of them and at the end."""
    seen = seen_of(growth)
    factor = float(whole.n_draws[-1] / seen.n_draws)
    room = (factor - 1) * seen.n_draws
    share = float(whole.n_unique[-1] - seen.n_unique) / room
    rate = float(np.diff(whole.n_unique[-2:])[0] / np.diff(whole.n_draws[-2:])[0])
    errors, at_end = Errors(), Errors()
    for name in METHODS:
        one = extrapolated(seen, factor, name)
        if not one.why_not:
            errors[name] = (logit((one.expected - seen.n_unique) / room) - logit(share), one.logit_error)
            if 0 < one.new_share < 1:  # else it has no interval that could hold anything else
                at_end[name] = (logit(one.new_share) - logit(rate), one.logit_error)
    return factor, share, errors, at_end


def cases(
    name: str, units: Sequence = UNITS, orders: Sequence[str] = ORDERS, shuffles: int = SHUFFLES
) -> Iterator[Case]:
    where = folder()
    assert where is not None
    for unit, lengths in units:
        base = read_units(where / f"{name}.txt.zst", unit)
        for order in orders:
            if order == "documents" and name == "eng_shakespeare":
                continue  # one document
            for seed in range(shuffles):
                text = shuffled(name, base, order, seed)
                whole = measure_units(text, lengths, at=[text.n_units - text.n_units // 20, text.n_units], blocks=0)
                for times in FACTORS:
                    parts = measure_units(beginning(text, text.n_units // times), lengths, at="all")
                    for growth, all_of_it in zip(parts, whole, strict=True):
                        _, share, errors, at_end = told(growth, all_of_it)
                        yield Case(name, order, unit, growth.length, times, errors, share, at_end)


# ---------------------------------------------------------------- the record


def at_the_end(found: Sequence[Case]) -> list[Case]:
    """The same cases with the errors of the part of the last windows that is new."""
    return [replace(case, errors=case.at_end) for case in found]


def per_corpus(found: Sequence[Case], method: str, times: int, sampling: bool) -> dict[str, float]:
    """Mean square error of each corpus; with `sampling` what that explains is taken off."""
    squares: dict[str, list[float]] = {}
    for case in found:
        if case.times == times and method in case.errors:
            error, deviation = case.errors[method]
            squares.setdefault(case.corpus, []).append(max(error**2 - (deviation**2 if sampling else 0.0), 0.0))
    return {corpus: float(np.mean(values)) for corpus, values in squares.items()}


def record(found: Sequence[Case], method: str, times: int, *, sampling: bool = False) -> float:
    """Root mean square over corpora; nan where the method never applied."""
    squares = per_corpus(found, method, times, sampling)
    return math.sqrt(float(np.mean(list(squares.values())))) if squares else math.nan


def refused(found: Sequence[Case], method: str) -> float:
    return 1 - float(np.mean([method in case.errors for case in found]))


def by_record(found: Sequence[Case]) -> list[str]:
    """The methods, the default first."""
    means = {name: float(np.mean([record(found, name, times) for times in FACTORS])) for name in METHODS}
    return sorted(METHODS, key=lambda name: (refused(found, name) > 0.1, math.isnan(means[name]), means[name]))


def lacks(found: Sequence[Case], method: str) -> list[float]:
    """Lack of fit at each factor; where a method has no case that of the factor before, and never less than at it."""
    values = [record(found, method, times, sampling=True) for times in FACTORS]
    for i in range(1, len(values)):
        values[i] = values[i - 1] if math.isnan(values[i]) else max(values[i], values[i - 1])
    return values


def held(case: Case, method: str, lack: float, n_corpora: int) -> bool:
    error, deviation = case.errors[method]
    half = math.hypot(float(stdtrit(15, 0.975)) * deviation, float(stdtrit(n_corpora - 1, 0.975)) * lack)
    return abs(error) <= half


def left_out(found: Sequence[Case], corpus: str) -> tuple[list[str], dict[str, list[float]], list[Case]]:
    """Methods by record, lack of fit of each, both without `corpus`, and its own cases."""
    others = [case for case in found if case.corpus != corpus]
    order = by_record(others)
    return order, {name: lacks(others, name) for name in order}, [case for case in found if case.corpus == corpus]


# ---------------------------------------------------------------- what is written


def method_table(found: Sequence[Case]) -> list[str]:
    lines = ["| times | method | refused | error (rms) | worst text | interval holds | cases |", "|---" * 7 + "|"]
    outs = {corpus: left_out(found, corpus) for corpus in CORPORA}
    for place, times in enumerate(FACTORS):
        for name in by_record(found):
            mine = [case for case in found if case.times == times]
            without = np.mean([name not in case.errors for case in mine])
            if without == 1:
                lines.append(f"| {times} | {name} | 1.00 | – | – | – | 0 |")
                continue
            holds = [
                held(case, name, lack[name][place], len(CORPORA) - 1)
                for _, lack, own in outs.values() for case in own if case.times == times and name in case.errors
            ]  # fmt: skip
            squares = per_corpus(found, name, times, False)
            worst = max(squares, key=lambda corpus: squares[corpus])
            lines.append(
                f"| {times} | {name} | {without:.2f} | {record(found, name, times):.2f} | {worst} "
                f"({math.sqrt(squares[worst]):.2f}) | {np.mean(holds):.2f} | {len(holds)} |"
            )
    return lines


def corpus_table(found: Sequence[Case]) -> list[str]:
    """The method chosen on the other corpora, on each corpus and order; what went worst stands first."""
    rows = []
    for corpus in CORPORA:
        order, lack, own = left_out(found, corpus)
        for kind in ORDERS:
            for place, times in enumerate(FACTORS):
                mine = [case for case in own if case.order == kind and case.times == times]
                if not mine:
                    continue
                used = [(case, next(name for name in order if name in case.errors)) for case in mine]
                holds = float(np.mean([held(case, name, lack[name][place], len(CORPORA) - 1) for case, name in used]))
                errors = [case.errors[name][0] for case, name in used]
                size = math.sqrt(float(np.mean(np.square(errors))))
                text = (
                    f"| {corpus} | {kind} | {times} | {order[0]} | {sum(name != order[0] for _, name in used)} | "
                    f"{np.mean(errors):+.2f} | {size:.2f} | {round(holds * len(mine))} of {len(mine)} |"
                )
                rows.append((holds, -size, text))
    head = "| text | shuffled | times | default by the others | other method | mean error | rms | interval holds |"
    return [head, "|---" * 8 + "|", *(text for _, _, text in sorted(rows))]


def put(page: str, name: str, lines: Sequence[str]) -> str:
    text = "\n".join(lines)
    found, count = re.subn(
        rf"(<!-- {name} -->\n).*?(<!-- end of {name} -->)", lambda m: f"{m[1]}{text}\n{m[2]}", page, flags=re.DOTALL
    )
    assert count == 1, name
    return found


def write(found: Sequence[Case]) -> None:
    page = PAGE.read_text(encoding="utf-8")
    page = put(page, "table of held-back text", method_table(found))
    page = put(page, "table of held-back text by corpus", corpus_table(found))
    page = put(page, "table of held-back text at the end", method_table(at_the_end(found)))
    PAGE.write_text(page, encoding="utf-8")
    module = RECORD.read_text(encoding="utf-8")
    for name, some in (("LACK_OF_FIT", found), ("LACK_OF_FIT_AT_END", at_the_end(found))):
        rows = "".join(
            f'    "{method}": ({", ".join(f"{value:.3f}" for value in lacks(some, method))}),\n'
            for method in by_record(some)
        )
        begin, end = re.search(rf"{name}: [^\n]*\{{\n", module).end(), module.index("}", module.index(f"{name}: "))
        module = module[:begin] + rows + module[end:]
    RECORD.write_text(module, encoding="utf-8")


# ---------------------------------------------------------------- tests


@pytest.fixture(scope="module")
def plays():
    if folder() is None:
        pytest.skip("EFFICIENCY_BOUNDS_DATA is not set: it names the folder that holds corpora/")
    return read_units(folder() / "eng_shakespeare.txt.zst", "word")


@pytest.mark.parametrize("times", [2, 10])
def test_a_part_of_the_plays_tells_the_whole(plays, times):
    """What a user sees: the default's interval holds, on the plays, what was held back."""
    text = shuffle_chunks(plays, 1000, 7)
    whole = measure_units(text, (1, 2, 3), at=[text.n_units - text.n_units // 20, text.n_units], blocks=0)
    for growth, all_of_it in zip(
        measure_units(beginning(text, text.n_units // times), (1, 2, 3), at="all"), whole, strict=True
    ):
        truth, factor = float(all_of_it.n_unique[-1]), float(all_of_it.n_draws[-1] / growth.n_draws[-1])
        more = more_text(growth, (factor,))
        (chosen,), (at_end,) = more.chosen, more.chosen_at_end
        assert chosen.interval.lower <= truth <= chosen.interval.upper
        assert abs(chosen.expected / truth - 1) < 0.15
        rate = float(np.diff(all_of_it.n_unique[-2:])[0] / np.diff(all_of_it.n_draws[-2:])[0])
        assert at_end.new_share_interval.lower <= rate <= at_end.new_share_interval.upper


@pytest.mark.verification
def test_the_record_is_that_of_the_plays_too(plays):
    """The part of the record that one corpus gives; the command measures all of them."""
    found = list(cases("eng_shakespeare"))
    assert len(found) == SHUFFLES * len(FACTORS) * 5
    for case in found:
        name = next(name for name in held_back.DEFAULT if name in case.errors)
        place = FACTORS.index(case.times)
        assert held(case, name, held_back.LACK_OF_FIT[name][place], len(CORPORA))
        name, case = held_back.DEFAULT_AT_END[0], replace(case, errors=case.at_end)
        assert held(case, name, held_back.LACK_OF_FIT_AT_END[name][place], len(CORPORA))
    rows = [
        row for row in Page.read("docs/corpora.md").table("| text | shuffled |") if row["text"] == "eng_shakespeare"
    ]
    assert len(rows) == len(FACTORS)
    for row in rows:
        assert row["other method"] == "0", "so that the method is known without the other corpora"
        method = row["default by the others"]
        errors = [case.errors[method][0] for case in found if case.times == int(row["times"])]
        assert row["mean error"] == f"{np.mean(errors):+.2f}"
        assert row["rms"] == f"{math.sqrt(float(np.mean(np.square(errors)))):.2f}"


if __name__ == "__main__":
    everything: list[Case] = []
    for corpus in CORPORA:
        everything += cases(corpus)
        print(corpus, len(everything), file=sys.stderr, flush=True)
    write(everything)
