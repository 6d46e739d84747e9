"""The backend for processors: the draws of `reference`, compiled, many per microsecond.

Random numbers are made a chunk at a time so that the compiler can vectorise them, then each token is counted: a
type with a cell of its own in a table, any other type in an open-addressed hash table that grows.
Nothing depends on the size of a chunk. The loops release the interpreter lock.
"""

from __future__ import annotations

import numpy as np

from simulate.backends import Growth
from simulate.compiled import compiled
from simulate.sampling import FLAT, FRESH, URN, Sampler, draw_flat, draw_from_block, find_cell
from simulate.stream import Stream, multiply_high, philox_block, random_bits

CHUNK = 512
MAX_DENSE = 1 << 27

_FRESH = np.uint64(FRESH)
_MIX = np.uint64(0x9E3779B97F4A7C15)
_U0, _U1, _U32 = np.uint64(0), np.uint64(1), np.uint64(32)
_M32 = np.int64(0xFFFFFFFF)
_MIN_SLOTS = 1 << 12


def growth(
    sampler: Sampler, checkpoints: np.ndarray, stream: Stream, *, edges: np.ndarray, chunk: int = CHUNK
) -> Growth:
    """Draw ``checkpoints[-1]`` tokens and count distinct ones and multiplicities at each checkpoint."""
    seed, high = np.uint64(stream.seed), np.uint64(stream.high)
    grid = np.ascontiguousarray(checkpoints, np.int64)
    if sampler.kind == URN:
        n_unique, spectrum = _grow_urn(*sampler.parameter, seed, high, grid, edges)
    else:
        flat = sampler.kind == FLAT
        n_types = np.uint64(sampler.parameter[0])
        # A table of counts is worth its memory where most of it will be used.
        few = sampler.parameter[0] <= min(4 * grid[-1], MAX_DENSE)
        n_dense = (sampler.parameter[0] if few else 0) if flat else sampler.n_dense
        n_unique, spectrum = _grow(sampler.kind, n_types, sampler.cells, n_dense, seed, high, grid, edges, chunk)
    return Growth(n_unique, spectrum)


@compiled
def _fill(keys, seed, high, first):
    """Random values of the tokens from `first` (even) on."""
    for i in range(len(keys) // 2):
        a, b = philox_block(seed, high, np.uint64(first // 2 + i))
        keys[2 * i] = a
        keys[2 * i + 1] = b


@compiled
def _to_keys(keys, kind, n_types, cells, limit, seed, high, first):
    """Replace the random values of the tokens from `first` on by their keys."""
    start, guide, first_key, width, ratio, component, last, power = cells
    for i in range(len(keys)):
        if kind == FLAT:
            keys[i] = draw_flat(n_types, keys[i])
            continue
        cell = find_cell(start, guide, keys[i])
        key = first_key[cell]
        if key >= limit and key < _FRESH:
            part = component[cell]
            position = np.uint64(first + i)
            key = draw_from_block(key, width[cell], ratio[cell], last[part], power[part], seed, high, position)
        keys[i] = key


@compiled
def _grow(kind, n_types, cells, n_dense, seed, high, checkpoints, edges, chunk):
    keys = np.empty((chunk + 3) // 2 * 2, np.uint64)
    dense = np.zeros(n_dense, np.int64)
    limit = np.uint64(n_dense)
    hashed = _roomy(np.zeros((_MIN_SLOTS, 2), np.uint64), chunk + 1)
    n_unique = np.zeros(len(checkpoints), np.int64)
    spectrum = np.zeros((len(checkpoints), len(edges)), np.int64)
    n_seen, n_hashed, n_fresh, position = 0, 0, 0, 0
    for j in range(len(checkpoints)):
        while position < checkpoints[j]:
            first = position // 2 * 2
            stop = min(first + chunk + (chunk & 1), checkpoints[j])
            part = keys[: (stop - first + 1) // 2 * 2]
            _fill(part, seed, high, first)
            _to_keys(part, kind, n_types, cells, limit, seed, high, first)
            for key in part[position - first : stop - first]:
                if key < limit:
                    n_seen += dense[key] == 0
                    dense[key] += 1
                elif key >= _FRESH:
                    n_fresh += 1
                else:
                    n_hashed += _count(hashed, key)
            position = stop
            hashed = _roomy(hashed, n_hashed + chunk + 1)
        n_unique[j] = n_seen + n_hashed + n_fresh
        spectrum[j, 0] = n_fresh
        _add_spectrum(dense, edges, spectrum[j])
        _add_spectrum(hashed[:, 1], edges, spectrum[j])
    return n_unique, spectrum


@compiled
def _slot(hashed, key):
    """Row of `key` in a table of (key, count), or the row where it would go: the first with count 0."""
    mask = np.uint64(len(hashed) - 1)
    mixed = key * _MIX
    slot = (mixed ^ (mixed >> _U32)) & mask
    while hashed[slot, 0] != key and hashed[slot, 1] != _U0:
        slot = (slot + _U1) & mask
    return slot


@compiled
def _count(hashed, key):
    """Count `key` once more; True where it was not there before."""
    slot = _slot(hashed, key)
    hashed[slot, 0] = key
    hashed[slot, 1] += _U1
    return hashed[slot, 1] == _U1


@compiled
def _roomy(hashed, n_keys):
    """`hashed`, in a wider table if `n_keys` would fill more than half of it."""
    while 2 * n_keys > len(hashed):
        wider = np.zeros((2 * len(hashed), 2), np.uint64)
        for row in hashed:
            if row[1] != _U0:
                wider[_slot(wider, row[0])] = row
        hashed = wider
    return hashed


@compiled
def _add_spectrum(counts, edges, spectrum):
    """Add the number of types in each bin of multiplicity; small multiplicities have bins of their own."""
    for i in range(len(counts)):
        count = np.int64(counts[i])
        if count == 0:
            continue
        if count <= len(edges) and edges[count - 1] == count:
            spectrum[count - 1] += 1
        else:
            spectrum[np.searchsorted(edges, count, side="right") - 1] += 1


@compiled
def _grow_urn(discount, concentration, seed, high, checkpoints, edges):
    """Chinese restaurant process; see `reference._urn` for the weights."""
    extra = np.uint64(max(concentration, 0))
    seated = np.empty(checkpoints[-1], np.int32)
    founders = np.empty(_MIN_SLOTS, np.int64)
    counts = np.zeros(_MIN_SLOTS, np.int64)
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
        _add_spectrum(counts[:n_tables], edges, spectrum[j])
    return n_unique, spectrum


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
