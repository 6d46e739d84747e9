"""datatrove's ``.ds``, token ids alone, with the ``.ds.index`` beside it: ends of documents in tokens (uint64).

Layout: https://github.com/huggingface/datatrove, src/datatrove/pipeline/tokens/tokenizer.py. Neither file says whether
an id takes 2 bytes or 4; the end of the last document and the size of the file do.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from simulate.text.reading.errors import InputError, label
from simulate.text.reading.formats.ids import ByIndex, IdChecks
from simulate.text.reading.opening import unpacked
from simulate.text.reading.room import expected_size


@dataclass(frozen=True)
class Datatrove(ByIndex):
    """Ids of datatrove: the ``.ds``, and its index. `dtype` where it was told, which must agree with the index."""

    path: str
    index: str
    dtype: str | None = None
    checks: IdChecks = field(default_factory=IdChecks)

    @cached_property
    def indexed(self) -> tuple[np.dtype, np.ndarray]:
        """As the index says, and the size of the file."""
        ends = read_ends(self.index)
        size, n_ids = expected_size(self.path), int(ends[-1])
        dtype = self.dtype or {2 * n_ids: "uint16", 4 * n_ids: "uint32"}.get(size or -1)
        if dtype is None:
            known = "an unknown number of" if size is None else size
            raise InputError(
                f"{label(self.path)} has {known} bytes, and {label(self.index)} {n_ids} token ids, which take "
                "neither 2 bytes each nor 4: it is truncated or of another file, or pass --dtype"
            )
        return np.dtype(dtype).newbyteorder("<"), ends

    def expected_size(self) -> int | None:
        """At most as many ids as bytes."""
        size = expected_size(self.path)
        return None if size is None else size // 4


def read_ends(path: str) -> np.ndarray:
    """The number of ids up to the end of each document, int64."""
    data = b"".join(unpacked(path))
    if len(data) % 8:
        raise InputError(
            f"{label(path)} has {len(data)} bytes, no multiple of the 8 of an end of a document: it is cut"
        )
    ends = np.frombuffer(data, dtype="<u8")
    if (np.diff(ends.astype(np.float64)) < 0).any() or ends[-1] == 0 or ends[-1] >= 1 << 62:
        raise InputError(f"{label(path)} has ends of documents that do not ascend: it is no index of datatrove's")
    return ends.astype(np.int64)
