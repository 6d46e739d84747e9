"""What the runs say, computed once: predictions on every loss and average, printed cells met, what a fit hangs on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from experiments.overtraining.fits import Fit, fit, of_set, paper_runs, small, targets
from experiments.overtraining.printed import SIZES, TABLE_7, TABLE_7_TASKS, Figure
from experiments.readers.gadre import EVALUATIONS, average_error, tasks_of

HALF_A_TENTH = 0.05
_SAME = 1e-3
"""Of a printed percentage, by which two optimisers may stop apart."""
UNDER = 5
"""Tokens per parameter of the runs that no figure of the paper predicts."""
THRESHOLDS = tuple(range(-5, 55, 5))
"""Percentage points above guessing (figure 8)."""


class Agreement(NamedTuple):
    """How many of the printed cells are met to their last digit, and the largest distance from one, in percent."""

    met: int
    of: int
    largest: float


class Others(NamedTuple):
    """What fits to other small runs predict: a name, how many runs, their FLOP, and relative errors of the targets."""

    training_set: str
    chosen: str
    n_fits: int
    n_runs: int
    compute_flops: float
    overtrained: tuple[float, float]
    largest_model: tuple[float, float]


@dataclass(frozen=True)
class Findings:
    """All of it from `runs` (`experiments.readers.gadre.read_runs`) and the accuracies of guessing."""

    runs: pd.DataFrame
    baselines: pd.Series

    @cached_property
    def training_sets(self) -> tuple[str, ...]:
        """The training sets that there are runs on."""
        return tuple(self.runs.training_set.unique())

    @cached_property
    def fits(self) -> Mapping[tuple[str, str], Fit]:
        """The fit to the paper's runs, by training set and evaluation; errors are averaged over 17 tasks."""
        chosen = {one: paper_runs(self.runs, one) for one in self.training_sets}
        return {
            (one, evaluation): fit(five, loss=evaluation, error_runs=six)
            for one, (five, six) in chosen.items()
            for evaluation in EVALUATIONS
        }

    @cached_property
    def predictions(self) -> Mapping[tuple[str, str], pd.DataFrame]:
        """Every run of a training set as its fit predicts it, by training set and evaluation."""
        return {key: found.predict(of_set(self.runs, key[0])) for key, found in self.fits.items()}

    @cached_property
    def all_tasks(self) -> Mapping[str, pd.DataFrame]:
        """The same with errors averaged over 46 tasks and losses on C4 eval, by training set."""
        return {one: self.chained(one, 46) for one in self.training_sets}

    def chained(self, training_set: str, tasks: int | str | Iterable[str], *, with_sixth: bool = True) -> pd.DataFrame:
        """Every run as predicted by `chain`."""
        return self.chain(training_set, tasks, with_sixth=with_sixth).predict(of_set(self.runs, training_set))

    def chain(self, training_set: str, tasks: int | str | Iterable[str], *, with_sixth: bool = True) -> Fit:
        """The fit on C4 eval and to the error over `tasks`; without the sixth run, the error is fitted to five."""
        return self.fits[training_set, "c4_val"].chained(paper_runs(self.runs, training_set)[with_sixth], tasks)

    def off(self, training_set: str, n_params: int, ratio: float, what: str = "c4_val") -> float:
        """Predicted less measured, in percent of measured.

        `what` is the set of the loss, or ``17`` or ``46`` for the error over so many tasks.
        """
        return self._off[training_set, what][n_params, ratio]

    @cached_property
    def _off(self) -> dict[tuple[str, str], dict[tuple[int, float], float]]:
        losses = {key: (table, "loss_off") for key, table in self.predictions.items()}
        errors = {(one, "17"): (self.predictions[one, "c4_val"], "error_off") for one in self.training_sets}
        wide = {(one, "46"): (self.all_tasks[one], "error_off") for one in self.training_sets}
        return {
            key: dict(zip(zip(table.n_params, table.tokens_per_param, strict=True), 100 * table[column], strict=True))
            for key, (table, column) in (losses | errors | wide).items()
        }

    def agreement(self, figure: Figure) -> Agreement:
        """How our predictions meet the cells of a figure."""
        apart = []
        for (training_set, what), grid in figure.grids.items():
            name = str(what)
            apart += [abs(abs(self.off(training_set, n, m, name)) - cell) for (n, m), cell in grid.items()]
        return _agreement(apart, HALF_A_TENTH)

    @cached_property
    def single_tasks(self) -> Mapping[tuple[str, bool], tuple[float, ...]]:
        """Table 7 again: relative errors of 6.9B in percent, by training set and whether the 1.4B run is fitted."""
        found = {}
        for training_set, with_sixth in TABLE_7:
            tables = [self.chained(training_set, task, with_sixth=with_sixth) for task in TABLE_7_TASKS]
            found[training_set, with_sixth] = tuple(
                100 * float(table.error_off[table.n_params == SIZES[-1]].iloc[0]) for table in tables
            )
        return found

    @property
    def single_task_agreement(self) -> Agreement:
        """How they meet the printed cells of single tasks."""
        pairs = (zip(self.single_tasks[key], printed, strict=True) for key, printed in TABLE_7.items())
        return _agreement([abs(abs(x) - y) for row in pairs for x, y in list(row)[:-1]], HALF_A_TENTH / 10)

    @cached_property
    def above_guessing(self) -> pd.Series:
        """Of each task the best accuracy of a 0.154B model less that of guessing, over training sets and tokens."""
        ours = self.runs[self.runs.n_params == SIZES[2]]
        tasks = tasks_of(self.runs, 46)
        return pd.Series({task: ours[f"accuracy_{task}"].max() - self.baselines[task] for task in tasks})

    def tasks_above(self, points: float) -> list[str]:
        """The tasks on which some 0.154B model is at least so many percentage points above guessing."""
        return list(self.above_guessing.index[self.above_guessing >= points / 100])

    @cached_property
    def thresholds(self) -> pd.DataFrame:
        """Figure 8 again: how many tasks are so far above guessing, and how far off 6.9B is on them, in percent.

        NaN where the error of so few tasks does not bend as a decay.
        """
        rows = []
        for points in THRESHOLDS:
            tasks = self.tasks_above(points)
            row: dict[str, float] = {"points": points, "tasks": len(tasks)}
            for one in self.training_sets:
                row[one] = self._off_of_largest(one, tasks)
            rows.append(row)
        return pd.DataFrame(rows)

    def _off_of_largest(self, training_set: str, tasks: list[str]) -> float:
        try:
            table = self.chained(training_set, tasks)
        except ValueError:
            return float("nan")
        return 100 * float(table.error_off[table.n_params == SIZES[-1]].iloc[0])

    @cached_property
    def slopes(self) -> pd.DataFrame:
        """-d ln(L - E)/d ln C over the four small sizes, by training set and tokens per parameter; E is the fit's."""
        rows = []
        for one in self.training_sets:
            E = self.fits[one, "c4_val"].constants.irreducible
            for ratio, some in small(of_set(self.runs, one)).groupby("tokens_per_param"):
                slope = np.polyfit(np.log(some.compute_flops), np.log(some.loss_c4_val - E), 1)[0]
                rows.append({"training_set": one, "tokens_per_param": ratio, "exponent": -float(slope)})
        return pd.DataFrame(rows)

    @cached_property
    def others(self) -> list[Others]:
        """What other small runs would have predicted on C4 eval: another fifth run, or all of them."""
        found = []
        for one in self.training_sets:
            mine = of_set(self.runs, one)
            ladder = small(mine)
            at_20, beyond = ladder[ladder.tokens_per_param == 20], ladder[ladder.tokens_per_param > 20]
            five = [pd.concat([at_20, beyond.iloc[[i]]]) for i in range(len(beyond))]
            found.append(_others(one, "M = 20 and another fifth", five, targets(mine)))
            found.append(_others(one, "all with M ≥ 20", [ladder[ladder.tokens_per_param >= 20]], targets(mine)))
        return found

    def largest_off(self, training_set: str, evaluation: str, ratios: Iterable[float]) -> float:
        """The relative error, in percent with its sign, of the small run at `ratios` that is farthest off."""
        table = small(self.predictions[training_set, evaluation])
        return 100 * farthest(table.loss_off[table.tokens_per_param.isin(list(ratios))])

    @cached_property
    def rank_correlation(self) -> float:
        """Of Spearman, between predicted and measured error over 17 tasks of the nine runs from 1.4B on."""
        tables = [self.predictions[one, "c4_val"] for one in self.training_sets]
        large = pd.concat([table[table.n_params >= SIZES[-2]] for table in tables])
        return float(spearmanr(large.error_predicted, large.error).statistic)

    @cached_property
    def error_forms(self) -> pd.DataFrame:
        """Root mean square left by forms through all runs of a set: the law, and a parabola in the loss."""
        rows = []
        for one in self.training_sets:
            mine = of_set(self.runs, one)
            error = average_error(mine)
            parabola = np.polyval(np.polyfit(mine.loss_c4_val, error, 2), mine.loss_c4_val)
            law = fit(mine).error_residual
            rows.append({"training_set": one, "law": law, "parabola": float(np.sqrt(np.mean((parabola - error) ** 2)))})
        return pd.DataFrame(rows)


def _agreement(apart: list[float], half: float) -> Agreement:
    return Agreement(sum(one <= half + _SAME for one in apart), len(apart), max(apart))


def _others(training_set: str, chosen: str, choices: list[pd.DataFrame], aims: pd.DataFrame) -> Others:
    predicted = [fit(choice, tasks=None).predict(aims) for choice in choices]
    off = {
        largest: [100 * float(table.loss_off[(table.n_params == SIZES[-1]) == largest].iloc[0]) for table in predicted]
        for largest in (False, True)
    }
    spent = float(np.median([choice.compute_flops.sum() for choice in choices]))
    return Others(
        training_set, chosen, len(choices), len(choices[0]), spent,
        (min(off[False]), max(off[False])), (min(off[True]), max(off[True])),
    )  # fmt: skip


def farthest(values: pd.Series) -> float:
    """Of relative errors, with its sign, the largest."""
    return float(values.iloc[int(values.abs().to_numpy().argmax())])
