"""The numbers of docs/loss.md: how losses are measured, what they say, and how loss from counts is asked for."""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq

from tests.page_numbers import Page, Sentence, Table, default, given

_TEXTS, _MADE, _SEEDS = "| text | D | L(D) |", "| curve | shuffles |", "| text | unit | held out |"


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


CHECKS = {
    "docs/loss.md": (
        Sentence("**Kneser–Ney** of order {}, interpolated", lambda page: _learners(page)[:1]),
        Sentence("**PPM** of order {} with", lambda page: _learners(page)[1:]),
        Sentence("the {} bytes, or {} as many units", given(256, 2)),
        Sentence("A corpus of {} documents or more", lambda page: _held_out(page)[:1]),
        Sentence("they hold a {} of it; they are put in {} blocks at most", lambda page: _held_out(page)[1:3]),
        Sentence("tested on {} long stretches", lambda page: _held_out(page)[3:]),
        Sentence("`--shuffles` random orders ({}), of whole documents or of chunks of {} units", _orders),
        Sentence("a gain L(D) - L({}D), has", given(2)),
        Sentence("the second part is {}.", given(0)),
        Sentence("of the first {} million units of each with {} taught at most, from {} seeds", _covered),
        Table(_SEEDS, "test_loss_page.test_intervals_of_the_novels_hold_as_often_as_the_page_says", "d9ecab00bfef3412"),
        Sentence("the Python sources by words ({})", _python_words),
        Sentence("every doubling gains {}^-β of what", given(2)),
        Sentence("every gain is above {};", given(0)),
        Sentence(
            "by a one-sided t-test at {} %; 3. one β fits: ln of the gains does not bend, by a two-sided t-test at "
            "{} %; 4. the "
            "{} % interval of β is above {}, and the loss that the law ends at is not below {}.", _tests,
        ),
        Sentence("Tried on made curves, {} of each", _curves),
        Table(_MADE, "test_loss_page.test_the_page_has_what_was_said_of_made_curves", "8ce9c119b9f96615"),
        Sentence("were taken for shrinking in {} % of cases", _few_orders, slow=True),
        Sentence("and `--shuffles` is {} at least", _least_orders),
        Sentence("the interval holds β in {} of them", _slow_gains),
        Table(_TEXTS, "test_loss_page.test_a_text_has_the_row_that_it_has_on_the_page", "95b55490b97636ad"),
        Table(
            "| unit, learner | of | k = 1 |", "test_loss_page.test_correlations_are_those_of_the_tables",
            "d3f656ef830b6c1d",
        ),
        Sentence(
            "(perl-modules {}, libc6-dev and others, vim-runtime {}, Python 3.11, sympy {})",
            given(5.36, 9.0, 1.14),
        ),
        Sentence("them γ_k lies between {} - {}β and {} - β:", given(1, 2, 1)),
        Sentence("On {} of {} curves β is not identified", _identified),
        Sentence("{} by bytes and {} by words of the same novels", _novels),
        Sentence("a model of order {} has little left", lambda page: _learners(page)[:1]),
        Sentence("γ = {} - β or {} - {}β of β", given(1, 1, 2)),
        Sentence("anything within ±{} is within chance at {} %", _by_chance),
        Sentence("runs from near {} to {} as k grows", given(0, 1)),
        Sentence("j = {} … {} units of the longest match, the unit itself included, {} standing for more", _classes),
        Sentence("from D_0 = D/{} and D/{}, both", _times),
        Sentence("(least squares, {} ≤ E, {} ≤ β ≤ {})", _power_law),
        Sentence("Slopes, classes, sizes, factors ({} and {}), rivals", _times),
        Sentence("R({}) = {}; and", given(0, 1)),
        Sentence("and E ≥ {}, A ≥ {}, {} ≤ K_0 ≤ all states and {} ≤ b ≤ {} by least", _growth),
        Sentence("(m - {} degrees of freedom)", given(2)),
        Sentence(
            "**Jumping**: g ≤ {}, or some Δ_i ≤ {}, or r > {}/{}. Otherwise **flattening** where s < {} (L is "
            "convex in ln D; "
            "under a power law β above {}), **steepening** where s > {} (concave)", _kinds,
        ),
        Sentence("test documents alone, {} bootstrap samples", _samples),
        Sentence("than each rival, at {} and at {} times", _times),
    ),
}  # fmt: skip
