"""What a reader must be told beside numbers: a sentence, and what kind it is of, so that no sentence is taken apart."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bounds.base.telling.html import html_text

REFUSED = "refused"
"""There is no number, or no interval, where one was asked for, and why."""
SUSPECT = "suspect"
"""Data that count twice, or cannot be what they are taken for: what is computed from them may be wrong."""
FITTED = "fitted"
"""How far a fit can be relied on: constants that are not identified, residuals with a pattern."""
RANGE = "range"
"""A number is asked for outside of what its law was fitted on."""
VACUOUS = "vacuous"
"""A bound says nothing."""
INPUT = "input"
"""How data were read, and what was made of them."""
METHOD = "method"
"""What a number is, and what it rests on."""

KINDS = (REFUSED, SUSPECT, FITTED, RANGE, VACUOUS, INPUT, METHOD)
"""Kinds of notes; the first are told first."""
NEVER_HIDDEN = (REFUSED, SUSPECT)
"""Kinds that decide whether a number may be used at all: none of them gives way to a short screen."""


@dataclass(frozen=True)
class Note:
    """One sentence for a reader, without its full stop or with it; `kind` is one of `KINDS`.

    Raises ValueError where it is none of them. `str` gives the sentence.
    """

    kind: str
    text: str

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"a note is one of {', '.join(KINDS)}, got {self.kind!r}")

    def __str__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return html_text(self.text)


def in_order(notes: Iterable[Note]) -> list[Note]:
    """`notes`, each once, by kind; those of one kind stay in their order."""
    return sorted(dict.fromkeys(notes), key=lambda note: KINDS.index(note.kind))
