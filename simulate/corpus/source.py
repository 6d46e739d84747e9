"""``corpus:PATH,unit=word,length=2``: a real corpus as a source of a sweep."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from bounds.quantities import parse_count
from simulate.corpus.sequences import UNITS

_FORM = re.compile(r'corpus:(?:"(?P<quoted>[^"]*)"|(?P<plain>[^,"]*))(?P<rest>(?:,[^,]*)*)\s*')


@dataclass(frozen=True)
class CorpusSource:
    """One file whose windows of `length` units are the sequences; a corpus is its own single replicate."""

    path: str
    unit: str = "word"
    length: int = 1

    def __str__(self) -> str:
        path = f'"{self.path}"' if "," in self.path else self.path
        return f"corpus:{path},unit={self.unit},length={self.length}"


def parse_corpus(text: str) -> CorpusSource:
    """The corpus that a string such as ``corpus:novels.txt.zst,unit=word,length=2`` names; ValueError otherwise."""
    match = _FORM.fullmatch(text.strip())
    path = match and (match["quoted"] or match["plain"])
    if not match or not path:
        raise ValueError(
            f"source {text!r}: a corpus is written corpus:FILE,unit=word,length=1; quote a name that holds a comma"
        )
    arguments: dict[str, Any] = {}
    for part in match["rest"].split(",")[1:]:
        name, _, value = (piece.strip() for piece in part.partition("="))
        if name not in ("unit", "length") or name in arguments:
            raise ValueError(f"source {text!r}: {part!r} is not understood; corpus takes unit=... and length=...")
        arguments[name] = parse_count(value, name="length", high=1 << 20) if name == "length" else value
    if arguments.get("unit", "word") not in UNITS:
        raise ValueError(f"source {text!r}: unit must be one of {', '.join(UNITS)}, got {arguments['unit']!r}")
    return CorpusSource(path, **arguments)
