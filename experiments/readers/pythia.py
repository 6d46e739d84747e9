"""The evaluations of Pythia: JSON files of EleutherAI's lm-evaluation-harness, one a model, checkpoint and shots.

| in the file                                 | here              | unit                                          |
|---------------------------------------------|-------------------|-----------------------------------------------|
| `config.model_args`, `pretrained`           | `size`, `deduped` | 70m to 12b; the Pile without duplicates       |
| `config.model_args`, `revision`             | `step`, `tokens`  | optimiser steps; tokens seen by then          |
| `config.num_fewshot`                        | `shots`           | examples in the prompt                        |
| `results`, a name of a task                 | `task`            | –                                             |
| a metric of the task, and with `_stderr`    | `value`, `stderr` | fractions; `ppl`: perplexity of the last word |

What a file is of is read in the file: some names say "5shot" of evaluations without examples, and `batch_size` is
that of the evaluation, not of the training.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from bounds.base.arguments import printable, shown

FOLDER = "evals/pythia-v1"
SIZES = ("70m", "160m", "410m", "1b", "1.4b", "2.8b", "6.9b", "12b")
BATCH_TOKENS = 1024 * 2048
"""Tokens of a step: 1024 sequences of 2048 tokens (Biderman et al. 2023, section 2)."""

COLUMNS = ("size", "deduped", "step", "tokens", "shots", "task", "metric", "value", "stderr")

TABLE = "evals_all.csv.gz"
TABLE_SHA256 = "1479cf7c59d25b208d37e13453004e79b2113c268c7120d78fc485f29cd37c23"
"""Of a table made from all evaluations of the repository, which a mirror may have beside the files."""

_MODEL = re.compile(r"EleutherAI/pythia-v1\.1-(?P<size>[\d.]+[mb])(?:-bf16)?(?P<deduped>-deduped)?")
_REVISION = re.compile(r"step(\d+)")
_NAME = re.compile(r"step(\d+)\.json")
_STDERR = "_stderr"


def read_evaluation(path: str | Path) -> pd.DataFrame:
    """One file as a table with `COLUMNS`, a row a task and metric; ValueError with one sentence where it is broken."""
    return pd.DataFrame(_rows(Path(path)), columns=list(COLUMNS))


def read_evaluations(folder: str | Path) -> pd.DataFrame:
    """All files below `folder`, a data set or any part of it, as one table; by size, data, shots and step."""
    root = Path(folder)
    files = sorted((root / FOLDER if (root / FOLDER).is_dir() else root).rglob("*.json"))
    if not files:
        raise ValueError(f"{printable(str(root))} holds no evaluation, no JSON file at all")
    table = pd.DataFrame((row for path in files for row in _rows(path)), columns=list(COLUMNS))
    twice = table.duplicated(["size", "deduped", "step", "shots", "task", "metric"])
    if twice.any():
        one = table[twice].iloc[0]
        model = f"{one['size']}-deduped" if one.deduped else one["size"]
        raise ValueError(
            f"{printable(str(root))} has two evaluations of {model} at step {one.step} with {one.shots} "
            "examples; keep one"
        )
    order = table["size"].map(SIZES.index)
    return (table.assign(order=order).sort_values(["order", "deduped", "shots", "step", "task", "metric"])
            .drop(columns="order").reset_index(drop=True))  # fmt: skip


def _rows(path: Path) -> Iterator[tuple[Any, ...]]:
    name = printable(str(path))
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"{name}: {error.strerror}") from None
    except ValueError:
        raise ValueError(f"{name} is not whole JSON; fetch it again") from None
    results, config = (_part(found, key, name) for key in ("results", "config"))
    size, deduped, step = _model(config, path, name)
    shots = config.get("num_fewshot")
    if type(shots) is not int or shots < 0:
        raise ValueError(f"{name}: num_fewshot of config must be a whole number, got {shown(shots)}")
    if not results:
        raise ValueError(f"{name} holds no result")
    for task, metrics in results.items():
        if not isinstance(metrics, dict):
            raise ValueError(
                f"{name}: the result of {printable(task)} must be an object of metrics, got {shown(metrics)}"
            )
        for metric, value in metrics.items():
            if metric.endswith(_STDERR):
                continue
            spread = metrics.get(metric + _STDERR, math.nan)
            yield (
                size, deduped, step, step * BATCH_TOKENS, shots, task, metric,
                _finite(value, f"{task}, {metric}", name),
                spread if spread != spread else _finite(spread, f"{task}, {metric}{_STDERR}", name),
            )  # fmt: skip


def _part(found: Any, key: str, name: str) -> dict[str, Any]:
    part = found.get(key) if isinstance(found, dict) else None
    if not isinstance(part, dict):
        raise ValueError(f"{name} has no {key}; it is not an evaluation of lm-evaluation-harness")
    return part


def _model(config: dict[str, Any], path: Path, name: str) -> tuple[str, bool, int]:
    """Size, data and step that the evaluation was of; the step in the name of the file must be the same."""
    arguments = dict(pair.partition("=")[::2] for pair in str(config.get("model_args", "")).split(","))
    model = _MODEL.fullmatch(arguments.get("pretrained", ""))
    revision = _REVISION.fullmatch(arguments.get("revision", ""))
    if model is None or model["size"] not in SIZES or revision is None:
        raise ValueError(
            f"{name}: model_args must name a model of Pythia v1.1 and its step, got {shown(config.get('model_args'))}"
        )
    step, named = int(revision[1]), _NAME.search(path.name)
    if named is not None and int(named[1]) != step:
        raise ValueError(f"{name} is called step {named[1]} and holds step {step}")
    return model["size"], model["deduped"] is not None, step


def _finite(value: Any, what: str, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{name}: {printable(what)} must be a number, got {shown(value)}")
    return float(value)


def read_interventions(folder: str | Path) -> pd.DataFrame | None:
    """The evaluations of the study of pronouns: `COLUMNS` and `variant`; None where the mirror has no such table.

    `variant` is baseline, intervention (the last 7 % of the training with female pronouns only) or intervention-long
    (21 %). They are not among the files of the data set; the table made from all evaluations has them.
    """
    path = Path(folder) / TABLE
    if not path.is_file():
        return None
    packed = path.read_bytes()
    if hashlib.sha256(packed).hexdigest() != TABLE_SHA256:
        raise ValueError(f"{printable(str(path))} is not the table it should be: its sha256 is another")
    lines = gzip.decompress(packed).decode("utf-8").splitlines()
    titles = lines[0].split(",")
    rows = [line.split(",") for line in lines[1:] if ",baseline," in line or ",intervention" in line]
    table = pd.DataFrame(rows, columns=titles)
    return pd.DataFrame({
        "variant": table.variant, "size": table["size"], "deduped": table.deduped == "1",
        "step": table.step.astype(float).astype(int), "tokens": table.tokens.astype(float).astype(int),
        "shots": table.shots.astype(int), "task": table.task, "metric": table.metric,
        "value": table.value.astype(float), "stderr": pd.to_numeric(table.stderr, errors="coerce"),
    })  # fmt: skip
