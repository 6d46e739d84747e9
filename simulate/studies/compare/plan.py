"""Which two corpora are compared, and by what. Nothing else decides the numbers. Loads nothing heavy."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any

from bounds.base.arguments import Count, shown
from bounds.base.quantities import parse_list
from simulate.running.parameters import DUPLICATES
from simulate.text.cutting.units import UNIT
from simulate.text.reading.asked import OF_FILES, ReadOptions, options_of_b

_CHECKS: dict[str, Any] = {"unit": UNIT, "blocks": Count("blocks", 0, 64), "duplicates": DUPLICATES}


@dataclass(frozen=True)
class ComparePlan:
    """Windows of which units of which two corpora; see `simulate.text.compare_corpora`.

    `reading_b` is how B is read; None where it is read as A.
    """

    a: Any
    b: Any
    unit: str = "word"
    lengths: tuple[int, ...] = (1,)
    blocks: int = 16
    duplicates: str = "auto"
    reading: ReadOptions = field(default_factory=ReadOptions)
    reading_b: ReadOptions | None = None

    def __post_init__(self) -> None:
        self._set("a", _names("a", self.a))
        self._set("b", _names("b", self.b))
        self._set("lengths", parse_list(self.lengths, name="length"))
        for name, check in _CHECKS.items():
            self._set(name, check(getattr(self, name)))
        for name, options in (("reading", self.reading), ("reading_b", self.reading_b)):
            if not isinstance(options, ReadOptions) and (options is not None or name == "reading"):
                raise ValueError(f"{name} must be simulate.text.ReadOptions, got {shown(options)}")
        self.reading.check_unit(self.unit)
        self._set("reading_b", options_of_b(self.reading, self.reading_b))
        assert self.reading_b is not None
        self.reading_b.check_unit(self.unit)

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    @property
    def parameters(self) -> dict[str, Any]:
        """What decides the numbers."""
        own = {name: getattr(self, name) for name in ("unit", "blocks", "duplicates")}
        same = options_of_b(self.reading, None)
        pairs = {name: (getattr(same, name), getattr(self.reading_b, name)) for name in OF_FILES}
        other = {f"{name}_b": of_b for name, (of_a, of_b) in pairs.items() if of_b != of_a}
        found = {"a": list(self.a), "b": list(self.b), "length": list(self.lengths), **own}
        return found | self.reading.given | other


def _names(name: str, value: Any) -> tuple[str, ...]:
    given = (value,) if isinstance(value, str | os.PathLike) else value
    if not isinstance(given, list | tuple) or not given or any(not isinstance(one, str | os.PathLike) for one in given):
        raise ValueError(f"{name} must be the name of a file, or a list of them, got {shown(value)}")
    return tuple(os.fsdecode(one) for one in given)
