"""The strings that name the laws of `bounds.base.source_kinds`: zipf:1.724,shift=100 and the like."""

from __future__ import annotations

import re
from dataclasses import MISSING, fields
from typing import Any

from bounds.base.arguments import close_to, unknown
from bounds.base.one_number import shown
from bounds.base.quantities import parse_count
from bounds.base.source_kinds import (
    MAX_STAY,
    MAX_TYPES,
    Geometric,
    GrowingUniform,
    Mixture,
    PitmanYor,
    SantaFe,
    Source,
    Uniform,
    Windows,
    Zipf,
)

__all__ = [
    "EXAMPLES", "KINDS", "MAX_STAY", "MAX_TYPES", "Geometric", "GrowingUniform", "Mixture", "PitmanYor", "SantaFe",
    "Source", "Uniform", "Windows", "Zipf", "arguments_of", "parse_source", "read_number",
]  # fmt: skip

# kind -> (class, name of the positional argument or "", names of the keyword arguments)
_KINDS: dict[str, tuple[type[Source], str, tuple[str, ...]]] = {
    "uniform": (Uniform, "types", ()),
    "growing": (GrowingUniform, "exponent", ("scale",)),
    "zipf": (Zipf, "exponent", ("shift", "types")),
    "pitman-yor": (PitmanYor, "discount", ("concentration",)),
    "geometric": (Geometric, "ratio", ()),
    "santa-fe": (SantaFe, "exponent", ("labels", "shift", "types")),
    "windows": (Windows, "", ("alphabet", "length", "stay", "exponent")),
}

EXAMPLES = (
    "uniform:1e6",
    "zipf:1.724",
    "zipf:1.724,shift=100",
    "zipf:1.1,types=1e6",
    "pitman-yor:0.58,concentration=10",
    "geometric:0.9",
    "growing:0.58,scale=1",
    "santa-fe:1.724,labels=2",
    "windows:alphabet=4,length=3",
    "mixture:0.7*(zipf:2.0)+0.3*(zipf:1.5,shift=5)",
)
"""One string of each kind, in the order of the documentation."""

KINDS = (*_KINDS, "mixture", "corpus")
"""What a string may begin with; a corpus is a text, which `simulate` counts."""

_EXAMPLE = {example.partition(":")[0]: example for example in reversed(EXAMPLES)}
_COUNTS = ("types", "labels", "alphabet", "length")
"""Arguments that are whole numbers, which may be written 1M."""


def parse_source(text: str | Source) -> Source:
    """The source that a string names, such as ``zipf:1.724,shift=100``; `EXAMPLES` has one of each kind.

    Raises ValueError with one sentence that names the string, what is wrong and what is allowed.
    """
    if type(text) is Source:
        raise ValueError(
            "source must be of one kind, such as Zipf(1.724) or 'zipf:1.724', got Source(), which has no law"
        )
    if isinstance(text, Source):
        return text
    if not isinstance(text, str):
        raise ValueError(f"source must be a text such as zipf:1.724, or a Source, got {shown(text)}")
    kind, colon, body = text.strip().partition(":")
    kind = kind.strip().lower()
    if kind == "mixture" and colon:
        return _parse_mixture(text, body)
    if kind not in _KINDS or not colon:
        if kind == "corpus":
            raise ValueError(f"source {shown(text)} is a text, of which no law is known; python -m simulate takes it")
        if kind in (*_KINDS, "mixture"):
            raise ValueError(f"unknown source {shown(text)}: its law is not said; write for example {_EXAMPLE[kind]}")
        raise unknown("source", text, KINDS, "write for example zipf:1.724", word=kind)
    cls, positional, optional = _KINDS[kind]
    arguments: dict[str, Any] = {}
    for place, part in enumerate(body.split(",")):
        name, equals, value = part.partition("=")
        name = name.strip().lower() if equals else positional
        if not name or name not in (positional, *optional) or name in arguments or (place and not equals):
            allowed = ", ".join(f"{key}=..." for key in optional) or "no further argument"
            twice = bool(equals) and name in arguments
            close = "" if twice or not equals else close_to(name, optional)
            hint = f"{name} is there twice, and " if twice else f"did you mean {close}=? " if close else ""
            raise ValueError(
                f"source {shown(text)}: {shown(part.strip())} is not understood; {hint}{kind} takes {allowed}"
            )
        arguments[name] = _number(text, value if equals else part, name)
    missing = [field.name for field in fields(cls) if field.default is MISSING and field.name not in arguments]
    if missing:
        raise ValueError(f"source {shown(text)}: {missing[0]} is missing")
    try:
        return cls(**arguments)
    except ValueError as error:
        raise ValueError(f"source {shown(text)}: {error}") from None


def arguments_of(kind: str) -> tuple[str, ...]:
    """What stands behind the first number of a source of a `kind`, by name; nothing where there is no such kind."""
    return _KINDS[kind][2] if kind in _KINDS else ()


def _parse_mixture(text: str, body: str) -> Mixture:
    parts = re.findall(r"\s*([^*()+]+?)\s*\*\s*\(([^()]*)\)\s*(\+|$)", body)
    written = "".join(f"{weight}*({part}){plus}" for weight, part, plus in parts)
    if not parts or re.sub(r"\s", "", written) != re.sub(r"\s", "", body) or parts[-1][2]:
        raise ValueError(f"source {shown(text)}: a mixture is written mixture:0.7*(zipf:2.0)+0.3*(zipf:1.5,shift=5)")
    components = tuple((_number(text, weight, "weight"), parse_source(part)) for weight, part, _ in parts)
    try:
        return Mixture(components)
    except ValueError as error:
        raise ValueError(f"source {shown(text)}: {error}") from None


def _number(text: str, value: str, name: str) -> float:
    if name in _COUNTS and re.fullmatch(r"\s*[\d._]+\s*[KMBGT]\s*", value, re.IGNORECASE):
        return parse_count(value, name=name)
    try:
        return read_number(value)
    except ValueError:
        raise ValueError(f"source {shown(text)}: {shown(value.strip())} is not a number") from None


def read_number(text: str) -> float:
    """The number that `text` is: an integer where it is written as one, to the last digit."""
    return int(text) if re.fullmatch(r"\s*\d{1,300}\s*", text) else float(text)
