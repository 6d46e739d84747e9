"""The numbers of the pages on sweeps, learners, skills and suites."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from functools import cache

import numpy as np
from scipy.optimize import brentq

import bounds
from tests.page_numbers import Page, Sentence, Table, default


@cache
def _plans() -> dict[str, float]:
    """Constants of the code."""
    from bounds.fitting.exponents.dependent_draws import LEAST_CORPORA as for_an_interval
    from simulate.drawing.tables import MAX_WINDOW
    from simulate.studies.learners.corpora import N_TESTS
    from simulate.studies.learners.kinds import NOVELTY_COST
    from simulate.studies.learners.report import _WIDE
    from simulate.studies.skills.plan import DEFAULT_EXPONENT, DEFAULT_REPLICATES, DEFAULT_SKILLS
    from simulate.studies.suite.plan import PYTHIA_STEPS
    from simulate.studies.sweep.fits import LEAST_CORPORA as for_z

    letters = bounds.Windows(alphabet=26, length=4)
    return {
        "interval": for_an_interval, "z": for_z, "window": MAX_WINDOW, "tests": N_TESTS, "wide": _WIDE,
        "cost": NOVELTY_COST, "exponent": DEFAULT_EXPONENT, "corpora": DEFAULT_REPLICATES,
        "skills": DEFAULT_SKILLS["masses"], "steps": len(PYTHIA_STEPS), "stay": letters.stay,
        "letters": letters.exponent,
    }  # fmt: skip


def _of(*names: str) -> Callable[[Page], list[float]]:
    return lambda page: [_plans()[name] for name in names]


def _band(page: Page) -> tuple[float, ...]:
    one, other = bounds.exponent_band(0.1), bounds.exponent_band(0.2)
    slope = (one.lower - other.lower) / 0.1
    return one.lower + 0.1 * slope, slope, one.upper + (one.upper - other.upper)


# ---------------------------------------------------------------- learners


@cache
def _good_turing() -> tuple[float, float]:
    """Its loss at the last size of the command of the page, measured and expected."""
    from tests.commands import run

    printed = run(
        "learners", "--source", "zipf:1.3889", "--learner", "good-turing", "--n-draws", "1e6", "--explain"
    ).stdout  # fmt: skip
    measured = re.search(r"^zipf:1\.3889 +good-turing +\d+ +(\S+) ±", printed, flags=re.MULTILINE)
    expected = re.search(r"^zipf:1\.3889 +good-turing +(\S+) +asymptotic$", printed, flags=re.MULTILINE)
    assert measured is not None
    assert expected is not None
    return float(measured[1]), float(expected[1])


def _above(page: Page) -> tuple[float, float, str]:
    measured, expected = _good_turing()
    return 100 * (measured / expected - 1), measured, str(expected)


@cache
def _alone() -> float:
    """c of U^(-α/(c+α)), the part of the sequences that have a count of their own: beyond k where E f_k is one."""
    law, sizes = bounds.Zipf(1.724), (1e10, 1e14)
    counts = [
        brentq(lambda k, n=n: float(bounds.expected_spectrum(law, n, multiplicity=int(k))) - 1, 2, 1e8) for n in sizes
    ]
    alpha, unique = 1 / law.exponent, [float(bounds.expected_unique(law, n)) for n in sizes]
    parts = [(n / k) ** alpha / u for n, k, u in zip(sizes, counts, unique, strict=True)]
    return -alpha - alpha * float(np.log(unique[1] / unique[0]) / np.log(parts[1] / parts[0]))


def _slopes_measured(page: Page) -> tuple[float, ...]:
    from simulate.stats import log_slope
    from tests.test_learner_sweep import SLOPE_CORPORA, SLOPE_SIZES

    return 100 * default(log_slope, "confidence"), SLOPE_SIZES[0], SLOPE_SIZES[-1], len(SLOPE_SIZES), SLOPE_CORPORA


def _less(page: Page) -> tuple[float, ...]:
    """The fewest draws of the test of it, and b, c and d of (b + a)(c + a)/(d D): its double roots and its "
    "curvature."""
    from tests.test_learners import most_less

    zeros = [a for a in (-1, -2, -3, -4) if most_less(a, 1) == 0]
    return (10, *(-a for a in zeros), 2 / (most_less(1, 1) + most_less(-1, 1) - 2 * most_less(0, 1)))


# ---------------------------------------------------------------- suites


def _rank(page: Page) -> tuple[str, float]:
    """Rank 1414 of the table of tracked sequences: how many of the corpora store it at most, in per cent."""
    (most,) = page.found(r"^1414 +1\.41 +(0\.\d+) +\d+ +0\.\d+$")
    return ("1414", 100 * float(most))


def _distinct(page: Page) -> tuple[int, float]:
    """D, and 1 - n/D with n = E U(D): what the dispersion of as many even positions is."""
    n_draws = 32_000
    return n_draws, 1 - float(bounds.expected_unique("zipf:1.05", n_draws)) / n_draws


def _dispersion(page: Page) -> tuple[float]:
    from tests.commands import run

    printed = run(
        "suite", "--source", "zipf:1.05", "--checkpoints", "1,10,100,1000,4000", "--n-params", "100,100000", "--explain"
    ).stdout  # fmt: skip
    found = re.search(r"^100000 +any +(\S+) \(", printed, flags=re.MULTILINE)
    assert found is not None
    return (float(found[1]),)


def _even(page: Page) -> tuple[float]:
    """What of the dispersion in brackets and of n/D is 1: of a store of 10000 among 1.144e6 draws."""
    (shown,) = page.found(r"^10000 +any +\S+ \((0\.\d+)\)")
    return (round(float(shown) + 10_000 / 1.144e6, 3),)


CHECKS = {
    "docs/sweeps.md": (
        Sentence("`stay`, else are drawn anew as r^-exponent; {} and {} if left out", _of("stay", "letters")),
        Sentence("fewer than {} corpora have no z and fewer than {} no interval", _of("z", "interval")),
        Sentence("stop at 2^{} words to be listed", lambda page: (math.log2(_plans()["window"]),)),
        Sentence("stop at {}^20 words to be listed", lambda page: (round(_plans()["window"] ** (1 / 20), 9),)),
        Sentence(
            "the same cost for D = {} and {};",
            lambda page: page.found(r"--n-draws (1e6):(1e18):13 .*sweep.zarr$"),
        ),
    ),
    "docs/learners.md": (
        Sentence(
            "an exponent such as {} comes from",
            lambda page: page.found(r"^at β.*for margin:1 and memoriser, D\^(0\.58) for$"),
        ),
        Sentence("falls as U^(-α/({}+α)) alone", lambda page: (_alone(),)),
        Sentence("Good–Turing is {} % above it ({} against {} in the last command above)", _above, slow=True),
        Sentence(
            "Measured coverage of the nominal {} %, D from {} to {} at {} sizes, {} corpora in all", _slopes_measured,
        ),
        Table(
            "| source | learner | corpora |", "test_learner_sweep.test_the_interval_of_a_slope_covers",
            "78b38fe6af4fa002",
        ),
        Sentence(
            "what is not among the {} sequences drawn most often", lambda page: page.found(r"^\| `store:(1000)` \|"),
        ),
        Sentence("reserved for the {} most probable ones", lambda page: page.found(r"^\| `store:(1000),by=rank` \|")),
        Sentence("costs c = ln {} unless", lambda page: (math.exp(_plans()["cost"]),)),
        Sentence("with D ≥ {} draws in all less by a share below ({} + a)({} + a)/({} D)", _less),
        Sentence("where an interval of β is wider than {} the output says so", _of("wide")),
        Sentence("the band {} - {}β ≤ γ ≤ {} - β. Some", _band),
        Sentence("with D where c T(n) = {};", lambda page: page.found(r"; `(0\.05)` is in$")),
        Sentence("({} of them, or `--test-draws`)", _of("tests")),
    ),
    "docs/skills.md": (
        Sentence(
            "draws a {} corpora of a {} skills whose masses fall as j^-{} and prints",
            _of("corpora", "skills", "exponent"),
        ),
        Sentence("*D\\* [{} %]* is measured", lambda page: page.found(r"^skill +D\* \[(\d+) %\]")),
    ),
    "docs/suite.md": (
        Sentence("looks at them at its {} checkpoints", _of("steps")),
        Sentence(
            "Rank {} in a store of {} is a coin toss",
            lambda page: page.found(r"^Tracked sequences, .* N = (1000) \(n = (1000)\)"),
        ),
        Sentence("rank {} is stored in {} % of the corpora for a while", _rank),
        Sentence("counts of windows vary by {} - n/D of what", _even),
        Sentence("at D = {} has", lambda page: (_distinct(page)[0],)),
        Sentence("has a dispersion of {},", _dispersion, slow=True),
        Sentence("even positions meaning {}.", lambda page: (_distinct(page)[1],)),
        Table("| positions marked | of |", "test_trajectories.test_the_page_has_what_was_measured", "7e613bb5887ebcb1"),
        Sentence(
            "what is stored (N = {}: {} of its sequences",
            lambda page: (10000, round(float(page.found(r"^10000 +(0\.\d+) +vacuous")[0]) * 2) / 2),
        ),
    ),
}  # fmt: skip
