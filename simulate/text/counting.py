"""Exact numbers of distinct windows at every prefix of a corpus.

Windows of `length` units get dense ids such that two windows have the same id exactly if they hold the same
units. Ids of longer windows come from ids of shorter ones: for a ≤ k ≤ 2a the k-window at i is the pair of
the a-windows at i and i + k - a, which overlap if k < 2a. A pair is a 64-bit integer, compared whole in a hash
table, so nothing rests on hashes being different. Where an a-window occurs once in the corpus, so do all windows
that contain it, and they need no table: most long windows are like that.

Memory: 4 bytes a unit for ids, 32 to 64 for each distinct window that needs the table (half as much again while it
grows), 7 for each distinct window.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from simulate.drawing.compiled import bare, compiled
from simulate.drawing.stream import MIX, ONE, S32
from simulate.text.cutting.sequences import Units
from simulate.text.reading.room import require
from simulate.text.small import windows as arrays
from simulate.text.small.size import is_small

_ALONE = np.uint64(2**64 - 1)  # in place of a slot: the window needs none
_WINDOWS_AHEAD = 64
_LARGE = 1 << 24
_PART = 1 << 20


EXACT_TO = 100
"""Multiplicities that are counted one by one: f_1 … f_100."""


class WindowIds(NamedTuple):
    """Ids of all windows of `length` units; `ids` is only valid where a window starts."""

    length: int
    ids: np.ndarray
    n_types: int
    small: bool = False
    """Whether they are counted without compiled loops."""


class Growth(NamedTuple):
    """Distinct windows and their spectrum at each prefix."""

    n_unique: np.ndarray
    spectrum: np.ndarray
    """(prefix, bin) numbers of distinct windows by how often they occur; the first two bins are f1 and f2."""


def window_ids(units: Units, lengths: Sequence[int]) -> Iterator[WindowIds]:
    """Yield ids for each of `lengths`, ascending. The array of ids is reused: finish with one before the next."""
    ids, n_types = _unit_ids(units.ids)
    small = is_small(units.n_units, len(set(lengths)))
    longer = arrays.lengthen if small else _lengthened
    starts, level = units.starts, 1
    repeated = np.ones(n_types, dtype=np.uint8)
    for length in sorted(set(lengths)):
        while level < length:
            step = min(level, length - level)
            require(units.n_units)
            found = np.zeros(max(units.n_units, 1), dtype=np.uint8)
            n_types = longer(ids, starts, level + step, step, repeated, found)
            repeated, level = found, level + step
        yield WindowIds(length, ids, n_types, small)


def growth(windows: WindowIds, starts: np.ndarray, at: np.ndarray, edges: np.ndarray) -> Growth:
    """Counts at the prefixes of `at` units (ascending); `edges` are the lower edges of the spectrum's bins.

    `edges` is int64, starts with 1, 2 and ends with the lower edge of the bin that holds every larger
    multiplicity.
    """
    require(6 * windows.n_types)
    n_unique = np.zeros(len(at), dtype=np.int64)
    spectrum = np.zeros((len(at), len(edges)), dtype=np.int64)
    if windows.small:
        arrays.grow(windows.ids, starts, windows.length, windows.n_types, at, edges, n_unique, spectrum)
        return Growth(n_unique, spectrum)
    counts = np.zeros(windows.n_types, dtype=np.uint32)
    bins = np.zeros(windows.n_types, dtype=np.int16)
    _grow(windows.ids, starts, windows.length, at, edges, counts, bins, n_unique, spectrum)
    return Growth(n_unique, spectrum)


def _unit_ids(ids: np.ndarray) -> tuple[np.ndarray, int]:
    """Dense uint32 ids of units, in a new array."""
    require(4 * len(ids))
    parts = [slice(i, i + _PART) for i in range(0, len(ids), _PART)]  # an index of its own takes 8 bytes a unit
    present = np.zeros(int(ids.max()) + 1 if len(ids) else 1, dtype=np.uint32)
    for part in parts:
        present[ids[part]] = 1
    if present.all():  # words have dense ids from the start
        return ids.astype(np.uint32), len(present)
    dense = np.cumsum(present, dtype=np.uint32) - np.uint32(1)
    found = np.empty(len(ids), dtype=np.uint32)
    for part in parts:
        found[part] = dense[ids[part]]
    return found, int(present.sum())


def _lengthened(
    ids: np.ndarray, starts: np.ndarray, length: int, step: int, repeated: np.ndarray, found: np.ndarray
) -> int:
    """Turn ids of windows of `length - step` units into ids of `length`, in place; return how many there are.

    `repeated` says which of the old ids occur more than once (1 where unknown), `found` is filled likewise
    for the new ones. Tables are made here and not in the loop, because NumPy asks for huge pages.
    """
    table = np.zeros(1 << 13, dtype=np.uint64)
    state = np.array([0, starts[0], 0, 0], dtype=np.int64)
    ahead = np.zeros((_WINDOWS_AHEAD + 1, 2), dtype=np.uint64)
    while not _lengthen(ids, starts, length, step, repeated, found, table, state, ahead):
        size = (4 if len(table) < _LARGE else 2) * len(table)
        require(8 * size)
        wider = np.zeros(size, dtype=np.uint64)
        _refill(table, wider)
        table = wider
    return int(state[2])


@bare
def _lengthen(
    ids: Any, starts: Any, length: int, step: int, repeated: Any, found: Any, table: Any, state: Any, ahead: Any
) -> bool:
    """Go on from `state` (stream, window, ids given, keys in the table); False if the table has to grow."""
    stream, i, types, tabled = state[0], state[1], state[2], state[3]
    mask = np.uint64(len(table) // 2 - 1)
    room = len(table) // 4
    while stream < len(starts) - 1:
        last = starts[stream + 1] - length
        while i <= last:
            m = min(_WINDOWS_AHEAD, last - i + 1)
            _look_ahead(ids, i, m, step, repeated, table, ahead)
            for j in range(m):
                slot, key = ahead[j, 0], ahead[j, 1]
                known = np.uint64(0)
                if slot != _ALONE:
                    slot = _probe(table, mask, slot, key)
                    known = table[2 * slot + ONE]
                if known != 0:
                    found[known - ONE] = 1
                    ids[i + j] = known - ONE
                    continue
                if slot != _ALONE and tabled == room:
                    state[0], state[1], state[2], state[3] = stream, i + j, types, tabled
                    return False
                if slot != _ALONE:
                    table[2 * slot] = key
                    table[2 * slot + ONE] = types + 1
                    tabled += 1
                ids[i + j] = types
                types += 1
            i += m
        stream += 1
        i = starts[stream]
    state[2] = types
    return True


@bare
def _probe(table: Any, mask: Any, slot: Any, key: Any) -> Any:
    """The slot of `key`, or the empty slot where it belongs."""
    while table[2 * slot + ONE] != 0 and table[2 * slot] != key:
        slot = (slot + ONE) & mask
    return slot


@bare
def _look_ahead(ids: Any, i: int, m: int, step: int, repeated: Any, table: Any, ahead: Any) -> None:
    """Slot and key of the next `m` windows. Reading their slots here, where nothing depends on what is
    read, has the memory fetch them at the same time: about twice the speed for large tables."""
    mask = np.uint64(len(table) // 2 - 1)
    touched = np.uint64(0)
    for j in range(m):
        left, right = ids[i + j], ids[i + j + step]
        ahead[j, 0] = _ALONE
        if repeated[left] != 0 and repeated[right] != 0:
            key = np.uint64(left) << S32 | np.uint64(right)
            slot = ((key ^ (key >> S32)) * MIX >> S32) & mask
            touched ^= table[2 * slot]
            ahead[j, 0], ahead[j, 1] = slot, key
    ahead[_WINDOWS_AHEAD, 0] = touched


@bare
def _refill(table: Any, wider: Any) -> None:
    mask = np.uint64(len(wider) // 2 - 1)
    for old in range(0, len(table), 2):
        if table[old + 1] != 0:
            key = table[old]
            slot = _probe(wider, mask, ((key ^ (key >> S32)) * MIX >> S32) & mask, key)
            wider[2 * slot] = key
            wider[2 * slot + ONE] = table[old + 1]


@compiled
def _grow(
    ids: Any, starts: Any, length: int, at: Any, edges: Any, counts: Any, bins: Any, n_unique: Any, spectrum: Any
) -> None:
    now = np.zeros(len(edges), dtype=np.int64)
    unique, point, last = 0, 0, len(edges) - 1
    for stream in range(len(starts) - 1):
        for i in range(starts[stream], starts[stream + 1] - length + 1):
            while point < len(at) and at[point] < i + length:
                n_unique[point] = unique
                spectrum[point] = now
                point += 1
            kind = ids[i]
            count = np.int64(counts[kind]) + 1
            counts[kind] = count
            if count == 1:
                unique += 1
                now[0] += 1
                continue
            here = bins[kind]
            if here < last and count >= edges[here + 1]:
                bins[kind] = here + 1
                now[here] -= 1
                now[here + 1] += 1
    while point < len(at):
        n_unique[point] = unique
        spectrum[point] = now
        point += 1
