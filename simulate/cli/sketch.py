"""``simulate corpus --sketch``: which flags go together, and what a reader sees of an estimate."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

if TYPE_CHECKING:
    import xarray as xr

    from simulate.text.streaming import SketchedGrowth

NO_EXPONENT = (
    "No exponent: all prefixes are read from the same registers, so that neighbours err alike and the scatter of the "
    "curve says nothing of its error; leave out --sketch to count exactly, which gives an exponent with an interval."
)

_ENDS = ("lower", "upper")


def check_flags(context: click.Context) -> None:
    """Refuse flags that say nothing with --sketch, or nothing without it."""
    options = context.params
    given = {name for name in options if context.get_parameter_source(name) is not ParameterSource.DEFAULT}
    if not options["sketch"]:
        if "precision" in given:
            raise click.UsageError("--precision is of a sketch; pass --sketch with it, or leave it out")
        return
    if options["order"] != "file":
        raise click.UsageError(
            f"--sketch reads a text once, in file order, got --order {options['order']}; shuffle the text itself, or "
            "leave out --sketch"
        )
    if "chunk" in given:
        raise click.UsageError("--chunk is of shuffled chunks, which --sketch cannot read; pass one of them")
    if options["blocks"] and "blocks" in given:
        raise click.UsageError(
            f"--blocks {options['blocks']} is for the interval of an exponent, and --sketch fits none; pass one of them"
        )


def run(files: Sequence[str], lengths: list[int], options: dict[str, Any]) -> None:
    """Sketch the text in `files`, then write and print what was asked for."""
    from bounds.cli.shared import SCHEMA_VERSION
    from bounds.efficiency.band import bands
    from bounds.laws.published import LAWS
    from simulate.cli.present import present
    from simulate.running.dataset import save_result
    from simulate.text.streaming import sketch_corpus

    chosen = {key: options[key] for key in ("unit", "at", "precision", "seed")}
    growths = sketch_corpus(files, length=lengths, **chosen)
    dataset = to_dataset(growths, {"files": list(files), "length": lengths, "sketch": True, **chosen})
    implied = bands(float(growths[0].n_units[-1]), laws=options["laws"] or tuple(LAWS))
    if options["out"]:
        save_result(dataset, options["out"], overwrite=options["overwrite"])

    def as_json(path: str | None) -> dict[str, Any]:
        return {
            "schema_version": SCHEMA_VERSION, "rows": [row for growth in growths for row in growth.rows()],
            "fits": [_fit(growth) for growth in growths], "sketch": _sketch(growths[0]),
            "bands": [band.to_json() for band in implied], "warnings": _notes(growths), "verdict": verdict(growths),
            "provenance": json.loads(dataset.attrs["provenance"]), "path": path,
        }  # fmt: skip

    def draw(path: str, overwrite: bool) -> None:
        from simulate.studies.sweep.figure import save_sketch_figure

        save_sketch_figure(growths, path, overwrite=overwrite)

    present(dataset, options, as_json, lambda: print_sketch(growths, implied, curves=options["curves"]), draw)


def to_dataset(growths: Sequence[SketchedGrowth], parameters: dict[str, Any]) -> xr.Dataset:
    """The Dataset of an exact count, with the interval of each estimate; what a sketch does not know is NaN."""
    import numpy as np
    import xarray as xr

    from simulate.running.dataset import describe, provenance, stamp
    from simulate.studies.text.report import NUMBERS, name

    dims, shape = ("source", "n_units"), (len(growths), len(growths[0].n_units))
    data: dict[str, Any] = {
        key: (dims, np.array([getattr(g, key) for g in growths])) for key in ("n_draws", "n_unique")
    }
    data |= {f"n_unique_{end}": (dims, np.array([getattr(g.interval, end) for g in growths])) for end in _ENDS}
    data |= {key: (dims, np.full(shape, np.nan)) for key in ("f1", "f2")}
    data |= {key: ("source", np.full(len(growths), np.nan)) for key in NUMBERS}
    data |= {"fit": ("source", [NO_EXPONENT] * len(growths)), "length": ("source", [g.length for g in growths])}
    dataset = describe(xr.Dataset(data, {"source": [name(g) for g in growths], "n_units": growths[0].n_units}))
    dataset.n_unique.attrs["long_name"] = "distinct sequences U(D), estimated by HyperLogLog"
    engine = {"name": "corpus", "reason": f"estimated, {_how(growths[0])}", **_sketch(growths[0])}
    made = provenance(parameters, engine=engine, inputs=dict(growths[0].sha256), device="cpu")
    return stamp(dataset, made)


def verdict(growths: Sequence[SketchedGrowth]) -> str:
    """One sentence: about how many distinct windows there are."""
    parts = [
        f"{g.n_unique[-1]} [{g.interval.lower[-1]}, {g.interval.upper[-1]}] of {g.n_draws[-1]} {g.sketch.kind}"
        for g in growths
    ]
    return f"In {growths[0].corpus}, about {', about '.join(parts)} are distinct; an exponent takes exact counts."


def print_sketch(growths: Sequence[SketchedGrowth], implied: Sequence[Any], *, curves: bool) -> None:
    """Print estimates at the last prefix (at every prefix with `curves`), what laws imply, and the verdict."""
    from bounds.cli.band_table import print_bands
    from bounds.cli.printing import print_table
    from simulate.text.cutting.units import noun, said

    first = growths[0]
    total, unit = first.n_units[-1], noun(first.unit)
    print(
        f"Distinct windows of {unit}{said(first.unit)} in {first.corpus}, {total} {unit}, order: {first.order}; "
        "estimated"
    )
    shown = [row for growth in growths for row in (growth.rows() if curves else growth.rows()[-1:])]
    table = [
        [f"{row['length']}", f"{row['n_units']}", f"{row['n_draws']}", f"{row['n_unique']}",
         f"{row['n_unique_lower']} – {row['n_unique_upper']}"]
        for row in shown
    ]  # fmt: skip
    print_table(["length", unit, "windows D", "distinct U, estimated", "95 % interval"], table, left=0)
    print(f"U is estimated, {_how(first)}; intervals are normal, from that error.")
    for note in _notes(growths):
        print(f"! {note}")
    print(NO_EXPONENT)
    print(f"\nWhat the loss laws imply for a corpus of D = {total:.4g} tokens, one token a {noun(first.unit, 1)}")
    print_bands(implied, float(total))
    print(f"\n{verdict(growths)}")


def _how(growth: SketchedGrowth) -> str:
    sketch = growth.sketch
    return (
        f"by HyperLogLog with 2^{sketch.precision} registers and a nominal relative standard error of "
        f"{sketch.relative_error:.2%}"
    )


def _sketch(growth: SketchedGrowth) -> dict[str, Any]:
    sketch = growth.sketch
    return {
        "method": "HyperLogLog", "precision": sketch.precision, "seed": sketch.seed,
        "relative_error": sketch.relative_error, "confidence": 0.95,
    }  # fmt: skip


def _fit(growth: SketchedGrowth) -> dict[str, Any]:
    from simulate.studies.text.report import NUMBERS, name

    about = {"source": name(growth), "order": growth.order, "length": growth.length}
    return {**about, **dict.fromkeys(NUMBERS), "rejected": None, "fit": NO_EXPONENT, "windows": []}


def _notes(growths: Sequence[SketchedGrowth]) -> list[str]:
    return list(dict.fromkeys(note for growth in growths for note in growth.notes))
