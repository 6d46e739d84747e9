"""Pythia along its training and across its sizes: what its evaluations show, beside a simulated suite.

| letter | meaning                                              | unit        |
|--------|------------------------------------------------------|-------------|
| N      | parameters of a model; non-embedding unless total is said | 1      |
| step   | optimiser steps; a step is 1024 sequences of 2048 tokens | 1       |
| n      | sequences that a simulated model has room for        | sequences   |
| λ      | chance that one exposure teaches a sequence (simulated) | 1        |

Biderman et al. 2023 (arXiv:2304.01373) trained eight sizes on the Pile and on the Pile without duplicates. The
repository has 672 evaluations of them; positions of memorised sequences, counts of terms and weights are not there, so
that what the paper says of these can be compared with a simulation alone, under its conditions.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from scipy.stats import binomtest, t

from bounds.base.notes import FITTED, METHOD, Note
from bounds.cli.printing import estimated, fixed, number, signed, written
from bounds.cli.report import Table
from experiments.claims import AT_LEAST, Claim, Outcome, Result, judge
from experiments.data import located
from experiments.readers.pythia import BATCH_TOKENS, SIZES, read_evaluations, read_interventions
from simulate.studies.suite.plan import PYTHIA_STEPS
from simulate.studies.suite.rows import position_rows, term_rows
from simulate.studies.suite.study import run_suite

SHAPES = {
    "70m": (6, 512, 50304), "160m": (12, 768, 50304), "410m": (24, 1024, 50304), "1b": (16, 2048, 50304),
    "1.4b": (24, 2048, 50304), "2.8b": (32, 2560, 50304), "6.9b": (32, 4096, 50432), "12b": (36, 5120, 50688),
}  # fmt: skip
"""Layers, width and padded vocabulary of each size: ``models/*/*.yml`` of the repository, at the commit of the data."""

TASKS = ("arc_challenge", "arc_easy", "lambada_openai", "logiqa", "piqa", "sciq", "winogrande", "wsc")
"""The eight tasks whose accuracies are averaged."""
MMLU, MMLU_MEAN = "hendrycksTest-", "mmlu_mean57"
LAST = 143_000
DEDUPLICATED_TOKENS = 207e9

PARAMS_PER_SEQUENCE, BATCH, CORPORA, TAUGHT = 500_000, 8, 8, 0.05
"""Of the simulated suite. The first is chosen so that the largest size has room for all that is seen, and no other."""
TERM_STEPS = (1000, 13_000, 39_000, 65_000, 91_000, 117_000, 143_000)
SHOWN_STEPS = (0, 128, 512, 1000, 3000, 13_000, 33_000, 63_000, 103_000, 143_000)

_P = "Biderman 2023"
_COUNT, _LISTED = "a count", "half a unit of its last digit"
_PWC = "results of the paper, as listed by Papers with Code"
_MEMORY = "typed from memory of the paper, not checked here"
_SUMMARY = "read in summaries of the paper, not in the paper itself"
_WHERE = {True: "the Pile without duplicates", False: "the Pile"}

_TABLE_1 = {
    "70m": 18_915_328, "160m": 85_056_000, "410m": 302_311_424, "1b": 805_736_448, "1.4b": 1_208_602_624,
    "2.8b": 2_517_652_480, "6.9b": 6_444_163_072, "12b": 11_327_027_200,
}  # fmt: skip

_RESULTS = (
    ("12b", "lambada_openai", "ppl", 0, 3.92, 0.005), ("6.9b", "lambada_openai", "ppl", 0, 4.45, 0.005),
    ("12b", "lambada_openai", "acc", 0, 70.46, 0.005), ("6.9b", "lambada_openai", "acc", 0, 67.28, 0.005),
    ("12b", "arc_challenge", "acc", 0, 31.8, 0.05), ("12b", "arc_easy", "acc", 0, 70.2, 0.05),
    ("12b", "piqa", "acc", 0, 76.0, 0.05), ("6.9b", "piqa", "acc", 0, 75.2, 0.05),
    ("12b", "winogrande", "acc", 0, 63.9, 0.05), ("6.9b", "winogrande", "acc", 0, 60.9, 0.05),
    ("2.8b", "winogrande", "acc", 0, 59.4, 0.05),
    ("12b", "arc_challenge", "acc", 5, 36.8, 0.05), ("12b", "arc_easy", "acc", 5, 71.5, 0.05),
    ("12b", "piqa", "acc", 5, 76.7, 0.05), ("12b", "winogrande", "acc", 5, 66.6, 0.05),
)  # fmt: skip
"""Size, task, metric, examples, and what is listed with half a unit of its last digit; accuracies in %."""


def _key(size: str, task: str, metric: str, shots: int) -> str:
    task = task.removesuffix("_openai").replace("_", "-") + "-ppl" * (metric == "ppl")
    return f"{task}-{size}" + (f"-{shots}shot" if shots else "")


CLAIMS = (
    Claim("training_dynamics.models", _P, "abstract", "the suite has 16 models", 16.0, 0.0, _COUNT),
    Claim("training_dynamics.smallest", _P, "abstract", "the smallest has 70M parameters (total)", 70e6, 5e6, _LISTED,
          unit="parameters"),
    Claim("training_dynamics.largest", _P, "abstract", "the largest has 12B parameters (total)", 12e9, 0.5e9, _LISTED,
          unit="parameters"),
    Claim("training_dynamics.public-data", _P, "abstract", "all are trained on public data", "public", None, ""),
    Claim("training_dynamics.same-order", _P, "abstract", "all saw the data in the exact same order", "the same", None,
          ""),
    Claim("training_dynamics.checkpoints", _P, "abstract", "each model has 154 checkpoints", 154.0, 0.0, _COUNT),
    Claim("training_dynamics.access", _P, "abstract", "all of these checkpoints are public", "public", None, ""),
    Claim("training_dynamics.own-checkpoints", _P, "abstract, implied", "each of the 16 models has checkpoints of its "
          "own: pairs of files that are alike after step 1", 0.0, 0.0, _COUNT, should_hold=False, unit="pairs"),
    Claim("training_dynamics.dataloaders", _P, "abstract", "tools rebuild the exact order of the training data",
          "rebuilt", None, ""),
    Claim("training_dynamics.memorisation", _P, "abstract; section on training order", "where a sequence stands in the "
          "order of training hardly matters for whether it is memorised: memorised ones are a Poisson process",
          "Poisson", None, _SUMMARY),
    Claim("training_dynamics.term-frequency", _P, "abstract; section on term frequencies", "few-shot accuracy goes with "
          "how often the terms of a task were seen, in large models and not in small ones", "correlated", None,
          _SUMMARY),
    Claim("training_dynamics.term-onset", _P, "section on term frequencies", "that begins at step 65,000, 45 % of the "
          "training, for 2.8B parameters and more", 65_000.0, None, _MEMORY, unit="steps"),
    Claim("training_dynamics.gender-bias", _P, "abstract; section on gender bias", "female pronouns in the last 7 % of "
          "the training lower the gender bias, in points of CrowS-Pairs", "lower in all sizes", None,
          f"lower is a mean below that of the baseline over the checkpoints of both; {_SUMMARY}", should_hold=False),
    Claim("training_dynamics.gender-bias-long", _P, "section on gender bias", "so do they in the last 21 %", "lower",
          None, f"lower is a mean below that of the baseline over the last ten checkpoints; {_SUMMARY}",
          should_hold=False),
    Claim("training_dynamics.bias-perplexity", _P, "section on gender bias", "they hardly change the perplexity: mean "
          "change of ln perplexity on LAMBADA, 1.4B and 6.9B", 0.0, 0.02,
          f"hardly is within 2 %, the standard error of a perplexity; {_SUMMARY}"),
    Claim("training_dynamics.insights", _P, "abstract", "the controlled setting gives new insights", "new", None, ""),
    Claim("training_dynamics.released", _P, "abstract", "models, analysis, training code and data are in a public "
          "repository", "released", None, ""),
    *(Claim(f"training_dynamics.params-{size}", _P, "table 1", f"non-embedding parameters of {size}", float(n), 0.0,
            _COUNT, unit="parameters") for size, n in _TABLE_1.items()),
    Claim("training_dynamics.batch", _P, "section 2", "a step is 1024 sequences of 2048 tokens, 2M", 2_097_152.0, 0.0,
          _COUNT, unit="tokens"),
    Claim("training_dynamics.tokens", _P, "section 2", "each model is trained on 299,892,736,000 tokens",
          299_892_736_000.0, 0.0, _COUNT, unit="tokens"),
    Claim("training_dynamics.epochs", _P, "section 2", "that is 1.5 epochs of the Pile without duplicates, 207B tokens",
          1.5, 0.05, _LISTED, should_hold=False, unit="epochs"),
    *(Claim(f"training_dynamics.{_key(*result[:4])}", _P, _PWC,
            f"{result[1]} of {result[0]} at the end, {'no' if not result[3] else result[3]} examples, "
            + ("perplexity" if result[2] == "ppl" else "% right"), result[4], result[5], _LISTED,
            unit="" if result[2] == "ppl" else "%") for result in _RESULTS),
    Claim("training_dynamics.deduplication", _P, "introduction", "leaving out duplicates has no clear benefit: mean "
          "gain in points over eight tasks, no examples", "none", None,
          f"none is a 95 % interval over the sizes that holds 0; {_SUMMARY}"),
    Claim("training_dynamics.deduplication-5shot", _P, "introduction", "nor has it with five examples", "none", None,
          f"none is a 95 % interval over the sizes that holds 0; {_SUMMARY}"),
    Claim("training_dynamics.deduplication-lambada", _P, "introduction", "nor has it in language modelling: gain in "
          "points of LAMBADA, no examples", "none", None,
          f"none is a 95 % interval over the sizes that holds 0; {_SUMMARY}", should_hold=False),
)  # fmt: skip
_CLAIM = {claim.name: claim for claim in CLAIMS}


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


def params(size: str, *, total: bool = False) -> int:
    """Parameters of a size from its shape: l (12 d² + 13 d) + 2 d, and 2 V d of the embeddings in the total."""
    layers, width, vocabulary = SHAPES[size]
    return layers * (12 * width**2 + 13 * width) + 2 * width + total * 2 * vocabulary * width


def tokens_seen(step: int) -> int:
    """Tokens that a model has seen at a step."""
    return step * BATCH_TOKENS


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


def deduplication(
    evaluations: pd.DataFrame, tasks: Sequence[str] = TASKS, *, shots: int = 0, step: int = LAST, metric: str = "acc"
) -> pd.DataFrame:
    """What a model trained without duplicates gains, in points: a row a size, a column a task, and their `mean`."""
    gains = {}
    for task in tasks:
        at = curve(evaluations, task, metric, shots=shots).loc[step]
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


def simulated(learning_probability: float = 1.0, *, corpora: int = CORPORA, seed: int = 0, **options: Any) -> xr.Dataset:
    """A suite of the same sizes and checkpoints on zipf:1.5 (`simulate.run_suite`), in a few seconds.

    N are the non-embedding parameters, and a sequence takes `PARAMS_PER_SEQUENCE` of them: a choice, not a measurement.
    """
    chosen: dict[str, Any] = {
        "n_params": [params(size) for size in SIZES], "params_per_sequence": PARAMS_PER_SEQUENCE, "batch": BATCH,
        "replicates": corpora, "seed": seed, "validation": 0,
    } | options  # fmt: skip
    return run_suite("zipf:1.5", learning_probability=learning_probability, **chosen)


def simulated_loss(dataset: xr.Dataset) -> pd.DataFrame:
    """The mean expected loss of a simulated suite, a row a step, a column a size, in nats per sequence."""
    return pd.DataFrame(dataset.loss.mean("replicate").values, index=dataset.step.values, columns=list(_names(dataset)))


def _names(dataset: xr.Dataset) -> list[str]:
    known = {params(size): size for size in SIZES}
    return [known.get(int(n), str(int(n))) for n in dataset.n_params.values]


def term_correlation(dataset: xr.Dataset, steps: Sequence[int] = TERM_STEPS) -> pd.DataFrame:
    """Correlation of knowing a sequence with log2 of its exposures, over the sequences seen; a row a step.

    Exposures are known by bins of powers of two. NaN where a model knows all of them, or none.
    """
    log_count = np.log2(dataset.term_count.values.astype(float))
    rows = {}
    for step in steps:
        at = dataset.sel(step=step)
        weights, known = at.terms.values.astype(float), at.terms_known.values.astype(float)
        rows[step] = [_correlation(log_count, weights, known[:, i]) for i in range(known.shape[1])]
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(_names(dataset)))


def _correlation(x: Any, weights: Any, known: Any) -> float:
    total = weights.sum()
    share = known.sum() / total
    spread = (weights * x**2).sum() / total - ((weights * x).sum() / total) ** 2
    if not 0 < share < 1 or spread <= 0:
        return float("nan")
    together = (known * x).sum() / total - share * (weights * x).sum() / total
    return float(together / np.sqrt(spread * share * (1 - share)))


def positions(dataset: xr.Dataset) -> pd.DataFrame:
    """Where memorised sequences of a simulated suite stand in its training, against even positions: a row a test."""
    table = pd.DataFrame(position_rows(dataset))
    known = {params(size): size for size in SIZES}
    return table.assign(size=table.n_params.map(known), n_draws=int(dataset.n_draws[-1]))


def bias(interventions: pd.DataFrame, *, last: int = 10) -> pd.DataFrame:
    """CrowS-Pairs, English, gender: % of stereotypes preferred, over the last checkpoints of a variant and its baseline.

    A row a size and variant: `baseline`, `changed`, `change` in points, `stderr` of one value in points (of the pairs of
    sentences, 50 % being no preference), `checkpoints`, and `log_ppl`, the change of ln perplexity on LAMBADA.
    """
    def of(task: str, metric: str) -> pd.DataFrame:
        chosen = interventions[(interventions.task == task) & (interventions.metric == metric)]
        return chosen.pivot(index="step", columns=["size", "variant"], values="value")

    score, perplexity = of("crows_pairs_english_gender", "pct_stereotype"), of("lambada_openai", "ppl")
    error = interventions[
        (interventions.task == "crows_pairs_english_gender") & (interventions.metric == "pct_stereotype")
    ].groupby("size").stderr.mean()
    rows = []
    for size in SIZES:
        for variant in ("intervention", "intervention-long"):
            if (size, variant) not in score:
                continue
            pair = score[[(size, "baseline"), (size, variant)]].dropna().tail(last) * 100
            base, changed = pair.mean()
            logs = np.nan
            if {(size, "baseline"), (size, variant)} <= set(perplexity):
                both = np.log(perplexity[[(size, "baseline"), (size, variant)]].dropna().tail(last))
                logs = float((both[size, variant] - both[size, "baseline"]).mean())
            rows.append({
                "size": size, "variant": variant, "checkpoints": len(pair), "baseline": base, "changed": changed,
                "change": changed - base, "stderr": 100 * error[size], "log_ppl": logs,
            })  # fmt: skip
    return pd.DataFrame(rows)


def run(folder: str | Path | None = None) -> Result:
    """Every claim held against the evaluations, with the simulated suite beside them."""
    root = located("pythia", folder)
    evaluations = read_evaluations(root)
    changed = read_interventions(root)
    changes = None if changed is None else bias(changed)
    sure, chancy = simulated(), simulated(TAUGHT)
    perplexity, right = curve(evaluations), accuracy(evaluations)
    gains = {shots: deduplication(evaluations, shots=shots) for shots in (0, 5)}
    alike = repeated(evaluations)
    losses, tests = simulated_loss(sure), positions(sure)
    terms = {1.0: term_correlation(sure), TAUGHT: term_correlation(chancy)}
    return Result(
        outcomes=_outcomes(evaluations, alike, gains, changes, tests, terms),
        answer=_answer(perplexity, gains[0], losses),
        tables=[
            _end_table(perplexity, right, gains[0]), _best_table(perplexity, losses), _course_table(perplexity, losses),
            _position_table(tests, positions(chancy)), _term_table(terms),
        ],
        details=[
            _simulated_table(losses), _gain_table(gains[0], "no examples"), _gain_table(gains[5], "five examples"),
            _known_table(sure, chancy), *([] if changes is None else [_bias_table(changes)]),
        ],
        notes=[
            Note(FITTED, f"{len(alike)} pairs of files of 2.8B, with and without duplicates, agree in every number: "
                 f"steps {_span(alike, 0)} without examples, {_span(alike, 5)} with five. They are of one model, and say "
                 "nothing of duplicates."),
            Note(METHOD, "There is no loss on the Pile in the repository: perplexity is that of the last words of "
                 "LAMBADA, in tokens."),
            Note(METHOD, f"The simulated suite has the sizes and checkpoints of Pythia, but {BATCH} sequences a step and "
                 f"{written(PARAMS_PER_SEQUENCE)} parameters a sequence: chosen, not measured. Its loss is not "
                 "comparable in size, only in shape."),
        ],
        method=_method(),
        figures={
            "curves": lambda: _figures().draw_curves(perplexity, right, losses, _gain_course(evaluations, alike)),
            "exposures": lambda: _figures().draw_exposures(
                {1.0: _known(sure), TAUGHT: _known(chancy)}, _windows(sure), SIZES),
        },
        data=_data(perplexity, right, gains, alike, losses, tests, terms, changes),
    )  # fmt: skip


def _figures() -> Any:
    from experiments.figures import training_dynamics

    return training_dynamics


def _span(alike: pd.DataFrame, shots: int) -> str:
    steps = alike[alike.shots == shots].step
    return f"{steps.min():,} to {steps.max():,}" if len(steps) else "none"


def _answer(perplexity: pd.DataFrame, gains: pd.DataFrame, losses: pd.DataFrame) -> str:
    worst = best(perplexity[False]).ratio
    return (
        f"Perplexity on LAMBADA ends at {perplexity[False, '70m'].iloc[-1]:.0f} for 70M and "
        f"{perplexity[False, '12b'].iloc[-1]:.1f} for 12B parameters; that of 70M and 160M is then "
        f"{100 * (worst['70m'] - 1):.0f} and {100 * (worst['160m'] - 1):.0f} % above its least, which no simulated store "
        f"shows (at most {100 * (best(losses).ratio.max() - 1):.2f} %). Without duplicates LAMBADA gains "
        f"{_points(interval(gains.lambada_openai))} points, the mean of eight tasks {_points(interval(gains['mean']))}."
    )


def _points(values: tuple[float, float, float]) -> str:
    mean, low, high = values
    return f"{mean:.2f} [{low:.2f}, {high:.2f}]"


def _outcomes(
    evaluations: pd.DataFrame, alike: pd.DataFrame, gains: dict[int, pd.DataFrame], changes: pd.DataFrame | None,
    tests: pd.DataFrame, terms: dict[float, pd.DataFrame],
) -> list[Outcome]:  # fmt: skip
    found = {
        "models": judge(_CLAIM["models"], float(len(evaluations.groupby(["size", "deduped"]))),
                        "Eight sizes, each on the Pile and on the Pile without duplicates"),
        "smallest": judge(_CLAIM["smallest"], float(params("70m", total=True)), "By its shape; its name in the files is "
                          "70m. Three quarters of them are embeddings"),
        "largest": judge(_CLAIM["largest"], float(params("12b", total=True)), "By its shape; its name in the files is 12b"),
        "public-data": judge(_CLAIM["public-data"], None, "The files are evaluations; the training data are not here"),
        "same-order": judge(_CLAIM["same-order"], None, _of_order(evaluations)),
        **_of_checkpoints(evaluations, alike),
        "dataloaders": judge(_CLAIM["dataloaders"], None, "The tools need the tokenised Pile, which is not here"),
        "memorisation": judge(_CLAIM["memorisation"], None, _of_positions(tests)),
        **_of_terms(terms),
        **_of_bias(changes),
        "insights": judge(_CLAIM["insights"], None, "A judgement, not a number"),
        "released": judge(_CLAIM["released"], None, "The evaluations are there, at the commit of the manifest; the rest "
                          "was not looked for"),
        **{f"params-{size}": judge(_CLAIM[f"params-{size}"], float(params(size)), _of_params(size)) for size in SIZES},
        "batch": judge(_CLAIM["batch"], float(BATCH_TOKENS), "1024 x 2048; batch_size in the files is that of the "
                       "evaluation, 1 to 32, and says nothing of the training"),
        "tokens": judge(_CLAIM["tokens"], float(tokens_seen(int(evaluations.step.max()))), "The last step in the files, "
                        f"{int(evaluations.step.max()):,}, times the tokens of a step"),
        "epochs": judge(_CLAIM["epochs"], tokens_seen(LAST) / DEDUPLICATED_TOKENS, "1.4 with one digit; 207B is itself "
                        "rounded, and 206.5B to 207.5B give 1.445 to 1.452"),
        **{_key(*result[:4]): _of_result(evaluations, *result[:4]) for result in _RESULTS},
        **_of_gains(gains),
    }  # fmt: skip
    return [found[claim.name] for claim in CLAIMS]


def _of_order(evaluations: pd.DataFrame) -> str:
    first = evaluations[evaluations.step == 0]
    wide = first.pivot(index=["size", "task", "metric"], columns="deduped", values="value")
    same = (wide[False] == wide[True]).groupby(level="size").all()
    return (
        f"The order is not in the files. At step 0 {same.sum()} of {len(same)} sizes agree in every number with and "
        f"without duplicates, and so began alike; {', '.join(same[~same].index)} does not (upstream's 1b is a rerun in "
        "bf16)"
    )


def _of_checkpoints(evaluations: pd.DataFrame, alike: pd.DataFrame) -> dict[str, Outcome]:
    steps = evaluations.groupby(["size", "deduped"]).step.agg(set)
    outside = set().union(*steps) - set(PYTHIA_STEPS)
    early = evaluations[evaluations.step.isin((0, 1))].pivot(
        index=["size", "deduped", "task", "metric"], columns="step", values="value")  # fmt: skip
    unmoved = (early[0] == early[1]).groupby(level=["size", "deduped"]).all()
    return {
        "checkpoints": judge(
            _CLAIM["checkpoints"], float(len(PYTHIA_STEPS)),
            f"Of the schedule: 0, eleven less one powers of two to 512, and every 1000 steps to 143,000. Each model has "
            f"evaluations of {steps.map(len).min()} of them, and {len(outside)} at other steps"),
        "access": judge(
            _CLAIM["access"], None, f"Weights are not here. The {steps.map(len).min()} of each model that were evaluated "
            f"were loaded by name. Steps 0 and 1 agree in every number for {unmoved.sum()} of {len(unmoved)} models "
            "(issue 83 of the repository); its issues 195 and 205 say that many steps of 2.8b are another step's weights"),
        "own-checkpoints": judge(
            _CLAIM["own-checkpoints"], float(len(alike)), f"All of {_sizes(alike)}: steps {_span(alike, 0)} without "
            f"examples and {_span(alike, 5)} with five. One of the two models was evaluated twice; issues 195 and 205 of "
            "the repository report wrong weights at early steps of 2.8b"),
    }  # fmt: skip


def _sizes(alike: pd.DataFrame) -> str:
    return ", ".join(size for size in SIZES if (alike["size"] == size).any()) or "none"


def _of_positions(tests: pd.DataFrame) -> str:
    few = tests[tests.tied_share < 0.1]
    any_one, first = few[few.exposure == "any"], few[few.exposure == "first"]
    tied = tests[(tests.exposure == "any") & (tests.tied_share >= 0.1)]
    return (
        "Positions of memorised sequences are not in the files. In simulated stores of the most frequent sequences the "
        "order of independent draws does not matter where a sequence is placed at any one of its exposures and ties "
        f"decide less than a tenth of the store: even positions are rejected in {any_one.rejected.sum()} of "
        f"{any_one.tested.sum()} tests. At its first exposure they are in {first.rejected.sum()} of "
        f"{first.tested.sum()}, and where ties decide more, in {tied.rejected.sum()} of {tied.tested.sum()}. That is a "
        "condition, not a derivation of what was seen in Pythia"
    )


def _of_terms(terms: dict[float, pd.DataFrame]) -> dict[str, Outcome]:
    sure, chancy = terms[1.0].loc[LAST], terms[TAUGHT].loc[LAST]
    early, late = terms[TAUGHT].loc[39_000], terms[TAUGHT].loc[91_000]
    moved = (late - early)[["2.8b", "6.9b", "12b"]].abs().max()
    return {
        "term-frequency": judge(
            _CLAIM["term-frequency"], None, "Counts of terms are not in the files; the repository has accuracies by term "
            "(evals/csv), without them. In the simulated suite knowing goes with exposures in every size that knows some "
            f"and not all: {sure['70m']:.2f} at 70m and {sure['2.8b']:.2f} at 2.8b where one exposure teaches, and 12b "
            f"knows all; {chancy['70m']:.2f} and {chancy['12b']:.2f} where it does with a chance of {TAUGHT:g}. Small "
            "sizes without any correlation do not follow"),
        "term-onset": judge(
            _CLAIM["term-onset"], None, "Nor do they follow in the simulation: from step 39,000 to 91,000 the "
            f"correlation moves by at most {moved:.3f} from 2.8b on with that chance, and where one exposure teaches it "
            "begins with a size when its store is full, the largest last"),
    }  # fmt: skip


def _of_bias(changes: pd.DataFrame | None) -> dict[str, Outcome]:
    names = ("gender-bias", "gender-bias-long", "bias-perplexity")
    if changes is None:
        why = "The evaluations of this study are not among the files of the data set"
        return {name: judge(_CLAIM[name], None, why) for name in names}
    short = changes[changes.variant == "intervention"].set_index("size")
    (_, long), *_ = changes[changes.variant == "intervention-long"].iterrows()
    logs = short.log_ppl[["1.4b", "6.9b"]]
    lower = [size for size in short.index if short.change[size] < 0]
    return {
        "gender-bias": judge(
            _CLAIM["gender-bias"], f"lower in {len(lower)} of {len(short)} sizes",
            "Points of English sentences on gender, " + ", ".join(
                f"{size} {signed(row.change)}" for size, row in short.iterrows()
            ) + f"; one value has a standard error of {short.stderr.min():.1f} points or more. From a table made of the "
            "evaluations, which the files of the data set do not include; WinoBias, the paper's main test, is in "
            "neither, and its own wording of CrowS-Pairs may have differed", holds=len(lower) == len(short)),
        "gender-bias-long": judge(
            _CLAIM["gender-bias-long"], f"{signed(long.change)} points at 1.4b",
            f"{long.baseline:.1f} % before and {long.changed:.1f} % after, one value having a standard error of "
            f"{long.stderr:.1f} points; from the same table", holds=bool(long.change < 0)),
        "bias-perplexity": judge(
            _CLAIM["bias-perplexity"], float(logs.mean()), f"1.4b {signed(logs['1.4b'], 4)}, 6.9b "
            f"{signed(logs['6.9b'], 4)}; 70m {signed(short.log_ppl['70m'], 3)}, whose perplexity swings by more than that "
            "from one checkpoint to the next; 410m has no baseline"),
    }  # fmt: skip


def _of_params(size: str) -> str:
    layers, width, _ = SHAPES[size]
    return f"{layers} layers of width {width}: l (12 d² + 13 d) + 2 d"


def _of_result(evaluations: pd.DataFrame, size: str, task: str, metric: str, shots: int) -> Outcome:
    at = curve(evaluations, task, metric, shots=shots).loc[LAST] * (100 if metric == "acc" else 1)
    deduped = shots > 0
    other = f"trained on {_WHERE[deduped]}; on {_WHERE[not deduped]} it has {at[not deduped, size]:.2f}"
    note = f"The listing does not say of which model; ours is {other}" if deduped else f"Ours is {other}"
    return judge(_CLAIM[_key(size, task, metric, shots)], float(at[deduped, size]), note[0].upper() + note[1:])


def _of_gains(gains: dict[int, pd.DataFrame]) -> dict[str, Outcome]:
    outcomes = {}
    for name, values in (
        ("deduplication", gains[0]["mean"]), ("deduplication-5shot", gains[5]["mean"]),
        ("deduplication-lambada", gains[0].lambada_openai),
    ):  # fmt: skip
        mean, low, high = interval(values)
        up, n = int((values > 0).sum()), len(values)
        chance = binomtest(up, n).pvalue
        outcomes[name] = judge(
            _CLAIM[name], _points((mean, low, high)), f"Higher without duplicates in {up} of {n} sizes (sign test, "
            f"p = {chance:.2g}). Student's interval, over sizes as if they were independent, though they answer the same "
            "questions", holds=low <= 0 <= high)  # fmt: skip
    mean, low, high = interval(gains[5].lambada_openai)
    one = outcomes["deduplication-lambada"]
    outcomes["deduplication-lambada"] = judge(
        one.claim, one.ours, f"{one.note}. With five examples {_points((mean, low, high))}", holds=one.verdict == "holds")
    return outcomes


def _method() -> list[str]:
    return [
        "Accuracy is the plain mean of acc over eight tasks: " + ", ".join(TASKS) + ". A model without duplicates saw "
        "about one and a half epochs of 207B tokens, a standard one less than one epoch, both 300B tokens.",
        "Shapes are those of models/*/*.yml in the repository at the commit of the data; numbers of the paper in the "
        "tables of its appendix were compared by way of the list of Papers with Code. What the paper says in words was "
        "read in summaries of it, and where that is not so either, the tolerance says so.",
        f"The simulated suite draws from zipf:1.5, {BATCH} sequences a step, {CORPORA} corpora; a store keeps the n "
        f"sequences it has seen most often, n being the non-embedding parameters over {PARAMS_PER_SEQUENCE:,}. A "
        "correlation of term frequency is that of knowing a sequence (0 or 1) with log2 of its exposures, in bins of "
        "powers of two, over all sequences seen.",
    ]


def _end_table(perplexity: pd.DataFrame, right: pd.DataFrame, gains: pd.DataFrame) -> Table:
    last, at = perplexity.loc[LAST], right.loc[LAST] * 100
    rows = [
        (size, written(params(size, total=True)), number(last[False, size]), number(last[True, size]),
         fixed(at[False, size], 1), fixed(at[True, size], 1), signed(gains["mean"][size]),
         signed(gains.lambada_openai[size]))
        for size in SIZES
    ]  # fmt: skip
    return Table(
        ("size", "N", "ppl", "ppl, no dup.", "acc", "acc, no dup.", "gain", "LAMBADA"), rows,
        title="After 143,000 steps (300B tokens), no examples in the prompt",
        below="N: total. ppl: perplexity of LAMBADA's last words. acc: % right, mean of eight tasks; gain: what leaving "
        "out duplicates gains, in points; LAMBADA: the same of that task.",
    )  # fmt: skip


def _best_table(perplexity: pd.DataFrame, losses: pd.DataFrame) -> Table:
    real = {deduped: best(perplexity[deduped]) for deduped in (False, True)}
    drawn = best(losses)
    rows = [
        (size, *(cell for deduped in (False, True) for cell in (
            number(real[deduped].least[size]), str(real[deduped].at_step[size]), fixed(real[deduped].ratio[size], 3))),
         str(drawn.at_step[size]), fixed(drawn.ratio[size], 4))
        for size in SIZES
    ]  # fmt: skip
    return Table(
        ("size", "least", "at step", "end", "no dup.", "at step", "end", "sim. at", "end"), rows,
        title="The least perplexity on LAMBADA, and what the end is over it",
        below="no dup.: without duplicates. end: last value over the least one. sim.: expected loss of the simulated "
        "suite.",
    )  # fmt: skip


def _course_table(perplexity: pd.DataFrame, losses: pd.DataFrame) -> Table:
    orders = [in_order(perplexity[False]), in_order(perplexity[True]), in_order(losses)]
    rows = [
        (str(step), written(tokens_seen(step)),
         *(number(perplexity[False, size][step]) if perplexity[False, size][step] < 1e4 else written(
             perplexity[False, size][step]) for size in ("70m", "410m", "2.8b", "12b")),
         *(fixed(order[step], 2) for order in orders))
        for step in SHOWN_STEPS
    ]  # fmt: skip
    return Table(
        ("step", "tokens", "70m", "410m", "2.8b", "12b", "in order", "no dup.", "sim."), rows,
        title="Perplexity on LAMBADA along the training on the Pile",
        below="in order: part of the 28 pairs of sizes in which the larger one has the lower perplexity, also without "
        "duplicates, and of the simulated losses, where stores that still have room are equal.",
    )  # fmt: skip


def _simulated_table(losses: pd.DataFrame) -> Table:
    rows = [(str(step), *(number(losses[size][step]) for size in SIZES)) for step in SHOWN_STEPS]
    return Table(
        ("step", *SIZES), rows, title="Expected loss of the simulated suite, nats per sequence",
        below=f"n = N / {PARAMS_PER_SEQUENCE:,}, N non-embedding: room for " + ", ".join(
            f"{params(size) // PARAMS_PER_SEQUENCE:,}" for size in SIZES) + " sequences.",
    )  # fmt: skip


def _position_table(sure: pd.DataFrame, chancy: pd.DataFrame) -> Table:
    rows = []
    for size in dict.fromkeys(sure["size"]):
        one, other = (table[table["size"] == size].set_index("exposure") for table in (sure, chancy))
        cells = [f"{table.rejected[at]} of {table.tested[at]}" for table in (one, other) for at in ("first", "any")]
        bound = one.poisson_distance_bound["any"]
        rows.append((size, written(one.stored["any"]), *cells[:2], fixed(one.tied_share["any"], 3),
                     "vacuous" if bound >= 1 else f"{bound:.2g}", *cells[2:]))  # fmt: skip
    return Table(
        ("size", "stored", "first", "any", "tied", "Le Cam", "first, λ", "any, λ"), rows,
        title="Simulated: corpora in which memorised positions are not even",
        below=f"At 0.01, each sequence at its first, or at any one, of its exposures. λ: an exposure teaches with a "
        f"chance of {TAUGHT:g}. tied: part of the store that only ties decide. Le Cam [rigorous]: distance from "
        "Poisson, at most.",
    )  # fmt: skip


def _term_table(terms: dict[float, pd.DataFrame]) -> Table:
    shown = ("70m", "1b", "2.8b", "12b")
    rows = [(str(step), *(fixed(table[size][step], 2) for table in terms.values() for size in shown))
            for step in TERM_STEPS]  # fmt: skip
    return Table(
        ("step", *shown, *(f"{size}, λ" for size in shown)), rows,
        title="Simulated: correlation of knowing a sequence with log exposures",
        below=f"A dash: all is known. λ: an exposure teaches with a chance of {TAUGHT:g}.",
    )


def _known(dataset: xr.Dataset) -> pd.DataFrame:
    """Part of the sequences with so many exposures that each size knows at the end: a row a bin, a column a size."""
    table = pd.DataFrame(term_rows(dataset)).pivot(index="term_count", columns="n_params", values="term_accuracy")
    return table.set_axis(list(_names(dataset)), axis=1)


def _known_table(sure: xr.Dataset, chancy: xr.Dataset) -> Table:
    shown, tables = ("70m", "1b", "2.8b", "12b"), [_known(sure), _known(chancy)]
    rows = [
        (str(count) if count == 1 else f"{count}–{2 * count - 1}",
         *(fixed(table[size][count], 3) for table in tables for size in shown))
        for count in tables[0].index if count <= 4096
    ]  # fmt: skip
    return Table(
        ("exposures", *shown, *(f"{size}, λ" for size in shown)), rows,
        title="Simulated: part of the sequences known at the end",
        below=f"λ: an exposure teaches with a chance of {TAUGHT:g}.",
    )


_SHORT = ("ARC-c", "ARC-e", "LAMB.", "LogiQA", "PIQA", "SciQ", "Wino.", "WSC", "mean")


def _gain_table(gains: pd.DataFrame, how: str) -> Table:
    rows = [(size, *(signed(value, 1) for value in gains.loc[size])) for size in SIZES]
    rows.append(("mean", *(signed(value, 1) for value in gains.mean())))
    return Table(("size", *_SHORT), rows, title=f"What leaving out duplicates gains in points, {how}",
                 below="WSC has 104 questions, so that one is a point.")  # fmt: skip


def _bias_table(changes: pd.DataFrame) -> Table:
    rows = [
        (row.size_, "21 %" if row.variant.endswith("long") else "7 %", str(row.checkpoints), fixed(row.baseline, 1),
         fixed(row.changed, 1), signed(row.change), fixed(row.stderr, 1), signed(row.log_ppl, 4))
        for row in changes.rename(columns={"size": "size_"}).itertuples()
    ]  # fmt: skip
    return Table(
        ("size", "last", "checkpoints", "before", "after", "change", "s.e.", "ln ppl"), rows,
        title="CrowS-Pairs, English, gender: % of stereotypes preferred",
        below="Means of the last checkpoints. s.e.: of one value, over its 320 pairs. ln ppl: change on LAMBADA.",
    )


def _gain_course(evaluations: pd.DataFrame, alike: pd.DataFrame) -> pd.DataFrame:
    """Gain without duplicates by step, in points: LAMBADA and the mean of eight tasks, means over sizes with ends.

    Pairs of files that are alike are left out.
    """
    rows = []
    for name, curves in (("LAMBADA", curve(evaluations, metric="acc")), ("mean of eight tasks", accuracy(evaluations))):
        gain = 100 * (curves[True] - curves[False])
        for step in (step for step in gain.index if step >= 1000):
            out = set(alike[(alike.shots == 0) & (alike.step == step)]["size"])
            mean, low, high = interval(gain.loc[step].drop(list(out)))
            rows.append({"what": name, "step": step, "gain": mean, "lower": low, "upper": high})
    return pd.DataFrame(rows)


def _windows(dataset: xr.Dataset) -> dict[str, Any]:
    """Memorised positions of 410m in windows of equal length, mean of the corpora, at first and at any exposure."""
    at = dataset.position_windows.isel(n_params=SIZES.index("410m"))
    return {name: at.sel(exposure=name).values for name in ("first", "any")}


def _data(
    perplexity: pd.DataFrame, right: pd.DataFrame, gains: dict[int, pd.DataFrame], alike: pd.DataFrame,
    losses: pd.DataFrame, tests: pd.DataFrame, terms: dict[float, pd.DataFrame], changes: pd.DataFrame | None,
) -> dict[str, Any]:  # fmt: skip
    def rows(table: pd.DataFrame) -> list[dict[str, Any]]:
        return json.loads(table.to_json(orient="records"))  # type: ignore[no-any-return]

    real = [
        {"size": size, "deduped": deduped, "step": int(step), "tokens": tokens_seen(int(step)),
         "perplexity": float(perplexity[deduped, size][step]), "accuracy": float(right[deduped, size][step])}
        for deduped, size in perplexity.columns for step in perplexity.index
    ]  # fmt: skip
    return {
        "curves": real,
        "deduplication": [
            {"shots": shots} | row for shots, table in gains.items() for row in rows(table.rename_axis("size").reset_index())
        ],
        "repeated": rows(alike),
        "simulated_loss": rows(losses.loc[list(SHOWN_STEPS)].rename_axis("step").reset_index()),
        "positions": rows(tests),
        "term_correlation": [
            {"learning_probability": chance} | row
            for chance, table in terms.items() for row in rows(table.rename_axis("step").reset_index())
        ],
        "bias": None if changes is None else rows(changes),
    }  # fmt: skip
