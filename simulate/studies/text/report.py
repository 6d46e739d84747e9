"""What a measured corpus looks like to a reader: the sentence that answers, one table, what must be said, and rows."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import xarray as xr

from bounds.base.notes import FITTED, REFUSED, Note
from bounds.cli.printing import estimated, fixed, number
from bounds.cli.report import Report, Table
from simulate.running.dataset import made_by, refit_words
from simulate.running.showing.view import View
from simulate.studies.text import more
from simulate.studies.text.dataset import NUMBERS, STRETCH
from simulate.text.cutting.units import counted, noun, said
from simulate.text.exponents import REJECT

OF_A_SKETCH = (
    "Intervals of U are normal, from the nominal error of the sketch, and of f_k Poisson's, of the sample. U without "
    "an interval is counted: the sample holds all windows."
)
NOT_OF_A_LAW = "Windows of a text are not the sequences of a loss law, whose U(D) `python -m bounds band D` gives."

METHOD = (
    "γ is that of K D^γ - u₀, fitted to the mean curve over all stretches of D windows; γ of prefixes is that of the "
    "curve as counted, in this order. The interval is γ ± sampling (from leaving out blocks of text), wider by the "
    "misfit: how far exponents of parts of the stretch lie below and above γ, less what their sampling explains. p of "
    "fit: that K D^γ - u₀ holds there; no other number depends on it. f1/U is the slope of ln U at the end where "
    "windows are drawn independently; slope assumes no law. Each unit and length has an exponent of its own."
)


def report(dataset: xr.Dataset, view: View) -> Report:
    """What `dataset` says; with ``view.curves`` also the counts at every prefix."""
    counts = _counts(dataset)
    sketch = sketch_of(dataset)
    has_fits = "stretch_exponent" in dataset
    data = {"rows": rows(dataset), "fits": fits(dataset)} | ({"sketch": sketch} if sketch else {}) | {"bands": []}
    method = [*_sentences(dataset), METHOD] if has_fits else _sentences(dataset)
    method += [OF_A_SKETCH] if sketch else []
    looks, by_method, ahead = [], [], ""
    refusals = more.refusals(dataset) if more.has_more(dataset) else []
    few = more.few(dataset) if more.has_more(dataset) else []
    asked = tuple(made_by(dataset)["parameters"].get("extrapolate") or ()) != more.BY_DEFAULT
    if more.has_more(dataset):
        looks, by_method = [more.table(dataset)], [more.all_methods(dataset)]
        if not more.any_applies(dataset):  # bounds alone answer nothing at first sight
            looks, by_method = [], looks
        ahead, method = more.sentence(dataset, about(dataset)["unit"]), [*method, more.METHOD]
        method += [more.SKETCHED] if sketch else []
        data |= {"extrapolation": more.entries(dataset)}
    return Report(
        answer=answer(dataset) + ahead + refit_words(dataset),
        tables=[_lengths(dataset), *looks, *([counts] if view.curves else [])],
        notes=[*(refusals if asked else []), *few, *notes(dataset)],
        asides=[*([] if asked else refusals), *_bends(dataset)],
        details=[*([] if view.curves else [counts]), *([_stretches(dataset)] if has_fits else []), *by_method],
        method=method,
        data=data,
        question=f"How many distinct windows does {about(dataset)['corpus']} hold, and what would more of it bring?",
    )


def about(dataset: xr.Dataset) -> dict[str, Any]:
    """Corpus, unit, order and notes of a measured text."""
    found: dict[str, Any] = json.loads(dataset.attrs["text"])
    return found


def sketch_of(dataset: xr.Dataset) -> dict[str, Any] | None:
    """How the counts were estimated; None where they are exact."""
    engine = made_by(dataset)["engine"]
    names = ("method", "precision", "seed", "relative_error", "confidence")
    return {key: engine[key] for key in names} if "method" in engine else None


def rows(dataset: xr.Dataset) -> list[dict[str, Any]]:
    """One flat object for each length and prefix, with the names of the Dataset."""
    told = about(dataset)
    ends = [f"{name}_{end}" for name in ("n_unique", "f1", "f2") for end in ("lower", "upper")]
    names = ["n_draws", "n_unique", *(key for key in ends if key in dataset)]
    found = []
    for i in range(dataset.sizes["source"]):
        columns = {key: dataset[key].values[i] for key in (*names, "f1", "f2")}
        for j, n_units in enumerate(dataset.n_units.values.tolist()):
            row = {"corpus": told["corpus"], "unit": told["unit"], "length": int(dataset.length[i])}
            row |= {"order": told["order"], "n_units": n_units}
            found.append(row | {key: _whole(values[j]) for key, values in columns.items()})
    return found


def fits(dataset: xr.Dataset) -> list[dict[str, Any]]:
    """One object a length: the exponent, its interval, the test of fit, and how it moves with the stretch of D."""
    order = about(dataset)["order"]
    found = []
    for i, source in enumerate(dataset.source.values):
        one = dataset.isel(source=i)
        windows = _windows(one)
        entry: dict[str, Any] = {"source": str(source), "order": order, "length": int(one.length)}
        entry |= {key: _known(one[key]) for key in NUMBERS}
        entry["rejected"] = _rejected(entry["exponent_lower"], entry["fit_p_value"]) if windows else None
        slope = {key: _known(one[key]) for key in ("slope", "slope_lower", "slope_upper")}
        counts: dict[str, Any] = {"f": more.spectrum(one) if "spectrum" in one else None}
        if "spectrum_lower" in one:
            counts |= {f"f_{end}": more.spectrum(one, f"spectrum_{end}") for end in ("lower", "upper")}
        found.append(entry | slope | counts | {"fit": str(one.fit.item()), "windows": [w for w, _ in windows]})
    return found


def _windows(one: xr.Dataset) -> list[tuple[dict[str, Any], float | None]]:
    """The fit of each stretch of one length, with the names of JSON, and the exponent of the prefixes."""
    if "stretch_exponent" not in one:
        return []
    found = []
    for k in np.flatnonzero(one.stretch_from_draws.values >= 0):
        at = one.isel(stretch=k)
        entry: dict[str, Any] = {key: int(at[f"stretch_{key}"]) for key in ("from_draws", "to_draws")}
        entry |= {key: _known(at[f"stretch_{key}"]) for key in STRETCH}
        prefix = entry.pop("exponent_prefix")
        found.append((entry | {"rejected": _rejected(entry["exponent_lower"], entry["p_value"])}, prefix))
    return found


def _rejected(lower: float | None, p_value: float | None) -> bool:
    return lower is None or (p_value is not None and p_value < REJECT)


def answer(dataset: xr.Dataset) -> str:
    """One sentence: how many windows of each length are distinct, and how their number grows."""
    told = about(dataset)
    parts = [_of_length(dataset.isel(source=i), told["unit"]) for i in range(dataset.sizes["source"])]
    unfitted = "; an exponent takes exact counts" if sketch_of(dataset) else ""
    return f"In {told['corpus']}, {'; '.join(parts)}{unfitted}."


def _of_length(one: xr.Dataset, unit: str) -> str:
    last = one.isel(n_units=-1)
    sure = "n_unique_lower" not in one or int(last.n_unique_lower) == int(last.n_unique_upper)
    said_once = (
        f"{'' if sure else 'about '}{_unique(last)} of {int(last.n_draws)} windows of "
        f"{counted(int(one.length), unit)} are distinct"
    )
    growth = _growth(one)
    return f"{said_once}{growth}"


def _growth(one: xr.Dataset) -> str:
    """How the number of one length grows, from the end of a sentence on; empty where nothing was fitted."""
    slope = float(one.slope)
    if math.isnan(slope):
        return ""
    if slope in (0.0, 1.0):
        return ": every one is new" if slope else ", and no further one appears at the end"
    gamma, lower, upper, p_value = (
        float(one[key]) for key in ("exponent", "exponent_lower", "exponent_upper", "fit_p_value")
    )
    end = f"slope {estimated(slope, float(one.slope_lower), float(one.slope_upper), 2)} at the end"
    if math.isnan(lower):
        return f", without an exponent ({end})"
    doubt = f", though no single power law holds: {end}" if p_value < REJECT else ""
    return (
        f" and grow with exponent {estimated(gamma, lower, upper, 2)} from D = {int(one.stretch_from_draws[0])} on"
        f"{doubt}"
    )


def notes(dataset: xr.Dataset) -> list[Note]:
    """What a reader must be told beside the numbers."""
    told = [Note(note["kind"], note["text"]) for note in about(dataset)["notes"]]
    return [*_refused(dataset), *_alike(dataset), *told]


def _bends(dataset: xr.Dataset) -> list[Note]:
    """What the slope at the end implies where no single power law holds, of the first such length."""
    for i in np.flatnonzero(dataset.fit_p_value.values < REJECT):
        low, high = float(dataset.slope_lower[i]), float(dataset.slope_upper[i])
        if low < high:
            text = (
                f"length {int(dataset.length[i])}: no single power law; the slope at the end, {low:.2f} to {high:.2f}, "
                f"kept up, would make twice the text hold {2**low:.2f} to {2**high:.2f} times as many distinct "
                f"windows, and ten times the text {10**low:.2f} to {10**high:.2f} times"
            )
            return [Note(FITTED, text)]
    return []


def _refused(dataset: xr.Dataset) -> list[Note]:
    """Why lengths have no exponent; the length is named where not all have the same reason."""
    without = np.flatnonzero(np.isnan(dataset.exponent_lower.values))
    sentences = [str(dataset.fit.values[i]) for i in without]
    if len(without) == dataset.sizes["source"] and len(set(sentences)) == 1:
        return [Note(REFUSED, sentences[0])]
    return [Note(REFUSED, f"length {dataset.length.values[i]}: {s}") for i, s in zip(without, sentences, strict=True)]


def _alike(dataset: xr.Dataset) -> list[Note]:
    """Lengths of which neighbouring blocks of text are alike."""
    blocks = np.maximum(dataset.n_blocks.values, 1)
    alike = dataset.neighbour_correlation.values > 2 / np.sqrt(blocks)
    found = [
        f"{length} (correlation {value:.2f})"
        for length, value in zip(dataset.length.values[alike], dataset.neighbour_correlation.values[alike], strict=True)
    ]
    plural = "s" * (len(found) > 1)
    text = f"neighbouring blocks are alike at length{plural} {' and '.join(found)}: intervals of γ are too narrow there"
    return [Note(FITTED, text)] if found else []


def _sentences(dataset: xr.Dataset) -> list[str]:
    """What the fit of each length says of itself."""
    return [f"length {dataset.length.values[i]}: {dataset.fit.values[i]}" for i in range(dataset.sizes["source"])]


def _lengths(dataset: xr.Dataset) -> Table:
    """A row a length, at the last prefix."""
    told, n_units = about(dataset), int(dataset.n_units[-1])
    cells = []
    for i in range(dataset.sizes["source"]):
        one = dataset.isel(source=i, n_units=-1)
        gamma = estimated(_known(one.exponent), _known(one.exponent_lower), _known(one.exponent_upper))
        slope = _known(one.slope)
        cells.append([str(int(one.length)), str(int(one.n_draws)), _unique(one), number(_known(one.f1)), gamma,
                      fixed(slope)])  # fmt: skip
    unit = told["unit"]
    sketch = "n_unique_lower" in dataset and bool((dataset.n_unique_lower < dataset.n_unique_upper).any())
    title = f"Distinct windows of {noun(unit)}{said(unit)}, {counted(n_units, unit)}, order: {told['order']}"
    columns = ["length", "windows D", "distinct U, estimated" if sketch else "distinct U", "seen once", "γ [95 %]"]
    return Table([*columns, "slope"], cells, title=title, below=_below(dataset))


def _below(dataset: xr.Dataset) -> str:
    """What the columns are that the table of lengths has."""
    told = []
    if sketch_of(dataset):
        reason = made_by(dataset)["engine"]["reason"]
        told.append(f"U is {reason}.")
    if np.isfinite(dataset.exponent_lower.values).any():
        told.append("γ: of K D^γ - u₀; slope: of ln U at the end, whatever the law.")
    elif np.isfinite(dataset.slope.values).any():
        told.append("slope: of ln U at the end.")
    return " ".join([*told, NOT_OF_A_LAW])


_AT_PREFIXES = ("n_units", "n_draws", "n_unique", "n_unique_lower", "n_unique_upper", "f1", "f2")


def _counts(dataset: xr.Dataset) -> Table:
    """A row for each length and prefix."""
    unit = about(dataset)["unit"]
    cells = []
    for i in range(dataset.sizes["source"]):
        one = dataset.isel(source=i)
        columns = {name: one[name].values for name in _AT_PREFIXES if name in one}
        for values in zip(*columns.values(), strict=True):
            at = dict(zip(columns, values, strict=True))
            cells.append([str(int(one.length)), str(int(at["n_units"])), str(int(at["n_draws"])), _unique(at),
                          number(_known(at["f1"])), number(_known(at["f2"]))])  # fmt: skip
    heads = ["length", noun(unit), "windows D", "distinct U", "seen once", "seen twice"]
    return Table(heads, cells, left=2, title="At every prefix")


def _stretches(dataset: xr.Dataset) -> Table:
    """A row for each length and stretch of D."""
    cells = []
    for i in range(dataset.sizes["source"]):
        one = dataset.isel(source=i)
        for k, (w, prefix) in enumerate(_windows(one)):
            misfit, sampling = "–", "–"
            if w["exponent_lower"] is not None:
                misfit = f"-{w['exponent_misfit_below']:.3f} +{w['exponent_misfit_above']:.3f}"
                sampling = f"±{w['exponent_sampling']:.3f}"
            gamma = estimated(w["exponent"], w["exponent_lower"], w["exponent_upper"])
            cells.append([str(int(one.length)), str(w["from_draws"]), gamma, sampling, misfit, number(w["p_value"], 2),
                          fixed(prefix), "" if k else fixed(_known(one.exponent_local))])  # fmt: skip
    columns = ["length", "from D", "γ [95 %]", "sampling", "misfit", "p of fit", "of prefixes", "f1/U"]
    return Table(columns, cells, left=2, title="Exponents of stretches of D, each to the end of the mean curve")


def _unique(at: Any) -> str:
    """Distinct windows, with their interval where they are estimated; `at` is a Dataset or a row of it."""
    if "n_unique_lower" not in at or int(at["n_unique_lower"]) == int(at["n_unique_upper"]):
        return str(int(at["n_unique"]))
    return f"{int(at['n_unique'])} [{int(at['n_unique_lower'])}, {int(at['n_unique_upper'])}]"


def _whole(value: Any) -> int | None:
    return None if math.isnan(value) else int(value)


def _known(value: xr.DataArray) -> float | None:
    """A number for JSON, which knows no NaN."""
    found = float(value)
    return None if math.isnan(found) else found
