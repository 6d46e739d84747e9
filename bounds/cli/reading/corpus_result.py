"""A corpus that ``simulate corpus --out`` counted, as a plan takes it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bounds.base.arguments import File
from bounds.cli.reading.result_file import read_result
from bounds.planning.corpus import CountedWindows, MeasuredCorpus


def read_corpus(path: str, bytes_per_token: float | None = None) -> MeasuredCorpus:
    """The corpus that the result at `path` counted; ValueError where the file holds something else."""
    source = Path(File("corpus")(path))
    dataset = read_result(source)
    made = json.loads(dataset.attrs["provenance"])
    if "text" not in dataset.attrs:
        raise ValueError(
            f"{source} holds a result of {made.get('command', 'another command')}, and a plan takes the count of a "
            "text; python -m simulate corpus FILE... --out makes one"
        )
    about = json.loads(dataset.attrs["text"])
    n_units = int(dataset.n_units.values[-1])
    windows = tuple(_windows(dataset.isel(source=i)) for i in range(dataset.sizes["source"]))
    copies = tuple(_copies(made.get("inputs", {})))
    return MeasuredCorpus(
        about["corpus"], about["unit"], n_units, about.get("n_bytes"), windows, bytes_per_token, copies
    )


def _copies(inputs: dict[str, str]) -> Iterator[str]:
    """The names of files whose SHA-256 one before them has."""
    seen = set[str]()
    for name, digest in inputs.items():
        if digest in seen:
            yield name
        seen.add(digest)


def _windows(one: Any) -> CountedWindows:
    exponent, lower, upper = (_known(one[name].item()) for name in ("exponent", "exponent_lower", "exponent_upper"))
    return CountedWindows(
        int(one["length"].item()), int(one.n_draws.values[-1]), int(one.n_unique.values[-1]), exponent, lower, upper
    )


def _known(value: float) -> float | None:
    return None if value != value else value
