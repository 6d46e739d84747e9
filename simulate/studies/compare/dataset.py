"""Two corpora side by side as one Dataset; nothing that a report says is left out.

| dimension | runs along                                                                       |
|-----------|----------------------------------------------------------------------------------|
| `length`  | lengths of window                                                                |
| `text`    | the texts as given, and without copies of what came before                       |
| `side`    | A and B                                                                          |

There is `without copies` only where there were any; what is not known is NaN, and -1 where it would be a count. The
attribute ``comparison`` holds, as JSON, the names of the corpora, the unit, what copies are, and the notes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import xarray as xr

from bounds.cli.json_text import json_text
from simulate.running.dataset import NOT_MEASURED, describe, provenance, stamp
from simulate.text.comparison.compare import Comparison, State
from simulate.text.comparison.measures import Estimate

GIVEN, DISTINCT = "as given", "without copies"
"""The texts that windows are counted in."""

COUNTS: dict[str, Callable[[State], int]] = {
    "n_shared": lambda state: state.measures.n_shared, "n_new": lambda state: state.measures.n_new,
    "n_union": lambda state: state.measures.n_union, "stretch": lambda state: state.measures.stretch,
}  # fmt: skip
COUNTS_OF_SIDES: dict[str, Callable[[State], tuple[int, int]]] = {
    "n_units_of": lambda state: state.measures.n_units, "n_draws_of": lambda state: state.measures.n_draws,
    "n_unique_of": lambda state: state.measures.n_unique, "n_blocks_of": lambda state: state.measures.n_blocks,
}  # fmt: skip
ESTIMATES: dict[str, Callable[[State], Estimate]] = {
    "new_rate": lambda state: state.measures.new_rate, "more_rate": lambda state: state.more.rate,
    "stretch_ratio": lambda state: state.measures.ratio, "jaccard": lambda state: state.measures.jaccard,
    "more_ratio": lambda state: state.more.ratio,
}  # fmt: skip
ESTIMATES_OF_SIDES: dict[str, Callable[[State], tuple[Estimate, Estimate]]] = {
    "known": lambda state: state.measures.known, "contained": lambda state: state.measures.contained,
    "stretch_rate": lambda state: state.measures.stretch_rate,
}  # fmt: skip
ENDS = ("", "_lower", "_upper")
"""What the name of a number and of the ends of its interval end in."""

_LINE, _SIDES = ("length", "text"), ("length", "text", "side")


def to_dataset(found: Sequence[Comparison], parameters: dict[str, Any]) -> xr.Dataset:
    """One Dataset of comparisons of two corpora by several lengths; counts are int64."""
    copied = any(one.distinct for one in found)
    states = [[one.given, one.distinct] if copied else [one.given] for one in found]
    data: dict[str, Any] = {}

    def array(read: Callable[[State], Any], missing: Any) -> np.ndarray:
        return np.array([[missing if state is None else read(state) for state in line] for line in states])

    for name, count in COUNTS.items():
        data[name] = (_LINE, array(count, NOT_MEASURED))
    for name, counts in COUNTS_OF_SIDES.items():
        data[name] = (_SIDES, array(counts, (NOT_MEASURED,) * 2))
    for name, estimate in ESTIMATES.items():
        values = array(lambda state, read=estimate: _ends(read(state)), (math.nan,) * 3)  # type: ignore[misc]
        data |= {name + end: (_LINE, values[..., i]) for i, end in enumerate(ENDS)}
    for name, estimates in ESTIMATES_OF_SIDES.items():
        values = array(lambda state, read=estimates: [_ends(e) for e in read(state)], [(math.nan,) * 3] * 2)  # type: ignore[misc]
        data |= {name + end: (_SIDES, values[..., i]) for i, end in enumerate(ENDS)}
    data["more_factor"] = (_LINE, array(lambda state: state.more.factor, math.nan))
    data["more_method"] = (_LINE, array(lambda state: state.more.method, ""))
    data["more_why_not"] = (_LINE, array(lambda state: state.more.why_not, ""))
    coordinates = {
        "length": np.array([one.length for one in found]), "text": [GIVEN, DISTINCT][: 1 + copied], "side": ["A", "B"],
    }  # fmt: skip
    dataset = describe(xr.Dataset(data, coords=coordinates))
    dataset.attrs["comparison"] = _about(found)
    engine = {"name": "compare", "reason": "counted exactly"}
    inputs = dict(found[0].sha256)
    return stamp(dataset, provenance(parameters, command="compare", engine=engine, inputs=inputs, device="cpu"))


def table_of(dataset: xr.Dataset) -> xr.Dataset:
    """What a .csv has a line for: each length and text; the numbers of the sides stand beside each other."""
    found = {}
    for name, variable in dataset.data_vars.items():
        if "side" not in variable.dims:
            found[str(name)] = variable
            continue
        end = next((end for end in ENDS[1:] if str(name).endswith(end)), "")
        for i, side in enumerate(("a", "b")):
            found[f"{str(name).removesuffix(end)}_{side}{end}"] = variable.isel(side=i).drop_vars("side")
    return xr.Dataset(found, attrs=dataset.attrs)


def _ends(estimate: Estimate) -> tuple[float, float, float]:
    return estimate.value, estimate.lower, estimate.upper


def _about(found: Sequence[Comparison]) -> str:
    first = found[0]
    notes = list(dict.fromkeys(note for one in found for note in one.notes))
    return json_text({
        "corpora": list(first.corpora), "unit": first.unit, "duplicates": first.duplicates,
        "copied_units": list(first.copied_units), "copied_documents": list(first.copied_documents),
        "notes": [{"kind": note.kind, "text": note.text} for note in notes],
    })  # fmt: skip
