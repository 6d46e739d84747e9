"""The cells of a law: the unit interval cut at 64-bit integers, built once on the host in floating point.

A cell is one type (the head), or a block of 2^w consecutive ranks of a Zipf-Mandelbrot tail, or the ranks too
large for an integer. Masses are rounded to multiples of 2^-64; acceptance probabilities, and ratios within a block,
to 2^-32.

| letter | meaning                                          |
|--------|--------------------------------------------------|
| s, q   | exponent and shift of p_r ∝ (r + q)^-s           |
| a      | first rank of a block                            |
| x      | (r - a) / (a + q), at most 1/64 within a block   |
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from bounds.base.sources import Geometric, Source, Zipf

GUIDE_BITS = 16
HEAD_BITS = 14
"""Ranks below 2^14 have a cell of their own."""

MAX_CELLS = 1 << 24
MAX_SAMPLED_EXPONENT = 32.0

FRESH = 1 << 63
"""Flag of a key whose type is taken to be new whenever it is drawn."""

FRESH_KEY = np.uint64(FRESH)
"""`FRESH` as compiled loops take it."""

OVERFLOW = 64
"""Width of the cell of the ranks that are too large for an integer."""

_BLOCKS_PER_OCTAVE_BITS = 6


class Cells(NamedTuple):
    """The cells of a law, in the order of their first random value.

    ``start[j]`` is the first random value of cell j, ``guide`` the cell at each multiple of 2^48; a cell holds the
    keys ``key[j]`` … ``key[j] + 2^width[j] - 1``, none above ``last[component[j]]``. ``ratio[j]`` is
    64 · 2^width / (a + q) and ``power[component]`` the coefficients of (1 + x/64)^-s, both in units of 2^-32.
    """

    start: np.ndarray
    guide: np.ndarray
    key: np.ndarray
    width: np.ndarray
    ratio: np.ndarray
    component: np.ndarray
    last: np.ndarray
    power: np.ndarray


_NO_INTS, _NO_BITS = np.empty(0, np.int64), np.empty(0, np.uint64)
NO_CELLS = Cells(
    _NO_BITS, _NO_INTS, _NO_BITS, _NO_BITS, _NO_BITS, _NO_INTS, _NO_BITS, np.empty((0, 0), np.uint64)
)  # fmt: skip


def build_cells(parts: tuple[tuple[float, Source], ...]) -> tuple[Cells, int]:
    """The cells of a mixture of laws with weights, and the number of types that have a cell of their own."""
    check_cells(parts)
    rank_bits = _rank_bits(parts)
    columns: list[list[np.ndarray]] = []
    for number, (weight, part) in enumerate(parts):
        first, width, mass, ratio = _law(part, rank_bits)
        key = first + np.uint64((number + 1) << rank_bits)
        key[width == OVERFLOW] = np.uint64(FRESH)
        columns.append([key, width, mass * (weight / math.fsum(mass)), ratio, np.full(len(key), number)])
    key, width, mass, ratio, component = map(np.concatenate, zip(*columns, strict=True))
    # Sizes are whole numbers of 2^-64 that sum to 1, in arithmetic modulo 2^64: a cell alone has the size 0 there.
    size = np.rint(np.ldexp(mass, 64))
    size = np.where(size < 2.0**64, size, size - 2.0**64).astype(np.uint64)
    largest = int(np.argmax(mass))
    drawn = size > 0
    size[largest : largest + 1] -= size.sum(dtype=np.uint64)  # an array wraps round without a warning
    drawn[largest] = True
    starts = np.cumsum(size[drawn], dtype=np.uint64) - size[drawn]
    key, width, ratio, component = key[drawn], width[drawn], ratio[drawn], component[drawn]
    single = (width == 0) & (key < np.uint64(FRESH))
    key[single] = np.arange(np.count_nonzero(single), dtype=np.uint64)
    edges = np.arange(1 << GUIDE_BITS, dtype=np.uint64) << np.uint64(64 - GUIDE_BITS)
    edges = np.append(edges, np.uint64(2**64 - 1))
    guide = np.searchsorted(starts, edges, side="right") - 1
    last = [((n + 1) << rank_bits) + int(min(p.n_types, 2.0**rank_bits - 1)) for n, (_, p) in enumerate(parts)]
    cells = Cells(
        starts, guide.astype(np.int64), key, width, ratio, component.astype(np.int64), np.array(last, np.uint64),
        _powers(parts),
    )  # fmt: skip
    return cells, int(np.count_nonzero(single))


_LOG_LARGEST = 700.0
"""Largest ln (1 + q)^s that is computed; a float ends at 709."""


def check_cells(parts: tuple[tuple[float, Source], ...]) -> None:
    """Refuse, with the ValueError of `build_cells`, laws that cells cannot hold. Builds no long table."""
    for weight, part in parts:
        if isinstance(part, Geometric) and _geometric_cells(part) > MAX_CELLS:
            raise ValueError(
                f"the tokens engine takes geometric ratios up to 0.999997, got {part.ratio!r}; use --engine types"
            )
        if isinstance(part, Zipf) and part.exponent > MAX_SAMPLED_EXPONENT:
            if not (refused := part.exponent * math.log1p(part.shift) > _LOG_LARGEST):
                _, _, mass, ratio = _zipf_cells(part, _rank_bits(parts))
                refused = bool(np.any((ratio > 0) & (np.rint(np.ldexp(mass * (weight / math.fsum(mass)), 64)) > 0)))
            if refused:
                raise ValueError(
                    f"the tokens engine takes shifted exponents up to {MAX_SAMPLED_EXPONENT:g}, got {part.exponent:g}; "
                    "use --engine types"
                )


def _rank_bits(parts: tuple[tuple[float, Source], ...]) -> int:
    return 62 if len(parts) == 1 else 58


def _geometric_cells(law: Geometric) -> int:
    """Types that have a cell: beyond them lies less than 2^-65 of the mass."""
    return math.ceil(45.5 / -math.log(law.ratio)) + 1


def _steepness(part: Source) -> float:
    return part.exponent if isinstance(part, Zipf) else 0.0


def _law(part: Source, rank_bits: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """First rank, log2 of the width (64: no rank, overflow), relative mass and ratio of the cells of one law."""
    if isinstance(part, Zipf):
        return _zipf_cells(part, rank_bits)
    if isinstance(part, Geometric):
        n = _geometric_cells(part)
        first = np.arange(1, n + 1)
        mass = np.exp(math.log(part.ratio) * (first - 1)) * (1 - part.ratio)
        return first.astype(np.uint64), np.zeros(n, np.uint64), mass, np.zeros(n, np.uint64)
    bits = max(int(part.n_types) - 1, 1).bit_length()
    one = np.ones(1, np.uint64)
    return one, one * np.uint64(bits), np.ones(1), one * np.uint64(0)


def _zipf_cells(law: Zipf, rank_bits: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    s, q, last = law.exponent, law.shift, min(law.n_types, 2.0**rank_bits - 1)
    head = np.arange(1, min(last, (1 << HEAD_BITS) - 1) + 1)
    octave = np.arange(HEAD_BITS, rank_bits)[:, None]
    step = np.arange(1 << _BLOCKS_PER_OCTAVE_BITS)[None, :]
    width = np.broadcast_to(octave - _BLOCKS_PER_OCTAVE_BITS, (len(octave), step.size)).ravel()
    first = (((1 << _BLOCKS_PER_OCTAVE_BITS) + step) << (octave - _BLOCKS_PER_OCTAVE_BITS)).ravel()
    kept = first <= last
    first, width = first[kept], width[kept]
    end = np.minimum(first + 2.0**width, last + 1.0)
    # Masses relative to that of rank 1: only their ratios matter, and (1 + q)^-s alone may underflow.
    mass = [((head + q) / (1 + q)) ** -s, _block_mass(first + q, end - first, s) * (1 + q) ** s]
    ratio = np.round(np.ldexp(1.0, width + 38) / (first + q))
    columns = [np.concatenate([head, first]), np.concatenate([0 * head, width]), np.concatenate([0 * head, ratio])]
    if law.types is None:
        tail = 2.0**rank_bits + q
        mass.append(np.array([((tail / (1 + q)) ** -s) * (tail / (s - 1) + 0.5)]))
        columns = [np.append(column, value) for column, value in zip(columns, (0, 64, 0), strict=True)]
    ranks, widths, ratios = (column.astype(np.uint64) for column in columns)
    return ranks, widths, np.concatenate(mass), ratios


def _block_mass(start: np.ndarray, n: np.ndarray, s: float) -> np.ndarray:
    """Sum of (start + i)^-s for i = 0 … n-1 by Euler-Maclaurin; n is at most start/64, start at least 2^14."""
    grow = np.log1p(n / start)
    integral = start * (grow if s == 1 else np.expm1((1 - s) * grow) / (1 - s))
    # f/2 at the lower end, minus f/2 at the upper; then the first derivatives over 12.
    ends = -np.expm1(-s * grow) / 2 + s / (12 * start) * -np.expm1(-(s + 1) * grow)
    return start**-s * (integral + ends)


def _powers(parts: tuple[tuple[float, Source], ...]) -> np.ndarray:
    """Coefficients c_j of (1 + X/64)^-s = c_0 - X (c_1 - X (c_2 - …)) for each component, in units of 2^-32."""
    rows = []
    for _, part in parts:
        s, row, j = min(_steepness(part), MAX_SAMPLED_EXPONENT), [1.0], 0
        while s and row[-1] > 2.0**-36:
            row.append(row[-1] * (s + j) / (64 * (j + 1)))
            j += 1
        rows.append([round(c * 2**32) for c in row])
    degree = max(map(len, rows))
    return np.array([row + [0] * (degree - len(row)) for row in rows], np.uint64)
