"""The types of a law in blocks of neighbouring ranks, among which the draws of a corpus are shared out.

The first ranks are blocks of their own. After them a block spans an eighth of its rank or less, so that its types
are nearly equally probable, and is narrow enough for what has to be remembered of it to stay in a processor's cache.
A law without end is followed until draws of the same type are not to be expected beyond: what is left is one block
of width 0, each of whose draws is a new type.

| letter | meaning                                                     |
|--------|-------------------------------------------------------------|
| r, w   | first rank of a block, number of its ranks                  |
| s, q   | Zipf exponent, Mandelbrot's shift; x = r + q                |
| D      | draws of the largest corpus                                 |
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from bounds import Geometric, Mixture, SantaFe, Source, Uniform, Zipf

RELATIVE_WIDTH = 1 / 8
"""Of a block: the probabilities in it differ by a factor of e^(1/8) at most."""

SINGLE_RANKS = 64
"""Ranks below this many times max(s, 1) are single; from there the sum over a block is exact to 1e-15."""

MAX_DENSE = 1 << 16
"""Types of a block most of which will be seen: a list of them stays in the cache."""

MAX_SPARSE = 1 << 15
"""Expected draws of a block few of whose types will be seen: so does a table of these."""

MISSED = 1e-3
"""Expected number of repeated draws beyond the last rank of a law without end; they are taken for new types."""

NEVER_DRAWN = 1e-12
"""Expected draws of a block that is left out."""

MAX_RANK = 2**62


class Blocks(NamedTuple):
    """Blocks in ascending order of their masses, and how draws are shared out in that order.

    Of the draws that the blocks before left over, each falls in block b with chance ``share[b]`` = 1 - ``rest[b]``.
    ``total`` is the mass in units of the probability of the block's first type; the i-th type (from 0) has
    (1 + i/x)^-s of it, or e^(-s i) where x is 0.
    """

    share: np.ndarray
    rest: np.ndarray
    width: np.ndarray
    total: np.ndarray
    x: np.ndarray
    s: np.ndarray


class _Law(NamedTuple):
    """Blocks of one law: first ranks, widths, masses, and the columns of `Blocks`."""

    width: np.ndarray
    mass: np.ndarray
    total: np.ndarray
    x: np.ndarray
    s: np.ndarray


def rank_blocks(source: Source, n_draws: int) -> Blocks:
    """The blocks of a law with fixed probabilities, for corpora of up to `n_draws` draws."""
    parts = source.components if isinstance(source, Mixture) else ((1.0, source),)
    laws = [_law(part, weight, n_draws) for weight, part in parts]
    columns = [np.concatenate(column) for column in zip(*laws, strict=True)]
    order = np.argsort(columns[1], kind="stable")
    order = order[columns[1][order] * n_draws > NEVER_DRAWN]
    width, mass, total, x, s = (column[order] for column in columns)
    # Small ones first: what is left to share out is then a sum in which none of them is lost.
    left = np.cumsum(mass[::-1])[::-1]
    share = mass / left
    rest = np.append(left[1:], 0.0) / left
    return Blocks(share, rest, width, total, x, s)


def _law(source: Source, weight: float, n_draws: int) -> _Law:
    if isinstance(source, SantaFe):
        source = source.facts
    if isinstance(source, Uniform):
        return _split(np.zeros(1, np.int64), np.array([source.types]), 1.0, 0.0, np.array([weight]), n_draws)
    if isinstance(source, Geometric):
        return _geometric(source, weight, n_draws)
    if isinstance(source, Zipf):
        return _zipf(source, weight, n_draws)
    raise TypeError(f"{source} has no fixed probabilities")  # pragma: no cover


def _zipf(law: Zipf, weight: float, n_draws: int) -> _Law:
    s, q = law.exponent, law.shift
    steep = max(s, 1.0)
    end = min(int(min(law.n_types, MAX_RANK)), _last_rank(law, weight * n_draws)) + 1
    ranks = list(range(1, min(end, math.ceil(SINGLE_RANKS * steep - q)))) or [1]
    while ranks[-1] < end:
        ranks.append(min(end, ranks[-1] + max(1, int((ranks[-1] + q) * RELATIVE_WIDTH / steep))))
    edges = np.array(ranks, np.int64)
    first, width = edges[:-1], np.diff(edges)
    x = first + q
    mass = np.exp(-s * np.log(x / (1 + q))) * _sums(x, width, s)
    rest = np.empty(0)
    if law.types is None:
        past = end + q
        rest = np.array([math.exp(-s * math.log(past / (1 + q))) * (past / (s - 1) + 0.5 + s / (12 * past))])
    total = math.fsum(mass) + math.fsum(rest)
    return _with_rest(_split(first, width, q, s, mass * (weight / total), n_draws), rest * (weight / total))


def _last_rank(law: Zipf, n_draws: float) -> int:
    """Where D²/2 Σ p² over all further ranks is down to `MISSED`, from p_1 ≤ min(1, (s-1)/(1+q))."""
    if law.types is not None:
        return MAX_RANK
    s, unit = law.exponent, 1 + law.shift
    log_pairs = 2 * math.log(n_draws * min(1.0, (s - 1) / unit)) + math.log(unit / (2 * MISSED * (2 * s - 1)))
    growth = min(log_pairs / (2 * s - 1), 44.0)
    least = 2 * SINGLE_RANKS * max(s, 1.0)
    return int(min(max(unit * math.exp(growth) - law.shift, least), MAX_RANK))


def _sums(x: np.ndarray, width: np.ndarray, s: float) -> np.ndarray:
    """Σ (1 + i/x)^-s over i < `width`: the integral, half the ends, and derivatives (Euler–Maclaurin)."""
    growth = np.log1p(width / x)
    integral = growth if s == 1 else np.expm1((1 - s) * growth) / (1 - s)
    total = x * integral - np.expm1(-s * growth) / 2 - s / (12 * x) * np.expm1(-(s + 1) * growth)
    total += s * (s + 1) * (s + 2) / (720 * x**3) * np.expm1(-(s + 3) * growth)
    return np.where(width == 1, 1.0, total)


def _geometric(law: Geometric, weight: float, n_draws: int) -> _Law:
    decay = -math.log(law.ratio)
    step = max(1, int(RELATIVE_WIDTH / decay))
    # D²/2 Σ p² = (Dp)² / (2 (1 - ρ²)), p = (1-ρ) ρ^r.
    log_pairs = 2 * math.log(weight * n_draws * (1 - law.ratio)) - math.log(-2 * math.expm1(-2 * decay) * MISSED)
    n_blocks = max(1, math.ceil(log_pairs / (2 * decay * step)))
    first = np.arange(n_blocks, dtype=np.int64) * step
    mass = np.exp(-decay * first) * -math.expm1(-decay * step)
    rest = np.array([math.exp(-decay * step * n_blocks)])
    law_blocks = _split(first, np.full(n_blocks, step), 0.0, decay, mass * weight, n_draws, geometric=True)
    return _with_rest(law_blocks, rest * weight)


def _with_rest(law: _Law, mass: np.ndarray) -> _Law:
    """`law` with the block of width 0 that stands for all further ranks, if there is one."""
    zeros = np.zeros(len(mass))
    more = _Law(zeros.astype(np.int64), mass, zeros + 1, zeros + 1, zeros)
    return _Law(*(np.concatenate(pair) for pair in zip(law, more, strict=True)))


def _split(
    first: np.ndarray, width: np.ndarray, q: float, s: float, mass: np.ndarray, n_draws: int, geometric: bool = False
) -> _Law:
    """The blocks, each in equal pieces small enough for a cache; their masses by the shares of their sums."""

    def sums(first: np.ndarray, width: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        if geometric:
            return np.zeros(len(first)), np.expm1(-s * width) / math.expm1(-s)
        if s == 0:
            return np.ones(len(first)), width.astype(float)
        return first + q, _sums(first + q, width, s)

    x, total = sums(first, width)
    dense = np.where(n_draws * (mass / total) >= 0.5, width / MAX_DENSE, 0.0)
    pieces = np.ceil(np.maximum(np.maximum(dense, n_draws * mass / MAX_SPARSE * (dense == 0)), 1)).astype(np.int64)
    pieces = np.minimum(pieces, width)
    if pieces.max() == 1:
        return _Law(width, mass, total, x, np.full(len(x), s))
    block = np.repeat(np.arange(len(pieces)), pieces)
    piece = np.arange(len(block)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    base, extra = width[block] // pieces[block], width[block] % pieces[block]
    offset = piece * base + np.minimum(piece, extra)
    own = base + (piece < extra)
    x, own_total = sums(first[block] + offset, own)
    top = _weight(first[block] + q, offset, s, geometric)
    return _Law(own, mass[block] * (own_total * top / total[block]), own_total, x, np.full(len(x), s))


def _weight(x: np.ndarray, offset: np.ndarray, s: float, geometric: bool) -> np.ndarray:
    """Probability of the type `offset` ranks further on, in units of that at `x`."""
    if geometric or s == 0:
        return np.exp(-s * offset)
    return np.exp(-s * np.log1p(offset / x))
