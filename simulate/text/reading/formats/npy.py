"""NumPy's ``.npy``, with its header: whole numbers in one dimension, or in two with a sequence a row."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from math import prod

import numpy as np

from bounds.base.arguments import shown
from simulate.text.reading.errors import InputError, label
from simulate.text.reading.formats.ids import ByEndOfDocument, IdChecks, as_many_as_said, ids_of
from simulate.text.reading.formats.reader import Piece, Seen
from simulate.text.reading.opening import unpacked

MAGIC = b"\x93NUMPY"
_LONGEST = 1 << 16


@dataclass(frozen=True)
class Npy(ByEndOfDocument):
    """Ids in an array of NumPy's."""

    path: str
    checks: IdChecks = field(default_factory=IdChecks)

    def pieces(self, seen: Seen) -> Iterator[Piece]:
        """The ids, row by row; InputError where there are not as many as the header says."""
        blocks = unpacked(self.path)
        head = _head(blocks)
        dtype, wanted, at = self._header(head)
        rest = head[at:]
        arrays = ids_of(self.path, chain([rest], blocks), dtype, self.checks)
        yield from as_many_as_said(self.path, arrays, self.checks, seen, wanted)

    def expected_size(self) -> int | None:
        """Not asked before it is read."""
        return None

    @cached_property
    def layout(self) -> tuple[np.dtype, int]:
        """As the header says, behind which they come."""
        dtype, _, at = self._header(_head(unpacked(self.path)))
        return dtype, at

    def _header(self, head: bytes) -> tuple[np.dtype, int, int]:
        """What numbers are stored as, how many they are, and the byte of the first."""
        wide = 2 if head[6:7] == b"\1" else 4
        start = 8 + wide
        size = int.from_bytes(head[8:start], "little")
        if len(head) < start + size or size > _LONGEST or head[6:7] not in (b"\1", b"\2", b"\3"):
            raise InputError(f"{label(self.path)} is truncated or damaged: its header of NumPy is not whole")
        try:
            told = ast.literal_eval(head[start : start + size].decode("utf-8"))
            dtype, shape, columns = np.dtype(told["descr"]), tuple(told["shape"]), bool(told["fortran_order"])
        except (ValueError, SyntaxError, TypeError, KeyError):
            raise InputError(f"{label(self.path)} is damaged: its header of NumPy cannot be read") from None
        if columns and len(shape) == 2:
            raise InputError(
                f"{label(self.path)} holds its array column by column (Fortran order), so that neighbours in the file "
                "are none in a sequence: save np.ascontiguousarray of it"
            )
        if dtype.kind not in "iu" or len(shape) not in (1, 2):
            raise InputError(
                f"{label(self.path)} holds an array of {shown(str(dtype))} with shape {shown(shape)}, and token ids "
                "are whole numbers in one dimension, or in two with a sequence a row"
            )
        return self.checks.stored_as(self.path, dtype, "header"), prod(shape), start + size


def _head(blocks: Iterator[bytes]) -> bytes:
    """The first of `blocks`, as many as a header may take."""
    head = b""
    while len(head) < _LONGEST and (block := next(blocks, b"")):
        head += block
    return head
