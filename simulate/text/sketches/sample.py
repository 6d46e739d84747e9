"""How many windows occur once, twice, …, estimated from a sample of the distinct ones: `WindowSample`.

Every distinct window has a hash of 64 bits. Kept are those whose hash is below 2^(64 - j), each with how often it
occurs; j, 0 at first, grows by one whenever more than `capacity` are kept (adaptive sampling; Wegman, analysed by
Flajolet 1990). A kept window was kept from its first occurrence on, since the threshold only falls: its count is exact.
So each distinct window is in the sample with probability p = 2^-j, whatever its count, and of f_k windows that occur k
times s_k are kept:

    f̂_k = s_k / p,     standard error √(f_k (1 - p) / p),

binomial given j. Which windows are kept depends on the set of them alone, so that the sample of a union is the union of
samples, thinned to the capacity: it does not matter in which order or grouping parts of a text are merged.

Beside its count each kept window has the spans that it occurs in, which tell in which blocks of the text that is, as
exactly (`places`). To merge a sample with another one is to read on with the text of that one: the blocks are those of
the parts in a row, in this order, whatever the grouping.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.special import gammaincinv

from bounds.base.arguments import shown
from bounds.base.intervals import Interval
from bounds.base.telling.html import html_fields
from simulate.drawing.compiled import bare, compiled, jitable
from simulate.drawing.stream import ONE, ZERO
from simulate.drawing.tables import roll_window
from simulate.text.counting import EXACT_TO
from simulate.text.reading.errors import InputError
from simulate.text.sketch import check_alike, check_units, hashing_of, mixed
from simulate.text.sketches.places import SampledTypes, Spans, shift_of

_ALL = np.uint64(2**64 - 1)
_KEPT, _LEVEL, _WINDOWS, _PAST = 0, 1, 2, 3


@dataclass(frozen=True, eq=False)
class WindowSample:
    """A sample of distinct windows with their counts and places. Those of parts of a text merge into that of the whole.

    `seed` chooses the hash functions, and `kind` says what is counted: only samples of one kind can be merged, and no
    window may run from one part into the next.
    """

    capacity: int
    seed: int = 0
    kind: str = ""
    _hashes: np.ndarray = field(init=False, repr=False)
    _counts: np.ndarray = field(init=False, repr=False)
    _latest: np.ndarray = field(init=False, repr=False)
    """(slot, 2) the ends of its latest span."""
    _past: Spans = field(init=False, repr=False)
    """The spans before it, of all windows, and room for more."""
    _state: np.ndarray = field(init=False, repr=False)

    _repr_html_ = html_fields

    def __post_init__(self) -> None:
        slots = 1 << (2 * max(self.capacity, 4)).bit_length()
        object.__setattr__(self, "_hashes", np.zeros(slots, dtype=np.uint64))
        object.__setattr__(self, "_counts", np.zeros(slots, dtype=np.int64))
        object.__setattr__(self, "_latest", np.zeros((slots, 2), dtype=np.int64))
        object.__setattr__(self, "_state", np.zeros(4, dtype=np.int64))
        self._set_past(Spans(self._hashes[:0], self._latest[:0]), slots // 2)

    def __getstate__(self) -> tuple[Any, ...]:
        """What goes to another process, or to a file: the slots that are taken, and no room."""
        taken = np.flatnonzero(self._counts)
        table = (self._hashes[taken], self._counts[taken], self._latest[taken])
        return (self.capacity, self.seed, self.kind), self._state, self._past_spans(), taken, table

    def __setstate__(self, given: tuple[Any, ...]) -> None:
        named, state, past, taken, table = given
        for name, value in zip(("capacity", "seed", "kind"), named, strict=True):
            object.__setattr__(self, name, value)
        self.__post_init__()
        self._state[:] = state
        self._set_past(past, max(len(self._past.hashes), 2 * len(past.hashes)))
        for mine, theirs in zip((self._hashes, self._counts, self._latest), table, strict=True):
            mine[taken] = theirs

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

    @property
    def n_windows(self) -> int:
        """Windows that were added."""
        return int(self._state[_WINDOWS])

    def types(self) -> SampledTypes:
        """What is kept, with the blocks that it occurs in, sorted by its hash."""
        here = np.flatnonzero(self._counts > 0)
        here = here[np.argsort(self._hashes[here])]
        hashes, shift = self._hashes[here], shift_of(self.n_windows)
        masks = self._past_spans().and_those(Spans(hashes, self._latest[here])).masks(hashes, shift)
        return SampledTypes(hashes, self._counts[here], masks, self.n_windows, shift, self.share)

    def add_windows(self, units: np.ndarray, length: int) -> None:
        """Add all windows of `length` of the `units`, unsigned and below 2^61 - 1, of shape (n,)."""
        if len(units) < length:
            return
        base, top, salt = hashing_of(self.seed, length)
        if length > 1:
            check_units(units)
        done, n = 0, len(units) - length + 1
        reach = 1 << shift_of(self.n_windows + n)
        while done < n:
            hashed = (units[done:], length, base, top, salt)
            done += _add_windows(*hashed, self.capacity, reach, *self._table)
            self._make_room(reach)

    def merge(self, other: WindowSample) -> WindowSample:
        """The sample of both together, of this text and then that; ValueError where they cannot be compared."""
        check_alike(self, other, ("capacity", "seed", "kind"), "samples")
        both = WindowSample(self.capacity, self.seed, self.kind)
        both._state[_LEVEL] = max(self._state[_LEVEL], other._state[_LEVEL])
        both._state[_WINDOWS] = self.n_windows + other.n_windows
        reach = 1 << shift_of(both.n_windows)
        past = self._past_spans().and_those(other._past_spans().moved(self.n_windows))
        both._set_past(past, max(len(both._past.hashes), len(past.hashes) + self.capacity + 1))
        for one, before in ((self, 0), (other, self.n_windows)):
            _add_counts(one._hashes, one._counts, one._latest, before, self.capacity, reach, *both._table)
        both._put_together(reach)
        return both

    @property
    def _table(self) -> tuple[np.ndarray, ...]:
        return self._hashes, self._counts, self._latest, *self._past, self._state

    def _past_spans(self) -> Spans:
        """Those of what is still kept."""
        past = self._past.of(slice(int(self._state[_PAST])))
        return past.of(past.hashes <= _limit(self._state[_LEVEL]))

    def _make_room(self, reach: int) -> None:
        """Have room for one more past span at least."""
        if self._state[_PAST] == len(self._past.hashes):
            self._put_together(reach)

    def _put_together(self, reach: int) -> None:
        """Hold past spans as few as they may be, with room for as many again."""
        past, room = self._past_spans().fewer(reach), len(self._counts) // 2
        while room < 2 * len(past.hashes):
            room *= 2
        self._set_past(past, room)

    def _set_past(self, spans: Spans, room: int) -> None:
        past = Spans(np.empty(room, dtype=np.uint64), np.empty((room, 2), dtype=np.int64))
        n = self._state[_PAST] = len(spans.hashes)
        past.hashes[:n], past.ends[:n] = spans
        object.__setattr__(self, "_past", past)

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


@jitable
def _limit(level: Any) -> Any:
    """The largest hash that is kept."""
    return _ALL >> np.uint64(level)


@compiled
def _add_windows(
    units: Any, length: int, base: Any, top: Any, salt: Any, capacity: int, reach: int, hashes: Any, counts: Any,
    latest: Any, past: Any, past_ends: Any, state: Any,
) -> int:  # fmt: skip
    """Returns how many windows were added: all of them, or those before there was no room for a past span."""
    limit = _limit(state[_LEVEL])
    n = len(units) - (length - 1)
    first, key = state[_WINDOWS] - (length - 1), ZERO
    for i in range(len(units)):
        if length == 1:
            key = np.uint64(units[i])
        else:
            left = np.uint64(units[i - length]) if i >= length else ZERO
            key = roll_window(key, left, np.uint64(units[i]), base, top, False)
            if i < length - 1:
                continue
        value = mixed(key ^ salt)
        if value <= limit:
            _take(value, 1, first + i, first + i, reach, hashes, counts, latest, past, past_ends, state)
            while state[_KEPT] > capacity:
                _thin(hashes, counts, latest, past, past_ends, state)
                limit = _limit(state[_LEVEL])
            if state[_PAST] == len(past):
                n = i - (length - 1) + 1
                break
    state[_WINDOWS] += n
    return n


@compiled
def _add_counts(
    others: Any, often: Any, spans: Any, before: int, capacity: int, reach: int, hashes: Any, counts: Any, latest: Any,
    past: Any, past_ends: Any, state: Any,
) -> None:  # fmt: skip
    """Add windows `others` that occur so `often`, at last in `spans` of a text behind so many windows."""
    for i in range(len(others)):
        if often[i] > 0 and others[i] <= _limit(state[_LEVEL]):
            first, last = before + spans[i, 0], before + spans[i, 1]
            _take(others[i], often[i], first, last, reach, hashes, counts, latest, past, past_ends, state)
            while state[_KEPT] > capacity:
                _thin(hashes, counts, latest, past, past_ends, state)


@bare
def _take(
    value: Any, often: Any, first: Any, last: Any, reach: Any, hashes: Any, counts: Any, latest: Any, past: Any,
    past_ends: Any, state: Any,
) -> None:  # fmt: skip
    """Count a window that occurs so `often` from `first` to `last`. Its latest span goes on, or is past."""
    mask = np.uint64(len(hashes) - 1)
    slot = value & mask
    while counts[slot] != 0 and hashes[slot] != value:
        slot = (slot + ONE) & mask
    if counts[slot] == 0:
        hashes[slot] = value
        latest[slot, 0] = first
        state[_KEPT] += 1
    elif last - latest[slot, 0] >= reach:
        n = state[_PAST]
        past[n] = value
        past_ends[n, 0], past_ends[n, 1] = latest[slot, 0], latest[slot, 1]
        state[_PAST] += 1
        latest[slot, 0] = first
    latest[slot, 1] = last
    counts[slot] += often


@compiled
def _thin(hashes: Any, counts: Any, latest: Any, past: Any, past_ends: Any, state: Any) -> None:
    """Halve the threshold, and put what is left anew."""
    state[_LEVEL] += 1
    limit = _limit(state[_LEVEL])
    n = 0
    for i in range(len(hashes)):
        if counts[i] > 0 and hashes[i] <= limit:
            n += 1
    kept, often, spans = np.empty(n, np.uint64), np.empty(n, np.int64), np.empty((n, 2), np.int64)
    n = 0
    for i in range(len(hashes)):
        if counts[i] > 0 and hashes[i] <= limit:
            kept[n], often[n] = hashes[i], counts[i]
            spans[n, 0], spans[n, 1] = latest[i, 0], latest[i, 1]
            n += 1
        counts[i] = 0
    state[_KEPT] = 0
    for i in range(n):
        _take(kept[i], often[i], spans[i, 0], spans[i, 1], 1, hashes, counts, latest, past, past_ends, state)
