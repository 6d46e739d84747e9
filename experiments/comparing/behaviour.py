"""How models behave, beside their loss, size and compute: one form for the data of OPT, Pythia and Gadre et al.

| data      | loss                                | accuracy, a plain mean in percent                | size          |
|-----------|-------------------------------------|--------------------------------------------------|---------------|
| OPT       | validation set of the paper         | BIG-Bench, one group of tasks                    | nominal       |
| Pythia    | last words of LAMBADA               | zero-shot, the seven other tasks of the suite    | nominal       |
| Gadre     | C4                                  | 17 or 46 tasks                                   | total         |

Pythia published no perplexity of its validation set: LAMBADA's is that of a task. Its checkpoints before step 1000 are
left out, where no task is above chance. Columns: data, size, log_ppl (nats), log_params, log_flops, accuracy_pct.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bounds.base.arguments import printable
from experiments.comparing.matching import ACCURACY
from experiments.data import located

COLUMNS = ["data", "size", "log_ppl", "log_params", "log_flops", "accuracy_pct"]

PYTHIA_TASKS = ("arc_challenge", "arc_easy", "logiqa", "piqa", "sciq", "winogrande", "wsc")
PYTHIA_BATCH = 2_097_152
"""Tokens a step."""
FIRST_STEP = 1000

GADRE_TASKS = (
    "bigbench_operators", "pubmed_qa_labeled", "hellaswag_zeroshot", "boolq", "arc_easy", "coqa",
    "bigbench_dyck_languages", "lambada_openai", "bigbench_novel_concepts", "winograd", "bigbench_cs_algorithms",
    "commonsense_qa", "bigbench_qa_wikidata", "hellaswag", "copa", "squad", "piqa",
)  # fmt: skip
"""The 17 tasks of the paper on which a small model is above chance."""
GADRE_SETS = {"c4_original": "C4", "rpj": "RedPajama", "rw_original": "RefinedWeb"}


def opt_behaviour(bigbench: pd.DataFrame, accuracy: str = ACCURACY) -> pd.DataFrame:
    """The checkpoints of `read_bigbench`, a task group a data set."""
    return _table({
        "data": "OPT, " + bigbench.task_group, "size": bigbench["size"], "ppl": bigbench.valid_ppl,
        "params": bigbench.params, "flops": bigbench.flops_published, "accuracy_pct": bigbench[accuracy],
    })  # fmt: skip


def pythia_behaviour(folder: str | Path | None = None) -> pd.DataFrame:
    """The 16 models at every checkpoint from step 1000 on that was evaluated zero-shot."""
    root, rows = located("pythia", folder) / "evals" / "pythia-v1", []
    for path in sorted(root.glob("*/zero-shot/*.json")):
        named = re.fullmatch(r"pythia-([\d.]+)([mb])(?:-bf16|-deduped)?", path.parent.parent.name)
        step = re.search(r"_step(\d+)\.json$", path.name)
        if not named or not step:
            raise ValueError(f"{printable(str(path))} names no model and step of Pythia")
        if int(step[1]) < FIRST_STEP:
            continue
        params = float(named[1]) * {"m": 1e6, "b": 1e9}[named[2]]
        results = _json(path, "results")
        try:
            accuracy = np.mean([results[task]["acc"] for task in PYTHIA_TASKS])
            ppl = results["lambada_openai"]["ppl"]
        except (KeyError, TypeError) as error:
            raise ValueError(f"{printable(str(path))} has no result {error} for a task") from None
        rows.append({
            "data": "Pythia", "size": named[1] + named[2], "ppl": ppl, "params": params,
            "flops": 6.0 * params * PYTHIA_BATCH * int(step[1]), "accuracy_pct": 100 * accuracy,
        })  # fmt: skip
    return _table(pd.DataFrame(rows))


def gadre_behaviour(folder: str | Path | None = None, *, tasks: str = "17") -> pd.DataFrame:
    """The 104 models at their end, a training set a data set; `tasks` is "17" or "46", all that were evaluated."""
    if tasks not in ("17", "46"):
        raise ValueError(f"tasks must be 17 or 46, got {tasks}")
    root, rows = located("gadre", folder) / "exp_data", []
    for path in sorted((root / "models").glob("*.json")):
        model = _json(path)
        scores = _json(root / "evals" / f"evaluation_{path.stem}_heavy.json", "eval_metrics").get("icl", {})
        try:
            size, tokens = model["hyperparameters"]["params"], model["hyperparameters"]["tokens"]
            loss = next(one["loss"] for one in model["results"] if Path(one["val_data"][0]).parent.name == "c4_val")
            accuracy = np.mean([scores[task] for task in (GADRE_TASKS if tasks == "17" else sorted(scores))])
        except (KeyError, StopIteration, TypeError) as error:
            raise ValueError(f"{printable(str(path))} or its evaluation lacks {error!r}") from None
        rows.append({
            "data": f"Gadre, {GADRE_SETS[path.stem.split('-')[0]]}", "size": f"{size / 1e6:.0f}m", "ppl": np.exp(loss),
            "params": size, "flops": 6.0 * size * tokens, "accuracy_pct": 100 * accuracy,
        })  # fmt: skip
    return _table(pd.DataFrame(rows))


def _table(columns: Mapping[str, Any] | pd.DataFrame) -> pd.DataFrame:
    table = pd.DataFrame(columns)
    for name in ("ppl", "params", "flops"):
        table[f"log_{name}"] = np.log(table[name].astype(float))
    return table[COLUMNS].reset_index(drop=True)


def _json(path: Path, key: str | None = None) -> Any:
    """The object in a file, or what it holds under `key`."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"{printable(str(path))} cannot be read as JSON: {error}") from None
    if not isinstance(found, dict) or (key is not None and key not in found):
        raise ValueError(f"{printable(str(path))} has no {key or 'object'!r}")
    return found if key is None else found[key]
