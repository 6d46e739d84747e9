"""Alias tables (Walker 1977): a listed law as one 8-byte entry a bucket, built in whole numbers.

There are M = 2^b buckets, as many as types, rounded up to a power of two. The leading b of 64 random bits choose the
bucket, the other 64 - b are compared with its threshold: below it the type is that of the bucket, else its alias.
An entry holds the threshold in its upper 64 - b bits and the alias in the lower b.

With a power of two no random bit is lost and no bucket is favoured: the probability of a type is *exactly* the
multiple of 2^-64 that its mass was rounded to. With N buckets for N types, ((u >> 32) · N) >> 32 favours some buckets
by N/2^32, and a threshold of 32 bits rounds probabilities to 2^-32/N. The price is memory, at most twice as much.
"""

from __future__ import annotations

import numpy as np

from simulate.drawing.compiled import compiled

MAX_TYPES = 1 << 26
"""Half a gigabyte of entries."""


def whole_masses(mass: np.ndarray) -> np.ndarray:
    """`mass`, positive in sum, in units of 2^-64 of its sum; what rounding leaves over goes to the largest.

    The sum is 2^64; where one type has all of it, its entry cannot hold it and is 0.
    """
    whole = np.ldexp(mass / mass.sum(), 64)
    largest = int(np.argmax(mass))
    whole[largest] = 0
    sizes = np.rint(whole).astype(np.uint64)
    sizes[largest] = (-int(np.add.reduce(sizes))) % 2**64
    return sizes


def alias_table(sizes: np.ndarray) -> tuple[np.ndarray, int]:
    """Entries and b for the masses `sizes` (uint64, their sum 2^64, none alone)."""
    bits = max(1, (len(sizes) - 1).bit_length())
    rest = np.zeros(1 << bits, np.uint64)
    rest[: len(sizes)] = sizes
    table = np.arange(1 << bits, dtype=np.uint64)
    _pair(rest, table, np.uint64(bits))
    return table, bits


@compiled
def _pair(rest, table, bits):
    """Fill every bucket below its share from a type above it, both in ascending order; `rest` is used up."""
    full = np.uint64(1) << (np.uint64(64) - bits)
    giver = 0
    while giver < len(rest) and rest[giver] <= full:
        giver += 1
    following = giver + 1
    for i in range(len(rest)):
        if rest[i] >= full or table[i] != np.uint64(i):
            continue
        table[i] = rest[i] << bits | np.uint64(giver)
        rest[giver] -= full - rest[i]
        while rest[giver] <= full and following < len(rest):
            while following < len(rest) and rest[following] <= full:
                following += 1
            if following == len(rest):
                break
            if rest[giver] < full:
                table[giver] = rest[giver] << bits | np.uint64(following)
                rest[following] -= full - rest[giver]
            giver = following
            following += 1
