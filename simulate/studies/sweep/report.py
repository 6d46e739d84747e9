"""From a Dataset to what a reader sees: rows, the sentence that answers the question, and tables."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

import xarray as xr

from bounds.base.arguments import printable
from bounds.base.notes import METHOD
from bounds.cli.band_table import band_notes, print_bands
from bounds.cli.printing import number, print_table
from bounds.cli.shared import SCHEMA_VERSION
from bounds.efficiency.band import Band, bands
from simulate.running.dataset import NOT_MEASURED
from simulate.stats import Z_LIMIT

ROW_KEYS = (
    "exponent_pooled", "exponent_lower", "exponent_upper", "exponent_planted", "exponent_local",
)  # fmt: skip


def rows(dataset: xr.Dataset) -> list[dict[str, Any]]:
    """One flat object a source, at its largest D; None where there is no value."""
    found = []
    last = dataset.isel(n_draws=-1)
    for source in dataset.source.values:
        one = last.sel(source=source)
        counts = one.n_unique.values if "n_unique" in one else []
        measured = [int(count) for count in counts if count != NOT_MEASURED]
        row = {
            "source": str(source),
            "engine": str(one.engine.item()),
            "n_draws": int(one.n_draws),
            "replicates": len(measured),
            "n_unique": math.fsum(measured) / len(measured) if measured else None,
            "n_unique_expected": _value(one, "n_unique_expected"),
            "z": _value(one, "z"),
            **{key: _value(one, key) for key in ROW_KEYS},
            "fit": str(one.fit.item()) if "fit" in one else None,
        }
        row["exponent"] = row.pop("exponent_pooled")
        found.append(row)
    return found


def curves(dataset: xr.Dataset) -> list[dict[str, Any]]:
    """One object for each source and corpus size: the mean count and its expectation."""
    found = []
    for source in dataset.source.values:
        for n_draws in dataset.n_draws.values:
            one = dataset.sel(source=source, n_draws=n_draws)
            measured = [int(c) for c in one.n_unique.values if c != NOT_MEASURED] if "n_unique" in one else []
            mean = math.fsum(measured) / len(measured) if measured else None
            entry = {"source": str(source), "n_draws": int(n_draws), "n_unique": mean}
            found.append(entry | {"n_unique_expected": _value(one, "n_unique_expected")})
    return found


def warnings(dataset: xr.Dataset, implied: Sequence[Band]) -> list[str]:
    """What a reader must be told beside the numbers."""
    told = [f"{short(row['source'])}: {row['fit']}" for row in rows(dataset) if _needs_words(row)]
    far = [row for row in rows(dataset) if row["z"] is not None and abs(row["z"]) > Z_LIMIT]
    told += [
        f"{short(row['source'])}: the mean count is {row['z']:.1f} standard errors from its expectation" for row in far
    ]
    told += _unknown(dataset)
    return told + [n.text for n in band_notes(implied, float(dataset.n_draws[-1])) if n.kind != METHOD]


def verdict(dataset: xr.Dataset, implied: Sequence[Band]) -> str:
    """The one sentence that answers how distinct sequences, and so efficient parameters, grow with the corpus."""
    fitted = [row for row in rows(dataset) if row["exponent_lower"] is not None]
    if not fitted:
        local = [row["exponent_local"] for row in rows(dataset) if row["exponent_local"] is not None]
        if not local:
            return "Nothing was fitted, so nothing is said about how N grows with D."
        return f"No power law is confirmed here; at the largest D distinct sequences grow locally as {_span(local)}."
    planted = [row for row in fitted if row["exponent_planted"] is not None]
    held = sum(row["exponent_lower"] <= row["exponent_planted"] <= row["exponent_upper"] for row in planted)
    truth = f" ({held} of {len(planted)} intervals hold the planted exponent)" if planted else ""
    parts: list[str] = []
    # One law of each paper is enough for a sentence; the table has them all.
    for band in {band.source: band for band in reversed(implied)}.values():
        low, _, high = band.exponent
        inside = sum(row["exponent_upper"] >= low and row["exponent_lower"] <= high for row in fitted)
        parts.insert(0, f"{inside} of {len(fitted)} intervals meet the band [{low:.2f}, {high:.2f}] of {band.law}")
    loose = len(rows(dataset)) - len(fitted)
    if loose:
        parts.append(f"{loose} of {len(fitted) + loose} sources follow no power law that the data confirm")
    return (
        f"Distinct sequences, and so the parameters N of a model that stores each once, grow as "
        f"{_span([row['exponent'] for row in fitted])} on these sources{truth}; {', '.join(parts)}. Which exponent a "
        "corpus has decides: N ~ D^0.58 is the middle of the band of one loss fit, not a law of its own."
    )


def as_json(dataset: xr.Dataset, implied: Sequence[Band], *, path: str | None, with_curves: bool) -> dict[str, Any]:
    """The object that ``--json`` prints."""
    made = {
        "schema_version": SCHEMA_VERSION,
        "rows": rows(dataset),
        "bands": [band.to_json() for band in implied],
        "warnings": warnings(dataset, implied),
        "verdict": verdict(dataset, implied),
        "provenance": json.loads(dataset.attrs["provenance"]),
        "path": path,
    }
    return made | ({"curves": curves(dataset)} if with_curves else {})


def implied_bands(dataset: xr.Dataset, laws: Sequence[str]) -> list[Band]:
    """What each law implies at the largest D of a result."""
    return bands(float(dataset.n_draws[-1]), laws=laws)


def print_summary(dataset: xr.Dataset, implied: Sequence[Band]) -> None:
    """Print the table of sources, the table of laws, what must be said, and the verdict."""
    n_draws = int(dataset.n_draws[-1])
    print(f"Distinct sequences U in corpora of D = {n_draws:.4g} draws, and the exponent γ of U ~ D^γ")
    columns = ["source", "corpora", "γ planted", "γ fitted", "95 % interval", "γ local", "U(D)", "E U(D)", "z"]
    names = [short(row["source"]) for row in rows(dataset)]
    if len(set(names)) < len(names):
        names = [row["source"] for row in rows(dataset)]
    print_table(columns, [_cells(row, name) for row, name in zip(rows(dataset), names, strict=True)])
    print(
        "γ fitted: all corpora together, in brackets where the fit is rejected. γ local: f1/U at D, the slope of ln U"
    )
    print("for independent draws. z: mean U against E U, in standard errors of the mean.")
    if any(row["source"].startswith("windows:") for row in rows(dataset)):
        print(
            "Windows overlap: their γ local is the slope between the last two D, and the standard error behind their\n"
            "z is measured between the corpora (Student's t, as a normal quantile; none with fewer than 8)."
        )
    for row in rows(dataset):
        if _needs_words(row):
            print(f"! {short(row['source'])}: {row['fit']}")
    for note in _unknown(dataset):
        print(f"! {note}")
    print(f"\nWhat the loss laws imply for a corpus of D = {n_draws:.4g} tokens, with one parameter per sequence")
    print_bands(implied, n_draws)
    print(f"\n{verdict(dataset, implied)}")


def _needs_words(row: dict[str, Any]) -> bool:
    """Whether the sentence of a fit is told beside its numbers: why there is no interval, and all that is of a text."""
    return bool(row["fit"]) and (row["exponent_lower"] is None or row["source"].startswith("corpus:"))


def _unknown(dataset: xr.Dataset) -> list[str]:
    """Sources whose expectation would need too many words to be listed."""
    return [
        f"{short(row['source'])}: its words are too many to list, so that E U and z are not known"
        for row in rows(dataset)
        if row["n_unique_expected"] is None and row["source"].startswith("windows:")
    ]


def short(source: str) -> str:
    """The source as a table shows it: of a corpus, the file without its folder."""
    source = printable(source)
    if not source.startswith("corpus:"):
        return source
    path, comma, rest = source.removeprefix("corpus:").partition(",unit=")
    return f"corpus:{PurePath(path.strip(chr(34))).name}{comma}{rest}"


def _cells(row: dict[str, Any], name: str) -> list[str]:
    low, high = row["exponent_lower"], row["exponent_upper"]
    # A fit that was rejected describes its window and is no result.
    fitted = f"({_fixed(row['exponent'])})" if low is None and row["exponent"] is not None else _fixed(row["exponent"])
    interval = "none" if low is None else f"{low:.4f} – {high:.4f}"
    return [
        name, str(row["replicates"]), _fixed(row["exponent_planted"]), fitted,
        interval, _fixed(row["exponent_local"]), number(row["n_unique"], 6), number(row["n_unique_expected"], 6),
        "–" if row["z"] is None else f"{row['z']:+.2f}",
    ]  # fmt: skip


def _fixed(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


def _span(exponents: Sequence[float]) -> str:
    low, high = min(exponents), max(exponents)
    return f"D^{low:.2f}" if f"{low:.2f}" == f"{high:.2f}" else f"D^{low:.2f} to D^{high:.2f}"


def _value(one: xr.Dataset, name: str) -> float | None:
    value = float(one[name]) if name in one else math.nan
    return value if math.isfinite(value) else None
