"""The numbers of docs/prediction.md: of the tables that its command prints, of the code, and of the backtest itself.

`tests.test_backtest` holds the tables to what the command prints.
"""

from __future__ import annotations

import math
import re
from functools import cache
from typing import Any

from tests.page_numbers import Page, Sentence, given

# ---------------------------------------------------------------- tables of the page


def _row(page: Page, title: str, name: str, distance: str = "") -> list[float]:
    """Numbers of a row of the table with this title; where rows have a name and several distances, of one of them."""
    begin = page.text.index(f"\n{title}\n")
    lines = iter(page.text[begin : page.text.index("```", begin)].splitlines())
    for line in lines:
        if line.startswith(f"{name} "):
            while distance and not re.search(rf"(^|\s){distance}(\s|$)", line):
                line = next(lines)
            after = line.split(distance, 1)[1] if distance else line.removeprefix(name)
            return [float(number) for number in re.findall(r"(?<![\w.])[-+]?\d+(?:\.\d+)?", after)]
    raise AssertionError(f"{name} is not in the table: {title}")


_INSIDE, _ALONE = "Runs inside intervals of 50, 80 and 95 %", "The law alone: predicted against measured loss"
_SHORT = "Fitted below a tenth of the largest compute, predicted from half of it on"
_BETA, _JOINT = "Refitted β inside intervals of 50, 80 and 95 %", "Ladders that lie wholly inside intervals of 95 %"
_FORMS, _BOUGHT = "Every predicted run", "One more run, and the law held against the dearest ones"


def _bootstrap(page: Page) -> tuple[float, float]:
    """Level, and what the bootstrap holds of it on the dearest runs; everywhere less than a half of the runs."""
    assert all(_row(page, _INSIDE, "bootstrap", distance)[2] < 50 for distance in ("2x", "4x", "10x", "30x"))
    return 95, _row(page, _SHORT, "bootstrap")[2]


def _thirty(page: Page) -> tuple[float, ...]:
    ours, family = _row(page, _INSIDE, "ours", "30x"), _row(page, _INSIDE, "τ without the family", "30x")
    return 50, ours[0], 80, ours[1], 95, family[2]


def _other_form(page: Page) -> tuple[float, ...]:
    same, law = (
        [_row(page, _FORMS, name, distance) for distance in ("10x", "30x")] for name in ("α = β", "E + A N^-α + B D^-β")
    )
    assert same[0][4] == same[1][4]
    return *(row[1] for row in same), *(row[1] for row in law), 95, same[0][4]


def _jointly(page: Page) -> tuple[float, str]:
    widths = [_row(page, _JOINT, distance)[-1] for distance in ("2x", "4x", "10x", "30x")]
    (wider,) = {round(width, 1) for width in widths}
    return wider, "dozen"


# ---------------------------------------------------------------- the code


def _recipe(page: Page) -> tuple[float, ...]:
    from bounds.fitting.loss_laws.prediction import LACK_OF_FIT
    from bounds.fitting.runs.run_columns import N_CONSTANTS

    return 0, LACK_OF_FIT, N_CONSTANTS, 6


def _reach(page: Page) -> tuple[int]:
    from bounds.fitting.loss_laws.prediction import REACH

    return (REACH,)


def _wide(page: Page) -> tuple[float]:
    from bounds.fitting.loss_laws.prediction import EXPONENT_LACK_OF_FIT

    return (EXPONENT_LACK_OF_FIT,)


def _rule(page: Page) -> tuple[float, ...]:
    from experiments.backtest.variants import DECIDING, GAIN, KEPT

    return GAIN, *(float(one.removesuffix("x")) for one in DECIDING), 95, *(100 * share for share in KEPT)


def _fewest(page: Page) -> tuple[float, ...]:
    from experiments.backtest.protocol import FEWEST_RUNS, FEWEST_SIZES, LEAST_RANGE

    return FEWEST_RUNS, FEWEST_SIZES, LEAST_RANGE


# ---------------------------------------------------------------- the backtest, a minute and a half


@cache
def _laws() -> Any:
    from experiments.backtest import load
    from experiments.backtest.protocol import fitted

    return fitted(load())[0]


@cache
def _predictions() -> Any:
    from experiments.backtest.protocol import predictions

    return predictions(_laws())


@cache
def _refits() -> Any:
    from experiments.backtest.exponents import refits

    return refits(_laws())[0]


@cache
def _by_series() -> Any:
    from experiments.backtest.recipes import RECIPES, by_series

    return by_series(_predictions(), RECIPES[2], "10x")


def _one_side(page: Page) -> tuple[float, ...]:
    """Series that are predicted too high at ten times, and what all are at thirty."""
    return int((_by_series().bias > 0).sum()), len(_by_series()), _row(page, _ALONE, "30x")[2]


def _worst(page: Page) -> tuple[float]:
    worst = _by_series().loc[_by_series().covered_95.idxmin()]
    assert worst.series == "l2l-starcoder"
    return (100 * worst.covered_95,)


def _widest(page: Page) -> tuple[float]:
    return (100 * _by_series().width.max(),)


def _taus(page: Page) -> tuple[float, ...]:
    from experiments.backtest.recipes import learnt_elsewhere

    found = learnt_elsewhere(_predictions(), "family")
    six = found.pop(_predictions().set_index("series").family["l2l-starcoder"].iloc[0])
    low, high = sorted(set(found.values()))
    return six, low, high


def _kappas(page: Page) -> tuple[float, ...]:
    from experiments.backtest.exponents import learn, learnt_elsewhere

    found = learnt_elsewhere(_refits(), "family").values()
    return learn(_refits()), min(found), max(found)


def _per_efold(page: Page) -> tuple[float, float]:
    from experiments.backtest.exponents import learn

    kappa = learn(_refits(), per_efold=True)
    return kappa, kappa * math.log(10)


def _pairs(page: Page) -> tuple[int, float]:
    """The largest move of β among the pairs of each family that is named, the least of them, downwards."""
    largest = _refits().assign(moved=_refits().error.abs()).groupby("family").moved.max()
    moved = [
        value for family, value in largest.items() if re.search("chinchilla|llama|porian", str(family), re.IGNORECASE)
    ]
    assert len(moved) == 3
    assert min(moved) >= 0.15
    return 3, 0.15


def _far(page: Page) -> tuple[float]:
    from experiments.backtest import load

    runs = load()
    (flops,) = set(runs[runs.far].compute_flops)
    return (flops,)


CHECKS = {
    "docs/prediction.md": (
        Sentence("Its intervals of {} % hold less than half of the runs", lambda page: _bootstrap(page)[:1]),
        Sentence("below a tenth of it, {} %.", lambda page: _bootstrap(page)[1:]),
        Sentence(
            "At ten times {} of {} series are predicted too high, at thirty times by {} % of",
            _one_side, slow=True, data=True,
        ),
        Sentence(
            "its intervals of {} % hold {} % there, those of {} % hold {} %, and with τ learnt from other families "
            "those of {} % hold {} %.", _thirty,
        ),
        Sentence("Beyond {} times nothing was tried", _reach),
        Sentence("on StarCoder ours holds {} % at ten times", _worst, slow=True, data=True),
        Sentence("its bootstrap's interval of {} % holds the β of a ladder ten times longer in {} %",
                 lambda page: (95, _row(page, _BETA, "bootstrap", "10x")[2])),
        Sentence(
            "leaves intervals of {} % that hold {} %, and",
            lambda page: (95, _row(page, _BOUGHT, "next_run")[-2]),
        ),
        Sentence("up to {} % of the loss, since", _widest, slow=True, data=True),
        Sentence(
            "our intervals of {} % hold {} % all in all",
            lambda page: (95, _row(page, _INSIDE, "ours", "10x")[2]),
        ),
        Sentence("Without the six of loss-to-loss it is {}, without others {} or {}.", _taus, slow=True, data=True),
        Sentence(
            "sd² = b² + s² + (τ max({}, ln(C/C₀)))², τ = {}, with b the deviation over the resamples, s² = "
            "Σr²/(n - {}) of the residuals, C = {} N D", _recipe,
        ),
        Sentence("a standard deviation of {} beyond the bootstrap", _wide),
        Sentence(
            "The interval score is least at {}, and with a family left out at {} to {}:",
            _kappas, slow=True, data=True,
        ),
        Sentence(
            "{} for each e-fold of compute fits all four better, with the smaller interval score, and is {} at ten "
            "times",
            _per_efold, slow=True, data=True,
        ),
        Sentence(
            "On single pairs of Chinchilla, Llama {} and Porian it moves by {} and more",
            _pairs, slow=True, data=True,
        ),
        Sentence("is {} times as wide for a {} runs", _jointly),
        Sentence("lower by a {} at both {} and {} times and its intervals of {} % hold {} to {} %.", _rule),
        Sentence("The best κ beside τ is {}:", given(0)),
        Sentence("(RMS {} % and {} % against {} % and {} %). Its intervals of {} % then hold {} %.", _other_form),
        Sentence("one run of {} FLOP a corpus", _far, slow=True, data=True),
        Sentence("It needs {} runs of {} sizes over {} times in compute", _fewest),
        Sentence("Runs whose {} N D differ", given(6)),
        Sentence("has its own {} % interval", given(95)),
    ),
}  # fmt: skip
