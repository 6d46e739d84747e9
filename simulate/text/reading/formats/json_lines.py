"""JSON lines: an object a line, one of whose fields holds the text of a document."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bounds.base.arguments import close_to, shown
from simulate.text.reading.asked import fields_of
from simulate.text.reading.errors import InputError, label
from simulate.text.reading.formats.reader import TEXT, Piece, Seen
from simulate.text.reading.opening import blocks_from, unpacked
from simulate.text.reading.readers import target_of
from simulate.text.reading.recognising import BOM, why_not_lines

_DEEP = 3
"""Objects within objects that are looked into for the names of fields."""
_FIELDS_SAID = 8
"""Fields that a sentence names."""


@dataclass(frozen=True)
class JsonLines:
    """Lines of JSON, plain or compressed, whose `field` holds text."""

    path: str
    field: str = "text"
    skip_missing: bool = False
    holds = TEXT
    has_documents = True

    def pieces(self, seen: Seen) -> Iterator[Piece]:
        """A document a line; blank lines are none."""
        for _, piece in self.records(seen, 0, None):
            yield piece

    def can_be_cut(self) -> bool:
        """Before every line."""
        return True

    def records(self, seen: Seen, first: int, last: int | None) -> Iterator[tuple[int, Piece]]:
        """The documents in lines that begin there."""
        fields = fields_of(self.field)
        for number, (place, line) in enumerate(_lines(self.path, first), 1):
            if last is not None and place >= last:
                break
            if not line.strip():
                continue
            found = self._object(line, number)
            text = next((text for text in (_deeper(found, name) for name in fields) if text is not None), None)
            if text is None and self.skip_missing:
                seen.left_out += 1
                continue
            if not isinstance(text, str):
                raise InputError(self._why_not(found, text, number))
            seen.n_documents += 1
            yield place, Piece(encoded(text, f"line {number} of {label(self.path)}"), True)

    def expected_size(self) -> int | None:
        """Not known: a line holds more than text."""
        return None

    def _object(self, line: bytes, number: int) -> dict[str, Any]:
        try:
            found = json.loads(line.decode("utf-8"))
        except UnicodeDecodeError as error:
            raise InputError(
                f"{label(self.path)} is not UTF-8 in line {number}, at its byte {error.start}: convert it"
            ) from None
        except RecursionError:
            raise InputError(f"line {number} of {label(self.path)} is nested too deeply") from None
        except ValueError as error:
            reason = getattr(error, "msg", None) or "a number in it is too long"
            place = f" at character {error.pos + 1}" if isinstance(error, json.JSONDecodeError) else ""
            raise InputError(
                f"line {number} of {label(self.path)} is not JSON ({reason}{place}): every line is one object, and a "
                "file that was cut ends in half of one"
            ) from None
        if not isinstance(found, dict):
            raise InputError(
                f"line {number} of {label(self.path)} is no JSON object but {shown(found)}: write a line such as "
                '{"text": "…"} for each document'
            )
        return found

    def _why_not(self, found: dict[str, Any], text: Any, number: int) -> str:
        asked = fields_of(self.field)
        named = [name for name in leaves(found) if name not in asked]
        if text is not None:
            kind = {bool: "a truth value", int: "a number", float: "a number", list: "a list", dict: "an object"}
            texts = [name for name in named if isinstance(_deeper(found, name), str)]
            return (
                f"field {shown(self.field)} in line {number} of {label(self.path)} holds {kind[type(text)]}, not text: "
                f"pass another --field{f', such as {texts[0]}' if texts else ''}"
            )
        null = ", where it is null" if any(name in asked for name in leaves(found)) else ""
        return missing(self.path, "field", self.field, f"in line {number}{null}", named)


def leaves(found: dict[str, Any], above: str = "") -> list[str]:
    """The names of what a record holds, those inside of objects with dots; first those of texts."""
    texts, others = list[str](), list[str]()
    for name, value in found.items():
        inner = leaves(value, f"{above}{name}.") if isinstance(value, dict) and above.count(".") < _DEEP else []
        (texts if isinstance(value, str) or inner else others).extend(inner or [f"{above}{name}"])
    return texts + others


def encoded(text: str, where: str) -> bytes:
    """The bytes of a text; InputError where it holds half of a surrogate pair, which UTF-8 has not."""
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InputError(
            f"{where} holds half of a surrogate pair ({text[error.start]!a}), which is no character: mend or drop it"
        ) from None


_OR_SKIP = "--field NAME, or --skip-missing to leave out what has none"


def missing(path: str, noun: str, field: str, where: str, there: list[str], advice: str = _OR_SKIP) -> str:
    """What is said where no text is: the field that was looked for, those that are there, and what to pass."""
    close = close_to(field, there)
    known = ", ".join(shown(name) for name in there[:_FIELDS_SAID]) + (
        " and others" if len(there) > _FIELDS_SAID else ""
    )
    hint = f"did you mean {shown(close)}? " if close and close != field else ""
    return (
        f"{label(path)} has no text in {noun} {shown(field)} {where}{f' (there is {known})' if known else ''}: {hint}"
        f"pass {advice}"
    )


def _deeper(found: Any, field: str) -> Any:
    """What stands under a name, or under nested ones with dots between them; None where a name is not there."""
    if found.get(field) is not None:
        return found[field]
    for name in field.split("."):
        if not isinstance(found, dict):
            return None
        found = found.get(name)
    return found


def _lines(path: str, first: int) -> Iterator[tuple[int, bytes]]:
    """The lines of a file that begin at its byte `first` or behind it, and where; without a byte-order mark."""
    place, lines = max(0, first - 1), _split(blocks_from(path, first - 1) if first else _looked_at(path))
    if first:  # the rest of a line, or of none
        place += len(next(lines)) + 1
    for line in lines:
        yield place, line if place else line.removeprefix(BOM)
        place += len(line) + 1


def _looked_at(path: str) -> Iterator[bytes]:
    """The blocks of a file; InputError where the first is none of text."""
    looked = False
    for block in unpacked(path):
        if not looked and (reason := why_not_lines(target_of(path), block)):
            raise InputError(f"{label(path)} {reason}")
        looked = True
        yield block


def _split(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """The lines in `blocks`."""
    kept: list[bytes] = []
    for block in blocks:
        *whole, rest = block.split(b"\n")
        if whole:
            whole[0] = b"".join([*kept, whole[0]])
            kept = []
            yield from whole
        kept.append(rest)
    yield b"".join(kept)
