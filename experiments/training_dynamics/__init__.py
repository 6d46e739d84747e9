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
from pathlib import Path
from typing import Any

import pandas as pd

from bounds.base.notes import FITTED, METHOD, Note
from bounds.base.telling.steps import stepped
from bounds.cli.printing import written
from experiments.claims import Result
from experiments.data import located
from experiments.drawing import drawn_by
from experiments.readers.pythia import SIZES, read_evaluations, read_interventions
from experiments.training_dynamics import tables
from experiments.training_dynamics.claims import CLAIMS
from experiments.training_dynamics.evaluations import (
    TASKS,
    accuracy,
    best,
    bias,
    closeness,
    core,
    curve,
    deduplication,
    gain_course,
    in_order,
    interval,
    load,
    repeated,
)
from experiments.training_dynamics.findings import answer, outcomes, same_until
from experiments.training_dynamics.simulated import (
    BATCH,
    PARAMS_PER_SEQUENCE,
    TAUGHT,
    known,
    positions,
    simulated,
    simulated_loss,
    term_correlation,
    windows,
)
from experiments.training_dynamics.suite import SHAPES, params, tokens_seen

__all__ = [
    "CLAIMS", "SHAPES", "TASKS", "accuracy", "best", "bias", "closeness", "core", "curve", "deduplication", "in_order",
    "interval", "load", "params", "positions", "repeated", "run", "simulated", "simulated_loss", "term_correlation",
    "tokens_seen",
]  # fmt: skip


def run(folder: str | Path | None = None) -> Result:
    """Every claim held against the evaluations, with the simulated suite beside them."""
    root = located("pythia", folder)
    evaluations = read_evaluations(root)
    changed = read_interventions(root)
    changes = None if changed is None else bias(changed)
    sure, chancy = (simulated(chance) for chance in stepped((1.0, TAUGHT), "simulated suites", "suites"))
    perplexity, right = curve(evaluations), accuracy(evaluations)
    gains = {shots: deduplication(evaluations, shots=shots) for shots in (0, 5)}
    alike, near = repeated(evaluations), closeness(evaluations)
    losses, tests = simulated_loss(sure), positions(sure)
    terms = {1.0: term_correlation(sure), TAUGHT: term_correlation(chancy)}
    return Result(
        outcomes=outcomes(evaluations, alike, near, gains, changes, tests, terms),
        answer=answer(perplexity, gains[0], losses),
        tables=[
            tables.end_table(perplexity, right, gains[0]), tables.best_table(perplexity, losses),
            tables.course_table(perplexity, losses),
            tables.position_table(tests, positions(chancy)), tables.term_table(terms),
        ],
        details=[
            tables.accuracy_table(right), tables.simulated_table(losses),
            tables.gain_table(gains[0], "no examples"), tables.gain_table(gains[5], "five examples"),
            tables.known_table(sure, chancy), tables.closeness_table(near),
            *([] if changes is None else [tables.bias_table(changes)]),
        ],
        notes=[
            Note(FITTED, f"2.8B with and without duplicates are one model up to step {same_until(near):,}: "
                 f"{len(alike)} pairs of files agree in every number, others in most. That size says nothing of "
                 "duplicates until then, and little after it."),
            Note(METHOD, "There is no loss on the Pile in the repository: perplexity is that of the last words of "
                 "LAMBADA."),
            Note(METHOD, f"The simulated suite has the sizes and checkpoints of Pythia, but {BATCH} sequences a step "
                 f"and {written(PARAMS_PER_SEQUENCE)} parameters a sequence: chosen, not measured. Its loss is not "
                 "comparable in size, only in shape."),
        ],
        method=tables.METHOD,
        figures={
            "curves": drawn_by(
                f"{__name__}.figures", "draw_curves", perplexity, right, losses, gain_course(evaluations)
            ),
            "exposures": drawn_by(
                f"{__name__}.figures", "draw_exposures", {1.0: known(sure), TAUGHT: known(chancy)}, windows(sure), SIZES
            ),
        },
        data=_data(perplexity, right, gains, alike, near, losses, tests, terms, changes),
    )  # fmt: skip


def _data(
    perplexity: pd.DataFrame, right: pd.DataFrame, gains: dict[int, pd.DataFrame], alike: pd.DataFrame,
    near: pd.DataFrame, losses: pd.DataFrame, tests: pd.DataFrame, terms: dict[float, pd.DataFrame],
    changes: pd.DataFrame | None,
) -> dict[str, Any]:  # fmt: skip
    def rows(table: pd.DataFrame) -> list[dict[str, Any]]:
        return json.loads(table.to_json(orient="records"))

    real = [
        {"size": size, "deduped": deduped, "step": int(step), "tokens": tokens_seen(int(step)),
         "perplexity": float(perplexity[deduped, size][step]), "accuracy": float(right[deduped, size][step])}
        for deduped, size in perplexity.columns for step in perplexity.index
    ]  # fmt: skip
    return {
        "curves": real,
        "deduplication": [
            {"shots": shots} | row
            for shots, table in gains.items() for row in rows(table.rename_axis("size").reset_index())
        ],
        "repeated": rows(alike),
        "closeness": rows(near),
        "simulated_loss": rows(losses.loc[list(tables.SHOWN_STEPS)].rename_axis("step").reset_index()),
        "positions": rows(tests),
        "term_correlation": [
            {"learning_probability": chance} | row
            for chance, table in terms.items() for row in rows(table.rename_axis("step").reset_index())
        ],
        "bias": None if changes is None else rows(changes),
    }  # fmt: skip
