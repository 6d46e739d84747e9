"""The urn of Pitman-Yor at speed: token by token, since each depends on those before it.

Which earlier token a token looks at depends on its own random value alone, so values are made a chunk at a time, where
the compiler can vectorise them, and many reads are under way at once. Whether that earlier token founded its table is
the sign of what stands there: nearly all did not, and take its table without another look.
"""

from __future__ import annotations

import numpy as np

from simulate.drawing.backends import counting, keys
from simulate.drawing.compiled import compiled
from simulate.drawing.stream import M32, multiply_high, random_bits

_U0, _U1, _U32 = np.uint64(0), np.uint64(1), np.uint64(32)
_VALUES = 2048
"""Random values that are made at a time: 16 KiB."""
_MIN_TABLES = 1 << 12


@compiled
def grow_urn(discount, concentration, seed, high, checkpoints, edges):
    """Chinese restaurant process; see `reference._urn` for the weights.

    Returns U and the spectrum at each checkpoint; in the end the tokens at each table, its founder, and the table of
    each token.
    """
    extra = np.uint64(max(concentration, 0))
    seated = np.empty(checkpoints[-1], np.int32)  # ~table where a token founded it, until the end
    founders = np.empty(_MIN_TABLES, np.int64)
    counts = np.zeros(_MIN_TABLES, np.int64)
    n_unique = np.zeros(len(checkpoints), np.int64)
    spectrum = np.zeros((len(checkpoints), len(edges)), np.int64)
    values = np.empty(_VALUES, np.uint64)
    n_tables, position = 0, 0
    for j in range(len(checkpoints)):
        while position < checkpoints[j]:
            part = values[: min(_VALUES, checkpoints[j] - position)]
            keys.fill(part, seed, high, position)
            for i in range(len(part)):
                part[i] = multiply_high(part[i], (np.uint64(position + i) << _U32) + extra)
            if n_tables + _VALUES > len(founders):
                founders = np.concatenate((founders, np.empty(len(founders), np.int64)))
                counts = np.concatenate((counts, np.zeros(len(counts), np.int64)))
            n_tables = _seat(
                part, position, seated, founders, counts, n_tables, discount, concentration, extra, seed, high
            )
            position += len(part)
        n_unique[j] = n_tables
        if len(edges) > 0:
            counting.add_spectrum(counts[:n_tables], edges, spectrum[j])
    for i in range(n_tables):
        seated[founders[i]] = i
    return n_unique, spectrum, counts[:n_tables], founders[:n_tables], seated


@compiled
def _seat(values, position, seated, founders, counts, n_tables, discount, concentration, extra, seed, high):
    """Seat the tokens from `position` on by their values, with room for each to found a table; the number of tables."""
    for value in values:
        table = np.int64(n_tables)
        if value >= extra and position > 0:
            x = value - extra
            table = np.int64(seated[np.int64(x >> _U32)])
            if table < 0:
                table = _beside_founder(
                    seated, ~table, x, n_tables, position, discount, concentration, extra, seed, high
                )
        if table == n_tables:
            founders[table] = position
            n_tables += 1
            seated[position] = ~table
        else:
            seated[position] = table
        counts[table] += 1
        position += 1
    return n_tables


@compiled
def _beside_founder(seated, table, x, n_tables, position, discount, concentration, extra, seed, high):
    """The table of a token whose value `x` fell on the founder of `table`, whose weight is smaller by the discount."""
    attempt = _U0
    while True:
        part = np.int64(x & M32)
        if part >= discount:
            return table
        new = discount
        if x >> _U32 == _U0 and concentration < 0:
            new += concentration
        if part < new:
            return np.int64(n_tables)
        attempt += _U1
        total = (np.uint64(position) << _U32) + extra
        x = multiply_high(random_bits(seed, high + attempt, np.uint64(position)), total)
        if x < extra:
            return np.int64(n_tables)
        x -= extra
        other = np.int64(seated[np.int64(x >> _U32)])
        if other >= 0:
            return other
        table = ~other
