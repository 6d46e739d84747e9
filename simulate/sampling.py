"""A source as tables of integers, from which every backend draws the same types.

Three kinds of table cover the sources of `bounds.sources`:

* ``flat``: V equally likely types; the type is the high half of (random bits) × V.
* ``cells``: the unit interval, cut at 64-bit integers. A cell is one type (the head), or a block of 2^w
  consecutive ranks of a Zipf-Mandelbrot tail, or the ranks too large for an integer, each of which is taken
  to be seen once. Within a block a rank is proposed evenly and accepted with probability
  ((a + q) / (r + q))^s, evaluated as a polynomial in 32-bit fixed point.
* ``urn``: the Chinese restaurant process of Pitman-Yor, drawn token by token.

Floating point builds the tables, once, on the host (`Sampler.digest` names the result); integers decide what is
drawn. Masses are rounded to multiples of 2^-64, acceptance probabilities and Pitman-Yor parameters to 2^-32.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numba.extending import register_jitable

from bounds.sources import Geometric, GrowingUniform, Mixture, PitmanYor, SantaFe, Source, Uniform, Windows, Zipf
from simulate.stream import M32, multiply_high, random_bits

FLAT, CELLS, URN = 0, 1, 2
GUIDE_BITS = 16
HEAD_BITS = 14
"""Ranks below 2^14 have a cell of their own."""

MAX_CELLS = 1 << 24
MAX_SAMPLED_EXPONENT = 32.0
MAX_URN_DRAWS = 2**31 - 1
"""An urn remembers the table of each token in four bytes."""

FRESH = 1 << 63
"""Flag of a key whose type is taken to be new whenever it is drawn."""

_U0, _U1, _U2, _U32, _U64 = (np.uint64(n) for n in (0, 1, 2, 32, 64))
OVERFLOW = 64
"""Width of the cell of the ranks that are too large for an integer."""

_GUIDE_SHIFT = np.uint64(64 - GUIDE_BITS)
_BLOCKS_PER_OCTAVE_BITS = 6
_LAST_TRIAL = np.uint64(120)


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


@dataclass(frozen=True)
class Sampler:
    """Integer tables of one source. Read by backends; built by `build_sampler`.

    Keys below `n_dense` are single types and index a table of counts. ``parameter`` is (V, 0) of a flat law
    and (d, θ) of an urn in units of 2^-32.
    """

    kind: int
    parameter: tuple[int, int] = (0, 0)
    cells: Cells = NO_CELLS
    n_dense: int = 0

    @property
    def digest(self) -> str:
        """SHA-256 of the tables: equal digests give equal draws."""
        digest = hashlib.sha256(f"{self.kind} {self.n_dense} {self.parameter}".encode())
        for table in self.cells:
            digest.update(f"{table.dtype} {table.shape}".encode() + table.tobytes())
        return digest.hexdigest()


def build_sampler(source: Source, n_draws: int) -> Sampler:
    """The tables of `source` for corpora of at most `n_draws` draws.

    `n_draws` is part of the law of a growing uniform, whose corpora must have exactly that size.

    Raises ValueError with one sentence where the tokens of a source cannot be drawn.
    """
    if isinstance(source, SantaFe | Windows):
        raise ValueError(f"tokens of {source} are not drawn yet; bounds.expected_unique has its expectations")
    if isinstance(source, GrowingUniform):
        source = source.at(n_draws)
    if isinstance(source, Uniform):
        return Sampler(FLAT, parameter=(source.types, 0))
    if isinstance(source, PitmanYor):
        if n_draws > MAX_URN_DRAWS:
            raise ValueError(
                f"the tokens of a Pitman-Yor source can be drawn up to 2^31 - 1, got {n_draws}; use --engine analytic"
            )
        if source.concentration >= 2**29:
            raise ValueError(
                f"the tokens engine takes concentrations below 2^29, got {source.concentration:g}; "
                "use --engine analytic"
            )
        return Sampler(URN, parameter=(round(source.discount * 2**32), round(source.concentration * 2**32)))
    parts = source.components if isinstance(source, Mixture) else ((1.0, source),)
    if len(parts) > 16:
        raise ValueError(f"the tokens engine takes mixtures of at most 16 components, got {len(parts)}")
    return _cells(parts)


def _cells(parts: tuple[tuple[float, Source], ...]) -> Sampler:
    rank_bits = 62 if len(parts) == 1 else 58
    columns: list[list[np.ndarray]] = []
    for number, (weight, part) in enumerate(parts):
        first, width, mass, ratio = _law(part, rank_bits)
        key = first + np.uint64((number + 1) << rank_bits)
        key[width == OVERFLOW] = np.uint64(FRESH)
        columns.append([key, width, mass * (weight / math.fsum(mass)), ratio, np.full(len(key), number)])
    key, width, mass, ratio, component = map(np.concatenate, zip(*columns, strict=True))
    sizes = [round(m) for m in np.ldexp(mass, 64).tolist()]
    sizes[int(np.argmax(mass))] += 2**64 - sum(sizes)
    drawn = np.array([size > 0 for size in sizes])
    starts = np.cumsum([0, *(size for size in sizes if size)], dtype=object)[:-1].astype(np.uint64)
    key, width, ratio, component = key[drawn], width[drawn], ratio[drawn], component[drawn]
    single = (width == 0) & (key < np.uint64(FRESH))
    key[single] = np.arange(np.count_nonzero(single), dtype=np.uint64)
    steep = [
        s
        for number, (_, p) in enumerate(parts)
        if (s := _steepness(p)) > MAX_SAMPLED_EXPONENT and np.any((component == number) & (ratio > 0))
    ]
    if steep:
        raise ValueError(f"the tokens engine takes shifted exponents up to {MAX_SAMPLED_EXPONENT:g}, got {steep[0]:g}")
    edges = np.arange((1 << GUIDE_BITS) + 1, dtype=object) << (64 - GUIDE_BITS)
    edges[-1] -= 1
    guide = np.searchsorted(starts, edges.astype(np.uint64), side="right") - 1
    last = [((n + 1) << rank_bits) + int(min(p.n_types, 2.0**rank_bits - 1)) for n, (_, p) in enumerate(parts)]
    cells = Cells(
        starts, guide.astype(np.int64), key, width, ratio, component.astype(np.int64), np.array(last, np.uint64),
        _powers(parts),
    )  # fmt: skip
    return Sampler(CELLS, cells=cells, n_dense=int(np.count_nonzero(single)))


def _steepness(part: Source) -> float:
    return part.exponent if isinstance(part, Zipf) else 0.0


def _law(part: Source, rank_bits: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """First rank, log2 of the width (64: no rank, overflow), relative mass and ratio of the cells of one law."""
    if isinstance(part, Zipf):
        return _zipf_cells(part, rank_bits)
    if isinstance(part, Geometric):
        n = math.ceil(45.5 / -math.log(part.ratio)) + 1  # beyond it lies less than 2^-65 of the mass
        if n > MAX_CELLS:
            raise ValueError(
                f"the tokens engine takes geometric ratios up to 0.999997, got {part.ratio!r}; use --engine analytic"
            )
        first = np.arange(1, n + 1)
        mass = np.exp(math.log(part.ratio) * (first - 1)) * (1 - part.ratio)
        return first.astype(np.uint64), np.zeros(n, np.uint64), mass, np.zeros(n, np.uint64)
    bits = max(int(part.n_types) - 1, 1).bit_length()
    one = np.ones(1, np.uint64)
    return one, one * np.uint64(bits), np.ones(1), one * _U0


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


@register_jitable
def find_cell(start: Any, guide: Any, bits: Any) -> Any:
    """The cell that holds the random value `bits` (uint64): the last that starts at or below it."""
    slot = bits >> _GUIDE_SHIFT
    lower, upper = guide[slot], guide[slot + _U1]
    while lower < upper:
        middle = (lower + upper + 1) >> 1
        if start[middle] <= bits:
            lower = middle
        else:
            upper = middle - 1
    return lower


@register_jitable
def draw_from_block(
    key: Any, width: Any, ratio: Any, last: Any, power: Any, seed: Any, high: Any, position: Any
) -> Any:
    """The key of token `position` in the block of 2^`width` keys from `key`; all uint64, `power` an array of them.

    A rank is proposed from attempt 1 and accepted by 32 bits of the same value (of attempt 2 where the rank
    itself needs more than 32); a rejected proposal goes on with attempts 3 and 4, and so on. The bound on the
    trials is never met: a proposal is rejected with probability below one half.
    """
    attempt = _U1
    while True:
        value = random_bits(seed, high + attempt, position)
        chosen = key + (value >> (_U64 - width))
        if width <= _U32:
            offset, test = (value >> (_U64 - width)) << (_U32 - width), value & M32
        else:
            offset, test = value >> _U32, random_bits(seed, high + attempt + _U1, position) & M32
        x = offset * ratio >> _U32
        accept = power[-1]
        for j in range(len(power) - 2, -1, -1):
            accept = power[j] - (x * accept >> _U32)
        if (test < accept and chosen <= last) or attempt > _LAST_TRIAL:
            return chosen
        attempt += _U2


@register_jitable
def draw_flat(n_types: Any, bits: Any) -> Any:
    """The key, 0 … `n_types` - 1, of a token of a flat law; all uint64."""
    return multiply_high(bits, n_types)
