"""A measured corpus as one Dataset, of exact counts and of estimates alike; nothing that a report says is left out.

| dimension | runs along                                                                             |
|-----------|----------------------------------------------------------------------------------------|
| `source`  | lengths of window                                                                      |
| `n_units` | prefixes of the text                                                                   |
| `stretch` | stretches of D that an exponent was fitted to, the widest first; -1 and NaN beyond them |
| `point`   | points of the mean curve over stretches of text; -1 and NaN beyond them                |
| `block`   | blocks of the text that one of those curves leaves out                                 |
| `multiplicity` | how often windows occur in the last prefix: lower edges of bins, one by one up to 100 |
| `factor`, `method` | how many times as much text, and by which method, the default first: `more`      |

What an estimate does not know is NaN. The attribute ``text`` holds, as JSON, the name of the corpus, unit, order, and
the notes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from bounds.cli.json_text import json_text
from simulate.running.dataset import NOT_MEASURED, describe, provenance, stamp
from simulate.studies.text.more import more
from simulate.text.exponents import CorpusFit, WindowFit
from simulate.text.growth import CorpusGrowth
from simulate.text.source import why_too_short
from simulate.text.streaming import SketchedGrowth

Pair = tuple[CorpusGrowth | SketchedGrowth, CorpusFit | None]

NO_EXPONENT = "No exponent: its errors are not known; leave out --sketch to count exactly"

NUMBERS: Mapping[str, Callable[[CorpusFit], float]] = {
    "exponent": lambda fit: fit.exponent,
    "exponent_lower": lambda fit: _end(fit, 0),
    "exponent_upper": lambda fit: _end(fit, 1),
    "exponent_sampling": lambda fit: fit.sampling,
    "exponent_misfit_below": lambda fit: fit.misfit_below,
    "exponent_misfit_above": lambda fit: fit.misfit_above,
    "exponent_local": lambda fit: fit.local,
    "fit_p_value": lambda fit: fit.p_value,
    "neighbour_correlation": lambda fit: fit.neighbours,
}
"""What a fit says of a length, in numbers; NaN in a Dataset, and null in JSON, where there is none."""

STRETCH: Mapping[str, Callable[[WindowFit], float | None]] = {
    "exponent": lambda fit: fit.exponent,
    "exponent_lower": lambda fit: _end(fit, 0),
    "exponent_upper": lambda fit: _end(fit, 1),
    "exponent_sampling": lambda fit: fit.sampling,
    "exponent_misfit_below": lambda fit: fit.misfit_below,
    "exponent_misfit_above": lambda fit: fit.misfit_above,
    "p_value": lambda fit: fit.p_value,
    "exponent_prefix": lambda fit: fit.exponent_prefix,
}
"""What the fit of one stretch says, with the names of JSON; ``stretch_…`` in a Dataset."""


def name(growth: CorpusGrowth | SketchedGrowth) -> str:
    """The source string of a measured corpus."""
    return f"corpus:{growth.corpus},unit={growth.unit},length={growth.length}"


def to_dataset(pairs: Sequence[Pair], parameters: dict[str, Any]) -> xr.Dataset:
    """One Dataset of what was counted or estimated, each with its fit, and of the `parameters` that it was made with.

    Counts are int64.
    """
    growths, fits = [growth for growth, _ in pairs], [fit for _, fit in pairs]
    dims = ("source", "n_units")
    data: dict[str, Any] = {
        key: (dims, np.array([getattr(g, key) for g in growths])) for key in ("n_draws", "n_unique")
    }
    data |= _ends(growths) | {key: (dims, np.array([getattr(g, key) for g in growths])) for key in ("f1", "f2")}
    data |= {key: ("source", _each(fits, number)) for key, number in NUMBERS.items()}
    data["fit"] = ("source", [fit.verdict if fit else _why_not(growth, parameters) for growth, fit in pairs])
    data["length"] = ("source", np.array([g.length for g in growths]))
    data["n_blocks"] = ("source", np.array([fit.n_blocks if fit else 0 for fit in fits]))
    data |= {
        "slope": ("source", _each(fits, lambda fit: fit.slope)),
        "slope_lower": ("source", _each(fits, lambda fit: float(fit.slope_interval.lower))),
        "slope_upper": ("source", _each(fits, lambda fit: float(fit.slope_interval.upper))),
    }
    data |= _stretches(fits) | _mean_curves(growths)
    coordinates: dict[str, Any] = {"source": [name(g) for g in growths], "n_units": growths[0].n_units}
    spectra = ("source", "multiplicity")
    data["spectrum"] = (spectra, np.array([growth.spectrum[-1] for growth in growths]))
    coordinates["multiplicity"] = growths[0].edges
    data |= more(growths, parameters.get("extrapolate") or (), coordinates)
    dataset = xr.Dataset(data, coords=coordinates)
    dataset = describe(dataset)
    dataset.attrs["text"] = _about(growths)
    first = growths[0]
    engine: dict[str, Any] = {"name": "corpus", "reason": "counted exactly"}
    if isinstance(first, SketchedGrowth):
        dataset.n_unique.attrs["long_name"] = "distinct sequences U(D), estimated by HyperLogLog"
        engine |= {"reason": _how([one for one in growths if isinstance(one, SketchedGrowth)]), **_sketch(first)}
    return stamp(
        dataset, provenance(parameters, command="corpus", engine=engine, inputs=dict(first.sha256), device="cpu")
    )


def counts_of(dataset: xr.Dataset) -> xr.Dataset:
    """What a .csv has a line for: each length and prefix."""
    return dataset.drop_dims(["stretch", "point", "block", "multiplicity", "factor", "method"], errors="ignore")


def _about(growths: Sequence[CorpusGrowth | SketchedGrowth]) -> str:
    first = growths[0]
    notes = list(dict.fromkeys(note for growth in growths for note in growth.notes))
    return json_text({
        "corpus": first.corpus, "unit": first.unit, "order": first.order, "n_bytes": first.n_bytes,
        "notes": [{"kind": note.kind, "text": note.text} for note in notes],
    })  # fmt: skip


def _ends(growths: Sequence[CorpusGrowth | SketchedGrowth]) -> dict[str, Any]:
    """The interval of each estimate."""
    sketched = [growth for growth in growths if isinstance(growth, SketchedGrowth)]
    if not sketched:
        return {}
    at_prefixes = {
        name: (("source", "n_units"), np.array([growth.ends()[name] for growth in sketched]))
        for name in sketched[0].ends()
    }
    return at_prefixes | {
        f"spectrum_{end}": (
            ("source", "multiplicity"), np.array([getattr(g.spectrum_interval, end)[-1] for g in sketched])
        )
        for end in ("lower", "upper")
    }  # fmt: skip


def _each(fits: Sequence[CorpusFit | None], number: Callable[[CorpusFit], float]) -> np.ndarray:
    return np.array([math.nan if fit is None else number(fit) for fit in fits])


def _end(fit: CorpusFit | WindowFit, place: int) -> float:
    return math.nan if fit.interval is None else float(tuple(fit.interval)[place])


def _stretches(fits: Sequence[CorpusFit | None]) -> dict[str, Any]:
    """The fits of all stretches of each length; none where there is no fit at all."""
    windows = [fit.windows if fit else () for fit in fits]
    n = max(map(len, windows))
    if not n:
        return {}
    dims = ("source", "stretch")
    ends = {
        f"stretch_{key}": (dims, _padded([[getattr(w, key) for w in each] for each in windows], n, NOT_MEASURED))
        for key in ("from_draws", "to_draws")
    }
    return ends | {
        f"stretch_{key}": (dims, _padded([[number(w) for w in each] for each in windows], n, math.nan))
        for key, number in STRETCH.items()
    }


def _mean_curves(growths: Sequence[CorpusGrowth | SketchedGrowth]) -> dict[str, Any]:
    """The mean curve over stretches of text that exponents are fitted to, where there are blocks."""
    curves = [None if isinstance(growth, SketchedGrowth) else growth.blocks for growth in growths]
    n = max(len(curve.n_draws) if curve else 0 for curve in curves)
    if not n:
        return {}
    dims = ("source", "point")
    n_blocks = max(curve.n_blocks if curve else 0 for curve in curves)
    without = np.full((len(curves), n_blocks, n), math.nan)
    for place, curve in zip(without, curves, strict=True):
        if curve:
            place[: curve.n_blocks, : len(curve.n_draws)] = curve.without
    return {
        "mean_draws": (dims, _padded([curve.n_draws if curve else () for curve in curves], n, NOT_MEASURED)),
        "mean_unique": (dims, _padded([curve.n_unique if curve else () for curve in curves], n, math.nan)),
        "mean_unique_without": (("source", "block", "point"), without),
        "local": ("source", np.array([curve.local if curve else math.nan for curve in curves])),
        "local_without": (
            ("source", "block"),
            _padded([curve.local_without if curve else () for curve in curves], n_blocks, math.nan),
        ),
        "block_draws": ("source", np.array([curve.block_draws if curve else NOT_MEASURED for curve in curves])),
    }


def _padded(rows: Sequence[Any], n: int, fill: float) -> np.ndarray:
    """Rows of at most `n` numbers as an array; None is NaN."""
    found = np.full((len(rows), n), fill, np.int64 if isinstance(fill, int) else float)
    for line, row in zip(found, rows, strict=True):
        line[: len(row)] = [math.nan if value is None else value for value in row]
    return found


def _why_not(growth: CorpusGrowth | SketchedGrowth, parameters: dict[str, Any]) -> str:
    """Why there is no fit: estimates have none, none was asked for, or the text is too short for it."""
    if isinstance(growth, SketchedGrowth):
        return NO_EXPONENT
    if parameters.get("blocks") == 0:
        return "No fit: no blocks were asked for."
    return why_too_short(int(growth.n_draws[-1]), int(growth.n_unique[-1]))


def _how(growths: Sequence[SketchedGrowth]) -> str:
    sketch, sample = growths[0].sketch, growths[0].sample
    whole, n_kept = [one.sample.share == 1 for one in growths], max(one.sample.n_kept for one in growths)
    if all(whole):
        return f"counted exactly: a sample of {sample.capacity} windows at most holds all distinct ones"
    return (
        f"estimated, by HyperLogLog with 2^{sketch.precision} registers and a nominal relative standard error of "
        f"{sketch.relative_error:.2%}; how often windows occur, from a sample of {n_kept} distinct ones"
        f"{'; U without an interval is counted' if any(whole) else ''}"
    )


def _sketch(growth: SketchedGrowth) -> dict[str, Any]:
    sketch = growth.sketch
    return {
        "method": "HyperLogLog", "precision": sketch.precision, "seed": sketch.seed,
        "relative_error": sketch.relative_error, "confidence": 0.95,
    }  # fmt: skip
