"""The suffix automaton of a text: all that may stand before a unit, put together where it stands at the same places.

| letter | is                                                                                             |
|--------|------------------------------------------------------------------------------------------------|
| q      | a state: n-grams, of any length, that end at the same places of the text                       |
| c(q)   | how many places these are                                                                      |
| q·w    | the state of an n-gram of q with w after it; c(q·w) is how often w follows q                    |

Built unit by unit, in time and memory that grow with the text (Blumer et al. 1985): at most two states and three moves
a unit. No n-gram joins two streams.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from simulate.drawing.compiled import compiled
from simulate.text.learning.trie import place
from simulate.text.reading.room import require

_BYTES = 2 * 4 * 4 + 3 * (8 + 4 + 4)
"""Of states and moves, a unit; the table of moves comes to these."""


@dataclass(frozen=True, eq=False)
class Automaton:
    """States, the root first, and moves; those of n-grams that nothing follows have none."""

    counts: np.ndarray
    """(state) c(q), of the root all units, int64."""
    lengths: np.ndarray
    """(state) units of the longest n-gram of each, int32."""
    origins: np.ndarray
    """(move) the state it leaves, int64."""
    units: np.ndarray
    """(move) the unit it adds, int64."""
    targets: np.ndarray
    """(move) the state it leads to, int64."""


def automaton_of(ids: np.ndarray, first: np.ndarray) -> Automaton:
    """The automaton of units `ids`, numbers below 2^32, of streams that begin where `first` is 1.

    NoRoomError where it needs more memory than is free.
    """
    n = max(len(ids), 1)
    slots = 1 << (2 * 3 * n).bit_length()
    require(_BYTES * n + 4 * slots)
    lengths, links = np.zeros(2 * n + 1, dtype=np.int32), np.zeros(2 * n + 1, dtype=np.int32)
    ends, heads = np.zeros(2 * n + 1, dtype=np.uint32), np.zeros(2 * n + 1, dtype=np.uint32)
    keys, targets = np.zeros(3 * n + 1, dtype=np.uint64), np.zeros(3 * n + 1, dtype=np.uint32)
    following, table = np.zeros(3 * n + 1, dtype=np.uint32), np.zeros(slots, dtype=np.uint32)
    n_states, n_moves = _build(ids, first, lengths, links, ends, heads, keys, targets, following, table)
    counts = ends[:n_states].astype(np.int64)
    longest_first = np.argsort(lengths[:n_states], kind="stable")[::-1]
    _add_up(longest_first, links, counts)
    moves = slice(1, n_moves)
    return Automaton(
        counts, lengths[:n_states], (keys[moves] >> np.uint64(32)).astype(np.int64),
        (keys[moves] & np.uint64(0xFFFFFFFF)).astype(np.int64), targets[moves].astype(np.int64),
    )  # fmt: skip


@compiled
def _build(
    ids: Any, first: Any, lengths: Any, links: Any, ends: Any, heads: Any, keys: Any, targets: Any, following: Any,
    table: Any,
) -> Any:  # fmt: skip
    """States and moves, each one more than their number; moves are numbered from 1, and those of a state chained."""
    links[0] = -1
    n, m = 1, 1
    last: Any = 0
    for at in range(len(ids)):
        if first[at]:
            last = 0
        unit = ids[at]
        known = np.int64(table[place(last, unit, keys, table)])
        new: Any = 0
        if not known:
            new = n
            n += 1
            lengths[new] = lengths[last] + 1
        p: Any = last
        while p >= 0:
            slot = place(p, unit, keys, table)
            if table[slot]:
                break
            keys[m] = (np.uint64(p) << np.uint64(32)) | np.uint64(unit)
            targets[m], following[m], heads[p], table[slot] = new, heads[p], m, m
            m += 1
            p = np.int64(links[p])
        parent: Any = 0
        if p >= 0:
            parent = np.int64(targets[table[place(p, unit, keys, table)]])
            if lengths[parent] != lengths[p] + 1:  # its longer n-grams end at fewer places from now on
                whole, parent = parent, n
                n += 1
                lengths[parent], links[parent], links[whole] = lengths[p] + 1, links[whole], parent
                m = _copy_moves(whole, parent, m, heads, keys, targets, following, table)
                _turn(p, unit, whole, parent, links, keys, targets, table)
        if new:
            links[new] = parent
            last = new
        else:
            last = parent
        ends[last] += np.uint32(1)
    return n, m


@compiled
def _copy_moves(
    whole: Any, part: Any, m: Any, heads: Any, keys: Any, targets: Any, following: Any, table: Any
) -> Any:  # fmt: skip
    """Moves of `whole` for `part` as well, numbered from `m` on; the number after the last."""
    move: Any = np.int64(heads[whole])
    while move:
        unit = keys[move] & np.uint64(0xFFFFFFFF)
        slot = place(part, unit, keys, table)
        keys[m] = (np.uint64(part) << np.uint64(32)) | unit
        targets[m], following[m], heads[part], table[slot] = targets[move], heads[part], m, m
        m += 1
        move = np.int64(following[move])
    return m


@compiled
def _turn(p: Any, unit: Any, whole: Any, part: Any, links: Any, keys: Any, targets: Any, table: Any) -> None:
    """Moves by `unit` from `p` and its suffixes that led to `whole` lead to `part`."""
    while p >= 0:
        move = np.int64(table[place(p, unit, keys, table)])
        if not move or targets[move] != whole:
            break
        targets[move] = part
        p = np.int64(links[p])


@compiled
def _add_up(order: Any, links: Any, counts: Any) -> None:
    """Places of a state are those of all that it is a suffix of."""
    for state in order:
        if state:
            counts[links[state]] += counts[state]
