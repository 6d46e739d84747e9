"""Corpora, languages and shapes compared: the 1.3B runs on English corpora, BLOOM beside OPT, trials of speed.

Two models are compared task by task, on the same tasks. The interval of a mean difference is over tasks: it says how
far it would hold on other tasks of the kind. One run a corpus was trained, so that the luck of a run is in no interval.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from scipy.stats import t as student

METRICS = ("acc", "em")
"""Accuracy, and exact match where a task has no accuracy."""
LAST = 5
"""Checkpoints over which results of a task are averaged: from one to the next they move by more than corpora differ."""

ROOTS = frozenset((
    "ara", "asm", "ben", "cat", "eng", "fra", "guj", "hin", "ibo", "ind", "kan", "lin", "lug", "mal", "mar", "npi",
    "nso", "nya", "ory", "pan", "por", "sna", "spa", "swh", "tam", "tel", "urd", "vie", "wol", "xho", "yor",
    "zho_simpl", "zho_trad", "zul",
))  # fmt: skip
"""Languages of Flores-101 that the notes of BLOOM name among its 46."""
INDIC = frozenset(("asm", "ben", "guj", "hin", "kan", "mal", "mar", "npi", "ory", "pan", "tam", "tel"))
"""Those of them in Indic scripts."""


def scores(points: pd.DataFrame, metrics: Sequence[str] = METRICS) -> pd.DataFrame:
    """The results of `points`, any subset of the checkpoints: a row for a corpus and number of tokens, a column a task.

    Of each task the first of `metrics` that it has; tasks with none of them are left out.
    """
    found = points[points.metric.isin(metrics)]
    if found.empty:
        raise ValueError(f"no row has one of the metrics {', '.join(metrics)}")
    rank = found.metric.map({name: place for place, name in enumerate(metrics)})
    first = found[rank == rank.groupby(found.task).transform("min")]
    return first.pivot_table(index=["corpus", "tokens"], columns="task", values="value")


def averages(points: pd.DataFrame, metrics: Sequence[str] = METRICS) -> pd.DataFrame:
    """Mean over tasks, with a row a number of tokens and a column a corpus; NaN where a corpus has no such checkpoint.

    A checkpoint that lacks one of the tasks is left out.
    """
    table = scores(points, metrics).dropna()
    return table.mean(axis=1).unstack("corpus")


def compare(
    points: pd.DataFrame, first: str, second: str, *, last: int = LAST, metrics: Sequence[str] = METRICS,
    confidence: float = 0.95,
) -> dict[str, float]:  # fmt: skip
    """The mean over tasks of `first` less that of `second`, at the `last` checkpoints that both have.

    `difference` with `lower` and `upper` (Student's t over tasks), `tasks`, `won` (tasks where `first` is better),
    `checkpoints` compared and `tokens` of the last. ValueError where a corpus is not there, or they share none.
    """
    table = scores(points, metrics).dropna()
    for name in (first, second):
        if name not in table.index.get_level_values("corpus"):
            known = ", ".join(sorted(set(points.corpus)))
            raise ValueError(f"{name} is not among the corpora of these checkpoints, {known}")
    one, other = table.loc[first], table.loc[second]
    shared = sorted(set(one.index) & set(other.index))[-last:]
    if not shared:
        raise ValueError(f"{first} and {second} have no checkpoint in common")
    gaps = (one.loc[shared] - other.loc[shared]).mean()
    return _paired(gaps.to_numpy(), confidence) | {
        "won": int((gaps > 0).sum()), "checkpoints": len(shared), "tokens": float(shared[-1]),
    }  # fmt: skip


def _paired(gaps: np.ndarray, confidence: float) -> dict[str, float]:
    """Mean of differences with Student's interval; NaN ends of less than two."""
    n, mean = len(gaps), float(np.mean(gaps))
    half = float(student.ppf((1 + confidence) / 2, n - 1) * np.std(gaps, ddof=1) / np.sqrt(n)) if n > 1 else np.nan
    return {"difference": mean, "lower": mean - half, "upper": mean + half, "tasks": n}


def corpora(points: pd.DataFrame, against: str = "oscar", *, last: int = LAST) -> pd.DataFrame:
    """Each corpus with the mean over tasks of its `last` checkpoints, and its difference from `against`."""
    table = scores(points).dropna()
    rows = []
    for name in sorted(set(table.index.get_level_values("corpus")), key=lambda one: (one != against, one)):
        own = table.loc[name].sort_index()
        row = {"corpus": name, "mean": float(own.iloc[-last:].to_numpy().mean()), "own_checkpoints": len(own)}
        rows.append(row | (compare(points, name, against, last=last) if name != against else {}))
    return pd.DataFrame(rows)


def noise(points: pd.DataFrame, *, beyond: float = 5e10) -> float:
    """By how much the mean over tasks moves from one checkpoint to the next, beyond so many tokens; per checkpoint."""
    late = averages(points).loc[lambda table: table.index >= beyond]
    steps = pd.concat([late[name].dropna().diff().dropna() for name in late])
    return float(steps.std(ddof=1) / np.sqrt(2))


def languages(evaluations: pd.DataFrame, spoken: Iterable[str] = ROOTS) -> pd.DataFrame:
    """Byte perplexities of BLOOM and OPT by language of Flores-101, from the best `ratio` (BLOOM over OPT) up.

    `in_corpus` says whether the language is among those `spoken` by the corpus of BLOOM.
    """
    found = evaluations[evaluations.metric == "byte_perplexity"]
    if found.empty:
        raise ValueError("no row has byte perplexities")
    table = found[["language", "bloom_176b", "opt_175b"]].assign(ratio=found.bloom_176b / found.opt_175b)
    table["in_corpus"] = table.language.isin(frozenset(spoken))
    return table.sort_values("ratio", ignore_index=True)


def english(evaluations: pd.DataFrame, *, confidence: float = 0.95) -> dict[str, float]:
    """BLOOM less OPT over the English tasks with an accuracy or exact match, as `compare` has it.

    CrowS-Pairs is left out: it measures bias, and half is best there.
    """
    bias = evaluations.task.str.startswith("crows_pairs")
    found = evaluations[(evaluations.language == "eng") & evaluations.metric.isin(METRICS) & ~bias]
    if found.empty:
        raise ValueError("no row has an English task with an accuracy")
    gaps = (found.bloom_176b - found.opt_175b).to_numpy()
    return _paired(gaps, confidence) | {"won": int((gaps > 0).sum())}


def speeds(trials: pd.DataFrame) -> pd.DataFrame:
    """The fastest trial of each shape and number of heads, TFLOP/s of the hardware, from the fastest down.

    Trials without a shape are left out. Sections before 23 February 2022 were counted by another calculator, so pass
    the trials of one section.
    """
    known = trials.dropna(subset=["n_layers", "d_model", "n_heads"])
    if known.empty:
        raise ValueError("no trial has layers, width and heads")
    order = known.sort_values("hw_tflops_per_gpu", ascending=False)
    best = order.drop_duplicates(["n_layers", "d_model", "n_heads"])
    return best.assign(head=best.d_model / best.n_heads, d_over_l=best.d_model / best.n_layers).reset_index(drop=True)


def coefficients(trials: pd.DataFrame) -> pd.Series:
    """FLOP a parameter and token that the speed of each trial implies, from its rounded size and seconds."""
    tokens = trials.gbs_samples * 2048
    return trials.hw_tflops_per_gpu * 1e12 * trials.gpus * trials.sec_per_iter / (trials.size_b_params * 1e9 * tokens)
