"""Values as a notebook shows them: the content of their ``repr`` as small tables; every text is escaped.

Loads nothing heavy, so that whatever has a display may name it at its top.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from html import escape
from typing import Any

_LEFT = ' style="text-align: left"'


def html_table(title: str, rows: Iterable[Sequence[Any]], columns: Sequence[str] = ()) -> str:
    """A table under `title`; the first cell of each row is its head, and cells are texts or values (`brief`)."""
    head = "".join(f"<th{_LEFT}>{escape(column)}</th>" for column in columns)
    body = "".join(
        f'<tr><th scope="row"{_LEFT}>{_cell(first)}</th>{"".join(f"<td{_LEFT}>{_cell(one)}</td>" for one in rest)}</tr>'
        for first, *rest in rows
    )
    above = f"<caption{_LEFT}>{escape(title)}</caption>" if title else ""
    return f"<table>{above}{f'<thead><tr>{head}</tr></thead>' if head else ''}<tbody>{body}</tbody></table>"


def html_fields(self: Any) -> str:
    """The ``_repr_html_`` of a dataclass or a named tuple: the fields of its ``repr`` by name."""
    return html_table(type(self).__name__, _shown(self).items())


def html_by_name(title: str, values: Mapping[str, Any]) -> str:
    """One row for each of `values` under its name, one column for each field that any of them shows."""
    if not all(map(_has_fields, values.values())):
        return html_table(title, values.items())
    shown = {name: _shown(value) for name, value in values.items()}
    columns = list(dict.fromkeys(field for one in shown.values() for field in one if one[field] not in shown))
    rows = [(name, *(_said(one.get(column, "")) for column in columns)) for name, one in shown.items()]
    return html_table(title, rows, ("", *columns))


def html_text(*paragraphs: str) -> str:
    """Sentences, each a paragraph."""
    return "".join(f"<p>{escape(paragraph)}</p>" for paragraph in paragraphs)


def _cell(value: Any) -> str:
    if isinstance(value, str):
        return escape(value)
    if hasattr(value, "_repr_html_") and len(_shown(value)) > 2:  # a pair is short enough for a cell
        return str(value._repr_html_())
    if type(value) is tuple and len(value) > 0 and all(map(_has_fields, value)):
        return html_by_name("", {str(i): one for i, one in enumerate(value)})
    return escape(_said(value))


def _has_fields(value: Any) -> bool:
    return is_dataclass(value) or hasattr(value, "_asdict")


def _shown(value: Any) -> dict[str, Any]:
    """The fields that the ``repr`` of `value` shows."""
    from bounds.base.brief import brief_fields, given_fields  # loads numpy, which no refusal needs

    if hasattr(value, "_asdict"):
        return dict(value._asdict())
    shown = given_fields(value) if type(value).__repr__ is brief_fields else fields(value)
    return {field.name: getattr(value, field.name) for field in shown if field.repr}


def _said(value: Any) -> str:
    from bounds.base.brief import brief

    return value if isinstance(value, str) else brief(value)
