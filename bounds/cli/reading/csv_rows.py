"""The header and the rows of a CSV file, each row with the line at which an editor shows it.

Cells are separated by commas, semicolons, tabs or bars, whichever makes columns of the header and of the rows below it.
What is no such text in UTF-8 is refused in one sentence that quotes at most 80 characters of the file.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass

from bounds.base.one_number import MAX_QUOTED, cut, printable, shown

_MAGICS = (
    (b"\x1f\x8b", "compressed by gzip"), (b"\x28\xb5\x2f\xfd", "compressed by zstd"),
    (b"BZh", "compressed by bzip2"), (b"\xfd7zXZ\x00", "compressed by xz"),
    (b"PK\x03\x04", "a zip archive, as workbooks (.xlsx) are"), (b"\xd0\xcf\x11\xe0", "an old workbook (.xls)"),
    (b"PAR1", "a Parquet file"), (b"ARROW1", "an Arrow file"), (b"\x93NUMPY", "a NumPy array"),
    (b"\x89HDF", "an HDF5 file"), (b"SQLite format 3", "an SQLite database"), (b"%PDF", "a PDF"),
    (b"\xff\xfe", "text in UTF-16"), (b"\xfe\xff", "text in UTF-16"),
)  # fmt: skip
_JSON = re.compile(r"\{|\[\s*[\[\"{\d]")
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
"""Signs between cells, as sentences call them."""
_BOM = b"\xef\xbb\xbf"
_SAMPLE = 200_000
"""Characters of a file that show its separator."""
_SAID = re.compile(r"sep=([,;\t|])\s*", re.IGNORECASE)


@dataclass(frozen=True)
class Row:
    """The cells of one record, and the line of the file at which it begins."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Rows:
    """The first row of a CSV file, its header where no title stands above it, and the rows below it.

    `separator` parts cells, and `marked` says whether the file begins with a byte-order mark.
    """

    header: Row
    rows: tuple[Row, ...]
    separator: str
    marked: bool


def read_rows(data: bytes, name: str) -> Rows:
    """The header of a CSV file and the rows below it, without empty lines; `name` is the file's, for sentences.

    Lines are counted as an editor does: empty ones, those above the header and those inside quotation marks too. A row
    of separators alone is a row. Raises ValueError with one sentence for a file that is empty or no CSV file in UTF-8.
    """
    text = _text(data, name)
    begin, said = 0, None
    if first := _SAID.fullmatch(text.partition("\n")[0]):  # what some programs write above the header
        text, begin, said = text.partition("\n")[2], 1, first[1]
    separator = said or _separator(text)
    rows = [
        row
        for row in _records(text, name, separator, begin)
        if any(cell.strip() for cell in row.cells[:1]) or len(row.cells) > 1
    ]
    while rows and not any(cell.strip() for cell in rows[0].cells):
        del rows[0]
    if not rows:
        raise ValueError(f"{name} is empty; it needs a header line and one run a line")
    header = Row(rows[0].line, tuple(cell.strip() for cell in rows[0].cells))
    if _JSON.match(header.cells[0]):
        begins = shown(separator.join(header.cells))
        raise ValueError(
            f"{name} looks like JSON, not CSV: line {header.line} is {begins}; write it with a header line"
        )
    if len(header.cells) == 1 and len(header.cells[0].split()) > 2 and _is_spaced(rows):
        raise ValueError(f"{name} is separated by spaces; it must be separated by commas, semicolons or tabs")
    return Rows(header, tuple(rows[1:]), separator, data.startswith(_BOM))


def _is_spaced(rows: list[Row]) -> bool:
    return all(len(row.cells) == 1 and len(row.cells[0].split()) == len(rows[0].cells[0].split()) for row in rows)


def _separator(text: str) -> str:
    """The sign that parts the header and most rows into equally many cells; a comma where none does.

    Where the first row has no such sign, as a title has none, most rows decide.
    """
    counts = {mark: _counts(text, mark) for mark in SEPARATORS}
    for usual in (lambda found: found[0], lambda found: max(set(found), key=found.count)):
        best, chosen = (0.0, 1), ""
        for mark, found in counts.items():
            if found and usual(found) > 1:
                equal = found.count(usual(found)) / len(found), usual(found)
                best, chosen = max((best, chosen), (equal, mark), key=lambda pair: pair[0])
        if chosen:
            return chosen
    return ","


def _counts(text: str, mark: str) -> list[int]:
    """The cells of each of the first rows that hold anything, if `mark` parts them; none where it cannot."""
    end = text.find("\n", _SAMPLE)
    for part in dict.fromkeys((text[: end + 1] if end > 0 else text, text)):
        try:
            records = _records(part, "", mark, 0)
        except ValueError:
            continue  # the sample may end within quotation marks
        return [len(row.cells) for row in records if any(cell.strip() for cell in row.cells)]
    return []


def listed(names: tuple[str, ...]) -> str:
    """Names of columns in a sentence, at most 80 characters of them."""
    text, count = "", 0
    for name in (cut(printable(name)) for name in names):
        longer = f"{text}, {name}" if text else name
        if len(longer) > MAX_QUOTED:
            break
        text, count = longer, count + 1
    rest = len(names) - count
    if not rest:
        return text
    return f"{text} and {rest} more" if text else f"{shown(names[0])} and {rest - 1} more"


def _text(data: bytes, name: str) -> str:
    for magic, what in _MAGICS:
        if data.startswith(magic):
            raise ValueError(f"{name} is {what}, not a CSV file; write it as comma-separated text in UTF-8")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ValueError(
            f"{name} is not a CSV file in UTF-8 (byte 0x{data[error.start]:02x} in line {line}); save it as UTF-8"
        ) from None
    if "\0" in text:
        raise ValueError(f"{name} is not a CSV file in UTF-8 (it has NUL characters); save it as UTF-8")
    return text


def _records(text: str, name: str, separator: str, begin: int) -> list[Row]:
    """The records of `text`, which begins after `begin` lines of the file."""
    # With newline="" lines end where those of an editor do, and those inside quotation marks stay as they are.
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=separator)
    rows, line = [], 1
    try:
        for cells in reader:
            rows.append(Row(begin + line, tuple(cells)))
            line = reader.line_num + 1
    except csv.Error as error:
        begins = io.StringIO(text, newline="").readlines()[line - 1].strip()
        reason = str(error)
        if "end of data" in reason or "field limit" in reason:
            reason = "a quotation mark is opened and not closed"
        elif "expected after" in reason:
            reason = "a quotation mark stands inside a cell, or one above it is not closed"
        raise ValueError(f"{name}, line {begin + line}: {reason}, in {shown(begins)}") from None
    return rows
