"""The testbed of Gadre et al. 2024: ``exp_data/models`` and ``exp_data/evals``, one JSON file a model in each.

| here                        | file, key                                  | unit                            |
|-----------------------------|--------------------------------------------|---------------------------------|
| `run`                       | models, `name`                             |                                 |
| `training_set`              | models, `dataset_name`                     | c4, redpajama or refinedweb     |
| `model`                     | models, `hyperparameters.model`            | name of its configuration       |
| `n_params`                  | models, `hyperparameters.params`           | parameters, all of them         |
| `n_params_no_embed`         | models, `hyperparameters.params_no_embed`  | parameters but for embeddings   |
| `n_tokens`                  | models, `hyperparameters.tokens`           | training tokens                 |
| `tokens_per_param`          | 20 `hyperparameters.chinchilla_multiplier` | tokens per parameter            |
| `compute_flops`             | 6 N D                                      | FLOP                            |
| `loss_EVALUATION`           | models, `results[i].loss`                  | nats per token                  |
| `loss_lower_…`, `…_upper_…` | `results[i].loss_sequences_lower_95`, …    | the same, 95 % over sequences   |
| `accuracy_TASK`             | evals, `eval_metrics.icl.TASK`             | top-1, a fraction               |

Paths and arguments of the authors' own machines, which the files also hold, are not read.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from bounds.base.arguments import printable, shown, unknown

TRAINING_SETS = {"c4_original": "c4", "rpj": "redpajama", "rw_original": "refinedweb"}
"""The training sets as upstream names them, and as we do."""

EVALUATIONS = (
    "c4_val", "openlm", "paloma_c4_en", "paloma_redpajama", "paloma_falcon-refinedweb", "paloma_ptb",
    "paloma_dolma_100_programing_languages", "val_de-en_100",
)  # fmt: skip
"""The eight sets on which losses are measured; the paper calls the first one C4 eval and takes it where none is named.
Those of Paloma are splits of the domain in the name; the last one is German C4."""

TASKS_17 = (
    "arc_easy", "bigbench_cs_algorithms", "bigbench_dyck_languages", "bigbench_novel_concepts", "bigbench_operators",
    "bigbench_qa_wikidata", "boolq", "commonsense_qa", "copa", "coqa", "hellaswag", "hellaswag_zeroshot",
    "lambada_openai", "piqa", "pubmed_qa_labeled", "squad", "winograd",
)  # fmt: skip
"""The tasks whose unweighted average the paper predicts (section 3.4)."""

_LOSSES = {"loss": "loss", "loss_lower": "loss_sequences_lower_95", "loss_upper": "loss_sequences_upper_95"}
_TOKENS_PER_PARAM = 20
"""At multiplier 1."""


def read_runs(path: str | Path) -> pd.DataFrame:
    """The runs, one a row, by training set, size and tokens; the columns stand in the table of this module.

    `path` is the folder of the data set, which holds ``exp_data``; of its files there may be a part, each model with
    its evaluation. ValueError with one sentence that names the file where one is not what the table says.
    """
    models = Path(path) / "exp_data" / "models"
    files = sorted(models.glob("*.json"))
    if not files:
        raise ValueError(f"{printable(str(models))} holds no run; it must hold a JSON file a model")
    runs = pd.DataFrame([read_run(file) for file in files])
    _same_tasks(runs, files)
    return runs.sort_values(["training_set", "n_params", "n_tokens"], ignore_index=True)


def read_run(path: str | Path) -> dict[str, Any]:
    """A model's file, ``exp_data/models/NAME.json``, and its ``exp_data/evals/evaluation_NAME_heavy.json``: a row."""
    file = Path(path)
    evaluated = file.parent.parent / "evals" / f"evaluation_{file.stem}_heavy.json"
    return _model(file) | _accuracies(evaluated)


def read_baselines(path: str | Path) -> pd.Series:
    """The accuracy of guessing, a fraction, of each task that ``exp_data/eval_metadata.csv`` names.

    `path` is the folder of the data set.
    """
    file = Path(path) / "exp_data" / "eval_metadata.csv"
    name = printable(str(file))
    rows = list(csv.DictReader(_text(file).splitlines()))
    columns = ("Eval Task", "Random baseline")
    if not rows or any(column not in rows[0] for column in columns):
        raise ValueError(f"{name} is no table with the columns {' and '.join(columns)}")
    guessed = {row[columns[0]]: _cell(row[columns[1]], f"{name}, task {row[columns[0]]}") / 100 for row in rows}
    return pd.Series(guessed, name="baseline")


def tasks_of(runs: pd.DataFrame, tasks: int | str | Iterable[str] = 17) -> list[str]:
    """The tasks of an average: 17, the paper's default, 46 for all that `runs` have, or one or more by name."""
    known = [column.removeprefix("accuracy_") for column in runs.columns if column.startswith("accuracy_")]
    if isinstance(tasks, int):
        if tasks not in (17, 46) or isinstance(tasks, bool):
            raise ValueError(f"tasks must be 17, 46 or names of tasks, got {shown(tasks)}")
        return list(TASKS_17) if tasks == 17 else known
    named = [tasks] if isinstance(tasks, str) else list(tasks)
    for name in named:
        if name not in known:
            raise unknown("task", name, known)
    if not named:
        raise ValueError("tasks must name at least one task, got none")
    return named


def average_error(runs: pd.DataFrame, tasks: int | str | Iterable[str] = 17) -> pd.Series:
    """Top-1 error, a fraction, averaged without weights over `tasks` (`tasks_of`), of each run."""
    return 1 - runs[[f"accuracy_{task}" for task in tasks_of(runs, tasks)]].mean(axis=1)


def _model(file: Path) -> dict[str, Any]:
    data = _json(file)
    asked = _Asked(file, data)
    if (name := asked("name")) != file.stem:
        raise ValueError(f"{printable(str(file))} is of run {shown(name)}; its name must be that of the run")
    if (given := asked("dataset_name")) not in TRAINING_SETS:
        raise ValueError(f"{printable(str(file))}: dataset_name must be one of {', '.join(TRAINING_SETS)}, "
                         f"got {shown(given)}")  # fmt: skip
    N, D = asked.count("hyperparameters", "params"), asked.count("hyperparameters", "tokens")
    ratio = _TOKENS_PER_PARAM * asked.positive("hyperparameters", "chinchilla_multiplier")
    if not math.isclose(D, ratio * N, rel_tol=1e-6):
        raise ValueError(f"{printable(str(file))}: {D} tokens are not {ratio:g} times {N} parameters")
    return {
        "run": name, "training_set": TRAINING_SETS[given],
        "model": str(asked("hyperparameters", "model")).rpartition("/")[2].removesuffix(".json"), "n_params": N,
        "n_params_no_embed": asked.count("hyperparameters", "params_no_embed"), "n_tokens": D,
        "tokens_per_param": ratio, "compute_flops": 6.0 * N * D, **_losses(asked),
    }  # fmt: skip


def _losses(asked: _Asked) -> dict[str, float]:
    found: dict[str, float] = {}
    results = asked("results")
    if not isinstance(results, list):
        raise ValueError(f"{asked.name}: results must be a list, got {shown(results)}")
    for i, result in enumerate(results):
        one = _Asked(asked.file, result, f"results[{i}].")
        evaluation = _evaluation(one)
        for ours, theirs in _LOSSES.items():
            found[f"{ours}_{evaluation}"] = one.positive(theirs)
    missing = [name for name in EVALUATIONS if f"loss_{name}" not in found]
    if missing:
        raise ValueError(f"{asked.name} has no loss on {', '.join(missing)}")
    return found


def _evaluation(result: _Asked) -> str:
    """The folder of the evaluated shards; of translations, which share one, the file."""
    shards = result("val_data")
    if not (isinstance(shards, list) and shards and isinstance(shards[0], str)):
        raise ValueError(f"{result.name}: {result.within}val_data must be a list of shards, got {shown(shards)}")
    path = Path(shards[0])
    name = path.stem if path.parent.name == "de-en" else path.parent.name
    if name not in EVALUATIONS:
        raise ValueError(f"{result.name}: {result.within}val_data is on {shown(name)}, "
                         f"not on one of {', '.join(EVALUATIONS)}")  # fmt: skip
    return name


def _accuracies(file: Path) -> dict[str, float]:
    asked = _Asked(file, _json(file))
    found = asked("eval_metrics", "icl")
    if not (isinstance(found, Mapping) and found):
        raise ValueError(f"{asked.name}: eval_metrics.icl must hold a number a task, got {shown(found)}")
    missing = [task for task in TASKS_17 if task not in found]
    if missing:
        raise ValueError(f"{asked.name} has no accuracy on {', '.join(missing)}")
    for task, value in found.items():
        if not (_is_number(value) and 0 <= value <= 1):
            raise ValueError(f"{asked.name}: the accuracy on {task} must be from 0 to 1, got {shown(value)}")
    return {f"accuracy_{task}": float(value) for task, value in found.items()}


def _same_tasks(runs: pd.DataFrame, files: list[Path]) -> None:
    tasks = [column for column in runs.columns if column.startswith("accuracy_")]
    gaps = runs[tasks].isna()
    if gaps.any(axis=None):
        i = int(gaps.any(axis=1).to_numpy().argmax())
        task = tasks[int(gaps.iloc[i].to_numpy().argmax())].removeprefix("accuracy_")
        raise ValueError(f"{printable(str(files[i]))} has no accuracy on {task}, which other runs have")


class _Asked:
    """What stands under keys of a file; ValueError that names the file and the keys where it is missing or odd."""

    def __init__(self, file: Path, data: Any, within: str = "") -> None:
        self.file, self.data, self.within, self.name = file, data, within, printable(str(file))

    def __call__(self, *keys: str) -> Any:
        data = self.data
        for i, key in enumerate(keys):
            if not isinstance(data, Mapping) or key not in data:
                raise ValueError(f"{self.name} has no key {self.within}{'.'.join(keys[: i + 1])}")
            data = data[key]
        return data

    def positive(self, *keys: str) -> float:
        value = self(*keys)
        if not (_is_number(value) and 0 < value < math.inf):
            raise ValueError(
                f"{self.name}: {self.within}{'.'.join(keys)} must be a positive number, got {shown(value)}"
            )
        return float(value)

    def count(self, *keys: str) -> int:
        value = self.positive(*keys)
        if value != int(value):
            raise ValueError(f"{self.name}: {self.within}{'.'.join(keys)} must be a whole number, got {shown(value)}")
        return int(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _cell(text: str | None, where: str) -> float:
    try:
        value = float(text or "")
    except ValueError:
        value = math.nan
    if not 0 <= value <= 100:
        raise ValueError(f"{where}: Random baseline must be a number from 0 to 100, got {shown(text or '')}")
    return value


def _json(file: Path) -> Any:
    try:
        return json.loads(_text(file))
    except (json.JSONDecodeError, RecursionError) as error:
        said = f"line {error.lineno}: {error.msg}" if isinstance(error, json.JSONDecodeError) else "nested too deep"
        raise ValueError(f"{printable(str(file))} is no whole JSON file ({said})") from None


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(f"{printable(str(file))} is not a text in UTF-8") from None
    except OSError as error:
        raise ValueError(f"{printable(str(file))}: {error.strerror}") from None
