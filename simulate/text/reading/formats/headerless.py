"""Token ids without a header: nanoGPT's ``.bin``, OLMo's ``.npy``. What they are stored as must be told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from simulate.text.reading.errors import InputError, label
from simulate.text.reading.formats.ids import ByEndOfDocument, IdChecks, ids_of, whole_file
from simulate.text.reading.formats.reader import Piece, Seen
from simulate.text.reading.opening import unpacked
from simulate.text.reading.readers import target_of
from simulate.text.reading.recognising import looks_like_text, why_not_lines
from simulate.text.reading.room import expected_size


@dataclass(frozen=True)
class Headerless(ByEndOfDocument):
    """Ids of `dtype`, lowest byte first, and nothing else."""

    path: str
    dtype: str
    checks: IdChecks = field(default_factory=IdChecks)

    def pieces(self, seen: Seen) -> Iterator[Piece]:
        """The ids."""
        yield from whole_file(ids_of(self.path, self._blocks(), self._stored, self.checks), self.checks, seen)

    def expected_size(self) -> int | None:
        """As many ids as the bytes hold."""
        size = expected_size(self.path)
        return None if size is None else size // self._stored.itemsize

    @cached_property
    def layout(self) -> tuple[np.dtype, int]:
        """As was told; ids are all that there is."""
        return self._stored, 0

    @property
    def _stored(self) -> np.dtype:
        return np.dtype(self.dtype).newbyteorder("<")

    def _blocks(self) -> Iterator[bytes]:
        looked = False
        for block in unpacked(self.path):
            if not looked:
                looked = True
                if reason := why_not_lines(target_of(self.path), block):
                    raise InputError(f"{label(self.path)} {reason}")
                if looks_like_text(block):
                    raise InputError(
                        f"{label(self.path)} holds text, not token ids: count it by another --unit, or give a "
                        "--tokenizer to make tokens of it"
                    )
            yield block
