"""Values as a notebook shows them: the content of their ``repr`` as small tables; every text is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from html import escape
from typing import Any

from bounds.base.brief import brief, given_fields

_LEFT = ' style="text-align: left"'


def html_table(title: str, rows: Iterable[Sequence[Any]], columns: Sequence[str] = ()) -> str:
    """A table under `title`; the first cell of each row is its head, and cells are texts or values (`brief`)."""
    head = "".join(f"<th{_LEFT}>{escape(column)}</th>" for column in columns)
    body = "".join(
        f'<tr><th scope="row"{_LEFT}>{_cell(first)}</th>{"".join(f"<td{_LEFT}>{_cell(one)}</td>" for one in rest)}</tr>'
        for first, *rest in rows
    )
    return (
        f"<table><caption{_LEFT}>{escape(title)}</caption>{f'<thead><tr>{head}</tr></thead>' if head else ''}"
        f"<tbody>{body}</tbody></table>"
    )


def html_fields(self: Any) -> str:
    """The ``_repr_html_`` of a dataclass: the fields of its ``repr`` by name."""
    return html_table(type(self).__name__, [(field.name, getattr(self, field.name)) for field in given_fields(self)])


def html_text(*paragraphs: str) -> str:
    """Sentences, each a paragraph."""
    return "".join(f"<p>{escape(paragraph)}</p>" for paragraph in paragraphs)


def _cell(value: Any) -> str:
    if isinstance(value, str):
        return escape(value)
    if hasattr(value, "_repr_html_") and len(fields(value)) > 2:  # a pair is short enough for a cell
        return str(value._repr_html_())
    return escape(brief(value))
