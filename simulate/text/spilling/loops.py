"""The loops of a count by parts: parts of keys, a table of the windows of a part, and what it says.

A window is a key of 64 bits, its units as they stand where they fit, or the ids of the two shorter windows that it
consists of; and a number w, its place among all windows of its length. Keys of one part come in the order of w. A table
has four words for each distinct window:

| word | holds |
|---|---|
| 0 | the key |
| 1 | a bit for each block in which it occurs; once the part is counted, its id among the windows that occur again |
| 2 | how often it occurs; and above it, from bit 32 on, how often in the first block in which it does |
| 3 | w of where it occurred last; and above it the bin of how often it occurs |

A place without occurrences is empty.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from simulate.drawing.compiled import bare, compiled, inlined, prefetch, trailing_zeros
from simulate.drawing.stream import LOW, MIX, ONE, S32, ZERO

ALONE = np.uint32(2**32 - 1)
"""The id of every window that occurs once in the text: all that contain it occur once as well."""

WORDS = 4
_TWO, _THREE = np.uint64(2), np.uint64(3)
_FOUR = np.uint64(4)
_AHEAD = 32

TAKEN, POINT, BLOCK = 0, 1, 2
"""Places in the `state` of `count`."""


@inlined
def hashed(key: Any) -> Any:
    """The hash of a key: another number of 64 bits for each."""
    key = (key ^ key >> S32) * MIX
    key = (key ^ key >> S32) * MIX
    return key ^ key >> S32


@inlined
def _part_of(value: Any, n_parts: Any) -> Any:
    """The part of a hash, from its upper half; slots are taken from the lower one."""
    return (value >> S32) * n_parts >> S32


@bare
def split(keys: Any, places: Any, n_parts: Any, sorted_keys: Any, sorted_places: Any, ends: Any) -> None:
    """Keys and numbers in the order of their parts; `ends` becomes where each part ends."""
    ends[:] = 0
    for key in keys:
        ends[_part_of(hashed(key), n_parts)] += 1
    total = np.int64(0)
    for part in range(len(ends)):
        total += ends[part]
        ends[part] = total - ends[part]
    for i in range(np.uint64(len(keys))):
        key = keys[i]
        part = _part_of(hashed(key), n_parts)
        at = np.uint64(ends[part])
        sorted_keys[at], sorted_places[at] = key, places[i]
        ends[part] = np.int64(at + ONE)


@bare
def split_again(
    keys: Any, places: Any, n_parts: Any, n_portions: Any, sorted_keys: Any, sorted_places: Any, ends: Any
) -> None:
    """Keys and numbers of one of `n_parts` parts in the order of its portions; `ends` becomes where each ends."""
    ends[:] = 0
    for key in keys:
        ends[_part_of((hashed(key) >> S32) * n_parts << S32, n_portions)] += 1
    total = np.int64(0)
    for portion in range(len(ends)):
        total += ends[portion]
        ends[portion] = total - ends[portion]
    for i in range(np.uint64(len(keys))):
        key = keys[i]
        portion = _part_of((hashed(key) >> S32) * n_parts << S32, n_portions)
        at = np.uint64(ends[portion])
        sorted_keys[at], sorted_places[at] = key, places[i]
        ends[portion] = np.int64(at + ONE)


@compiled
def chosen(keys: Any, subs: Any, sub: Any) -> Any:
    """Places of the keys of `sub` among `subs`, a power of two: by bits that neither parts nor slots are taken from."""
    found = np.empty(len(keys), np.int64)
    n = 0
    for i in range(len(keys)):
        if (hashed(keys[i]) * MIX >> np.uint64(40)) & (subs - ONE) == sub:
            found[n] = i
            n += 1
    return found[:n]


@bare
def count(
    keys: Any, places: Any, table: Any, direct: bool, room: int, state: Any, pieces: Any, size: Any, n_blocks: int,
    steps: Any, limits: Any, at: Any, edges: Any, unique: Any, spectrum: Any, inside: Any, first: int,
) -> Any:  # fmt: skip
    """Count the keys from number `first` on; returns how many were dealt with, fewer where the table is full.

    Keys that are small numbers say their places in a table themselves, if it is `direct`.

    `state` has how many windows are in the table and where in the grid, in the blocks; `pieces` takes where the piece
    of each row begins that w is in. `at` are the windows in each prefix, `steps` and `limits` the windows in a piece of
    each row and in all pieces of a block. Of the numbers, `unique` and `spectrum` take what changes within each prefix.

    A window that is new in its block is new in its piece of every row, but for what is left behind the last piece: so
    most are counted once for all rows, and where pieces begin is asked of the others alone.
    """
    mask, least = np.uint64(len(table) // WORDS - 1), size
    for limit in limits:
        least = min(least, limit)
    taken, point, block = state[TAKEN], np.uint64(state[POINT]), state[BLOCK]
    region, block_first, n_at = size * n_blocks, block * size, np.uint64(len(at))
    newest, leave, n, fresh = np.int64(-1), np.int64(-1), len(keys), np.int64(0)
    for begin in range(first, n, _AHEAD):
        stop = min(begin + _AHEAD, n)
        _ask_ahead(keys, begin, stop, mask, table, direct)
        for i in range(np.uint64(begin), np.uint64(stop)):
            w = np.int64(places[i])
            slot = np.uint64(keys[i]) * _FOUR if direct else _find(keys[i], mask, table)
            often = table[slot + _TWO] & LOW
            if often == ZERO:
                if taken >= room:
                    _end_block(fresh, block, inside)
                    state[TAKEN], state[POINT], state[BLOCK] = taken, point, block
                    return np.int64(i)
                taken += 1
                table[slot] = keys[i]
            while point < n_at and w >= at[point]:
                point += ONE
            if w < region:
                if w >= block_first + size:
                    _end_block(fresh, block, inside)
                    block = w // size
                    block_first, leave, fresh = block * size, np.int64(-1), np.int64(0)
                before = np.int64(table[slot + _THREE] & LOW) if often > ZERO else np.int64(-1)
                if before < block_first:
                    fresh += 1
                    if w - block_first >= least:
                        _take_back(w - block_first, limits, block, inside)
                else:
                    if w >= leave:
                        leave, newest = _pieces_at(w, block_first, steps, limits, pieces)
                    if before < newest:
                        _count_in_pieces(before, pieces, block, inside)
                _put_in_block(table, slot, block)
            _count_in_grid(table, slot, often, np.uint64(w), point, edges, unique, spectrum)
    _end_block(fresh, block, inside)
    state[TAKEN], state[POINT], state[BLOCK] = taken, point, block
    return n


@bare
def _ask_ahead(keys: Any, begin: Any, stop: Any, mask: Any, table: Any, direct: bool) -> None:
    """Ask for what the look-ups of some keys will read, so that memory fetches it all at the same time."""
    for i in range(begin, stop):
        prefetch(table, (np.uint64(keys[i]) if direct else hashed(keys[i]) & mask) * _FOUR)


@bare
def _find(key: Any, mask: Any, table: Any) -> Any:
    """The first word of the place of `key`, or of the empty one where it belongs."""
    slot = (hashed(key) & mask) * _FOUR
    while table[slot + _TWO] != ZERO and table[slot] != key:
        slot = (slot + _FOUR) & ((mask << _TWO) | _THREE)
    return slot


@bare
def _end_block(fresh: Any, block: Any, inside: Any) -> None:
    """Add the windows that are new in a block to its pieces of each row."""
    for row in range(len(inside)):
        inside[row, block] += fresh


@bare
def _take_back(place: Any, limits: Any, block: Any, inside: Any) -> None:
    """A window at a place of its block is in no piece of some rows, of which it is counted with all others."""
    for row in range(len(limits)):
        inside[row, block] -= place >= limits[row]


@bare
def _count_in_pieces(before: Any, pieces: Any, block: Any, inside: Any) -> None:
    """Count a window that occurred `before` in its block in those of its `pieces` in which it is new."""
    for row in range(len(pieces)):
        inside[row, block] += before < pieces[row]


@bare
def _put_in_block(table: Any, slot: Any, block: Any) -> None:
    """Write down that a window is in a block, and how often in the first one."""
    seen, bit = table[slot + ONE], ONE << np.uint64(block)
    table[slot + ONE] = seen | bit
    if seen & ~bit == ZERO:
        table[slot + _TWO] += ONE << S32


@bare
def _count_in_grid(
    table: Any, slot: Any, often: Any, w: Any, point: Any, edges: Any, unique: Any, spectrum: Any
) -> None:
    """What one more occurrence, at `w`, changes in the spectrum; and that it was there."""
    here = table[slot + _THREE] >> S32
    if often == ZERO:
        unique[point] += 1
        spectrum[point, 0] += 1
    elif here + ONE < np.uint64(len(edges)) and often + ONE >= np.uint64(edges[here + ONE]):
        spectrum[point, here] -= 1
        spectrum[point, here + ONE] += 1
        here += ONE
    table[slot + _TWO] += ONE
    table[slot + _THREE] = here << S32 | w


@bare
def _pieces_at(w: Any, block_first: Any, steps: Any, limits: Any, pieces: Any) -> Any:
    """Say where the piece of each row begins that `w` is in; returns where the first of them is left, and where the
    last one begins."""
    soonest, newest, inside = np.int64(2**62), np.int64(-1), np.uint64(w - block_first)
    for row in range(len(steps)):
        step = np.uint64(steps[row])
        if inside < np.uint64(limits[row]):
            pieces[row] = block_first + np.int64(inside // step * step)
            soonest = min(soonest, pieces[row] + np.int64(step))
            newest = max(newest, pieces[row])
        else:  # behind the last piece of its block, where nothing is counted
            pieces[row] = -1
    return soonest, newest


@bare
def count_lonely(
    places: Any, state: Any, size: Any, n_blocks: int, steps: Any, limits: Any, at: Any, unique: Any, spectrum: Any,
    inside: Any, own: Any,
) -> None:  # fmt: skip
    """Add windows that occur once to the counts of prefixes and blocks: each is new, and in its block alone (`own`)."""
    point, region, block, block_end = state[POINT], size * n_blocks, np.int64(0), np.int64(0)
    for place in places:
        w = np.int64(place)
        while point < len(at) and w >= at[point]:
            point += 1
        unique[point] += 1
        spectrum[point, 0] += 1
        if w < region:
            if w >= block_end:
                block = w // size
                block_end = (block + 1) * size
            own[block] += 1
            for row in range(len(steps)):
                inside[row, block] += w - (block_end - size) < limits[row]
    state[POINT] = point


@bare
def refill(table: Any, wider: Any) -> None:
    """Put what is in `table` into `wider`, which is empty."""
    mask = np.uint64(len(wider) // WORDS - 1)
    for old in range(0, len(table), WORDS):
        if table[old + 2] != 0:
            slot = _find(table[old], mask, wider)
            for word in range(WORDS):
                wider[slot + np.uint64(word)] = table[old + word]


@bare
def judge(table: Any, change: Any, masks: Any) -> Any:
    """What the table says of blocks: number of windows that occur once, what f1 changes by without each block.

    `masks` is filled with the blocks of each distinct window that is in one, and has room for one more; returns that
    number as well. Whether there is a window at a place, and in how many blocks, is as good as random, so that nothing
    branches on it.
    """
    once, n_masks, last = np.int64(0), ZERO, np.uint64(len(change) - 1)
    for slot in range(ZERO, np.uint64(len(table)), _FOUR):
        seen, counted = table[slot + ONE], table[slot + _TWO]
        masks[n_masks] = seen
        n_masks += np.uint64(seen != ZERO)
        often, here = counted & LOW, counted >> S32
        rest = seen & (seen - ONE)
        alone = np.int64(often == ONE)
        both = np.int64((rest != ZERO) & (rest & (rest - ONE) == ZERO))  # in two blocks
        once += alone
        change[min(trailing_zeros(seen), last)] += both * np.int64(often - here == ONE) - alone
        change[min(trailing_zeros(rest), last)] += both * np.int64(here == ONE)
    return once, np.int64(n_masks)


@compiled
def occurrences(table: Any, taken: int) -> Any:
    """How often each of the `taken` windows of the table occurs."""
    found, n = np.empty(taken, np.int64), 0
    for slot in range(0, len(table), WORDS):
        often = np.int64(table[slot + 2] & LOW)
        if often > 0:
            found[n] = often
            n += 1
    return found


@bare
def label(table: Any, first: int) -> int:
    """Give ids from `first` on to the windows that occur more than once; returns the next one."""
    for slot in range(0, len(table), WORDS):
        often = table[slot + 2] & LOW
        if often > ONE:
            table[slot + 1] = np.uint64(first)
            first += 1
        elif often == ONE:
            table[slot + 1] = np.uint64(ALONE)
    return first


@bare
def look_up(keys: Any, table: Any, ids: Any) -> None:
    """Fill `ids` with what `label` gave each of the keys, which are in the table."""
    mask = np.uint64(len(table) // WORDS - 1)
    for begin in range(0, len(keys), _AHEAD):
        stop = min(begin + _AHEAD, len(keys))
        _ask_ahead(keys, begin, stop, mask, table, False)
        for i in range(begin, stop):
            ids[i] = np.uint32(table[_find(keys[i], mask, table) + ONE])


@bare
def put_back(keys: Any, where: Any, n_parts: Any, begins: Any, found: Any, out: Any) -> None:
    """Ids of windows in the order of the text, from those `found` in the order of their parts.

    `begins` is where each part begins in `found`; `ALONE` where no window begins, or one that occurs once.
    """
    out[:] = ALONE
    for i in range(len(keys)):
        part = _part_of(hashed(keys[i]), n_parts)
        out[where[i]] = found[begins[part]]
        begins[part] += 1
