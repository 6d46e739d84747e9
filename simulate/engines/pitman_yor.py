"""Growth curves of Pitman–Yor sources: from one new type to the next, and then from size to size.

Each corpus is a Chinese restaurant of its own, hence a law P of its own: nothing is shared between replicates.

| letter | meaning                                                       |
|--------|---------------------------------------------------------------|
| d, θ   | discount, concentration                                       |
| n, k   | draws (customers), distinct types among them (tables)         |
| L      | of the next m customers, those who do not sit at the k tables |

From (n, k) the wait for the next new type is geometric with a chance that is Beta(θ + k d, n - k d): the probability
that the law of this corpus, given what was seen, leaves to unseen types. That is exact and costs O(K_n).

After `STEP_FROM` types, a step of m ≤ 0.3 n customers is taken at once. L is beta-binomial, exactly; the tables of
those L customers are a Pitman–Yor partition PY(d, θ + k d) of L, and their number K' is taken as normal with its
two exact moments (equation A5), or drawn exactly where it is small. The relative error of a count is that of a normal
law for one of several hundred with a variance below it, and steps are independent given k.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from bounds import PitmanYor, expected_unique
from bounds.base.one_number import written
from simulate.drawing.compiled import bare, compiled
from simulate.drawing.stream import Stream
from simulate.engines.types import MAX_ARRIVALS, add_types
from simulate.engines.variates import STATE_SIZE, beta, binomial, geometric, normal_pair, start

STEP_FROM = 2000
"""Types from which on sizes are stepped through; a step brings several hundred new ones."""

STEP_RATIO = 1.3
"""Largest ratio of the sizes of one step."""

_SMALL = 64.0
"""Expected tables of a step below which they are drawn exactly."""

_RARE = 25.0
"""Expected customers of a step who join one of its own tables, below which they are counted as rare events."""

_ALL = np.int64(2**63 - 1)

MAX_SEATED = 2e8
"""Expected types of a corpus whose multiplicities are asked for: when each came must be remembered."""


@dataclass(frozen=True)
class Restaurant:
    """What is set up once for a Pitman–Yor source and its sizes; `step_from` is 2^63 - 1 where nothing is stepped."""

    discount: float
    concentration: float
    sizes: np.ndarray
    edges: np.ndarray
    step_from: int

    def draw(self, stream: Stream, replicates: int) -> tuple[np.ndarray, np.ndarray]:
        """K_n of shape (replicate, size), and the spectra at the last size, shape (replicate, bin).

        The first corpus is that of `stream`; the others those of the replicates after it.
        """
        state, other = np.empty(STATE_SIZE, np.uint64), np.empty(STATE_SIZE, np.uint64)
        n_unique = np.empty((replicates, len(self.sizes)), np.int64)
        spectra = np.zeros((replicates, len(self.edges)), np.int64)
        for i in range(replicates):
            high = replace(stream, replicate=stream.replicate + i).high
            start(state, np.uint64(stream.seed), np.uint64(high))
            start(other, np.uint64(stream.seed), np.uint64(high + 1))
            _seat(self.discount, self.concentration, self.sizes, self.step_from, n_unique[i], self.edges, spectra[i],
                  state, other)  # fmt: skip
        return n_unique, spectra


def restaurant(
    source: PitmanYor, n_draws: np.ndarray, *, step: bool = True, edges: np.ndarray | None = None
) -> Restaurant:
    """Set up a Pitman–Yor source at the ascending sizes `n_draws`; exact to the last type unless `step`.

    `edges` are the lower edges of the bins of multiplicity, which the exact way alone gives.

    Raises ValueError with one sentence where multiplicities are asked of steps, and where the exact way would draw
    more than `MAX_ARRIVALS` types (`MAX_SEATED` with multiplicities).
    """
    if step and edges is not None:
        raise ValueError("multiplicities of a Pitman-Yor source need step=False: steps count new types alone")
    expected = float(expected_unique(source, n_draws[-1]))
    most = MAX_ARRIVALS if edges is None else MAX_SEATED
    if not step and expected > most:
        raise ValueError(
            f"the types engine draws every new type, {written(expected, 2)} of them in "
            f"{written(n_draws[-1], 2)} draws of {source}, "
            f"and stops at {written(most)}; pass a smaller n_draws, or curves without multiplicities from the "
            f"gauss engine"
        )
    bins = np.empty(0, np.int64) if edges is None else np.ascontiguousarray(edges, np.int64)
    sizes = np.ascontiguousarray(n_draws, np.int64)
    return Restaurant(source.discount, source.concentration, sizes, bins, STEP_FROM if step else int(_ALL))


@compiled
def _seat(d, theta, sizes, step_from, n_unique, edges, spectrum, state, other):
    """Fill `n_unique` at each of `sizes`, and `spectrum` at the last of them if it has bins."""
    kept = len(edges) > 0
    arrived = np.empty(1024 if kept else 1, np.int64)
    arrived[0] = 1
    n, k, j = np.int64(1), np.int64(1), 0
    while k < step_from:
        p, _ = beta(state, theta + k * d, n - k * d)
        wait = geometric(state, p)
        while wait > sizes[j] - n:
            n_unique[j] = k
            j += 1
            if j == len(sizes):
                if kept:
                    _multiplicities(d, sizes[-1], arrived[:k], edges, spectrum, other)
                return
        n += np.int64(wait)
        if kept:
            if k == len(arrived):
                arrived = np.concatenate((arrived, np.empty(k, np.int64)))
            arrived[k] = n
        k += 1
    for i in range(j, len(sizes)):
        k = _steps(d, theta, n, k, sizes[i], state)
        n = sizes[i]
        n_unique[i] = k


@bare
def _multiplicities(d, n, arrived, edges, spectrum, state):
    """Share the customers who came to occupied tables among these, from the last table to the first.

    Of those who came since table k and sat at one of the first k, those at table k are beta-binomial: it drew them
    with weight 1 - d, the others with their t_k - 1 customers less d for each of the k - 1.
    """
    repeats, end = np.int64(0), n
    for k in range(len(arrived) - 1, 0, -1):
        repeats += end - arrived[k]
        p, q = beta(state, 1.0 - d, arrived[k] - 1 - k * d)
        own = binomial(state, repeats, p, q)
        add_types(spectrum, edges, 1 + own, 1)
        repeats -= own
        end = arrived[k] - 1
    add_types(spectrum, edges, repeats + end, 1)


@bare
def _steps(d, theta, n, k, size, state):
    """Tables once `size` customers are seated, from `k` of them at `n` customers."""
    n_steps = math.ceil(math.log(size / n) / math.log(STEP_RATIO))
    for i in range(n_steps, 0, -1):
        m = size - n
        if i > 1:
            m = min(np.int64(n * math.expm1(math.log(size / n) / i)), m)
        p, q = beta(state, theta + k * d, n - k * d)
        k += _new_tables(d, theta + k * d, binomial(state, m, p, q), state)
        n += m
    return k


@bare
def _new_tables(d, theta, n, state):
    """Tables of `n` customers of a restaurant with a large concentration `theta`."""
    if n <= 1:
        return n
    mean, variance = table_moments(d, theta, float(n))
    if mean < _SMALL:
        return _tables_one_by_one(d, theta, n, state)
    if n - mean < _RARE:
        p = (n - mean) / (n - 1)
        return n - binomial(state, n - 1, p, 1.0 - p)
    z, _ = normal_pair(state)
    tables = np.int64(math.floor(mean + math.sqrt(variance) * z + 0.5))
    return min(max(tables, np.int64(1)), n)


@bare
def _tables_one_by_one(d, theta, n, state):
    seated, k = np.int64(1), np.int64(1)
    while True:
        p, _ = beta(state, theta + k * d, seated - k * d)
        wait = geometric(state, p)
        if wait > n - seated:
            return k
        seated += np.int64(wait)
        k += 1


@bare
def table_moments(d, theta, n):
    """E K and Var K of PY(d, θ) at `n` customers, for θ of some tens or more (equation A5).

    With t = θ/d, E K = t (e^A - 1) and Var K = t² e^2A (e^(B-2A) - 1) + t e^A (e^(B-A) - 1), where A and B are
    ln Γ(x+a)/Γ(x) between x = θ and θ + n for a = d and 2d. With w = x + (a-1)/2 it is
    a ln w + a (1-a²)/(24 w²) + O(w^-4), and the difference B - 2A is written so that nothing cancels in it.
    """
    w1, w2 = theta + (d - 1.0) / 2.0, theta + (2.0 * d - 1.0) / 2.0
    c1, c2 = d * (1.0 - d * d) / 24.0, 2.0 * d * (1.0 - 4.0 * d * d) / 24.0
    r1 = -c1 * _drop(w1, n)
    r2 = -c2 * _drop(w2, n)
    a = d * math.log1p(n / w1) + r1
    defect = 2.0 * d * math.log1p(-n * (d / 2.0) / (w2 * (w1 + n))) + r2 - 2.0 * r1
    t = theta / d
    mean = t * math.expm1(a)
    grown = t * math.exp(a)
    variance = grown * (grown * math.expm1(defect) + math.expm1(a + defect))
    return mean, max(variance, 0.0)


@bare
def _drop(w, n):
    """1/w² - 1/(w+n)²."""
    return n * (2.0 * w + n) / (w * w * (w + n) * (w + n))
