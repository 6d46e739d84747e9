"""A law as a short list of probabilities and how many types have each, for sums that treat the rarest types apart.

A law is given as probabilities or as a `Source`. Equal probabilities are one entry, so that a uniform law of 1e15
types has one; other sources become the tables of `bounds.counts.rank_tables`, in which a few hundred entries stand for
any number of ranks. What is left are the "rest": types so rare that n draws never meet one of them twice. Of those only
their number, their mass and Σ p ln(1/p) matter.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from bounds.base.pointwise import checked, pointwise, real_array, shown
from bounds.base.sources import Geometric, GrowingUniform, Mixture, Source, Uniform, Zipf, parse_source
from bounds.counts.rank_tables import TypeTable, first_probability, type_table, zipf_normaliser
from bounds.counts.unique import MAX_DRAWS

SUM_TOLERANCE = 1e-9
"""Probabilities may miss a sum of 1 by this much; they are then divided by their sum."""

_RARE = 1e-250
"""Listed types with n p below this belong to the rest: 1 / (n p) would overflow."""


@dataclass(frozen=True)
class TypeLaw:
    """Probabilities p and 1 - p, how many types have each, and the rest by number, mass and Σ p ln(1/p)."""

    p: np.ndarray
    absent: np.ndarray
    count: np.ndarray
    n_types: float
    rest_types: float = 0.0
    rest_mass: float = 0.0
    rest_entropy: float = 0.0


@dataclass(frozen=True)
class HeavyTypes:
    """The types that n draws meet at least once on average: p ≥ 1/n; and the mass of the others."""

    root_sum: float
    """Σ √p over them."""
    light_mass: float


def whole_draws(n_draws: Any, name: str = "n_draws", lowest: int = 1) -> Any:
    """`n_draws`, checked to be whole numbers from `lowest` to 2^63."""
    text = f"a whole number between {lowest} and 2^63"
    return checked(name, n_draws, lambda n: (n >= lowest) & (n <= MAX_DRAWS), text, whole=True)


def whole_types(n_types: Any) -> Any:
    """`n_types`, checked to be whole numbers of at least 1."""
    return checked("n_types", n_types, lambda k: k >= 1, "a whole number of at least 1", whole=True)


def at_each(function: Callable[..., float], *values: Any) -> Any:
    """`function` of numbers at every point of the broadcast `values`."""
    return pointwise(lambda *columns: [function(*point) for point in zip(*columns, strict=True)], *values)


def fixed_law(probabilities: Any, n: float) -> Source | np.ndarray:
    """What `probabilities` means: a source with fixed probabilities, or a checked flat array that sums to one."""
    if not isinstance(probabilities, str | Source):
        return listed(probabilities)
    source = parse_source(probabilities)
    if isinstance(source, GrowingUniform):
        return source.at(n)
    if not isinstance(source, Uniform | Zipf | Geometric | Mixture):
        raise ValueError(
            f"probabilities must be a list or a source with fixed probabilities, got {source}; pass a uniform, zipf, "
            "geometric or mixture source"
        )
    return source


def listed(probabilities: Any) -> np.ndarray:
    """Probabilities of single types as a flat array that sums to one."""
    try:
        p = real_array(probabilities)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(
            "probabilities must be a list of numbers or a source such as 'zipf:1.1,types=1e4', got "
            f"{shown(probabilities)}"
        ) from None
    if p.ndim != 1 or not p.size:
        raise ValueError(f"probabilities must be a flat, non-empty list of numbers, got one of shape {p.shape}")
    bad = ~((p >= 0) & np.isfinite(p))
    if bad.any():
        raise ValueError(f"probabilities must be finite and not negative, got {p[bad][0]:g}; leave absent types out")
    total = math.fsum(p)
    if not abs(total - 1) <= SUM_TOLERANCE:
        raise ValueError(f"probabilities must sum to 1 within {SUM_TOLERANCE:g}, got {total!r}; divide by their sum")
    return p / total


def log_absent(p: Any, absent: Any) -> Any:
    """ln(1 - p) from both; ln 1e-300 for the certain type, which is as good as never absent."""
    return np.where(p > 0.5, np.log(np.maximum(absent, 1e-300)), np.log1p(-np.minimum(p, 0.5)))


def type_law(law: Source | np.ndarray, n: float) -> TypeLaw:
    """The law as a table for sums of functions of p that are as smooth as expectations over n draws are."""
    if isinstance(law, Source):
        return _of_source(law, n)
    p, count = np.unique(law, return_counts=True)
    absent = complements(p, count)
    rare = n * p < _RARE
    low, number = p[rare & (p > 0)], count[rare & (p > 0)]
    return TypeLaw(
        p=p[~rare],
        absent=absent[~rare],
        count=count[~rare].astype(float),
        n_types=float(len(law)),
        rest_types=float(count[rare].sum()),
        rest_mass=float(np.sum(number * low)),
        rest_entropy=float(-np.sum(number * low * np.log(low))),
    )


def heavy_types(law: Source | np.ndarray, n: float) -> HeavyTypes:
    """Σ √p over the types with p ≥ 1/n, and the mass of the others, for any number of types."""
    if isinstance(law, Mixture):
        parts = [(weight, heavy_types(part, weight * n)) for weight, part in law.components]
        return HeavyTypes(
            math.fsum(math.sqrt(weight) * part.root_sum for weight, part in parts),
            math.fsum(weight * part.light_mass for weight, part in parts),
        )
    if isinstance(law, Zipf):
        return _heavy_ranks(law, n)
    if isinstance(law, Geometric):
        ranks = heavy_rank_count(law, n)
        first, root = math.sqrt(1 - law.ratio), math.sqrt(law.ratio)
        root_sum = -math.expm1(0.5 * ranks * math.log(law.ratio)) * (1 + root) / first
        return HeavyTypes(root_sum, mass_beyond(law, ranks))
    if isinstance(law, Uniform):
        heavy = heavy_rank_count(law, n) > 0
        return HeavyTypes(math.sqrt(law.types) * heavy, float(not heavy))
    assert isinstance(law, np.ndarray)
    heavy = _often(law, n)
    return HeavyTypes(float(np.sqrt(law[heavy]).sum()), float(law[~heavy].sum()))


def heavy_rank_count(law: Uniform | Zipf | Geometric, n: float) -> int:
    """How many types have p ≥ 1/n; they are the first ranks."""
    if isinstance(law, Uniform):
        return law.types if _often(1 / law.types, n) else 0
    first = (1 - law.ratio) if isinstance(law, Geometric) else first_probability(law)
    if not _often(first, n):
        return 0
    above = math.log(n * first) + 1e-15
    if isinstance(law, Geometric):
        return math.floor(above / -math.log(law.ratio) + 1e-12) + 1
    ranks = math.exp(above / law.exponent) * (1 + law.shift) - law.shift
    return int(min(math.floor(ranks * (1 + 1e-15)), law.n_types))


def _often(p: Any, n: float) -> Any:
    """p ≥ 1/n, where p = 1/n has been rounded."""
    return n * p >= 1 - 1e-15


def _heavy_ranks(law: Zipf, n: float) -> HeavyTypes:
    """Partial sums as normalisers of the laws of the first ranks and of the later ones."""
    ranks = heavy_rank_count(law, n)
    if not ranks:
        return HeavyTypes(0.0, 1.0)
    root_sum = math.sqrt(zipf_normaliser(law)) / zipf_normaliser(Zipf(law.exponent / 2, law.shift, ranks))
    return HeavyTypes(root_sum, mass_beyond(law, ranks))


def mass_beyond(law: Uniform | Zipf | Geometric, rank: int) -> float:
    """Σ p over the ranks after `rank` ≥ 1, to full relative accuracy: of a Zipf law, the normaliser of its tail."""
    if rank >= law.n_types:
        return 0.0
    if isinstance(law, Uniform):
        return 1 - rank / law.types
    if isinstance(law, Geometric):
        return law.ratio**rank
    later = None if math.isinf(law.n_types) else int(law.n_types) - rank
    return zipf_normaliser(law) / zipf_normaliser(Zipf(law.exponent, law.shift + rank, later))


def _of_source(source: Source, n: float) -> TypeLaw:
    # A table serves a thousand-fold range of n.
    reach = 1000.0 ** math.ceil(math.log10(n) / 3)
    table = type_table(source, reach)
    return TypeLaw(
        p=table.p,
        absent=complements(table.p, table.count, table.dust),
        count=table.count,
        n_types=source.n_types,
        rest_types=max(source.n_types - float(table.count.sum()), 0.0) if table.dust else 0.0,
        rest_mass=table.dust,
        rest_entropy=_rest_entropy(source, table, reach),
    )


def complements(p: np.ndarray, count: np.ndarray, rest: float = 0.0) -> np.ndarray:
    """1 - p; for the type that has more than half of the mass, the sum of all others, which keeps its digits."""
    absent = 1 - p
    for first in np.flatnonzero(p > 0.5):
        absent[first] = math.fsum(np.delete(count * p, first)) + rest
    return absent


def _rest_entropy(source: Source, table: TypeTable, reach: float) -> float:
    """Σ p ln(1/p) over the types that a table leaves to its dust."""
    if isinstance(source, Mixture):
        parts = [(weight, part, type_table(part, reach)) for weight, part in source.components]
        return math.fsum(w * (_rest_entropy(part, t, reach) - t.dust * math.log(w)) for w, part, t in parts)
    if not table.dust:
        return 0.0
    if isinstance(source, Zipf):
        return _zipf_rest_entropy(source, table.dust)
    # Geometric: the dust is 1e-18 of what the rarest type of the table weighs, of which the last p is good enough.
    return table.dust * (1 - math.log(table.dust))


def _zipf_rest_entropy(source: Zipf, dust: float) -> float:
    """∫ p ln(1/p) from where the table ends, which follows from the mass beyond."""
    s, unit, first = source.exponent, 1 + source.shift, first_probability(source)
    scale = first * unit / (s - 1)
    end = (source.n_types + source.shift) / unit
    past = 0.0 if math.isinf(end) else end ** (1 - s)
    cut = dust / scale + past

    def logs(power: float) -> float:  # ∫ x^-s ln x from x on, over its scale; power = x^(1-s)
        return power * (1 - math.log(power)) / (s - 1) if power else 0.0

    return s * scale * (logs(cut) - logs(past)) - dust * math.log(first)
