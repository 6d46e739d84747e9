"""Counting keys: those below a limit in an array or a set of bits, the others in an open-addressed hash table.

A row of the table is a key plus one (so that 0 is an empty row) and, in a table with two columns, its count. The
row of a key is where the upper bits of key · 2^64/φ point, or the first free one after it: to double a table is to
read it once, in order. A chunk of keys is first looked up without looking at what is found, so that the processor
fetches many rows at a time, and then counted from its cache.
"""

from __future__ import annotations

import numpy as np

from simulate.drawing.compiled import bare, compiled
from simulate.drawing.stream import MIX
from simulate.drawing.tables import FRESH_KEY

MIN_SLOTS = 1 << 12
_FEW_WORDS = 1 << 8

_U0, _U1, _U2, _U4, _U6, _U56, _U63, _U64 = (np.uint64(n) for n in (0, 1, 2, 4, 6, 56, 63, 64))
_PAIRS, _FOURS, _BYTES, _ONES = (np.uint64(byte * 0x0101010101010101) for byte in (0x55, 0x33, 0x0F, 0x01))


@bare
def sort_out(keys, limit, counts, seen, others):
    """Count the keys below `limit` in `counts`, or in the bits `seen` where there are none; list the others.

    Returns the number of types seen for the first time, of keys that are new whatever they are, and of `others`.
    """
    n_new, n_fresh, n_others = 0, 0, 0
    with_counts = len(counts) > 0
    for i in range(len(keys)):
        key = keys[i]
        if key < limit:
            if with_counts:
                n_new += counts[key] == 0
                counts[key] += 1
            else:
                word, bit = seen[key >> _U6], _U1 << (key & _U63)
                if not word & bit:
                    seen[key >> _U6] = word | bit
                    n_new += 1
        elif key >= FRESH_KEY:
            n_fresh += 1
        else:
            others[n_others] = key
            n_others += 1
    return n_new, n_fresh, n_others


@bare
def mark(keys, seen):
    """Set the bits of `keys`, all below the limit, and count nothing: `count_bits` does in the end."""
    if len(seen) < _FEW_WORDS:
        # Soon all are set, and a word that was just written is late to be read again.
        for i in range(len(keys)):
            word, bit = seen[keys[i] >> _U6], _U1 << (keys[i] & _U63)
            if not word & bit:
                seen[keys[i] >> _U6] = word | bit
        return
    for i in range(len(keys)):
        seen[keys[i] >> _U6] |= _U1 << (keys[i] & _U63)


@bare
def look_up(table, taken_bits, keys, slots, found):
    """The slots where the search for `keys` begins, and what is there: one fetch does not wait for another."""
    shift = hash_shift(table)
    for i in range(len(keys)):
        slot = np.int64(((keys[i] + _U1) * MIX << taken_bits) >> shift)
        slots[i] = slot
        found[i] = table[slot, 0]


@bare
def hash_shift(table):
    """64 less log2 of the slots of `table`: the mixed bits of a key above it say where the search for it begins."""
    size = 0
    while (1 << size) < len(table):
        size += 1
    return np.uint64(64 - size)


@bare
def _probe(table, row, slot, mask):
    """The slot of `row` (a key plus one), or the free one where it would go."""
    while table[slot, 0] != row and table[slot, 0] != _U0:
        slot = (slot + 1) & mask
    return slot


@bare
def find_slot(table, row, shift):
    """The slot of `row` (a key plus one), or the free one for it, in a table of all keys with this `hash_shift`."""
    return _probe(table, row, np.int64(row * MIX >> shift), len(table) - 1)


@bare
def add_keys(table, taken_bits, keys, slots, found):
    """Count `keys`, whose first `taken_bits` mixed bits are alike, in `table`; the number of new ones.

    `slots` and `found` are working memory of the length of `keys` (or more).
    """
    look_up(table, taken_bits, keys, slots, found)
    mask, counted, n_new = len(table) - 1, table.shape[1] > 1, 0
    for i in range(len(keys)):
        key, slot = keys[i] + _U1, slots[i]
        if found[i] != key:
            slot = _probe(table, key, slot, mask)
            if table[slot, 0] == _U0:
                table[slot, 0] = key
                n_new += 1
        if counted:
            table[slot, 1] += _U1
    return n_new


@bare
def mark_new(keys, limit, seen, others, places, new):
    """Flag in `new` the keys below `limit` or new whatever they are; list the others and their places."""
    n_others = 0
    for i in range(len(keys)):
        key = keys[i]
        new[i] = False
        if key < limit:
            word, bit = seen[key >> _U6], _U1 << (key & _U63)
            if not word & bit:
                seen[key >> _U6] = word | bit
                new[i] = True
        elif key >= FRESH_KEY:
            new[i] = True
        else:
            others[n_others] = key
            places[n_others] = i
            n_others += 1
    return n_others


@bare
def list_new(keys, seen, position, first, n_first):
    """Set the bits of `keys`, all below the limit, and list in `first` the draws of new ones; the number in it then."""
    for i in range(len(keys)):
        word, bit = seen[keys[i] >> _U6], keys[i] & _U63
        seen[keys[i] >> _U6] = word | _U1 << bit
        first[n_first] = position + i  # kept where the type is new: no branch to guess
        n_first += np.int64(~(word >> bit) & _U1)
    return n_first


@bare
def mark_added(table, keys, places, slots, found, new):
    """Add `keys` to `table` and flag the places of new ones."""
    look_up(table, _U0, keys, slots, found)
    mask, n_new = len(table) - 1, 0
    for i in range(len(keys)):
        if found[i] != keys[i] + _U1:
            slot = _probe(table, keys[i] + _U1, slots[i], mask)
            if table[slot, 0] == _U0:
                table[slot, 0] = keys[i] + _U1
                new[places[i]] = True
                n_new += 1
    return n_new


@bare
def refill(wider, table, taken_bits):
    """Copy the rows of `table` to the empty table `wider`."""
    mask, shift = len(wider) - 1, hash_shift(wider)
    for i in range(len(table)):
        if table[i, 0] != _U0:
            slot = np.int64((table[i, 0] * MIX << taken_bits) >> shift)
            while wider[slot, 0] != _U0:
                slot = (slot + 1) & mask
            for column in range(table.shape[1]):
                wider[slot, column] = table[i, column]


def roomy(table: np.ndarray, n_keys: int, taken_bits: int = 0) -> np.ndarray:
    """`table`, or a wider one with its rows if `n_keys` would fill more than three quarters of it."""
    slots = len(table)
    while 4 * n_keys > 3 * slots:
        slots *= 2
    if slots == len(table):
        return table
    # numpy asks for large pages where numba's own arrays do not: a table is read all over.
    wider = np.zeros((slots, table.shape[1]), np.uint64)
    refill(wider, table, np.uint64(taken_bits))
    return wider


def split(table: np.ndarray, part_bits: int) -> list[np.ndarray]:
    """The rows of `table` in tables of their own by the first `part_bits` bits of their hash."""
    rows = table[table[:, 0] > 0]
    part = (rows[:, 0] * MIX) >> np.uint64(64 - part_bits)
    tables = []
    for p in range(1 << part_bits):
        own = rows[part == p]
        tables.append(np.zeros((max(MIN_SLOTS, 1 << (2 * len(own)).bit_length()), table.shape[1]), np.uint64))
        refill(tables[-1], own, np.uint64(part_bits))
    return tables


@compiled
def sort_by_part(keys, part_bits, ordered, ends):
    """Write `keys` to `ordered` by the first `part_bits` bits of their hash; part p ends before ``ends[p]``."""
    shift = _U64 - part_bits
    ends[:] = 0
    for key in keys:
        ends[(key + _U1) * MIX >> shift] += 1
    place = 0
    for p in range(len(ends)):
        place, ends[p] = place + ends[p], place
    for key in keys:
        p = (key + _U1) * MIX >> shift
        ordered[ends[p]] = key
        ends[p] += 1


@bare
def add_part(table, part, part_bits, ordered, ends, slots, found):
    """Count the keys of one part, out of runs that were sorted by part; the number of new ones."""
    n_new = 0
    for run in range(len(ends)):
        begin, end = ends[run, part - 1] if part > 0 else 0, ends[run, part]
        while begin < end:
            stop = min(begin + len(slots), end)
            n_new += add_keys(table, part_bits, ordered[run, begin:stop], slots, found)
            begin = stop
    return n_new


@bare
def count_bits(words):
    """The number of bits that are set: in pairs, in fours, in bytes, then summed by a product (or one instruction)."""
    n = _U0
    for word in words:
        pairs = word - (word >> _U1 & _PAIRS)
        fours = (pairs & _FOURS) + (pairs >> _U2 & _FOURS)
        n += ((fours + (fours >> _U4)) & _BYTES) * _ONES >> _U56
    return np.int64(n)


@bare
def add_spectrum(counts, edges, spectrum):
    """Add the number of types in each bin of multiplicity."""
    for i in range(len(counts)):
        if counts[i] > 0:
            spectrum[bin_of(np.int64(counts[i]), edges)] += 1


@bare
def bin_of(multiplicity, edges):
    """The bin of a multiplicity: the last whose lower edge is not above it; small ones have bins of their own.

    numpy's search compiles for half a second in each loop that asks for it.
    """
    if multiplicity <= len(edges) and edges[multiplicity - 1] == multiplicity:
        return multiplicity - 1
    lower, upper = np.int64(0), np.int64(len(edges) - 1)
    while lower < upper:
        middle = (lower + upper + 1) >> 1
        if edges[middle] <= multiplicity:
            lower = middle
        else:
            upper = middle - 1
    return lower
