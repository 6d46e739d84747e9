"""The notes and evaluations of BLOOM as tables, made from ``bigscience-workshop/bigscience``, the blog and the card.

| file                           | read by            | one row is                                                    |
|--------------------------------|--------------------|---------------------------------------------------------------|
| ``facts.csv``                  | `read_facts`       | a printed number with its place, or one computed from such    |
| ``reference_shapes.csv``       | `read_shapes`      | the shape of a model above 100B parameters                    |
| ``throughput_trials.csv``      | `read_trials`      | a trial of speed before the launch, on A100 80GB              |
| ``training_log_points.csv``    | `read_log`         | a line of the log of BLOOM                                    |
| ``ablation_1b3_checkpoints.csv`` | `read_checkpoints` | a task at a checkpoint of a 1.3B model on an English corpus |
| ``bloom176b_vs_opt175b.csv``   | `read_evaluations` | a task of BLOOM 176B and of OPT 175B                          |

Speeds are TFLOP/s of the hardware, which computes activations twice: 8 FLOP per parameter and token where a model has
6, and attention and logits beside them. An empty cell is NaN.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from bounds.base.arguments import printable, shown

_TEXT, _NUMBER, _MAYBE, _SCORE = "text", "number", "number or nothing", "score"

_FACTS = {"key": _TEXT, "value": _NUMBER, "unit": _TEXT, "source": _TEXT, "status": _TEXT}
_SHAPES = {"origin": _TEXT, "size_b_params": _NUMBER, "n_layers": _NUMBER, "d_model": _NUMBER, "d_over_l": _NUMBER}
_TRIALS = {
    "section": _TEXT, "nodes": _NUMBER, "gpus": _NUMBER, "size_b_params": _NUMBER, "n_layers": _MAYBE,
    "d_model": _MAYBE, "n_heads": _MAYBE, "dp": _MAYBE, "tp": _MAYBE, "pp": _MAYBE, "mbs": _MAYBE,
    "gbs_samples": _NUMBER, "mem_gb": _MAYBE, "sec_per_iter": _NUMBER, "hw_tflops_per_gpu": _NUMBER,
    "date_mm_dd": _TEXT,
}  # fmt: skip
_LOG = {
    "iteration": _NUMBER, "consumed_tokens": _NUMBER, "sec_per_iter": _NUMBER, "train_lm_loss": _NUMBER,
    "valid_lm_loss": _MAYBE, "hw_tflops_per_gpu": _MAYBE, "source_file": _TEXT,
}  # fmt: skip
_CHECKPOINTS = {
    "run": _TEXT, "corpus": _TEXT, "checkpoint": _NUMBER, "tokens": _NUMBER, "task": _TEXT, "metric": _TEXT,
    "value": _SCORE, "stderr": _MAYBE,
}  # fmt: skip
_EVALUATIONS = {
    "task": _TEXT, "n_prompts": _NUMBER, "language": _TEXT, "metric": _TEXT, "higher_is_better": _SCORE,
    "bloom_176b": _SCORE, "opt_175b": _SCORE,
}  # fmt: skip


def read_facts(path: str | Path) -> pd.DataFrame:
    """The printed numbers by their key: `value`, `unit`, `source`, `status`."""
    return _read(path, "facts.csv", _FACTS).set_index("key")


def read_shapes(path: str | Path) -> pd.DataFrame:
    """Shapes of six models above 100B parameters, BLOOM the last: `origin`, `n_layers`, `d_model`."""
    return _read(path, "reference_shapes.csv", _SHAPES)


def read_trials(path: str | Path) -> pd.DataFrame:
    """The trials of speed in the order of the notes; shape, layout on the GPUs, seconds and TFLOP/s."""
    return _read(path, "throughput_trials.csv", _TRIALS)


def read_log(path: str | Path) -> pd.DataFrame:
    """Five lines of the log: `iteration`, `consumed_tokens`, `sec_per_iter`, losses in nats per token."""
    return _read(path, "training_log_points.csv", _LOG)


def read_checkpoints(path: str | Path) -> pd.DataFrame:
    """Zero-shot results of five 1.3B models along training: `corpus`, `tokens`, `task`, `metric`, `value`, `stderr`."""
    return _read(path, "ablation_1b3_checkpoints.csv", _CHECKPOINTS)


def read_evaluations(path: str | Path) -> pd.DataFrame:
    """BLOOM 176B beside OPT 175B, a task and `language` a row; `metric` says what the two numbers are."""
    return _read(path, "bloom176b_vs_opt175b.csv", _EVALUATIONS)


def _read(path: str | Path, usual: str, columns: Mapping[str, str]) -> pd.DataFrame:
    """The table at `path`, a file or the folder that has the file `usual`; ValueError in one sentence otherwise."""
    file = Path(path) / usual if Path(path).is_dir() else Path(path)
    name = printable(str(file))
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(f"{name} is not a text in UTF-8, and so no table") from None
    except OSError as error:
        raise ValueError(f"{name}: {error.strerror}") from None
    lines = csv.DictReader(text.splitlines())
    missing = [column for column in columns if column not in (lines.fieldnames or ())]
    if missing:
        raise ValueError(f"{name} has no column {', '.join(missing)}; {usual} has {', '.join(columns)}")
    rows = [
        [_cell(row[column], kind, column, number, name) for column, kind in columns.items()]
        for number, row in enumerate(lines, 2)
    ]
    if not rows:
        raise ValueError(f"{name} holds no row")
    return pd.DataFrame(rows, columns=list(columns))


def _cell(text: str | None, kind: str, column: str, line: int, name: str) -> str | float:
    if text is None:
        raise ValueError(f"{name}, line {line}: the line ends before {column}")
    if kind == _TEXT:
        return text
    if kind == _MAYBE and not text:
        return math.nan
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    least_is_nothing = kind != _NUMBER
    if not (0 < value < math.inf or (least_is_nothing and value == 0)):
        needed = "a number of at least 0" if least_is_nothing else "a positive number"
        raise ValueError(f"{name}, line {line}: {column} must be {needed}, got {shown(text)}")
    return value
