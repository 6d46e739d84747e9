"""The urn of Pitman-Yor at speed: token by token, since each depends on those before it."""

from __future__ import annotations

import numpy as np

from simulate.drawing.backends import counting
from simulate.drawing.compiled import compiled
from simulate.drawing.stream import multiply_high, random_bits

_U0, _U1, _U32 = np.uint64(0), np.uint64(1), np.uint64(32)
_M32 = np.int64(0xFFFFFFFF)
_MIN_TABLES = 1 << 12


@compiled
def grow_urn(discount, concentration, seed, high, checkpoints, edges):
    """Chinese restaurant process; see `reference._urn` for the weights.

    Returns U and the spectrum at each checkpoint; in the end the tokens at each table, its founder, and the table of
    each token.
    """
    extra = np.uint64(max(concentration, 0))
    seated = np.empty(checkpoints[-1], np.int32)
    founders = np.empty(_MIN_TABLES, np.int64)
    counts = np.zeros(_MIN_TABLES, np.int64)
    n_unique = np.zeros(len(checkpoints), np.int64)
    spectrum = np.zeros((len(checkpoints), len(edges)), np.int64)
    n_tables, position = 0, 0
    for j in range(len(checkpoints)):
        while position < checkpoints[j]:
            table = _choose_table(seated, founders, n_tables, position, discount, concentration, extra, seed, high)
            if table == n_tables:
                if n_tables == len(founders):
                    founders = np.concatenate((founders, np.empty(n_tables, np.int64)))
                    counts = np.concatenate((counts, np.zeros(n_tables, np.int64)))
                founders[table] = position
                n_tables += 1
            seated[position] = table
            counts[table] += 1
            position += 1
        n_unique[j] = n_tables
        if len(edges) > 0:
            counting.add_spectrum(counts[:n_tables], edges, spectrum[j])
    return n_unique, spectrum, counts[:n_tables], founders[:n_tables], seated


@compiled
def _choose_table(seated, founders, n_tables, position, discount, concentration, extra, seed, high):
    if position == 0:
        return 0
    attempt = _U0
    while True:
        total = (np.uint64(position) << _U32) + extra
        x = multiply_high(random_bits(seed, high + attempt, np.uint64(position)), total)
        if x < extra:
            return n_tables
        x -= extra
        neighbour = np.int64(x >> _U32)
        part = np.int64(x) & _M32
        table = np.int64(seated[neighbour])
        if founders[table] != neighbour or part >= discount:
            return table
        new = discount
        if neighbour == 0 and concentration < 0:
            new += concentration
        if part < new:
            return n_tables
        attempt += _U1
