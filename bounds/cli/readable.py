"""Streams that no name can take over: what would move a terminal's cursor or change its colours is written out.

The handler of errors ``spelled`` writes in ASCII what an encoding lacks.
"""

from __future__ import annotations

import codecs
import re
import sys
import unicodedata
from typing import Any, TextIO, cast

from bounds.base.arguments import printable

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""Control characters but tab and line feed, and those that turn the direction of writing."""


class Readable:
    """A text stream in front of `stream`, which is the only one that those may write to who mean to move a cursor."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        """Write `text`, with what is no character of a sentence as in \\x1b."""
        self.stream.write(_CONTROL.sub(lambda found: repr(found[0])[1:-1], text))
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


def readable(stream: TextIO) -> TextIO:
    """A stream that writes to `stream` what can be read."""
    return cast(TextIO, Readable(stream))


def behind(stream: TextIO) -> TextIO:
    """The stream that a `Readable` writes to, for bars and bold letters."""
    return stream.stream if isinstance(stream, Readable) else stream


_SPELLED = {
    "×": "x", "·": "*", "–": "-", "—": "-", "−": "-", "…": "...", "∞": "inf", "≤": "<=", "≥": ">=", "≈": "~", "∝": "~",
    "√": "sqrt", "→": "->", "±": "+-", "─": "-", "’": "'",
}  # fmt: skip
"""What stands for a character that the terminal cannot show; Greek letters are written with their names."""


def spelled(text: str) -> str:
    """`text` as the standard output will show it, before a table is laid out by the lengths of its cells.

    Names of files and of columns may hold what moves a cursor or breaks a line: it is written out.
    """
    encoding = sys.stdout.encoding or "utf-8"
    return printable(text).encode(encoding, "spelled").decode(encoding)


def _spell(error: UnicodeError) -> tuple[str, int]:
    """Readable ASCII for the characters that an encoding lacks: β becomes beta, × becomes x, é becomes e."""
    assert isinstance(error, UnicodeEncodeError)
    return "".join(map(_ascii, error.object[error.start : error.end])), error.end


def _ascii(character: str) -> str:
    if "\udc80" <= character <= "\udcff":  # a byte of a name of a file that is not UTF-8
        return f"\\x{ord(character) - 0xDC00:02x}"
    name = unicodedata.name(character, "")
    if name.startswith("GREEK "):
        letter = name.split()[-1]
        return letter.capitalize() if character.isupper() else letter.lower()
    plain = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()
    return _SPELLED.get(character) or plain or "?"


codecs.register_error("spelled", _spell)
