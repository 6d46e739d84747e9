"""A law of sequences as a short table of types, so that a sum over 1e15 ranks costs a few hundred terms.

Every quantity of `bounds.counts.unique` is a sum over types of a smooth function g of p. A `TypeTable` holds
probabilities p_j, counts w_j and a rest ("dust"), such that

    Σ_r g(p_r) = Σ_j w_j g(p_j) + g'(0) · dust.

The first ranks stand for themselves (w = 1). From rank R on the sum is an integral over ln(r + q), taken by
Gauss–Legendre panels, with Euler–Maclaurin corrections at its ends; the derivatives they need are central
differences over nine ranks, which only changes the weights of those ranks. Dust is the total probability of
types so rare that D draws never meet one of them twice (D p < 1e-18). The table depends on the law and on the
largest D, not on g.

| letter | meaning                                     |
|--------|---------------------------------------------|
| r, x   | rank, and r + q                             |
| s, q   | Zipf exponent, Mandelbrot's shift           |
| κ      | sharpness: how narrow g is, 1/κ in ln p     |
"""

from __future__ import annotations

import functools
import math
import sys
from dataclasses import dataclass
from typing import Any

import numpy as np

from bounds.base.sources import Geometric, Mixture, Source, Uniform, Zipf, parse_source
from bounds.counts.panels import FIRST_PANEL, PANEL_WIDTH, STEPS_PER_SCALE, UPPER_END, leading_weights, panels

HEAVY = 0.02
"""Types above this probability always stand for themselves: rank 64 is at most 1/64, and panels begin later."""

_LISTED_TYPES = 2048
"""Supports up to this size are listed type by type."""

_RARE = 1e-18
_NEVER = -1e280
"""Stands for ln(1 - p) at p = 1, so that 0 times it is 0."""


@dataclass(frozen=True)
class TypeTable:
    """Probabilities, how many types have each, ln(1 - p), and the total probability of the rest."""

    p: np.ndarray
    count: np.ndarray
    log_absent: np.ndarray
    dust: float = 0.0

    def __len__(self) -> int:
        return self.p.shape[-1]

    def split(self) -> tuple[TypeTable, TypeTable]:
        """The heavy types without dust, and the light ones with it."""
        heavy = self.p > HEAVY
        return (
            TypeTable(self.p[heavy], self.count[heavy], self.log_absent[heavy]),
            TypeTable(self.p[~heavy], self.count[~heavy], self.log_absent[~heavy], self.dust),
        )


def make_table(p: Any, count: Any, dust: float = 0.0) -> TypeTable:
    """A table with ln(1 - p) filled in."""
    p = np.minimum(np.asarray(p, float), 1.0)
    log_absent = np.full(p.shape, _NEVER)
    np.log1p(-p, out=log_absent, where=p < 1)
    return TypeTable(p, np.broadcast_to(np.asarray(count, float), p.shape), log_absent, float(dust))


def type_table(source: Source, reach: float, times: int = 1) -> TypeTable:
    """The table of a fixed law for at most `reach` draws, for g as narrow as y^times e^-y in y = Dp."""
    if times > 256:
        return _build(source, reach, times)  # long tables are not worth keeping
    return _kept(source, reach, times)


def _build(source: Source, reach: float, times: int) -> TypeTable:
    if isinstance(source, Uniform):
        return make_table([1 / source.types], [source.types])
    if isinstance(source, Geometric):
        return _geometric(source, reach, times)
    if isinstance(source, Zipf):
        return _zipf(source, reach, times)
    if isinstance(source, Mixture):
        return _mixture(source, reach, times)
    raise TypeError(f"{source} has no fixed probabilities")  # pragma: no cover


_kept = functools.lru_cache(maxsize=64)(_build)


def _mixture(source: Mixture, reach: float, times: int) -> TypeTable:
    parts = [(weight, type_table(part, reach, times)) for weight, part in source.components]
    return make_table(
        np.concatenate([weight * table.p for weight, table in parts]),
        np.concatenate([table.count for _, table in parts]),
        sum(weight * table.dust for weight, table in parts),
    )


def _zipf(source: Zipf, reach: float, times: int) -> TypeTable:
    first = first_probability(source)
    x, count, cut = _zipf_ranks(source, math.log(reach * first), times)
    table = make_table(first * x**-source.exponent, count, first * _past(source, cut))
    # 1 - p_1 from the sum of the others: for steep laws p_1 itself no longer says how far it is from 1.
    others = float(np.sum((count * x**-source.exponent)[1:]) + _past(source, cut))
    if others > 0:
        table.log_absent[0] = math.log(others) - math.log1p(others)
    return table


def zipf_normaliser(source: Zipf | str) -> float:
    """C with p_r = C (r+q)^-s: one over ζ(s, 1+q), or over the sum of V terms.

    Holds for every s > 0 with finitely many types and for s > 1 without limit. Unit: a probability at r + q = 1
    (equations A3, A4). Raises ValueError for a source of another kind.
    """
    law = parse_source(source)
    if not isinstance(law, Zipf):
        raise ValueError(f"zipf_normaliser needs a zipf source such as zipf:1.724,shift=100, got {law}")
    log_normaliser = math.log(first_probability(law)) + law.exponent * math.log1p(law.shift)
    if log_normaliser > math.log(sys.float_info.max):
        raise ValueError(f"the normaliser of {law} is e^{log_normaliser:.6g}, above every floating-point number")
    return first_probability(law) * (1 + law.shift) ** law.exponent


def zipf_entropy(source: Zipf) -> float:
    """-Σ p ln p = -ln p_1 + s p_1 Σ x^-s ln x nats, x = (r+q)/(1+q)."""
    s, unit = source.exponent, 1 + source.shift
    x, count, cut = _zipf_ranks(source, 0.0, 1)
    total = float(np.sum(count * x**-s * np.log(x)))
    end = (source.n_types + source.shift) / unit

    def rest(low: float) -> float:  # ∫ x^-s ln x dx from low to infinity
        return low ** (1 - s) * (math.log(low) + 1 / (s - 1)) / (s - 1)

    if cut < end:
        total += unit * (rest(cut) - (0.0 if math.isinf(end) else rest(end)))
    # -ln p_1 from the sum of the others: where p_1 is nearly 1, its own logarithm has few digits.
    others = float(np.sum((count * x**-s)[1:]) + _past(source, cut))
    return s * first_probability(source) * total + math.log1p(others)


@functools.lru_cache(maxsize=64)
def first_probability(source: Zipf) -> float:
    """p_1: everything else is in units of it, so that large shifts and exponents do not overflow."""
    x, count, cut = _zipf_ranks(source, 0.0, 1)
    return 1 / float(np.sum(count * x**-source.exponent) + _past(source, cut))


def _past(source: Zipf, cut: float) -> float:
    """Σ x^-s from `cut` to the last type, x = (r+q)/(1+q); 0 where the ranks reach the last type.

    An integral, with the correction of Euler and Maclaurin at the last type: of thousands, its half counts.
    """
    s, unit = source.exponent, 1 + source.shift
    end = (source.n_types + source.shift) / unit
    if not cut < end:
        return 0.0
    if math.isinf(end):
        return unit * cut ** (1 - s) / (s - 1)
    return unit * (cut ** (1 - s) - end ** (1 - s)) / (s - 1) + end**-s * (0.5 - s / (12 * end * unit))


def _zipf_ranks(source: Zipf, log_seen: float, times: int) -> tuple[np.ndarray, np.ndarray, float]:
    """x_j = (r+q)/(1+q) and w_j of the sum over ranks, and the x where it stops.

    It stops at the last type, or where types are rare; `log_seen` is ln D p_1.
    """
    s, q, last = source.exponent, source.shift, source.n_types
    unit = 1 + q
    kappa = _sharpness(times)
    start = max(FIRST_PANEL, math.ceil(STEPS_PER_SCALE * kappa * max(s, 1.0) - q))
    if last <= max(_LISTED_TYPES, start + 16):
        return (np.arange(1, int(last) + 1) + q) / unit, np.ones(int(last)), math.inf
    low, high = math.log((start + q) / unit), math.log((last + q) / unit)
    end = high
    if s > 1:
        log_rare = _log_rare(times, log_seen)
        end = min(end, max(low, (log_seen - log_rare) / s))
    u, weights = panels(low, end, PANEL_WIDTH / (kappa * max(s, 1.0)), halvings=10 if end == high else 0)
    x = np.exp(u)
    ranks, ends = _ends(start, last if end == high else math.inf)
    stop = math.inf if end == high else math.exp(end)
    return np.concatenate([(ranks + q) / unit, x]), np.concatenate([ends, weights * x * unit]), stop


def _geometric(source: Geometric, reach: float, times: int) -> TypeTable:
    decay = -math.log(source.ratio)
    first = 1 - source.ratio
    kappa = _sharpness(times)
    log_seen = math.log(reach * first)
    length = (log_seen - _log_rare(times, log_seen)) / decay + 1
    if decay * kappa * STEPS_PER_SCALE > 1:
        ranks = np.arange(1, math.ceil(length) + 1)
        return make_table(first * np.exp(-decay * (ranks - 1)), np.ones(len(ranks)), math.exp(-decay * ranks[-1]))
    start = FIRST_PANEL
    end = max(length, start)
    nodes, weights = panels(start, end, PANEL_WIDTH / (kappa * decay))
    ranks, ends = _ends(start, math.inf)
    ranks = np.concatenate([ranks, nodes])
    # Past its end the sum is an integral: ∫ p dr = p / decay.
    dust = first * math.exp(-decay * (end - 1)) / decay
    return make_table(first * np.exp(-decay * (ranks - 1)), np.concatenate([ends, weights]), dust)


def _sharpness(times: int) -> float:
    return max(1.0, math.sqrt(times) / 1.17)


def _log_rare(times: int, log_seen: float) -> float:
    """ln of the y = Dp below which y^k e^-y no longer counts, for times/4 < k ≤ times and y ≤ D p_1."""
    lowest = times // 4 + 1
    return min(math.log(lowest), log_seen) + max(math.log(_RARE), -20 * math.log(10) / max(lowest - 1, 1))


def _ends(start: int, last: float) -> tuple[np.ndarray, np.ndarray]:
    """Ranks before the panels and around their last rank, with their weights."""
    ranks = np.arange(1.0, start + 5)
    weights = leading_weights(len(ranks))
    if math.isinf(last):
        return ranks, weights
    return np.concatenate([ranks, last + np.arange(-4.0, 5.0)]), np.concatenate([weights, UPPER_END])
