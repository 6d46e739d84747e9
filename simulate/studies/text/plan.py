"""What is to be counted of a text, exactly or by a sketch. Nothing else decides its numbers. Loads nothing heavy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bounds.base.arguments import Count, Flag, shown
from bounds.base.quantities import parse_list
from simulate.running.parameters import ORDER, SEED, extrapolated_factors
from simulate.text.cutting.units import UNIT
from simulate.text.reading.asked import ReadOptions, file_names

_CHECKS: dict[str, Callable[[Any], Any]] = {
    "unit": UNIT, "order": ORDER, "seed": SEED, "chunk": Count("chunk"), "blocks": Count("blocks", 0, 64),
    "extrapolate": extrapolated_factors, "sketch": Flag("sketch"), "precision": Count("precision", 4, 18),
}  # fmt: skip


@dataclass(frozen=True)
class TextPlan:
    """Windows of which units of which files, in which prefixes; see `simulate.measure_corpus` and `sketch_corpus`.

    `extrapolate` names how many times as much text to look ahead: 2x,10x, a list of numbers, or none; kept as numbers.
    """

    files: tuple[str, ...]
    unit: str = "word"
    lengths: tuple[int, ...] = (1,)
    at: Any = None
    order: str = "file"
    chunk: int = 1000
    blocks: int = 16
    extrapolate: Any = "2x,10x"
    sketch: bool = False
    precision: int = 14
    seed: int = 0
    reading: ReadOptions = field(default_factory=ReadOptions)

    def __post_init__(self) -> None:
        self._set("files", file_names(self.files))
        self._set("lengths", parse_list(self.lengths, name="length"))
        for name, check in _CHECKS.items():
            self._set(name, check(getattr(self, name)))
        if not isinstance(self.reading, ReadOptions):
            raise ValueError(f"reading must be simulate.text.ReadOptions, got {shown(self.reading)}")
        self.reading.check_unit(self.unit)

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    @property
    def parameters(self) -> dict[str, Any]:
        """What decides the numbers; a sketch has blocks of its own, and no order but that of the file."""
        own = ("unit", "at", "precision", "extrapolate", "seed") if self.sketch else (
            "unit", "at", "order", "chunk", "blocks", "extrapolate", "seed",
        )  # fmt: skip
        more = {"sketch": True} if self.sketch else {}
        found = {"files": list(self.files), "length": list(self.lengths), **{n: getattr(self, n) for n in own}, **more}
        return found | self.reading.given
