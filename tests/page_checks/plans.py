"""The pages of planning and of fitting, and the short ones: what they say is a constant of the code, a published law or
stands in a block of the page."""

from __future__ import annotations

import math
import re
import signal
from pathlib import Path
from typing import Any

import click
import numpy as np

import bounds
from bounds.base.intervals import LABELS
from bounds.base.quantities import parse_count
from bounds.cli.drawing import fit_figure
from bounds.cli.plans import next_run, notes
from bounds.cli.process import Stopped
from bounds.cli.reading import beside, layout, odd_rows
from bounds.fitting.loss_laws import identification, regression
from bounds.fitting.loss_laws.loss_law import DELTA
from bounds.fitting.loss_laws.prediction import LACK_OF_FIT, PARTS
from bounds.fitting.runs import leverage, misfit, run_columns
from bounds.laws.law_range import FAR
from bounds.laws.published import FLOP_PER_PARAM_TOKEN, LAWS
from bounds.planning import ACCELERATORS, SHAPES
from bounds.planning.corpus import BYTES_PER_TOKEN
from bounds.planning.flops import FLOP_TO_SERVE, FLOP_WITH_RECOMPUTATION
from bounds.planning.hardware import PRECISIONS
from bounds.planning.plans import NEARLY
from bounds.planning.reach import SPENT
from experiments.__main__ import CHECK_FAILED
from experiments.data import MANIFESTS
from experiments.readers.chinchilla import LEFT_OUT
from simulate.cli.endings import FAILED
from simulate.cli.learners import learners
from simulate.studies.learners.names import PRESET
from simulate.text.comparison import measures
from tests import law_runs, test_leverage
from tests.page_checks.kausik import exponents
from tests.page_checks.papers import cell, part_of_an_error, told
from tests.page_formulas import stated
from tests.page_numbers import WORDS, Page, Sentence, Table

HOFFMANN, EPOCH = LAWS["hoffmann2022"], LAWS["epoch2024"]
FREE_SCALE = -12.3
"""Logarithm of the scale at which the fit of Besiroglu et al. ended: of their notebook, which is not in our data."""


def _flat_and_apart(page: Page) -> tuple[float, ...]:
    """By what sizes differ that are nearly as good, and by what laws disagree, in whole numbers: the first plan."""
    apart, low, high = page.found(
        r"(?s)^With 4.49e23.*?disagree by a factor ([\d.]+), .*?factor ([\d.]+)\s+to ([\d.]+) cost"
    )
    return round((float(low) + float(high)) / 2), round(float(apart))


def _peak(key: str) -> Sentence:
    """The row of a device in the table of peaks, in TFLOP/s."""
    peaks = dict(ACCELERATORS[key].peaks)
    cells = " | ".join("{}" if precision in peaks else "–" for precision in PRECISIONS)
    return Sentence(f"| `{key}` | {cells} |", lambda page: [one / 1e12 for one in peaks.values()])


def _least_tokens() -> float:
    """The fewest tokens of the runs of a published law that plans, but for that of very small models."""
    return min(law.fitted_tokens[0] for key, law in LAWS.items() if key in ("hoffmann2022", "epoch2024"))


PLANNING = (
    Sentence("sizes {} times apart cost", lambda page: _flat_and_apart(page)[:1]),
    Sentence("is what a law of {} constants misses", lambda page: (identification.CONSTANTS,)),
    Sentence("laws disagree on N by a factor of {} is", lambda page: _flat_and_apart(page)[1:]),
    Sentence("fitted within {} times of there", lambda page: (FAR,)),
    Sentence(
        "Amounts are written {}K or {}M, keys",
        lambda page: [parse_count(f"{one}{unit}") / scale for one, unit, scale in ((500, "K", 1e3), (3, "M", 1e6))],
    ),
    Sentence("cost at most {} % more than the best", lambda page: (100 * NEARLY,)),
    Sentence("less than {} % of the loss: then", lambda page: (100 * SPENT,)),
    Sentence("at {} a token or at", lambda page: (BYTES_PER_TOKEN,)),
    Sentence(
        "fitted on {}B tokens and more and plan from a {} of that on, {}M tokens or {} GB of text",
        lambda page: (
            _least_tokens() / 1e9,
            1 / FAR,
            _least_tokens() / FAR / 1e6,
            BYTES_PER_TOKEN * _least_tokens() / FAR / 1e9,
        ),
    ),
    Sentence("at {} FLOP a parameter: the model", lambda page: (FLOP_TO_SERVE,)),
    Sentence(
        "Candidates stand at {} to {} tokens a parameter, at the whole, the {} and the {} of",
        lambda page: (next_run.RATIOS[0], next_run.RATIOS[-1], *next_run.SHARES[1:]),
    ),
    Sentence("where none helps by {} % one", lambda page: (100 * next_run._WORTH,)),
    Sentence("C = {}ND are model FLOP", lambda page: (FLOP_PER_PARAM_TOKEN,)),
    Sentence(
        "computes {}ND, and its own utilisation is a {} higher",
        lambda page: (FLOP_WITH_RECOMPUTATION, FLOP_WITH_RECOMPUTATION / FLOP_PER_PARAM_TOKEN - 1),
    ),
    *map(_peak, ACCELERATORS),
    Sentence("on top of {}ND: FLOP/{}N in the table", lambda page: (FLOP_PER_PARAM_TOKEN,) * 2),
    Sentence("pay for what is above {}; where that is a {} and more", lambda page: (1, notes._MUCH - 1)),
    Sentence(
        "has BLOOM ({}) and the {} sizes of Pythia",
        lambda page: (SHAPES["bloom"].n_params, sum(key.startswith("pythia") for key in SHAPES)),
    ),
)


def _answers(page: Page) -> list[tuple[float, float, float]]:
    """Of each fit of the page its β, and γ halfway with the upper end of its interval."""
    parts = re.findall(
        r"runs give β = ([\d.]+) .*?^halfway +([\d.]+) \[[\d.]+, ([\d.]+)\]", page.text, flags=re.DOTALL | re.MULTILINE
    )
    assert len(parts) == 3
    return [(float(β), float(γ), float(upper)) for β, γ, upper in parts]


def _moves(page: Page) -> list[int]:
    """By how many of its standard errors the five runs move β, in whole numbers."""
    (kept, *_), _, (left, *_) = _answers(page)
    (error,) = cell("lawfit.se-beta", "ours")(page)
    return [round((left - kept) / float(error))]


def _claimed(page: Page) -> list[Any]:
    """What the fits say of the exponent of version 1: halfway, on a longer ladder and by sampling alone."""
    (_, kept, longer), _, (_, left, _) = _answers(page)
    lower, upper = Page.read("docs/lawfit.md").found(r"^5 +240 .* 0\.45 \[([\d.]+), ([\d.]+)\]")
    return [kept, float(lower), float(upper), longer, left]


def _in_step() -> tuple[float, float]:
    """Tokens per parameter of the ladder in step, and its scatter, of which a test says that they decide nothing."""
    n_params, n_tokens = law_runs._near_ratio(np.random.default_rng(0), runs=4000)
    ratio = n_tokens / n_params
    return float(np.median(ratio)), float(max(ratio) / min(ratio) - 1) / 2


def _limit_of_huber() -> float:
    """The δ at which Huber's objective over δ is the sum of least absolute deviations."""
    r = np.array([[-0.02, 0.003, 0.5]])

    def over(δ: float) -> float:
        return float(regression.objective(r, np.ones((1, 3)), δ)[0])

    return next(δ for δ in (1e-2, 1e-3, 0.0) if math.isclose(over(δ + 1e-9), float(abs(r).sum()), rel_tol=1e-6))


FITTING = (
    Sentence("on the {} runs of figure", told("lawfit.runs", r"shows (\d+) of them")),
    Sentence(
        "at commit {}b5f2851d624287f0120583a3d0e",
        lambda page: (MANIFESTS["chinchilla"].commit.removesuffix("b5f2851d624287f0120583a3d0e"),),
    ),
    Sentence("strictly below the {} largest loss", lambda page: (1 / LEFT_OUT,)),
    Sentence(
        "second fit are A {}, B {}, E {}, α {}, β {}.",
        lambda page: (
            EPOCH.param_coefficient,
            EPOCH.data_coefficient,
            EPOCH.irreducible,
            EPOCH.param_exponent,
            EPOCH.data_exponent,
        ),
    ),
    Sentence("objective with δ = {}, which", lambda page: (DELTA,)),
    Sentence("the limit δ → {}, and the published E is that of δ = {}:", lambda page: (_limit_of_huber(), DELTA)),
    Sentence(
        "shrank to exp({}), so that δ in units of the residuals became about {}.",
        lambda page: (FREE_SCALE, DELTA * math.exp(FREE_SCALE)),
    ),
    Sentence("The difference is a {} of a standard error", part_of_an_error),
    Sentence("the table has the {} parts of its error", lambda page: (len(PARTS),)),
    Sentence("beyond what the {} constants can follow", lambda page: (identification.CONSTANTS,)),
    Sentence("FLOP more than {} off", lambda page: (beside._EXPLAINED,)),
    Sentence("Leaving the {} runs in moves β by {} of its", lambda page: (LEFT_OUT, *_moves(page))),
    Sentence("cost at most {} % more loss", lambda page: (100 * NEARLY,)),
    Sentence("an optimum more than {} times outside", lambda page: (FAR,)),
    Sentence("up to {} times the largest run", lambda page: (fit_figure._REACH,)),
    Sentence("the runs within {} that D/N", lambda page: (fit_figure._NEAR,)),
    Sentence("reject {} in a {} sets", lambda page: (1, 1 / misfit.LEVEL)),
    Sentence("more than {} rows are refused", lambda page: (layout._MOST_ROWS,)),
    Sentence("off {} N D of the tokens", lambda page: (FLOP_PER_PARAM_TOKEN,)),
    Sentence(
        "Sizes below {} parameters, more than {} tokens", lambda page: (odd_rows._SMALLEST_MODEL, odd_rows._MOST_TOKENS)
    ),
    Sentence("must be {} at least", lambda page: (run_columns._FEWEST_RUNS,)),
    Sentence("in turn (up to {} of them)", lambda page: (leverage._MOST_RUNS,)),
    Sentence("moves β by more than {} times what", lambda page: (leverage._HEAVIEST,)),
    Sentence("with at most {} that pull", lambda page: (leverage._NAMED - 1,)),
    Sentence("farther off than {} standard errors", lambda page: (leverage._JOINT,)),
    Sentence("names nothing ({} of {}, `tests", lambda page: (0, len(test_leverage.QUIET) * test_leverage.LADDERS)),
    Sentence("More than {} times outside, U and N", lambda page: (FAR,)),
    Sentence("claim N ~ D^{}: on", lambda page: (exponents()[1],)),
    Sentence("the middle of the band is {}. Its interval", lambda page: (_claimed(page)[0],)),
    Sentence(
        "by sampling alone, [{}, {}], ends below {}; on a ladder up to {} times longer it reaches {}.",
        lambda page: (*_claimed(page)[1:3], exponents()[1], FAR, _claimed(page)[3]),
    ),
    Sentence(
        "{} of the {} runs move the middle to {}.",
        lambda page: (LEFT_OUT, *told("lawfit.runs", r"shows (\d+) of them")(page), _claimed(page)[4]),
    ),
    Sentence(
        "(D = {} N, even with a scatter of {} percent)",
        lambda page: (round(_in_step()[0], 1), round(100 * _in_step()[1], 1)),
    ),
    Sentence(
        "an F test with {} and n - {} degrees of freedom at the level {}, up to exponent {} (and below) or up to {},",
        lambda page: (1, identification.CONSTANTS, identification.LEVEL, 0, regression.HIGHEST[identification.BETA]),
    ),
    Sentence("from above alone its interval begins at {}.", lambda page: (0,)),
    Sentence("An exponent below {} is said", lambda page: (0,)),
)


def _codes(page: Page) -> list[int]:
    """Exit codes, in the order of the page: of bad input, a failure, cells, a check and three signals."""
    heard = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    return [
        click.UsageError.exit_code,
        click.ClickException.exit_code,
        FAILED,
        CHECK_FAILED,
        *(Stopped(one).code for one in heard),
    ]


ARCHITECTURE = (
    Sentence(
        "one sentence and exit code {}; {} is a failure while running, {} some cells failed, {} a check failed, {}, {} "
        "and {} an interrupt",
        _codes,
    ),
)


def _per_units() -> int:
    """Units of B that new windows are counted in."""
    (found,) = re.findall(r"per ([\d,]+) units of B", Path(measures.__file__).read_text(encoding="utf-8"))
    return int(found.replace(",", ""))


def _learners() -> int:
    """How many learners there are without a flag; the help of the command says so too."""
    (said,) = re.findall(r"Without a flag: (\w+) learners", learners.help or "")
    assert WORDS[said] == len(PRESET)
    return len(PRESET)


def _terms() -> dict[str, Any]:
    return {"beta": HOFFMANN.data_exponent, "gamma": exponents()[1], "b": 0.5}


GLOSSARY = (
    Table("| word | means |", "test_user_pages.test_the_glossary_has_the_words_of_explain"),
    stated(
        "the exponents from ⟦1 - 2 beta⟧ to ⟦1 - beta⟧ that",
        _terms,
        lambda γ: math.isclose(γ, exponents()[0]),
        lambda γ: math.isclose(γ, exponents()[2]),
    ),
    stated(
        "skills take, ⟦2^(1/gamma)⟧: `explain",
        _terms,
        lambda factor: math.isclose(factor, bounds.growth_factor(exponents()[1], k=2)),
    ),
    stated("of a band, ⟦(1 - 2 beta + 1 - beta)/2⟧, ", _terms, lambda γ: math.isclose(γ, exponents()[1])),
    Sentence("beta)/2, {} at beta = {}; of", lambda page: (exponents()[1], HOFFMANN.data_exponent)),
    Sentence("one bit is {} nats", lambda page: (math.log(2),)),
    Sentence("one nat is {} bits", lambda page: (1 / math.log(2),)),
    Sentence(
        "about {} N D of them to train on D tokens, {} a parameter", lambda page: (FLOP_PER_PARAM_TOKEN, FLOP_TO_SERVE)
    ),
    Sentence("model FLOP, {} N D over hours x {} s x peak", lambda page: (FLOP_PER_PARAM_TOKEN, 60 * 60)),
    Sentence("for a day, {} FLOP", lambda page: (1e15 * 24 * 3600,)),
    Sentence("computes {} N D instead of {} N D", lambda page: (FLOP_WITH_RECOMPUTATION, FLOP_PER_PARAM_TOKEN)),
    Sentence("lack of fit, τ = {}: predictions", lambda page: (LACK_OF_FIT,)),
)

CHECKS = {
    "docs/planning.md": PLANNING,
    "docs/loss-laws.md": FITTING,
    "docs/architecture.md": ARCHITECTURE,
    "docs/glossary.md": GLOSSARY,
    "docs/comparison.md": (
        Table("| work | peer |", "test_user_pages.test_ratios_beside_other_tools_are_those_that_were_measured"),
    ),
    "docs/unknown.md": (Sentence("carries one of {} labels", lambda page: (len(LABELS),)),),
    "docs/index.md": (),
    **{f"docs/users/{name}.md": () for name in ("planner", "researcher")},
    "docs/users/curator.md": (Sentence("new windows of B in a {} of its units", lambda page: (_per_units(),)),),
    "docs/users/student.md": (Sentence("lets {} learners loose", lambda page: (_learners(),)),),
}
