"""A source as tables of integers, from which every backend draws the same types.

Five kinds of table cover the sources of `bounds.base.sources`:

* ``flat``: V equally likely types; the type is the high half of (random bits) × V.
* ``alias``: a listed law, one entry a type (`simulate.drawing.alias`): finite Zipf-Mandelbrot laws.
* ``cells``: the unit interval, cut at 64-bit integers (`simulate.drawing.interval_tables`): unlimited laws, and
  mixtures. In a block a rank is proposed evenly and accepted with probability ((a + q) / (r + q))^s, a polynomial in
  32-bit fixed point.
* ``windows``: token i is letters i … i + l - 1 of a stream; its key is the window written in base A, or a hash where
  A^l ≥ 2^62. A letter is flat, or from an alias table. It repeats the one before it where its random bits of attempt 2
  are below a whole number; so letter i is the letter that was last drawn anew, at i or before it.
* ``urn``: the Chinese restaurant process of Pitman-Yor, drawn token by token.

Floating point builds the tables, once, on the host (`Sampler.digest` names the result); integers decide what is
drawn. Masses are rounded to multiples of 2^-64, acceptance probabilities and Pitman-Yor parameters to 2^-32.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from bounds.base.one_number import quoted
from bounds.base.sources import GrowingUniform, Mixture, PitmanYor, SantaFe, Source, Uniform, Windows, Zipf
from simulate.drawing.alias import MAX_TYPES, alias_table, whole_masses
from simulate.drawing.compiled import jitable
from simulate.drawing.interval_tables import (
    FRESH,
    FRESH_KEY,
    GUIDE_BITS,
    NO_CELLS,
    OVERFLOW,
    Cells,
    build_cells,
    check_cells,
)
from simulate.drawing.stream import M32, multiply_high, random_bits

__all__ = [
    "ALIAS", "CELLS", "FLAT", "FRESH", "FRESH_KEY", "HASH_PRIME", "OPEN", "OVERFLOW", "PRIME", "URN", "WINDOWS",
    "Cells", "Sampler",
    "build_sampler", "check_drawable", "draw_alias", "draw_flat", "draw_from_block", "draw_letter", "find_cell",
    "hash_base", "last_anew", "listed_sampler", "multiply_mod", "roll_window",
]  # fmt: skip

FLAT, CELLS, URN, ALIAS, WINDOWS = 0, 1, 2, 3, 4
MAX_URN_DRAWS = 2**31 - 1
"""An urn remembers the table of each token in four bytes."""

MAX_WINDOW = 1 << 20
"""Letters of a window, which are held at once."""

MAX_ALIAS_TYPES = 1 << 24
"""Above, cells draw as fast and are built at once (see ``benchmarks/tokens.py``)."""

MAX_EXACT_WORDS = 2**62
OPEN = 2**64 - 1
"""No key: what `Sampler.settled` holds where more than the first bits is needed."""

HASH_PRIME = 2**61 - 1
PRIME = np.uint64(HASH_PRIME)
"""`HASH_PRIME` as compiled loops take it."""

_U0, _U1, _U2, _U3, _U32, _U61, _U64 = (np.uint64(n) for n in (0, 1, 2, 3, 32, 61, 64))
_GUIDE_SHIFT = np.uint64(64 - GUIDE_BITS)
_LAST_TRIAL = np.uint64(120)
_NO_BITS = np.empty(0, np.uint64)


@dataclass(frozen=True, eq=False)
class Sampler:
    """Integer tables of one source. Read by backends; built by `build_sampler`. Two are equal if they are one object.

    Keys below `n_dense` are single types and index a table of counts. ``parameter`` is (V, 0) of a flat law,
    (b, 0) of an alias table of 2^b entries, (A, l) of windows, and (d, θ) of an urn in units of 2^-32. ``repeat`` is
    2^64 times the probability that a letter of windows repeats the one before it, and ``alias`` holds their letters
    where they are not equally likely.
    """

    kind: int
    parameter: tuple[int, int] = (0, 0)
    cells: Cells = NO_CELLS
    n_dense: int = 0
    alias: np.ndarray = field(default_factory=lambda: _NO_BITS)
    repeat: int = 0

    @property
    def n_keys(self) -> int:
        """Every key is below this; 0 where 2^62 keys are not enough or an urn has no keys."""
        if self.kind == WINDOWS:
            alphabet, length = self.parameter
            n_words = alphabet**length if length * math.log2(alphabet) < 63 else MAX_EXACT_WORDS
            return n_words if n_words < MAX_EXACT_WORDS else 0
        return {FLAT: self.parameter[0], ALIAS: self.n_dense}.get(self.kind, 0)

    @cached_property
    def settled(self) -> np.ndarray:
        """What the first 16 bits of a random value decide, uint64 of shape (2^16,): its key, or `OPEN`.

        They decide where one cell that is a single type, or new whatever it is, holds a slot of the guide and goes on
        behind it. Most tokens fall there when a law is steep, and need no other table.
        """
        cells = self.cells
        if not len(cells.start):
            return _NO_BITS
        cell = cells.guide[:-1]
        alone = (cell == cells.guide[1:]) & ((cells.width[cell] == 0) | (cells.width[cell] == OVERFLOW))
        return np.where(alone, cells.key[cell], np.uint64(OPEN))

    @property
    def letter_bits(self) -> int:
        """b where the letters of windows come from an alias table of 2^b entries, 0 where they are flat."""
        return max(len(self.alias), 1).bit_length() - 1 if self.kind == WINDOWS else 0

    @property
    def digest(self) -> str:
        """SHA-256 of the tables: equal digests give equal draws."""
        repeat = f" {self.repeat}" if self.repeat else ""
        digest = hashlib.sha256(f"{self.kind} {self.n_dense} {self.parameter}{repeat}".encode())
        for table in (*self.cells, self.alias):
            digest.update(f"{table.dtype} {table.shape}".encode() + table.tobytes())
        return digest.hexdigest()


def build_sampler(source: Source, n_draws: int) -> Sampler:
    """The tables of `source` for corpora of at most `n_draws` draws.

    `n_draws` is part of the law of a growing uniform, whose corpora must have exactly that size. The types of a
    Santa Fe source are its facts.

    Raises ValueError with one sentence where the tokens of a source cannot be drawn.
    """
    if isinstance(source, SantaFe):
        source = source.facts
    if isinstance(source, GrowingUniform):
        source = source.at(n_draws)
    if isinstance(source, Uniform):
        return Sampler(FLAT, parameter=(source.types, 0))
    if isinstance(source, Windows):
        return _windows(source)
    if isinstance(source, PitmanYor):
        return _urn(source, n_draws)
    if isinstance(source, Zipf) and _is_listed(source):
        sizes = _zipf_sizes(source)
        if np.count_nonzero(sizes) > 1:
            return _alias(sizes)
    cells, n_dense = build_cells(_parts(source))
    return Sampler(CELLS, cells=cells, n_dense=n_dense)


def check_drawable(source: Source, n_draws: int) -> None:
    """Raise the ValueError that `build_sampler` would raise for `source`, if any, without its large tables."""
    if isinstance(source, SantaFe):
        source = source.facts
    if isinstance(source, Windows | PitmanYor):
        build_sampler(source, n_draws)  # has no tables
    elif not (isinstance(source, GrowingUniform | Uniform) or _is_listed(source)):
        check_cells(_parts(source))


def listed_sampler(masses: ArrayLike) -> Sampler:
    """The tables of a law given by the `masses` of its types, in any unit, of shape (type,).

    Probabilities are rounded to multiples of 2^-64, the largest takes what that leaves. Raises ValueError with one
    sentence for masses that are no law, and for more than 2^26 of them.
    """
    mass = np.asarray(masses, float)
    if mass.ndim != 1 or not 1 <= mass.size <= MAX_TYPES:
        raise ValueError(f"masses must be a list of 1 to 2^26 numbers, got an array of shape {mass.shape}")
    if not (np.all(np.isfinite(mass)) and np.all(mass >= 0) and 0 < mass.sum() < np.inf):
        raise ValueError("masses must be finite, at least 0 and not all 0; leave out types without a probability")
    sizes = whole_masses(mass)
    if np.count_nonzero(sizes) < 2:
        # One type has all of the mass: a table of it and a neighbour that is never drawn would need 65 bits.
        key = np.flatnonzero(mass == mass.max()).astype(np.uint64)[:1]
        return _alias_of_one(int(key[0]), len(mass))
    return _alias(sizes)


def _is_listed(source: Source) -> bool:
    """Whether the law may have an alias table: it is finite, and not too long."""
    return isinstance(source, Zipf) and source.types is not None and 2 <= source.types <= MAX_ALIAS_TYPES


def _zipf_sizes(law: Zipf) -> np.ndarray:
    """The masses of a listed Zipf law in units of 2^-64. Relative to the first, since (1 + q)^-s may underflow."""
    ranks = np.arange(law.n_types)
    return whole_masses(np.exp(-law.exponent * np.log1p(ranks / (1 + law.shift))))


def _parts(source: Source) -> tuple[tuple[float, Source], ...]:
    """The components of a law with their weights."""
    parts = source.components if isinstance(source, Mixture) else ((1.0, source),)
    if len(parts) > 16:
        raise ValueError(
            f"the tokens engine takes mixtures of at most 16 components, got {len(parts)}; use --engine types"
        )
    return parts


def _alias(sizes: np.ndarray) -> Sampler:
    table, bits = alias_table(sizes)
    return Sampler(ALIAS, parameter=(bits, 0), n_dense=len(sizes), alias=table)


def _alias_of_one(key: int, n_types: int) -> Sampler:
    bits = max(1, (n_types - 1).bit_length())
    return Sampler(ALIAS, parameter=(bits, 0), n_dense=n_types, alias=np.full(1 << bits, key, np.uint64))


def _urn(source: PitmanYor, n_draws: int) -> Sampler:
    if n_draws > MAX_URN_DRAWS:
        raise ValueError(
            f"the tokens of a Pitman-Yor source can be drawn up to 2^31 - 1, got {n_draws}; use --engine types or gauss"
        )
    if source.concentration >= 2**29:
        raise ValueError(
            f"the tokens engine takes concentrations below 2^29, got {quoted(source.concentration, 6)}; "
            "use --engine types or gauss"
        )
    return Sampler(URN, parameter=(round(source.discount * 2**32), round(source.concentration * 2**32)))


def _windows(source: Windows) -> Sampler:
    if source.length > MAX_WINDOW:
        raise ValueError(
            f"the tokens engine takes windows of at most 2^20 letters, got {source.length}; use --engine analytic"
        )
    alias = _NO_BITS
    if isinstance(source.letters, Zipf):
        if source.alphabet > MAX_ALIAS_TYPES:
            raise ValueError(
                f"the tokens engine takes alphabets of at most 2^24 unequal letters, got {source.alphabet}; pass a "
                "smaller alphabet or exponent=0"
            )
        sizes = _zipf_sizes(source.letters)
        certain = np.count_nonzero(sizes) < 2
        alias = (_alias_of_one(0, source.alphabet) if certain else _alias(sizes)).alias
    repeat = round(source.stay * 2**64)
    sampler = Sampler(WINDOWS, parameter=(source.alphabet, source.length), alias=alias, repeat=repeat)
    if not sampler.n_keys and source.alphabet >= HASH_PRIME:
        raise ValueError(
            f"the tokens engine takes alphabets below 2^61 - 1, got {source.alphabet}; use --engine analytic"
        )
    return sampler


@jitable
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


@jitable
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


@jitable
def draw_flat(n_types: Any, bits: Any) -> Any:
    """The key, 0 … `n_types` - 1, of a token of a flat law; all uint64."""
    return multiply_high(bits, n_types)


@jitable
def draw_alias(alias: Any, table_bits: Any, bits: Any) -> Any:
    """The key of a token of a listed law: `alias` of 2^`table_bits` entries; all uint64."""
    shift = _U64 - table_bits
    bucket = bits >> shift
    entry = alias[bucket]
    other = entry & ((_U1 << table_bits) - _U1)
    # No branch: a wrong guess would wait for the entry, and with it all the draws after it.
    own = np.uint64((bits & ((_U1 << shift) - _U1)) < entry >> table_bits)
    return other ^ ((bucket ^ other) * own)


@jitable
def draw_letter(alphabet: Any, alias: Any, table_bits: Any, bits: Any) -> Any:
    """A letter that is drawn anew: flat where `table_bits` is 0, else from an alias table; all uint64."""
    return draw_alias(alias, table_bits, bits) if table_bits > _U0 else draw_flat(alphabet, bits)


@jitable
def last_anew(repeat: Any, seed: Any, high: Any, position: Any) -> Any:
    """The place of the letter that the letter at `position` is: the last at or before it that repeats no other."""
    if repeat > _U0:
        while position > _U0 and random_bits(seed, high + _U2, position) < repeat:
            position -= _U1
    return position


@jitable
def multiply_mod(a: Any, b: Any) -> Any:
    """a · b mod 2^61 - 1 for two uint64 below it."""
    low = a * b
    total = (low & PRIME) + (multiply_high(a, b) << _U3 | low >> _U61)
    return total - PRIME if total >= PRIME else total


@jitable
def hash_base(seed: Any, high: Any) -> Any:
    """The base of the hash of windows in one stream: 2 … 2^61 - 2, from attempt 1 of its first token.

    Two windows that differ have one hash with probability below l / 2^60 over seeds and streams: their difference
    is a polynomial in the base with at most l - 1 zeros.
    """
    return _U2 + multiply_high(random_bits(seed, high + _U1, _U0), PRIME - _U3)


@jitable
def roll_window(key: Any, leaving: Any, entering: Any, base: Any, top: Any, exact: Any) -> Any:
    """The key of the next window: `leaving` goes, which stood for base^(l-1) = `top`, and `entering` comes."""
    if exact:
        return (key - leaving * top) * base + entering
    rest = key + PRIME - multiply_mod(leaving, top)
    rest = rest - PRIME if rest >= PRIME else rest
    total = multiply_mod(rest, base) + entering
    return total - PRIME if total >= PRIME else total
