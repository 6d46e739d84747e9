"""Streams that no name can take over: what would move a terminal's cursor or change its colours is written out."""

from __future__ import annotations

import re
from typing import Any, TextIO, cast

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
    return stream if isinstance(stream, Readable) else cast(TextIO, Readable(stream))


def behind(stream: TextIO) -> TextIO:
    """The stream that a `Readable` writes to, for bars and bold letters."""
    return stream.stream if isinstance(stream, Readable) else stream
