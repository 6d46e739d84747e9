"""How files are to be read, and what is made of their text before it is cut: `ReadOptions`. Loads nothing heavy."""

from __future__ import annotations

import os
from dataclasses import dataclass, fields, replace
from typing import Any

from bounds.base.arguments import Choice, Count, Flag, Text, shown
from bounds.base.telling.html import html_fields
from simulate.text.cutting.units import TOKEN, UNIT

DTYPES = ("uint16", "uint32", "int32", "int64")
"""What a token id may be in a file that does not say so itself."""

FORMATS = ("auto", "text", "jsonl", "parquet", "ids")
"""What a file may be taken for, whatever its name."""

FORMAT, DTYPE, NORMALISE = Choice("format", FORMATS), Choice("dtype", DTYPES), Choice("normalise", ("nfc", "nfkc"))
FIELD = Text("field", "text")
VOCAB, END = Count("vocab", high=1 << 28), Count("end_of_document", low=0, high=(1 << 28) - 1)

_CHECKS: dict[str, Any] = {
    "format": FORMAT, "field": FIELD, "skip_missing": Flag("skip_missing"), "dtype": DTYPE, "vocab": VOCAB,
    "end_of_document": END, "within_documents": Flag("within_documents"), "lowercase": Flag("lowercase"),
    "normalise": NORMALISE,
}  # fmt: skip


def file_names(files: Any) -> tuple[str, ...]:
    """The names of files that a plan is given, one or several; ValueError for none and for anything else."""
    given = (files,) if isinstance(files, str | os.PathLike) else files
    if not isinstance(given, list | tuple) or not given:
        raise ValueError(f"files must be names of files, got {shown(files)}")
    return tuple(os.fspath(path) for path in given)


@dataclass(frozen=True)
class ReadOptions:
    """How the files of a corpus are read. Raises ValueError with one sentence for what it does not know."""

    format: str = "auto"
    """One of `FORMATS`; auto goes by the name, a sibling index and the first bytes."""
    field: str = "text"
    """Field of JSON lines, or column of a table, that holds the text; nested by dots. Of several, with commas between
    them, it is the first that a record has, or a table."""
    skip_missing: bool = False
    """Records without the field, and files without a unit, are left out and counted, not refused."""
    dtype: str | None = None
    """One of `DTYPES`, for files of token ids that do not say so themselves; those that do must agree."""
    vocab: int | None = None
    """Token ids are below it."""
    end_of_document: int | None = None
    """The token id that ends a document, and belongs to it."""
    documents: str | None = None
    """A table of byte_start and byte_end, the documents of one text."""
    within_documents: bool = False
    """No window joins two documents; else those of one file are joined."""
    tokenizer: str | None = None
    """A local ``tokenizer.json``, whose tokens are the units."""
    lowercase: bool = False
    normalise: str | None = None
    """nfc or nfkc: the Unicode form into which text is brought before it is cut."""

    _repr_html_ = html_fields

    def __post_init__(self) -> None:
        for name, check in _CHECKS.items():
            value = getattr(self, name)
            if value is not None or name in ("format", "field"):
                object.__setattr__(self, name, check(value))
        for name in ("documents", "tokenizer"):
            value = getattr(self, name)
            if value is not None:
                if not isinstance(value, str | os.PathLike):
                    raise ValueError(f"{name} must be the name of a file, got {shown(value)}")
                object.__setattr__(self, name, os.fsdecode(value))
        if not self.field:
            raise ValueError("field must name a field such as text or meta.body, got an empty name")

    @property
    def given(self) -> dict[str, Any]:
        """What is not as it is by default: what provenance says of the reading."""
        return {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) != f.default}

    @property
    def changes_text(self) -> bool:
        """Whether text is changed before it is cut."""
        return self.lowercase or self.normalise is not None

    def check_unit(self, unit: str) -> None:
        """ValueError unless `unit` is known, and can be had with these options."""
        UNIT(unit)
        if unit != TOKEN:
            _refuse(self, ("tokenizer", "dtype", "vocab", "end_of_document"), f"is of unit {TOKEN}, got unit {unit}")
            if self.format == "ids":
                raise ValueError(f"format ids holds token ids, which are counted by unit {TOKEN}, got unit {unit}")
        elif self.tokenizer is not None:
            _refuse(
                self,
                ("dtype", "vocab", "end_of_document"),
                "is of files of token ids, and a tokenizer makes ids of text",
            )
            if self.format == "ids":
                raise ValueError("format ids holds token ids already; leave out the tokenizer")
        elif self.changes_text:
            _refuse(self, ("lowercase", "normalise"), "is of text, and these are token ids")


def fields_of(field: str) -> tuple[str, ...]:
    """The names that `field` may stand for: itself, and those between its commas."""
    return tuple(dict.fromkeys([field, *filter(None, map(str.strip, field.split(",")))]))


OF_FILES = ("format", "field", "skip_missing", "documents", "dtype", "vocab", "end_of_document")
"""Options of how files are read; the others decide what a unit is, or what a window may join."""


def options_of_b(options: ReadOptions, of_b: ReadOptions | None) -> ReadOptions:
    """How the second of two corpora is read that are compared: as the first, read by `options`, unless `of_b` says so.

    A table of documents is of one text, and so of the first alone. Raises ValueError with one sentence where units and
    windows of both would not be the same.
    """
    if of_b is None:
        return replace(options, documents=None)
    for one in fields(ReadOptions):
        here, there = getattr(options, one.name), getattr(of_b, one.name)
        if one.name not in OF_FILES and here != there:
            raise ValueError(
                f"{one.name} must be the same for A and B, whose windows are compared, got {here!r} and {there!r}"
            )
    return of_b


def _refuse(options: ReadOptions, names: tuple[str, ...], reason: str) -> None:
    wrong = [name for name in names if name in options.given]
    if wrong:
        raise ValueError(f"{wrong[0]} {reason}; pass one of them")
