"""The numbers of docs/loss.md: of its tables, of the record that is kept, and of the code."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
from scipy.optimize import brentq

from tests.page_numbers import Page, Sentence, Table, default

_TEXTS, _RECORD, _WON = "| text | D | L(D) |", "| unit, learner | times | from-counts |", "| unit, learner | times | power-law-all |"
_MADE, _KINDS, _SEEDS = "| curve | shuffles |", "| kind, learner |", "| text | unit | held out |"


def _given(*values: Any) -> Callable[[Page], Sequence[Any]]:
    """Numbers of a formula or of a definition, said here a second time."""
    return lambda page: values


# ---------------------------------------------------------------- how it is measured


def _learners(page: Page) -> tuple[int, int]:
    from simulate.text.learning.curves import DEPTH

    return DEPTH, DEPTH - 1


def _held_out(page: Page) -> tuple[float, ...]:
    from simulate.text.learning.held_out import BLOCKS, LEAST_DOCUMENTS, MOST_BLOCKS, SHARE

    return 4 * LEAST_DOCUMENTS, SHARE, MOST_BLOCKS, BLOCKS


def _orders(page: Page) -> tuple[int, int]:
    from simulate.studies.loss.plan import LossPlan
    from simulate.text.learning.held_out import split

    return LossPlan.shuffles, default(split, "chunk")


def _least_orders(page: Page) -> tuple[int]:
    from simulate.studies.loss.plan import SHUFFLES

    return (SHUFFLES.low,)


def _covered(page: Page) -> tuple[float, ...]:
    from tests.loss_corpora import COVERED, SEEDS, TESTED

    return TESTED / 1e6, COVERED, SEEDS


def _python_words(page: Page) -> tuple[float]:
    rows = page.table(_SEEDS)
    (row,) = (row for row in rows if (row["text"], row["unit"]) == ("python", "word"))
    assert row["gains"] == min(row["gains"] for row in rows)
    return (float(row["gains"]),)


def _tests(page: Page) -> tuple[float, ...]:
    from simulate.text.learning.shrinking import BENDS, SHRINKS

    return 100 * SHRINKS, 100 * BENDS, 95, 0, 0


def _curves(page: Page) -> tuple[int]:
    from tests.test_loss_curves import N_CURVES

    return (N_CURVES,)


def _few_orders(page: Page) -> tuple[float]:
    """How often gains that do not shrink are taken for shrinking with two orders and eight blocks, in per cent."""
    from simulate.text.learning.shrinking import SHRINKS
    from tests.test_loss_curves import CURVES, fitted

    found = fitted(CURVES["straight in ln D: gains of .12"], 2000, seed=9, shuffles=2, blocks=8)
    return (100 * float(np.mean([one.p_shrinks < SHRINKS for one in found])),)


def _slow_gains(page: Page) -> tuple[float]:
    """How often the interval holds β where gains shrink so slowly that few curves show it, at the least."""
    rows = page.table(_MADE)
    return (min(float(row["its interval holds β"]) for row in rows if row["curve"].startswith("β")),)


# ---------------------------------------------------------------- γ and β on real texts


def _identified(page: Page) -> tuple[int, int]:
    rows = [row for nth in (0, 1) for row in page.table(_TEXTS, nth)]
    return sum(row["β"] == "not identified" for row in rows), len(rows)


def _novels(page: Page) -> list[float]:
    return [float(page.table(_TEXTS, nth)[0]["β, all the same"]) for nth in (0, 1)]


def _by_chance(page: Page) -> tuple[float, float]:
    """The least rank correlation of so many texts that chance exceeds in no more than 5 %, either way."""
    n = len(page.table(_TEXTS))
    orders = np.argsort(np.random.default_rng(1).random((300_000, n)), axis=1)
    found = np.abs(1 - 6 * ((orders - np.arange(n)) ** 2).sum(axis=1) / (n * (n**2 - 1)))
    values, counts = np.unique(np.round(found, 9), return_counts=True)
    beyond = counts[::-1].cumsum()[::-1] / len(found)
    return float(values[beyond <= 0.05][0]), 5


# ---------------------------------------------------------------- loss from counts


def _classes(page: Page) -> tuple[int, int, int]:
    from simulate.text.learning.curves import DEPTH

    return 0, DEPTH, DEPTH


def _times(page: Page) -> tuple[int, ...]:
    from simulate.text.learning.foretelling.record import TIMES

    return TIMES


def _power_law(page: Page) -> tuple[float, ...]:
    from simulate.text.learning.foretelling import rivals

    return 0, *rivals._EXPONENTS


def _growth(page: Page) -> tuple[float, ...]:
    from simulate.text.learning.foretelling import contributions

    return 0, 0, 1, *contributions._GROWTH


def _kinds(page: Page) -> tuple[float, ...]:
    """Limits of the kinds, and the β of a law whose five gains have that slope."""
    from simulate.text.learning.foretelling.kinds import BENDS, JUMPS
    from simulate.text.learning.shrinking import DOUBLINGS

    steps = np.arange(DOUBLINGS)

    def slope(beta: float) -> float:
        gains = 2.0 ** (-beta * steps)
        return float(np.polyfit(steps, gains, 1)[0] / gains.mean())

    return 0, 0, 1, round(1 / JUMPS), -BENDS, brentq(lambda beta: slope(beta) + BENDS, 0.01, 1), BENDS


def _samples(page: Page) -> tuple[int]:
    from simulate.text.learning.foretelling.from_counts import SAMPLES

    return (SAMPLES,)


@cache
def _cells(protocol: int):
    from simulate.text.learning.foretelling.record import cells

    return [one for one in cells() if not protocol or one.protocol == protocol]


def _cell(text: str, unit: str, times: int, learner: str = "kneser-ney"):
    (found,) = (one for one in _cells(0) if (one.text, one.unit, one.times, one.learner) == (text, unit, times, learner))
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

    all_sizes, last, line = (wins(_cells(2), "from-counts", name) for name in ("power-law-all", "power-law-last", "log-linear"))
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
        Sentence("**Kneser–Ney** of order {}, interpolated", lambda page: _learners(page)[:1]),
        Sentence("**PPM** of order {} with", lambda page: _learners(page)[1:]),
        Sentence("the {} bytes, or {} as many units", _given(256, 2)),
        Sentence("A corpus of {} documents or more", lambda page: _held_out(page)[:1]),
        Sentence("they hold a {} of it; they are put in {} blocks at most", lambda page: _held_out(page)[1:3]),
        Sentence("tested on {} long stretches", lambda page: _held_out(page)[3:]),
        Sentence("`--shuffles` random orders ({}), of whole documents or of chunks of {} units", _orders),
        Sentence("a gain L(D) - L({}D), has", _given(2)),
        Sentence("the second part is {}.", _given(0)),
        Sentence("of the first {} million units of each with {} taught at most, from {} seeds", _covered),
        Table(_SEEDS, "test_loss_page.test_intervals_of_the_novels_hold_as_often_as_the_page_says", "d9ecab00bfef3412"),
        Sentence("the Python sources by words ({})", _python_words),
        Sentence("every doubling gains {}^-β of what", _given(2)),
        Sentence("every gain is above {};", _given(0)),
        Sentence(
            "by a one-sided t-test at {} %; 3. one β fits: ln of the gains does not bend, by a two-sided t-test at {} %; 4. the "
            "{} % interval of β is above {}, and the loss that the law ends at is not below {}.", _tests,
        ),
        Sentence("Tried on made curves, {} of each", _curves),
        Table(_MADE, "test_loss_page.test_the_page_has_what_was_said_of_made_curves", "8ce9c119b9f96615"),
        Sentence("were taken for shrinking in {} % of cases", _few_orders, slow=True),
        Sentence("and `--shuffles` is {} at least", _least_orders),
        Sentence("the interval holds β in {} of them", _slow_gains),
        Table(_TEXTS, "test_loss_page.test_a_text_has_the_row_that_it_has_on_the_page", "95b55490b97636ad"),
        Table("| unit, learner | of | k = 1 |", "test_loss_page.test_correlations_are_those_of_the_tables", "d3f656ef830b6c1d"),
        Sentence("(perl-modules {}, libc6-dev and others, vim-runtime {}, Python 3.11, sympy {})", _given(5.36, 9.0, 1.14)),
        Sentence("them γ_k lies between {} - {}β and {} - β:", _given(1, 2, 1)),
        Sentence("On {} of {} curves β is not identified", _identified),
        Sentence("{} by bytes and {} by words of the same novels", _novels),
        Sentence("a model of order {} has little left", lambda page: _learners(page)[:1]),
        Sentence("γ = {} - β or {} - {}β of β", _given(1, 1, 2)),
        Sentence("anything within ±{} is within chance at {} %", _by_chance),
        Sentence("runs from near {} to {} as k grows", _given(0, 1)),
        Sentence("j = {} … {} units of the longest match, the unit itself included, {} standing for more", _classes),
        Sentence("from D_0 = D/{} and D/{}, both", _times),
        Sentence("(least squares, {} ≤ E, {} ≤ β ≤ {})", _power_law),
        Sentence("<!-- tables of loss from counts --> Root mean square error over {} texts", lambda page: _texts(1)),
        Table(_RECORD, "test_loss_from_counts.test_the_page_has_the_tables_that_the_record_makes"),
        Table(_WON, "test_loss_from_counts.test_the_page_has_the_tables_that_the_record_makes"),
        Table("| text | unit | times | kind |", "test_loss_from_counts.test_the_page_has_the_tables_that_the_record_makes"),
        Table(_KINDS, "test_loss_from_counts.test_the_page_has_the_tables_that_the_record_makes"),
        Sentence("in {} of {} cells nearest, most of all", lambda page: _nearest(1)),
        Sentence("{} texts, four of them of code.", lambda page: _texts(1)),
        Sentence("Texts: {} more that the slopes", lambda page: _texts(2)),
        Sentence("Slopes, classes, sizes, factors ({} and {}), rivals", _times),
        Sentence("R({}) = {}; and", _given(0, 1)),
        Sentence("and E ≥ {}, A ≥ {}, {} ≤ K_0 ≤ all states and {} ≤ b ≤ {} by least", _growth),
        Sentence("(m - {} degrees of freedom)", _given(2)),
        Sentence(
            "**Jumping**: g ≤ {}, or some Δ_i ≤ {}, or r > {}/{}. Otherwise **flattening** where s < {} (L is convex in ln D; "
            "under a power law β above {}), **steepening** where s > {} (concave)", _kinds,
        ),
        Sentence("test documents alone, {} bootstrap samples", _samples),
        Sentence("than each rival, at {} and at {} times", _times),
        Sentence("<!-- tables of loss from counts on other texts --> Root mean square error over {} texts", lambda page: _texts(2)),
        Sentence(
            "the smallest in all {} rows, {} to {} of the drop against {} to {} of the better power law in each and {} to {} of the "
            "line", _ranges,
        ),
        Sentence(
            "the nearest of five in {} of {} cells, nearer than the power law through all sizes in {}, than that of the last five "
            "and the line in {} each", _nearer,
        ),
        Sentence(
            "In {} of the {} comparisons the fifteen texts do not tell it apart: by words at {} times from the power law through "
            "all sizes with Kneser–Ney ({} of {}), and by bytes at {} times from that of the last five with PPM ({} of {}).",
            _undecided,
        ),
        Sentence("these are not {} witnesses", lambda page: _undecided(page)[1:2]),
        Sentence(
            "definitions of locales by words ({} and {} of the drop at {} and {} times: it foretells far too large a drop; the line "
            "has {} and {}), vim's scripts ({} by words and {} by bytes, at {} times by PPM), licences by bytes ({}; the power law "
            "{})", _fails,
        ),
        Sentence("foretells nothing: {} to {} of the drop, where foretelling no drop at all would have {}.", _spectrum),
        Sentence("In {} of all {} cells it says that less than a {} of the drop", _nothing_to_come),
        Sentence(
            "hold what was measured in {} of {} cells, with orders of training in {}, and with lack of fit in all. Half of them is "
            "{} of the drop in the median", _of_loss,
        ),
        Sentence("test documents alone hold it in {} of {}, and all parts in all, at about half the width ({} and {})", _of_drop),
        Sentence("the error grows by {} to {} of the drop, by bytes at {} times by {} to {};", _one_order),
        Sentence("it can be nearly {} times as large (locales by bytes at {} times, PPM)", _worst_order),
        Sentence("among the {} rows with cells they are told apart in {}.", _by_kind),
        Sentence("too few ({} cells) to tell", _few),
        Sentence("{} to {} where curves flatten or are straight, {} to {} where", _errors_by_kind),
        Sentence("counts up to {} times as many", _furthest),
    ),
}  # fmt: skip
