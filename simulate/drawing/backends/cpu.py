"""The backend for processors: the draws of `reference`, compiled, many per microsecond, on one or more threads.

Keys are made a chunk at a time (`keys`) and counted (`counting`): in an array of counts, or of bits where no
spectrum is asked for, while the types are few for the draws; else in a hash table.

A large table is cut in parts. Each thread, if there are several, makes a share of the tokens and counts the frequent
types by itself; their counts add up, their bits are united. The other keys are sorted by the first bits of their
hash, and each part of them is counted in a table of its own, by one thread at a time. Nothing depends on the size of
a chunk or the number of threads. The loops release the interpreter lock.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from simulate.drawing.backends import counting, urn
from simulate.drawing.backends import keys as token_keys
from simulate.drawing.backends.growth import Growth
from simulate.drawing.compiled import compiled
from simulate.drawing.stream import Stream
from simulate.drawing.tables import CELLS, URN, Sampler

CHUNK = 2048
MAX_DENSE = 1 << 30
_MIN_SHARE = 1 << 16
"""Tokens for which a thread is worth its start."""

_BATCH = 1 << 22
"""Tokens whose keys wait to be counted by parts: 32 MiB."""

_RUN = 1 << 15
"""Tokens whose keys are sorted by part at a time: 256 KiB."""

_PART_BITS = 6
_MAX_WHOLE = 1 << 17
"""Rows of a table from which on one thread, too, counts by parts: they no longer fit a second-level cache."""

_NO_COUNTS, _NO_BITS = np.zeros(0, np.uint32), np.zeros(0, np.uint64)


def growth(
    sampler: Sampler,
    checkpoints: np.ndarray,
    stream: Stream,
    *,
    edges: np.ndarray,
    chunk: int = CHUNK,
    threads: int = 1,
) -> Growth:
    """Draw ``checkpoints[-1]`` tokens and count distinct ones and multiplicities at each checkpoint.

    Without `edges` no multiplicities are counted, which takes a sixteenth of the memory and less time.
    """
    grid = np.ascontiguousarray(checkpoints, np.int64)
    bins = np.ascontiguousarray(edges, np.int64)
    if sampler.kind == URN:
        seed, high = np.uint64(stream.seed), np.uint64(stream.high)
        return Growth(*urn.grow_urn(*sampler.parameter, seed, high, grid, bins)[:2])
    n_unique, spectrum, _ = _count(sampler, grid, stream, bins, chunk, threads)
    return Growth(n_unique, spectrum)


def draw(sampler: Sampler, n_draws: int, stream: Stream, *, first: int = 0, chunk: int = CHUNK) -> np.ndarray:
    """The keys, uint64, of `n_draws` tokens from `first` on: equal keys are equal types, from `FRESH` on new ones.

    Tokens before `first` are not drawn, except of an urn, whose keys are its tables.
    """
    if sampler.kind == URN:
        return _seated(sampler, first + n_draws, stream)[4][first:].astype(np.uint64)
    found = np.empty(n_draws, np.uint64)
    _draw(token_keys.law(sampler, stream), found, first, chunk)
    return found


def first_draws(sampler: Sampler, n_draws: int, stream: Stream, *, chunk: int = CHUNK) -> np.ndarray:
    """The draws, counted from 0, that showed a type for the first time, in order.

    They are the whole growth curve: U(D) = ``np.searchsorted(first_draws(...), D)`` at every D up to `n_draws`.
    """
    if sampler.kind == URN:
        return _seated(sampler, n_draws, stream)[3]
    law = token_keys.law(sampler, stream)
    tally = _Tally(sampler, n_draws, 1, with_counts=False)
    first, progress = np.empty(4096, np.int64), np.zeros(3, np.int64)
    while not _find_first(law, *tally.alone, n_draws, first, progress, chunk):
        tally.tables[0] = counting.roomy(tally.tables[0], int(progress[2]) + 2 * chunk)
        if len(first) - progress[1] < chunk:
            first = np.concatenate([first, np.empty(len(first) + chunk, np.int64)])
    return first[: progress[1]].copy()


def multiplicities(
    sampler: Sampler, n_draws: int, stream: Stream, *, chunk: int = CHUNK, threads: int = 1
) -> np.ndarray:
    """How often each type was seen in `n_draws` draws, the most frequent first.

    ``np.cumsum(multiplicities(...))[n - 1] / n_draws`` is the share of the draws that fall on the `n` types seen most.
    """
    grid, bins = np.array([n_draws], np.int64), np.array([1], np.int64)
    if sampler.kind == URN:
        counts = _seated(sampler, n_draws, stream)[2]
    else:
        _, spectrum, tally = _count(sampler, grid, stream, bins, chunk, threads)
        parts = [table[:, 1] for table in tally.tables]
        found = np.concatenate([part[part > 0] for part in [sum(tally.counts[1:], tally.counts[0]), *parts]])
        counts = np.append(found, np.ones(int(spectrum[0, 0]) - len(found), found.dtype))
    return np.sort(counts.astype(np.int64))[::-1]


def _count(
    sampler: Sampler, grid: np.ndarray, stream: Stream, bins: np.ndarray, chunk: int, threads: int
) -> tuple[np.ndarray, np.ndarray, _Tally]:
    """Counts and spectra at each of `grid`, and all that was counted in the end."""
    law = token_keys.law(sampler, stream)
    n_unique = np.zeros(len(grid), np.int64)
    spectrum = np.zeros((len(grid), len(bins)), np.int64)
    n_threads = max(1, min(threads, int(grid[-1]) // _MIN_SHARE))
    tally = _Tally(sampler, int(grid[-1]), n_threads, with_counts=len(bins) > 0)
    progress = np.zeros(5, np.int64)
    while n_threads == 1 and not _grow(law, *tally.alone, grid, bins, n_unique, spectrum, progress, chunk):
        if len(tally.tables[0]) >= _MAX_WHOLE:
            break
        tally.tables[0] = counting.roomy(tally.tables[0], int(progress[3]) + 2 * chunk)
    if progress[0] < len(grid):
        tally.tables = counting.split(tally.tables[0], _PART_BITS)
        _grow_by_parts(law, tally, grid, bins, n_unique, spectrum, progress, chunk)
    return n_unique, spectrum, tally


@dataclass
class _Tally:
    """What has been counted: by each thread for frequent types, by parts of the hash for the others."""

    sampler: Sampler
    n_draws: int
    n_threads: int
    with_counts: bool
    limit: np.uint64 = field(init=False)
    counts: list[np.ndarray] = field(init=False)
    seen: list[np.ndarray] = field(init=False)
    tables: list[np.ndarray] = field(init=False)

    def __post_init__(self) -> None:
        n_keys = self.sampler.n_dense if self.sampler.kind == CELLS else self.sampler.n_keys
        # An array is worth its memory where much of it will be used; a small one always is.
        n_dense = n_keys if n_keys <= min(max(4 * self.n_draws, 1 << 14), MAX_DENSE) else 0
        counts_type = np.uint32 if self.n_draws < 2**32 else np.uint64
        n_counts, n_words = (n_dense, 0) if self.with_counts else (0, -(-n_dense // 64))
        self.limit = np.uint64(n_dense)
        self.counts = [np.zeros(n_counts, counts_type) for _ in range(self.n_threads)]
        self.seen = [np.zeros(n_words, np.uint64) for _ in range(self.n_threads)]
        self.tables = [np.zeros((counting.MIN_SLOTS, 2 if self.with_counts else 1), np.uint64)]

    @property
    def alone(self) -> tuple[np.uint64, np.ndarray, np.ndarray, np.ndarray]:
        """Limit, counts, bits and table of the only thread."""
        return self.limit, self.counts[0], self.seen[0], self.tables[0]


def _seated(sampler: Sampler, n_draws: int, stream: Stream) -> tuple[np.ndarray, ...]:
    """What `grow_urn` gives of `n_draws` tokens without spectra."""
    if n_draws == 0:
        return tuple(np.empty(0, np.int64) for _ in range(5))
    grid, bins = np.array([n_draws], np.int64), np.empty(0, np.int64)
    return urn.grow_urn(*sampler.parameter, np.uint64(stream.seed), np.uint64(stream.high), grid, bins)


@compiled
def _draw(law, keys, first, chunk):
    working = token_keys.scratch(law, chunk)
    for begin in range(0, len(keys), chunk):
        token_keys.make_keys(keys[begin : begin + chunk], law, working, first + begin)


@compiled
def _grow(law, limit, counts, seen, table, checkpoints, edges, n_unique, spectrum, progress, chunk):
    """Go on from `progress` (checkpoint, position, and types found in array, table and overflow) to the end.

    False where it stops because `table` has no room for the next chunk. Numbers of `progress` are written one by one:
    where a tuple goes to a slice, numba compiles for seconds the sentence that it does not fit.
    """
    keys, others, slots, found = (np.empty(chunk, np.uint64), np.empty(chunk, np.uint64),
                                  np.empty(chunk, np.int64), np.empty(chunk, np.uint64))  # fmt: skip
    working = token_keys.scratch(law, chunk)
    j, position, n_seen, n_hashed, n_fresh = progress
    while j < len(checkpoints):
        if len(seen) > 0 and law[0] != CELLS and 8 * (checkpoints[j] - position) >= len(seen):
            # To count all bits in the end costs less than to ask of each token whether it is new.
            token_keys.mark_keys(seen, keys, law, working, position, checkpoints[j])
            position, n_seen = checkpoints[j], counting.count_bits(seen)
        while position < checkpoints[j]:
            if 4 * (n_hashed + chunk) > 3 * len(table):
                progress[0], progress[1], progress[2], progress[3], progress[4] = j, position, n_seen, n_hashed, n_fresh
                return False
            part = keys[: min(chunk, checkpoints[j] - position)]
            token_keys.make_keys(part, law, working, position)
            new, fresh, n_others = counting.sort_out(part, limit, counts, seen, others)
            n_seen += new
            n_fresh += fresh
            if n_others > 0:
                n_hashed += counting.add_keys(table, np.uint64(0), others[:n_others], slots, found)
            position += len(part)
        n_unique[j] = n_seen + n_hashed + n_fresh
        if len(edges) > 0:
            spectrum[j, 0] = n_fresh
            counting.add_spectrum(counts, edges, spectrum[j])
            counting.add_spectrum(table[:, 1], edges, spectrum[j])
        j += 1
    progress[0], progress[1], progress[2], progress[3], progress[4] = j, position, n_seen, n_hashed, n_fresh
    return True


@compiled
def _find_first(law, limit, counts, seen, table, n_draws, first, progress, chunk):
    """Go on from `progress` (draw, types found, those in the table); False where an array has no room for a chunk."""
    keys, others, found = np.empty(chunk, np.uint64), np.empty(chunk, np.uint64), np.empty(chunk, np.uint64)
    slots, places, new = np.empty(chunk, np.int64), np.empty(chunk, np.int64), np.empty(chunk, np.bool_)
    working = token_keys.scratch(law, chunk)
    position, n_first, n_hashed = progress
    while position < n_draws:
        if 4 * (n_hashed + chunk) > 3 * len(table) or n_first + chunk > len(first):
            progress[0], progress[1], progress[2] = position, n_first, n_hashed
            return False
        part = keys[: min(chunk, n_draws - position)]
        token_keys.make_keys(part, law, working, position)
        if len(seen) > 0 and law[0] != CELLS:
            n_first = counting.list_new(part, seen, position, first, n_first)
        else:
            n = counting.mark_new(part, limit, seen, others, places, new)
            if n > 0:
                n_hashed += counting.mark_added(table, others[:n], places, slots, found, new)
            for i in range(len(part)):
                first[n_first] = position + i
                n_first += new[i]
        position += len(part)
    progress[0], progress[1], progress[2] = position, n_first, n_hashed
    return True


def _grow_by_parts(
    law: token_keys.Law,
    tally: _Tally,
    grid: np.ndarray,
    bins: np.ndarray,
    n_unique: np.ndarray,
    spectrum: np.ndarray,
    progress: np.ndarray,
    chunk: int,
) -> None:
    """Fill the rest of `n_unique` and `spectrum`, batch by batch, on the threads of `tally`."""
    n_threads, n_parts = tally.n_threads, len(tally.tables)
    length = -(-min(_BATCH, int(grid[-1])) // n_threads)
    n_runs = -(-length // _RUN)
    ordered = [np.empty((n_runs, _RUN), np.uint64) for _ in range(n_threads)]
    ends = [np.zeros((n_runs, n_parts), np.int64) for _ in range(n_threads)]
    begun, position, _, _, n_fresh = progress.tolist()
    n_hashed = [int(np.count_nonzero(table[:, 0])) for table in tally.tables]

    def make(share: tuple[int, int, int]) -> int:
        thread, begin, stop = share
        mine = tally.limit, tally.counts[thread], tally.seen[thread]
        return _make_share(law, *mine, begin, stop, np.uint64(_PART_BITS), ordered[thread], ends[thread], chunk)

    def add(part: int) -> None:
        coming = sum(int(ends[t][:, part].sum() - (ends[t][:, part - 1].sum() if part else 0)) for t in used)
        tally.tables[part] = table = counting.roomy(tally.tables[part], n_hashed[part] + coming, _PART_BITS)
        slots, found = np.empty(chunk, np.int64), np.empty(chunk, np.uint64)
        for t in used:
            runs = ordered[t], ends[t]
            n_hashed[part] += counting.add_part(table, part, np.uint64(_PART_BITS), *runs, slots, found)

    with ThreadPoolExecutor(n_threads) as pool:
        each = pool.map if n_threads > 1 else map
        for j, checkpoint in enumerate(grid.tolist()[begun:], begun):
            while position < checkpoint:
                stop = min(position + length * n_threads, checkpoint)
                step = max(-(-(stop - position) // n_threads), _MIN_SHARE)
                cuts = [*range(position, stop, step), stop]
                used = range(len(cuts) - 1)
                n_fresh += sum(each(make, zip(used, cuts, cuts[1:], strict=False)))
                list(each(add, range(n_parts)))
                position = stop
            _note(tally, bins, sum(n_hashed) + n_fresh, n_fresh, n_unique[j : j + 1], spectrum[j])


@compiled
def _make_share(law, limit, counts, seen, position, stop, part_bits, ordered, ends, chunk):
    """Make the tokens from `position` to `stop`, count what is frequent, sort the others; the number of fresh ones."""
    keys, others, kept = np.empty(chunk, np.uint64), np.empty(chunk, np.uint64), np.empty(_RUN, np.uint64)
    working = token_keys.scratch(law, chunk)
    if len(seen) > 0 and law[0] != CELLS:
        token_keys.mark_keys(seen, keys, law, working, position, stop)
        ends[:] = 0
        return 0
    n_fresh = 0
    for run in range(len(ends)):
        end, n_kept = min(position + _RUN, stop), 0
        while position < end:
            part = keys[: min(chunk, end - position)]
            token_keys.make_keys(part, law, working, position)
            _, fresh, n = counting.sort_out(part, limit, counts, seen, others)
            kept[n_kept : n_kept + n] = others[:n]
            n_kept += n
            n_fresh += fresh
            position += len(part)
        counting.sort_by_part(kept[:n_kept], part_bits, ordered[run], ends[run])
    return n_fresh


def _note(
    tally: _Tally, bins: np.ndarray, n_others: int, n_fresh: int, n_unique: np.ndarray, spectrum: np.ndarray
) -> None:
    """Unite what the threads have counted, at one checkpoint."""
    if not tally.with_counts:
        n_unique[0] = n_others + counting.count_bits(np.bitwise_or.reduce(tally.seen))
        return
    counts = sum(tally.counts[1:], tally.counts[0])
    n_unique[0] = n_others + np.count_nonzero(counts)
    spectrum[0] += n_fresh
    for part in (counts, *(table[:, 1] for table in tally.tables)):
        counting.add_spectrum(part, bins, spectrum)
