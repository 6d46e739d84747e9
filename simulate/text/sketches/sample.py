"""How many windows occur once, twice, …, estimated from a sample of the distinct ones: `WindowSample`.

Every distinct window has a hash of 64 bits. Kept are those whose hash is below 2^(64 - j), each with how often it
occurs; j, 0 at first, grows by one whenever more than `capacity` are kept (adaptive sampling; Wegman, analysed by
Flajolet 1990). A kept window was kept from its first occurrence on, since the threshold only falls: its count is exact.
So each distinct window is in the sample with probability p = 2^-j, whatever its count, and of f_k windows that occur k
times s_k are kept:

    f̂_k = s_k / p,     standard error √(f_k (1 - p) / p),

binomial given j. Which windows are kept depends on the set of them alone, so that the sample of a union is the union of
samples, thinned to the capacity: it does not matter in which order or grouping parts of a text are merged.

Beside its count each kept window has a bit for each block of the text that it occurs in (`places`), exact as well.
Blocks of parts that were read apart do not line up, so that a merged sample has none.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.special import gammaincinv

from bounds.base.arguments import shown
from bounds.base.intervals import Interval
from bounds.base.telling.html import html_fields
from simulate.drawing.compiled import bare, compiled
from simulate.drawing.tables import roll_window
from simulate.text.counting import EXACT_TO
from simulate.text.reading.errors import InputError
from simulate.text.sketch import check_alike, check_units, hashing_of, mixed
from simulate.text.sketches.places import FIRST_SHIFT, UNPLACED, SampledTypes, bit_of, end_of_block

_ALL = np.uint64(2**64 - 1)
_ZERO, _ONE = np.uint64(0), np.uint64(1)
_KEPT, _LEVEL, _WINDOWS = 0, 1, 2


@dataclass(frozen=True, eq=False)
class WindowSample:
    """A sample of distinct windows with their counts. Those of parts of a text merge into that of the whole.

    `seed` chooses the hash functions, and `kind` says what is counted: only samples of one kind can be merged, and no
    window may run from one part into the next.
    """

    capacity: int
    seed: int = 0
    kind: str = ""
    _hashes: np.ndarray = field(init=False)
    _counts: np.ndarray = field(init=False)
    _masks: np.ndarray = field(init=False)
    _shift: np.ndarray = field(init=False)
    _state: np.ndarray = field(init=False)

    _repr_html_ = html_fields

    def __post_init__(self) -> None:
        slots = 1 << (2 * max(self.capacity, 4)).bit_length()
        object.__setattr__(self, "_hashes", np.zeros(slots, dtype=np.uint64))
        object.__setattr__(self, "_counts", np.zeros(slots, dtype=np.int64))
        object.__setattr__(self, "_masks", np.zeros(slots, dtype=np.uint64))
        object.__setattr__(self, "_shift", np.array([FIRST_SHIFT]))
        object.__setattr__(self, "_state", np.zeros(3, dtype=np.int64))

    @property
    def n_kept(self) -> int:
        """Distinct windows in the sample."""
        return int(self._state[_KEPT])

    @property
    def share(self) -> float:
        """p, the probability with which a distinct window is in the sample."""
        return float(0.5 ** self._state[_LEVEL])

    @property
    def kept(self) -> dict[int, int]:
        """How often each window of the sample occurs, by its hash."""
        here = self._counts > 0
        return dict(zip(self._hashes[here].tolist(), self._counts[here].tolist(), strict=True))

    def types(self) -> SampledTypes | None:
        """What is kept, with the blocks that it occurs in; None of a merged sample, which has none."""
        if self._shift[0] == UNPLACED:
            return None
        here = self._counts > 0
        return SampledTypes(
            self._hashes[here], self._counts[here], self._masks[here], int(self._state[_WINDOWS]), int(self._shift[0]),
            self.share,
        )  # fmt: skip

    def add_windows(self, units: np.ndarray, length: int) -> None:
        """Add all windows of `length` of the `units`, unsigned and below 2^61 - 1, of shape (n,)."""
        if len(units) < length:
            return
        base, top, salt = hashing_of(self.seed, length)
        if length > 1:
            check_units(units)
        hashed = (units, length, base, top, salt)
        _add_windows(*hashed, self.capacity, self._hashes, self._counts, self._masks, self._shift, self._state)

    def merge(self, other: WindowSample) -> WindowSample:
        """The sample of both together; ValueError where they cannot be compared."""
        check_alike(self, other, ("capacity", "seed", "kind"), "samples")
        both = WindowSample(self.capacity, self.seed, self.kind)
        both._state[_LEVEL] = max(self._state[_LEVEL], other._state[_LEVEL])
        both._state[_WINDOWS] = self._state[_WINDOWS] + other._state[_WINDOWS]
        both._shift[0] = UNPLACED
        for one in (self, other):
            _add_counts(one._hashes, one._counts, both.capacity, both._hashes, both._counts, both._masks, both._state)
        return both

    def seen(self) -> np.ndarray:
        """s_1 … s_100 and all that are more often, int64 of shape (101,)."""
        often = np.minimum(self._counts[self._counts > 0], EXACT_TO + 1)
        return np.bincount(often, minlength=EXACT_TO + 2)[1:]


def scaled(seen: np.ndarray, share: float, confidence: float = 0.95) -> tuple[np.ndarray, Interval]:
    """Estimates of how many there are of which `seen` were sampled with probability `share`, int64, and intervals.

    An interval holds each number that is not refuted on either side by the Poisson law (Garwood 1936), whose tails are
    heavier than those of the binomial; it is never below what was seen. With all sampled it is what was seen.
    """
    if not 0 < confidence < 1:
        raise InputError(f"confidence must lie between 0 and 1, got {shown(confidence)}; 0.95 is usual")
    seen = np.asarray(seen, dtype=np.int64)
    if share == 1:
        return seen, Interval(seen, seen)
    tail = (1 - confidence) / 2
    low = np.where(seen > 0, gammaincinv(np.maximum(seen, 1), tail), 0.0)
    high = gammaincinv(seen + 1.0, 1 - tail)
    lower = np.maximum(seen, np.floor(low / share)).astype(np.int64)
    return np.rint(seen / share).astype(np.int64), Interval(lower, np.ceil(high / share).astype(np.int64))


@compiled
def _add_windows(
    units: Any, length: int, base: Any, top: Any, salt: Any, capacity: int, hashes: Any, counts: Any, masks: Any,
    shift: Any, state: Any,
) -> None:  # fmt: skip
    limit = _ALL >> np.uint64(state[_LEVEL])
    first, bit, next_block = state[_WINDOWS] - (length - 1), _ZERO, np.int64(0)
    key = _ZERO
    for i in range(len(units)):
        if length == 1:
            key = np.uint64(units[i])
        else:
            left = np.uint64(units[i - length]) if i >= length else _ZERO
            key = roll_window(key, left, np.uint64(units[i]), base, top, False)
            if i < length - 1:
                continue
        value = mixed(key ^ salt)
        if value <= limit:
            if first + i >= next_block:
                bit = bit_of(first + i, masks, shift)
                next_block = end_of_block(first + i, shift)
            _take(value, 1, bit, hashes, counts, masks, state)
            while state[_KEPT] > capacity:
                _thin(hashes, counts, masks, state)
                limit = _ALL >> np.uint64(state[_LEVEL])
    state[_WINDOWS] += len(units) - (length - 1)
    bit_of(state[_WINDOWS] - 1, masks, shift)


@compiled
def _add_counts(others: Any, often: Any, capacity: int, hashes: Any, counts: Any, masks: Any, state: Any) -> None:
    for i in range(len(others)):
        if often[i] > 0 and others[i] <= _ALL >> np.uint64(state[_LEVEL]):
            _take(others[i], often[i], _ZERO, hashes, counts, masks, state)
            while state[_KEPT] > capacity:
                _thin(hashes, counts, masks, state)


@bare
def _take(value: Any, often: Any, bit: Any, hashes: Any, counts: Any, masks: Any, state: Any) -> None:
    mask = np.uint64(len(hashes) - 1)
    slot = value & mask
    while counts[slot] != 0 and hashes[slot] != value:
        slot = (slot + _ONE) & mask
    if counts[slot] == 0:
        hashes[slot] = value
        masks[slot] = _ZERO
        state[_KEPT] += 1
    counts[slot] += often
    masks[slot] |= bit


@compiled
def _thin(hashes: Any, counts: Any, masks: Any, state: Any) -> None:
    """Halve the threshold, and put what is left anew."""
    state[_LEVEL] += 1
    limit = _ALL >> np.uint64(state[_LEVEL])
    n = 0
    for i in range(len(hashes)):
        if counts[i] > 0 and hashes[i] <= limit:
            n += 1
    kept, often, where = np.empty(n, np.uint64), np.empty(n, np.int64), np.empty(n, np.uint64)
    n = 0
    for i in range(len(hashes)):
        if counts[i] > 0 and hashes[i] <= limit:
            kept[n], often[n], where[n] = hashes[i], counts[i], masks[i]
            n += 1
        counts[i] = 0
    state[_KEPT] = 0
    for i in range(n):
        _take(kept[i], often[i], where[i], hashes, counts, masks, state)
