"""The runs of Chinchilla: ``data/svg_extracted_data.csv`` of Besiroglu et al., read from a figure of Hoffmann et al.

| column of the file          | here            | unit                        |
|-----------------------------|-----------------|-----------------------------|
| Model Size                  | `n_params`      | parameters                  |
| Training FLOP, as C = 6 N D | `n_tokens`      | tokens                      |
| Training FLOP               | `compute_flops` | FLOP                        |
| loss                        | `loss`          | nats per token, final       |

Sizes and FLOP are positions of dots, losses their colours, so that a loss is off by some 0.001 of itself, and by more
at the ends of the colour bar. The figure shows 245 of more than 400 runs.
"""

from __future__ import annotations

import csv
import math
from pathlib import Path

import pandas as pd

from bounds.base.arguments import printable, shown

PATH = "data/svg_extracted_data.csv"
LEFT_OUT = 5
"""Runs that Besiroglu et al. leave out: those whose loss is not strictly below the fifth largest."""
_COLUMNS = {"Model Size": "n_params", "Training FLOP": "compute_flops", "loss": "loss"}


def read_points(path: str | Path) -> pd.DataFrame:
    """The runs in the order of the file, one a row: `n_params`, `n_tokens`, `compute_flops`, `loss`.

    `path` is the file, or the folder of the data set. ValueError with one sentence where it is not such a table.
    """
    file = Path(path) / PATH if Path(path).is_dir() else Path(path)
    name = printable(str(file))
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(f"{name} is not a text in UTF-8, and so no table of runs") from None
    except OSError as error:
        raise ValueError(f"{name}: {error.strerror}") from None
    lines = csv.DictReader(text.splitlines())
    missing = [column for column in _COLUMNS if column not in (lines.fieldnames or ())]
    if missing:
        raise ValueError(f"{name} has no column {', '.join(missing)}; it is not the table of Besiroglu et al.")
    rows = [
        [_positive(row[column], column, number, name) for column in _COLUMNS] for number, row in enumerate(lines, 2)
    ]
    if not rows:
        raise ValueError(f"{name} holds no run")
    points = pd.DataFrame(rows, columns=list(_COLUMNS.values()), dtype=float)
    points.insert(1, "n_tokens", points.compute_flops / (6 * points.n_params))
    return points


def _positive(cell: str | None, column: str, line: int, name: str) -> float:
    try:
        value = float(cell or "")
    except ValueError:
        value = math.nan
    if not (0 < value < math.inf):
        raise ValueError(f"{name}, line {line}: {column} must be a positive number, got {shown(cell or '')}")
    return value
