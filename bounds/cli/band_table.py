"""What each loss law implies for a corpus: exponents for every size, U and N where the law is not far from its runs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from bounds.base.intervals import EMPIRICAL, HEURISTIC, Bound, End
from bounds.base.notes import FITTED, METHOD, REFUSED, VACUOUS, Note
from bounds.cli.printing import between, factor, fixed, number, written
from bounds.cli.report import Report, Table
from bounds.efficiency.band import Band
from bounds.efficiency.inversions import INVERSIONS
from bounds.fitting.loss_laws.uncertainty import FittedBand, KeptLaw, fitted_band
from bounds.laws.law_file import is_law_file, law_called, read_law_file
from bounds.laws.law_range import FAR, beyond, bound_note, far, grouped

_ENDS = ("lower", "middle", "upper")


def exponent_table(rows: Sequence[Band], *, skills: float = 2) -> Table:
    """What each law says at any corpus size: β, the exponents γ of U ~ D^γ, and the corpus for `skills` the skills."""
    return Table(
        ("law", "β", "lower", "middle", "upper", "corpus ×"),
        [(law_called(row.law), fixed(row.beta), *map(_exponent, row.exponent), _factors(row)) for row in rows],
        title=f"Exponents γ of U ~ D^γ; corpus × for {skills:g}x skills, middle (lower–upper)",
        below="γ = 1 - 2β at the slow rate, 1 - β at the fast one: heuristic. β: empirical.",
    )


def _exponent(value: float | None) -> str:
    """An exponent; a dash where there is none, or where it allows any growth."""
    return fixed(value) if value else "–"


def _factors(row: Band) -> str:
    """Such as ``3.30 (2.62–4.83)``; without the middle where the version of the paper gives none of its own."""
    lower, middle, upper = row.corpus_factor
    ends = f"{factor(lower)}–{factor(upper)}"
    return ends if middle in (None, lower, upper) else f"{factor(middle)} ({ends})"


def band_report(
    rows: Sequence[Band],
    n_tokens: float,
    *,
    skills: float = 2,
    inversions: Sequence[str] = (),
    sequence: float = 1,
    fitted: Mapping[str, FittedBand] | None = None,
) -> Report:
    """What the laws say of a corpus of `n_tokens` tokens: exponents, and U and N of those not far from their runs.

    `inversions` are those that were asked for, `sequence` the tokens that make one; `fitted` the bands of laws of one's
    own with their intervals, by law.
    """
    near = [row for row in rows if row.n_unique is not None and not far(row.loss_law.fitted_tokens, n_tokens)]
    notes = [*band_notes(rows, n_tokens), *(_own(name, band) for name, band in (fitted or {}).items())]
    # Without a number of U no reader needs to know that it would say nothing, or differ.
    hidden = () if near else (VACUOUS, FITTED)
    chosen = [INVERSIONS[name].formula.name for name in inversions] or ["unique_lower_slow", "unique_upper_fast"]
    return Report(
        _answer(rows, near, n_tokens, skills, inversions, sequence),
        [*([_counts(near, n_tokens)] if near else []), exponent_table(rows, skills=skills)],
        [note for note in notes if note.kind not in (METHOD, *hidden)],
        [_in_full(row, skills) for row in rows],
        [_labels(rows), *(note.text for note in notes if note.kind == METHOD)],
        ("exponent_lower", "bernstein_exponent", "exponent_upper", *chosen, "efficient_params", "growth_factor"),
        data={
            "rows": [],
            "bands": [row.to_json() for row in rows],
            "fitted": {name: [one.to_json() for one in band.numbers] for name, band in (fitted or {}).items()},
        },
        asides=[note for note in notes if note.kind in hidden],
    )


def kept_bands(laws: Sequence[str], skills: float, source: str) -> dict[str, FittedBand]:
    """The bands of the laws in files that keep draws, with their intervals."""
    files = {law: KeptLaw(read_law_file(law)) for law in laws if is_law_file(law)}
    return {
        law: fitted_band(kept, skills=skills, source=source)
        for law, kept in files.items() if kept.file.samples is not None and kept.no_band is None
    }  # fmt: skip


def _own(name: str, band: FittedBand) -> Note:
    """How sure the exponents of a law of one's own are."""
    ends = [one for end in _ENDS if (one := band.number("exponent", end)) is not None]
    told = ", ".join(
        f"{one.end} {fixed(one.value)} {'' if one.interval is None else between(*one.interval)}".strip() for one in ends
    )
    reach = "sampling only" if ends[0].sampling_only else "for a ladder up to ten times longer"
    return Note(FITTED, f"{law_called(name)}: γ {told} ({100 * band.confidence:g} %, {reach}; U and N are not in it)")


def _answer(
    rows: Sequence[Band],
    near: Sequence[Band],
    n_tokens: float,
    skills: float,
    inversions: Sequence[str],
    sequence: float,
) -> str:
    """How many sequences under which conditions; where no law says, what each says of a corpus of any size."""
    shown = near or rows
    low, high = min(row.corpus_factor[0] for row in shown), max(row.corpus_factor[2] for row in shown)
    grows = f"{skills:g}x the skills take {factor(low)} to {factor(high)} times the corpus"
    rates = "learning goes at a rate between slow, √(U/D), and fast, U/D"
    if not near:
        lower, upper = min(row.exponent[0] for row in rows), max(row.exponent[2] for row in rows)
        span = f"γ from {lower:.3f} to {upper:.3f}" if lower else f"γ up to {upper:.3f}"
        return f"{_silence(rows, n_tokens)}; at any size U ~ D^γ, {span}, and {grows}, if {rates}."
    what = "distinct sequences" if sequence == 1 else f"distinct sequences of {sequence:g} tokens"
    held = _between([row.n_unique for row in near if row.n_unique])
    needs = _between([row.n_params for row in near if row.n_params])
    model = "as many parameters" if needs == held else f"{needs} parameters"
    if inversions:
        grows += " at rates between slow, √(U/D), and fast, U/D"
        rates = f"the {' and the '.join(inversions)} inversion may be made"
    return (
        f"A corpus of {_tokens(n_tokens)} holds {held} {what} if {_holds(near, n_tokens)} and {rates}; an efficient "
        f"model needs {model}, and {grows}."
    )


def _silence(rows: Sequence[Band], n_tokens: float) -> str:
    """Why no law says how many sequences there are."""
    ranges = [row.loss_law.fitted_tokens for row in rows if row.n_unique is not None]
    if not ranges:
        only = f"{', '.join(row.law for row in rows)} gives exponents only, so nothing"
    else:
        runs = f"{written(min(low for low, _ in ranges))} to {written(max(high for _, high in ranges))}"
        only = (
            f"No law asked was fitted within a factor {FAR:g} of {_tokens(n_tokens)} (their runs have {runs}), so none"
        )
    return f"{only} says how many distinct sequences such a corpus holds"


def _holds(rows: Sequence[Band], n_tokens: float) -> str:
    """The condition that the laws hold, and how far from their runs."""
    factors = [beyond(row.loss_law.fitted_tokens, n_tokens) for row in rows]
    times = max(max(one, 1 / one) for one in factors)
    where = f" {number(times, 2)} times {'beyond' if max(factors) == times else 'below'} its runs" if times > 1 else ""
    return f"{rows[0].law if len(rows) == 1 else f'one of {len(rows)} laws'} holds{where}"


def _between(bounds: Sequence[Bound]) -> str:
    """The widest of several bounds in words, ends that say nothing left out."""
    low = None if any(bound.lower_vacuous for bound in bounds) else min(bound.lower for bound in bounds)
    high = None if any(bound.upper_vacuous for bound in bounds) else max(bound.upper for bound in bounds)
    if low is None:
        return "any number of" if high is None else f"at most {written(high)}"
    return f"at least {written(low)}" if high is None else f"{written(low)} to {written(high)}"


def _counts(rows: Sequence[Band], n_tokens: float) -> Table:
    """U of each law, and N where a sequence takes more than one parameter, or less."""
    bounds = [(row.law, row.n_unique, row.n_params) for row in rows if row.n_unique and row.n_params]
    same = all(unique.lower == params.lower and unique.upper == params.upper for _, unique, params in bounds)
    _, unique, _ = bounds[0]
    said = [name for name in _ENDS if any(_end(of.ends[name]) != "–" for _, of, _ in bounds)]
    labels = ", ".join(f"{name}: {unique.ends[name].label}" for name in said)
    return Table(
        ("law", "U lower", "middle", "upper", *(() if same else ("N",))),
        [(law_called(law), *map(_end, of.ends.values()), *(() if same else (_between([n]),))) for law, of, n in bounds],
        title=f"U distinct sequences in {_tokens(n_tokens)}, N {'= U ' if same else ''}parameters (heuristic)",
        below=f"U {labels}." if labels else "Every end is vacuous.",
    )


def _end(end: End) -> str:
    """The number of an end; a dash where it says nothing."""
    return "–" if end.value is None or end.vacuous else written(end.value)


def _in_full(row: Band, skills: float) -> Table:
    """All that a law says of a corpus; what says nothing is called so."""
    lines = [
        (name, *(number(_finite(value)) for value in values))
        for name, values in (
            ("exponent γ, U ~ D^γ", row.exponent),
            ("D^γ, constant 1", row.bare_power),
            (f"corpus × for {skills:g}x skills", row.corpus_factor),
        )
    ]
    for name, bound in (("sequences U(D)", row.n_unique), ("parameters N = νU", row.n_params)):
        if bound is not None:
            lines.append((name, *map(_cell, bound.ends.values())))
    return Table(("", *_ENDS), lines, title=f"{row.law}, β of the data term {number(row.beta, 5)}")


def _cell(end: End) -> str:
    return "vacuous" if end.value is not None and end.vacuous else number(end.value)


def _labels(rows: Sequence[Band]) -> str:
    """The label of each number of `_in_full`."""
    unique = next((row.n_unique for row in rows if row.n_unique is not None), None)
    told = [f"U {name}: {end.label}" for name, end in unique.ends.items()] if unique is not None else []
    return f"Labels: {'; '.join([*told, f'β: {EMPIRICAL}', f'all others: {HEURISTIC}'])}."


def band_notes(rows: Sequence[Band], n_tokens: float) -> list[Note]:
    """What belongs to a table of bands: assumptions, vacuous ends, and how far the laws differ."""
    notes: list[Note] = []
    for row in rows:
        if row.n_unique is not None and not notes:
            lower, upper = row.n_unique.lower_end.assumption, row.n_unique.upper_end.assumption
            notes += [Note(METHOD, f"U lower: {lower}."), Note(METHOD, f"U upper: {upper}.")]
            notes.append(Note(METHOD, f"Source: {row.version}."))
    for row in rows:
        if row.n_unique is None:
            notes.append(Note(REFUSED, f"{row.law} gives exponents only; its N counts non-embedding parameters."))
    bounded = [(row, _distance(row, n_tokens), row.n_unique) for row in rows if row.n_unique]
    for row, distance, bound in bounded:
        notes += [Note(note.kind, f"{row.law}: {note}.") for note in bound.notes if note != distance]
    notes += [steep_note(row.law, row.beta) for row in rows if row.beta >= 0.5]
    vacuous = [row.law for row in rows if row.n_unique is not None and row.n_unique.upper_vacuous]
    if vacuous:
        size = "1 token" if n_tokens == 1 else f"{written(n_tokens)} tokens"
        told = f"the upper bound is vacuous at {size}: it allows every token to be new."
        notes.append(Note(VACUOUS, f"{', '.join(vacuous)}: {told}"))
    for names, note in grouped((row.law, distance) for row, distance, _ in bounded):
        losses = [float(row.loss_law.excess(n_tokens)) for row, distance, _ in bounded if distance == note]
        low, high = f"{min(losses):.2g}", f"{max(losses):.2g}"
        excess = low if low == high else f"{low} to {high}"
        told = f"{names}: {note} (an excess loss of {excess} nats per token); compare the exponents."
        notes.append(Note(note.kind, told))
    middles = [row.n_params.middle for row in rows if row.n_params and not row.n_params.middle_vacuous]
    if len(middles) > 1:
        told = f"The laws differ by a factor {number(max(middles) / min(middles), 2)} in the middle N."
        notes.append(Note(FITTED, told))
    return notes


def _distance(row: Band, n_tokens: float) -> Note | None:
    return bound_note(row.loss_law.fitted_tokens, n_tokens)


def _tokens(n_tokens: float) -> str:
    return "1 token" if n_tokens == 1 else f"{written(n_tokens)} tokens"


def steep_note(law: str, beta: float) -> Note:
    """What a data exponent of one half and more means for the lower end."""
    return Note(
        VACUOUS,
        f"{law}: β = {beta:.3g} is at least 1/2, so the slow rate allows any number of sequences: the lower exponent "
        "1 - 2β is vacuous, and no finite corpus is sure to hold more skills.",
    )


def _finite(value: float | None) -> float | None:
    return None if value is None or math.isinf(value) else float(value)
