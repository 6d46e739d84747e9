"""Series of training runs from six projects, each from its upstream format, as one table.

| family           | data set       | file                                     | losses                              |
|------------------|----------------|------------------------------------------|-------------------------------------|
| loss-to-loss     | `loss_to_loss` | ``data/sweep.csv``                       | own corpus, nats per token          |
| Marin            | `isoflops`     | ``data/isoflops/transform/isoflops.csv`` | mean over Paloma, nats per token    |
| Llama 3          | `isoflops`     | the same, digitised from a figure        | in a unit of its own                |
| Gadre            | `gadre`        | ``exp_data/models/*.json``               | own corpus, nats per token          |
| Chinchilla       | `chinchilla`   | ``data/svg_extracted_data.csv``          | training loss, nats per token       |
| Porian           | `runs/porian`  | ``isoflop_points.csv``, made of pickles  | held out, nats per token            |

A series is of runs of one kind: finished, with one schedule, tokenizer and set to evaluate on, without the runs that
its authors call outliers, and without figures that were digitised twice. Of Chinchilla the five highest losses are left
out, as in the refit of Besiroglu et al. Pickles are never loaded. N are parameters as each source counts them.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from bounds.base.arguments import printable, shown
from experiments.readers.chinchilla import LEFT_OUT, read_points
from experiments.readers.gadre import read_runs

COLUMNS = ("series", "family", "corpus", "n_params", "n_tokens", "compute_flops", "loss")
"""Of every table here; `compute_flops` is the nominal budget where runs share one, 6 N D otherwise."""

SWEEP, FAR, ISOFLOPS, PORIAN = (
    "data/sweep.csv",
    "data/extrapolation.csv",
    "data/isoflops/transform/isoflops.csv",
    "isoflop_points.csv",
)

L2L, MARIN, LLAMA, GADRE, CHINCHILLA, FORMLL = "loss-to-loss", "Marin", "Llama 3", "Gadre", "Chinchilla", "Porian"


@dataclass(frozen=True)
class Series:
    """A series of runs: a name of its own, the family of projects it is of, what it was trained on, its data set.

    `upstream` is what the rows of this series are called there.
    """

    key: str
    family: str
    corpus: str
    data: str
    upstream: str


_ALL = (
    Series("l2l-fineweb", L2L, "FineWeb", "loss_to_loss", "fineweb-100b"),
    Series("l2l-fineweb-edu", L2L, "FineWeb-Edu", "loss_to_loss", "fineweb-edu-100b"),
    Series("l2l-proof-pile", L2L, "Proof-Pile 2", "loss_to_loss", "proof-pile-2"),
    Series("l2l-slimpajama", L2L, "SlimPajama", "loss_to_loss", "slimpajama-chunk1"),
    Series("l2l-smollm", L2L, "SmolLM corpus", "loss_to_loss", "smollm-corpus"),
    Series("l2l-starcoder", L2L, "StarCoder, code", "loss_to_loss", "starcoder"),
    Series("marin-comma", MARIN, "Comma", "isoflops", "marin_202603__comma__llama_2"),
    Series("marin-dclm", MARIN, "DCLM", "isoflops", "marin_202603__dclm__llama_2"),
    Series("marin-nemotron", MARIN, "Nemotron", "isoflops", "marin_202603__nemotron__llama_2"),
    Series("llama3", LLAMA, "Llama 3 mix", "isoflops", "llama_3__raw_loss"),
    Series("gadre-c4", GADRE, "C4", "gadre", "c4"),
    Series("gadre-redpajama", GADRE, "RedPajama", "gadre", "redpajama"),
    Series("gadre-refinedweb", GADRE, "RefinedWeb", "gadre", "refinedweb"),
    Series("chinchilla", CHINCHILLA, "MassiveText", "chinchilla", ""),
    Series("porian-refinedweb", FORMLL, "RefinedWeb", "runs/porian", "rw"),
    Series("porian-openwebtext2", FORMLL, "OpenWebText2", "runs/porian", "owt2"),
)
SERIES = {one.key: one for one in _ALL}
"""The series by name."""

_OWN_LOSS = {"c4": "c4_val", "redpajama": "paloma_redpajama", "refinedweb": "paloma_falcon-refinedweb"}
"""The loss of a training set of Gadre on its own domain."""


def read_loss_to_loss(path: str | Path) -> pd.DataFrame:
    """The finished runs on six corpora, ``sweep.csv``; `path` is the file or the folder of the data set.

    D is in tokens, N counts embeddings, and FLOP are the nominal budget, 6 N D.
    """
    return _loss_to_loss(path, SWEEP)


def read_loss_to_loss_far(path: str | Path) -> pd.DataFrame:
    """One run of 1e21 FLOP a corpus, twenty times those of the sweep, ``extrapolation.csv``: for predictions alone."""
    return _loss_to_loss(path, FAR)


def _loss_to_loss(path: str | Path, inside: str) -> pd.DataFrame:
    columns = {"params": "n_params", "tokens": "n_tokens", "iso_flop": "compute_flops", "val_loss": "loss"}
    return _chosen("loss_to_loss", _numbers(path, inside, columns, "data", {"state": "finished"}), "data")


def read_isoflops(path: str | Path) -> pd.DataFrame:
    """The runs of Marin and Llama 3 without those marked as outliers; `path` is the file or the data set's folder.

    Budgets of Marin are nominal, and 6 N D differs from them by up to 1.35 times.
    """
    columns = {"params": "n_params", "tokens": "n_tokens", "budget": "compute_flops", "loss": "loss"}
    table = _numbers(path, ISOFLOPS, columns, "experiment", {"outlier": "False"})
    return _chosen("isoflops", table, "experiment")


def read_porian(path: str | Path) -> pd.DataFrame:
    """The runs that ended their cosine schedule, with losses on held-out text and the ``standard`` count of parameters.

    `path` is ``isoflop_points.csv``, or the folder it stands in. Its other rows are of constant or unfinished
    schedules, or count otherwise.
    """
    columns = {"params": "n_params", "tokens": "n_tokens", "flops": "compute_flops", "loss": "loss"}
    chosen = {"decay": "chinchilla", "param_count": "standard", "val": "val"}
    return _chosen("runs/porian", _numbers(path, PORIAN, columns, "dataset", chosen), "dataset")


def read_gadre(path: str | Path) -> pd.DataFrame:
    """The runs of Gadre et al. with their losses on their own domain; `path` is the folder of the data set."""
    runs = read_runs(path)
    own = [runs.loc[i, f"loss_{_OWN_LOSS[one]}"] for i, one in runs.training_set.items()]
    return _chosen("gadre", runs.assign(loss=np.array(own, float)), "training_set")


def read_chinchilla(path: str | Path) -> pd.DataFrame:
    """The runs of Chinchilla but for the five highest losses; `path` is the file or the folder of the data set."""
    points = read_points(path)
    if len(points) > LEFT_OUT:
        points = points[points.loss < np.sort(points.loss)[-LEFT_OUT]]
    return _chosen("chinchilla", points.assign(upstream=""), "upstream")


_BEYOND = "cells beyond the last column"

READERS: Mapping[str, Callable[[str | Path], pd.DataFrame]] = {
    "loss_to_loss": read_loss_to_loss, "isoflops": read_isoflops, "gadre": read_gadre, "chinchilla": read_chinchilla,
    "runs/porian": read_porian,
}  # fmt: skip
"""The reader of each data set."""


def read_series(folders: Mapping[str, str | Path]) -> pd.DataFrame:
    """All series of the data sets in `folders` (key and folder of each), in the order of `SERIES`, a run a row."""
    tables = [READERS[key](folder) for key, folder in folders.items()]
    order = {key: place for place, key in enumerate(SERIES)}
    together = pd.concat(tables, ignore_index=True)
    return together.sort_values("series", key=lambda keys: keys.map(order), kind="stable", ignore_index=True)


def _chosen(data: str, table: pd.DataFrame, column: str) -> pd.DataFrame:
    """The rows of the series of a data set, by what they are called in `column`, each series in its order."""
    parts = []
    for one in (one for one in _ALL if one.data == data):
        part = table[table[column] == one.upstream]
        parts.append(part.assign(series=one.key, family=one.family, corpus=one.corpus)[list(COLUMNS)])
    found = pd.concat(parts, ignore_index=True)
    numbers = list(COLUMNS[3:])
    found[numbers] = found[numbers].astype(float)
    return found


def _numbers(
    path: str | Path, inside: str, columns: Mapping[str, str], of_what: str, chosen: Mapping[str, str]
) -> pd.DataFrame:
    """The rows that are `chosen` by their cells and belong to a series by `of_what`: its cell, and numbers renamed.

    ValueError with one sentence where the file is no such table. Cells of other rows may be empty.
    """
    file = Path(path) / inside if Path(path).is_dir() else Path(path)
    name, known = printable(str(file)), {one.upstream for one in _ALL}
    try:
        lines = csv.DictReader(file.read_text(encoding="utf-8-sig").splitlines(), restkey=_BEYOND)
        fields = lines.fieldnames or ()
    except UnicodeDecodeError:
        raise ValueError(f"{name} is not a text in UTF-8, and so no table of runs") from None
    except OSError as error:
        raise ValueError(f"{name}: {error.strerror}") from None
    if missing := [column for column in (*columns, of_what, *chosen) if column not in fields]:
        raise ValueError(f"{name} has no column {', '.join(missing)}, which the table of these runs has")
    rows: list[dict[str, object]] = []
    for line, row in enumerate(lines, 2):
        if _BEYOND in row or None in row.values():
            raise ValueError(f"{name}, line {line}: it must have {len(fields)} cells")
        if row[of_what] in known and all(row[column] == value for column, value in chosen.items()):
            numbers = {to: _positive(row[column], column, line, name) for column, to in columns.items()}
            rows.append({**numbers, of_what: row[of_what]})
    if not rows:
        raise ValueError(f"{name} holds no run of a series that is known here")
    return pd.DataFrame(rows)


def _positive(cell: str, column: str, line: int, name: str) -> float:
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise ValueError(f"{name}, line {line}: {column} must be a positive number, got {shown(cell)}")
    return value
