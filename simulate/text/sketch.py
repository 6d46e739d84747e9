r"""How many distinct things a stream held, from a few kilobytes: HyperLogLog.

A thing is a number of 64 bits. Its hash is cut into the number of a register, the first p bits, and the place
ρ = 1, 2, … of the first one among the other q = 64 - p bits, q + 1 if there is none. A register keeps the largest ρ
that it was given. Adding a thing twice changes nothing, no order is better than another, and the registers of a
union are the larger ones of both (Flajolet, Fusy, Gandouet & Meunier 2007, section 2).

| letter  | argument      | is                                                                    |
|---------|---------------|-----------------------------------------------------------------------|
| p       | `precision`   | bits that choose the register, 4 to 18                                  |
| m       |               | registers, 2^p, a byte each                                             |
| q       |               | bits that ρ is read from, 64 - p                                        |
| C_k     |               | registers that hold k, from 0 to q + 1                                  |
| α_∞     |               | 1/(2 ln 2)                                                              |

The estimate is the improved raw estimator (Ertl 2017, arXiv:1702.01284, algorithm 6):

    n̂ = α_∞ m² / (m σ(C_0/m) + Σ_{k=1}^{q} C_k 2^-k + m τ(1 - C_{q+1}/m) 2^-q)
    σ(x) = x + Σ_{k≥1} x^(2^k) 2^(k-1)
    τ(x) = (1 - x - Σ_{k≥1} (1 - x^(2^-k))² 2^-k) / 3

σ and τ put in the place of the registers that hold 0 and q + 1 what they would give on average if ρ had no limits
on either side, so that one formula serves all n and no table of corrections is needed. The relative standard error
is 1.04/√m (Flajolet et al. 2007, theorem 1), and 0.7/√m while n is small beside m. The formula is the limit for
many registers: with few of them n̂ is too large, by about 1/m, which is 6 % at p = 4 and 0.006 % at p = 14.

Hashes. Units are numbers below 2^61 - 1, and a window of k of them is the polynomial of `simulate.drawing.tables` at a
base drawn from the seed: two windows that differ have one key with probability below k/2^60. A bijection of 64 bits
then scatters the keys. So n distinct windows lose at most n² k / 2^61 of them on average to equal keys, 4e-10 k of a
billion: nothing beside 1.04/√m.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from statistics import NormalDist
from typing import Any

import numpy as np

from bounds.base.arguments import shown
from bounds.base.intervals import Interval
from bounds.base.telling.html import html_fields
from simulate.drawing.compiled import bare, inlined, leading_zeros
from simulate.drawing.stream import ONE, ZERO, Stream, random_bits
from simulate.drawing.tables import HASH_PRIME, hash_base, roll_window
from simulate.text.cutting.sequences import check_seed
from simulate.text.reading.errors import InputError

MIN_PRECISION, MAX_PRECISION = 4, 18
PRECISION = 14
"""Default: 16 KiB, a relative standard error of 0.8 %."""

_TERMS = 64
"""Terms of σ and τ. Those of σ end with x^(2^k), where x ≤ 1 - 2^-18; those of τ fall as 8^-k."""

_S27, _S30, _S31, _S64 = (np.uint64(n) for n in (27, 30, 31, 64))
_MIX0, _MIX1 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


@dataclass(frozen=True, eq=False)
class HyperLogLog:
    """A sketch of a set. Sketches of parts of a text, made anywhere, merge into that of the whole.

    `seed` chooses the hash functions. `kind` says what is counted: only sketches of one kind can be merged.
    """

    precision: int = PRECISION
    seed: int = 0
    kind: str = ""
    registers: np.ndarray = field(default_factory=lambda: np.empty(0, np.uint8))
    """uint8 of shape (2^precision,); empty for a new sketch, which then makes its own."""

    _repr_html_ = html_fields

    def __post_init__(self) -> None:
        check_precision(self.precision)
        check_seed(self.seed)
        size = 1 << self.precision
        if not len(self.registers):
            object.__setattr__(self, "registers", np.zeros(size, dtype=np.uint8))
        if self.registers.dtype != np.uint8 or self.registers.shape != (size,):
            found = f"{self.registers.dtype} of shape {self.registers.shape}"
            raise InputError(f"registers must be uint8 of shape ({size},) at precision {self.precision}, got {found}")

    @property
    def relative_error(self) -> float:
        """Nominal relative standard error of the estimate, 1.04/√m (Flajolet et al. 2007, theorem 1)."""
        return 1.04 / math.sqrt(len(self.registers))

    def add(self, keys: np.ndarray) -> None:
        """Add distinct things by their `keys`, unsigned of shape (n,). They need not be hashes: they are mixed here."""
        _check_numbers("keys", keys)
        _, _, salt = hashing_of(self.seed, 1)
        _add(keys, salt, np.uint64(self.precision), self.registers)

    def add_windows(self, units: np.ndarray, length: int) -> None:
        """Add all windows of `length` of the `units`, unsigned and below 2^61 - 1, of shape (n,)."""
        _check_numbers("units", units)
        if length == 1:
            self.add(units)
        elif len(units) >= length:
            check_units(units)
            base, top, salt = hashing_of(self.seed, length)
            _add_windows(units, length, base, top, salt, np.uint64(self.precision), self.registers)

    def merge(self, other: HyperLogLog) -> HyperLogLog:
        """The sketch of the union of what both were given; ValueError where they cannot be compared."""
        check_alike(self, other, ("precision", "seed", "kind"), "sketches")
        return HyperLogLog(self.precision, self.seed, self.kind, np.maximum(self.registers, other.registers))

    def estimate(self) -> float:
        """How many distinct things were added; 0 for none."""
        m, q = len(self.registers), 64 - self.precision
        counts = np.bincount(self.registers, minlength=q + 2)
        if counts[0] == m:
            return 0.0
        inner = float(counts[1 : q + 1] @ 0.5 ** np.arange(1, q + 1))
        below, above = m * _sigma(counts[0] / m), m * _tau(1 - counts[q + 1] / m) * 0.5**q
        return m * m / (2 * math.log(2) * (below + inner + above))

    def interval(self, confidence: float = 0.95) -> Interval:
        """Normal interval for the number added, from the nominal error: the n with |n̂ - n| ≤ z 1.04/√m n.

        Its ends are whole numbers, rounded outwards: below √m things, one collision more than expected is all that
        goes wrong, and it would be missed. ``docs/corpora.md`` has the measured coverage.
        """
        if not 0 < confidence < 1:
            raise InputError(f"confidence must lie between 0 and 1, got {shown(confidence)}; 0.95 is usual")
        estimate = self.estimate()
        reach = NormalDist().inv_cdf((1 + confidence) / 2) * self.relative_error
        upper = math.ceil(estimate / (1 - reach)) if reach < 1 else math.inf
        return Interval(math.floor(estimate / (1 + reach)), upper)


@lru_cache(maxsize=256)
def hashing_of(seed: int, length: int) -> tuple[np.uint64, np.uint64, np.uint64]:
    """What windows of `length` are hashed with: base, its power for the first unit, and salt. Documents are many."""
    high = np.uint64(Stream(seed, "hashes").high)
    base = hash_base(np.uint64(seed), high)
    return base, np.uint64(pow(int(base), length - 1, HASH_PRIME)), random_bits(np.uint64(seed), high, ZERO)


def check_alike(one: Any, other: Any, names: Sequence[str], what: str) -> None:
    """InputError where two of `what` differ in a field of `names`, so that they cannot be merged."""
    for name in names:
        mine, theirs = getattr(one, name), getattr(other, name)
        if mine != theirs:
            raise InputError(
                f"{name} must be equal in {what} that are merged, got {shown(mine)} and {shown(theirs)}; make both anew"
            )


def check_units(units: np.ndarray) -> None:
    """InputError for units that are too large for the hash of a window."""
    if units.dtype.itemsize == 8 and units.max() >= HASH_PRIME:
        raise InputError(f"units must be below 2^61 - 1, got {units.max()}; hash them to fewer bits")


def check_precision(precision: int) -> None:
    """Raise InputError unless `precision` is a whole number from 4 to 18."""
    whole = isinstance(precision, int | np.integer) and not isinstance(precision, bool)
    if not whole or not MIN_PRECISION <= precision <= MAX_PRECISION:
        raise InputError(
            f"precision must be a whole number from {MIN_PRECISION} to {MAX_PRECISION}, got {shown(precision)}; "
            f"{PRECISION} takes 16 KiB and errs by 0.8 %"
        )


def _check_numbers(name: str, values: np.ndarray) -> None:
    if not isinstance(values, np.ndarray) or values.dtype.kind != "u" or values.ndim != 1:
        found = f"{values.dtype} of shape {values.shape}" if isinstance(values, np.ndarray) else type(values).__name__
        raise InputError(
            f"{name} must be a one-dimensional array of unsigned whole numbers, got {found}; use np.uint64"
        )


def _sigma(x: float) -> float:
    k = np.arange(1, _TERMS)
    return x + float(np.sum(x ** (2.0**k) * 2.0 ** (k - 1)))


def _tau(x: float) -> float:
    k = np.arange(1, _TERMS)
    return (1 - x - float(np.sum((1 - x ** (0.5**k)) ** 2 * 0.5**k))) / 3


@inlined
def mixed(key: Any) -> Any:
    """A bijection of 64 bits: Stafford's variant 13, with which SplitMix64 ends (Steele, Lea & Flood 2014)."""
    key = (key ^ key >> _S30) * _MIX0
    key = (key ^ key >> _S27) * _MIX1
    return key ^ key >> _S31


@inlined
def _keep(value: Any, precision: Any, registers: Any) -> None:
    """Give a hash to its register. The bit set in the place after the last of the q bits stands for none of them."""
    index = value >> (_S64 - precision)
    rank = leading_zeros(value << precision | ONE << (precision - ONE)) + ONE
    if rank > registers[index]:
        registers[index] = rank


@bare
def _add(keys: Any, salt: Any, precision: Any, registers: Any) -> None:
    for i in range(len(keys)):
        _keep(mixed(np.uint64(keys[i]) ^ salt), precision, registers)


@bare
def _add_windows(units: Any, length: int, base: Any, top: Any, salt: Any, precision: Any, registers: Any) -> None:
    key = ZERO
    for i in range(length):
        key = roll_window(key, ZERO, np.uint64(units[i]), base, top, False)
    _keep(mixed(key ^ salt), precision, registers)
    for i in range(length, len(units)):
        key = roll_window(key, np.uint64(units[i - length]), np.uint64(units[i]), base, top, False)
        _keep(mixed(key ^ salt), precision, registers)
