r"""Megatron's ``.bin``, token ids alone, with the ``.idx`` beside it that says what they are.

The index, lowest bytes first: ``MMIDIDX\0\0``, version 1 (8 bytes), type of an id (1 byte), number of sequences and of
entries of the list of documents (8 bytes each), then for each sequence its length (int32), for each its first byte
(int64), and for each document the sequence that it begins with, the number of sequences being the last entry (int64).
Layout: https://github.com/NVIDIA/Megatron-LM, megatron/core/datasets/indexed_dataset.py.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from simulate.text.reading.errors import InputError, label
from simulate.text.reading.formats.ids import ByIndex, IdChecks
from simulate.text.reading.opening import unpacked
from simulate.text.reading.room import expected_size

MAGIC = b"MMIDIDX\x00\x00"
STORED = {1: "uint8", 2: "int8", 3: "int16", 4: "int32", 5: "int64", 8: "uint16"}
"""What an id is stored as, by its number in the index; 6 and 7 are floating-point numbers."""

_HEAD = struct.Struct("<9sQBQQ")


@dataclass(frozen=True)
class Megatron(ByIndex):
    """Ids of Megatron: the ``.bin``, and its index."""

    path: str
    index: str
    checks: IdChecks = field(default_factory=IdChecks)

    @cached_property
    def indexed(self) -> tuple[np.dtype, np.ndarray]:
        """As the index says."""
        dtype, ends = read_index(self.index)
        return self.checks.stored_as(self.path, np.dtype(dtype).newbyteorder("<"), "index"), ends

    def expected_size(self) -> int | None:
        """At most as many ids as bytes."""
        size = expected_size(self.path)
        return None if size is None else size // 4


def read_index(path: str) -> tuple[str, np.ndarray]:
    """What ids are stored as, and the number of ids up to the end of each document, int64."""
    data = b"".join(unpacked(path))
    if not data.startswith(MAGIC):
        raise InputError(f"{label(path)} does not begin with MMIDIDX: it is no index of Megatron's")
    if len(data) < _HEAD.size:
        raise InputError(f"{label(path)} is truncated: it ends within the header of Megatron's index")
    _, version, code, n_sequences, n_entries = _HEAD.unpack_from(data)
    if version != 1:
        raise InputError(f"{label(path)} has version {version} of Megatron's index, and 1 is known")
    if code not in STORED:
        raise InputError(f"{label(path)} says that ids are of type {code}, and whole numbers are {sorted(STORED)}")
    if len(data) < _HEAD.size + 12 * n_sequences + 8 * n_entries:
        raise InputError(
            f"{label(path)} is truncated: {n_sequences} sequences and {n_entries} entries of documents take more than "
            f"its {len(data)} bytes"
        )
    lengths = np.frombuffer(data, "<i4", n_sequences, _HEAD.size).astype(np.int64)
    at = _HEAD.size + 4 * n_sequences
    pointers = np.frombuffer(data, "<i8", n_sequences, at)
    documents = np.frombuffer(data, "<i8", n_entries, at + 8 * n_sequences)
    ends = np.concatenate([[0], np.cumsum(lengths)])
    if (lengths < 0).any() or not np.array_equal(pointers, ends[:-1] * np.dtype(STORED[code]).itemsize):
        raise InputError(
            f"{label(path)} has sequences that do not follow each other without gaps: write the data set anew"
        )
    wrong = n_entries == 0 or documents[0] != 0 or documents[-1] != n_sequences or (np.diff(documents) < 0).any()
    if wrong:
        raise InputError(
            f"{label(path)} has documents that do not run from sequence 0 to {n_sequences} in order: it is damaged"
        )
    return STORED[code], ends[documents[1:]]
