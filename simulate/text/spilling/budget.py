"""How much memory an exact count may take, and what of it is left."""

from __future__ import annotations

import sys

from simulate.running.machine import machine_memory, size_of, used_memory
from simulate.text.reading.errors import InputError
from simulate.text.reading.room import ADVICE, RESERVE

LEAST = 48 << 20
"""Bytes beside what the program takes by itself with which a count can be made."""

BESIDE = 120 << 20
"""Bytes that are no arrays of a count: loops, loaded when first called, and what fits and reports load."""


COMPILER = 56 << 20
"""Bytes of numba, which is loaded with the first loop; a small text needs none."""


class Budget:
    """`limit` bytes for all of this process; by default half of what it can have, as far as that is free."""

    def __init__(self, limit: int | None = None) -> None:
        total, free = machine_memory()
        self.given = limit is not None
        self._before = used_memory() + (0 if "numba" in sys.modules else COMPILER)
        least = self._before + BESIDE + LEAST  # on a machine where half is less than that
        self.limit = max(total // 2, min(total, least)) if limit is None else limit
        self._most = min(self.limit - self._before - BESIDE, free - RESERVE)
        """Bytes that arrays may take in all."""

    @property
    def arrays(self) -> int:
        """Bytes that all arrays of the count may take together."""
        return max(0, self._most)

    def check(self, corpus: str) -> None:
        """InputError where too little is left to count anything in."""
        if self._most >= LEAST:
            return
        needed = self._before + BESIDE + LEAST
        told = f"memory must be at least {size_of(needed)} here" if self.given else f"{size_of(needed)} are needed"
        got = f", got {size_of(self.limit)}" if self.given and self.limit < needed else ""
        free = size_of(machine_memory()[1])
        raise InputError(f"{corpus} cannot be counted exactly here: {told}{got}, and {free} are free; {ADVICE}")
