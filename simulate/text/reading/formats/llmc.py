"""llm.c's ``.bin``: 256 numbers of 32 bits, of which the first says what follows and the third how many, then ids.

Layout: https://github.com/karpathy/llm.c, dev/data/data_common.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain

import numpy as np

from simulate.text.reading.errors import InputError, label
from simulate.text.reading.formats.ids import ByEndOfDocument, IdChecks, as_many_as_said, ids_of
from simulate.text.reading.formats.reader import Piece, Seen
from simulate.text.reading.opening import unpacked

HEADER = 1024
"""Bytes before the first id."""

STORED = {(20240520, 1): "uint16", (20240801, 7): "uint32"}
"""What ids are stored as, by the first two numbers of the header: magic and version."""

_EXAMPLES = 20240522
"""The first number of a file of questions, which are no stream of tokens."""

MAGICS = {magic.to_bytes(4, "little"): magic for magic in (*(magic for magic, _ in STORED), _EXAMPLES)}


@dataclass(frozen=True)
class LlmC(ByEndOfDocument):
    """Ids behind a header that says how many they are, and by its first two numbers what they are stored as."""

    path: str
    checks: IdChecks = field(default_factory=IdChecks)

    def pieces(self, seen: Seen) -> Iterator[Piece]:
        """The ids; InputError where there are not as many as the header says."""
        blocks = unpacked(self.path)
        dtype, wanted, rest = self._header(blocks)
        arrays = ids_of(self.path, chain([rest], blocks), dtype, self.checks)
        yield from as_many_as_said(self.path, arrays, self.checks, seen, wanted)

    def expected_size(self) -> int | None:
        """Not asked before it is read."""
        return None

    @cached_property
    def layout(self) -> tuple[np.dtype, int]:
        """As the header says, behind which they come."""
        return self._header(unpacked(self.path))[0], HEADER

    def _header(self, blocks: Iterator[bytes]) -> tuple[np.dtype, int, bytes]:
        """What the ids are stored as, how many they are, and the bytes behind the header."""
        head = b""
        while len(head) < HEADER and (block := next(blocks, b"")):
            head += block
        if len(head) < HEADER:
            raise InputError(f"{label(self.path)} is truncated: it ends within the {HEADER} bytes of llm.c's header")
        magic, version, count = np.frombuffer(head[:12], dtype="<i4").tolist()
        if magic == _EXAMPLES:
            raise InputError(f"{label(self.path)} holds questions for an evaluation (llm.c), not a stream of token ids")
        if (magic, version) not in STORED:
            known = " and ".join(f"{one} of {number}" for number, one in STORED)
            raise InputError(f"{label(self.path)} has llm.c's version {version} of {magic}, and known are {known}")
        dtype = np.dtype(STORED[magic, version]).newbyteorder("<")
        return self.checks.stored_as(self.path, dtype, "header"), count, head[HEADER:]
