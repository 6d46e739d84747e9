"""The numbers of docs/loss.md on loss from counts: of its tables, and of the record that is kept."""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from tests.page_numbers import Page, Sentence, Table

_RECORD, _WON = "| unit, learner | times | from-counts |", "| unit, learner | times | power-law-all |"
_KINDS = "| kind, learner |"


@cache
def _cells(protocol: int):
    from simulate.text.learning.foretelling.record import cells

    return [one for one in cells() if not protocol or one.protocol == protocol]


def _cell(text: str, unit: str, times: int, learner: str = "kneser-ney"):
    (found,) = (
        one for one in _cells(0) if (one.text, one.unit, one.times, one.learner) == (text, unit, times, learner)
    )
    return found


def _error(text: str, unit: str, times: int, method: str = "from-counts", learner: str = "kneser-ney") -> float:
    from simulate.text.learning.foretelling.record import METHODS

    return round(_cell(text, unit, times, learner).errors[METHODS.index(method)], 2)


def _nearest(protocol: int) -> tuple[int, int]:
    from tests.loss_records import nearest

    return nearest(_cells(protocol)).count("from-counts"), len(_cells(protocol))


def _texts(protocol: int) -> tuple[int]:
    return (len({one.text for one in _cells(protocol)}),)


def _ranges(page: Page) -> tuple[float, ...]:
    """Of the eight rows: least and largest error of from-counts, of the better power law, of the line."""
    rows = page.table(_RECORD, 1)

    def errors(name: str) -> list[float]:
        return [float(row[name].split()[0]) for row in rows]

    power = [min(pair) for pair in zip(errors("power-law-all"), errors("power-law-last"), strict=True)]
    own, line, others = errors("from-counts"), errors("log-linear"), errors("spectrum")
    assert all(one < min(rest) for one, *rest in zip(own, power, line, others, strict=True))
    return len(rows), min(own), max(own), min(power), max(power), min(line), max(line)


def _nearer(page: Page) -> tuple[int, ...]:
    from simulate.text.learning.foretelling.record import wins

    all_sizes, last, line = (
        wins(_cells(2), "from-counts", name) for name in ("power-law-all", "power-law-last", "log-linear")
    )
    assert last == line
    return *_nearest(2), all_sizes, last


def _undecided(page: Page) -> tuple[int, ...]:
    """Comparisons whose Wilson interval holds a half: number, of how many, and of each times, wins and texts."""
    rows, names = page.table(_WON, 1), ("power-law-all", "power-law-last", "log-linear", "spectrum")
    found = [(row, name) for row in rows for name in names if float(row[name].split("[")[1].split(",")[0]) <= 0.5]
    assert [(row["unit, learner"], name) for row, name in found] == [
        ("byte, ppm-d", "power-law-last"), ("word, kneser-ney", "power-law-all")
    ]  # fmt: skip
    (bytes_, by_last), (words, by_all) = found
    told = [
        part for row, name in ((words, by_all), (bytes_, by_last))
        for part in (int(row["times"]), *(int(number) for number in row[name].split(" [")[0].split(" of ")))
    ]  # fmt: skip
    return len(found), len(rows) * len(names), *told


def _fails(page: Page) -> tuple[float, ...]:
    return (
        _error("locales", "word", 4), _error("locales", "word", 16), 4, 16,
        _error("locales", "word", 4, "log-linear"), _error("locales", "word", 16, "log-linear"),
        _error("vim_scripts", "word", 4, learner="ppm-d"), _error("vim_scripts", "byte", 4, learner="ppm-d"), 4,
        _error("licences", "byte", 4), _error("licences", "byte", 4, "power-law-all"),
    )  # fmt: skip


def _spectrum(page: Page) -> tuple[float, ...]:
    found = [float(row["spectrum"].split()[0]) for row in page.table(_RECORD, 1)]
    return min(found), max(found), 1


def _nothing_to_come(page: Page) -> tuple[int, int, float]:
    return sum(one.errors[-1] > 1 - 1 / 5 for one in _cells(0)), len(_cells(0)), 1 / 5


@cache
def _reaches() -> tuple[tuple[int, ...], tuple[float, ...]]:
    """Of the second protocol: how often each of the five intervals holds, and the medians of their halves."""
    from tests.loss_records import reaches

    reach = np.array([reaches(_cells(0), one) for one in _cells(2)])
    held = (np.abs([one.errors[0] for one in _cells(2)])[:, None] <= reach).sum(axis=0)
    return tuple(held.tolist()), tuple(np.median(reach, axis=0).tolist())


def _of_loss(page: Page) -> tuple[float, ...]:
    (test, orders, fit, _, _), (_, _, half, _, _) = _reaches()
    assert fit == len(_cells(2))
    return test, len(_cells(2)), orders, half


def _of_drop(page: Page) -> tuple[float, ...]:
    (*_, test, fit), (*_, half, whole) = _reaches()
    assert fit == len(_cells(2))
    return test, len(_cells(2)), half, whole


def _one_order(page: Page) -> tuple[float, ...]:
    """How much the error grows with one order, in the rows of other texts: by bytes at four times, and elsewhere."""
    grown: dict[bool, list[float]] = {True: [], False: []}
    for row in page.table(_RECORD, 1):
        rise = float(row["one order alone"]) - float(row["from-counts"].split()[0])
        grown[row["unit, learner"].startswith("byte") and row["times"] == "4"].append(rise)
    return min(grown[False]), max(grown[False]), 4, min(grown[True]), max(grown[True])


def _worst_order(page: Page) -> tuple[int, int]:
    one = _cell("locales", "byte", 4, "ppm-d")
    return math.ceil(one.one_order / abs(one.errors[0])), one.times


def _by_kind(page: Page) -> tuple[int, int]:
    rows = [row for row in page.table(_KINDS) if row["better"] != "–"]
    return len(rows), sum(row["told apart"] == "yes" for row in rows)


def _few(page: Page) -> tuple[int]:
    rows = (row for row in page.table(_KINDS) if row["kind, learner"].startswith("steepening"))
    return (sum(int(row["cells (texts)"].split()[0]) for row in rows),)


def _errors_by_kind(page: Page) -> tuple[float, ...]:
    found: dict[bool, list[float]] = {True: [], False: []}
    for row in page.table(_KINDS):
        if row["better"] != "–":
            found[row["kind, learner"].startswith(("flattening", "straight"))].append(float(row["from-counts"]))
    return min(found[True]), max(found[True]), min(found[False]), max(found[False])


def _furthest(page: Page) -> tuple[int]:
    from simulate.text.learning.curves import FURTHEST

    return (FURTHEST,)


CHECKS = {
    "docs/loss.md": (
        Sentence("<!-- tables of loss from counts --> Root mean square error over {} texts", lambda page: _texts(1)),
        Sentence("in {} of {} cells nearest, most of all", lambda page: _nearest(1)),
        Sentence("{} texts, four of them of code.", lambda page: _texts(1)),
        Sentence("Texts: {} more that the slopes", lambda page: _texts(2)),
        Sentence(
            "<!-- tables of loss from counts on other texts --> Root mean square error over {} texts",
            lambda page: _texts(2),
        ),
        Sentence(
            "the smallest in all {} rows, {} to {} of the drop against {} to {} of the better power law in each and "
            "{} to {} of the "
            "line", _ranges,
        ),
        Sentence(
            "the nearest of five in {} of {} cells, nearer than the power law through all sizes in {}, than that of "
            "the last five "
            "and the line in {} each", _nearer,
        ),
        Sentence(
            "In {} of the {} comparisons the fifteen texts do not tell it apart: by words at {} times from the "
            "power law through "
            "all sizes with Kneser–Ney ({} of {}), and by bytes at {} times from that of the last five with PPM ({} "
            "of {}).",
            _undecided,
        ),
        Sentence("these are not {} witnesses", lambda page: _undecided(page)[1:2]),
        Sentence(
            "definitions of locales by words ({} and {} of the drop at {} and {} times: it foretells far too large "
            "a drop; the line "
            "has {} and {}), vim's scripts ({} by words and {} by bytes, at {} times by PPM), licences by bytes "
            "({}; the power law "
            "{})", _fails,
        ),
        Sentence("foretells nothing: {} to {} of the drop, where foretelling no drop at all would have {}.", _spectrum),
        Sentence("In {} of all {} cells it says that less than a {} of the drop", _nothing_to_come),
        Sentence(
            "hold what was measured in {} of {} cells, with orders of training in {}, and with lack of fit in all. "
            "Half of them is "
            "{} of the drop in the median", _of_loss,
        ),
        Sentence(
            "test documents alone hold it in {} of {}, and all parts in all, at about half the width ({} and {})",
            _of_drop,
        ),
        Sentence("the error grows by {} to {} of the drop, by bytes at {} times by {} to {};", _one_order),
        Sentence("it can be nearly {} times as large (locales by bytes at {} times, PPM)", _worst_order),
        Sentence("among the {} rows with cells they are told apart in {}.", _by_kind),
        Sentence("too few ({} cells) to tell", _few),
        Sentence("{} to {} where curves flatten or are straight, {} to {} where", _errors_by_kind),
        Sentence("counts up to {} times as many", _furthest),
        Table(_RECORD, "test_loss_from_counts.test_the_page_has_the_tables_that_the_record_makes"),
        Table(_WON, "test_loss_from_counts.test_the_page_has_the_tables_that_the_record_makes"),
        Table(
            "| text | unit | times | kind |",
            "test_loss_from_counts.test_the_page_has_the_tables_that_the_record_makes",
        ),
        Table(_KINDS, "test_loss_from_counts.test_the_page_has_the_tables_that_the_record_makes"),
    ),
}  # fmt: skip
