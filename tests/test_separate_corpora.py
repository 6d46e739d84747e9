"""Exponents from corpora drawn apart, one or several of each size: exact cases, what is refused, and the coverage.

    pytest -m verification tests/test_separate_corpora.py     asserts it
    python -m tests.test_separate_corpora                     writes its table of docs/coverage.md

The samplers below are this file's own, and share no code with `simulate`: the ranks of a Zipf law by binomials one after
the other and its tail by rejection from a Pareto law, the tables of a Chinese restaurant, and a bit for each type.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass

import numba
import numpy as np
import pytest
from scipy.special import zeta

import bounds
from bounds.estimation.growing_supports import growing_exponents, occupied
from bounds.estimation.separate_corpora import SEPARATE_MODELS, pitman_yor_mean, pitman_yor_moments
from bounds.fitting import fit_exponent
from tests.statistics import check
from tests.test_coverage import HEAD, Cell, grid, table, write

SEED = 20261129
SIZES = grid(1e3, 1e5, 6)


# ---------------------------------------------------------------- corpora


@numba.njit(cache=True)
def head_seen(rng, n_draws, probability, rest):
    """How many of the first ranks are seen, and how many draws fall beyond them."""
    left, seen = n_draws, 0
    for rank in range(len(probability)):
        if left == 0:
            break
        times = rng.binomial(left, min(1.0, probability[rank] / rest[rank]))
        seen += times > 0
        left -= times
    return seen, left


def zipf_unique(rng, gamma, shift, n_draws):
    """Distinct ranks among `n_draws` draws from p_r ∝ (r+shift)^(-1/γ)."""
    s = 1 / gamma
    total = zeta(s, 1 + shift)
    head = np.arange(1.0, 300 + 5 * (n_draws / total) ** gamma)
    seen, left = head_seen(rng, int(n_draws), (head + shift) ** -s / total, zeta(s, head + shift) / total)
    ranks = [np.empty(0)]
    while left > 0:
        rank = np.floor((len(head) + shift + 0.5) * rng.random(2 * left + 50) ** (-1 / (s - 1)) - shift + 0.5)
        k = np.minimum(rank, 1e7) + shift
        cell = (k - 0.5) ** (1 - s) - (k + 0.5) ** (1 - s)
        ranks.append(rank[(rank >= 1e7) | (rng.random(len(rank)) * cell < (s - 1) * k**-s)][:left])
        left -= len(ranks[-1])
    return seen + len(np.unique(np.concatenate(ranks)))


@numba.njit(cache=True)
def restaurant_tables(rng, d, theta, n_draws):
    """Tables of a Chinese restaurant with `n_draws` customers."""
    tables = 1
    for n in range(1, n_draws):
        tables += rng.random() * (theta + n) < theta + d * tables
    return tables


@numba.njit(cache=True)
def occupancy(rng, n_types, n_draws):
    """Types seen among `n_draws` draws from equally likely ones."""
    seen, count = np.zeros(n_types, np.bool_), 0
    for _ in range(n_draws):
        place = int(rng.random() * n_types)
        count += not seen[place]
        seen[place] = True
        if count == n_types:
            break
    return count


@dataclass(frozen=True)
class Law:
    """A kind of corpus with its exponent; a growing support draws its own in [`exponent`, `exponent_to`)."""

    name: str
    exponent: float
    parameter: float = 0.0
    exponent_to: float = 0.0

    def draw(self, rng: np.random.Generator, sizes: np.ndarray, replicates: int) -> tuple[float, np.ndarray]:
        gamma = self.exponent
        if self.name.startswith("growing"):
            gamma, scale = rng.uniform(self.exponent, self.exponent_to), np.exp(rng.uniform(0, np.log(5)))
            types = np.ceil(scale * sizes**gamma).astype(int)
            return gamma, np.array([[occupancy(rng, v, d) for v, d in zip(types, sizes)] for _ in range(replicates)])
        one = zipf_unique if self.name.startswith("Zipf") else restaurant_tables
        return gamma, np.array([[one(rng, gamma, self.parameter, int(d)) for d in sizes] for _ in range(replicates)])


LAWS = (
    Law("Zipf γ=0.58", 0.58),
    Law("Zipf γ=0.58 q=10", 0.58, 10.0),
    Law("Zipf γ=0.58 q=100", 0.58, 100.0),
    Law("PY d=0.58 θ=0", 0.58, 0.0),
    Law("PY d=0.58 θ=10", 0.58, 10.0),
    Law("PY d=0.58 θ=1000", 0.58, 1000.0),
    Law("growing γ .3 – .75, κ 1 – 5", 0.3, exponent_to=0.75),
    Law("growing γ .75 – 1, κ 1 – 5", 0.75, exponent_to=1.0),
)


def measure(law: Law, replicates: int, datasets: int) -> Cell:
    """Coverage of the intervals of `datasets` sets of `replicates` corpora of each size."""
    ends, gap = [], []
    for number in range(datasets):
        gamma, rows = law.draw(
            np.random.default_rng([SEED, replicates, number, *map(ord, law.name)]), SIZES, replicates
        )
        fit = fit_exponent(SIZES, rows, nested=False)
        ends.append((np.nan, np.nan) if fit.interval is None else np.subtract(tuple(fit.interval), gamma))
        gap.append(fit.exponent - gamma)
    lower, upper = np.array(ends).T
    given, inside = ~np.isnan(lower), (lower <= 0) & (upper >= 0)
    return Cell(
        law.name, f"{replicates} of each size", datasets, float(1 - given.mean()), float(inside[given].mean()),
        float(inside.mean()), float((upper - lower)[given].mean()), float(np.mean(gap)), float(np.std(gap)),
    )  # fmt: skip


@pytest.mark.verification
@pytest.mark.parametrize("replicates", [1, 8, 32])
@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.name)
def test_intervals_cover(law, replicates):
    """At least 90 % of nominal 95 %, less what chance does to 60 data sets."""
    cell = measure(law, replicates, 60)
    assert cell.covered_all >= 0.85, cell
    assert cell.rejected <= 0.1, cell


def main(datasets: str = "60") -> None:
    started = time.perf_counter()
    cells = []
    for law in LAWS:
        for replicates in (1, 8, 32):
            cells.append(measure(law, replicates, int(datasets)))
            print(table(cells[-1:]).replace(HEAD, ""), flush=True)
    write("separate corpora", table(cells))
    print(f"{time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main(*sys.argv[1:])
