"""The kernels of the `gpu` backend: draw and count, draw and write down, move a table, count multiplicities.

The draws are the scalar functions of `simulate.drawing.stream` and `simulate.drawing.tables`, compiled for the device
as they stand; everything here is a whole number of 64 bits without sign, so that no rounding can tell a device from a
processor. (A uint64 with a Python int would become a float: hence the constants.)

A hash table is one array of pairs (key + 1, count), 0 for an empty slot. A key keeps the slot that it was given
first, and probes go to the next slot: a load that lags behind another thread's store can only show an empty slot,
and then compare-and-swap tells the truth.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import cuda, types

from simulate.drawing.compiled import tell_numba
from simulate.drawing.stream import M32, philox_block, random_bits
from simulate.drawing.tables import (
    ALIAS,
    CELLS,
    FLAT,
    FRESH_KEY,
    WINDOWS,
    draw_alias,
    draw_flat,
    draw_from_block,
    draw_letter,
    find_cell,
    last_anew,
    roll_window,
)

tell_numba()  # of the scalar functions, which kernels call

HEAD = 4096
"""Types counted in a block's own memory: most draws of a steep law fall on a few types, and would queue for them."""

REGISTERS = 64
"""Of a thread at most: four blocks of 256 threads then share a multiprocessor, and wait for memory in turns."""

BINS = 1024
"""Bins of multiplicity counted in a block's own memory."""

CLASS_BITS = 24
"""Of the hash, that say to which class a key belongs when a corpus is counted one class at a time."""

_HEAD, _BINS = np.uint64(HEAD), np.uint64(BINS)
_U0, _U1, _U2, _U32 = (np.uint64(n) for n in (0, 1, 2, 32))
_CLASS_SHIFT = np.uint64(64 - CLASS_BITS)
_MIX0, _MIX1, _MIX2 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57), np.uint64(0x9E3779B9)
_NO32, _ONE32 = np.uint32(0), np.uint32(1)


@cuda.jit(device=True)
def mix(key: Any) -> Any:
    """A bijection of 64 bits that scatters keys: three rounds of multiply and cross over."""
    a, b = key >> _U32, key & M32
    product = b * _MIX0
    a, b = product & M32, (product >> _U32) ^ a
    product = b * _MIX1
    a, b = product & M32, (product >> _U32) ^ a
    product = b * _MIX2
    a, b = product & M32, (product >> _U32) ^ a
    return a << _U32 | b


@cuda.jit(device=True)
def _claim(table: Any, key: Any, mixed: Any) -> Any:
    """The place of `key` in `table`, and 1 if it was not there before."""
    mask = np.uint64((table.size >> 1) - 1)
    slot = mixed & mask
    tag = key + _U1
    while True:
        place = slot << _U1
        held = table[place]
        if held == tag:
            return place, _U0
        if held == _U0:
            held = cuda.atomic.cas(table, np.int64(place), _U0, tag)
            if held == _U0:
                return place, _U1
            if held == tag:
                return place, _U0
        slot = (slot + _U1) & mask


@cuda.jit(device=True)
def _count_key(table: Any, key: Any, chosen: Any, value: Any, enough: Any) -> Any:
    """Count a key of the class `value` once more; 1 if it is new."""
    mixed = mix(key)
    if (mixed >> _CLASS_SHIFT) & chosen != value:
        return _U0
    place, new = _claim(table, key, mixed)
    if table[place + _U1] < enough:
        cuda.atomic.add(table, np.int64(place + _U1), _U1)
    return new


@cuda.jit(device=True)
def _draw_flat(law: Any, n_dense: Any, bits: Any, seed: Any, high: Any, position: Any) -> Any:
    """``law``: (number of types,)."""
    return draw_flat(law[0][0], bits)


@cuda.jit(device=True)
def _draw_alias(law: Any, n_dense: Any, bits: Any, seed: Any, high: Any, position: Any) -> Any:
    """``law``: entries; (log2 of their number,)."""
    return draw_alias(law[0], law[1][0], bits)


@cuda.jit(device=True)
def _draw_window(law: Any, n_dense: Any, bits: Any, seed: Any, high: Any, position: Any) -> Any:
    """``law``: (size of the alphabet, length, base of the key, 1 where the key is the window itself, b and 2^64 ρ of
    `draw_letter` and `last_anew`); alias table."""
    alphabet, length, base, exact, table_bits, repeat = law[0][0], law[0][1], law[0][2], law[0][3], law[0][4], law[0][5]
    place = last_anew(repeat, seed, high, position)
    letter = draw_letter(alphabet, law[1], table_bits, bits if place == position else random_bits(seed, high, place))
    key = letter
    for j in range(1, np.int64(length)):
        place = position + np.uint64(j)
        if repeat == _U0 or random_bits(seed, high + _U2, place) >= repeat:
            letter = draw_letter(alphabet, law[1], table_bits, random_bits(seed, high, place))
        key = roll_window(key, _U0, letter, base, _U1, exact)
    return key


@cuda.jit(device=True)
def _draw_cells(law: Any, n_dense: Any, bits: Any, seed: Any, high: Any, position: Any) -> Any:
    """``law``: the tables of `simulate.drawing.tables.Cells`."""
    start, guide, first_key, width, ratio, component, last, power = law
    cell = find_cell(start, guide, bits)
    key = first_key[cell]
    if key < n_dense or key >= FRESH_KEY:
        return key
    part = component[cell]
    return draw_from_block(key, width[cell], ratio[cell], last[part], power[part], seed, high, position)


def counting_kernel(draw: Callable[..., Any], registers: int = REGISTERS) -> Any:
    """The kernel that counts the tokens from `first` up to `stop`, drawn by the device function `draw`.

    Keys below `n_dense` are counted in `dense`, others in `table`, as far as ``class & chosen == value``; the ranks
    too large for an integer, and the keys below `n_dense`, only if `all_keys` is 1. Counts from `enough` on may
    stop. ``counted`` receives the number of keys new to the table, and of tokens too large for an integer.
    """

    # The simulator takes no options.
    @cuda.jit(**({} if cuda.config.ENABLE_CUDASIM else {"max_registers": registers}))
    def count(law, seed, high, first, stop, dense, n_dense, table, all_keys, chosen, value, enough, counted):
        head = cuda.shared.array(HEAD, types.uint32)
        totals = cuda.shared.array(2, types.uint32)
        n_head = np.int64(n_dense) if n_dense < _HEAD else HEAD
        if cuda.threadIdx.x == 0:
            totals[0], totals[1] = _NO32, _NO32
        for i in range(cuda.threadIdx.x, n_head, cuda.blockDim.x):
            head[i] = _NO32
        cuda.syncthreads()
        n_new, n_fresh = _U0, _U0
        pair = (first >> _U1) + np.uint64(cuda.grid(1))
        while pair << _U1 < stop:
            even, odd = philox_block(seed, high, pair)
            position, end = pair << _U1, (pair << _U1) + _U2
            position = first if position < first else position
            end = stop if end > stop else end
            while position < end:
                key = draw(law, n_dense, odd if position & _U1 else even, seed, high, position)
                if key >= FRESH_KEY:
                    n_fresh += all_keys
                elif key >= n_dense:
                    n_new += _count_key(table, key, chosen, value, enough)
                elif all_keys and key < _HEAD:
                    if head[key] < enough:
                        cuda.atomic.add(head, np.int64(key), _ONE32)
                elif all_keys and dense[key] < enough:
                    cuda.atomic.add(dense, np.int64(key), _U1)
                position += _U1
            pair += np.uint64(cuda.gridsize(1))
        if n_new:
            cuda.atomic.add(totals, 0, np.uint32(n_new))
        if n_fresh:
            cuda.atomic.add(totals, 1, np.uint32(n_fresh))
        cuda.syncthreads()
        if cuda.threadIdx.x == 0:
            cuda.atomic.add(counted, 0, np.uint64(totals[0]))
            cuda.atomic.add(counted, 1, np.uint64(totals[1]))
        for i in range(cuda.threadIdx.x, n_head, cuda.blockDim.x):
            if head[i]:
                cuda.atomic.add(dense, i, np.uint64(head[i]))

    return count


def keys_kernel(draw: Callable[..., Any], registers: int = REGISTERS) -> Any:
    """The kernel that writes the keys of the tokens from `first` up to `stop`, drawn by the device function `draw`.

    Token i goes to ``keys[i - first]``; keys from `FRESH` on are ranks too large for an integer.
    """

    @cuda.jit(**({} if cuda.config.ENABLE_CUDASIM else {"max_registers": registers}))
    def write(law, seed, high, first, stop, n_dense, keys):
        pair = (first >> _U1) + np.uint64(cuda.grid(1))
        while pair << _U1 < stop:
            even, odd = philox_block(seed, high, pair)
            position, end = pair << _U1, (pair << _U1) + _U2
            position = first if position < first else position
            end = stop if end > stop else end
            while position < end:
                key = draw(law, n_dense, odd if position & _U1 else even, seed, high, position)
                keys[np.int64(position - first)] = key
                position += _U1
            pair += np.uint64(cuda.gridsize(1))

    return write


DRAW = {FLAT: _draw_flat, ALIAS: _draw_alias, CELLS: _draw_cells, WINDOWS: _draw_window}
"""The device function for each kind of table: the key of one token."""

COUNT = {kind: counting_kernel(draw) for kind, draw in DRAW.items()}
"""The kernel that counts, for each kind of table; an urn is drawn token after token and has none."""

KEYS = {kind: keys_kernel(draw) for kind, draw in DRAW.items()}
"""The kernel that writes keys, for each kind of table."""


@cuda.jit
def move(table, wider, chosen, value, counted):
    """Copy the keys of the class `value`, with their counts, into the empty table `wider`."""
    n_kept = _U0
    for i in range(cuda.grid(1), table.size >> 1, cuda.gridsize(1)):
        tag = table[2 * i]
        if tag == _U0:
            continue
        mixed = mix(tag - _U1)
        if (mixed >> _CLASS_SHIFT) & chosen == value:
            place, _ = _claim(wider, tag - _U1, mixed)
            wider[place + _U1] = table[2 * i + 1]
            n_kept += _U1
    if n_kept:
        cuda.atomic.add(counted, 0, n_kept)


@cuda.jit(device=True)
def _bin(edges: Any, count: Any) -> Any:
    """The last bin that begins at or below `count`; small multiplicities have bins of their own."""
    lower, upper = 0, edges.size - 1
    if count <= np.uint64(edges.size) and edges[count - _U1] == count:
        return np.int64(count - _U1)
    while lower < upper:
        middle = (lower + upper + 1) >> 1
        if edges[middle] <= count:
            lower = middle
        else:
            upper = middle - 1
    return lower


@cuda.jit
def add_spectrum(counts, first, step, edges, spectrum):
    """Add to each bin the number of counts in it, out of ``counts[first::step]``; zeros are no counts."""
    bins = cuda.shared.array(BINS, types.uint32)
    n_bins = edges.size if edges.size < BINS else BINS
    for i in range(cuda.threadIdx.x, n_bins, cuda.blockDim.x):
        bins[i] = _NO32
    cuda.syncthreads()
    for i in range(first + step * cuda.grid(1), counts.size, step * cuda.gridsize(1)):
        if counts[i] == _U0:
            continue
        bin_ = _bin(edges, counts[i])
        if bin_ < BINS:
            cuda.atomic.add(bins, bin_, _ONE32)
        else:
            cuda.atomic.add(spectrum, bin_, _U1)
    cuda.syncthreads()
    for i in range(cuda.threadIdx.x, n_bins, cuda.blockDim.x):
        if bins[i]:
            cuda.atomic.add(spectrum, i, np.uint64(bins[i]))


@cuda.jit
def random_words(seed, high, first, words):
    """The random values of a stream from the pair `first` on: what a device is known by."""
    for i in range(cuda.grid(1), words.size >> 1, cuda.gridsize(1)):
        words[2 * i], words[2 * i + 1] = philox_block(seed, high, first + np.uint64(i))
