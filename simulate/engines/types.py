"""Growth curves from the first arrivals of types: exact for a fixed number of draws, at a cost of O(U(D)).

The draws between neighbouring sizes are shared out among blocks of ranks (a multinomial law), for every block and
every size. Within a block, draws are independent of the other blocks:

* few draws: each draws its type, by rejection from the first type's probability, and is looked up in a table;
* many draws: only new types are drawn. With the mass M of its types and m of those seen, the wait for the next new
  one is geometric with chance 1 - m/M, and it is any unseen type in proportion to its probability. Draws that
  repeat a type are never made; a type costs two or three random numbers however often it is drawn.

Multiplicities at the last size follow backwards: of the repeated draws made since the k-th type of a block arrived,
those of that type are binomial with chance p_k over the mass of the first k; the others go to the types before it.

Nothing is Poissonised and nothing corrected afterwards: U at each size has the law of exactly that many draws. What
is not exact is said in `simulate.engines.rank_blocks.MISSED`: 1e-3 repeated draws in expectation, whatever U is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from bounds import GrowingUniform, PitmanYor, Source, Windows, expected_unique
from bounds.base.one_number import written
from simulate.drawing.backends.counting import bin_of
from simulate.drawing.compiled import bare, compiled
from simulate.drawing.stream import MIX, Stream, multiply_high
from simulate.engines.rank_blocks import Blocks, rank_blocks
from simulate.engines.variates import STATE_SIZE, binomial, bits, geometric, start, uniform

MAX_ARRIVALS = 4e9
"""New types of one corpus: some minutes, and a gigabyte for the shares of blocks."""

_DENSE_ABOVE = 0.5
"""Draws per type of a block from which on only new types are drawn."""

_MAX_LISTED = 1 << 18
_FEW = 64
"""Types still unseen from which on their mass is summed anew, so that rounding does not build up in it."""

_U1, _U32 = np.uint64(1), np.uint64(32)


@dataclass(frozen=True)
class Arrivals:
    """What is set up once for a source and its sizes: one part for all sizes, or one for each of a growing source."""

    parts: tuple[tuple[Blocks, np.ndarray], ...]
    edges: np.ndarray

    def draw(self, stream: Stream, replicates: int) -> tuple[np.ndarray, np.ndarray]:
        """U of shape (replicate, size), and the spectra at the last size, shape (replicate, bin).

        The first corpus is that of `stream`; the others those of the replicates after it.
        """
        state, other = np.empty(STATE_SIZE, np.uint64), np.empty(STATE_SIZE, np.uint64)
        n_unique, spectra = [], []
        for replicate in range(stream.replicate, stream.replicate + replicates):
            high = replace(stream, replicate=replicate).high
            start(state, np.uint64(stream.seed), np.uint64(high))
            # Multiplicities from another attempt: with or without them, the curve is the same.
            start(other, np.uint64(stream.seed), np.uint64(high + 1))
            parts = [_draw(*blocks, steps, self.edges, state, other) for blocks, steps in self.parts]
            n_unique.append(np.concatenate([np.cumsum(new) for new, _ in parts]))
            spectra.append(parts[-1][1])
        return np.array(n_unique), np.array(spectra)


def arrivals(source: Source, n_draws: np.ndarray, *, edges: np.ndarray | None = None) -> Arrivals:
    """Set up first arrivals of `source` at the ascending sizes `n_draws`.

    `edges` are the lower edges of the bins of multiplicity (`FrequencySpectrum.edges`); without them no
    multiplicities are drawn, which saves a third of the time.

    Raises ValueError with one sentence for Pitman–Yor sources and windows, and above `MAX_ARRIVALS` new types.
    """
    if isinstance(source, PitmanYor | Windows):
        raise ValueError(
            f"first arrivals need independent draws from fixed probabilities, got {source}; use the tokens engine"
        )
    expected = float(np.max(expected_unique(source, n_draws)))
    if expected > MAX_ARRIVALS:
        raise ValueError(
            f"the types engine draws every new type, {written(expected, 2)} of them in "
            f"{written(n_draws[-1], 2)} draws of {source}, "
            f"and stops at {written(MAX_ARRIVALS)}; pass a smaller n_draws or the gauss engine"
        )
    bins = np.empty(0, np.int64) if edges is None else np.ascontiguousarray(edges, np.int64)
    sizes = np.ascontiguousarray(n_draws, np.int64)
    if isinstance(source, GrowingUniform):
        parts = tuple((rank_blocks(source.at(int(n)), int(n)), np.array([n])) for n in sizes)
    else:
        parts = ((rank_blocks(source, int(sizes[-1])), np.diff(sizes, prepend=0)),)
    return Arrivals(parts, bins)


@compiled
def _draw(share, rest, width, total, x, s, steps, edges, state, other):
    """New types in each of `steps` further draws, and the spectrum after all of them (empty without `edges`)."""
    drawn = _share_out(share, rest, steps, state)
    n_unique = np.zeros(len(steps), np.int64)
    spectrum = np.zeros(len(edges), np.int64)
    listed = np.empty(1, np.int32)
    table = np.zeros((1, 2), np.int64)
    for b in range(len(width)):
        n = drawn[b].sum()
        if n == 0:
            continue
        if width[b] == 0:
            for j in range(len(steps)):
                n_unique[j] += drawn[b, j]
            add_types(spectrum, edges, 1, n)
        elif width[b] == 1:
            n_unique[_first_step(drawn[b])] += 1
            add_types(spectrum, edges, n, 1)
        elif n > _DENSE_ABOVE * width[b] and width[b] <= _MAX_LISTED:
            if len(listed) < width[b]:
                listed = np.empty(width[b], np.int32)
            _dense(drawn[b], n, listed[: width[b]], total[b], x[b], s[b], n_unique, spectrum, edges, state, other)
        else:
            slots = 16
            while slots < 2 * n:
                slots *= 2
            if len(table) < slots:
                table = np.zeros((slots, 2), np.int64)
            _sparse(drawn[b], width[b], table[:slots], x[b], s[b], n_unique, spectrum, edges, state)
    return n_unique, spectrum


@compiled
def _share_out(share, rest, steps, state):
    """Draws of each block in each step; those of a step add up to it."""
    drawn = np.zeros((len(share), len(steps)), np.int64)
    for j in range(len(steps)):
        left = steps[j]
        for b in range(len(share)):
            if left == 0:
                break
            drawn[b, j] = binomial(state, left, share[b], rest[b])
            left -= drawn[b, j]
    return drawn


@bare
def _first_step(drawn):
    j = 0
    while drawn[j] == 0:
        j += 1
    return j


@bare
def _weight(i, x, s):
    """Probability of type i of a block, in units of that of its first type."""
    if s == 0.0:
        return 1.0
    return math.exp(-s * i) if x == 0.0 else math.exp(-s * math.log1p(i / x))


@bare
def _below(state, n):
    """A random whole number below `n`."""
    return np.int64(multiply_high(bits(state), np.uint64(n)))


@bare
def _sparse(drawn, width, table, x, s, n_unique, spectrum, edges, state):
    """Draw type after type and look it up in `table`, of pairs (type, count) in a power of two of slots."""
    table[:, 1] = 0
    mask = np.uint64(len(table) - 1)
    least = _weight(width - 1, x, s)
    for j in range(len(drawn)):
        for _ in range(drawn[j]):
            while True:
                key = _below(state, width)
                u = uniform(state) if s > 0.0 else 0.0
                if u <= least or u <= _weight(key, x, s):
                    break
            mixed = np.uint64(key) * MIX
            slot = (mixed ^ (mixed >> _U32)) & mask
            while table[slot, 1] != 0 and table[slot, 0] != key:
                slot = (slot + _U1) & mask
            n_unique[j] += table[slot, 1] == 0
            table[slot, 0] = key
            table[slot, 1] += 1
    if len(edges) > 0:
        for count in table[:, 1]:
            if count > 0:
                add_types(spectrum, edges, count, 1)


@compiled
def _dense(drawn, n, unseen, total, x, s, n_unique, spectrum, edges, state, other):
    """Draw the new types alone: the wait for the next one, then which it is, taken out of the list of unseen ones."""
    n_unseen = len(unseen)
    for i in range(n_unseen):
        unseen[i] = i
    kept = n_unseen if len(edges) > 0 else 0
    arrived, weights = np.empty(kept, np.int64), np.empty(kept)
    mass, time, n_seen, j = total, np.int64(0), 0, 0
    reached = drawn[0]
    while n_unseen > 0:
        if n_unseen == _FEW and s > 0.0:
            mass = 0.0
            for i in unseen[:n_unseen]:
                mass += _weight(i, x, s)
        wait = geometric(state, mass / total) if n_seen > 0 else 1.0
        if wait > n - time:
            break
        time += np.int64(wait)
        while time > reached:
            j += 1
            reached += drawn[j]
        n_unique[j] += 1
        while True:
            place = _below(state, n_unseen)
            weight = _weight(unseen[place], x, s)
            if s == 0.0 or uniform(state) <= weight:
                break
        n_unseen -= 1
        unseen[place] = unseen[n_unseen]
        mass -= weight
        if kept > 0:
            arrived[n_seen], weights[n_seen] = time, weight
        n_seen += 1
    if kept > 0:
        _multiplicities(n, arrived[:n_seen], weights[:n_seen], spectrum, edges, other)


@compiled
def _multiplicities(n, arrived, weights, spectrum, edges, state):
    """Share the repeated draws among the types that had arrived before them, from the last type to the first."""
    masses = np.cumsum(weights)
    repeats, end = np.int64(0), n
    for k in range(len(arrived) - 1, 0, -1):
        repeats += end - arrived[k]
        own = binomial(state, repeats, weights[k] / masses[k], masses[k - 1] / masses[k])
        add_types(spectrum, edges, 1 + own, 1)
        repeats -= own
        end = arrived[k] - 1
    add_types(spectrum, edges, repeats + end, 1)


@bare
def add_types(spectrum, edges, multiplicity, n_types):
    """Count `n_types` types drawn `multiplicity` times each, where there are bins."""
    if len(edges) > 0:
        spectrum[bin_of(np.int64(multiplicity), edges)] += n_types
