"""Counter-based random integers: draw i is a pure function of (seed, stream, i).

Philox4x32-10 (Salmon, Moraes, Dror & Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3", algorithm of
section 4.3) turns a 128-bit counter and a 64-bit key into 128 random bits. Nothing else enters: neither the
order of evaluation nor chunks, threads or devices.

| part             | bits | is                                                  |
|------------------|------|-----------------------------------------------------|
| key              | 64   | the seed                                            |
| counter, low     | 64   | block; token i uses half i & 1 of block i >> 1      |
| counter, high    | 64   | stream: purpose 8, cell 24, replicate 24, attempt 8 |

A draw that a sampler rejects is repeated at the same position with the next attempt. This packing is frozen:
recorded results depend on it.

The scalar functions hold everything in uint64 (a uint64 with a Python int would become a float in compiled
code), run as they stand in Python, and are compiled where compiled code calls them.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from simulate.drawing.compiled import jitable

PURPOSES = {
    "tokens": 1, "types": 2, "gauss": 3, "tests": 4, "labels": 5, "margins": 6, "skills": 7, "exposures": 8,
    "hashes": 9,
}  # fmt: skip
"""What a stream is for. Numbers are never reused: 0 is kept for known answers.

The first three draw corpora. The others: draws that a learner is tested on, labels of facts and of examples, margins of
contexts, members of skills, whether an exposure teaches, and the hash functions of sketches of real text.
"""

_FIELDS = {"purpose": 8, "cell": 24, "replicate": 24, "attempt": 8}

M32 = np.uint64(0xFFFFFFFF)
MIX = np.uint64(0x9E3779B97F4A7C15)
"""2^64 over the golden ratio: what keys are multiplied by before their high bits choose a slot of a table."""

_MUL0, _MUL1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_WEYL0, _WEYL1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
ZERO, ONE, S32 = np.uint64(0), np.uint64(1), np.uint64(32)
LOW = np.uint64(0xFFFFFFFF)
"""The low half of a word of 64 bits."""


@dataclass(frozen=True)
class Stream:
    """One sequence of random integers: the seed, what it is for, and which cell and replicate it serves."""

    seed: int
    purpose: str
    cell: int = 0
    replicate: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.seed < 2**64:
            raise ValueError(f"seed must be a whole number from 0 to 2^64 - 1, got {self.seed}")
        if self.purpose not in PURPOSES:
            raise ValueError(f"purpose must be one of {', '.join(PURPOSES)}, got {self.purpose!r}")
        pack_stream(PURPOSES[self.purpose], self.cell, self.replicate)

    @property
    def high(self) -> int:
        """The high 64 bits of the counter at attempt 0."""
        return pack_stream(PURPOSES[self.purpose], self.cell, self.replicate)


def cell_of(name: str) -> int:
    """The cell of the stream that a source has by its name, whatever else is drawn beside it."""
    return zlib.crc32(name.encode()) & 0xFFFFFF


def pack_stream(purpose: int, cell: int, replicate: int, attempt: int = 0) -> int:
    """The high 64 bits of the counter: purpose (8 bits), cell (24), replicate (24), attempt (8)."""
    packed = 0
    values = {"purpose": purpose, "cell": cell, "replicate": replicate, "attempt": attempt}
    for name, bits in _FIELDS.items():
        if not 0 <= values[name] < 1 << bits:
            raise ValueError(f"{name} must be from 0 to 2^{bits} - 1, got {values[name]}")
        packed = packed << bits | values[name]
    return packed


@jitable
def philox_block(seed: Any, high: Any, low: Any) -> Any:
    """Two random uint64 for the counter (`high`, `low`) and the key `seed`, all uint64."""
    c0, c1 = low & M32, low >> S32
    c2, c3 = high & M32, high >> S32
    k0, k1 = seed & M32, seed >> S32
    for _ in range(10):
        p0, p1 = _MUL0 * c0, _MUL1 * c2
        c0, c1, c2, c3 = (p1 >> S32) ^ c1 ^ k0, p1 & M32, (p0 >> S32) ^ c3 ^ k1, p0 & M32
        k0, k1 = (k0 + _WEYL0) & M32, (k1 + _WEYL1) & M32
    return c1 << S32 | c0, c3 << S32 | c2


@jitable
def random_bits(seed: Any, high: Any, position: Any) -> Any:
    """The random uint64 of token `position` (uint64) in the stream and attempt that `high` packs."""
    first, second = philox_block(seed, high, position >> ONE)
    return second if position & ONE else first


@jitable
def multiply_high(a: Any, b: Any) -> Any:
    """The high 64 bits of the 128-bit product of two uint64."""
    a0, a1, b0, b1 = a & M32, a >> S32, b & M32, b >> S32
    middle = a1 * b0 + (a0 * b0 >> S32)
    return a1 * b1 + (middle >> S32) + ((a0 * b1 + (middle & M32)) >> S32)
