"""The table of what each loss law implies, laws side by side, each row with its label."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from bounds.base.intervals import EMPIRICAL, HEURISTIC
from bounds.base.notes import FITTED, METHOD, REFUSED, VACUOUS, Note
from bounds.cli.printing import factor, fixed, number, print_table
from bounds.cli.report import Table
from bounds.efficiency.band import Band
from bounds.laws.law_range import bound_note, grouped
from bounds.laws.published import get_law

_ENDS = ("lower", "middle", "upper")


def exponent_table(rows: Sequence[Band], *, skills: float = 2) -> Table:
    """What each law says at any corpus size: β, the exponents γ of U ~ D^γ, and the corpus for `skills` the skills."""
    return Table(
        ("law", "β", "γ lower", "middle", "upper", "corpus ×"),
        [(row.law, fixed(row.beta), *map(_exponent, row.exponent), _factors(row)) for row in rows],
        title=f"What the laws imply: U ~ D^γ; corpus × for {skills:g}x skills, middle (lower–upper)",
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


def print_bands(rows: Sequence[Band], n_tokens: float, *, skills: float = 2) -> None:
    """Print exponents, U, N and corpus factor of each law, a law a column, then what must be said of them."""
    table = [["β of the data term", "", *(number(row.beta, 5) for row in rows), EMPIRICAL]]
    table += _lines("exponent γ, U ~ D^γ", [row.exponent for row in rows], [HEURISTIC] * 3)
    table += _lines("D^γ, constant 1", [row.bare_power for row in rows], [HEURISTIC] * 3)
    labels = next(([row.n_unique.ends[end].label for end in _ENDS] for row in rows if row.n_unique), ["–"] * 3)
    table += _lines("sequences U(D)", [_bound(row.n_unique) for row in rows], labels)
    table += _lines("parameters N = νU", [_bound(row.n_params) for row in rows], [HEURISTIC] * 3)
    table += _lines(f"corpus × for {skills:g}x skills", [row.corpus_factor for row in rows], [HEURISTIC] * 3)
    print_table(["", "", *(row.law for row in rows), "label"], table, left=2)
    for note in band_notes(rows, n_tokens):
        print(note if note.kind == METHOD else f"! {note}")


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
    bounded = [(row.law, _distance(row.law, n_tokens), row.n_unique) for row in rows if row.n_unique]
    for law, distance, bound in bounded:
        notes += [Note(note.kind, f"{law}: {note}.") for note in bound.notes if note != distance]
    notes += [steep_note(row.law, row.beta) for row in rows if row.beta >= 0.5]
    vacuous = [row.law for row in rows if row.n_unique is not None and row.n_unique.upper_vacuous]
    if vacuous:
        told = f"the upper bound is vacuous at {_tokens(n_tokens)}: it allows every token to be new."
        notes.append(Note(VACUOUS, f"{', '.join(vacuous)}: {told}"))
    for names, note in grouped((law, distance) for law, distance, _ in bounded):
        losses = [float(get_law(law).excess(n_tokens)) for law, distance, _ in bounded if distance == note]
        low, high = f"{min(losses):.2g}", f"{max(losses):.2g}"
        excess = low if low == high else f"{low} to {high}"
        told = f"{names}: {note} (an excess loss of {excess} nats per token); compare the exponents."
        notes.append(Note(note.kind, told))
    middles = [row.n_params.middle for row in rows if row.n_params and not row.n_params.middle_vacuous]
    if len(middles) > 1:
        told = f"The laws differ by a factor {max(middles) / min(middles):.2g} in the middle N."
        notes.append(Note(FITTED, told))
    return notes


def _distance(law: str, n_tokens: float) -> Note | None:
    return bound_note(get_law(law).fitted_tokens, n_tokens)


def _tokens(n_tokens: float) -> str:
    return "1 token" if n_tokens == 1 else f"{n_tokens:.3g} tokens"


def steep_note(law: str, beta: float) -> Note:
    """What a data exponent of one half and more means for the lower end."""
    return Note(
        VACUOUS,
        f"{law}: β = {beta:.3g} is at least 1/2, so the slow rate allows any number of sequences: the lower exponent "
        "1 - 2β is vacuous, and no finite corpus is sure to hold more skills.",
    )


def _lines(name: str, values: Sequence[Sequence[Any]], labels: Sequence[str]) -> list[list[str]]:
    """Three rows, lower, middle and upper, with a cell for each law and the label of the row."""
    lines = []
    for i, end in enumerate(_ENDS):
        cells = [v[i] if isinstance(v[i], str) else number(_finite(v[i])) for v in values]
        lines.append(["" if i else name, end, *cells, labels[i]])
    return lines


def _finite(value: float | None) -> float | None:
    return None if value is None or math.isinf(value) else float(value)


def _bound(bound: Any) -> tuple[Any, Any, Any]:
    if bound is None:
        return None, None, None
    lower = "vacuous" if bound.lower_vacuous else bound.lower
    middle = "vacuous" if bound.middle_vacuous and bound.middle is not None else bound.middle
    return lower, middle, "vacuous" if bound.upper_vacuous else bound.upper
