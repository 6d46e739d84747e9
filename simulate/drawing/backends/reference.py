"""The backend that defines the answer: whole numbers of Python, one token after another, nothing clever.

It shares the tables of a `Sampler` with the other backends and nothing else; the random numbers and the
rejection are written a second time here, from their definitions.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Hashable, Iterator

import numpy as np

from simulate.drawing.backends.growth import Growth
from simulate.drawing.stream import Stream
from simulate.drawing.tables import ALIAS, CELLS, FLAT, FRESH, OVERFLOW, WINDOWS, Cells, Sampler

_MASK = 2**32 - 1


def growth(sampler: Sampler, checkpoints: np.ndarray, stream: Stream, *, edges: np.ndarray) -> Growth:
    """Draw ``checkpoints[-1]`` tokens and count distinct ones and multiplicities at each checkpoint."""
    tokens = draws(sampler, stream)
    seen: Counter[Hashable] = Counter()
    n_drawn, n_unique, spectra = 0, [], []
    for checkpoint in checkpoints.tolist():
        while n_drawn < checkpoint:
            seen[next(tokens)] += 1
            n_drawn += 1
        n_unique.append(len(seen))
        spectrum = [0] * len(edges)
        for multiplicity in seen.values() if len(edges) else ():
            spectrum[bisect_right(edges.tolist(), multiplicity) - 1] += 1
        spectra.append(spectrum)
    return Growth(np.array(n_unique, np.int64), np.array(spectra, np.int64).reshape(-1, len(edges)))


def first_draws(sampler: Sampler, n_draws: int, stream: Stream) -> np.ndarray:
    """The draws, counted from 0, that showed a type for the first time, in order."""
    seen: set[Hashable] = set()
    first = []
    for i, token in zip(range(n_draws), draws(sampler, stream), strict=False):
        if token not in seen:
            seen.add(token)
            first.append(i)
    return np.array(first, np.int64)


def multiplicities(sampler: Sampler, n_draws: int, stream: Stream) -> np.ndarray:
    """How often each type was seen in `n_draws` draws, the most frequent first."""
    seen = Counter(token for _, token in zip(range(n_draws), draws(sampler, stream), strict=False))
    return np.array(sorted(seen.values(), reverse=True), np.int64)


def draws(sampler: Sampler, stream: Stream) -> Iterator[Hashable]:
    """The types of the tokens, one after another: keys, or windows letter by letter."""
    draw = {FLAT: _flat, ALIAS: _alias, CELLS: _cells, WINDOWS: _windows}.get(sampler.kind, _urn)
    return draw(sampler, stream)


def philox(counter: tuple[int, int, int, int], key: tuple[int, int]) -> tuple[int, int, int, int]:
    """Philox4x32-10 on 32-bit words, as published."""
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(10):
        h0, l0 = divmod(0xD2511F53 * c0, 2**32)
        h1, l1 = divmod(0xCD9E8D57 * c2, 2**32)
        c0, c1, c2, c3 = h1 ^ c1 ^ k0, l1, h0 ^ c3 ^ k1, l0
        k0, k1 = (k0 + 0x9E3779B9) % 2**32, (k1 + 0xBB67AE85) % 2**32
    return c0, c1, c2, c3


def bits(stream: Stream, position: int, attempt: int) -> int:
    """The 64 random bits of token `position` at `attempt`."""
    block, half = divmod(position, 2)
    high = stream.high + attempt
    words = philox((block & _MASK, block >> 32, high & _MASK, high >> 32), (stream.seed & _MASK, stream.seed >> 32))
    return words[2 * half] | words[2 * half + 1] << 32


def _flat(sampler: Sampler, stream: Stream) -> Iterator[int]:
    position = 0
    while True:
        yield bits(stream, position, 0) * sampler.parameter[0] >> 64
        position += 1


def _alias(sampler: Sampler, stream: Stream) -> Iterator[int]:
    table_bits, position = len(sampler.alias).bit_length() - 1, 0
    while True:
        bucket, below = divmod(bits(stream, position, 0), 2 ** (64 - table_bits))
        threshold, other = divmod(int(sampler.alias[bucket]), 2**table_bits)
        yield bucket if below < threshold else other
        position += 1


def _windows(sampler: Sampler, stream: Stream) -> Iterator[tuple[int, ...]]:
    letters = _letters(sampler, stream)
    window = tuple(next(letters) for _ in range(sampler.parameter[1]))
    while True:
        yield window
        window = (*window[1:], next(letters))


def _letters(sampler: Sampler, stream: Stream) -> Iterator[int]:
    """Letters drawn anew each by itself, and kept where the next one repeats them."""
    letter = -1
    for position, anew in enumerate(_alias(sampler, stream) if len(sampler.alias) else _flat(sampler, stream)):
        if position == 0 or bits(stream, position, 2) >= sampler.repeat:
            letter = anew
        yield letter


def _cells(sampler: Sampler, stream: Stream) -> Iterator[int]:
    cells = sampler.cells
    start, key = cells.start.tolist(), cells.key.tolist()
    position = 0
    while True:
        cell = bisect_right(start, bits(stream, position, 0)) - 1
        width = int(cells.width[cell])
        if width == OVERFLOW:
            yield FRESH | position
        else:
            yield key[cell] if width == 0 else _from_block(cells, cell, stream, position)
        position += 1


def _from_block(cells: Cells, cell: int, stream: Stream, position: int) -> int:
    """Propose ranks of the block evenly until one passes the test (1 + x/64)^-s > a random fraction."""
    first, width, ratio = int(cells.key[cell]), int(cells.width[cell]), int(cells.ratio[cell])
    power = [int(c) for c in cells.power[cells.component[cell]]]
    last = int(cells.last[cells.component[cell]])
    attempt = 1
    while True:
        value = bits(stream, position, attempt)
        offset = value >> (64 - width)
        place = offset << (32 - width) if width <= 32 else value >> 32
        x = place * ratio >> 32
        accept = 0
        for coefficient in reversed(power):
            accept = coefficient - (x * accept >> 32)
        test = (value if width <= 32 else bits(stream, position, attempt + 1)) & _MASK
        if test < accept and first + offset <= last:
            return first + offset
        attempt += 2


def _urn(sampler: Sampler, stream: Stream) -> Iterator[int]:
    """Chinese restaurant process: sit with a random earlier token, or found a table; weights in 2^-32.

    With n tokens seated, a random earlier token is copied with weight 1 each, except that of the founder's
    weight the part d goes to a new table; a new table has the weight θ besides. A negative θ is taken from the first
    founder's part.
    """
    discount, concentration = sampler.parameter
    seated: list[int] = []
    founders: list[int] = []
    while True:
        table = _choose_table(seated, founders, discount, concentration, stream)
        if table == len(founders):
            founders.append(len(seated))
        seated.append(table)
        yield table


def _choose_table(seated: list[int], founders: list[int], discount: int, concentration: int, stream: Stream) -> int:
    position, attempt = len(seated), 0
    extra = max(concentration, 0)
    while position:
        x = bits(stream, position, attempt) * ((position << 32) + extra) >> 64
        if x < extra:
            return len(founders)
        neighbour, part = divmod(x - extra, 2**32)
        table = seated[neighbour]
        new = discount + min(concentration, 0) * (neighbour == 0)
        if founders[table] != neighbour or part >= discount:
            return table
        if part < new:
            return len(founders)
        attempt += 1
    return 0
