"""One or several reports as one file of HTML: nothing is loaded from elsewhere, and every text of others is escaped.

The template gets texts as they are and escapes them; what is trusted is made here: figures, and words in backquotes.
jinja2 is loaded when a page is made.
"""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bounds import __version__
from bounds.base.arguments import printable
from bounds.base.formula import Formula
from bounds.base.keeping.files import write_file
from bounds.base.notes import FITTED, INPUT, METHOD, RANGE, REFUSED, SUSPECT, VACUOUS, Note, in_order
from bounds.cli.pages.formats import PAGES, WHAT
from bounds.cli.pages.origin import facts, whole
from bounds.cli.report import Listing, Report, Table

if TYPE_CHECKING:
    from jinja2 import Template
    from markupsafe import Markup
    from matplotlib.figure import Figure

    from bounds.cli.pages.pictures import Picture

_KINDS = {
    REFUSED: "Not given", SUSPECT: "Doubtful", FITTED: "Fit", RANGE: "Out of range", VACUOUS: "Says nothing",
    INPUT: "Data", METHOD: "Method",
}  # fmt: skip
"""What stands before a note of each kind, so that no colour is needed to tell them apart."""


@dataclass(frozen=True)
class Section:
    """One result on a page: its `report`, the `commands` that make it again, its provenance `made`, and its figures.

    `kind` names the command, such as "simulate sweep"; `asked` is the question where the report has none. A figure is
    drawn when the page is made; what it cannot draw it says in a ValueError, which the page then says.
    """

    kind: str
    report: Report
    asked: str = ""
    commands: Sequence[str] = ()
    made: Mapping[str, Any] = field(default_factory=dict)
    figures: Sequence[Callable[[], Figure]] = ()

    @property
    def question(self) -> str:
        """What is asked, in a sentence."""
        return self.report.question or self.asked or self.kind


def save_page(sections: Sequence[Section], path: str, *, overwrite: bool = False) -> None:
    """Write the page of `sections` at `path`, whole or not at all; ValueError with one sentence where it cannot be."""
    write_file(path, page(sections).encode("utf-8"), PAGES, WHAT, overwrite=overwrite)


def page(sections: Sequence[Section]) -> str:
    """The page of `sections`; several have a list of contents."""
    several = len(sections) > 1
    title = sections[0].question
    if several:
        kinds = dict.fromkeys(section.kind for section in sections)
        title = f"{len(sections)} results of {', '.join(kinds)}"
    tables, figures = iter(range(1, 10**6)), iter(range(1, 10**6))
    shown = [_shown(section, i, tables, figures) for i, section in enumerate(sections, 1)]
    return _template().render(
        title=title, several=several, sections=shown, level=2 if several else 1, version=__version__,
        today=datetime.now(UTC).date().isoformat(),
    )  # fmt: skip


def _shown(section: Section, i: int, tables: Any, figures: Any) -> dict[str, Any]:
    """What the template knows of a section; tables and figures are numbered through the page."""
    report, notes = section.report, in_order(section.report.notes)
    pictures, refused = _pictures(section.figures, figures)
    method = [note for note in report.all_notes if note.kind == METHOD]
    return {
        "id": f"s{i}", "kind": section.kind, "question": section.question, "answer": report.answer,
        "tables": [_table(table, tables) for table in report.tables], "lists": report.lists,
        "figures": pictures, "refused": refused,
        "notes": [_note(note) for note in notes if note.kind != METHOD],
        "rests_on": [note.text for note in method], "method": report.method, "formulas": _formulas(report.formulas),
        "asides": [_note(note) for note in in_order(report.asides) if note.kind != METHOD and note not in notes],
        "details": [_table(table, tables) for table in report.details],
        "statements": _statements(report.formulas),
        "commands": section.commands, "facts": facts(section.made), "whole": whole(section.made),
    }  # fmt: skip


def _table(table: Table, numbers: Any) -> dict[str, Any]:
    """A table with a caption that no other has, columns that hold nothing left out."""
    table = table.filled()
    keys = [column for column in table.columns[: table.left] if column]
    title = table.title or (f"For each {' and '.join(keys)}" if keys else "Numbers")
    title = title if title.endswith((".", "?", ":")) else f"{title}."
    return {"number": next(numbers), "title": title, "columns": table.columns, "rows": table.rows, "left": table.left,
            "below": table.below}  # fmt: skip


def _note(note: Note) -> tuple[str, str]:
    return _KINDS[note.kind], note.text


def _formulas(names: Sequence[str]) -> list[Formula]:
    """The formulas behind `names`, each once."""
    if not names:
        return []
    from bounds.catalogue import find

    return list(dict.fromkeys(one for name in names for one in find(name)))


def _statements(names: Sequence[str]) -> list[Listing]:
    """All that there is to say of the formulas, as `explain` says it."""
    if not names:
        return []
    from bounds.catalogue import account

    return [Listing(terms, title) for name in dict.fromkeys(names) for title, terms in account(name).lists]


def _pictures(figures: Sequence[Callable[[], Figure]], numbers: Any) -> tuple[list[tuple[int, Picture]], list[str]]:
    """The figures with their numbers, and what those say that cannot be drawn."""
    if not figures:
        return [], []
    # A notebook names a backend of its own in the environment, which this process may not have.
    os.environ["MPLBACKEND"] = "agg"
    from bounds.cli.pages.pictures import picture

    drawn, refused = [], []
    for draw in figures:
        try:
            figure = draw()
        except ValueError as error:
            refused.append(str(error))
            continue
        number = next(numbers)
        drawn.append((number, picture(figure, f"f{number}")))
    return drawn, refused


@functools.cache
def _template() -> Template:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    here = Path(__file__).parent
    known = Environment(
        loader=FileSystemLoader(here), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    known.filters |= {"worded": _worded, "plain": _plain}
    known.globals["style"] = Markup((here / "page.css").read_text(encoding="utf-8"))
    known.globals["drawn"] = Markup
    return known.get_template("page.html")


def _plain(text: str) -> str:
    """`text` with what is no letter written out, as terminals show it; its lines stay apart."""
    return "\n".join(map(printable, text.split("\n")))


def _worded(text: str) -> Markup:
    """A sentence, escaped, in which what stands between backquotes is code."""
    from markupsafe import Markup, escape

    parts = re.split(r"`([^`\n]+)`", _plain(text))
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if i % 2 else escape(part) for i, part in enumerate(parts)
    )
