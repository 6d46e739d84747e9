"""What the evaluations of Pythia show along its training and across its sizes; any subset of them will do."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import t

from experiments.data import located
from experiments.readers.pythia import SIZES, read_evaluations
from experiments.training_dynamics.suite import LAST

TASKS = ("arc_challenge", "arc_easy", "lambada_openai", "logiqa", "piqa", "sciq", "winogrande", "wsc")
"""The eight tasks whose accuracies are averaged."""
MMLU, MMLU_MEAN = "hendrycksTest-", "mmlu_mean57"


def load(folder: str | Path | None = None) -> pd.DataFrame:
    """All evaluations, a row a task and metric (`experiments.readers.pythia.read_evaluations`)."""
    return read_evaluations(located("pythia", folder))


def core(evaluations: pd.DataFrame) -> pd.DataFrame:
    """The eight `TASKS` and the mean of the 57 subjects of MMLU, `mmlu_mean57`, whose `stderr` is left open."""
    keys = ["size", "deduped", "step", "tokens", "shots", "metric"]
    eight = evaluations[evaluations.task.isin(TASKS)]
    subjects = evaluations[evaluations.task.str.startswith(MMLU)]
    mean = subjects.groupby(keys, sort=False).value.mean().reset_index().assign(task=MMLU_MEAN, stderr=np.nan)
    return pd.concat([eight, mean[list(eight.columns)]], ignore_index=True) if len(mean) else eight


def curve(
    evaluations: pd.DataFrame, task: str = "lambada_openai", metric: str = "ppl", *, shots: int = 0
) -> pd.DataFrame:
    """One metric along the training: a row a step, a column a model (`deduped`, `size`), sizes in ascending order."""
    chosen = evaluations[(evaluations.task == task) & (evaluations.metric == metric) & (evaluations.shots == shots)]
    if chosen.empty:
        raise ValueError(f"there is no {metric} of {task} with {shots} examples among these evaluations")
    return _by_model(chosen)


def accuracy(
    evaluations: pd.DataFrame, tasks: Sequence[str] = TASKS, *, shots: int = 0, metric: str = "acc"
) -> pd.DataFrame:
    """The mean accuracy over `tasks` along the training, as `curve`; NaN where a task is missing."""
    curves = [curve(evaluations, task, metric, shots=shots) for task in tasks]
    return sum(curves[1:], curves[0]) / len(curves)


def _by_model(chosen: pd.DataFrame) -> pd.DataFrame:
    table = chosen.pivot(index="step", columns=["deduped", "size"], values="value")
    return table[sorted(table.columns, key=lambda model: (model[0], SIZES.index(model[1])))]


def repeated(evaluations: pd.DataFrame) -> pd.DataFrame:
    """Evaluations of a model with and without duplicates that agree in every number, after step 1.

    A row a pair: `size`, `shots`, `step`. Before the first update the two are one model; a step later they are not.
    """
    later = evaluations[evaluations.step > 1]
    wide = later.pivot(index=["size", "shots", "step", "task", "metric"], columns="deduped", values=["value", "stderr"])
    if not {False, True} <= set(later.deduped):
        return pd.DataFrame(columns=["size", "shots", "step"])
    both = wide[wide["value"].notna().all(axis=1)]
    same = (both["value"][False] == both["value"][True]) & (
        (both["stderr"][False] == both["stderr"][True]) | both["stderr"].isna().all(axis=1)
    )
    all_of = same.groupby(level=["size", "shots", "step"]).all()
    return all_of[all_of].reset_index()[["size", "shots", "step"]]


def closeness(evaluations: pd.DataFrame, *, shots: int = 0) -> pd.DataFrame:
    """How near a model is to its twin without duplicates: a row a size and step.

    `equal` is the part of all accuracies that are the same to the last digit, `gap` the median over `TASKS` of the
    absolute difference, in points.
    """
    chosen = evaluations[(evaluations.metric == "acc") & (evaluations.shots == shots)]
    wide = chosen.pivot(index=["size", "step", "task"], columns="deduped", values="value").dropna()
    gaps = 100 * (wide[True] - wide[False]).abs()
    of_tasks = gaps[gaps.index.get_level_values("task").isin(TASKS)]
    keys = ["size", "step"]
    table = pd.DataFrame({
        "equal": (gaps == 0).groupby(level=keys).mean(), "gap": of_tasks.groupby(level=keys).median()
    }).reset_index()  # fmt: skip
    return table.sort_values(keys, key=lambda c: c.map(SIZES.index) if c.name == "size" else c, ignore_index=True)


def deduplication(
    evaluations: pd.DataFrame, tasks: Sequence[str] = TASKS, *, shots: int = 0, step: int = LAST, metric: str = "acc"
) -> pd.DataFrame:
    """What a model trained without duplicates gains, in points: a row a size, a column a task, and their `mean`."""
    gains = {}
    for task in tasks:
        right = curve(evaluations, task, metric, shots=shots)
        if step not in right.index or not {False, True} <= set(right.columns.get_level_values("deduped")):
            raise ValueError(f"there are no models with and without duplicates at step {step} among these evaluations")
        at = right.loc[step]
        gains[task] = 100 * (at[True] - at[False])
    table = pd.DataFrame(gains)
    return table.assign(mean=table.mean(axis=1))


def interval(values: Any, confidence: float = 0.95) -> tuple[float, float, float]:
    """Mean of the values with Student's interval, which takes the values for independent."""
    values = np.asarray(values, float)
    half = t.ppf((1 + confidence) / 2, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
    mean = float(values.mean())
    return mean, mean - float(half), mean + float(half)


def in_order(curves: pd.DataFrame) -> pd.Series:
    """Part of the pairs of sizes in which the larger has the lower value, at each step; `curves` by size ascending.

    A pair with equal values is not in order.
    """
    values = curves.to_numpy(float)
    pairs = [values[:, j] < values[:, i] for i in range(values.shape[1]) for j in range(i + 1, values.shape[1])]
    return pd.Series(np.mean(pairs, axis=0), index=curves.index)


def best(curves: pd.DataFrame) -> pd.DataFrame:
    """The least value of each column with its step, the last value, and the last over the least."""
    return pd.DataFrame({
        "least": curves.min(), "at_step": curves.idxmin(), "last": curves.iloc[-1],
        "ratio": curves.iloc[-1] / curves.min(),
    })  # fmt: skip


def gain_course(evaluations: pd.DataFrame) -> pd.DataFrame:
    """Gain without duplicates by step, in points: LAMBADA and the mean of eight tasks, means over sizes with ends.

    Pairs with more than half of their accuracies equal are left out: they are the same model.
    """
    near = closeness(evaluations)
    rows = []
    for name, curves in (("LAMBADA", curve(evaluations, metric="acc")), ("mean of eight tasks", accuracy(evaluations))):
        gain = 100 * (curves[True] - curves[False])
        for step in (step for step in gain.index if step >= 1000):
            out = near[(near.step == step) & (near.equal > 0.5)]["size"]
            mean, low, high = interval(gain.loc[step].drop(list(out)))
            rows.append({"what": name, "step": step, "gain": mean, "lower": low, "upper": high})
    return pd.DataFrame(rows)


def bias(interventions: pd.DataFrame, *, last: int = 10) -> pd.DataFrame:
    """CrowS-Pairs, English, gender: % of stereotypes preferred, over the last checkpoints of a variant and baseline.

    A row a size and variant: `baseline`, `changed`, `change` in points with `lower` and `upper`, Student's 95 % over
    the checkpoints, `stderr` of one value in points (50 % being no preference), `checkpoints`, and `log_ppl`, the
    change of ln perplexity on LAMBADA.
    """

    def of(task: str, metric: str) -> pd.DataFrame:
        chosen = interventions[(interventions.task == task) & (interventions.metric == metric)]
        return chosen.pivot(index="step", columns=["size", "variant"], values="value")

    score, perplexity = of("crows_pairs_english_gender", "pct_stereotype"), of("lambada_openai", "ppl")
    error = (
        interventions[(interventions.task == "crows_pairs_english_gender") & (interventions.metric == "pct_stereotype")]
        .groupby("size")
        .stderr.mean()
    )
    rows = []
    for size in SIZES:
        for variant in ("intervention", "intervention-long"):
            if (size, variant) not in score:
                continue
            pair = score[[(size, "baseline"), (size, variant)]].dropna().tail(last) * 100
            base, changed = pair.mean()
            change, low, high = interval(pair[size, variant] - pair[size, "baseline"])
            logs = np.nan
            if {(size, "baseline"), (size, variant)} <= set(perplexity):
                both = np.log(perplexity[[(size, "baseline"), (size, variant)]].dropna().tail(last))
                logs = float((both[size, variant] - both[size, "baseline"]).mean())
            rows.append({
                "size": size, "variant": variant, "checkpoints": len(pair), "baseline": base, "changed": changed,
                "change": change, "lower": low, "upper": high, "stderr": 100 * error[size], "log_ppl": logs,
            })  # fmt: skip
    return pd.DataFrame(rows)
