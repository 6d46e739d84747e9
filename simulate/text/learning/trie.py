"""The n-grams of a training text in one trie, which grows with it: counts as Kneser & Ney (1995) want them.

| letter | is                                                                                              |
|--------|-------------------------------------------------------------------------------------------------|
| g      | an n-gram of 1 to `depth` units; a node, the child of its first units by its last               |
| c(g)   | for the longest n-grams how often g occurs; for shorter ones how many different units occur     |
|        | before g, each occurrence at the start of a stream, which has none before it, counting as one   |

A unit is added to the longest n-gram that it ends; to the next shorter one only where that was new; and so on. So c
of shorter n-grams counts different units before them, a unit costs about one look into the table where its context is
known, and the same trie is right after any number of units: prefixes of a text need no second reading. These are also
the counts of PPM with update exclusion (Moffat 1990).

A node links to the n-gram without its first unit, which is always there. An n-gram of a stream never joins two.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from simulate.drawing.compiled import bare
from simulate.text.reading.room import require

MAX_DEPTH = 16
"""Units of the longest n-gram that is counted."""

_NODES = 1 << 16
_NODE_BYTES = 8 + 4 + 4 + 1 + 2 * 4


@dataclass(frozen=True, eq=False)
class Tallies:
    """What both learners need of the counts, of each node as a context, and of each order; float64 where divided."""

    total: np.ndarray
    """(node) sum of c over the n-grams that go on from it, int64."""
    kinds: np.ndarray
    """(node, 3) how many of these have c of 1, 2, and 3 or more, uint32."""
    shared: np.ndarray
    """(node) sum of c over the same units after the context that is shorter by one, int64."""
    counts: np.ndarray
    """(order, c) n-grams of each order whose c is 0 … 4, and 5 or more; order 0 has none."""


class Trie:
    """N-grams of up to `depth` units of what it was taught; units are numbers below 2^32."""

    def __init__(self, depth: int) -> None:
        self.depth = depth
        self.n_units = 0
        self.n_nodes = 1
        self._state = 0
        self.keys = np.zeros(_NODES, dtype=np.uint64)
        self.counts = np.zeros(_NODES, dtype=np.uint32)
        self.links = np.zeros(_NODES, dtype=np.uint32)
        self.orders = np.zeros(_NODES, dtype=np.uint8)
        self.table = np.zeros(2 * _NODES, dtype=np.uint32)

    def learn(self, ids: np.ndarray, first: np.ndarray) -> None:
        """Count the units `ids`, uint32, that follow what was taught before; `first` is 1 where a stream begins.

        NoRoomError where they need more memory than is free.
        """
        at = 0
        while True:
            at, self.n_nodes, self._state = _learn(
                ids, first, at, self.depth, self._state, self.n_nodes, self.keys, self.counts, self.links, self.orders,
                self.table,
            )  # fmt: skip
            if at == len(ids):
                break
            self._grow()
        self.n_units += len(ids)

    def tallies(self) -> Tallies:
        """Sums over the counts as they are now."""
        n = self.n_nodes
        require(28 * n)
        found = Tallies(
            total=np.zeros(n, dtype=np.int64),
            kinds=np.zeros((n, 3), dtype=np.uint32),
            shared=np.zeros(n, dtype=np.int64),
            counts=np.zeros((self.depth + 1, 6), dtype=np.int64),
        )
        _tally(self.keys, self.counts, self.links, self.orders, n, found.total, found.kinds, found.shared, found.counts)
        return found

    def _grow(self) -> None:
        """Twice the room."""
        size = len(self.counts)
        require(size * (_NODE_BYTES + 8))  # the larger arrays, while the smaller ones are still there one by one
        for name in ("keys", "counts", "links", "orders"):
            old = getattr(self, name)
            new = np.zeros(2 * size, dtype=old.dtype)
            new[:size] = old
            setattr(self, name, new)
        self.table = np.zeros(4 * size, dtype=np.uint32)
        _fill(self.keys, self.n_nodes, self.table)


@bare
def place(context: Any, unit: Any, keys: Any, table: Any) -> Any:
    """Where in `table` the child of `context` by `unit` is, or would be; node 0, the root, is nobody's child."""
    key = (np.uint64(context) << np.uint64(32)) | np.uint64(unit)
    mixed = key * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= mixed >> np.uint64(32)
    mixed *= np.uint64(0xD6E8FEB86659FD93)
    mixed ^= mixed >> np.uint64(32)
    last = np.uint64(len(table) - 1)  # a power of two
    slot = mixed & last
    while table[slot] and keys[table[slot]] != key:
        slot = (slot + np.uint64(1)) & last
    return slot


@bare
def _learn(
    ids: Any, first: Any, at: int, depth: int, state: Any, n: int, keys: Any, counts: Any, links: Any, orders: Any,
    table: Any,
) -> Any:  # fmt: skip
    """Count units from `at` on, as long as there is room for all that one may need; where it stopped, nodes, state."""
    while at < len(ids) and n + depth <= len(counts):
        if first[at]:
            state = 0
        unit = ids[at]
        context = state
        above: Any = 0
        longest: Any = 0
        while True:
            slot = place(context, unit, keys, table)
            node: Any = np.int64(table[slot])
            known = node != 0
            if not known:
                node = n
                n += 1
                keys[node] = (np.uint64(context) << np.uint64(32)) | np.uint64(unit)
                orders[node] = orders[context] + 1
                table[slot] = node
            counts[node] += np.uint32(1)
            if above:
                links[above] = node
            if not longest:
                longest = node
            if known or context == 0:
                break
            above, context = node, np.int64(links[context])
        state = longest if orders[longest] < depth else np.int64(links[longest])
        at += 1
    return at, n, state


@bare
def _fill(keys: Any, n: int, table: Any) -> None:
    for node in range(1, n):
        table[place(keys[node] >> np.uint64(32), keys[node] & np.uint64(0xFFFFFFFF), keys, table)] = node


@bare
def _tally(
    keys: Any, counts: Any, links: Any, orders: Any, n: int, total: Any, kinds: Any, shared: Any, of_counts: Any
) -> None:
    for node in range(1, n):
        context = np.int64(keys[node] >> np.uint64(32))
        count: Any = np.int64(counts[node])
        total[context] += count
        kinds[context, min(count, 3) - 1] += np.uint32(1)
        if context:
            shared[context] += np.int64(counts[links[node]])
        of_counts[orders[node], min(count, 5)] += 1
