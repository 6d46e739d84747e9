"""What is said of a file: the error that whatever is wrong with one raises, and the name that messages give it."""

from __future__ import annotations

from bounds.base.arguments import printable


class InputError(ValueError):
    """Something is wrong with a file that was named, or with what was asked of it; the message says what."""


def label(path: str) -> str:
    """What messages call `path`: its name on one line, with bytes that are no UTF-8 and controls spelled out."""
    return "standard input" if path == "-" else printable(path)
