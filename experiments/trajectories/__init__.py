"""Xia et al. 2022 (arXiv:2212.09803): is perplexity, whatever the size, what decides how a model in training behaves?

The paper follows checkpoints of OPT. Its numbers are public as vector figures (`experiments.readers.opt_figures`):
perplexity on the validation set, accuracy on BIG-Bench, and shares of tokens by the trend of their perplexity. Of
single tokens and of the generated sequences nothing is in them, so that two of its three findings cannot be verified.
Whether perplexity predicts better than size or compute is asked of the runs of Pythia and of Gadre et al. as well
(`experiments.trajectories`); what a learner that only stores does to the shares of trends is drawn by `simulate`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bounds.base.arguments import unknown
from bounds.base.notes import FITTED, INPUT, METHOD, Note
from bounds.base.telling.steps import stepped
from bounds.cli.printing import number
from experiments.claims import Result
from experiments.data import located
from experiments.drawing import drawn_by
from experiments.readers.gadre import read_runs
from experiments.readers.opt_figures import BIGBENCH, VALIDATION, read_bigbench, read_trend, read_validation
from experiments.readers.opt_figures import TRENDS as TREND_FILES
from experiments.trajectories.behaviour import gadre_behaviour, opt_behaviour, pythia_behaviour, read_zero_shot
from experiments.trajectories.claims import CLAIMS, outcomes
from experiments.trajectories.matching import SizeEffect, matched_accuracy, size_effect
from experiments.trajectories.predictors import PREDICTORS, compare_predictors
from experiments.trajectories.tables import (
    effect_table,
    matched_table,
    measure_table,
    overlap_table,
    predictor_table,
    trend_table,
    validation_table,
)  # fmt: skip
from experiments.trajectories.trends import SOURCES, simulated_trends

__all__ = [
    "CLAIMS", "load_bigbench", "load_models", "load_trends", "load_validation", "matched_accuracy",
    "measure_predictors", "run", "simulated_trends", "size_effect",
]  # fmt: skip


def load_validation(folder: str | Path | None = None) -> pd.DataFrame:
    """Validation perplexity by size and step (`read_validation`), from `folder` of the data sets."""
    return read_validation(located("opt", folder) / VALIDATION)


def load_bigbench(folder: str | Path | None = None, groups: str | Sequence[str] = tuple(BIGBENCH)) -> pd.DataFrame:
    """Accuracy by group of tasks, size and step (`read_bigbench`), with perplexity, size and FLOP."""
    chosen = [groups] if isinstance(groups, str) else list(groups)
    for group in chosen:
        if group not in BIGBENCH:
            raise unknown("group of tasks", group, BIGBENCH)
    if not chosen:
        raise ValueError(f"groups must name at least one of {', '.join(BIGBENCH)}, got none")
    root = located("opt", folder)
    return pd.concat([read_bigbench(root / BIGBENCH[group], group) for group in chosen], ignore_index=True)


def load_trends(folder: str | Path | None = None) -> pd.DataFrame:
    """Percent of the tokens by trend, size and part of the training left out (`read_trend`)."""
    root = located("opt", folder)
    return pd.concat([read_trend(root / path) for path in TREND_FILES.values()], ignore_index=True)


def load_models(folder: str | Path | None = None) -> pd.DataFrame:
    """Checkpoints of OPT and Pythia and the runs of Gadre et al. in one form (`experiments.trajectories.behaviour`)."""
    pythia, gadre = read_zero_shot(located("pythia", folder)), read_runs(located("gadre", folder))
    tables = [opt_behaviour(load_bigbench(folder)), pythia_behaviour(pythia), gadre_behaviour(gadre)]
    return pd.concat(tables, ignore_index=True)


def measure_predictors(table: pd.DataFrame, data: str = "data") -> pd.DataFrame:
    """Perplexity, compute and size as predictors of accuracy in each data set of `table` (`compare_predictors`)."""
    parts = []
    for name, part in table.groupby(data, sort=False):
        found = compare_predictors(part, "accuracy_pct", PREDICTORS)
        found.insert(0, data, name)
        parts.append(found)
    return pd.concat(parts, ignore_index=True)


def run(folder: Path) -> Result:
    """What the data in `folder` say of the claims."""
    validation, bigbench, trends = load_validation(folder), load_bigbench(folder), load_trends(folder)
    table = load_models(folder)
    found = measure_predictors(table)
    tasks = {str(group): part for group, part in bigbench.groupby("task_group", sort=False)}
    effects = {group: size_effect(part) for group, part in tasks.items()}
    matched = matched_accuracy(bigbench)
    by_group = {str(group): part for group, part in matched.groupby("task_group", sort=False)}
    drawn = {source: simulated_trends(source) for source in stepped(SOURCES, "simulated suites", "suites")}
    simulated = {source: shares for source, (shares, _) in drawn.items()}
    return Result(
        outcomes(trends, drawn, tasks["all"], effects["all"], table, found),
        answer=_answer(found, effects["all"]),
        tables=[
            predictor_table(found), matched_table(by_group["all"], "all 74 tasks"),
            trend_table(trends, simulated[SOURCES[0]], SOURCES[0]),
        ],
        notes=[
            Note(FITTED, "The perplexity of Pythia is that of a task, LAMBADA: none of a validation set is published."),
            Note(INPUT, "Figures show accuracy as marks and its moving average as a line; the marks are used here."),
            Note(METHOD, "Rising and falling tokens are those whose slope a test at 5 % finds; of flat ones chance "
                 "calls 2.5 % rising."),
        ],
        details=[
            validation_table(validation), effect_table(effects), measure_table(found),
            *(trend_table(trends, simulated[source], source) for source in SOURCES[1:]),
            *(matched_table(part, f"{group} tasks") for group, part in by_group.items() if group != "all"),
            overlap_table(drawn),
        ],
        method=[
            "Every number of OPT is read from the vector figures of the paper's repository, the axes undone; there are "
            "none of 350m, 2.7b and 66b, and of single tasks, single tokens and generated sequences no numbers.",
            "The learner of the last columns stores the sequences that it has seen most often, as many as it has room "
            "for; its sizes stand in the ratios of OPT's, the smallest having room for ten. A sequence has one of two "
            "losses, so that most of its trajectories are flat.",
        ],
        figures={
            "accuracy": drawn_by(f"{__name__}.figures", "draw_accuracy", tasks["all"]),
            "perplexity": drawn_by(f"{__name__}.figures", "draw_perplexity", validation),
            "trends": drawn_by(f"{__name__}.figures", "draw_trends", trends, simulated),
        },
        data={
            "predictors": _records(found), "trends": _records(trends), "matched": _records(matched),
            "validation": _records(validation),
            "simulated_trends": _records(pd.concat([one.assign(source=source) for source, one in simulated.items()])),
        },
    )  # fmt: skip


def _answer(found: pd.DataFrame, effect: SizeEffect) -> str:
    rho = found[found.data == "OPT, all"].set_index("predictor").spearman
    reach = max(effect.offsets.values()) - min(effect.offsets.values())
    return (
        f"Over the checkpoints of OPT accuracy goes with perplexity (rank correlation {rho['perplexity']:.3f}) more "
        f"than with compute ({rho['compute']:.3f}) or size ({rho['size']:.3f}); at the same perplexity sizes differ "
        f"by up to {reach:.1f} points (p = {number(effect.p, 1)})."
    )


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as plain objects; what is not a number is null."""
    return [
        {str(key): None if isinstance(value, float) and np.isnan(value) else value for key, value in row.items()}
        for row in table.to_dict("records")
    ]
