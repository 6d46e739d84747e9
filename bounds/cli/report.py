"""What every command says: the sentence that answers, tables, at most three notes, and the rest where it is asked for.

A `Report` is made of what was computed or saved, by the room that knows the subject; how it is printed stands here, and
is the same for all commands. ``--explain`` prints all of it, ``--json`` the object with all numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bounds.base.notes import NEVER_HIDDEN, Note, in_order
from bounds.base.telling.html import html_table, html_text
from bounds.cli.printing import print_table, print_terms, print_text

MOST_NOTES = 3
"""Notes on a screen, but for those that are never hidden; others are counted, and come with ``--explain``."""


@dataclass(frozen=True)
class Table:
    """Cells under `columns`, as they are printed; the first `left` columns are keys and stand flush left.

    `title` stands above, and `below` is what a reader needs to know of the columns, in sentences. A column that holds
    nothing in any row is left out.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    left: int = 1
    title: str = ""
    below: str = ""

    def _repr_html_(self) -> str:
        return html_table(self.title, self.rows, self.columns)

    def filled(self) -> Table:
        """The table without the columns that hold nothing; those of keys stay."""
        kept = [
            i for i in range(len(self.columns))
            if i < self.left or any(row[i] not in ("", "–") for row in self.rows)
        ]  # fmt: skip
        rows = [[row[i] for i in kept] for row in self.rows]
        return replace(self, columns=[self.columns[i] for i in kept], rows=rows)


@dataclass(frozen=True)
class Listing:
    """Names, each with a text beside it that wraps where a table would have to part; `title` stands above."""

    terms: Sequence[tuple[str, str]]
    title: str = ""


@dataclass(frozen=True)
class Report:
    """What a command says. `answer` is one sentence: what was asked, with number, interval and condition.

    `tables` fit 80 columns, and `lists` any width. `asides` (notes on what only `details` show), `details` (tables),
    `method` (paragraphs: engines, how numbers are made) and `formulas` (names that `bounds.explain` knows) are printed
    with ``--explain`` alone. `data` is what ``--json`` holds between ``schema_version`` and ``warnings``, ``rows``
    first; null there stands for what is not known. `question` is what is asked, in one sentence, where a page shows it.
    """

    answer: str
    tables: Sequence[Table] = ()
    notes: Sequence[Note] = ()
    details: Sequence[Table] = ()
    method: Sequence[str] = ()
    formulas: Sequence[str] = ()
    data: Mapping[str, Any] = field(default_factory=dict)
    lists: Sequence[Listing] = ()
    asides: Sequence[Note] = ()
    question: str = ""

    @property
    def all_notes(self) -> list[Note]:
        """Notes and asides, in the order of their kinds."""
        return in_order([*self.notes, *self.asides])

    def to_json(self, provenance: Any, path: str | None = None) -> dict[str, Any]:
        """The one object that ``--json`` prints; notes are its ``warnings``, the answer its ``verdict``."""
        from bounds.cli.shared import SCHEMA_VERSION

        return {
            "schema_version": SCHEMA_VERSION, "rows": [], "bands": [], **self.data,
            "warnings": [note.text for note in self.all_notes], "verdict": self.answer,
            "provenance": provenance, "path": path,
        }  # fmt: skip

    def _repr_html_(self) -> str:
        tables = [table._repr_html_() for table in self.tables]
        terms = [html_table(listing.title, listing.terms) for listing in self.lists]
        return html_text(self.answer) + "".join([*tables, *terms]) + html_text(*(str(note) for note in self.notes))


def print_report(report: Report, *, explained: bool = False) -> None:
    """Print the answer, the tables and what must be said; with `explained` all there is."""
    print_text(report.answer)
    _print_tables(report.tables)
    for listing in report.lists:
        _print_list(listing)
    notes = report.all_notes
    shown = notes if explained else _on_screen(report.notes)
    if shown:
        print()
    for note in shown:
        print_text(f"! {note}")
    if explained:
        _print_details(report)
        return
    if more := _left_out(report, len(notes) - len(shown)):
        print_text(f"{'' if shown else chr(10)}--explain adds {more}.")


def _on_screen(notes: Sequence[Note]) -> list[Note]:
    """The first notes, and all that decide whether the numbers may be used."""
    ordered = in_order(notes)
    deciding = sum(note.kind in NEVER_HIDDEN for note in ordered)
    return ordered[: max(deciding, MOST_NOTES)]


def _left_out(report: Report, n_notes: int) -> str:
    """What ``--explain`` would add, in words."""
    counts = ((n_notes, "more note"), (len(report.details), "table"), (len(report.formulas), "formula"))
    said = [f"{n} {noun}{'s' * (n > 1)}" for n, noun in counts if n]
    if report.method:
        said.insert(0, "how it is computed")
    return said[0] if len(said) == 1 else f"{', '.join(said[:-1])} and {said[-1]}" if said else ""


def _print_details(report: Report) -> None:
    _print_tables(report.details)
    for paragraph in report.method:
        print()
        print_text(paragraph)
    if report.formulas:
        from bounds.catalogue import account

        for name in dict.fromkeys(report.formulas):
            for title, terms in account(name).lists:
                _print_list(Listing(terms, title))


def _print_tables(tables: Sequence[Table]) -> None:
    for whole in tables:
        table = whole.filled()
        if table.title:
            print()
            print_text(table.title)
        print_table(table.columns, table.rows, left=table.left)
        if table.below:
            print()
            print_text(table.below)


def _print_list(listing: Listing) -> None:
    print()
    if listing.title:
        print_text(listing.title)
    print_terms(listing.terms)
