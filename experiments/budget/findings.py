"""The outcomes: each claim beside what laws, arithmetic and the tables of BLOOM say."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.special import ndtri

from bounds.cli.printing import number, signed, written
from bounds.laws.published import LAWS
from bounds.planning.flops import model_flops
from bounds.planning.shapes import count_params, flops_per_token, layer_params
from experiments.budget import claims as printed
from experiments.budget.claims import CLAIM
from experiments.budget.comparing import (
    INDIC,
    coefficients,
    compare,
    english,
    languages,
    noise,
    scores,
    speeds,
)  # fmt: skip
from experiments.budget.planning import kaplan_optimal, kaplan_params_for, worth
from experiments.claims import Outcome, judge

Tables = Mapping[str, pd.DataFrame]
"""The data set by table: checkpoints, evaluations, trials; empty where it is not there."""

NOT_HERE = "The tables of BLOOM (data set bloom) are not here; they have no public address"
PARAMS = float(count_params(printed.N_LAYERS, printed.D_MODEL, printed.VOCAB))
TOKENS_SEEN = float(
    printed.EPOCH_TOKENS + (printed.LAST_ITERATION - printed.EPOCH_ITERATION) * printed.TOKENS_PER_ITERATION
)
CLAIMED_FLOP = 6 * printed.CLAIMED_PARAMS * printed.CLAIMED_TOKENS
HOURS = float(printed.WEEKS * 7 * 24 * printed.GPUS)
"""18 weeks on 384 GPUs."""
TOKENS_PER_HOUR = 3600 * printed.TOKENS_PER_ITERATION / (printed.LOGGED_SECONDS * printed.GPUS)
"""Of one GPU at the speed of the log."""


def outcomes(tables: Tables) -> list[Outcome]:
    """Every claim, in the order of the papers."""
    found = [*_of_paper(), *_of_corpora(tables), *_of_blog(), *_of_notes(tables)]
    place = {name: number for number, name in enumerate(CLAIM)}
    return sorted(found, key=lambda one: place[one.claim.name])


def _of_paper() -> list[Outcome]:
    by = worth(PARAMS, TOKENS_SEEN).set_index("law")
    low, high = by.times_best.min(), by.times_best.max()
    return [
        judge(CLAIM["hours"], HOURS, f"18 weeks on 384 A100; the training took {printed.USED_HOURS:,} (GENCI)"),
        judge(
            CLAIM["best-use"], f"{low:.1f} to {high:.1f} times", "Its size over the best one for its own compute, by "
            "the replication and by Hoffmann's law as printed, which came out when the training had begun. By "
            "Kaplan's law it would be too small. The budget was meant to serve low-resource languages and cheap "
            f"inference as well, which no law here knows of. The two fits differ by {high / low:.1f}",
            holds=low <= high / low,
        ),
        judge(CLAIM["transfer"], None, "No run with another architecture is in the data"),
        judge(CLAIM["emergence"], None, "It is said as what is known, and nothing in the data can tell"),
        judge(CLAIM["practices"], None, "Of the practices only an embedding norm is in the data, and in the run on The "
              "Pile alone, so that it cannot be told from the corpus"),
        judge(
            CLAIM["own-fit"], None, "The coefficients of their fit stand in no public text that we could check. 392B "
            "on 165B tokens, which is said to come of it, lies on Kaplan's printed law (best-kaplan); and 176B is "
            f"{PARAMS / printed.CLAIMED_PARAMS:.2f} of it, for reasons of tokens and of speed, says the blog",
        ),
        judge(CLAIM["open"], None, "The notes, evaluations and scripts are public under Apache-2.0; weights were not "
              "looked for"),
    ]  # fmt: skip


def _of_corpora(tables: Tables) -> list[Outcome]:
    if not tables:
        return [judge(CLAIM[name], None, NOT_HERE) for name in ("corpora", "pile-oscar", "pile-c4", "multilingual")]
    points, evaluations = tables["checkpoints"], tables["evaluations"]
    differing, most = differing_tasks(points, "pile", "oscar")
    step = noise(points)
    return [
        judge(
            CLAIM["corpora"], f"{len(differing)} of {most} tasks", f"The Pile against OSCAR at 112B tokens: "
            f"{', '.join(differing) or 'no task'}. One run a corpus; the run on The Pile has an embedding norm as well",
            holds=bool(differing),
        ),
        *(_of_pair(points, "pile", other, step) for other in ("oscar", "c4")),
        judge(CLAIM["multilingual"], None, _of_english(evaluations)),
    ]  # fmt: skip


def _of_pair(points: pd.DataFrame, first: str, second: str, step: float) -> Outcome:
    found = compare(points, first, second)
    needed = 2 * step * np.sqrt(2 / found["checkpoints"])
    return judge(
        CLAIM[f"{first}-{second}"], found["difference"], f"Mean over {found['tasks']} tasks at the last "
        f"{found['checkpoints']} checkpoints of both; twice the noise of checkpoints is {needed:.4f}. Over tasks the "
        f"95 % interval is [{signed(found['lower'], 3)}, {signed(found['upper'], 3)}], and it wins {found['won']}. The "
        "run on The Pile has an embedding norm as well",
        holds=bool(found["difference"] > needed),
    )  # fmt: skip


def differing_tasks(points: pd.DataFrame, first: str, second: str, *, level: float = 0.05) -> tuple[list[str], int]:
    """Tasks that tell `first` from `second` at their last common checkpoint, and how many tasks there are.

    By the printed standard errors, as if the items of both were drawn anew, and with `level` shared among the tasks.
    """
    values = points.set_index(["corpus", "tokens", "task", "metric"]).sort_index()
    table = scores(points).dropna()
    tokens = max(set(table.loc[first].index) & set(table.loc[second].index))
    tasks = list(table.columns)
    limit = -ndtri(level / len(tasks) / 2)
    found = []
    for task in tasks:
        rows = [_row(values, name, tokens, task) for name in (first, second)]
        spread = np.hypot(rows[0].stderr, rows[1].stderr)
        if abs(rows[0].value - rows[1].value) > limit * spread > 0:
            found.append(task)
    return found, len(tasks)


def _row(values: pd.DataFrame, corpus: str, tokens: float, task: str) -> pd.Series:
    part = values.loc[(corpus, tokens, task)]
    return part.loc["acc" if "acc" in part.index else "em"]


def _of_english(evaluations: pd.DataFrame) -> str:
    found, spoken = english(evaluations), languages(evaluations)
    others = spoken[spoken.in_corpus & ~spoken.language.isin(INDIC)]
    return (
        f"No multilingual 1.3B run is in the data. As far as they go: over {found['tasks']} English tasks BLOOM 176B "
        f"less OPT 175B is {signed(found['difference'], 3)} [{signed(found['lower'], 3)}, {signed(found['upper'], 3)}] "
        f"and wins {found['won']}, and of {len(others)} languages of its corpus outside Indic scripts its byte "
        f"perplexity is lower in {(others.ratio < 1).sum()}; corpora and tokens differ as well"
    )


def _of_blog() -> list[Outcome]:
    best = {key: float(LAWS[key].optimal(CLAIMED_FLOP).n_params) for key in ("hoffmann2022", "epoch2024")}
    finer = float(LAWS["hoffmann2022-unrounded"].optimal(CLAIMED_FLOP).n_params)
    kaplan = float(kaplan_optimal(CLAIMED_FLOP).n_params)
    afforded = model_flops(HOURS, printed.LOGGED_TFLOPS)
    return [
        judge(CLAIM["weeks"], HOURS, "Two digits of the blog have changed places"),
        judge(CLAIM["affordable"], afforded, f"{HOURS:,.0f} hours at the {printed.LOGGED_TFLOPS} TFLOP/s of the "
              f"hardware in the log, times 6/8; a million of them give {number(_million())}"),
        judge(CLAIM["best-kaplan"], float(kaplan_params_for(printed.CLAIMED_TOKENS)), "The parameters beside 165B "
              "tokens in table 6 of Kaplan et al.; so the pair follows from that law without any run of theirs"),
        judge(CLAIM["best-chinchilla"], best["hoffmann2022"], f"With more digits of the same fit {written(finer)}"),
        judge(CLAIM["best-refit"], best["epoch2024"]),
        judge(CLAIM["upper-bound"], max(kaplan, finer, *best.values()), "The largest of four laws, Kaplan's; his N is "
              "without embeddings, and of 392B that is not said"),
        judge(CLAIM["reach-400"], HOURS * TOKENS_PER_HOUR, f"176B parameters at {printed.LOGGED_SECONDS} s an "
              f"iteration for 18 weeks without a break. The {printed.USED_HOURS:,} hours used would have given "
              f"{written(printed.USED_HOURS * TOKENS_PER_HOUR)} and gave {written(TOKENS_SEEN)}"),
        judge(CLAIM["tokens-planned"], TOKENS_SEEN),
    ]  # fmt: skip


def _million() -> float:
    return float(model_flops(printed.BUDGET_HOURS, printed.LOGGED_TFLOPS))


def _of_notes(tables: Tables) -> list[Outcome]:
    return [
        judge(CLAIM["params"], PARAMS, f"{PARAMS:,.0f} by the shape"),
        judge(CLAIM["params-embedding"], float(printed.VOCAB * printed.D_MODEL)),
        judge(CLAIM["params-layer"], float(layer_params(printed.D_MODEL))),
        judge(CLAIM["tokens-seen"], TOKENS_SEEN, f"The log has {printed.EPOCH_TOKENS:,} at iteration "
              f"{printed.EPOCH_ITERATION:,}, and an iteration has {printed.TOKENS_PER_ITERATION:,}"),
        judge(CLAIM["coefficient"], implied_coefficient(), "What remains of the TFLOP/s in the log without attention "
              f"and logits, whose share Megatron's formula gives; with them it is {_raw_coefficient():.2f}"),
        judge(CLAIM["speed-genci"], printed.LOGGED_TFLOPS, "In the log at iteration 85,376" + _of_speeds(tables)),
        _of_shape(tables),
    ]  # fmt: skip


def _of_speeds(tables: Tables) -> str:
    """What other lines of the log say, and the trials on more than one node."""
    if not tables:
        return ""
    lines, trials = tables["log"].hw_tflops_per_gpu.dropna(), tables["trials"]
    return (
        f"; {len(lines)} lines have {lines.min():.1f} to {lines.max():.1f}. The fastest trial before the launch had "
        f"{trials.hw_tflops_per_gpu[trials.nodes > 1].max():.1f}, of another shape"
    )


def _of_shape(tables: Tables) -> Outcome:
    if not tables:
        return judge(CLAIM["faster"], None, NOT_HERE)
    best = speeds(last_section(tables["trials"]))
    chosen = best[(best.n_layers == printed.N_LAYERS) & (best.n_heads == printed.N_HEADS)].iloc[0]
    second = best[(best.n_layers == 82) & (best.n_heads == 128)].iloc[0]
    first = best[(best.n_layers == 82) & (best.n_heads == 64)].iloc[0]
    return judge(
        CLAIM["faster"], float(chosen.hw_tflops_per_gpu / second.hw_tflops_per_gpu), "Which three they are is not "
        f"said; taken are 82 layers with {first['head']:.0f} a head ({first.hw_tflops_per_gpu} TFLOP/s, rejected), 82 "
        f"with {second['head']:.0f} ({second.hw_tflops_per_gpu}) and 70 with {chosen['head']:.0f} "
        f"({chosen.hw_tflops_per_gpu}), one trial each",
    )  # fmt: skip


def last_section(trials: pd.DataFrame) -> pd.DataFrame:
    """The trials under the heading of the notes in which the shape of BLOOM was tried."""
    return trials[trials.section == trials.section.iloc[-1]]


def _logged_flops_per_token() -> float:
    return printed.LOGGED_TFLOPS * 1e12 * printed.GPUS * printed.LOGGED_SECONDS / printed.TOKENS_PER_ITERATION


def _raw_coefficient() -> float:
    return _logged_flops_per_token() / PARAMS


def implied_coefficient() -> float:
    """FLOP a parameter and token in the log, when attention and logits are what Megatron's formula says they are."""
    with_passes = float(flops_per_token(printed.N_LAYERS, printed.D_MODEL, printed.VOCAB, printed.SEQ_LEN))
    logits = 6 * printed.VOCAB * printed.D_MODEL
    return 8 * (_logged_flops_per_token() - logits) / (with_passes - logits)


def trial_coefficients(trials: pd.DataFrame) -> pd.DataFrame:
    """Median FLOP a parameter and token of each section, which tells calculators apart."""
    by = coefficients(trials).groupby(trials.section, sort=False)
    return pd.DataFrame({"trials": by.size(), "coefficient": by.median()}).rename_axis("section").reset_index()
