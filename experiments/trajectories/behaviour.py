"""How models behave, beside their loss, size and compute: one form for the data of OPT, Pythia and Gadre et al.

| data      | loss                                | accuracy, a plain mean in percent                | size          |
|-----------|-------------------------------------|--------------------------------------------------|---------------|
| OPT       | validation set of the paper         | BIG-Bench, one group of tasks                    | nominal       |
| Pythia    | last words of LAMBADA               | zero-shot, the seven other tasks of the suite    | nominal       |
| Gadre     | C4, or another of its evaluations   | 17, 46 or other tasks                            | total         |

Pythia published no perplexity of its validation set: LAMBADA's is that of a task. Its checkpoints before step 1000,
where that is 1e4 and more, are left out. Columns: data, size, log_ppl (nats), log_params, log_flops, accuracy_pct.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bounds.base.arguments import printable
from experiments.readers.gadre import average_error
from experiments.trajectories.matching import ACCURACY

COLUMNS = ["data", "size", "log_ppl", "log_params", "log_flops", "accuracy_pct"]

PYTHIA_TASKS = ("arc_challenge", "arc_easy", "logiqa", "piqa", "sciq", "winogrande", "wsc")
PYTHIA_BATCH = 2_097_152
"""Tokens a step."""
FIRST_STEP = 1000

GADRE_SETS = {"c4": "C4", "redpajama": "RedPajama", "refinedweb": "RefinedWeb"}


def opt_behaviour(bigbench: pd.DataFrame, accuracy: str = ACCURACY) -> pd.DataFrame:
    """The checkpoints of `read_bigbench`, a task group a data set."""
    return _table({
        "data": "OPT, " + bigbench.task_group, "size": bigbench["size"], "ppl": bigbench.valid_ppl,
        "params": bigbench.params, "flops": bigbench.flops_published, "accuracy_pct": bigbench[accuracy],
    })  # fmt: skip


def pythia_behaviour(evaluations: pd.DataFrame) -> pd.DataFrame:
    """The checkpoints of `read_zero_shot` from step 1000 on."""
    late = evaluations[evaluations.step >= FIRST_STEP]
    return _table({
        "data": "Pythia", "size": late["size"], "ppl": late.lambada_ppl, "params": late.params,
        "flops": 6.0 * late.params * PYTHIA_BATCH * late.step,
        "accuracy_pct": 100 * late[list(PYTHIA_TASKS)].mean(axis=1),
    })  # fmt: skip


def gadre_behaviour(
    runs: pd.DataFrame, *, tasks: int | str | Iterable[str] = 17, evaluation: str = "c4_val"
) -> pd.DataFrame:
    """The runs of `read_runs`, a training set a data set; `tasks` as in `average_error`."""
    return _table({
        "data": "Gadre, " + runs.training_set.map(GADRE_SETS), "size": (runs.n_params / 1e6).map("{:.0f}m".format),
        "ppl": np.exp(runs[f"loss_{evaluation}"]), "params": runs.n_params, "flops": runs.compute_flops,
        "accuracy_pct": 100 * (1 - average_error(runs, tasks)),
    })  # fmt: skip


def read_zero_shot(path: str | Path) -> pd.DataFrame:
    """Zero-shot evaluations of Pythia, ``evals/pythia-v1/MODEL/zero-shot/*.json`` in the folder of the data set.

    A row a file: model, size, params (nominal), step, lambada_ppl and the accuracies of `PYTHIA_TASKS`. ValueError,
    naming the file, where one lacks any of these.
    """
    rows = []
    for file in sorted((Path(path) / "evals" / "pythia-v1").glob("*/zero-shot/*.json")):
        named = re.fullmatch(r"pythia-([\d.]+)([mb])(?:-bf16|-deduped)?", file.parent.parent.name)
        step = re.search(r"_step(\d+)\.json$", file.name)
        if not named or not step:
            raise ValueError(f"{printable(str(file))} names no model and step of Pythia")
        results = _results(file)
        try:
            scores = {task: float(results[task]["acc"]) for task in PYTHIA_TASKS}
            ppl = float(results["lambada_openai"]["ppl"])
        except (KeyError, TypeError) as error:
            raise ValueError(f"{printable(str(file))} lacks the result {error} of a task") from None
        params = float(named[1]) * {"m": 1e6, "b": 1e9}[named[2]]
        rows.append({"model": file.parent.parent.name, "size": named[1] + named[2], "params": params,
                     "step": int(step[1]), "lambada_ppl": ppl, **scores})  # fmt: skip
    if not rows:
        raise ValueError(f"{printable(str(path))} holds no evaluation of Pythia")
    return pd.DataFrame(rows)


def _table(columns: Mapping[str, Any] | pd.DataFrame) -> pd.DataFrame:
    table = pd.DataFrame(columns)
    for name in ("ppl", "params", "flops"):
        table[f"log_{name}"] = np.log(table[name].astype(float))
    return table[COLUMNS].reset_index(drop=True)


def _results(file: Path) -> Any:
    """What a file of the evaluation harness holds under ``results``."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"{printable(str(file))} cannot be read as JSON: {error}") from None
    if not isinstance(found, dict) or not isinstance(found.get("results"), dict):
        raise ValueError(f"{printable(str(file))} has no results")
    return found["results"]
