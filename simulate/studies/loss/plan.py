"""Who is taught what of a text and tested on what. Nothing else decides its numbers. Loads nothing heavy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from bounds.base.arguments import Choice, Count, Flag, shown
from bounds.base.quantities import parse_list
from simulate.running.parameters import SEED
from simulate.text.cutting.units import UNIT
from simulate.text.learning.foretelling.slopes import SLOPES
from simulate.text.reading.asked import ReadOptions, file_names

HOLD_OUT = Choice("hold_out", ("auto", "documents", "blocks"))
SHUFFLES = Count("shuffles", low=4, high=64)
MOST = Count("most", low=4000)
CHUNK = Count("chunk")

_CHECKS: dict[str, Callable[[Any], Any]] = {
    "unit": UNIT, "hold_out": HOLD_OUT, "shuffles": SHUFFLES, "chunk": CHUNK, "seed": SEED,
    "from_counts": Flag("from_counts"),
}  # fmt: skip


@dataclass(frozen=True)
class LossPlan:
    """Units of which files are taught and tested; see `simulate.text.learning.curves.measure_loss`.

    `from_counts` has larger parts than `most` counted, and what they would cost foretold (experimental). `lengths` are
    those of windows whose growth is laid beside the loss. Documents are kept apart wherever files tell
    them apart, whatever `reading` says: a learner that runs across them would learn where files were joined.
    """

    files: tuple[str, ...]
    unit: str = "word"
    lengths: tuple[int, ...] = (1, 2, 3, 4, 5, 6)
    hold_out: str = "auto"
    shuffles: int = 4
    most: int | None = None
    chunk: int = 2000
    seed: int = 0
    from_counts: bool = False
    reading: ReadOptions = field(default_factory=ReadOptions)

    def __post_init__(self) -> None:
        self._set("files", file_names(self.files))
        self._set("lengths", parse_list(self.lengths, name="length"))
        for name, check in _CHECKS.items():
            self._set(name, check(getattr(self, name)))
        self._set("most", None if self.most is None else MOST(self.most))
        if self.from_counts:
            self._check_counting()
        if not isinstance(self.reading, ReadOptions):
            raise ValueError(f"reading must be simulate.text.ReadOptions, got {shown(self.reading)}")
        self._set("reading", replace(self.reading, within_documents=True))
        self.reading.check_unit(self.unit)

    def _check_counting(self) -> None:
        """ValueError where nothing would be left to count, or nothing was learnt of such units."""
        if self.most is None:
            raise ValueError("from_counts foretells more text than is taught; pass most (--most), the units to teach")
        units = sorted({unit for unit, _ in SLOPES})
        if self.unit not in units:
            raise ValueError(
                f"from_counts was learnt for units {' and '.join(units)} alone, got unit {self.unit}; leave it out"
            )

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    @property
    def parameters(self) -> dict[str, Any]:
        """What decides the numbers."""
        own = {name: getattr(self, name) for name in ("unit", "hold_out", "shuffles", "most", "chunk", "seed")}
        own |= {"from_counts": True} if self.from_counts else {}
        return {"files": list(self.files), "length": list(self.lengths), **own} | self.reading.given
