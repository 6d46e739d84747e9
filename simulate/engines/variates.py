"""Random numbers of the laws that growth curves need, from the counter-based stream.

A state is one array: the seed and the stream of `simulate.drawing.stream`, the next block of the counter, and the
values of the blocks made ahead. Values are used in order, so that a state started at (seed, stream) gives the same
numbers wherever and whenever it runs. `bits` and what is built on it stand in the loops that call them, and none of
these counts references: numba would at every array that is passed, at ten times the cost of a random number. Who edits
them must delete the caches of the calling modules, which `simulate.drawing.compiled` speaks of.

| letter | meaning                                     |
|--------|---------------------------------------------|
| n, p   | trials and chance of success; q = 1 - p     |
| a, b   | shapes of gamma and beta laws               |

Chances come with their complement: for p near 1, q would otherwise have lost its digits. Numbers of trials go up to
2^63 - 1; above 2^53 a count is exact to one part in 2^53, which is far below its standard deviation.
"""

from __future__ import annotations

import math

import numpy as np

from simulate.drawing.compiled import bare, inlined
from simulate.drawing.stream import Stream, philox_block, random_bits

_AHEAD = 256
_SEED, _HIGH, _BLOCK, _CURSOR, _VALUES = range(5)
STATE_SIZE = _VALUES + _AHEAD

_FIRST, _FULL, _U1, _U12 = np.uint64(_VALUES), np.uint64(_AHEAD), np.uint64(1), np.uint64(12)
_INVERSION_BELOW = 10.0
"""Binomial laws of smaller mean are inverted term by term; Hörmann's constants hold from here on."""

_HALF_LOG_2_PI = 0.5 * math.log(2.0 * math.pi)

_NEVER = 1e300
"""A waiting time beyond every corpus."""


def first_bits(stream: Stream, n: int) -> np.ndarray:
    """The random uint64 at the positions 0 to `n` - 1 of a stream, shape (n,)."""
    found = np.empty(n, np.uint64)
    _fill(found, np.uint64(stream.seed), np.uint64(stream.high))
    return found


@bare
def _fill(found, seed, high):
    for i in range(len(found)):
        found[i] = random_bits(seed, high, np.uint64(i))


@bare
def start(state, seed, high):
    """Set `state` (uint64, of `STATE_SIZE`) to the beginning of a stream."""
    state[_SEED] = seed
    state[_HIGH] = high
    state[_BLOCK] = 0
    state[_CURSOR] = _AHEAD


@bare
def _make_ahead(state):
    """Fill `state` with the values of the next blocks."""
    seed, high, block = state[_SEED], state[_HIGH], state[_BLOCK]
    for i in range(_AHEAD // 2):
        a, b = philox_block(seed, high, block + np.uint64(i))
        state[_VALUES + 2 * i] = a
        state[_VALUES + 2 * i + 1] = b
    state[_BLOCK] = block + np.uint64(_AHEAD // 2)
    state[_CURSOR] = 0


@inlined
def bits(state):
    """The next random uint64."""
    if state[_CURSOR] == _FULL:
        _make_ahead(state)
    cursor = state[_CURSOR]
    state[_CURSOR] = cursor + _U1
    return state[_FIRST + cursor]


@inlined
def uniform(state):
    """A multiple of 2^-52 plus 2^-53: never 0, never 1."""
    return (np.float64(bits(state) >> _U12) + 0.5) * 2.0**-52


@inlined
def normal_pair(state):
    """Two independent standard normal numbers, by Marsaglia's polar method."""
    while True:
        x, y = 2.0 * uniform(state) - 1.0, 2.0 * uniform(state) - 1.0
        r = x * x + y * y
        if 0.0 < r < 1.0:
            scale = math.sqrt(-2.0 * math.log(r) / r)
            return x * scale, y * scale


@inlined
def geometric(state, p):
    """Trials up to and with the first success, as a float: 1, 2, …; 1e300 or more where p is 0."""
    u = uniform(state)
    if u >= 1.0 - p:
        return 1.0
    if p <= 0.0:
        return _NEVER
    return 1.0 + math.floor(math.log(u) / math.log1p(-p))


@inlined
def _gamma_or_retry(state, shape, x):
    """A gamma number of scale 1 for `shape` ≥ 1 from the normal number `x`, or -1 (Marsaglia & Tsang 2000)."""
    d = shape - 1.0 / 3.0
    v = 1.0 + x / math.sqrt(9.0 * d)
    if v <= 0.0:
        return -1.0
    v = v * v * v
    u = uniform(state)
    if u < 1.0 - 0.0331 * x * x * x * x or math.log(u) < 0.5 * x * x + d * (1.0 - v + math.log(v)):
        return d * v
    return -1.0


@bare
def _gamma_after(state, shape, x):
    """A gamma number of scale 1, tried with the normal number `x` first; small shapes by a power of a uniform one."""
    larger = shape if shape >= 1.0 else shape + 1.0
    value = _gamma_or_retry(state, larger, x)
    while value < 0.0:
        value = _gamma_or_retry(state, larger, normal_pair(state)[0])
    if shape < 1.0:
        value *= math.exp(math.log(uniform(state)) / shape)
    return value


@bare
def gamma(state, shape):
    """A gamma number of scale 1."""
    return _gamma_after(state, shape, normal_pair(state)[0])


@bare
def beta(state, a, b):
    """A beta number and its complement, from two gamma numbers."""
    x, y = normal_pair(state)
    x, y = _gamma_after(state, a, x), _gamma_after(state, b, y)
    if x + y == 0.0:  # two tiny shapes: one of the ends, in proportion
        first = uniform(state) * (a + b) < a
        return (1.0, 0.0) if first else (0.0, 1.0)
    return x / (x + y), y / (x + y)


@bare
def binomial(state, n, p, q):
    """Successes among `n` trials (int64) of chance `p` = 1 - `q`."""
    if n <= 0 or p <= 0.0:
        return np.int64(0)
    if q <= 0.0:
        return np.int64(n)
    if p > q:
        return np.int64(n) - _lower_half(state, n, q, p)
    return _lower_half(state, n, p, q)


@bare
def _lower_half(state, n, p, q):
    """As `binomial`, for p ≤ 1/2."""
    if n * p < _INVERSION_BELOW:
        return _by_inversion(state, n, p, q)
    return min(np.int64(_by_rejection(state, np.float64(n), p, q)), np.int64(n))


@bare
def _by_inversion(state, n, p, q):
    u = uniform(state)
    if u <= 1.0 - n * p:  # at most (1-p)^n
        return np.int64(0)
    term = math.exp(n * math.log1p(-p))
    odds = p / q
    k = 0
    while u > term and k < n:
        u -= term
        term *= (np.float64(n - k) / (k + 1)) * odds
        k += 1
        if term < 1e-300:
            break
    return np.int64(k)


@bare
def _by_rejection(state, n, p, q):
    """Transformed rejection with decomposition (Hörmann 1993, algorithm BTRS), the mass at k after Loader (2000)."""
    mean = n * p
    deviation = math.sqrt(mean * q)
    b = 1.15 + 2.53 * deviation
    a = -0.0873 + 0.0248 * b + 0.01 * p
    level = 0.92 - 4.2 / b
    alpha = (2.83 + 5.1 / b) * deviation
    mode = math.floor((n + 1.0) * p)
    top = _log_mass(mode, n, mean, q)
    while True:
        u, v = uniform(state) - 0.5, uniform(state)
        edge = 0.5 - abs(u)
        k = math.floor((2.0 * a / edge + b) * u + mean + 0.5)
        if edge >= 0.07 and v <= level:
            return k
        if k < 0.0 or k > n:
            continue
        if math.log(v * alpha / (a / (edge * edge) + b)) <= _log_mass(k, n, mean, q) - top:
            return k


@bare
def _log_mass(k, n, mean, q):
    """ln of the chance of `k` successes, up to a constant of n; the deviation from the mean enters as it is."""
    other = n * q
    if k <= 0.0:
        return n * math.log1p(-mean / n) - _stirling(n) - 0.5 * math.log(n)
    if k >= n:
        return n * math.log(mean / n) - _stirling(n) - 0.5 * math.log(n)
    away = k - mean
    value = -mean * _excess(away / mean) - other * _excess(-away / other)
    return value - _stirling(k) - _stirling(n - k) - 0.5 * math.log(k) - 0.5 * math.log(n - k) - _HALF_LOG_2_PI


@bare
def _excess(x):
    """(1+x) ln(1+x) - x, by its series near 0."""
    if abs(x) > 0.01:
        return (1.0 + x) * math.log1p(x) - x
    return x * x * (1 / 2 - x * (1 / 6 - x * (1 / 12 - x * (1 / 20 - x * (1 / 30 - x * (1 / 42 - x / 56))))))


@bare
def _stirling(k):
    """ln of k! over its approximation √(2πk) (k/e)^k."""
    if k < 16.0:
        return math.lgamma(k + 1.0) - (k + 0.5) * math.log(k) + k - _HALF_LOG_2_PI
    y = 1.0 / (k * k)
    return (1 / 12 - y * (1 / 360 - y * (1 / 1260 - y / 1680))) / k
