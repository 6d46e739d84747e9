"""Parquet: a table, one of whose columns holds the text of a document in each row; read by pyarrow, batch by batch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

from bounds.base.arguments import shown
from bounds.cli.process import reveal
from simulate.text.reading.asked import fields_of
from simulate.text.reading.errors import InputError, label
from simulate.text.reading.formats.json_lines import encoded, missing
from simulate.text.reading.formats.reader import TEXT, Piece, Seen
from simulate.text.reading.opening import EXTRA, one_sentence, opened

ROWS = 1024
"""Rows that are held at a time."""


@dataclass(frozen=True)
class Parquet:
    """A Parquet table whose column `field` holds text."""

    path: str
    field: str = "text"
    skip_missing: bool = False
    holds = TEXT
    has_documents = True

    def pieces(self, seen: Seen) -> Iterator[Piece]:
        """A document a row."""
        if self.path == "-":
            raise InputError("standard input cannot be a Parquet table, which is read from its end: name the file")
        for _, piece in self.records(seen, 0, None):
            yield piece

    def can_be_cut(self) -> bool:
        """Between its groups of rows, where there are several."""
        arrow = _arrow(self.path)
        import pyarrow.parquet as parquet

        try:
            return bool(parquet.ParquetFile(self.path).num_row_groups > 1)
        except (OSError, arrow.ArrowException):  # whoever reads it says so
            return False

    def records(self, seen: Seen, first: int, last: int | None) -> Iterator[tuple[int, Piece]]:
        """The documents in groups of rows that begin there."""
        arrow = _arrow(self.path)
        with one_sentence(self.path), opened(self.path) as file:
            row = 0
            for place, values in self._columns(arrow, file, first, last):
                for text in values:
                    row += 1
                    if text is None and self.skip_missing:
                        seen.left_out += 1
                        continue
                    if text is None:
                        raise InputError(missing(self.path, "column", self.field, f"of row {row}", []))
                    seen.n_documents += 1
                    yield place, Piece(encoded(text, f"row {row} of {label(self.path)}"), True)
        if not row and first == 0 and last is None:
            raise InputError(f"{label(self.path)} is empty: there is no text to count")

    def expected_size(self) -> int | None:
        """Not known: the table is compressed."""
        return None

    def _columns(
        self, arrow: Any, file: IO[bytes], first: int, last: int | None
    ) -> Iterator[tuple[int, list[str | None]]]:  # fmt: skip
        """The text of some rows at a time, and the place of their group."""
        import pyarrow.parquet as parquet

        try:
            table = parquet.ParquetFile(file)
            names = self._names(arrow, table.schema_arrow)
            for group, place in _groups(table.metadata, first, last):
                for batch in table.iter_batches(batch_size=ROWS, row_groups=[group], columns=[".".join(names)]):
                    column = batch.column(0)
                    for name in names[1:]:
                        column = arrow.compute.struct_field(column, name)
                    yield place, column.to_pylist()
        except (arrow.ArrowInvalid, arrow.ArrowException) as error:
            reason = " ".join(str(error).split())[:120]
            raise InputError(
                f"{label(self.path)} is no Parquet table, damaged or cut ({reason}): fetch it again, or pass --format"
            ) from None
        except UnicodeDecodeError as error:
            raise InputError(
                f"column {shown(self.field)} of {label(self.path)} is not UTF-8 ({error.reason}): convert it"
            ) from None

    def _names(self, arrow: Any, schema: Any) -> list[str]:
        """The names that lead to the column; InputError where it is not there or holds no text."""
        found = next((one for one in (_led(arrow, schema, field) for field in fields_of(self.field)) if one), None)
        if found is None:
            there = _columns_of(arrow, schema)
            raise InputError(missing(self.path, "column", self.field, "of its table", there, _FIRST_OF))
        names, held = found
        if not _is_text(arrow, held):
            there = [one.name for one in schema if _is_text(arrow, one.type)][:8]
            advice = f"pass another --field, such as {', '.join(there)}" if there else "no column of it does"
            raise InputError(
                f"column {shown(self.field)} of {label(self.path)} holds {shown(str(held))}, not text: {advice}"
            )
        return names


_FIRST_OF = "--field NAME, or --field NAME,NAME where files have different ones"


def _groups(metadata: Any, first: int, last: int | None) -> Iterator[tuple[int, int]]:
    """The groups of rows that begin from the place `first` on and before `last`, with their places: what those before
    them take in the file."""
    place = 0
    for number in range(metadata.num_row_groups):
        if last is not None and place >= last:
            break
        if place >= first:
            yield number, place
        group = metadata.row_group(number)
        place += sum(max(0, group.column(i).total_compressed_size) for i in range(group.num_columns))


def _led(arrow: Any, schema: Any, field: str) -> tuple[list[str], Any] | None:
    """The names that lead to `field`, and the type of what it holds; None where it is not there."""
    if field in schema.names:
        return [field], schema.field(field).type
    names, held, fields = field.split("."), None, schema
    for name in names:
        if name not in [one.name for one in fields]:
            return None
        held = fields.field(name).type
        fields = held if arrow.types.is_struct(held) else []
    return names, held


def _is_text(arrow: Any, held: Any) -> bool:
    value, types = held.value_type if arrow.types.is_dictionary(held) else held, arrow.types
    return bool(types.is_string(value) or types.is_large_string(value) or types.is_string_view(value))


def _columns_of(arrow: Any, fields: Any, above: str = "") -> list[str]:
    """The names of all columns, those inside of others with dots."""
    names = list[str]()
    for one in fields:
        inner = _columns_of(arrow, one.type, f"{above}{one.name}.") if arrow.types.is_struct(one.type) else []
        names += inner or [f"{above}{one.name}"]
    return names


def _arrow(path: str) -> Any:
    reveal("pyarrow")
    try:
        import pyarrow
        import pyarrow.compute
    except ImportError:
        raise InputError(f"{label(path)} is a Parquet table, which pyarrow reads: install it with {EXTRA}") from None
    return pyarrow
