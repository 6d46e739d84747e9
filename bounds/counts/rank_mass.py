"""How much probability the first n ranks of a law hold, how much the others, and how many ranks hold a given part.

The ranks after the n-th are themselves a law of the same family, times their mass: a Zipf law whose shift is
larger by n, a geometric law, a uniform one. A mixture is taken in the order of probability across its domains.

| letter | meaning                                                  |
|--------|----------------------------------------------------------|
| n      | number of ranks; any number of at least 0                |
| F, T   | mass of the first n ranks, and of the others: T = 1 - F  |
| s, q   | Zipf exponent, Mandelbrot's shift                        |

F and T are found apart, each as a sum of positive terms, so that the smaller of them has its digits as well.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special

from bounds.base.numerics.bracketing import increasing_root
from bounds.base.sources import Geometric, Mixture, Source, Uniform, Zipf
from bounds.counts.rank_tables import first_probability

_LEAST_START = 30.0
"""Sums over ranks are integrals with end corrections from here on, or from twice the exponent."""

_CORRECTIONS = special.bernoulli(20)[2::2] / special.factorial(np.arange(2.0, 21.0, 2.0))
_UNDERFLOW = 745.0
_BLOCK = 4096
"""Points taken at once, which bounds the memory of the first terms."""

_LOG_MOST, _LOG_LEAST = 709.0, -740.0


def head_mass(law: Source, n: Any) -> Any:
    """F(n), the mass of the `n` most probable types of a uniform, Zipf or geometric law."""
    if isinstance(law, Uniform):
        return np.minimum(n, law.types) / law.types
    if isinstance(law, Geometric):
        return -np.expm1(n * math.log(law.ratio))
    assert isinstance(law, Zipf)
    unit = 1 + law.shift
    n = np.minimum(n, law.n_types)
    return n_terms(law.exponent, unit, n) / n_terms(law.exponent, unit, law.n_types)


def tail_mass(law: Source, n: Any) -> Any:
    """T(n), the mass of all other types, ζ(s, n+1+q)/ζ(s, 1+q) for a Zipf law without end."""
    if isinstance(law, Uniform):
        return np.maximum(law.types - n, 0.0) / law.types
    if isinstance(law, Geometric):
        return np.exp(n * math.log(law.ratio))
    if isinstance(law, Mixture):
        return np.array([math.fsum(mass for mass, _ in tail_parts(law, float(k))) for k in n])
    assert isinstance(law, Zipf)
    s, unit = law.exponent, 1 + law.shift
    n = np.minimum(n, law.n_types)
    start = unit + n
    share = n_terms(s, start, law.n_types - n) / n_terms(s, unit, law.n_types)
    return (start / unit) ** (1 - s) * share


def n_terms(s: float, start: Any, n: Any) -> Any:
    """start^(s-1) Σ (start + k)^-s over k = 0 … n - 1, continued to any real n ≥ 0; infinite n for s > 1.

    The first terms one by one, the rest by Euler–Maclaurin. Each term is a difference f(x) - f(x + n) written
    with expm1, so that nothing cancels however small n is.
    """
    start, n = np.broadcast_arrays(np.asarray(start, float), np.asarray(n, float))
    shape, start, n = start.shape, start.ravel(), n.ravel()
    if len(start) > _BLOCK:
        blocks = [n_terms(s, start[i : i + _BLOCK], n[i : i + _BLOCK]) for i in range(0, len(start), _BLOCK)]
        return np.concatenate(blocks).reshape(shape)
    near = max(_LEAST_START, 2 * s)
    # Terms past `gone` underflow beside the first.
    gone = np.minimum(start, near) * math.expm1(min(_UNDERFLOW / s, 100.0)) + 1
    steps = np.ceil(np.clip(near - start, 0.0, gone))
    x = start + steps
    total = (x / start) ** (1 - s) * _rest(s, x, n)
    if steps.any():
        k = np.arange(steps.max())[:, None]
        direct = (1 + k / start) ** -s * -np.expm1(-s * np.log1p(n / (start + k)))
        # In this order whatever the number of points, so that none of them depends on the others.
        total += np.cumsum(np.where(k < steps, direct, 0.0), axis=0)[-1] / start
    return total.reshape(shape)


def _rest(s: float, x: Any, n: Any) -> Any:
    """x^(s-1) Σ (x + k)^-s over k = 0 … n - 1 for large x: the integral, half the ends, and derivatives."""
    growth = np.log1p(n / x)
    total = growth if s == 1 else -np.expm1((1 - s) * growth) / (s - 1)
    total = total - np.expm1(-s * growth) / (2 * x)
    rising = s
    for j, correction in enumerate(_CORRECTIONS, 1):
        order = 2 * j - 1
        total = total - correction * rising * x ** -(order + 1.0) * np.expm1(-(s + order) * growth)
        rising *= (s + order) * (s + order + 1)
    return total


def tail_parts(law: Source, n: float) -> list[tuple[float, Source]]:
    """The types after the `n` most probable ones, as laws times their masses; n is whole.

    The masses add up to T(n).
    """
    if n == 0:
        return [(1.0, law)]
    if isinstance(law, Mixture):
        return _mixture_parts(law, int(n))
    if n >= law.n_types:
        return []
    mass = float(tail_mass(law, np.float64(n)))
    if isinstance(law, Uniform):
        return [(mass, Uniform(law.types - int(n)))]
    if isinstance(law, Geometric):
        return [(mass, law)]
    assert isinstance(law, Zipf)
    return [(mass, law.after(n))]


def _mixture_parts(mixture: Mixture, n: int) -> list[tuple[float, Source]]:
    """What the n most probable types of a mixture leave of each domain.

    All types above a level are taken out. Those between the n-th and that level are equally probable to rounding,
    and are put back.
    """
    if n >= mixture.n_types:
        return []
    level, taken = _level(mixture, n)
    parts: list[tuple[float, Source]] = []
    for (weight, law), k in zip(mixture.components, taken, strict=True):
        parts += [(weight * mass, rest) for mass, rest in tail_parts(law, k)]
    surplus = sum(taken) - n
    if surplus:
        parts.append((surplus * math.exp(level), Uniform(surplus)))
    return parts


def _level(mixture: Mixture, n: int) -> tuple[float, list[int]]:
    """ln of a probability that n types or more of the mixture reach, and few more; how many of each domain."""
    high = 1.0  # ln of a probability that no type reaches
    step = 1.0
    while sum(_above(mixture, high - step, n)) < n:
        step *= 2
    low = high - step
    while high - low > 4e-16 * max(abs(low), 1.0):
        middle = (low + high) / 2
        if not low < middle < high:
            break
        low, high = (middle, high) if sum(_above(mixture, middle, n)) >= n else (low, middle)
    return low, _above(mixture, low, n)


def _above(mixture: Mixture, level: float, most: int) -> list[int]:
    """How many types of each domain have ln p ≥ `level`, `most` at most."""
    counts = []
    for weight, law in mixture.components:
        if isinstance(law, Uniform):
            count = law.types if math.log(weight / law.types) >= level else 0
        elif isinstance(law, Geometric):
            count = math.floor(1 + (math.log(weight) + math.log1p(-law.ratio) - level) / -math.log(law.ratio))
        else:
            assert isinstance(law, Zipf)
            log_x = min((math.log(weight * first_probability(law)) - level) / law.exponent, 700.0)
            # The rank r with (r+q)/(1+q) = x.
            count = math.floor(min(1 + (1 + law.shift) * math.expm1(log_x), law.n_types, float(most)))
        counts.append(max(0, min(count, most)))
    return counts


def rank_of_mass(law: Source, mass: Any, rest: Any) -> Any:
    """The real n with F(n) = `mass` and T(n) = `rest`; infinite where it is too large for a float.

    Mass and rest add up to 1, and the smaller of them decides. For uniform, Zipf and geometric laws.
    """
    if isinstance(law, Uniform):
        return law.types * mass
    if isinstance(law, Geometric):
        log_rest = np.where(mass < rest, np.log1p(-np.minimum(mass, 0.5)), np.log(rest))
        return log_rest / math.log(law.ratio)
    by_head = mass < rest
    target = np.where(by_head, np.log(mass), -np.log(rest))

    def error(log_n: Any) -> Any:
        n = np.exp(log_n)
        with np.errstate(divide="ignore"):
            reached = np.where(by_head, np.log(head_mass(law, n)), -np.log(tail_mass(law, n)))
        return np.clip(reached, -1e4, 1e4) - target

    most = _LOG_MOST if math.isinf(law.n_types) else math.log(law.n_types)
    high = np.full(np.shape(mass), most)
    within = error(high) > 0
    root = increasing_root(error, np.full(np.shape(mass), _LOG_LEAST), np.where(within, high, _LOG_MOST))
    return np.where(within, np.exp(root), math.inf if math.isinf(law.n_types) else law.n_types)
