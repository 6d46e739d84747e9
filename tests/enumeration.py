"""Every sample of a few draws, with its probability: what expectations over draws are compared with."""

import itertools
import math
from collections import Counter
from fractions import Fraction
from functools import cache
from typing import Any

import mpmath

mpf = mpmath.mpf


def samples(k, n):
    """All ways to share n draws among k types."""
    for bars in itertools.combinations(range(n + k - 1), k - 1):
        edges = (-1, *bars, n + k - 1)
        yield tuple(b - a - 1 for a, b in itertools.pairwise(edges))


@cache
def exactly_normalised(p):
    exact = [Fraction(x) for x in p]
    return [x / sum(exact) for x in exact]


def enumerated(p, n, function):
    """The expectation of function(P, counts), over all samples, at fifty digits."""
    with mpmath.workdps(50):
        exact = exactly_normalised(tuple(p))
        P = [mpf(x.numerator) / x.denominator for x in exact]
        chances = ((probability_of(P, sample), sample) for sample in samples(len(P), n))
        return mpmath.fsum(chance * function(P, sample) for chance, sample in chances if chance)


def probability_of(P, sample):
    ways = math.factorial(sum(sample)) // math.prod(map(math.factorial, sample))
    return ways * mpmath.fprod(x**m for x, m in zip(P, sample, strict=True))


def kl(a, b):
    return mpmath.fsum(x * mpmath.log(x / y) for x, y in zip(a, b, strict=True) if x)


def empirical(sample):
    return [mpf(m) / sum(sample) for m in sample]


def add_constant(sample, beta):
    total = sum(sample) + len(sample) * mpf(beta)
    return [(m + mpf(beta)) / total for m in sample]


def natural(P, sample):
    """The oracle's estimate: the mass of the types drawn equally often, spread evenly over them."""
    mass: Counter[Any] = Counter()
    size = Counter(sample)
    for x, m in zip(P, sample, strict=True):
        mass[m] += x
    return [mass[m] / size[m] for m in sample]
