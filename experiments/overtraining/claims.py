"""The claims of Gadre et al. 2024 on over-training and downstream error, and what the runs say of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bounds.base.one_number import number
from bounds.laws.overtraining import OVERTRAINING_LAWS
from experiments.claims import AT_LEAST, AT_MOST, NO_NUMBER, Claim, Outcome, Value, judge
from experiments.overtraining.findings import UNDER, Agreement, Findings, farthest
from experiments.overtraining.fits import of_set, paper_runs
from experiments.overtraining.printed import FIGURES, GPU_HOURS, OPTIMA, RATIOS, SIZES, TABLE_7
from experiments.readers.gadre import TASKS_17

PAPER = "Gadre 2024"
NAMES = {"c4": "C4", "redpajama": "RedPajama", "refinedweb": "RefinedWeb"}
_SHORT = {"c4": "c4", "redpajama": "rpj", "refinedweb": "rw"}
"""In the names of claims, as upstream has them."""
_DIGIT = "half of the last printed digit"
_BOUND = "the bound as stated"
_EACH = "a count of printed numbers, each met to its last digit"
_HOURS = "the files hold no hours"
_MID, _LARGE = SIZES[-2], SIZES[-1]
_DIGITS = {"E": 2, "a": 0, "b": 0, "η": 3, "ε": 3, "k": 2, "γ": 3}
"""Decimals of table 6."""


def _claim(
    name: str, where: str, text: str, published: Value, tolerance: float | None, reason: str, **more: Any
) -> Claim:  # fmt: skip
    return Claim(f"overtraining.{name}", PAPER, where, text, published, tolerance, reason, **more)


def _percent(name: str, where: str, text: str, published: float, tolerance: float) -> Claim:
    return _claim(name, where, text, published, tolerance, _DIGIT, unit="%")


_SECTION_4 = "abstract; section 4, figure 1"
_HEADLINE = (
    _percent("loss-1.4b", _SECTION_4, "Five small runs on RedPajama predict the loss of 1.4B parameters on 900B "
             "tokens to 0.7 %", 0.7, 0.05),
    _percent("loss-6.9b", _SECTION_4, "They predict the loss of 6.9B parameters on 138B tokens to 0.7 %", 0.7, 0.05),
    _percent("error-1.4b", _SECTION_4, "With a sixth run they predict the error of 1.4B over 17 tasks to 3.6 %", 3.6,
             0.05),
    _percent("error-6.9b", _SECTION_4, "With it they predict the error of 6.9B to 0.05 %", 0.05, 0.005),
    _claim("points-6.9b", "section 1", "The error of 6.9B is predicted to within 1 percentage point", 1, 0, _BOUND,
           reading=AT_MOST, unit="points"),
    *(_claim(f"times-{what}-{size}", "abstract; section 1, figure 1", f"The runs that predict the {what} of "
             f"{size.upper()} took {times} times less compute", times, 0, "taken at its word, no less",
             reading=AT_LEAST, unit="times", should_hold=(what, size) != ("loss", "6.9b"))
      for what, times in (("loss", 300), ("error", 20)) for size in ("1.4b", "6.9b")),
    _claim("error-law", "abstract; section 2.3", "Downstream error is a power law in perplexity, that is, a decay with "
           "the loss", "decay", None, f"{NO_NUMBER}: it must leave less than a parabola in the loss, of as many "
           "constants, on every training set"),
    _claim("testbed", "abstract", "There are 104 models", 104, 0, "a count"),
    _claim("flop-loss", "table 1", "FLOP of the five runs", 2.4e19, 0.05e19, _DIGIT, unit="FLOP"),
    _claim("flop-error", "table 1", "FLOP of the six runs", 2.7e20, 0.05e20, _DIGIT, unit="FLOP"),
)  # fmt: skip

_CELLS = (
    "the losses on C4 eval", "the losses on the domain trained on",
    "the losses on code, Penn Treebank and German after C4",
    "the errors over 46 tasks", "the errors over 17 tasks",
)  # fmt: skip
_FITS = (
    *(_claim(f"constants-{short}", "table 6", f"The seven constants of equations 4 and 5 on {NAMES[one]}", 7, 0, _EACH)
      for one, short in _SHORT.items()),
    *(_claim(f"optimum-{short}", "appendix F", f"Tokens per parameter of least loss, by the fit to {NAMES[one]}",
             OPTIMA[one], 0.005, _DIGIT) for one, short in _SHORT.items()),
    *(_percent(f"error-6.9b-{short}", "table 2", f"The error of 6.9B on {NAMES[one]}", TABLE_7[one, True][-1], 0.005)
      for one, short in _SHORT.items() if one != "redpajama"),
    *(_percent(f"five-runs-{short}", "table 7", f"The error of 6.9B on {NAMES[one]} without the 1.4B run in the fit",
               TABLE_7[one, False][-1], 0.005) for one, short in _SHORT.items()),
    _claim("single-tasks", "tables 2 and 7", "How far off 6.9B is on four single tasks, with and without 1.4B in the "
           "fit", 24, 0, _EACH),
    *(_claim(f"figure-{one.number}", f"figure {one.number}", f"How far off the runs are: {text}", one.n_cells, 0, _EACH)
      for one, text in zip(FIGURES, _CELLS, strict=True)),
)  # fmt: skip

_LIMITS = (
    _percent("own-domain", "appendix F, figure 7", "On the domain trained on, 1.4B on 900B tokens of RedPajama is "
             "farthest off: it is better than predicted", 15.4, 0.05),
    _percent("german", "appendix F, figure 10", "On German after C4, which scales reliably, a run of 1.4B is farthest "
             "off", 7.6, 0.05),
    _claim("under-training", "section 4, appendix F", "At 5 tokens per parameter scaling is off the trend", "off", None,
           f"{NO_NUMBER}: on every training set some run must be farther off than all small ones at M ≥ 10"),
    _claim("exponent", "section 2.2, figure 17", "The exponent of compute is about the same from M = 20 to 640",
           "steady", None, f"{NO_NUMBER}: it must stay between the ends of the axis of figure 17, 0.11 and 0.15"),
    _claim("rank", "appendix F", "Rank correlation of predicted and measured error over the 9 runs from 1.4B on", 0.88,
           0.005, _DIGIT),
    _claim("tasks", "section 3.4", "The 17 tasks are those on which some 0.154B model is 10 points above guessing", 17,
           0, "a count, of the same tasks"),
    _claim("all-tasks", "figure 8", "Over all 46 tasks the error of 6.9B is less than 3 % off", 3, 0, _BOUND,
           reading=AT_MOST, unit="%"),
    _claim("thresholds", "figure 8", "Over tasks up to 35 points above guessing it is less than 10 % off", 10, 0,
           _BOUND, should_hold=False, reading=AT_MOST, unit="%"),
    _claim("hours-loss", "table 1", "A100 hours of the five runs", 100, None, _HOURS),
    _claim("hours-error", "table 1", "A100 hours of the six runs", 1000, None, _HOURS),
    _claim("trade-off", "figures 14 to 16", "Losses are predicted from less compute than errors are", "less", None,
           "which runs were drawn for the points of these figures is not published"),
)  # fmt: skip

CLAIMS = (*_HEADLINE, *_FITS, *_LIMITS)
"""The claims, those of the abstract first."""


def outcomes(found: Findings) -> list[Outcome]:
    """Every claim with what the runs say."""
    return [_JUDGED[claim.name](claim, found) for claim in CLAIMS]


_Judge = Callable[[Claim, Findings], Outcome]


def _off(training_set: str, n_params: int, ratio: float, what: str = "c4_val") -> _Judge:
    """A relative error of prediction without its sign; the note has the numbers."""

    def judged(claim: Claim, found: Findings) -> Outcome:
        off = found.off(training_set, n_params, ratio, what)
        return judge(claim, abs(off), f"Predicted less measured is {off:+.2f} %")

    return judged


def _compute(n_params: int, ratio: float, *, for_error: bool = False) -> _Judge:
    def judged(claim: Claim, found: Findings) -> Outcome:
        runs = of_set(found.runs, "redpajama")
        spent = paper_runs(runs, "redpajama")[for_error].compute_flops
        aimed = runs.compute_flops[(runs.n_params == n_params) & (runs.tokens_per_param == ratio)]
        aim = float(aimed.iloc[0])
        times = aim / float(spent.sum())
        note = f"{number(aim)} FLOP are {times:.1f} times the {number(spent.sum())} of all runs that are fitted"
        return judge(claim, times, f"{note} and {aim / spent.max():.0f} times those of the largest")

    return judged


def _points(claim: Claim, found: Findings) -> Outcome:
    table = found.predictions["redpajama", "c4_val"]
    row = table[table.n_params == _LARGE].iloc[0]
    return judge(claim, 100 * abs(float(row.error_predicted - row.error)),
                 f"Predicted {row.error_predicted:.4f}, measured {row.error:.4f}")  # fmt: skip


def _error_law(claim: Claim, found: Findings) -> Outcome:
    forms = found.error_forms
    holds = bool((forms.law < forms.parabola).all())
    left = ", ".join(f"{row.law:.4f} and {row.parabola:.4f} on {NAMES[row.training_set]}" for row in forms.itertuples())
    note = f"Through all runs decay and parabola leave {left} (root mean square)"
    return judge(claim, "decay" if holds else "parabola", note, holds=holds)


def constants(found: Findings, training_set: str) -> list[tuple[str, float, float, bool]]:
    """Name, printed value, ours, and whether ours rounds to it, of the seven constants of table 6."""
    law = OVERTRAINING_LAWS[f"gadre2024-{training_set}"]
    errors = law.error_law
    assert errors is not None
    printed = (law.irreducible, law.param_coefficient, law.data_coefficient, law.exponent, errors.ceiling, errors.size,
               errors.rate)  # fmt: skip
    fitted = found.fits[training_set, "c4_val"]
    ours = (*fitted.constants, *(fitted.error_constants or ()))
    return [
        (name, float(x), y, abs(y - x) <= 0.5005 * 10.0**-places)
        for (name, places), x, y in zip(_DIGITS.items(), printed, ours, strict=True)
    ]


def _constants(training_set: str) -> _Judge:
    def judged(claim: Claim, found: Findings) -> Outcome:
        rows = constants(found, training_set)
        said = ", ".join(f"{name} {ours:.4g}" for name, _, ours, _ in rows)
        return judge(claim, sum(met for *_, met in rows), f"Ours: {said}")

    return judged


def _optimum(training_set: str) -> _Judge:
    return lambda claim, found: judge(
        claim, found.fits[training_set, "c4_val"].optimal_tokens_per_param,
        "Below all runs that were fitted, and beside M = 5, where the law fails: an extrapolation",
    )  # fmt: skip


def _five_runs(training_set: str) -> _Judge:
    return lambda claim, found: judge(claim, abs(found.single_tasks[training_set, False][-1]))


def _cells(agreement: Agreement, what: str = "") -> tuple[float, str]:
    return agreement.met, f"The farthest is {agreement.largest:.3g} percentage points off{what}"


def _figure(i: int) -> _Judge:
    return lambda claim, found: judge(claim, *_cells(found.agreement(FIGURES[i]), "; half a tenth is rounding"))


def _single_tasks(claim: Claim, found: Findings) -> Outcome:
    ceiling = found.chain("c4", "lambada_openai").error_constants
    assert ceiling is not None
    note = f"; on LAMBADA after C4 the fitted ceiling is an error of {ceiling.ceiling:.2f}"
    return judge(claim, *_cells(found.single_task_agreement, note))


def _own_domain(claim: Claim, found: Findings) -> Outcome:
    off = {(one, n, m): found.off(one, n, m, str(what))
           for (one, what), grid in FIGURES[1].grids.items() for n, m in grid}  # fmt: skip
    worst = max(off, key=lambda key: abs(off[key]))
    right = worst == ("redpajama", _MID, 640) and off[worst] > 0
    here = found.off("redpajama", _MID, 640, "paloma_redpajama")
    return judge(claim, abs(here), "It is the largest, and the model is better than predicted" if right
                 else f"The largest is {off[worst]:+.1f} %, of {worst}",
                 holds=None if right else False)  # fmt: skip


def _german(claim: Claim, found: Findings) -> Outcome:
    worst = {one: _large_off(found, one, "val_de-en_100") for one in found.training_sets}
    rest = ", ".join(f"{worst[one]:+.1f} % on {NAMES[one]}" for one in worst if one != "c4")
    return judge(claim, abs(worst["c4"]), f"After the other training sets it is {rest}, which the paper does not show")


def _large_off(found: Findings, training_set: str, evaluation: str) -> float:
    """In percent with its sign, of the runs from 1.4B on, the one that is farthest off."""
    table = found.predictions[training_set, evaluation]
    return 100 * farthest(table.loss_off[table.n_params >= _MID])


def _under(claim: Claim, found: Findings) -> Outcome:
    pairs = {one: (found.largest_off(one, "c4_val", [UNDER]), found.largest_off(one, "c4_val", RATIOS))
             for one in found.training_sets}  # fmt: skip
    holds = all(abs(below) > abs(above) for below, above in pairs.values())
    said = ", ".join(
        f"{below:+.1f} % on {NAMES[one]} (M ≥ 10: {above:+.1f} %)" for one, (below, above) in pairs.items()
    )
    return judge(claim, "off" if holds else "on", f"The small run farthest off at M = 5: {said}", holds=holds)


def _exponent(claim: Claim, found: Findings) -> Outcome:
    slopes = found.slopes
    beyond = slopes[slopes.tokens_per_param >= 20].exponent
    below = slopes[slopes.tokens_per_param == UNDER].exponent
    low, high = float(beyond.min()), float(beyond.max())
    steady = low >= 0.11 and high <= 0.15
    return judge(claim, "steady" if steady else "moves", f"{low:.3f} to {high:.3f} with E as fitted; at M = 5 it is "
                 f"{below.min():.3f} to {below.max():.3f}", holds=steady)  # fmt: skip


def _tasks(claim: Claim, found: Findings) -> Outcome:
    above = found.tasks_above(10)
    same = set(above) == set(TASKS_17)
    return judge(claim, len(above), "They are the same" if same else "They are not the same", holds=same)


def _thresholds(claim: Claim, found: Findings) -> Outcome:
    rows = found.thresholds[found.thresholds.points < 35]
    off = rows[list(found.training_sets)].abs()
    n, many = rows.tasks[off.max(axis=1).idxmax()], off[rows.tasks >= 5].max(axis=None)
    note = f"Over the {n:.0f} tasks that are 30 points above guessing; over 5 and more tasks it is at most {many:.1f} %"
    return judge(claim, float(off.max(axis=None)), note)


def _all_tasks(claim: Claim, found: Findings) -> Outcome:
    off = {one: found.off(one, _LARGE, 20, "46") for one in found.training_sets}
    said = ", ".join(f"{value:+.2f} % on {NAMES[one]}" for one, value in off.items())
    return judge(claim, max(map(abs, off.values())), said)


def _hours(n: int) -> _Judge:
    total = sum(list(GPU_HOURS.values())[:n]) + GPU_HOURS[SIZES[0]] * 16
    return lambda claim, found: judge(
        claim, None, f"The hours of table 3 come to {total:.0f}, with 16 times those of the smallest run for its 320 "
        "tokens per parameter",
    )  # fmt: skip


_JUDGED: Mapping[str, _Judge] = {
    "loss-1.4b": _off("redpajama", _MID, 640),
    "loss-6.9b": _off("redpajama", _LARGE, 20),
    "error-1.4b": _off("redpajama", _MID, 640, "17"),
    "error-6.9b": _off("redpajama", _LARGE, 20, "17"),
    "points-6.9b": _points,
    "times-loss-1.4b": _compute(_MID, 640),
    "times-loss-6.9b": _compute(_LARGE, 20),
    "times-error-1.4b": _compute(_MID, 640, for_error=True),
    "times-error-6.9b": _compute(_LARGE, 20, for_error=True),
    "error-law": _error_law,
    "testbed": lambda claim, found: judge(claim, len(found.runs)),
    "flop-loss": lambda claim, found: judge(claim, found.fits["redpajama", "c4_val"].compute_flops),
    "flop-error": lambda claim, found: judge(claim, found.fits["redpajama", "c4_val"].error_compute_flops),
    **{f"constants-{_SHORT[one]}": _constants(one) for one in NAMES},
    **{f"optimum-{_SHORT[one]}": _optimum(one) for one in NAMES},
    **{f"error-6.9b-{_SHORT[one]}": _off(one, _LARGE, 20, "17") for one in NAMES},
    **{f"five-runs-{_SHORT[one]}": _five_runs(one) for one in NAMES},
    "single-tasks": _single_tasks,
    **{f"figure-{one.number}": _figure(i) for i, one in enumerate(FIGURES)},
    "own-domain": _own_domain,
    "german": _german,
    "under-training": _under,
    "exponent": _exponent,
    "rank": lambda claim, found: judge(claim, found.rank_correlation),
    "tasks": _tasks,
    "all-tasks": _all_tasks,
    "thresholds": _thresholds,
    "hours-loss": _hours(4),
    "hours-error": _hours(5),
    "trade-off": lambda claim, found: judge(claim, None),
}
