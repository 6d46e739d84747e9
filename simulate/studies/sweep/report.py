"""From the Dataset of a sweep to what a reader sees: rows, the sentence that answers the question, and tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePath
from typing import Any

import xarray as xr

from bounds.base.arguments import printable
from bounds.base.notes import FITTED, METHOD, RANGE, REFUSED, Note
from bounds.cli.band_table import band_notes, exponent_table
from bounds.cli.printing import estimated, fixed, number, signed, written
from bounds.cli.report import Report, Table
from bounds.counts.unique import local_exponent
from bounds.efficiency.band import Band, bands
from bounds.laws.law_range import beyond, range_text
from bounds.laws.published import LAWS, LossLaw
from simulate.running.dataset import NOT_MEASURED, made_by, refit_words
from simulate.running.showing.view import View
from simulate.stats import Z_LIMIT, exact_mean, known

ROW_KEYS = (
    "exponent_pooled", "exponent_lower", "exponent_upper", "exponent_planted", "exponent_local",
)  # fmt: skip

FORMULAS = ("exponent_lower", "exponent_upper", "unique_lower_slow", "unique_upper_fast", "growth_factor")
"""What stands behind the bands."""


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
            "n_unique": known(exact_mean(measured)),
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
            mean = known(exact_mean(measured))
            entry = {"source": str(source), "n_draws": int(n_draws), "n_unique": mean}
            found.append(entry | {"n_unique_expected": _value(one, "n_unique_expected")})
    return found


def report(dataset: xr.Dataset, view: View) -> Report:
    """What a sweep says: how distinct sequences grow on each source, beside what was planted and what laws imply."""
    found, implied = rows(dataset), implied_bands(dataset, view.laws, view.params_per_sequence)
    data = {"rows": found, "bands": [band.to_json() for band in implied]}
    return Report(
        answer=verdict(dataset, implied) + refit_words(dataset),
        tables=[_exponents(dataset, found), exponent_table(implied)],
        notes=notes(dataset, implied),
        details=[_counts(dataset, found)],
        method=_method(dataset, found, implied),
        formulas=FORMULAS,
        data=data | ({"curves": curves(dataset)} if view.curves else {}),
        question="How do distinct sequences grow with the corpus, and what does that say of an efficient model?",
    )


def implied_bands(dataset: xr.Dataset, laws: Sequence[str | LossLaw], params_per_sequence: float = 1.0) -> list[Band]:
    """What each of `laws`, or of all of them, implies at the largest D of a result."""
    return bands(float(dataset.n_draws[-1]), laws=laws or tuple(LAWS), params_per_sequence=params_per_sequence)


def verdict(dataset: xr.Dataset, implied: Sequence[Band]) -> str:
    """The one sentence that answers how distinct sequences, and so efficient parameters, grow with the corpus."""
    found, last = rows(dataset), _sizes(dataset)[-1]
    fitted = [row for row in found if row["exponent_lower"] is not None]
    local = [row["exponent_local"] for row in found if row["exponent_local"] is not None]
    if not fitted and not local:
        return "Nothing was fitted, so nothing is said about how N grows with D."
    if "n_unique" not in dataset:
        return f"Nothing was drawn; in expectation distinct sequences grow locally as {_span(local)} at D = {last}."
    if not fitted:
        return f"No power law is confirmed here; at D = {last} distinct sequences grow locally as {_span(local)}."
    growth = f"{_span([row['exponent'] for row in fitted])} on these sources"
    if len(fitted) == 1:
        growth = f"D^γ, γ = {_fitted(fitted[0])}, on {short(fitted[0]['source'])}"
    elif len(fitted) < len(found):
        growth = growth.replace("these", f"{len(fitted)} of {len(found)}")
    loose = len(found) - len(fitted)
    others = f"; the other{f' {loose} follow' if loose > 1 else ' follows'} no power law that the data confirm"
    return (
        f"Distinct sequences, and so the parameters N of a model that stores each once, grow as {growth} "
        f"({_between(dataset)} draws): {_against(fitted, implied)}{others if loose else ''}."
    )


def _against(fitted: Sequence[dict[str, Any]], implied: Sequence[Band]) -> str:
    """How many intervals hold what was planted, and how many meet the band of each law."""
    ends = [(row["exponent_lower"], row["exponent_upper"], row["exponent_planted"]) for row in fitted]
    held = [low <= planted <= high for low, high, planted in ends if planted is not None]
    parts = [(held, "hold", "the planted exponent")] if held else []
    # One law of each paper is enough for a sentence; the table has them all.
    for i, band in enumerate(reversed({band.source: band for band in reversed(implied)}.values())):
        lower, _, upper = band.exponent
        met = [high >= lower and low <= upper for low, high, _ in ends]
        what = f"that of {band.law}" if i else f"the band [{lower:.2f}, {upper:.2f}] of {band.law}"
        parts.append((met, "meet", what))
    if len(fitted) == 1:
        said = [f"{f'{verb}s' if true else 'misses'} {what}" for (true,), verb, what in parts]
        return f"its interval {', '.join(said)}"
    said, before = [], ""
    for truths, verb, what in parts:
        n = f"{sum(truths)} of {len(truths)}{'' if said else ' intervals'} {verb}"
        said.append(f"{sum(truths) or 'none'} {what}" if verb == before else f"{n} {what}")
        before = verb
    return ", ".join(said)


def notes(dataset: xr.Dataset, implied: Sequence[Band]) -> list[Note]:
    """What a reader must be told beside the numbers."""
    found = rows(dataset)
    told = []
    for row in found:
        name, text = short(row["source"]), row["source"].startswith("corpus:")
        # Of a text all that its fit says, of a law why there is no interval.
        if row["fit"] and (row["exponent_lower"] is None or text):
            told.append(Note(REFUSED if row["exponent_lower"] is None else FITTED, f"{name}: {row['fit']}"))
        told += _short_of_its_limit(row)
        if row["z"] is not None and abs(row["z"]) > Z_LIMIT:
            far = f"{name}: the mean count is {row['z']:.1f} standard errors from its expectation"
            told.append(Note(FITTED, far))
        if row["n_unique_expected"] is None and row["source"].startswith("windows:"):
            told.append(Note(REFUSED, f"{name}: its words are too many to list, so that E U and z are not known"))
    told += _far_from_their_runs(implied, float(dataset.n_draws[-1]))
    if any(row["source"].startswith("corpus:") for row in found):
        windows = "windows of a text are not the sequences of a loss law: compare exponents, not counts."
        told.append(Note(METHOD, windows))
    if any(band.exponent[1] is not None and f"{band.exponent[1]:.2f}" == "0.58" for band in implied):
        middle = "N ~ D^0.58 is the middle of the band of one loss fit: the corpus decides."
        told.append(Note(METHOD, middle))
    return told


def _short_of_its_limit(row: dict[str, Any]) -> list[Note]:
    """Where an interval misses what was planted, which is a limit, and holds how E U grows at the largest D."""
    low, high, planted = row["exponent_lower"], row["exponent_upper"], row["exponent_planted"]
    if low is None or planted is None or low <= planted <= high or row["source"].startswith("growing:"):
        return []  # another law at every D has no local exponent along one
    local = float(local_exponent(row["source"], row["n_draws"]))
    if not low <= local <= high:
        return []
    return [
        Note(
            FITTED,
            f"{short(row['source'])}: {planted:.4f} is its limit as D grows; at D = {written(row['n_draws'])} E U "
            f"grows locally as D^{local:.4f}, which the interval holds: it speaks of this stretch of D.",
        )
    ]


def _far_from_their_runs(implied: Sequence[Band], n_draws: float) -> list[Note]:
    """Where to ask for U and N of laws that were fitted on corpora of other sizes than these."""
    far: dict[str, list[str]] = {}
    for band in implied:
        fitted = band.loss_law.fitted_tokens
        if band.n_unique and beyond(fitted, n_draws) != 1:
            far.setdefault(range_text(fitted, "tokens"), []).append(band.law)
    return [
        Note(
            RANGE,
            f"{', '.join(names)}: fitted on {sizes}; U and N at D = {written(n_draws)} are not shown, "
            "`python -m bounds band 300B` has them.",
        ) for sizes, names in far.items()
    ]  # fmt: skip


def _exponents(dataset: xr.Dataset, found: Sequence[dict[str, Any]]) -> Table:
    """The exponent of each source: planted, fitted with its interval, and z of its mean count."""
    last = _sizes(dataset)[-1]
    title, below = f"γ of U ~ D^γ, {_between(dataset)} draws, {_corpora(found)}", ""
    columns, cells = ["source", "planted", "fitted [95 % interval]", "z"], []
    for row, name in zip(found, _names(found), strict=True):
        cells.append([name, fixed(row["exponent_planted"], 4), _fitted(row), signed(row["z"], 1)])
    if all(row["exponent"] is None for row in found):
        title, columns[2] = f"γ of U ~ D^γ at D = {last} draws{_corpora(found, ', ')}", "local"
        cells = [[*line[:2], fixed(row["exponent_local"], 4), line[3]] for row, line in zip(found, cells, strict=True)]
        below = "local: the slope of ln U in ln D. "
    elif any(row["exponent"] is not None and row["exponent_lower"] is None for row in found):
        below = "In brackets: a fit that the data reject. "
    if any(row["z"] is not None for row in found):
        title += "; z: mean U against E U"
    return Table(columns, cells, title=title, below=below.rstrip())


def _counts(dataset: xr.Dataset, found: Sequence[dict[str, Any]]) -> Table:
    """Counts at the largest size beside their expectation, and the local exponent."""
    cells = [
        [name, str(row["replicates"] or "–"), number(row["n_unique"], 6), number(row["n_unique_expected"], 6),
         fixed(row["exponent_local"], 4)] for row, name in zip(found, _names(found), strict=True)
    ]  # fmt: skip
    title = f"Distinct sequences at D = {_sizes(dataset)[-1]} draws"
    return Table(["source", "corpora", "U(D)", "E U(D)", "γ local"], cells, title=title)


def _between(dataset: xr.Dataset) -> str:
    """From which corpus size to which the exponents are fitted."""
    window = (made_by(dataset).get("refit") or {}).get("window")
    first, last = (written(size) for size in window) if window else _sizes(dataset)
    return f"D = {last}" if first == last else f"D = {first} to {last}"


def _sizes(dataset: xr.Dataset) -> tuple[str, str]:
    """The smallest and the largest corpus size, in words."""
    return written(int(dataset.n_draws[0])), written(int(dataset.n_draws[-1]))


def _corpora(found: Sequence[dict[str, Any]], before: str = "") -> str:
    """How many corpora of each source were measured; empty where none was drawn."""
    drawn = [row["replicates"] for row in found]
    low, high = min(drawn), max(drawn)
    if not high:
        return ""
    return f"{before}{low if low == high else f'{low} to {high}'} {'corpus' if high == 1 else 'corpora'} of each"


def _method(dataset: xr.Dataset, found: Sequence[dict[str, Any]], implied: Sequence[Band]) -> list[str]:
    """What the columns are, how each source was drawn and fitted, and what the laws say of U and N."""
    told = [
        "γ fitted: all corpora together, in brackets where the fit is rejected. γ local: f1/U at D, the slope of ln U "
        "for independent draws. z: mean U against E U at the largest D, in standard errors of the mean."
    ]
    if any(row["source"].startswith("windows:") for row in found):
        told.append(
            "Windows overlap: their γ local is the slope between the last two D, and the standard error behind their "
            "z is measured between the corpora (Student's t, as a normal quantile; none with fewer than 8)."
        )
    told.append("\n".join(_engines(dataset)))
    told.append("\n".join(f"{short(row['source'])}: {row['fit']}" for row in found if row["fit"]))
    of_laws = map(str, band_notes(implied, float(dataset.n_draws[-1])))
    told.append(" ".join(["U and N of the laws, which --json gives:", *of_laws]))
    return [paragraph for paragraph in told if paragraph]


def _engines(dataset: xr.Dataset) -> Iterator[str]:
    """How the corpora were drawn, and why so."""
    engines = made_by(dataset).get("engines", {})
    for name, reason in dict.fromkeys((engine["name"], engine["reason"]) for engine in engines.values()):
        which = [source for source, engine in engines.items() if (engine["name"], engine["reason"]) == (name, reason)]
        yield f"engine: {name} ({reason})" + ("" if len(which) == len(engines) else f" for {', '.join(which)}")


def _names(found: Sequence[dict[str, Any]]) -> list[str]:
    """The sources as a table shows them; whole where they would be alike."""
    names = [short(row["source"]) for row in found]
    return names if len(set(names)) == len(names) else [row["source"] for row in found]


def _fitted(row: dict[str, Any]) -> str:
    return estimated(row["exponent"], row["exponent_lower"], row["exponent_upper"], 4)


def short(source: str) -> str:
    """The source as a table shows it: of a corpus, the file without its folder."""
    source = printable(source)
    if not source.startswith("corpus:"):
        return source
    path, comma, rest = source.removeprefix("corpus:").partition(",unit=")
    return f"corpus:{PurePath(path.strip(chr(34))).name}{comma}{rest}"


def _span(exponents: Sequence[float]) -> str:
    low, high = min(exponents), max(exponents)
    return f"D^{low:.2f}" if f"{low:.2f}" == f"{high:.2f}" else f"D^{low:.2f} to D^{high:.2f}"


def _value(one: xr.Dataset, name: str) -> float | None:
    return known(float(one[name])) if name in one else None
