"""What an argument may be: checks that flags, entries of a TOML file and arguments in Python share.

Each parameter is declared once, as a value of one of the classes below. Called with what was given, it returns what
that means, or raises ValueError with one sentence: the name, what is allowed, and what was given. Loads nothing heavy.
"""

from __future__ import annotations

import difflib
import math
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from os import PathLike, fspath
from pathlib import PurePath
from typing import Any, TypeVar

from bounds.base.one_number import number_between, printable, shown
from bounds.base.quantities import LARGEST, entries_of, parse_count, parse_flop, parse_grid, parse_number
from bounds.base.telling.html import html_by_name

__all__ = [
    "Bytes", "Choice", "Count", "Entries", "File", "Flag", "Flop", "Grid", "Known", "Number", "Text", "close_file",
    "close_to", "did_you_mean", "in_any_case", "printable", "shown", "unknown",
]  # fmt: skip


_Value = TypeVar("_Value")


@dataclass(frozen=True)
class Count:
    """A whole number from `low` to `high`, a number or as people write it: 1e6, 300B."""

    name: str
    low: int = 1
    high: int = LARGEST

    def __call__(self, value: Any, name: str = "") -> int:
        """The number."""
        return parse_count(value, name=name or self.name, low=self.low, high=self.high)


@dataclass(frozen=True)
class Flop:
    """FLOP to spend: 5.76e23, 10ZFLOP, 1 PF-day."""

    name: str = "compute"

    def __call__(self, value: Any, name: str = "") -> int:
        """The number."""
        return parse_flop(value, name=name or self.name)


@dataclass(frozen=True)
class Bytes:
    """Bytes of memory: a whole number, or as people write it, 8GiB, 500MB, 16G, 1000B."""

    name: str

    def __call__(self, value: Any, name: str = "") -> int:
        """The number; a letter alone counts in powers of 1024, as `ulimit` and containers do."""
        found = (
            re.fullmatch(r"(\d+(?:\.\d+)?)\s*(?:([KMGT])(i?B)?|B)", value.strip(), re.IGNORECASE)
            if isinstance(value, str)
            else None
        )
        if found is None:
            kind = "number of bytes such as 2GiB or 500MB"
            return parse_count(value, name=name or self.name, high=2**62, kind=kind)
        power = "KMGT".index(found[2].upper()) + 1 if found[2] else 0
        unit = (found[3] or "").lower()
        return parse_count(
            int(float(found[1]) * (1000 if unit == "b" else 1024) ** power), name=name or self.name, high=2**62
        )


@dataclass(frozen=True)
class Grid:
    """Whole numbers in ascending order, a list or 1e3:1e6:25 or 1e3,1e6."""

    name: str

    def __call__(self, value: Any, name: str = "") -> tuple[int, ...]:
        """The numbers."""
        return parse_grid(value, name=name or self.name)


@dataclass(frozen=True)
class Number:
    """A finite number between `low` and `high`, which errors call `text`.

    With `percent`, 50% is 0.5; an `amount` may be written 500K or 3M.
    """

    name: str
    low: float = -math.inf
    high: float = math.inf
    low_open: bool = True
    high_open: bool = True
    text: str = ""
    percent: bool = False
    amount: bool = False

    def __call__(self, value: Any, name: str = "") -> float:
        """The number."""
        name, read = name or self.name, value
        if isinstance(value, str):
            read = parse_number(value, name=name, percent=self.percent, amount=self.amount)
        return number_between(
            name, read, low=self.low, high=self.high, low_open=self.low_open, high_open=self.high_open,
            text=self.text or ("a finite number" if self.low == -math.inf else ""), given=value,
            advice=_as_share(value, read) if self.percent else "",
        )  # fmt: skip


def _as_share(given: Any, read: Any) -> str:
    """How to write what seems to be meant in percent; empty where it is none."""
    if not (isinstance(read, int | float) and 1 < read <= 100):
        return ""
    return f"write {given.strip()}%" if isinstance(given, str) else f"write {read / 100:g}"


@dataclass(frozen=True)
class Choice:
    """A word that must be one of `allowed`; the nearest is named where it is none of them."""

    name: str
    allowed: tuple[str, ...]

    def __call__(self, value: Any, name: str = "") -> str:
        """The word, or one sentence where it is not allowed."""
        if isinstance(value, str) and value in self.allowed:
            return value
        hint = did_you_mean(value, self.allowed)
        raise ValueError(f"{name or self.name} must be one of {', '.join(self.allowed)}, got {shown(value)}{hint}")


@dataclass(frozen=True)
class Flag:
    """A truth value, as files write it: neither 0 and 1 nor words stand for it."""

    name: str

    def __call__(self, value: Any, name: str = "") -> bool:
        """The truth value, or one sentence for anything else."""
        if isinstance(value, bool):
            return value
        raise ValueError(f"{name or self.name} must be true or false, got {shown(value)}")


@dataclass(frozen=True)
class Text:
    """A text, of which `example` is one."""

    name: str
    example: str

    def __call__(self, value: Any, name: str = "") -> str:
        """The text."""
        if isinstance(value, str):
            return value
        raise ValueError(f"{name or self.name} must be a text such as {self.example}, got {shown(value)}")


@dataclass(frozen=True)
class File:
    """The name of a file, one that ends in one of `endings` where there are any."""

    name: str
    endings: tuple[str, ...] = ()

    def __call__(self, value: Any, name: str = "") -> str:
        """The name as a text."""
        path = fspath(value) if isinstance(value, PathLike) else value
        if not isinstance(path, str):
            raise ValueError(f"{name or self.name} must be the name of a file, got {shown(value)}")
        if "\0" in path:
            raise ValueError(f"{name or self.name} must be the name of a file, which holds no NUL, got {shown(path)}")
        if self.endings and PurePath(path).suffix not in self.endings:
            ends = ", ".join(self.endings)
            hint = did_you_mean(PurePath(path).suffix, self.endings)
            raise ValueError(f"{name or self.name} must name a file that ends in {ends}, got {shown(path)}{hint}")
        return path


@dataclass(frozen=True)
class Entries:
    """Several entries in one text, parted by commas, or a list of numbers and texts: as text."""

    name: str
    example: str

    def __call__(self, value: Any, name: str = "") -> str:
        """The entries as one text, to be read by who knows what they mean."""
        if isinstance(value, str):
            return value
        entries = entries_of(value)
        if not entries or any(isinstance(e, bool) or not isinstance(e, int | float | str) for e in entries):
            raise ValueError(f"{name or self.name} must be a list such as {self.example}, got {shown(value)}")
        return ",".join(e if isinstance(e, str) else shown(e) for e in entries)


def in_any_case(given: str, known: Iterable[str]) -> str | None:
    """The one of `known` that `given` is, or is but for spaces around it and the case of letters; None without."""
    names = list(known)
    if given in names:
        return given
    found = [name for name in names if name.lower() == given.strip().lower()]
    return found[0] if len(found) == 1 else None


class Known(dict[str, _Value]):
    """Values by name; a name that is not there is a KeyError that says which are near."""

    def __init__(self, what: str, values: Mapping[str, _Value]) -> None:
        super().__init__(values)
        self._what = what

    def __missing__(self, name: Any) -> _Value:
        raise KeyError(str(unknown(self._what, name, self)))

    def _repr_html_(self) -> str:
        return html_by_name(f"{self._what}, by name", self)


_NEAR, _BEGUN, _CLOSER = 0.6, 0.8, 0.1
"""How like a name must be to another to be meant, and to what it begins with; how much nearer one may be."""


def close_to(given: Any, known: Iterable[str]) -> str:
    """The names among `known` that `given` may have meant, joined by "or"; empty where none is near.

    Near is a name with most of its letters in the same order, or one that begins so. Where there is none, those that it
    holds or that hold it, as h100 in nvidia-h100.
    """
    names: dict[str, str] = {}
    for name in known:
        names.setdefault(name.lower(), name)
    asked = str(given)[:80].lower()
    likeness = {name: _likeness(asked, name) for name in names}
    least = max([_NEAR, *(one - _CLOSER for one in likeness.values())])
    near = sorted((name for name in names if likeness[name] >= least), key=lambda name: -likeness[name])
    held = [name for name in names if len(min(name, asked, key=len)) > 2 and (name in asked or asked in name)]
    return " or ".join(names[name] for name in near[:2] or held[:3])


def _likeness(asked: str, name: str) -> float:
    """Twice the letters in common over all letters; of a name that is longer, those of its beginning count as well.

    Two letters that changed places are the likeliest slip, and cost as much as one that is too many.
    """
    swapped = (asked[:i] + asked[i + 1] + asked[i] + asked[i + 2 :] for i in range(len(asked) - 1))
    if len(name) == len(asked) and name in swapped:
        return 1 - 1 / (2 * len(name) + 1)
    whole = difflib.SequenceMatcher(None, name, asked).ratio()
    if len(asked) < 4 or len(name) <= len(asked) + 1:
        return whole
    begun = difflib.SequenceMatcher(None, name[: len(asked) + 1], asked).ratio()
    return max(whole, _NEAR + (begun - _BEGUN)) if begun >= _BEGUN else whole


def did_you_mean(given: Any, known: Iterable[str]) -> str:
    """The end of a sentence: the names among `known` that `given` may have meant; empty where none is near."""
    close = close_to(given, known)
    return f"; did you mean {close}?" if close else ""


def from_home(path: str | PathLike[str]) -> str:
    """What a shell would have made of a path that begins with ~; empty for all others. In quotes it stays as it is."""
    name = fspath(path)
    return os.path.expanduser(name) if isinstance(name, str) and name.startswith("~") else ""


def close_file(path: str | PathLike[str]) -> str:
    """The end of a sentence on a file that is not there: the nearest name in its folder; empty where none is near."""
    if (at_home := from_home(path)) and os.path.lexists(at_home):
        return f"; did you mean {printable(at_home)}?"
    folder, name = os.path.split(fspath(path))
    try:
        names = [entry.name for entry in os.scandir(folder or ".") if not entry.name.startswith(".")]
    except (OSError, ValueError):  # no such folder, or no name of one
        return ""
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.75) if name else []
    return f"; did you mean {printable(os.path.join(folder, close[0]))}?" if close else ""


def unknown(what: str, given: Any, known: Iterable[str], advice: str = "", *, word: str | None = None) -> ValueError:
    """The error for a name that is not `known`: the nearest ones, then all of them; `word` is the part that names."""
    names = list(known)
    close = close_to(given if word is None else word, names)
    hint = f"did you mean {close}? " if close else ""
    return ValueError(f"unknown {what} {shown(given)}: {hint}known are {', '.join(names)}{advice and f'; {advice}'}")
